//! Where there is little or nothing to compare.

use serde_json::{Value, json};

use crate::fixture::{error, four, from, is, list, recorded, report};

/// All numbers of a JSON value.
fn numbers(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(n) => found.extend(n.as_f64()),
        Value::Array(all) => all.iter().for_each(|v| numbers(v, found)),
        Value::Object(all) => all.values().for_each(|v| numbers(v, found)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[test]
fn no_admission_gives_a_report_without_figures() {
    let (_, suggestions) = four();
    let report = report(&[], &suggestions);
    assert_eq!((report.counts.admissions, report.counts.not_recorded), (0, 4));
    assert_eq!(report.output_rate.value, None);
    assert_eq!(report.all.by_level.ingredient.accuracy.suggested.value, None);
    assert_eq!(report.all.calibration.ece.suggested.value, None);
    assert_eq!(report.notices, ["retrospective", "table_coverage_is_not_suitability", "no_interval"]);
}

#[test]
fn without_any_answer_every_figure_is_nought_but_those_of_nothing() {
    let (recorded, _) = four();
    let missing = report(&recorded, &[]);
    let errors: Vec<Value> = ["a1", "a2", "b1", "c1"].iter().map(|case| error(Some(case))).collect();
    let errors = report(&recorded, &errors);
    for report in [&missing, &errors] {
        is(&report.output_rate, 0.0);
        let scores = &report.all.by_level.ingredient;
        for figure in [&scores.accuracy, &scores.recall, &scores.jaccard, &scores.f1, &scores.prauc] {
            is(&figure.suggested, 0.0);
        }
        is(&scores.listed_to_recorded.suggested, 0.0);
        is(&report.coverage.for_diagnosis, 0.0);
        assert_eq!(report.all.interactions.lists.suggested.value, None);
        assert_eq!(report.all.calibration.ece.suggested.value, None);
        assert_eq!(report.all.never_candidates, 10);
    }
    assert_eq!((missing.counts.without_line, missing.counts.with_error), (4, 0));
    assert_eq!((errors.counts.without_line, errors.counts.with_error), (0, 4));
}

#[test]
fn an_empty_list_is_an_answer_without_a_hit() {
    let recorded = [recorded("a", "p", &[("senna", from(1.0))]), recorded("b", "q", &[("senna", from(1.0))])];
    let report = report(&recorded, &[list("a", &[], &[], &[]), list("b", &[("senna", 0.5)], &[], &[])]);
    is(&report.output_rate, 1.0);
    is(&report.all.by_level.ingredient.accuracy.suggested, (0.0 + 1.0) / 2.0);
    assert_eq!(report.counts.empty_lists, 1);
}

#[test]
fn an_admission_with_nothing_recorded_is_counted_and_not_compared() {
    let mut nothing = recorded("b", "q", &[]);
    nothing["unmapped"] = json!(["Something", "Something else"]);
    nothing["not_drugs"] = json!(3);
    let recorded = [recorded("a", "p", &[("senna", from(1.0))]), nothing];
    let report = report(&recorded, &[list("a", &[("senna", 0.5)], &[], &[]), list("b", &[("senna", 0.5)], &[], &[])]);
    assert_eq!((report.counts.admissions, report.counts.unmapped, report.counts.not_drugs), (2, 2, 3));
    assert_eq!((report.all.admissions, report.all.nothing_recorded), (1, 1));
    is(&report.all.by_level.ingredient.accuracy.suggested, 1.0);
    is(&report.output_rate, 1.0);
    // Senna has no ATC code: a group of its own.
    assert_eq!(report.counts.without_atc, 1);
    is(&report.all.by_level.atc4.accuracy.suggested, 1.0);
}

#[test]
fn a_suggestion_without_a_recorded_admission_is_counted_and_left_out() {
    let (recorded, suggestions) = four();
    let mut more = suggestions.clone();
    more.push(list("z9", &[("senna", 0.5)], &[], &[]));
    more.push(error(None));
    let (with, without) = (report(&recorded, &more), report(&recorded, &suggestions));
    assert_eq!((with.counts.not_recorded, with.counts.error_lines, with.counts.suggestion_lines), (1, 2, 6));
    assert_eq!(with.all, without.all);
}

#[test]
fn of_several_lines_for_a_case_a_list_counts_and_two_different_lists_do_not() {
    let recorded = [recorded("a", "p", &[("senna", from(1.0))]), recorded("b", "q", &[("senna", from(1.0))])];
    let (right, wrong) = (list("a", &[("senna", 0.5)], &[], &[]), list("a", &[("heparin", 0.5)], &[], &[]));
    let found = |lines: &[Value]| {
        let report = report(&recorded, lines);
        let accuracy = report.all.by_level.ingredient.accuracy.suggested.value;
        (accuracy, report.counts.with_two_lists)
    };
    let (half, nothing) = (Some(0.5), Some(0.0));
    assert_eq!(found(&[right.clone(), error(Some("a"))]), (half, 0));
    assert_eq!(found(&[error(Some("a")), right.clone()]), (half, 0));
    assert_eq!(found(&[right.clone(), right.clone()]), (half, 0));
    assert_eq!(found(&[right.clone(), wrong.clone()]), (nothing, 1));
    assert_eq!(found(&[wrong, right.clone(), right]), (nothing, 1));
}

#[test]
fn a_line_that_is_no_suggestion_is_counted_and_its_case_has_no_answer() {
    let recorded = [recorded("a", "p", &[("senna", from(1.0))])];
    let mut nameless = list("a", &[("senna", 0.5)], &[], &[]);
    nameless["case_id"] = Value::Null;
    for line in [list("a", &[("senna", 1.5)], &[], &[]), list("a", &[], &[], &[("senna", -0.1)]), nameless, json!(7)] {
        let report = report(&recorded, std::slice::from_ref(&line));
        assert_eq!((report.counts.unreadable_lines, report.counts.without_line), (1, 1), "{line}");
    }
}

#[test]
fn one_patient_has_figures_without_intervals() {
    let recorded = [recorded("a", "p", &[("senna", from(1.0))]), recorded("b", "p", &[("senna", from(1.0))])];
    let report = report(&recorded, &[list("a", &[("senna", 0.5)], &[], &[])]);
    let accuracy = &report.all.by_level.ingredient.accuracy;
    assert_eq!((accuracy.suggested.value, accuracy.suggested.low), (Some(0.5), None));
    // There is nobody else to count the most-prescribed drugs on.
    assert_eq!(accuracy.most_prescribed.value, Some(0.0));
    assert_eq!(report.notices, ["retrospective", "table_coverage_is_not_suitability", "no_interval"]);
}

#[test]
fn what_is_written_is_a_number_or_null() {
    let (recorded, suggestions) = four();
    for report in [report(&recorded, &suggestions), report(&recorded, &[]), report(&[], &[])] {
        let mut found = Vec::new();
        numbers(&serde_json::to_value(report).unwrap(), &mut found);
        assert!(found.iter().all(|n| n.is_finite()));
    }
}
