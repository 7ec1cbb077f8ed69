//! Templates and preferences of a person, and settings of the site.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde_json::Value;

use crate::error::VaultError;
use crate::migrate::Migration;
use crate::sql::{from_json, json};
use crate::vault::Vault;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 4,
    // What belongs to the site stands without a person.
    sql: "
CREATE TABLE kept (
  person INTEGER REFERENCES people (id),
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  content TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX kept_by_name ON kept (coalesce(person, 0), kind, name);
",
}];

/// What is kept by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// A template of whoever opened the vault.
    Template,
    /// A preference of whoever opened the vault.
    Preference,
    /// A setting of the site, the same for everybody.
    SiteSetting,
}

impl Kept {
    const fn kind(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Preference => "preference",
            Self::SiteSetting => "site_setting",
        }
    }
}

impl Vault {
    fn owner(&self, what: Kept) -> Option<i64> {
        match what {
            Kept::Template | Kept::Preference => Some(self.person().0),
            Kept::SiteSetting => None,
        }
    }

    /// Keeps a value by name, in place of the one that was there; `None` takes it away. A change of the site's settings
    /// is a line of the audit.
    ///
    /// # Errors
    /// When the vault is open for reading only, or nothing could be written.
    pub fn keep(&self, what: Kept, name: &str, value: Option<&Value>, now: Timestamp) -> Result<(), VaultError> {
        let owner = self.owner(what);
        self.write(now, |change| {
            let sql = "DELETE FROM kept WHERE person IS ?1 AND kind = ?2 AND name = ?3";
            change.database.execute(sql, params![owner, what.kind(), name])?;
            if let Some(value) = value {
                let content = json("setting", value)?;
                let sql = "INSERT INTO kept VALUES (?1, ?2, ?3, ?4, ?5)";
                change.database.execute(sql, params![owner, what.kind(), name, now.as_millisecond(), content])?;
            }
            if what == Kept::SiteSetting {
                change.audit("site.setting_changed", &format!("setting:{name}"))?;
            }
            Ok(())
        })
    }

    /// A value that was kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn kept(&self, what: Kept, name: &str) -> Result<Option<Value>, VaultError> {
        self.read(|database| {
            let sql = "SELECT content FROM kept WHERE person IS ?1 AND kind = ?2 AND name = ?3";
            let mut statement = database.prepare_cached(sql)?;
            let values = params![self.owner(what), what.kind(), name];
            let found: Option<String> = statement.query_row(values, |row| row.get(0)).optional()?;
            found.map(|text| from_json("setting", text.as_bytes())).transpose()
        })
    }

    /// Names of what was kept, in order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn kept_names(&self, what: Kept) -> Result<Vec<String>, VaultError> {
        self.read(|database| {
            let sql = "SELECT name FROM kept WHERE person IS ?1 AND kind = ?2 ORDER BY name";
            let mut statement = database.prepare_cached(sql)?;
            let names = statement.query_map(params![self.owner(what), what.kind()], |row| row.get(0))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
    }
}
