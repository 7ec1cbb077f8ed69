//! llama.cpp's own programs, to be measured against.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bogam_clinical::record::SuggestionRecord;
use bogam_engine::{Prompt, Role};
use bogam_testkit::root;
use serde_json::{Value, json};

/// Names of the grammar.
pub const NAMES: usize = 48;

/// Drugs that the server writes.
pub const LISTED: usize = 24;

/// Tokens of as many names, without a grammar and its cost.
pub const UNBOUND: usize = LISTED * 5;

/// Where the programs are.
pub fn folder() -> PathBuf {
    std::env::var_os("BOGAM_PEERS").map_or_else(|| root().join("target/peers/bin"), PathBuf::from)
}

/// The most probable candidates: as many as the model scores.
pub fn names(record: &SuggestionRecord) -> Vec<String> {
    let listed = record.drugs.iter().map(|d| (d.probability, &d.ingredient));
    let withheld = record.withheld.iter().map(|d| (d.probability, &d.ingredient));
    let considered = record.considered.iter().map(|d| (d.probability, &d.ingredient));
    let mut all: Vec<_> = listed.chain(withheld).chain(considered).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.into_iter().take(NAMES).map(|(_, name)| name.clone()).collect()
}

/// Tokens a second of `llama-bench`: reading a prompt of `prompt` tokens, and writing `written` with nothing before them.
pub fn llama_bench(model: &Path, threads: u32, prompt: usize, written: usize) -> (f64, f64) {
    let output = Command::new(folder().join("llama-bench"))
        .args(["-p", &prompt.to_string(), "-n", &written.to_string(), "-r", "3", "-t", &threads.to_string()])
        .args(["-ngl", "0", "-o", "json", "-m"])
        .arg(model)
        .stderr(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("llama-bench: {e}; run scripts/build-peers"));
    let tests: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let of = |key: &str| {
        let test = tests.iter().find(|t| t[key].as_u64().unwrap_or(0) > 0);
        test.map_or(0.0, |t| t["avg_ts"].as_f64().unwrap())
    };
    (of("n_prompt"), of("n_gen"))
}

/// What the server wrote, in time.
pub struct Written {
    pub took: Duration,
    pub prompt_ms: f64,
    pub writing_ms: f64,
}

/// llama.cpp's server, ended with this value.
pub struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts it with room for so many requests at a time, and waits until it answers.
    pub fn start(model: &Path, threads: u32, at_a_time: usize) -> Self {
        let program = folder().join("llama-server");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let threads = threads.to_string();
        let process = Command::new(&program)
            .args([
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "-c",
                &(4096 * at_a_time).to_string(),
                "-np",
                &at_a_time.to_string(),
            ])
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
    pub fn list(&self, prompt: &Prompt, names: Option<&[String]>) -> Written {
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
        Written { took, prompt_ms: said("prompt_ms"), writing_ms: said("predicted_ms") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
