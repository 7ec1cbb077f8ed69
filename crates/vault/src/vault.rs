//! A vault that is open: who opened it, its connections, and transactions that end in the audit.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::audit::{self, AuditHead};
use crate::connection::{self, Use};
use crate::error::VaultError;
use crate::header::{Attempts, Header};
use crate::key::{self, DatabaseKey, KdfParameters};
use crate::people::PersonId;
use crate::place::{self, Held, Place};

/// How a vault is opened or made.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    pub(crate) program: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) read_only: bool,
    pub(crate) kdf: KdfParameters,
    #[cfg(feature = "testing")]
    pub(crate) plain: bool,
}

impl<'a> Opening<'a> {
    /// By a program, whose name a second one is told, at a time.
    #[must_use]
    pub const fn new(program: &'a str, now: Timestamp) -> Self {
        Self {
            program,
            now,
            read_only: false,
            kdf: KdfParameters::TODAY,
            #[cfg(feature = "testing")]
            plain: false,
        }
    }

    /// For reading only: nothing in the database is changed.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Without encryption, to measure what it costs. Not there without the feature `testing`, which no program has.
    #[cfg(feature = "testing")]
    #[must_use]
    pub const fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    /// With cheaper keys, so that tests are quick. Not there without the feature `testing`, which no program has.
    #[cfg(feature = "testing")]
    #[must_use]
    pub const fn kdf(mut self, parameters: KdfParameters) -> Self {
        self.kdf = parameters;
        self
    }
}

/// Why a vault is open for reading only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadOnly {
    /// It was asked for.
    Asked,
    /// The folder, a file of the vault or the disk cannot be written to.
    Folder,
    /// The disk is full: not even what an opening writes could be written.
    Full,
    /// A newer program made its schema.
    NewerSchema {
        /// Its schema.
        found: u32,
        /// The newest that this program writes.
        known: u32,
    },
    /// The header was damaged or missing, and its copy was read.
    HeaderCopy,
    /// The audit ends before the line that the header names, or says something else there: the database was cut, or is
    /// an older one.
    RolledBack {
        /// The line that the header names.
        kept: u64,
        /// The last line that is there.
        found: u64,
    },
}

impl ReadOnly {
    /// A code that stays.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Asked => "read_only.asked",
            Self::Folder => "read_only.folder",
            Self::Full => "read_only.full",
            Self::NewerSchema { .. } => "read_only.newer_schema",
            Self::HeaderCopy => "read_only.header_copy",
            Self::RolledBack { .. } => "read_only.rolled_back",
        }
    }
}

impl fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("this was asked for"),
            Self::Folder => {
                f.write_str("its folder, or one of its files, cannot be written to; check their permissions")
            }
            Self::Full => f.write_str("no space is left on its disk; free some and open it again"),
            Self::NewerSchema { found, known } => {
                write!(
                    f,
                    "a newer version of Bogam made it (schema {found}, this one writes {known}); use the newer one"
                )
            }
            Self::HeaderCopy => {
                f.write_str("its header is damaged or missing and the copy was read; have the header repaired")
            }
            Self::RolledBack { kept, found } => write!(
                f,
                "its audit ends at line {found} and does not hold line {kept} that the header names: the end was cut, \
                 or the file is an older one; look for the newer file, restore a backup, or rescue what is left"
            ),
        }
    }
}

/// An open vault. When it is dropped its connections are closed, its keys are wiped and its lock is let go of.
pub struct Vault {
    // The writer is dropped after the readers, so that it can fold the log into the database.
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Option<Connection>>,
    /// How many wait for the writer, to change something.
    waiting: AtomicUsize,
    pub(crate) place: Place,
    pub(crate) key: DatabaseKey,
    pub(crate) state: Mutex<State>,
    /// That something read in this session did not hold: nothing is written to such a file.
    damaged: AtomicBool,
    /// Held while a backup is written, so that none takes another's unfinished file for a leftover.
    pub(crate) backing_up: Mutex<()>,
    person: PersonId,
    read_only: Option<ReadOnly>,
    reading: Use,
    pub(crate) kdf: KdfParameters,
    _held: Option<Held>,
}

/// The header as it is on the disk, and what could not be written to it.
#[derive(Debug)]
pub(crate) struct State {
    pub header: Header,
    pub attempts: Attempts,
    /// Why the header is behind the audit; `None` when it is not.
    pub behind: Option<String>,
}

/// What a vault is made of once it is unlocked.
pub(crate) struct Parts {
    pub place: Place,
    pub key: DatabaseKey,
    pub state: State,
    pub person: PersonId,
    pub read_only: Option<ReadOnly>,
    pub reading: Use,
    pub kdf: KdfParameters,
    pub held: Option<Held>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("person", &self.person)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A transaction that panicked was rolled back when it was dropped: what the lock guards is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn one_state<T>(
    database: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let _read = database.unchecked_transaction()?;
    work(database)
}

/// A transaction that is under way, and who is at it.
pub(crate) struct Change<'a> {
    pub database: &'a Transaction<'a>,
    pub now: Timestamp,
    pub person: PersonId,
    vault: [u8; 16],
}

impl Change<'_> {
    /// Says in the audit what this change does, and to what.
    pub fn audit(&self, code: &str, object: &str) -> Result<(), VaultError> {
        audit::append(self.database, &self.vault, (self.now, self.person), code, object)
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        locked(&self.readers).clear();
        drop(locked(&self.writer).take());
        key::wipe_stack();
    }
}

impl Vault {
    pub(crate) fn from_parts(parts: Parts) -> Result<Self, VaultError> {
        let mut vault = Self {
            readers: Mutex::new(Vec::new()),
            writer: Mutex::new(None),
            waiting: AtomicUsize::new(0),
            place: parts.place,
            key: parts.key,
            state: Mutex::new(parts.state),
            damaged: AtomicBool::new(false),
            backing_up: Mutex::new(()),
            person: parts.person,
            read_only: parts.read_only,
            reading: parts.reading,
            kdf: parts.kdf,
            _held: parts.held,
        };
        if vault.read_only.is_some() {
            return Ok(vault);
        }
        match connection::open(&vault.place.database, &vault.key, Use::Write) {
            Ok(writer) => *locked(&vault.writer) = Some(writer),
            Err(error) if error.no_room() => vault.read_from_here(ReadOnly::Full)?,
            Err(error) => return Err(error),
        }
        Ok(vault)
    }

    /// Gives up writing: what is there can be read all the same.
    pub(crate) fn read_from_here(&mut self, why: ReadOnly) -> Result<(), VaultError> {
        locked(&self.readers).clear();
        drop(locked(&self.writer).take());
        self.read_only = Some(why);
        self.reading = if place::length(&self.place.wal)? == 0 { Use::ReadAlone } else { Use::ReadFull };
        Ok(())
    }

    /// Who opened it; [`PersonId::RECOVERY`] for whoever held the recovery key.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    /// Why it is open for reading only; `None` when it can be written to.
    #[must_use]
    pub const fn read_only(&self) -> Option<&ReadOnly> {
        self.read_only.as_ref()
    }

    /// The path of the database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.place.database
    }

    /// What names this vault, for the checks of an exported audit.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.state().header.vault
    }

    /// Why the header is behind the audit, as when the disk was full at the last change; the next change tries again.
    #[must_use]
    pub fn header_behind(&self) -> Option<String> {
        self.state().behind.clone()
    }

    /// Closes the vault. Dropping it does the same; this tells whether all of the log could be folded into the file.
    /// When not, nothing is lost: the next opening does it.
    ///
    /// # Errors
    /// When the file could not be written.
    pub fn close(self) -> Result<(), VaultError> {
        locked(&self.readers).clear();
        self.fold_log()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(crate) fn header_head(&self) -> AuditHead {
        self.state().header.head
    }

    /// Lets nothing be written any more, not even to the header, until the vault is opened anew.
    pub(crate) fn refuse_writing(&self) {
        drop(locked(&self.writer).take());
    }

    /// Whether there is a writer.
    pub(crate) fn check_writable(&self) -> Result<(), VaultError> {
        if locked(&self.writer).is_some() { Ok(()) } else { Err(self.refused()) }
    }

    fn refused(&self) -> VaultError {
        let why = self.read_only.as_ref().map(ToString::to_string);
        let damaged = || "a part of the file is damaged; restore a backup or rescue what is left".to_owned();
        let why = why.or_else(|| self.damaged().then(damaged));
        VaultError::ReadOnly(
            why.unwrap_or_else(|| "it could not be opened again; close it and open it anew".to_owned()),
        )
    }

    /// Reads one state of the vault, for a moment. While nobody writes this is done by the writer's connection: the pages
    /// that it keeps in memory hold after each of its changes, where a reader fetches and decrypts all of its pages anew.
    /// `work` must not change the vault.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, VaultError>) -> Result<T, VaultError> {
        // Who waits to write goes first; and after a page that did not hold, a connection is of no use.
        let free = self.waiting.load(Ordering::Relaxed) == 0 && !self.damaged();
        if let Some(writer) = free.then(|| self.writer.try_lock().ok()).flatten()
            && let Some(database) = writer.as_ref()
        {
            return one_state(database, work).map_err(|e| self.noted(e.at(&self.place.database)));
        }
        self.read_beside(work)
    }

    /// Reads, beside other readers and a writer, one state of the vault, for as long as it takes.
    pub(crate) fn read_beside<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let mut readers = locked(&self.readers);
        let kept = readers.pop();
        // Where there can only be one connection, the next who reads waits for it.
        let alone = if self.reading == Use::ReadFull {
            Some(readers)
        } else {
            drop(readers);
            None
        };
        let file = &self.place.database;
        let database = kept.map_or_else(|| connection::open(file, &self.key, self.reading), Ok)?;
        let done = one_state(&database, work);
        // Where a page did not hold, SQLCipher has given up the connection.
        if done.is_ok() {
            alone.unwrap_or_else(|| locked(&self.readers)).push(database);
        }
        done.map_err(|e| self.noted(e.at(file)))
    }

    /// Reads by a connection that has read nothing before. The check of a search index trusts what its connection
    /// remembers of it, and would find faults in an index that a writer has changed since.
    pub(crate) fn read_anew<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        if self.reading == Use::ReadFull {
            // The only connection there can be; and there is no writer.
            return self.read_beside(work);
        }
        let file = &self.place.database;
        let database = connection::open(file, &self.key, self.reading)?;
        one_state(&database, work).map_err(|e| self.noted(e.at(file)))
    }

    /// Remembers that the file is damaged.
    fn noted(&self, error: VaultError) -> VaultError {
        if matches!(error, VaultError::Damaged(_)) {
            self.note_damage();
        }
        error
    }

    pub(crate) fn note_damage(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    /// Whether something that was read since the opening did not hold. Nothing is written from then on: `verify` tells
    /// what it is, and a backup or [`Vault::rescue`] is the way on.
    #[must_use]
    pub fn damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Changes the vault, wholly or not at all. When this returns, what was done is on the disk.
    pub(crate) fn write<T>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&Change<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut writer = locked(&self.writer);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let database = writer.as_mut().ok_or_else(|| self.refused())?;
        let vault = self.id();
        let change = |database: &mut Connection| {
            let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&Change { database: &transaction, now, person: self.person, vault })?;
            let head = audit::head(&transaction, &vault)?;
            transaction.commit()?;
            Ok((done, head))
        };
        if self.damaged() {
            return Err(self.refused());
        }
        let (done, head) = change(database).map_err(|e: VaultError| self.noted(e.at(&self.place.database)))?;
        self.keep_head(head);
        Ok(done)
    }

    /// Does with the database what no program does: for tests of what is found then.
    ///
    /// # Errors
    /// When a statement fails.
    #[cfg(feature = "testing")]
    pub fn execute(&self, sql: &str) -> Result<(), VaultError> {
        self.with_writer(|database| Ok(database.execute_batch(sql)?))
    }

    /// The database key, to look for it where it must not be.
    #[cfg(feature = "testing")]
    #[must_use]
    pub const fn database_key(&self) -> &[u8; 32] {
        self.key.bytes()
    }

    /// Works on the writer's connection, outside of a transaction.
    pub(crate) fn with_writer<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let mut writer = locked(&self.writer);
        let database = writer.as_mut().ok_or_else(|| self.refused())?;
        work(database).map_err(|e| e.at(&self.place.database))
    }

    /// Closes every connection, for `work` on the file itself, and opens the writer again, with the key that is then in
    /// its place.
    pub(crate) fn without_connections<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        if self.read_only.is_some() || self.damaged() {
            return Err(self.refused());
        }
        locked(&self.readers).clear();
        drop(locked(&self.writer).take());
        let done = work(self);
        *locked(&self.writer) = Some(connection::open(&self.place.database, &self.key, Use::Write)?);
        done
    }

    /// Folds the log into the database, as far as no reader needs it.
    pub(crate) fn fold_log(&self) -> Result<(), VaultError> {
        if self.read_only.is_some() {
            return Ok(());
        }
        self.with_writer(|database| Ok(database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?))
    }

    /// Writes the end of the audit into the header. The change that it belongs to is on the disk by now, so a fault here
    /// is none of the change: it is kept, told by [`Vault::header_behind`], and mended by the next change.
    fn keep_head(&self, head: AuditHead) {
        let mut state = self.state();
        if state.header.head == head && state.behind.is_none() {
            return;
        }
        state.header.head = head;
        state.behind = self.write_header(&state, false).err().map(|e| e.to_string());
    }

    /// Changes who has keys, and writes the header and its copy.
    pub(crate) fn rewrite_header(&self, change: impl FnOnce(&mut Header)) -> Result<(), VaultError> {
        let mut state = self.state();
        let before = state.header.clone();
        change(&mut state.header);
        let written = self.write_header(&state, true);
        if written.is_err() {
            state.header = before;
        }
        written
    }

    fn write_header(&self, state: &State, copy: bool) -> Result<(), VaultError> {
        let bytes = state.header.write(&self.key, &state.attempts)?;
        if !copy {
            // A header that is behind the audit is as good as one that was written a moment before.
            return place::replace_soon(&self.place.header, &bytes);
        }
        // The copy comes first: when either fails, the header is what it was, and what is in memory with it.
        place::replace(&self.place.header_copy, &bytes)?;
        place::replace(&self.place.header, &bytes)
    }
}
