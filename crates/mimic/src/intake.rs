//! Tables as they lie in the folder: found, opened, streamed row by row, every row booked, faulty ones rejected.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use flate2::read::MultiGzDecoder;

use crate::Progress;
use crate::error::MimicError;
use crate::output::OutFile;
use crate::tally::{Reason, Tally};

/// Rows between two calls of progress.
const ROWS_A_STEP: u64 = 50_000;

/// A table's file.
#[derive(Debug)]
pub(crate) struct TableFile {
    pub(crate) table: &'static str,
    /// `patients.csv` or `patients.csv.gz`.
    pub(crate) name: String,
    path: PathBuf,
}

/// Finds a table: plain, else compressed.
pub(crate) fn find(hosp: &Path, table: &'static str) -> Option<TableFile> {
    [format!("{table}.csv"), format!("{table}.csv.gz")].into_iter().find_map(|name| {
        let path = hosp.join(&name);
        path.is_file().then_some(TableFile { table, name, path })
    })
}

impl TableFile {
    fn open(&self) -> Result<Box<dyn Read>, MimicError> {
        let file = BufReader::new(File::open(&self.path).map_err(|e| MimicError::read(&self.name, e))?);
        // Archives may be joined from several members.
        Ok(if self.name.ends_with(".gz") { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
    }
}

/// A column that a reader asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column {
    /// Its absence is an error.
    Required(&'static str),
    /// Its absence reads as empty.
    Optional(&'static str),
}
pub(crate) use Column::{Optional, Required};

/// How one table was read.
#[derive(Debug)]
pub(crate) struct TableRead {
    pub(crate) table: &'static str,
    pub(crate) file: String,
    pub(crate) tally: Tally,
    /// Lines beyond the first of rows with [`Reason::QuoteNotClosed`]: rows that could not be told apart.
    pub(crate) swallowed_lines: u64,
}

/// Reads tables, books their rows, writes the rejects.
pub(crate) struct Intake<'a> {
    rejects: csv::Writer<OutFile>,
    progress: &'a mut dyn FnMut(Progress),
}

impl<'a> Intake<'a> {
    /// Starts `rejects.csv` with its header.
    pub(crate) fn new(rejects: OutFile, progress: &'a mut dyn FnMut(Progress)) -> Result<Self, MimicError> {
        let mut intake = Self { rejects: csv::Writer::from_writer(rejects), progress };
        intake.write_reject(["file", "line", "reason", "subject_id", "hadm_id"])?;
        Ok(intake)
    }

    /// Ends `rejects.csv`.
    pub(crate) fn finish(self) -> Result<OutFile, MimicError> {
        self.rejects.into_inner().map_err(|e| MimicError::write("rejects.csv", io::Error::other(e.to_string())))
    }

    /// Streams a table. `use_row` gets the row's number from 0 and the asked columns, trimmed, and says whether the row
    /// is used.
    ///
    /// # Errors
    /// A required column is missing, the file cannot be read to its end, or a reject cannot be written.
    pub(crate) fn read<const N: usize>(
        &mut self,
        file: TableFile,
        columns: [Column; N],
        mut use_row: impl FnMut(u64, [&str; N]) -> Result<(), Reason>,
    ) -> Result<TableRead, MimicError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file.open()?);
        let header = Header::new(reader.byte_headers().map_err(|e| MimicError::read(&file.name, e))?);
        let positions = header.positions(columns, &file.name)?;
        let mut read = TableRead { table: file.table, file: file.name, tally: Tally::default(), swallowed_lines: 0 };
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|e| MimicError::read(&read.file, e))? {
            let start = record.position().map_or(0, csv::Position::line);
            let outcome = if header.quote_not_closed(&record) {
                read.swallowed_lines += (reader.position().line() - start).saturating_sub(1);
                Err(Reason::QuoteNotClosed)
            } else if record.len() == header.columns.len() {
                fields(&record, positions).and_then(|fields| use_row(read.tally.rows(), fields))
            } else {
                Err(Reason::WrongNumberOfFields)
            };
            if let Err(reason) = outcome
                && reason.is_fault()
            {
                self.reject(&read.file, start, reason, &header, &record)?;
            }
            read.tally.book(outcome);
            if read.tally.rows().is_multiple_of(ROWS_A_STEP) {
                (self.progress)(Progress { table: read.table, rows: read.tally.rows() });
            }
        }
        (self.progress)(Progress { table: read.table, rows: read.tally.rows() });
        Ok(read)
    }

    fn reject(
        &mut self,
        file: &str,
        line: u64,
        reason: Reason,
        header: &Header,
        record: &ByteRecord,
    ) -> Result<(), MimicError> {
        // Where fields are missing or shifted, another value may stand in the place of an identifier.
        let whole = !matches!(reason, Reason::WrongNumberOfFields | Reason::QuoteNotClosed);
        let id = |column: &str| {
            let position = if whole { header.position(column) } else { None };
            let text = position.and_then(|p| text(record, p).ok()).unwrap_or_default();
            if text.parse::<u64>().is_ok() { text.to_owned() } else { String::new() }
        };
        let reason = serde_json::to_value(reason).map_err(|e| MimicError::write("rejects.csv", e))?;
        self.write_reject([
            file,
            &line.to_string(),
            reason.as_str().unwrap_or_default(),
            &id("subject_id"),
            &id("hadm_id"),
        ])
    }

    fn write_reject(&mut self, fields: [&str; 5]) -> Result<(), MimicError> {
        self.rejects.write_record(fields).map_err(|e| MimicError::write("rejects.csv", e))
    }
}

/// The names of the columns.
struct Header {
    columns: Vec<String>,
}

impl Header {
    fn new(record: &ByteRecord) -> Self {
        let columns = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase());
        Self { columns: columns.collect() }
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    /// Whether a quote that is never closed made several rows into this one: a field over several lines in a row of the
    /// wrong length, or one that holds a whole row. A line break within quotes is otherwise fine.
    fn quote_not_closed(&self, record: &ByteRecord) -> bool {
        let commas = self.columns.len().saturating_sub(1).max(1);
        let is_row = |line: &[u8]| line.iter().filter(|byte| **byte == b',').count() >= commas;
        let mut over_lines = record.iter().filter(|field| field.contains(&b'\n')).peekable();
        let wrong_length = over_lines.peek().is_some() && record.len() != self.columns.len();
        wrong_length || over_lines.any(|field| field.split(|byte| *byte == b'\n').skip(1).any(is_row))
    }

    fn positions<const N: usize>(&self, columns: [Column; N], file: &str) -> Result<[Option<usize>; N], MimicError> {
        let mut positions = [None; N];
        for (position, column) in positions.iter_mut().zip(columns) {
            *position = match column {
                Required(column) => {
                    Some(self.position(column).ok_or(MimicError::MissingColumn { file: file.to_owned(), column })?)
                }
                Optional(column) => self.position(column),
            };
        }
        Ok(positions)
    }
}

fn fields<const N: usize>(record: &ByteRecord, positions: [Option<usize>; N]) -> Result<[&str; N], Reason> {
    let mut fields = [""; N];
    for (field, position) in fields.iter_mut().zip(positions) {
        if let Some(position) = position {
            *field = text(record, position)?;
        }
    }
    Ok(fields)
}

fn text(record: &ByteRecord, position: usize) -> Result<&str, Reason> {
    let field = record.get(position).unwrap_or_default();
    std::str::from_utf8(field).map(str::trim).map_err(|_| Reason::NotUtf8)
}
