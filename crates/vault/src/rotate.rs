//! A new database key: the whole file is encrypted anew, and everybody keeps their passphrase.
//!
//! The steps are in an order in which the plug may be pulled anywhere:
//!
//! 1. the log is folded in, and a copy under the new key is written beside the database and synced;
//! 2. the header names both keys for everybody who stays;
//! 3. the copy takes the place of the database, in one step of the file system;
//! 4. the header names the new key only.
//!
//! Cut off before 3, the old key still opens the database and the copy is thrown away; after 3, the next opening finds
//! that only the new key opens it, and does step 4.

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode};

use crate::connection::{self, Use};
use crate::error::VaultError;
use crate::header::Header;
use crate::key::DatabaseKey;
use crate::open::Unlocked;
use crate::people::PersonId;
use crate::place::{self, Place};
use crate::vault::Vault;

/// What was left of a change of the key when a vault was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// Nothing.
    None,
    /// It had come far enough and was finished.
    Finished,
    /// It had not, and was undone.
    Undone,
}

impl Rotation {
    pub const fn code(self) -> &'static str {
        match self {
            Self::None | Self::Finished => "vault.rotation_finished",
            Self::Undone => "vault.rotation_undone",
        }
    }
}

/// A header that names one key, and whether it did so before.
pub(crate) struct Settled {
    pub header: Header,
    pub person: PersonId,
    pub rotation: Rotation,
}

/// Which of two keys the database has, after a change of the key that was cut off. The header is settled in memory only;
/// it is written once the vault is open.
pub(crate) fn settle(
    place: &Place,
    mut header: Header,
    unlocked: Unlocked,
    reading: Use,
) -> Result<(DatabaseKey, Settled), VaultError> {
    let person = unlocked.person;
    let Some(next) = header.next.take() else {
        return Ok((unlocked.key, Settled { header, person, rotation: Rotation::None }));
    };
    match connection::open(&place.database, &unlocked.key, reading) {
        Ok(_) => Ok((unlocked.key, Settled { header, person, rotation: Rotation::Undone })),
        Err(VaultError::Damaged(path)) => {
            let key = unlocked.next.ok_or(VaultError::Damaged(path))?;
            header.keys = next;
            Ok((key, Settled { header, person, rotation: Rotation::Finished }))
        }
        Err(error) => Err(error),
    }
}

/// Copies a database page by page to a new one under another key, or the same.
pub(crate) fn copy(from: &Connection, to: &mut Connection) -> Result<(), VaultError> {
    let backup = Backup::new(from, to)?;
    loop {
        match backup.step(1024)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            StepResult::Busy | StepResult::Locked => std::thread::sleep(std::time::Duration::from_millis(5)),
            _ => {
                let code = rusqlite::ffi::Error { code: ErrorCode::Unknown, extended_code: 0 };
                return Err(rusqlite::Error::SqliteFailure(code, None).into());
            }
        }
    }
}

impl Vault {
    /// Draws a new database key and encrypts everything anew. Nobody needs a new passphrase; copies of the files from
    /// before, and people who were removed, have nothing that opens what comes after.
    ///
    /// # Errors
    /// When the vault is open for reading only, or the copy could not be written: it needs as much space as the database.
    /// The vault then stays as it was.
    pub fn rotate(&mut self, now: Timestamp) -> Result<(), VaultError> {
        let key = DatabaseKey::draw()?;
        let header = self.state().header.clone();
        let next = header.keys.resealed(&header.vault, &key)?;
        let generation = next.generation;
        self.write(now, |change| change.audit("vault.rotation_begun", &format!("generation:{generation}")))?;
        self.fold_log()?;
        let mut moved = false;
        let rotated = self.without_connections(|vault| {
            let place = vault.place.clone();
            let copied = copy_to(&place, &vault.key, &key);
            let named = copied.and_then(|()| vault.rewrite_header(|header| header.next = Some(next.clone())));
            let renamed = named.and_then(|()| {
                std::fs::rename(&place.next_database, &place.database).map_err(|e| VaultError::file(&place.database, e))
            });
            if let Err(error) = renamed {
                // The old key is the only one again. Where that cannot be written, the next opening finds the same.
                drop(vault.rewrite_header(|header| header.next = None));
                place::remove_database(&place.next_database)?;
                return Err(error);
            }
            moved = true;
            vault.key = key.clone();
            place::sync_folder(&place.database)
        });
        if rotated.is_err() {
            if moved {
                // The header names both keys until the folder is sure to have the new file: the next opening settles it.
                self.refuse_writing();
            }
            return rotated;
        }
        // The old keys open nothing from here on: also when this cannot be written, it is what the next change writes.
        let mut state = self.state();
        state.header.keys = next;
        state.header.next = None;
        state.behind = Some("the change of the key is not finished".to_owned());
        drop(state);
        self.rewrite_header(|_| {})?;
        self.state().behind = None;
        self.write(now, |change| change.audit("vault.rotated", &format!("generation:{generation}")))
    }
}

/// Step 1, with the log folded in and every connection closed.
fn copy_to(place: &Place, old: &DatabaseKey, new: &DatabaseKey) -> Result<(), VaultError> {
    if place::length(&place.wal)? > 0 {
        return Err(VaultError::Refused(
            "the log could not be folded into the database; close other programs and try again",
        ));
    }
    place::remove_database(&place.next_database)?;
    drop(place::create_private(&place.next_database)?);
    let at = |e: VaultError| e.at(&place.next_database);
    let from = connection::open(&place.database, old, Use::Read)?;
    let mut to = connection::open(&place.next_database, new, Use::Create)?;
    copy(&from, &mut to).map_err(at)?;
    connection::finish(to, &place.next_database)
}
