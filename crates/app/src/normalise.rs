//! `normalise`: names in, ingredients out.

use std::path::PathBuf;

use bogam_clinical::record::{ErrorRecord, NormalisedRecord, RecordError, Status};
use bogam_knowledge::KnowledgeBase;
use serde_json::Value;

use crate::assets;
use crate::error::AppError;
use crate::job::{JobSink, Summary};
use crate::lines::Lines;
use crate::output::Output;
use crate::suggest::next;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NormaliseRequest {
    /// Names, one a line: plain, a JSON string, or an object with `name`; `-` is standard input.
    pub names: PathBuf,
    /// Records; `-` is standard output.
    pub out: PathBuf,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
}

/// Normalises every name of a file.
///
/// # Errors
/// As [`crate::suggest::suggest`].
pub fn normalise(request: &NormaliseRequest, sink: &mut dyn JobSink) -> Result<Summary, AppError> {
    let mut lines = Lines::open(&request.names)?;
    let knowledge = assets::knowledge(&request.knowledge)?;
    let mut out = Output::open(&request.out, &request.names, false, sink)?;
    let mut summary = Summary::default();
    while let Some(line) = next(&mut lines, out.lines())? {
        match line.text.map_err(|f| (f.code(), f.message().to_owned())).and_then(|t| name_of(&t)) {
            Ok(name) => {
                out.record(&normalised(&name, &knowledge))?;
                summary.answered += 1;
            }
            Err((code, message)) => {
                let error = RecordError { code: code.to_owned(), message, field: None, line: Some(line.number) };
                out.record(&ErrorRecord {
                    case_id: None,
                    line: line.number,
                    status: Status::Error,
                    error,
                    errors: Vec::new(),
                    drugs: Vec::new(),
                })?;
                summary.rejected += 1;
            }
        }
        sink.progress(summary.answered + summary.rejected, None);
    }
    out.finish()?;
    summary.blank = lines.blank();
    Ok(summary)
}

/// The name of a line: plain text, or JSON where the line is that.
fn name_of(text: &str) -> Result<String, (&'static str, String)> {
    if !text.starts_with(['"', '{']) {
        return Ok(text.to_owned());
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::String(name)) => Ok(name),
        Ok(Value::Object(fields)) => {
            let name = ["name", "input", "drug"].iter().find_map(|f| fields.get(*f)).and_then(Value::as_str);
            name.map(str::to_owned).ok_or_else(|| ("type", "the object has no text in `name`".to_owned()))
        }
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | Err(_) => Ok(text.to_owned()),
    }
}

fn normalised(name: &str, knowledge: &KnowledgeBase) -> NormalisedRecord {
    let found = knowledge.normalise(name);
    let ingredient = found.drug.map(|drug| knowledge.ingredient(drug));
    NormalisedRecord {
        input: name.to_owned(),
        ingredient: ingredient.map(|i| i.id().to_owned()),
        atc: ingredient.map(|i| i.entry.atc.clone()).unwrap_or_default(),
        matched: found.matched,
    }
}
