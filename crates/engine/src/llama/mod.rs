//! llama.cpp: a supervised worker process ([`LlamaEngine`]) around a session ([`session::Session`]) with one model.

pub mod convert;
mod footprint;
mod list;
mod logits;
mod mapped;
mod protocol;
pub mod session;
mod supervisor;
pub mod template;
mod trie;
mod worker;

pub use footprint::{Device, Footprint, cpu_features, devices, kv_bytes_per_token, needs, offload_layers};
pub use session::Session;
pub use supervisor::{LlamaEngine, LlamaSettings, WorkerCommand, file_hash};
pub use worker::{WORKER_COMMAND, no_core_dump, run_worker};
