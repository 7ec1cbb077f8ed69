//! The figures of a report by source, slice, level and name, for everything that lists them.

use bogam_evaluate::{
    Compared, Coverage, Differences, Estimate, GroupTable, LEAST, Report, Scores, SliceDifferences, SliceReport,
};

/// A source of suggestions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub output_rate: &'a Estimate,
    pub coverage: &'a Coverage,
    pub all: &'a SliceReport,
    pub day: &'a SliceReport,
    /// The evaluated suggestions less these; none for themselves.
    pub difference: Option<&'a Differences>,
}

/// All sources, the evaluated one first.
pub(super) fn sources(report: &Report) -> Vec<Source<'_>> {
    let main = Source {
        name: &report.name,
        output_rate: &report.output_rate,
        coverage: &report.coverage,
        all: &report.all,
        day: &report.within_24_hours,
        difference: None,
    };
    let beside = report.beside.iter().map(|one| Source {
        name: &one.name,
        output_rate: &one.output_rate,
        coverage: &one.coverage,
        all: &one.all,
        day: &one.within_24_hours,
        difference: Some(&one.difference),
    });
    std::iter::once(main).chain(beside).collect()
}

/// Which recorded drugs are compared.
pub(super) const SLICES: [(&str, &str); 2] =
    [("all", "All recorded drugs"), ("within_24_hours", "Drugs started within 24 hours")];

/// How finely drugs are told apart.
pub(super) const LEVELS: [(&str, &str); 3] =
    [("ingredient", "by ingredient"), ("atc4", "by ATC group, 5 characters"), ("atc3", "by ATC group, 4 characters")];

impl<'a> Source<'a> {
    pub(super) fn slice(&self, slice: &str) -> &'a SliceReport {
        if slice == "all" { self.all } else { self.day }
    }

    fn slice_difference(&self, slice: &str) -> Option<&'a SliceDifferences> {
        self.difference.map(|difference| if slice == "all" { &difference.all } else { &difference.within_24_hours })
    }
}

/// A figure of a source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric<'a> {
    pub slice: &'static str,
    pub level: &'static str,
    pub code: &'static str,
    pub name: &'static str,
    pub compared: Compared,
    /// The evaluated suggestions less these.
    pub difference: Option<&'a Estimate>,
}

/// The scores of a slice and level.
pub(super) fn scores<'a>(source: &Source<'a>, slice: &'static str, level: &'static str) -> Vec<Metric<'a>> {
    let report = source.slice(slice);
    let of = at(&report.by_level.ingredient, &report.by_level.atc4, &report.by_level.atc3, level);
    let differences = source.slice_difference(slice).map(|difference| {
        let levels = &difference.by_level;
        named(at(&levels.ingredient, &levels.atc4, &levels.atc3, level))
    });
    let values = named(of).into_iter().enumerate();
    let metric = |(n, (code, name, compared)): (usize, (&'static str, &'static str, &Compared))| Metric {
        slice,
        level,
        code,
        name,
        compared: *compared,
        difference: differences.as_ref().and_then(|all| all.get(n)).map(|(_, _, estimate)| *estimate),
    };
    values.map(metric).collect()
}

fn at<'a, T>(ingredient: &'a T, atc4: &'a T, atc3: &'a T, level: &str) -> &'a T {
    match level {
        "atc4" => atc4,
        "atc3" => atc3,
        _ingredient => ingredient,
    }
}

fn named<T>(scores: &Scores<T>) -> [(&'static str, &'static str, &T); 6] {
    [
        ("accuracy", "Accuracy", &scores.accuracy),
        ("recall", "Recall", &scores.recall),
        ("jaccard", "Jaccard", &scores.jaccard),
        ("f1", "F1", &scores.f1),
        ("prauc", "PRAUC", &scores.prauc),
        ("listed_to_recorded", "Listed/recorded", &scores.listed_to_recorded),
    ]
}

/// What is said of the lists of a slice as a whole.
pub(super) fn of_lists<'a>(source: &Source<'a>, slice: &'static str) -> [Metric<'a>; 2] {
    let report = source.slice(slice);
    let difference = source.slice_difference(slice);
    let metric = |code, name, compared, difference| Metric { slice, level: "", code, name, compared, difference };
    [
        metric("ece", "Calibration error", report.calibration.ece, difference.map(|d| &d.ece)),
        metric("interaction_rate", "Interacting pairs", report.interactions.lists, difference.map(|d| &d.interactions)),
    ]
}

/// What does not depend on the recorded drugs: code, name, figure, difference.
pub(super) type Whole<'a> = (&'static str, &'static str, &'a Estimate, Option<&'a Estimate>);

pub(super) fn whole<'a>(source: &Source<'a>) -> [Whole<'a>; 5] {
    let (coverage, difference) = (source.coverage, source.difference);
    let covered = difference.map(|d| &d.coverage);
    [
        ("output_rate", "Output rate", source.output_rate, difference.map(|d| &d.output_rate)),
        ("for_diagnosis", "Listed for a diagnosis", &coverage.for_diagnosis, covered.map(|c| &c.for_diagnosis)),
        (
            "for_diagnosis_supportive",
            "of these supportive",
            &coverage.for_diagnosis_supportive,
            covered.map(|c| &c.for_diagnosis_supportive),
        ),
        ("supportive", "Listed as supportive only", &coverage.supportive, covered.map(|c| &c.supportive)),
        ("neither", "Listed for neither", &coverage.neither, covered.map(|c| &c.neither)),
    ]
}

/// A figure with its interval: `0.285 (0.266–0.303)`.
pub(super) fn figure(estimate: &Estimate) -> String {
    shown(estimate, "–", |value| format!("{value:.3}"))
}

/// A difference with its interval and signs.
pub(super) fn difference(estimate: &Estimate) -> String {
    // Minus as people write it, and no sign on what rounds to nothing.
    shown(estimate, " to ", |value| match format!("{value:+.3}") {
        text if text.ends_with("0.000") => "0.000".to_owned(),
        text => text.replace('-', "\u{2212}"),
    })
}

/// A number of drugs.
pub(super) fn length(estimate: &Estimate) -> String {
    shown(estimate, "–", |value| format!("{value:.1}"))
}

fn shown(estimate: &Estimate, to: &str, text: impl Fn(f64) -> String) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!("{} ({}{to}{})", text(value), text(low), text(high)),
        (Some(value), ..) => text(value),
        (None, ..) => "–".to_owned(),
    }
}

/// A share of a drug with its interval; none over fewer than ten admissions.
pub(super) fn share(estimate: &Estimate) -> String {
    if estimate.admissions < LEAST {
        return "–".to_owned();
    }
    shown(estimate, "–", |value| format!("{value:.2}"))
}

/// The title of a table of groups.
pub(super) fn title(table: &GroupTable) -> &'static str {
    match table.attribute.as_str() {
        "service" => "Service",
        "icu" => "Intensive care",
        "age" => "Age",
        "sex" => "Sex",
        "earlier_admissions" => "Earlier admissions in the files",
        "diagnosis_chapter" => "First-listed diagnosis, chapter of ICD-10",
        _recorded_drugs => "Recorded drugs",
    }
}

/// Groups that are not shown, in words; empty when all are.
pub(super) fn not_shown(table: &GroupTable) -> String {
    let mut parts = Vec::new();
    if table.groups_not_shown > 0 {
        parts.push(format!(
            "{} with fewer than ten admissions ({} in all) not shown",
            counted(table.groups_not_shown, "group", "groups"),
            counted(table.admissions_not_shown, "admission", "admissions")
        ));
    }
    if table.without_case > 0 {
        parts.push(format!("{} without a case", counted(table.without_case, "admission", "admissions")));
    }
    if parts.is_empty() { String::new() } else { parts.join("; ") + "." }
}

/// `1 group`, `2 groups`.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// What the most-prescribed lists were counted on.
pub(super) fn counted_on(report: &Report) -> String {
    use bogam_evaluate::Counted;
    let made = &report.most_prescribed;
    let on = match made.counted_on {
        Counted::Training => "a training file, without admissions of the patient whose list it is",
        Counted::Recorded => "the evaluated admissions, without those of the patient whose list it is",
        Counted::OtherFolds => "the evaluated admissions outside of the patient's fold",
    };
    let folds = made.folds.map(|folds| format!(", {folds} folds")).unwrap_or_default();
    format!("{on} ({} admissions of {} patients{folds})", made.admissions, made.patients)
}

/// How to read all of it, in paragraphs.
pub(super) fn how_to_read(report: &Report) -> Vec<String> {
    vec![
        "This evaluation is retrospective. It holds suggested drugs against the drugs that were recorded as given. \
         Agreement is not correctness: a recorded drug may have been a mistake, and a suggested drug that was not given \
         may have fitted the patient. Diagnoses of imported admissions were coded at discharge, so that a list knows more \
         than a clinician did on the first day."
            .to_owned(),
        "All figures are means over admissions, apart from listed/recorded (a ratio of sums) and the calibration error \
         (over all listed drugs). An error or an empty list counts as a list without a hit."
            .to_owned(),
        format!(
            "In brackets stand 95 % intervals: patients were drawn with replacement {} times, whole patients with all \
             their admissions, and 95 % of the draws lie within. They say how far a figure would vary with other patients \
             from the same source. They do not cover other hospitals, other years, or faults of the records. Differences \
             are taken within each draw; an interval without 0 is a difference that the choice of patients does not \
             explain. Many intervals stand here, each at 95 %: one in twenty would miss by chance.",
            report.bootstrap.resamples
        ),
        format!("The most-prescribed list is the plain baseline: the commonest drugs, as many as were suggested, counted on {}.", counted_on(report)),
        "Table coverage is not suitability. That the tables of the knowledge packs give a reason for a listed drug does \
         not make it right for this patient; only people who judge can say that."
            .to_owned(),
    ]
}
