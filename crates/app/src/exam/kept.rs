//! What was asked already, kept beside the report: `FILE.questions.jsonl` for a report `FILE`.
//!
//! The first line says what the answers depend on, each further line is one question. A run that is stopped at any moment
//! loses at most the question that it was at; started again, it goes on if everything that the answers depend on is the
//! same, and is refused otherwise. The file stays when the report is written: it holds what the model said.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use bogam_evaluate::exam::{Outcome, Question, Run, letter_of, read_letter};
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::job::JobSink;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    run: Run,
}

/// A question that is done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    line: u64,
    id: String,
    /// The right letter; and of each answer the letter that was read. They are written for who reads the file: the report
    /// takes them from the question and the answer.
    gold: char,
    read: Vec<Option<char>>,
    #[serde(flatten)]
    outcome: Outcome,
}

/// What is done, and where more of it goes.
pub(super) struct Kept {
    to: Option<(File, PathBuf)>,
    done: HashMap<(String, u64), Outcome>,
}

/// The file beside a report.
pub(super) fn beside(report: &Path) -> PathBuf {
    let mut name = report.as_os_str().to_owned();
    name.push(".questions.jsonl");
    PathBuf::from(name)
}

impl Kept {
    /// What a run to this report has done before. Without a file nothing is kept.
    pub(super) fn open(report: Option<&Path>, run: &Run, sink: &mut dyn JobSink) -> Result<Self, AppError> {
        let Some(report) = report else { return Ok(Self { to: None, done: HashMap::new() }) };
        let path = beside(report);
        let before = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(AppError::unusable(&path, format!("cannot be read ({error})"))),
        };
        // A line without its end was being written when the run was stopped.
        let whole = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = before.get(..whole).unwrap_or_default();
        let text = std::str::from_utf8(lines).map_err(|_| AppError::unusable(&path, "is not UTF-8; remove it"))?;
        let done = read(&path, text, run)?;
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let file = opened.map_err(|e| AppError::unusable(&path, format!("cannot be written ({e})")))?;
        if whole < before.len() {
            let kept = u64::try_from(whole).unwrap_or(u64::MAX);
            file.set_len(kept).map_err(|e| AppError::unusable(&path, format!("cannot be cut ({e})")))?;
            sink.warn(&format!("{}: its last line was not whole; that question is asked again", path.display()));
        }
        let mut kept = Self { to: Some((file, path)), done };
        if text.is_empty() {
            kept.line(&Head { run: run.clone() })?;
        }
        if !kept.done.is_empty() {
            sink.warn(&format!("{} questions were answered before and are not asked again", kept.done.len()));
        }
        Ok(kept)
    }

    pub(super) fn done(&self) -> u64 {
        u64::try_from(self.done.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn has(&self, file: &str, line: u64) -> bool {
        self.outcome(file, line).is_some()
    }

    pub(super) fn outcome(&self, file: &str, line: u64) -> Option<&Outcome> {
        self.done.get(&(file.to_owned(), line))
    }

    /// Keeps a question that is done, at once.
    pub(super) fn keep(&mut self, file: &str, question: &Question, outcome: Outcome) -> Result<(), AppError> {
        let options = question.options.len();
        let entry = Entry {
            file: file.to_owned(),
            line: question.line,
            id: question.id.clone(),
            gold: letter_of(question.gold),
            read: outcome.answers.iter().map(|answer| read_letter(answer, options).map(letter_of)).collect(),
            outcome,
        };
        self.line(&entry)?;
        self.done.insert((entry.file, entry.line), entry.outcome);
        Ok(())
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), AppError> {
        let done = self.done();
        let Some((file, path)) = &mut self.to else { return Ok(()) };
        let mut whole = serde_json::to_vec(line).unwrap_or_default();
        whole.push(b'\n');
        file.write_all(&whole).map_err(|error| AppError::Output { file: path.display().to_string(), error, done })
    }
}

fn read(path: &Path, text: &str, run: &Run) -> Result<HashMap<(String, u64), Outcome>, AppError> {
    let mut lines = text.lines();
    let Some(head) = lines.next() else { return Ok(HashMap::new()) };
    let unusable = |line: usize, problem: &dyn std::fmt::Display| {
        AppError::unusable(path, format!("line {line}: {problem}; remove the file, or give another --out"))
    };
    let head: Head = serde_json::from_str(head).map_err(|e| unusable(1, &e))?;
    if head.run != *run {
        let pairs = head.run.rows().into_iter().zip(run.rows());
        let differ: Vec<String> = pairs
            .filter(|((_, before), (_, now))| before != now)
            .map(|((field, before), (_, now))| format!("{field} was {before} and is {now}"))
            .collect();
        let what = format!("holds answers of another run: {}", differ.join("; "));
        return Err(AppError::unusable(path, format!("{what}. Remove the file, or give another --out")));
    }
    let tries = usize::try_from(run.settings.tries).unwrap_or(usize::MAX);
    let mut done = HashMap::new();
    for (number, line) in (2..).zip(lines) {
        let entry: Entry = serde_json::from_str(line).map_err(|e| unusable(number, &e))?;
        let whole = entry.outcome.error.is_some() || entry.outcome.answers.len() == tries;
        if !whole || done.insert((entry.file, entry.line), entry.outcome).is_some() {
            return Err(unusable(number, &"not what this program writes"));
        }
    }
    Ok(done)
}
