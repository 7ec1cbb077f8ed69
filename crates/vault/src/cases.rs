//! Cases with every version, and drafts as they are typed.

use bogam_clinical::input::{CaseInput, DrugInput};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::error::VaultError;
use crate::migrate::Migration;
use crate::people::PersonId;
use crate::search;
use crate::sql::{from_json, json, time, words};
use crate::vault::{Change, Vault};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 2,
    // The columns from patient_name on are what is searched and listed; the versions are what was said.
    sql: "
CREATE TABLE cases (
  id INTEGER PRIMARY KEY,
  case_id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  status TEXT NOT NULL,
  author INTEGER NOT NULL REFERENCES people (id),
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  patient_name TEXT NOT NULL,
  patient_number TEXT NOT NULL,
  diagnoses TEXT NOT NULL,
  drugs TEXT NOT NULL
) STRICT;
CREATE TABLE case_versions (
  case_key INTEGER NOT NULL REFERENCES cases (id),
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id),
  content TEXT NOT NULL,
  PRIMARY KEY (case_key, version)
) STRICT;
CREATE TRIGGER case_versions_are_not_changed BEFORE UPDATE ON case_versions
  BEGIN SELECT RAISE(ABORT, 'a version of a case is never changed'); END;
CREATE TABLE drafts (
  person INTEGER NOT NULL REFERENCES people (id),
  draft TEXT NOT NULL,
  at INTEGER NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (person, draft)
) STRICT;
",
}];

/// Number of a case within a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseKey(pub i64);

words! {
    /// How far a case is.
    CaseStatus, "status of a case" {
        /// There is no suggestion for its present version.
        Open = "open",
        /// There is a suggestion.
        Suggested = "suggested",
        /// Every drug of the suggestion is decided.
        Decided = "decided",
        /// The decisions are signed.
        Signed = "signed",
    }
}

/// A version of a case.
#[derive(Debug, Clone)]
pub struct CaseVersion {
    /// The case.
    pub key: CaseKey,
    /// From 1.
    pub version: u32,
    /// When it was saved.
    pub at: Timestamp,
    /// Who saved it.
    pub person: PersonId,
    /// What was said.
    pub case: CaseInput,
}

/// A draft as it was typed: what a form holds, whether or not it is a case yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its name: of the person's own choosing, such as the case's identifier.
    pub draft: String,
    /// When it was kept.
    pub at: Timestamp,
    /// What the form held.
    pub content: serde_json::Value,
}

/// Words of a case by which it is found.
fn diagnoses(case: &CaseInput) -> String {
    let each = case.diagnoses.iter().flatten();
    let words: Vec<String> = each.map(|d| format!("{} {}", d.code, d.title.as_deref().unwrap_or_default())).collect();
    words.join("\n")
}

fn drugs(case: &CaseInput) -> String {
    let current = case.patient.iter().flat_map(|p| p.current_drugs.iter().flatten());
    let all = current.chain(case.proposed_drugs.iter().flatten());
    let name = |drug: &DrugInput| match drug {
        DrugInput::Name(name) => name.clone(),
        DrugInput::Full(drug) => drug.name.clone(),
    };
    let names: Vec<String> = all.map(name).collect();
    names.join("\n")
}

/// The present version of a case, by its number.
pub(crate) fn version_of(database: &Connection, key: CaseKey) -> Result<u32, VaultError> {
    let found = database.query_row("SELECT version FROM cases WHERE id = ?1", [key.0], |row| row.get(0)).optional()?;
    found.ok_or_else(|| VaultError::NotFound { what: "case", id: key.0.to_string() })
}

/// Sets how far a case is, and the words of its drugs where there are new ones, and indexes it.
pub(crate) fn touch(
    change: &Change<'_>,
    key: CaseKey,
    status: CaseStatus,
    drugs: Option<&str>,
) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET status = ?2, updated = ?3, drugs = coalesce(?4, drugs) WHERE id = ?1";
    let at = change.now.as_millisecond();
    change.database.prepare_cached(sql)?.execute(params![key.0, status, at, drugs])?;
    search::index(change.database, key)
}

impl Vault {
    /// Saves a case: a new one, or a new version of the one that has its `case_id`. What is the same as the present
    /// version makes no new one. When this returns it is on the disk, and a draft of that name is gone.
    ///
    /// # Errors
    /// When the case has no `case_id`, the vault is open for reading only, or nothing could be written.
    pub fn save_case(&self, case: &CaseInput, now: Timestamp) -> Result<(CaseKey, u32), VaultError> {
        self.write(now, |change| save(change, case))
    }

    /// A case by its `case_id`.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn find_case(&self, case_id: &str) -> Result<CaseKey, VaultError> {
        let sql = "SELECT id FROM cases WHERE case_id = ?1";
        let found = self.read(|database| Ok(database.query_row(sql, [case_id], |row| row.get(0)).optional()?))?;
        found.map(CaseKey).ok_or_else(|| VaultError::NotFound { what: "case", id: case_id.to_owned() })
    }

    /// A version of a case; the present one when none is named.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn case(&self, key: CaseKey, version: Option<u32>) -> Result<CaseVersion, VaultError> {
        self.read(|database| {
            let version = version.map_or_else(|| version_of(database, key), Ok)?;
            let sql = "SELECT at, person, content FROM case_versions WHERE case_key = ?1 AND version = ?2";
            let found = database.query_row(sql, params![key.0, version], |row| {
                Ok((time(row, 0)?, PersonId(row.get(1)?), row.get::<_, String>(2)?))
            });
            let (at, person, content) = found.optional()?.ok_or_else(|| VaultError::NotFound {
                what: "version of a case",
                id: format!("{}/{version}", key.0),
            })?;
            Ok(CaseVersion { key, version, at, person, case: from_json("case", content.as_bytes())? })
        })
    }

    /// Keeps a draft of whoever opened the vault, in place of the one of that name.
    ///
    /// # Errors
    /// When the vault is open for reading only, or nothing could be written.
    pub fn save_draft(&self, draft: &str, content: &serde_json::Value, now: Timestamp) -> Result<(), VaultError> {
        let content = json("draft", content)?;
        self.write(now, |change| {
            let sql = "INSERT INTO drafts VALUES (?1, ?2, ?3, ?4)
              ON CONFLICT DO UPDATE SET at = excluded.at, content = excluded.content";
            change.database.execute(sql, params![self.person().0, draft, now.as_millisecond(), content])?;
            Ok(())
        })
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// When the vault is open for reading only, or nothing could be written.
    pub fn discard_draft(&self, draft: &str, now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| discard(change, draft))
    }

    /// Drafts of whoever opened the vault, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn drafts(&self) -> Result<Vec<Draft>, VaultError> {
        self.read(|database| {
            let sql = "SELECT draft, at, content FROM drafts WHERE person = ?1 ORDER BY at DESC, draft";
            let mut statement = database.prepare_cached(sql)?;
            let mut rows = statement.query([self.person().0])?;
            let mut drafts = Vec::new();
            while let Some(row) = rows.next()? {
                let content: String = row.get(2)?;
                let content = from_json("draft", content.as_bytes())?;
                drafts.push(Draft { draft: row.get(0)?, at: time(row, 1)?, content });
            }
            Ok(drafts)
        })
    }
}

fn discard(change: &Change<'_>, draft: &str) -> Result<(), VaultError> {
    let sql = "DELETE FROM drafts WHERE person = ?1 AND draft = ?2";
    change.database.execute(sql, params![change.person.0, draft])?;
    Ok(())
}

/// Saves a case within a transaction.
pub(crate) fn save(change: &Change<'_>, case: &CaseInput) -> Result<(CaseKey, u32), VaultError> {
    let case_id = case.case_id.as_deref().filter(|id| !id.is_empty());
    let case_id = case_id.ok_or(VaultError::Refused("a case needs its case_id"))?;
    let content = json("case", case)?;
    let at = change.now.as_millisecond();
    let sql = "SELECT c.id, c.version, v.content FROM cases c
      JOIN case_versions v ON v.case_key = c.id AND v.version = c.version WHERE c.case_id = ?1";
    let found = change
        .database
        .prepare_cached(sql)?
        .query_row([case_id], |row| Ok((row.get(0)?, row.get::<_, u32>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    discard(change, case_id)?;
    let text = |of: fn(&bogam_clinical::input::PatientInput) -> Option<&String>| {
        case.patient.as_ref().and_then(of).cloned().unwrap_or_default()
    };
    let (name, number) = (text(|p| p.name.as_ref()), text(|p| p.number.as_ref()));
    let (key, version) = match found {
        Some((id, version, present)) if present == content => return Ok((CaseKey(id), version)),
        Some((id, version, _)) => {
            let version = version.saturating_add(1);
            let sql =
                "UPDATE cases SET version = ?2, patient_name = ?3, patient_number = ?4, diagnoses = ?5 WHERE id = ?1";
            change.database.execute(sql, params![id, version, name, number, diagnoses(case)])?;
            (CaseKey(id), version)
        }
        None => {
            let sql = "INSERT INTO cases (case_id, version, status, author, created, updated, patient_name,
              patient_number, diagnoses, drugs) VALUES (?1, 1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, '')";
            let values = params![case_id, CaseStatus::Open, change.person.0, at, name, number, diagnoses(case)];
            change.database.prepare_cached(sql)?.execute(values)?;
            (CaseKey(change.database.last_insert_rowid()), 1)
        }
    };
    let sql = "INSERT INTO case_versions VALUES (?1, ?2, ?3, ?4, ?5)";
    change.database.prepare_cached(sql)?.execute(params![key.0, version, at, change.person.0, content])?;
    touch(change, key, CaseStatus::Open, Some(&drugs(case)))?;
    change.audit("case.saved", &format!("case:{}/{version}", key.0))?;
    Ok((key, version))
}
