//! How fast a model trains here, as JSON: `measure MODEL FOLDER TOKENS SEQUENCES STEPS LAYERS_AGAIN`. Steps of plain FFA-LoRA with
//! SGD, each on other tokens; the most memory; what matrix products alone reach. With `export` in place of the last word the
//! model, the adapter that it begins with and the tokens are written into FOLDER and nothing is measured, so that another
//! program can do the same steps (`scripts/bench-train`).
#![allow(
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing
)]

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use bogam_train::{Adapter, Base, Module, Rows, Training, exchange, export, peak};
use candle_core::{DType, Device, Tensor};

/// The published learning rate.
const RATE: f64 = 1e-3;

/// GFLOP/s of products of two large matrices.
fn gemm() -> anyhow::Result<f64> {
    let n = 1024;
    let (a, b) = (Tensor::rand(-1f32, 1., (n, n), &Device::Cpu)?, Tensor::rand(-1f32, 1., (n, n), &Device::Cpu)?);
    let mut best = f64::INFINITY;
    for _ in 0..8 {
        let start = Instant::now();
        a.matmul(&b)?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(2.0 * (n as f64).powi(3) / best / 1e9)
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let usage = "measure MODEL FOLDER TOKENS SEQUENCES STEPS yes|no|export";
    let [_, model, out, tokens, sequences, steps, mode] = arguments.as_slice() else { anyhow::bail!(usage) };
    let (tokens, sequences, steps): (usize, usize, usize) = (tokens.parse()?, sequences.parse()?, steps.parse()?);
    let (out, checkpointing) = (Path::new(out), mode == "yes");
    let before_model = peak().unwrap_or(0);
    let base = Base::open(Path::new(model))?;
    let model = base.load(DType::F32)?;
    let config = &model.config;
    let mut adapter = Adapter::new(config, &[Module::Q, Module::V], (16, 16.0), 1, DType::F32)?;
    // An answer is about an eighth of what a sample has.
    let answer = tokens * 7 / 8;
    let text = |step: usize, s: usize| -> Vec<u32> {
        (0..tokens).map(|i| ((i * 7919 + s * 104_729 + step * 31_337) % 40_000.min(config.vocabulary)) as u32).collect()
    };
    let batches: Vec<Vec<Vec<u32>>> = (0..=steps).map(|step| (0..sequences).map(|s| text(step, s)).collect()).collect();
    if mode == "export" {
        export::write_folder(&model, out)?;
        exchange::write_peft(&adapter, "base", 0.0, &out.join("adapter"))?;
        let written = serde_json::json!({"answer": answer, "rate": RATE, "batches": batches});
        return Ok(std::fs::write(out.join("batches.json"), written.to_string())?);
    }
    let mut losses = Vec::new();
    let mut seconds = Vec::new();
    for batch in &batches {
        let start = Instant::now();
        let mut rows = Rows::default();
        batch.iter().for_each(|text| rows.push(text, answer));
        let weight = 1.0 / rows.places.len() as f64;
        let training = Training { trains_a: false, dropout: 0.0, seed: 1, weight, checkpointing };
        let (loss, gradients) = model.gradients(&adapter, &rows, training)?;
        for (place, (_, b)) in gradients.0 {
            let pair = adapter.pairs.get_mut(&place).context("a gradient of nothing")?;
            pair.b = (&pair.b - (b * RATE)?)?;
        }
        seconds.push(start.elapsed().as_secs_f64());
        losses.push(loss * weight);
    }
    // The first step warms up.
    let measured: f64 = seconds[1..].iter().sum();
    let all = (tokens * sequences * steps) as f64;
    let gemm = gemm()?;
    let matrices: usize = Module::ALL.iter().map(|m| m.shape(config)).map(|(out, into)| out * into).sum();
    // Forward, the derivative by what goes in, and all but the last product again where layers are made again.
    let (down, into) = Module::Down.shape(config);
    let again = if checkpointing { matrices - down * into } else { 0 };
    let places = ((tokens - answer) * sequences * steps) as f64;
    let work = 2.0 * ((2 * matrices + again) * config.layers) as f64 * all
        + 4.0 * places * (config.vocabulary * config.hidden) as f64;
    let rate = work / measured / 1e9;
    println!(
        "{}",
        serde_json::json!({
            "tokens_per_second": all / measured, "losses": losses, "peak_bytes": peak(), "before_model_bytes": before_model,
            "gemm_gflops": gemm, "products_gflops": rate, "share_of_gemm": rate / gemm,
        })
    );
    Ok(())
}
