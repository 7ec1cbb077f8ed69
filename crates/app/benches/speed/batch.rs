//! Many cases: the program over a file, beside the server with four requests at a time.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bogam_app::convert::PROBES;
use bogam_clinical::input::read_case;
use bogam_clinical::record::SuggestionRecord;
use bogam_testkit::root;
use serde_json::{Value, json};

use crate::peer::{Server, names};
use crate::table::Table;
use crate::{Bogam, file_name, program};

/// Cases of the file.
const CASES: usize = 200;

/// Of these the server gets so many: it takes its time, and each is like the others.
const FOR_THE_SERVER: usize = 60;

/// Requests at a time.
const AT_A_TIME: usize = 4;

/// The made-up patients again and again, each time older, heavier and with other results.
fn cases() -> Vec<String> {
    let one = |i: usize| {
        let probes: Vec<&str> = PROBES.lines().collect();
        let mut case: Value = serde_json::from_str(probes[i % probes.len()]).unwrap();
        let round = i / probes.len();
        case["case_id"] = json!(format!("made-up-{i}"));
        let years = case["patient"]["age_years"].as_u64().unwrap();
        case["patient"]["age_years"] = json!(20 + (years + 7 * round as u64) % 70);
        case["patient"]["weight_kg"] = json!(50 + (13 * i) % 50);
        let diagnoses = case["diagnoses"].as_array_mut().unwrap();
        let count = diagnoses.len();
        diagnoses.rotate_left(round % count);
        for (rank, diagnosis) in diagnoses.iter_mut().enumerate() {
            diagnosis["rank"] = json!(rank + 1);
        }
        case.to_string()
    };
    (0..CASES).map(one).collect()
}

pub fn measure(models: &[&Path], table: &mut Table) {
    let cases = cases();
    let file = root().join("target/bench/batch.jsonl");
    std::fs::write(&file, cases.join("\n") + "\n").unwrap();
    table.section(&format!("{CASES} cases"));
    let mut records = Vec::new();
    let mut ours = Vec::new();
    for model in models {
        let ran = run(model, &file);
        records = if records.is_empty() { ran.records } else { records };
        ours.push((file_name(model), CASES as f64 / ran.took.as_secs_f64()));
        let over = ran.peak as f64 / 1e6 - std::fs::metadata(model).unwrap().len() as f64 / 1e6;
        table.at_most(&format!("{}: memory beyond the file, MB", file_name(model)), over, 300.0);
    }
    let theirs = served(models[0], &cases, &records);
    table.figure(&format!("llama-server -np {AT_A_TIME}, {}", file_name(models[0])), theirs, "cases/s");
    for (i, (name, rate)) in ours.into_iter().enumerate() {
        table.figure(&format!("{name}: the whole run of the program"), rate, "cases/s");
        table.at_least(&format!("{name}: times as many as the server"), rate / theirs, if i == 0 { 1.8 } else { 4.0 });
    }
}

struct Ran {
    took: Duration,
    /// Bytes that the program and its worker held at most, each at its own highest.
    peak: u64,
    records: Vec<SuggestionRecord>,
}

/// The program, from its start to its end.
fn run(model: &Path, cases: &Path) -> Ran {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out.jsonl");
    let start = Instant::now();
    let mut child = Command::new(program())
        .args(["suggest", "--advice", "no", "--format", "json", "--cases"])
        .arg(cases)
        .arg("--out")
        .arg(&out)
        .arg("--model")
        .arg(model)
        .env("BOGAM_HOME", home.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peaks = std::collections::BTreeMap::new();
    let status = loop {
        for id in family(child.id()) {
            peaks.insert(id, peak(id).max(peaks.get(&id).copied().unwrap_or(0)));
        }
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    let took = start.elapsed();
    assert!(status.success(), "{status}");
    let text = std::fs::read_to_string(&out).unwrap();
    let records: Vec<SuggestionRecord> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), CASES);
    Ran { took, peak: peaks.values().sum(), records }
}

/// A process and its children.
pub fn family(id: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    [id].into_iter().chain(children.split_whitespace().map(|child| child.parse().unwrap())).collect()
}

/// Bytes that a process held at most.
pub fn peak(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Cases a second of the server, asked by as many as it takes at a time.
fn served(model: &Path, cases: &[String], records: &[SuggestionRecord]) -> f64 {
    let bogam = Bogam::open(model);
    let server = Server::start(model, bogam.threads(), AT_A_TIME);
    let asked: Vec<_> = cases
        .iter()
        .zip(records)
        .take(FOR_THE_SERVER + AT_A_TIME)
        .map(|(line, record)| {
            let read = read_case(line).unwrap_or_else(|fault| panic!("{:?}", fault.errors));
            (bogam.prompts.for_case(&read.case, &bogam.knowledge), names(record))
        })
        .collect();
    let (warm, asked) = asked.split_at(AT_A_TIME);
    for (prompt, names) in warm {
        server.list(prompt, Some(names));
    }
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((prompt, names)) = asked.get(next.fetch_add(1, Ordering::Relaxed)) {
                    server.list(prompt, Some(names));
                }
            });
        }
    });
    asked.len() as f64 / start.elapsed().as_secs_f64()
}
