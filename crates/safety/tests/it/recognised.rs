use bogam_safety::{notices, unrecognised};
use serde_json::json;

use crate::bench::{case, knowledge, results};

#[test]
fn what_is_not_recognised_is_listed_as_written_with_its_field() {
    let case = case(json!({
        "patient": {
            "current_drugs": ["Hub", "Hubb", {"name": "sterile water"}, "Hubb"],
            "allergies": ["oxins", "oxinz", "Latex"]
        },
        "proposed_drugs": ["zzz"], "past_drugs": [{"ingredient": "yyy", "days_ago": 3}],
        "diagnoses": [{"system": "icd10", "code": "I10"}, {"system": "icd9", "code": "999.99"}],
        "prior_diagnoses": [{"system": "icd9", "code": "585.6"}, {"system": "icd10", "code": "??"}]
    }));
    let (written, entries) = unrecognised(&case, knowledge());
    assert_eq!(written, ["Hubb", "zzz", "yyy", "oxinz", "999.99", "??"]);
    let entries = entries.iter().map(|e| (e.code.as_str(), e.missing[0].as_str())).collect::<Vec<_>>();
    assert_eq!(
        entries,
        [
            ("drug.unrecognised", "patient.current_drugs[1]"),
            ("drug.unrecognised", "patient.current_drugs[3]"),
            ("drug.unrecognised", "proposed_drugs[0]"),
            ("drug.unrecognised", "past_drugs[0]"),
            ("allergen.unrecognised", "patient.allergies[1]"),
            ("diagnosis.unrecognised", "diagnoses[999.99]"),
            ("diagnosis.unrecognised", "prior_diagnoses[??]"),
        ]
    );
}

#[test]
fn units_and_results_that_are_of_no_use_are_listed() {
    let labs = results(&[
        ("K", 4.2, "", ""),
        ("K", 4.4, "", ""),
        ("Potassium", 45.0, "mmol/L", ""),
        ("Magnesium", 2.0, "mg/dL", ""),
        ("Ferritin", 1.0, "?", ""),
    ]);
    let drug = |unit: &str| json!({"name": "hub", "dose": {"value": 2, "unit": unit}});
    let case = case(json!({
        "patient": {"labs": labs, "current_drugs": [drug("mg"), drug("tablets")]},
        "proposed_drugs": [drug("puffs"), drug("IU")]
    }));
    let (written, entries) = unrecognised(&case, knowledge());
    assert_eq!(written, ["tablets", "puffs"]);
    let entries = entries.iter().map(|e| (e.code.as_str(), e.missing[0].as_str())).collect::<Vec<_>>();
    assert_eq!(
        entries,
        [
            ("unit.unrecognised", "patient.current_drugs[1].dose.unit"),
            ("unit.unrecognised", "proposed_drugs[0].dose.unit"),
            ("lab.unusable", "patient.labs[potassium].unit"),
            ("lab.unusable", "patient.labs[potassium].value: not a possible result"),
        ]
    );
}

#[test]
fn a_case_of_which_everything_is_recognised_lists_nothing() {
    let case = case(json!({"patient": {"current_drugs": ["hub"]}}));
    assert_eq!(unrecognised(&case, knowledge()), (vec![], vec![]));
    assert!(notices(&case).is_empty());
}

#[test]
fn notices_say_that_notes_are_not_searched_and_that_knowledge_is_for_adults() {
    assert_eq!(notices(&case(json!({"notes": "allergic to oxina"}))), ["notes_not_searched"]);
    assert_eq!(
        notices(&case(json!({"notes": "x", "patient": {"age_years": 17.9}}))),
        ["notes_not_searched", "adult_knowledge_only"]
    );
}
