//! The audit: who did what, when. Append-only, each line chained to the one before by its hash, without patient text.

use hmac::digest::Digest as _;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::error::VaultError;
use crate::migrate::Migration;
use crate::people::PersonId;
use crate::sql::{blob, time};
use crate::vault::Vault;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    sql: "
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL,
  code TEXT NOT NULL,
  object TEXT NOT NULL,
  previous BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'a line of the audit is never changed'); END;
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'a line of the audit is never removed'); END;
",
}];

/// Where a chain begins, for a vault.
fn genesis(vault: &[u8; 16]) -> [u8; 32] {
    Sha256::new().chain_update(b"bogam audit begins ").chain_update(vault).finalize().into()
}

/// The last line of an audit. Kept in the header, and to be kept elsewhere: a vault whose chain does not hold it was cut
/// or rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Its number, from 1; 0 before the first line.
    pub sequence: u64,
    /// Its hash.
    #[serde(with = "crate::hex")]
    pub hash: [u8; 32],
}

/// A line of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// From 1, without a gap.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who; [`PersonId::RECOVERY`] for whoever held the recovery key.
    pub person: PersonId,
    /// What was done, such as `case.saved`.
    pub code: String,
    /// To what: a kind and a number of this vault, such as `case:12`. Never a name or number of a patient.
    pub object: String,
    /// Hash of the line before.
    #[serde(with = "crate::hex")]
    pub previous: [u8; 32],
    /// Hash of this line.
    #[serde(with = "crate::hex")]
    pub hash: [u8; 32],
}

impl AuditLine {
    /// The hash of what the line says: each part with its length, so that no two lines say the same bytes.
    fn computed(&self) -> [u8; 32] {
        let mut sum = Sha256::new().chain_update(b"bogam audit line ").chain_update(self.previous);
        sum.update(self.sequence.to_le_bytes());
        sum.update(self.at.as_millisecond().to_le_bytes());
        sum.update(self.person.0.to_le_bytes());
        for text in [&self.code, &self.object] {
            sum.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            sum.update(text);
        }
        sum.finalize().into()
    }
}

/// What is wrong with an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum AuditFault {
    /// A line does not say what it said when it was written.
    Edited {
        /// The line.
        sequence: u64,
    },
    /// Lines are missing.
    Removed {
        /// The first that is missing.
        first: u64,
        /// The last that is missing.
        last: u64,
    },
    /// A line stands where it was not written, or a second time.
    Reordered {
        /// The line.
        sequence: u64,
    },
    /// A line follows another line than the one that is before it now: that one was replaced.
    Unlinked {
        /// The line.
        sequence: u64,
    },
    /// The chain ends before, or says something else than, a head that was kept: the end was cut, or the file is an
    /// older one.
    NotTheHead {
        /// The last line of the chain.
        found: u64,
        /// The line that was kept.
        kept: u64,
    },
}

impl std::fmt::Display for AuditFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Edited { sequence } => write!(f, "line {sequence} was edited"),
            Self::Removed { first, last } if first == last => write!(f, "line {first} was removed"),
            Self::Removed { first, last } => write!(f, "lines {first} to {last} were removed"),
            Self::Reordered { sequence } => write!(f, "line {sequence} stands where it was not written"),
            Self::Unlinked { sequence } => {
                write!(f, "line {sequence} follows another line than it did: that was replaced")
            }
            Self::NotTheHead { found, kept } => write!(
                f,
                "it ends at line {found} and does not hold line {kept} as it was kept: its end was cut or replaced, or the \
                 file is an older one"
            ),
        }
    }
}

/// Walks lines in the order in which they are kept, and names what is wrong with them.
#[derive(Debug)]
pub(crate) struct Walk {
    last: AuditHead,
    kept: Vec<AuditHead>,
    faults: Vec<AuditFault>,
}

impl Walk {
    /// For a vault, with heads that its chain must hold.
    pub fn new(vault: &[u8; 16], kept: &[AuditHead]) -> Self {
        let kept = kept.iter().filter(|head| head.sequence > 0).copied().collect();
        Self { last: AuditHead { sequence: 0, hash: genesis(vault) }, kept, faults: Vec::new() }
    }

    /// The next line.
    pub fn line(&mut self, line: &AuditLine) {
        let expected = self.last.sequence.saturating_add(1);
        if line.computed() != line.hash {
            self.faults.push(AuditFault::Edited { sequence: line.sequence });
        }
        if line.sequence < expected {
            self.faults.push(AuditFault::Reordered { sequence: line.sequence });
            return;
        }
        if line.sequence > expected {
            self.faults.push(AuditFault::Removed { first: expected, last: line.sequence.saturating_sub(1) });
        } else if line.previous != self.last.hash {
            self.faults.push(AuditFault::Unlinked { sequence: line.sequence });
        }
        self.last = AuditHead { sequence: line.sequence, hash: line.hash };
        self.kept.retain(|head| *head != self.last);
    }

    /// What is wrong, and the last line.
    pub fn end(mut self) -> (Vec<AuditFault>, AuditHead) {
        let found = self.last.sequence;
        self.faults.extend(self.kept.iter().map(|h| AuditFault::NotTheHead { found, kept: h.sequence }));
        self.faults.sort_unstable();
        self.faults.dedup();
        (self.faults, self.last)
    }
}

/// What is wrong with lines of an exported audit, in their order; `kept` are heads that they must hold.
#[must_use]
pub fn check_audit(vault: &[u8; 16], lines: &[AuditLine], kept: &[AuditHead]) -> Vec<AuditFault> {
    let mut walk = Walk::new(vault, kept);
    lines.iter().for_each(|line| walk.line(line));
    walk.end().0
}

/// The last line.
pub(crate) fn head(database: &Connection, vault: &[u8; 16]) -> Result<AuditHead, VaultError> {
    let sql = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1";
    let found =
        database.query_row(sql, [], |row| Ok(AuditHead { sequence: row.get(0)?, hash: blob(row, 1)? })).optional()?;
    Ok(found.unwrap_or(AuditHead { sequence: 0, hash: genesis(vault) }))
}

/// Whether the chain holds a head that was kept.
pub(crate) fn holds(database: &Connection, kept: AuditHead) -> Result<bool, VaultError> {
    let sql = "SELECT hash FROM audit WHERE sequence = ?1";
    let found = database.query_row(sql, [kept.sequence], |row| blob::<32>(row, 0)).optional()?;
    Ok(kept.sequence == 0 || found == Some(kept.hash))
}

/// Appends a line within the transaction that does what it tells.
pub(crate) fn append(
    database: &Connection,
    vault: &[u8; 16],
    (at, person): (Timestamp, PersonId),
    code: &str,
    object: &str,
) -> Result<(), VaultError> {
    let last = head(database, vault)?;
    let mut line = AuditLine {
        sequence: last.sequence.saturating_add(1),
        at,
        person,
        code: code.to_owned(),
        object: object.to_owned(),
        previous: last.hash,
        hash: [0; 32],
    };
    line.hash = line.computed();
    database.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(params![
        line.sequence,
        at.as_millisecond(),
        person.0,
        line.code,
        line.object,
        line.previous,
        line.hash,
    ])?;
    Ok(())
}

/// Hands every line to `each`, by number.
pub(crate) fn each(database: &Connection, mut each: impl FnMut(AuditLine)) -> Result<(), VaultError> {
    let sql = "SELECT sequence, at, person, code, object, previous, hash FROM audit ORDER BY sequence";
    let mut statement = database.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(AuditLine {
            sequence: row.get(0)?,
            at: time(row, 1)?,
            person: PersonId(row.get(2)?),
            code: row.get(3)?,
            object: row.get(4)?,
            previous: blob(row, 5)?,
            hash: blob(row, 6)?,
        });
    }
    Ok(())
}

impl Vault {
    /// The last line of the audit, to be kept outside of the vault.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn audit_head(&self) -> Result<AuditHead, VaultError> {
        self.read(|database| head(database, &self.id()))
    }

    /// Hands every line of the audit to `line`, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read; what was handed over till then holds.
    pub fn audit(&self, line: impl FnMut(AuditLine)) -> Result<(), VaultError> {
        self.read_beside(|database| each(database, line))
    }

    /// What is wrong with the audit, against the header's head and those that were kept elsewhere.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn check_audit(&self, kept: &[AuditHead]) -> Result<Vec<AuditFault>, VaultError> {
        let mut heads = kept.to_vec();
        heads.push(self.header_head());
        let mut walk = Walk::new(&self.id(), &heads);
        self.audit(|line| walk.line(&line))?;
        Ok(walk.end().0)
    }
}
