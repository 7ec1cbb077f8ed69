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
