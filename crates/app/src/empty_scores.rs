//! What a model thinks of each name when it knows nothing of the patient, kept for the next start. Nothing of a patient is
//! in it, and without it the same comes out, later.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bogam_suggest::{EmptyScores, Suggester};
use sha2::{Digest as _, Sha256};

use crate::error::AppError;
use crate::home::home;

/// Where the scores of a suggester are kept; nowhere without a model in a file.
#[derive(Debug)]
pub(crate) struct Kept {
    path: Option<PathBuf>,
    /// How many were read.
    read: usize,
}

/// Gives a suggester what is known. A file that cannot be read is made anew.
pub(crate) fn with_known(suggester: Suggester<'_>) -> (Suggester<'_>, Kept) {
    let path = suggester.empty_key().map(|key| {
        let hash: String = Sha256::digest(key.as_bytes()).iter().take(16).map(|b| format!("{b:02x}")).collect();
        home().join("cache/empty-scores").join(format!("{hash}.json"))
    });
    let known = path.as_deref().map(read).unwrap_or_default();
    let kept = Kept { path, read: known.len() };
    (suggester.with_empty(EmptyScores::new(known)), kept)
}

fn read(path: &Path) -> BTreeMap<String, f64> {
    std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

impl Kept {
    /// Keeps what is new.
    ///
    /// # Errors
    /// When it cannot be written. Nothing but time is lost.
    pub(crate) fn save(&self, scores: &EmptyScores) -> Result<(), AppError> {
        let all = scores.all();
        let Some(path) = self.path.as_deref().filter(|_| all.len() > self.read) else { return Ok(()) };
        let folder = path.parent().unwrap_or(path);
        let written = std::fs::create_dir_all(folder).and_then(|()| {
            let mut half = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut half, &all)?;
            half.persist(path).map(drop).map_err(|e| e.error)
        });
        written.map_err(|e| AppError::unusable(path, e))
    }
}
