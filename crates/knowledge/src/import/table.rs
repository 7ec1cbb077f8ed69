//! A list as rows with named columns, each with its line and its text as it stands.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::headers::Columns;
use super::{ImportError, Reason, Rejected};

/// A row over more lines than this is one with a quote that is not closed: a field of a notice has a few lines.
const MOST_LINES: usize = 50;

/// How the bytes of a list become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8.
    Utf8,
    /// UTF-8 where it is that, else CP949 (Windows code page 949, which holds EUC-KR).
    Korean,
}

/// Where a row stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    line: u64,
    bytes: Range<usize>,
}

/// A row.
#[derive(Debug)]
pub(super) struct Row<'t> {
    fields: &'t csv::StringRecord,
    columns: &'t BTreeMap<String, Vec<usize>>,
    /// Where it stands.
    pub place: &'t Place,
}

impl<'t> Row<'t> {
    /// The fields of a column that are not empty, in order of preference.
    pub fn all(&self, column: &str) -> impl Iterator<Item = &'t str> {
        let places = self.columns.get(column).map_or(&[][..], Vec::as_slice);
        let fields = self.fields;
        places.iter().filter_map(|at| fields.get(*at)).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The first of them; empty where there is none.
    pub fn get(&self, column: &str) -> &'t str {
        self.all(column).next().unwrap_or_default()
    }

    /// The first of them.
    pub fn needed(&self, column: &str) -> Result<&'t str, Reason> {
        self.all(column).next().ok_or(Reason::MissingField)
    }
}

/// What becomes of a row: taken, and with it perhaps a row that was taken before becomes one that repeats; or not taken.
pub(super) type Verdict = Result<Option<Place>, Reason>;

/// What became of the rows.
#[derive(Debug)]
pub(super) struct Tally {
    /// All rows.
    pub rows: u64,
    /// Those that were not taken, by line.
    pub rejected: Vec<Rejected>,
}

/// A list.
#[derive(Debug)]
pub(super) struct Table<'b> {
    text: Cow<'b, str>,
    columns: BTreeMap<String, Vec<usize>>,
    width: usize,
}

impl<'b> Table<'b> {
    /// Reads the first line. Of each group of `needed` columns one must be there.
    pub fn read(bytes: &'b [u8], charset: Charset, columns: &Columns, needed: &[&[&str]]) -> Result<Self, ImportError> {
        let text = decode(bytes, charset)?;
        let mut reader = reader(&text);
        let header = reader.headers().map_err(|_| ImportError::Encoding(""))?;
        let header = header.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>();
        if header.iter().all(String::is_empty) {
            return Err(ImportError::Empty);
        }
        let columns = columns.find(&header, needed)?;
        Ok(Self { text, columns, width: header.len() })
    }

    /// Gives every row to `each`, and tells what became of them.
    pub fn rows(&self, mut each: impl FnMut(&Row<'_>) -> Verdict) -> Tally {
        let text = self.text.as_ref();
        let mut reader = reader(text);
        let mut fields = csv::StringRecord::new();
        let mut rows = 0;
        let mut out: Vec<(Place, Reason)> = Vec::new();
        let (mut counted, mut line) = (0, 1);
        // Reading text of a known encoding cannot fail, and rows may have any number of fields.
        while reader.read_record(&mut fields).unwrap_or(false) {
            rows += 1;
            let from = fields.position().map_or(0, csv::Position::byte);
            let bytes = whole_lines(text, from, reader.position().byte());
            line += count_lines(text.get(counted..bytes.start).unwrap_or_default());
            counted = bytes.start;
            let raw = text.get(bytes.clone()).unwrap_or_default();
            let place = Place { line, bytes };
            let verdict = if fields.len() != self.width {
                Err(Reason::Columns)
            } else if raw.lines().count() > MOST_LINES {
                Err(Reason::Quote)
            } else if raw.contains(char::REPLACEMENT_CHARACTER) {
                Err(Reason::Encoding)
            } else {
                each(&Row { fields: &fields, columns: &self.columns, place: &place })
            };
            match verdict {
                Ok(None) => {}
                Ok(Some(earlier)) => out.push((earlier, Reason::Repeated)),
                Err(reason) => out.push((place, reason)),
            }
        }
        out.sort_by_key(|(place, _)| place.bytes.start);
        let rejected = |(place, reason): (Place, Reason)| Rejected {
            line: place.line,
            reason,
            row: text.get(place.bytes).unwrap_or_default().to_owned(),
        };
        Tally { rows, rejected: out.into_iter().map(rejected).collect() }
    }
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes())
}

/// A range of bytes without the line ends around it.
fn whole_lines(text: &str, from: u64, to: u64) -> Range<usize> {
    let at = |byte: u64| usize::try_from(byte).unwrap_or(text.len()).min(text.len());
    let raw = text.get(at(from)..at(to)).unwrap_or_default();
    let start = at(from) + (raw.len() - raw.trim_start_matches(['\r', '\n']).len());
    start..(start + raw.trim_matches(['\r', '\n']).len())
}

fn count_lines(text: &str) -> u64 {
    u64::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u64::MAX)
}

/// The text of bytes, without a mark at its start. What is no text becomes U+FFFD, which the row is rejected for.
fn decode(bytes: &[u8], charset: Charset) -> Result<Cow<'_, str>, ImportError> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(ImportError::Encoding(" (it is UTF-16)"));
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match (std::str::from_utf8(bytes), charset) {
        (Ok(text), _) => Ok(Cow::Borrowed(text)),
        (Err(_), Charset::Utf8) => Ok(String::from_utf8_lossy(bytes)),
        (Err(_), Charset::Korean) => Ok(encoding_rs::EUC_KR.decode_without_bom_handling(bytes).0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Vec<(u64, String, String)> {
        let columns = Columns::fixed(&[("a", "A"), ("b", "B")]);
        let table = Table::read(text.as_bytes(), Charset::Korean, &columns, &[&["a"]]).unwrap();
        let mut out = Vec::new();
        let tally = table.rows(|row| {
            out.push((row.place.line, row.get("a").to_owned(), row.get("b").to_owned()));
            Ok(None)
        });
        assert_eq!(tally.rows, u64::try_from(out.len() + tally.rejected.len()).unwrap());
        out.extend(tally.rejected.into_iter().map(|r| (r.line, r.reason.code().to_owned(), r.row)));
        out
    }

    fn row(line: u64, a: &str, b: &str) -> (u64, String, String) {
        (line, a.to_owned(), b.to_owned())
    }

    #[test]
    fn rows_have_the_line_at_which_they_begin() {
        let want = [row(2, "1", "x"), row(4, "2", "two\nlines"), row(6, "3", "y")];
        for end in ["\n", "\r\n"] {
            let text = format!("a , B{end}1,x{end}{end}2,\"two\nlines\"{end}3, y {end}");
            assert_eq!(table(&text), want, "{text:?}");
        }
        assert_eq!(table("a,b\n1,x\n2\n3,y"), [row(2, "1", "x"), row(4, "3", "y"), row(3, "columns", "2")]);
    }

    #[test]
    fn a_quote_that_is_not_closed_swallows_no_rows_unsaid() {
        let many = "9,z\n".repeat(60);
        let found = table(&format!("a,b\n1,x\n2,\"open\n{many}"));
        assert_eq!(found.len(), 2);
        assert_eq!((found[1].0, found[1].1.as_str()), (3, "quote"));
    }

    #[test]
    fn marks_width_and_blanks_of_a_header_do_not_count() {
        assert_eq!(table("\u{feff}Ａ, b\n1,x\n"), [row(2, "1", "x")]);
    }
}
