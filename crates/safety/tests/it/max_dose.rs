use serde_json::json;

use crate::bench::{check, message, patient, run, spec, uses};

#[test]
pub fn a_dose_above_the_limit_is_found_and_one_at_the_limit_is_not() {
    let adult = || patient(json!({}));
    let old = || patient(json!({"age_years": 65}));
    run(vec![
        spec("at both limits", adult(), &["dosea@PO; 1000 mg; x4"], &[]),
        spec("in another unit", adult(), &["dosea@PO; 1 g; x4"], &[]),
        spec("one dose above", adult(), &["dosea@PO; 1001 mg; x1"], &["warning max_dose.exceeded dosea"]),
        spec("the day above", adult(), &["dosea@PO; 1000 mg; x5"], &["warning max_dose.exceeded dosea"]),
        spec("at the critical limit", adult(), &["dosea@PO; 2 g; x4"], &["warning max_dose.exceeded dosea"]),
        spec("above it", adult(), &["dosea@PO; 2 g; x4.1"], &["critical max_dose.dangerous dosea"]),
        spec("a limit of the old, at it: a little above in binary", old(), &["dosea@PO; 0.8 g; x3"], &[]),
        spec("above", old(), &["dosea@PO; 0.8 g; x3.1"], &["note max_dose.high dosea"]),
        spec(
            "not for children",
            patient(json!({"age_years": 9})),
            &["dosea@PO; 9 g; x9"],
            &["? dose.adult_only dosea"],
        ),
    ]);
}

#[test]
pub fn a_limit_holds_for_its_routes_and_not_for_combinations() {
    let adult = || patient(json!({}));
    run(vec![
        spec("into a vein", adult(), &["dosea@IV; 1000 mg; x4"], &["warning max_dose.exceeded dosea"]),
        spec(
            "no route: that of every usual one",
            adult(),
            &["dosea; 1000 mg; x4"],
            &["warning max_dose.exceeded dosea"],
        ),
        spec("in the eye", adult(), &["dosea@OPH; 5 g; x9"], &[]),
        spec("a component", adult(), &["blockam / dosea@PO; 5 g; x4"], &[]),
        spec("a candidate has no dose", adult(), &["dosea", "doseb", "dosec"], &[]),
    ]);
}

#[test]
pub fn a_weekly_drug_is_not_given_daily() {
    let adult = || patient(json!({}));
    run(vec![
        spec("once a week", adult(), &["doseb; 20 mg; x0.142857"], &[]),
        spec("once a day", adult(), &["doseb; 20 mg; x1"], &["critical max_dose.dangerous doseb"]),
        spec("twice a week", adult(), &["doseb; 20 mg; x0.2857"], &["critical max_dose.dangerous doseb"]),
        spec(
            "every other day: the day of a dose counts",
            adult(),
            &["dosea@PO; 9 g; x0.5"],
            &["critical max_dose.dangerous dosea"],
        ),
        spec("too much once a week", adult(), &["doseb; 25.1 mg; x0.142857"], &["critical max_dose.dangerous doseb"]),
    ]);
}

#[test]
pub fn a_limit_by_weight_allows_for_rounding() {
    let heavy = |weight: serde_json::Value| patient(json!({ "weight_kg": weight }));
    run(vec![
        spec("at the limit", heavy(json!(72)), &["dosec; 720 mg; x3"], &[]),
        spec("rounded up", heavy(json!(72)), &["dosec; 756 mg; x3"], &[]),
        spec("above", heavy(json!(72)), &["dosec; 757 mg; x3"], &["warning max_dose.exceeded dosec"]),
        spec("no weight", heavy(json!(null)), &["dosec; 757 mg; x3"], &["? max_dose dosec <- patient.weight_kg"]),
        spec(
            "no weight, and too often",
            heavy(json!(null)),
            &["dosec; 700 mg; x4"],
            &["warning max_dose.exceeded dosec", "? max_dose dosec <- patient.weight_kg"],
        ),
    ]);
}

#[test]
pub fn what_an_order_does_not_say_is_said_and_the_rest_is_checked() {
    let adult = || patient(json!({}));
    run(vec![
        spec("nothing", adult(), &["dosea@PO; ordered"], &["? max_dose dosea <- dosea: dose,dosea: per_day"]),
        spec("no frequency", adult(), &["dosea@PO; 500 mg"], &["? max_dose dosea <- dosea: per_day"]),
        spec(
            "no frequency, and one dose above",
            adult(),
            &["dosea@PO; 1500 mg"],
            &["warning max_dose.exceeded dosea", "? max_dose dosea <- dosea: per_day"],
        ),
        spec(
            "no frequency, and one dose above what a day allows",
            adult(),
            &["dosea@PO; 9 g"],
            &["critical max_dose.dangerous dosea", "? max_dose dosea <- dosea: per_day"],
        ),
        spec(
            "no dose, and too often",
            adult(),
            &["doseb; x1"],
            &["critical max_dose.dangerous doseb", "? max_dose doseb <- doseb: dose"],
        ),
        spec("tablets", adult(), &["dosea@PO; 2 tablets; x4"], &["? max_dose dosea <- dosea: dose.unit"]),
        spec("a unit of another kind", adult(), &["doseb; 20 units; x0.1"], &["? max_dose doseb <- doseb: dose.unit"]),
    ]);
}

/// Two orders of one drug that read alike and differ in what they used.
#[test]
fn the_order_of_orders_changes_nothing() {
    let both = |orders: &[&str]| check(&patient(json!({})), &uses(orders));
    let (one, other) = ("dosea@PO#0-1; 500 mg; x10", "dosea@PO#2-3; 1000 mg; x5");
    let outcome = both(&[one, other]);
    assert_eq!(outcome.findings.len(), 2);
    assert_eq!(outcome.findings[0].message, outcome.findings[1].message);
    assert_eq!(outcome, both(&[other, one]));
}

#[test]
fn the_finding_names_dose_and_limit() {
    let adult = || patient(json!({}));
    let (en, ko) = message(&adult(), &["dosea@PO; 1.5 g; x2"]);
    assert_eq!(en, "Dosea: 1500 mg in one dose, at most 1000 mg. Liver.");
    assert_eq!(ko, "도세아: 1회 1500 mg, 1회 최대 1000 mg. 간독성.");
    let (en, ko) = message(&adult(), &["doseb; 10 mg; x1"]);
    assert_eq!(en, "Doseb: 1 dose a day; at most one in 7 days. Once a week only.");
    assert_eq!(ko, "도스비: 1일 1회 처방, 최대 7일에 1회. 주 1회만 투여.");
    // The limit, not the limit with its 5 %.
    assert_eq!(message(&adult(), &["dosec; 800 mg; x1"]).0, "Dosec: 800 mg in one dose, at most 720 mg.");
    let found = check(&adult(), &uses(&["dosea@PO; 1000 mg; x5"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"dose": "1000 mg", "per_day": 5.0}));
}
