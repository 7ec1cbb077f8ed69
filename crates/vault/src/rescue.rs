//! Rescue: what can be read of a damaged vault goes into a new one, with a list of what could not.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::Serialize;

use crate::audit;
use crate::connection::{self, Use};
use crate::error::VaultError;
use crate::header::{Attempts, Header};
use crate::key::DatabaseKey;
use crate::migrate::{self, SCHEMA};
use crate::open::{self, Credential};
use crate::people::{self, PersonId, Role, Roles};
use crate::place::{self, Held, Place};
use crate::search;
use crate::vault::{Opening, Vault};

/// Tables in an order in which none refers to a later one, and signatures come after what they freeze.
const TABLES: [&str; 19] = [
    "people",
    "audit",
    "cases",
    "case_versions",
    "drafts",
    "jobs",
    "suggestions",
    "suggested_drugs",
    "decisions",
    "signatures",
    "overrides",
    "reviews",
    "added_drugs",
    "advice_texts",
    "advice_confirmations",
    "conversations",
    "messages",
    "kept",
    "sqlite_sequence",
];

/// Rows in a run that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Table.
    pub table: String,
    /// The row number after which it begins.
    pub after: i64,
    /// The row number before which it ends; null when nothing after it could be read.
    pub before: Option<i64>,
}

/// What was rescued, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rescued {
    /// Tables and the rows that came over.
    pub tables: Vec<(String, u64)>,
    /// Stretches that could not be read. How many rows were in them is not known.
    pub lost: Vec<Lost>,
    /// Names of people whose entry was lost; they have to be added anew.
    pub people_lost: Vec<String>,
}

impl Vault {
    /// Copies what can be read of a damaged vault to a new one, which has the same keys. The damaged one is not changed.
    ///
    /// # Errors
    /// When not even the first page can be read, the passphrase is wrong, or something is at `to` already.
    pub fn rescue(
        from: &Path,
        to: &Path,
        credential: Credential<'_>,
        opening: Opening<'_>,
    ) -> Result<(Self, Rescued), VaultError> {
        let (damaged, place) = (Place::of(from), Place::of(to));
        open::check_free(&place)?;
        let _held = open::hold(&damaged, opening.program)?;
        let held = Held::take(&place, opening.program)?;
        open::clear_unfinished(&place)?;
        let (mut read, _) = Header::find(&damaged)?;
        let unlocked = open::unlock(&mut read, &damaged, credential, opening.now, |_| Ok(()))?;
        let mut header = read.header;
        let (key, source) = match connection::open(from, &unlocked.key, Use::Rescue) {
            Ok(source) => (unlocked.key, source),
            Err(error) => match (unlocked.next, header.next.take()) {
                (Some(key), Some(keys)) => {
                    let source = connection::open(from, &key, Use::Rescue)?;
                    header.keys = keys;
                    (key, source)
                }
                (_, _) => return Err(error),
            },
        };
        header.next = None;
        drop(place::create_private(&place.unfinished)?);
        let mut target = connection::open(&place.unfinished, &key, Use::Create)?;
        let mut rescued = Rescued::default();
        let by = (opening.now, unlocked.person);
        let mut source = Source { path: from, key: key.clone(), open: Some(source) };
        let done = fill(&mut source, &mut target, &mut header, by, &mut rescued);
        drop(source);
        let placed = done.map_err(|e| e.at(from)).and_then(|()| {
            connection::finish(target, &place.unfinished)?;
            let bytes = header.write(&key, &Attempts::new())?;
            place::replace(&place.header, &bytes)?;
            place::replace(&place.header_copy, &bytes)?;
            place::rename(&place.unfinished, &place.database)
        });
        if placed.is_err() {
            drop(open::clear_unfinished(&place));
        }
        placed?;
        drop(held);
        Ok((Self::open(to, credential, opening)?, rescued))
    }
}

fn fill(
    source: &mut Source<'_>,
    target: &mut Connection,
    header: &mut Header,
    (now, person): (Timestamp, PersonId),
    rescued: &mut Rescued,
) -> Result<(), VaultError> {
    let schema = source.open.as_ref().map_or(Ok(SCHEMA), migrate::version)?;
    if schema > SCHEMA {
        return Err(VaultError::Refused("a newer version of Bogam made this vault; rescue it with the newer one"));
    }
    // What a row refers to may be lost: such rows come over as well, and `verify` names them.
    target.execute_batch("PRAGMA foreign_keys = OFF")?;
    migrate::schema_only(target, schema)?;
    let change = target.transaction()?;
    for table in TABLES {
        let known: bool =
            change
                .query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)", [table], |row| row.get(0))?;
        if known {
            let rows = walk(source, &change, table, &mut rescued.lost)?;
            rescued.tables.push((table.to_owned(), rows));
        }
    }
    let there: Vec<PersonId> = people::all(&change)?.into_iter().map(|p| p.id).collect();
    let mut lost: Vec<_> = header.keys.people.iter().filter(|w| !there.contains(&w.person)).cloned().collect();
    if let Some(own) = lost.iter().position(|w| w.person == person) {
        // Somebody has to be able to put things in order: whoever had the key to do this.
        let own = lost.swap_remove(own);
        let roles = crate::sql::json("roles", &Roles::from([Role::Administrator]))?;
        let sql = "INSERT INTO people (id, name, roles, added) VALUES (?1, ?2, ?3, ?4)";
        change.execute(sql, rusqlite::params![own.person.0, own.name, roles, now.as_millisecond()])?;
    }
    header.keys.people.retain(|w| lost.iter().all(|l| l.person != w.person));
    rescued.people_lost = lost.into_iter().map(|w| w.name).collect();
    if schema >= search::SINCE {
        change.execute_batch("UPDATE cases SET doc = NULL")?;
        search::index_all(&change)?;
    }
    audit::append(&change, &header.vault, (now, person), "vault.rescued", "vault")?;
    header.head = audit::head(&change, &header.vault)?;
    change.commit()?;
    Ok(())
}

/// A damaged database. Where a page does not hold, SQLCipher gives up the whole connection: then another is opened.
struct Source<'a> {
    path: &'a Path,
    key: DatabaseKey,
    open: Option<Connection>,
}

impl Source<'_> {
    /// The next row behind a number, and its own number first. Each row is asked for by itself: one that cannot be read
    /// ends no more than its own question.
    fn next(&mut self, sql: &str, columns: usize, after: i64) -> Result<Option<(i64, Vec<Value>)>, VaultError> {
        let database = match self.open.take() {
            Some(open) => open,
            None => connection::open(self.path, &self.key, Use::Rescue)?,
        };
        let found = (|| {
            let mut statement = database.prepare_cached(sql)?;
            let mut rows = statement.query([after])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let values = (1..=columns).map(|i| row.get(i)).collect::<rusqlite::Result<_>>()?;
            Ok(Some((row.get(0)?, values)))
        })();
        if found.is_ok() {
            self.open = Some(database);
        }
        found
    }
}

/// Copies the rows of a table by their numbers, around those that cannot be read.
fn walk(source: &mut Source<'_>, target: &Connection, table: &str, lost: &mut Vec<Lost>) -> Result<u64, VaultError> {
    let columns: Vec<String> = target
        .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let names = columns.join(", ");
    let places: Vec<String> = (1..=columns.len()).map(|i| format!("?{i}")).collect();
    let mut insert =
        target.prepare(&format!("INSERT OR REPLACE INTO {table} ({names}) VALUES ({})", places.join(", ")))?;
    let sql = format!("SELECT rowid, {names} FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT 1");
    let mut next = |after: i64| source.next(&sql, columns.len(), after);
    let (mut after, mut count) = (0_i64, 0_u64);
    loop {
        match next(after) {
            Ok(Some((id, values))) => {
                insert.execute(params_from_iter(values))?;
                after = id;
                count = count.saturating_add(1);
            }
            Ok(None) => return Ok(count),
            Err(_) => {
                let resumed = resume(after, |at| next(at).is_ok());
                let found = resumed.and_then(|at| next(at).ok().flatten());
                lost.push(Lost { table: table.to_owned(), after, before: found.as_ref().map(|(id, _)| *id) });
                match (resumed, found) {
                    (Some(at), Some(_)) => after = at,
                    (_, _) => return Ok(count),
                }
            }
        }
    }
}

/// The first number behind `from` after which rows can be read again, by steps that double and then halve.
fn resume(from: i64, mut readable: impl FnMut(i64) -> bool) -> Option<i64> {
    let (mut bad, mut step) = (from, 1_i64);
    let mut good = loop {
        let at = from.checked_add(step)?;
        if readable(at) {
            break at;
        }
        bad = at;
        step = step.checked_mul(2).filter(|s| *s < 1 << 48)?;
    };
    while good.saturating_sub(bad) > 1 {
        let middle = bad.saturating_add(good.saturating_sub(bad) / 2);
        if readable(middle) { good = middle } else { bad = middle }
    }
    Some(good)
}
