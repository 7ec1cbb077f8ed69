use bogam_clinical::case::Case;
use serde_json::json;

use crate::bench::{message, patient, run, spec};

fn woman(age: f64, lactating: serde_json::Value) -> Case {
    patient(json!({"sex": "F", "age_years": age, "pregnant": false, "lactating": lactating}))
}

#[test]
pub fn stated_breast_feeding_decides() {
    run(vec![
        spec(
            "all tiers",
            woman(30.0, json!(true)),
            &["lacta", "lactb", "lactc", "hub"],
            &[
                "critical lactation.contraindicated lacta",
                "warning lactation.avoid lactb",
                "note lactation.caution lactc",
            ],
        ),
        spec("not breast-feeding", woman(30.0, json!(false)), &["lacta", "lactb", "lactc"], &[]),
        spec("stated at any age", woman(60.0, json!(true)), &["lactb"], &["warning lactation.avoid lactb"]),
        spec("on the skin", woman(30.0, json!(true)), &["lacta@TOP"], &[]),
        spec(
            "a girl of 15",
            woman(15.0, json!(true)),
            &["lactb"],
            &["warning lactation.avoid lactb", "? dose.adult_only lactb"],
        ),
    ]);
}

#[test]
pub fn where_nothing_is_said_the_question_is_asked() {
    let asked = &["? lactation lacta,lactb <- patient.lactating"];
    run(vec![
        spec("not for a note", woman(30.0, json!(null)), &["lacta", "lactb", "lactc"], asked),
        spec("to 55 years", woman(55.9, json!(null)), &["lacta", "lactb"], asked),
        spec("not from 56", woman(56.0, json!(null)), &["lacta"], &[]),
        spec(
            "from 12",
            woman(12.0, json!(null)),
            &["lacta"],
            &["? dose.adult_only lacta", "? lactation lacta <- patient.lactating"],
        ),
        spec("not below", woman(11.9, json!(null)), &["lacta"], &["? dose.adult_only lacta"]),
        spec("not of a man", patient(json!({"lactating": null})), &["lacta"], &[]),
    ]);
}

#[test]
fn the_finding_says_why() {
    let (en, ko) = message(&woman(30.0, json!(true)), &["lacta"]);
    assert_eq!(en, "Lacta: contraindicated while breast-feeding. Poisons the child.");
    assert_eq!(ko, "락타: 수유 중 금기. 영아 중독.");
}
