//! `train`: samples to an adapter of a model.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use bogam_engine::Cancel;
use bogam_train::samples::{Cleaning, ReadReport, read};
use bogam_train::{
    Base, DType, Divided, Ground, ListForm, Llama, Memory, Progress, RunReport, Split, Standing, Tokens, TrainError,
    Watch, divide, expected, train, trained_parameters,
};

use crate::assets;
use crate::doctor;
use crate::error::AppError;
use crate::job::JobSink;
use crate::learn::patients;
use crate::models;

pub mod grid;
pub mod merge;

pub use bogam_train::samples::Language;
pub use bogam_train::{Method, Module, Optimizer, Schedule, Settings};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct TrainRequest {
    /// Samples: `samples.jsonl` of `mimic`, Alpaca or chat records.
    pub samples: PathBuf,
    /// The base model: a GGUF, a folder of safetensors, or a name of the list; the default one when not given.
    pub model: Option<PathBuf>,
    /// Folder of the run.
    pub out: PathBuf,
    /// Settings.
    pub settings: Settings,
    /// Language that answers are to be in.
    pub language: Option<Language>,
    /// Patients who validate, one a line; one of twenty by hash when not given.
    pub validation: Option<PathBuf>,
    /// Patients who are left out, one a line.
    pub exclude: Option<PathBuf>,
    /// Goes on with the run in the folder.
    pub resume: bool,
}

/// One patient of so many validates where nobody was named.
const ONE_OF: u64 = 20;

/// Trains.
///
/// # Errors
/// When samples or model cannot be used, or the run fails; it can be taken up again with `resume`.
pub fn run(request: &TrainRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<RunReport, AppError> {
    let prepared = Prepared::new(request, sink, cancel)?;
    let loaded = prepared.load(sink, cancel)?;
    sink.stage("Training");
    let mut watch = Watching { sink, cancel };
    let run = prepared.train(&loaded, &request.settings, (&request.out, request.resume), &mut watch)?;
    sink.warn(&format!("{} was learned from patient data; keep it as private as that", request.out.display()));
    Ok(run)
}

/// What a run will be, before it begins.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What was read, and what became of it.
    pub read: ReadReport,
    /// Samples that are trained on.
    pub train_samples: usize,
    /// Samples that are validated with.
    pub validation_samples: usize,
    /// The longest sample in tokens.
    pub longest: usize,
    /// Steps, unless it ends early.
    pub steps: usize,
    /// Numbers that are trained.
    pub parameters: usize,
    /// Memory that it will need.
    pub memory: Memory,
    /// Bytes of memory that are free; none: it is not known.
    pub available: Option<u64>,
}

/// Reads the samples and says what a run will be. Nothing is written, and no weight is loaded. What will not fit into memory is
/// no error here.
///
/// # Errors
/// When samples, settings or model cannot be used.
pub fn plan(request: &TrainRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Plan, AppError> {
    let read = Read::new(request, sink, cancel)?;
    let divided = match read.divided {
        // All were dropped, and why is what is asked for.
        Err(TrainError::Samples { .. }) if read.report.kept == 0 => Divided::default(),
        other => other?,
    };
    Ok(planned((&read.base, read.memory), &divided, &request.settings, read.report))
}

fn planned((base, available): (&Base, Option<u64>), divided: &Divided, settings: &Settings, read: ReadReport) -> Plan {
    let steps = settings.epochs.saturating_mul(divided.train.len().div_ceil(settings.batch.max(1)));
    Plan {
        read,
        train_samples: divided.train.len(),
        validation_samples: divided.validation.len(),
        longest: divided.longest,
        steps: settings.steps.unwrap_or(steps),
        parameters: trained_parameters(&base.config, &settings.targets, settings.rank, settings.method),
        memory: expected(&base.config, base.tied, divided, settings),
        available,
    }
}

/// Samples as they are read for a model.
struct Read {
    path: PathBuf,
    base: Base,
    tokens: Tokens,
    form: ListForm,
    divided: Result<Divided, TrainError>,
    report: ReadReport,
    /// Bytes that are free before the model is loaded.
    memory: Option<u64>,
}

impl Read {
    fn new(request: &TrainRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Self, AppError> {
        request.settings.check()?;
        let path = base_path(request.model.as_deref())?;
        let base = Base::open(&path)?;
        let tokens = Tokens::of(&base)?;
        let form = ListForm::new(&assets::prompts()?.for_empty_case().answer_prefix);
        sink.stage("Reading samples");
        let (samples, mut report) = samples(request)?;
        cancel.check().map_err(AppError::Model)?;
        let split = split(request)?;
        let divided = divide(samples, &split, (&tokens, &form), request.settings.max_length, &mut report);
        cancel.check().map_err(AppError::Model)?;
        tell(&report, sink);
        let memory = Some(doctor::memory().available).filter(|bytes| *bytes > 0);
        Ok(Self { path, base, tokens, form, divided, report, memory })
    }
}

/// Everything that a run needs but the weights; what cannot be used or will not fit into memory was refused.
pub(crate) struct Prepared {
    path: PathBuf,
    base: Base,
    tokens: Tokens,
    form: ListForm,
    divided: Divided,
    report: ReadReport,
    /// Hashes of the base model and of the samples.
    hashes: (String, String),
    /// Bytes that were free before the model was loaded.
    memory: Option<u64>,
}

impl Prepared {
    pub(crate) fn new(request: &TrainRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Self, AppError> {
        let Read { path, base, tokens, form, divided, report, memory } = Read::new(request, sink, cancel)?;
        let divided = divided?;
        if let Some(memory) = memory {
            expected(&base.config, base.tied, &divided, &request.settings).check(memory)?;
        }
        sink.stage("Hashing the model");
        let hashes = (base.hash()?, format!("sha256:{}", models::sha256(&request.samples)?));
        cancel.check().map_err(AppError::Model)?;
        Ok(Self { path, base, tokens, form, divided, report, hashes, memory })
    }

    pub(crate) fn plan(&self, settings: &Settings) -> Plan {
        planned((&self.base, self.memory), &self.divided, settings, self.report.clone())
    }

    /// Whether a run that was begun is one of this base model and of these samples.
    pub(crate) fn is_of(&self, run: &Standing) -> bool {
        (run.base.as_str(), run.samples.as_str()) == (self.hashes.0.as_str(), self.hashes.1.as_str())
    }

    pub(crate) fn load(&self, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Llama, AppError> {
        sink.stage("Loading the model");
        let model = self.base.load(DType::F32)?;
        cancel.check().map_err(AppError::Model)?;
        Ok(model)
    }

    pub(crate) fn train(
        &self,
        model: &Llama,
        settings: &Settings,
        out: (&Path, bool),
        watch: &mut dyn Watch,
    ) -> Result<RunReport, AppError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ground = Ground {
            model,
            tokens: &self.tokens,
            form: &self.form,
            base: &self.hashes.0,
            gguf: self.base.metadata().is_some(),
            base_name: &name,
            samples: &self.hashes.1,
            memory: self.memory,
        };
        Ok(train(&ground, &self.divided, settings, &self.report, out, watch)?)
    }
}

fn base_path(model: Option<&Path>) -> Result<PathBuf, AppError> {
    let Some(path) = model else {
        return Ok(models::default_model()?.path.unwrap_or_default());
    };
    models::resolve(path).map(|(path, _)| path)
}

fn samples(request: &TrainRequest) -> Result<(Vec<bogam_train::samples::Sample>, ReadReport), AppError> {
    let path = &request.samples;
    let file = File::open(path).map_err(|e| AppError::unusable(path, format!("cannot be read ({e})")))?;
    let cleaning = Cleaning { texts: true, language: request.language };
    read(&mut BufReader::new(file), cleaning).map_err(|error| AppError::Input {
        file: path.display().to_string(),
        error,
        done: 0,
    })
}

fn split(request: &TrainRequest) -> Result<Split, AppError> {
    let named = |path: &Option<PathBuf>| path.as_deref().map(patients).transpose();
    let validation = named(&request.validation)?;
    Ok(Split {
        exclude: named(&request.exclude)?.unwrap_or_default(),
        one_of: validation.is_none().then_some(ONE_OF),
        validation: validation.unwrap_or_default(),
    })
}

/// What was changed or left out of the samples.
fn tell(report: &ReadReport, sink: &mut dyn JobSink) {
    for (fate, seen) in &report.fates {
        let word = serde_json::to_value(fate).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        let lines: Vec<String> = seen.lines.iter().map(u64::to_string).collect();
        sink.warn(&format!("{word}: {} samples (line {}…)", seen.records, lines.join(", ")));
    }
}

struct Watching<'a> {
    sink: &'a mut dyn JobSink,
    cancel: &'a Cancel,
}

impl Watch for Watching<'_> {
    fn step(&mut self, progress: &Progress) {
        let validation = progress.validation_loss.map_or(String::new(), |loss| format!(", validation {loss:.3}"));
        self.sink.stage(&format!(
            "Training: loss {:.3}{validation}, {:.0} tokens/s, {} left; step",
            progress.loss,
            progress.tokens_per_second,
            time(progress.seconds_left)
        ));
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.sink.progress(count(progress.step), Some(count(progress.steps)));
    }

    fn cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

/// Hours, minutes or seconds.
fn time(seconds: f64) -> String {
    match seconds {
        s if s >= 5400.0 => format!("{:.1} h", s / 3600.0),
        s if s >= 90.0 => format!("{:.0} min", s / 60.0),
        s => format!("{s:.0} s"),
    }
}

/// What a run came to, in words.
#[must_use]
pub fn describe(run: &RunReport) -> String {
    let loss = |losses: &[(usize, f64)], at: Option<&(usize, f64)>| {
        at.or(losses.first()).map_or_else(|| "none".to_owned(), |(step, loss)| format!("{loss:.4} at step {step}"))
    };
    let rows = [
        ("trained", format!("{} parameters, {} samples", run.trained_parameters, run.train_samples)),
        ("steps", format!("{}{}", run.steps, if run.stopped_early { " (the validation loss rose)" } else { "" })),
        ("kept", format!("the adapter of step {}", run.kept_step)),
        ("training loss", format!("{}, {}", loss(&run.train_loss, None), loss(&run.train_loss, run.train_loss.last()))),
        (
            "validation loss",
            format!("{}, {}", loss(&run.validation_loss, None), loss(&run.validation_loss, run.validation_loss.last())),
        ),
        ("speed", format!("{:.0} tokens/s, {:.0} s", run.tokens_per_second, run.seconds)),
        ("memory", run.peak_memory_bytes.map_or_else(|| "unknown".to_owned(), |b| format!("{} MiB at most", b >> 20))),
    ];
    rows.iter().map(|(key, value)| format!("{key:<18}{value}\n")).collect()
}
