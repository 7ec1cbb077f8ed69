//! A whole suggestion, from the case to the ranked and checked list, beside llama.cpp's own server that writes a list of
//! drugs for the same prompt under a grammar of the same names: same model file, same threads, same machine, in turns.
//! Prints a table and writes `target/bench/speed.json`.
//!
//! `BOGAM_PEERS` names the folder of `llama-server` (`scripts/build-peers` makes `target/peers/bin`); further arguments
//! are model files, the starter model without any.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    missing_docs
)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bogam_app::assets;
use bogam_app::open::{EngineOptions, ModelChoice, open};
use bogam_clinical::input::read_case;
use bogam_clinical::record::SuggestionRecord;
use bogam_engine::llama::{WORKER_COMMAND, WorkerCommand};
use bogam_engine::{Cancel, NoSink, Prompt, Role};
use bogam_suggest::{Options, Suggester, Weights};
use bogam_testkit::root;
use serde_json::{Value, json};

/// Cases that are measured, and before them those that are not.
const CASES: usize = 24;
const WARM_UP: usize = 3;

/// Names of the grammar.
const NAMES: usize = 48;

/// Drugs that the server writes.
const LISTED: usize = 24;

/// Tokens of as many names, without a grammar and its cost.
const UNBOUND: usize = LISTED * 5;

/// Targets: how many times faster the median and the 95th percentile are to be.
const TARGET: (f64, f64) = (2.5, 2.0);

fn main() {
    let models: Vec<PathBuf> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).map(PathBuf::from).collect();
    let starter = root().join("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let models = if models.is_empty() { vec![starter] } else { models };
    let peers = std::env::var_os("BOGAM_PEERS").map_or_else(|| root().join("target/peers/bin"), PathBuf::from);
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let results: Vec<Value> = models.iter().map(|model| compare(model, &peers.join("llama-server"))).collect();
    std::fs::write(folder.join("speed.json"), serde_json::to_string_pretty(&results).unwrap()).unwrap();
}

fn compare(model: &Path, server: &Path) -> Value {
    let knowledge = assets::knowledge(&[]).unwrap();
    let prompts = assets::prompts().unwrap();
    let program = root().join("target/release/bogam");
    let worker = WorkerCommand { program, arguments: vec![WORKER_COMMAND.to_owned()] };
    let options = EngineOptions { worker: Some(worker), ..EngineOptions::default() };
    let opened = open(&ModelChoice::File(model.to_owned()), &options).unwrap();
    let suggester = Suggester::new(&knowledge, &prompts, opened.engine(), Weights::default()).unwrap();
    let threads = opened.engine().unwrap().info().unwrap().threads;
    let peer = Server::start(server, model, threads);
    let wanted = Options { advice: false, ..Options::default() };
    let (mut ours, mut theirs, mut free, mut prompt_tokens) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for i in 0..WARM_UP + CASES {
        let read = read_case(&case(i).to_string()).unwrap_or_else(|fault| panic!("{:?}", fault.errors));
        let start = Instant::now();
        let record = suggester.suggest(&read.case, (&[], ""), &wanted, &mut NoSink, &Cancel::new()).unwrap();
        let own = start.elapsed();
        let prompt = prompts.for_case(&read.case, &knowledge);
        let bound = peer.list(&prompt, Some(&names(&record)));
        let unbound = peer.list(&prompt, None);
        if i >= WARM_UP {
            ours.push(own.as_secs_f64() * 1e3);
            theirs.push(bound.took.as_secs_f64() * 1e3);
            free.push(bound.prompt_ms + unbound.writing_ms);
            prompt_tokens.push(bound.prompt_tokens);
        }
    }
    ours.sort_by(f64::total_cmp);
    theirs.sort_by(f64::total_cmp);
    free.sort_by(f64::total_cmp);
    prompt_tokens.sort_by(f64::total_cmp);
    let ratio = (at(&theirs, 0.5) / at(&ours, 0.5), at(&theirs, 0.95) / at(&ours, 0.95));
    let name = model.file_name().unwrap().to_string_lossy().into_owned();
    println!(
        "{name}, {threads} threads, {CASES} cases, prompts of {:.0}-{:.0} tokens",
        prompt_tokens[0],
        at(&prompt_tokens, 1.0)
    );
    println!("{:<42}{:>10}{:>10}", "milliseconds", "median", "p95");
    println!("{:<42}{:>10.0}{:>10.0}", "Bogam: ranked, checked list", at(&ours, 0.5), at(&ours, 0.95));
    println!("{:<42}{:>10.0}{:>10.0}", format!("llama-server: {LISTED} names"), at(&theirs, 0.5), at(&theirs, 0.95));
    println!(
        "{:<42}{:>10.0}{:>10.0}",
        format!("llama-server: {UNBOUND} tokens, no grammar"),
        at(&free, 0.5),
        at(&free, 0.95)
    );
    let met = |ratio: f64, target: f64| if ratio >= target { "met" } else { "missed" };
    println!(
        "times faster: median {:.2} (target {}: {}), p95 {:.2} (target {}: {})\n",
        ratio.0,
        TARGET.0,
        met(ratio.0, TARGET.0),
        ratio.1,
        TARGET.1,
        met(ratio.1, TARGET.1)
    );
    json!({
        "what": "whole suggestion beside llama-server", "model": name, "threads": threads, "cases": CASES,
        "prompt_tokens": [prompt_tokens[0], at(&prompt_tokens, 0.5), at(&prompt_tokens, 1.0)],
        "bogam_ms": {"median": at(&ours, 0.5), "p95": at(&ours, 0.95), "all": ours},
        "llama_server_ms": {"median": at(&theirs, 0.5), "p95": at(&theirs, 0.95), "all": theirs},
        "llama_server_unbound_ms": {"median": at(&free, 0.5), "p95": at(&free, 0.95), "tokens": UNBOUND},
        "ratio": {"median": ratio.0, "p95": ratio.1}, "target": {"median": TARGET.0, "p95": TARGET.1},
    })
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// The most probable candidates: as many as the model scores.
fn names(record: &SuggestionRecord) -> Vec<String> {
    let listed = record.drugs.iter().map(|d| (d.probability, &d.ingredient));
    let withheld = record.withheld.iter().map(|d| (d.probability, &d.ingredient));
    let considered = record.considered.iter().map(|d| (d.probability, &d.ingredient));
    let mut all: Vec<_> = listed.chain(withheld).chain(considered).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.into_iter().take(NAMES).map(|(_, name)| name.clone()).collect()
}

/// A made-up inpatient: three to sixteen diagnoses, no to five drugs.
fn case(i: usize) -> Value {
    const CODES: [&str; 36] = [
        "I50.23", "I10", "E11.9", "N18.4", "J44.1", "I48.91", "N17.9", "J18.9", "K21.9", "E78.5", "F32.9", "G40.909",
        "I25.10", "K70.30", "A41.9", "N39.0", "E03.9", "D64.9", "M17.9", "I63.9", "L03.115", "K92.2", "E87.6",
        "J96.01", "R65.21", "I21.4", "G20", "M10.9", "N40.1", "F10.230", "I26.99", "C34.90", "K85.90", "J45.901",
        "K50.90", "M06.9",
    ];
    const DRUGS: [&str; 12] = [
        "Furosemide",
        "Metformin",
        "Warfarin",
        "Lisinopril",
        "Atorvastatin",
        "Metoprolol",
        "Aspirin",
        "Omeprazole",
        "Levothyroxine",
        "Sertraline",
        "Amlodipine",
        "Gabapentin",
    ];
    let count = [3, 5, 8, 12, 16][i % 5];
    // Steps that have no divisor in common with the number of codes: no code twice.
    let diagnoses = (0..count).map(
        |k| json!({"system": "icd10", "code": CODES[(7 * i + (2 * (i % 3) + 5) * k) % CODES.len()], "rank": k + 1}),
    );
    let drugs = (0..i % 6).map(|k| json!({"name": DRUGS[(3 * i + 5 * k) % DRUGS.len()]}));
    json!({
        "case_id": format!("made-up-{i}"), "as_of": "2026-03-02T09:00:00",
        "patient": {
            "age_years": 30 + (17 * i) % 60, "sex": if i.is_multiple_of(2) { "F" } else { "M" }, "weight_kg": 50 + (11 * i) % 40,
            "height_cm": 165, "creatinine_mg_dl": 0.6 + (i % 10) as f64 * 0.2, "creatinine_stable": true, "dialysis": false,
            "hepatic_impairment": "none", "pregnant": false, "allergies": [], "current_drugs": drugs.collect::<Vec<_>>(),
        },
        "admission": {"setting": "inpatient"},
        "diagnoses": diagnoses.collect::<Vec<_>>(),
    })
}

/// What the server wrote, in time.
struct Written {
    took: Duration,
    prompt_tokens: f64,
    prompt_ms: f64,
    writing_ms: f64,
}

/// llama.cpp's server, ended with this value.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(program: &Path, model: &Path, threads: u32) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let threads = threads.to_string();
        let process = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "-c", "4096", "-np", "1"])
            .args(["-t", &threads, "-tb", &threads, "-m"])
            .arg(model)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(root().join("target/bench/llama-server.log")).unwrap())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}; run scripts/build-peers", program.display()));
        let server = Self { process, address: format!("http://127.0.0.1:{port}") };
        let start = Instant::now();
        while ureq::get(format!("{}/health", server.address)).call().is_err() {
            assert!(start.elapsed() < Duration::from_secs(120), "llama-server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = ureq::post(format!("{}/{path}", self.address)).send_json(body);
        answer.unwrap().body_mut().read_json().unwrap()
    }

    /// Writes a list of these names, or tokens of what it likes.
    fn list(&self, prompt: &Prompt, names: Option<&[String]>) -> Written {
        let role = |role: Role| match role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let turns = prompt.messages.iter().map(|m| json!({"role": role(m.role), "content": m.content}));
        let text = self.post("apply-template", &json!({"messages": turns.collect::<Vec<_>>()}));
        let text = format!("{}{}", text["prompt"].as_str().unwrap(), prompt.answer_prefix);
        let mut body = json!({"prompt": text, "temperature": 0, "cache_prompt": true});
        if let Some(names) = names {
            let names: Vec<String> = names.iter().map(|name| json!(name).to_string()).collect();
            let (more, names) = (LISTED - 1, names.join(" | "));
            body["n_predict"] = json!(1024);
            body["grammar"] =
                json!(format!("root ::= item (\"-\" item){{{more}}}\nitem ::= \" \" name \"\\n\"\nname ::= {names}\n"));
        } else {
            body["n_predict"] = json!(UNBOUND);
            body["ignore_eos"] = json!(true);
        }
        let start = Instant::now();
        let answer = self.post("completion", &body);
        let took = start.elapsed();
        if names.is_some() {
            assert_eq!(answer["content"].as_str().unwrap().lines().count(), LISTED, "{answer}");
        }
        let said = |name: &str| answer["timings"][name].as_f64().unwrap_or(0.0);
        Written {
            took,
            prompt_tokens: said("prompt_n") + said("cache_n"),
            prompt_ms: said("prompt_ms"),
            writing_ms: said("predicted_ms"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
