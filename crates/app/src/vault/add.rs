//! Cases and suggestions from files into the vault. Suggestions are checked again on the way in.

use std::collections::HashSet;
use std::path::PathBuf;

use bogam_clinical::input::{CaseInput, read_case};
use bogam_clinical::record::SuggestionRecord;
use bogam_knowledge::KnowledgeBase;
use bogam_suggest::{Prompts, SuggestError, Suggester, Weights};
use bogam_vault::{CaseKey, VaultError};
use jiff::Timestamp;

use super::{Session, UseCase};
use crate::assets;
use crate::error::AppError;
use crate::job::JobSink;
use crate::lines::{Line, Lines};
use crate::suggest::{case_hash, next, read_record};

/// Records that are saved in one transaction.
const BATCH: usize = 200;

/// Lines at fault that are told one by one; beyond, only their number is.
const TOLD: u64 = 20;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct AddRequest {
    /// Cases; `-` is standard input.
    pub cases: PathBuf,
    /// Suggestions for them.
    pub suggestions: Option<PathBuf>,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
}

/// What came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// Cases that are in the vault now.
    pub cases: u64,
    /// Cases that could not be read.
    pub rejected_cases: u64,
    /// Suggestions that were saved.
    pub suggestions: u64,
    /// Suggestions that were there already.
    pub known: u64,
    /// Suggestions of which a drug had to be withheld.
    pub withheld: u64,
    /// Suggestions that could not be taken.
    pub rejected_suggestions: u64,
}

impl Added {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts = vec![format!("{} cases, {} suggestions saved", self.cases, self.suggestions)];
        let more = [
            (self.known, "suggestions were there already"),
            (self.withheld, "suggestions with a drug withheld by the check on the way in"),
            (self.rejected_cases, "cases rejected"),
            (self.rejected_suggestions, "suggestions rejected"),
        ];
        parts.extend(more.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        parts.join(", ")
    }

    /// 0, or 1 when something was rejected.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.rejected_cases > 0 || self.rejected_suggestions > 0 { 1 } else { 0 }
    }
}

/// Tells faults, the first ones one by one.
struct Faults<'a> {
    sink: &'a mut dyn JobSink,
    file: String,
    told: u64,
}

impl Faults<'_> {
    fn tell(&mut self, line: u64, what: &str) {
        self.told += 1;
        if self.told <= TOLD {
            self.sink.warn(&format!("{}, line {line}: {what}", self.file));
        } else if self.told == TOLD + 1 {
            self.sink.warn(&format!("{}: more faults are counted, not told", self.file));
        }
    }
}

/// A suggestion that is to be saved.
type Checked = ((CaseKey, u32), SuggestionRecord);

impl Session {
    /// Saves cases and suggestions of files, some hundred in each transaction. A suggestion is taken for the case as the
    /// vault has it now; names, doses, findings and advice are made anew, and what must not be listed is withheld.
    ///
    /// # Errors
    /// When a role is missing, a file cannot be read, or the vault cannot be written to: what was saved till then stays.
    pub fn add_files(&self, request: &AddRequest, now: Timestamp, sink: &mut dyn JobSink) -> Result<Added, AppError> {
        self.may(UseCase::SaveCases)?;
        let mut added = Added::default();
        let cases = Lines::open(&request.cases)?;
        let suggestions = match &request.suggestions {
            Some(path) => {
                self.may(UseCase::Suggest)?;
                Some((Lines::open(path)?, assets::knowledge(&request.knowledge)?, assets::prompts()?))
            }
            None => None,
        };
        sink.stage("Saving cases");
        self.add_cases(cases, &mut added, now, sink)?;
        if let Some((lines, knowledge, prompts)) = suggestions {
            sink.stage("Checking and saving suggestions");
            self.add_suggestions(lines, (&knowledge, &prompts), &mut added, now, sink)?;
        }
        Ok(added)
    }

    /// Saves cases, all in one transaction. Returns how many there were.
    ///
    /// # Errors
    /// When the role is missing, or the vault cannot be written to: none of them is saved then.
    pub fn save_cases(&self, cases: Vec<CaseInput>, now: Timestamp) -> Result<u64, AppError> {
        self.may(UseCase::SaveCases)?;
        let batch: Vec<(CaseInput, Option<SuggestionRecord>)> = cases.into_iter().map(|case| (case, None)).collect();
        self.vault.add(&batch, now)?;
        Ok(count(batch.len()))
    }

    fn add_cases(
        &self,
        mut lines: Lines,
        added: &mut Added,
        now: Timestamp,
        sink: &mut dyn JobSink,
    ) -> Result<(), AppError> {
        let mut seen = HashSet::new();
        let mut batch: Vec<(CaseInput, Option<SuggestionRecord>)> = Vec::new();
        let file = lines.name().to_owned();
        loop {
            let line = next(&mut lines, added.cases)?;
            let mut faults = Faults { sink, file: file.clone(), told: added.rejected_cases };
            if let Some(line) = &line {
                match read_record(line, &mut seen) {
                    Ok(read) => {
                        for field in &read.unknown_fields {
                            let what = format!("`{field}` is not a field of a case: it is not kept");
                            faults.sink.warn(&format!("{file}, line {}: {what}", line.number));
                        }
                        batch.extend(input(line).map(|case| (case, None)));
                    }
                    Err(error) => {
                        let field = error.error.field.as_ref().map(|f| format!("{f}: ")).unwrap_or_default();
                        faults.tell(line.number, &format!("{field}{}", error.error.message));
                        added.rejected_cases += 1;
                    }
                }
            }
            if batch.len() == BATCH || (line.is_none() && !batch.is_empty()) {
                self.vault.add(&batch, now)?;
                added.cases += count(batch.len());
                batch.clear();
                sink.progress(added.cases, None);
            }
            if line.is_none() {
                return Ok(());
            }
        }
    }

    fn add_suggestions(
        &self,
        mut lines: Lines,
        (knowledge, prompts): (&KnowledgeBase, &Prompts),
        added: &mut Added,
        now: Timestamp,
        sink: &mut dyn JobSink,
    ) -> Result<(), AppError> {
        let suggester = Suggester::new(knowledge, prompts, None, Weights::default())
            .map_err(|SuggestError::Engine(error)| AppError::Model(error))?;
        let mut batch: Vec<Checked> = Vec::new();
        let file = lines.name().to_owned();
        loop {
            let line = next(&mut lines, added.suggestions)?;
            let mut faults = Faults { sink, file: file.clone(), told: added.rejected_suggestions };
            if let Some(line) = &line {
                match self.checked(line, &suggester)? {
                    Ok((case, record)) => {
                        if let Some(text) = taken_out(&record) {
                            faults.sink.warn(&format!("{file}, line {}: {text}", line.number));
                            added.withheld += 1;
                        }
                        if self.is_known(case, &record)? {
                            added.known += 1;
                        } else {
                            batch.push((case, record));
                        }
                    }
                    Err(why) => {
                        faults.tell(line.number, &why);
                        added.rejected_suggestions += 1;
                    }
                }
            }
            if batch.len() == BATCH || (line.is_none() && !batch.is_empty()) {
                self.vault.save_suggestions(&batch, now)?;
                added.suggestions += count(batch.len());
                batch.clear();
                sink.progress(added.suggestions, None);
            }
            if line.is_none() {
                return Ok(());
            }
        }
    }

    /// A suggestion as it may be saved, or why not.
    fn checked(&self, line: &Line, suggester: &Suggester<'_>) -> Result<Result<Checked, String>, AppError> {
        let text = match &line.text {
            Ok(text) => text,
            Err(fault) => return Ok(Err(fault.message().to_owned())),
        };
        let record: SuggestionRecord = match serde_json::from_str(text) {
            Ok(record) => record,
            Err(error) => return Ok(Err(unreadable(text, &error))),
        };
        let key = match self.vault.find_case(&record.case_id) {
            Ok(key) => key,
            Err(VaultError::NotFound { .. }) => {
                return Ok(Err(format!("there is no case `{}` in the vault; add it with --cases", record.case_id)));
            }
            Err(error) => return Err(error.into()),
        };
        let version = self.vault.case(key, None)?;
        let json = serde_json::to_string(&version.case).unwrap_or_default();
        let read = match read_case(&json) {
            Ok(read) => read,
            Err(fault) => return Ok(Err(fault.errors.first().map(|e| e.message.clone()).unwrap_or_default())),
        };
        // The vault keeps the fields that a case has; those that it does not have are still what was not evaluated.
        let unknown = record.not_evaluated.iter().filter(|n| n.code == "case.unknown_field");
        let unknown: Vec<String> = unknown.flat_map(|n| n.missing.clone()).collect();
        let hash = case_hash(&read.canonical);
        let checked = suggester.recheck(&record, &read.case, (&unknown, &hash));
        Ok(checked.map(|made| ((key, version.version), made)).map_err(|unfit| unfit.to_string()))
    }

    /// Whether the newest suggestion for this version is the same, but for the time it took.
    fn is_known(&self, (key, version): (CaseKey, u32), record: &SuggestionRecord) -> Result<bool, AppError> {
        let Some(newest) = self.vault.suggestions_of(key)?.first().copied() else { return Ok(false) };
        let mut newest = self.vault.suggestion(newest)?;
        newest.record.timing_ms.clone_from(&record.timing_ms);
        Ok(newest.case.1 == version && newest.record == *record)
    }
}

/// The case of a line that was read as one.
fn input(line: &Line) -> Option<CaseInput> {
    serde_json::from_str(line.text.as_ref().ok()?).ok()
}

fn unreadable(text: &str, error: &serde_json::Error) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
    match value.as_ref().and_then(|v| v.get("status")).and_then(serde_json::Value::as_str) {
        Some("error") => "this line is an error, not a suggestion".to_owned(),
        Some(_) | None => format!("not a line of `bogam suggest`: {error}"),
    }
}

fn taken_out(record: &SuggestionRecord) -> Option<String> {
    let drugs: Vec<&str> = record.notices.iter().filter_map(|n| n.strip_prefix("rechecked_withheld:")).collect();
    (!drugs.is_empty()).then(|| format!("withheld by the check on the way in: {}", drugs.join(", ")))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
