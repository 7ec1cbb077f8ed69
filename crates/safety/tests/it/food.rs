use serde_json::json;

use crate::bench::{message, patient, run, spec};

#[test]
pub fn food_is_told_once_an_entry() {
    let adult = || patient(json!({}));
    run(vec![
        spec("none", adult(), &["hub"], &[]),
        spec(
            "every tier, and one finding for two drugs",
            adult(),
            &["fooda", "foodb", "foodc"],
            &["critical food.contraindicated foodb", "warning food.avoid foodc", "note food.caution fooda,foodb"],
        ),
        spec("on the skin", adult(), &["fooda@TOP"], &[]),
        spec(
            "holds for children",
            patient(json!({"age_years": 9})),
            &["fooda"],
            &["note food.caution fooda", "? dose.adult_only fooda"],
        ),
    ]);
}

#[test]
fn the_finding_names_food_effect_and_action() {
    let (en, ko) = message(&patient(json!({})), &["foodc"]);
    assert_eq!(en, "Foodc: alcohol: Vomiting. None until three days after.");
    assert_eq!(ko, "푸드씨: 음주: 구토. 종료 3일 후까지 금주.");
}
