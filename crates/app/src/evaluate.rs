//! `evaluate`: suggestions against what was recorded for the same admissions.

use std::path::{Path, PathBuf};

use bogam_clinical::record::RecordedAdmission;
use bogam_evaluate::{Answers, Inputs, Recorded, Report, SuggestionLine};

use crate::assets;
use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::{Line, Lines};
use crate::output::Output;
use crate::suggest::next;

mod table;

/// Lines at fault that are told one by one; beyond, only their number is.
const TOLD: usize = 10;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct EvaluateRequest {
    /// Records of `suggest`; `-` is standard input.
    pub suggestions: PathBuf,
    /// What was recorded.
    pub recorded: PathBuf,
    /// Recorded admissions to count the most-prescribed drugs on, instead of the evaluated ones.
    pub training: Option<PathBuf>,
    /// The report as JSON; `-` is standard output, which then has no table. Without it there is only the table.
    pub out: Option<PathBuf>,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
}

/// What an evaluation came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The report.
    pub report: Report,
    /// The report for reading, where standard output is free for it.
    pub table: Option<String>,
}

impl Evaluated {
    /// 0, or 1 when some line could not be used.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.report.counts.unreadable_lines > 0 || self.report.counts.with_two_lists > 0 { 1 } else { 0 }
    }
}

/// Evaluates a file of suggestions.
///
/// # Errors
/// When a file or a pack cannot be used, before anything is written; when the report cannot be written.
pub fn evaluate(request: &EvaluateRequest, sink: &mut dyn JobSink) -> Result<Evaluated, AppError> {
    let inputs = [Some(&request.suggestions), Some(&request.recorded), request.training.as_ref()];
    let from_stdin = inputs.iter().flatten().filter(|path| path.as_os_str() == "-").count();
    if from_stdin > 1 {
        return Err(AppError::Unusable("only one of the files can come from standard input".to_owned()));
    }
    sink.stage("Reading knowledge");
    let knowledge = assets::knowledge(&request.knowledge)?;
    sink.stage("Reading");
    let recorded = read_recorded(&request.recorded)?;
    let training = request.training.as_deref().map(read_recorded).transpose()?;
    let answers = read_answers(&request.suggestions, sink)?;
    let out = request.out.as_deref().map(|path| open(path, inputs, sink)).transpose()?;
    sink.stage("Comparing");
    let inputs = Inputs { recorded: &recorded, answers: &answers, training: training.as_ref(), knowledge: &knowledge };
    let report = bogam_evaluate::evaluate(&inputs);
    if report.counts.with_two_lists > 0 {
        let cases = report.counts.with_two_lists;
        sink.warn(&format!(
            "{cases} cases have two different lists, of which neither was taken: is this one run's file?"
        ));
    }
    if let Some(mut out) = out {
        out.record(&report)?;
        out.finish()?;
    }
    let table = (request.out.as_deref() != Some(Path::new("-"))).then(|| table::table(&report));
    Ok(Evaluated { report, table })
}

/// The report holds counts, no patient; it is made private all the same.
fn open(path: &Path, inputs: [Option<&PathBuf>; 3], sink: &mut dyn JobSink) -> Result<Output, AppError> {
    for input in inputs.into_iter().flatten() {
        Output::not_an_input(path, input)?;
    }
    Output::open(path, Path::new("-"), false, sink)
}

/// Recorded admissions by case. A line that cannot be read, or a second one for a case, makes the file unusable: figures
/// over a part of it would pass for those of the whole.
fn read_recorded(path: &Path) -> Result<Recorded, AppError> {
    let mut lines = Lines::open(path)?;
    let mut all = Recorded::new();
    while let Some(line) = next(&mut lines, 0)? {
        let unusable = |problem: &str| AppError::unusable(path, format!("line {}: {problem}", line.number));
        let admission: RecordedAdmission = parse(&line).map_err(|problem| unusable(&problem))?;
        if all.insert(admission.case_id.clone(), admission).is_some() {
            return Err(unusable("this `case_id` was recorded before in the file; give every admission one line"));
        }
    }
    Ok(all)
}

fn read_answers(path: &Path, sink: &mut dyn JobSink) -> Result<Answers, AppError> {
    let mut lines = Lines::open(path)?;
    let mut answers = Answers::default();
    let mut faults = 0;
    while let Some(line) = next(&mut lines, 0)? {
        let added = match parse::<SuggestionLine>(&line) {
            Ok(suggestion) => answers.add(suggestion).map_err(|fault| fault.to_string()),
            Err(problem) => {
                answers.unreadable();
                Err(problem)
            }
        };
        if let Err(problem) = added {
            faults += 1;
            if faults <= TOLD {
                sink.warn(&format!("{}: line {}: {problem}", lines.name(), line.number));
            }
        }
        sink.progress(line.number, None);
    }
    if faults > TOLD {
        sink.warn(&format!("{}: {} more lines cannot be used", lines.name(), faults - TOLD));
    }
    answers.blank(usize::try_from(lines.blank()).unwrap_or(usize::MAX));
    Ok(answers)
}

/// A line as a record. What is told of a fault is where it is: the text of it may be a patient's.
fn parse<T: serde::de::DeserializeOwned>(line: &Line) -> Result<T, String> {
    let text = line.text.as_ref().map_err(|fault| fault.message().to_owned())?;
    serde_json::from_str(text).map_err(|e| format!("not a record of the kind that is expected (column {})", e.column()))
}
