//! `train grid`: adapters of several ranks after several epochs, each asked through the engine about patients who were not
//! trained on, in one table with what was published.
//!
//! A folder holds it all: a run for each rank, the answers of each adapter, the table. What is there is not made again, so that
//! a grid that was broken off goes on; a folder of another grid is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bogam_clinical::record::RecordedAdmission;
use bogam_engine::Cancel;
use bogam_engine::llama::WorkerCommand;
use bogam_evaluate::{SeenBefore, is_held_out};
use bogam_train::samples::Fate;
use bogam_train::{RunReport, Settings};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Prepared, TrainRequest, Watching, split};
use crate::assets;
use crate::error::AppError;
use crate::evaluate::read;
use crate::job::JobSink;
use crate::learn::patients;
use crate::models;
use crate::output::write_whole;

mod figures;
mod lists;
mod table;

pub use figures::{Grid, MostPrescribed, Published, Row};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct GridRequest {
    /// A run as `train` takes it; rank, epochs and the ends of a run are those of the grid.
    pub run: TrainRequest,
    /// Ranks, a run each.
    pub ranks: Vec<usize>,
    /// Epochs after which an adapter is looked at.
    pub checkpoints: Vec<usize>,
    /// Cases, of held-out patients among others.
    pub cases: PathBuf,
    /// What was recorded for them, and for others: of these the most-prescribed drugs and the length of lists are taken.
    pub recorded: PathBuf,
    /// Threads of the engine; 0 is one a physical core.
    pub threads: u32,
    /// How to start a worker; this program when `None`.
    pub worker: Option<WorkerCommand>,
}

/// The share of patients who are held out where nobody names them: fold 0 of 5.
const HELD_OUT: f64 = 0.2;

/// A grid that is done.
#[derive(Debug)]
pub struct Done {
    /// The table as JSON.
    pub grid: Grid,
    /// The table for reading.
    pub text: String,
    /// Samples that could not be used, and cases that could not be read.
    pub rejected: u64,
}

/// What the recorded admissions come to.
#[derive(Debug, Default)]
struct Known {
    /// Patients who are asked about and never trained on.
    held_out: BTreeSet<String>,
    /// Their admissions.
    cases: BTreeSet<String>,
    /// Admissions of others, and the drugs of these.
    others: (u64, u64),
}

/// What answers and runs depend on: a folder holds those of one plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Plan {
    bogam: String,
    base: String,
    samples: String,
    cases: String,
    recorded: String,
    held_out: String,
    validation: String,
    knowledge: String,
    prompts: String,
    settings: Value,
}

/// An adapter of the grid.
#[derive(Debug, Clone)]
struct Cell {
    rank: usize,
    epoch: usize,
    step: usize,
    validation_loss: Option<f64>,
    adapter: PathBuf,
}

impl Cell {
    fn name(&self) -> String {
        format!("rank-{}-epoch-{}", self.rank, self.epoch)
    }
}

/// Runs the grid, or what is left of it.
///
/// # Errors
/// When an input cannot be used, the folder is of another grid, or a run or the model fails; it can be started again.
pub fn grid(request: &GridRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Done, AppError> {
    let (ranks, epochs) = (numbers("--ranks", &request.ranks)?, numbers("--checkpoints", &request.checkpoints)?);
    let out = &request.run.out;
    sink.stage("Reading what was recorded");
    let known = known(request)?;
    std::fs::create_dir_all(out).map_err(|e| AppError::unusable(out, format!("cannot be made ({e})")))?;
    let mut run = request.run.clone();
    let named: String = known.held_out.iter().map(|id| format!("{id}\n")).collect();
    run.settings.epochs = epochs.last().copied().unwrap_or(1);
    (run.settings.steps, run.settings.every, run.settings.patience) = (None, None, None);
    run.settings.rank = ranks.last().copied().unwrap_or(1);
    let held_out = out.join("held-out.patients");
    write_whole(&held_out, named.as_bytes())?;
    run.exclude = Some(held_out);
    let prepared = Prepared::new(&run, sink, cancel)?;
    if !prepared.report.fates.contains_key(&Fate::ExcludedPatient) {
        sink.warn(
            "no sample is of a patient who is held out: samples that name no patient cannot be left out by patient",
        );
    }
    let knowledge = assets::knowledge(&[])?;
    let prompts = assets::prompts()?;
    let hash = |path: &Path| models::sha256(path).map(|hash| format!("sha256:{hash}"));
    let validation = split(&run)?.validation;
    let mut settings = serde_json::to_value(&run.settings).unwrap_or_default();
    settings.as_object_mut().map(|fields| fields.remove("rank"));
    let plan = Plan {
        bogam: env!("CARGO_PKG_VERSION").to_owned(),
        base: prepared.hashes.0.clone(),
        samples: prepared.hashes.1.clone(),
        cases: hash(&request.cases)?,
        recorded: hash(&request.recorded)?,
        held_out: hash_of(&known.held_out),
        validation: hash_of(&validation),
        knowledge: knowledge.hash().to_owned(),
        prompts: prompts.hash().to_owned(),
        settings,
    };
    keep(&plan, &out.join("plan.json"))?;
    let runs = train_all(&prepared, &run, &ranks, sink, cancel)?;
    let cells = cells(out, &runs, &epochs)?;
    let rejected = prepared.report.rejected();
    let base = prepared.path.clone();
    drop(prepared);
    let ask = lists::Asking { request, base: &base, knowledge: &knowledge, prompts: &prompts, plan: &plan };
    let (answers, unreadable) = ask.all(&known.cases, &cells, sink, cancel)?;
    let grid = figures::grid((&plan, &base), &known, &answers, request, &knowledge, sink)?;
    let json = serde_json::to_vec_pretty(&grid).unwrap_or_default();
    write_whole(&out.join("grid.json"), &json)?;
    let text = table::markdown(&grid);
    write_whole(&out.join("grid.md"), text.as_bytes())?;
    sink.warn(&format!("{} holds patient data and is not encrypted (readable by you only)", out.display()));
    Ok(Done { grid, text, rejected: rejected + unreadable })
}

/// Numbers in order, each once, none 0.
fn numbers(option: &str, given: &[usize]) -> Result<Vec<usize>, AppError> {
    let numbers: BTreeSet<usize> = given.iter().copied().collect();
    if numbers.is_empty() || numbers.contains(&0) {
        return Err(AppError::Unusable(format!("{option}: give numbers from 1, such as 1,3,5")));
    }
    Ok(numbers.into_iter().collect())
}

fn known(request: &GridRequest) -> Result<Known, AppError> {
    let named = request.run.exclude.as_deref().map(patients).transpose()?;
    let mut known = Known::default();
    let mut seen = BTreeSet::new();
    let mut take = |admission: &RecordedAdmission| {
        if !seen.insert(admission.case_id.clone()) {
            return Err(SeenBefore);
        }
        let patient = &admission.patient_id;
        if named.as_ref().map_or_else(|| is_held_out(patient, HELD_OUT), |named| named.contains(patient)) {
            known.held_out.insert(patient.clone());
            known.cases.insert(admission.case_id.clone());
        } else {
            let drugs: BTreeSet<&str> = admission.drugs.iter().map(|drug| drug.ingredient.as_str()).collect();
            known.others.0 += 1;
            known.others.1 += u64::try_from(drugs.len()).unwrap_or(u64::MAX);
        }
        Ok(())
    };
    read::recorded(&request.recorded, &mut take)?;
    let refuse = |problem: &str| Err(AppError::unusable(&request.recorded, problem));
    if known.cases.is_empty() {
        return refuse("has no admission of a patient who is held out; name such patients with --exclude-patients");
    }
    if known.others.1 == 0 {
        return refuse("has admissions of held-out patients only; the length of lists is that of the others' records");
    }
    // Whoever is named is not trained on, whether or not there is an admission to ask about.
    known.held_out.extend(named.into_iter().flatten());
    Ok(known)
}

fn hash_of(ids: &BTreeSet<String>) -> String {
    let text: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let hex: String = Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

/// Keeps the plan, or refuses the folder of another.
fn keep(plan: &Plan, path: &Path) -> Result<(), AppError> {
    let now = serde_json::to_value(plan).unwrap_or_default();
    let before = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let json = serde_json::to_vec_pretty(&now).unwrap_or_default();
            return write_whole(path, &json);
        }
        Err(error) => return Err(AppError::unusable(path, format!("cannot be read ({error})"))),
    };
    let before: Value = serde_json::from_slice(&before)
        .map_err(|_| AppError::unusable(path, "is no plan of a grid; give another --out"))?;
    let empty = serde_json::Map::new();
    let (was, is) = (before.as_object().unwrap_or(&empty), now.as_object().unwrap_or(&empty));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let differ: Vec<&str> =
        names.into_iter().filter(|name| was.get(*name) != is.get(*name)).map(String::as_str).collect();
    if differ.is_empty() {
        return Ok(());
    }
    let what = differ.join(", ");
    Err(AppError::unusable(path, format!("is of another grid; different: {what}. Give the same, or another --out")))
}

/// A run for each rank; the weights are loaded when one is not done yet.
fn train_all(
    prepared: &Prepared,
    run: &TrainRequest,
    ranks: &[usize],
    sink: &mut dyn JobSink,
    cancel: &Cancel,
) -> Result<BTreeMap<usize, RunReport>, AppError> {
    let (mut runs, mut model) = (BTreeMap::new(), None);
    for &rank in ranks {
        let settings = Settings { rank, ..run.settings.clone() };
        let folder = run.out.join(format!("rank-{rank}"));
        let report = match done(&folder, &settings, prepared)? {
            Some(report) => report,
            None => {
                let model = match &mut model {
                    Some(model) => model,
                    none => none.insert(prepared.load(sink, cancel)?),
                };
                sink.stage(&format!("Rank {rank}"));
                sink.stage("Training");
                prepared.train(model, &settings, (&folder, true), &mut Watching { sink, cancel })?
            }
        };
        runs.insert(rank, report);
    }
    Ok(runs)
}

/// The report of a run that is done, if it is this one.
fn done(folder: &Path, settings: &Settings, prepared: &Prepared) -> Result<Option<RunReport>, AppError> {
    let path = folder.join("run.json");
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(AppError::unusable(&path, format!("cannot be read ({error})"))),
    };
    let report: Option<RunReport> = serde_json::from_slice(&bytes).ok();
    let (base, samples) = &prepared.hashes;
    let same = report.filter(|run| run.settings == *settings && run.base == *base && run.samples == *samples);
    match same {
        Some(report) => Ok(Some(report)),
        None => Err(AppError::unusable(&path, "is of another run; give another --out")),
    }
}

/// The adapters of the runs after these epochs.
fn cells(out: &Path, runs: &BTreeMap<usize, RunReport>, epochs: &[usize]) -> Result<Vec<Cell>, AppError> {
    let mut cells = Vec::new();
    for (rank, run) in runs {
        let steps_an_epoch = run.train_samples.div_ceil(run.settings.batch.max(1));
        for &epoch in epochs {
            let step = epoch * steps_an_epoch;
            let adapter = out.join(format!("rank-{rank}/checkpoints/step-{step:06}.gguf"));
            if !adapter.is_file() {
                return Err(AppError::unusable(
                    &adapter,
                    "is missing; remove the folder of this rank and run it again",
                ));
            }
            let validation_loss = run.validation_loss.iter().find(|(at, _)| *at == step).map(|(_, loss)| *loss);
            cells.push(Cell { rank: *rank, epoch, step, validation_loss, adapter });
        }
    }
    Ok(cells)
}
