//! A run: steps over shuffled samples, with evaluations, checkpoints and an end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bogam_engine::gguf::BASE;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::base::hex;
use crate::chance::{Chance, Purpose};
use crate::checkpoint::{CHECKPOINT, Checkpoint, Identity, State};
use crate::config::Config;
use crate::curves;
use crate::error::TrainError;
use crate::events::{Events, Scalar};
use crate::exchange;
use crate::files;
use crate::llama::{Gradients, Llama, Rows, Training};
use crate::lora::{Adapter, trained_parameters};
use crate::memory::{self, Memory};
use crate::ops::real;
use crate::optimizer::Mover;
use crate::samples::{Answer, Fate, ReadReport, Sample};
use crate::settings::Settings;
use crate::tokens::{Encoded, ListForm, Tokens};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps that are done.
    pub step: usize,
    /// Steps that there will be, unless it ends early.
    pub steps: usize,
    /// Mean nats a token of the answers of the last batch.
    pub loss: f64,
    /// Of the last evaluation.
    pub validation_loss: Option<f64>,
    /// Tokens a second, prompts included.
    pub tokens_per_second: f64,
    /// Seconds left at this speed.
    pub seconds_left: f64,
}

/// Who watches a run.
pub trait Watch {
    /// A step was done.
    fn step(&mut self, progress: &Progress);
    /// Whether to stop; asked between passes. The run is kept as it stands.
    fn cancelled(&self) -> bool;
}

/// Which patients are not trained on. Samples that name no patient stand for themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// Neither trained on nor validated with.
    pub exclude: BTreeSet<String>,
    /// Validated with.
    pub validation: BTreeSet<String>,
    /// In place of `validation`: one of so many patients, by a hash of their identifier.
    pub one_of: Option<u64>,
}

impl Split {
    fn validates(&self, id: &str) -> bool {
        let drawn = |n: u64| {
            let key =
                id.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3));
            Chance::new(0, Purpose::Validation, &[key]).bits().checked_rem(n) == Some(0)
        };
        self.validation.contains(id) || self.one_of.is_some_and(drawn)
    }

    fn hash(&self) -> String {
        let mut digest = Sha256::new();
        for (kind, ids) in [("exclude", &self.exclude), ("validation", &self.validation)] {
            digest.update(kind);
            for id in ids {
                digest.update([0]);
                digest.update(id);
            }
        }
        digest.update(self.one_of.unwrap_or(0).to_le_bytes());
        hex(&digest.finalize())
    }
}

/// Samples put to their use.
#[derive(Debug, Clone, Default)]
pub struct Divided {
    /// Trained on.
    pub train: Vec<Sample>,
    /// Validated with.
    pub validation: Vec<Sample>,
    /// The longest of them, in tokens.
    pub longest: usize,
    split: String,
}

/// Divides samples by patient, and leaves out those that are too long.
///
/// # Errors
/// [`TrainError::Samples`] when the template refuses one, or none is left to train on.
pub fn divide(
    samples: Vec<Sample>,
    split: &Split,
    (tokens, form): (&Tokens, &ListForm),
    max_length: usize,
    report: &mut ReadReport,
) -> Result<Divided, TrainError> {
    let mut divided = Divided { split: split.hash(), ..Divided::default() };
    for sample in samples {
        let whose = sample.patient.as_ref().unwrap_or(&sample.id);
        let mut leave = |fate| {
            report.drop(fate, sample.line);
            report.kept = report.kept.saturating_sub(1);
        };
        if split.exclude.contains(whose) {
            leave(Fate::ExcludedPatient);
            continue;
        }
        let encoded = encode(&sample, &straight(&sample), tokens, form)?;
        if encoded.tokens.len() > max_length {
            leave(Fate::TooManyTokens);
            continue;
        }
        divided.longest = divided.longest.max(encoded.tokens.len());
        if split.validates(whose) { divided.validation.push(sample) } else { divided.train.push(sample) }
    }
    if divided.train.is_empty() {
        let problem = format!(
            "no sample is left to train on: {} read, {} dropped, {} to validate with; see the reasons in the report",
            report.read,
            report.dropped,
            divided.validation.len()
        );
        return Err(TrainError::Samples { path: "samples".to_owned(), problem });
    }
    Ok(divided)
}

fn encode(sample: &Sample, order: &[usize], tokens: &Tokens, form: &ListForm) -> Result<Encoded, TrainError> {
    tokens
        .record(&sample.messages, &sample.answer, order, form)
        .map_err(|problem| TrainError::Samples { path: format!("line {}", sample.line), problem })
}

fn straight(sample: &Sample) -> Vec<usize> {
    match &sample.answer {
        Answer::List(items) => (0..items.len()).collect(),
        Answer::Text(_) => Vec::new(),
    }
}

/// What a run stands on.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The model.
    pub model: &'a Llama,
    /// Its tokenizer.
    pub tokens: &'a Tokens,
    /// How lists are written.
    pub form: &'a ListForm,
    /// Hash of the base model.
    pub base: &'a str,
    /// Whether that is the hash of a GGUF, and not of a folder.
    pub gguf: bool,
    /// Name of the base model, for `adapter_config.json`.
    pub base_name: &'a str,
    /// Hash of the samples' file.
    pub samples: &'a str,
    /// Bytes of memory that were free before the model was loaded; none: it is not known.
    pub memory: Option<u64>,
}

/// What a run did: `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Settings in short: the method.
    pub method: crate::lora::Method,
    /// Numbers that were trained.
    pub trained_parameters: usize,
    /// Steps that were done.
    pub steps: usize,
    /// The step whose adapter was kept: that of the best validation loss, else the last.
    pub kept_step: usize,
    /// Whether it ended because the validation loss rose.
    pub stopped_early: bool,
    /// Loss of each step, nats a token of the answers.
    pub train_loss: Vec<(usize, f64)>,
    /// Loss on the validation samples, from before the first step on.
    pub validation_loss: Vec<(usize, f64)>,
    /// Samples that were trained on and validated with.
    pub train_samples: usize,
    /// Samples that were validated with.
    pub validation_samples: usize,
    /// Tokens a second, prompts included.
    pub tokens_per_second: f64,
    /// Seconds of training.
    pub seconds: f64,
    /// The most memory that the process held.
    pub peak_memory_bytes: Option<u64>,
    /// What was expected.
    pub estimated_memory: Memory,
    /// Hash of the base model.
    pub base: String,
    /// Hash of the samples.
    pub samples: String,
    /// What was read of them.
    pub read: ReadReport,
    /// All settings.
    pub settings: Settings,
}

/// Trains, and writes into `out`: checkpoints, `adapter.gguf`, the folder `peft`, `run.json`. With `resume` it goes on from
/// the checkpoint there, if there is one; the result is the same to the bit.
///
/// # Errors
/// As [`TrainError`] says; a checkpoint stays as it was last written whole.
pub fn train(
    ground: &Ground<'_>,
    samples: &Divided,
    settings: &Settings,
    read: &ReadReport,
    (out, resume): (&Path, bool),
    watch: &mut dyn Watch,
) -> Result<RunReport, TrainError> {
    settings.check()?;
    let estimate = expected(&ground.model.config, ground.model.head.is_none(), samples, settings);
    if let Some(available) = ground.memory {
        estimate.check(available)?;
    }
    memory::forget_peak();
    files::folder(out)?;
    let identity = Identity {
        base: ground.base.to_owned(),
        samples: ground.samples.to_owned(),
        split: samples.split.clone(),
        settings: serde_json::to_value(settings).unwrap_or_default(),
    };
    let mut run = Run::start(ground, samples, settings, out)?;
    let path = out.join(CHECKPOINT);
    if path.exists() {
        if !resume {
            let problem = "there is a run here already; go on with --resume, or give another --out";
            return Err(TrainError::adapter(&path, problem));
        }
        let Checkpoint { adapter, mover, .. } = run.at;
        run.at = Checkpoint::read(&path, &identity, adapter, mover)?;
    }
    run.go(&identity, watch)?;
    run.finish(estimate, read)
}

/// What training on these samples will need.
#[must_use]
pub fn expected(config: &Config, tied: bool, samples: &Divided, settings: &Settings) -> Memory {
    let rows = samples.longest.max(settings.tokens_at_once.min(samples.longest.saturating_mul(settings.batch)));
    Memory::of(config, tied, settings, rows, samples.longest)
}

struct Run<'a> {
    ground: &'a Ground<'a>,
    samples: &'a Divided,
    settings: &'a Settings,
    out: PathBuf,
    at: Checkpoint,
    steps: usize,
    steps_an_epoch: usize,
    validation: Vec<Encoded>,
}

impl<'a> Run<'a> {
    fn start(
        ground: &'a Ground<'a>,
        samples: &'a Divided,
        settings: &'a Settings,
        out: &Path,
    ) -> Result<Self, TrainError> {
        let rank = (settings.rank, settings.alpha);
        let adapter = Adapter::new(&ground.model.config, &settings.targets, rank, settings.seed, ground.model.dtype())?;
        let mover = Mover::new(&adapter, settings)?;
        let steps_an_epoch = samples.train.len().div_ceil(settings.batch);
        let steps = settings.steps.unwrap_or_else(|| settings.epochs.saturating_mul(steps_an_epoch));
        let at = Checkpoint { state: State::default(), adapter, mover, best: None };
        let mut run =
            Self { ground, samples, settings, out: out.to_owned(), at, steps, steps_an_epoch, validation: Vec::new() };
        // One order for all evaluations, so that they can be compared.
        let encoded = samples.validation.iter().zip(0..).map(|(sample, i)| run.encoded(sample, u64::MAX, i));
        run.validation = encoded.collect::<Result<Vec<Encoded>, TrainError>>()?;
        Ok(run)
    }

    /// A sample as tokens, a list in the order of this epoch.
    fn encoded(&self, sample: &Sample, epoch: u64, place: u64) -> Result<Encoded, TrainError> {
        let mut order = straight(sample);
        Chance::new(self.settings.seed, Purpose::Answer, &[epoch, place]).shuffle(&mut order);
        encode(sample, &order, self.ground.tokens, self.ground.form)
    }

    fn go(&mut self, identity: &Identity, watch: &mut dyn Watch) -> Result<(), TrainError> {
        let path = self.out.join(CHECKPOINT);
        let mut shown = Shown::begin(self)?;
        let before = (self.at.state.seconds, Instant::now());
        let every = self.settings.every.unwrap_or(self.steps_an_epoch);
        loop {
            let step = self.at.state.step;
            let due = step.is_multiple_of(every) || step == self.steps;
            let evaluates = due && self.at.state.evaluated != Some(step);
            if !evaluates && (step >= self.steps || self.at.state.stopped) {
                return Ok(());
            }
            let done = if evaluates { self.evaluate(watch) } else { self.step(watch) };
            self.at.state.seconds = before.0 + before.1.elapsed().as_secs_f64();
            match done {
                Ok(()) => {}
                Err(TrainError::Cancelled) => {
                    self.at.write(identity, &path)?;
                    return Err(TrainError::Cancelled);
                }
                Err(other) => return Err(other),
            }
            shown.go_on(self, evaluates)?;
            if evaluates {
                self.at.write(identity, &path)?;
                files::folder(&self.out.join("checkpoints"))?;
                let name = format!("step-{step:06}.gguf");
                self.write_gguf(&self.at.adapter, &self.out.join("checkpoints").join(name))?;
            }
        }
    }

    /// The samples of a step, as tokens.
    fn batch(&self, step: usize) -> Result<Vec<Encoded>, TrainError> {
        let (epoch, within) = (step / self.steps_an_epoch, step % self.steps_an_epoch);
        let epoch = u64::try_from(epoch).unwrap_or(u64::MAX);
        let mut order: Vec<usize> = (0..self.samples.train.len()).collect();
        Chance::new(self.settings.seed, Purpose::Epoch, &[epoch]).shuffle(&mut order);
        let places = order.into_iter().skip(within * self.settings.batch).take(self.settings.batch);
        let encoded = places.filter_map(|at| Some((self.samples.train.get(at)?, u64::try_from(at).ok()?)));
        encoded.map(|(sample, at)| self.encoded(sample, epoch, at)).collect()
    }

    fn step(&mut self, watch: &mut dyn Watch) -> Result<(), TrainError> {
        let started = Instant::now();
        let step = self.at.state.step;
        let batch = self.batch(step)?;
        let learned: usize = batch.iter().map(|e| e.tokens.len() - e.answer).sum();
        let (mut loss, mut sum, mut tokens) = (0.0, Gradients::default(), 0);
        for (i, rows) in (0..).zip(passes(&batch, self.settings.tokens_at_once)) {
            if watch.cancelled() {
                return Err(TrainError::Cancelled);
            }
            let keys = [u64::try_from(step).unwrap_or(0), i];
            let training = Training {
                trains_a: self.settings.method.trains_a(),
                dropout: self.settings.dropout,
                seed: Chance::new(self.settings.seed, Purpose::Dropout, &keys).bits(),
                weight: 1.0 / real(learned),
                checkpointing: self.settings.checkpointing,
            };
            let (part, gradients) = self.ground.model.gradients(&self.at.adapter, &rows, training)?;
            loss += part;
            tokens += rows.tokens.len();
            sum.add_all(gradients)?;
        }
        let loss = loss / real(learned);
        let rate = self.settings.rate(step, self.steps);
        let length = self.at.mover.step(&mut self.at.adapter, sum, self.settings, (rate, step + 1))?;
        if !loss.is_finite() || !length.is_finite() {
            return Err(TrainError::Diverged { step: step + 1 });
        }
        let state = &mut self.at.state;
        state.step += 1;
        state.tokens += u64::try_from(tokens).unwrap_or(0);
        state.train_loss.push((state.step, loss));
        let speed = real(tokens) / started.elapsed().as_secs_f64().max(1e-9);
        let left = self.steps - state.step;
        watch.step(&Progress {
            step: state.step,
            steps: self.steps,
            loss,
            validation_loss: state.validation_loss.last().map(|(_, loss)| *loss),
            tokens_per_second: speed,
            seconds_left: started.elapsed().as_secs_f64() * real(left),
        });
        Ok(())
    }

    /// Loss on the validation samples; keeps the best, and ends the run when it has not been bettered for long enough.
    fn evaluate(&mut self, watch: &dyn Watch) -> Result<(), TrainError> {
        if self.validation.is_empty() {
            self.at.state.evaluated = Some(self.at.state.step);
            return Ok(());
        }
        let learned: usize = self.validation.iter().map(|e| e.tokens.len() - e.answer).sum();
        let mut loss = 0.0;
        for rows in passes(&self.validation, self.settings.tokens_at_once) {
            if watch.cancelled() {
                return Err(TrainError::Cancelled);
            }
            loss += self.ground.model.loss(Some(&self.at.adapter), &rows)?;
        }
        let loss = loss / real(learned);
        let state = &mut self.at.state;
        state.evaluated = Some(state.step);
        state.validation_loss.push((state.step, loss));
        if state.best.is_none_or(|(_, best)| loss < best) {
            state.best = Some((state.step, loss));
            state.worse = 0;
            self.at.best = Some(self.at.adapter.clone());
        } else {
            state.worse += 1;
            state.stopped = self.settings.patience.is_some_and(|patience| state.worse >= patience);
        }
        Ok(())
    }

    /// What is told of a step that is done.
    fn of_step(&self, step: usize, loss: f64) -> [Scalar; 2] {
        let rate = self.settings.rate(step.saturating_sub(1), self.steps);
        [Scalar { tag: TRAIN, step, value: loss }, Scalar { tag: RATE, step, value: rate }]
    }

    fn draw(&self) -> Result<(), TrainError> {
        let state = &self.at.state;
        let image = curves::svg(&state.train_loss, &state.validation_loss, self.steps, self.steps_an_epoch);
        files::write(&self.out.join("loss.svg"), image.as_bytes())
    }

    fn write_gguf(&self, adapter: &Adapter, path: &Path) -> Result<(), TrainError> {
        let about = [
            ("general.name", "Bogam adapter".to_owned()),
            // A folder of safetensors has another hash than the GGUF that is made of it: an adapter of one is for both.
            (if self.ground.gguf { BASE } else { "bogam.base.safetensors" }, self.ground.base.to_owned()),
            ("bogam.samples", self.ground.samples.to_owned()),
        ];
        exchange::write_gguf(adapter, &self.ground.model.config, &about, path)
    }

    fn finish(self, estimated_memory: Memory, read: &ReadReport) -> Result<RunReport, TrainError> {
        let state = &self.at.state;
        // With the published settings nothing ends early, and the last adapter is the result.
        let kept = match (self.settings.patience, &self.at.best, state.best) {
            (Some(_), Some(adapter), Some((step, _))) => (adapter, step),
            (_, _, _) => (&self.at.adapter, state.step),
        };
        self.write_gguf(kept.0, &self.out.join("adapter.gguf"))?;
        exchange::write_peft(kept.0, self.ground.base_name, self.settings.dropout, &self.out.join("peft"))?;
        let settings = self.settings;
        let report = RunReport {
            method: settings.method,
            trained_parameters: trained_parameters(
                &self.ground.model.config,
                &settings.targets,
                settings.rank,
                settings.method,
            ),
            steps: state.step,
            kept_step: kept.1,
            stopped_early: state.stopped,
            train_loss: state.train_loss.clone(),
            validation_loss: state.validation_loss.clone(),
            train_samples: self.samples.train.len(),
            validation_samples: self.samples.validation.len(),
            tokens_per_second: f64::from(u32::try_from(state.tokens).unwrap_or(u32::MAX)) / state.seconds.max(1e-9),
            seconds: state.seconds,
            peak_memory_bytes: memory::peak(),
            estimated_memory,
            base: self.ground.base.to_owned(),
            samples: self.ground.samples.to_owned(),
            read: read.clone(),
            settings: settings.clone(),
        };
        let json = serde_json::to_vec_pretty(&report).map_err(|e| TrainError::io(&self.out, e.into()))?;
        files::write(&self.out.join("run.json"), &json)?;
        Ok(report)
    }
}

/// How often the image is drawn anew between evaluations.
const DRAWN: Duration = Duration::from_secs(30);

const TRAIN: &str = "loss/train";
const VALIDATION: &str = "loss/validation";
const RATE: &str = "learning_rate";

/// What of a run can be looked at while it goes: its curves as an image, and as TensorBoard events.
struct Shown {
    events: Events,
    drawn: Instant,
}

impl Shown {
    fn begin(run: &Run<'_>) -> Result<Self, TrainError> {
        let state = &run.at.state;
        let mut known: Vec<Scalar> =
            state.train_loss.iter().flat_map(|(step, loss)| run.of_step(*step, *loss)).collect();
        let validation = state.validation_loss.iter();
        known.extend(validation.map(|(step, loss)| Scalar { tag: VALIDATION, step: *step, value: *loss }));
        known.sort_by_key(|scalar| scalar.step);
        let shown = Self { events: Events::open(&run.out, &known)?, drawn: Instant::now() };
        run.draw()?;
        Ok(shown)
    }

    /// After a step, or an evaluation.
    fn go_on(&mut self, run: &Run<'_>, evaluated: bool) -> Result<(), TrainError> {
        let state = &run.at.state;
        let new = if evaluated {
            let of_here = state.validation_loss.last().filter(|(step, _)| *step == state.step);
            of_here.map(|(step, loss)| vec![Scalar { tag: VALIDATION, step: *step, value: *loss }])
        } else {
            state.train_loss.last().map(|(step, loss)| run.of_step(*step, *loss).to_vec())
        };
        self.events.add(&new.unwrap_or_default())?;
        if evaluated || self.drawn.elapsed() >= DRAWN {
            self.drawn = Instant::now();
            run.draw()?;
        }
        Ok(())
    }
}

/// Samples in passes of at most so many tokens, each whole and in order; one that is longer goes alone.
fn passes(batch: &[Encoded], tokens_at_once: usize) -> Vec<Rows> {
    let mut passes: Vec<Rows> = Vec::new();
    for encoded in batch {
        let fits = |rows: &&mut Rows| rows.tokens.len() + encoded.tokens.len() <= tokens_at_once;
        match passes.last_mut().filter(fits) {
            Some(rows) => rows.push(&encoded.tokens, encoded.answer),
            None => {
                let mut rows = Rows::default();
                rows.push(&encoded.tokens, encoded.answer);
                passes.push(rows);
            }
        }
    }
    passes
}
