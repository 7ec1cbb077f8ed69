//! Starting, signing in, progress, events, faults.

use std::collections::BTreeMap;

use bogam_clinical::text::Lang;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Words for the window to fill its own texts with.
pub type Params = BTreeMap<String, Value>;

/// A role, as the vault has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Cases, suggestions, decisions, signing.
    Clinician,
    /// Reads, reviews, exports.
    Reviewer,
    /// People, models, knowledge, backup.
    Administrator,
}

/// An error: a permanent code, and what its words are filled with. Nothing of a patient.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ApiErrorData {
    /// Code.
    pub code: String,
    /// Params.
    #[cfg_attr(feature = "ts", ts(type = "Record<string, string | number>"))]
    pub params: Params,
}

/// How the window looks and reads: of a person, in the vault; before anybody signed in, of the machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Preferences {
    /// Language.
    pub lang: Lang,
    /// `system`, `light`, `dark`, `contrast`.
    #[cfg_attr(feature = "ts", ts(type = "'system' | 'light' | 'dark' | 'contrast'"))]
    pub theme: String,
    /// Text size in per cent.
    pub text_percent: u32,
    /// `system`, `yes`, `no`.
    #[cfg_attr(feature = "ts", ts(type = "'system' | 'yes' | 'no'"))]
    pub reduce_motion: String,
    /// Single letters act in lists.
    pub single_keys: bool,
    /// Letters that were changed: command to key.
    pub keys: BTreeMap<String, String>,
    /// Minutes without a key or a movement after which the vault is locked.
    pub idle_minutes: u64,
}

/// Who has the vault open.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SessionView {
    /// Number.
    pub person: i64,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// Preferences.
    pub preferences: Preferences,
    /// Whether somebody showed that the recovery key was written down.
    pub recovery_confirmed: bool,
    /// Why nothing can be written, as a code.
    pub read_only: Option<String>,
}

/// How the vault is when the window opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VaultState {
    /// There is none: first run.
    None,
    /// It waits for a passphrase.
    Locked,
    /// The page was loaded anew over an open vault.
    Open,
    /// See `error`.
    Broken,
}

/// What the window needs before it can show anything.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Start {
    /// Version of the program.
    pub bogam: String,
    /// How the vault is.
    pub vault: VaultState,
    /// Names to sign in with, as the header has them.
    pub people: Vec<String>,
    /// Who has it open.
    pub session: Option<SessionView>,
    /// Of the machine.
    pub preferences: Preferences,
    /// Why the vault cannot be opened.
    pub error: Option<ApiErrorData>,
}

/// How far a job is. Every job tells its number first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Progress {
    /// Its number.
    Job {
        /// Number.
        job: u64,
    },
    /// A stage.
    Stage {
        /// Which.
        stage: Stage,
        /// How much of it is done.
        done: u64,
        /// Of how much; null when that is not known.
        total: Option<u64>,
    },
    /// A step of a training run is done.
    Step {
        /// Which, from 1.
        step: u64,
        /// Of how many, unless it ends early.
        steps: u64,
        /// Of its batch, nats a token.
        loss: f64,
        /// Of the last evaluation.
        validation_loss: Option<f64>,
        /// Prompts included.
        tokens_per_second: f64,
        /// At this speed.
        seconds_left: f64,
    },
    /// Something to know that stops nothing.
    Notice {
        /// Code.
        code: String,
        /// Params.
        #[cfg_attr(feature = "ts", ts(type = "Record<string, string | number>"))]
        params: Params,
    },
}

/// Stages of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for its turn.
    Waiting,
    /// Reads.
    Reading,
    /// Looks for candidates.
    Candidates,
    /// Scores them.
    Scoring,
    /// Checks them.
    Safety,
    /// Writes advice.
    Advice,
    /// Saves.
    Saving,
    /// Hashes.
    Hashing,
    /// Copies.
    Copying,
    /// Reads tables.
    Tables,
    /// Verifies.
    Verifying,
    /// Reads samples.
    Samples,
    /// Loads a model.
    Loading,
    /// Trains.
    Training,
}

/// Something that happened without being asked for.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AppEvent {
    /// The vault was locked.
    Locked {
        /// `idle`, `asked`, `sleep`.
        #[cfg_attr(feature = "ts", ts(type = "'idle' | 'asked' | 'sleep'"))]
        reason: &'static str,
    },
    /// The model's process.
    Model {
        /// `loading`, `ready`, `restarted`, `failed`, `absent`.
        #[cfg_attr(feature = "ts", ts(type = "'loading' | 'ready' | 'restarted' | 'failed' | 'absent'"))]
        state: &'static str,
        /// Params.
        #[cfg_attr(feature = "ts", ts(type = "Record<string, string | number>"))]
        params: Params,
    },
    /// A case changed elsewhere.
    CaseChanged {
        /// Which.
        key: i64,
    },
    /// The window is about to be closed.
    CloseRequested {
        /// Jobs that are under way.
        running: usize,
    },
    /// Files were dropped on the window.
    Dropped {
        /// Their paths.
        paths: Vec<String>,
    },
    /// A disk is nearly full, or a folder is gone.
    Trouble {
        /// What.
        error: ApiErrorData,
    },
}
