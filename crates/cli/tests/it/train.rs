//! `bogam train`, and what it wrote in `bogam suggest`.

use bogam_testkit::case_json;
use serde_json::{Value, json};

use crate::common::{Place, code, jsonl, lines, model, stderr};

fn sample(i: usize, answer: &[&str]) -> Value {
    let content =
        format!("Which drugs is this patient given?\n\nPatient: {} years old. Diagnoses: Heart failure.", 60 + i);
    json!({"sample_id": format!("s{i}"), "patient_id": format!("p{i}"), "case_id": format!("s{i}"),
        "messages": [{"role": "user", "content": content}], "answer": answer})
}

fn train(place: &Place, samples: &str, more: &[&str]) -> std::process::Output {
    let (model, out) = (model(), place.path("run"));
    let arguments = ["train", "--samples", samples, "--model", model.to_str().unwrap(), "--out", out.to_str().unwrap()];
    place.run(&[&arguments[..], &["--batch", "1", "--steps", "2", "--every", "1"], more].concat())
}

#[test]
fn a_run_is_taken_up_and_its_adapter_is_used() {
    let place = Place::new();
    let all: Vec<Value> = (0..3).map(|i| sample(i, &["furosemide", "heparin"])).collect();
    let samples = place.write("samples.jsonl", jsonl(&all)).to_str().unwrap().to_owned();
    let validation = place.write("validation.txt", "p0\n").to_str().unwrap().to_owned();
    let more = ["--preset", "paper", "--rank", "4", "--validation-patients", &validation];
    let output = train(&place, &samples, &more);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("92160 parameters, 2 samples"));
    let run: Value = serde_json::from_slice(&std::fs::read(place.path("run/run.json")).unwrap()).unwrap();
    // 30 layers of rank 4: 576 rows of q, 192 of v.
    assert_eq!((&run["method"], &run["trained_parameters"]), (&json!("ffa-lora"), &json!(30 * 4 * (576 + 192))));
    assert_eq!((run["train_loss"].as_array().unwrap().len(), run["validation_loss"].as_array().unwrap().len()), (2, 3));
    assert!(run["base"].as_str().unwrap().starts_with("sha256:"));
    let again = train(&place, &samples, &more);
    assert_eq!(code(&again), 2);
    assert!(stderr(&again).contains("--resume"), "{}", stderr(&again));
    let before = std::fs::read(place.path("run/adapter.gguf")).unwrap();
    assert_eq!(code(&train(&place, &samples, &[&more[..], &["--resume"]].concat())), 0);
    assert_eq!(std::fs::read(place.path("run/adapter.gguf")).unwrap(), before);

    let case = place.write("case.jsonl", case_json("a").setting("inpatient").diagnosis("I50.9").line());
    let (case, model, adapter) = (case.to_str().unwrap(), model(), place.path("run/adapter.gguf"));
    let suggest = ["suggest", "--cases", case, "--out", "-", "--model", model.to_str().unwrap()];
    let output = place.run(&[&suggest[..], &["--adapter", adapter.to_str().unwrap()]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(lines(&output.stdout)[0]["provenance"]["adapter"].as_str().is_some_and(|a| a.starts_with("sha256:")));

    // Another file, were it of the same weights: what an adapter does there is not known.
    let other = place.path("other.gguf");
    let mut bytes = std::fs::read(&model).unwrap();
    bytes.push(0);
    std::fs::write(&other, bytes).unwrap();
    let suggest = ["suggest", "--cases", case, "--out", "-", "--model", other.to_str().unwrap()];
    let output = place.run(&[&suggest[..], &["--adapter", adapter.to_str().unwrap()]].concat());
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("trained on another model"), "{}", stderr(&output));
}

#[test]
fn samples_that_cannot_be_trained_on_are_told_and_nothing_is_written() {
    for (samples, says) in [
        (Vec::new(), "0 read"),
        (b"not json\n{\"instruction\":\"x\"}\n".to_vec(), "not_json: 1"),
        (jsonl(&[sample(0, &[])]), "no_answer: 1"),
        (jsonl(&[json!({"instruction": "x ".repeat(9000), "output": "Long."})]), "too_many_tokens: 1"),
    ] {
        let place = Place::new();
        let path = place.write("samples.jsonl", samples).to_str().unwrap().to_owned();
        let output = train(&place, &path, &[]);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains(says) && stderr(&output).contains("no sample is left"), "{}", stderr(&output));
        assert!(!place.path("run").exists());
    }
    let place = Place::new();
    assert_eq!(code(&train(&place, "nowhere.jsonl", &[])), 2);
}
