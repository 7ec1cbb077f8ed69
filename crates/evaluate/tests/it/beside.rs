//! Several sources of suggestions for the same admissions.

use bogam_evaluate::{Compared, Estimate};
use serde_json::Value;

use crate::fixture::{add_source, evaluation, finish, four, from, is, list, recorded, report};

/// The same lists as in [`four`], but furosemide for c1, which is right.
fn others() -> Vec<Value> {
    let (_, mut suggestions) = four();
    suggestions[3] = list("c1", &[("furosemide", 0.8)], &[], &[("ramipril", 0.3)]);
    suggestions
}

fn same(a: &Compared, b: &Compared) -> bool {
    a.suggested == b.suggested && a.most_prescribed == b.most_prescribed
}

#[test]
fn a_source_beside_has_the_figures_that_it_has_alone() {
    let (records, suggestions) = four();
    let mut evaluation = evaluation(&records);
    add_source(&mut evaluation, "all", &suggestions);
    add_source(&mut evaluation, "other", &others());
    let both = finish(&evaluation);
    let (alone, other) = (report(&records, &suggestions), report(&records, &others()));
    assert_eq!((both.name.as_str(), both.beside[0].name.as_str()), ("all", "other"));
    assert_eq!((&both.all, &both.within_24_hours), (&alone.all, &alone.within_24_hours));
    assert_eq!((&both.beside[0].all, &both.beside[0].within_24_hours), (&other.all, &other.within_24_hours));
    assert_eq!((&both.beside[0].counts, &both.beside[0].coverage), (&other.counts, &other.coverage));
    assert!(same(&both.all.calibration.ece, &alone.all.calibration.ece));
}

#[test]
fn differences_are_the_evaluated_less_the_other_in_the_same_draws() {
    let (records, suggestions) = four();
    let mut evaluation = evaluation(&records);
    add_source(&mut evaluation, "all", &suggestions);
    add_source(&mut evaluation, "other", &others());
    add_source(&mut evaluation, "same", &suggestions);
    let report = finish(&evaluation);
    let difference = &report.beside[0].difference;
    // c1: 0 of 1 against 1 of 1; the union of two drugs.
    let scores = &difference.all.by_level.ingredient;
    is(&scores.accuracy, -1.0 / 4.0);
    is(&scores.recall, -(1.0 / 2.0) / 4.0);
    is(&scores.jaccard, -(1.0 / 2.0) / 4.0);
    // Torsemide is in the group of furosemide.
    is(&difference.all.by_level.atc4.accuracy, 0.0);
    // c1: 2nd and 3rd against 1st and 2nd.
    is(&scores.prauc, ((1.0 / 2.0 + 2.0 / 3.0) / 2.0 - 1.0) / 4.0);
    is(&scores.listed_to_recorded, 0.0);
    is(&difference.output_rate, 0.0);
    let ece = |slice: &bogam_evaluate::SliceReport| slice.calibration.ece.suggested.value.unwrap();
    is(&difference.all.ece, ece(&report.all) - ece(&report.beside[0].all));
    // p3 is drawn or not: the difference never changes its sign, and is 0 without p3.
    assert!(scores.accuracy.high.unwrap() <= 0.0 && scores.accuracy.low.unwrap() < -0.25);
    // The same lists differ by nothing, in every draw.
    let nothing =
        |estimate: &Estimate| (estimate.value, estimate.low, estimate.high) == (Some(0.0), Some(0.0), Some(0.0));
    let same = &report.beside[1].difference;
    let levels = [&same.all.by_level.ingredient, &same.within_24_hours.by_level.atc3];
    assert!(levels.iter().all(|s| [&s.accuracy, &s.recall, &s.jaccard, &s.f1, &s.prauc].into_iter().all(nothing)));
    assert!(nothing(&same.all.ece) && nothing(&same.all.interactions) && nothing(&same.coverage.neither));
}

#[test]
fn a_difference_that_is_the_same_for_every_patient_has_no_width_however_they_vary() {
    let (mut records, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
    let drugs = ["aspirin", "digoxin", "furosemide", "heparin", "lisinopril", "ramipril", "senna", "warfarin"];
    for n in 0..30_usize {
        let case = format!("c{n}");
        let given: Vec<_> = drugs.iter().map(|drug| (*drug, from(1.0))).collect();
        records.push(recorded(&case, &format!("p{n}"), &given));
        // One to six drugs of eight, and one less.
        let all: Vec<_> = drugs.iter().take(1 + n % 6).map(|drug| (*drug, 0.5)).collect();
        first.push(list(&case, &all, &[], &[]));
        second.push(list(&case, &all[1..], &[], &[]));
    }
    let mut evaluation = evaluation(&records);
    add_source(&mut evaluation, "first", &first);
    add_source(&mut evaluation, "second", &second);
    let report = finish(&evaluation);
    let width = |estimate: &Estimate| estimate.high.unwrap() - estimate.low.unwrap();
    let difference = &report.beside[0].difference.all.by_level.ingredient.recall;
    is(difference, 1.0 / 8.0);
    assert!(width(difference) < 1e-12);
    assert!(width(&report.all.by_level.ingredient.recall.suggested) > 0.1);
}

#[test]
fn the_best_beside_is_that_of_the_greatest_jaccard() {
    let (records, suggestions) = four();
    let mut evaluation = evaluation(&records);
    add_source(&mut evaluation, "all", &suggestions);
    assert_eq!(finish(&evaluation).best_beside, None);
    let empty: Vec<Value> = ["a1", "a2", "b1", "c1"].iter().map(|case| list(case, &[], &[], &[])).collect();
    add_source(&mut evaluation, "empty", &empty);
    add_source(&mut evaluation, "other", &others());
    add_source(&mut evaluation, "other again", &others());
    let report = finish(&evaluation);
    let best = report.best_beside.unwrap();
    assert_eq!(best.name, "other");
    assert_eq!(best.jaccard, report.beside[1].all.by_level.ingredient.jaccard.suggested);
    is(&best.difference, -1.0 / 8.0);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (records, suggestions) = four();
    let mut evaluation = evaluation(&records);
    add_source(&mut evaluation, "all", &suggestions);
    add_source(&mut evaluation, "other", &others());
    let mut told = Vec::new();
    let two = evaluation.report(2, &mut |done, of| told.push((done, of)));
    assert!(finish(&evaluation) == two);
    assert_eq!(told.last(), Some(&(2000, 2000)));
}
