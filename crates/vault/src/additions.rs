//! What a clinician puts beside a suggestion: drugs of their own, and advice in their words.
//!
//! Nothing is taken back from the tables: a drug that was taken out again and advice that was written anew are later rows.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde_json::Value;

use crate::error::VaultError;
use crate::migrate::Migration;
use crate::people::PersonId;
use crate::reviews::{self, Override};
use crate::sql::{from_json, json, maybe_time, time};
use crate::suggestions::SuggestionId;
use crate::vault::Vault;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 6,
    sql: "
CREATE TABLE added_drugs (
  id INTEGER PRIMARY KEY,
  suggestion INTEGER NOT NULL REFERENCES suggestions (id),
  ingredient TEXT NOT NULL,
  content TEXT,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id)
) STRICT;
CREATE INDEX added_drugs_by_suggestion ON added_drugs (suggestion, id);
CREATE TABLE advice_texts (
  id INTEGER PRIMARY KEY,
  suggestion INTEGER NOT NULL REFERENCES suggestions (id),
  lang TEXT NOT NULL,
  content TEXT NOT NULL,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id)
) STRICT;
CREATE INDEX advice_texts_by_suggestion ON advice_texts (suggestion, lang, id);
CREATE TABLE advice_confirmations (
  id INTEGER PRIMARY KEY,
  suggestion INTEGER NOT NULL REFERENCES suggestions (id),
  last_text INTEGER NOT NULL,
  with_model_written INTEGER NOT NULL,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES people (id)
) STRICT;
CREATE INDEX advice_confirmations_by_suggestion ON advice_confirmations (suggestion, id);
",
}];

/// That advice was read by a clinician and may be handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// With the paragraph that the model wrote.
    pub with_model_written: bool,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: PersonId,
}

/// Advice in a clinician's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceText {
    /// The text.
    pub content: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: PersonId,
}

/// Number of the last text of a suggestion; 0 while nobody wrote one.
const LAST_TEXT: &str = "SELECT coalesce(max(id), 0) FROM advice_texts WHERE suggestion = ?1";

impl Vault {
    /// Puts a drug beside a suggestion, with the overrides that it needs; `None` takes it out again. What `content` holds is
    /// the caller's.
    ///
    /// # Errors
    /// When there is no such suggestion, the vault is open for reading only, or nothing could be written.
    pub fn add_drug(
        &self,
        id: SuggestionId,
        (ingredient, content, overrides): (&str, Option<&Value>, &[Override]),
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let content = content.map(|content| json("drug", content)).transpose()?;
        self.write(now, |change| {
            reviews::reopen(change, id)?;
            overrides.iter().try_for_each(|what| reviews::insert_override(change, id, what))?;
            let sql =
                "INSERT INTO added_drugs (suggestion, ingredient, content, at, person) VALUES (?1, ?2, ?3, ?4, ?5)";
            let values = params![id.0, ingredient, content, now.as_millisecond(), self.person().0];
            change.database.execute(sql, values)?;
            let code = if content.is_some() { "drug.added" } else { "drug.taken_out" };
            change.audit(code, &format!("suggestion:{}", id.0))
        })
    }

    /// Drugs that stand beside a suggestion, in the order in which they were added.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn added_drugs(&self, id: SuggestionId) -> Result<Vec<(String, Value)>, VaultError> {
        self.read(|database| {
            let sql = "SELECT ingredient, content FROM added_drugs a WHERE suggestion = ?1 AND content IS NOT NULL
              AND id = (SELECT max(id) FROM added_drugs WHERE suggestion = ?1 AND ingredient = a.ingredient) ORDER BY id";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([id.0], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            rows.map(|row| {
                let (ingredient, content) = row?;
                Ok((ingredient, from_json("drug", content.as_bytes())?))
            })
            .collect()
        })
    }

    /// Keeps advice in a clinician's words; an empty text throws them away. What was confirmed before has to be confirmed again.
    ///
    /// # Errors
    /// When there is no such suggestion, the vault is open for reading only, or nothing could be written.
    pub fn save_advice(&self, id: SuggestionId, lang: &str, text: &str, now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| {
            reviews::exists(change.database, id)?;
            let sql = "INSERT INTO advice_texts (suggestion, lang, content, at, person) VALUES (?1, ?2, ?3, ?4, ?5)";
            change.database.execute(sql, params![id.0, lang, text, now.as_millisecond(), self.person().0])?;
            change.audit("advice.saved", &format!("suggestion:{}", id.0))
        })
    }

    /// Advice in a clinician's words; `None` while it is as it was made.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn advice(&self, id: SuggestionId, lang: &str) -> Result<Option<AdviceText>, VaultError> {
        self.read(|database| {
            let sql = "SELECT content, at, person FROM advice_texts WHERE suggestion = ?1 AND lang = ?2
              ORDER BY id DESC LIMIT 1";
            let found = database.prepare_cached(sql)?.query_row(params![id.0, lang], |row| {
                Ok((row.get::<_, String>(0)?, time(row, 1)?, PersonId(row.get(2)?)))
            });
            let found = found.optional()?;
            // An empty text is one that was thrown away.
            let found = found.filter(|(content, ..)| !content.is_empty());
            Ok(found.map(|(content, at, person)| AdviceText { content, at, person }))
        })
    }

    /// When the drugs that will be given changed last: one was rejected, changed or taken back, a withheld one accepted,
    /// another added or taken out. `None` while they are the suggested ones.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn regimen_changed_at(&self, id: SuggestionId) -> Result<Option<Timestamp>, VaultError> {
        self.read(|database| {
            let sql = "SELECT max(at) FROM (
                SELECT at FROM added_drugs WHERE suggestion = ?1
                UNION ALL
                SELECT d.at FROM decisions d WHERE d.suggestion = ?1 AND (d.decision <> 'accepted' OR d.ingredient IN
                  (SELECT ingredient FROM suggested_drugs WHERE suggestion = ?1 AND withheld)))";
            Ok(database.prepare_cached(sql)?.query_row([id.0], |row| maybe_time(row, 0))?)
        })
    }

    /// Says that the advice as it stands was read and may be handed out.
    ///
    /// # Errors
    /// When there is no such suggestion, the vault is open for reading only, or nothing could be written.
    pub fn confirm_advice(&self, id: SuggestionId, with_model_written: bool, now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| {
            reviews::exists(change.database, id)?;
            let last: i64 = change.database.query_row(LAST_TEXT, [id.0], |row| row.get(0))?;
            let sql = "INSERT INTO advice_confirmations (suggestion, last_text, with_model_written, at, person)
              VALUES (?1, ?2, ?3, ?4, ?5)";
            let values = params![id.0, last, with_model_written, now.as_millisecond(), self.person().0];
            change.database.execute(sql, values)?;
            change.audit("advice.confirmed", &format!("suggestion:{}", id.0))
        })
    }

    /// The confirmation of the advice as it stands; `None` when there is none, or a text came after it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn confirmation(&self, id: SuggestionId) -> Result<Option<Confirmation>, VaultError> {
        self.read(|database| {
            let sql = format!(
                "SELECT with_model_written, at, person FROM advice_confirmations
                  WHERE suggestion = ?1 AND last_text = ({LAST_TEXT}) ORDER BY id DESC LIMIT 1"
            );
            let found = database.prepare_cached(&sql)?.query_row([id.0], |row| {
                Ok(Confirmation { with_model_written: row.get(0)?, at: time(row, 1)?, person: PersonId(row.get(2)?) })
            });
            Ok(found.optional()?)
        })
    }
}
