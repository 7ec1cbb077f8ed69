//! A prior learned from tables: put to use, and evaluated on patients that another one did not learn from.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use bogam_clinical::record::RecordedAdmission;
use bogam_engine::Cancel;
use bogam_evaluate::is_held_out;
use serde::Deserialize;

use super::evaluations::EVALUATIONS;
use super::imports::{Told, write_whole};
use super::types::{Metric, PriorView, Progress};
use super::{Answer, Window, fault};
use crate::Options;
use crate::error::AppError;
use crate::evaluate::{EvaluateRequest, SAMPLE, evaluate};
use crate::learn::{LearnRequest, LearnSummary, learn};
use crate::open::{EngineOptions, ModelChoice};
use crate::suggest::{Format, PriorChoice, SuggestRequest, suggest};

/// Where learned priors lie.
const PRIORS: &str = "priors";

/// The share of patients that is left out for the evaluation…
const HELD_OUT: f64 = 0.2;

/// …and how many admissions of theirs are enough, about.
const ENOUGH: f64 = 2_000.0;

/// A case's identifier, and nothing else of it.
#[derive(Deserialize)]
struct CaseId {
    case_id: String,
}

/// The files of an evaluation, in the private folder.
struct Divided {
    patients: PathBuf,
    cases: PathBuf,
    recorded: PathBuf,
    rest: PathBuf,
}

impl Window {
    /// Learns from what was imported to `from`, and puts the prior to use. How such a prior fares is measured on patients
    /// that it did not learn from.
    pub(super) fn learn_prior(
        &self,
        stamp: &str,
        from: &Path,
        on: &mut (dyn FnMut(Progress) + Send),
        cancel: &Cancel,
    ) -> Answer<PriorView> {
        let file = self.surroundings.beside(PRIORS).join(format!("{stamp}.prior"));
        let folder = self.surroundings.beside(PRIORS);
        std::fs::create_dir_all(&folder).map_err(|e| AppError::unusable(&folder, e))?;
        let learned = self.learned(from, &file, None, on, cancel)?;
        let metrics = match self.evaluated(stamp, (from, learned.header.admissions), on, cancel) {
            Ok(metrics) => metrics,
            Err(error) if error.code == "cancelled" => {
                // Stopped is stopped: nothing of it is put to use.
                drop(std::fs::remove_file(&file));
                return Err(error);
            }
            Err(error) => {
                on(Progress::Notice { code: "prior.not_evaluated".to_owned(), params: error.params });
                Vec::new()
            }
        };
        self.put_to_use(&file)?;
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Ok(PriorView {
            hash: learned.hash,
            at: self.now().to_string(),
            admissions: number(learned.header.admissions),
            patients: number(learned.header.patients),
            active: true,
            metrics,
        })
    }

    fn learned(
        &self,
        from: &Path,
        out: &Path,
        exclude: Option<PathBuf>,
        on: &mut (dyn FnMut(Progress) + Send),
        cancel: &Cancel,
    ) -> Answer<LearnSummary> {
        let request = LearnRequest {
            cases: from.join("cases.jsonl"),
            recorded: from.join("recorded.jsonl"),
            out: out.to_owned(),
            model: ModelChoice::None,
            engine: EngineOptions::default(),
            knowledge: self.site()?,
            exclude,
            reviews: None,
            model_scores: None,
            site: None,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        };
        learn(&request, &mut Told::new(on), cancel).map_err(|error| {
            if let AppError::Unusable(text) = error {
                fault("prior.not_learned", &[("text", text.into())])
            } else {
                error.into()
            }
        })
    }

    /// Evaluates a prior that did not learn from some of the patients on these, beside lists without a prior. The report is
    /// kept among the evaluations.
    fn evaluated(
        &self,
        stamp: &str,
        (from, admissions): (&Path, usize),
        on: &mut (dyn FnMut(Progress) + Send),
        cancel: &Cancel,
    ) -> Answer<Vec<Metric>> {
        let admissions = u32::try_from(admissions).map_or(f64::MAX, f64::from);
        let divided = divide(from, HELD_OUT.min(ENOUGH / admissions.max(1.0)))?;
        let prior = from.join("held-out.prior");
        self.learned(from, &prior, Some(divided.patients), on, cancel)?;
        let (with, without) = (from.join("with.jsonl"), from.join("without.jsonl"));
        for (out, prior) in [(&with, PriorChoice::File(prior)), (&without, PriorChoice::None)] {
            if cancel.is_cancelled() {
                return Err(fault("cancelled", &[]));
            }
            let request = SuggestRequest {
                cases: divided.cases.clone(),
                out: out.clone(),
                model: ModelChoice::None,
                engine: EngineOptions::default(),
                prior,
                model_scores: None,
                knowledge: self.site()?,
                today: self.now().to_string().chars().take(10).collect(),
                options: Options { advice: false, ..Options::default() },
                format: Format::Json,
            };
            suggest(&request, &mut Told::new(on), cancel)?;
        }
        let report = from.join("evaluation.json");
        let request = EvaluateRequest {
            suggestions: with,
            name: "knowledge+prior".to_owned(),
            beside: vec![("knowledge".to_owned(), without)],
            recorded: divided.recorded,
            training: Some(divided.rest),
            cases: Some(divided.cases),
            judge_sample: SAMPLE,
            out: Some(report.clone()),
            knowledge: self.site()?,
            ..EvaluateRequest::default()
        };
        evaluate(&request, &mut Told::new(on))?;
        if cancel.is_cancelled() {
            return Err(fault("cancelled", &[]));
        }
        let bytes = std::fs::read(&report).map_err(|e| AppError::unusable(&report, e))?;
        let kept = self.surroundings.beside(EVALUATIONS).join(format!("{stamp}.json"));
        write_whole(&kept, &bytes)?;
        Ok(super::evaluations::read(&kept)?.metrics)
    }

    /// Names a prior in the settings; what else stands there stays as it is.
    fn put_to_use(&self, prior: &Path) -> Answer<()> {
        let path = self.surroundings.beside("settings.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(AppError::unusable(&path, error).into()),
        };
        let line = format!("prior = {}\n", toml::Value::from(prior.display().to_string()));
        let is_prior = |line: &&str| line.split('=').next().is_some_and(|key| key.trim() == "prior");
        // A key of the top comes before the first table.
        let others: String = text.split_inclusive('\n').filter(|line| !is_prior(line)).collect();
        write_whole(&path, format!("{line}{others}").as_bytes())?;
        Ok(())
    }
}

/// Divides what was imported by patient.
fn divide(from: &Path, share: f64) -> Answer<Divided> {
    let place = |name: &str| from.join(name);
    let divided = Divided {
        patients: place("held-out.patients"),
        cases: place("held-out.cases.jsonl"),
        recorded: place("held-out.recorded.jsonl"),
        rest: place("rest.recorded.jsonl"),
    };
    let mut patients = HashSet::new();
    let mut cases = HashSet::new();
    let mut writers = (create(&divided.recorded)?, create(&divided.rest)?);
    each_line(&place("recorded.jsonl"), |line| {
        let record: RecordedAdmission = serde_json::from_str(line).map_err(std::io::Error::other)?;
        if is_held_out(&record.patient_id, share) {
            patients.insert(record.patient_id);
            cases.insert(record.case_id);
            writeln!(writers.0, "{line}")
        } else {
            writeln!(writers.1, "{line}")
        }
    })?;
    let mut held_out = create(&divided.cases)?;
    each_line(&place("cases.jsonl"), |line| {
        let case: CaseId = serde_json::from_str(line).map_err(std::io::Error::other)?;
        if cases.contains(&case.case_id) { writeln!(held_out, "{line}") } else { Ok(()) }
    })?;
    let mut list = create(&divided.patients)?;
    let listed = patients.iter().try_for_each(|patient| writeln!(list, "{patient}"));
    let flushed = listed
        .and_then(|()| list.flush())
        .and_then(|()| held_out.flush())
        .and_then(|()| writers.0.flush())
        .and_then(|()| writers.1.flush());
    flushed.map_err(|e| AppError::unusable(from, e))?;
    if patients.is_empty() {
        return Err(fault("prior.not_evaluated", &[]));
    }
    Ok(divided)
}

fn create(path: &Path) -> Result<BufWriter<std::fs::File>, AppError> {
    std::fs::File::create(path).map(BufWriter::new).map_err(|e| AppError::unusable(path, e))
}

fn each_line(path: &Path, mut take: impl FnMut(&str) -> std::io::Result<()>) -> Result<(), AppError> {
    let unusable = |e: std::io::Error| AppError::unusable(path, e);
    let file = std::fs::File::open(path).map_err(unusable)?;
    for line in BufReader::new(file).lines() {
        take(&line.map_err(unusable)?).map_err(unusable)?;
    }
    Ok(())
}
