use serde_json::json;

use crate::bench::{check, diagnosed, patient, run, spec, uses};

#[test]
pub fn the_child_pugh_class_decides() {
    let class = |c: &str| patient(json!({"hepatic_impairment": c}));
    run(vec![
        spec("normal", class("none"), &["hepata", "hepatb", "hepatc"], &[]),
        spec("reduce", class("A"), &["hepata", "hepatb"], &["warning hepatic.reduce hepata"]),
        spec(
            "avoid and caution",
            class("C"),
            &["hepata", "hepatb"],
            &["critical hepatic.avoid hepata", "note hepatic.caution hepatb"],
        ),
        spec("a dose that depends on it, without entries", class("B"), &["hepatc"], &["? hepatic.dose hepatc"]),
        spec(
            "not for children",
            patient(json!({"age_years": 10, "hepatic_impairment": "C"})),
            &["hepata"],
            &["? dose.adult_only hepata"],
        ),
    ]);
}

#[test]
pub fn an_unknown_class_is_said_where_it_matters() {
    let unknown = |codes: &[&str]| diagnosed(codes, json!({"patient": {"hepatic_impairment": null}}));
    run(vec![
        spec(
            "only the dose that depends on it",
            unknown(&["I10"]),
            &["hepata", "hepatb"],
            &["? hepatic.dose hepatb <- patient.hepatic_impairment"],
        ),
        spec(
            "with a liver disease, every drug with an entry",
            unknown(&["K74.6"]),
            &["hepata", "hepatb", "hub"],
            &["? hepatic.dose hepata,hepatb <- patient.hepatic_impairment"],
        ),
        spec(
            "chronic viral hepatitis",
            unknown(&["B18.1"]),
            &["hepata"],
            &["? hepatic.dose hepata <- patient.hepatic_impairment"],
        ),
        spec("gallstones are no liver disease", unknown(&["K80.2"]), &["hepata"], &[]),
        spec("stated as normal", diagnosed(&["K74.6"], json!({})), &["hepata", "hepatb"], &[]),
    ]);
}

#[test]
fn the_finding_names_the_class() {
    let found = check(&patient(json!({"hepatic_impairment": "B"})), &uses(&["hepata"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"hepatic_impairment": "B"}));
    assert_eq!(found.message.en, "Hepata: adjust the dose (Child-Pugh B): 5 mg PO.");
    assert_eq!(found.message.ko, "헤파타: 용량 조절 (Child-Pugh B): 5 mg 경구.");
}
