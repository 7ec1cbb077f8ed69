//! Output of one record a line: whole lines only, private to the user.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::AppError;
use crate::job::JobSink;

/// Writes a file whole or not at all, readable by this user only.
///
/// # Errors
/// When it cannot be written; what was there before is there still.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fault = |error| AppError::Output { file: path.display().to_string(), error, done: 0 };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(fault)?;
    file.persist(path).map_err(|e| fault(e.error))?;
    Ok(())
}

/// Makes a folder that only this user can look into, and those above it.
///
/// # Errors
/// When it cannot be made, or not be made private.
pub(crate) fn private_folder(path: &Path) -> Result<(), AppError> {
    let private = std::fs::Permissions::from_mode(0o700);
    let made = std::fs::create_dir_all(path).and_then(|()| std::fs::set_permissions(path, private));
    made.map_err(|e| AppError::unusable(path, format!("cannot be written to ({e})")))
}

/// Where records go.
#[derive(Debug)]
pub struct Output {
    to: Target,
    lines: u64,
}

#[derive(Debug)]
enum Target {
    Stdout,
    File { file: File, path: PathBuf, whole: u64 },
}

impl Output {
    /// Opens a file (made new, readable by this user only), or standard output for `-`. `input` must be another file.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn open(path: &Path, input: &Path, patient_data: bool, sink: &mut dyn JobSink) -> Result<Self, AppError> {
        if path == Path::new("-") {
            return Ok(Self { to: Target::Stdout, lines: 0 });
        }
        Self::not_an_input(path, input)?;
        let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = made.map_err(|e| AppError::unusable(path, format!("cannot be written ({e})")))?;
        if patient_data {
            if let Ok(meta) = file.metadata()
                && meta.is_file()
            {
                // A file that was there before keeps its mode when it is opened.
                file.set_permissions(std::fs::Permissions::from_mode(0o600))
                    .map_err(|e| AppError::unusable(path, format!("cannot be made private ({e})")))?;
            }
            sink.warn(&format!("{} holds patient data and is not encrypted (readable by you only)", path.display()));
        }
        Ok(Self { to: Target::File { file, path: path.to_path_buf(), whole: 0 }, lines: 0 })
    }

    /// Refuses to write over what is read.
    ///
    /// # Errors
    /// When both paths are one file.
    pub fn not_an_input(path: &Path, input: &Path) -> Result<(), AppError> {
        let same = std::fs::canonicalize(path).ok().zip(std::fs::canonicalize(input).ok()).is_some_and(|(a, b)| a == b);
        if same { Err(AppError::unusable(path, "is the input as well; write to another file")) } else { Ok(()) }
    }

    /// Lines written.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Writes a record as one line.
    ///
    /// # Errors
    /// When there is no room or nobody reads; what stands in the file then are whole lines.
    pub fn record(&mut self, record: &impl Serialize) -> Result<(), AppError> {
        let mut line = serde_json::to_vec(record).map_err(|e| self.fault(e.into()))?;
        line.push(b'\n');
        self.bytes(&line)
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// As [`Output::record`].
    pub fn text(&mut self, text: &str) -> Result<(), AppError> {
        self.bytes(text.as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        let written = match &mut self.to {
            Target::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Target::File { file, whole, .. } => {
                let written = file.write_all(bytes);
                if written.is_ok() {
                    *whole += u64::try_from(bytes.len()).unwrap_or(0);
                } else if file.set_len(*whole).is_ok() {
                    // Cut back to whole lines; a device that has no length is left as it is.
                    file.rewind().unwrap_or(());
                }
                written
            }
        };
        written.map_err(|e| self.fault(e))?;
        self.lines += 1;
        Ok(())
    }

    /// Makes sure that everything has reached the disk.
    ///
    /// # Errors
    /// As [`Output::record`].
    pub fn finish(self) -> Result<(), AppError> {
        if let Target::File { file, .. } = &self.to
            && file.metadata().is_ok_and(|m| m.is_file())
        {
            file.sync_all().map_err(|e| self.fault(e))?;
        }
        Ok(())
    }

    fn fault(&self, error: std::io::Error) -> AppError {
        let file = match &self.to {
            Target::Stdout => "standard output".to_owned(),
            Target::File { path, .. } => path.display().to_string(),
        };
        AppError::Output { file, error, done: self.lines }
    }
}
