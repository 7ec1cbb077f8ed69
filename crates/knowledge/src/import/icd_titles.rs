//! Titles of diagnosis codes, in the form of `d_icd_diagnoses` of MIMIC-IV.

use std::collections::BTreeMap;

use bogam_clinical::case::CodeSystem;

use super::headers::Columns;
use super::table::{Charset, Table};
use super::{ImportError, Made, Reason, write};
use crate::icd;
use crate::load::icd_titles::{COLUMNS, FILE};

/// Reads `icd_code`, `icd_version` (9 or 10), `long_title`. Of two titles of one code the first stays.
pub(super) fn icd_titles(bytes: &[u8]) -> Result<Made, ImportError> {
    let columns = Columns::fixed(&[("code", "icd_code"), ("version", "icd_version"), ("title", "long_title")]);
    let table = Table::read(bytes, Charset::Utf8, &columns, &[&["code"], &["version"], &["title"]])?;
    let mut titles: BTreeMap<(CodeSystem, String), String> = BTreeMap::new();
    let tally = table.rows(|row| {
        let system = match row.needed("version")? {
            "9" => CodeSystem::Icd9,
            "10" => CodeSystem::Icd10,
            _other => return Err(Reason::UnknownSystem),
        };
        let code = icd::undotted(row.needed("code")?).to_ascii_uppercase();
        if !icd::is_code(system, &code) {
            return Err(Reason::BadCode);
        }
        let title = row.needed("title")?.split_whitespace().collect::<Vec<_>>().join(" ");
        if titles.contains_key(&(system, code.clone())) {
            return Err(Reason::Repeated);
        }
        titles.insert((system, code), title);
        Ok(None)
    });
    let mut text = write::line(&COLUMNS);
    for ((system, code), title) in &titles {
        let system = match system {
            CodeSystem::Icd9 => "icd9",
            CodeSystem::Icd10 => "icd10",
            CodeSystem::Kcd => "kcd",
        };
        text.push_str(&write::line(&[system, code, title]));
    }
    Ok(Made { path: FILE, text, tally })
}
