//! `learn`: past admissions to a learned prior.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bogam_engine::{Cancel, EngineError, Sink};
use bogam_knowledge::KnowledgeBase;
use bogam_prior::{Header, Prior};
use bogam_suggest::{LearnError, LearnOptions, LearnStage, Learner, Prompts, ScoreStore, StoredScores};
use serde::Deserialize;

use crate::assets;
use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::{Line, Lines};
use crate::open::{EngineOptions, ModelChoice, open};
use crate::output::Output;
use crate::suggest::{case_hash, next, read_record};

/// Lines at fault that are told one by one; beyond, only their number is.
const TOLD: usize = 10;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct LearnRequest {
    /// Cases; `-` is standard input.
    pub cases: PathBuf,
    /// What was recorded for them.
    pub recorded: PathBuf,
    /// The prior.
    pub out: PathBuf,
    /// The model that scores sampled admissions; often none.
    pub model: ModelChoice,
    /// How it is opened.
    pub engine: EngineOptions,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
    /// Patients whose admissions are left out: one identifier a line.
    pub exclude: Option<PathBuf>,
    /// Decisions of reviewers.
    pub reviews: Option<PathBuf>,
    /// Scores that the model gave before: read, and added to.
    pub model_scores: Option<PathBuf>,
    /// Whose admissions, in words.
    pub site: Option<String>,
    /// Threads.
    pub threads: usize,
}

/// What learning came to.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnSummary {
    /// What the prior says of itself.
    pub header: Header,
    /// `sha256:…` of the file.
    pub hash: String,
    /// Bytes of the file.
    pub bytes: usize,
    /// Cases that could not be read.
    pub rejected: u64,
    /// Cases for which nothing was recorded.
    pub without_record: u64,
    /// Cases of excluded patients.
    pub excluded: u64,
}

impl LearnSummary {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts = vec![format!("learned from {} admissions", self.header.admissions)];
        let more = [
            (self.excluded, "of excluded patients left out"),
            (self.without_record, "without recorded drugs"),
            (self.rejected, "cases rejected"),
        ];
        parts.extend(more.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        parts.push(format!("{} bytes, {}", self.bytes, self.hash));
        parts.join(", ")
    }
}

/// What was recorded for one case, as far as it is learned from.
#[derive(Debug, Deserialize)]
struct RecordedLine {
    case_id: String,
    patient_id: String,
    drugs: Vec<RecordedDrug>,
}

#[derive(Debug, Deserialize)]
struct RecordedDrug {
    ingredient: String,
}

/// A reviewer's decision on one suggested drug.
#[derive(Debug, Deserialize)]
struct Review {
    case_id: String,
    /// Needed for cases that are not in the recorded file.
    #[serde(default)]
    patient_id: Option<String>,
    ingredient: String,
    decision: Decision,
    /// What was given instead.
    #[serde(default)]
    changed_to: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Accepted,
    Changed,
    Rejected,
}

/// What was given, by case; drugs as numbers, so that 400,000 admissions fit into memory.
#[derive(Debug, Default)]
struct Given {
    by_case: HashMap<String, (String, Vec<u32>)>,
    numbers: HashMap<String, u32>,
    names: Vec<String>,
    reviews: usize,
}

impl Given {
    fn number(&mut self, drug: &str) -> u32 {
        if let Some(number) = self.numbers.get(drug) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.numbers.insert(drug.to_owned(), number);
        self.names.push(drug.to_owned());
        number
    }

    fn read(path: &Path) -> Result<Self, AppError> {
        let mut given = Self::default();
        each::<RecordedLine>(path, |line, at| {
            let drugs = line.drugs.iter().map(|d| given.number(&d.ingredient)).collect();
            if given.by_case.insert(line.case_id, (line.patient_id, drugs)).is_some() {
                return Err(format!(
                    "line {at}: this `case_id` was recorded before in the file; give every admission one line"
                ));
            }
            Ok(())
        })?;
        Ok(given)
    }

    /// Takes in what reviewers decided: accepted drugs were given, rejected ones were not.
    fn review(&mut self, path: &Path) -> Result<(), AppError> {
        each::<Review>(path, |review, at| {
            let (drug, instead) =
                (self.number(&review.ingredient), review.changed_to.as_deref().map(|d| self.number(d)));
            if (review.decision == Decision::Changed) != instead.is_some() {
                return Err(format!("line {at}: `changed_to` belongs to the decision `changed`, and to no other"));
            }
            let entry = match self.by_case.entry(review.case_id) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    let patient = review.patient_id.ok_or_else(|| {
                        format!("line {at}: the case is not in the recorded file; give its `patient_id`, so that its admissions stay together")
                    })?;
                    entry.insert((patient, Vec::new()))
                }
            };
            entry.1.retain(|known| *known != drug);
            match review.decision {
                Decision::Accepted => entry.1.push(drug),
                Decision::Changed => entry.1.extend(instead),
                Decision::Rejected => {}
            }
            self.reviews += 1;
            Ok(())
        })
    }

    fn take(&mut self, case: &str) -> Option<(String, BTreeSet<String>)> {
        let (patient, drugs) = self.by_case.remove(case)?;
        let name = |number: u32| usize::try_from(number).ok().and_then(|n| self.names.get(n)).cloned();
        Some((patient, drugs.into_iter().filter_map(name).collect()))
    }
}

/// Reads a file of one record a line. A line that cannot be read makes it unusable: what is learned from a part of a file
/// would pass for the whole.
fn each<T: serde::de::DeserializeOwned>(
    path: &Path,
    mut take: impl FnMut(T, u64) -> Result<(), String>,
) -> Result<(), AppError> {
    let mut lines = Lines::open(path)?;
    while let Some(line) = next(&mut lines, 0)? {
        let read = |line: &Line| -> Result<T, String> {
            let text = line.text.as_ref().map_err(|fault| fault.message().to_owned())?;
            let kind = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default().to_owned();
            serde_json::from_str(text)
                .map_err(|e| format!("not a record of the kind that is expected ({kind}, column {})", e.column()))
        };
        let record =
            read(&line).map_err(|problem| AppError::unusable(path, format!("line {}: {problem}", line.number)))?;
        take(record, line.number).map_err(|problem| AppError::unusable(path, problem))?;
    }
    Ok(())
}

/// Learns a prior.
///
/// # Errors
/// Before anything is written, when an input cannot be used or there is too little in it.
pub fn learn(
    request: &LearnRequest,
    sink: &mut (dyn JobSink + Send),
    cancel: &Cancel,
) -> Result<LearnSummary, AppError> {
    for input in [Some(&request.cases), Some(&request.recorded), request.exclude.as_ref(), request.reviews.as_ref()] {
        Output::not_an_input(&request.out, input.unwrap_or(&request.cases))?;
    }
    let mut lines = Lines::open(&request.cases)?;
    sink.stage("Reading knowledge");
    let knowledge = assets::knowledge(&request.knowledge)?;
    let prompts = assets::prompts()?;
    sink.stage("Reading recorded drugs");
    let mut given = Given::read(&request.recorded)?;
    if let Some(path) = &request.reviews {
        given.review(path)?;
    }
    let excluded = request.exclude.as_deref().map(patients).transpose()?.unwrap_or_default();
    let opened = open(&request.model, &request.engine)?;
    let mut learner = Learner::new(&knowledge, &prompts, opened.engine()).map_err(AppError::Model)?;
    let model = learner.model_key();
    let store = request
        .model_scores
        .as_deref()
        .map(|path| store(path, model.as_deref(), (&prompts, &knowledge), sink))
        .transpose()?;
    sink.stage("Reading cases");
    let mut seen = HashSet::new();
    let (mut rejected, mut without_record, mut left_out) = (0_u64, 0, 0);
    let mut never_excluded: BTreeSet<&str> = excluded.iter().map(String::as_str).collect();
    while let Some(line) = next(&mut lines, 0)? {
        if cancel.is_cancelled() {
            return Err(AppError::Model(EngineError::Cancelled));
        }
        sink.progress(line.number, None);
        let read = match read_record(&line, &mut seen) {
            Ok(read) => read,
            Err(error) => {
                rejected += 1;
                if rejected <= u64::try_from(TOLD).unwrap_or(0) {
                    sink.warn(&format!("{}: line {}: {}", lines.name(), line.number, error.error.message));
                }
                continue;
            }
        };
        let Some((patient, drugs)) = given.take(&read.case.case_id) else {
            without_record += 1;
            continue;
        };
        if excluded.contains(&patient) {
            never_excluded.remove(patient.as_str());
            left_out += 1;
            continue;
        }
        learner.add(read.case, case_hash(&read.canonical), &patient, drugs);
    }
    if !never_excluded.is_empty() {
        sink.warn(&format!("{} patients to exclude have no admission in these files", never_excluded.len()));
    }
    if !given.by_case.is_empty() {
        sink.warn(&format!("{} recorded admissions have no case in {}", given.by_case.len(), lines.name()));
    }
    let prior = finish(learner, request, (given.reviews, store.as_ref()), sink, cancel)?;
    let bytes = prior.to_bytes().map_err(|e| AppError::unusable(&request.out, e))?;
    crate::output::write_whole(&request.out, &bytes)?;
    Ok(LearnSummary {
        header: prior.header().clone(),
        hash: prior.hash().to_owned(),
        bytes: bytes.len(),
        rejected,
        without_record,
        excluded: left_out,
    })
}

fn finish(
    learner: Learner<'_>,
    request: &LearnRequest,
    (reviews, store): (usize, Option<&ScoreStore>),
    sink: &mut (dyn JobSink + Send),
    cancel: &Cancel,
) -> Result<Prior, AppError> {
    let shown = Mutex::new((None::<LearnStage>, sink));
    let progress = |stage: LearnStage, share: f64| {
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.0 != Some(stage) {
            shown.0 = Some(stage);
            shown.1.stage(match stage {
                LearnStage::Drugs => "Learning each drug",
                LearnStage::Model => "Scoring sampled admissions",
                LearnStage::Channels => "Weighing the channels",
                LearnStage::Length => "Choosing the length of lists",
            });
        }
        let hundredth = (0..=100_u8).rev().find(|hundredth| f64::from(*hundredth) <= share * 100.0).unwrap_or(0);
        shown.1.progress(u64::from(hundredth), Some(100));
    };
    let options =
        LearnOptions { site: request.site.clone(), reviews, threads: request.threads, store, progress: &progress };
    learner.finish(&options, &mut Quiet, cancel).map_err(|error| match error {
        LearnError::Engine(error) => AppError::Model(error),
        error @ (LearnError::TooFew { .. } | LearnError::Prior(_)) => AppError::unusable(&request.cases, error),
    })
}

struct Quiet;

impl Sink for Quiet {}

/// Identifiers of patients, one a line.
pub(crate) fn patients(path: &Path) -> Result<BTreeSet<String>, AppError> {
    let mut lines = Lines::open(path)?;
    let mut all = BTreeSet::new();
    while let Some(line) = next(&mut lines, 0)? {
        let text = line.text.map_err(|f| AppError::unusable(path, format!("line {}: {}", line.number, f.message())))?;
        all.insert(text.trim().to_owned());
    }
    Ok(all)
}

/// The first line of a file of model scores: what they hold for.
#[derive(Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
struct ScoresOf {
    model: String,
    prompt: String,
    /// A name is scored as far as it differs from the others.
    knowledge: String,
}

/// Opens a file of model scores, or makes one: scores of another model, prompt or knowledge are refused.
pub(crate) fn store(
    path: &Path,
    model: Option<&str>,
    (prompts, knowledge): (&Prompts, &KnowledgeBase),
    sink: &mut dyn JobSink,
) -> Result<ScoreStore, AppError> {
    let Some(model) = model else {
        return Err(AppError::unusable(path, "scores of a model need a model; give --model as well"));
    };
    let of =
        ScoresOf { model: model.to_owned(), prompt: prompts.hash().to_owned(), knowledge: knowledge.hash().to_owned() };
    let mut known: Vec<StoredScores> = Vec::new();
    let is_new = !path.exists();
    if !is_new {
        let mut lines = Lines::open(path)?;
        let mut first = true;
        while let Some(line) = next(&mut lines, 0)? {
            let text =
                line.text.map_err(|f| AppError::unusable(path, format!("line {}: {}", line.number, f.message())))?;
            let unusable = |e: serde_json::Error| {
                AppError::unusable(path, format!("line {}: no scores of a model ({e})", line.number))
            };
            if std::mem::take(&mut first) {
                let found: ScoresOf = serde_json::from_str(&text).map_err(unusable)?;
                if found != of {
                    return Err(AppError::unusable(
                        path,
                        "holds scores of another model, prompt or knowledge; name another file",
                    ));
                }
            } else {
                known.push(serde_json::from_str(&text).map_err(unusable)?);
            }
        }
    }
    let opened = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    let mut file = opened.map_err(|e| AppError::unusable(path, format!("cannot be written ({e})")))?;
    if is_new {
        let line = serde_json::to_string(&of).unwrap_or_default() + "\n";
        file.write_all(line.as_bytes()).map_err(|e| AppError::unusable(path, format!("cannot be written ({e})")))?;
        sink.warn(&format!("{} holds patient data and is not encrypted (readable by you only)", path.display()));
    }
    Ok(ScoreStore::new(known, Some(Box::new(file))))
}

/// Reads a prior.
///
/// # Errors
/// When the file is none, or cannot be read.
pub fn read_prior(path: &Path) -> Result<Prior, AppError> {
    let bytes = std::fs::read(path)
        .map_err(|e| AppError::unusable(path, format!("cannot be read ({e}); give a file that `bogam learn` made")))?;
    Prior::from_bytes(&bytes).map_err(|e| AppError::unusable(path, e))
}

/// What a prior says of itself, for reading.
#[must_use]
pub fn describe(header: &Header) -> String {
    let mut text = BTreeMap::from([("site", header.site.clone().unwrap_or_else(|| "not named".to_owned()))]);
    text.insert("admissions", format!("{} of {} patients", header.admissions, header.patients));
    let span = header.from.as_deref().zip(header.to.as_deref());
    text.insert("period", span.map_or("unknown".to_owned(), |(from, to)| format!("{from} to {to}, as recorded")));
    text.insert(
        "learned",
        format!("{} drugs, {} features, {} diagnosis groups", header.drugs, header.features, header.groups),
    );
    text.insert("knowledge", header.knowledge.clone());
    text.insert("reviews", header.reviews.to_string());
    let mut lines: String = text.iter().map(|(name, value)| format!("{name:<11} {value}\n")).collect();
    lines.push_str("held out    channels, admissions, accuracy, Jaccard, listed/recorded\n");
    for held in &header.held_out {
        lines.push_str(&format!(
            "            {:<24} {:>5}  {:.3}  {:.3}  {:.2}\n",
            held.channels, held.admissions, held.accuracy, held.jaccard, held.listed_to_recorded
        ));
    }
    lines
}
