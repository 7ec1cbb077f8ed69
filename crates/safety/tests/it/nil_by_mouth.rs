use bogam_clinical::case::Case;
use serde_json::{Value, json};

use crate::bench::{case, message, run, spec};

fn nil(said: Value, setting: Value) -> Case {
    case(json!({"admission": {"nil_by_mouth": said, "setting": setting}}))
}

#[test]
pub fn what_is_swallowed_is_found_when_nothing_may_be() {
    let yes = || nil(json!(true), json!(null));
    run(vec![
        spec("one finding", yes(), &["hub", "oxina", "routea"], &["warning nil_by_mouth.avoid hub,oxina"]),
        spec("another form is known, none recorded", yes(), &["kale"], &[]),
        spec("recorded by mouth", yes(), &["kale@PO"], &["warning nil_by_mouth.avoid kale"]),
        spec("by a tube", yes(), &["kale@PO/NG"], &["warning nil_by_mouth.avoid kale"]),
        spec("recorded as a drop", yes(), &["kale@OPH"], &[]),
        spec("by mouth or into a vein", yes(), &["splitb@PO/IV; whole"], &[]),
        spec("may eat", nil(json!(false), json!("inpatient")), &["hub"], &[]),
        spec(
            "holds for children",
            case(json!({"admission": {"nil_by_mouth": true}, "patient": {"age_years": 9}})),
            &["hub"],
            &["warning nil_by_mouth.avoid hub", "? dose.adult_only hub"],
        ),
    ]);
}

#[test]
pub fn it_is_asked_of_inpatients() {
    run(vec![
        spec(
            "an inpatient",
            nil(json!(null), json!("inpatient")),
            &["hub", "routea"],
            &["? nil_by_mouth hub <- admission.nil_by_mouth"],
        ),
        spec("an inpatient without tablets", nil(json!(null), json!("inpatient")), &["routea"], &[]),
        spec("an outpatient", nil(json!(null), json!("outpatient")), &["hub"], &[]),
        spec("nobody knows where", nil(json!(null), json!(null)), &["hub"], &[]),
    ]);
}

#[test]
fn the_finding_asks_for_a_decision_for_each() {
    let (en, ko) = message(&nil(json!(true), json!(null)), &["hub", "oxina"]);
    assert_eq!(
        en,
        "Hub, Oxina: by mouth, and the patient is nil by mouth. Another route, a tube or a pause: decide for each."
    );
    assert_eq!(ko, "허브, 옥시나: 경구 투여 약물이나 환자는 금식 중. 약물별로 다른 경로, 관 투여, 중단 여부 결정.");
}
