//! Writing: beside `llama-bench` on the same file, under a grammar beside free, and with forced tokens beside token by token.

use std::path::Path;
use std::time::Instant;

use bogam_app::convert::PROBES;
use bogam_clinical::input::read_case;
use bogam_engine::llama::session::{Control, SessionSettings, load_model};
use bogam_engine::llama::{Footprint, Session};
use bogam_engine::{Constraint, GenerateRequest, Prompt};
use serde_json::json;

use crate::peer::llama_bench;
use crate::table::{Table, median};
use crate::{Bogam, file_name};

/// Tokens of a prompt that is read, and tokens that are written, as `llama-bench` takes them.
const READ: usize = 512;
const WRITTEN: usize = 128;

/// How often each is measured, in turns.
const TURNS: usize = 5;

pub fn measure(model: &Path, table: &mut Table) {
    table.section(&format!("writing, {}", file_name(model)));
    beside_llama_bench(model, table);
    let threads = Bogam::open(model).threads();
    under_a_grammar(model, threads, table);
    forced(model, threads, table);
}

/// Words enough for `READ` tokens, and other ones each time.
fn long(turn: usize) -> String {
    let words = "The patient was admitted with dyspnoea and oedema of both legs and is treated on a general ward. ";
    format!("{turn}. {}", words.repeat(READ / 20))
}

fn beside_llama_bench(model: &Path, table: &mut Table) {
    let bogam = Bogam::open(model);
    let (mut read, mut written, mut their_read, mut their_written) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    bogam.write("Warm up.".to_owned(), 8);
    for turn in 0..TURNS {
        let reading = bogam.write(long(turn), 1);
        assert!(reading.reused_tokens < 16, "the beginning is not to be taken over");
        read.push((reading.prompt_tokens - reading.reused_tokens) as f64 / reading.prefill_ms as f64 * 1e3);
        let start = ["What is heart failure?", "Write about the kidney.", "How does insulin work?"][turn % 3];
        let writing = bogam.write(format!("{turn}. {start} Explain at length."), WRITTEN);
        written.push(writing.tokens.len() as f64 / writing.generate_ms as f64 * 1e3);
        let (reading, writing) = llama_bench(model, bogam.threads(), READ, WRITTEN);
        their_read.push(reading);
        their_written.push(writing);
    }
    let (read, written) = (median(read), median(written));
    let (their_read, their_written) = (median(their_read), median(their_written));
    table.figure(&format!("llama-bench: reading {READ} tokens"), their_read, "tokens/s");
    table.figure("Bogam: the same", read, "tokens/s");
    table.at_least("Bogam's reading over llama-bench's", read / their_read, 0.97);
    table.figure(&format!("llama-bench: writing {WRITTEN} tokens"), their_written, "tokens/s");
    table.figure("Bogam: the same, with checks for loops and another process", written, "tokens/s");
    table.at_least("Bogam's writing over llama-bench's", written / their_written, 0.97);
}

struct Quiet;

impl Control for Quiet {
    fn cancelled(&self) -> bool {
        false
    }
    fn step(&mut self) {}
    fn prefill(&mut self, _done: usize, _total: usize) {}
    fn delta(&mut self, _text: &str) {}
    fn truncate(&mut self, _to: usize) {}
}

fn session(model: &Path, threads: u32, force: bool) -> Session {
    let settings =
        SessionSettings { footprint: Footprint::default(), threads, deterministic: false, adapter: None, force };
    let (loaded, adapter, gpu_layers) = load_model(model, &settings, |_| {}).unwrap();
    Session::new(loaded, adapter, gpu_layers, model, &settings).unwrap()
}

/// A grammar that allows nearly everything: what is left is what it costs.
const PROSE: &str = "start: /[A-Za-z0-9 ,.;:'()\\-\\n]+/";

fn under_a_grammar(model: &Path, threads: u32, table: &mut Table) {
    let mut session = session(model, threads, true);
    let (mut free, mut bound) = (Vec::new(), Vec::new());
    let mut each = |constraint: Constraint| {
        let mut took = |tokens: usize| {
            let question = crate::free("What is heart failure? Explain at length.".to_owned(), tokens);
            let question = GenerateRequest { constraint: constraint.clone(), ..question };
            let start = Instant::now();
            let written = session.generate(&question, &mut Quiet).unwrap();
            (start.elapsed().as_secs_f64() * 1e3, written.tokens.len())
        };
        // The difference of two lengths: the prompt and the grammar's compilation cancel out.
        let (short, few) = took(8);
        let (long, many) = took(96);
        (long - short) / (many - few) as f64
    };
    each(Constraint::Lark(PROSE.to_owned()));
    for _ in 0..2 * TURNS {
        free.push(each(Constraint::Free));
        bound.push(each(Constraint::Lark(PROSE.to_owned())));
    }
    let (free, bound) = (median(free), median(bound));
    table.figure("a token, free", free, "ms");
    table.figure("a token, under a grammar", bound, "ms");
    table.at_most("a token under a grammar over a free one", bound / free, 1.05);
}

/// A list of drugs as JSON, as a program would ask for it.
fn forced(model: &Path, threads: u32, table: &mut Table) {
    let names =
        ["furosemide", "metoprolol", "warfarin", "atorvastatin", "omeprazole", "insulin glargine", "lisinopril"];
    let drug = json!({
        "type": "object", "additionalProperties": false, "required": ["ingredient", "route", "as_needed"],
        "properties": {
            "ingredient": {"enum": names}, "route": {"enum": ["PO", "IV", "SC"]}, "as_needed": {"type": "boolean"},
        },
    });
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["drugs"],
        "properties": {"drugs": {"type": "array", "minItems": 12, "maxItems": 12, "items": drug}},
    });
    let read = read_case(PROBES.lines().next().unwrap()).unwrap_or_else(|fault| panic!("{:?}", fault.errors));
    let question = Bogam::open(model).prompts.for_case(&read.case, &bogam_app::assets::knowledge(&[]).unwrap());
    let question = Prompt { answer_prefix: String::new(), ..question };
    let mut sessions = [session(model, threads, true), session(model, threads, false)];
    let mut took = [Vec::new(), Vec::new()];
    let mut share = 0.0;
    for turn in 0..TURNS + 1 {
        for (session, took) in sessions.iter_mut().zip(&mut took) {
            let constraint = Constraint::JsonSchema(schema.clone());
            let asked = GenerateRequest { prompt: question.clone(), constraint, ..crate::free(String::new(), 1024) };
            let start = Instant::now();
            let written = session.generate(&asked, &mut Quiet).unwrap();
            let list: serde_json::Value = serde_json::from_str(&written.text).expect("not whole JSON");
            assert_eq!(list["drugs"].as_array().unwrap().len(), 12);
            share = f64::max(share, written.forced_tokens as f64 / written.tokens.len() as f64);
            if turn > 0 {
                took.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let [runs, one_by_one] = took.map(median);
    table.figure("share of a JSON list's tokens that are forced", share, "");
    table.figure("a JSON list of 12 drugs, forced tokens together", runs, "ms");
    table.figure("the same, token by token", one_by_one, "ms");
    table.at_least("times as fast", one_by_one / runs, 1.3);
}
