//! How fast a suggestion comes, and what it is made of, beside llama.cpp's own programs on the same file with the same threads
//! on the same machine, in turns. Prints every figure with its target and writes `target/bench/speed.json`.
//!
//! `speed [PART ...] [MODEL [CONVERTED]]`: parts are `lists`, `writing`, `edited`, `batch`, `growth`, `limits` and `large`; all but the
//! last without any. Models are GGUF files: the starter model, and what `bogam model convert` made of it, without any.
//! `BOGAM_PEERS` names the folder of `llama-server` and `llama-bench` (`scripts/build-peers` makes `target/peers/bin`).
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

mod batch;
mod edited;
mod growth;
mod large;
mod limits;
mod lists;
mod peer;
mod table;
mod writing;

use std::path::{Path, PathBuf};

use bogam_app::assets;
use bogam_app::open::{EngineOptions, ModelChoice, Opened, open};
use bogam_engine::llama::{WORKER_COMMAND, WorkerCommand};
use bogam_engine::{Cancel, Constraint, Engine, GenerateRequest, Generated, Message, NoSink, Prompt, Role, Sampling};
use bogam_knowledge::KnowledgeBase;
use bogam_suggest::{Prompts, Suggester, Weights};
use bogam_testkit::root;

use table::Table;

const PARTS: [&str; 6] = ["lists", "writing", "edited", "batch", "growth", "limits"];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let (files, parts): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.ends_with(".gguf"));
    let parts: Vec<&str> =
        if parts.is_empty() { PARTS.to_vec() } else { parts.into_iter().map(String::as_str).collect() };
    let starter = root().join("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let models: Vec<PathBuf> = if files.is_empty() {
        [starter].into_iter().chain(converted()).collect()
    } else {
        files.into_iter().map(PathBuf::from).collect()
    };
    let models: Vec<&Path> = models.iter().map(PathBuf::as_path).collect();
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let mut table = Table::default();
    for part in parts {
        match part {
            "lists" => lists::compare(&models, &mut table),
            "writing" => writing::measure(models[0], &mut table),
            "edited" => edited::measure(&models, &mut table),
            "batch" => batch::measure(&models, &mut table),
            "growth" => growth::measure(models[0], &mut table),
            "limits" => limits::measure(&models, &mut table),
            "large" => large::measure(&mut table),
            other => panic!("{other}: no part of this; parts are {PARTS:?} and large"),
        }
        let file = folder.join("speed.json");
        let earlier = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::write(file, table.json(&earlier)).unwrap();
    }
}

/// What `scripts/bench-speed` had converted.
fn converted() -> Option<PathBuf> {
    let folder = std::fs::read_dir(root().join("target/bench/home/models")).ok()?;
    folder.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "gguf"))
}

fn file_name(model: &Path) -> String {
    model.file_name().unwrap().to_string_lossy().into_owned()
}

/// A text to be written freely, the most probable word each time.
fn free(text: String, max_tokens: usize) -> GenerateRequest {
    let messages = vec![Message { role: Role::User, content: text }];
    let prompt = Prompt { messages, answer_prefix: String::new(), fixed: 0 };
    GenerateRequest { prompt, constraint: Constraint::Free, sampling: Sampling::greedy(), max_tokens }
}

fn program() -> PathBuf {
    root().join("target/release/bogam")
}

/// A model behind a worker, as the program has it.
struct Bogam {
    opened: Opened,
    knowledge: KnowledgeBase,
    prompts: Prompts,
}

impl Bogam {
    fn open(model: &Path) -> Self {
        let worker = WorkerCommand { program: program(), arguments: vec![WORKER_COMMAND.to_owned()] };
        let options = EngineOptions { worker: Some(worker), ..EngineOptions::default() };
        let opened = open(&ModelChoice::File(model.to_owned()), &options).unwrap();
        Self { opened, knowledge: assets::knowledge(&[]).unwrap(), prompts: assets::prompts().unwrap() }
    }

    fn engine(&self) -> &dyn Engine {
        self.opened.engine().unwrap()
    }

    fn write(&self, text: String, max_tokens: usize) -> Generated {
        self.engine().generate(&free(text, max_tokens), &mut NoSink, &Cancel::new()).unwrap()
    }

    fn threads(&self) -> u32 {
        self.engine().info().unwrap().threads
    }

    fn suggester(&self) -> Suggester<'_> {
        Suggester::new(&self.knowledge, &self.prompts, self.opened.engine(), Weights::default()).unwrap()
    }
}
