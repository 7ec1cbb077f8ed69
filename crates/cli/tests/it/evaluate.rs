//! `bogam evaluate`: what comes out where, and over past admissions.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{Place, code, ids, jsonl, lines, stderr};
use crate::past_admissions::hosp;

fn recorded(case: &str, patient: &str, drug: &str) -> Value {
    json!({"case_id": case, "patient_id": patient, "not_drugs": 0, "unmapped": [],
        "drugs": [{"ingredient": drug, "first_hour": 1.0, "last_hour": 9.0}]})
}

fn suggested(case: &str, drug: &str) -> Value {
    json!({"case_id": case, "status": "ok", "drugs": [{"ingredient": drug, "probability": 0.5}]})
}

/// Two admissions, one of them right.
fn two(place: &Place) -> (String, String) {
    let records = jsonl(&[recorded("a", "p", "furosemide"), recorded("b", "q", "metformin")]);
    let suggestions = jsonl(&[suggested("a", "furosemide"), suggested("b", "furosemide")]);
    let records = place.write("recorded.jsonl", records).to_str().unwrap().to_owned();
    (records, place.write("suggestions.jsonl", suggestions).to_str().unwrap().to_owned())
}

fn accuracy(report: &Value) -> &Value {
    &report["all"]["by_level"]["ingredient"]["accuracy"]["suggested"]["value"]
}

#[test]
fn the_report_is_a_line_of_json_and_a_table_where_standard_output_is_free() {
    let place = Place::new();
    let (recorded, suggestions) = two(&place);
    let arguments = ["evaluate", "--recorded", &recorded, "--suggestions", &suggestions];
    let piped = place.run(&arguments);
    assert_eq!(code(&piped), 0, "{}", stderr(&piped));
    let reports = lines(&piped.stdout);
    assert_eq!((reports.len(), accuracy(&reports[0])), (1, &json!(0.5)));
    let named = place.run(&[&arguments[..], &["--out", "-"]].concat());
    assert_eq!(named.stdout, piped.stdout, "the same bytes again");
    let out = place.path("report.json");
    let output = place.run(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("accuracy") && table.contains("2 admissions of 2 patients"), "{table}");
    assert_eq!(std::fs::read(&out).unwrap(), piped.stdout);
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_line_that_cannot_be_used_is_told_by_its_number_and_not_by_its_text() {
    let place = Place::new();
    let (recorded, _) = two(&place);
    let mut input = jsonl(&[suggested("a", "furosemide")]);
    input.extend(b"\n{\"case_id\": \"b\", \"status\": \"Mr Private\"}\n");
    let output = place.run_with_input(&["evaluate", "--recorded", &recorded, "--suggestions", "-"], &input);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("line 3") && !stderr(&output).contains("Private"), "{}", stderr(&output));
    let report = &lines(&output.stdout)[0];
    let counts = &report["counts"];
    assert_eq!(
        (&counts["unreadable_lines"], &counts["blank_lines"], &counts["without_line"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(accuracy(report), &json!(0.5));
}

#[test]
fn a_recorded_file_at_fault_is_refused_and_no_input_is_written_over() {
    let place = Place::new();
    let (recorded_file, suggestions) = two(&place);
    let twice = place.write("twice.jsonl", jsonl(&[recorded("a", "p", "furosemide"), recorded("a", "p", "metformin")]));
    let broken = place.write("broken.jsonl", "{\"case_id\": 7}\n");
    let (twice, broken) = (twice.to_str().unwrap(), broken.to_str().unwrap());
    let out = place.path("report.json");
    let out = out.to_str().unwrap();
    for faulty in [
        ["--recorded", twice, "--suggestions", &suggestions, "--out", out],
        ["--recorded", broken, "--suggestions", &suggestions, "--out", out],
        ["--recorded", "missing.jsonl", "--suggestions", &suggestions, "--out", out],
        ["--recorded", "-", "--suggestions", "-", "--out", out],
        ["--recorded", &recorded_file, "--suggestions", &suggestions, "--out", &recorded_file],
        ["--recorded", &recorded_file, "--suggestions", &suggestions, "--out", &suggestions],
    ] {
        let output = place.run(&[&["evaluate"][..], &faulty].concat());
        assert_eq!(code(&output), 2, "{faulty:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty() && !Path::new(out).exists());
    }
    assert_eq!(lines(&std::fs::read(recorded_file).unwrap()).len(), 2);
}

#[test]
fn empty_files_are_no_error() {
    let place = Place::new();
    let empty = place.write("empty.jsonl", "");
    let empty = empty.to_str().unwrap();
    let output = place.run(&["evaluate", "--recorded", empty, "--suggestions", empty]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(accuracy(&lines(&output.stdout)[0]).is_null());
}

#[test]
fn a_training_file_is_named_in_the_report() {
    let place = Place::new();
    let (recorded_file, suggestions) = two(&place);
    let training = place.write("training.jsonl", jsonl(&[recorded("t", "r", "metformin")]));
    let training = training.to_str().unwrap();
    let output = place.run(&[
        "evaluate",
        "--recorded",
        &recorded_file,
        "--suggestions",
        &suggestions,
        "--train-recorded",
        training,
    ]);
    let report = &lines(&output.stdout)[0];
    assert_eq!(report["most_prescribed"]["counted_on"], "training");
    assert_eq!(report["all"]["by_level"]["ingredient"]["accuracy"]["most_prescribed"]["value"], 0.5);
}

#[test]
fn the_demo_is_evaluated_and_its_means_are_those_of_a_plain_count() {
    let Some(hosp) = hosp("the_demo_is_evaluated_and_its_means_are_those_of_a_plain_count") else { return };
    let place = Place::new();
    let folder = place.path("m");
    let output = place.run(&["mimic", "--hosp", hosp.to_str().unwrap(), "--out", folder.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let (cases, recorded, answers) = (folder.join("cases.jsonl"), folder.join("recorded.jsonl"), place.path("s.jsonl"));
    let [cases, recorded, answers] = [&cases, &recorded, &answers].map(|path| path.to_str().unwrap());
    let output = place.run(&["suggest", "--cases", cases, "--out", answers, "--model", "none", "--advice", "no"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = place.run(&["evaluate", "--suggestions", answers, "--recorded", recorded]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = &lines(&output.stdout)[0];
    let (records, suggestions) = (std::fs::read(recorded).unwrap(), std::fs::read(answers).unwrap());
    let suggestions = lines(&suggestions);
    let (mut hits_of_listed, mut jaccard, mut admissions) = (0.0, 0.0, 0.0);
    for record in lines(&records) {
        let set = |list: &Value| ids(list).into_iter().collect::<BTreeSet<String>>();
        let list = suggestions.iter().find(|line| line["case_id"] == record["case_id"]).unwrap();
        let (list, given) = (set(&list["drugs"]), set(&record["drugs"]));
        let share = |part: usize, whole: usize| part as f64 / whole as f64;
        let hits = list.intersection(&given).count();
        hits_of_listed += share(hits, list.len());
        jaccard += share(hits, list.union(&given).count());
        admissions += 1.0;
    }
    let near = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 1e-9;
    assert!(near(accuracy(report), hits_of_listed / admissions));
    assert!(near(&report["all"]["by_level"]["ingredient"]["jaccard"]["suggested"]["value"], jaccard / admissions));
    assert_eq!(report["output_rate"]["value"], 1.0);
    // The lines the other way round give the same bytes.
    let backwards = place.write("backwards.jsonl", jsonl(&suggestions.into_iter().rev().collect::<Vec<_>>()));
    let again = place.run(&["evaluate", "--suggestions", backwards.to_str().unwrap(), "--recorded", recorded]);
    assert!(output.stdout == again.stdout);
}
