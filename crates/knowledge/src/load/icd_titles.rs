//! `icd_titles.csv`: the titles of diagnosis codes, one a line; made for hundreds of thousands.

use bogam_clinical::case::CodeSystem;

use super::parse::{Located, Tables};
use super::{Faults, PackFile, table};
use crate::icd::{self, IcdTitle};

/// The name of the file.
pub(crate) const FILE: &str = "icd_titles.csv";

/// The columns, in this order.
pub(crate) const COLUMNS: [&str; 3] = ["system", "code", "title"];

/// A line of `icd_titles.csv`.
pub(crate) type IcdTitleRow = IcdTitle;

/// Reads the titles of a file.
pub(super) fn parse(file: &PackFile, tables: &mut Tables, faults: &mut Faults) {
    table::rows(file, COLUMNS, tables, faults, |fields, at, tables| {
        tables.icd_title.push(Located::new(row(fields)?, at));
        Ok(())
    });
}

fn row([system, code, title]: [&str; 3]) -> Result<IcdTitle, String> {
    let system = match system {
        "icd10" => CodeSystem::Icd10,
        "icd9" => CodeSystem::Icd9,
        "kcd" => CodeSystem::Kcd,
        other => return Err(format!("system `{other}` is none of icd10, icd9, kcd")),
    };
    if !icd::is_code(system, code) {
        return Err(format!("`{code}` is no code of this system: write it without dot, upper case"));
    }
    if title.trim().is_empty() {
        return Err("the title is empty: write it, or leave the line out".to_owned());
    }
    Ok(IcdTitle { system, code: code.to_owned(), title: title.to_owned() })
}
