//! What is wrong with a file of `assets/consult`.

use serde::de::DeserializeOwned;

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("consult/{file}: {message}")]
pub struct AssetError {
    /// The file.
    pub file: &'static str,
    /// What is wrong, and where.
    pub message: String,
}

impl AssetError {
    pub(crate) fn new(file: &'static str, message: impl Into<String>) -> Self {
        Self { file, message: message.into() }
    }
}

/// Reads a file of the given form.
pub(crate) fn read<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, AssetError> {
    toml::from_str(text).map_err(|e| AssetError::new(file, e.to_string()))
}
