//! Where a vault lies: its files, how they are written, and that one program has them at a time.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::error::VaultError;

/// The files of a vault. All lie in one folder and begin with the name of the database.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub database: PathBuf,
    pub header: PathBuf,
    /// The header as it was when people or keys last changed: read when the header is damaged.
    pub header_copy: PathBuf,
    pub lock: PathBuf,
    pub wal: PathBuf,
    /// The database under its next key, while the key is changed.
    pub next_database: PathBuf,
    /// A database that is being made, restored or rescued. While it is there, the header beside it is of no vault yet.
    pub unfinished: PathBuf,
}

impl Place {
    pub fn of(database: &Path) -> Self {
        // A link is followed here and not by SQLite alone: log and lock lie beside the file, under one name for everybody.
        let linked = database.symlink_metadata().is_ok_and(|found| found.is_symlink());
        let followed = if linked { database.canonicalize().ok() } else { None };
        let database = followed.unwrap_or_else(|| database.to_owned());
        Self {
            header: with(&database, ".header"),
            header_copy: with(&database, ".header.copy"),
            lock: with(&database, ".lock"),
            wal: with(&database, "-wal"),
            next_database: with(&database, ".next"),
            unfinished: with(&database, ".new"),
            database,
        }
    }
}

/// A path with something after its name.
pub(crate) fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// A new file that only its user may read; refused when something is there.
pub(crate) fn create_private(path: &Path) -> Result<File, VaultError> {
    let mut options = OpenOptions::new();
    options.write(true).read(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| {
        let there = e.kind() == ErrorKind::AlreadyExists;
        if there { VaultError::AlreadyThere(path.to_owned()) } else { VaultError::file(path, e) }
    })
}

/// Replaces a file: at every moment, with a pulled plug too, the old content is there or the new one. When this returns it
/// is the new one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), VaultError> {
    replace_soon(path, content)?;
    sync_folder(path)
}

/// As [`replace`], but with a pulled plug the old content may come back for a while yet.
pub(crate) fn replace_soon(path: &Path, content: &[u8]) -> Result<(), VaultError> {
    let partial = with(path, ".partial");
    remove(&partial)?;
    let mut file = create_private(&partial)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    if let Err(error) = written {
        remove(&partial)?;
        return Err(VaultError::file(path, error));
    }
    drop(file);
    std::fs::rename(&partial, path).map_err(|e| VaultError::file(path, e))
}

/// Renames, and returns when the folder has it.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), VaultError> {
    std::fs::rename(from, to).map_err(|e| VaultError::file(to, e))?;
    sync_folder(to)
}

/// Makes the folder of a file hold what was done in it. Windows has no such call for folders and needs none.
pub(crate) fn sync_folder(path: &Path) -> Result<(), VaultError> {
    #[cfg(unix)]
    {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(|e| VaultError::file(parent, e))?;
    }
    Ok(())
}

/// Keeps a damaged file under another name, in place of one that was kept before. It may be absent.
pub(crate) fn set_aside(path: &Path) -> Result<(), VaultError> {
    match std::fs::rename(path, with(path, ".damaged")) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(VaultError::file(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes a file that may be absent.
pub(crate) fn remove(path: &Path) -> Result<(), VaultError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(VaultError::file(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes a database that is not in its place yet, with its log.
pub(crate) fn remove_database(path: &Path) -> Result<(), VaultError> {
    ["", "-wal", "-shm"].iter().try_for_each(|suffix| remove(&with(path, suffix)))
}

/// Whether a file that is there can be written to. Nothing in it is changed.
pub(crate) fn check_writable(path: &Path) -> Result<(), VaultError> {
    OpenOptions::new().write(true).open(path).map(drop).map_err(|e| VaultError::file(path, e))
}

/// The content of a file; `None` when there is none.
pub(crate) fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, VaultError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(VaultError::file(path, error)),
    };
    let mut content = Vec::new();
    file.take(most).read_to_end(&mut content).map_err(|e| VaultError::file(path, e))?;
    Ok(Some(content))
}

/// The length of a file; 0 when it is absent.
pub(crate) fn length(path: &Path) -> Result<u64, VaultError> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(VaultError::file(path, error)),
    }
}

/// That this program has the vault. The system lets go of it when the process ends, however it ends: a crash leaves the
/// file, but no lock. The file's text names the holder for whoever comes second.
#[derive(Debug)]
pub(crate) struct Held {
    file: File,
}

impl Held {
    /// Takes the lock. `program` is written into it, with the process and the host.
    pub fn take(place: &Place, program: &str) -> Result<Self, VaultError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&place.lock).map_err(|e| VaultError::file(&place.lock, e))?;
        check_itself(&file, &place.lock)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(place, &mut file)),
            Err(TryLockError::Error(error)) => return Err(VaultError::file(&place.lock, error)),
        }
        let text = format!("{program}, process {}{}\n", std::process::id(), host());
        // The lock holds without its text, as on a full disk: a second program is then told that the first is not named.
        drop(file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes())));
        Ok(Self { file })
    }

    /// To read where nothing can be written: no writer has the vault meanwhile. `None` where there is no lock file, or
    /// it cannot be opened: who could write could not lock either.
    pub fn to_read(place: &Place) -> Result<Option<Self>, VaultError> {
        let Ok(mut file) = File::open(&place.lock) else { return Ok(None) };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Err(in_use(place, &mut file)),
            // A file system without locks: a copy on a disc, or one that is shared for reading.
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }
}

fn in_use(place: &Place, lock: &mut File) -> VaultError {
    let mut holder = String::new();
    // Where locks keep others from reading, as on Windows, the holder stays unnamed.
    let told = lock.take(1024).read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
    let holder = if told { holder.trim().to_owned() } else { "not named".to_owned() };
    VaultError::InUse { path: place.database.clone(), holder }
}

/// Refuses a link in the place of a file that is about to be emptied: it could name any file of this user.
#[cfg(unix)]
fn check_itself(file: &File, path: &Path) -> Result<(), VaultError> {
    use std::os::unix::fs::MetadataExt as _;
    let failed = |e| VaultError::file(path, e);
    let (opened, named) = (file.metadata().map_err(failed)?, path.symlink_metadata().map_err(failed)?);
    if (opened.dev(), opened.ino()) == (named.dev(), named.ino()) {
        return Ok(());
    }
    Err(failed(std::io::Error::other("it is a link to another file, which is not followed; remove the link")))
}

#[cfg(not(unix))]
fn check_itself(_: &File, _: &Path) -> Result<(), VaultError> {
    Ok(())
}

impl Drop for Held {
    fn drop(&mut self) {
        // The file stays: removing it would let a third program lock a new one while a second waits for this.
        drop(self.file.set_len(0));
        drop(self.file.unlock());
    }
}

/// The name of this machine, where the system tells it in a file.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { String::new() } else { format!(" on {name}") }
}
