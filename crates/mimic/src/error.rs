//! What stops an import. A faulty row does not: it is rejected and counted.

use std::io;

/// Why an import came to nothing. No variant carries a value of a row: messages may be logged.
#[derive(Debug, thiserror::Error)]
pub enum MimicError {
    /// The folder of the tables is not there, or is no folder.
    #[error(
        "the folder of the tables cannot be read: give the `hosp` folder that holds patients.csv or patients.csv.gz"
    )]
    NoFolder,
    /// A table without which there is no case.
    #[error("table `{table}` is missing: put {table}.csv or {table}.csv.gz into the folder")]
    MissingTable {
        /// Table name.
        table: &'static str,
    },
    /// A table without a column that it must have.
    #[error("{file} has no column `{column}`: take the table as published, with its header line")]
    MissingColumn {
        /// File name.
        file: String,
        /// Column name.
        column: &'static str,
    },
    /// A table that cannot be read to its end: a faulty disk, a truncated archive.
    #[error("{file} cannot be read to its end: {source}")]
    Read {
        /// File name.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody stopped it.
    #[error("stopped; no file was written")]
    Stopped,
    /// An output file that cannot be written: a full disk, a folder without permission.
    #[error("{file} cannot be written: {source}")]
    Write {
        /// File name.
        file: String,
        /// What the system says.
        source: io::Error,
    },
}

impl MimicError {
    /// A stable code for front ends: `no_folder`, `missing_table`, `missing_column`, `read_failed`, `write_failed`,
    /// `stopped`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoFolder => "no_folder",
            Self::MissingTable { .. } => "missing_table",
            Self::MissingColumn { .. } => "missing_column",
            Self::Read { .. } => "read_failed",
            Self::Write { .. } => "write_failed",
            Self::Stopped => "stopped",
        }
    }

    pub(crate) fn read(file: &str, source: impl Into<io::Error>) -> Self {
        Self::Read { file: file.to_owned(), source: source.into() }
    }

    pub(crate) fn write(file: &str, source: impl Into<io::Error>) -> Self {
        Self::Write { file: file.to_owned(), source: source.into() }
    }
}
