//! Tables as they lie in the folder: found, opened, read in pieces side by side, every row booked, faulty ones rejected.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use flate2::bufread::MultiGzDecoder;

use crate::Progress;
use crate::chunks::{Chunk, Chunks, line_breaks};
use crate::error::MimicError;
use crate::import::Options;
use crate::output::OutFile;
use crate::parse;
use crate::tally::{Reason, Tally};
use crate::threads::in_order;

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
    find_in(hosp, "", table)
}

/// Finds a table of a folder beside, which MIMIC-IV keeps apart.
pub(crate) fn find_beside(hosp: &Path, table: &'static str) -> Option<TableFile> {
    find_in(hosp, "../icu/", table)
}

fn find_in(hosp: &Path, folder: &str, table: &'static str) -> Option<TableFile> {
    [format!("{folder}{table}.csv"), format!("{folder}{table}.csv.gz")].into_iter().find_map(|name| {
        let path = hosp.join(&name);
        path.is_file().then_some(TableFile { table, name, path })
    })
}

impl TableFile {
    fn open(&self) -> Result<Box<dyn Read + Send>, MimicError> {
        let file = File::open(&self.path).map_err(|e| MimicError::read(&self.name, e))?;
        // Archives may be joined from several members.
        Ok(if self.name.ends_with(".gz") {
            Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(1 << 17, file)))
        } else {
            Box::new(file)
        })
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

/// The texts that the rows of a piece keep.
#[derive(Debug, Default)]
pub(crate) struct RowTexts(String);

/// A text of a row, in the [`RowTexts`] of its piece.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowText {
    start: usize,
    end: usize,
}

impl RowTexts {
    /// Keeps a field, trimmed.
    pub(crate) fn keep(&mut self, field: &[u8]) -> Result<RowText, Reason> {
        let start = self.0.len();
        self.0.push_str(parse::text(field)?);
        Ok(RowText { start, end: self.0.len() })
    }

    /// A text that was kept here.
    pub(crate) fn get(&self, text: RowText) -> &str {
        self.0.get(text.start..text.end).unwrap_or_default()
    }
}

/// The rows of a piece after their fields were read.
struct Piece<T> {
    bytes: Vec<u8>,
    /// Where each row begins, and what it says.
    rows: Vec<(usize, Result<T, Reason>)>,
    texts: RowTexts,
    swallowed_lines: u64,
    lines: u64,
}

/// Reads tables, books their rows, writes the rejects.
pub(crate) struct Intake<'a> {
    rejects: csv::Writer<OutFile>,
    threads: NonZeroUsize,
    options: &'a Options<'a>,
    progress: &'a mut dyn FnMut(Progress),
}

impl<'a> Intake<'a> {
    /// Starts `rejects.csv` with its header.
    pub(crate) fn new(
        rejects: OutFile,
        threads: NonZeroUsize,
        options: &'a Options<'a>,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Result<Self, MimicError> {
        let mut intake = Self { rejects: csv::Writer::from_writer(rejects), threads, options, progress };
        intake.write_reject(["file", "line", "reason", "subject_id", "hadm_id"])?;
        Ok(intake)
    }

    /// Ends `rejects.csv`.
    pub(crate) fn finish(self) -> Result<OutFile, MimicError> {
        self.rejects.into_inner().map_err(|e| MimicError::write("rejects.csv", io::Error::other(e.to_string())))
    }

    /// Streams a table. `read_row` gets the asked columns, trimmed, in whatever thread; texts that it needs later it
    /// keeps. `use_row` gets the row's number from 0 and what was read, in the order of the table, and says whether the
    /// row is used.
    ///
    /// # Errors
    /// A required column is missing, the file cannot be read to its end, or a reject cannot be written.
    pub(crate) fn read<const N: usize, T: Send>(
        &mut self,
        file: TableFile,
        columns: [Column; N],
        read_row: impl Fn([&[u8]; N], &mut RowTexts) -> Result<T, Reason> + Sync,
        mut use_row: impl FnMut(u64, T, &RowTexts) -> Result<(), Reason>,
    ) -> Result<TableRead, MimicError> {
        let mut chunks = Chunks::new(file.open()?);
        let fault = |e: io::Error| MimicError::read(&file.name, e);
        let first = match chunks.next().transpose().map_err(fault)? {
            Some(Chunk::Rows(bytes)) => bytes,
            Some(Chunk::Overlong(_)) | None => Vec::new(),
        };
        let (header, first, mut line) = Header::take(first).map_err(|e| MimicError::read(&file.name, e))?;
        let positions = header.positions(columns, &file.name)?;
        let mut read =
            TableRead { table: file.table, file: file.name.clone(), tally: Tally::default(), swallowed_lines: 0 };
        let jobs = std::iter::once(Ok(Chunk::Rows(first))).chain(chunks);
        let work = |chunk: io::Result<Chunk>| header.rows(chunk?, positions, &read_row);
        in_order(self.threads, jobs, work, |piece| {
            self.options.go_on()?;
            let piece = piece.map_err(|e| MimicError::read(&file.name, e))?;
            read.swallowed_lines += piece.swallowed_lines;
            let mut counted = 0;
            let mut row_line = line;
            for (start, row) in piece.rows {
                let outcome = row.and_then(|row| use_row(read.tally.rows(), row, &piece.texts));
                if let Err(reason) = outcome
                    && reason.is_fault()
                {
                    row_line += line_breaks(piece.bytes.get(counted..start).unwrap_or_default());
                    counted = start;
                    let row = piece.bytes.get(start..).unwrap_or_default();
                    self.reject(&read.file, row_line, reason, &header.identifiers(row, reason))?;
                }
                read.tally.book(outcome);
                if read.tally.rows().is_multiple_of(ROWS_A_STEP) {
                    (self.progress)(Progress { table: read.table, rows: read.tally.rows() });
                }
            }
            line += piece.lines;
            Ok(())
        })?;
        (self.progress)(Progress { table: read.table, rows: read.tally.rows() });
        Ok(read)
    }

    fn reject(&mut self, file: &str, line: u64, reason: Reason, ids: &[String; 2]) -> Result<(), MimicError> {
        let reason = serde_json::to_value(reason).map_err(|e| MimicError::write("rejects.csv", e))?;
        let [subject, hadm] = ids;
        self.write_reject([file, &line.to_string(), reason.as_str().unwrap_or_default(), subject, hadm])
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
    /// Takes the header from the first piece of a table: what is left of it, and the line that it begins with.
    fn take(mut bytes: Vec<u8>) -> io::Result<(Self, Vec<u8>, u64)> {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            // A byte order mark.
            bytes.drain(..3);
        }
        let (mut record, mut reader) = (ByteRecord::new(), reader(&bytes));
        reader.read_byte_record(&mut record)?;
        let (end, line) = (offset(reader.position()), reader.position().line());
        drop(reader);
        let columns = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase());
        let header = Self { columns: columns.collect() };
        let rows = bytes.split_off(end.min(bytes.len()));
        Ok((header, rows, line))
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

    /// The rows of a piece.
    fn rows<const N: usize, T>(
        &self,
        chunk: Chunk,
        positions: [Option<usize>; N],
        read_row: impl Fn([&[u8]; N], &mut RowTexts) -> Result<T, Reason>,
    ) -> io::Result<Piece<T>> {
        let bytes = match chunk {
            Chunk::Rows(bytes) => bytes,
            Chunk::Overlong(lines) => {
                let rows = vec![(0, Err(Reason::QuoteNotClosed))];
                let swallowed_lines = lines.saturating_sub(1);
                return Ok(Piece { bytes: Vec::new(), rows, texts: RowTexts::default(), swallowed_lines, lines });
            }
        };
        let ascii = bytes.is_ascii();
        let mut piece = Vec::with_capacity(bytes.len() / 128);
        let (mut texts, mut swallowed_lines) = (RowTexts::default(), 0);
        let (mut record, mut reader) = (ByteRecord::new(), reader(&bytes));
        loop {
            let line = reader.position().line();
            if !reader.read_byte_record(&mut record)? {
                break;
            }
            let lines = reader.position().line() - line;
            // Blank lines before a row are passed over.
            let blank = |byte: &&u8| matches!(byte, b'\n' | b'\r');
            let start = record.position().map_or(0, offset);
            let start = start + bytes.get(start..).unwrap_or_default().iter().take_while(blank).count();
            let row = if lines > 1 && self.quote_not_closed(&record) {
                let blank_lines = bytes.get(record.position().map_or(0, offset)..start).map_or(0, line_breaks);
                swallowed_lines += (lines - blank_lines).saturating_sub(1);
                Err(Reason::QuoteNotClosed)
            } else if record.len() == self.columns.len() {
                fields(&record, positions, ascii).and_then(|fields| read_row(fields, &mut texts))
            } else {
                Err(Reason::WrongNumberOfFields)
            };
            piece.push((start, row));
        }
        let lines = line_breaks(&bytes);
        drop(reader);
        Ok(Piece { bytes, rows: piece, texts, swallowed_lines, lines })
    }

    /// `subject_id` and `hadm_id` of a rejected row, as far as they are there and are numbers.
    fn identifiers(&self, row: &[u8], reason: Reason) -> [String; 2] {
        let mut record = ByteRecord::new();
        // Where fields are missing or shifted, another value may stand in the place of an identifier.
        if !matches!(reason, Reason::WrongNumberOfFields | Reason::QuoteNotClosed) {
            let _ = reader(row).read_byte_record(&mut record);
        }
        ["subject_id", "hadm_id"].map(|column| {
            let field = self.position(column).and_then(|position| record.get(position)).unwrap_or_default();
            let text = parse::text(field).unwrap_or_default();
            if text.parse::<u64>().is_ok() { text.to_owned() } else { String::new() }
        })
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

/// Rows of a piece as they come, of whatever length.
fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes)
}

fn offset(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

/// The asked fields, trimmed. Where all of a piece is ASCII, all of it is UTF-8.
fn fields<const N: usize>(
    record: &ByteRecord,
    positions: [Option<usize>; N],
    ascii: bool,
) -> Result<[&[u8]; N], Reason> {
    let mut fields: [&[u8]; N] = [b""; N];
    for (field, position) in fields.iter_mut().zip(positions) {
        let Some(position) = position else { continue };
        let bytes = record.get(position).unwrap_or_default();
        *field = if ascii { bytes.trim_ascii() } else { parse::text(bytes)?.as_bytes() };
    }
    Ok(fields)
}
