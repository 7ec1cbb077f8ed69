//! Requests and answers of an engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::error::EngineError;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who.
    pub role: Role,
    /// What.
    pub content: String,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({} bytes)", self.role, self.content.len())
    }
}

/// Turns, and the beginning of the answer that is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The turns; the last one is the user's.
    pub messages: Vec<Message>,
    /// The answer so far.
    pub answer_prefix: String,
    /// Bytes at the beginning of the last turn that are the same in every prompt of this kind: what stands up to there is
    /// evaluated by itself, and taken over whole by the next prompt.
    #[serde(default)]
    pub fixed: usize,
}

impl Prompt {
    /// A prompt of a system and a user turn.
    #[must_use]
    pub fn new(system: impl Into<String>, user: impl Into<String>, answer_prefix: impl Into<String>) -> Self {
        Self {
            messages: vec![
                Message { role: Role::System, content: system.into() },
                Message { role: Role::User, content: user.into() },
            ],
            answer_prefix: answer_prefix.into(),
            fixed: 0,
        }
    }

    /// The same, with the beginning of the last turn that does not change.
    #[must_use]
    pub fn with_fixed(mut self, bytes: usize) -> Self {
        self.fixed = bytes;
        self
    }
}

/// Texts to score after one prompt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScoreRequest {
    /// The shared prefix.
    pub prompt: Prompt,
    /// The continuations. Each should end with what ends an item (a newline), so that no name wins as the beginning of
    /// a longer one.
    pub continuations: Vec<String>,
    /// What the continuations are told apart from: each is scored up to the token that tells it from all of these, since
    /// what follows does not depend on the prompt any more. Without any, each is scored to its end.
    #[serde(default)]
    pub among: Vec<String>,
}

impl ScoreRequest {
    /// Texts, each to its end.
    #[must_use]
    pub const fn new(prompt: Prompt, continuations: Vec<String>) -> Self {
        Self { prompt, continuations, among: Vec::new() }
    }
}

/// Scores in the order of the continuations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Log-probability of each continuation, nats.
    pub log_probs: Vec<f64>,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens of the prompt that were taken over from an earlier request.
    pub reused_tokens: usize,
    /// Tokens of all continuations together.
    pub continuation_tokens: usize,
    /// Of these, how many were evaluated (shared beginnings once, last tokens not at all).
    pub evaluated_tokens: usize,
    /// Milliseconds for the prompt.
    pub prefill_ms: u64,
    /// Milliseconds for the continuations.
    pub score_ms: u64,
}

/// What the output may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// Anything.
    Free,
    /// A JSON value of this schema.
    JsonSchema(serde_json::Value),
    /// A grammar in Lark syntax (as `llguidance` reads it).
    Lark(String),
    /// A list of the given items, none twice. The prompt's answer prefix ends where the first item begins.
    List {
        /// The items, each with its end (a newline).
        items: Vec<String>,
        /// What stands before each further item.
        separator: String,
        /// At least so many, before the model may stop.
        min: usize,
        /// At most so many.
        max: usize,
    },
}

/// How a token is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 takes the most probable token.
    pub temperature: f32,
    /// 0 is off.
    pub top_k: i32,
    /// 1 is off.
    pub top_p: f32,
    /// 0 is off.
    pub min_p: f32,
    /// 1 is off.
    pub repetition_penalty: f32,
    /// Tokens that the penalty looks back on.
    pub penalty_window: i32,
    /// Seed of the draw.
    pub seed: u32,
}

impl Sampling {
    /// The most probable token each time.
    #[must_use]
    pub const fn greedy() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            penalty_window: 64,
            seed: 0,
        }
    }
}

/// A text to write.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GenerateRequest {
    /// What it continues.
    pub prompt: Prompt,
    /// What it may be.
    pub constraint: Constraint,
    /// How it is drawn.
    pub sampling: Sampling,
    /// Tokens after which a free text ends at its sentence, and a constrained one ends.
    pub max_tokens: usize,
}

/// What ended a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The model ended it, or the constraint was fulfilled.
    Stop,
    /// The token budget; a free text was brought to the end of a sentence.
    Budget,
    /// It had begun to repeat itself; the repetition is left off.
    Loop,
    /// Somebody cancelled.
    Cancelled,
}

/// A written text.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// The text. It can be shorter than what was streamed: see [`Sink::delta`].
    pub text: String,
    /// What ended it.
    pub end: End,
    /// Its tokens, as evaluated (also those left off the text).
    pub tokens: Vec<i32>,
    /// Of these, tokens that the constraint forced and that were not sampled.
    pub forced_tokens: usize,
    /// With [`Constraint::List`]: the log-probability (nats) of each item, under the model, not renormalised.
    pub item_log_probs: Vec<f64>,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens of the prompt that were taken over from an earlier request.
    pub reused_tokens: usize,
    /// Milliseconds for the prompt.
    pub prefill_ms: u64,
    /// Milliseconds for the text.
    pub generate_ms: u64,
}

impl std::fmt::Debug for Generated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Generated({} bytes, {} tokens, {:?})", self.text.len(), self.tokens.len(), self.end)
    }
}

/// What a model is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Name that the file carries.
    pub name: String,
    /// Architecture that the file carries.
    pub architecture: String,
    /// Parameters.
    pub parameters: u64,
    /// Size of the weights in bytes.
    pub bytes: u64,
    /// Context length that the model was trained for.
    pub context: usize,
    /// Context length in use at most (smaller after a lack of memory).
    pub context_limit: usize,
    /// Bytes of KV cache a token.
    pub kv_bytes_per_token: u64,
    /// Vocabulary.
    pub vocabulary: usize,
    /// Where it runs: `cpu`, or the names of GPU devices.
    pub backend: String,
    /// Layers on a GPU, of all.
    pub gpu_layers: u32,
    /// Layers.
    pub layers: u32,
    /// Threads.
    pub threads: u32,
    /// SHA-256 of the file, as `sha256:…`; empty when the engine has no file.
    pub hash: String,
    /// SHA-256 of the adapter file.
    pub adapter_hash: Option<String>,
}

/// Where the progress of a request goes.
pub trait Sink {
    /// Loading the model: 0 to 1.
    fn loading(&mut self, _share: f32) {}
    /// Tokens of the prompt evaluated, of all.
    fn prefill(&mut self, _done: usize, _total: usize) {}
    /// New text, in whole characters.
    fn delta(&mut self, _text: &str) {}
    /// What was streamed so far is void from this byte on: the text was cut back to a sentence, or the request starts
    /// again after a crash of the worker.
    fn truncate(&mut self, _to_bytes: usize) {}
}

/// A sink that drops everything.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoSink;

impl Sink for NoSink {}

/// A switch that ends a request; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A new switch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the request.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Goes on only if it was not ended.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub fn check(&self) -> Result<(), EngineError> {
        if self.is_cancelled() { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    /// Whether it was ended.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
