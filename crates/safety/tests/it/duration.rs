use serde_json::json;

use crate::bench::{case, message, patient, run, spec};

#[test]
pub fn plan_and_days_so_far_decide() {
    let adult = || patient(json!({}));
    let exceeded = &["warning duration.exceeded dura"];
    run(vec![
        spec("at the limit", adult(), &["dura@PO; 5 days"], &[]),
        spec("above", adult(), &["dura@PO; 5.5 days"], exceeded),
        spec("five days ago to the hour", adult(), &["dura@PO; since 2026-02-25T09:00:00"], &[]),
        spec("an hour more", adult(), &["dura@PO; since 2026-02-25T08:00:00"], exceeded),
        spec("the longer of the two: since", adult(), &["dura@PO; 3 days; since 2026-02-20T09:00:00"], exceeded),
        spec("the longer of the two: planned", adult(), &["dura@PO; 9 days; since 2026-03-01T09:00:00"], exceeded),
        spec("a note", adult(), &["durb; 31 days"], &["note duration.long durb"]),
        spec(
            "each entry speaks",
            adult(),
            &["dura@IV; 15 days"],
            &["critical duration.contraindicated dura", "warning duration.exceeded dura"],
        ),
        spec("an entry of another route", adult(), &["dura@PO; 15 days"], exceeded),
        spec("in the eye", adult(), &["dura@OPH; 90 days"], &[]),
        spec("a candidate", adult(), &["dura", "durb"], &[]),
        spec("not for children", patient(json!({"age_years": 9})), &["dura@PO; 90 days"], &["? dose.adult_only dura"]),
    ]);
}

#[test]
pub fn an_unknown_duration_is_said() {
    run(vec![
        spec(
            "neither",
            patient(json!({})),
            &["dura@PO; ordered", "durb; 3 days"],
            &["? duration dura <- duration_days or started"],
        ),
        spec(
            "a start, and the moment of the case is not known",
            case(json!({"as_of": null})),
            &["dura@PO; since 2026-02-20T09:00:00"],
            &["? duration dura <- as_of"],
        ),
    ]);
}

#[test]
fn the_finding_counts_the_day_that_has_begun() {
    let (en, ko) = message(&patient(json!({})), &["dura@PO; since 2026-02-25T08:00:00"]);
    assert_eq!(en, "Dura: 6 days, usually at most 5. Bleeds.");
    assert_eq!(ko, "듀라: 6일 사용, 통상 최대 5일. 출혈.");
}
