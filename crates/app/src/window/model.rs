//! The model behind the window: opened when it is first asked for, forgotten when the vault locks.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bogam_engine::llama::WorkerCommand;

use super::adapters;
use super::models::settings;
use super::types::ModelSettings;
use crate::error::AppError;
use crate::home;
use crate::models::default_model;
use crate::open::{EngineOptions, ModelChoice, Opened, open};

/// What is open.
#[derive(Debug)]
struct Held {
    choice: ModelChoice,
    opened: Arc<Opened>,
}

/// One model at a time.
#[derive(Debug)]
pub struct ModelHolder {
    worker: Option<WorkerCommand>,
    held: Mutex<Option<Held>>,
}

impl ModelHolder {
    /// Nothing is open yet.
    #[must_use]
    pub const fn new(worker: Option<WorkerCommand>) -> Self {
        Self { worker, held: Mutex::new(None) }
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model of a choice; another one that is open is closed.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn get(&self, choice: &ModelChoice) -> Result<Arc<Opened>, AppError> {
        let mut held = self.held();
        if let Some(held) = held.as_ref().filter(|held| held.choice == *choice) {
            return Ok(Arc::clone(&held.opened));
        }
        let wanted = match choice {
            ModelChoice::File(name) => Some(name.to_string_lossy().into_owned()),
            // A model that the settings of the home folder name is none of the list.
            ModelChoice::Default if home::settings()?.names_a_model() => None,
            ModelChoice::Default => default_model().ok().map(|model| model.entry.name),
            ModelChoice::None | ModelChoice::Server(_) => None,
        };
        let wanted = match wanted {
            Some(name) => settings()?.remove(&name).unwrap_or_default(),
            None => ModelSettings::default(),
        };
        let options = EngineOptions {
            worker: self.worker.clone(),
            threads: wanted.threads.unwrap_or(0),
            context: wanted.context,
            gpu_layers: wanted.gpu_layers,
            adapter: wanted.adapter.as_deref().map(adapters::file),
            ..EngineOptions::default()
        };
        let opened = Arc::new(open(choice, &options)?);
        *held = Some(Held { choice: choice.clone(), opened: Arc::clone(&opened) });
        Ok(opened)
    }

    /// Closes what is open: the next request opens it anew.
    pub fn close(&self) {
        drop(self.held().take());
    }

    /// Ends the process of the model, and with it what it remembers of a case. It starts again when it is asked for.
    pub fn forget(&self) {
        if let Some(held) = self.held().as_ref()
            && let Opened::Llama(engine) = held.opened.as_ref()
        {
            engine.forget();
        }
    }

    /// The choice of a name: a listed model, or none.
    #[must_use]
    pub fn choice(model: Option<&str>, without: bool) -> ModelChoice {
        match (model, without) {
            (_, true) => ModelChoice::None,
            (Some(name), false) => ModelChoice::File(PathBuf::from(name)),
            (None, false) => ModelChoice::Default,
        }
    }
}
