//! What the window can do: each call of it is a method here, with types that cross as JSON ([`types`]).
//!
//! The window itself is a thin shell: a command parses, calls one of these, and hands the result on. Faults come back as
//! a permanent code and parameters ([`ApiError`]); the window has the words. The vault is reached through the desk, which
//! locks itself; knowledge and model are opened when they are first asked for, so that the window opens at once.

mod about;
mod adapters;
mod backup;
mod cases;
mod evaluations;
mod experiments;
mod given;
mod imports;
mod leaflet;
mod learned;
mod lookup;
mod model;
mod models;
mod packs;
mod people;
mod review;
mod session;
mod suggestion;
mod tables;
mod talk;
mod training;
pub mod types;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bogam_engine::Cancel;
use bogam_engine::llama::WorkerCommand;
use bogam_knowledge::{DiagnosisSearch, KnowledgeBase};
use bogam_vault::{RecoveryKey, VaultError};
use jiff::Timestamp;
use serde_json::json;

use crate::assets;
use crate::error::AppError;
use crate::packs::ReadPack;
use crate::vault::{Desk, Moment};
use types::{ApiErrorData, Params, Progress, Stage};

pub use leaflet::{hand_to_printer, save_leaflet};
pub use model::ModelHolder;

/// A fault as the window gets it.
pub type ApiError = Box<ApiErrorData>;

/// What a call comes to.
pub type Answer<T> = Result<T, ApiError>;

/// A fault with a code of the window's own.
fn fault(code: &str, params: &[(&str, serde_json::Value)]) -> ApiError {
    let params: Params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Box::new(ApiErrorData { code: code.to_owned(), params })
}

/// Parameters of a vault's fault: what its words need, and nothing of a patient.
fn vault_params(error: &VaultError) -> Vec<(&'static str, serde_json::Value)> {
    match error {
        VaultError::Missing { path, .. }
        | VaultError::NotOurs { path, .. }
        | VaultError::Newer { path, .. }
        | VaultError::Truncated { path, .. }
        | VaultError::AlreadyThere(path)
        | VaultError::Empty(path)
        | VaultError::OtherDatabase(path)
        | VaultError::HeaderDamaged(path)
        | VaultError::HeaderTampered(path)
        | VaultError::Damaged(path)
        | VaultError::Full(path)
        | VaultError::NotWritten(path)
        | VaultError::File { path, .. }
        | VaultError::Database { path, .. } => vec![("path", json!(path.display().to_string()))],
        VaultError::InUse { holder, .. } => vec![("holder", json!(holder))],
        VaultError::WrongPassphrase { failures, wait_s } | VaultError::TooSoon { failures, wait_s } => {
            vec![("failures", json!(failures)), ("wait_s", json!(wait_s))]
        }
        VaultError::ShortPassphrase { least, .. } => vec![("least", json!(least))],
        VaultError::NotFound { what, .. } | VaultError::Stored { what, .. } => vec![("what", json!(what))],
        VaultError::Refused(why) | VaultError::RecoveryKey(why) => vec![("why", json!(why))],
        VaultError::ReadOnly(why) | VaultError::Random(why) | VaultError::Derivation(why) => vec![("why", json!(why))],
        // The enum may grow; what is new has its code, and no parameters yet.
        _ => Vec::new(),
    }
}

impl From<AppError> for Box<ApiErrorData> {
    fn from(error: AppError) -> Self {
        match &error {
            AppError::Locked => fault("locked", &[]),
            AppError::Forbidden { what } => {
                let role = what.roles().first().map_or("", |role| role.word());
                fault("not_permitted", &[("role", json!(role))])
            }
            AppError::ModelFailed { error: bogam_engine::EngineError::Cancelled, .. }
            | AppError::Model(bogam_engine::EngineError::Cancelled)
            | AppError::Import(bogam_mimic::MimicError::Stopped)
            | AppError::Train(bogam_train::TrainError::Cancelled) => fault("cancelled", &[]),
            AppError::Vault(inner) => fault(inner.code(), &vault_params(inner)),
            // The text names files and fields, and nothing of a patient.
            AppError::Unusable(text) => fault(error.code(), &[("text", json!(text))]),
            AppError::Output { file: path, error: why, .. } | AppError::Folder { folder: path, error: why }
                if why.kind() == std::io::ErrorKind::StorageFull =>
            {
                fault("output.full", &[("path", json!(path))])
            }
            AppError::Knowledge(_)
            | AppError::Output { .. }
            | AppError::Folder { .. }
            | AppError::Input { .. }
            | AppError::List { .. }
            | AppError::Import(_)
            | AppError::Train(_) => fault(error.code(), &[("text", json!(error.to_string()))]),
            AppError::Model(bogam_engine::EngineError::ModelFile { path, .. })
            | AppError::ModelFailed { error: bogam_engine::EngineError::ModelFile { path, .. }, .. } => {
                match adapters::named(Path::new(path)) {
                    Some(name) => fault("adapter.unusable", &[("name", json!(name))]),
                    None => fault(error.code(), &[("path", json!(path))]),
                }
            }
            AppError::Model(_) | AppError::ModelFailed { .. } => fault(error.code(), &[]),
        }
    }
}

impl From<VaultError> for Box<ApiErrorData> {
    fn from(error: VaultError) -> Self {
        AppError::Vault(error).into()
    }
}

/// What the shell brings: clocks and places.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The vault.
    pub vault: PathBuf,
    /// Preferences of the machine, used until somebody signs in.
    pub preferences: PathBuf,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
    /// How a worker is started; this program when `None`.
    pub worker: Option<WorkerCommand>,
}

impl Surroundings {
    /// In the home folder.
    #[must_use]
    pub fn home() -> Self {
        let home = crate::home::home();
        Self {
            vault: home.join("vault.bogam"),
            preferences: home.join("window.json"),
            knowledge: Vec::new(),
            worker: None,
        }
    }

    /// A place beside the vault: what belongs to a site and holds no patient lies there.
    fn beside(&self, name: &str) -> PathBuf {
        self.vault.parent().map_or_else(|| PathBuf::from(name), |folder| folder.join(name))
    }
}

/// Jobs that are under way, so that they can be stopped.
#[derive(Debug, Default)]
struct Jobs {
    next: u64,
    running: Vec<(u64, Cancel)>,
}

/// A recovery key that was just shown, until it was confirmed.
#[derive(Debug)]
struct Unconfirmed {
    key: RecoveryKey,
    /// Of the vault that was made with it; `None` for one that is on the desk.
    session: Option<crate::vault::Session>,
}

/// Something that is made when it is first asked for, and made anew when what it stands on has changed.
#[derive(Debug)]
struct Cached<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Cached<T> {
    fn held(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there, or what `make` makes. Others wait meanwhile: they need it as well.
    fn get(&self, make: impl FnOnce() -> Answer<T>) -> Answer<Arc<T>> {
        let mut held = self.held();
        if let Some(there) = held.as_ref() {
            return Ok(Arc::clone(there));
        }
        let made = Arc::new(make()?);
        *held = Some(Arc::clone(&made));
        Ok(made)
    }

    fn forget(&self) {
        *self.held() = None;
    }
}

/// What is kept behind a window.
#[derive(Debug)]
pub struct Window {
    surroundings: Surroundings,
    desk: Desk,
    began: Instant,
    knowledge: Cached<KnowledgeBase>,
    diagnoses: Cached<DiagnosisSearch>,
    opened_pack: Mutex<Option<ReadPack>>,
    model: ModelHolder,
    looks: Mutex<models::Looks>,
    jobs: Mutex<Jobs>,
    unconfirmed: Mutex<Option<Unconfirmed>>,
    training: Mutex<training::Held>,
}

/// A job under way: dropping it takes it off the list.
struct RunningJob<'a> {
    window: &'a Window,
    number: u64,
    cancel: Cancel,
}

impl Drop for RunningJob<'_> {
    fn drop(&mut self) {
        self.window.jobs().running.retain(|(number, _)| *number != self.number);
    }
}

impl Window {
    /// A window over these surroundings. Nothing is opened yet.
    #[must_use]
    pub fn new(surroundings: Surroundings) -> Self {
        let model = ModelHolder::new(surroundings.worker.clone());
        imports::clear_scratch(&surroundings.beside(imports::SCRATCH));
        Self {
            surroundings,
            desk: Desk::default(),
            began: Instant::now(),
            knowledge: Cached::default(),
            diagnoses: Cached::default(),
            opened_pack: Mutex::new(None),
            model,
            looks: Mutex::default(),
            jobs: Mutex::default(),
            unconfirmed: Mutex::new(None),
            training: Mutex::default(),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn moment(&self) -> Moment {
        Moment { wall: Timestamp::now(), awake: self.began.elapsed() }
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The packs of the site: those that it was started with, then those that were taken in.
    fn site(&self) -> Answer<Vec<PathBuf>> {
        let kept = crate::packs::kept(&self.surroundings.beside(packs::FOLDER))?;
        let kept = kept.into_iter().map(|(_, folder)| folder);
        Ok(self.surroundings.knowledge.iter().cloned().chain(kept).collect())
    }

    /// The knowledge, read when it is first asked for.
    fn knowledge(&self) -> Answer<Arc<KnowledgeBase>> {
        self.knowledge.get(|| Ok(assets::knowledge(&self.site()?)?))
    }

    /// Enters a job, and tells its number.
    fn begin(&self, on: &mut dyn FnMut(Progress)) -> RunningJob<'_> {
        let cancel = Cancel::new();
        let number = {
            let mut jobs = self.jobs();
            jobs.next += 1;
            let number = jobs.next;
            jobs.running.push((number, cancel.clone()));
            number
        };
        on(Progress::Job { job: number });
        RunningJob { window: self, number, cancel }
    }

    /// Stops a job; it ends with `cancelled`.
    pub fn stop_job(&self, job: u64) {
        self.jobs().running.iter().filter(|(number, _)| *number == job).for_each(|(_, cancel)| cancel.cancel());
    }

    /// Jobs that are under way.
    #[must_use]
    pub fn running(&self) -> usize {
        self.jobs().running.len()
    }
}

/// A stage without a count.
const fn stage(stage: Stage) -> Progress {
    Progress::Stage { stage, done: 0, total: None }
}
