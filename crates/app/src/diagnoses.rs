//! `diagnoses`: the search over diagnosis codes and names.

use std::io::BufRead as _;
use std::path::PathBuf;

use bogam_clinical::case::CodeSystem;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::{DiagnosisHit, DiagnosisSearch};
use serde::Serialize;

use crate::assets;
use crate::error::AppError;
use crate::home::home;
use crate::job::JobSink;

/// A diagnosis that was found, as it is written.
#[derive(Debug, Serialize)]
struct Found<'a> {
    system: CodeSystem,
    code: &'a str,
    title: &'a str,
    name: Option<&'a Bilingual>,
}

impl<'a> From<&'a DiagnosisHit> for Found<'a> {
    fn from(hit: &'a DiagnosisHit) -> Self {
        Self { system: hit.system, code: &hit.code, title: &hit.title, name: hit.name.as_ref() }
    }
}

/// What a query found.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    query: &'a str,
    found: Vec<Found<'a>>,
}

/// The search over the shipped names, the titles that the set-up fetched, and the packs of a site.
///
/// # Errors
/// When a pack cannot be read or has faults.
pub fn search(site: &[PathBuf], sink: &mut dyn JobSink) -> Result<DiagnosisSearch, AppError> {
    let titles = titles();
    if titles.is_none() {
        sink.warn("the titles of ICD codes are not there (terms/icd_titles.csv): only the names of the pack are searched; run make setup");
    }
    let packs = titles.iter().chain(site).cloned().collect::<Vec<_>>();
    Ok(DiagnosisSearch::new(&assets::knowledge(&packs)?))
}

/// The folder of titles: that of the home folder, or one beside the program or its sources.
fn titles() -> Option<PathBuf> {
    let mut folders = vec![home().join("terms")];
    if let Ok(program) = std::env::current_exe() {
        folders.extend(program.ancestors().skip(1).take(3).map(|a| a.join("terms")));
    }
    folders.push(PathBuf::from("terms"));
    folders.into_iter().find(|folder| folder.join("icd_titles.csv").is_file())
}

/// Answers a query, or each line of standard input, as JSON lines.
///
/// # Errors
/// As [`search`]; and when standard input cannot be read.
pub fn find(query: Option<&str>, limit: usize, site: &[PathBuf], sink: &mut dyn JobSink) -> Result<String, AppError> {
    let search = search(site, sink)?;
    let mut out = String::new();
    let mut answer = |query: &str| {
        let hits = search.find(query, limit);
        let answer = Answer { query, found: hits.iter().map(Found::from).collect() };
        out.push_str(&serde_json::to_string(&answer).unwrap_or_default());
        out.push('\n');
    };
    if let Some(query) = query {
        answer(query);
        return Ok(out);
    }
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| AppError::Unusable(format!("standard input: {e}")))?;
        if !line.trim().is_empty() {
            answer(line.trim());
        }
    }
    Ok(out)
}
