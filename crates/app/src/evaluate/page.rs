//! The report of an evaluation as a folder of files: for programs, for spreadsheets, for reading.

mod csv;
mod figures;
mod html;
mod markdown;
mod svg;
mod view;

use std::path::Path;

use bogam_evaluate::Report;

use crate::error::AppError;
use crate::job::JobSink;
use crate::output::Output;

/// The files.
const FILES: [&str; 7] =
    ["report.json", "metrics.csv", "drugs.csv", "services.csv", "calibration.csv", "report.md", "report.html"];

/// Refuses a folder that cannot be one, or whose files are read.
pub(super) fn check(folder: &Path, inputs: &[&Path]) -> Result<(), AppError> {
    if folder.exists() && !folder.is_dir() {
        return Err(AppError::unusable(folder, "is a file; --report names a folder"));
    }
    for file in FILES {
        let path = folder.join(file);
        inputs.iter().try_for_each(|input| Output::not_an_input(&path, input))?;
    }
    Ok(())
}

/// Writes the files; those of an earlier report are written over.
pub(super) fn write(folder: &Path, report: &Report, sink: &mut dyn JobSink) -> Result<(), AppError> {
    std::fs::create_dir_all(folder).map_err(|error| AppError::unusable(folder, format!("cannot be made ({error})")))?;
    for name in FILES {
        let path = folder.join(name);
        let mut out = Output::open(&path, Path::new("-"), false, sink)?;
        match name {
            "report.json" => out.record(report)?,
            "metrics.csv" => out.text(&csv::metrics(report))?,
            "drugs.csv" => out.text(&csv::drugs(report))?,
            "services.csv" => out.text(&csv::groups(report))?,
            "calibration.csv" => out.text(&csv::calibration(report))?,
            "report.md" => out.text(&markdown::page(report))?,
            _html => out.text(&html::page(report))?,
        }
        out.finish()?;
    }
    Ok(())
}
