//! Files of an evaluation, line by line.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use bogam_clinical::record::RecordedAdmission;
use bogam_evaluate::{Evaluation, Folds, SeenBefore, Source, SuggestionLine};

use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::{Line, Lines};
use crate::suggest::{next, read_record};

/// Lines at fault that are told one by one; beyond, only their number is.
const TOLD: u64 = 10;

/// Tells faults, the first ones by their lines.
struct Faults<'a> {
    found: u64,
    sink: &'a mut dyn JobSink,
}

impl<'a> Faults<'a> {
    fn new(sink: &'a mut dyn JobSink) -> Self {
        Self { found: 0, sink }
    }

    fn tell(&mut self, file: &str, line: u64, problem: &str) {
        self.found += 1;
        if self.found <= TOLD {
            self.sink.warn(&format!("{file}: line {line}: {problem}"));
        }
    }

    fn finish(self, file: &str) -> u64 {
        if self.found > TOLD {
            self.sink.warn(&format!("{file}: {} more lines cannot be used", self.found - TOLD));
        }
        self.found
    }
}

/// Recorded admissions. A line that cannot be read, or a second one for a case, makes the file unusable: figures over a
/// part of it would pass for those of the whole.
pub(crate) fn recorded(
    path: &Path,
    take: &mut dyn FnMut(&RecordedAdmission) -> Result<(), SeenBefore>,
) -> Result<(), AppError> {
    let mut lines = Lines::open(path)?;
    while let Some(line) = next(&mut lines, 0)? {
        let unusable = |problem: &str| AppError::unusable(path, format!("line {}: {problem}", line.number));
        let text = line.text.as_ref().map_err(|fault| unusable(fault.message()))?;
        let admission: RecordedAdmission = serde_json::from_str(text).map_err(|error| unusable(&problem(&error)))?;
        take(&admission).map_err(|seen| unusable(&seen.to_string()))?;
    }
    Ok(())
}

/// What is told of a line that is none of the expected kind is where it is: the text of it may be a patient's.
fn problem(error: &serde_json::Error) -> String {
    format!("not a record of the kind that is expected (column {})", error.column())
}

pub(super) fn suggestions(
    path: &Path,
    source: Source,
    evaluation: &mut Evaluation<'_>,
    sink: &mut dyn JobSink,
) -> Result<(), AppError> {
    let mut lines = Lines::open(path)?;
    let name = lines.name().to_owned();
    let mut faults = Faults::new(sink);
    while let Some(line) = next(&mut lines, 0)? {
        if let Err(problem) = suggestion(&line, source, evaluation) {
            faults.tell(&name, line.number, &problem);
        }
        faults.sink.progress(line.number, None);
    }
    faults.finish(&name);
    evaluation.blank(source, usize::try_from(lines.blank()).unwrap_or(usize::MAX));
    Ok(())
}

fn suggestion(line: &Line, source: Source, evaluation: &mut Evaluation<'_>) -> Result<(), String> {
    let parsed = match &line.text {
        Ok(text) => serde_json::from_str::<SuggestionLine<'_>>(text).map_err(|error| problem(&error)),
        Err(fault) => Err(fault.message().to_owned()),
    };
    match parsed {
        Ok(suggestion) => evaluation.suggest(source, &suggestion).map_err(|fault| fault.to_string()),
        Err(problem) => {
            evaluation.unreadable(source);
            Err(problem)
        }
    }
}

/// What a file of cases came to.
#[derive(Debug, Default)]
pub(super) struct Cases {
    /// Cases with a recorded admission.
    pub usable: BTreeSet<String>,
    /// Lines that could not be read.
    pub unreadable: u64,
}

pub(super) fn cases(path: &Path, evaluation: &mut Evaluation<'_>, sink: &mut dyn JobSink) -> Result<Cases, AppError> {
    evaluation.begin_cases();
    let mut lines = Lines::open(path)?;
    let name = lines.name().to_owned();
    let mut faults = Faults::new(sink);
    let mut seen = HashSet::new();
    let mut cases = Cases::default();
    while let Some(line) = next(&mut lines, 0)? {
        match read_record(&line, &mut seen) {
            Ok(read) => {
                if evaluation.case(&read.case) {
                    cases.usable.insert(read.case.case_id);
                }
            }
            Err(record) => faults.tell(&name, line.number, &record.error.message),
        }
        faults.sink.progress(line.number, None);
    }
    cases.unreadable = faults.finish(&name);
    Ok(cases)
}

/// A whole text file.
pub(super) fn text(path: &Path) -> Result<String, AppError> {
    let bytes = std::fs::read(path).map_err(|error| AppError::unusable(path, format!("cannot be read ({error})")))?;
    String::from_utf8(bytes)
        .map_err(|_| AppError::unusable(path, "is not UTF-8: save it as CSV in UTF-8 and run it again"))
}

pub(super) fn folds(path: &Path) -> Result<Folds, AppError> {
    Folds::read(&text(path)?).map_err(|fault| AppError::unusable(path, fault))
}
