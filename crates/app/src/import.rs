//! `mimic`: tables of past admissions to cases, recorded drugs and samples.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use bogam_clinical::input::{CaseInput, read_case};
use bogam_engine::{Cancel, Role};
use bogam_knowledge::KnowledgeBase;
use bogam_mimic::{Options, Report};
use bogam_suggest::Prompts;

use crate::assets;
use crate::error::AppError;
use crate::job::JobSink;

/// What to import, and to what.
#[derive(Debug, Clone, Default)]
pub struct MimicRequest {
    /// Folder of the tables.
    pub hosp: PathBuf,
    /// Folder of the files.
    pub out: PathBuf,
    /// Packs of the site.
    pub knowledge: Vec<PathBuf>,
    /// How many threads; as many as there are processors when none are given.
    pub threads: Option<NonZeroUsize>,
    /// Write `alpaca.json` as well.
    pub alpaca: bool,
    /// Write the events in `meds` as well.
    pub meds: bool,
}

/// Imports the tables of a folder.
///
/// # Errors
/// When a table or column that is needed is missing (nothing is written), or files cannot be read or written to the end.
pub fn mimic(request: &MimicRequest, sink: &mut dyn JobSink) -> Result<Report, AppError> {
    mimic_until(request, sink, &Cancel::new())
}

/// Imports the tables of a folder, until somebody stops it.
///
/// # Errors
/// As [`mimic`]; when it was stopped, nothing is written.
pub fn mimic_until(request: &MimicRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Report, AppError> {
    sink.stage("Reading knowledge");
    let knowledge = assets::knowledge(&request.knowledge)?;
    let prompts = assets::prompts()?;
    let prompt = |case: &CaseInput| messages(case, &knowledge, &prompts);
    let stop = || cancel.is_cancelled();
    let options = Options {
        prompt: &prompt,
        threads: request.threads,
        alpaca: request.alpaca,
        meds: request.meds,
        stop: Some(&stop),
    };
    let mut table = "";
    let report = bogam_mimic::import(&request.hosp, &request.out, &knowledge, &options, &mut |progress| {
        if progress.table != table {
            table = progress.table;
            sink.stage(&format!("Reading {table}"));
        }
        sink.progress(progress.rows, None);
    })?;
    sink.warn(&format!(
        "the files in {} hold patient data and are not encrypted (readable by you only)",
        request.out.display()
    ));
    Ok(report)
}

/// The prompt of a case as messages: the one after which `suggest` scores.
fn messages(case: &CaseInput, knowledge: &KnowledgeBase, prompts: &Prompts) -> Vec<(String, String)> {
    let read = serde_json::to_string(case).ok().and_then(|json| read_case(&json).ok());
    let Some(read) = read else { return Vec::new() };
    let role = |r: Role| match r {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let prompt = prompts.for_case(&read.case, knowledge);
    prompt.messages.into_iter().map(|m| (role(m.role).to_owned(), m.content)).collect()
}
