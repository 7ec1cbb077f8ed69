//! People, their roles, and their passphrases.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::error::VaultError;
use crate::header::Wrap;
use crate::key::{self, KdfParameters};
use crate::migrate::Migration;
use crate::sql::{from_json, json, maybe_time, time, words};
use crate::vault::Vault;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    // A person stays here after they left: what they did has their number.
    sql: "
CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER
) STRICT;
CREATE UNIQUE INDEX people_by_name ON people (name) WHERE removed IS NULL;
",
}];

/// Number of a person within a vault. It is never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub i64);

impl PersonId {
    /// Whoever holds the recovery key.
    pub const RECOVERY: Self = Self(0);
}

words! {
    /// What a person may do.
    Role, "role" {
        /// Cases, suggestions, decisions, signing.
        Clinician = "clinician",
        /// Reads, reviews, exports.
        Reviewer = "reviewer",
        /// People, models, knowledge, backup.
        Administrator = "administrator",
    }
}

/// Roles of a person: any of the three together.
pub type Roles = BTreeSet<Role>;

/// A person of the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Number.
    pub id: PersonId,
    /// Name to sign in with.
    pub name: String,
    /// What they may do.
    pub roles: Roles,
    /// When they were added.
    pub added: Timestamp,
    /// When they were removed; null while they are not.
    pub removed: Option<Timestamp>,
}

/// A name as it is kept: one sequence of characters, however it was typed.
pub(crate) fn name_of(name: &str) -> Result<String, VaultError> {
    let name = key::normalised(name.trim());
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(VaultError::Refused("the name of a person has 1 to 100 characters, on one line"));
    }
    Ok((*name).clone())
}

pub(crate) fn insert(database: &Connection, name: &str, roles: &Roles, now: Timestamp) -> Result<PersonId, VaultError> {
    if roles.is_empty() {
        return Err(VaultError::Refused("a person has at least one role"));
    }
    if by_name(database, name)?.is_some() {
        return Err(VaultError::Refused("there is a person of that name already; choose another"));
    }
    let sql = "INSERT INTO people (name, roles, added) VALUES (?1, ?2, ?3)";
    database.execute(sql, params![name, json("roles", roles)?, now.as_millisecond()])?;
    Ok(PersonId(database.last_insert_rowid()))
}

fn by_name(database: &Connection, name: &str) -> Result<Option<i64>, VaultError> {
    let sql = "SELECT id FROM people WHERE name = ?1 AND removed IS NULL";
    Ok(database.query_row(sql, [name], |row| row.get(0)).optional()?)
}

pub(crate) fn all(database: &Connection) -> Result<Vec<Person>, VaultError> {
    let mut statement = database.prepare("SELECT id, name, roles, added, removed FROM people ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut people = Vec::new();
    while let Some(row) = rows.next()? {
        let roles: String = row.get(2)?;
        people.push(Person {
            id: PersonId(row.get(0)?),
            name: row.get(1)?,
            roles: from_json("roles", roles.as_bytes())?,
            added: time(row, 3)?,
            removed: maybe_time(row, 4)?,
        });
    }
    Ok(people)
}

/// A person who was not removed.
fn active(database: &Connection, id: PersonId) -> Result<Person, VaultError> {
    let found = all(database)?.into_iter().find(|p| p.id == id && p.removed.is_none());
    found.ok_or_else(|| VaultError::NotFound { what: "person", id: id.0.to_string() })
}

/// Whether somebody is a person of the vault, who was not removed.
pub(crate) fn is_active(database: &Connection, id: PersonId) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM people WHERE id = ?1 AND removed IS NULL)";
    Ok(database.query_row(sql, [id.0], |row| row.get(0))?)
}

/// Refuses when nobody but `without` is an administrator.
fn check_administrators(database: &Connection, without: PersonId) -> Result<(), VaultError> {
    let others = all(database)?;
    let mut others = others.iter().filter(|p| p.id != without && p.removed.is_none());
    if others.any(|p| p.roles.contains(&Role::Administrator)) {
        return Ok(());
    }
    Err(VaultError::Refused("one person at least stays administrator; make somebody else one first"))
}

impl Vault {
    /// Everybody, those who were removed as well.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn people(&self) -> Result<Vec<Person>, VaultError> {
        self.read(all)
    }

    /// The roles of whoever opened the vault. The recovery key makes an administrator: it can put people in order, and
    /// sees to nothing else.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn roles(&self) -> Result<Roles, VaultError> {
        match self.person() {
            PersonId::RECOVERY => Ok(Roles::from([Role::Administrator])),
            person => Ok(self.read(|database| active(database, person))?.roles),
        }
    }

    /// Adds a person with a first passphrase.
    ///
    /// # Errors
    /// When the name is taken or not a name, there is no role, the passphrase is short, or nothing could be written.
    pub fn add_person(
        &self,
        name: &str,
        passphrase: &str,
        roles: &Roles,
        now: Timestamp,
    ) -> Result<PersonId, VaultError> {
        key::check_new(passphrase)?;
        let name = name_of(name)?;
        let id = self.write(now, |change| {
            let id = insert(change.database, &name, roles, now)?;
            change.audit("person.added", &format!("person:{}", id.0))?;
            Ok(id)
        })?;
        let wrap = self.wrap(id, &name, passphrase)?;
        // Without this the person cannot sign in; an addition that was cut off here is undone by the next opening.
        self.rewrite_header(|header| header.keys.people.push(wrap))?;
        Ok(id)
    }

    /// Removes a person. What they did stays; their passphrase opens nothing any more, apart from older copies of the
    /// files: [`Vault::rotate`] makes those worthless for what comes after.
    ///
    /// # Errors
    /// When there is no such person, or no administrator would be left.
    pub fn remove_person(&self, id: PersonId, now: Timestamp) -> Result<(), VaultError> {
        self.write(now, |change| {
            active(change.database, id)?;
            check_administrators(change.database, id)?;
            let sql = "UPDATE people SET removed = ?2 WHERE id = ?1";
            change.database.execute(sql, params![id.0, now.as_millisecond()])?;
            change.audit("person.removed", &format!("person:{}", id.0))
        })?;
        self.rewrite_header(|header| header.keys.people.retain(|w| w.person != id))
    }

    /// Gives a person another name.
    ///
    /// # Errors
    /// When there is no such person, or the name is taken or not a name.
    pub fn rename_person(&self, id: PersonId, name: &str, now: Timestamp) -> Result<(), VaultError> {
        let name = name_of(name)?;
        self.write(now, |change| {
            active(change.database, id)?;
            if by_name(change.database, &name)?.is_some_and(|other| other != id.0) {
                return Err(VaultError::Refused("there is a person of that name already; choose another"));
            }
            change.database.execute("UPDATE people SET name = ?2 WHERE id = ?1", params![id.0, name])?;
            change.audit("person.renamed", &format!("person:{}", id.0))
        })?;
        self.rewrite_header(|header| {
            header.keys.people.iter_mut().filter(|w| w.person == id).for_each(|w| w.name.clone_from(&name));
        })
    }

    /// Gives a person other roles.
    ///
    /// # Errors
    /// When there is no such person, no role, or no administrator would be left.
    pub fn set_roles(&self, id: PersonId, roles: &Roles, now: Timestamp) -> Result<(), VaultError> {
        if roles.is_empty() {
            return Err(VaultError::Refused("a person has at least one role"));
        }
        self.write(now, |change| {
            active(change.database, id)?;
            if !roles.contains(&Role::Administrator) {
                check_administrators(change.database, id)?;
            }
            let sql = "UPDATE people SET roles = ?2 WHERE id = ?1";
            change.database.execute(sql, params![id.0, json("roles", roles)?])?;
            change.audit("person.roles", &format!("person:{}", id.0))
        })
    }

    /// Changes the own passphrase: the present one is asked for again, so that a program that was left open is not
    /// enough. A wrong one counts as a wrong attempt.
    ///
    /// # Errors
    /// When the present passphrase is wrong, the new one is short, or nothing could be written.
    pub fn change_passphrase(&self, present: &str, new: &str, now: Timestamp) -> Result<(), VaultError> {
        key::check_new(new)?;
        let person = self.person();
        let not_found = || VaultError::NotFound { what: "person", id: person.0.to_string() };
        let header = self.state().header.clone();
        let (keys, vault) = (header.keys, header.vault);
        let wrap = keys.of(person).ok_or_else(not_found)?;
        self.attempt(person, now, || {
            let private = key::private_key(present, &wrap.salt, wrap.kdf)?;
            Ok(keys.open(&vault, person, &private).is_some())
        })?;
        self.set_passphrase(person, new, "person.passphrase_changed", now)
    }

    /// Sets a passphrase for somebody who lost theirs. Whoever may do so (an administrator, or who holds the recovery
    /// key) is for the caller to see to.
    ///
    /// # Errors
    /// When there is no such person, the passphrase is short, or nothing could be written.
    pub fn reset_passphrase(&self, id: PersonId, new: &str, now: Timestamp) -> Result<(), VaultError> {
        key::check_new(new)?;
        self.set_passphrase(id, new, "person.passphrase_reset", now)
    }

    fn set_passphrase(&self, id: PersonId, new: &str, code: &str, now: Timestamp) -> Result<(), VaultError> {
        let person = self.read(|database| active(database, id))?;
        let wrap = self.wrap(id, &person.name, new)?;
        self.write(now, |change| change.audit(code, &format!("person:{}", id.0)))?;
        let mut state = self.state();
        state.attempts.remove(&id);
        drop(state);
        self.rewrite_header(|header| {
            header.keys.people.retain(|w| w.person != id);
            header.keys.people.push(wrap);
            header.keys.people.sort_by_key(|w| w.person);
        })
    }

    /// The key of this vault for a person and a passphrase.
    pub(crate) fn wrap(&self, id: PersonId, name: &str, passphrase: &str) -> Result<Wrap, VaultError> {
        let (vault, generation) = (self.id(), self.state().header.keys.generation);
        Wrap::new(&vault, (&self.key, generation), (id, name), passphrase, self.kdf)
    }

    /// What deriving a person's key costs; `None` when there is no such person.
    #[must_use]
    pub fn kdf_of(&self, id: PersonId) -> Option<KdfParameters> {
        self.state().header.keys.of(id).map(|w| w.kdf)
    }

    /// Makes header and database agree on who there is, after a change of people that was cut off between both: the
    /// database decides.
    pub(crate) fn settle_people(&self, now: Timestamp) -> Result<(), VaultError> {
        let people = self.people()?;
        let keys = self.state().header.keys.clone();
        let is_active = |id: PersonId| people.iter().any(|p| p.id == id && p.removed.is_none());
        for person in people.iter().filter(|p| p.removed.is_none() && keys.of(p.id).is_none()) {
            self.write(now, |change| {
                let sql = "UPDATE people SET removed = ?2 WHERE id = ?1";
                change.database.execute(sql, params![person.id.0, now.as_millisecond()])?;
                change.audit("person.addition_undone", &format!("person:{}", person.id.0))
            })?;
        }
        let name_of = |id: PersonId| people.iter().find(|p| p.id == id).map(|p| p.name.clone());
        let differs = |w: &Wrap| !is_active(w.person) || name_of(w.person).as_ref() != Some(&w.name);
        if keys.people.iter().any(differs) {
            self.rewrite_header(|header| {
                header.keys.people.retain(|w| is_active(w.person));
                for wrap in &mut header.keys.people {
                    wrap.name = name_of(wrap.person).unwrap_or_default();
                }
            })?;
        }
        Ok(())
    }
}
