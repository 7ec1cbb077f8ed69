//! Opening an engine as somebody asked for it.

use std::path::PathBuf;

use bogam_engine::Engine;
use bogam_engine::llama::{LlamaEngine, LlamaSettings, WorkerCommand};
use bogam_engine::remote::{RemoteEngine, RemoteSettings};

use crate::error::AppError;
use crate::home::settings;
use crate::models;

/// The model as asked for on the command line or in the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelChoice {
    /// None: knowledge and prior answer alone.
    None,
    /// The default of settings and list.
    Default,
    /// A file, or the name of a list entry.
    File(PathBuf),
    /// An OpenAI-compatible server.
    Server(String),
}

impl ModelChoice {
    /// Reads `none`, an address, or a path or name.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            None => Self::Default,
            Some("none") => Self::None,
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => Self::Server(url.to_owned()),
            Some(path) => Self::File(PathBuf::from(path)),
        }
    }
}

/// Adapters are used as they were trained.
pub(crate) const ADAPTER_SCALE: f32 = 1.0;

/// How to open it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineOptions {
    /// A LoRA adapter.
    pub adapter: Option<PathBuf>,
    /// The same bytes every time.
    pub deterministic: bool,
    /// Threads; 0 is one a physical core.
    pub threads: u32,
    /// Tokens of context; the model's own when `None`, as far as memory lasts.
    pub context: Option<u32>,
    /// Layers on the GPU; as many as fit when `None`.
    pub gpu_layers: Option<u32>,
    /// How to start a worker; this program when `None`.
    pub worker: Option<WorkerCommand>,
}

/// An opened engine.
#[derive(Debug)]
pub enum Opened {
    /// No model.
    None,
    /// llama.cpp in a worker.
    Llama(Box<LlamaEngine>),
    /// A server.
    Server(Box<RemoteEngine>),
}

impl Opened {
    /// As a trait object.
    #[must_use]
    pub fn engine(&self) -> Option<&dyn Engine> {
        match self {
            Self::None => None,
            Self::Llama(engine) => Some(engine.as_ref()),
            Self::Server(engine) => Some(engine.as_ref()),
        }
    }

    /// How often its worker was started again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        match self {
            Self::Llama(engine) => engine.restarts(),
            Self::None | Self::Server(_) => 0,
        }
    }
}

/// Opens an engine.
///
/// # Errors
/// When the model cannot be used.
pub fn open(choice: &ModelChoice, options: &EngineOptions) -> Result<Opened, AppError> {
    match choice {
        ModelChoice::None => Ok(Opened::None),
        ModelChoice::Server(url) => {
            let configured = settings()?.remote.filter(|r| &r.url == url);
            server(RemoteSettings {
                base_url: url.clone(),
                model: configured.as_ref().and_then(|r| r.model.clone()),
                api_key: key(configured.as_ref().and_then(|r| r.api_key_variable.as_deref())),
                allow_other_hosts: configured.is_some_and(|r| r.allow_other_hosts),
            })
        }
        ModelChoice::File(path) => {
            let listed = || models::all().ok()?.into_iter().find(|m| std::path::Path::new(&m.entry.name) == path);
            match (path.exists(), listed()) {
                (false, Some(model)) => known(&model, options),
                (true, _) | (false, None) => file(path.clone(), options),
            }
        }
        ModelChoice::Default => {
            let settings = settings()?;
            if let Some(remote) = settings.remote {
                return server(RemoteSettings {
                    api_key: key(remote.api_key_variable.as_deref()),
                    base_url: remote.url,
                    model: remote.model,
                    allow_other_hosts: remote.allow_other_hosts,
                });
            }
            match settings.model {
                Some(path) => file(path, options),
                None => known(&models::default_model()?, options),
            }
        }
    }
}

fn key(variable: Option<&str>) -> Option<String> {
    variable.and_then(|name| std::env::var(name).ok())
}

fn server(settings: RemoteSettings) -> Result<Opened, AppError> {
    RemoteEngine::connect(settings).map(|e| Opened::Server(Box::new(e))).map_err(AppError::Model)
}

/// A model of the list: its file must be the one that the list means.
fn known(model: &models::Model, options: &EngineOptions) -> Result<Opened, AppError> {
    models::verify(model)?;
    let path = model.path.clone().unwrap_or_default();
    file(path, options)
}

fn file(path: PathBuf, options: &EngineOptions) -> Result<Opened, AppError> {
    let command = match &options.worker {
        Some(command) => command.clone(),
        None => WorkerCommand::this_program()
            .map_err(|e| AppError::Unusable(format!("this program's own path is not known: {e}")))?,
    };
    let mut settings = LlamaSettings::new(path);
    settings.adapter = options.adapter.clone().map(|path| (path, ADAPTER_SCALE));
    settings.deterministic = options.deterministic;
    settings.threads = options.threads;
    settings.footprint.context = options.context.unwrap_or(settings.footprint.context);
    settings.footprint.gpu_layers = options.gpu_layers.or(settings.footprint.gpu_layers);
    LlamaEngine::new(command, settings).map(|e| Opened::Llama(Box::new(e))).map_err(AppError::Model)
}
