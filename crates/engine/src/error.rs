//! What can go wrong with a model.

use serde::{Deserialize, Serialize};

/// A fault of an engine. It crosses the process boundary, so it is plain data; [`EngineError::code`] is stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum EngineError {
    /// The file is no usable model.
    #[error("{path}: {problem}")]
    ModelFile {
        /// The file.
        path: String,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// Not enough memory, even at the smallest footprint.
    #[error("not enough memory for the model: {message}")]
    OutOfMemory {
        /// What was tried.
        message: String,
    },
    /// The request does not fit the model's context.
    #[error(
        "the request needs {needed} tokens and the model's context holds {limit}: {over} too many; shorten the case or \
         use a model with a longer context"
    )]
    ContextExceeded {
        /// Tokens that the request needs.
        needed: usize,
        /// Tokens that fit.
        limit: usize,
        /// The difference.
        over: usize,
    },
    /// A grammar or schema that cannot be used.
    #[error("the output constraint cannot be used: {message}")]
    Constraint {
        /// Why.
        message: String,
    },
    /// Somebody cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The worker process failed and restarting did not help.
    #[error("the model's process failed {attempts} times on this request, last: {message}")]
    WorkerGone {
        /// What was seen last.
        message: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The server does not do what was asked.
    #[error("{what} is not offered by this server")]
    Unsupported {
        /// What was asked.
        what: String,
    },
    /// The server failed.
    #[error("model server: {message}")]
    Remote {
        /// What happened.
        message: String,
    },
    /// llama.cpp failed while working.
    #[error("the model failed: {message}")]
    Model {
        /// What happened.
        message: String,
    },
}

impl EngineError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ModelFile { .. } => "model.file",
            Self::OutOfMemory { .. } => "model.memory",
            Self::ContextExceeded { .. } => "model.context",
            Self::Constraint { .. } => "model.constraint",
            Self::Cancelled => "cancelled",
            Self::WorkerGone { .. } => "model.worker",
            Self::Unsupported { .. } => "model.unsupported",
            Self::Remote { .. } => "model.remote",
            Self::Model { .. } => "model.failed",
        }
    }

    pub(crate) fn model(message: impl std::fmt::Display) -> Self {
        Self::Model { message: message.to_string() }
    }
}
