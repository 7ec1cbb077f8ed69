use bogam_clinical::case::Case;
use serde_json::{Value, json};

use crate::bench::{check, patient, run, spec, uses};

fn allergic(to: &str, reaction: Value, severity: Value) -> Case {
    patient(json!({"allergies": [{"to": to, "reaction": reaction, "severity": severity}]}))
}

#[test]
pub fn a_record_speaks_against_the_substance_its_group_and_its_relatives() {
    let rash = |to: &str| allergic(to, json!("rash"), Value::Null);
    let shock = |to: &str| allergic(to, json!("anaphylaxis"), Value::Null);
    run(vec![
        spec("no allergy, no finding", patient(json!({})), &["oxina"], &[]),
        spec("the same substance", rash("Oxina"), &["oxina"], &["critical allergy.same oxina"]),
        spec("inside a combination", rash("oxina"), &["blockam / oxina"], &["critical allergy.same blockam / oxina"]),
        spec("a recorded combination", rash("blockam / oxina"), &["blockam"], &["critical allergy.same blockam"]),
        spec("another substance", rash("hub"), &["oxina", "blockam"], &[]),
        spec(
            "a named group: each member",
            rash("oxins"),
            &["oxina", "oxinb"],
            &["critical allergy.group oxina", "critical allergy.group oxinb"],
        ),
        spec(
            "a named group: a combination",
            rash("oxin"),
            &["blockam / oxina"],
            &["critical allergy.group blockam / oxina"],
        ),
        spec(
            "a named group that says nothing between members",
            rash("rings"),
            &["ringa"],
            &["critical allergy.group ringa"],
        ),
        spec(
            "a member of the same group: as the group says",
            rash("oxina"),
            &["oxinb"],
            &["critical allergy.group oxinb"],
        ),
        spec("a member of a group of warnings", rash("porinb"), &["porinc"], &["warning allergy.group porinc"]),
        spec("a member of a group without cross-reactivity", rash("oxina"), &["ringa"], &[]),
        spec(
            "an explicit entry wins over membership",
            rash("porina"),
            &["porinb", "porinc"],
            &["warning allergy.group porinc", "note allergy.cross porinb"],
        ),
        spec(
            "cross-reactivity from the group of an ingredient",
            rash("oxina"),
            &["porina"],
            &["note allergy.cross porina"],
        ),
        spec("a severe reaction raises it", shock("oxin"), &["porina"], &["warning allergy.cross porina"]),
        spec("recognised, no drug", shock("latex"), &["oxina"], &[]),
    ]);
}

#[test]
pub fn the_reaction_grades_the_finding() {
    let of = |reaction: Value, severity: Value| allergic("oxina", reaction, severity);
    run(vec![
        spec(
            "mild",
            of(json!("rash"), json!("mild")),
            &["oxina", "oxinb"],
            &["warning allergy.group oxinb", "warning allergy.same oxina"],
        ),
        spec(
            "mild in the record, severe in the words",
            of(json!("anaphylaxis"), json!("mild")),
            &["oxina"],
            &["critical allergy.same oxina"],
        ),
        spec(
            "severe in the record, nothing in the words",
            of(Value::Null, json!("severe")),
            &["porina"],
            &["warning allergy.cross porina"],
        ),
        spec(
            "a side effect",
            of(json!("Nausea"), Value::Null),
            &["oxina", "oxinb", "porina"],
            &["note allergy.intolerance oxina"],
        ),
        spec(
            "a side effect and an allergic reaction",
            of(json!("nausea, rash"), Value::Null),
            &["oxina"],
            &["critical allergy.same oxina"],
        ),
        spec(
            "a side effect of a group",
            allergic("oxin", json!("nausea"), Value::Null),
            &["oxina", "porina"],
            &["note allergy.intolerance oxina"],
        ),
    ]);
}

#[test]
pub fn what_is_not_known_of_an_allergy_is_said() {
    run(vec![
        spec(
            "allergies unknown: one entry for all drugs",
            patient(json!({"allergies": null})),
            &["oxina", "hub"],
            &["? allergy hub,oxina <- patient.allergies"],
        ),
        spec(
            "reaction unknown: allergic, not severe",
            patient(json!({"allergies": ["latex", "oxina"]})),
            &["oxina", "porina"],
            &[
                "critical allergy.same oxina <- patient.allergies[1].reaction",
                "note allergy.cross porina <- patient.allergies[1].reaction",
                "? allergy.cross porina <- patient.allergies[1].reaction",
            ],
        ),
        spec(
            "reaction not understood: the severity is asked for",
            allergic("oxina", json!("felt odd"), Value::Null),
            &["porina"],
            &[
                "note allergy.cross porina <- patient.allergies[0].severity",
                "? allergy.cross porina <- patient.allergies[0].severity",
            ],
        ),
        spec(
            "known not to be severe: nothing is missing",
            allergic("oxina", json!("felt odd"), json!("moderate")),
            &["porina"],
            &["note allergy.cross porina"],
        ),
    ]);
}

#[test]
fn a_finding_names_what_it_used_and_its_source() {
    let case = allergic("Oxina", json!("anaphylaxis"), json!("severe"));
    let found = check(&case, &uses(&["porina"])).findings.remove(0);
    assert_eq!(found.source, "The Book of Invented Drugs");
    assert_eq!(json!(found.used), json!({"allergy": "Oxina", "reaction": "anaphylaxis", "severity": "severe"}));
    assert_eq!(
        found.message.en,
        "Porina: recorded allergy: Oxina (anaphylaxis). Cross-reactivity: Severe: other side chain."
    );
    assert_eq!(found.message.ko, "포리나: 알레르기 기록: Oxina (anaphylaxis). 교차반응: 중증: 측쇄가 다른 약제.");
}
