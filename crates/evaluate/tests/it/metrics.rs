//! Every figure, computed by hand. `(a + b + c + d) / 4` are the admissions a1, a2, b1, c1 of [`four`].

use serde_json::json;

use crate::fixture::{four, from, is, list, recorded, report};

#[test]
fn lists_are_compared_by_ingredient() {
    let (recorded, suggestions) = four();
    let report = report(&recorded, &suggestions);
    let scores = &report.all.by_level.ingredient;
    is(&scores.accuracy.suggested, (2.0 / 3.0 + 0.0 + 2.0 / 2.0 + 0.0 / 1.0) / 4.0);
    is(&scores.recall.suggested, (2.0 / 4.0 + 0.0 + 2.0 / 2.0 + 0.0 / 2.0) / 4.0);
    is(&scores.jaccard.suggested, (2.0 / 5.0 + 0.0 + 2.0 / 2.0 + 0.0 / 3.0) / 4.0);
    is(&scores.f1.suggested, (4.0 / 7.0 + 0.0 + 4.0 / 4.0 + 0.0 / 3.0) / 4.0);
    // A ratio of sums, the error with nothing listed.
    is(&scores.listed_to_recorded.suggested, (3.0 + 0.0 + 2.0 + 1.0) / (4.0 + 2.0 + 2.0 + 2.0));
    assert_eq!(scores.accuracy.suggested.admissions, 4);
}

#[test]
fn the_ranking_is_that_of_listed_withheld_and_considered_with_ties_by_ingredient() {
    let (recorded, suggestions) = four();
    let report = report(&recorded, &suggestions);
    // a1: furosemide 1st, aspirin (withheld) 2nd, warfarin 4th behind lisinopril; ramipril was no candidate.
    let a1 = (1.0 / 1.0 + 2.0 / 2.0 + 3.0 / 4.0) / 4.0;
    // c1: torsemide 1st; furosemide and ramipril tie, furosemide first by its name.
    let c1 = (1.0 / 2.0 + 2.0 / 3.0) / 2.0;
    is(&report.all.by_level.ingredient.prauc.suggested, (a1 + 0.0 + 1.0 + c1) / 4.0);
    // Ramipril of a1, and both drugs of the error.
    assert_eq!((report.all.recorded_drugs, report.all.never_candidates), (10, 3));
}

#[test]
fn lists_are_compared_by_groups_of_the_atc() {
    let (recorded, suggestions) = four();
    let report = report(&recorded, &suggestions);
    // a1: lisinopril is in the group of ramipril. c1: torsemide is in that of furosemide. Aspirin is B01AC, not N02BA.
    let atc4 = &report.all.by_level.atc4;
    is(&atc4.accuracy.suggested, (3.0 / 3.0 + 0.0 + 2.0 / 2.0 + 1.0 / 1.0) / 4.0);
    is(&atc4.recall.suggested, (3.0 / 4.0 + 0.0 + 2.0 / 2.0 + 1.0 / 2.0) / 4.0);
    // a1: C03CA, B01AC, C09AA, B01AA. c1: C03CA, C09AA, and C03CA is not counted again.
    is(&atc4.prauc.suggested, (1.0 + 0.0 + 1.0 + 1.0) / 4.0);
    // At four characters warfarin and aspirin are one group: a1 has three, B01A, C03C, C09A, and finds them all.
    let atc3 = &report.all.by_level.atc3;
    is(&atc3.recall.suggested, (3.0 / 3.0 + 0.0 + 2.0 / 2.0 + 1.0 / 2.0) / 4.0);
    is(&atc3.listed_to_recorded.suggested, (3.0 + 0.0 + 2.0 + 1.0) / (3.0 + 2.0 + 2.0 + 2.0));
}

#[test]
fn the_first_day_holds_what_was_started_by_then() {
    let (recorded, suggestions) = four();
    let report = report(&recorded, &suggestions);
    // Without ramipril of a1 (hour 30) and digoxin of b1 (unknown); before admission and at hour 24 are within.
    let day = &report.within_24_hours;
    assert_eq!((day.recorded_drugs, report.counts.start_unknown), (8, 1));
    let scores = &day.by_level.ingredient;
    is(&scores.accuracy.suggested, (2.0 / 3.0 + 0.0 + 1.0 / 2.0 + 0.0) / 4.0);
    let (a1, b1, c1) = ((1.0 + 1.0 + 3.0 / 4.0) / 3.0, 1.0 / 2.0, (1.0 / 2.0 + 2.0 / 3.0) / 2.0);
    is(&scores.prauc.suggested, (a1 + 0.0 + b1 + c1) / 4.0);
}

#[test]
fn interacting_pairs_are_those_of_the_list_and_of_drugs_recorded_at_the_same_time() {
    let (recorded, suggestions) = four();
    let report = report(&recorded, &suggestions);
    let all = &report.all.interactions;
    // Furosemide with lisinopril is one of three pairs; digoxin with spironolactone is but a note; c1 has no pair.
    is(&all.lists.suggested, (1.0 / 3.0 + 0.0 / 1.0) / 2.0);
    assert_eq!(all.lists.suggested.admissions, 2);
    // a1: four pairs overlap (furosemide with each, warfarin with aspirin), the last one is critical. Digoxin of b1, whose
    // hours are not known, overlaps with everything; the drugs of c1 come one after the other.
    is(&all.recorded, (1.0 / 4.0 + 0.0 / 1.0 + 0.0 / 1.0) / 3.0);
    is(&all.difference_to_recorded, 1.0 / 6.0 - 1.0 / 12.0);
    // On the first day a1 has three drugs, all at the same time, and b1 one.
    let day = &report.within_24_hours.interactions;
    is(&day.recorded, (1.0 / 3.0 + 0.0 / 1.0) / 2.0);
}

#[test]
fn reasons_are_counted_apart() {
    let (recorded, mut suggestions) = four();
    suggestions[0]["drugs"][0]["for"] = json!([{"code": "I50.9", "strength": "first_line"}]);
    suggestions[0]["drugs"][1]["for"] = json!([{"code": "I50.9", "strength": "first_line"}]);
    suggestions[0]["drugs"][2]["supportive"] = json!(true);
    suggestions[2]["drugs"][0]["for"] = json!([{"code": "R11", "strength": "supportive"}]);
    suggestions[2]["drugs"][0]["supportive"] = json!(true);
    suggestions[3]["drugs"][0]["for"] = json!([{"code": "I50.9", "strength": "alternative"}]);
    let coverage = report(&recorded, &suggestions).coverage;
    is(&coverage.for_diagnosis, (2.0 / 3.0 + 0.0 + 1.0 / 2.0 + 1.0) / 4.0);
    is(&coverage.for_diagnosis_supportive, (0.0 + 0.0 + 1.0 / 2.0 + 0.0) / 4.0);
    is(&coverage.supportive, (1.0 / 3.0 + 0.0 + 0.0 + 0.0) / 4.0);
    is(&coverage.neither, (0.0 + 0.0 + 1.0 / 2.0 + 0.0) / 4.0);
}

#[test]
fn probabilities_are_held_against_what_came_true() {
    let (recorded, suggestions) = four();
    let calibration = report(&recorded, &suggestions).all.calibration;
    // 0.5 three times and found, 0.6 and 0.8 not found, 0.9 found: ten bins of 0.6 drugs.
    let found = 5.0 * 0.6 * (1.0 - 0.5);
    let edge = [0.6 * 0.6, 0.4 * 0.6 + 0.2 * 0.8, 0.6 * 0.8, 0.2 * 0.8 + 0.4 * 0.9 - 0.4, 0.6 * (1.0 - 0.9)];
    is(&calibration.ece.suggested, (found + edge.iter().sum::<f64>()) / 6.0);
    assert_eq!(calibration.bins.len(), 10);
}

#[test]
fn each_drug_has_its_row_where_ten_admissions_recorded_or_list_it() {
    let (mut records, mut suggestions) = (Vec::new(), Vec::new());
    // Furosemide is recorded for twelve and listed for six of them and for three more; ramipril is recorded for nine,
    // lisinopril listed for eleven, senna recorded for three and listed for seven others.
    for n in 0..15 {
        let mut given = Vec::new();
        let mut listed = Vec::new();
        let put = |holds: bool, all: &mut Vec<&'static str>, drug| {
            if holds {
                all.push(drug)
            }
        };
        put(n < 12, &mut given, "furosemide");
        put(n < 9, &mut given, "ramipril");
        put(n < 3, &mut given, "senna");
        put(n >= 6, &mut listed, "furosemide");
        put(n < 11, &mut listed, "lisinopril");
        put((3..10).contains(&n), &mut listed, "senna");
        let given: Vec<_> = given.into_iter().map(|drug| (drug, from(1.0))).collect();
        let listed: Vec<_> = listed.into_iter().map(|drug| (drug, 0.5)).collect();
        records.push(recorded(&format!("case {n}"), &format!("patient {}", n / 2), &given));
        suggestions.push(list(&format!("case {n}"), &listed, &[], &[]));
    }
    let report = report(&records, &suggestions);
    let rows = report.drugs.iter().map(|row| (row.ingredient.as_str(), row.recorded, row.listed, row.hits));
    // The last three admissions have nothing recorded: what is listed for them is not compared.
    let expected = [("furosemide", 12, 6, 6), ("senna", 3, 7, 0), ("lisinopril", 0, 11, 0)];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    assert_eq!(report.drugs_not_shown, 1);
    let furosemide = &report.drugs[0];
    assert_eq!((furosemide.recall, furosemide.precision), (Some(0.5), Some(1.0)));
    is(&furosemide.recall_interval, 0.5);
    assert!(furosemide.recall_interval.low.unwrap() < 0.4 && furosemide.recall_interval.high.unwrap() > 0.6);
    // Six listed are too few for an interval.
    assert_eq!((furosemide.precision_interval.value, furosemide.precision_interval.low), (Some(1.0), None));
    assert_eq!((report.drugs[2].recall, report.drugs[2].recall_interval.value), (None, None));
}

#[test]
fn the_output_rate_is_that_of_valid_lists() {
    let (recorded, mut suggestions) = four();
    is(&report(&recorded, &suggestions).output_rate, (1.0 + 0.0 + 1.0 + 1.0) / 4.0);
    suggestions[0]["drugs"][1]["ingredient"] = json!("furosemide");
    suggestions[3]["drugs"][0]["ingredient"] = json!("no such drug");
    let report = report(&recorded, &suggestions);
    is(&report.output_rate, (0.0 + 0.0 + 1.0 + 0.0) / 4.0);
    assert_eq!((report.counts.with_list, report.counts.invalid_lists), (3, 2));
    // The repeat counts once: furosemide and warfarin are listed.
    is(&report.all.by_level.ingredient.accuracy.suggested, (2.0 / 2.0 + 0.0 + 1.0 + 0.0) / 4.0);
}
