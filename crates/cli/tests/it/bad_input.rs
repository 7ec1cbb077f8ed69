//! Input that is wrong: a message with line, field and what to do; other records still answered; no partial line.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::{Place, case, code, jsonl, lines, stderr};

/// A bad line between two good ones: both are answered, the bad one says why.
fn between_good_lines(bad: &[u8]) -> Value {
    let place = Place::new();
    let input = [jsonl(&[case("before")]).as_slice(), bad, b"\n", &jsonl(&[case("after")])].concat();
    let (output, lines) = place.suggest(&input);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(lines.len(), 3, "{}", stderr(&output));
    assert_eq!(lines[0]["status"], "ok");
    assert_eq!(lines[2]["status"], "ok");
    assert_eq!(lines[2]["case_id"], "after");
    let error = lines[1].clone();
    assert_eq!(error["status"], "error");
    assert_eq!(error["line"], 2);
    assert_eq!(error["error"]["line"], 2);
    assert_eq!(error["drugs"], json!([]));
    assert!(error["error"]["message"].as_str().unwrap().len() > 15, "{error}");
    error
}

fn broken(change: impl Fn(&mut Value)) -> Value {
    let mut bad = case("bad");
    change(&mut bad);
    between_good_lines(bad.to_string().as_bytes())
}

#[test]
fn a_missing_or_malformed_field_is_named() {
    type Change = fn(&mut Value);
    let cases: [(Change, &str, &str); 16] = [
        (|c| drop(c.as_object_mut().unwrap().remove("case_id")), "case_id", "missing"),
        (|c| c["case_id"] = json!(""), "case_id", "missing"),
        (|c| drop(c.as_object_mut().unwrap().remove("patient")), "patient", "missing"),
        (|c| drop(c["patient"].as_object_mut().unwrap().remove("age_years")), "patient.age_years", "missing"),
        (|c| c["patient"]["age_years"] = json!(null), "patient.age_years", "missing"),
        (|c| c["patient"]["age_years"] = json!(-3), "patient.age_years", "range"),
        (|c| c["patient"]["age_years"] = json!("seventy"), "patient.age_years", "type"),
        (|c| c["patient"]["sex"] = json!("x"), "patient.sex", "type"),
        (|c| c["patient"]["weight_kg"] = json!(7000), "patient.weight_kg", "range"),
        (|c| c["patient"]["pregnant"] = json!(true), "patient.pregnant", "range"),
        (|c| c["diagnoses"] = json!([]), "diagnoses", "missing"),
        (|c| c["diagnoses"][0]["code"] = json!(" "), "diagnoses[0].code", "missing"),
        (|c| c["diagnoses"][0]["system"] = json!("snomed"), "diagnoses[0].system", "type"),
        (|c| c["as_of"] = json!("yesterday"), "as_of", "format"),
        (|c| c["patient"]["labs"] = json!([{"name": "Potassium", "value": "high"}]), "patient.labs[0].value", "type"),
        (
            |c| c["patient"]["current_drugs"] = json!([{"dose": {"value": 1, "unit": "mg"}}]),
            "patient.current_drugs[0]",
            "type",
        ),
    ];
    for (change, field, kind) in cases {
        let error = broken(change);
        assert_eq!(error["error"]["field"], field, "{error}");
        assert_eq!(error["error"]["code"], kind, "{error}");
    }
}

#[test]
fn all_faults_of_a_case_are_told_at_once() {
    let error = broken(|c| {
        c["patient"]["age_years"] = json!(-1);
        c["patient"]["height_cm"] = json!(900);
    });
    assert_eq!(error["errors"].as_array().unwrap().len(), 2, "{error}");
    assert_eq!(error["case_id"], "bad");
}

#[test]
fn a_line_that_is_not_json_or_not_utf8_is_reported_by_its_number() {
    assert_eq!(between_good_lines(b"{\"case_id\": \"x\"")["error"]["code"], "json");
    assert_eq!(between_good_lines(b"not json at all")["error"]["code"], "json");
    assert_eq!(between_good_lines(b"{\"case_id\": \"\xff\xfe\"}")["error"]["code"], "utf8");
    assert_eq!(between_good_lines(b"[1, 2]")["status"], "error");
}

#[test]
fn a_case_id_seen_before_is_an_error() {
    let error = between_good_lines(case("before").to_string().as_bytes());
    assert_eq!(error["error"]["code"], "duplicate_case_id");
    assert_eq!(error["case_id"], "before");
}

#[test]
fn unknown_codes_drugs_allergens_and_fields_are_listed_and_never_ignored() {
    let place = Place::new();
    let mut odd = case("odd");
    odd["diagnoses"].as_array_mut().unwrap().push(json!({"system": "icd9", "code": "999.99zz"}));
    odd["patient"]["current_drugs"] = json!(["Qwertymab"]);
    odd["patient"]["allergies"] = json!(["moon dust"]);
    odd["patient"]["creatinin_mg_dl"] = json!(2.0);
    let (output, lines) = place.suggest(&jsonl(&[odd]));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let record = &lines[0];
    let unrecognised = record["unrecognised"].to_string();
    for name in ["Qwertymab", "moon dust", "patient.creatinin_mg_dl"] {
        assert!(unrecognised.contains(name), "{name} is not in {unrecognised}");
    }
    let codes: Vec<&str> =
        record["not_evaluated"].as_array().unwrap().iter().map(|n| n["code"].as_str().unwrap()).collect();
    for expected in ["drug.unrecognised", "allergen.unrecognised", "diagnosis.unrecognised", "case.unknown_field"] {
        assert!(codes.contains(&expected), "{expected} is not in {codes:?}");
    }
}

#[test]
fn line_ends_a_mark_and_blank_lines_change_nothing() {
    let place = Place::new();
    let (_, plain) = place.suggest(&jsonl(&[case("a"), case("b")]));
    let windows = format!("\u{FEFF}{}\r\n\r\n{}\r\n", case("a"), case("b"));
    let (output, marked) = place.suggest(windows.as_bytes());
    assert!(stderr(&output).contains("1 blank"), "{}", stderr(&output));
    assert_eq!(without_times(plain), without_times(marked));
}

pub fn without_times(records: Vec<Value>) -> Vec<Value> {
    records
        .into_iter()
        .map(|mut r| {
            r.as_object_mut().unwrap().remove("timing_ms");
            r
        })
        .collect()
}

#[test]
fn an_empty_input_is_no_error() {
    let (output, lines) = Place::new().suggest(b"");
    assert_eq!(code(&output), 0);
    assert!(lines.is_empty());
}

#[test]
fn inputs_that_cannot_be_used_at_all_end_with_2_and_write_nothing() {
    let place = Place::new();
    let utf16 = place.write("utf16.jsonl", b"\xff\xfe{\0\"\0c\0");
    let good = place.write("good.jsonl", jsonl(&[case("a")]));
    let folder = place.path("");
    let cases = [(place.path("missing.jsonl"), "cannot be opened"), (folder, "is a folder"), (utf16, "UTF-8")];
    let out = place.path("out.jsonl");
    for (input, words) in cases {
        let output = place.run(&[
            "suggest",
            "--cases",
            input.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
            "--model",
            "none",
        ]);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert!(!out.exists());
    }
    let output =
        place.run(&["suggest", "--cases", good.to_str().unwrap(), "--out", good.to_str().unwrap(), "--model", "none"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("is the input as well"));
    assert_eq!(std::fs::read(&good).unwrap(), jsonl(&[case("a")]), "the input was touched");
    let output = place.run(&["suggest", "--nonsense"]);
    assert_eq!(code(&output), 2);
}

#[test]
fn a_case_of_300_diagnoses_and_one_with_10_mb_of_notes_are_answered() {
    let place = Place::new();
    let mut many = case("many");
    many["diagnoses"] = (0..300)
        .map(|i| json!({"system": "icd10", "code": format!("I{:02}.{}", i % 100, i / 100), "title": "A diagnosis with a title of some length"}))
        .collect();
    let mut long = case("long");
    long["notes"] = json!("a note. ".repeat(10 * 1024 * 1024 / 8));
    let input = place.write("cases.jsonl", jsonl(&[many, long]));
    let out = place.path("out.jsonl");
    let output =
        place.run(&["suggest", "--cases", input.to_str().unwrap(), "--out", out.to_str().unwrap(), "--model", "none"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let records = lines(&std::fs::read(&out).unwrap());
    assert!(!records[0]["drugs"].as_array().unwrap().is_empty());
    assert!(records[1]["notices"].to_string().contains("notes_not_searched"));
}

#[test]
fn no_space_for_output_leaves_whole_lines_and_says_what_is_missing() {
    let place = Place::new();
    let input = place.write("cases.jsonl", jsonl(&(0..40).map(|i| case(&i.to_string())).collect::<Vec<_>>()));
    // A file size limit stands for a full disk: writes beyond it fail (the shell ignores the signal that comes with it).
    let script = format!(
        "trap '' XFSZ; ulimit -f 64; exec {} suggest --cases {} --out {} --model none --format json",
        crate::common::BOGAM,
        input.display(),
        place.path("out.jsonl").display()
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .env("BOGAM_HOME", place.path("home"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("the rest is missing"), "{}", stderr(&output));
    let written = lines(&std::fs::read(place.path("out.jsonl")).unwrap());
    assert!(!written.is_empty() && written.len() < 40, "{}", written.len());
    assert!(stderr(&output).contains(&format!("{} whole lines", written.len())), "{}", stderr(&output));

    let output = place.run(&["suggest", "--cases", input.to_str().unwrap(), "--out", "/dev/full", "--model", "none"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
}

#[test]
fn output_is_private_to_its_user_and_said_to_be_unencrypted() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let input = place.write("cases.jsonl", jsonl(&[case("a")]));
    let out = place.write("out.jsonl", "old");
    std::fs::set_permissions(&out, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output =
        place.run(&["suggest", "--cases", input.to_str().unwrap(), "--out", out.to_str().unwrap(), "--model", "none"]);
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(stderr(&output).contains("not encrypted"));
}
