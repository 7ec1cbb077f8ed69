//! The report of an evaluation, for reading.

use std::fmt::Write as _;

use bogam_evaluate::{Beside, Compared, Counted, Differences, Estimate, Report, Scores, SliceDifferences, SliceReport};

/// Width of the names of figures.
const NAME: usize = 28;
/// Width of a figure with its interval.
const FIGURE: usize = 23;
/// Drugs that are shown; the JSON holds all.
const DRUGS: usize = 20;

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // A `String` takes everything.
    let _ = writeln!(out, "{text}");
}

/// Everything but the rare drugs.
pub(super) fn table(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    let names = ["suggested", "most prescribed", "difference"];
    line(&mut out, format_args!("\n{:NAME$}{}", "", names.map(|name| format!("{name:FIGURE$}")).concat().trim_end()));
    single(&mut out, "output rate", &report.output_rate);
    single(&mut out, "listed for a diagnosis", &report.coverage.for_diagnosis);
    single(&mut out, "  of these supportive", &report.coverage.for_diagnosis_supportive);
    single(&mut out, "listed as supportive only", &report.coverage.supportive);
    slice(&mut out, "All recorded drugs", &report.all);
    slice(&mut out, "Drugs started within 24 hours", &report.within_24_hours);
    beside(&mut out, report);
    drugs(&mut out, report);
    suitability(&mut out, report);
    out
}

fn head(out: &mut String, report: &Report) {
    let counts = &report.counts;
    line(out, format_args!("{} admissions of {} patients", counts.admissions, counts.patients));
    line(
        out,
        format_args!(
            "  {} with a list ({} of them empty, {} not valid), {} with an error, {} without a line, {} with two lists",
            counts.with_list,
            counts.empty_lists,
            counts.invalid_lists,
            counts.with_error,
            counts.without_line,
            counts.with_two_lists
        ),
    );
    line(
        out,
        format_args!(
            "  left out: {} suggested cases without a recorded admission, {} lines that cannot be used,\n  \
             {} recorded names without an ingredient, {} recorded rows that are no drug",
            counts.not_recorded, counts.unreadable_lines, counts.unmapped, counts.not_drugs
        ),
    );
    let made = &report.most_prescribed;
    let on = match made.counted_on {
        Counted::Training => "the training file",
        Counted::Recorded => "the same admissions",
        Counted::OtherFolds => "the other folds",
    };
    line(
        out,
        format_args!(
            "Most prescribed: as many drugs as are suggested, the commonest in {on} ({} of {} patients),\n  \
             without the patient's own{}",
            made.admissions,
            made.patients,
            made.folds.map(|folds| format!(", {folds} folds")).unwrap_or_default()
        ),
    );
    line(
        out,
        format_args!(
            "Means over admissions, with 95 % intervals over patients ({} draws). Retrospective: agreement with what was\n\
             given, not whether it was right; diagnoses of imported admissions were coded at discharge. That the tables give a\n\
             reason for a drug does not make it suitable",
            report.bootstrap.resamples
        ),
    );
}

fn slice(out: &mut String, title: &str, slice: &SliceReport) {
    line(
        out,
        format_args!(
            "\n{title}: {} in {} admissions, {} never a candidate; {} admissions have none",
            slice.recorded_drugs, slice.admissions, slice.never_candidates, slice.nothing_recorded
        ),
    );
    let levels = &slice.by_level;
    for (level, scores) in [
        ("by ingredient", &levels.ingredient),
        ("by ATC, 5 characters", &levels.atc4),
        ("by ATC, 4 characters", &levels.atc3),
    ] {
        line(out, format_args!(" {level}"));
        figures(out, scores);
    }
    line(out, format_args!(" lists"));
    row(out, "calibration error", &slice.calibration.ece);
    row(out, "interacting pairs", &slice.interactions.lists);
    single(out, "  of those recorded", &slice.interactions.recorded);
}

fn figures(out: &mut String, scores: &Scores<Compared>) {
    row(out, "accuracy", &scores.accuracy);
    row(out, "recall", &scores.recall);
    row(out, "Jaccard", &scores.jaccard);
    row(out, "F1", &scores.f1);
    row(out, "PRAUC", &scores.prauc);
    row(out, "listed/recorded", &scores.listed_to_recorded);
}

fn row(out: &mut String, name: &str, figures: &Compared) {
    let all =
        [figure(&figures.suggested, false), figure(&figures.most_prescribed, false), figure(&figures.difference, true)];
    let name = format!("  {name}");
    line(out, format_args!("{name:NAME$}{}", all.map(|text| format!("{text:FIGURE$}")).concat().trim_end()));
}

fn single(out: &mut String, name: &str, estimate: &Estimate) {
    let name = format!("  {name}");
    line(out, format_args!("{name:NAME$}{}", figure(estimate, false)));
}

fn figure(estimate: &Estimate, signed: bool) -> String {
    let text = |value: f64| if signed { format!("{value:+.3}") } else { format!("{value:.3}") };
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!("{} ({} {})", text(value), text(low), text(high)),
        (Some(value), ..) => text(value),
        (None, ..) => "-".to_owned(),
    }
}

/// The evaluated suggestions and each other source, by ingredient; the rest is in the JSON.
fn beside(out: &mut String, report: &Report) {
    type Slice = (&'static str, fn(&Beside) -> &SliceReport, fn(&Differences) -> &SliceDifferences);
    let slices: [Slice; 2] = [
        ("all recorded drugs", |one| &one.all, |difference| &difference.all),
        ("first 24 hours", |one| &one.within_24_hours, |difference| &difference.within_24_hours),
    ];
    for one in &report.beside {
        line(out, format_args!("\n{:NAME$}{:FIGURE$}{:FIGURE$}difference", "", report.name, one.name));
        for (n, (name, of, of_difference)) in slices.into_iter().enumerate() {
            let main = if n == 0 { &report.all } else { &report.within_24_hours };
            let (other, difference) = (of(one), of_difference(&one.difference));
            line(out, format_args!(" {name}, by ingredient"));
            let mut put = |name: &str, main: &Compared, other: &Compared, difference: Estimate| {
                row(out, name, &Compared { suggested: main.suggested, most_prescribed: other.suggested, difference });
            };
            let (a, b, d) = (&main.by_level.ingredient, &other.by_level.ingredient, &difference.by_level.ingredient);
            put("accuracy", &a.accuracy, &b.accuracy, d.accuracy);
            put("recall", &a.recall, &b.recall, d.recall);
            put("Jaccard", &a.jaccard, &b.jaccard, d.jaccard);
            put("F1", &a.f1, &b.f1, d.f1);
            put("PRAUC", &a.prauc, &b.prauc, d.prauc);
            put("listed/recorded", &a.listed_to_recorded, &b.listed_to_recorded, d.listed_to_recorded);
            put("calibration error", &main.calibration.ece, &other.calibration.ece, difference.ece);
            put("interacting pairs", &main.interactions.lists, &other.interactions.lists, difference.interactions);
        }
    }
    if let Some(best) = &report.best_beside {
        let (jaccard, difference) = (figure(&best.jaccard, false), figure(&best.difference, true));
        line(out, format_args!("\nBest beside by Jaccard: {} {jaccard}; difference {difference}", best.name));
    }
}

fn suitability(out: &mut String, report: &Report) {
    let Some(suitability) = &report.suitability else { return };
    for judge in &suitability.judges {
        let (n, rows, not) = (judge.judge, judge.rows, judge.not_judged);
        line(out, format_args!("\nSuitability by judge {n}: {rows} rows, {not} not judged"));
        for source in &judge.sources {
            let name = format!("  {}", source.source);
            let (suitable, unsure) = (figure(&source.suitable, false), figure(&source.unsure, false));
            line(out, format_args!("{name:NAME$}{suitable:FIGURE$}of {} drugs; unsure {unsure}", source.drugs));
        }
    }
    if let Some(agreement) = &suitability.agreement {
        let (same, kappa) = (figure(&agreement.same, false), figure(&agreement.kappa, false));
        line(out, format_args!("  judges 1 and 2: the same of {} drugs {same}, kappa {kappa}", agreement.drugs));
    }
}

fn drugs(out: &mut String, report: &Report) {
    line(
        out,
        format_args!(
            "\n{:NAME$}{:>9}{:>9}{:>9}{:>9}{:>11}",
            "Drug", "recorded", "listed", "hits", "recall", "precision"
        ),
    );
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.2}"));
    for drug in report.drugs.iter().take(DRUGS) {
        let name = format!("  {}", drug.ingredient);
        line(
            out,
            format_args!(
                "{name:NAME$}{:>9}{:>9}{:>9}{:>9}{:>11}",
                drug.recorded,
                drug.listed,
                drug.hits,
                share(drug.recall),
                share(drug.precision)
            ),
        );
    }
    let more = report.drugs.len().saturating_sub(DRUGS);
    if more > 0 {
        line(out, format_args!("  … {more} more in the JSON"));
    }
    if report.drugs_not_shown > 0 {
        line(out, format_args!("  {} drugs of fewer than ten admissions are not shown", report.drugs_not_shown));
    }
}
