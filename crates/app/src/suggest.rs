//! `suggest`: cases in, records out.

use std::collections::HashSet;
use std::path::PathBuf;

use bogam_clinical::input::{FieldError, ReadCase, read_case};
use bogam_clinical::record::{ErrorRecord, RecordError, Status};
use bogam_clinical::text::Lang;
use bogam_engine::{Cancel, Sink};
use bogam_prior::{PastPart, Prior};
use bogam_suggest::{Options, SuggestError, Suggester, Weights};
use sha2::{Digest as _, Sha256};

use crate::empty_scores;
use crate::error::AppError;
use crate::home::settings;
use crate::job::{JobSink, Summary};
use crate::knowledge::expired;
use crate::learn::{read_prior, store};
use crate::lines::{Line, Lines};
use crate::open::{EngineOptions, ModelChoice, open};
use crate::output::Output;
use crate::{assets, report};

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON lines.
    Json,
    /// A report for reading.
    Text(Lang),
}

/// The learned prior as asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PriorChoice {
    /// That of the settings, else none.
    #[default]
    Default,
    /// None.
    None,
    /// A file.
    File(PathBuf),
}

impl PriorChoice {
    fn read(&self) -> Result<Option<Prior>, AppError> {
        match self {
            Self::None => Ok(None),
            Self::File(path) => read_prior(path).map(Some),
            Self::Default => settings()?.prior.as_deref().map(read_prior).transpose(),
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct SuggestRequest {
    /// Cases; `-` is standard input.
    pub cases: PathBuf,
    /// Records; `-` is standard output.
    pub out: PathBuf,
    /// The model.
    pub model: ModelChoice,
    /// How it is opened.
    pub engine: EngineOptions,
    /// The learned prior.
    pub prior: PriorChoice,
    /// Scores that the model gave before: read, and added to.
    pub model_scores: Option<PathBuf>,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
    /// Today, `2026-03-02`: knowledge that has expired by then is told where a case has no `as_of`.
    pub today: String,
    /// What a suggestion holds.
    pub options: Options,
    /// How records are written.
    pub format: Format,
}

/// Answers every case of a file.
///
/// # Errors
/// Before anything is written, when an input or the model cannot be used; later when the output or the model fails for
/// good: what was written are whole lines.
pub fn suggest(request: &SuggestRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Summary, AppError> {
    let mut lines = Lines::open(&request.cases)?;
    sink.stage("Reading knowledge");
    let knowledge = assets::knowledge(&request.knowledge)?;
    let prompts = assets::prompts()?;
    let prior = request.prior.read()?;
    usable(request, prior.is_some())?;
    if request.model != ModelChoice::None {
        sink.stage("Loading the model");
    }
    let opened = open(&request.model, &request.engine)?;
    let suggester = Suggester::new(&knowledge, &prompts, opened.engine(), Weights::default())
        .map_err(|SuggestError::Engine(error)| AppError::Model(error))?;
    let model = suggester.model_key();
    let scores = request.model_scores.as_deref();
    let scores = scores.map(|path| store(path, model.as_deref(), (&prompts, &knowledge), sink)).transpose()?;
    let suggester = suggester.with_prior(prior.as_ref()).with_store(scores.as_ref());
    let (suggester, empty) = empty_scores::with_known(suggester);
    let mut out = Output::open(&request.out, &request.cases, true, sink)?;
    sink.stage("Suggesting");
    let mut summary = Summary::default();
    let mut seen = HashSet::new();
    while let Some(line) = next(&mut lines, out.lines())? {
        cancel.check().map_err(|error| AppError::ModelFailed { error, done: out.lines() })?;
        match read_record(&line, &mut seen) {
            Ok(read) => {
                let hash = case_hash(&read.canonical);
                let about = (read.unknown_fields.as_slice(), hash.as_str());
                let mut quiet = Quiet;
                let record = suggester.suggest(&read.case, about, &request.options, &mut quiet, cancel);
                let mut record =
                    record.map_err(|SuggestError::Engine(error)| AppError::ModelFailed { error, done: out.lines() })?;
                record.notices.extend(expired(&knowledge, &read.case, &request.today));
                match request.format {
                    Format::Json => out.record(&record)?,
                    Format::Text(lang) => out.text(&report::suggestion(&record, &read.case, &knowledge, lang))?,
                }
                summary.answered += 1;
            }
            Err(error) => {
                match request.format {
                    Format::Json => out.record(&*error)?,
                    Format::Text(lang) => out.text(&report::error(&error, lang))?,
                }
                summary.rejected += 1;
            }
        }
        sink.progress(summary.answered + summary.rejected, None);
    }
    out.finish()?;
    if let Err(error) = empty.save(suggester.empty()) {
        sink.warn(&format!("{error}; the next start takes as long as this one"));
    }
    summary.blank = lines.blank();
    summary.restarts = opened.restarts();
    Ok(summary)
}

/// Refuses a choice of channels for which something is missing.
fn usable(request: &SuggestRequest, prior: bool) -> Result<(), AppError> {
    let Some(channels) = request.options.channels else { return Ok(()) };
    let refuse = |problem: &str| Err(AppError::Unusable(format!("--channels {channels}: {problem}")));
    if channels.model && request.model == ModelChoice::None {
        return refuse("needs a model; give --model");
    }
    if !prior && channels.past != PastPart::None {
        return refuse("needs a learned prior; give --prior");
    }
    if !prior && !channels.knowledge {
        return refuse("needs weights that only a learned prior has; give --prior");
    }
    Ok(())
}

/// A run over many records shows records, not tokens.
struct Quiet;

impl Sink for Quiet {}

/// The next line, or the fault that ends the run.
pub(crate) fn next(lines: &mut Lines, done: u64) -> Result<Option<Line>, AppError> {
    lines.next_line().map_err(|error| AppError::Input { file: lines.name().to_owned(), error, done })
}

/// A line as a case that was not seen before, or the record that says why not.
pub(crate) fn read_record(line: &Line, seen: &mut HashSet<String>) -> Result<ReadCase, Box<ErrorRecord>> {
    let text = match &line.text {
        Ok(text) => text,
        Err(fault) => return Err(Box::new(error_record(None, line.number, fault.code(), fault.message()))),
    };
    let read = read_case(text).map_err(|unreadable| {
        let mut errors: Vec<RecordError> = unreadable.errors.iter().map(|e| field_error(e, line.number)).collect();
        let first = errors.first().cloned().unwrap_or_else(|| RecordError {
            code: "json".into(),
            message: "the line cannot be read".into(),
            field: None,
            line: Some(line.number),
        });
        if errors.len() == 1 {
            errors.clear();
        }
        Box::new(ErrorRecord {
            case_id: unreadable.case_id,
            line: line.number,
            status: Status::Error,
            error: first,
            errors,
            drugs: Vec::new(),
        })
    })?;
    if !seen.insert(read.case.case_id.clone()) {
        let message = "this `case_id` was seen before in the file; give every case its own";
        let mut record = error_record(Some(read.case.case_id), line.number, "duplicate_case_id", message);
        record.error.field = Some("case_id".to_owned());
        return Err(Box::new(record));
    }
    Ok(read)
}

fn field_error(error: &FieldError, line: u64) -> RecordError {
    RecordError {
        code: error.code.to_owned(),
        message: error.message.clone(),
        field: (!error.field.is_empty()).then(|| error.field.clone()),
        line: Some(line),
    }
}

fn error_record(case_id: Option<String>, line: u64, code: &str, message: &str) -> ErrorRecord {
    let error = RecordError { code: code.to_owned(), message: message.to_owned(), field: None, line: Some(line) };
    ErrorRecord { case_id, line, status: Status::Error, error, errors: Vec::new(), drugs: Vec::new() }
}

/// Hash of a case in canonical form, as `sha256:…`.
pub(crate) fn case_hash(canonical: &str) -> String {
    let hex: String = Sha256::digest(canonical).iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}
