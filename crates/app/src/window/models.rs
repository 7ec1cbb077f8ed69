//! Models: what there is, whether it is intact and fits, and how it is run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};
use std::time::SystemTime;

use bogam_engine::gguf::Header;
use bogam_engine::llama::needs;
use serde_json::json;

use super::imports::write_whole;
use super::types::{ModelSettings, ModelView, Progress, Stage};
use super::{Answer, Window, adapters, fault, stage};
use crate::doctor;
use crate::error::AppError;
use crate::home::home;
use crate::models::{self, Model};
use crate::vault::{Session, UseCase};

/// Memory is tight when less than this share of it is left.
const TIGHT: f64 = 0.15;

/// Tokens of context that a fit is estimated with, where nobody chose another.
const USUAL_CONTEXT: u64 = 4096;

/// A file of so many bytes is hashed in well under a second.
const SMALL: u64 = 256 << 20;

/// What came of a look at a model's file.
#[derive(Debug)]
pub(super) struct Look {
    /// Its length and when it was written.
    seen: (u64, SystemTime),
    /// What it should be.
    sha256: String,
    intact: bool,
}

/// Looks by file.
pub(super) type Looks = BTreeMap<PathBuf, Look>;

fn settings_file() -> PathBuf {
    home().join("models/settings.json")
}

/// How models are run, by name; without a file, none is set.
///
/// # Errors
/// When the file is there and cannot be read or understood: it is not written over then.
pub(super) fn settings() -> Result<BTreeMap<String, ModelSettings>, AppError> {
    settings_of(&settings_file())
}

fn settings_of(path: &Path) -> Result<BTreeMap<String, ModelSettings>, AppError> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map_err(|e| AppError::unusable(path, e)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(AppError::unusable(path, error)),
    }
}

/// Names of listed models that are run with an adapter.
pub(super) fn with_adapter(adapter: &str) -> Result<Vec<String>, AppError> {
    let all = settings()?;
    let uses = |name: &String| all.get(name).is_some_and(|of_model| of_model.adapter.as_deref() == Some(adapter));
    Ok(models::all()?.into_iter().map(|model| model.entry.name).filter(uses).collect())
}

/// Writes how models are run.
pub(super) fn write_settings(all: &BTreeMap<String, ModelSettings>) -> Result<(), AppError> {
    write_whole(&settings_file(), serde_json::to_string_pretty(all).unwrap_or_default().as_bytes())
}

fn view(model: &Model, intact: Option<bool>, available: u64) -> Result<ModelView, AppError> {
    let header = model.path.as_deref().and_then(|path| Header::read(path).ok());
    let settings = settings()?.remove(&model.entry.name).unwrap_or_default();
    let context = settings.context.map_or(USUAL_CONTEXT, u64::from);
    let needs = header.as_ref().map(|h| needs(h, context));
    let fits = match needs {
        None => "unknown",
        Some(needs) if needs > available => "no",
        Some(needs) => {
            #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a share of memory")]
            let left = (available - needs) as f64 / available.max(1) as f64;
            if left < TIGHT { "tight" } else { "well" }
        }
    };
    Ok(ModelView {
        name: model.entry.name.clone(),
        file: model.entry.file.clone(),
        sha256: model.entry.sha256.clone(),
        licence: model.entry.licence.clone(),
        intact,
        default: model.entry.default,
        shipped: models::is_shipped(&model.entry.name),
        architecture: header.as_ref().map(|h| h.architecture.clone()),
        quantization: header.as_ref().map(|h| h.quantization().to_owned()),
        context: header.as_ref().and_then(Header::context),
        bytes: header.as_ref().map(|h| h.file_bytes),
        needs_bytes: needs,
        available_bytes: available,
        fits,
        settings,
    })
}

fn named(name: &str) -> Answer<Model> {
    let found = models::all()?.into_iter().find(|m| m.entry.name == name);
    found.ok_or_else(|| fault("model.none", &[("name", json!(name))]))
}

impl Window {
    /// Every model that is known.
    ///
    /// # Errors
    /// When a list cannot be understood.
    pub fn models(&self) -> Answer<Vec<ModelView>> {
        let available = doctor::memory().available;
        Ok(models::all()?.iter().map(|model| view(model, self.intact(model), available)).collect::<Result<_, _>>()?)
    }

    /// Whether a model's file is what the list means, as far as that is known: a small one is looked at now, so that the
    /// first run can say it of the one that ships; a large one when somebody asks.
    fn intact(&self, model: &Model) -> Option<bool> {
        let Some(path) = &model.path else { return Some(false) };
        let about = std::fs::metadata(path).ok();
        let seen = about.as_ref().and_then(|about| Some((about.len(), about.modified().ok()?)));
        let is_it = |look: &&Look| Some(look.seen) == seen && look.sha256 == model.entry.sha256;
        let known = self.looked_at().get(path).filter(is_it).map(|look| look.intact);
        match known {
            Some(intact) => Some(intact),
            None if seen.is_some_and(|(bytes, _)| bytes <= SMALL) => Some(self.look_at(model)),
            None => None,
        }
    }

    /// Whoever just made the vault may do so as well, before they are signed in.
    pub(super) fn may_manage_site(&self) -> Answer<()> {
        let may = |session: &Session| session.may(UseCase::ManageSite);
        match self.unconfirmed().as_ref().and_then(|made| made.session.as_ref()) {
            Some(session) => may(session)?,
            None => self.desk.with(may)?,
        }
        Ok(())
    }

    /// Compares a model's file with its hash, and remembers what came of it for as long as the file stays as it is.
    fn look_at(&self, model: &Model) -> bool {
        let seen = model.path.as_deref().and_then(|path| std::fs::metadata(path).ok());
        let seen = seen.and_then(|about| Some((about.len(), about.modified().ok()?)));
        let intact = models::verify(model).is_ok();
        if let (Some(path), Some(seen)) = (&model.path, seen) {
            let look = Look { seen, sha256: model.entry.sha256.clone(), intact };
            self.looked_at().insert(path.clone(), look);
        }
        intact
    }

    fn looked_at(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compares a model's file with its hash.
    ///
    /// # Errors
    /// When there is no such model.
    pub fn verify_model(&self, name: &str, on: &mut dyn FnMut(Progress)) -> Answer<ModelView> {
        let _job = self.begin(on);
        on(stage(Stage::Hashing));
        let model = named(name)?;
        Ok(view(&model, Some(self.look_at(&model)), doctor::memory().available)?)
    }

    /// Takes a model file into the home folder's list.
    ///
    /// # Errors
    /// When it is no usable model, or cannot be copied.
    pub fn add_model(&self, path: &Path, on: &mut dyn FnMut(Progress)) -> Answer<ModelView> {
        self.may_manage_site()?;
        if adapters::is_adapter(path) {
            return Err(fault("adapter.as_model", &[("path", json!(path.display().to_string()))]));
        }
        let _job = self.begin(on);
        on(stage(Stage::Copying));
        let entry = models::add(path, None, false)?;
        let model = named(&entry.name)?;
        Ok(view(&model, Some(self.look_at(&model)), doctor::memory().available)?)
    }

    /// Removes a model that was added, and its file.
    ///
    /// # Errors
    /// When it is shipped with the program, or cannot be removed.
    pub fn remove_model(&self, name: &str) -> Answer<()> {
        self.may_manage_site()?;
        models::remove(name)?;
        let mut all = settings()?;
        if all.remove(name).is_some() {
            write_settings(&all)?;
        }
        self.model.changed();
        Ok(())
    }

    /// Makes a model the default one, or not, and says how it is run.
    ///
    /// # Errors
    /// When there is no such model, the adapter is of another one, or the list cannot be written.
    pub fn set_model(&self, name: &str, default: bool, wanted: &ModelSettings) -> Answer<ModelView> {
        self.may_manage_site()?;
        if let Some(adapter) = &wanted.adapter {
            adapters::must_fit(adapter, &named(name)?)?;
        }
        let mut all = settings()?;
        all.insert(name.to_owned(), wanted.clone());
        write_settings(&all)?;
        models::set_default(name, default)?;
        self.model.changed();
        let model = named(name)?;
        Ok(view(&model, self.intact(&model), doctor::memory().available)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_read_are_an_error_and_not_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        assert!(settings_of(&path).unwrap().is_empty(), "there are none");
        std::fs::write(&path, r#"{"m": {"context": 8192"#).unwrap();
        let error = settings_of(&path).unwrap_err().to_string();
        assert!(error.contains("settings.json") && error.contains("line 1"), "{error}");
        std::fs::write(&path, r#"{"m": {"context": 8192}}"#).unwrap();
        assert_eq!(settings_of(&path).unwrap()["m"].context, Some(8192));
    }
}
