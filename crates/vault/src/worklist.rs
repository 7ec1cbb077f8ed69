//! What a list of cases shows beside what a search finds.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::cases::CaseKey;
use crate::error::VaultError;
use crate::jobs::{JobId, JobState};
use crate::people::PersonId;
use crate::search::Hit;
use crate::sql::time;
use crate::vault::Vault;

/// A job of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseJob {
    /// Number.
    pub id: JobId,
    /// The version of the case that it is for.
    pub version: u32,
    /// How far it is.
    pub state: JobState,
    /// Code of the reason why it failed.
    pub reason: Option<String>,
}

/// The columns of a hit.
pub(crate) const HIT: &str =
    "c.id, c.case_id, c.patient_name, c.patient_number, c.diagnoses, c.status, c.author, c.updated, c.doc";

/// A hit of these columns.
pub(crate) fn hit(row: &Row<'_>) -> rusqlite::Result<Hit> {
    Ok(Hit {
        key: CaseKey(row.get(0)?),
        case_id: row.get(1)?,
        name: row.get(2)?,
        number: row.get(3)?,
        diagnoses: row.get(4)?,
        status: row.get(5)?,
        author: PersonId(row.get(6)?),
        updated: time(row, 7)?,
        place: row.get(8)?,
    })
}

impl Vault {
    /// A case as a search would find it.
    ///
    /// # Errors
    /// When there is no such case, or it cannot be read.
    pub fn hit(&self, key: CaseKey) -> Result<Hit, VaultError> {
        let sql = format!("SELECT {HIT} FROM cases c WHERE c.id = ?1");
        let found = self.read(|database| Ok(database.prepare_cached(&sql)?.query_row([key.0], hit).optional()?))?;
        found.ok_or_else(|| VaultError::NotFound { what: "case", id: key.0.to_string() })
    }

    /// Versions of a case with when and by whom they were saved, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn versions(&self, key: CaseKey) -> Result<Vec<(u32, Timestamp, PersonId)>, VaultError> {
        self.read(|database| {
            let sql = "SELECT version, at, person FROM case_versions WHERE case_key = ?1 ORDER BY version DESC";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([key.0], |row| Ok((row.get(0)?, time(row, 1)?, PersonId(row.get(2)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The newest job of a case.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn newest_job(&self, key: CaseKey) -> Result<Option<CaseJob>, VaultError> {
        self.read(|database| {
            let sql = "SELECT id, version, state, reason FROM jobs WHERE case_key = ?1 ORDER BY id DESC LIMIT 1";
            let found = database.prepare_cached(sql)?.query_row(params![key.0], |row| {
                Ok(CaseJob { id: JobId(row.get(0)?), version: row.get(1)?, state: row.get(2)?, reason: row.get(3)? })
            });
            Ok(found.optional()?)
        })
    }
}
