//! The model behind the window: opened when it is first asked for, forgotten when the vault locks.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bogam_engine::llama::WorkerCommand;

use super::adapters;
use super::models::settings;
use super::types::ModelSettings;
use crate::error::AppError;
use crate::home;
use crate::models;
use crate::open::{ADAPTER_SCALE, EngineOptions, ModelChoice, Opened, open};

/// What is open.
#[derive(Debug)]
struct Held {
    choice: ModelChoice,
    /// The model of the list that is meant, if it is one: its file may be another one under the same name.
    listed: Option<(PathBuf, String)>,
    options: EngineOptions,
    opened: Arc<Opened>,
    /// Whether somebody changed how models are run.
    stale: bool,
}

impl Held {
    /// Whether it is as wanted now. Another adapter is taken without loading the model again, if nobody is being answered.
    fn follows(&mut self, listed: Option<&(PathBuf, String)>, options: &EngineOptions) -> bool {
        let adapter = options.adapter.clone();
        let alike = EngineOptions { adapter: adapter.clone(), ..self.options.clone() } == *options;
        if self.listed.as_ref() != listed || !alike {
            return false;
        }
        // A file of the same name may be another one.
        if adapter.is_some() || self.options.adapter.is_some() {
            let Some(Opened::Llama(engine)) = Arc::get_mut(&mut self.opened) else { return false };
            // What is wrong with it is told by opening the model with it.
            if engine.attach(adapter.clone().map(|path| (path, ADAPTER_SCALE))).is_err() {
                return false;
            }
            self.options.adapter = adapter;
        }
        self.stale = false;
        true
    }
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
        if let Some(held) = held.as_ref().filter(|held| held.choice == *choice && !held.stale) {
            return Ok(Arc::clone(&held.opened));
        }
        let model = match choice {
            ModelChoice::File(name) => models::all()?.into_iter().find(|model| Path::new(&model.entry.name) == name),
            // A model that the settings of the home folder name is none of the list.
            ModelChoice::Default if home::settings()?.names_a_model() => None,
            ModelChoice::Default => models::default_model().ok(),
            ModelChoice::None | ModelChoice::Server(_) => None,
        };
        let wanted = match &model {
            Some(model) => settings()?.remove(&model.entry.name).unwrap_or_default(),
            None => ModelSettings::default(),
        };
        let listed = model.map(|model| (model.path.unwrap_or_default(), model.entry.sha256));
        let options = EngineOptions {
            worker: self.worker.clone(),
            threads: wanted.threads.unwrap_or(0),
            context: wanted.context,
            gpu_layers: wanted.gpu_layers,
            adapter: wanted.adapter.as_deref().map(adapters::file),
            ..EngineOptions::default()
        };
        if let Some(held) = held.as_mut().filter(|held| held.choice == *choice)
            && held.follows(listed.as_ref(), &options)
        {
            return Ok(Arc::clone(&held.opened));
        }
        let opened = Arc::new(open(choice, &options)?);
        *held = Some(Held { choice: choice.clone(), listed, options, opened: Arc::clone(&opened), stale: false });
        Ok(opened)
    }

    /// Says that somebody changed how models are run: the next request is answered in the new way.
    pub fn changed(&self) {
        if let Some(held) = self.held().as_mut() {
            held.stale = true;
        }
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
