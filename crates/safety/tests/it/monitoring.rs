use bogam_clinical::case::Case;
use serde_json::{Value, json};

use crate::bench::{case, message, patient, results, run, spec};

fn labs(list: &[(&str, f64, &str, &str)]) -> Case {
    patient(json!({ "labs": results(list) }))
}

#[test]
pub fn a_result_is_due_when_it_is_older_than_the_entry_says() {
    let at = |time: &str| labs(&[("K", 4.2, "mmol/L", time)]);
    run(vec![
        spec("none", labs(&[]), &["mona; ordered"], &["note monitoring.due mona"]),
        spec("taken, without an order", labs(&[]), &["mona; current"], &["note monitoring.due mona"]),
        spec("nobody ordered it", labs(&[]), &["mona"], &[]),
        spec("fresh", at("2026-03-02T08:00:00"), &["mona; ordered"], &[]),
        spec("at the limit, though too old for a limit", at("2026-02-02T09:00:00"), &["mona; ordered"], &[]),
        spec("beyond", at("2026-02-02T08:59:00"), &["mona; ordered"], &["note monitoring.due mona"]),
        spec("not for children", patient(json!({"age_years": 9})), &["mona; ordered"], &["? dose.adult_only mona"]),
    ]);
}

#[test]
pub fn what_is_not_known_of_results_is_said() {
    let creatinine = |value: Value, labs: Value| patient(json!({"creatinine_mg_dl": value, "labs": labs}));
    run(vec![
        spec(
            "nothing known",
            patient(json!({"labs": null})),
            &["mona; ordered"],
            &["? monitoring mona <- patient.labs"],
        ),
        spec(
            "no time",
            labs(&[("K", 4.2, "mmol/L", "")]),
            &["mona; ordered"],
            &["? monitoring mona <- patient.labs[potassium].time"],
        ),
        spec(
            "when the case is, is not known",
            case(json!({"as_of": null, "patient": {"labs": results(&[("K", 4.2, "mmol/L", "2026-03-02T08:00:00")])}})),
            &["mona; ordered"],
            &["? monitoring mona <- as_of"],
        ),
        spec(
            "no unit",
            labs(&[("K", 4.2, "", "2026-03-02T08:00:00")]),
            &["mona; ordered"],
            &["? monitoring mona <- patient.labs[potassium].unit"],
        ),
        spec("the QTc is a field", patient(json!({})), &["monq; ordered"], &[]),
        spec("no QTc", patient(json!({"qtc_ms": null})), &["monq; ordered"], &["? monitoring monq <- patient.qtc_ms"]),
        spec("the creatinine may be a field", creatinine(json!(1.0), json!(null)), &["monr; ordered"], &[]),
        spec("none", creatinine(json!(null), json!([])), &["monr; ordered"], &["note monitoring.due monr"]),
        spec(
            "nothing known of it",
            creatinine(json!(null), json!(null)),
            &["monr; ordered"],
            &["? monitoring monr <- patient.labs"],
        ),
    ]);
}

#[test]
fn the_finding_names_the_result() {
    let (en, ko) = message(&labs(&[]), &["mona; ordered"]);
    assert_eq!(en, "Mona: Potassium is due: none within 28 days. Rises unseen.");
    assert_eq!(ko, "모나: 칼륨: 최근 28일 내 결과 없음, 검사 필요. 증상 없이 상승.");
}
