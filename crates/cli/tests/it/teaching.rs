//! Teaching cases (`tests/teaching/cases.jsonl`), written by somebody who had not seen the rules: twenty lists with one
//! critical mistake, twenty clean ones.

use serde_json::Value;

use crate::common::{Place, lines, root, stderr};

/// The part of codes before the dot that tells a kind of mistake.
fn rule_of(kind: &str) -> &str {
    if kind == "dose" { "max_dose" } else { kind }
}

#[test]
fn every_critical_mistake_is_caught_with_the_right_code_and_advice_and_no_clean_list_is_warned_of() {
    let text = std::fs::read_to_string(root().join("tests/teaching/cases.jsonl")).unwrap();
    let teaching = text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).collect::<Vec<_>>();
    let mistakes = teaching.iter().filter(|t| !t["mistake"].is_null()).count();
    assert_eq!((mistakes, teaching.len() - mistakes), (20, 20));

    let place = Place::new();
    let (cases, out) = (place.path("cases.jsonl"), place.path("out.jsonl"));
    let inputs = teaching.iter().map(|t| t["case"].to_string()).collect::<Vec<_>>();
    std::fs::write(&cases, inputs.join("\n")).unwrap();
    let output = place.run(&["check", "--cases", cases.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let records = lines(&std::fs::read(&out).unwrap());
    assert_eq!(records.len(), 40, "{}", stderr(&output));

    let mut faults = Vec::new();
    for (teaching, record) in teaching.iter().zip(&records) {
        assert_eq!(record["status"], "ok", "{}: {}", teaching["id"], record["error"]);
        let findings = record["findings"].as_array().unwrap();
        let title = format!("{} ({})", teaching["id"], teaching["title"]);
        if teaching["mistake"].is_null() {
            let loud = findings.iter().filter(|f| f["tier"] != "note");
            faults.extend(loud.map(|f| format!("{title}: clean, but {} {}", f["tier"], f["message"]["en"])));
        } else if let Err(why) = caught(&teaching["mistake"], findings) {
            faults.push(format!("{title}: {why}"));
        }
    }
    assert!(faults.is_empty(), "{} of 40:\n{}", faults.len(), faults.join("\n"));
}

/// A critical finding of the right rule that names the drugs and gives one of the words of advice.
fn caught(mistake: &Value, findings: &[Value]) -> Result<(), String> {
    let prefix = format!("{}.", rule_of(mistake["kind"].as_str().unwrap()));
    let drugs = mistake["drugs"].as_array().unwrap();
    let of_drugs = |f: &&Value| drugs.iter().all(|d| f["drugs"].as_array().unwrap().contains(d));
    let found = findings.iter().filter(of_drugs).find(|f| f["code"].as_str().unwrap().starts_with(&prefix));
    let found = found.ok_or_else(|| format!("no {prefix}* for {drugs:?}"))?;
    if found["tier"] != "critical" {
        return Err(format!("only {}: {}", found["tier"], found["message"]["en"]));
    }
    let said = format!("{} {}", found["message"]["en"], found["instead"]["en"]).to_lowercase();
    let words = mistake["advice_words"].as_array().unwrap();
    let advises = words.iter().any(|w| said.contains(&w.as_str().unwrap().to_lowercase()));
    if advises { Ok(()) } else { Err(format!("none of {words:?} in {said}")) }
}
