//! Decisions and their cases, as `learn` takes them.

use std::path::Path;

use bogam_vault::{AuditHead, AuditLine, DecisionKind, WalkFilter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::replaced::{drug_name, replacement};
use super::{Session, UseCase};
use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::Lines;
use crate::output::Output;
use crate::suggest::next;

/// A decision as `learn --reviews` reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecisionRecord {
    /// Number of the suggestion: learning needs to tell cases apart, not to name them.
    pub case_id: String,
    /// The patient, by a hash that only this vault can make.
    pub patient_id: String,
    /// The drug.
    pub ingredient: String,
    /// What was decided.
    pub decision: DecisionKind,
    /// What is given in its place.
    pub changed_to: Option<String>,
}

impl Session {
    /// Writes the decisions under each case's last signature, and the cases that they are about without name and number,
    /// for `learn --reviews` and `learn --cases`. Returns how many decisions there are.
    ///
    /// # Errors
    /// When the role is missing, or a file cannot be written.
    pub fn export_decisions(&self, reviews: &Path, cases: &Path, sink: &mut dyn JobSink) -> Result<u64, AppError> {
        let vault = self.by(UseCase::Export)?;
        let mut decisions = Output::open(reviews, vault.path(), true, sink)?;
        let mut answered = Output::open(cases, vault.path(), true, sink)?;
        let id = vault.id();
        let filter = WalkFilter::default();
        vault.walk(&filter, |walked| -> Result<(), AppError> {
            let Some(signature) = &walked.signature else { return Ok(()) };
            let mut case = walked.case.case;
            let case_id = format!("{}/{}", walked.suggestion.case.0.0, walked.suggestion.id.0);
            let patient = case.patient.as_ref().and_then(|p| p.number.clone()).or_else(|| case.case_id.clone());
            let patient = Sha256::new().chain_update(id).chain_update(patient.unwrap_or_default()).finalize();
            let patient_id: String = patient.iter().take(12).map(|b| format!("{b:02x}")).collect();
            for decided in vault.decisions(walked.suggestion.id, Some(signature.version))? {
                decisions.record(&DecisionRecord {
                    case_id: case_id.clone(),
                    patient_id: patient_id.clone(),
                    ingredient: decided.decision.ingredient,
                    decision: decided.decision.decision,
                    changed_to: decided.decision.changed_to.map(|to| drug_name(&replacement(&to)).to_owned()),
                })?;
            }
            case.case_id = Some(case_id);
            if let Some(patient) = &mut case.patient {
                patient.name = None;
                patient.number = None;
            }
            answered.record(&case)
        })?;
        let written = decisions.lines();
        decisions.finish()?;
        answered.finish()?;
        Ok(written)
    }
}

/// The last line of an audit that was exported before.
///
/// # Errors
/// When the file cannot be read, or has no line of an audit.
pub fn audit_heads(path: &Path) -> Result<Vec<AuditHead>, AppError> {
    let mut lines = Lines::open(path)?;
    let mut last = None;
    while let Some(line) = next(&mut lines, 0)? {
        let text = line.text.map_err(|f| AppError::unusable(path, format!("line {}: {}", line.number, f.message())))?;
        let line: AuditLine = serde_json::from_str(&text)
            .map_err(|e| AppError::unusable(path, format!("line {}: {e}; expected a line of an audit", line.number)))?;
        last = Some(AuditHead { sequence: line.sequence, hash: line.hash });
    }
    last.map(|head| vec![head]).ok_or_else(|| AppError::unusable(path, "has no line of an audit"))
}
