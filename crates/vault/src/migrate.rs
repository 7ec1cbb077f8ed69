//! From the schema of an older vault to that of today. Each migration stands beside the tables that it makes.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::error::VaultError;
use crate::people::PersonId;
use crate::{additions, audit, cases, conversations, jobs, people, preferences, reviews, search, suggestions};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// The version that the schema has after it.
    pub version: u32,
    /// Statements.
    pub sql: &'static str,
}

/// The schema that this program writes.
pub const SCHEMA: u32 = 7;

/// Every step, by version; those of one version in the order of their tables' references.
fn all() -> Vec<Migration> {
    let parts = [
        people::MIGRATIONS,
        audit::MIGRATIONS,
        cases::MIGRATIONS,
        jobs::MIGRATIONS,
        suggestions::MIGRATIONS,
        reviews::MIGRATIONS,
        conversations::MIGRATIONS,
        preferences::MIGRATIONS,
        search::MIGRATIONS,
        additions::MIGRATIONS,
    ];
    let mut all = parts.concat();
    all.sort_by_key(|m| m.version);
    all
}

/// The schema of a database.
pub(crate) fn version(database: &Connection) -> Result<u32, VaultError> {
    Ok(database.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Takes a database to `target`, in one transaction with the line of the audit that says so.
pub(crate) fn migrate(
    database: &mut Connection,
    vault: &[u8; 16],
    by: (Timestamp, PersonId),
    target: u32,
) -> Result<(), VaultError> {
    let from = version(database)?;
    if from >= target {
        return Ok(());
    }
    let change = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in all().iter().filter(|m| m.version > from && m.version <= target) {
        change.execute_batch(step.sql)?;
    }
    if from < search::SINCE && target >= search::SINCE {
        search::index_all(&change)?;
    }
    change.execute_batch(&format!("PRAGMA user_version = {target}"))?;
    audit::append(&change, vault, by, "vault.migrated", &format!("schema:{from}-{target}"))?;
    change.commit()?;
    Ok(())
}

/// Makes the tables of a schema and nothing else: what fills them brings its own audit.
pub(crate) fn schema_only(database: &Connection, target: u32) -> Result<(), VaultError> {
    for step in all().iter().filter(|m| m.version <= target) {
        database.execute_batch(step.sql)?;
    }
    database.execute_batch(&format!("PRAGMA user_version = {target}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_that_of_the_last_step_and_no_step_is_missing() {
        let mut versions: Vec<u32> = super::all().iter().map(|m| m.version).collect();
        versions.dedup();
        assert_eq!(versions, (1..=super::SCHEMA).collect::<Vec<_>>());
    }
}
