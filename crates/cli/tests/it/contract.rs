//! The contract: records, exit codes, names, the examples that ship.

use serde_json::{Value, json};

use crate::bad_input::without_times;
use crate::common::{Place, case, code, ids, jsonl, lines, model, root, stderr, turn};

fn examples() -> Vec<u8> {
    let mut files: Vec<_> =
        std::fs::read_dir(root().join("assets/examples")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|f| std::fs::read(f).unwrap()).collect()
}

/// Suggestions for the three shipped examples on the starter model.
fn suggested(place: &Place, more: &[&str]) -> Vec<Value> {
    let input = place.write("examples.jsonl", examples());
    let model = model();
    let mut arguments = vec![
        "suggest",
        "--cases",
        input.to_str().unwrap(),
        "--out",
        "-",
        "--model",
        model.to_str().unwrap(),
        "--format",
        "json",
    ];
    arguments.extend(more);
    let output = place.run(&arguments);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    lines(&output.stdout)
}

#[test]
fn what_the_model_says_of_an_empty_case_is_kept_for_the_next_start_and_changes_nothing() {
    let _turn = turn();
    let place = Place::new();
    let records = |place: &Place| without_times(suggested(place, &[]));
    let first = records(&place);
    let folder = place.path("home/cache/empty-scores");
    let files = || std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
    let [file] = files().try_into().unwrap();
    let read = || -> Value { serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap() };
    let scores = read();
    // Every name that a case can bring, so that no later case has to wait for one.
    assert!(scores.as_object().unwrap().len() > 700, "{}", scores.as_object().unwrap().len());
    assert!(scores.as_object().unwrap().values().all(|score| score.as_f64().unwrap() < 0.0));
    assert_eq!(records(&place), first, "what was kept changes a record");
    // A file that is not whole is made anew, and no answer comes out of it.
    std::fs::write(&file, "{\"warfarin\": -1").unwrap();
    assert_eq!(records(&place), first);
    assert_eq!(read(), scores);
    assert_eq!(files(), std::slice::from_ref(&file), "nothing else is left in the folder");
}

fn check_record(record: &Value) {
    let drugs = ids(&record["drugs"]);
    assert!(!drugs.is_empty());
    let probabilities: Vec<f64> =
        record["drugs"].as_array().unwrap().iter().map(|d| d["probability"].as_f64().unwrap()).collect();
    assert!(probabilities.windows(2).all(|w| w[0] >= w[1]), "not sorted: {probabilities:?}");
    let sets = [drugs.clone(), ids(&record["withheld"]), ids(&record["considered"])].concat();
    let mut unique = sets.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), sets.len(), "the sets overlap");
    let findings = record["findings"].as_array().unwrap();
    let known: Vec<&str> = findings.iter().map(|f| f["id"].as_str().unwrap()).collect();
    for finding in findings.iter().filter(|f| f["tier"] == "critical") {
        let concerned = finding["drugs"].as_array().unwrap();
        let listed = concerned.iter().filter(|d| drugs.iter().any(|x| x == d.as_str().unwrap())).count();
        assert!(listed < concerned.len(), "a critical finding concerns only listed drugs: {finding}");
    }
    for list in ["drugs", "withheld", "considered"] {
        for drug in record[list].as_array().unwrap() {
            for id in drug["findings"].as_array().unwrap() {
                assert!(known.contains(&id.as_str().unwrap()), "finding {id} is not in the record");
            }
        }
    }
    for drug in record["withheld"].as_array().unwrap() {
        let critical = drug["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|id| findings.iter().any(|f| &f["id"] == id && f["tier"] == "critical"));
        assert!(critical, "withheld without a critical finding: {drug}");
    }
    for drug in record["drugs"].as_array().unwrap() {
        assert!(drug["dose"]["en"].is_string() != drug["dose"]["withheld"].is_object(), "{}", drug["dose"]);
        assert!(drug["name"]["ko"].as_str().unwrap().chars().any(|c| ('가'..='힣').contains(&c)));
    }
}

#[test]
fn the_examples_give_valid_records_on_the_starter_model() {
    let _turn = turn();
    let place = Place::new();
    let records = suggested(&place, &[]);
    let schema: Value =
        serde_json::from_slice(&std::fs::read(root().join("docs/schema/suggestion.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert_eq!(records.len(), 3);
    for record in &records {
        let faults: Vec<String> = validator.iter_errors(record).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}");
        check_record(record);
        assert!(record["drugs"].as_array().unwrap().iter().any(|d| d["evidence"]["model"].is_number()));
        assert!(record["provenance"]["model"].as_str().unwrap().starts_with("sha256:"));
    }
    // An NSAID at this renal function is withheld from the first patient, who takes it.
    let ibuprofen = records[0]["withheld"].as_array().unwrap().iter().find(|d| d["ingredient"] == "ibuprofen");
    assert_eq!(ibuprofen.expect("ibuprofen is withheld")["current"], true);
    // No penicillin for the second.
    assert!(ids(&records[1]["drugs"]).iter().all(|d| !d.contains("cillin")), "{:?}", ids(&records[1]["drugs"]));
    // No supportive hospital drug for the third, an outpatient.
    assert!(records[2]["drugs"].as_array().unwrap().iter().all(|d| d["supportive"] == false));
    assert!(records[2]["advice"]["ko"].as_str().unwrap().contains("메트포르민"));
}

#[test]
fn the_same_case_gives_the_same_drugs_and_with_deterministic_the_same_bytes() {
    let _turn = turn();
    let place = Place::new();
    let first = suggested(&place, &["--advice", "no"]);
    let second = suggested(&place, &["--advice", "no"]);
    assert_eq!(without_times(first), without_times(second));
    let first = suggested(&place, &["--advice", "no", "--deterministic"]);
    let second = suggested(&place, &["--advice", "no", "--deterministic"]);
    let bytes = |r: Vec<Value>| without_times(r).iter().map(Value::to_string).collect::<Vec<_>>();
    assert_eq!(bytes(first), bytes(second));
}

#[test]
fn generate_lists_drugs_of_the_formulary_and_none_twice() {
    let _turn = turn();
    let place = Place::new();
    for record in suggested(&place, &["--method", "generate", "--advice", "no", "--max-drugs", "8"]) {
        check_record(&record);
        assert_eq!(record["provenance"]["method"], "generate");
    }
}

#[test]
fn a_child_gets_the_notice_and_no_doses() {
    let mut child = case("child");
    child["patient"]["age_years"] = json!(9);
    let (_, records) = Place::new().suggest(&jsonl(&[child]));
    assert!(records[0]["notices"].to_string().contains("adult_knowledge_only"));
    for drug in records[0]["drugs"].as_array().unwrap() {
        assert!(drug["dose"]["withheld"].is_object(), "{drug}");
    }
}

#[test]
fn without_a_setting_or_a_model_the_record_says_so() {
    let mut bare = case("bare");
    bare.as_object_mut().unwrap().remove("admission");
    let (_, records) = Place::new().suggest(&jsonl(&[bare]));
    let notices = records[0]["notices"].to_string();
    assert!(notices.contains("no_model") && notices.contains("setting_unknown"), "{notices}");
    assert!(records[0]["drugs"].as_array().unwrap().iter().all(|d| d["supportive"] == false));
    assert!(records[0]["considered"].as_array().unwrap().iter().any(|c| c["reason"] == "setting"));
}

#[test]
fn check_reports_what_is_wrong_with_proposed_drugs_and_suggests_nothing() {
    let place = Place::new();
    let mut proposed = case("proposed");
    proposed["patient"]["current_drugs"] = json!(["Warfarin"]);
    proposed["patient"]["creatinine_mg_dl"] = json!(4.0);
    proposed["patient"]["creatinine_stable"] = json!(true);
    proposed["patient"]["dialysis"] = json!(false);
    proposed["proposed_drugs"] = json!([{"name": "Ibuprofen", "dose": {"value": 800, "unit": "mg"}, "per_day": 3}]);
    let output = place.run_with_input(&["check", "--cases", "-", "--out", "-"], &jsonl(&[proposed]));
    assert_eq!(code(&output), 1, "a critical finding ends with 1: {}", stderr(&output));
    let record = &lines(&output.stdout)[0];
    assert!(record.get("drugs").is_none() && record.get("advice").is_none());
    let findings = record["findings"].as_array().unwrap();
    let has = |code: &str, tier: &str| findings.iter().any(|f| f["code"] == code && f["tier"] == tier);
    assert!(has("renal.avoid", "critical"), "{findings:?}");
    assert!(findings.iter().any(|f| f["drugs"] == json!(["ibuprofen", "warfarin"])), "{findings:?}");
    let clean = place.run_with_input(&["check", "--cases", "-", "--out", "-"], &jsonl(&[case("clean")]));
    assert_eq!(code(&clean), 0);
}

#[test]
fn names_are_normalised_line_by_line() {
    let place = Place::new();
    let names = "Furosemide\nLASIX 40 mg tablet\nPiperacillin Sodium and Tazobactam Sodium 4.5 g\nhydralazin\n0.9% Sodium Chloride\n\n\"Warfarin Sodium\"\n{\"name\":\"푸로세미드\"}\n";
    let output = place.run_with_input(&["normalise", "--names", "-", "--out", "-"], names.as_bytes());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let records = lines(&output.stdout);
    let got: Vec<(Value, Value)> = records.iter().map(|r| (r["ingredient"].clone(), r["match"].clone())).collect();
    let expected = [
        (json!("furosemide"), json!("exact")),
        (json!("furosemide"), json!("alias")),
        (json!("piperacillin / tazobactam"), json!("combination")),
        (Value::Null, json!("none")),
        (Value::Null, json!("not_a_drug")),
        (json!("warfarin"), json!("alias")),
        (json!("furosemide"), json!("exact")),
    ];
    assert_eq!(got, expected);
}

#[test]
fn text_output_is_a_report_in_the_language_asked_for() {
    let place = Place::new();
    let input = place.write("examples.jsonl", examples());
    let report = |lang: &str| {
        let output = place.run(&[
            "suggest",
            "--cases",
            input.to_str().unwrap(),
            "--out",
            "-",
            "--model",
            "none",
            "--format",
            "text",
            "--lang",
            lang,
        ]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let (english, korean) = (report("en"), report("ko"));
    for heading in ["Regimen to consider", "Withheld", "Findings", "Not evaluated", "Advice for the patient"] {
        assert_eq!(english.matches(heading).count() / 3, 1, "{heading}");
    }
    for heading in ["고려할 처방", "제외된 약", "점검 결과", "평가하지 못한 항목", "환자 안내"]
    {
        assert!(korean.matches(heading).count() >= 3, "{heading}");
    }
    assert!(!english.contains("{") && !korean.contains("{"), "a placeholder was left");
}

#[test]
fn doctor_tells_the_machine_the_models_and_the_knowledge() {
    let place = Place::new();
    let output = place.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["memory"]["total"].as_u64().unwrap() > 1 << 30);
    assert!(!report["cpu"]["features"].as_array().unwrap().is_empty());
    assert!(report["gpus"].is_array(), "{}", report["gpus"]);
    assert!(report["knowledge"]["hash"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(report["models"][0]["intact"], true);
    assert_eq!(code(&output), i32::from(!report["problems"].as_array().unwrap().is_empty()));
    let text = place.run(&["doctor"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("Knowledge   sha256:"));
}
