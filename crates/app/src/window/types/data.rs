//! Packs, imported tables, evaluations, the state of the vault, the program itself.

use bogam_clinical::text::Bilingual;
use serde::{Deserialize, Serialize};

use super::{Params, RejectedLine};

/// What came of a file of cases.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ImportedCases {
    /// Cases that are in the vault now.
    pub added: u64,
    /// Every fault of every line that was not taken.
    pub rejected: Vec<RejectedLine>,
}

/// A number of entries of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CountOf {
    /// Kind.
    pub kind: String,
    /// How many.
    pub count: u64,
}

/// A pack that holds.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PackView {
    /// Id.
    pub id: String,
    /// Version.
    pub version: String,
    /// Last review.
    pub reviewed: String,
    /// Expiry.
    pub expires: String,
    /// It is past that day.
    pub expired: bool,
    /// Shipped with the program.
    pub shipped: bool,
    /// Facts of each kind.
    pub counts: Vec<CountOf>,
}

/// Something that a pack says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ChangeView {
    /// Of what.
    pub what: String,
    /// What was said.
    pub before: String,
    /// What is said.
    pub after: String,
}

/// A fault of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PackFaultView {
    /// File.
    pub file: String,
    /// Line.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What a pack would change.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PackDifference {
    /// For `import_pack`; empty when there are faults.
    pub token: String,
    /// Id.
    pub id: String,
    /// Version.
    pub version: String,
    /// Entries that were not there.
    pub added: u64,
    /// Entries that are gone.
    pub removed: u64,
    /// What is said otherwise.
    pub changed: Vec<ChangeView>,
    /// What is wrong.
    pub faults: Vec<PackFaultView>,
}

/// How the rows of a table ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TableRows {
    /// Table.
    pub table: String,
    /// All.
    pub rows: u64,
    /// Used.
    pub used: u64,
    /// Not at fault, and not of use.
    pub out_of_scope: u64,
    /// At fault.
    pub rejected: u64,
}

/// Rows at fault for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RejectedRows {
    /// Reason.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// Accounting of an import of tables. Nothing of a patient.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ImportReport {
    /// Where the tables were.
    pub folder: String,
    /// When.
    pub at: String,
    /// Cases.
    pub cases: u64,
    /// Patients.
    pub patients: u64,
    /// Every row of every table.
    pub tables: Vec<TableRows>,
    /// Why rows were at fault.
    pub rejects: Vec<RejectedRows>,
    /// What was learned.
    pub prior: Option<PriorView>,
}

/// A learned prior.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PriorView {
    /// Hash of its file.
    pub hash: String,
    /// When it was learned.
    pub at: String,
    /// Admissions that it was learned from.
    pub admissions: u64,
    /// Their patients.
    pub patients: u64,
    /// Whether it is the one in use.
    pub active: bool,
    /// How one that was learned without them fares on patients who were left out.
    pub metrics: Vec<Metric>,
}

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// 2.5 % lie below.
    pub low: f64,
    /// 2.5 % lie above.
    pub high: f64,
}

/// A figure beside its baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Metric {
    /// Which.
    pub id: String,
    /// The figure.
    pub value: Interval,
    /// Of the most-prescribed drugs.
    pub baseline: Option<Interval>,
}

/// A tenth of the listed drugs, by probability.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CalibrationBin {
    /// Mean probability.
    pub predicted: f64,
    /// Share that was given.
    pub observed: f64,
    /// Of that share, by Wilson's interval.
    pub low: f64,
    /// Of that share.
    pub high: f64,
    /// Listed drugs.
    pub drugs: f64,
}

/// A list without one of its channels.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Ablation {
    /// Which; `none` is the whole.
    pub without: String,
    /// What is left.
    pub f1: Interval,
}

/// A loss of a training run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Loss {
    /// Step.
    pub step: u64,
    /// Nats a token.
    pub train: Option<f64>,
    /// Nats a token.
    pub validation: Option<f64>,
}

/// Speed of a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Throughput {
    /// Stage.
    pub stage: String,
    /// Tokens a second.
    pub tokens_per_second: f64,
}

/// A report of `bogam evaluate`.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct EvaluationView {
    /// Its file.
    pub id: String,
    /// What was evaluated.
    pub name: String,
    /// When the file was written.
    pub at: String,
    /// Admissions.
    pub admissions: u64,
    /// Patients.
    pub patients: u64,
    /// The model; the report does not say it.
    pub model: Option<String>,
    /// Figures that have an interval.
    pub metrics: Vec<Metric>,
    /// Whether probabilities come true.
    pub calibration: Vec<CalibrationBin>,
    /// Channels left out one at a time.
    pub ablation: Vec<Ablation>,
    /// Losses of a training run.
    pub losses: Vec<Loss>,
    /// Speeds.
    pub throughput: Vec<Throughput>,
}

/// A fault of the vault.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct VerifyFault {
    /// Code.
    pub code: String,
    /// Params.
    #[cfg_attr(feature = "ts", ts(type = "Record<string, string | number>"))]
    pub params: Params,
}

/// What a check of the vault found.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct VerifyReport {
    /// Nothing.
    pub ok: bool,
    /// Pages that were read.
    pub pages: u64,
    /// Lines of the audit.
    pub audit_lines: u64,
    /// What is wrong.
    pub faults: Vec<VerifyFault>,
}

/// A backup that was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LastBackup {
    /// Where.
    pub path: String,
    /// When.
    pub at: String,
}

/// How the vault is backed up.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct BackupView {
    /// The last one.
    pub last: Option<LastBackup>,
    /// The vault.
    pub vault: String,
    /// Its length.
    pub bytes: u64,
}

/// Software that comes along.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LicenceView {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Licence, as SPDX writes it.
    pub licence: String,
    /// Its text.
    pub text: String,
}

/// A line of the hazard log.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct HazardView {
    /// Number.
    pub id: String,
    /// Hazard.
    pub hazard: Bilingual,
    /// Cause.
    pub cause: Bilingual,
    /// What is done against it.
    pub control: Bilingual,
    /// What holds that.
    pub test: String,
}

/// The machine.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MachineView {
    /// Processor.
    pub cpu: String,
    /// Threads.
    pub threads: usize,
    /// Memory.
    pub memory_bytes: u64,
    /// GPUs that this build can use.
    pub gpus: Vec<String>,
}

/// The program.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct About {
    /// Version.
    pub bogam: String,
    /// Version of the rules.
    pub rules: String,
    /// Hash of the knowledge.
    pub knowledge: String,
    /// What it was built for.
    pub build: String,
    /// Software that comes along.
    pub licences: Vec<LicenceView>,
    /// The hazard log.
    pub hazards: Vec<HazardView>,
    /// The machine.
    pub machine: MachineView,
}
