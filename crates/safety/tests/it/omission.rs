use bogam_clinical::case::Case;
use serde_json::json;

use crate::bench::{diagnosed, message, run, spec};

fn attack(more: &[&str]) -> Case {
    let codes = ["I21.4"].iter().chain(more).copied().collect::<Vec<_>>();
    diagnosed(&codes, json!({"admission": {"setting": "inpatient"}}))
}

#[test]
pub fn a_drug_that_is_expected_and_absent_is_named() {
    let absent = &["note omission.absent"];
    let patched = |patch| diagnosed(&["I21.4"], patch);
    run(vec![
        spec("nothing given", attack(&[]), &[], absent),
        spec("something else given", attack(&[]), &["hub"], absent),
        spec("one of the class", attack(&[]), &["omita"], &[]),
        spec("the other that is named", attack(&[]), &["condb"], &[]),
        spec("inside a combination", attack(&[]), &["blockam / omita"], &[]),
        spec("a drop in the eye is not it", attack(&[]), &["omita@OPH"], absent),
        spec("beside a drug that stands for it", attack(&[]), &["oxinb"], &[]),
        spec("a diagnosis that takes it out", attack(&["Z51.5"]), &[], &[]),
        spec("another diagnosis", diagnosed(&["I20.0"], json!({})), &[], &[]),
        spec("in another setting", patched(json!({"admission": {"setting": "outpatient"}})), &[], &[]),
        spec("in an unknown setting", patched(json!({})), &[], absent),
        spec("not for children", patched(json!({"patient": {"age_years": 17.9}})), &[], &[]),
    ]);
}

#[test]
pub fn what_is_taken_must_be_known() {
    let unknown = || diagnosed(&["I21.4"], json!({"patient": {"current_drugs": null}}));
    run(vec![
        spec("nothing known", unknown(), &["hub"], &["? omission <- patient.current_drugs"]),
        spec("nothing known, and it is proposed", unknown(), &["omita"], &[]),
    ]);
}

#[test]
fn the_finding_names_what_is_expected() {
    let (en, ko) = message(&attack(&[]), &[]);
    assert_eq!(en, "None of: Expected drugs, Condb. Saves lives.");
    assert_eq!(ko, "처방 없음: 기대 약물, 콘드비. 사망률 감소.");
}
