//! A folded name to tokens: words, strengths, bare numbers, separators.

use super::fold::is_hangul;
use super::words::{FORM_PHRASES, FORMS, SALTS, UNITS, VOLUMES, holds};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word of the name.
    Word,
    /// A dosage form, a route, a use.
    Form,
    /// A salt.
    Salt,
    /// A number with its unit.
    Strength,
    /// An amount of fluid.
    Volume,
    /// A number without unit.
    Number,
    /// Two numbers without unit, `5/325`.
    Ratio,
    /// Two numbers of a mixture, `70/30`: another product.
    Mixture,
    /// `/`, `+`, `and`, `with`.
    Joint,
    /// `-`.
    Dash,
}

/// A piece of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub kind: Kind,
    pub text: &'t str,
}

impl Token<'_> {
    pub fn is_separator(&self) -> bool {
        matches!(self.kind, Kind::Joint | Kind::Dash)
    }
}

/// The tokens of a folded text.
pub(super) fn scan(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut after_latin = false;
    while let Some(c) = rest.chars().next() {
        let starts_number = c.is_ascii_digit() && !after_latin;
        let (kind, length) = if starts_number { number(rest) } else { word_or_mark(rest, c) };
        let (piece, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        after_latin = piece.chars().next_back().is_some_and(|c| c.is_alphanumeric() && !is_hangul(c));
        if let Some(kind) = kind {
            tokens.push(Token { kind, text: piece.trim_matches(['.', '\'', ' ']) });
        }
        rest = tail;
    }
    mark_phrases(&mut tokens);
    tokens
}

/// The kind (none for what is skipped) and length of the word or mark that a text begins with.
fn word_or_mark(text: &str, c: char) -> (Option<Kind>, usize) {
    match c {
        '/' | '+' | '&' => (Some(Kind::Joint), 1),
        '-' => (Some(Kind::Dash), 1),
        c if c.is_alphanumeric() || c == '#' => {
            let length = word_length(text);
            let word = text.get(..length).unwrap_or(text);
            if word == "w" && text.get(length..).is_some_and(|tail| tail.starts_with('/')) {
                return (Some(Kind::Joint), length + 1);
            }
            (Some(word_kind(word)), length)
        }
        c => (None, c.len_utf8()),
    }
}

/// Letters and digits, with dots and apostrophes inside; Hangul ends before a digit.
fn word_length(text: &str) -> usize {
    let mut before = None;
    for (at, c) in text.char_indices() {
        let joins = c.is_alphanumeric() || matches!(c, '\'' | '.' | '#');
        let strength_begins = c.is_ascii_digit() && before.is_some_and(is_hangul);
        if !joins || strength_begins {
            return at;
        }
        before = Some(c);
    }
    text.len()
}

fn word_kind(word: &str) -> Kind {
    let plain = if word.contains(['.', '\'']) { word.replace(['.', '\''], "") } else { word.to_owned() };
    match plain.as_str() {
        "and" | "with" => Kind::Joint,
        word if holds(FORMS, word) => Kind::Form,
        word if holds(SALTS, word) => Kind::Salt,
        _name => Kind::Word,
    }
}

/// The kind and length of the number, or chain of numbers, that a text begins with: `5`, `5mg-325mg`, `10 units/ml`.
fn number(text: &str) -> (Option<Kind>, usize) {
    let mut length = digits(text);
    let mut values = vec![value(text, length)];
    let mut unit = None;
    let mut volume_only = true;
    loop {
        let tail = text.get(length..).unwrap_or_default();
        if let Some((name, used)) = leading_unit(tail) {
            volume_only &= holds(VOLUMES, name);
            unit = Some(name);
            length += used;
            continue;
        }
        // What may follow: another number or, after a slash, a unit.
        let Some(mark) = tail.trim_start().chars().next().filter(|c| matches!(c, '/' | '-' | ':')) else { break };
        let spaces = tail.len() - tail.trim_start().len();
        let after = tail.get(spaces + 1..).unwrap_or_default();
        let gap = after.len() - after.trim_start().len();
        let after = after.trim_start();
        if after.starts_with(|c: char| c.is_ascii_digit()) {
            let more = digits(after);
            if mark == ':' {
                // A dilution, 1:1000.
                unit = Some("%");
            }
            volume_only = false;
            values.push(value(after, more));
            length += spaces + 1 + gap + more;
        } else if let Some((name, used)) = leading_unit(after).filter(|_| mark == '/' && unit.is_some()) {
            volume_only &= holds(VOLUMES, name);
            length += spaces + 1 + gap + used;
        } else {
            break;
        }
    }
    // `2nd`, `5-fluorouracil`, `12b`: the number is part of a word.
    if unit.is_none()
        && text.get(length..).is_some_and(|t| t.starts_with(|c: char| c.is_alphanumeric() && !is_hangul(c)))
    {
        return (Some(Kind::Word), length + word_length(text.get(length..).unwrap_or_default()));
    }
    let kind = match (unit, values.as_slice()) {
        (Some(_), _) if volume_only => Kind::Volume,
        (Some(_), _) => Kind::Strength,
        (None, [a, b]) if is_mixture(*a, *b) => Kind::Mixture,
        (None, [_]) => Kind::Number,
        (None, _) => Kind::Ratio,
    };
    (Some(kind), length)
}

/// Parts of a premixed insulin: fives that make a hundred.
fn is_mixture(a: Option<u32>, b: Option<u32>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.checked_add(b) == Some(100) && a % 5 == 0)
}

fn value(text: &str, length: usize) -> Option<u32> {
    text.get(..length).and_then(|number| number.parse().ok())
}

/// Length of the number that a text begins with: digits, and commas and dots between digits.
fn digits(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..bytes.len())
        .find(|at| !(is_digit(*at) || (matches!(bytes.get(*at), Some(b'.' | b',')) && is_digit(at + 1))))
        .unwrap_or(bytes.len())
}

/// The unit that a text begins with, after spaces, and how much of the text it takes.
fn leading_unit(text: &str) -> Option<(&'static str, usize)> {
    let trimmed = text.trim_start();
    let spaces = text.len() - trimmed.len();
    let unit = UNITS.iter().filter(|unit| trimmed.starts_with(**unit)).find(|unit| {
        let next = trimmed.get(unit.len()..).and_then(|tail| tail.chars().next());
        let letter = next.is_some_and(|c| c.is_alphanumeric() && !is_hangul(c));
        // A single letter before a hyphen begins a name: `5 l-thyroxine`.
        let prefix = unit.len() == 1 && **unit != "%" && next == Some('-') && spaces > 0;
        **unit == "%" || !(letter || prefix)
    })?;
    Some((unit, spaces + unit.len()))
}

/// Marks sequences of words that are a form together.
fn mark_phrases(tokens: &mut [Token<'_>]) {
    for phrase in FORM_PHRASES {
        for at in 0..tokens.len() {
            let here = tokens.get_mut(at..at + phrase.len());
            if let Some(here) = here.filter(|here| here.iter().map(|token| token.text).eq(phrase.iter().copied())) {
                here.iter_mut().for_each(|token| token.kind = Kind::Form);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_are_told_from_names() {
        let kinds = |text| scan(text).iter().map(|t| (t.kind, t.text)).collect::<Vec<_>>();
        assert_eq!(kinds("aspirin 81 mg"), [(Kind::Word, "aspirin"), (Kind::Strength, "81 mg")]);
        assert_eq!(kinds("x 5mg-325mg tab"), [(Kind::Word, "x"), (Kind::Strength, "5mg-325mg"), (Kind::Form, "tab")]);
        assert_eq!(kinds("(16.2/30mg)"), [(Kind::Strength, "16.2/30mg")]);
        assert_eq!(kinds("12.5g / 50ml"), [(Kind::Strength, "12.5g / 50ml")]);
        assert_eq!(kinds("10 units/ml"), [(Kind::Strength, "10 units/ml")]);
        assert_eq!(kinds("0.2 mg/24 hr"), [(Kind::Strength, "0.2 mg/24 hr")]);
        assert_eq!(kinds("1:1000"), [(Kind::Strength, "1:1000")]);
        assert_eq!(kinds("1000 ml"), [(Kind::Volume, "1000 ml")]);
        assert_eq!(kinds("5/325"), [(Kind::Ratio, "5/325")]);
        assert_eq!(kinds("70/30"), [(Kind::Mixture, "70/30")]);
        assert_eq!(kinds("b12"), [(Kind::Word, "b12")]);
        assert_eq!(kinds("2%/timolol"), [(Kind::Strength, "2%"), (Kind::Joint, "/"), (Kind::Word, "timolol")]);
        assert_eq!(kinds("정40mg"), [(Kind::Word, "정"), (Kind::Strength, "40mg")]);
        assert_eq!(kinds("#3"), [(Kind::Word, "#3")]);
        assert_eq!(kinds("a w/b"), [(Kind::Word, "a"), (Kind::Joint, "w/"), (Kind::Word, "b")]);
    }
}
