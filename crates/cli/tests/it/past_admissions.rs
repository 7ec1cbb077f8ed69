//! Past admissions: import, check, suggest on the shared tables where they are.

use crate::common::{Place, code, ids, lines, root, stderr};

/// The shared tables; says so when they are missing.
pub fn hosp(test: &str) -> Option<std::path::PathBuf> {
    let data = std::env::var_os("BOGAM_DATA").map_or_else(|| root().join("../shared/data"), Into::into);
    let hosp = data.join("mimic-iv-demo/hosp");
    if hosp.is_dir() {
        return Some(hosp);
    }
    eprintln!("SKIPPED (no ../shared/data): {test}");
    None
}

#[test]
fn each_admission_of_the_demo_is_answered_from_knowledge_alone_and_says_so() {
    let Some(hosp) = hosp("each_admission_of_the_demo_is_answered_from_knowledge_alone_and_says_so") else { return };
    let place = Place::new();
    let out = place.path("m");
    let output = place.run(&["mimic", "--hosp", hosp.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let cases = out.join("cases.jsonl");
    let answers = place.path("s.jsonl");
    let output = place.run(&[
        "suggest",
        "--cases",
        cases.to_str().unwrap(),
        "--out",
        answers.to_str().unwrap(),
        "--model",
        "none",
        "--advice",
        "no",
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let records = lines(&std::fs::read(&answers).unwrap());
    assert_eq!(records.len(), 217);
    for record in &records {
        assert_eq!(record["status"], "ok");
        assert!(record["notices"].to_string().contains("no_model"));
        assert!(record["provenance"]["model"].is_null());
        let mut all = ids(&record["drugs"]);
        assert!(!all.is_empty(), "{}", record["case_id"]);
        all.extend(ids(&record["withheld"]));
        all.extend(ids(&record["considered"]));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "the sets of {} overlap", record["case_id"]);
    }
    let checked = place.path("c.jsonl");
    let recorded = out.join("recorded.jsonl");
    let output = place.run(&[
        "check",
        "--cases",
        cases.to_str().unwrap(),
        "--recorded",
        recorded.to_str().unwrap(),
        "--out",
        checked.to_str().unwrap(),
    ]);
    assert!([0, 1].contains(&code(&output)), "{}", stderr(&output));
    assert_eq!(lines(&std::fs::read(checked).unwrap()).len(), 217);
}

#[test]
fn exports_of_the_demo_are_written_on_request_and_do_not_depend_on_threads() {
    let Some(hosp) = hosp("exports_of_the_demo_are_written_on_request_and_do_not_depend_on_threads") else { return };
    let place = Place::new();
    let import = |threads: &str| {
        let out = place.path(threads);
        let (hosp, folder) = (hosp.to_str().unwrap(), out.to_str().unwrap());
        let output = place.run(&["mimic", "--hosp", hosp, "--out", folder, "--threads", threads, "--alpaca", "--meds"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        out
    };
    let (one, three) = (import("1"), import("3"));
    for file in [
        "cases.jsonl",
        "recorded.jsonl",
        "samples.jsonl",
        "rejects.csv",
        "report.json",
        "alpaca.json",
        "meds/data/0.parquet",
        "meds/metadata/codes.parquet",
        "meds/metadata/subject_splits.parquet",
        "meds/metadata/dataset.json",
    ] {
        assert!(std::fs::read(one.join(file)).unwrap() == std::fs::read(three.join(file)).unwrap(), "{file}");
    }
    let samples = lines(&std::fs::read(one.join("samples.jsonl")).unwrap());
    let array: serde_json::Value = serde_json::from_slice(&std::fs::read(one.join("alpaca.json")).unwrap()).unwrap();
    assert_eq!(array.as_array().unwrap().len(), samples.len());
    for (record, sample) in array.as_array().unwrap().iter().zip(&samples) {
        assert_eq!(record["instruction"], sample["messages"][0]["content"]);
        assert_eq!(record["input"], sample["messages"][1]["content"]);
        let answer: Vec<_> = sample["answer"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(record["output"], answer.join("\n"));
    }
}
