//! Search over cases, inside the encrypted file.
//!
//! Two indexes, both without a copy of the text: `search_text` finds any three or more letters in a row (FTS5's trigram
//! tokenizer); `search_short` finds one or two: any syllables of Korean (a name has two or three in all), and beginnings of
//! words in Latin letters. Status and author stand in both, so that conditions are met within the index. A document has a new number whenever its case changes, so that the newest come first without
//! sorting.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::cases::{CaseKey, CaseStatus};
use crate::error::VaultError;
use crate::migrate::Migration;
use crate::people::PersonId;
use crate::vault::Vault;
use crate::worklist;

/// The schema that search begins with.
pub(crate) const SINCE: u32 = 5;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: SINCE,
    sql: "
ALTER TABLE cases ADD COLUMN doc INTEGER;
CREATE UNIQUE INDEX cases_by_doc ON cases (doc);
CREATE INDEX cases_by_status ON cases (status, doc);
CREATE INDEX cases_by_author ON cases (author, doc);
CREATE INDEX cases_by_time ON cases (updated, doc);
CREATE VIRTUAL TABLE search_text USING fts5 (
  name, number, diagnosis, drug, author, conditions, content='', contentless_delete=1, tokenize='trigram');
CREATE VIRTUAL TABLE search_short USING fts5 (
  grams, content='', contentless_delete=1, detail=none, tokenize='unicode61');
-- FTS5's own 4050 bytes fit into a page of SQLite, but not into one of SQLCipher, which keeps 80 for itself: each would
-- take two.
INSERT INTO search_text (search_text, rank) VALUES ('pgsz', 3970);
INSERT INTO search_short (search_short, rank) VALUES ('pgsz', 3970);
",
}];

/// Hits that a search gives at most, whatever is asked for.
const MOST: u32 = 1000;

/// Letters from which on the trigram index finds them.
const LONG: usize = 3;

/// A part of a case to search in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The patient's name.
    Name,
    /// The patient's number, or the case's identifier.
    Number,
    /// Codes and titles of the diagnoses.
    Diagnosis,
    /// Drugs taken, proposed, suggested or withheld, in every language.
    Drug,
    /// Who made the case.
    Author,
}

impl Field {
    const ALL: [Self; 5] = [Self::Name, Self::Number, Self::Diagnosis, Self::Drug, Self::Author];

    /// Begins the field's tokens of one or two letters.
    const fn letter(self) -> char {
        match self {
            Self::Name => 'n',
            Self::Number => 'm',
            Self::Diagnosis => 'd',
            Self::Drug => 'r',
            Self::Author => 'a',
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Number => "number",
            Self::Diagnosis => "diagnosis",
            Self::Drug => "drug",
            Self::Author => "author",
        }
    }
}

/// What is searched for. Everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchQuery {
    /// Words, parted by spaces, each somewhere in the case.
    pub text: String,
    /// Words in one part of the case.
    pub fields: Vec<(Field, String)>,
    /// How far the case is.
    pub status: Option<CaseStatus>,
    /// Who made it.
    pub author: Option<PersonId>,
    /// Changed at or after.
    pub from: Option<Timestamp>,
    /// Changed before.
    pub until: Option<Timestamp>,
    /// Hits at most, up to 1,000; 0 is 50.
    pub limit: u32,
    /// Only what comes after this hit, for the next page: [`Hit::place`] of the last one.
    pub after: Option<i64>,
}

/// A case that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The case.
    pub key: CaseKey,
    /// Its identifier.
    pub case_id: String,
    /// The patient's name; empty when there is none.
    pub name: String,
    /// The patient's number; empty when there is none.
    pub number: String,
    /// Diagnoses, a line each.
    pub diagnoses: String,
    /// How far the case is.
    pub status: CaseStatus,
    /// Who made it.
    pub author: PersonId,
    /// When it last changed.
    pub updated: Timestamp,
    /// Its place among all, the newest highest.
    pub place: i64,
}

/// As it is compared: one sequence of characters for each syllable, without upper case.
fn folded(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase()
}

fn token(field: Field, gram: &[char]) -> String {
    let hex = gram.iter().map(|c| format!("x{:x}", u32::from(*c)));
    std::iter::once(field.letter().to_string()).chain(hex).collect()
}

/// A condition as a token, whole in one index and as a phrase in the other. None is a part of another.
fn status_token(status: CaseStatus) -> String {
    format!("status{}", status.word())
}

fn author_token(author: PersonId) -> String {
    format!("author{:019}", author.0)
}

/// What finds a text by one or two letters.
fn grams(field: Field, text: &str, into: &mut BTreeSet<String>) {
    for word in folded(text).split(|c: char| !c.is_alphanumeric()) {
        let letters: Vec<char> = word.chars().collect();
        let places = if letters.iter().all(char::is_ascii) { 1 } else { letters.len() };
        for at in 0..places {
            for length in 1..LONG {
                into.extend(letters.get(at..at + length).map(|gram| token(field, gram)));
            }
        }
    }
}

/// Indexes a case anew.
pub(crate) fn index(database: &Connection, key: CaseKey) -> Result<(), VaultError> {
    let sql = "SELECT c.patient_name, c.patient_number || char(10) || c.case_id, c.diagnoses, c.drugs, p.name, c.doc,
      c.status, c.author FROM cases c JOIN people p ON p.id = c.author WHERE c.id = ?1";
    let (texts, old, conditions) = database.prepare_cached(sql)?.query_row([key.0], |row| {
        let texts: [String; 5] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
        let conditions = [status_token(row.get(6)?), author_token(PersonId(row.get(7)?))];
        Ok((texts, row.get::<_, Option<i64>>(5)?, conditions))
    })?;
    if let Some(old) = old {
        database.prepare_cached("DELETE FROM search_text WHERE rowid = ?1")?.execute([old])?;
        database.prepare_cached("DELETE FROM search_short WHERE rowid = ?1")?.execute([old])?;
    }
    let next = "SELECT coalesce(max(doc), 0) + 1 FROM cases";
    let doc: i64 = database.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    database.prepare_cached("UPDATE cases SET doc = ?2 WHERE id = ?1")?.execute([key.0, doc])?;
    let mut short = BTreeSet::from(conditions.clone());
    Field::ALL.iter().zip(&texts).for_each(|(field, text)| grams(*field, text, &mut short));
    let [name, number, diagnosis, drug, author] = texts.map(|text| folded(&text));
    let sql = "INSERT INTO search_text (rowid, name, number, diagnosis, drug, author, conditions)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let conditions = conditions.join(" ");
    database.prepare_cached(sql)?.execute(params![doc, name, number, diagnosis, drug, author, conditions])?;
    let short: Vec<String> = short.into_iter().collect();
    let sql = "INSERT INTO search_short (rowid, grams) VALUES (?1, ?2)";
    database.prepare_cached(sql)?.execute(params![doc, short.join(" ")])?;
    Ok(())
}

/// Indexes every case, the oldest first.
pub(crate) fn index_all(database: &Connection) -> Result<(), VaultError> {
    let mut statement = database.prepare("SELECT id FROM cases ORDER BY updated, id")?;
    let keys: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    keys.into_iter().try_for_each(|key| index(database, CaseKey(key)))
}

/// The two match expressions of a query.
fn expressions(query: &SearchQuery) -> (Vec<String>, Vec<String>) {
    let anywhere = query.text.split_whitespace().map(|word| (None, word));
    let within = query.fields.iter().flat_map(|(field, text)| text.split_whitespace().map(|word| (Some(*field), word)));
    let (mut long, mut short) = (Vec::new(), Vec::new());
    for (field, word) in anywhere.chain(within) {
        let word = folded(word);
        let letters: Vec<char> = word.chars().collect();
        if letters.len() >= LONG {
            let quoted = format!("\"{}\"", word.replace('"', "\"\""));
            let columns = field.map_or("name number diagnosis drug author", Field::column);
            long.push(format!("{{{columns}}} : {quoted}"));
            continue;
        }
        let fields = field.map_or_else(|| Field::ALL.to_vec(), |f| vec![f]);
        let tokens: Vec<String> = fields.into_iter().map(|f| token(f, &letters)).collect();
        short.push(format!("({})", tokens.join(" OR ")));
    }
    let conditions = query.status.map(status_token).into_iter().chain(query.author.map(author_token));
    for condition in conditions {
        if !long.is_empty() {
            long.push(format!("conditions : \"{condition}\""));
        } else if !short.is_empty() {
            short.push(condition);
        }
    }
    (long, short)
}

impl Vault {
    /// Cases that a query finds, the one that changed last first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn search(&self, query: &SearchQuery) -> Result<Vec<Hit>, VaultError> {
        let (long, short) = expressions(query);
        let indexed = !(long.is_empty() && short.is_empty());
        let mut conditions: Vec<String> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        let mut and = |condition: &str, value: Value| {
            values.push(value);
            conditions.push(condition.replace('?', &format!("?{}", values.len())));
        };
        // The index that leads is the one that is walked from the newest; the other one, if any, is asked for each hit.
        let lead = match (long.is_empty(), short.is_empty()) {
            (true, true) => "c.doc",
            (false, _) => "search_text.rowid",
            (true, false) => "search_short.rowid",
        };
        let mut tables = "cases c".to_owned();
        if !long.is_empty() {
            tables = "search_text JOIN cases c ON c.doc = search_text.rowid".to_owned();
            and("search_text MATCH ?", long.join(" AND ").into());
        }
        if !short.is_empty() {
            let expression = short.join(" AND ").into();
            if long.is_empty() {
                tables = "search_short JOIN cases c ON c.doc = search_short.rowid".to_owned();
                and("search_short MATCH ?", expression);
            } else {
                and("c.doc IN (SELECT rowid FROM search_short WHERE search_short MATCH ?)", expression);
            }
        }
        if let Some(status) = query.status.filter(|_| !indexed) {
            and("c.status = ?", status.word().to_owned().into());
        }
        if let Some(author) = query.author.filter(|_| !indexed) {
            and("c.author = ?", author.0.into());
        }
        // A time is a condition of its own, and narrows the documents that are walked to those that may have it.
        if let Some(from) = query.from {
            and("c.updated >= ?", from.as_millisecond().into());
            let least = format!("{lead} >= (SELECT min(doc) FROM cases WHERE updated >= ?)");
            and(&least, from.as_millisecond().into());
        }
        if let Some(until) = query.until {
            and("c.updated < ?", until.as_millisecond().into());
            let most = format!("{lead} <= (SELECT max(doc) FROM cases WHERE updated < ?)");
            and(&most, until.as_millisecond().into());
        }
        if let Some(after) = query.after {
            and(&format!("{lead} < ?"), after.into());
        }
        let limit = if query.limit == 0 { 50 } else { query.limit.min(MOST) };
        let given = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        let sql = format!("SELECT {} FROM {tables} WHERE {given} ORDER BY {lead} DESC LIMIT {limit}", worklist::HIT);
        self.read(|database| {
            let mut statement = database.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), worklist::hit)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many cases there are.
    ///
    /// # Errors
    /// When they cannot be counted.
    pub fn count_cases(&self) -> Result<u64, VaultError> {
        self.read(|database| Ok(database.query_row("SELECT count(*) FROM cases", [], |row| row.get(0))?))
    }
}
