//! Where the program keeps its things.

use std::path::PathBuf;

use serde::Deserialize;

use crate::error::AppError;

/// `BOGAM_HOME`, else the platform's data folder.
#[must_use]
pub fn home() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    folder("BOGAM_HOME")
        .or_else(|| folder("XDG_DATA_HOME").map(|d| d.join("bogam")))
        .or_else(|| folder("HOME").map(|h| h.join(".local/share/bogam")))
        .unwrap_or_else(|| PathBuf::from("bogam-home"))
}

/// `settings.toml` of the home folder.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Path of the model to use when none is given.
    pub model: Option<PathBuf>,
    /// Path of the learned prior to use when none is given.
    pub prior: Option<PathBuf>,
    /// A model server; off unless it stands here.
    pub remote: Option<RemoteServer>,
}

impl Settings {
    /// Whether the default model is a file or a server that stands here, and not the default one of the lists.
    #[must_use]
    pub const fn names_a_model(&self) -> bool {
        self.model.is_some() || self.remote.is_some()
    }
}

/// A configured model server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteServer {
    /// Base address.
    pub url: String,
    /// Model name there.
    pub model: Option<String>,
    /// Environment variable that holds the key.
    pub api_key_variable: Option<String>,
    /// Hosts other than this machine are allowed.
    #[serde(default)]
    pub allow_other_hosts: bool,
}

/// Reads the settings; without a file, the defaults.
///
/// # Errors
/// When the file is there and cannot be read or understood.
pub fn settings() -> Result<Settings, AppError> {
    let path = home().join("settings.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|e| AppError::unusable(&path, e)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(AppError::unusable(&path, error)),
    }
}
