//! Rows for people who judge, and what they said.

use std::collections::BTreeSet;

use bogam_evaluate::judge::{Judged, JudgedFault, Judgement, Row, sample, suitability};

use crate::fixture::{add_source, evaluation, four, is, list};

fn rows(admissions: usize, usable: &[&str]) -> Vec<Row> {
    let (records, suggestions) = four();
    let mut evaluation = evaluation(&records);
    add_source(&mut evaluation, "all", &suggestions);
    let other = [list("a1", &[("furosemide", 0.4), ("heparin", 0.2)], &[], &[]), list("b1", &[], &[], &[])];
    add_source(&mut evaluation, "other", &other);
    let usable: BTreeSet<String> = usable.iter().map(|case| (*case).to_owned()).collect();
    sample(&evaluation, admissions, &usable)
}

#[test]
fn every_listed_drug_is_one_row_whoever_lists_it() {
    let rows = rows(9, &["a1", "a2", "b1", "c1"]);
    let mut found: Vec<(&str, &str, Vec<&str>)> = rows
        .iter()
        .map(|r| (r.case_id.as_str(), r.ingredient.as_str(), r.sources.iter().map(String::as_str).collect()))
        .collect();
    found.sort();
    let expected = [
        ("a1", "furosemide", vec!["all", "other"]),
        ("a1", "heparin", vec!["other"]),
        ("a1", "lisinopril", vec!["all"]),
        ("a1", "warfarin", vec!["all"]),
        ("b1", "digoxin", vec!["all"]),
        ("b1", "spironolactone", vec!["all"]),
        ("c1", "torsemide", vec!["all"]),
    ];
    assert_eq!(found, expected);
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), (1..=7).collect::<Vec<_>>());
    // The rows of an admission stand together and have one number.
    let admissions: Vec<(u64, &str)> = rows.iter().map(|row| (row.admission, row.case_id.as_str())).collect();
    let mut apart = admissions.clone();
    apart.dedup();
    assert_eq!(apart.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn the_sample_is_of_usable_admissions_and_the_same_every_time() {
    let two = rows(2, &["a1", "a2", "b1", "c1"]);
    assert_eq!(two.iter().map(|row| row.admission).max(), Some(2));
    assert_eq!(two, rows(2, &["a1", "a2", "b1", "c1"]));
    assert!(rows(9, &["a2", "c1"]).iter().all(|row| row.case_id == "c1"));
    assert!(rows(9, &[]).is_empty());
}

/// Four rows of two patients: two of both sources, one of each alone.
fn key() -> Vec<Row> {
    let row = |row: u64, case: &str, ingredient: &str, sources: &[&str]| Row {
        row,
        admission: row,
        case_id: case.to_owned(),
        ingredient: ingredient.to_owned(),
        sources: sources.iter().map(|name| (*name).to_owned()).collect(),
    };
    vec![
        row(1, "a1", "furosemide", &["other", "main"]),
        row(2, "a1", "heparin", &["other"]),
        row(3, "b1", "digoxin", &["main"]),
        row(4, "b1", "senna", &["main", "other"]),
    ]
}

fn judged(said: &[(u64, &str, Option<Judgement>)]) -> Vec<Judged> {
    said.iter()
        .map(|(row, drug, judgement)| Judged { row: *row, ingredient: (*drug).to_owned(), judgement: *judgement })
        .collect()
}

fn patient(case: &str) -> Option<u32> {
    match case {
        "a1" => Some(7),
        "b1" => Some(3),
        _ => None,
    }
}

#[test]
fn shares_are_by_source_and_the_evaluated_one_comes_first() {
    use Judgement::{No, Unsure, Yes};
    let first = judged(&[
        (1, "furosemide", Some(Yes)),
        (2, "heparin", Some(No)),
        (3, "digoxin", Some(Unsure)),
        (4, "senna", Some(Yes)),
    ]);
    let second =
        judged(&[(4, "senna", Some(No)), (1, "furosemide", Some(Yes)), (2, "heparin", None), (3, "digoxin", Some(No))]);
    let said = suitability(&key(), &[first, second], "main", patient).unwrap();
    let judge = &said.judges[0];
    assert_eq!((judge.judge, judge.rows, judge.not_judged), (1, 4, 0));
    let [main, other] = judge.sources.as_slice() else { panic!("two sources") };
    assert_eq!((main.source.as_str(), main.drugs, other.source.as_str(), other.drugs), ("main", 3, "other", 3));
    is(&main.suitable, 2.0 / 3.0);
    is(&main.unsure, 1.0 / 3.0);
    is(&main.unsuitable, 0.0);
    is(&other.suitable, 2.0 / 3.0);
    is(&other.unsuitable, 1.0 / 3.0);
    assert_eq!(main.difference, None);
    is(&other.difference.unwrap(), 0.0);
    assert_eq!((main.suitable.admissions, said.judges[1].not_judged), (2, 1));
    // Both judged three: yes and yes, unsure and no, yes and no. Equal 1/3; by chance (2/3 · 1/3 + 0 + 0).
    let agreement = said.agreement.unwrap();
    assert_eq!(agreement.drugs, 3);
    is(&agreement.same, 1.0 / 3.0);
    is(&agreement.kappa, (1.0 / 3.0 - 2.0 / 9.0) / (1.0 - 2.0 / 9.0));
}

#[test]
fn files_that_do_not_belong_together_are_told() {
    let yes = Some(Judgement::Yes);
    let right = judged(&[(1, "furosemide", yes)]);
    for (said, fault) in [
        (judged(&[(9, "furosemide", yes)]), JudgedFault::NotInKey(9)),
        (judged(&[(1, "heparin", yes)]), JudgedFault::OtherDrug(1)),
        (judged(&[(1, "furosemide", yes), (1, "furosemide", None)]), JudgedFault::Twice(1)),
    ] {
        assert_eq!(suitability(&key(), &[right.clone(), said], "main", patient), Err((1, fault)));
    }
    let nobody = suitability(&key(), &[right], "main", |_| None);
    assert_eq!(nobody, Err((0, JudgedFault::NotRecorded(1))));
}
