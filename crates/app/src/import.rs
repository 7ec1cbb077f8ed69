//! `mimic`: tables of past admissions to cases, recorded drugs and samples.

use std::path::{Path, PathBuf};

use bogam_clinical::input::{CaseInput, read_case};
use bogam_engine::Role;
use bogam_knowledge::KnowledgeBase;
use bogam_mimic::{Options, Report};
use bogam_suggest::Prompts;

use crate::assets;
use crate::error::AppError;
use crate::job::JobSink;

/// Imports the tables of a folder.
///
/// # Errors
/// When a table or column that is needed is missing (nothing is written), or files cannot be read or written to the end.
pub fn mimic(hosp: &Path, out: &Path, site: &[PathBuf], sink: &mut dyn JobSink) -> Result<Report, AppError> {
    sink.stage("Reading knowledge");
    let knowledge = assets::knowledge(site)?;
    let prompts = assets::prompts()?;
    let prompt = |case: &CaseInput| messages(case, &knowledge, &prompts);
    let mut table = "";
    let report = bogam_mimic::import(hosp, out, &knowledge, &Options { prompt: &prompt }, &mut |progress| {
        if progress.table != table {
            table = progress.table;
            sink.stage(&format!("Reading {table}"));
        }
        sink.progress(progress.rows, None);
    })?;
    sink.warn(&format!(
        "the files in {} hold patient data and are not encrypted (readable by you only)",
        out.display()
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
