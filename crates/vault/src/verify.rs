//! Whether a vault is whole: every page, every reference, the audit, the header.

use rusqlite::Connection;
use serde::Serialize;

use crate::audit::{AuditFault, AuditHead, Walk, each};
use crate::error::VaultError;
use crate::header::{self, Header};
use crate::place;
use crate::vault::Vault;

/// Faults of one kind that are named; beyond that they are counted.
const NAMED: usize = 100;

/// Faults of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<String>,
}

impl Faults {
    fn add(&mut self, fault: String) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < NAMED {
            self.first.push(fault);
        }
    }
}

/// What was checked, and what was found. Nothing in it is of a patient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Pages whose content is not what was written with the key.
    pub pages: Faults,
    /// Tables and indexes that do not fit together.
    pub structure: Faults,
    /// Rows that refer to rows that are not there.
    pub references: Faults,
    /// What is wrong with the audit, against the head in the header as well.
    pub audit: Vec<AuditFault>,
    /// Lines of the audit.
    pub audit_lines: u64,
    /// The header, and its copy.
    pub header: Faults,
}

impl Verified {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let kinds = [&self.pages, &self.structure, &self.references, &self.header];
        kinds.iter().all(|faults| faults.count == 0) && self.audit.is_empty()
    }
}

/// Checks a database file through a connection. What cannot be read is a fault that is told, not an error.
pub(crate) fn database(
    database: &Connection,
    vault: &[u8; 16],
    kept: &[AuditHead],
    found: &mut Verified,
) -> Result<(), VaultError> {
    texts(database, "PRAGMA cipher_integrity_check", &mut found.pages);
    let mut statement = database.prepare("PRAGMA foreign_key_check")?;
    let rows = statement.query_map([], |row| {
        let row_id: Option<i64> = row.get(1)?;
        Ok(format!("{} {} has no {}", row.get::<_, String>(0)?, row_id.unwrap_or(0), row.get::<_, String>(2)?))
    });
    match rows.and_then(Iterator::collect::<Result<Vec<String>, _>>) {
        Ok(rows) => rows.into_iter().for_each(|row| found.references.add(row)),
        Err(error) => found.structure.add(error.to_string()),
    }
    let mut walk = Walk::new(vault, kept);
    let mut lines = 0_u64;
    let walked = each(database, |line| {
        walk.line(&line);
        lines = lines.saturating_add(1);
    });
    if let Err(error) = walked {
        found.structure.add(format!("the audit cannot be read to its end: {error}"));
    }
    found.audit_lines = lines;
    found.audit = walk.end().0;
    // The last one: where a page does not hold, this one reaches it, and SQLCipher gives up the connection.
    texts(database, "PRAGMA quick_check", &mut found.structure);
    found.structure.first.retain(|text| text != "ok");
    if found.structure.first.is_empty() {
        found.structure.count = 0;
    }
    Ok(())
}

/// The texts that a check gives; that it cannot be made to its end is one more.
fn texts(database: &Connection, sql: &str, into: &mut Faults) {
    let rows = database.prepare(sql).and_then(|mut statement| {
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<Result<Vec<String>, _>>()
    });
    match rows {
        Ok(rows) => rows.into_iter().for_each(|row| into.add(row)),
        Err(error) => into.add(error.to_string()),
    }
}

impl Vault {
    /// Checks every page, every reference, the audit (against the header's head and `kept` ones) and the header. It reads
    /// all of the file: about ten seconds for each gigabyte.
    ///
    /// # Errors
    /// When the check could not be made. What it finds is no error: see [`Verified::is_clean`].
    pub fn verify(&self, kept: &[AuditHead]) -> Result<Verified, VaultError> {
        // The check of pages looks at the file itself.
        self.fold_log()?;
        let mut found = Verified::default();
        let mut heads = kept.to_vec();
        heads.push(self.header_head());
        let vault = self.id();
        self.read_anew(|connection| database(connection, &vault, &heads, &mut found))?;
        if found.pages.count > 0 || found.structure.count > 0 {
            self.note_damage();
        }
        self.verify_header(&mut found)?;
        Ok(found)
    }

    fn verify_header(&self, found: &mut Verified) -> Result<(), VaultError> {
        let state = self.state();
        if let Some(why) = &state.behind {
            found.header.add(format!("the header is behind: {why}"));
        }
        let (read, from_copy) = Header::find(&self.place)?;
        if from_copy {
            found.header.add("the header is damaged or missing; its copy is in use".to_owned());
        }
        if !read.is_by(&self.key) {
            found.header.add("the header was changed without the key".to_owned());
        }
        if read.header != state.header {
            found.header.add("the header on the disk is not the one that was written".to_owned());
        }
        let copy = place::read(&self.place.header_copy, u64::MAX)?.unwrap_or_default();
        match header::read(&copy, &self.place) {
            Ok(copy) if copy.header.keys == state.header.keys && copy.is_by(&self.key) => {}
            Ok(_) => found.header.add("the copy of the header is not of these keys".to_owned()),
            Err(error) => found.header.add(format!("the copy of the header cannot be read: {error}")),
        }
        Ok(())
    }
}
