//! A drawing, as SVG within a page: the page's style sheet gives it its colours.

use std::fmt::Write as _;

/// Text that may stand in a page.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Where a text begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing of a size, with a title and a description for those who do not see it.
#[derive(Debug)]
pub(super) struct Svg {
    id: String,
    title: String,
    about: String,
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    /// `id` is one of its page.
    pub(super) fn new(id: &str, width: f64, height: f64, title: &str, about: &str) -> Self {
        let [id, title, about] = [id, title, about].map(escape);
        Self { id, title, about, width, height, body: String::new() }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A `String` takes everything.
        let _ = writeln!(self.body, "{text}");
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.put(format_args!(r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#));
    }

    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.put(format_args!(r#"<polyline class="{class}" points="{}"/>"#, points.join(" ")));
    }

    /// `about` is shown where the pointer rests.
    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64, about: &str) {
        let about = escape(about);
        self.put(format_args!(
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"><title>{about}</title></circle>"#
        ));
    }

    pub(super) fn square(&mut self, class: &str, (x, y): (f64, f64), half: f64, about: &str) {
        let (left, top, side, about) = (x - half, y - half, 2.0 * half, escape(about));
        self.put(format_args!(
            r#"<rect class="{class}" x="{left:.1}" y="{top:.1}" width="{side:.1}" height="{side:.1}"><title>{about}</title></rect>"#
        ));
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.put(format_args!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#));
    }

    /// A text that reads upwards.
    pub(super) fn upwards(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let text = escape(text);
        self.put(format_args!(
            r#"<text class="{class}" transform="translate({x:.1} {y:.1}) rotate(-90)" text-anchor="middle">{text}</text>"#
        ));
    }

    pub(super) fn finish(self) -> String {
        let Self { id, title, about, width, height, body } = self;
        format!(
            "<svg viewBox=\"0 0 {width:.0} {height:.0}\" style=\"max-width:{width:.0}px\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-about\">\n<title id=\"{id}-title\">{title}</title>\n\
             <desc id=\"{id}-about\">{about}</desc>\n{body}</svg>\n"
        )
    }
}

/// A scale from values to places in a drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// `from` is at `start`, `to` at `end`.
    pub(super) fn new((from, to): (f64, f64), (start, end): (f64, f64)) -> Self {
        Self { from, to, start, end }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from) * (self.end - self.start) + self.start
    }

    /// Round numbers between the ends, about so many steps.
    pub(super) fn ticks(&self, steps: f64) -> Vec<f64> {
        let step = step(self.to - self.from, steps);
        let mut ticks = Vec::new();
        let mut at = (self.from / step - 1e-9).ceil();
        while at * step <= self.to + step * 1e-9 {
            ticks.push(at * step);
            at += 1.0;
        }
        ticks
    }
}

/// A step of 1, 2 or 5 times a power of ten.
fn step(range: f64, steps: f64) -> f64 {
    let raw = range / steps;
    let power = 10_f64.powf(raw.log10().floor());
    let of = raw / power;
    power
        * if of <= 1.0 {
            1.0
        } else if of <= 2.0 {
            2.0
        } else if of <= 5.0 {
            5.0
        } else {
            10.0
        }
}

/// The smallest end at or above a value that is a round number.
pub(super) fn round_up(value: f64) -> f64 {
    let step = step(value.max(1e-3), 8.0);
    (value / step - 1e-9).ceil() * step
}

/// A tick as it is written: no more decimals than it has, and none below three.
pub(super) fn tick(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.replace('-', "\u{2212}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_within_the_ends() {
        let ticks = |from: f64, to: f64| {
            let scale = Scale::new((from, to), (0.0, 100.0));
            scale.ticks(5.0).into_iter().map(tick).collect::<Vec<_>>()
        };
        assert_eq!(ticks(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(ticks(-0.06, 0.11), ["−0.05", "0", "0.05", "0.1"]);
        assert_eq!(ticks(0.0, 40.0), ["0", "10", "20", "30", "40"]);
    }

    #[test]
    fn text_of_others_cannot_become_a_tag() {
        let mut svg = Svg::new("a", 10.0, 10.0, "<b>", "\"quoted\" & more");
        svg.text("label", (1.0, 1.0), Anchor::Start, "<script>");
        svg.circle("mark", (1.0, 1.0), 1.0, "</title><script>");
        let text = svg.finish();
        assert!(!text.contains("<script>") && !text.contains("<b>"));
        assert!(text.contains("&lt;b&gt;") && text.contains("&quot;quoted&quot; &amp; more"));
    }

    #[test]
    fn a_scale_leads_from_end_to_end() {
        let scale = Scale::new((0.0, 2.0), (100.0, 0.0));
        assert!((scale.at(0.5) - 75.0).abs() < 1e-12);
        assert!((round_up(0.47) - 0.5).abs() < 1e-9 && (round_up(42.2) - 50.0).abs() < 1e-9);
    }
}
