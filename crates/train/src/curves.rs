//! The loss curves of a run as an image that stands by itself: `loss.svg`.

use std::fmt::Write as _;

use crate::ops::real;

/// What a mean of past losses keeps of itself at each step; what it lacks at the beginning is made up for.
const KEPT: f64 = 0.9;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// Left, right, top, bottom of the field.
const FIELD: (f64, f64, f64, f64) = (64.0, 700.0, 40.0, 344.0);

/// Readable on white and on black: the colours follow what the reader has set.
const STYLE: &str = "\
svg{background:#fff;font:13px system-ui,sans-serif}text{fill:#222}.grid{stroke:#ddd}.axis{stroke:#555}\
polyline{fill:none;stroke-width:2}.each{stroke:#9ec1e6;stroke-width:1}.train{stroke:#1f5fa8}.validation{stroke:#b4460f}\
circle{fill:#b4460f}\
@media (prefers-color-scheme:dark){svg{background:#161616}text{fill:#ececec}.grid{stroke:#333}.axis{stroke:#aaa}\
.each{stroke:#2f4d6e}.train{stroke:#7db4f0}.validation{stroke:#f09a66}circle{fill:#f09a66}}";

/// Losses smoothed by an exponential mean without its bias towards the beginning.
pub(crate) fn smoothed(losses: &[(usize, f64)]) -> Vec<(usize, f64)> {
    let (mut mean, mut weight) = (0.0, 0.0);
    let next = |(step, loss): &(usize, f64)| {
        mean = KEPT * mean + (1.0 - KEPT) * loss;
        weight = KEPT * weight + (1.0 - KEPT);
        (*step, mean / weight)
    };
    losses.iter().map(next).collect()
}

/// A step of 1, 2 or 5 times a power of ten: about so many in a range.
fn tick(range: f64, ticks: f64) -> f64 {
    let raw = (range / ticks).max(1e-9);
    let power = 10_f64.powf(raw.log10().floor());
    let of = raw / power;
    power * [1.0, 2.0, 5.0].into_iter().find(|step| of <= *step + 1e-9).unwrap_or(10.0)
}

/// The image. Steps that are still to come are left free on the right.
pub(crate) fn svg(train: &[(usize, f64)], validation: &[(usize, f64)], steps: usize, steps_an_epoch: usize) -> String {
    let (left, right, top, bottom) = FIELD;
    let finite = |losses: &[(usize, f64)]| -> Vec<(usize, f64)> {
        losses.iter().copied().filter(|(_, loss)| loss.is_finite()).collect()
    };
    let (train, validation) = (finite(train), finite(validation));
    let smooth = smoothed(&train);
    let all = || train.iter().chain(&validation).map(|(_, loss)| *loss);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let height = tick((high - low).max(0.1 * high.abs()).max(1e-3), 6.0);
    let (from, to) = ((low / height).floor() * height, ((high / height).floor() + 1.0) * height);
    let last = real(steps.max(1));
    let place = |(step, loss): &(usize, f64)| {
        let x = left + real(*step) / last * (right - left);
        (x, bottom - (loss - from) / (to - from) * (bottom - top))
    };
    let mut out = String::new();
    // A `String` takes everything.
    let mut put = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{text}");
    };
    let ends = |losses: &[(usize, f64)]| match (losses.first(), losses.last()) {
        (Some((_, first)), Some((at, last))) => format!("from {first:.3} to {last:.3} at step {at}"),
        (_, _) => "none yet".to_owned(),
    };
    put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         role=\"img\"><title>Loss by step</title><desc>Mean nats a token of the answers. Training (smoothed): {}; \
         validation: {}; {steps} steps in all, {steps_an_epoch} an epoch.</desc><style>{STYLE}</style>",
        ends(&smooth),
        ends(&validation)
    ));
    let digits = if height >= 1.0 { 0 } else { decimals(height) };
    let mut at = from;
    while at <= to + 1e-9 {
        let (_, y) = place(&(0, at));
        put(format_args!("<line class=\"grid\" x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"));
        put(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{at:.digits$}</text>",
            left - 8.0,
            y + 4.0
        ));
        at += height;
    }
    let width = tick(last, 8.0).max(1.0);
    let mut at = 0.0;
    while at <= last + 1e-9 {
        let x = left + at / last * (right - left);
        put(format_args!(
            "<line class=\"axis\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{bottom}\" y2=\"{:.1}\"/>",
            bottom + 5.0
        ));
        put(format_args!("<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{at:.0}</text>", bottom + 20.0));
        at += width;
    }
    put(format_args!("<line class=\"axis\" x1=\"{left}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\"/>"));
    put(format_args!("<line class=\"axis\" x1=\"{left}\" x2=\"{left}\" y1=\"{top}\" y2=\"{bottom}\"/>"));
    put(format_args!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">step ({steps_an_epoch} an epoch)</text>",
        f64::midpoint(left, right),
        bottom + 42.0
    ));
    put(format_args!(
        "<text transform=\"translate(18 {:.1}) rotate(-90)\" text-anchor=\"middle\">loss, nats a token</text>",
        f64::midpoint(top, bottom)
    ));
    for (class, losses) in [("each", &train), ("train", &smooth), ("validation", &validation)] {
        let points: Vec<String> = losses.iter().map(&place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        put(format_args!("<polyline class=\"{class}\" points=\"{}\"/>", points.join(" ")));
    }
    for one in &validation {
        let (x, y) = place(one);
        let (step, loss) = one;
        put(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"><title>step {step}: {loss:.4}</title></circle>"));
    }
    let entries = [("train", "training, smoothed"), ("each", "training, each step"), ("validation", "validation")];
    for (i, (class, name)) in entries.into_iter().enumerate() {
        let x = left + 210.0 * real(i);
        put(format_args!("<polyline class=\"{class}\" points=\"{x},20 {:.1},20\"/>", x + 24.0));
        put(format_args!("<text x=\"{:.1}\" y=\"24\">{name}</text>", x + 32.0));
    }
    out += "</svg>\n";
    out
}

/// Decimals that a step of ticks below 1 needs.
fn decimals(step: f64) -> usize {
    (1..9).find(|n| (step * 10_f64.powi(*n) + 1e-6).fract() < 1e-5).and_then(|n| usize::try_from(n).ok()).unwrap_or(9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smoothed_loss_begins_at_the_first_and_follows_the_rest() {
        let losses: Vec<(usize, f64)> = (1..=200).map(|step| (step, if step <= 100 { 4.0 } else { 2.0 })).collect();
        let smooth = smoothed(&losses);
        assert!((smooth[0].1 - 4.0).abs() < 1e-9 && (smooth[99].1 - 4.0).abs() < 1e-9);
        // Of a jump, nine tenths are left after a step, and next to nothing after a hundred.
        assert!((smooth[100].1 - 3.8).abs() < 1e-3, "{}", smooth[100].1);
        assert!((smooth[199].1 - 2.0).abs() < 1e-3);
    }

    #[test]
    fn the_image_has_axes_with_units_and_every_point_within_its_field() {
        let train: Vec<(usize, f64)> = (1..=40).map(|step| (step, 3.0 / real(step) + 0.37)).collect();
        let validation = [(0, 3.5), (20, 0.7), (40, 0.55)];
        let svg = svg(&train, &validation, 80, 20);
        for words in [
            "loss, nats a token",
            "step (20 an epoch)",
            ">80</text>",
            ">0</text>",
            "prefers-color-scheme:dark",
            "to 0.550 at step 40",
        ] {
            assert!(svg.contains(words), "{words}: {svg}");
        }
        let points: Vec<(f64, f64)> = svg
            .lines()
            .filter(|line| line.starts_with("<polyline") && !line.contains(",20 "))
            .flat_map(|line| line.split('"').nth(3).unwrap().split(' ').map(str::to_owned).collect::<Vec<_>>())
            .map(|point| point.split_once(',').map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).unwrap())
            .collect();
        assert_eq!(points.len(), 40 + 40 + 3);
        let (left, right, top, bottom) = FIELD;
        assert!(points.iter().all(|(x, y)| (left..=right).contains(x) && (top..=bottom).contains(y)), "{points:?}");
        // Half of the steps are done, and the other half of the field is free.
        assert!(points.iter().all(|(x, _)| *x <= f64::midpoint(left, right) + 0.1));
    }

    #[test]
    fn a_run_without_losses_or_with_one_is_an_image_too() {
        for train in [vec![], vec![(1, 2.0)], vec![(1, f64::NAN)], vec![(1, 0.0)]] {
            let image = svg(&train, &[], 0, 1);
            assert!(image.ends_with("</svg>\n") && !image.contains("NaN") && !image.contains("inf"), "{image}");
        }
    }

    #[test]
    fn ticks_are_round_and_written_with_the_decimals_that_they_need() {
        for (range, ticks, step, digits) in
            [(3.0, 6.0, 0.5, 1), (0.3, 6.0, 0.05, 2), (0.1, 5.0, 0.02, 2), (0.011, 6.0, 0.002, 3)]
        {
            assert!((tick(range, ticks) - step).abs() < 1e-9, "{range}: {}", tick(range, ticks));
            assert_eq!(decimals(step), digits);
        }
        assert!((tick(900.0, 8.0) - 200.0).abs() < 1e-9);
    }
}
