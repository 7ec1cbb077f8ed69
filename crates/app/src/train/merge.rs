//! `train merge`: a model with an adapter worked into it, for programs that attach none.

use std::path::PathBuf;

pub use bogam_train::merge::{Form, Merged};

use super::base_path;
use crate::error::AppError;
use crate::job::JobSink;

/// Of the adapter's change, what is to be left without a warning.
const LEAST_KEPT: f64 = 0.9;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct MergeRequest {
    /// The base model: a GGUF, or a name of the list; the default one when not given.
    pub model: Option<PathBuf>,
    /// The adapter, as a GGUF.
    pub adapter: PathBuf,
    /// The file to make.
    pub out: PathBuf,
    /// What the changed matrices are written as.
    pub form: Form,
}

/// Merges.
///
/// # Errors
/// When a file cannot be used or written. Nothing half stays behind.
pub fn merge(request: &MergeRequest, sink: &mut dyn JobSink) -> Result<Merged, AppError> {
    let model = base_path(request.model.as_deref())?;
    sink.stage("Merging");
    let merged = bogam_train::merge::merge(&model, &request.adapter, &request.out, request.form)?;
    sink.warn(&format!("{} was learned from patient data; keep it as private as that", request.out.display()));
    if merged.kept < LEAST_KEPT {
        let kept = 100.0 * merged.kept;
        sink.warn(&format!(
            "only {kept:.0} % of what the adapter changes is left after rounding; use --to q8_0 or f16"
        ));
    }
    Ok(merged)
}

/// What it came to, in words.
#[must_use]
pub fn describe(merged: &Merged) -> String {
    let (before, after) = merged.bytes;
    let rows = [
        ("changed", format!("{} matrices", merged.matrices)),
        ("bytes", format!("{before}, {after}")),
        ("kept", format!("{:.1} % of what the adapter changes", 100.0 * merged.kept)),
        ("rounding", format!("{:.1e} of what the adapter changes", merged.rounding)),
    ];
    rows.iter().map(|(key, value)| format!("{key:<18}{value}\n")).collect()
}
