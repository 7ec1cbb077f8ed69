//! Conversations about a case, or about none.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::cases::CaseKey;
use crate::error::VaultError;
use crate::migrate::Migration;
use crate::sql::{time, words};
use crate::vault::Vault;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 4,
    sql: "
CREATE TABLE conversations (
  id INTEGER PRIMARY KEY,
  case_key INTEGER REFERENCES cases (id),
  person INTEGER NOT NULL REFERENCES people (id),
  created INTEGER NOT NULL
) STRICT;
CREATE INDEX conversations_by_person ON conversations (person, id);
CREATE TABLE messages (
  conversation INTEGER NOT NULL REFERENCES conversations (id),
  position INTEGER NOT NULL,
  at INTEGER NOT NULL,
  speaker TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (conversation, position)
) STRICT;
",
}];

/// Number of a conversation within a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationId(pub i64);

words! {
    /// Who said something.
    Speaker, "speaker" {
        /// The person.
        Person = "person",
        /// The model.
        Model = "model",
    }
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub speaker: Speaker,
    /// What.
    pub content: String,
}

impl Vault {
    /// Begins a conversation of whoever opened the vault.
    ///
    /// # Errors
    /// When there is no such case, the vault is open for reading only, or nothing could be written.
    pub fn begin_conversation(&self, case: Option<CaseKey>, now: Timestamp) -> Result<ConversationId, VaultError> {
        self.write(now, |change| {
            let sql = "INSERT INTO conversations (case_key, person, created) VALUES (?1, ?2, ?3)";
            change.database.execute(sql, params![case.map(|c| c.0), self.person().0, now.as_millisecond()])?;
            let id = change.database.last_insert_rowid();
            change.audit("conversation.begun", &format!("conversation:{id}"))?;
            Ok(ConversationId(id))
        })
    }

    /// Adds a message to an own conversation.
    ///
    /// # Errors
    /// When there is no such conversation of this person, the vault is open for reading only, or nothing could be written.
    pub fn say(&self, id: ConversationId, by: Speaker, content: &str, now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| {
            let sql = "SELECT 1 FROM conversations WHERE id = ?1 AND person = ?2";
            let own: Option<i64> =
                change.database.query_row(sql, params![id.0, self.person().0], |row| row.get(0)).optional()?;
            own.ok_or_else(|| VaultError::NotFound { what: "conversation", id: id.0.to_string() })?;
            let sql = "INSERT INTO messages SELECT ?1, count(*) + 1, ?2, ?3, ?4 FROM messages WHERE conversation = ?1";
            change.database.execute(sql, params![id.0, now.as_millisecond(), by, content])?;
            Ok(())
        })
    }

    /// Own conversations, the newest first, with their cases.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn conversations(&self) -> Result<Vec<(ConversationId, Option<CaseKey>, Timestamp)>, VaultError> {
        self.read(|database| {
            let sql = "SELECT id, case_key, created FROM conversations WHERE person = ?1 ORDER BY id DESC";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([self.person().0], |row| {
                Ok((ConversationId(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(CaseKey), time(row, 2)?))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Messages of an own conversation, in their order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn messages(&self, id: ConversationId) -> Result<Vec<Message>, VaultError> {
        self.read(|database| {
            let sql = "SELECT m.at, m.speaker, m.content FROM messages m JOIN conversations c ON c.id = m.conversation
              WHERE c.id = ?1 AND c.person = ?2 ORDER BY m.position";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map(params![id.0, self.person().0], |row| {
                Ok(Message { at: time(row, 0)?, speaker: row.get(1)?, content: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
