use bogam_clinical::case::Case;
use serde_json::json;

use crate::bench::{check, diagnosed, message, run, spec, uses};

fn aged(age: f64, codes: &[&str]) -> Case {
    diagnosed(codes, json!({"patient": {"age_years": age}}))
}

#[test]
pub fn age_disease_and_company_decide() {
    run(vec![
        spec("young", aged(64.9, &["I10"]), &["eldera"], &[]),
        spec("from 65", aged(65.0, &["I10"]), &["eldera"], &["note elderly.caution eldera"]),
        spec("from the age of the entry", aged(75.0, &["R29.6"]), &["elderb"], &["warning elderly.avoid elderb"]),
        spec("below it", aged(74.9, &["R29.6"]), &["elderb"], &[]),
        spec("without the disease", aged(80.0, &["I10"]), &["elderb"], &[]),
        spec("with one that takes it out", aged(80.0, &["R29.6", "G40.9"]), &["elderb"], &[]),
        spec(
            "together",
            aged(70.0, &["I10"]),
            &["elderc", "elderp"],
            &["critical elderly.contraindicated elderc,elderp"],
        ),
        spec("together, and young", aged(60.0, &["I10"]), &["elderc", "elderp"], &[]),
        spec("alone", aged(70.0, &["I10"]), &["elderc"], &[]),
        spec("one after the other", aged(70.0, &["I10"]), &["elderc#0-1", "elderp#2-3"], &[]),
        spec("the other in the eye", aged(70.0, &["I10"]), &["elderc", "elderp@OPH"], &[]),
    ]);
}

#[test]
fn the_finding_names_age_and_disease() {
    let case = aged(80.0, &["R29.6"]);
    assert_eq!(message(&case, &["elderb"]).0, "Elderb: avoid, or only with a plan (from 75 years). Falls again.");
    assert_eq!(message(&case, &["elderb"]).1, "엘더비: 피하거나 계획 하에 사용 (75세 이상). 반복 낙상.");
    let found = check(&case, &uses(&["elderb"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"age_years": 80.0, "diagnoses": ["R29.6"]}));
    assert_eq!(found.instead.unwrap().en, "Hub");
}
