//! `evaluate exam`: multiple-choice questions to a model, scored beside chance.
//!
//! Each question is asked three ways: how probable is each letter after the question with its options, how probable is
//! the text of each option after the question alone, and, `tries` times, what does the model write. With an output file,
//! every question that is done is kept beside it at once (see [`kept`]), and a run that was stopped goes on there.

use std::path::{Path, PathBuf};

use bogam_engine::{Cancel, Constraint, Engine, EngineError, GenerateRequest, NoSink, Prompt, Sampling, ScoreRequest};
use bogam_evaluate::exam::{
    Asked, Asking, ExamPrompts, ExamReport, Fault, FileOf, Outcome, Question, QuestionLine, Run, read_questions, report,
};
use sha2::{Digest as _, Sha256};

use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::Lines;
use crate::open::{EngineOptions, ModelChoice, Opened, open};
use crate::output::Output;
use crate::suggest::next;

mod kept;
mod table;

pub use bogam_evaluate::exam::ExamSettings;

use kept::Kept;

/// The prompts that ship.
const PROMPTS: &str = include_str!("../../../assets/prompts/exam.toml");

/// Any text: it holds the model to nothing, but unlike a free text a text under a grammar ends at its budget and is not
/// cut back to a sentence, which would take away an answer such as `B) Aspirin is`.
const ANY_TEXT: &str = "start: /(.|\\n)*/";

/// Tokens that the repetition penalty looks back on.
const PENALTY_WINDOW: i32 = 64;

/// Faults of a file that are told one by one.
const TOLD: usize = 20;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ExamRequest {
    /// Files of questions; `-` is standard input.
    pub questions: Vec<PathBuf>,
    /// The model.
    pub model: ModelChoice,
    /// How it is opened.
    pub engine: EngineOptions,
    /// How answers are drawn.
    pub settings: ExamSettings,
    /// The report as JSON; `-` is standard output, which then has no table. Without it there is only the table.
    pub out: Option<PathBuf>,
}

/// What an examination came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// The report.
    pub report: ExamReport,
    /// The report for reading, where standard output is free for it.
    pub table: Option<String>,
}

impl Examined {
    /// 0, or 1 when some question could not be asked.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.report.whole.too_long > 0 { 1 } else { 0 }
    }
}

/// A file of questions.
struct File {
    of: FileOf,
    questions: Vec<Question>,
}

/// Examines a model.
///
/// # Errors
/// When questions, settings, output or model cannot be used, before anything is asked; later when the model or the
/// output fails, or somebody cancels: what was done until then is kept.
pub fn exam(request: &ExamRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Examined, AppError> {
    match open(&request.model, &request.engine)? {
        Opened::Llama(engine) => examine(request, engine.as_ref(), sink, cancel),
        Opened::None | Opened::Server(_) => {
            Err(AppError::Unusable("--model: an examination needs a GGUF file, or the name of a listed model".into()))
        }
    }
}

/// Examines an engine that is open.
///
/// # Errors
/// As [`exam`].
pub fn examine(
    request: &ExamRequest,
    engine: &dyn Engine,
    sink: &mut dyn JobSink,
    cancel: &Cancel,
) -> Result<Examined, AppError> {
    check(&request.settings)?;
    sink.stage("Reading questions");
    let prompts: ExamPrompts =
        toml::from_str(PROMPTS).map_err(|e| AppError::Unusable(format!("prompts/exam.toml: {e}")))?;
    prompts.check().map_err(|e| AppError::Unusable(format!("prompts/exam.toml: {e}")))?;
    let files = read_files(request, sink)?;
    sink.stage("Loading the model");
    let info = engine.info().map_err(AppError::Model)?;
    let run = Run {
        bogam: env!("CARGO_PKG_VERSION").to_owned(),
        model: info.hash,
        model_name: info.name,
        adapter: info.adapter_hash,
        backend: info.backend,
        threads: info.threads,
        prompt: hash([PROMPTS]),
        settings: request.settings.clone(),
        files: files.iter().map(|file| file.of.clone()).collect(),
    };
    let file = request.out.as_deref().filter(|path| *path != Path::new("-"));
    let mut kept = Kept::open(file, &run, sink)?;
    let questions: Vec<(&str, &Question)> =
        files.iter().flat_map(|file| file.questions.iter().map(|q| (file.of.name.as_str(), q))).collect();
    sink.stage("Asking");
    let total = u64::try_from(questions.len()).ok();
    for (done, (file, question)) in (1..).zip(&questions) {
        if !kept.has(file, question.line) {
            let fault = |error| AppError::ModelFailed { error, done: kept.done() };
            // Between questions, so that nothing that was asked is thrown away.
            if cancel.is_cancelled() {
                return Err(fault(EngineError::Cancelled));
            }
            let outcome = ask(question, &prompts, &request.settings, engine, cancel).map_err(fault)?;
            kept.keep(file, question, outcome)?;
        }
        sink.progress(done, total);
    }
    let missing = Outcome::default();
    let asked: Vec<Asked<'_>> = questions
        .iter()
        .map(|(file, question)| {
            let outcome = kept.outcome(file, question.line).unwrap_or(&missing);
            Asked { file, question, outcome }
        })
        .collect();
    sink.stage("Comparing");
    let report = report(run, &asked);
    if let Some(path) = &request.out {
        let mut out = Output::open(path, Path::new("-"), false, sink)?;
        out.record(&report)?;
        out.finish()?;
    }
    let table = (request.out.as_deref() != Some(Path::new("-"))).then(|| table::table(&report));
    Ok(Examined { report, table })
}

fn check(settings: &ExamSettings) -> Result<(), AppError> {
    let ExamSettings { tries, temperature, top_k, top_p, repetition_penalty, max_tokens, seed: _ } = settings;
    let faults = [
        (*tries > 1000, "--tries: at most 1000"),
        (!(0.0..=10.0).contains(temperature), "--temperature: from 0 to 10"),
        (*top_k < 0, "--top-k: at least 0, which is off"),
        (!(*top_p > 0.0 && *top_p <= 1.0), "--top-p: above 0 and at most 1, which is off"),
        (!(1.0..=10.0).contains(repetition_penalty), "--repetition-penalty: from 1, which is off, to 10"),
        (!(1..=4096).contains(max_tokens), "--max-tokens: from 1 to 4096"),
    ];
    match faults.iter().find(|(wrong, _)| *wrong) {
        Some((_, message)) => Err(AppError::Unusable((*message).to_owned())),
        None => Ok(()),
    }
}

fn read_files(request: &ExamRequest, sink: &mut dyn JobSink) -> Result<Vec<File>, AppError> {
    let mut files: Vec<File> = Vec::new();
    for path in &request.questions {
        if let Some(out) = request.out.as_deref().filter(|out| *out != Path::new("-")) {
            Output::not_an_input(out, path)?;
            Output::not_an_input(&kept::beside(out), path)?;
        }
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if path == Path::new("-") { "standard input".to_owned() } else { stem };
        if files.iter().any(|file| file.of.name == name) {
            return Err(AppError::unusable(path, format!("another file is named `{name}` as well; rename one")));
        }
        files.push(read_file(path, name, sink)?);
    }
    Ok(files)
}

/// A file is used whole or not at all: figures over a part of it would pass for those of the whole.
fn read_file(path: &Path, name: String, sink: &mut dyn JobSink) -> Result<File, AppError> {
    let mut lines = Lines::open(path)?;
    let mut read: Vec<(u64, Result<QuestionLine, String>)> = Vec::new();
    while let Some(line) = next(&mut lines, 0)? {
        let parsed = match &line.text {
            Ok(text) => serde_json::from_str(text).map_err(|e| format!("not a question ({e})")),
            Err(fault) => Err(fault.message().to_owned()),
        };
        read.push((line.number, parsed));
    }
    let questions = read_questions(read).map_err(|faults| AppError::Unusable(told(lines.name(), &faults)))?;
    if questions.all.is_empty() {
        sink.warn(&format!("{}: holds no questions", lines.name()));
    }
    let hashes: Vec<String> = questions.all.iter().map(question_hash).collect();
    let of = FileOf {
        name,
        questions: u64::try_from(questions.all.len()).unwrap_or(u64::MAX),
        hash: hash(hashes.iter().map(String::as_str)),
        answers_from: questions.answers_from,
    };
    Ok(File { of, questions: questions.all })
}

fn told(name: &str, faults: &[Fault]) -> String {
    let mut lines: Vec<String> =
        faults.iter().take(TOLD).map(|fault| format!("{name}: line {}: {}", fault.line, fault.problem)).collect();
    let more = faults.len().saturating_sub(TOLD);
    if more > 0 {
        lines.push(format!("{name}: {more} more lines cannot be used"));
    }
    lines.push("nothing was asked: mend or remove these lines".to_owned());
    lines.join("\n")
}

/// Of texts, so that none can pass for another by where one ends.
fn hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(text);
    }
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn question_hash(question: &Question) -> String {
    let (line, gold) = (question.line.to_string(), question.gold.to_string());
    let head = [line.as_str(), &question.id, &question.text, &gold];
    hash(head.into_iter().chain(question.options.iter().map(String::as_str)))
}

/// Asks one question in every way. One that does not fit the model's context has an outcome as well.
fn ask(
    question: &Question,
    prompts: &ExamPrompts,
    settings: &ExamSettings,
    engine: &dyn Engine,
    cancel: &Cancel,
) -> Result<Outcome, EngineError> {
    match answers(question, prompts, settings, engine, cancel) {
        Err(error @ EngineError::ContextExceeded { .. }) => {
            Ok(Outcome { error: Some(error.to_string()), ..Outcome::default() })
        }
        other => other,
    }
}

fn answers(
    question: &Question,
    prompts: &ExamPrompts,
    settings: &ExamSettings,
    engine: &dyn Engine,
    cancel: &Cancel,
) -> Result<Outcome, EngineError> {
    // The question alone comes first: what it shares with the question and its options is then evaluated once.
    let texts: Vec<String> = question.options.iter().map(|text| format!(" {text}")).collect();
    let texts = score(engine, prompts.texts_of_options(question), texts, cancel)?;
    let letters = (0..question.options.len()).map(|n| format!(" {}", bogam_evaluate::exam::letter_of(n))).collect();
    let letters = score(engine, prompts.letters(question), letters, cancel)?;
    let prompt = prompt(prompts.written(question));
    let hash = question_hash(question);
    let mut answers = Vec::new();
    for number in 1..=settings.tries {
        let request = GenerateRequest {
            prompt: prompt.clone(),
            constraint: Constraint::Lark(ANY_TEXT.to_owned()),
            sampling: Sampling {
                temperature: settings.temperature,
                top_k: settings.top_k,
                top_p: settings.top_p,
                min_p: 0.0,
                repetition_penalty: settings.repetition_penalty,
                penalty_window: PENALTY_WINDOW,
                seed: seed(settings.seed, &hash, number),
            },
            max_tokens: settings.max_tokens,
        };
        let generated = engine.generate(&request, &mut NoSink, cancel)?;
        // A text that was cancelled is no answer.
        if cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        answers.push(generated.text);
    }
    Ok(Outcome { letters, texts, answers, error: None })
}

fn prompt(asking: Asking) -> Prompt {
    Prompt::new(asking.system, asking.user, asking.answer)
}

fn score(
    engine: &dyn Engine,
    asking: Asking,
    continuations: Vec<String>,
    cancel: &Cancel,
) -> Result<Vec<f64>, EngineError> {
    let request = ScoreRequest::new(prompt(asking), continuations);
    let scores = engine.score(&request, &mut NoSink, cancel)?;
    if scores.log_probs.len() != request.continuations.len() || scores.log_probs.iter().any(|p| !p.is_finite()) {
        return Err(EngineError::Model { message: "it gave no log-probability for some option".to_owned() });
    }
    Ok(scores.log_probs)
}

/// Of the run's seed, the question and the try alone: what was asked before changes nothing, so that a run that was
/// stopped goes on as it would have. 31 bits, because llama.cpp takes 2^32 - 1 for "any seed".
fn seed(seed: u64, question: &str, number: u32) -> u32 {
    let (seed, number) = (seed.to_string(), number.to_string());
    let hash = hash([seed.as_str(), question, &number]);
    let digits = hash.trim_start_matches("sha256:").get(..8).unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or_default() >> 1
}
