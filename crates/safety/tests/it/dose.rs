use bogam_clinical::case::Case;
use bogam_safety::dose_text;
use serde_json::json;

use crate::bench::{codes, diagnosed, knowledge, patient};

/// The English text, or `-- ` and the reason; both languages must agree on which.
fn dose(case: &Case, id: &str) -> String {
    let text = dose_text(case, knowledge(), &codes(case), knowledge().find(id).unwrap());
    assert_eq!(text.en.is_some(), text.ko.is_some(), "{id}");
    assert_eq!(text.en.is_some(), text.withheld.is_none(), "{id}");
    text.en.unwrap_or_else(|| {
        let reason = text.withheld.unwrap();
        assert!(!reason.ko.is_empty());
        format!("-- {}", reason.en)
    })
}

#[test]
fn the_usual_dose_is_adjusted_or_withheld_with_the_reason() {
    let p = patient;
    let egfr = |value: f64| p(json!({"egfr_ml_min_1_73m2": value}));
    let unknown_liver = |code: &str| diagnosed(&[code], json!({"patient": {"hepatic_impairment": null}}));
    let end_stage = || diagnosed(&["N18.6"], json!({"patient": {"dialysis": null}}));
    for (case, id, expected) in [
        (egfr(90.0), "nephra", "500 mg PO twice daily"),
        (egfr(50.0), "nephra", "500 mg PO twice daily"),
        (egfr(40.0), "nephra", "250 mg PO twice daily (eGFR 40.0 mL/min/1.73 m2)"),
        (egfr(20.0), "nephra", "-- To be avoided (eGFR 20.0 mL/min/1.73 m2)"),
        (egfr(59.0), "nephrc", "-- Depends on renal function; no dose is known for eGFR 59.0 mL/min/1.73 m2"),
        (egfr(60.0), "nephrc", "1 g IV"),
        (egfr(40.0), "blockam / nephra", "-- Component Nephra needs another dose (eGFR 40.0 mL/min/1.73 m2)"),
        (egfr(90.0), "blockam / nephra", "1 tablet"),
        (
            p(json!({"creatinine_mg_dl": null})),
            "nephra",
            "-- Depends on renal function, which is not known (patient.creatinine_mg_dl)",
        ),
        (
            p(json!({"weight_kg": null})),
            "nephrb",
            "-- Depends on renal function, which is not known (patient.weight_kg)",
        ),
        (p(json!({"creatinine_mg_dl": null})), "nephrd", "5 mg PO"),
        (p(json!({"creatinine_stable": false})), "nephra", "-- Creatinine is not in a steady state"),
        (p(json!({"creatinine_stable": false})), "nephrd", "5 mg PO"),
        (p(json!({"dialysis": true})), "nephra", "-- On dialysis: no rule is known"),
        (p(json!({"dialysis": true})), "nephrb", "20 mg SC after dialysis (on dialysis)"),
        (p(json!({"dialysis": true})), "nephrd", "5 mg PO"),
        (end_stage(), "nephrb", "-- Whether the patient is on dialysis is not known"),
        (end_stage(), "nephrd", "5 mg PO"),
        (p(json!({"hepatic_impairment": "A"})), "hepata", "5 mg PO (Child-Pugh A)"),
        (p(json!({"hepatic_impairment": "C"})), "hepata", "-- To be avoided (Child-Pugh C)"),
        (p(json!({"hepatic_impairment": "A"})), "hepatb", "10 mg PO"),
        (
            p(json!({"hepatic_impairment": "A"})),
            "hepatc",
            "-- Depends on hepatic function; no dose is known for Child-Pugh A",
        ),
        (unknown_liver("I10"), "hepata", "10 mg PO"),
        (
            unknown_liver("K74.6"),
            "hepata",
            "-- Depends on hepatic function, which is not known (patient.hepatic_impairment)",
        ),
        (
            unknown_liver("I10"),
            "hepatb",
            "-- Depends on hepatic function, which is not known (patient.hepatic_impairment)",
        ),
        (
            p(json!({"hepatic_impairment": "B", "creatinine_mg_dl": 4.0})),
            "bothneed",
            "-- Needs adjustment for both CrCl 24.5 mL/min and Child-Pugh B: set individually",
        ),
        (p(json!({"hepatic_impairment": "B"})), "bothneed", "25 mg PO (Child-Pugh B)"),
        (p(json!({"age_years": 17})), "nephrd", "-- Under 18: only adult doses are known"),
        (p(json!({})), "hub", "-- No dose in the knowledge base"),
    ] {
        assert_eq!(dose(&case, id), expected, "{id}");
    }
}
