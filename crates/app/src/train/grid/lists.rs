//! What each adapter, and the model without one, says of the held-out cases: asked once, and kept at once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use bogam_clinical::case::Case;
use bogam_engine::{Cancel, EngineError};
use bogam_knowledge::KnowledgeBase;
use bogam_suggest::{ModelAlone, Prompts};
use serde::{Deserialize, Serialize};

use super::{Cell, GridRequest, Plan};
use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::Lines;
use crate::models;
use crate::open::{EngineOptions, ModelChoice, open};
use crate::suggest::{next, read_record};

/// What is asked, and by what.
pub(super) struct Asking<'a> {
    pub request: &'a GridRequest,
    pub base: &'a Path,
    pub knowledge: &'a KnowledgeBase,
    pub prompts: &'a Prompts,
    pub plan: &'a Plan,
}

/// What one model says.
#[derive(Debug)]
pub(super) struct Answers {
    /// The adapter; none is the model without one.
    pub cell: Option<Cell>,
    /// Hash of the adapter.
    pub adapter: Option<String>,
    /// `ln P(name | empty case)`.
    pub empty: Scores,
    /// By case.
    pub cases: BTreeMap<String, Answer>,
}

pub(super) type Scores = BTreeMap<String, f64>;

/// What a model says of a case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub case_id: String,
    /// Why there is no answer: the case is too long for the model.
    pub fault: Option<String>,
    /// `ln P(name | case)` of every drug.
    pub scores: Scores,
    /// Written with names of the formulary only.
    pub held: Vec<String>,
    /// Written freely, where it is a list.
    pub free: Vec<String>,
    /// Why it is none.
    pub out_of_form: Option<String>,
}

/// A line of the file that keeps them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first: what the others hold for.
    Of { adapter: Option<String>, plan: Plan },
    /// Scores after an empty case.
    Empty(Scores),
    /// A case.
    Case(Answer),
}

impl Asking<'_> {
    /// All answers, and how many lines of the cases could not be read.
    pub(super) fn all(
        &self,
        held_out: &BTreeSet<String>,
        cells: &[Cell],
        sink: &mut dyn JobSink,
        cancel: &Cancel,
    ) -> Result<(Vec<Answers>, u64), AppError> {
        sink.stage("Reading cases");
        let (cases, unreadable) = self.cases(held_out, sink)?;
        let folder = self.request.run.out.join("answers");
        std::fs::create_dir_all(&folder).map_err(|e| AppError::unusable(&folder, format!("cannot be made ({e})")))?;
        let mut all = Vec::new();
        for cell in std::iter::once(None).chain(cells.iter().map(Some)) {
            all.push(self.one(cell, &folder, &cases, sink, cancel)?);
        }
        Ok((all, unreadable))
    }

    fn cases(&self, held_out: &BTreeSet<String>, sink: &mut dyn JobSink) -> Result<(Vec<Case>, u64), AppError> {
        let mut lines = Lines::open(&self.request.cases)?;
        let (mut cases, mut unreadable, mut seen) = (Vec::new(), 0, HashSet::new());
        while let Some(line) = next(&mut lines, 0)? {
            match read_record(&line, &mut seen) {
                Ok(read) if held_out.contains(&read.case.case_id) => cases.push(read.case),
                Ok(_) => {}
                Err(record) => {
                    unreadable += 1;
                    sink.warn(&format!("{}: line {}: {}", lines.name(), line.number, record.error.message));
                }
            }
        }
        if cases.is_empty() {
            return Err(AppError::unusable(&self.request.cases, "has no case of a patient who is held out"));
        }
        Ok((cases, unreadable))
    }

    fn one(
        &self,
        cell: Option<&Cell>,
        folder: &Path,
        cases: &[Case],
        sink: &mut dyn JobSink,
        cancel: &Cancel,
    ) -> Result<Answers, AppError> {
        let name = cell.map_or_else(|| "untrained".to_owned(), Cell::name);
        let adapter =
            cell.map(|cell| models::sha256(&cell.adapter).map(|hash| format!("sha256:{hash}"))).transpose()?;
        let path = folder.join(format!("{name}.jsonl"));
        let of = Line::Of { adapter: adapter.clone(), plan: self.plan.clone() };
        let (mut kept, empty, answered) = Kept::open(path, &of, sink)?;
        let mut answers = Answers { cell: cell.cloned(), adapter, empty: empty.unwrap_or_default(), cases: answered };
        let open_cases: Vec<&Case> = cases.iter().filter(|case| !answers.cases.contains_key(&case.case_id)).collect();
        if open_cases.is_empty() && !answers.empty.is_empty() {
            return Ok(answers);
        }
        sink.stage(&format!("Asking {name}"));
        let options = EngineOptions {
            adapter: cell.map(|cell| cell.adapter.clone()),
            threads: self.request.threads,
            worker: self.request.worker.clone(),
            ..EngineOptions::default()
        };
        let opened = open(&ModelChoice::File(self.base.to_owned()), &options)?;
        let engine = opened.engine().ok_or_else(|| AppError::unusable(self.base, "cannot be asked"))?;
        let alone = ModelAlone::new(engine, self.prompts, self.knowledge);
        let total = u64::try_from(cases.len()).ok();
        let done = |answers: &Answers| u64::try_from(answers.cases.len()).unwrap_or(u64::MAX);
        if answers.empty.is_empty() {
            let failed = |error| AppError::ModelFailed { error, done: 0 };
            answers.empty = owned(alone.scores(None, cancel).map_err(failed)?);
            kept.line(&Line::Empty(answers.empty.clone()))?;
        }
        for case in open_cases {
            sink.progress(done(&answers), total);
            let answer = ask(&alone, case, cancel);
            let answer = answer.map_err(|error| AppError::ModelFailed { error, done: done(&answers) })?;
            kept.line(&Line::Case(answer.clone()))?;
            answers.cases.insert(case.case_id.clone(), answer);
        }
        Ok(answers)
    }
}

fn owned(scores: Vec<(&str, f64)>) -> Scores {
    scores.into_iter().map(|(name, nats)| (name.to_owned(), nats)).collect()
}

/// The three questions about a case, one after the other: the prompt is evaluated once.
fn ask(alone: &ModelAlone<'_>, case: &Case, cancel: &Cancel) -> Result<Answer, EngineError> {
    let asked = alone.scores(Some(case), cancel).and_then(|scores| {
        let held = alone.held(case, cancel)?;
        Ok((scores, held, alone.free(case, cancel)?))
    });
    let names = |drugs: Vec<&str>| drugs.into_iter().map(str::to_owned).collect();
    let mut answer = Answer { case_id: case.case_id.clone(), ..Answer::default() };
    match asked {
        Ok((scores, held, free)) => {
            (answer.scores, answer.held) = (owned(scores), names(held));
            match free {
                Ok(drugs) => answer.free = names(drugs),
                Err(fault) => answer.out_of_form = Some(fault.code().to_owned()),
            }
        }
        Err(error @ EngineError::ContextExceeded { .. }) => answer.fault = Some(error.code().to_owned()),
        Err(error) => return Err(error),
    }
    Ok(answer)
}

/// The file of one model's answers.
struct Kept {
    file: File,
    path: PathBuf,
    lines: u64,
}

impl Kept {
    /// Opens it, with what it holds. A last line without its end was being written when a run was stopped: it is cut off.
    #[expect(clippy::type_complexity, reason = "a function of one caller")]
    fn open(
        path: PathBuf,
        of: &Line,
        sink: &mut dyn JobSink,
    ) -> Result<(Self, Option<Scores>, BTreeMap<String, Answer>), AppError> {
        let before = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(AppError::unusable(&path, format!("cannot be read ({error})"))),
        };
        let end = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let whole = before.get(..end).unwrap_or_default();
        let unusable =
            |problem: &str| AppError::unusable(&path, format!("{problem}; remove it, or give another --out"));
        let (mut empty, mut cases, mut lines) = (None, BTreeMap::new(), 0);
        let first = serde_json::to_vec(of).unwrap_or_default();
        for line in whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            lines += 1;
            if lines == 1 {
                if line != first {
                    return Err(unusable("holds answers of another adapter or grid"));
                }
                continue;
            }
            match serde_json::from_slice(line).map_err(|_| unusable("is not what this program writes"))? {
                Line::Of { .. } => return Err(unusable("is not what this program writes")),
                Line::Empty(scores) => empty = Some(scores),
                Line::Case(answer) => {
                    cases.insert(answer.case_id.clone(), answer);
                }
            }
        }
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let file = opened.map_err(|e| AppError::unusable(&path, format!("cannot be written ({e})")))?;
        if end < before.len() {
            let length = u64::try_from(end).unwrap_or(u64::MAX);
            file.set_len(length).map_err(|e| AppError::unusable(&path, format!("cannot be cut ({e})")))?;
            sink.warn(&format!("{}: its last line was not whole; that case is asked again", path.display()));
        }
        let mut kept = Self { file, path, lines };
        if lines == 0 {
            kept.line(of)?;
        }
        Ok((kept, empty, cases))
    }

    fn line(&mut self, line: &Line) -> Result<(), AppError> {
        let mut bytes = serde_json::to_vec(line).unwrap_or_default();
        bytes.push(b'\n');
        let written = self.file.write_all(&bytes);
        written.map_err(|error| AppError::Output { file: self.path.display().to_string(), error, done: self.lines })?;
        self.lines += 1;
        Ok(())
    }
}
