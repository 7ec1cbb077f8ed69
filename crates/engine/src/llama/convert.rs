//! The same model in another quantization, made on this machine: which one a processor computes fast differs, and what is
//! lost by it is measured before anybody uses it.
//!
//! Runs in a worker process of its own, one for each conversion: a file that llama.cpp cannot convert ends that process.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::gguf::{BASE, Header};
use crate::llama::footprint;
use crate::llama::logits::{argmax, log_sum_exp};
use crate::llama::protocol::{Ask, Tell};
use crate::llama::session::backend;
use crate::llama::supervisor::{Waited, Worker, WorkerCommand, file_hash};
use crate::llama::worker;
use crate::request::{Cancel, Sink};

/// Tokens of a text that are looked at, and of what speed is measured on.
const LENGTH: usize = 512;

/// Positions at which the two files are compared, over all texts together: each keeps the logarithms of a whole vocabulary.
const POSITIONS: usize = 512;

/// Tokens that are written to measure writing.
const WRITTEN: usize = 32;

/// Speed is the best of so many: whatever else the machine did only ever slows it.
const TIMES: usize = 3;

/// A form of the weights with which a name has the same score in a batch and one call by itself. IQ4_NL is as fast as Q4_0 and
/// loses half as much; scores on it have the same bits in any company (docs/decisions/0003), but one call by itself computes in
/// another order and is off by up to 0.5 nats: what is written and what is scored would not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantization {
    /// 4.5 bits, rounded to 16 even steps.
    Q4_0,
    /// 8.5 bits.
    Q8_0,
}

impl Quantization {
    /// All, the smallest first.
    pub const ALL: [Self; 2] = [Self::Q4_0, Self::Q8_0];

    /// As files name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Q4_0 => "Q4_0",
            Self::Q8_0 => "Q8_0",
        }
    }

    const fn ftype(self) -> llama_cpp_sys_2::llama_ftype {
        match self {
            Self::Q4_0 => llama_cpp_sys_2::LLAMA_FTYPE_MOSTLY_Q4_0,
            Self::Q8_0 => llama_cpp_sys_2::LLAMA_FTYPE_MOSTLY_Q8_0,
        }
    }

    /// Of the output matrix, which decides between words that are close. llama.cpp takes 6 bits for it, for which an x86
    /// processor has no fast code.
    const fn output(self) -> llama_cpp_sys_2::ggml_type {
        llama_cpp_sys_2::GGML_TYPE_Q8_0
    }
}

/// What to convert.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conversion {
    /// A GGUF file.
    pub from: String,
    /// The file to make; it is not there yet.
    pub to: String,
    /// Its form.
    pub quantization: Quantization,
    /// Threads; 0 is one a physical core.
    pub threads: u32,
    /// Texts on which the files are compared, as a case would bring them.
    pub texts: Vec<String>,
}

/// How fast a file is read and written with on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Tokens of a prompt a second.
    pub prompt: f64,
    /// Tokens written a second.
    pub writing: f64,
}

/// What a conversion came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Converted {
    /// Bytes of the file before and after.
    pub bytes: (u64, u64),
    /// Speed before and after.
    pub speed: (Speed, Speed),
    /// Positions of texts that were compared.
    pub positions: usize,
    /// Kullback-Leibler divergence of the next token's distribution from that before, nats: mean over positions.
    pub divergence: f64,
    /// The same, 99th percentile.
    pub divergence_p99: f64,
    /// Share of positions at which the most probable token is the same.
    pub same_top: f64,
}

/// Converts a file in a process of its own. A half file is removed.
///
/// # Errors
/// When the file cannot be converted, or there is no room for it; [`EngineError::Cancelled`].
pub fn convert(
    command: &WorkerCommand,
    conversion: &Conversion,
    sink: &mut dyn Sink,
    cancel: &Cancel,
) -> Result<Converted, EngineError> {
    let mut worker = Worker::spawn(command)?;
    let waited = worker.begin(&Ask::Convert(conversion.clone()), Duration::from_secs(600), sink, cancel);
    drop(worker);
    let outcome = match waited {
        Waited::Answer(Tell::Converted { converted }) => return Ok(converted),
        Waited::Answer(Tell::Failed { error, .. }) => error,
        Waited::Answer(_) => EngineError::model("the worker answered out of turn"),
        Waited::Died(message) => EngineError::WorkerGone { message, attempts: 1 },
        Waited::Cancelled => EngineError::Cancelled,
    };
    // It may not have come so far.
    let _not_there = std::fs::remove_file(&conversion.to);
    Err(outcome)
}

/// The same in this process, as the worker does it. llama.cpp may end a process over a file that it cannot convert.
///
/// # Errors
/// As [`convert`].
pub fn run(
    conversion: &Conversion,
    steps: &Arc<AtomicU64>,
    tell: &mut (dyn FnMut(f32) + Send),
) -> Result<Converted, EngineError> {
    backend()?;
    let threads = if conversion.threads == 0 { footprint::physical_cores() } else { conversion.threads };
    quantize(conversion, threads, steps, tell)?;
    let (from, to) = (Path::new(&conversion.from), Path::new(&conversion.to));
    let before = look(from, threads, &conversion.texts, steps)?;
    tell(0.8);
    let after = look(to, threads, &conversion.texts, steps)?;
    tell(1.0);
    let mut divergences: Vec<f64> =
        before.distributions.iter().zip(&after.distributions).map(|(p, q)| divergence(p, q)).collect();
    let same = before.distributions.iter().zip(&after.distributions).filter(|(p, q)| argmax(p) == argmax(q)).count();
    divergences.sort_by(f64::total_cmp);
    let positions = divergences.len();
    let share = |n: f64| n / f64::from(u32::try_from(positions.max(1)).unwrap_or(u32::MAX));
    Ok(Converted {
        bytes: (Header::read(from)?.file_bytes, Header::read(to)?.file_bytes),
        speed: (before.speed, after.speed),
        positions,
        divergence: share(divergences.iter().sum()),
        divergence_p99: divergences
            .get((positions * 99 / 100).min(positions.saturating_sub(1)))
            .copied()
            .unwrap_or(0.0),
        same_top: share(f64::from(u32::try_from(same).unwrap_or(u32::MAX))),
    })
}

fn quantize(
    conversion: &Conversion,
    threads: u32,
    steps: &Arc<AtomicU64>,
    tell: &mut (dyn FnMut(f32) + Send),
) -> Result<(), EngineError> {
    let fault = |problem: String| EngineError::ModelFile { path: conversion.from.clone(), problem };
    let name = |path: &str| CString::new(path).map_err(|_| fault("a zero byte stands in the name of a file".into()));
    let (from, to) = (name(&conversion.from)?, name(&conversion.to)?);
    let origin = origin(Path::new(&conversion.from))?;
    worker::clear_logs();
    let done = std::thread::scope(|scope| {
        let work = scope.spawn(|| call(&from, &to, &origin, conversion.quantization, threads));
        while !work.is_finished() {
            std::thread::sleep(Duration::from_millis(100));
            if let Some(share) = worker::tensors_done() {
                steps.fetch_add(1, Ordering::Relaxed);
                tell(share * 0.6);
            }
        }
        work.join()
    });
    match done {
        Ok(0) => Ok(()),
        Ok(_) | Err(_) => Err(fault(format!("cannot be converted: {}", worker::last_log_errors()))),
    }
}

/// 0, or another number when it failed and the log says why.
#[allow(unsafe_code)]
fn call(from: &CStr, to: &CStr, origin: &str, quantization: Quantization, threads: u32) -> u32 {
    // SAFETY: fills a structure of plain values.
    let mut params = unsafe { llama_cpp_sys_2::llama_model_quantize_default_params() };
    let added = [metadata(BASE, origin), metadata("", "")];
    params.kv_overrides = added.as_ptr();
    params.nthread = i32::try_from(threads).unwrap_or(1);
    params.ftype = quantization.ftype();
    params.output_tensor_type = quantization.output();
    params.allow_requantize = true;
    // SAFETY: names, parameters and what is added outlive the call; llama.cpp catches its own exceptions.
    unsafe { llama_cpp_sys_2::llama_model_quantize(from.as_ptr(), to.as_ptr(), &raw const params) }
}

/// An entry of a file's metadata; an empty key ends a list of them.
fn metadata(key: &str, value: &str) -> llama_cpp_sys_2::llama_model_kv_override {
    let text = |text: &str| {
        let mut out = [0; 128];
        // The last byte stays zero.
        for (to, from) in out.iter_mut().take(127).zip(text.bytes()) {
            *to = std::ffi::c_char::from_ne_bytes([from]);
        }
        out
    };
    llama_cpp_sys_2::llama_model_kv_override {
        tag: llama_cpp_sys_2::LLAMA_KV_OVERRIDE_TYPE_STR,
        key: text(key),
        __bindgen_anon_1: llama_cpp_sys_2::llama_model_kv_override__bindgen_ty_1 { val_str: text(value) },
    }
}

/// Hash of the file that a model was first made of.
fn origin(path: &Path) -> Result<String, EngineError> {
    // What else may stand there is no hash, and would not fit.
    let header = Header::read(path)?;
    let named = header.string(BASE).filter(|base| base.len() == "sha256:".len() + 64);
    named.map_or_else(|| file_hash(path), |base| Ok(base.to_owned()))
}

/// What a file says after the texts, and how fast.
struct Look {
    /// Log-probabilities of the whole vocabulary, a position each.
    distributions: Vec<Vec<f32>>,
    speed: Speed,
}

fn look(path: &Path, threads: u32, texts: &[String], steps: &Arc<AtomicU64>) -> Result<Look, EngineError> {
    let moved = Arc::clone(steps);
    // Without a GPU: the file is made for the processor.
    let params = LlamaModelParams::default().with_n_gpu_layers(0).with_progress_callback(move |_| {
        moved.fetch_add(1, Ordering::Relaxed);
        true
    });
    let model = LlamaModel::load_from_file(backend()?, path, &params)
        .map_err(|_| EngineError::ModelFile { path: path.display().to_string(), problem: worker::last_log_errors() })?;
    let threads = i32::try_from(threads).unwrap_or(1);
    let length = u32::try_from(LENGTH).unwrap_or(u32::MAX);
    let params = LlamaContextParams::default()
        .with_n_ctx(std::num::NonZeroU32::new(2 * length))
        .with_n_batch(length)
        .with_n_ubatch(length)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_no_perf(true);
    let mut context = model
        .new_context(backend()?, params)
        .map_err(|e| EngineError::OutOfMemory { message: format!("{e}: {}", worker::last_log_errors()) })?;
    let mut distributions = Vec::new();
    let each = POSITIONS.div_ceil(texts.len().max(1));
    let mut longest = Vec::new();
    for text in texts {
        let mut tokens = model.vocab().tokenize(text.as_bytes(), true, false);
        tokens.truncate(LENGTH);
        // The end of a text is what is asked about; its beginning is the same in all of them.
        let first = tokens.len().saturating_sub(each);
        evaluate(&mut context, &tokens, 0, first)?;
        steps.fetch_add(1, Ordering::Relaxed);
        for at in first..tokens.len() {
            let logits = context.get_logits_ith(i32::try_from(at).unwrap_or(-1));
            let normaliser = log_sum_exp(logits);
            #[allow(clippy::as_conversions, clippy::cast_possible_truncation)]
            distributions.push(logits.iter().map(|&l| (f64::from(l) - normaliser) as f32).collect());
        }
        if tokens.len() > longest.len() {
            longest = tokens;
        }
    }
    let speed = speed(&mut context, &longest, steps)?;
    Ok(Look { distributions, speed })
}

/// Evaluates tokens behind `kept` others that stand; logits from `first` on.
fn evaluate(
    context: &mut LlamaContext<'_>,
    tokens: &[LlamaToken],
    kept: usize,
    first: usize,
) -> Result<(), EngineError> {
    context.kv_cache_seq_rm(0, Some(u32::try_from(kept).unwrap_or(u32::MAX)), None).map_err(EngineError::model)?;
    let mut batch = LlamaBatch::new(tokens.len(), 1);
    for (i, &token) in tokens.iter().enumerate() {
        let position = i32::try_from(kept + i).unwrap_or(i32::MAX);
        batch.add(token, position, &[0], i >= first).map_err(EngineError::model)?;
    }
    context.decode(&mut batch).map_err(|e| EngineError::model(format!("{e}; {}", worker::last_log_errors())))
}

fn speed(context: &mut LlamaContext<'_>, text: &[LlamaToken], steps: &Arc<AtomicU64>) -> Result<Speed, EngineError> {
    let prompt: Vec<LlamaToken> = text.iter().copied().cycle().take(LENGTH).collect();
    if prompt.is_empty() {
        return Err(EngineError::model("no text to measure with"));
    }
    let per_second = |tokens: usize, took: Duration| {
        f64::from(u32::try_from(tokens).unwrap_or(u32::MAX)) / took.as_secs_f64().max(1e-9)
    };
    let mut best = Speed { prompt: 0.0, writing: 0.0 };
    for _ in 0..TIMES {
        let start = Instant::now();
        evaluate(context, &prompt, 0, LENGTH - 1)?;
        best.prompt = best.prompt.max(per_second(LENGTH, start.elapsed()));
        steps.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        for (i, token) in prompt.iter().take(WRITTEN).enumerate() {
            evaluate(context, std::slice::from_ref(token), LENGTH + i, 0)?;
        }
        best.writing = best.writing.max(per_second(WRITTEN, start.elapsed()));
        steps.fetch_add(1, Ordering::Relaxed);
    }
    Ok(best)
}

/// Kullback-Leibler divergence of `q` from `p`, both as log-probabilities.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    p.iter().zip(q).map(|(&p, &q)| f64::from(p).exp() * (f64::from(p) - f64::from(q))).sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_is_that_of_the_book() {
        let ln = |values: [f32; 3]| values.map(f32::ln);
        let (p, q) = (ln([0.5, 0.25, 0.25]), ln([0.25, 0.5, 0.25]));
        let by_hand = 0.5 * 2.0_f64.ln() - 0.25 * 2.0_f64.ln();
        assert!((divergence(&p, &q) - by_hand).abs() < 1e-6);
        assert!(divergence(&p, &p).abs() < 1e-12);
    }
}
