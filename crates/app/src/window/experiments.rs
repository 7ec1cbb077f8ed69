//! Runs that made adapters: folders of `training` beside the vault, private to their user. What a run did stands in its
//! `run.json`, as far as it came in its checkpoint, and what was asked for in `plan.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bogam_train::{RunReport, Settings, Standing, TrainError, standing};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::types::{AdapterInUse, Loss, RunEnd, TrainingPreset, TrainingRun, TrainingSettings, UnreadableRun};
use super::{Answer, Window, adapters, fault};
use crate::error::AppError;
use crate::output::write_whole;
use crate::vault::UseCase;

/// Where the runs lie.
pub(super) const TRAINING: &str = "training";

/// What was asked for, and what was read for it: `plan.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    /// When it began.
    pub(super) at: String,
    /// Name of the base model.
    pub(super) model: String,
    /// The samples' file.
    pub(super) samples: PathBuf,
    /// Settings to begin with.
    pub(super) preset: TrainingPreset,
    /// All settings.
    pub(super) settings: Settings,
    /// Samples that are trained on.
    pub(super) train_samples: usize,
    /// Samples that are validated with.
    pub(super) validation_samples: usize,
    /// Steps.
    pub(super) steps: usize,
    /// Code of what failed.
    pub(super) failed: Option<String>,
}

impl Asked {
    pub(super) fn write(&self, run: &Path) -> Result<(), AppError> {
        write_whole(&run.join("plan.json"), serde_json::to_string_pretty(self).unwrap_or_default().as_bytes())
    }
}

/// A file of JSON; none when it is not there.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Answer<Option<T>> {
    let unreadable = |why: String| {
        fault("training.unreadable", &[("path", json!(path.display().to_string())), ("text", json!(why))])
    };
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| unreadable(e.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// Losses, each with its step.
type Curve = [(usize, f64)];

/// What is known of a run.
struct Known {
    asked: Option<Asked>,
    report: Option<RunReport>,
    standing: Option<Standing>,
}

impl Known {
    /// None when the folder is not of a run.
    fn of(run: &Path) -> Answer<Option<Self>> {
        let (asked, report) = (read_json(&run.join("plan.json"))?, read_json(&run.join("run.json"))?);
        let known = |error: TrainError| {
            fault(
                "training.unreadable",
                &[("path", json!(run.display().to_string())), ("text", json!(error.to_string()))],
            )
        };
        // What is done stands in the report, and the checkpoint need not be looked at.
        let standing = if report.is_none() { standing(run).map_err(known)? } else { None };
        let any = asked.is_some() || report.is_some();
        Ok(any.then_some(Self { asked, report, standing }))
    }

    /// Of training and of validation.
    fn losses(&self) -> (&Curve, &Curve) {
        match (&self.report, &self.standing) {
            (Some(report), _) => (&report.train_loss, &report.validation_loss),
            (None, Some(at)) => (&at.train_loss, &at.validation_loss),
            (None, None) => (&[], &[]),
        }
    }
}

/// As the window shows them.
pub(super) fn shown(settings: &Settings) -> TrainingSettings {
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned).unwrap_or_default();
    TrainingSettings {
        method: word(json!(settings.method)),
        optimizer: word(json!(settings.optimizer)),
        rank: wide(settings.rank),
        alpha: settings.alpha,
        learning_rate: settings.learning_rate,
        batch: wide(settings.batch),
        epochs: wide(settings.epochs),
        ends_early: settings.patience.is_some(),
    }
}

pub(super) fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Losses by step.
fn by_step(train: &Curve, validation: &Curve) -> Vec<Loss> {
    let mut steps: BTreeMap<u64, Loss> = BTreeMap::new();
    let none = |step| Loss { step, train: None, validation: None };
    for (step, loss) in train {
        steps.entry(wide(*step)).or_insert_with(|| none(wide(*step))).train = Some(*loss);
    }
    for (step, loss) in validation {
        steps.entry(wide(*step)).or_insert_with(|| none(wide(*step))).validation = Some(*loss);
    }
    steps.into_values().collect()
}

impl Window {
    /// The folder of a run that is there.
    pub(super) fn run_folder(&self, id: &str) -> Answer<PathBuf> {
        let folder = self.surroundings.beside(TRAINING).join(id);
        let plain = !id.starts_with('.') && Path::new(id).file_name().is_some_and(|name| name == id);
        if plain && folder.is_dir() { Ok(folder) } else { Err(fault("training.missing", &[("id", json!(id))])) }
    }

    /// What was asked for of a run that can be taken up.
    pub(super) fn asked(&self, id: &str) -> Answer<Asked> {
        let known = Known::of(&self.run_folder(id)?)?;
        match known {
            Some(Known { asked: Some(asked), report: None, .. }) => Ok(asked),
            Some(_) => Err(fault("training.done", &[("id", json!(id))])),
            None => Err(fault("training.missing", &[("id", json!(id))])),
        }
    }

    /// A run as the window shows it; none when the folder is not of one.
    pub(super) fn run_view(&self, id: &str) -> Answer<Option<TrainingRun>> {
        let folder = self.run_folder(id)?;
        let Some(known) = Known::of(&folder)? else { return Ok(None) };
        let job = self.training_job(id);
        let Known { asked, report, standing } = &known;
        let settings = report.as_ref().map(|r| &r.settings).or(asked.as_ref().map(|a| &a.settings));
        let Some(settings) = settings else { return Ok(None) };
        let (train, validation) = known.losses();
        let kept = report.as_ref().map(|report| report.kept_step);
        let validation = match kept {
            Some(kept) => validation.iter().find(|(step, _)| *step == kept),
            None => validation.last(),
        };
        let failed = asked.as_ref().and_then(|asked| asked.failed.clone());
        let ended = match (job, report, &failed) {
            (Some(_), _, _) => RunEnd::Running,
            (None, Some(report), _) if report.stopped_early => RunEnd::Early,
            (None, Some(_), _) => RunEnd::Done,
            (None, None, Some(_)) => RunEnd::Failed,
            (None, None, None) => RunEnd::Stopped,
        };
        let step = report.as_ref().map(|r| r.steps).or(standing.as_ref().map(|s| s.step)).unwrap_or(0);
        let rate = |s: &Standing| {
            let tokens = f64::from(u32::try_from(s.tokens).unwrap_or(u32::MAX));
            (s.seconds > 0.0 && s.tokens > 0).then(|| tokens / s.seconds)
        };
        let adapter = adapters::of_run(id)?;
        let used_by = match &adapter {
            Some(adapter) => super::models::with_adapter(adapter)?,
            None => Vec::new(),
        };
        // Going on would come to the same.
        let diverged = failed.as_deref() == Some("train.diverged");
        Ok(Some(TrainingRun {
            id: id.to_owned(),
            at: asked.as_ref().map_or_else(|| written(&folder), |asked| asked.at.clone()),
            model: asked.as_ref().map(|asked| asked.model.clone()),
            samples: asked.as_ref().map(|a| a.samples.file_name().unwrap_or_default().to_string_lossy().into_owned()),
            samples_hash: report.as_ref().map(|r| &r.samples).or(standing.as_ref().map(|s| &s.samples)).cloned(),
            train_samples: report
                .as_ref()
                .map(|r| r.train_samples)
                .or(asked.as_ref().map(|a| a.train_samples))
                .map_or(0, wide),
            validation_samples: report
                .as_ref()
                .map(|r| r.validation_samples)
                .or(asked.as_ref().map(|a| a.validation_samples))
                .map_or(0, wide),
            settings: shown(settings),
            step: wide(step),
            steps: asked.as_ref().map_or(wide(step), |asked| wide(asked.steps)),
            kept_step: kept.map(wide),
            train_loss: train.last().map(|(_, loss)| *loss),
            validation_loss: validation.map(|(_, loss)| *loss),
            tokens_per_second: report
                .as_ref()
                .map(|r| r.tokens_per_second)
                .or_else(|| standing.as_ref().and_then(rate)),
            seconds: report.as_ref().map(|r| r.seconds).or(standing.as_ref().map(|s| s.seconds)).unwrap_or(0.0),
            peak_memory_bytes: report.as_ref().and_then(|r| r.peak_memory_bytes),
            ended,
            code: if ended == RunEnd::Failed { failed } else { None },
            job,
            resumable: asked.is_some() && report.is_none() && job.is_none() && !diverged,
            used_by,
            adapter,
        }))
    }

    /// Runs, the newest first, and those that cannot be read.
    pub(super) fn runs(&self) -> Answer<(Vec<TrainingRun>, Vec<UnreadableRun>)> {
        let folder = self.surroundings.beside(TRAINING);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
            Err(error) => return Err(AppError::unusable(&folder, error).into()),
        };
        let (mut runs, mut unreadable) = (Vec::new(), Vec::new());
        for entry in entries {
            let entry = entry.map_err(|e| AppError::unusable(&folder, e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() && !name.starts_with('.') {
                match self.run_view(&name) {
                    Ok(run) => runs.extend(run),
                    Err(error) if error.code == "training.unreadable" => {
                        let of = |name| error.params.get(name).and_then(|text| text.as_str()).unwrap_or_default();
                        unreadable.push(UnreadableRun { id: name, text: format!("{}: {}", of("path"), of("text")) });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        runs.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
        unreadable.sort_by(|a, b| a.id.cmp(&b.id));
        Ok((runs, unreadable))
    }

    /// Losses of a run, by step, as far as its last checkpoint.
    ///
    /// # Errors
    /// When nobody is signed in, there is no such run, or it cannot be read.
    pub fn training_losses(&self, id: &str) -> Answer<Vec<Loss>> {
        self.desk.with(|session| session.may(UseCase::KeepOwn))?;
        let known = Known::of(&self.run_folder(id)?)?;
        let known = known.ok_or_else(|| fault("training.missing", &[("id", json!(id))]))?;
        let (train, validation) = known.losses();
        Ok(by_step(train, validation))
    }

    /// Removes a run, with its checkpoints. An adapter that was taken from it stays.
    ///
    /// # Errors
    /// When the role is missing, there is no such run, it goes on, or it cannot be removed.
    pub fn remove_training(&self, id: &str) -> Answer<()> {
        self.may_manage_site()?;
        let folder = self.run_folder(id)?;
        // Nothing begins to work in it meanwhile.
        let _claim = self.claim_training(id)?;
        std::fs::remove_dir_all(&folder).map_err(|e| AppError::unusable(&folder, e))?;
        Ok(())
    }

    /// Takes the adapter of a run that is done among the adapters, and attaches it to its model.
    ///
    /// # Errors
    /// When the role is missing, the run is not done, or its model is not here.
    pub fn use_training(&self, id: &str) -> Answer<AdapterInUse> {
        self.may_manage_site()?;
        let folder = self.run_folder(id)?;
        match Known::of(&folder)? {
            Some(Known { report: Some(_), asked, .. }) => {
                let model = asked.map(|asked| asked.model);
                self.put_adapter_to_use(&folder.join("adapter.gguf"), id, model.as_deref())
            }
            Some(_) => Err(fault("training.not_done", &[("id", json!(id))])),
            None => Err(fault("training.missing", &[("id", json!(id))])),
        }
    }
}

/// When the report of a run was written that was begun elsewhere.
fn written(run: &Path) -> String {
    let at = std::fs::metadata(run.join("run.json")).and_then(|about| about.modified()).ok();
    at.and_then(|at| jiff::Timestamp::try_from(at).ok()).map(|at| at.to_string()).unwrap_or_default()
}
