//! CSV as the contract has it: UTF-8 with a mark, lines that end in CRLF, and text that no spreadsheet takes for a formula.
//!
//! Of a text, `\` is doubled and control characters are written `\u00NN`, so that a record is one line; text that begins
//! with `=`, `+`, `-`, `@`, tab, carriage return or `'` gets one leading `'`. [`decode`] takes both off again.

/// What a file begins with: spreadsheets know by it that the text is UTF-8.
pub const MARK: &str = "\u{FEFF}";

/// A field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Text, which may be anything.
    Text(&'a str),
    /// A count.
    Count(u64),
    /// A number; none when it is not defined.
    Number(Option<f64>),
}

/// A record with its line end.
#[must_use]
pub fn line(cells: &[Cell<'_>]) -> String {
    let fields: Vec<String> = cells.iter().map(|cell| field(*cell)).collect();
    fields.join(",") + "\r\n"
}

/// The line of the names of columns.
#[must_use]
pub fn header(names: &[&str]) -> String {
    line(&names.iter().map(|name| Cell::Text(name)).collect::<Vec<_>>())
}

fn field(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => quoted(encode(text)),
        Cell::Count(count) => count.to_string(),
        Cell::Number(Some(number)) if number.is_finite() => number.to_string(),
        Cell::Number(_) => String::new(),
    }
}

fn quoted(field: String) -> String {
    let needs = field.contains([',', '"', ';']) || field.starts_with(' ') || field.ends_with(' ');
    if needs { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

/// Whether a spreadsheet could take the text for a formula, or for a text that was guarded.
fn is_guarded(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\''])
}

/// A text as it stands in a file, but for quotes.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    if is_guarded(text) {
        encoded.push('\'');
    }
    for one in text.chars() {
        match one {
            '\\' => encoded.push_str("\\\\"),
            // All control characters of Unicode are below U+0100.
            one if one.is_control() => encoded.push_str(&format!("\\u{:04X}", u32::from(one))),
            one => encoded.push(one),
        }
    }
    encoded
}

/// A field that is not what [`encode`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a `\\` is followed by neither `\\` nor `u00NN`: write `\\\\` for the sign itself")]
pub struct NotEncoded;

/// The text of a field.
///
/// # Errors
/// When a `\` stands for nothing.
pub fn decode(field: &str) -> Result<String, NotEncoded> {
    let mut decoded = String::with_capacity(field.len());
    let mut rest = field.strip_prefix('\'').unwrap_or(field);
    while let Some((before, after)) = rest.split_once('\\') {
        decoded.push_str(before);
        rest = if let Some(after) = after.strip_prefix('\\') {
            decoded.push('\\');
            after
        } else {
            let digits = after.strip_prefix('u').and_then(|after| after.get(..4)).ok_or(NotEncoded)?;
            let control = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).filter(|c| c.is_control());
            decoded.push(control.ok_or(NotEncoded)?);
            after.get(5..).ok_or(NotEncoded)?
        };
    }
    decoded.push_str(rest);
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 14] = [
        "plain",
        "",
        "=1+1",
        "+82",
        "-5 mg",
        "@home",
        "\ttab",
        "\rreturn",
        "'quoted'",
        "a \"b\", c; d",
        "two\r\nlines\0",
        "back\\slash \\u000A",
        " 앞뒤 공백 ",
        "\u{85}\u{7f}",
    ];

    #[test]
    fn what_is_written_is_read_again_exactly() {
        let text = MARK.to_owned() + &line(&TEXTS.map(Cell::Text));
        assert_eq!(text.matches(['\r', '\n']).count(), 2, "one record is one line");
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).from_reader(text.trim_start_matches(MARK).as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        let read: Vec<String> = record.iter().map(|field| decode(field).unwrap()).collect();
        assert_eq!(read, TEXTS);
    }

    #[test]
    fn no_field_begins_like_a_formula() {
        for text in TEXTS {
            let encoded = encode(text);
            assert!(!encoded.starts_with(['=', '+', '-', '@', '\t', '\r']), "{encoded}");
        }
        assert_eq!(encode("=A1"), "'=A1");
        assert_eq!(encode("\tx"), "'\\u0009x");
    }

    #[test]
    fn numbers_are_plain_and_what_is_not_defined_is_empty() {
        let cells = [Cell::Number(Some(-0.25)), Cell::Number(None), Cell::Number(Some(f64::NAN)), Cell::Count(7)];
        assert_eq!(line(&cells), "-0.25,,,7\r\n");
    }

    #[test]
    fn an_escape_of_something_else_is_refused() {
        for field in ["a\\b", "\\", "\\u00", "\\u0041", "\\uXYZW"] {
            assert_eq!(decode(field), Err(NotEncoded), "{field}");
        }
    }
}
