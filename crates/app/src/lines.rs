//! Input of one record a line: read as a stream, each line bounded.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::error::AppError;

/// The longest line that is read as a record: 64 MiB. A longer one is skipped and reported, not kept.
pub const LONGEST: usize = 64 << 20;

/// Lines of an input.
pub struct Lines {
    reader: Box<dyn BufRead>,
    name: String,
    number: u64,
    blank: u64,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lines({}, at {})", self.name, self.number)
    }
}

/// A line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its text, or what is wrong with it.
    pub text: Result<String, LineFault>,
}

/// A line that is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// Not UTF-8.
    Utf8,
    /// Longer than [`LONGEST`].
    TooLong,
}

impl LineFault {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::TooLong => "too_long",
        }
    }

    /// What is wrong and what to do.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Utf8 => "this line is not UTF-8: save the file as UTF-8 and run it again",
            Self::TooLong => "this line is over 64 MiB: split it, or shorten its notes",
        }
    }
}

impl Lines {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// When it is missing, a folder, or not UTF-8 from its start.
    pub fn open(path: &Path) -> Result<Self, AppError> {
        let reader: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(BufReader::new(std::io::stdin()))
        } else {
            let meta = std::fs::metadata(path)
                .map_err(|e| AppError::unusable(path, format!("cannot be opened ({e}); give the path of a file")))?;
            if meta.is_dir() {
                return Err(AppError::unusable(path, "is a folder; give the path of a file in it"));
            }
            let file = File::open(path).map_err(|e| AppError::unusable(path, format!("cannot be opened ({e})")))?;
            Box::new(BufReader::with_capacity(1 << 16, file))
        };
        Self::new(reader, path.display().to_string())
    }

    /// Lines of a reader.
    ///
    /// # Errors
    /// When it is not UTF-8 from its start.
    pub fn new(mut reader: Box<dyn BufRead>, name: String) -> Result<Self, AppError> {
        let start = reader.fill_buf().map_err(|e| AppError::Unusable(format!("{name}: cannot be read ({e})")))?;
        // UTF-16 begins with a mark of its own; anything else is judged by its first line.
        let first = start.split(|b| *b == b'\n').next().unwrap_or_default();
        let cut_off = first.len() == start.len();
        let broken = std::str::from_utf8(first).is_err_and(|e| e.error_len().is_some() || !cut_off);
        if broken {
            return Err(AppError::Unusable(format!(
                "{name}: is not UTF-8 text from its start; save it as UTF-8 (JSON lines) and run it again"
            )));
        }
        let mark = "\u{FEFF}".len();
        if start.starts_with("\u{FEFF}".as_bytes()) {
            reader.consume(mark);
        }
        Ok(Self { reader, name, number: 0, blank: 0 })
    }

    /// The name of the input.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Blank lines so far.
    #[must_use]
    pub const fn blank(&self) -> u64 {
        self.blank
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// When the input cannot be read on.
    pub fn next_line(&mut self) -> std::io::Result<Option<Line>> {
        loop {
            let mut bytes = Vec::new();
            let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
            let read = self.reader.by_ref().take(most + 1).read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let number = self.number;
            if bytes.len() > LONGEST && !bytes.ends_with(b"\n") {
                self.skip_line()?;
                return Ok(Some(Line { number, text: Err(LineFault::TooLong) }));
            }
            while bytes.ends_with(b"\n") || bytes.ends_with(b"\r") {
                bytes.pop();
            }
            match String::from_utf8(bytes) {
                Ok(text) if text.trim().is_empty() => self.blank += 1,
                Ok(text) => return Ok(Some(Line { number, text: Ok(text) })),
                Err(_) => return Ok(Some(Line { number, text: Err(LineFault::Utf8) })),
            }
        }
    }

    fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let end = buffer.iter().position(|b| *b == b'\n');
            let used = end.map_or(buffer.len(), |at| at + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = Vec<(u64, Result<String, LineFault>)>;

    fn read(bytes: &'static [u8]) -> (Read, u64) {
        let mut lines = Lines::new(Box::new(bytes), "test".into()).unwrap();
        let mut out = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            out.push((line.number, line.text));
        }
        (out, lines.blank())
    }

    #[test]
    fn line_ends_marks_and_blank_lines_are_no_trouble() {
        let (lines, blank) = read("\u{FEFF}one\r\n\r\n  \ntwo".as_bytes());
        assert_eq!(lines, [(1, Ok("one".into())), (4, Ok("two".into()))]);
        assert_eq!(blank, 2);
    }

    #[test]
    fn a_line_that_is_not_utf8_is_reported_and_the_next_one_read() {
        let (lines, _) = read(b"one\n\xff\xfe\nthree\n");
        assert_eq!(lines, [(1, Ok("one".into())), (2, Err(LineFault::Utf8)), (3, Ok("three".into()))]);
    }

    #[test]
    fn an_input_that_begins_with_something_else_is_refused() {
        assert!(Lines::new(Box::new(b"\xff\xfe{\0\"\0".as_slice()), "utf16".into()).is_err());
    }

    #[test]
    fn an_empty_input_has_no_lines() {
        assert_eq!(read(b"").0, []);
    }
}
