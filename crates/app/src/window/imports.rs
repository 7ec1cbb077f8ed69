//! Cases from a file, and tables of past admissions: what came of every line and every row.
//!
//! Cases of tables do not come into the vault: there may be hundreds of thousands, and they are of the past. What stays is
//! the accounting, what was learned, and how that fares ([`super::learned`]). Files that name patients lie in a private
//! folder while the work goes on, and nowhere afterwards.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bogam_clinical::input::CaseInput;
use bogam_clinical::record::{ErrorRecord, RecordError};
use bogam_engine::Cancel;
use bogam_vault::Kept;
use serde_json::json;
use tempfile::TempDir;

use super::types::{ImportReport, ImportedCases, Progress, RejectedLine, RejectedRows, Stage, TableRows};
use super::{Answer, Window, fault, stage};
use crate::error::AppError;
use crate::home::Settings;
use crate::import::{MimicRequest, mimic_until};
use crate::job::JobSink;
use crate::lines::Lines;
use crate::suggest::{next, read_record};
use crate::vault::UseCase;

/// Where files lie that name patients, while the work goes on.
pub(super) const SCRATCH: &str = "scratch";

/// Where the accounting of imports lies.
const IMPORTS: &str = "imports";

/// Under which name the vault keeps which tables were read last.
const SETTING: &str = "tables_import";

/// Cases that are saved in one transaction.
const BATCH: usize = 200;

/// How often progress is told, at most.
const OFTEN: Duration = Duration::from_millis(100);

/// Progress of a use case as the window shows it.
pub(super) struct Told<'a> {
    on: &'a mut (dyn FnMut(Progress) + Send),
    stage: Stage,
    told: Option<Instant>,
}

impl<'a> Told<'a> {
    pub(super) fn new(on: &'a mut (dyn FnMut(Progress) + Send)) -> Self {
        Self { on, stage: Stage::Reading, told: None }
    }
}

impl JobSink for Told<'_> {
    fn stage(&mut self, what: &str) {
        self.stage = match what {
            "Reading knowledge" | "Reading cases" | "Reading recorded drugs" => Stage::Reading,
            "Suggesting" => Stage::Candidates,
            "Comparing" => Stage::Verifying,
            "Reading samples" => Stage::Samples,
            "Hashing the model" => Stage::Hashing,
            "Loading the model" => Stage::Loading,
            table if table.starts_with("Reading ") => Stage::Tables,
            _learning => Stage::Scoring,
        };
        self.told = None;
        (self.on)(stage(self.stage));
    }

    fn progress(&mut self, done: u64, total: Option<u64>) {
        if self.told.is_none_or(|told| told.elapsed() >= OFTEN) {
            self.told = Some(Instant::now());
            (self.on)(Progress::Stage { stage: self.stage, done, total });
        }
    }

    /// What use cases warn of names files of the private folder, which nobody sees.
    fn warn(&mut self, _what: &str) {}
}

/// Removes what a program left that was cut off: the name of each folder says which program it was.
pub(super) fn clear_scratch(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("of-").and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        let alive =
            owner.is_some_and(|id| id != std::process::id() && Path::new("/proc").join(id.to_string()).exists());
        if !alive {
            // What cannot be removed now is tried again at the next start.
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

impl Window {
    /// A private folder that is gone when it is dropped.
    fn scratch(&self) -> Answer<TempDir> {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = self.surroundings.beside(SCRATCH);
        let unusable = |e: std::io::Error| AppError::unusable(&folder, format!("cannot be written to ({e})"));
        std::fs::create_dir_all(&folder).map_err(unusable)?;
        let prefix = format!("of-{}-", std::process::id());
        let made = tempfile::Builder::new()
            .prefix(&prefix)
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir_in(&folder)
            .map_err(unusable)?;
        Ok(made)
    }

    /// Saves the cases of a file of JSON lines. Every fault of every line that was not taken is told. Stopped, it has saved
    /// what it had read by then, in pieces of some hundred.
    ///
    /// # Errors
    /// When the role is missing, the file cannot be read, the vault cannot be written to, or somebody stopped it.
    pub fn import_cases(&self, path: &Path, on: &mut dyn FnMut(Progress)) -> Answer<ImportedCases> {
        self.desk.with(|session| session.may(UseCase::SaveCases))?;
        let job = self.begin(on);
        on(stage(Stage::Reading));
        let mut lines = Lines::open(path)?;
        let mut seen = HashSet::new();
        let mut done = ImportedCases::default();
        let mut batch: Vec<CaseInput> = Vec::new();
        while let Some(line) = next(&mut lines, done.added)? {
            if job.cancel.is_cancelled() {
                return Err(fault("cancelled", &[]));
            }
            let read = read_record(&line, &mut seen);
            let case = line.text.as_ref().ok().and_then(|text| serde_json::from_str::<CaseInput>(text).ok());
            match (read, case) {
                (Ok(read), Some(case)) => {
                    for field in read.unknown_fields {
                        let params = [("line".to_owned(), json!(line.number)), ("field".to_owned(), json!(field))];
                        on(Progress::Notice { code: "case.unknown_field".to_owned(), params: params.into() });
                    }
                    batch.push(case);
                }
                (Ok(_), None) => done.rejected.push(RejectedLine {
                    line: line.number,
                    field: String::new(),
                    code: "json".to_owned(),
                }),
                (Err(error), _) => done.rejected.extend(rejected(&error, line.number)),
            }
            if batch.len() == BATCH {
                self.save_batch(&mut batch, &mut done, on)?;
            }
        }
        self.save_batch(&mut batch, &mut done, on)?;
        Ok(done)
    }

    fn save_batch(
        &self,
        batch: &mut Vec<CaseInput>,
        done: &mut ImportedCases,
        on: &mut dyn FnMut(Progress),
    ) -> Answer<()> {
        let cases = std::mem::take(batch);
        if !cases.is_empty() {
            // The desk is held for one piece at a time, so that it can lock in between.
            done.added += self.desk.with(|session| session.save_cases(cases, self.now()))?;
            on(Progress::Stage { stage: Stage::Saving, done: done.added, total: None });
        }
        Ok(())
    }

    /// Reads a folder of MIMIC tables, and accounts for every row. With `learn`, a prior is learned from it and put to use.
    ///
    /// # Errors
    /// When the role is missing, tables cannot be read, or somebody stopped it. `prior.not_learned` when there is too little
    /// to learn from: the accounting is kept all the same.
    pub fn import_tables(
        &self,
        folder: &Path,
        learn: bool,
        on: &mut (dyn FnMut(Progress) + Send),
    ) -> Answer<ImportReport> {
        let now = self.now();
        let what = json!({ "folder": folder.display().to_string(), "learn": learn });
        self.desk.with(|session| session.keep(Kept::SiteSetting, SETTING, Some(&what), now))?;
        let job = self.begin(on);
        let scratch = self.scratch()?;
        let read = self.read_tables(folder, scratch.path(), on, &job.cancel)?;
        let mut report = accounted(&read, folder, &now.to_string());
        let stamp = now.strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
        self.write_report(&stamp, &report)?;
        if learn {
            report.prior = Some(self.learn_prior(&stamp, scratch.path(), on, &job.cancel)?);
            self.write_report(&stamp, &report)?;
        }
        Ok(report)
    }

    fn read_tables(
        &self,
        folder: &Path,
        out: &Path,
        on: &mut (dyn FnMut(Progress) + Send),
        cancel: &Cancel,
    ) -> Answer<bogam_mimic::Report> {
        let within = folder.join("hosp");
        let request = MimicRequest {
            hosp: if within.is_dir() { within } else { folder.to_owned() },
            out: out.to_owned(),
            knowledge: self.site()?,
            ..MimicRequest::default()
        };
        Ok(mimic_until(&request, &mut Told::new(on), cancel)?)
    }

    fn write_report(&self, stamp: &str, report: &ImportReport) -> Answer<()> {
        let folder = self.surroundings.beside(IMPORTS);
        let path = folder.join(format!("{stamp}.json"));
        let text = serde_json::to_string_pretty(report).unwrap_or_default() + "\n";
        write_whole(&path, text.as_bytes())?;
        Ok(())
    }

    /// Accounting of earlier imports, the newest first.
    ///
    /// # Errors
    /// When nobody is signed in, or one cannot be read.
    pub fn imports(&self) -> Answer<Vec<ImportReport>> {
        self.desk.with(|session| session.may(UseCase::KeepOwn))?;
        let active = self.active_prior();
        let mut reports = Vec::new();
        for path in json_files(&self.surroundings.beside(IMPORTS))? {
            let text = std::fs::read_to_string(&path).map_err(|e| AppError::unusable(&path, e))?;
            let mut report: ImportReport = serde_json::from_str(&text).map_err(|e| AppError::unusable(&path, e))?;
            if let Some(prior) = &mut report.prior {
                prior.active = active.as_deref() == Some(&prior.hash);
            }
            reports.push(report);
        }
        reports.sort_by(|a, b| b.at.cmp(&a.at));
        Ok(reports)
    }

    /// The hash of the prior that the settings name.
    fn active_prior(&self) -> Option<String> {
        let settings = std::fs::read_to_string(self.surroundings.beside("settings.toml")).ok()?;
        let settings: Settings = toml::from_str(&settings).ok()?;
        crate::learn::read_prior(&settings.prior?).ok().map(|prior| prior.hash().to_owned())
    }
}

fn rejected(error: &ErrorRecord, line: u64) -> Vec<RejectedLine> {
    let view =
        |e: &RecordError| RejectedLine { line, field: e.field.clone().unwrap_or_default(), code: e.code.clone() };
    if error.errors.is_empty() { vec![view(&error.error)] } else { error.errors.iter().map(view).collect() }
}

/// Rows as the window shows them: used, out of scope, at fault.
fn accounted(read: &bogam_mimic::Report, folder: &Path, at: &str) -> ImportReport {
    let mut rejects = std::collections::BTreeMap::new();
    let mut tables = Vec::new();
    for table in &read.tables {
        for (reason, rows) in table.unused.iter().filter(|(reason, _)| reason.is_fault()) {
            *rejects.entry(*reason).or_insert(0_u64) += rows;
        }
        tables.push(TableRows {
            table: table.table.to_owned(),
            rows: table.rows,
            used: table.used,
            out_of_scope: table.rows.saturating_sub(table.used).saturating_sub(table.rejected),
            rejected: table.rejected,
        });
    }
    let word = |reason| serde_json::to_value(reason).ok().and_then(|word| word.as_str().map(str::to_owned));
    ImportReport {
        folder: folder.display().to_string(),
        at: at.to_owned(),
        cases: read.cases,
        patients: read.patients,
        tables,
        rejects: rejects
            .into_iter()
            .map(|(reason, rows)| RejectedRows { reason: word(reason).unwrap_or_default(), rows })
            .collect(),
        prior: None,
    }
}

/// The JSON files of a folder; none when it is not there.
pub(super) fn json_files(folder: &Path) -> Result<Vec<PathBuf>, AppError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(AppError::unusable(folder, error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| AppError::unusable(folder, e))?.path();
        if path.extension().is_some_and(|end| end == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Writes a file whole or not at all, with the folder for it.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let fault = |error| AppError::Output { file: path.display().to_string(), error, done: 0 };
    std::fs::create_dir_all(folder).map_err(fault)?;
    crate::output::write_whole(path, bytes)
}
