//! What can go wrong with a use case, and the exit code of it.

use std::path::Path;

use bogam_engine::EngineError;
use bogam_knowledge::import::ImportError;
use bogam_mimic::MimicError;
use bogam_train::TrainError;
use bogam_vault::VaultError;

use crate::vault::UseCase;

/// A use case that could not be done, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// An input that cannot be used at all. Nothing was written.
    #[error("{0}")]
    Unusable(String),
    /// Knowledge packs with faults. Nothing was written.
    #[error("the knowledge packs cannot be used:\n{0}")]
    Knowledge(#[from] bogam_knowledge::PackError),
    /// The model cannot be used. Nothing was written.
    #[error("{0}")]
    Model(EngineError),
    /// The model failed while working.
    #[error("{error}; {done} records were answered and written, the rest is missing")]
    ModelFailed {
        /// What failed.
        error: EngineError,
        /// Lines written.
        done: u64,
    },
    /// The output could not be written to the end.
    #[error("{file}: {error}; {done} whole lines were written, the rest is missing")]
    Output {
        /// The file.
        file: String,
        /// What the system said.
        error: std::io::Error,
        /// Lines written.
        done: u64,
    },
    /// The input could not be read to the end.
    #[error("{file}: {error}; {done} records were answered and written, the rest is missing")]
    Input {
        /// The file.
        file: String,
        /// What the system said.
        error: std::io::Error,
        /// Lines answered.
        done: u64,
    },
    /// A folder could not be written to the end.
    #[error("{folder}: {error}; the folder is not whole: remove it and run again")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A list that cannot be imported at all. Nothing was written.
    #[error("{file}: {error}")]
    List {
        /// The file.
        file: String,
        /// What is wrong.
        error: ImportError,
    },
    /// Importing tables failed.
    #[error(transparent)]
    Import(#[from] MimicError),
    /// Training could not be done, or not to the end.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The vault could not do what was asked.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Nobody has opened the vault, or it locked itself.
    #[error("the vault is locked; open it with a passphrase")]
    Locked,
    /// Whoever opened the vault may not do this.
    #[error("not allowed: {what} is for the role {}; ask an administrator of this vault", .what.roles_text())]
    Forbidden {
        /// What was asked for.
        what: UseCase,
    },
}

impl AppError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unusable(_) => "input.unusable",
            Self::Knowledge(_) => "knowledge.faults",
            Self::Model(error) => error.code(),
            Self::ModelFailed { .. } => "model.failed",
            Self::Output { .. } | Self::Folder { .. } => "output.failed",
            Self::Input { .. } => "input.failed",
            Self::List { error, .. } => error.code(),
            Self::Import(error) => error.code(),
            Self::Train(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Locked => "vault.locked",
            Self::Forbidden { .. } => "vault.forbidden",
        }
    }

    /// Whether it is no fault, but what somebody asked for.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::Model(EngineError::Cancelled)
                | Self::ModelFailed { error: EngineError::Cancelled, .. }
                | Self::Train(TrainError::Cancelled)
        )
    }

    /// 2: nothing could be used, nothing was written. 3: failed while working.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unusable(_)
            | Self::Knowledge(_)
            | Self::Model(_)
            | Self::List { .. }
            | Self::Locked
            | Self::Forbidden { .. } => 2,
            Self::ModelFailed { .. } | Self::Output { .. } | Self::Folder { .. } | Self::Input { .. } => 3,
            Self::Import(error) => match error {
                MimicError::NoFolder | MimicError::MissingTable { .. } | MimicError::MissingColumn { .. } => 2,
                MimicError::Read { .. } | MimicError::Write { .. } | MimicError::Stopped => 3,
            },
            Self::Train(error) => match error {
                TrainError::Model { .. }
                | TrainError::Samples { .. }
                | TrainError::Setting { .. }
                | TrainError::Memory { .. }
                | TrainError::Adapter { .. } => 2,
                TrainError::Diverged { .. } | TrainError::Io { .. } | TrainError::Tensor(_) | TrainError::Cancelled => {
                    3
                }
            },
            Self::Vault(error) => {
                let while_working = matches!(
                    error,
                    VaultError::Full(_)
                        | VaultError::NotWritten(_)
                        | VaultError::File { .. }
                        | VaultError::Database { .. }
                        | VaultError::Random(_)
                        | VaultError::Derivation(_)
                );
                if while_working { 3 } else { 2 }
            }
        }
    }

    pub(crate) fn unusable(path: &Path, problem: impl std::fmt::Display) -> Self {
        Self::Unusable(format!("{}: {problem}", path.display()))
    }
}
