//! The most-prescribed drugs.

use bogam_evaluate::{Counted, Folds, FoldsFault};

use crate::fixture::{add_source, evaluation, finish, four, from, is, recorded, report};

#[test]
fn the_patients_own_admissions_are_left_out() {
    let (recorded, suggestions) = four();
    let report = report(&recorded, &suggestions);
    assert_eq!(report.most_prescribed.counted_on, Counted::Recorded);
    let scores = &report.all.by_level.ingredient;
    // p1, by b1 and c1: digoxin, furosemide, ramipril, spironolactone, once each. a1 gets three of them, a2 (an error) none.
    // p2, by the others: furosemide thrice, ramipril twice; b1 gets these two. p3: furosemide twice; c1 gets it.
    is(&scores.accuracy.most_prescribed, (2.0 / 3.0 + 0.0 + 0.0 / 2.0 + 1.0 / 1.0) / 4.0);
    is(&scores.recall.most_prescribed, (2.0 / 4.0 + 0.0 + 0.0 / 2.0 + 1.0 / 2.0) / 4.0);
    is(&scores.recall.difference, 3.0 / 8.0 - 2.0 / 8.0);
    // The whole ranking does not depend on the list. a1: 2nd and 3rd. a2: furosemide 2nd. c1: furosemide 1st, ramipril
    // 5th behind aspirin, digoxin and heparin.
    let (a1, a2, c1) = ((1.0 / 2.0 + 2.0 / 3.0) / 4.0, (1.0 / 2.0) / 2.0, (1.0 / 1.0 + 2.0 / 5.0) / 2.0);
    is(&scores.prauc.most_prescribed, (a1 + a2 + 0.0 + c1) / 4.0);
    is(&scores.prauc.difference, 109.0 / 192.0 - 149.0 / 480.0);
    is(&scores.listed_to_recorded.difference, 0.0);
}

#[test]
fn the_share_of_admissions_is_its_probability() {
    let (recorded, suggestions) = four();
    let ece = report(&recorded, &suggestions).all.calibration.ece;
    // p1: 1 of 2 each; p2: furosemide 3 of 3, ramipril 2 of 3; p3: furosemide 2 of 3. Sorted: three of 1/2 (two came true),
    // two of 2/3 (one), one of 1 (not). Six drugs, bins of 0.6.
    let halves = 5.0 * 0.6 * (2.0 / 3.0 - 1.0 / 2.0);
    let thirds = 3.0 * 0.6 * (2.0 / 3.0 - 1.0 / 2.0);
    // The ninth bin holds the last 0.2 of 2/3 and the first 0.4 of 1, the tenth the rest.
    let ninth = 0.2 * (2.0 / 3.0 - 1.0 / 2.0) + 0.4;
    is(&ece.most_prescribed, (halves + thirds + ninth + 0.6) / 6.0);
}

#[test]
fn it_is_counted_on_the_drugs_that_it_is_compared_with() {
    let (mut lines, suggestions) = four();
    // Two more patients whose ramipril is started late: common, but not on the first day.
    lines
        .extend([recorded("d1", "p4", &[("ramipril", from(90.0))]), recorded("e1", "p5", &[("ramipril", from(90.0))])]);
    let report = report(&lines, &suggestions);
    let accuracy = |slice: &bogam_evaluate::SliceReport| slice.by_level.ingredient.accuracy.most_prescribed;
    // All: b1 gets ramipril (4) and furosemide (3); c1 ramipril (3): found. a1: ramipril (3), digoxin, furosemide: 2 of 3.
    is(&accuracy(&report.all), (2.0 / 3.0 + 0.0 + 0.0 + 1.0 + 0.0 + 0.0) / 6.0);
    // First day, four admissions: a1 furosemide, ramipril, spironolactone: 1 of 3; b1 furosemide, aspirin; c1 furosemide.
    is(&accuracy(&report.within_24_hours), (1.0 / 3.0 + 0.0 + 0.0 + 1.0) / 4.0);
    assert_eq!((report.within_24_hours.admissions, report.within_24_hours.nothing_recorded), (4, 2));
}

#[test]
fn a_training_file_takes_the_place_of_the_recorded_one_less_the_patient() {
    let (recorded_lines, suggestions) = four();
    let training = [
        recorded("t1", "q1", &[("warfarin", from(1.0)), ("spironolactone", from(1.0))]),
        recorded("t2", "q2", &[("warfarin", from(1.0))]),
        // The same person as in the evaluated file: not counted for c1.
        recorded("t3", "p3", &[("furosemide", from(1.0)), ("aspirin", from(1.0))]),
        recorded("t4", "p3", &[("furosemide", from(1.0))]),
        recorded("t5", "p3", &[("furosemide", from(1.0))]),
    ];
    let mut evaluation = evaluation(&recorded_lines);
    training.into_iter().for_each(|line| evaluation.train(&serde_json::from_value(line).unwrap()).unwrap());
    add_source(&mut evaluation, "suggestions", &suggestions);
    let report = finish(&evaluation);
    let made = &report.most_prescribed;
    assert_eq!((made.counted_on, made.admissions, made.patients, made.shared_patients), (Counted::Training, 5, 3, 1));
    assert_eq!(report.notices, ["retrospective", "table_coverage_is_not_suitability", "training_shares_patients"]);
    // a1 gets furosemide, warfarin, aspirin; b1 furosemide, warfarin; c1, without its own, warfarin.
    is(&report.all.by_level.ingredient.accuracy.most_prescribed, (3.0 / 3.0 + 0.0 + 0.0 + 0.0) / 4.0);
}

#[test]
fn with_folds_it_is_counted_outside_of_the_patients_fold() {
    let (recorded_lines, suggestions) = four();
    // p1 and p2 are one fold: their lists are counted on c1 alone, that of p3 on the other three admissions.
    let folds = Folds::read("patient_id,fold\np1,0\np2,0\np3,4\nsomebody else,2\n").unwrap();
    let mut evaluation = evaluation(&recorded_lines);
    evaluation.folds(&folds).unwrap();
    add_source(&mut evaluation, "suggestions", &suggestions);
    let report = finish(&evaluation);
    let made = &report.most_prescribed;
    assert_eq!((made.counted_on, made.folds, made.admissions, made.patients), (Counted::OtherFolds, Some(2), 4, 3));
    // Of c1: furosemide, ramipril. a1 (three drugs) gets these two, both right. b1 gets both, none right. Of a1, a2, b1:
    // furosemide twice; c1 gets it.
    let scores = &report.all.by_level.ingredient;
    is(&scores.accuracy.most_prescribed, (2.0 / 2.0 + 0.0 + 0.0 / 2.0 + 1.0 / 1.0) / 4.0);
    is(&scores.recall.most_prescribed, (2.0 / 4.0 + 0.0 + 0.0 + 1.0 / 2.0) / 4.0);
}

#[test]
fn a_patient_without_a_fold_is_told() {
    let (recorded_lines, _) = four();
    let folds = Folds::read("patient_id,fold\np1,0\np2,1\n").unwrap();
    assert_eq!(evaluation(&recorded_lines).folds(&folds), Err(FoldsFault::Missing { missing: 1, patients: 3 }));
}
