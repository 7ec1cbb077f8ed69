use serde_json::json;

use crate::bench::{message, patient, run, spec};

#[test]
pub fn the_age_decides_below_exclusive_from_inclusive() {
    let aged = |age: f64| patient(json!({ "age_years": age }));
    run(vec![
        spec(
            "just below the limit",
            aged(11.99),
            &["agea"],
            &["critical age.contraindicated agea", "? dose.adult_only agea"],
        ),
        spec(
            "at the limit the next one holds",
            aged(12.0),
            &["agea"],
            &["warning age.avoid agea", "? dose.adult_only agea"],
        ),
        spec("grown up", aged(18.0), &["agea"], &[]),
        spec("just too young for a limit of the old", aged(79.9), &["ageb"], &[]),
        spec("old enough", aged(80.0), &["ageb"], &["note age.caution ageb"]),
        spec("on the skin", aged(5.0), &["agea@TOP"], &["? dose.adult_only agea"]),
        spec(
            "a component",
            aged(5.0),
            &["agea / blockam"],
            &["critical age.contraindicated agea / blockam", "? dose.adult_only agea / blockam"],
        ),
    ]);
}

#[test]
fn the_finding_names_the_limit() {
    let text = |age: f64, drug: &'static str| message(&patient(json!({ "age_years": age })), &[drug]);
    let (en, ko) = text(5.0, "agea");
    assert_eq!(en, "Agea: contraindicated (under 12 years). Stops breathing.");
    assert_eq!(ko, "에이지아: 금기 (12세 미만). 호흡 정지.");
    let (en, ko) = text(15.0, "agea");
    assert_eq!(en, "Agea: avoid, or only with a plan (12 to under 18 years). Slows breathing.");
    assert_eq!(ko, "에이지아: 피하거나 계획 하에 사용 (12세 이상 18세 미만). 호흡 억제.");
    assert_eq!(text(80.0, "ageb").1, "에이지비: 주의하여 사용 (80세 이상). 자료 부족.");
}
