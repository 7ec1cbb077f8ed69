//! How fast a model trains here: `measure MODEL [TOKENS] [SEQUENCES] [STEPS]`. Tokens a second with and without making layers
//! again, the most memory, and what matrix products alone reach.
#![allow(clippy::print_stdout, clippy::as_conversions, clippy::cast_precision_loss, clippy::indexing_slicing)]

use std::time::Instant;

use anyhow::Context as _;
use bogam_train::{Adapter, Base, Module, Rows, Training, peak};
use candle_core::{DType, Device, Tensor};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |i: usize, usual: usize| arguments.get(i).map_or(Ok(usual), |n| n.parse::<usize>());
    let (tokens, sequences, steps) = (number(2, 400)?, number(3, 4)?, number(4, 3)?);
    let base = Base::open(std::path::Path::new(arguments.get(1).context("give a model")?))?;
    let model = base.load(DType::F32)?;
    let config = &model.config;
    let adapter = Adapter::new(config, &[Module::Q, Module::V], (16, 16.0), 1, DType::F32)?;
    let mut rows = Rows::default();
    for s in 0..sequences {
        let text: Vec<u32> = (0..tokens).map(|i| ((i * 7919 + s * 104_729) % 40_000) as u32).collect();
        rows.push(&text, tokens * 7 / 8);
    }
    let n = 1024;
    let (a, b) = (Tensor::rand(-1f32, 1., (n, n), &Device::Cpu)?, Tensor::rand(-1f32, 1., (n, n), &Device::Cpu)?);
    let mut best = f64::INFINITY;
    for _ in 0..8 {
        let start = Instant::now();
        a.matmul(&b)?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    let gemm = 2.0 * (n as f64).powi(3) / best;
    println!("products of {n} x {n}: {:.1} GFLOP/s", gemm / 1e9);
    let matrices: usize = Module::ALL.iter().map(|m| m.shape(config)).map(|(out, into)| out * into).sum();
    for checkpointing in [true, false] {
        let training = Training { trains_a: false, dropout: 0.0, seed: 1, weight: 1.0, checkpointing };
        let mut best = f64::INFINITY;
        for _ in 0..steps {
            let start = Instant::now();
            model.gradients(&adapter, &rows, training)?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        // Forward, the derivative by what goes in, and all but the last product again where layers are made again.
        let (out, into) = Module::Down.shape(config);
        let again = if checkpointing { matrices - out * into } else { 0 };
        let all = (tokens * sequences) as f64;
        let work = 2.0 * ((2 * matrices + again) * config.layers) as f64 * all
            + 4.0 * rows.places.len() as f64 * (config.vocabulary * config.hidden) as f64;
        println!(
            "layers made again {checkpointing}: {:.0} tokens/s, {:.1} GFLOP/s of the base's products ({:.0} % of the rate), peak {} MiB",
            all / best,
            work / best / 1e9,
            100.0 * work / best / gemm,
            peak().unwrap_or(0) >> 20
        );
    }
    Ok(())
}
