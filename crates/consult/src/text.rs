//! Text as it is compared, with the way back to where it stood.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A stretch of a text in UTF-16 code units, as JavaScript counts: from, and up to but without, to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Range {
    /// The first unit.
    pub from: usize,
    /// The unit behind the last.
    pub to: usize,
}

impl Range {
    /// The range of a stretch that is given in bytes.
    pub(crate) fn of_bytes(text: &str, from: usize, to: usize) -> Self {
        let units = |end: usize| text.get(..end).unwrap_or(text).encode_utf16().count();
        Self { from: units(from), to: units(to) }
    }
}

pub(crate) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}')
}

/// Letters that join the one before them to a syllable: Hangul that is written in pieces, and accents.
fn joins(c: char) -> bool {
    matches!(c, '\u{1160}'..='\u{11ff}' | '\u{300}'..='\u{36f}')
}

/// A text in NFKC and lower case, white space as single spaces, lines kept apart, without apostrophes and signs that are
/// not seen; and for each letter where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    pub chars: Vec<char>,
    /// Where each letter came from, in bytes.
    from: Vec<(usize, usize)>,
}

impl Folded {
    pub fn new(text: &str) -> Self {
        let mut folded = Self { chars: Vec::with_capacity(text.len()), from: Vec::with_capacity(text.len()) };
        let mut letters = text.char_indices().peekable();
        while let Some((at, first)) = letters.next() {
            let mut cluster = String::from(first);
            while let Some((_, more)) = letters.next_if(|(_, c)| joins(*c)) {
                cluster.push(more);
            }
            let bytes = (at, at + cluster.len());
            for c in cluster.nfkc().flat_map(char::to_lowercase) {
                folded.push(c, bytes);
            }
        }
        folded
    }

    fn push(&mut self, c: char, bytes: (usize, usize)) {
        let c = match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => '\n',
            c if c.is_whitespace() => ' ',
            '\'' | '\u{2018}' | '\u{2019}' | '`' | '\u{b4}' | '*' | '®' | '™' => return,
            c if c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}') => return,
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{3002}' => '.',
            c => c,
        };
        match (self.chars.last_mut(), c) {
            (Some(' ' | '\n') | None, ' ') | (Some('\n'), '\n') => {}
            (Some(last @ ' '), '\n') => *last = '\n',
            _ => {
                self.chars.push(c);
                self.from.push(bytes);
            }
        }
    }

    pub fn get(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    /// Where a stretch of letters stood, in bytes.
    pub fn bytes(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        Some((self.from.get(from)?.0, self.from.get(to.checked_sub(1)?)?.1))
    }

    /// Puts a sign that is no letter and matches nothing in the place of these.
    pub fn blank(&mut self, from: usize, to: usize) {
        for c in self.chars.get_mut(from..to).into_iter().flatten() {
            *c = '\u{1}';
        }
    }

    /// The sentences. A dot ends one unless it stands in a number or in an abbreviation such as `e.g.`.
    pub fn sentences(&self) -> Vec<(usize, usize)> {
        self.stretches(|at, c| match c {
            '\n' | '!' | '?' | ';' => true,
            '.' => self.ends_sentence(at),
            _letter => false,
        })
    }

    /// The clauses: sentences, and parts of them between commas that stand in no number.
    pub fn clauses(&self) -> Vec<(usize, usize)> {
        self.stretches(|at, c| match c {
            '\n' | '!' | '?' | ';' => true,
            '.' => self.ends_sentence(at),
            ',' => !self.get(at + 1).is_some_and(|next| next.is_ascii_digit()),
            _letter => false,
        })
    }

    fn ends_sentence(&self, at: usize) -> bool {
        // What follows a single letter is an abbreviation; what is followed by a letter or a digit, no end.
        let follows_single = at.checked_sub(2).and_then(|two| self.get(two)).is_none_or(|c| !c.is_alphanumeric())
            && at.checked_sub(1).and_then(|one| self.get(one)).is_some_and(|c| c.is_ascii_alphabetic());
        !follows_single && self.get(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric())
    }

    fn stretches(&self, ends: impl Fn(usize, char) -> bool) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        let mut from = 0;
        for (at, c) in self.chars.iter().enumerate() {
            if ends(at, *c) {
                all.push((from, at + 1));
                from = at + 1;
            }
        }
        all.push((from, self.chars.len()));
        all.retain(|(from, to)| {
            self.chars.get(*from..*to).is_some_and(|part| part.iter().any(|c| c.is_alphanumeric()))
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_know_where_they_came_from() {
        // Decomposed Hangul, a full-width letter, and a sign of two UTF-16 units before them.
        let text = "😀 \u{1112}\u{1161}\u{11ab} Ａ'B";
        let folded = Folded::new(text);
        assert_eq!(folded.chars.iter().collect::<String>(), "😀 한 ab");
        let (from, to) = folded.bytes(2, 3).unwrap();
        assert_eq!(&text[from..to], "\u{1112}\u{1161}\u{11ab}");
        assert_eq!(Range::of_bytes(text, from, to), Range { from: 3, to: 6 });
    }

    #[test]
    fn sentences_end_at_signs_but_not_inside_numbers() {
        let folded = Folded::new("K is 5.6. e.g. this? 아픕니다.\n\n- next, one");
        let say = |(from, to): (usize, usize)| folded.chars[from..to].iter().collect::<String>();
        let all: Vec<String> = folded.sentences().into_iter().map(say).collect();
        assert_eq!(all, ["k is 5.6.", " e.g. this?", " 아픕니다.", "- next, one"]);
    }
}
