use bogam_clinical::case::Case;
use serde_json::json;

use crate::bench::{case, check, diagnosed, patient, run, spec, uses};

fn woman(patch: serde_json::Value) -> Case {
    let mut base = json!({"sex": "F", "age_years": 30});
    crate::bench::merge(&mut base, patch);
    patient(base)
}

#[test]
pub fn the_trimester_decides() {
    let weeks = |w: f64| woman(json!({"pregnant": true, "gestational_weeks": w}));
    run(vec![
        spec("not pregnant", woman(json!({"pregnant": false})), &["gravida"], &[]),
        spec("a man", patient(json!({})), &["gravida"], &[]),
        spec("a woman of 60", woman(json!({"age_years": 60})), &["gravida"], &[]),
        spec("first", weeks(8.0), &["gravida", "hub"], &["critical pregnancy.avoid gravida"]),
        spec("second", weeks(14.0), &["gravida"], &["warning pregnancy.caution gravida"]),
        spec("third", weeks(28.0), &["gravida"], &["note pregnancy.note gravida"]),
        spec(
            "weeks unknown: the worst",
            woman(json!({"pregnant": true})),
            &["gravida"],
            &["critical pregnancy.avoid gravida <- patient.gestational_weeks"],
        ),
        spec(
            "weeks alone state it",
            woman(json!({"gestational_weeks": 20})),
            &["gravida"],
            &["warning pregnancy.caution gravida"],
        ),
        spec(
            "nothing said: drugs that may harm",
            woman(json!({})),
            &["gravida", "gravidb", "hub"],
            &["? pregnancy gravida <- patient.pregnant"],
        ),
        spec(
            "a girl of 15",
            woman(json!({"age_years": 15, "pregnant": true})),
            &["gravidb"],
            &["note pregnancy.note gravidb <- patient.gestational_weeks", "? dose.adult_only gravidb"],
        ),
        spec("a component", weeks(8.0), &["blockam / gravida"], &["critical pregnancy.avoid blockam / gravida"]),
        spec("on the skin it does not inherit", weeks(8.0), &["gravida / gravidb"], &[]),
    ]);
}

#[test]
pub fn a_diagnosis_in_which_it_is_right_silences_its_entry_only() {
    let patch = |weeks: serde_json::Value| json!({"patient": {"sex": "F", "age_years": 30, "pregnant": true, "gestational_weeks": weeks}});
    run(vec![
        spec("the entry of the first trimester", diagnosed(&["Z95.2"], patch(json!(8))), &["gravida"], &[]),
        spec(
            "the worst of the others",
            diagnosed(&["Z952"], patch(json!(null))),
            &["gravida"],
            &["warning pregnancy.caution gravida <- patient.gestational_weeks"],
        ),
        spec(
            "another diagnosis",
            diagnosed(&["Z95.1"], patch(json!(8))),
            &["gravida"],
            &["critical pregnancy.avoid gravida"],
        ),
    ]);
}

#[test]
fn the_finding_names_trimester_and_what_instead() {
    let case = case(json!({"patient": {"sex": "F", "age_years": 30, "gestational_weeks": 9.5}}));
    let found = check(&case, &uses(&["blockam / gravida"])).findings.remove(0);
    assert_eq!(
        found.message.en,
        "Blockam/gravida (component: Gravida): contraindicated in pregnancy (trimester 1). Malformation."
    );
    assert_eq!(found.message.ko, "블로캄/그라비다 (성분: 그라비다): 임신 중 금기 (제1삼분기). 기형.");
    assert_eq!(found.instead.unwrap().en, "Hub");
    assert_eq!(json!(found.used), json!({"pregnant": true, "gestational_weeks": 9.5}));
    assert_eq!(found.source, "The Book of Invented Drugs");
}
