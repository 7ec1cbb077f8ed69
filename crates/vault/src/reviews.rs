//! What people make of a suggestion: decisions, overrides, signatures, reviews.
//!
//! Decisions of a suggestion have a version. A signature freezes the present one; the next decision begins another, with
//! what stood in the one before.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use crate::cases::{self, CaseKey, CaseStatus};
use crate::error::VaultError;
use crate::migrate::Migration;
use crate::people::PersonId;
use crate::sql::{time, words};
use crate::suggestions::SuggestionId;
use crate::vault::{Change, Vault};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 3,
    sql: "
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY,
  suggestion INTEGER NOT NULL REFERENCES suggestions (id),
  version INTEGER NOT NULL,
  ingredient TEXT NOT NULL,
  decision TEXT NOT NULL,
  changed_to TEXT,
  reason TEXT,
  note TEXT,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id)
) STRICT;
CREATE INDEX decisions_by_suggestion ON decisions (suggestion, version, ingredient, id);
CREATE TABLE signatures (
  suggestion INTEGER NOT NULL REFERENCES suggestions (id),
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id),
  PRIMARY KEY (suggestion, version)
) STRICT;
CREATE TABLE overrides (
  id INTEGER PRIMARY KEY,
  suggestion INTEGER NOT NULL REFERENCES suggestions (id),
  finding TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  note TEXT,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id)
) STRICT;
CREATE INDEX overrides_by_suggestion ON overrides (suggestion, id);
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  suggestion INTEGER NOT NULL REFERENCES suggestions (id),
  ingredient TEXT NOT NULL,
  verdict TEXT NOT NULL,
  comment TEXT,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id)
) STRICT;
CREATE INDEX reviews_by_suggestion ON reviews (suggestion, id);
CREATE TRIGGER decisions_of_a_signature_are_not_added BEFORE INSERT ON decisions
  WHEN EXISTS (SELECT 1 FROM signatures WHERE suggestion = NEW.suggestion AND version = NEW.version)
  BEGIN SELECT RAISE(ABORT, 'what was signed is never changed'); END;
CREATE TRIGGER decisions_are_not_changed BEFORE UPDATE ON decisions
  BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER signatures_are_not_changed BEFORE UPDATE ON signatures
  BEGIN SELECT RAISE(ABORT, 'a signature is never changed'); END;
CREATE TRIGGER signatures_are_not_removed BEFORE DELETE ON signatures
  BEGIN SELECT RAISE(ABORT, 'a signature is never removed'); END;
",
}];

words! {
    /// What was decided for a drug.
    DecisionKind, "decision" {
        /// As suggested.
        Accepted = "accepted",
        /// Another drug or dose in its place.
        Changed = "changed",
        /// Not given.
        Rejected = "rejected",
        /// Open again: the decision before it was taken back.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What a reviewer thinks of a drug of the list.
    Verdict, "verdict" {
        /// It fits.
        Agree = "agree",
        /// It does not.
        Disagree = "disagree",
        /// Said without judging.
        Comment = "comment",
    }
}

/// A decision for a drug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The drug.
    pub ingredient: String,
    /// What was decided.
    pub decision: DecisionKind,
    /// What is given in its place, with [`DecisionKind::Changed`].
    pub changed_to: Option<String>,
    /// Code of the reason.
    pub reason: Option<String>,
    /// The reason in words.
    pub note: Option<String>,
}

/// A decision, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: PersonId,
}

/// A signature under all decisions of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// The version, from 1.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: PersonId,
}

/// A finding that was overridden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Override {
    /// Id of the finding within the record, such as `F2`.
    pub finding: String,
    /// Its code.
    pub code: String,
    /// Code of the reason.
    pub reason: String,
    /// The reason in words.
    pub note: Option<String>,
}

/// A reviewer's word on a drug of a suggestion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The drug.
    pub ingredient: String,
    /// What the reviewer thinks.
    pub verdict: Verdict,
    /// In words.
    pub comment: Option<String>,
}

/// The version that decisions are made in: one more than was signed.
fn open_version(database: &Connection, id: SuggestionId) -> Result<u32, VaultError> {
    let sql = "SELECT coalesce(max(version), 0) + 1 FROM signatures WHERE suggestion = ?1";
    Ok(database.query_row(sql, [id.0], |row| row.get(0))?)
}

fn case_of(database: &Connection, id: SuggestionId) -> Result<(CaseKey, u32), VaultError> {
    let sql = "SELECT case_key, version FROM suggestions WHERE id = ?1";
    let found = database.query_row(sql, [id.0], |row| Ok((CaseKey(row.get(0)?), row.get(1)?))).optional()?;
    found.ok_or_else(|| VaultError::NotFound { what: "suggestion", id: id.0.to_string() })
}

/// Whether a drug was suggested, as withheld ones are too, or a clinician put it beside the suggestion.
fn check_drug(database: &Connection, id: SuggestionId, ingredient: &str) -> Result<(), VaultError> {
    let sql = "SELECT 1 FROM suggested_drugs WHERE suggestion = ?1 AND ingredient = ?2
      UNION ALL SELECT 1 FROM added_drugs WHERE suggestion = ?1 AND ingredient = ?2 AND content IS NOT NULL
        AND id = (SELECT max(id) FROM added_drugs WHERE suggestion = ?1 AND ingredient = ?2)";
    let found: Option<i64> = database.query_row(sql, params![id.0, ingredient], |row| row.get(0)).optional()?;
    found.map(|_| ()).ok_or_else(|| VaultError::NotFound { what: "drug of this suggestion", id: ingredient.to_owned() })
}

/// Whether there is such a suggestion.
pub(crate) fn exists(database: &Connection, id: SuggestionId) -> Result<(), VaultError> {
    case_of(database, id).map(|_| ())
}

/// Drugs of the list without a decision that stands in a version.
fn undecided(database: &Connection, id: SuggestionId, version: u32) -> Result<i64, VaultError> {
    let sql = "SELECT count(*) FROM suggested_drugs s WHERE suggestion = ?1 AND NOT withheld AND coalesce((
      SELECT d.decision FROM decisions d WHERE d.suggestion = s.suggestion AND d.version = ?2
        AND d.ingredient = s.ingredient ORDER BY d.id DESC LIMIT 1), 'withdrawn') = 'withdrawn'";
    Ok(database.query_row(sql, params![id.0, version], |row| row.get(0))?)
}

/// Begins the version that is open with what stood in the signed one, unless it is begun. Returns the version.
fn begin_version(database: &Connection, id: SuggestionId) -> Result<u32, VaultError> {
    let version = open_version(database, id)?;
    let sql = "INSERT INTO decisions (suggestion, version, ingredient, decision, changed_to, reason, note, at, person)
      SELECT suggestion, ?2, ingredient, decision, changed_to, reason, note, at, person FROM decisions
      WHERE suggestion = ?1 AND version = ?2 - 1
        AND NOT EXISTS (SELECT 1 FROM decisions WHERE suggestion = ?1 AND version = ?2) ORDER BY id";
    database.execute(sql, params![id.0, version])?;
    Ok(version)
}

/// Opens a suggestion for a change beside its decisions: what was signed stays, and the next version begins.
pub(crate) fn reopen(change: &Change<'_>, id: SuggestionId) -> Result<(), VaultError> {
    exists(change.database, id)?;
    let version = begin_version(change.database, id)?;
    let all = undecided(change.database, id, version)? == 0;
    advance(change, id, if all { CaseStatus::Decided } else { CaseStatus::Suggested })
}

/// Sets how far the case is, when the suggestion answers its present version and is the newest one.
fn advance(change: &Change<'_>, id: SuggestionId, status: CaseStatus) -> Result<(), VaultError> {
    let (key, version) = case_of(change.database, id)?;
    let sql = "SELECT max(id) FROM suggestions WHERE case_key = ?1";
    let newest: i64 = change.database.query_row(sql, [key.0], |row| row.get(0))?;
    if newest == id.0 && cases::version_of(change.database, key)? == version {
        cases::touch(change, key, status, None)?;
    }
    Ok(())
}

/// Writes an override beside a suggestion that is there.
pub(crate) fn insert_override(change: &Change<'_>, id: SuggestionId, what: &Override) -> Result<(), VaultError> {
    let sql = "INSERT INTO overrides (suggestion, finding, code, reason, note, at, person)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (at, person) = (change.now.as_millisecond(), change.person.0);
    change.database.execute(sql, params![id.0, what.finding, what.code, what.reason, what.note, at, person])?;
    change.audit("finding.overridden", &format!("suggestion:{}", id.0))
}

impl Vault {
    /// Saves decisions and the overrides that they need, all in one transaction. After a signature this begins a new
    /// version, with what stood in the signed one.
    ///
    /// # Errors
    /// When a drug was not suggested, a changed drug has nothing in its place, the vault is open for reading only, or
    /// nothing could be written: none is kept then.
    pub fn decide_all(
        &self,
        id: SuggestionId,
        (decisions, overrides): (&[Decision], &[Override]),
        now: Timestamp,
    ) -> Result<(), VaultError> {
        if decisions.iter().any(|d| (d.decision == DecisionKind::Changed) != d.changed_to.is_some()) {
            return Err(VaultError::Refused("a changed drug, and no other, has another in its place"));
        }
        self.write(now, |change| {
            let database = change.database;
            exists(database, id)?;
            let version = begin_version(database, id)?;
            overrides.iter().try_for_each(|what| insert_override(change, id, what))?;
            for decision in decisions {
                check_drug(database, id, &decision.ingredient)?;
                let sql =
                    "INSERT INTO decisions (suggestion, version, ingredient, decision, changed_to, reason, note, at,
                  person) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
                database.prepare_cached(sql)?.execute(params![
                    id.0,
                    version,
                    decision.ingredient,
                    decision.decision,
                    decision.changed_to,
                    decision.reason,
                    decision.note,
                    now.as_millisecond(),
                    self.person().0,
                ])?;
                change.audit("decision.saved", &format!("suggestion:{}/{version}", id.0))?;
            }
            let all = undecided(database, id, version)? == 0;
            advance(change, id, if all { CaseStatus::Decided } else { CaseStatus::Suggested })
        })
    }

    /// Saves a decision.
    ///
    /// # Errors
    /// As [`Vault::decide_all`].
    pub fn decide(&self, id: SuggestionId, decision: &Decision, now: Timestamp) -> Result<(), VaultError> {
        self.decide_all(id, (std::slice::from_ref(decision), &[]), now)
    }

    /// The decisions that stand, one a drug: of the version that is open, or of a signed one.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn decisions(&self, id: SuggestionId, version: Option<u32>) -> Result<Vec<Decided>, VaultError> {
        self.read(|database| {
            let open = open_version(database, id)?;
            // An open version without a decision of its own is still what was signed last.
            let begun = "SELECT EXISTS (SELECT 1 FROM decisions WHERE suggestion = ?1 AND version = ?2)";
            let begun: bool = database.query_row(begun, params![id.0, open], |row| row.get(0))?;
            let version = version.unwrap_or(if begun { open } else { open.saturating_sub(1) });
            let sql = "SELECT ingredient, decision, changed_to, reason, note, at, person FROM decisions d
              WHERE suggestion = ?1 AND version = ?2 AND decision <> 'withdrawn' AND id = (SELECT max(id) FROM decisions
                WHERE suggestion = ?1 AND version = ?2 AND ingredient = d.ingredient) ORDER BY ingredient";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map(params![id.0, version], |row| {
                let decision = Decision {
                    ingredient: row.get(0)?,
                    decision: row.get(1)?,
                    changed_to: row.get(2)?,
                    reason: row.get(3)?,
                    note: row.get(4)?,
                };
                Ok(Decided { decision, at: time(row, 5)?, person: PersonId(row.get(6)?) })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Signs the decisions: from here on they are frozen.
    ///
    /// # Errors
    /// When a drug of the list is not decided, nothing was decided since the last signature, the vault is open for reading
    /// only, or nothing could be written.
    pub fn sign(&self, id: SuggestionId, now: Timestamp) -> Result<Signature, VaultError> {
        self.write(now, |change| {
            let database = change.database;
            case_of(database, id)?;
            let version = open_version(database, id)?;
            if undecided(database, id, version)? > 0 {
                return Err(VaultError::Refused("every drug of the list is decided before it is signed"));
            }
            // A list without a drug has nothing to decide, and is signed once.
            let sql = "SELECT ?2 = 1 OR EXISTS (SELECT 1 FROM decisions WHERE suggestion = ?1 AND version = ?2)";
            if !database.query_row(sql, params![id.0, version], |row| row.get::<_, bool>(0))? {
                return Err(VaultError::Refused("nothing was decided since it was signed"));
            }
            let signature = Signature { version, at: now, person: self.person() };
            let values = params![id.0, version, now.as_millisecond(), self.person().0];
            database.execute("INSERT INTO signatures VALUES (?1, ?2, ?3, ?4)", values)?;
            advance(change, id, CaseStatus::Signed)?;
            change.audit("suggestion.signed", &format!("suggestion:{}/{version}", id.0))?;
            Ok(signature)
        })
    }

    /// Signatures under a suggestion, by version.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn signatures(&self, id: SuggestionId) -> Result<Vec<Signature>, VaultError> {
        self.read(|database| {
            let sql = "SELECT version, at, person FROM signatures WHERE suggestion = ?1 ORDER BY version";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([id.0], |row| {
                Ok(Signature { version: row.get(0)?, at: time(row, 1)?, person: PersonId(row.get(2)?) })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Saves that a finding was overridden, and why.
    ///
    /// # Errors
    /// When there is no such suggestion, the vault is open for reading only, or nothing could be written.
    pub fn save_override(&self, id: SuggestionId, what: &Override, now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| {
            case_of(change.database, id)?;
            insert_override(change, id, what)
        })
    }

    /// Overrides of a suggestion, the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn overrides(&self, id: SuggestionId) -> Result<Vec<(Override, Timestamp, PersonId)>, VaultError> {
        self.read(|database| {
            let sql = "SELECT finding, code, reason, note, at, person FROM overrides WHERE suggestion = ?1 ORDER BY id";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([id.0], |row| {
                let what = Override { finding: row.get(0)?, code: row.get(1)?, reason: row.get(2)?, note: row.get(3)? };
                Ok((what, time(row, 4)?, PersonId(row.get(5)?)))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Saves a reviewer's word on drugs, all in one transaction. Earlier ones stay.
    ///
    /// # Errors
    /// When a drug was not suggested, the vault is open for reading only, or nothing could be written: none is kept then.
    pub fn save_reviews(&self, reviews: &[(SuggestionId, Review)], now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| {
            for (id, review) in reviews {
                check_drug(change.database, *id, &review.ingredient)?;
                let sql = "INSERT INTO reviews (suggestion, ingredient, verdict, comment, at, person)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                let (at, person) = (now.as_millisecond(), self.person().0);
                let values = params![id.0, review.ingredient, review.verdict, review.comment, at, person];
                change.database.prepare_cached(sql)?.execute(values)?;
                change.audit("review.saved", &format!("suggestion:{}", id.0))?;
            }
            Ok(())
        })
    }

    /// Reviews of a suggestion, the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn reviews(&self, id: SuggestionId) -> Result<Vec<(Review, Timestamp, PersonId)>, VaultError> {
        self.read(|database| {
            let sql = "SELECT ingredient, verdict, comment, at, person FROM reviews WHERE suggestion = ?1 ORDER BY id";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([id.0], |row| {
                let review = Review { ingredient: row.get(0)?, verdict: row.get(1)?, comment: row.get(2)? };
                Ok((review, time(row, 3)?, PersonId(row.get(4)?)))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
