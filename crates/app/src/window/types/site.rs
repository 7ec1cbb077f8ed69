//! People, audit, tables, models.

use serde::{Deserialize, Serialize};

use super::{Params, Role};

/// A person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PersonView {
    /// Number.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// When they were added.
    pub added: String,
    /// When they were removed.
    pub removed: Option<String>,
}

/// A line of the audit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AuditLineView {
    /// Number.
    pub sequence: u64,
    /// When.
    pub at: String,
    /// Who.
    pub person: String,
    /// What.
    pub code: String,
    /// To what.
    pub object: String,
}

/// Lines of the audit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AuditPage {
    /// The newest first.
    pub lines: Vec<AuditLineView>,
    /// All.
    pub total: u64,
}

/// A table that was written.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ExportedCsv {
    /// Where.
    pub path: String,
    /// Rows.
    pub rows: u64,
}

/// A row that was not taken.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RejectedRow {
    /// Line.
    pub line: u64,
    /// Code.
    pub code: String,
    /// Params.
    #[cfg_attr(feature = "ts", ts(type = "Record<string, string | number>"))]
    pub params: Params,
}

/// What came of a filled-in table.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ImportedReviews {
    /// The file.
    pub path: String,
    /// Reviews that were saved.
    pub accepted: u64,
    /// Rows that were not taken.
    pub rejected: Vec<RejectedRow>,
}

/// How a model is run; null leaves it to the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ModelSettings {
    /// Tokens.
    pub context: Option<u32>,
    /// Threads.
    pub threads: Option<u32>,
    /// Layers on the GPU.
    pub gpu_layers: Option<u32>,
    /// Name of the adapter that is attached; null is none.
    #[serde(default)]
    pub adapter: Option<String>,
}

/// A model, and how it fits this machine.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ModelView {
    /// Name.
    pub name: String,
    /// File.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Licence.
    pub licence: String,
    /// Whether the file is what the list means; null while it is not checked yet.
    pub intact: Option<bool>,
    /// Used when none is named.
    pub default: bool,
    /// Shipped with the program.
    pub shipped: bool,
    /// Architecture.
    pub architecture: Option<String>,
    /// Quantization.
    pub quantization: Option<String>,
    /// Tokens that it was trained for.
    pub context: Option<u64>,
    /// Length of the file.
    pub bytes: Option<u64>,
    /// Memory that it needs.
    pub needs_bytes: Option<u64>,
    /// Memory that there is.
    pub available_bytes: u64,
    /// How it fits.
    #[cfg_attr(feature = "ts", ts(type = "'well' | 'tight' | 'no' | 'unknown'"))]
    pub fits: &'static str,
    /// How it is run.
    pub settings: ModelSettings,
}
