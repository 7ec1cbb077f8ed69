//! `bogam train`, and what it wrote in `bogam suggest`.

use std::path::Path;
use std::process::Command;

use bogam_engine::llama::{LlamaEngine, LlamaSettings, WorkerCommand};
use bogam_engine::{Cancel, Engine as _, NoSink, Prompt, ScoreRequest};
use bogam_testkit::case_json;
use serde_json::{Value, json};

use crate::common::{BOGAM, Place, case, code, jsonl, lines, model, stderr, turn};

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

    it_is_attached_and_detached_without_loading_the_model_again(&adapter);

    // Another file, were it of the same weights: what an adapter does there is not known.
    let other = place.path("other.gguf");
    let mut bytes = std::fs::read(&model).unwrap();
    bytes.push(0);
    std::fs::write(&other, bytes).unwrap();
    let suggest = ["suggest", "--cases", case, "--out", "-", "--model", other.to_str().unwrap()];
    let output = place.run(&[&suggest[..], &["--adapter", adapter.to_str().unwrap()]].concat());
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("trained on another model"), "{}", stderr(&output));

    let merged = place.path("merged.gguf");
    let merge = ["train", "merge", "--model", model.to_str().unwrap(), "--adapter", adapter.to_str().unwrap()];
    let merge = [&merge[..], &["--out", merged.to_str().unwrap(), "--to", "f16"]].concat();
    let output = place.run(&merge);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("60 matrices"));
    let output = place.run(&["suggest", "--cases", case, "--out", "-", "--model", merged.to_str().unwrap()]);
    assert_eq!((code(&output), lines(&output.stdout).len()), (0, 1), "{}", stderr(&output));
    // It is written over nothing.
    assert_eq!(code(&place.run(&merge)), 2);
}

fn it_is_attached_and_detached_without_loading_the_model_again(adapter: &Path) {
    let open = |adapter: Option<&Path>| {
        let mut settings = LlamaSettings::new(model());
        settings.adapter = adapter.map(|path| (path.to_owned(), 1.0));
        LlamaEngine::new(WorkerCommand { program: BOGAM.into(), arguments: vec!["__worker".into()] }, settings).unwrap()
    };
    let text = "heart failure and atrial fibrillation, ".repeat(30);
    let request = ScoreRequest::new(Prompt::new("S", text, "-"), vec![" furosemide\n".into(), " warfarin\n".into()]);
    let scores = |engine: &LlamaEngine| engine.score(&request, &mut NoSink, &Cancel::new()).unwrap().log_probs;
    let (with, without) = (scores(&open(Some(adapter))), scores(&open(None)));
    assert_ne!(with, without);

    let engine = open(None);
    // Before any worker runs, too.
    assert_eq!(engine.attach(Some((model(), 1.0))).unwrap_err().code(), "model.file");
    assert_eq!(scores(&engine), without);
    let worker = engine.worker_id();
    for _ in 0..2 {
        engine.attach(Some((adapter.to_owned(), 1.0))).unwrap();
        assert_eq!(scores(&engine), with);
        assert!(engine.info().unwrap().adapter_hash.is_some_and(|hash| hash.starts_with("sha256:")));
        // What is no adapter changes nothing.
        let error = engine.attach(Some((model(), 1.0))).unwrap_err();
        assert_eq!(error.code(), "model.file", "{error}");
        assert_eq!(scores(&engine), with);
        engine.attach(None).unwrap();
        assert_eq!(scores(&engine), without);
        assert_eq!((engine.info().unwrap().adapter_hash, engine.worker_id()), (None, worker));
    }
    // A worker that ends is followed by one with the same adapter.
    engine.attach(Some((adapter.to_owned(), 1.0))).unwrap();
    Command::new("kill").args(["-9", &engine.worker_id().unwrap().to_string()]).status().unwrap();
    assert_eq!(scores(&engine), with);
    // After so many others that it is started anew, too.
    for _ in 0..10 {
        engine.attach(None).unwrap();
        engine.attach(Some((adapter.to_owned(), 1.0))).unwrap();
    }
    assert_eq!(scores(&engine), with);
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

/// A grid of one epoch and two ranks; p0 and p1 are asked about, p2 and p3 trained on.
fn grid(place: &Place, more: &[&str]) -> std::process::Output {
    let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let model = model();
    let (samples, cases, recorded) = (path("samples.jsonl"), path("cases.jsonl"), path("recorded.jsonl"));
    let (exclude, out) = (path("exclude.txt"), path("grid"));
    let arguments = [
        ["--samples", &samples],
        ["--model", model.to_str().unwrap()],
        ["--out", &out],
        ["--cases", &cases],
        ["--recorded", &recorded],
        ["--exclude-patients", &exclude],
        ["--ranks", "2,1"],
        ["--checkpoints", "1"],
        ["--batch", "1"],
    ];
    place.run(&[&["train", "grid"][..], arguments.as_flattened(), more].concat())
}

#[test]
fn a_grid_is_made_once_goes_on_where_it_was_and_is_not_mixed_with_another() {
    let _turn = turn();
    let place = Place::new();
    let drugs = ["furosemide", "heparin"];
    let samples: Vec<Value> = (0..4).map(|i| sample(i, &drugs)).collect();
    place.write("samples.jsonl", jsonl(&samples));
    let cases: Vec<Value> = (0..4).map(|i| case(&format!("s{i}"))).collect();
    place.write("cases.jsonl", jsonl(&cases));
    let given =
        |name: &&str| json!({"ingredient": name, "atc": [], "names": [name], "first_hour": 1.0, "last_hour": 9.0});
    let recorded = |i: usize| {
        let drugs: Vec<Value> = drugs.iter().map(given).collect();
        json!({"case_id": format!("s{i}"), "patient_id": format!("p{i}"), "drugs": drugs, "not_drugs": 0, "unmapped": []})
    };
    place.write("recorded.jsonl", jsonl(&(0..4).map(recorded).collect::<Vec<_>>()));
    place.write("exclude.txt", "p0\np1\n");
    let output = grid(&place, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let read = |name: &str| std::fs::read(place.path("grid").join(name)).unwrap();
    let table: Value = serde_json::from_slice(&read("grid.json")).unwrap();
    assert_eq!((&table["patients"], &table["admissions"], &table["list_length"]), (&json!(2), &json!(2), &json!(2)));
    let rows: Vec<(&Value, &Value)> =
        table["rows"].as_array().unwrap().iter().map(|r| (&r["rank"], &r["epoch"])).collect();
    assert_eq!(rows, [(&json!(null), &json!(null)), (&json!(1), &json!(1)), (&json!(2), &json!(1))]);
    // The most-prescribed drugs of the others are all that anybody was given here.
    assert_eq!(table["most_prescribed"]["scores"]["accuracy"]["value"], 1.0);
    for row in table["rows"].as_array().unwrap() {
        assert!(row["score"]["scores"]["prauc"]["value"].as_f64().is_some_and(|p| p > 0.0 && p <= 1.0), "{row}");
        assert_eq!(row["score"]["gain"].is_null(), row["rank"].is_null());
        let free: u64 = row["free"]["out_of_form"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        let rate = row["free"]["output_rate"]["value"].as_f64().unwrap();
        assert!((rate - (2.0 - free as f64) / 2.0).abs() < 1e-9, "{row}");
    }
    assert_eq!(String::from_utf8(output.stdout).unwrap().as_bytes(), read("grid.md"));
    let run: Value = serde_json::from_slice(&read("rank-2/run.json")).unwrap();
    assert_eq!((&run["steps"], &run["train_samples"]), (&json!(2), &json!(2)));

    // Killed while it asked about the last case: that one is asked again, and nothing else is made.
    let answers = place.path("grid/answers/rank-2-epoch-1.jsonl");
    let whole = std::fs::read(&answers).unwrap();
    std::fs::write(&answers, &whole[..whole.len() - 20]).unwrap();
    let made = |name: &str| std::fs::metadata(place.path("grid").join(name)).unwrap().modified().unwrap();
    let kept = ["rank-1/run.json", "rank-2/adapter.gguf", "answers/untrained.jsonl", "answers/rank-1-epoch-1.jsonl"];
    let before = kept.map(made);
    let (json_before, again) = (read("grid.json"), grid(&place, &[]));
    assert_eq!(code(&again), 0, "{}", stderr(&again));
    assert!(stderr(&again).contains("last line was not whole"), "{}", stderr(&again));
    assert_eq!((kept.map(made), read("grid.json")), (before, json_before));
    assert_eq!(std::fs::read(&answers).unwrap(), whole);

    let other = grid(&place, &["--seed", "2"]);
    assert_eq!(code(&other), 2, "{}", stderr(&other));
    assert!(stderr(&other).contains("another grid; different: settings"), "{}", stderr(&other));
    place.write("exclude.txt", "p0\n");
    let other = grid(&place, &[]);
    assert!(code(&other) == 2 && stderr(&other).contains("held_out"), "{}", stderr(&other));
}

#[test]
fn a_grid_that_has_nobody_to_ask_about_is_refused_before_anything_is_made() {
    let place = Place::new();
    for name in ["samples.jsonl", "cases.jsonl", "recorded.jsonl"] {
        place.write(name, "");
    }
    place.write("exclude.txt", "p0\n");
    let output = grid(&place, &[]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("held out"), "{}", stderr(&output));
    let without_ranks = place.run(&["train", "grid", "--samples", "x", "--out", "y"]);
    assert!(code(&without_ranks) == 2 && stderr(&without_ranks).contains("--ranks"), "{}", stderr(&without_ranks));
    assert!(!place.path("grid").exists());
}
