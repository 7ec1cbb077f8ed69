//! Language models behind one trait, [`Engine`]. Nothing here knows medicine.
//!
//! Three implementations: [`llama::LlamaEngine`] (llama.cpp in a supervised worker process), [`remote::RemoteEngine`]
//! (an OpenAI-compatible server) and [`scripted::ScriptedEngine`] (for tests).
//!
//! **Invariants.** The model runs in a child process: its crash ends that process only. No prompt, answer or KV state
//! is written to disk or to a log. A request that was cancelled returns within 200 ms.

pub mod error;
pub mod gguf;
pub mod llama;
pub mod remote;
pub mod request;
pub mod scripted;
mod text;

pub use llama::file_hash;

pub use error::EngineError;
pub use request::{
    Cancel, Constraint, End, GenerateRequest, Generated, Message, ModelInfo, NoSink, Prompt, Role, Sampling,
    ScoreRequest, Scores, Sink,
};

/// A language model that can score given texts and write new ones.
pub trait Engine: Send + Sync {
    /// What model this is. Loads it if it is not loaded yet.
    ///
    /// # Errors
    /// When the model cannot be loaded.
    fn info(&self) -> Result<ModelInfo, EngineError>;

    /// Log-probabilities (nats) of texts that continue one prompt.
    ///
    /// # Errors
    /// [`EngineError::ContextExceeded`] with the number of tokens too many; [`EngineError::Cancelled`]; faults of the
    /// model or its process.
    fn score(&self, request: &ScoreRequest, sink: &mut dyn Sink, cancel: &Cancel) -> Result<Scores, EngineError>;

    /// Writes a text that continues a prompt.
    ///
    /// # Errors
    /// As for [`Engine::score`], and [`EngineError::Constraint`] for a grammar that cannot be compiled. Being cancelled
    /// is no error here: what was written so far comes back with [`End::Cancelled`].
    fn generate(
        &self,
        request: &GenerateRequest,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Generated, EngineError>;
}
