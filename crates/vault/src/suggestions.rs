//! Suggestions: the whole record, and beside it what is searched.

use std::io::{Read as _, Write as _};

use bogam_clinical::input::CaseInput;
use bogam_clinical::record::SuggestionRecord;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::cases::{self, CaseKey, CaseStatus};
use crate::error::VaultError;
use crate::jobs::{JobId, JobState};
use crate::migrate::Migration;
use crate::people::PersonId;
use crate::sql::{from_json, json, time};
use crate::vault::{Change, Vault};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 3,
    sql: "
CREATE TABLE suggestions (
  id INTEGER PRIMARY KEY,
  case_key INTEGER NOT NULL,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id),
  job INTEGER REFERENCES jobs (id),
  model TEXT,
  knowledge TEXT NOT NULL,
  rules TEXT NOT NULL,
  record BLOB NOT NULL,
  FOREIGN KEY (case_key, version) REFERENCES case_versions (case_key, version)
) STRICT;
CREATE INDEX suggestions_by_case ON suggestions (case_key, id);
CREATE TRIGGER suggestions_are_not_changed BEFORE UPDATE ON suggestions
  BEGIN SELECT RAISE(ABORT, 'a suggestion is never changed'); END;
CREATE TABLE suggested_drugs (
  suggestion INTEGER NOT NULL REFERENCES suggestions (id),
  ingredient TEXT NOT NULL,
  position INTEGER NOT NULL,
  withheld INTEGER NOT NULL,
  probability REAL NOT NULL,
  PRIMARY KEY (suggestion, ingredient)
) STRICT;
CREATE INDEX suggested_drugs_by_ingredient ON suggested_drugs (ingredient, suggestion);
",
}];

/// Far above the longest record; what unpacks to more was not packed here.
const LONGEST_RECORD: u64 = 256 * 1024 * 1024;

/// Number of a suggestion within a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SuggestionId(pub i64);

/// A suggestion as it was saved.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// Number.
    pub id: SuggestionId,
    /// The case and its version that it answers.
    pub case: (CaseKey, u32),
    /// When it was saved.
    pub at: Timestamp,
    /// Who asked for it.
    pub person: PersonId,
    /// List, withheld, considered, findings, advice, provenance.
    pub record: SuggestionRecord,
}

/// Records repeat themselves: packed they need a fifth of the space, and less time to encrypt than packing takes.
fn pack(record: &SuggestionRecord) -> Result<Vec<u8>, VaultError> {
    let failed = |e: std::io::Error| VaultError::Stored { what: "suggestion", why: e.to_string() };
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(3));
    packed.write_all(json("suggestion", record)?.as_bytes()).map_err(failed)?;
    packed.finish().map_err(failed)
}

fn unpack(packed: &[u8]) -> Result<SuggestionRecord, VaultError> {
    let mut text = Vec::new();
    let read = ZlibDecoder::new(packed).take(LONGEST_RECORD).read_to_end(&mut text);
    read.map_err(|e| VaultError::Stored { what: "suggestion", why: e.to_string() })?;
    from_json("suggestion", &text)
}

/// Names by which the drugs of a suggestion are found, with those that the case has already.
fn names(record: &SuggestionRecord) -> Vec<String> {
    let listed = record.drugs.iter().map(|d| (&d.ingredient, &d.name));
    let withheld = record.withheld.iter().map(|d| (&d.ingredient, &d.name));
    let name = |(id, name): (&String, &bogam_clinical::Bilingual)| format!("{id} {} {}", name.en, name.ko);
    listed.chain(withheld).map(name).collect()
}

/// Saves a suggestion within a transaction.
fn insert(
    change: &Change<'_>,
    (key, version): (CaseKey, u32),
    record: &SuggestionRecord,
    job: Option<JobId>,
) -> Result<SuggestionId, VaultError> {
    let packed = pack(record)?;
    let database = change.database;
    let sql = "SELECT case_id, version, drugs FROM cases WHERE id = ?1";
    let found = database
        .query_row(sql, [key.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?, row.get::<_, String>(2)?)));
    let found = found.optional()?;
    let (case_id, present, mut drugs) =
        found.ok_or_else(|| VaultError::NotFound { what: "case", id: key.0.to_string() })?;
    if case_id != record.case_id {
        return Err(VaultError::Refused("the suggestion names another case than it is to be saved with"));
    }
    let sql = "INSERT INTO suggestions (case_key, version, at, person, job, model, knowledge, rules, record)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let made_by = &record.provenance;
    database.prepare_cached(sql)?.execute(params![
        key.0,
        version,
        change.now.as_millisecond(),
        change.person.0,
        job.map(|j| j.0),
        made_by.model,
        made_by.knowledge,
        made_by.rules,
        packed,
    ])?;
    let id = database.last_insert_rowid();
    let mut insert = database.prepare_cached("INSERT INTO suggested_drugs VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (position, drug) in record.drugs.iter().enumerate() {
        insert.execute(params![id, drug.ingredient, position, false, drug.probability])?;
    }
    for (position, drug) in record.withheld.iter().enumerate() {
        insert.execute(params![id, drug.ingredient, position, true, drug.probability])?;
    }
    if version == present {
        for name in names(record) {
            if !drugs.lines().any(|line| line == name) {
                drugs.push('\n');
                drugs.push_str(&name);
            }
        }
        cases::touch(change, key, CaseStatus::Suggested, Some(&drugs))?;
    }
    if let Some(job) = job {
        let sql = "UPDATE jobs SET state = ?2, updated = ?3 WHERE id = ?1";
        database.execute(sql, params![job.0, JobState::Done, change.now.as_millisecond()])?;
    }
    change.audit("suggestion.saved", &format!("suggestion:{id}"))?;
    Ok(SuggestionId(id))
}

impl Vault {
    /// Saves a suggestion with its list, findings, advice and provenance, says so in the audit, and ends its job: all of it
    /// or nothing. When this returns it is on the disk.
    ///
    /// # Errors
    /// When the record answers another case, there is no such version, the vault is open for reading only, or nothing
    /// could be written.
    pub fn save_suggestion(
        &self,
        (key, version): (CaseKey, u32),
        record: &SuggestionRecord,
        job: Option<JobId>,
        now: Timestamp,
    ) -> Result<SuggestionId, VaultError> {
        self.write(now, |change| insert(change, (key, version), record, job))
    }

    /// Saves suggestions, all in one transaction.
    ///
    /// # Errors
    /// As [`Vault::save_suggestion`]; none is kept then.
    pub fn save_suggestions(
        &self,
        suggestions: &[((CaseKey, u32), SuggestionRecord)],
        now: Timestamp,
    ) -> Result<Vec<SuggestionId>, VaultError> {
        self.write(now, |change| suggestions.iter().map(|(case, record)| insert(change, *case, record, None)).collect())
    }

    /// Saves cases, each with its suggestion where there is one, in one transaction: all of them or none. A file of
    /// thousands is given in pieces of some hundred, each of which is synced once.
    ///
    /// # Errors
    /// As [`Vault::save_case`] and [`Vault::save_suggestion`]; nothing of `entries` is kept then.
    pub fn add(
        &self,
        entries: &[(CaseInput, Option<SuggestionRecord>)],
        now: Timestamp,
    ) -> Result<Vec<(CaseKey, Option<SuggestionId>)>, VaultError> {
        self.write(now, |change| {
            let add = |(case, record): &(CaseInput, Option<SuggestionRecord>)| {
                let saved = cases::save(change, case)?;
                let id = record.as_ref().map(|record| insert(change, saved, record, None)).transpose()?;
                Ok((saved.0, id))
            };
            entries.iter().map(add).collect()
        })
    }

    /// A suggestion.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn suggestion(&self, id: SuggestionId) -> Result<Suggestion, VaultError> {
        self.read(|database| {
            let sql = "SELECT case_key, version, at, person, record FROM suggestions WHERE id = ?1";
            let mut statement = database.prepare_cached(sql)?;
            let found = statement.query_row([id.0], |row| {
                let case = (CaseKey(row.get(0)?), row.get(1)?);
                Ok((case, time(row, 2)?, PersonId(row.get(3)?), row.get::<_, Vec<u8>>(4)?))
            });
            let (case, at, person, packed) =
                found.optional()?.ok_or_else(|| VaultError::NotFound { what: "suggestion", id: id.0.to_string() })?;
            Ok(Suggestion { id, case, at, person, record: unpack(&packed)? })
        })
    }

    /// Suggestions for a case, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn suggestions_of(&self, key: CaseKey) -> Result<Vec<SuggestionId>, VaultError> {
        self.read(|database| {
            let sql = "SELECT id FROM suggestions WHERE case_key = ?1 ORDER BY id DESC";
            let mut statement = database.prepare_cached(sql)?;
            let ids = statement.query_map([key.0], |row| Ok(SuggestionId(row.get(0)?)))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// Hands every suggestion to `each`, the oldest first, one at a time: a million of them take no more memory than one.
    ///
    /// # Errors
    /// When one cannot be read, or `each` fails.
    pub fn each_suggestion<E: From<VaultError>>(
        &self,
        mut each: impl FnMut(Suggestion) -> Result<(), E>,
    ) -> Result<(), E> {
        let next = |after: i64| -> Result<Option<i64>, VaultError> {
            let sql = "SELECT id FROM suggestions WHERE id > ?1 ORDER BY id LIMIT 1";
            self.read(|database| Ok(database.prepare_cached(sql)?.query_row([after], |row| row.get(0)).optional()?))
        };
        let mut last = 0;
        while let Some(id) = next(last)? {
            each(self.suggestion(SuggestionId(id))?)?;
            last = id;
        }
        Ok(())
    }
}
