//! Patterns of the data files: words as they are said, Korean without regard to spaces.
//!
//! | written | means |
//! |---|---|
//! | `chest pain` | these words; a space also stands for a hyphen or for none |
//! | `faint*`, `vomit* blood` | a word that begins so |
//! | `가슴 통증` | these syllables, whatever spaces lie between, also inside a longer word |
//! | `시작하~` | the last syllable also with a final consonant: 시작합니다, 시작할 |
//! | `_피가` | the same at the beginning of a word |
//! | `{10..}`, `{..89}`, `{8..15}`, `{..}` | a number within these bounds |

use crate::text::{Folded, is_hangul};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Letter(char),
    Space,
    /// A syllable, whatever its final consonant.
    Open(char),
    /// The rest of a word.
    Rest,
    Number {
        least: f64,
        most: f64,
    },
}

/// A pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
    /// Must begin at the beginning of a word.
    at_word: bool,
}

/// Where a pattern was found: letters of a [`Folded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub from: usize,
    pub to: usize,
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub fn read(written: &str) -> Result<Self, String> {
        let fault = |what: &str| Err(format!("pattern {written:?}: {what}"));
        let trimmed = written.trim();
        let (body, at_word) = trimmed.strip_prefix('_').map_or((trimmed, false), |rest| (rest, true));
        if body.is_empty() {
            return fault("is empty");
        }
        if body != body.to_lowercase() || body.contains(['\'', '_', '\n']) {
            return fault("must be in lower case, without apostrophes; `_` only begins it");
        }
        let mut parts = Vec::new();
        let mut rest = body;
        while let Some(c) = rest.chars().next() {
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '{' => {
                    let Some((bounds, after)) = rest.split_once('}') else { return fault("`{` without `}`") };
                    let Some((least, most)) = bounds.split_once("..") else { return fault("bounds are `{1..9}`") };
                    let bound = |text: &str, none: f64| if text.is_empty() { Ok(none) } else { text.parse::<f64>() };
                    match (bound(least, f64::NEG_INFINITY), bound(most, f64::INFINITY)) {
                        (Ok(least), Ok(most)) if least <= most => parts.push(Part::Number { least, most }),
                        _ => return fault("bounds must be numbers in order"),
                    }
                    rest = after;
                }
                '*' => parts.push(Part::Rest),
                '~' => match parts.pop() {
                    Some(Part::Letter(c)) if without_final(c) == c && is_hangul(c) => parts.push(Part::Open(c)),
                    _ => return fault("`~` stands behind a syllable without final consonant"),
                },
                ' ' if parts.last() == Some(&Part::Space) => {}
                ' ' => parts.push(Part::Space),
                c => parts.push(Part::Letter(c)),
            }
        }
        Ok(Self { parts, at_word })
    }

    /// Where it stands in a stretch of a text, every time.
    pub fn find(&self, text: &Folded, (from, to): (usize, usize)) -> Vec<Span> {
        let here = |at: usize| Some(Span { from: at, to: self.at(text, at, to)? });
        match self.parts.first() {
            // Most patterns begin nowhere: their first letter is looked for before anything else.
            Some(Part::Letter(first)) => {
                let letters = text.chars.get(from..to).unwrap_or_default().iter().zip(from..);
                letters.filter(|(c, _)| *c == first).filter_map(|(_, at)| here(at)).collect()
            }
            _ => (from..to).filter_map(here).collect(),
        }
    }

    /// Where it ends if it begins here.
    pub fn at(&self, text: &Folded, from: usize, to: usize) -> Option<usize> {
        let before = from.checked_sub(1).and_then(|at| text.get(at));
        let first = text.get(from)?;
        let starts = match self.parts.first()? {
            Part::Letter(c) if *c != first => return None,
            Part::Open(c) if *c != without_final(first) => return None,
            // A number may follow a letter (`GCS8`), not another digit or a dot.
            Part::Number { .. } => before.is_none_or(|b| !b.is_ascii_digit() && b != '.'),
            Part::Letter(c) if c.is_ascii_alphanumeric() => before.is_none_or(|b| !b.is_ascii_alphanumeric()),
            Part::Letter(_) | Part::Open(_) if self.at_word => before.is_none_or(|b| !b.is_alphanumeric()),
            Part::Letter(_) | Part::Space | Part::Rest | Part::Open(_) => true,
        };
        if !starts {
            return None;
        }
        let mut at = from;
        let mut last = None;
        for part in &self.parts {
            at = step(*part, text, at, last)?;
            if at > to {
                return None;
            }
            last = Some(*part);
        }
        let ends = match last? {
            Part::Letter(c) if c.is_ascii_alphanumeric() => {
                text.get(at).is_none_or(|next| !next.is_ascii_alphanumeric())
            }
            Part::Number { .. } | Part::Letter(_) | Part::Space | Part::Rest | Part::Open(_) => true,
        };
        ends.then_some(at)
    }
}

/// A Hangul syllable without its final consonant; any other letter as it is.
fn without_final(c: char) -> char {
    const FIRST: u32 = 0xac00;
    const FINALS: u32 = 28;
    let Some(at) = u32::from(c).checked_sub(FIRST).filter(|_| ('가'..='힣').contains(&c)) else { return c };
    char::from_u32(FIRST + at - at % FINALS).unwrap_or(c)
}

/// Takes one part of a pattern.
fn step(part: Part, text: &Folded, at: usize, before: Option<Part>) -> Option<usize> {
    if part == Part::Rest {
        let goes_on = |at: &usize| text.get(*at).is_some_and(|c| c.is_ascii_alphanumeric());
        return (at..).find(|at| !goes_on(at));
    }
    let here = text.get(at)?;
    let next = text.get(at + 1);
    match part {
        Part::Rest => None,
        Part::Open(c) if c == without_final(here) => Some(at + 1),
        Part::Open(c) => (here == ' ' && next.map(without_final) == Some(c)).then_some(at + 2),
        Part::Letter(c) if c == here => Some(at + 1),
        // Spaces beside Hangul do not count, nor those around numbers.
        Part::Letter(c) if here == ' ' && next == Some(c) => {
            let loose = |part: Part| match part {
                Part::Letter(c) => is_hangul(c),
                Part::Number { .. } | Part::Open(_) => true,
                Part::Space | Part::Rest => false,
            };
            (loose(Part::Letter(c)) || before.is_some_and(loose)).then_some(at + 2)
        }
        Part::Letter(_) => None,
        Part::Space if matches!(here, ' ' | '-') => Some(at + 1),
        Part::Space => Some(at),
        Part::Number { least, most } => {
            let from = if here == ' ' { at + 1 } else { at };
            let digit = |at: usize| text.get(at).is_some_and(|c| c.is_ascii_digit());
            let mut end = from;
            let mut written = String::new();
            while digit(end) || (end > from && matches!(text.get(end), Some('.' | ',')) && digit(end + 1)) {
                written.extend(text.get(end).filter(|c| *c != ','));
                end += 1;
            }
            let value = written.parse::<f64>().ok()?;
            (least <= value && value <= most).then_some(end)
        }
    }
}

/// Patterns of which any will do.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnyOf(Vec<Pattern>);

impl AnyOf {
    pub fn read(written: &[String]) -> Result<Self, String> {
        written.iter().map(|pattern| Pattern::read(pattern)).collect::<Result<_, _>>().map(Self)
    }

    /// Where any of them stands, in order; of those that begin together the longest.
    pub fn find(&self, text: &Folded, within: (usize, usize)) -> Vec<Span> {
        let mut all: Vec<Span> = self.0.iter().flat_map(|pattern| pattern.find(text, within)).collect();
        all.sort_by_key(|span| (span.from, std::cmp::Reverse(span.to)));
        all.dedup_by_key(|span| span.from);
        all
    }

    pub fn stands_in(&self, text: &Folded, within: (usize, usize)) -> bool {
        self.0.iter().any(|pattern| !pattern.find(text, within).is_empty())
    }

    /// The end of the longest that begins here.
    pub fn longest_at(&self, text: &Folded, at: usize, to: usize) -> Option<usize> {
        self.0.iter().filter_map(|pattern| pattern.at(text, at, to)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> bool {
        let folded = Folded::new(text);
        !Pattern::read(pattern).unwrap().find(&folded, (0, folded.chars.len())).is_empty()
    }

    #[test]
    fn a_pattern_finds_what_is_said_and_no_more() {
        for (pattern, text) in [
            ("chest pain", "Chest-pain since"),
            ("chest pain", "chestpain"),
            ("chest pain", "chest pain을 호소"),
            ("faint*", "she fainted"),
            ("vomit* blood", "vomiting blood"),
            ("가슴 통증", "가 슴통증"),
            ("_피가", "갑자기 피가"),
            ("시작하~", "시작합니다"),
            ("시작하~", "시작 하지"),
            ("{10..}알", "타이레놀 30 알"),
            ("{10..}알", "1,000알"),
            ("gcs {..8}", "GCS 7"),
            ("gcs {..8}", "gcs7"),
            ("spo2 {..89}", "SpO2 84%"),
            ("cant breathe", "can’t breathe"),
        ] {
            assert!(found(pattern, text), "{pattern} in {text}");
        }
        for (pattern, text) in [
            ("chest pain", "chest painting"),
            ("faint", "fainted"),
            ("_피가", "커피가"),
            ("시작하~", "시작은"),
            ("{10..}알", "9알"),
            ("{10..}알", "2.10알"),
            ("gcs {..8}", "gcs 15"),
            ("sob", "sober"),
        ] {
            assert!(!found(pattern, text), "{pattern} in {text}");
        }
    }

    #[test]
    fn a_faulty_pattern_is_refused() {
        for pattern in ["", "Chest", "{1", "{a..b}", "{9..1}", "a_b", "각~", "~", "can't"] {
            assert!(Pattern::read(pattern).is_err(), "{pattern}");
        }
    }
}
