//! Training in the window: what will happen, the run itself, and going on with one that was stopped. One run at a time.
//!
//! A run needs nothing of the vault but to be allowed to begin: it goes on when the vault locks, as imports do. What it reads
//! and writes is as private as the samples.

use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bogam_engine::Cancel;
use bogam_train::samples::Fate;
use bogam_train::{Memory, RunReport, Watch, standing};
use bogam_vault::Kept;
use serde_json::json;

use super::experiments::{Asked, TRAINING, shown, wide};
use super::imports::Told;
use super::types::{
    FateView, MemoryPart, PresetView, Progress, SamplesFile, Stage, Training, TrainingChoice, TrainingPlan,
    TrainingPreset, TrainingRun,
};
use super::{Answer, Window, fault, stage};
use crate::error::AppError;
use crate::output::private_folder;
use crate::train::{Plan, Prepared, Settings, TrainRequest, plan};
use crate::vault::UseCase;

/// Under which name the vault keeps what was trained last.
const SETTING: &str = "training";

/// What training holds while the window is open.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Samples that were chosen.
    samples: Option<PathBuf>,
    /// The run whose folder is worked in, and its job.
    running: Option<(String, Option<u64>)>,
}

/// That a run's folder is worked in; dropping it ends that.
pub(super) struct Claim<'a>(&'a Window);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.training_desk().running = None;
    }
}

/// Steps of a run as the window shows them.
struct Steps<'a> {
    on: &'a mut (dyn FnMut(Progress) + Send),
    cancel: &'a Cancel,
}

impl Watch for Steps<'_> {
    fn step(&mut self, progress: &bogam_train::Progress) {
        (self.on)(Progress::Step {
            step: wide(progress.step),
            steps: wide(progress.steps),
            loss: progress.loss,
            validation_loss: progress.validation_loss,
            tokens_per_second: progress.tokens_per_second,
            seconds_left: progress.seconds_left,
        });
    }

    fn cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

fn settings_of(choice: &TrainingChoice) -> Settings {
    let whole = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let preset = of_preset(choice.preset);
    Settings {
        rank: choice.rank.map_or(preset.rank, whole),
        epochs: choice.epochs.map_or(preset.epochs, whole),
        ..preset
    }
}

fn of_preset(preset: TrainingPreset) -> Settings {
    match preset {
        TrainingPreset::Published => Settings::paper(),
        TrainingPreset::Best => Settings::usual(),
    }
}

fn request(asked: (&str, &Path), settings: &Settings, (out, resume): (PathBuf, bool)) -> TrainRequest {
    let (model, samples) = asked;
    TrainRequest {
        samples: samples.to_owned(),
        model: Some(PathBuf::from(model)),
        out,
        settings: settings.clone(),
        language: None,
        validation: None,
        exclude: None,
        resume,
    }
}

/// Whether samples of this fate were left out.
const fn drops(fate: Fate) -> bool {
    match fate {
        Fate::Normalized
        | Fate::ControlCharacters
        | Fate::BrokenCharacters
        | Fate::Markup
        | Fate::RepeatedCharacters
        | Fate::Boilerplate
        | Fate::ContactDetails
        | Fate::RepeatedItems => false,
        Fate::NotUtf8
        | Fate::NotJson
        | Fate::LineTooLong
        | Fate::UnknownForm
        | Fate::NoPrompt
        | Fate::NoAnswer
        | Fate::CutAnswer
        | Fate::Duplicate
        | Fate::NearDuplicate
        | Fate::WrongLanguage
        | Fate::TooManyTokens
        | Fate::ExcludedPatient => true,
    }
}

fn parts(memory: &Memory) -> Vec<MemoryPart> {
    let Memory { weights, kept, layer, logits, adapter } = *memory;
    let all = [("weights", weights), ("kept", kept), ("layer", layer), ("logits", logits), ("adapter", adapter)];
    all.into_iter().map(|(what, bytes)| MemoryPart { what, bytes }).collect()
}

fn plan_view(plan: &Plan, settings: &Settings) -> TrainingPlan {
    let word = |fate: &Fate| json!(fate).as_str().map(str::to_owned).unwrap_or_default();
    let needs = plan.memory.total();
    TrainingPlan {
        read: plan.read.read,
        dropped: plan.read.dropped,
        fates: plan
            .read
            .fates
            .iter()
            .map(|(fate, seen)| FateView {
                fate: word(fate),
                dropped: drops(*fate),
                records: seen.records,
                lines: seen.lines.clone(),
            })
            .collect(),
        train_samples: wide(plan.train_samples),
        validation_samples: wide(plan.validation_samples),
        longest: wide(plan.longest),
        steps: wide(plan.steps),
        parameters: wide(plan.parameters),
        settings: shown(settings),
        needs_bytes: needs,
        parts: parts(&plan.memory),
        available_bytes: plan.available,
        fits: plan.available.is_none_or(|free| needs <= free),
    }
}

/// Whether others may read a file.
#[cfg(unix)]
fn shared(meta: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o044 != 0
}

/// Whether others may read a file: not known here.
#[cfg(not(unix))]
fn shared(_: &std::fs::Metadata) -> bool {
    false
}

fn samples_file(path: &Path) -> Answer<SamplesFile> {
    let meta = std::fs::metadata(path).map_err(|e| AppError::unusable(path, format!("cannot be read ({e})")))?;
    Ok(SamplesFile {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        path: path.display().to_string(),
        bytes: meta.len(),
        shared: shared(&meta),
    })
}

impl Window {
    fn training_desk(&self) -> MutexGuard<'_, Held> {
        self.training.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job of a run that goes on.
    pub(super) fn training_job(&self, id: &str) -> Option<u64> {
        let desk = self.training_desk();
        desk.running.as_ref().filter(|(running, _)| running == id).and_then(|(_, job)| *job)
    }

    /// Keeps others out of the runs' folders.
    pub(super) fn claim_training(&self, id: &str) -> Answer<Claim<'_>> {
        let mut desk = self.training_desk();
        if desk.running.is_some() {
            return Err(fault("training.busy", &[]));
        }
        desk.running = Some((id.to_owned(), None));
        Ok(Claim(self))
    }

    /// Presets, the samples that were chosen, and all runs.
    ///
    /// # Errors
    /// When nobody is signed in, or a run cannot be read.
    pub fn training(&self) -> Answer<Training> {
        self.desk.with(|session| session.may(UseCase::KeepOwn))?;
        let preset = |id| PresetView { id, settings: shown(&of_preset(id)) };
        let chosen = self.training_desk().samples.clone();
        let (runs, unreadable) = self.runs()?;
        Ok(Training {
            presets: vec![preset(TrainingPreset::Published), preset(TrainingPreset::Best)],
            // One that is gone was not chosen.
            samples: chosen.and_then(|path| samples_file(&path).ok()),
            runs,
            unreadable,
        })
    }

    /// Chooses the samples. They are read when somebody asks what will happen.
    ///
    /// # Errors
    /// When the role is missing, or the file is not there.
    pub fn choose_samples(&self, path: &Path) -> Answer<SamplesFile> {
        self.may_manage_site()?;
        let file = samples_file(path)?;
        self.training_desk().samples = Some(path.to_owned());
        Ok(file)
    }

    fn chosen_samples(&self) -> Answer<PathBuf> {
        self.training_desk().samples.clone().ok_or_else(|| fault("training.no_samples", &[]))
    }

    /// Reads the samples and says what a run will be. Nothing is written.
    ///
    /// # Errors
    /// When the role is missing, or samples, settings or model cannot be used.
    pub fn plan_training(
        &self,
        choice: &TrainingChoice,
        on: &mut (dyn FnMut(Progress) + Send),
    ) -> Answer<TrainingPlan> {
        self.may_manage_site()?;
        let (samples, settings) = (self.chosen_samples()?, settings_of(choice));
        let job = self.begin(on);
        let asked = request((&choice.model, &samples), &settings, (PathBuf::new(), false));
        let plan = plan(&asked, &mut Told::new(on), &job.cancel)?;
        Ok(plan_view(&plan, &settings))
    }

    /// Trains on the samples that were chosen. Stopped, it keeps a checkpoint to go on from.
    ///
    /// # Errors
    /// When the role is missing, another run goes on, or samples, settings, model or memory will not do: then there is no run.
    /// When it fails later, or somebody stops it, the run stays.
    pub fn train(&self, choice: &TrainingChoice, on: &mut (dyn FnMut(Progress) + Send)) -> Answer<TrainingRun> {
        self.may_manage_site()?;
        let (samples, now) = (self.chosen_samples()?, self.now());
        let id = now.strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
        let asked = Asked {
            at: now.to_string(),
            model: choice.model.clone(),
            samples,
            preset: choice.preset,
            settings: settings_of(choice),
            train_samples: 0,
            validation_samples: 0,
            steps: 0,
            failed: None,
        };
        self.run_training(&id, asked, on)
    }

    /// Goes on with a run that was stopped; it ends as one that was not.
    ///
    /// # Errors
    /// As [`Self::train`], and when there is no such run, it is done, or its samples or model are not what they were.
    pub fn resume_training(&self, id: &str, on: &mut (dyn FnMut(Progress) + Send)) -> Answer<TrainingRun> {
        self.may_manage_site()?;
        let asked = self.asked(id)?;
        self.run_training(id, asked, on)
    }

    fn run_training(&self, id: &str, mut asked: Asked, on: &mut (dyn FnMut(Progress) + Send)) -> Answer<TrainingRun> {
        let claim = self.claim_training(id)?;
        let what = json!({ "run": id, "model": asked.model });
        self.desk.with(|session| session.keep(Kept::SiteSetting, SETTING, Some(&what), self.now()))?;
        let job = self.begin(on);
        if let Some((_, number)) = &mut self.training_desk().running {
            *number = Some(job.number);
        }
        let folder = self.surroundings.beside(TRAINING).join(id);
        let done = self.run_in(&folder, &mut asked, on, &job.cancel);
        drop(job);
        drop(claim);
        done?;
        self.run_view(id)?.ok_or_else(|| fault("training.missing", &[("id", json!(id))]))
    }

    /// What is refused before the first step changes nothing of a run that was begun, and leaves none of a new one.
    fn run_in(
        &self,
        folder: &Path,
        asked: &mut Asked,
        on: &mut (dyn FnMut(Progress) + Send),
        cancel: &Cancel,
    ) -> Answer<RunReport> {
        let wanted = request((&asked.model, &asked.samples), &asked.settings, (folder.to_owned(), true));
        let prepared = Prepared::new(&wanted, &mut Told::new(on), cancel)?;
        if let Some(begun) = standing(folder).map_err(AppError::Train)?
            && !prepared.is_of(&begun)
        {
            let text = asked.samples.display().to_string();
            return Err(fault("training.other_run", &[("text", json!(text))]));
        }
        let model = prepared.load(&mut Told::new(on), cancel)?;
        let plan = prepared.plan(&asked.settings);
        (asked.train_samples, asked.validation_samples, asked.steps) =
            (plan.train_samples, plan.validation_samples, plan.steps);
        asked.failed = None;
        private_folder(&self.surroundings.beside(TRAINING))?;
        private_folder(folder)?;
        asked.write(folder)?;
        on(stage(Stage::Training));
        let trained = prepared.train(&model, &asked.settings, (folder, true), &mut Steps { on, cancel });
        let trained = trained.map_err(super::ApiError::from);
        if let Err(error) = &trained
            && error.code != "cancelled"
        {
            asked.failed = Some(error.code.clone());
            // What failed is told in any case.
            drop(asked.write(folder));
        }
        trained
    }

    /// Stops a training that goes on, at a checkpoint, and waits for it, so long at most. Whether none goes on any more.
    pub fn end_training(&self, within: Duration) -> bool {
        let start = Instant::now();
        loop {
            let running = self.training_desk().running.clone();
            let Some((_, job)) = running else { return true };
            if let Some(job) = job {
                self.stop_job(job);
            }
            if start.elapsed() >= within {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
