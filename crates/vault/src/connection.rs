//! Connections to the encrypted database.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::key::DatabaseKey;
use crate::place;
use crate::wipe::{self, Wiping};

/// Bytes of a page, which SQLCipher encrypts and authenticates each for itself.
pub(crate) const PAGE: u64 = 4096;

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Make the file.
    Create,
    /// Read and write.
    Write,
    /// Read, beside a writer.
    Read,
    /// Read what nobody writes to, and make nothing beside it: the folder may be read-only. Without a log only.
    ReadAlone,
    /// Read with a log, on a disk that has no room for the file in which connections share what is where in the log: it is
    /// kept in memory, and there is one connection at a time.
    ReadFull,
    /// Read a damaged file: what its own size says is not believed.
    Rescue,
}

/// Opens the database. The first page is read: a wrong key, or damage there, is found here.
pub(crate) fn open(path: &Path, key: &DatabaseKey, kind: Use) -> Result<Connection, VaultError> {
    let failed = |e| VaultError::database(path, e);
    // Before the first call of SQLite: what it frees is wiped.
    let wiping = (!key.is_plain()).then(wipe::begin);
    let common = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let flags = common
        | match kind {
            Use::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Use::Write | Use::ReadFull => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Use::Read | Use::Rescue | Use::ReadAlone => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
    let alone = match kind {
        Use::ReadAlone => true,
        Use::Rescue => place::length(&place::with(path, "-wal"))? == 0,
        Use::Create | Use::Write | Use::Read | Use::ReadFull => false,
    };
    let database = if alone {
        Connection::open_with_flags(immutable(path)?, flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    };
    let database = database.map_err(failed)?;
    database.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
    if wiping == Some(Wiping::Cipher) {
        // In a call of its own before the key, because SQLite copies the whole text that it is given.
        database.execute_batch("PRAGMA cipher_memory_security = ON").map_err(failed)?;
    }
    if !key.is_plain() {
        // A page that does not hold is told to the caller, not to standard error.
        database.execute_batch("PRAGMA cipher_log_level = NONE").map_err(failed)?;
        set_key(&database, key).map_err(failed)?;
    }
    if kind == Use::Rescue {
        database.execute_batch("PRAGMA writable_schema = ON").map_err(failed)?;
    }
    if kind == Use::ReadFull {
        database.execute_batch("PRAGMA locking_mode = EXCLUSIVE").map_err(failed)?;
    }
    // Pages are kept decrypted in memory: 64 MiB a connection, of which there are as many as read at a time.
    database.execute_batch("PRAGMA cache_size = -65536").map_err(failed)?;
    let schema: Result<i64, _> = database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0));
    schema.map_err(failed)?;
    database
        .execute_batch("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")
        .map_err(failed)?;
    if matches!(kind, Use::Create | Use::Write) {
        // A line of the log is on the disk before a person is told that it is saved.
        let durable = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
          PRAGMA checkpoint_fullfsync = ON;";
        database.execute_batch(durable).map_err(failed)?;
    } else {
        database.execute_batch("PRAGMA query_only = ON").map_err(failed)?;
    }
    database.set_prepared_statement_cache_capacity(128);
    Ok(database)
}

fn set_key(database: &Connection, key: &DatabaseKey) -> rusqlite::Result<()> {
    let mut sql = Zeroizing::new(String::with_capacity(128));
    for part in ["PRAGMA key = \"", key.literal().as_str(), "\""] {
        sql.push_str(part);
    }
    database.execute_batch(&sql)
}

/// The path as SQLite wants it where no lock file and no shared memory can be made beside it.
fn immutable(path: &Path) -> Result<String, VaultError> {
    let path = std::path::absolute(path).map_err(|e| VaultError::file(path, e))?;
    let mut text = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    if cfg!(windows) {
        text = format!("/{}", text.replace('\\', "/"));
    }
    Ok(format!("file:{text}?immutable=1"))
}

/// Closes a database that was just written, with all of it in the file itself and on the disk.
pub(crate) fn finish(database: Connection, path: &Path) -> Result<(), VaultError> {
    let failed = |e| VaultError::database(path, e);
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed)?;
    database.close().map_err(|(_, e)| failed(e))?;
    let log = place::with(path, "-wal");
    if place::length(&log)? > 0 {
        return Err(VaultError::NotWritten(path.to_owned()));
    }
    place::remove(&log)?;
    place::remove(&place::with(path, "-shm"))?;
    std::fs::File::open(path).and_then(|file| file.sync_all()).map_err(|e| VaultError::file(path, e))
}
