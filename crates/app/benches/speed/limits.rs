//! How far from what the machine can do: weights read for a token that is written beside the bandwidth of the memory, and
//! arithmetic of a prompt that is read beside the rate of plain products of matrices.

use std::path::Path;
use std::time::Instant;

use bogam_engine::gguf::Header;
use candle_core::{Device, Tensor};

use crate::table::{Table, median};
use crate::{Bogam, file_name};

/// Bytes that a thread sums up: far more than caches hold.
const BYTES: usize = 512 << 20;

/// Rows and columns of the matrices.
const SIDE: usize = 1536;

const TURNS: usize = 5;

pub fn measure(models: &[&Path], table: &mut Table) {
    for model in models {
        table.section(&format!("limits of the machine, {}", file_name(model)));
        beside(model, table);
    }
}

fn beside(model: &Path, table: &mut Table) {
    let bogam = Bogam::open(model);
    let threads = bogam.threads();
    let (bandwidth, products) = (bandwidth(threads), products());
    let ask = |turn: usize, words: usize, tokens: usize| {
        let text = "The patient was admitted with dyspnoea and is treated on a ward. ".repeat(words);
        bogam.write(format!("{turn}. {text}"), tokens)
    };
    ask(0, 1, 8);
    let (mut reading, mut writing) = (Vec::new(), Vec::new());
    for turn in 1..=TURNS {
        let read = ask(turn, 30, 1);
        reading.push((read.prompt_tokens - read.reused_tokens) as f64 / read.prefill_ms as f64 * 1e3);
        let written = ask(turn, 1, 64);
        writing.push(written.tokens.len() as f64 / written.generate_ms as f64 * 1e3);
    }
    let (reading, writing) = (median(reading), median(writing));
    let (header, info) = (Header::read(model).unwrap(), bogam.engine().info().unwrap());
    // The words' matrix is looked up in, and read whole as the output's matrix only; once a prompt, for its last token.
    let words = info.vocabulary as u64 * header.number("llama.embedding_length").unwrap();
    let inner = info.parameters - words;
    let read = header.file_bytes as f64 * writing;
    let computed = 2.0 * inner as f64 * reading;
    table.figure("memory, summed up by as many threads", bandwidth / 1e9, "GB/s");
    table.figure("weights read while writing", read / 1e9, "GB/s");
    table.figure("share of the memory's bandwidth", read / bandwidth, "");
    table.figure("products of f32 matrices", products / 1e9, "GFLOP/s");
    table.figure("the same arithmetic while reading a prompt", computed / 1e9, "GFLOP/s");
    table.figure("share of the rate of f32 products", computed / products, "");
}

/// Bytes a second that threads can read together.
fn bandwidth(threads: u32) -> f64 {
    let data: Vec<Vec<u64>> = (0..threads).map(|i| vec![u64::from(i) + 1; BYTES / 8]).collect();
    let once = || {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for part in &data {
                scope.spawn(|| std::hint::black_box(part.iter().fold(0_u64, |sum, &x| sum.wrapping_add(x))));
            }
        });
        (data.len() * BYTES) as f64 / start.elapsed().as_secs_f64()
    };
    (0..TURNS).map(|_| once()).fold(0.0, f64::max)
}

/// Operations a second in a product of two matrices.
fn products() -> f64 {
    let matrix = || Tensor::rand(-1_f32, 1_f32, (SIDE, SIDE), &Device::Cpu).unwrap();
    let (a, b) = (matrix(), matrix());
    let once = || {
        let start = Instant::now();
        std::hint::black_box(a.matmul(&b).unwrap());
        2.0 * (SIDE as f64).powi(3) / start.elapsed().as_secs_f64()
    };
    (0..TURNS).map(|_| once()).fold(0.0, f64::max)
}
