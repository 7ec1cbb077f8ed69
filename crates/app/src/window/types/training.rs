//! Adapters, and the runs that make them.

use serde::{Deserialize, Serialize};

/// An adapter of the home folder. What nothing tells of it is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AdapterView {
    /// Name.
    pub name: String,
    /// SHA-256 of the file, as a suggestion's provenance names it.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
    /// Hash of the model that it was trained on.
    pub base: String,
    /// Hash of the samples.
    pub samples: Option<String>,
    /// `lora`, `ffa-lora`, `lora-fa`.
    pub method: Option<String>,
    /// Rank.
    pub rank: Option<u64>,
    /// Alpha.
    pub alpha: Option<f64>,
    /// The step whose adapter it is.
    pub steps: Option<u64>,
    /// Nats a token, at that step.
    pub validation_loss: Option<f64>,
    /// When it came here.
    pub at: String,
    /// Models of the list that it is for.
    pub models: Vec<String>,
}

/// Settings to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TrainingPreset {
    /// As published.
    Published,
    /// What learns best.
    Best,
}

/// What is to be trained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TrainingChoice {
    /// Name of the base model.
    pub model: String,
    /// Settings to begin with.
    pub preset: TrainingPreset,
    /// Rank; null is the preset's.
    pub rank: Option<u32>,
    /// Times through all samples; null is the preset's.
    pub epochs: Option<u32>,
}

/// Settings of a run, as far as the window shows them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TrainingSettings {
    /// `lora`, `ffa-lora`, `lora-fa`.
    pub method: String,
    /// `sgd`, `adamw`.
    pub optimizer: String,
    /// Rank.
    pub rank: u64,
    /// Alpha.
    pub alpha: f64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Samples a step.
    pub batch: u64,
    /// Times through all samples.
    pub epochs: u64,
    /// Whether it ends when the validation loss rises.
    pub ends_early: bool,
}

/// A preset, and what it means.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PresetView {
    /// Which.
    pub id: TrainingPreset,
    /// Its settings.
    pub settings: TrainingSettings,
}

/// A file of samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SamplesFile {
    /// Name of the file.
    pub name: String,
    /// Where it lies.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Whether other users of the computer may read it.
    pub shared: bool,
}

/// What became of some samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FateView {
    /// What, as a word that stays.
    pub fate: String,
    /// They were left out, and not only changed.
    pub dropped: bool,
    /// How many.
    pub records: u64,
    /// Lines of some of them.
    pub lines: Vec<u64>,
}

/// Bytes for a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MemoryPart {
    /// What for.
    #[cfg_attr(feature = "ts", ts(type = "'weights' | 'kept' | 'layer' | 'logits' | 'adapter'"))]
    pub what: &'static str,
    /// How many.
    pub bytes: u64,
}

/// What a run will be, before it begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TrainingPlan {
    /// Samples of the file.
    pub read: u64,
    /// Samples that were left out.
    pub dropped: u64,
    /// What was left out or changed.
    pub fates: Vec<FateView>,
    /// Samples that are trained on; with none nothing can begin.
    pub train_samples: u64,
    /// Samples that are validated with.
    pub validation_samples: u64,
    /// The longest sample in tokens.
    pub longest: u64,
    /// Steps, unless it ends early.
    pub steps: u64,
    /// Numbers that are trained.
    pub parameters: u64,
    /// All settings that the window shows.
    pub settings: TrainingSettings,
    /// Memory that it will need.
    pub needs_bytes: u64,
    /// What for.
    pub parts: Vec<MemoryPart>,
    /// Memory that is free; null when that is not known.
    pub available_bytes: Option<u64>,
    /// Whether it fits.
    pub fits: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// All steps are done.
    Done,
    /// The validation loss rose.
    Early,
    /// It goes on.
    Running,
    /// A person stopped it, or the program ended: it can be taken up.
    Stopped,
    /// It failed, and can be taken up where a checkpoint is.
    Failed,
}

/// A run, without its losses.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TrainingRun {
    /// Its folder.
    pub id: String,
    /// When it began.
    pub at: String,
    /// Name of the base model; null of a run that was not begun in the window.
    pub model: Option<String>,
    /// Name of the samples' file; null of a run that was not begun in the window.
    pub samples: Option<String>,
    /// Hash of the samples; null before the first checkpoint.
    pub samples_hash: Option<String>,
    /// Samples that were trained on.
    pub train_samples: u64,
    /// Samples that were validated with.
    pub validation_samples: u64,
    /// Settings.
    pub settings: TrainingSettings,
    /// Steps that are done, as the last checkpoint has it.
    pub step: u64,
    /// Steps that there are, unless it ends early.
    pub steps: u64,
    /// The step whose adapter was kept; null until it is done.
    pub kept_step: Option<u64>,
    /// Of the last step, nats a token.
    pub train_loss: Option<f64>,
    /// Of the kept step when it is done, else of the last evaluation; nats a token.
    pub validation_loss: Option<f64>,
    /// Prompts included.
    pub tokens_per_second: Option<f64>,
    /// Seconds of training.
    pub seconds: f64,
    /// The most memory that the program held.
    pub peak_memory_bytes: Option<u64>,
    /// How it ended.
    pub ended: RunEnd,
    /// Code of what failed.
    pub code: Option<String>,
    /// Job of a run that goes on.
    pub job: Option<u64>,
    /// Whether it can be taken up.
    pub resumable: bool,
    /// Name of its adapter, where it was taken among the adapters.
    pub adapter: Option<String>,
    /// Names of listed models that are run with that.
    pub used_by: Vec<String>,
}

/// A run whose files cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct UnreadableRun {
    /// Its folder.
    pub id: String,
    /// Why.
    pub text: String,
}

/// An adapter that was attached.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AdapterInUse {
    /// The adapter.
    pub adapter: AdapterView,
    /// The model that it was attached to.
    pub model: String,
    /// Whether that is the model that suggestions use unless another is chosen.
    pub default: bool,
}

/// What the window needs to begin.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Training {
    /// Presets.
    pub presets: Vec<PresetView>,
    /// Samples that were chosen last, as long as the window is open.
    pub samples: Option<SamplesFile>,
    /// Runs, the newest first.
    pub runs: Vec<TrainingRun>,
    /// Runs whose files cannot be read.
    pub unreadable: Vec<UnreadableRun>,
}
