use bogam_clinical::case::Case;
use serde_json::json;

use crate::bench::{case, check, diagnosed, patient, run, spec, uses};

fn egfr(value: f64) -> Case {
    patient(json!({"egfr_ml_min_1_73m2": value}))
}

#[test]
pub fn the_band_decides_from_inclusive_to_exclusive() {
    run(vec![
        spec("normal", egfr(90.0), &["nephra"], &[]),
        spec("at the upper bound", egfr(60.0), &["nephra"], &[]),
        spec("caution", egfr(59.99), &["nephra"], &["note renal.caution nephra"]),
        spec("reduce at its lower bound", egfr(30.0), &["nephra"], &["warning renal.reduce nephra"]),
        spec("avoid, though 29.96 is shown as 30.0", egfr(29.96), &["nephra"], &["critical renal.avoid nephra"]),
        spec(
            "computed from creatinine",
            patient(json!({"creatinine_mg_dl": 4.0})),
            &["nephra"],
            &["critical renal.avoid nephra"],
        ),
        spec("clearance is another measure", egfr(10.0), &["nephrb"], &[]),
        spec(
            "clearance by weight",
            patient(json!({"creatinine_mg_dl": 4.0})),
            &["nephrb"],
            &["warning renal.reduce nephrb"],
        ),
        spec(
            "a component speaks for a combination",
            egfr(20.0),
            &["blockam / nephra"],
            &["critical renal.avoid blockam / nephra"],
        ),
        spec("a dose that depends on it, without bands", egfr(59.0), &["nephrc"], &["? renal.dose nephrc"]),
        spec("the same with normal function", egfr(60.0), &["nephrc"], &[]),
        spec(
            "not for children",
            patient(json!({"age_years": 10, "egfr_ml_min_1_73m2": 10})),
            &["nephra", "hub"],
            &["? dose.adult_only hub,nephra"],
        ),
    ]);
}

#[test]
pub fn without_a_steady_creatinine_no_band_is_computed() {
    let stable = |stable: serde_json::Value, codes: &[&str]| {
        diagnosed(codes, json!({"patient": {"creatinine_mg_dl": 5.0, "creatinine_stable": stable}}))
    };
    run(vec![
        spec(
            "unstable",
            stable(json!(false), &["I10"]),
            &["nephra", "nephrb", "hub"],
            &["? renal.dose nephra,nephrb <- patient.creatinine_stable"],
        ),
        spec(
            "acute kidney injury",
            stable(json!(null), &["I10", "N17.9"]),
            &["nephra"],
            &["? renal.dose nephra <- patient.creatinine_stable"],
        ),
        spec(
            "acute kidney injury, stated as stable again",
            stable(json!(true), &["N17.9"]),
            &["nephra"],
            &["critical renal.avoid nephra"],
        ),
        spec(
            "not stated: a band, and what would make it sure",
            stable(json!(null), &["I10"]),
            &["nephra"],
            &["critical renal.avoid nephra <- patient.creatinine_stable"],
        ),
        spec(
            "a reported eGFR is of the same creatinine",
            patient(json!({"egfr_ml_min_1_73m2": 20, "creatinine_stable": false})),
            &["nephra"],
            &["? renal.dose nephra <- patient.creatinine_stable"],
        ),
    ]);
}

#[test]
pub fn a_measure_that_cannot_be_computed_is_not_replaced_by_the_other() {
    run(vec![
        spec(
            "no weight, though eGFR is low",
            patient(json!({"weight_kg": null, "egfr_ml_min_1_73m2": 12})),
            &["nephrb", "nephra"],
            &["critical renal.avoid nephra", "? renal.dose nephrb <- patient.weight_kg"],
        ),
        spec(
            "neither weight nor creatinine",
            patient(json!({"weight_kg": null, "creatinine_mg_dl": null})),
            &["nephra", "nephrb", "nephrc"],
            &[
                "? renal.dose nephra,nephrc <- patient.creatinine_mg_dl",
                "? renal.dose nephrb <- patient.creatinine_mg_dl,patient.weight_kg",
            ],
        ),
        spec(
            "no height: the actual weight",
            patient(json!({"height_cm": null, "creatinine_mg_dl": 4.0})),
            &["nephrb"],
            &["warning renal.reduce nephrb <- patient.height_cm"],
        ),
    ]);
}

#[test]
pub fn on_dialysis_only_what_is_said_of_dialysis_holds() {
    let dialysis = || patient(json!({"dialysis": true, "creatinine_mg_dl": 0.8}));
    let coded = |code| diagnosed(&[code], json!({"patient": {"dialysis": null, "creatinine_mg_dl": 8.0}}));
    run(vec![
        spec("an entry, whatever the creatinine", dialysis(), &["nephrb"], &["warning renal.reduce nephrb"]),
        spec("nothing changes", dialysis(), &["nephrd"], &[]),
        spec("no entry, but a dose that depends on the kidney", dialysis(), &["nephrc"], &["? renal.dialysis nephrc"]),
        spec(
            "no entry, and to be avoided in kidney failure",
            dialysis(),
            &["nephra"],
            &["critical renal.avoid nephra", "? renal.dialysis nephra"],
        ),
        spec("no renal facts", dialysis(), &["hub"], &[]),
        spec("by diagnosis", coded("Z99.2"), &["nephrb"], &["warning renal.reduce nephrb <- patient.dialysis"]),
        spec(
            "end-stage disease, not stated",
            coded("N18.6"),
            &["nephra", "nephrb", "nephrd"],
            &[
                "critical renal.avoid nephra <- patient.dialysis",
                "warning renal.reduce nephrb <- patient.dialysis",
                "note renal.caution nephrd <- patient.dialysis",
                "? renal.dialysis nephra,nephrb,nephrd <- patient.dialysis",
            ],
        ),
        spec(
            "end-stage disease, stated as not on dialysis",
            diagnosed(&["N18.6"], json!({"patient": {"creatinine_mg_dl": 8.0}})),
            &["nephrb"],
            &["warning renal.reduce nephrb"],
        ),
        spec(
            "by a mapped ICD-9 code",
            case(json!({"patient": {"dialysis": null}, "diagnoses": [{"system": "icd9", "code": "585.6"}]})),
            &["nephrb"],
            &["? renal.dialysis nephrb <- patient.dialysis"],
        ),
    ]);
}

#[test]
fn the_finding_names_the_value_to_one_decimal_and_what_instead() {
    let found = check(&patient(json!({"creatinine_mg_dl": 4.0})), &uses(&["nephra"])).findings.remove(0);
    // Man of 40, 4.0 mg/dL: 142 * (4.0/0.9)^-1.2 * 0.9938^40 = 18.5.
    assert_eq!(json!(found.used), json!({"egfr_ml_min_1_73m2": 18.5, "creatinine_mg_dl": 4.0}));
    assert_eq!(found.message.en, "Nephra: avoid (eGFR 18.5 mL/min/1.73 m2). Acidosis.");
    assert_eq!(found.message.ko, "네프라: 사용하지 않음 (eGFR 18.5 mL/min/1.73 m2). 산증.");
    assert_eq!(found.instead.unwrap().ko, "허브");
    let found = check(&patient(json!({"creatinine_mg_dl": 4.0})), &uses(&["nephrb"])).findings.remove(0);
    // (140 - 40) * dosing weight / (72 * 4): ideal weight at 175 cm is 70.46 kg, 72 kg is above it.
    assert_eq!(json!(found.used), json!({"creatinine_clearance_ml_min": 24.5, "creatinine_mg_dl": 4.0}));
    assert_eq!(found.message.en, "Nephrb: adjust the dose (CrCl 24.5 mL/min): 30 mg SC once daily.");
    let found = check(&patient(json!({"dialysis": true})), &uses(&["nephrb"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"dialysis": true}));
    assert_eq!(found.message.ko, "네프르비: 용량 조절 (투석 중): 투석 후 20 mg 피하.");
}
