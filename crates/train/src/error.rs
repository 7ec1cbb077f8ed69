//! What can go wrong while training.

/// A fault of the trainer; [`TrainError::code`] is stable.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The model cannot be trained.
    #[error("{path}: {problem}")]
    Model {
        /// The file or folder.
        path: String,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// The samples cannot be used.
    #[error("{path}: {problem}")]
    Samples {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A setting that cannot be.
    #[error("{name}: {problem}")]
    Setting {
        /// Its name, as on the command line.
        name: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// It will not fit into memory.
    #[error(
        "training needs about {needed} MiB and {available} MiB are free: {parts}; use a shorter --max-length, a smaller \
         model, or more memory"
    )]
    Memory {
        /// MiB that it would need.
        needed: u64,
        /// MiB that are free.
        available: u64,
        /// What the memory is for.
        parts: String,
    },
    /// The loss is no number any more.
    #[error(
        "the loss is no finite number at step {step}; use a smaller learning rate, and go on from the last checkpoint"
    )]
    Diverged {
        /// The step.
        step: usize,
    },
    /// A checkpoint or an adapter that does not belong here or is damaged.
    #[error("{path}: {problem}")]
    Adapter {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A file of the run cannot be written or read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Arithmetic refused: shapes that do not fit, or no memory.
    #[error("arithmetic: {0}")]
    Tensor(#[from] candle_core::Error),
    /// Somebody cancelled; the last checkpoint stays.
    #[error("cancelled")]
    Cancelled,
}

impl TrainError {
    /// A word that stays.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Model { .. } => "train.model",
            Self::Samples { .. } => "train.samples",
            Self::Setting { .. } => "train.setting",
            Self::Memory { .. } => "train.memory",
            Self::Diverged { .. } => "train.diverged",
            Self::Adapter { .. } => "train.adapter",
            Self::Io { .. } => "train.io",
            Self::Tensor(_) => "train.tensor",
            Self::Cancelled => "train.cancelled",
        }
    }

    pub(crate) fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), source }
    }

    pub(crate) fn model(path: &std::path::Path, problem: impl Into<String>) -> Self {
        Self::Model { path: path.display().to_string(), problem: problem.into() }
    }

    pub(crate) fn adapter(path: &std::path::Path, problem: impl Into<String>) -> Self {
        Self::Adapter { path: path.display().to_string(), problem: problem.into() }
    }
}
