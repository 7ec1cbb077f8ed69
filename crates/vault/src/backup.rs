//! Backups: header and database in one file, under the same keys; and the way back.
//!
//! ```text
//! "BOGAMBKP"  form (u32)  length (u32)  header  length (u64)  database  HMAC-SHA256 of all before
//! ```

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use serde::Serialize;
use sha2::Sha256;

use crate::audit;
use crate::connection::{self, Use};
use crate::error::VaultError;
use crate::header::{self, Attempts};
use crate::key::{self, DatabaseKey};
use crate::open::{self, Credential};
use crate::place::{self, Held, Place};
use crate::rotate;
use crate::vault::{Opening, Vault, locked};
use crate::verify::{self, Verified};

const MAGIC: &[u8; 8] = b"BOGAMBKP";
const FORM: u32 = 1;
const CHUNK: usize = 1024 * 1024;

/// What the name of a scheduled backup ends in.
const SUFFIX: &str = ".bogam-backup";

/// What the names of files end in, after that, that a backup leaves when it is cut off.
const LEFT_OVER: [&str; 4] = [".copy", ".copy-wal", ".copy-shm", ".partial"];

/// A backup that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Older ones that were removed, when it was a scheduled one.
    pub removed: Vec<PathBuf>,
}

/// A file that is written and summed, or read and summed.
struct Summed<'a> {
    file: File,
    path: &'a Path,
    sum: Option<Hmac<Sha256>>,
}

impl Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        if let Some(sum) = &mut self.sum {
            sum.update(bytes);
        }
        self.file.write_all(bytes).map_err(|e| VaultError::file(self.path, e))
    }

    /// Fills all of `bytes`; the file ending before that is a cut backup.
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), VaultError> {
        self.file.read_exact(bytes).map_err(|e| {
            let cut = e.kind() == ErrorKind::UnexpectedEof;
            if cut { VaultError::Damaged(self.path.to_owned()) } else { VaultError::file(self.path, e) }
        })?;
        if let Some(sum) = &mut self.sum {
            sum.update(bytes);
        }
        Ok(())
    }
}

impl Vault {
    /// Writes a backup beside the work that goes on: one state of the vault, encrypted under the same keys. It is in its
    /// place whole, or not at all.
    ///
    /// # Errors
    /// When something is at `to` already, or it could not be written; it needs twice the space of the database for a while.
    pub fn backup(&self, to: &Path, now: Timestamp) -> Result<Backup, VaultError> {
        let _one_at_a_time = locked(&self.backing_up);
        self.backup_alone(to, now)
    }

    fn backup_alone(&self, to: &Path, now: Timestamp) -> Result<Backup, VaultError> {
        if to.symlink_metadata().is_ok() {
            return Err(VaultError::AlreadyThere(to.to_owned()));
        }
        if self.read_only().is_none() {
            self.write(now, |change| change.audit("vault.backed_up", "vault"))?;
        }
        let (copy, partial) = (place::with(to, ".copy"), place::with(to, ".partial"));
        let written = self.write_backup(&copy, &partial);
        place::remove_database(&copy)?;
        match written {
            Ok(bytes) => {
                place::rename(&partial, to)?;
                Ok(Backup { path: to.to_owned(), bytes, removed: Vec::new() })
            }
            Err(error) => {
                place::remove(&partial)?;
                Err(error)
            }
        }
    }

    fn write_backup(&self, copy: &Path, partial: &Path) -> Result<u64, VaultError> {
        place::remove_database(copy)?;
        drop(place::create_private(copy)?);
        let mut header = self.state().header.clone();
        let vault = header.vault;
        header.head = self.read_beside(|database| {
            // The first read fixes the state that is copied.
            let head = audit::head(database, &vault)?;
            let mut to = connection::open(copy, &self.key, Use::Create)?;
            rotate::copy(database, &mut to)?;
            connection::finish(to, copy)?;
            Ok(head)
        })?;
        let header = header.write(&self.key, &Attempts::new())?;
        let failed = |e| VaultError::file(partial, e);
        place::remove(partial)?;
        let file = place::create_private(partial)?;
        let sum = key::keyed(&self.key.derived("backup"), &[]);
        let mut out = Summed { file, path: partial, sum: Some(sum) };
        out.write(MAGIC)?;
        out.write(&FORM.to_le_bytes())?;
        out.write(&u32::try_from(header.len()).unwrap_or(u32::MAX).to_le_bytes())?;
        out.write(&header)?;
        out.write(&place::length(copy)?.to_le_bytes())?;
        let mut from = File::open(copy).map_err(|e| VaultError::file(copy, e))?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = from.read(&mut chunk).map_err(|e| VaultError::file(copy, e))?;
            match chunk.get(..read) {
                Some([]) | None => break,
                Some(bytes) => out.write(bytes)?,
            }
        }
        if let Some(sum) = out.sum.take() {
            out.write(&sum.finalize().into_bytes())?;
        }
        out.file.sync_all().map_err(failed)?;
        place::length(partial)
    }

    /// Writes a backup named by the time into a folder, and removes the oldest of this vault's own there until `keep` are
    /// left. Nothing is removed before the new one is written.
    ///
    /// # Errors
    /// As [`Vault::backup`], or when the folder cannot be read.
    pub fn backup_into(&self, folder: &Path, keep: usize, now: Timestamp) -> Result<Backup, VaultError> {
        let _one_at_a_time = locked(&self.backing_up);
        let stem = format!("{}-", crate::hex::text(&self.id()));
        for cut_off in own(folder, &stem, &LEFT_OVER)? {
            place::remove(&cut_off)?;
        }
        let time = now.strftime("%Y%m%dT%H%M%S%.3fZ");
        let mut done = self.backup_alone(&folder.join(format!("{stem}{time}{SUFFIX}")), now)?;
        // By name is by time; where the clock was set back, the one just written stays all the same.
        let mut older = own(folder, &stem, &[""])?;
        older.retain(|path| *path != done.path);
        let surplus = older.len().saturating_sub(keep.max(1).saturating_sub(1));
        for path in older.into_iter().take(surplus) {
            place::remove(&path)?;
            done.removed.push(path);
        }
        Ok(done)
    }

    /// Makes a vault of a backup, by a passphrase of the time of the backup. The sum of the backup, every page, every
    /// reference and the audit are checked before the vault is in its place.
    ///
    /// # Errors
    /// When the file is no backup, is damaged or cut, the passphrase is wrong, or something is at `to` already. Nothing is
    /// at `to` then that was not there before.
    pub fn restore(
        from: &Path,
        to: &Path,
        credential: Credential<'_>,
        opening: Opening<'_>,
    ) -> Result<(Self, Verified), VaultError> {
        let place = Place::of(to);
        open::check_free(&place)?;
        let held = Held::take(&place, opening.program)?;
        open::clear_unfinished(&place)?;
        let unpacked = unpack(from, &place, credential, opening.now);
        let checked = unpacked.and_then(|(key, header, vault)| {
            let database = connection::open(&place.unfinished, &key, Use::ReadAlone)?;
            let mut found = Verified::default();
            verify::database(&database, &vault.vault, &[vault.head], &mut found).map_err(|e| e.at(from))?;
            if found.is_clean() { Ok((header, found)) } else { Err(VaultError::Damaged(from.to_owned())) }
        });
        let placed = checked.and_then(|(header, found)| {
            place::replace(&place.header, &header)?;
            place::replace(&place.header_copy, &header)?;
            place::rename(&place.unfinished, &place.database)?;
            Ok(found)
        });
        if placed.is_err() {
            drop(open::clear_unfinished(&place));
        }
        let found = placed?;
        drop(held);
        let vault = Self::open(to, credential, opening)?;
        if vault.read_only().is_none() {
            vault.write(opening.now, |change| change.audit("vault.restored", "vault"))?;
        }
        Ok((vault, found))
    }
}

/// Files in a folder of a vault's scheduled backups that end in one of these, by name.
fn own(folder: &Path, stem: &str, ends: &[&str]) -> Result<Vec<PathBuf>, VaultError> {
    let failed = |e| VaultError::file(folder, e);
    let mut own = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if name.starts_with(stem) && ends.iter().any(|end| name.ends_with(&format!("{SUFFIX}{end}"))) {
            own.push(path);
        }
    }
    own.sort();
    Ok(own)
}

/// Takes a backup apart: the database goes to its place for the time being, the header is handed back.
fn unpack(
    from: &Path,
    place: &Place,
    credential: Credential<'_>,
    now: Timestamp,
) -> Result<(DatabaseKey, Vec<u8>, header::Header), VaultError> {
    let not_ours = || VaultError::NotOurs { path: from.to_owned(), expected: "a backup" };
    if !from.exists() {
        return Err(VaultError::Missing { path: from.to_owned(), what: "the backup" });
    }
    let file = File::open(from).map_err(|e| VaultError::file(from, e))?;
    let mut backup = Summed { file, path: from, sum: None };
    let mut first = [0; 16];
    backup.read(&mut first).map_err(|_| not_ours())?;
    let (magic, rest) = first.split_first_chunk::<8>().ok_or_else(not_ours)?;
    let (form, length) = rest.split_first_chunk::<4>().ok_or_else(not_ours)?;
    let length: [u8; 4] = length.try_into().map_err(|_| not_ours())?;
    let (form, length) = (u32::from_le_bytes(*form), u32::from_le_bytes(length));
    if magic != MAGIC {
        return Err(not_ours());
    }
    if form > FORM {
        return Err(VaultError::Newer { path: from.to_owned(), found: form, known: FORM });
    }
    let damaged = || VaultError::Damaged(from.to_owned());
    if u64::from(length) > place::length(from)? {
        return Err(damaged());
    }
    let mut header_bytes = vec![0; usize::try_from(length).map_err(|_| damaged())?];
    backup.read(&mut header_bytes)?;
    // The header is in the backup itself: that is the file to name when something is wrong with it.
    let within = Place { header: from.to_owned(), ..Place::of(from) };
    let mut read = header::read(&header_bytes, &within)?;
    let unlocked = open::unlock(&mut read, &within, credential, now, |_| Ok(()))?;
    backup.sum = Some(key::keyed(&unlocked.key.derived("backup"), &[&first, &header_bytes]));
    let mut length = [0; 8];
    backup.read(&mut length)?;
    let mut left = u64::from_le_bytes(length);

    let file = place::create_private(&place.unfinished)?;
    let mut out = Summed { file, path: &place.unfinished, sum: None };
    let mut chunk = vec![0; CHUNK];
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let bytes = chunk.get_mut(..now).ok_or_else(damaged)?;
        backup.read(bytes)?;
        out.write(bytes)?;
        left = left.saturating_sub(u64::try_from(now).unwrap_or(left));
    }
    let sum = backup.sum.take().ok_or_else(damaged)?;
    let mut told = [0; 32];
    backup.read(&mut told)?;
    sum.verify_slice(&told).map_err(|_| damaged())?;
    if backup.file.read(&mut [0]).map_err(|e| VaultError::file(from, e))? > 0 {
        return Err(damaged());
    }
    out.file.sync_all().map_err(|e| VaultError::file(&place.unfinished, e))?;
    Ok((unlocked.key, header_bytes, read.header))
}
