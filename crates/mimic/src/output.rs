//! The files that come out. Each is written under a hidden name, private to its user, and gets its own name only when
//! all are complete.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::NamedTempFile;

use crate::error::MimicError;

/// The file that says that the others are complete: taken away first and put in place last.
const REPORT: &str = "report.json";

/// An output file in the making. Dropped before [`finish`], it vanishes.
pub(crate) struct OutFile {
    name: &'static str,
    target: PathBuf,
    writer: BufWriter<NamedTempFile>,
}

impl OutFile {
    /// Starts a file of the folder, mode 0600 on Unix. The folder below it that its name may have is there.
    pub(crate) fn create(folder: &Path, name: &'static str) -> Result<Self, MimicError> {
        let target = folder.join(name);
        let temporary = tempfile::Builder::new()
            .prefix(&format!(".{}.", target.file_name().unwrap_or_default().display()))
            .suffix(".partial")
            .tempfile_in(target.parent().unwrap_or(folder))
            .map_err(|e| MimicError::write(name, e))?;
        Ok(Self { name, target, writer: BufWriter::new(temporary) })
    }

    /// Writes bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), MimicError> {
        self.writer.write_all(bytes).map_err(|e| MimicError::write(self.name, e))
    }

    /// Writes the whole file as indented JSON.
    pub(crate) fn document(&mut self, value: &impl Serialize) -> Result<(), MimicError> {
        serde_json::to_writer_pretty(&mut self.writer, value).map_err(|e| MimicError::write(self.name, e))?;
        self.writer.write_all(b"\n").map_err(|e| MimicError::write(self.name, e))
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Adds a value of a file as JSON.
pub(crate) fn json(text: &mut Vec<u8>, file: &str, value: &impl Serialize) -> Result<(), MimicError> {
    serde_json::to_writer(text, value).map_err(|e| MimicError::write(file, e))
}

/// Adds one JSON line of a file.
pub(crate) fn json_line(lines: &mut Vec<u8>, file: &str, value: &impl Serialize) -> Result<(), MimicError> {
    json(lines, file, value)?;
    lines.push(b'\n');
    Ok(())
}

/// Makes the folder.
pub(crate) fn folder(out: &Path) -> Result<(), MimicError> {
    fs::create_dir_all(out).map_err(|e| MimicError::write("the output folder", e))
}

/// Puts all files in place, in the order given, the report last: first every byte is on the disk, then the names change.
/// A report of an earlier run is taken away before, so that a report stands only beside the files that it tells of.
pub(crate) fn finish(out: &Path, files: Vec<OutFile>) -> Result<(), MimicError> {
    let mut complete = Vec::with_capacity(files.len());
    for OutFile { name, target, writer } in files {
        let file = writer.into_inner().map_err(|e| MimicError::write(name, e.into_error()))?;
        file.as_file().sync_all().map_err(|e| MimicError::write(name, e))?;
        complete.push((name, target, file));
    }
    match fs::remove_file(out.join(REPORT)) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(MimicError::write(REPORT, e)),
    }
    for (name, target, file) in complete {
        file.persist(target).map_err(|e| MimicError::write(name, e.error))?;
    }
    Ok(())
}
