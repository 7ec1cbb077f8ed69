//! Fine-tuning on the workstation: low-rank adapters of a Llama model, from samples to a file that llama.cpp loads.
//!
//! [`Base`] opens the GGUF that answers are made with (or a folder of safetensors) and loads it, dequantized, as a [`Llama`].
//! [`samples`] reads and cleans what is learned, [`divide`] parts it by patient, [`train`] runs. What comes out is an adapter in
//! both forms that others read: [`exchange`].
//!
//! Invariants: what is frozen keeps its bits; the same seed, samples and settings give the same adapter to the bit, whether
//! or not the run was broken off and taken up; no record is left out or changed without being counted.

mod base;
mod chance;
mod checkpoint;
mod clean;
mod config;
mod curves;
mod error;
mod events;
pub mod exchange;
pub mod export;
mod files;
mod llama;
mod lora;
mod memory;
pub mod merge;
mod ops;
mod optimizer;
mod run;
pub mod samples;
mod settings;
mod tokens;

pub use base::Base;
pub use candle_core::DType;
pub use chance::{Chance, Purpose};
pub use checkpoint::{Standing, standing};
pub use config::Config;
pub use error::TrainError;
pub use llama::{Gradients, Layer, Llama, Rows, Training};
pub use lora::{Adapter, Method, Module, Pair, Place, trained_parameters};
pub use memory::{Memory, peak};
pub use run::{Divided, Ground, Progress, RunReport, Split, Watch, divide, expected, train};
pub use settings::{Optimizer, Schedule, Settings};
pub use tokens::{Encoded, ListForm, Tokens};
