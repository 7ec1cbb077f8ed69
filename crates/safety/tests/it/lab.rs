use bogam_clinical::case::Case;
use serde_json::{Value, json};

use crate::bench::{check, message, patient, results, run, spec, uses};

const NOW: &str = "2026-03-02T08:00:00";

fn labs(list: &[(&str, f64, &str, &str)]) -> Case {
    patient(json!({ "labs": results(list) }))
}

fn potassium(value: f64) -> Case {
    labs(&[("Potassium", value, "mmol/L", NOW)])
}

#[test]
pub fn the_band_decides_and_its_bounds_are_outside() {
    run(vec![
        spec("normal", potassium(4.2), &["laba"], &[]),
        spec("at the limit", potassium(5.5), &["laba"], &[]),
        spec("above", potassium(5.51), &["laba", "hub"], &["warning lab.avoid laba"]),
        spec("at the next limit", potassium(6.0), &["laba"], &["warning lab.avoid laba"]),
        spec("above both: the more severe", potassium(6.01), &["laba"], &["critical lab.contraindicated laba"]),
        spec("at the lower limit", potassium(3.0), &["laba"], &[]),
        spec("below", potassium(2.99), &["laba"], &["note lab.caution laba"]),
        spec("a component", potassium(6.5), &["blockam / laba"], &["critical lab.contraindicated blockam / laba"]),
        spec("QTc at the limit", patient(json!({"qtc_ms": 500})), &["labq"], &[]),
        spec("QTc above", patient(json!({"qtc_ms": 501})), &["labq"], &["warning lab.avoid labq"]),
        spec(
            "not for children",
            patient(json!({"age_years": 9, "labs": results(&[("K", 6.5, "mmol/L", NOW)])})),
            &["laba"],
            &["? dose.adult_only laba"],
        ),
    ]);
}

#[test]
pub fn a_result_is_known_by_loinc_or_name_and_converted() {
    let loinc = json!([{"name": "some electrolyte", "loinc": "2823-3", "value": 6.5, "unit": "mmol/L", "time": NOW}]);
    run(vec![
        spec("by LOINC", patient(json!({ "labs": loinc })), &["laba"], &["critical lab.contraindicated laba"]),
        spec(
            "by alias, in another unit",
            labs(&[(" K ", 6.5, "mEq/L", NOW)]),
            &["laba"],
            &["critical lab.contraindicated laba"],
        ),
        spec("in Korean", labs(&[("칼륨", 6.5, "mmol/L", NOW)]), &["laba"], &["critical lab.contraindicated laba"]),
        spec(
            "creatinine in micromoles",
            labs(&[("Creatinine", 200.0, "µmol/L", NOW)]),
            &["labr"],
            &["note lab.caution labr"],
        ),
        spec(
            "another result",
            labs(&[("Sodium", 140.0, "mmol/L", NOW)]),
            &["laba"],
            &["? lab laba <- patient.labs[potassium]"],
        ),
    ]);
}

#[test]
pub fn the_newest_result_counts_and_without_times_the_worst() {
    let day = "2026-03-01T08:00:00";
    run(vec![
        spec("it has come down", labs(&[("K", 6.5, "mmol/L", day), ("K", 4.0, "mmol/L", NOW)]), &["laba"], &[]),
        spec(
            "it has gone up",
            labs(&[("K", 6.5, "mmol/L", NOW), ("K", 4.0, "mmol/L", day)]),
            &["laba"],
            &["critical lab.contraindicated laba"],
        ),
        spec(
            "without times",
            labs(&[("K", 4.0, "mmol/L", ""), ("K", 6.5, "mmol/L", "")]),
            &["laba"],
            &["critical lab.contraindicated laba"],
        ),
        spec(
            "one without a time is as new as the newest",
            labs(&[("K", 6.5, "mmol/L", ""), ("K", 4.0, "mmol/L", NOW)]),
            &["laba"],
            &["critical lab.contraindicated laba"],
        ),
        spec(
            "one without a time, beside one that is too old",
            labs(&[("K", 6.5, "mmol/L", ""), ("K", 4.0, "mmol/L", "2026-01-01T08:00:00")]),
            &["laba"],
            &["critical lab.contraindicated laba"],
        ),
        spec(
            "just not too old",
            labs(&[("K", 6.5, "mmol/L", "2026-02-27T09:00:00")]),
            &["laba"],
            &["critical lab.contraindicated laba"],
        ),
    ]);
}

#[test]
pub fn a_result_that_is_missing_or_of_no_use_is_said() {
    let unknown = |labs: Value| patient(json!({ "labs": labs }));
    run(vec![
        spec("none", unknown(json!([])), &["laba"], &["? lab laba <- patient.labs[potassium]"]),
        spec("nothing known", unknown(json!(null)), &["laba", "labq"], &["? lab laba <- patient.labs[potassium]"]),
        spec("no QTc", patient(json!({"qtc_ms": null})), &["labq"], &["? lab labq <- patient.qtc_ms"]),
        spec(
            "too old",
            labs(&[("K", 6.5, "mmol/L", "2026-02-27T08:59:00")]),
            &["laba"],
            &["? lab laba <- patient.labs[potassium]: older than 3 days"],
        ),
        spec("no unit", labs(&[("K", 6.5, "", NOW)]), &["laba"], &["? lab laba <- patient.labs[potassium].unit"]),
        spec(
            "a unit that is not known",
            labs(&[("K", 6.5, "mg/dL", NOW)]),
            &["laba"],
            &["? lab laba <- patient.labs[potassium].unit"],
        ),
        spec(
            "not a possible result",
            labs(&[("K", 45.0, "mmol/L", NOW)]),
            &["laba"],
            &["? lab laba <- patient.labs[potassium].value: not a possible result"],
        ),
        spec(
            "the newest cannot be read: the one before it counts, and it is said",
            labs(&[("K", 6.5, "", NOW), ("K", 5.8, "mmol/L", "2026-03-01T08:00:00")]),
            &["laba"],
            &["warning lab.avoid laba", "? lab laba <- patient.labs[potassium].unit"],
        ),
        spec(
            "an older one cannot be read",
            labs(&[("K", 4.2, "mmol/L", NOW), ("K", 6.5, "", "2026-03-01T08:00:00")]),
            &["laba"],
            &[],
        ),
    ]);
}

#[test]
pub fn a_creatinine_may_stand_in_its_field() {
    let field = |value: Value, list: &[(&str, f64, &str, &str)]| {
        patient(json!({"creatinine_mg_dl": value, "labs": results(list)}))
    };
    run(vec![
        spec("the field", field(json!(2.1), &[]), &["labr"], &["note lab.caution labr"]),
        spec(
            "a result goes before it",
            field(json!(1.0), &[("Creatinine", 2.5, "mg/dL", NOW)]),
            &["labr"],
            &["note lab.caution labr"],
        ),
        spec(
            "the field goes before a result that is too old",
            field(json!(1.0), &[("Creatinine", 2.5, "mg/dL", "2026-01-01T08:00:00")]),
            &["labr"],
            &[],
        ),
        spec("neither", field(json!(null), &[]), &["labr"], &["? lab labr <- patient.labs[creatinine]"]),
    ]);
}

#[test]
fn the_finding_names_result_limit_and_what_instead() {
    let (en, ko) = message(&potassium(6.4), &["laba"]);
    assert_eq!(en, "Laba: contraindicated at Potassium 6.4 mmol/L (> 6). Stops the heart.");
    assert_eq!(ko, "라바: 칼륨 6.4 mmol/L (> 6): 금기. 심정지.");
    let found = check(&potassium(6.4), &uses(&["laba"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"potassium": 6.4}));
    assert_eq!(found.instead.unwrap().ko, "보류하고 재검.");
}
