//! Files of a run. A name always stands for a whole file: it is written beside, put on the disk, and then renamed.

use std::io::Write as _;
use std::path::Path;

use crate::error::TrainError;

/// Writes a whole file, mode 0600 on Unix.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let fault = |e| TrainError::io(path, e);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".").suffix(".partial").tempfile_in(folder).map_err(fault)?;
    file.write_all(bytes).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    file.persist(path).map_err(|e| fault(e.error))?;
    // The new name is on the disk when the folder is.
    #[cfg(unix)]
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault)?;
    Ok(())
}

/// Makes a folder.
pub(crate) fn folder(path: &Path) -> Result<(), TrainError> {
    std::fs::create_dir_all(path).map_err(|e| TrainError::io(path, e))
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, TrainError> {
    std::fs::read(path).map_err(|e| TrainError::io(path, e))
}
