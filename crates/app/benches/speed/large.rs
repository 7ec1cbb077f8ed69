//! A file of the exact shape of Llama-3.1-8B with random weights, made when asked for: loading, memory, reading and writing
//! at true size without the weights.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bogam_app::convert::PROBES;
use bogam_clinical::input::read_case;
use bogam_engine::gguf::Header;
use bogam_engine::llama::needs;
use bogam_engine::{Cancel, Constraint, GenerateRequest, Message, NoSink, Prompt, Role, Sampling, ScoreRequest};
use bogam_testkit::root;

use crate::batch::{family, peak};
use crate::peer::{folder, llama_bench};
use crate::table::Table;
use crate::{Bogam, program};

const LAYERS: u32 = 32;
const WIDTH: u64 = 4096;
const KV_WIDTH: u64 = 1024;
const INNER: u64 = 14_336;
const WORDS: u64 = 128_256;
const CONTEXT: u32 = 131_072;

/// Blocks of 32 weights: a scale of two bytes, and four bits each.
const Q4_0: (u32, u64, u64) = (2, 32, 18);
const F32: (u32, u64, u64) = (0, 1, 4);

pub fn measure(table: &mut Table) {
    let model = root().join("target/bench/llama-3.1-8b-shape.Q4_0.gguf");
    if !model.exists() {
        let half = model.with_extension("part");
        write(&half, &root().join("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
        std::fs::rename(&half, &model).unwrap();
    }
    let header = Header::read(&model).unwrap();
    table.section("the shape of Llama-3.1-8B, Q4_0");
    table.figure("the file", header.file_bytes as f64 / 1e6, "MB");
    loading(&model, table);
    at_work(&model, &header, table);
    too_little(&model);
}

/// From nothing to the first token, ours and theirs, in turns; the file is in the page cache.
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
        write_text(&bogam, "Hello.", 1);
        ours = ours.min(start.elapsed().as_secs_f64());
    }
    table.figure("llama-bench: loaded, and one token written", theirs, "s");
    table.figure("Bogam: the same, in another process", ours, "s");
    table.at_most("ours over theirs", ours / theirs, 1.2);
}

fn write_text(bogam: &Bogam, text: &str, max_tokens: usize) -> bogam_engine::Generated {
    let messages = vec![Message { role: Role::User, content: text.to_owned() }];
    let request = GenerateRequest {
        prompt: Prompt { messages, answer_prefix: String::new(), fixed: 0 },
        constraint: Constraint::Free,
        sampling: Sampling::greedy(),
        max_tokens,
    };
    bogam.engine().generate(&request, &mut NoSink, &Cancel::new()).unwrap()
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
    let text = write_text(&bogam, "What is heart failure?", 16);
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

/// Writes the file: metadata of the starter model, with the shape of the large one and as many words.
fn write(path: &Path, starter: &Path) {
    let tensors = tensors();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let kept = metadata(starter);
    let shape: [(&str, u32); 9] = [
        ("llama.block_count", LAYERS),
        ("llama.context_length", CONTEXT),
        ("llama.embedding_length", WIDTH as u32),
        ("llama.feed_forward_length", INNER as u32),
        ("llama.attention.head_count", 32),
        ("llama.attention.head_count_kv", 8),
        ("llama.rope.dimension_count", 128),
        ("llama.vocab_size", WORDS as u32),
        ("general.file_type", 2),
    ];
    out.write_all(b"GGUF").unwrap();
    put(&mut out, 3_u32.to_le_bytes());
    put(&mut out, (tensors.len() as u64).to_le_bytes());
    put(&mut out, ((kept.len() + shape.len() + 1) as u64).to_le_bytes());
    for (key, value) in shape {
        string(&mut out, key);
        put(&mut out, 4_u32.to_le_bytes());
        put(&mut out, value.to_le_bytes());
    }
    string(&mut out, "llama.rope.freq_base");
    put(&mut out, 6_u32.to_le_bytes());
    put(&mut out, 500_000_f32.to_le_bytes());
    for pair in &kept {
        out.write_all(pair).unwrap();
    }
    let mut offset = 0_u64;
    for (name, shape, (kind, ..)) in &tensors {
        string(&mut out, name);
        put(&mut out, (shape.len() as u32).to_le_bytes());
        shape.iter().for_each(|n| put(&mut out, n.to_le_bytes()));
        put(&mut out, kind.to_le_bytes());
        put(&mut out, offset.to_le_bytes());
        offset += bytes(shape, *kind).next_multiple_of(32);
    }
    let at = out.stream_position().unwrap();
    pad(&mut out, at);
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for (_, shape, (kind, ..)) in &tensors {
        let bytes = bytes(shape, *kind);
        if *kind == F32.0 {
            (0..bytes / 4).for_each(|_| put(&mut out, 1_f32.to_le_bytes()));
        } else {
            for _ in 0..bytes / Q4_0.2 {
                // A scale of 2^-8 or so, and random steps: about what trained weights are.
                put(&mut out, 0x1C00_u16.to_le_bytes());
                for _ in 0..2 {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    put(&mut out, random.to_le_bytes());
                }
            }
        }
        pad(&mut out, bytes);
    }
    out.flush().unwrap();
}

fn put<const N: usize>(out: &mut impl Write, bytes: [u8; N]) {
    out.write_all(&bytes).unwrap();
}

fn string(out: &mut impl Write, text: &str) {
    put(out, (text.len() as u64).to_le_bytes());
    out.write_all(text.as_bytes()).unwrap();
}

/// Zeros up to a multiple of 32.
fn pad(out: &mut impl Write, written: u64) {
    out.write_all(&[0; 32][..(written.next_multiple_of(32) - written) as usize]).unwrap();
}

fn bytes(shape: &[u64], kind: u32) -> u64 {
    let (_, weights, bytes) = if kind == F32.0 { F32 } else { Q4_0 };
    shape.iter().product::<u64>() / weights * bytes
}

type Tensor = (String, Vec<u64>, (u32, u64, u64));

fn tensors() -> Vec<Tensor> {
    let mut all = vec![("token_embd.weight".to_owned(), vec![WIDTH, WORDS], Q4_0)];
    for layer in 0..LAYERS {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        all.extend([
            (name("attn_norm"), vec![WIDTH], F32),
            (name("attn_q"), vec![WIDTH, WIDTH], Q4_0),
            (name("attn_k"), vec![WIDTH, KV_WIDTH], Q4_0),
            (name("attn_v"), vec![WIDTH, KV_WIDTH], Q4_0),
            (name("attn_output"), vec![WIDTH, WIDTH], Q4_0),
            (name("ffn_norm"), vec![WIDTH], F32),
            (name("ffn_gate"), vec![WIDTH, INNER], Q4_0),
            (name("ffn_up"), vec![WIDTH, INNER], Q4_0),
            (name("ffn_down"), vec![INNER, WIDTH], Q4_0),
        ]);
    }
    all.push(("output_norm.weight".to_owned(), vec![WIDTH], F32));
    all.push(("output.weight".to_owned(), vec![WIDTH, WORDS], Q4_0));
    all
}

/// The starter model's metadata as bytes, pair by pair, without its shape and with more words.
fn metadata(starter: &Path) -> Vec<Vec<u8>> {
    let mut file = File::open(starter).unwrap();
    let mut start = vec![0; 16 << 20];
    file.seek(SeekFrom::Start(0)).unwrap();
    let length = read_all(&mut file, &mut start);
    let mut at = Cursor { bytes: &start[..length], at: 16 };
    let pairs = at.number(8);
    let mut kept = Vec::new();
    for _ in 0..pairs {
        let from = at.at;
        let key = at.text();
        let kind = at.number(4);
        let value = at.at;
        let element = if kind == 9 { at.number(4) } else { kind };
        let count = if kind == 9 { at.number(8) } else { 1 };
        let body = at.at;
        (0..count).for_each(|_| at.skip(element));
        if (key.starts_with("llama.") && key != "llama.attention.layer_norm_rms_epsilon") || key == "general.file_type"
        {
            continue;
        }
        let mut pair = start[from..value].to_vec();
        if kind == 9 && count > 40_000 && key != "tokenizer.ggml.merges" {
            pair.extend(start[value..value + 4].iter());
            pair.extend(WORDS.to_le_bytes());
            pair.extend(&start[body..at.at]);
            for n in count..WORDS {
                match element {
                    8 => string(&mut pair, &format!("<|unused_{n}|>")),
                    // Unused words are control words; none has a score.
                    5 => pair.extend(3_i32.to_le_bytes()),
                    _ => pair.extend(0_f32.to_le_bytes()),
                }
            }
        } else {
            pair.extend(&start[value..at.at]);
        }
        kept.push(pair);
    }
    kept
}

fn read_all(file: &mut File, into: &mut [u8]) -> usize {
    let mut filled = 0;
    loop {
        match file.read(&mut into[filled..]).unwrap() {
            0 => return filled,
            n => filled += n,
        }
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn number(&mut self, width: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(&self.bytes[self.at..self.at + width]);
        self.at += width;
        u64::from_le_bytes(bytes)
    }

    fn text(&mut self) -> String {
        let length = self.number(8) as usize;
        self.at += length;
        String::from_utf8_lossy(&self.bytes[self.at - length..self.at]).into_owned()
    }

    fn skip(&mut self, kind: u64) {
        self.at += match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => self.number(8) as usize,
            other => panic!("an array in an array, or kind {other}"),
        };
    }
}
