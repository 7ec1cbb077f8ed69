use serde_json::json;

use crate::bench::{check, diagnosed, message, patient, run, spec, uses};

#[test]
pub fn a_diagnosis_speaks_against_a_drug() {
    let with = |codes: &[&str]| diagnosed(codes, json!({}));
    let aged = |age: f64, codes: &[&str]| diagnosed(codes, json!({"patient": {"age_years": age}}));
    run(vec![
        spec("nothing of the kind is diagnosed", patient(json!({})), &["conda", "condb"], &[]),
        spec("contraindicated", with(&["K56.6"]), &["conda", "hub"], &["critical condition.contraindicated conda"]),
        spec("a code without dot", with(&["K566"]), &["conda"], &["critical condition.contraindicated conda"]),
        spec("a disease next to it", with(&["K57.9"]), &["conda"], &[]),
        spec("a diagnosis in which it is right", with(&["K56.6", "Z93.3"]), &["conda"], &[]),
        spec(
            "two drugs of one entry",
            with(&["I50.22"]),
            &["condb", "conda"],
            &["warning condition.avoid conda,condb"],
        ),
        spec("a sister code", with(&["I50.3"]), &["conda", "condb"], &[]),
        spec("at the age that the entry names", aged(65.0, &["G40.9"]), &["condb"], &["note condition.caution condb"]),
        spec("below it", aged(64.9, &["G40.9"]), &["condb"], &[]),
        spec("with a diagnosis that takes it out", aged(65.0, &["G40.9", "R56.9"]), &["condb"], &[]),
        spec(
            "holds for children",
            aged(9.0, &["K56.6"]),
            &["conda"],
            &["critical condition.contraindicated conda", "? dose.adult_only conda"],
        ),
    ]);
}

#[test]
pub fn earlier_admissions_count_where_the_entry_says_so() {
    let prior = |code: &str| diagnosed(&["S72.0"], json!({"prior_diagnoses": [{"system": "icd10", "code": code}]}));
    run(vec![
        spec("the entry asks for history", prior("I50.22"), &["condb"], &["warning condition.avoid condb"]),
        spec("it does not", prior("K56.6"), &["conda"], &[]),
    ]);
}

#[test]
pub fn an_entry_holds_for_the_usual_use_or_for_its_routes() {
    let with = |codes: &[&str]| diagnosed(codes, json!({}));
    run(vec![
        spec("a drop in the eye", with(&["K56.6"]), &["conda@OPH"], &[]),
        spec(
            "a route that is not understood",
            with(&["K56.6"]),
            &["conda@x"],
            &["critical condition.contraindicated conda"],
        ),
        spec("an entry for the eye", with(&["H40.1"]), &["conda@BOTH EYES"], &["warning condition.avoid conda"]),
        spec("the same by mouth", with(&["H40.1"]), &["conda@PO"], &[]),
        spec("the same without a route", with(&["H40.1"]), &["conda"], &[]),
        spec(
            "a component",
            with(&["K56.6"]),
            &["blockam / conda"],
            &["critical condition.contraindicated blockam / conda"],
        ),
        spec("a local combination does not inherit", with(&["K56.6", "I50.22"]), &["conda / condb"], &[]),
    ]);
}

#[test]
fn the_finding_names_the_diagnosis_and_what_instead() {
    let case = diagnosed(&["K56.6", "K56.0"], json!({}));
    let (en, ko) = message(&case, &["conda"]);
    assert_eq!(en, "Conda: contraindicated (K56.0 Ileus, K56.6 Ileus). The bowel bursts.");
    assert_eq!(ko, "콘다: 금기 (K56.0 장폐색, K56.6 장폐색). 장 천공.");
    let found = check(&case, &uses(&["conda"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"diagnoses": ["K56.0", "K56.6"]}));
    assert_eq!(found.instead.unwrap().ko, "허브");
    assert_eq!(found.source, "The Book of Invented Drugs");
}
