//! Conversations about a case, or about none.
//!
//! What was said stays as it was said. A question that is asked anew is a later row that names the position from which on
//! the conversation is another one; what it replaces is not read any more, and is still there.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::cases::CaseKey;
use crate::error::VaultError;
use crate::migrate::Migration;
use crate::sql::{time, words};
use crate::vault::Vault;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
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
    },
    Migration {
        version: 7,
        sql: "
ALTER TABLE messages ADD COLUMN replaces INTEGER;
ALTER TABLE messages ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN tokens INTEGER;
ALTER TABLE messages ADD COLUMN tokens_of INTEGER;
CREATE TRIGGER messages_are_not_changed BEFORE UPDATE ON messages
  BEGIN SELECT RAISE(ABORT, 'a message is never changed'); END;
CREATE TRIGGER messages_are_not_removed BEFORE DELETE ON messages
  BEGIN SELECT RAISE(ABORT, 'a message is never removed'); END;
",
    },
];

/// Whether a message stands: no later one replaces its position.
const STANDS: &str = "NOT EXISTS (SELECT 1 FROM messages l WHERE l.conversation = m.conversation
  AND l.position > m.position AND l.replaces <= m.position)";

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

/// How much of a model's context a conversation took, in tokens as the model counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Context {
    /// Tokens of what the model read and wrote.
    pub used: u64,
    /// Tokens that it holds.
    pub of: u64,
}

/// Something to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// By whom.
    pub speaker: Speaker,
    /// What.
    pub content: &'a str,
    /// The position of a standing question from which on the conversation is written anew.
    pub replaces: Option<u32>,
    /// It was stopped before its end.
    pub stopped: bool,
    /// The context that it took, of an answer.
    pub context: Option<Context>,
}

impl<'a> Said<'a> {
    /// Something said to its end, behind what was said before.
    #[must_use]
    pub const fn by(speaker: Speaker, content: &'a str) -> Self {
        Self { speaker, content, replaces: None, stopped: false, context: None }
    }
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Its number within the conversation. Those that were replaced keep theirs, so that numbers grow with gaps.
    pub position: u32,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub speaker: Speaker,
    /// What.
    pub content: String,
    /// It was stopped before its end.
    pub stopped: bool,
    /// The context that it took, of an answer since schema 7.
    pub context: Option<Context>,
}

/// A conversation without what was said in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conversation {
    /// Number.
    pub id: ConversationId,
    /// The case that it is about.
    pub case: Option<CaseKey>,
    /// When it began.
    pub begun: Timestamp,
    /// The first message that stands; `None` while nothing was said.
    pub first: Option<String>,
}

fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        id: ConversationId(row.get(0)?),
        case: row.get::<_, Option<i64>>(1)?.map(CaseKey),
        begun: time(row, 2)?,
        first: row.get(3)?,
    })
}

/// Columns of [`conversation`], of the conversations `c`.
fn columns() -> String {
    format!(
        "c.id, c.case_key, c.created, (SELECT m.content FROM messages m WHERE m.conversation = c.id AND {STANDS}
          ORDER BY m.position LIMIT 1)"
    )
}

fn counted(context: Option<Context>) -> (Option<i64>, Option<i64>) {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    (context.map(|c| number(c.used)), context.map(|c| number(c.of)))
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

    /// Adds a message to an own conversation, and tells its position. One that replaces others is told in the audit.
    ///
    /// # Errors
    /// When there is no such conversation of this person, or no standing question at the position that is replaced; when
    /// the vault is open for reading only, or nothing could be written.
    pub fn say(&self, id: ConversationId, what: &Said<'_>, now: Timestamp) -> Result<u32, VaultError> {
        self.write(now, |change| {
            let database = change.database;
            let sql = "SELECT 1 FROM conversations WHERE id = ?1 AND person = ?2";
            let own: Option<i64> = database.query_row(sql, params![id.0, self.person().0], |row| row.get(0)).optional()?;
            own.ok_or_else(|| VaultError::NotFound { what: "conversation", id: id.0.to_string() })?;
            if let Some(from) = what.replaces {
                let sql = format!(
                    "SELECT 1 FROM messages m WHERE conversation = ?1 AND position = ?2 AND speaker = 'person' AND {STANDS}"
                );
                let there: Option<i64> = database.query_row(&sql, params![id.0, from], |row| row.get(0)).optional()?;
                there.ok_or_else(|| VaultError::NotFound { what: "question", id: from.to_string() })?;
            }
            let sql = "INSERT INTO messages (conversation, position, at, speaker, content, replaces, stopped, tokens, tokens_of)
              SELECT ?1, count(*) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM messages WHERE conversation = ?1 RETURNING position";
            let (used, of) = counted(what.context);
            let at = now.as_millisecond();
            let values = params![id.0, at, what.speaker, what.content, what.replaces, what.stopped, used, of];
            let position = database.query_row(sql, values, |row| row.get(0))?;
            if what.replaces.is_some() {
                change.audit("conversation.rewritten", &format!("conversation:{}", id.0))?;
            }
            Ok(position)
        })
    }

    /// Own conversations about a case, or about none, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn conversations(&self, case: Option<CaseKey>) -> Result<Vec<Conversation>, VaultError> {
        self.read(|database| {
            let sql = format!(
                "SELECT {} FROM conversations c WHERE c.person = ?1 AND c.case_key IS ?2 ORDER BY c.id DESC",
                columns()
            );
            let mut statement = database.prepare_cached(&sql)?;
            let rows = statement.query_map(params![self.person().0, case.map(|c| c.0)], conversation)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// An own conversation.
    ///
    /// # Errors
    /// When there is no such conversation of this person, or it cannot be read.
    pub fn conversation(&self, id: ConversationId) -> Result<Conversation, VaultError> {
        self.read(|database| {
            let sql = format!("SELECT {} FROM conversations c WHERE c.id = ?1 AND c.person = ?2", columns());
            let found = database.query_row(&sql, params![id.0, self.person().0], conversation).optional()?;
            found.ok_or_else(|| VaultError::NotFound { what: "conversation", id: id.0.to_string() })
        })
    }

    /// Messages of an own conversation that stand, in their order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn messages(&self, id: ConversationId) -> Result<Vec<Message>, VaultError> {
        self.read(|database| {
            let sql = format!(
                "SELECT m.position, m.at, m.speaker, m.content, m.stopped, m.tokens, m.tokens_of
                  FROM messages m JOIN conversations c ON c.id = m.conversation
                  WHERE c.id = ?1 AND c.person = ?2 AND {STANDS} ORDER BY m.position"
            );
            let mut statement = database.prepare_cached(&sql)?;
            let rows = statement.query_map(params![id.0, self.person().0], |row| {
                let (used, of): (Option<u64>, Option<u64>) = (row.get(5)?, row.get(6)?);
                Ok(Message {
                    position: row.get(0)?,
                    at: time(row, 1)?,
                    speaker: row.get(2)?,
                    content: row.get(3)?,
                    stopped: row.get(4)?,
                    context: used.zip(of).map(|(used, of)| Context { used, of }),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
