//! Why a vault could not do what was asked: stable codes, and texts that say what is wrong, where, and what to do.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a vault could not do what was asked. Shells match [`VaultError::code`], never the text. No text holds anything of
/// a patient, and none holds a passphrase.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// A file is missing.
    #[error("{path}: there is no such vault ({what} is missing); check the path, or restore it from a backup")]
    Missing {
        /// The file.
        path: PathBuf,
        /// `the database` or `its header`.
        what: &'static str,
    },
    /// A vault, or something else, is where a new one was to be made.
    #[error("{0}: something is there already, and nothing is overwritten; choose another path")]
    AlreadyThere(PathBuf),
    /// The database file has no bytes.
    #[error("{0}: the file is empty (0 bytes); nothing was changed; restore it from a backup")]
    Empty(PathBuf),
    /// An SQLite file of another program.
    #[error("{0}: this is a plain SQLite file of another program, not a vault; nothing was changed")]
    OtherDatabase(PathBuf),
    /// Not a header, or not a backup.
    #[error("{path}: not {expected} of Bogam; nothing was changed; check the path")]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// `a vault header` or `a backup`.
        expected: &'static str,
    },
    /// Made by a newer program, in a form that this one cannot read.
    #[error("{path}: made by a newer version of Bogam (form {found}, this one reads up to {known}); use the newer one")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// The header's own checksum does not hold, and there is no copy that could be used.
    #[error("{0}: the header is damaged, and so is its copy; nothing was changed; restore it from a backup")]
    HeaderDamaged(PathBuf),
    /// The header was written by someone who did not have the key.
    #[error(
        "{0}: the header was changed without the key of the vault; nothing was changed; restore it from a backup, and \
         ask who had access to the folder"
    )]
    HeaderTampered(PathBuf),
    /// The file ends early.
    #[error(
        "{path}: the file is {found} bytes long where {expected} belong; it was cut; restore it or rescue what is left"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes found.
        found: u64,
        /// Bytes that should be there.
        expected: u64,
    },
    /// A page does not have the content that was written, or this is not the database of this header.
    #[error(
        "{0}: a part of the file is damaged, or belongs to another vault; verify it, then restore it or rescue what is left"
    )]
    Damaged(PathBuf),
    /// The passphrase or recovery key is wrong.
    #[error("the passphrase is wrong ({failures} wrong attempts so far); the next one is possible in {wait_s} s")]
    WrongPassphrase {
        /// Wrong attempts since the last right one.
        failures: u32,
        /// Seconds until the next attempt is looked at.
        wait_s: u64,
    },
    /// Too soon after wrong attempts.
    #[error("too many wrong attempts ({failures}); the next one is possible in {wait_s} s")]
    TooSoon {
        /// Wrong attempts since the last right one.
        failures: u32,
        /// Seconds to wait.
        wait_s: u64,
    },
    /// A new passphrase is too short.
    #[error(
        "the passphrase has {found} characters and needs at least {least}; a sentence of four or five words is good"
    )]
    ShortPassphrase {
        /// Characters found.
        found: usize,
        /// Characters needed.
        least: usize,
    },
    /// A recovery key was not typed right.
    #[error("this is no recovery key ({0}); it has 14 groups of four letters and digits")]
    RecoveryKey(&'static str),
    /// Somebody else has the vault open.
    #[error("{path}: open in another program: {holder}; close it there first")]
    InUse {
        /// The file.
        path: PathBuf,
        /// Program, process and host of the first.
        holder: String,
    },
    /// The vault is open for reading only.
    #[error("the vault is open for reading only: {0}")]
    ReadOnly(String),
    /// A thing that was named is not there.
    #[error("there is no {what} {id}")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// Its number or name.
        id: String,
    },
    /// What was asked would break a rule of the vault.
    #[error("{0}")]
    Refused(&'static str),
    /// A stored value cannot be understood.
    #[error("a stored {what} cannot be read: {why}; verify the vault, then restore it or rescue what is left")]
    Stored {
        /// Kind of thing.
        what: &'static str,
        /// Why; nothing of the content.
        why: String,
    },
    /// The disk is full.
    #[error("{0}: no space is left; nothing of this change was kept; free some and try again")]
    Full(PathBuf),
    /// The system did not take what was written, and did not say that the disk is full.
    #[error(
        "{0}: the disk did not take what was written; nothing of this change was kept; look for a quota, a limit or a \
         failing disk, and try again"
    )]
    NotWritten(PathBuf),
    /// A file could not be read or written.
    #[error("{path} cannot be read or written: {source}; check its permissions, and that its disk is there")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The system gave no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// The key could not be derived: too little memory, or settings beyond what is allowed.
    #[error("the key cannot be derived from the passphrase: {0}")]
    Derivation(String),
    /// The database refused a statement.
    #[error("{path}: the database refused: {source}; close the vault and open it again, and verify it")]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

impl VaultError {
    /// The code that shells match: it stays.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "vault.missing",
            Self::AlreadyThere(_) => "vault.already_there",
            Self::Empty(_) => "vault.empty",
            Self::OtherDatabase(_) => "vault.other_database",
            Self::NotOurs { .. } => "vault.not_ours",
            Self::Newer { .. } => "vault.newer",
            Self::HeaderDamaged(_) => "vault.header_damaged",
            Self::HeaderTampered(_) => "vault.header_tampered",
            Self::Truncated { .. } => "vault.truncated",
            Self::Damaged(_) => "vault.damaged",
            Self::WrongPassphrase { .. } => "vault.wrong_passphrase",
            Self::TooSoon { .. } => "vault.too_soon",
            Self::ShortPassphrase { .. } => "vault.short_passphrase",
            Self::RecoveryKey(_) => "vault.recovery_key",
            Self::InUse { .. } => "vault.in_use",
            Self::ReadOnly(_) => "vault.read_only",
            Self::NotFound { .. } => "vault.not_found",
            Self::Refused(_) => "vault.refused",
            Self::Stored { .. } => "vault.stored",
            Self::Full(_) => "vault.full",
            Self::NotWritten(_) => "vault.not_written",
            Self::File { .. } => "vault.file",
            Self::Random(_) => "vault.random",
            Self::Derivation(_) => "vault.derivation",
            Self::Database { .. } => "vault.database",
        }
    }

    pub(crate) fn file(path: &Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind;
        if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) {
            return Self::Full(path.to_owned());
        }
        Self::File { path: path.to_owned(), source }
    }

    /// Whether there was no room for what was to be written.
    pub(crate) const fn no_room(&self) -> bool {
        matches!(self, Self::Full(_) | Self::NotWritten(_))
    }

    /// Whether a file or its folder is not this user's to write.
    pub(crate) fn unwritable(&self) -> bool {
        use std::io::ErrorKind;
        let Self::File { source, .. } = self else { return false };
        matches!(source.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
    }

    /// What SQLite said, by what a person can do about it.
    pub(crate) fn database(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::{ErrorCode, ffi};
        let not_taken =
            [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_TRUNCATE, ffi::SQLITE_IOERR_SHMSIZE];
        if source.sqlite_error().is_some_and(|e| not_taken.contains(&e.extended_code)) {
            return Self::NotWritten(path.to_owned());
        }
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(path.to_owned()),
            Some(ErrorCode::DiskFull) => Self::Full(path.to_owned()),
            Some(_) | None => Self::Database { path: path.to_owned(), source },
        }
    }
}
