//! Work under way: what was asked for, and how it ended.

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::cases::CaseKey;
use crate::error::VaultError;
use crate::migrate::Migration;
use crate::people::PersonId;
use crate::sql::{time, words};
use crate::vault::Vault;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 2,
    sql: "
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  case_key INTEGER REFERENCES cases (id),
  version INTEGER,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id),
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  reason TEXT
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);
",
}];

/// Number of a job within a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub i64);

words! {
    /// How far a job is.
    JobState, "state of a job" {
        /// Waits for its turn.
        Queued = "queued",
        /// Is worked on.
        Running = "running",
        /// Ended well.
        Done = "done",
        /// Ended with a reason.
        Failed = "failed",
        /// Was cut off: the program ended, or was locked. It can be run again.
        Interrupted = "interrupted",
        /// A person ended it.
        Cancelled = "cancelled",
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Job {
    /// Number.
    pub id: JobId,
    /// The case and its version that it works on.
    pub case: Option<(CaseKey, u32)>,
    /// What it does, such as `suggest`.
    pub kind: String,
    /// How far it is.
    pub state: JobState,
    /// Who asked for it.
    pub person: PersonId,
    /// When it was asked for.
    pub created: Timestamp,
    /// When its state last changed.
    pub updated: Timestamp,
    /// Code of the reason why it failed.
    pub reason: Option<String>,
}

impl Vault {
    /// Enters a job, which waits for its turn.
    ///
    /// # Errors
    /// When there is no such case, the vault is open for reading only, or nothing could be written.
    pub fn add_job(&self, kind: &str, case: Option<(CaseKey, u32)>, now: Timestamp) -> Result<JobId, VaultError> {
        self.write(now, |change| {
            let sql = "INSERT INTO jobs (case_key, version, kind, state, person, created, updated)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
            let (key, version) = (case.map(|c| c.0.0), case.map(|c| c.1));
            let values = params![key, version, kind, JobState::Queued, self.person().0, now.as_millisecond()];
            change.database.execute(sql, values)?;
            Ok(JobId(change.database.last_insert_rowid()))
        })
    }

    /// Says how far a job is. `reason` is a code, never a text of a case.
    ///
    /// # Errors
    /// When there is no such job, the vault is open for reading only, or nothing could be written.
    pub fn set_job(&self, id: JobId, state: JobState, reason: Option<&str>, now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| {
            let sql = "UPDATE jobs SET state = ?2, reason = ?3, updated = ?4 WHERE id = ?1";
            let changed = change.database.execute(sql, params![id.0, state, reason, now.as_millisecond()])?;
            if changed == 0 {
                return Err(VaultError::NotFound { what: "job", id: id.0.to_string() });
            }
            Ok(())
        })
    }

    /// Jobs in a state, the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn jobs(&self, state: JobState) -> Result<Vec<Job>, VaultError> {
        self.read(|database| {
            let sql = "SELECT id, case_key, version, kind, state, person, created, updated, reason FROM jobs
              WHERE state = ?1 ORDER BY id";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map(params![state], |row| {
                let key: Option<i64> = row.get(1)?;
                Ok(Job {
                    id: JobId(row.get(0)?),
                    case: key.map(CaseKey).zip(row.get(2)?),
                    kind: row.get(3)?,
                    state: row.get(4)?,
                    person: PersonId(row.get(5)?),
                    created: time(row, 6)?,
                    updated: time(row, 7)?,
                    reason: row.get(8)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// What was queued or running when the vault was last closed, or the program ended, is interrupted.
    pub(crate) fn interrupt_jobs(&self, now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| {
            let sql = "UPDATE jobs SET state = ?1, updated = ?2 WHERE state IN (?3, ?4)";
            let at = now.as_millisecond();
            change.database.execute(sql, params![JobState::Interrupted, at, JobState::Queued, JobState::Running])?;
            Ok(())
        })
    }
}
