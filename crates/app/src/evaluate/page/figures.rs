//! The figures of the page.

use bogam_evaluate::{DrugRow, Estimate, LEAST, Report};

use super::svg::{Anchor, Scale, Svg, round_up, tick};
use super::view::{Source, difference, figure, scores, share, sources};

/// Width of a figure.
const WIDTH: f64 = 820.0;
/// Where the names of sources end, and where figures in words begin.
const LEFT: f64 = 210.0;
const RIGHT: f64 = 620.0;
/// Height of a row.
const ROW: f64 = 19.0;

/// A row of a figure of intervals: what it is, its style, the figure.
struct Row {
    name: String,
    class: &'static str,
    estimate: Estimate,
}

/// Blocks of rows with intervals over one axis.
struct Intervals<'a> {
    id: &'a str,
    title: &'a str,
    about: &'a str,
    blocks: Vec<(&'static str, Vec<Row>)>,
    text: fn(&Estimate) -> String,
    /// The axis has its zero within.
    signed: bool,
}

impl Intervals<'_> {
    fn draw(self) -> String {
        let rows: usize = self.blocks.iter().map(|(_, rows)| rows.len() + 1).sum();
        let gaps = f64::from(u32::try_from(self.blocks.len()).unwrap_or(0)) * 8.0;
        let bottom = f64::from(u32::try_from(rows).unwrap_or(0)) * ROW + gaps + 10.0;
        let mut svg = Svg::new(self.id, WIDTH, bottom + 32.0, self.title, self.about);
        let all = self.blocks.iter().flat_map(|(_, rows)| rows);
        let ends = all.flat_map(|row| [row.estimate.value, row.estimate.low, row.estimate.high]).flatten();
        let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
        let ends = if self.signed { (-round_up(-low), round_up(high)) } else { (0.0, round_up(high)) };
        let ends = if ends.1 > ends.0 { ends } else { (0.0, 1.0) };
        let scale = Scale::new(ends, (LEFT + 10.0, RIGHT - 10.0));
        for at in scale.ticks(5.0) {
            let x = scale.at(at);
            svg.line("grid", (x, 6.0), (x, bottom));
            svg.text("tick", (x, bottom + 16.0), Anchor::Middle, &tick(at));
        }
        if self.signed {
            svg.line("zero", (scale.at(0.0), 6.0), (scale.at(0.0), bottom));
        }
        let mut y = 4.0;
        for (name, rows) in &self.blocks {
            y += 8.0 + ROW;
            svg.text("block", (0.0, y - 5.0), Anchor::Start, name);
            for row in rows {
                y += ROW;
                Self::row(&mut svg, &scale, row, y - 5.0, &(self.text)(&row.estimate));
            }
        }
        svg.finish()
    }

    fn row(svg: &mut Svg, scale: &Scale, row: &Row, y: f64, text: &str) {
        svg.text("label", (LEFT, y), Anchor::End, &shortened(&row.name));
        svg.text("value", (RIGHT + 6.0, y), Anchor::Start, text);
        let middle = y - 4.0;
        let Some(value) = row.estimate.value else { return };
        if let (Some(low), Some(high)) = (row.estimate.low, row.estimate.high) {
            svg.line(&format!("whisker {}", row.class), (scale.at(low), middle), (scale.at(high), middle));
        }
        let about = format!("{}: {text}", row.name);
        let class = format!("mark {}", row.class);
        if row.class.starts_with("baseline") {
            svg.square(&class, (scale.at(value), middle), 3.6, &about);
        } else {
            svg.circle(&class, (scale.at(value), middle), 4.2, &about);
        }
    }
}

/// A name that fits beside a figure.
fn shortened(name: &str) -> String {
    const MOST: usize = 30;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    name.chars().take(MOST - 1).chain(['…']).collect()
}

/// Scores by source with their intervals.
pub(super) fn metrics(report: &Report, slice: &'static str, title: &str) -> String {
    let sources = sources(report);
    let by_source: Vec<_> = sources.iter().map(|source| scores(source, slice, "ingredient")).collect();
    let Some(main) = by_source.first() else { return String::new() };
    // Listed/recorded is no share: it would stretch the axis.
    let blocks = main.iter().enumerate().take(5).map(|(n, metric)| {
        let of = |source: &Source<'_>, all: &Vec<super::view::Metric<'_>>, class| {
            let estimate = all.get(n).map(|metric| metric.compared.suggested).unwrap_or_default();
            Row { name: source.name.to_owned(), class, estimate }
        };
        let mut rows: Vec<Row> = Vec::new();
        for (place, (source, all)) in sources.iter().zip(&by_source).enumerate() {
            rows.push(of(source, all, if place == 0 { "main" } else { "other" }));
            if place == 0 {
                let name = "most prescribed, same length".to_owned();
                rows.push(Row { name, class: "baseline", estimate: metric.compared.most_prescribed });
            }
        }
        (metric.name, rows)
    });
    let about = "Each row is a source of suggestions: a mark for the mean over admissions, a line for its 95 percent \
                 interval over patients. The table below the figure has the same numbers.";
    let id = format!("metrics-{}", slice.replace('_', "-"));
    Intervals { id: &id, title, about, blocks: blocks.collect(), text: figure, signed: false }.draw()
}

/// The evaluated suggestions less each other source.
pub(super) fn differences(report: &Report, slice: &'static str, title: &str) -> String {
    let sources = sources(report);
    let by_source: Vec<_> = sources.iter().map(|source| scores(source, slice, "ingredient")).collect();
    let Some(main) = by_source.first() else { return String::new() };
    let class = |estimate: &Estimate, [clear, open]: [&'static str; 2]| {
        let without_zero = estimate.low.zip(estimate.high).is_some_and(|(low, high)| low > 0.0 || high < 0.0);
        if without_zero { clear } else { open }
    };
    let blocks = main.iter().enumerate().take(5).map(|(n, metric)| {
        let baseline = metric.compared.difference;
        let mut rows = vec![Row {
            name: "less most prescribed".to_owned(),
            class: class(&baseline, ["baseline", "baseline open"]),
            estimate: baseline,
        }];
        for (source, all) in sources.iter().zip(&by_source).skip(1) {
            let estimate = all.get(n).and_then(|metric| metric.difference).copied().unwrap_or_default();
            let class = class(&estimate, ["main", "main open"]);
            rows.push(Row { name: format!("less {}", source.name), class, estimate });
        }
        (metric.name, rows)
    });
    let about = "Each row is a difference within the same draws of patients, with its 95 percent interval. Right of zero the \
                 evaluated suggestions are ahead. Filled marks have an interval without zero. The table below the figure has \
                 the same numbers.";
    let id = format!("differences-{}", slice.replace('_', "-"));
    Intervals { id: &id, title, about, blocks: blocks.collect(), text: difference, signed: true }.draw()
}

/// A square from 0 to 1 both ways, with its grid.
fn square(svg: &mut Svg, (left, top, side): (f64, f64, f64), (below, beside): (&str, &str)) -> (Scale, Scale) {
    let x = Scale::new((0.0, 1.0), (left, left + side));
    let y = Scale::new((0.0, 1.0), (top + side, top));
    for at in x.ticks(5.0) {
        svg.line("grid", (x.at(at), top), (x.at(at), top + side));
        svg.line("grid", (left, y.at(at)), (left + side, y.at(at)));
        svg.text("tick", (x.at(at), top + side + 15.0), Anchor::Middle, &tick(at));
        svg.text("tick", (left - 6.0, y.at(at) + 4.0), Anchor::End, &tick(at));
    }
    svg.text("axis", (left + side / 2.0, top + side + 33.0), Anchor::Middle, below);
    svg.upwards("axis", (left - 38.0, top + side / 2.0), beside);
    (x, y)
}

/// Whether probabilities come true: a panel for each source.
pub(super) fn calibration(report: &Report, slice: &'static str, title: &str) -> String {
    const SIDE: f64 = 300.0;
    const STEP: f64 = 400.0;
    let sources = sources(report);
    let panels = f64::from(u32::try_from(sources.len()).unwrap_or(0));
    let height = (panels / 2.0).ceil() * STEP;
    let width = if panels > 1.0 { 2.0 * STEP } else { STEP };
    let about = "A square for each source. Across: the mean probability of a tenth of the listed drugs. Up: the share of them \
                 that was recorded. On the diagonal, probabilities come true; below it, they were too high. Numbers at the \
                 points are listed drugs. The table below the figure has the same numbers.";
    let mut svg = Svg::new(&format!("calibration-{}", slice.replace('_', "-")), width, height, title, about);
    for (n, source) in (0_u32..).zip(&sources) {
        let (left, top) = (f64::from(n % 2) * STEP + 56.0, f64::from(n / 2) * STEP + 32.0);
        let calibration = &source.slice(slice).calibration;
        let ece = figure(&calibration.ece.suggested);
        svg.text("block", (left, top - 18.0), Anchor::Start, &shortened(source.name));
        svg.text("value", (left, top - 4.0), Anchor::Start, &format!("calibration error {ece}"));
        let (x, y) = square(&mut svg, (left, top, SIDE), ("Mean probability", "Share recorded"));
        svg.line("zero", (x.at(0.0), y.at(0.0)), (x.at(1.0), y.at(1.0)));
        let class = if n == 0 { "main" } else { "other" };
        let points: Vec<(f64, f64)> =
            calibration.bins.iter().map(|bin| (x.at(bin.probability), y.at(bin.recorded))).collect();
        svg.path(&format!("curve {class}"), &points);
        for (bin, point) in calibration.bins.iter().zip(&points) {
            let about = format!("{:.1} drugs: {:.3} said, {:.3} recorded", bin.drugs, bin.probability, bin.recorded);
            svg.circle(&format!("mark {class}"), *point, 4.0, &about);
        }
        // The bins are of one mass: one number is that of all.
        if let Some(bin) = calibration.bins.first() {
            let text = format!("each point: {:.0} listed drugs", bin.drugs);
            svg.text("value", (left + SIDE - 6.0, top + SIDE - 8.0), Anchor::End, &text);
        }
    }
    svg.finish()
}

/// Length of lists by the number of recorded drugs.
pub(super) fn lengths(report: &Report, title: &str) -> String {
    let table = report.groups.iter().find(|table| table.attribute == "recorded_drugs");
    let rows = table.map(|table| table.rows.as_slice()).unwrap_or_default();
    let ends = rows.iter().flat_map(|row| [row.listed.high, row.listed.value, row.recorded.value]).flatten();
    let high = round_up(ends.fold(1.0, f64::max));
    let (left, top, width, height) = (56.0, 14.0, WIDTH - 76.0, 280.0);
    let about = "Groups of admissions by the number of recorded drugs. Round marks: the mean number of listed drugs with \
                 its 95 percent interval over patients; squares: the mean number of recorded drugs. The table below the \
                 figure has the same numbers.";
    let mut svg = Svg::new("lengths", WIDTH, top + height + 66.0, title, about);
    let y = Scale::new((0.0, high), (top + height, top));
    for at in y.ticks(5.0) {
        svg.line("grid", (left, y.at(at)), (left + width, y.at(at)));
        svg.text("tick", (left - 6.0, y.at(at) + 4.0), Anchor::End, &tick(at));
    }
    svg.upwards("axis", (16.0, top + height / 2.0), "Drugs an admission");
    svg.text("axis", (left + width / 2.0, top + height + 56.0), Anchor::Middle, "Recorded drugs of the admission");
    let step = width / f64::from(u32::try_from(rows.len().max(1)).unwrap_or(1));
    let (mut listed, mut recorded) = (Vec::new(), Vec::new());
    for (n, row) in (0_u32..).zip(rows) {
        let x = left + step * (f64::from(n) + 0.5);
        svg.text("tick", (x, top + height + 16.0), Anchor::Middle, &row.group.replace(" and more", "+"));
        svg.text("tick", (x, top + height + 32.0), Anchor::Middle, &format!("n={}", row.admissions));
        if let Some(value) = row.recorded.value {
            recorded.push(((x, y.at(value)), format!("{value:.1} recorded")));
        }
        if let Some(value) = row.listed.value {
            listed.push(((x, y.at(value)), format!("{value:.1} listed")));
        }
        if let (Some(low), Some(high)) = (row.listed.low, row.listed.high) {
            svg.line("whisker main", (x, y.at(low)), (x, y.at(high)));
        }
    }
    let line = |marks: &[((f64, f64), String)]| marks.iter().map(|(point, _)| *point).collect::<Vec<_>>();
    svg.path("curve baseline", &line(&recorded));
    svg.path("curve main", &line(&listed));
    recorded.iter().for_each(|(point, about)| svg.square("mark baseline", *point, 3.6, about));
    listed.iter().for_each(|(point, about)| svg.circle("mark main", *point, 4.2, about));
    svg.circle("mark main", (left + 14.0, top + 10.0), 4.2, "listed");
    svg.text("label", (left + 24.0, top + 14.0), Anchor::Start, "listed (mean, 95 % interval)");
    svg.square("mark baseline", (left + 14.0, top + 28.0), 3.6, "recorded");
    svg.text("label", (left + 24.0, top + 32.0), Anchor::Start, "recorded (mean)");
    svg.finish()
}

/// A round mark.
struct Mark {
    at: (f64, f64),
    radius: f64,
}

/// Where a name stands.
struct Label {
    anchor: Anchor,
    left: f64,
    right: f64,
    line: f64,
}

impl Label {
    /// To the right of a mark, and to the left.
    fn beside(mark: &Mark, name: &str) -> [Self; 2] {
        // Of about this width is a letter of the style sheet.
        let width = 6.2 * f64::from(u32::try_from(name.chars().count()).unwrap_or(0));
        let (right, left) = (mark.at.0 + mark.radius + 3.0, mark.at.0 - mark.radius - 3.0);
        let line = mark.at.1 + 4.0;
        [
            Self { anchor: Anchor::Start, left: right, right: right + width, line },
            Self { anchor: Anchor::End, left: left - width, right: left, line },
        ]
    }

    fn meets(&self, other: &Self) -> bool {
        self.right > other.left && other.right > self.left && (self.line - other.line).abs() < 12.0
    }

    fn covers(&self, mark: &Mark) -> bool {
        let (x, y) = mark.at;
        x + mark.radius > self.left && x - mark.radius < self.right && (y - (self.line - 4.0)).abs() < mark.radius + 5.0
    }
}

/// Recall and precision drug by drug; the area of a mark is the number of admissions that recorded the drug.
pub(super) fn drugs(report: &Report, title: &str) -> String {
    const SIDE: f64 = 520.0;
    const NAMED: usize = 25;
    let about = "A mark for each drug that was recorded and listed in at least ten admissions each. Across: the share of its recorded admissions whose \
                 list holds it. Up: the share of its listed admissions that recorded it. Larger marks were recorded more \
                 often. The table below the figure has the commonest drugs.";
    let mut svg = Svg::new("drugs", WIDTH, SIDE + 70.0, title, about);
    let (x, y) = square(&mut svg, (60.0, 14.0, SIDE), ("Recall", "Precision"));
    let least = |drug: &&DrugRow| drug.recorded >= LEAST && drug.listed >= LEAST;
    let number = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let most = number(report.drugs.iter().map(|drug| drug.recorded).max().unwrap_or(1).max(1));
    let marks: Vec<(&DrugRow, Mark)> = report
        .drugs
        .iter()
        .filter(least)
        .filter_map(|drug| {
            let at = (x.at(drug.recall?), y.at(drug.precision?));
            Some((drug, Mark { at, radius: 2.0 + 9.0 * (number(drug.recorded) / most).sqrt() }))
        })
        .collect();
    for (drug, mark) in &marks {
        let about = format!(
            "{}: recorded {}, listed {}, both {}; recall {}, precision {}",
            drug.ingredient,
            drug.recorded,
            drug.listed,
            drug.hits,
            share(&drug.recall_interval),
            share(&drug.precision_interval)
        );
        svg.circle("bubble", mark.at, mark.radius, &about);
    }
    let mut taken: Vec<Label> = Vec::new();
    for (drug, mark) in marks.iter().take(NAMED) {
        let free = Label::beside(mark, &drug.ingredient).into_iter().find(|label| {
            let others = marks.iter().filter(|(other, _)| other.ingredient != drug.ingredient);
            !taken.iter().any(|other| label.meets(other)) && !others.into_iter().any(|(_, mark)| label.covers(mark))
        });
        if let Some(label) = free {
            let at = if label.anchor == Anchor::End { label.right } else { label.left };
            svg.text("label", (at, label.line), label.anchor, &drug.ingredient);
            taken.push(label);
        }
    }
    svg.finish()
}
