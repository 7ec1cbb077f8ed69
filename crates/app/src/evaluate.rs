//! `evaluate`: suggestions against what was recorded for the same admissions.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bogam_evaluate::{Evaluation, Report};

use crate::assets;
use crate::error::AppError;
use crate::job::JobSink;
use crate::output::Output;

pub mod folds;
mod judge;
mod page;
pub(crate) mod read;
mod table;

/// What the evaluated suggestions are called when nothing is named.
pub const NAME: &str = "suggestions";

pub use bogam_evaluate::judge::SAMPLE;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct EvaluateRequest {
    /// Records of `suggest`; `-` is standard input.
    pub suggestions: PathBuf,
    /// What they are called in the report.
    pub name: String,
    /// Other suggestions for the same admissions, with their names.
    pub beside: Vec<(String, PathBuf)>,
    /// What was recorded.
    pub recorded: PathBuf,
    /// Recorded admissions to count the most-prescribed drugs on, instead of the evaluated ones.
    pub training: Option<PathBuf>,
    /// Folds of patients: the most-prescribed drugs of a patient are counted outside of the fold.
    pub folds: Option<PathBuf>,
    /// The cases, for groups of admissions and for people who judge.
    pub cases: Option<PathBuf>,
    /// A file for people who judge.
    pub judge: Option<PathBuf>,
    /// How many admissions it holds.
    pub judge_sample: usize,
    /// What people judged, one file each.
    pub judged: Vec<PathBuf>,
    /// The key that was written with the file for them.
    pub judge_key: Option<PathBuf>,
    /// A folder for the report as files for reading.
    pub report: Option<PathBuf>,
    /// The report as JSON; `-` is standard output, which then has no table. Without it there is only the table.
    pub out: Option<PathBuf>,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
}

impl EvaluateRequest {
    /// Everything that is read.
    fn inputs(&self) -> Vec<&Path> {
        let named = [Some(&self.suggestions), Some(&self.recorded), self.training.as_ref(), self.folds.as_ref()];
        let more = [self.cases.as_ref(), self.judge_key.as_ref()];
        let one = named.into_iter().chain(more).flatten();
        one.chain(self.beside.iter().map(|(_, path)| path)).chain(&self.judged).map(PathBuf::as_path).collect()
    }

    /// Everything that is written, the files of the report apart.
    fn outputs(&self) -> Vec<PathBuf> {
        let judge = self.judge.iter().flat_map(|path| [path.clone(), judge::key_of(path)]);
        self.out.iter().cloned().chain(judge).collect()
    }

    fn check(&self) -> Result<(), AppError> {
        let refuse = |condition: bool, problem: &str| {
            if condition { Err(AppError::Unusable(problem.to_owned())) } else { Ok(()) }
        };
        let from_stdin = self.inputs().into_iter().filter(|path| path.as_os_str() == "-").count();
        refuse(from_stdin > 1, "only one of the files can come from standard input")?;
        refuse(self.training.is_some() && self.folds.is_some(), "name --train-recorded or --folds, not both")?;
        let reads_twice = self.judge.is_some() && self.cases.as_ref().is_none_or(|path| path.as_os_str() == "-");
        refuse(reads_twice, "--judge needs --cases FILE, a file that can be read twice: it says who the patients are")?;
        let judge_to_stdout = self.judge.as_ref().is_some_and(|path| path.as_os_str() == "-");
        refuse(judge_to_stdout, "--judge needs the name of a file: its key is written beside it")?;
        let key = self.judge_key.is_some();
        refuse(key == self.judged.is_empty(), "--judged FILE and --judge-key FILE belong together")?;
        let names: Vec<&str> =
            std::iter::once(self.name.as_str()).chain(self.beside.iter().map(|(name, _)| name.as_str())).collect();
        refuse(names.iter().any(|name| name.trim().is_empty()), "a name of suggestions is empty")?;
        let different: BTreeSet<&&str> = names.iter().collect();
        refuse(different.len() < names.len(), "two sources of suggestions have one name; give each its own")?;
        let outputs = self.outputs();
        for (n, output) in outputs.iter().enumerate() {
            self.inputs().into_iter().try_for_each(|input| Output::not_an_input(output, input))?;
            refuse(outputs.iter().skip(n + 1).any(|other| other == output), "two outputs are one file")?;
        }
        Ok(())
    }
}

/// What an evaluation came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The report.
    pub report: Report,
    /// The report for reading, where standard output is free for it.
    pub table: Option<String>,
    /// Lines of the file of cases that could not be read.
    pub unreadable_cases: u64,
}

impl Evaluated {
    /// 0, or 1 when some line could not be used.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let counts = std::iter::once(&self.report.counts).chain(self.report.beside.iter().map(|one| &one.counts));
        let rejected = counts.map(|counts| counts.unreadable_lines + counts.with_two_lists).sum::<u64>();
        u8::from(rejected + self.unreadable_cases > 0)
    }
}

/// Evaluates files of suggestions.
///
/// # Errors
/// When a file or a pack cannot be used, before anything is written; when the report cannot be written.
pub fn evaluate(request: &EvaluateRequest, sink: &mut dyn JobSink) -> Result<Evaluated, AppError> {
    request.check()?;
    if let Some(folder) = &request.report {
        page::check(folder, &request.inputs())?;
    }
    sink.stage("Reading knowledge");
    let knowledge = assets::knowledge(&request.knowledge)?;
    let mut evaluation = Evaluation::new(&knowledge);
    sink.stage("Reading what was recorded");
    read::recorded(&request.recorded, &mut |record| evaluation.record(record))?;
    if let Some(path) = &request.training {
        evaluation.begin_training();
        read::recorded(path, &mut |record| evaluation.train(record))?;
    }
    if let Some(path) = &request.folds {
        let folds = read::folds(path)?;
        evaluation.folds(&folds).map_err(|fault| AppError::unusable(path, fault))?;
    }
    let sources = std::iter::once((&request.name, &request.suggestions));
    for (name, path) in sources.chain(request.beside.iter().map(|(name, path)| (name, path))) {
        sink.stage(&format!("Reading {name}"));
        let source = evaluation.source(name);
        read::suggestions(path, source, &mut evaluation, sink)?;
    }
    let cases = match &request.cases {
        Some(path) => {
            sink.stage("Reading cases");
            read::cases(path, &mut evaluation, sink)?
        }
        None => read::Cases::default(),
    };
    let suitability = match &request.judge_key {
        Some(key) => Some(judge::read(key, &request.judged, &request.name, &evaluation)?),
        None => None,
    };
    let out = request.out.as_deref().map(|path| Output::open(path, Path::new("-"), false, sink)).transpose()?;
    if let (Some(path), Some(file)) = (&request.judge, &request.cases) {
        sink.stage("Drawing admissions to judge");
        judge::write(path, request.judge_sample, file, &cases.usable, &evaluation, &knowledge, sink)?;
    }
    sink.stage("Comparing");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut report = evaluation.report(threads, &mut |done, of| sink.progress(done, Some(of)));
    report.suitability = suitability;
    warn_of_two_lists(&report, sink);
    if let Some(mut out) = out {
        out.record(&report)?;
        out.finish()?;
    }
    if let Some(folder) = &request.report {
        page::write(folder, &report, sink)?;
    }
    let table = (request.out.as_deref() != Some(Path::new("-"))).then(|| table::table(&report));
    Ok(Evaluated { report, table, unreadable_cases: cases.unreadable })
}

fn warn_of_two_lists(report: &Report, sink: &mut dyn JobSink) {
    let main = std::iter::once((&report.name, &report.counts));
    for (name, counts) in main.chain(report.beside.iter().map(|one| (&one.name, &one.counts))) {
        if counts.with_two_lists > 0 {
            sink.warn(&format!(
                "{name}: {} cases have two different lists, of which neither was taken: is this one run's file?",
                counts.with_two_lists
            ));
        }
    }
}
