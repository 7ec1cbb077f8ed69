//! A table's text, cut where a row ends, so that pieces can be read side by side.

use std::io::{self, Read};

use memchr::{memchr, memrchr2};

/// Bytes of a piece, about.
const CHUNK: usize = 1 << 18;
/// No row of a hospital is so long: a quote was not closed. Beyond it a row is no longer kept, only its lines counted.
const LONGEST_ROW: usize = 16 << 20;

/// A piece of a table.
pub(crate) enum Chunk {
    /// Whole rows.
    Rows(Vec<u8>),
    /// One row that is too long to be one, with its number of line breaks.
    Overlong(u64),
}

/// The pieces of a table. After an error there are none.
pub(crate) struct Chunks<R> {
    reader: R,
    /// What was read beyond the last piece; it begins with a row.
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> Chunks<R> {
    pub(crate) const fn new(reader: R) -> Self {
        Self { reader, rest: Vec::new(), ended: false }
    }

    fn piece(&mut self) -> io::Result<Option<Chunk>> {
        let mut bytes = std::mem::take(&mut self.rest);
        loop {
            if !self.more(&mut bytes)? {
                return Ok((!bytes.is_empty()).then_some(Chunk::Rows(bytes)));
            }
            if let Some(end) = end_of_rows(&bytes) {
                self.rest.reserve(CHUNK + CHUNK / 4);
                self.rest.extend_from_slice(bytes.get(end..).unwrap_or_default());
                bytes.truncate(end);
                return Ok(Some(Chunk::Rows(bytes)));
            }
            if bytes.len() >= LONGEST_ROW {
                return self.overlong(bytes).map(Some);
            }
        }
    }

    /// Reads on; whether there was more.
    fn more(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        bytes.reserve(CHUNK);
        let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = self.reader.by_ref().take(limit).read_to_end(bytes)?;
        self.ended = read == 0;
        Ok(!self.ended)
    }

    /// Reads to the end of a row that is not kept.
    fn overlong(&mut self, mut bytes: Vec<u8>) -> io::Result<Chunk> {
        let (mut place, mut lines) = (Place::FieldStart, 0);
        loop {
            for (at, byte) in bytes.iter().enumerate() {
                lines += u64::from(*byte == b'\n');
                if matches!(byte, b'\n' | b'\r') && place != Place::Quoted {
                    self.rest = bytes.split_off(at + 1);
                    return Ok(Chunk::Overlong(lines));
                }
                place = place.after(*byte);
            }
            bytes.clear();
            if !self.more(&mut bytes)? {
                return Ok(Chunk::Overlong(lines));
            }
        }
    }
}

/// Where in a row a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    FieldStart,
    Field,
    Quoted,
    /// After a quote within a quoted field: it closes the field, unless another follows.
    AfterQuote,
}

impl Place {
    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Quoted, b'"') => Self::AfterQuote,
            (Self::FieldStart | Self::AfterQuote, b'"') | (Self::Quoted, _) => Self::Quoted,
            (Self::FieldStart | Self::Field | Self::AfterQuote, b',' | b'\n' | b'\r') => Self::FieldStart,
            (Self::FieldStart | Self::Field | Self::AfterQuote, _) => Self::Field,
        }
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = io::Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = self.piece();
        if piece.is_err() {
            self.ended = true;
            self.rest = Vec::new();
        }
        piece.transpose()
    }
}

/// Line breaks of a text.
pub(crate) fn line_breaks(bytes: &[u8]) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u64::MAX)
}

/// Where the last whole row of a text ends that begins with a row; none if no row does. What a quote means follows the
/// `csv` crate: it opens a field at the beginning of one only, two within a quoted field are one of its text, and what
/// comes after the closing one belongs to the field as well.
fn end_of_rows(bytes: &[u8]) -> Option<usize> {
    let quote = |from: usize| bytes.get(from..).and_then(|rest| memchr(b'"', rest)).map(|at| from + at);
    let last_break = |start: usize, end: usize| memrchr2(b'\n', b'\r', bytes.get(start..end)?).map(|at| start + at + 1);
    // `start` is where the stretch outside of quotes began, `from` where the next quote is looked for.
    let (mut found, mut start, mut from) = (None, 0, 0);
    loop {
        let Some(at) = quote(from) else { return last_break(start, bytes.len()).or(found) };
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        if !matches!(before, None | Some(b',' | b'\n' | b'\r')) {
            from = at + 1;
            continue;
        }
        found = last_break(start, at).or(found);
        let mut inside = at + 1;
        start = loop {
            let Some(close) = quote(inside) else { return found };
            match bytes.get(close + 1) {
                Some(b'"') => inside = close + 2,
                Some(_) => break close + 1,
                // The next byte, not read yet, says whether it closes.
                None => return found,
            }
        };
        from = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as an archive does.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(buffer.len()).min(self.0.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn rows_end_at_line_breaks_outside_of_quotes() {
        for (text, end) in [
            ("a,b\nc,d\ne", Some(8)),
            ("a,b", None),
            ("a,\"b\nc\"\nd", Some(8)),
            ("a,\"b\nc", None),
            ("x\na,\"b\nc", Some(2)),
            // A quote within a field opens nothing.
            ("a,5\" needle\nb\n", Some(14)),
            // Two quotes are one of the text.
            ("a,\"b\"\"\nc\"\nd", Some(10)),
            // Text after the closing quote belongs to the field, and a further quote is text.
            ("a,\"b\"c\"\nd\n", Some(10)),
            // A quote at the end may be half of two.
            ("a\nb,\"c\n\"", Some(2)),
            ("\"a\nb\"\n", Some(6)),
            ("a\r\"b\n\"\n", Some(7)),
        ] {
            assert_eq!(end_of_rows(text.as_bytes()), end, "{text:?}");
        }
    }

    #[test]
    fn pieces_are_whole_rows_and_together_the_table() {
        let row = |n: usize| format!("{n},\"quoted,\n{}\",\"\"\"\",x\n", "word ".repeat(n % 50));
        let table: String = (0..40_000).map(row).collect();
        for step in [997, 1 << 16, usize::MAX] {
            let (mut whole, mut pieces) = (Vec::new(), 0);
            for piece in Chunks::new(Slow(table.as_bytes(), step)) {
                let Chunk::Rows(bytes) = piece.unwrap() else { panic!("no row is overlong") };
                assert!(bytes.ends_with(b",x\n"));
                whole.extend(bytes);
                pieces += 1;
            }
            assert!(whole == table.as_bytes() && pieces > 3);
        }
    }

    #[test]
    fn rows_that_end_in_carriage_returns_alone_are_cut_as_well() {
        let table = "a,b\r".repeat(1 << 20);
        let pieces: Vec<_> = Chunks::new(table.as_bytes()).map(Result::unwrap).collect();
        assert!(
            pieces.len() > 2 && pieces.iter().all(|piece| matches!(piece, Chunk::Rows(rows) if rows.ends_with(b"\r")))
        );
    }

    #[test]
    fn of_a_row_that_has_no_end_only_the_lines_are_kept() {
        let before = "a,b\n";
        let lines = "c,d\n".repeat(LONGEST_ROW / 2);
        for after in ["", "x\"\ne,f\n", "x\"\"\n\"\ne,f\n"] {
            let table = format!("{before}\"{lines}{after}");
            let mut pieces = Chunks::new(table.as_bytes());
            assert!(matches!(pieces.next(), Some(Ok(Chunk::Rows(rows))) if rows == before.as_bytes()), "{after}");
            let swallowed = line_breaks(table.as_bytes()) - 1 - u64::from(after.ends_with("f\n"));
            match pieces.next() {
                Some(Ok(Chunk::Overlong(told))) => assert_eq!(told, swallowed, "{after}"),
                _ => panic!("it is overlong"),
            }
            match pieces.next() {
                None => assert!(after.is_empty()),
                Some(Ok(Chunk::Rows(rows))) => assert_eq!(rows, b"e,f\n"),
                Some(_) => panic!("rows are expected after it"),
            }
            assert!(pieces.next().is_none());
        }
    }
}
