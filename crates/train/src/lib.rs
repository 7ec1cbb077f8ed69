//! Fine-tuning on the workstation: low-rank adapters of a Llama model, from samples to a file that llama.cpp loads.

mod chance;
mod config;
mod error;
mod llama;
mod lora;
mod ops;

pub use chance::{Chance, Purpose};
pub use config::Config;
pub use error::TrainError;
pub use llama::{Gradients, Layer, Llama, Rows, Training};
pub use lora::{Adapter, Method, Module, Pair, Place, trained_parameters};
