//! A file of the exact shape of Llama-3.1-8B with random weights, made when asked for: loading, memory, reading and writing
//! at true size without the weights.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bogam_app::convert::PROBES;
use bogam_clinical::input::read_case;
use bogam_engine::gguf::Header;
use bogam_engine::llama::needs;
use bogam_engine::{Cancel, NoSink, ScoreRequest};
use bogam_testkit::{Shape, root, starter_model};

use crate::batch::{family, peak};
use crate::peer::{folder, llama_bench};
use crate::table::Table;
use crate::{Bogam, program};

pub fn measure(table: &mut Table) {
    let model = root().join("target/bench/llama-3.1-8b-shape.Q4_0.gguf");
    if !model.exists() {
        let half = model.with_extension("part");
        Shape::LLAMA_3_1_8B.write(&half, &starter_model());
        std::fs::rename(&half, &model).unwrap();
    }
    let header = Header::read(&model).unwrap();
    table.section("the shape of Llama-3.1-8B, Q4_0");
    table.figure("the file", header.file_bytes as f64 / 1e6, "MB");
    loading(&model, table);
    at_work(&model, &header, table);
    too_little(&model);
}

/// From nothing until it can be asked, ours, and until a token is written, theirs, in turns; the file is in the page cache.
fn loading(model: &Path, table: &mut Table) {
    let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
    for _ in 0..2 {
        let start = Instant::now();
        let status = Command::new(folder().join("llama-bench"))
            .args(["-p", "0", "-n", "1", "-r", "1", "--no-warmup", "-ngl", "0", "-m"])
            .arg(model)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        theirs = theirs.min(start.elapsed().as_secs_f64());
        let bogam = Bogam::open(model);
        let start = Instant::now();
        bogam.engine().info().unwrap();
        ours = ours.min(start.elapsed().as_secs_f64());
    }
    table.figure("llama-bench: loaded, and one token written", theirs, "s");
    table.figure("Bogam: loaded in another process, ready to be asked", ours, "s");
    table.at_most("ours over theirs", ours / theirs, 1.2);
}

fn at_work(model: &Path, header: &Header, table: &mut Table) {
    let bogam = Bogam::open(model);
    let threads = bogam.threads();
    let (reading, writing) = llama_bench(model, threads, 128, 16);
    let read = read_case(PROBES.lines().next().unwrap()).unwrap_or_else(|fault| panic!("{:?}", fault.errors));
    let prompt = bogam.prompts.for_case(&read.case, &bogam.knowledge);
    let all: Vec<String> =
        bogam.knowledge.drugs().map(|d| format!(" {}\n", bogam.knowledge.ingredient(d).id())).collect();
    let request = ScoreRequest { prompt, continuations: all[..48].to_vec(), among: all.clone() };
    let scores = bogam.engine().score(&request, &mut NoSink, &Cancel::new()).unwrap();
    let text = bogam.write("What is heart failure?".to_owned(), 16);
    table.figure("llama-bench: reading 128 tokens", reading, "tokens/s");
    let evaluated = (scores.prompt_tokens - scores.reused_tokens) as f64;
    table.figure("Bogam: reading a case", evaluated / scores.prefill_ms as f64 * 1e3, "tokens/s");
    table.figure("Bogam: 48 names scored", scores.score_ms as f64 / 1e3, "s");
    table.figure("llama-bench: writing", writing, "tokens/s");
    table.figure("Bogam: writing", text.tokens.len() as f64 / text.generate_ms as f64 * 1e3, "tokens/s");
    let worker = family(std::process::id()).into_iter().find(|&id| id != std::process::id() && is_worker(id));
    let measured = peak(worker.expect("no worker")) as f64;
    let context = u64::from(2048_u32);
    let kv = (context * header.kv_bytes_per_token()) as f64;
    let estimate = needs(header, 2048) as f64;
    table.figure("memory of the worker at its highest", measured / 1e6, "MB");
    table.at_most("memory beyond file and KV cache, MB", (measured - header.file_bytes as f64 - kv) / 1e6, 400.0);
    table.figure("what was estimated before", estimate / 1e6, "MB");
    table.at_most("estimate off by, share", (estimate / measured - 1.0).abs(), 0.05);
}

fn is_worker(id: u32) -> bool {
    std::fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.windows(8).any(|part| part == b"__worker"))
}

/// With an address space of 4 GB the program says why it cannot, and is not killed.
fn too_little(model: &Path) {
    let home = tempfile::tempdir().unwrap();
    let case = home.path().join("case.jsonl");
    std::fs::write(&case, PROBES.lines().next().unwrap()).unwrap();
    let start = Instant::now();
    let output = Command::new("bash")
        .args(["-c", "ulimit -v 4000000; exec \"$@\"", "bash"])
        .arg(program())
        .args(["suggest", "--out", "-", "--cases"])
        .arg(&case)
        .arg("--model")
        .arg(model)
        .env("BOGAM_HOME", home.path())
        .output()
        .unwrap();
    println!(
        "  under 4 GB: exit {:?} after {:.1} s: {}",
        output.status.code(),
        start.elapsed().as_secs_f64(),
        String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("")
    );
    assert!(output.status.code().is_some(), "it was killed");
    assert!(start.elapsed() < Duration::from_secs(120));
}
