//! The licences of the software that comes along. The list is made of what is built, by a test
//! (`app/tests/it/licences.rs`), and committed.

use serde::{Deserialize, Serialize};

use crate::error::AppError;

const LIST: &str = include_str!("../../../assets/licences.json");

/// Software that comes along, each text once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licences {
    /// By name and version.
    pub software: Vec<Software>,
    /// Texts.
    pub texts: Vec<String>,
}

/// A piece of software.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Software {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Its terms, as SPDX writes them.
    pub licence: String,
    /// Which of the texts; where there is a choice, that of the terms that were chosen.
    pub text: usize,
}

/// The list that was built in.
///
/// # Errors
/// When it is not of its form.
pub fn all() -> Result<Licences, AppError> {
    serde_json::from_str(LIST).map_err(|e| AppError::Unusable(format!("assets/licences.json: {e}")))
}
