//! A small pack, and admissions and suggestions in short.

use std::sync::OnceLock;

use bogam_evaluate::{Estimate, Evaluation, Report, SuggestionLine};
use bogam_knowledge::{KnowledgeBase, PackFile};
use serde_json::{Value, json};

const HEAD: &str = r#"
[pack]
id = "test"
version = "1"
reviewed = "2026-01-31"
expires = "2027-01-31"
approved_by = "nobody"

[[source]]
id = "label"
title = "A label"
kind = "label"

[[class]]
id = "some"
name = { en = "Some", ko = "어떤" }
duplicate = "note"
"#;

/// Ingredients and their ATC codes.
pub const DRUGS: [(&str, &str); 10] = [
    ("aspirin", r#""B01AC06", "N02BA01""#),
    ("digoxin", r#""C01AA05""#),
    ("furosemide", r#""C03CA01""#),
    ("heparin", r#""B01AB01""#),
    ("lisinopril", r#""C09AA03""#),
    ("ramipril", r#""C09AA05""#),
    ("senna", ""),
    ("spironolactone", r#""C03DA01""#),
    ("torsemide", r#""C03CA04""#),
    ("warfarin", r#""B01AA03""#),
];

const INTERACTIONS: [(&str, &str, &str); 3] = [
    ("warfarin", "aspirin", "critical"),
    ("furosemide", "lisinopril", "warning"),
    ("digoxin", "spironolactone", "note"),
];

pub fn knowledge() -> &'static KnowledgeBase {
    static BASE: OnceLock<KnowledgeBase> = OnceLock::new();
    BASE.get_or_init(|| {
        let mut text = HEAD.to_owned();
        for (id, atc) in DRUGS {
            text += &format!(
                "\n[[ingredient]]\nid = \"{id}\"\nname = {{ en = \"{id}\", ko = \"{id}\" }}\natc = [{atc}]\nclass = \"some\"\n\
                 routes = [\"PO\"]\nsource = \"label\"\nbasis = \"recalled\"\n"
            );
        }
        for (a, b, severity) in INTERACTIONS {
            text += &format!(
                "\n[[interaction]]\na = [\"{a}\"]\nb = [\"{b}\"]\nseverity = \"{severity}\"\n\
                 effect = {{ en = \"effect\", ko = \"작용\" }}\naction = {{ en = \"act\", ko = \"조치\" }}\n\
                 source = \"label\"\nbasis = \"read\"\n"
            );
        }
        let file = PackFile { path: "test.toml".to_owned(), bytes: text.into_bytes() };
        KnowledgeBase::from_files(&[vec![file]]).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// First and last hour of a drug.
pub type Hours = (Option<f64>, Option<f64>);

/// From an hour on, for a day.
pub fn from(hour: f64) -> Hours {
    (Some(hour), Some(hour + 24.0))
}

pub fn recorded(case: &str, patient: &str, drugs: &[(&str, Hours)]) -> Value {
    let drugs =
        drugs.iter().map(|(id, (first, last))| json!({"ingredient": id, "first_hour": first, "last_hour": last}));
    let drugs = drugs.collect::<Vec<_>>();
    json!({"case_id": case, "patient_id": patient, "drugs": drugs, "not_drugs": 0, "unmapped": []})
}

/// A list, what was withheld, and what was considered.
pub fn list(case: &str, drugs: &[(&str, f64)], withheld: &[(&str, f64)], considered: &[(&str, f64)]) -> Value {
    let all = |drugs: &[(&str, f64)]| {
        drugs.iter().map(|(id, p)| json!({"ingredient": id, "probability": p})).collect::<Vec<_>>()
    };
    json!({"case_id": case, "status": "ok", "error": null,
        "drugs": all(drugs), "withheld": all(withheld), "considered": all(considered)})
}

pub fn error(case: Option<&str>) -> Value {
    json!({"case_id": case, "line": 1, "status": "error", "error": {"code": "field", "message": "a fault"}, "drugs": []})
}

/// An evaluation with these recorded admissions.
pub fn evaluation(recorded: &[Value]) -> Evaluation<'static> {
    let mut evaluation = Evaluation::new(knowledge());
    for line in recorded {
        evaluation.record(&serde_json::from_value(line.clone()).unwrap()).expect("each admission once");
    }
    evaluation
}

/// Adds a source.
pub fn add_source(evaluation: &mut Evaluation<'_>, name: &str, lines: &[Value]) {
    let source = evaluation.source(name);
    for line in lines {
        let text = line.to_string();
        match serde_json::from_str::<SuggestionLine<'_>>(&text) {
            Ok(line) => drop(evaluation.suggest(source, &line)),
            Err(_) => evaluation.unreadable(source),
        }
    }
}

pub fn finish(evaluation: &Evaluation<'_>) -> Report {
    evaluation.report(1, &mut |_, _| {})
}

pub fn report(recorded: &[Value], suggestions: &[Value]) -> Report {
    let mut evaluation = evaluation(recorded);
    add_source(&mut evaluation, "suggestions", suggestions);
    finish(&evaluation)
}

/// Asserts a figure, to the last bits.
#[track_caller]
pub fn is(estimate: &Estimate, expected: f64) {
    let value = estimate.value.expect("a value");
    assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
    if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
        assert!(low <= value + 1e-12 && value <= high + 1e-12, "{value} is outside of {low} to {high}");
    }
}

/// Four admissions of three patients: two drugs of three found, an error, all found, none found.
pub fn four() -> (Vec<Value>, Vec<Value>) {
    let records = vec![
        recorded(
            "a1",
            "p1",
            &[
                ("furosemide", (Some(1.0), Some(50.0))),
                ("warfarin", (Some(2.0), Some(10.0))),
                ("aspirin", (Some(5.0), Some(20.0))),
                ("ramipril", (Some(30.0), Some(50.0))),
            ],
        ),
        recorded("a2", "p1", &[("furosemide", from(1.0)), ("heparin", from(2.0))]),
        recorded("b1", "p2", &[("digoxin", (None, None)), ("spironolactone", from(3.0))]),
        recorded("c1", "p3", &[("furosemide", from(-2.0)), ("ramipril", from(24.0))]),
    ];
    let suggestions = vec![
        list(
            "a1",
            &[("furosemide", 0.9), ("lisinopril", 0.6), ("warfarin", 0.5)],
            &[("aspirin", 0.7)],
            &[("digoxin", 0.2)],
        ),
        error(Some("a2")),
        list("b1", &[("digoxin", 0.5), ("spironolactone", 0.5)], &[], &[("heparin", 0.4)]),
        list("c1", &[("torsemide", 0.8)], &[], &[("ramipril", 0.3), ("furosemide", 0.3)]),
    ];
    (records, suggestions)
}
