//! The model's process may die, hang or lack memory: nothing is lost, and the answers stay the same.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bogam_engine::llama::{Footprint, LlamaEngine, LlamaSettings, WorkerCommand};
use bogam_engine::{
    Cancel, Constraint, End, Engine as _, GenerateRequest, NoSink, Prompt, Sampling, ScoreRequest, Sink,
};
use serde_json::{Value, json};

use crate::common::{BOGAM, Place, case, jsonl, lines, model, turn};

fn worker() -> WorkerCommand {
    WorkerCommand { program: BOGAM.into(), arguments: vec!["__worker".into()] }
}

fn engine() -> LlamaEngine {
    LlamaEngine::new(worker(), LlamaSettings::new(model())).unwrap()
}

fn request(words: usize) -> ScoreRequest {
    let text = "heart failure and atrial fibrillation, ".repeat(words);
    ScoreRequest::new(Prompt::new("S", text, "-"), vec![" furosemide\n".into(), " warfarin\n".into()])
}

/// Cases that are different enough to be worth a comparison.
fn cases() -> Vec<Value> {
    let codes = [
        "I50.9", "J18.9", "E11.9", "I48.91", "N17.9", "K74.60", "A41.9", "I21.4", "J44.1", "N39.0", "F10.231", "I63.9",
    ];
    codes
        .iter()
        .enumerate()
        .map(|(i, code)| {
            let mut case = case(&format!("c{i}"));
            case["patient"]["age_years"] = json!(50 + i);
            case["diagnoses"] =
                json!([{"system": "icd10", "code": code, "rank": 1}, {"system": "icd10", "code": "I10", "rank": 2}]);
            case
        })
        .collect()
}

/// Processes whose parent is this one.
fn children(parent: u32) -> Vec<u32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|p| p.parse().ok()).collect()
}

fn kill(pid: u32) {
    Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status().unwrap();
}

#[test]
fn killing_the_worker_five_times_loses_no_case_and_changes_no_answer() {
    let _turn = turn();
    let place = Place::new();
    let input = place.write("cases.jsonl", jsonl(&cases()));
    let model = model();
    let arguments = |out: &str| {
        [
            "suggest",
            "--cases",
            input.to_str().unwrap(),
            "--out",
            out,
            "--model",
            model.to_str().unwrap(),
            "--format",
            "json",
        ]
        .map(str::to_owned)
    };
    let quiet = place.path("quiet.jsonl");
    let status = place.command(&arguments(quiet.to_str().unwrap()).each_ref().map(String::as_str)).status().unwrap();
    assert!(status.success());

    let disturbed = place.path("disturbed.jsonl");
    let mut program = place
        .command(&arguments(disturbed.to_str().unwrap()).each_ref().map(String::as_str))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A worker is killed in the middle of something: whenever another answer has been written.
    let written = || std::fs::read(&disturbed).map_or(0, |bytes| bytes.iter().filter(|b| **b == b'\n').count());
    let mut killed = Vec::new();
    let mut seen = 0;
    let start = Instant::now();
    while killed.len() < 5 && start.elapsed() < Duration::from_secs(300) && program.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(50));
        let now = written();
        if now > seen
            && let Some(worker) = children(program.id()).into_iter().find(|w| !killed.contains(w))
        {
            kill(worker);
            killed.push(worker);
            seen = now;
        }
    }
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(killed.len(), 5, "the run was over before five kills: give it more cases");
    let (quiet, disturbed) = (std::fs::read(quiet).unwrap(), std::fs::read(disturbed).unwrap());
    let (quiet, disturbed) = (lines(&quiet), lines(&disturbed));
    assert_eq!(quiet.len(), disturbed.len());
    for (a, b) in quiet.iter().zip(&disturbed) {
        for field in ["case_id", "drugs", "withheld", "considered", "findings", "not_evaluated"] {
            assert_eq!(a[field], b[field], "{field} of {}", a["case_id"]);
        }
    }
}

#[test]
fn a_cancel_during_the_prompt_returns_within_200_ms_and_the_next_request_is_answered() {
    let _turn = turn();
    let engine = engine();
    engine.info().unwrap();
    let cancelled = || {
        let cancel = Cancel::new();
        let other = cancel.clone();
        let at = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(400));
            other.cancel();
            Instant::now()
        });
        let error = engine.score(&request(700), &mut NoSink, &cancel).unwrap_err();
        let waited = at.join().unwrap().elapsed();
        assert_eq!(error.code(), "cancelled");
        waited
    };
    // A machine that is busy with something else may be late; an engine that is late is so every time.
    let quickest = (0..8).map(|_| cancelled()).find(|waited| *waited < Duration::from_millis(200));
    assert!(quickest.is_some(), "none of eight requests returned within 200 ms");
    assert_eq!(engine.score(&request(2), &mut NoSink, &Cancel::new()).unwrap().log_probs.len(), 2);
}

#[test]
fn a_cancelled_text_keeps_what_was_streamed() {
    let _turn = turn();
    struct AfterSome {
        seen: usize,
        cancel: Cancel,
    }
    impl Sink for AfterSome {
        fn delta(&mut self, _: &str) {
            self.seen += 1;
            if self.seen == 5 {
                self.cancel.cancel();
            }
        }
    }
    let cancel = Cancel::new();
    let mut sink = AfterSome { seen: 0, cancel: cancel.clone() };
    let request = GenerateRequest {
        prompt: Prompt::new("S", "Explain what the heart does.", ""),
        constraint: Constraint::Free,
        sampling: Sampling::greedy(),
        max_tokens: 400,
    };
    let written = engine().generate(&request, &mut sink, &cancel).unwrap();
    assert_eq!(written.end, End::Cancelled);
    assert!(!written.text.is_empty());
}

#[test]
fn a_worker_that_computes_nothing_is_ended_and_said_so() {
    // A program that takes the model and never answers.
    let command = WorkerCommand { program: "sleep".into(), arguments: vec!["60".into()] };
    let mut settings = LlamaSettings::new(model());
    settings.hang = Duration::from_millis(300);
    settings.footprint = Footprint { context: 1024, batch: 32, sequences: 8, gpu_layers: Some(0) };
    let engine = LlamaEngine::new(command, settings).unwrap();
    let start = Instant::now();
    let error = engine.score(&request(1), &mut NoSink, &Cancel::new()).unwrap_err();
    assert!(error.to_string().contains("computed nothing"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn with_too_little_memory_the_footprint_shrinks_or_it_says_so() {
    let _turn = turn();
    let mut settings = LlamaSettings::new(model());
    settings.address_space = Some(16 << 20);
    let error = LlamaEngine::new(worker(), settings.clone()).unwrap().info().unwrap_err();
    assert!(["model.memory", "model.file", "model.worker"].contains(&error.code()), "{error}");

    // Room for a small context, not for a large one: a long prompt makes the context grow beyond it.
    settings.address_space = Some(1 << 30);
    let engine = LlamaEngine::new(worker(), settings).unwrap();
    let outcome = engine.score(&request(2), &mut NoSink, &Cancel::new());
    assert!(outcome.is_ok() || outcome.is_err_and(|e| e.code() == "model.memory"));
}

#[test]
fn the_worker_ends_with_the_application() {
    let _turn = turn();
    let place = Place::new();
    let many: Vec<Value> = (0..200).map(|i| case(&i.to_string())).collect();
    let input = place.write("cases.jsonl", jsonl(&many));
    let out = place.path("out.jsonl");
    let mut program = place
        .command(&[
            "suggest",
            "--cases",
            input.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
            "--model",
            model().to_str().unwrap(),
        ])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let workers = loop {
        let workers = children(program.id());
        if !workers.is_empty() || start.elapsed() > Duration::from_secs(30) {
            break workers;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(workers.len(), 1);
    kill(program.id());
    program.wait().unwrap();
    let gone = || !std::path::Path::new(&format!("/proc/{}", workers[0])).exists();
    let start = Instant::now();
    while !gone() && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(gone(), "the worker outlived the application");
}

#[test]
fn memory_stays_within_what_the_model_needs_and_300_mb() {
    let _turn = turn();
    // The kernel's peak of the worker: file (mapped), KV cache of 2,048 tokens, and working memory.
    let engine = engine();
    engine.score(&request(100), &mut NoSink, &Cancel::new()).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", engine.worker_id().unwrap())).unwrap();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches("kB").trim().parse().unwrap();
    let info = engine.info().unwrap();
    let needs = info.bytes + 2048 * info.kv_bytes_per_token;
    assert!(peak * 1024 < needs + (300 << 20), "peak {} MiB, model and cache {} MiB", peak / 1024, needs >> 20);
}
