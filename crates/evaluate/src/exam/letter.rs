//! The letter of the chosen option, read out of a written answer by rules.
//!
//! 1. An answer that is stated after a cue counts: "The answer is (B)", "Answer: B", "I choose B", "정답은 C", "답: 3번". Two
//!    letters stated so, or "A or B", are no answer.
//! 2. Without a cue the letters that are marked as options count, and there must be only one: at the beginning ("B", "B.
//!    text", "B입니다", "3번"), in brackets or before one ("(B)", "B)"), named ("option B"), or said to be right ("B is
//!    correct", "B가 정답").
//! 3. Everything else is no answer: no letter, several, a list of the options said again, a letter that is denied. The
//!    text of an option without its letter is none either, and a bare number is none, because it may be an option's
//!    content: numbers count as `3번` or `③` only.

use std::collections::BTreeSet;

use super::question::{is_hangul, option_of};

/// Words that may stand between a cue and its letter.
const BETWEEN: [&str; 24] = [
    "is",
    "was",
    "would",
    "should",
    "must",
    "be",
    "to",
    "this",
    "the",
    "question",
    "option",
    "choice",
    "letter",
    "correct",
    "best",
    "most",
    "likely",
    "probably",
    "clearly",
    "definitely",
    "therefore",
    "answer",
    "i",
    "believe",
];

/// The same in Korean; they stand without a space behind the cue or each other.
const BETWEEN_KOREAN: [&str; 12] =
    ["은", "는", "이", "으로", "로", "안", "변", "번호", "보기", "선택지", "옵션", "항목"];

/// Words after which a letter is the chosen one.
const CUES: [&str; 6] = ["answer", "choose", "select", "pick", "chose", "boxed"];

/// Words that turn a cue around.
const DENYING: [&str; 4] = ["wrong", "incorrect", "not", "false"];

/// What may follow a bare capital A that is no article.
const AFTER_A: [&str; 8] = ["is", "because", "since", "as", "and", "or", "due", "would"];

/// Words between a cue and its letter, at most.
const FAR: usize = 8;

/// The option (from 0) that a written answer chooses, of so many; `None` when it cannot be read.
#[must_use]
pub fn read_letter(answer: &str, options: usize) -> Option<usize> {
    let text = Text { chars: plain(answer), options };
    let stated = text.stated();
    let found = if stated.is_empty() { text.marked() } else { stated };
    match found.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Full-width forms as plain ones; marks of emphasis and quotes are left out.
fn plain(answer: &str) -> Vec<char> {
    let narrow = |c: char| match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        0x3000 => ' ',
        _ => c,
    };
    let kept = |c: &char| !matches!(c, '*' | '_' | '`' | '$' | '"' | '\'' | '“' | '”' | '‘' | '’' | '\\');
    answer.trim().chars().map(narrow).filter(kept).collect()
}

/// A letter in a text.
#[derive(Debug, Clone, Copy)]
struct Label {
    option: usize,
    /// Behind it, its bracket and its 번 included.
    end: usize,
    /// Marked as an option: `(B)`, `B)`, `3번`, `③`.
    marked: bool,
}

struct Text {
    chars: Vec<char>,
    options: usize,
}

impl Text {
    fn at(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    /// Whether a word may begin here. A letter may follow Hangul.
    fn fresh(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.at(before));
        before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-')
    }

    fn spaces(&self, mut at: usize) -> usize {
        while self.at(at).is_some_and(char::is_whitespace) {
            at += 1;
        }
        at
    }

    /// The Latin word here, in lower case, and where it ends.
    fn word(&self, at: usize) -> (String, usize) {
        let word: String = self.chars.iter().skip(at).take_while(|c| c.is_ascii_alphabetic()).collect();
        let end = at + word.len();
        (word.to_ascii_lowercase(), end)
    }

    /// Where a text that stands here ends.
    fn after(&self, at: usize, text: &str) -> Option<usize> {
        let mut end = at;
        for c in text.chars() {
            if self.at(end) != Some(c) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    /// The rest of the line holds nothing but a period.
    fn ends(&self, at: usize) -> bool {
        let rest = self.chars.iter().skip(at).take_while(|c| **c != '\n');
        rest.clone().all(|c| c.is_whitespace() || *c == '.')
    }

    fn label(&self, start: usize) -> Option<Label> {
        let open = self.at(start).is_some_and(|c| matches!(c, '(' | '[' | '{' | '<' | '「'));
        let at = start + usize::from(open);
        let first = self.at(at)?;
        let (option, mut end, number) = match first {
            '①'..='⑨' => (usize::try_from(u32::from(first) - 0x2460).ok()?, at + 1, true),
            '1'..='9' => {
                let digit = usize::try_from(first.to_digit(10)?).ok()?;
                (digit - 1, self.after(self.spaces(at + 1), "번")?, true)
            }
            _ if first.is_ascii_alphabetic() => (option_of(first)?, at + 1, false),
            _ => return None,
        };
        if option >= self.options {
            return None;
        }
        let closed = self.at(end).is_some_and(|c| matches!(c, ')' | ']' | '}' | '>' | '」'));
        if !number && !self.is_letter(first, end, open, closed) {
            return None;
        }
        // "(group B)" is no mark: there the bracket was opened before something else.
        let marked = number || closed && (open || !self.within_brackets(at));
        end += usize::from(closed);
        // "C번"
        end = if number { end } else { self.after(end, "번").unwrap_or(end) };
        Some(Label { option, end, marked })
    }

    /// Whether a bracket is open here.
    fn within_brackets(&self, at: usize) -> bool {
        let before = || self.chars.iter().take(at);
        before().filter(|c| **c == '(').count() > before().filter(|c| **c == ')').count()
    }

    /// Whether a letter stands for an option and is not a word or part of one.
    fn is_letter(&self, letter: char, end: usize, open: bool, closed: bool) -> bool {
        let next = self.at(end);
        let then = self.at(end + 1);
        if next.is_some_and(|c| c.is_ascii_alphanumeric()) {
            return false;
        }
        // "B-cell", "A/G", "A.D."
        if matches!(next, Some('-' | '–' | '/' | '.' | '+')) && then.is_some_and(|c| c.is_ascii_alphanumeric()) {
            return next == Some('/') && self.label(end + 1).is_some();
        }
        if closed {
            return true;
        }
        if letter.is_ascii_lowercase() {
            return !open && self.ends(end);
        }
        if letter == 'A' && !open && next == Some(' ') {
            let begin = self.spaces(end);
            let (word, _) = self.word(begin);
            let article = self.at(begin).is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            return !article || AFTER_A.contains(&word.as_str());
        }
        true
    }

    /// Whether what follows a letter takes it back.
    fn denied(&self, label: &Label) -> bool {
        let mut at = label.end;
        for particle in ["은", "는", "이", "가"] {
            at = self.after(at, particle).unwrap_or(at);
        }
        at = self.spaces(at);
        if ["아니", "아닌", "아닙", "틀", "오답"].iter().any(|no| self.after(at, no).is_some()) {
            return true;
        }
        let (verb, end) = self.word(at);
        let (word, _) = self.word(self.spaces(end));
        verb == "isnt" || verb == "is" && (DENYING.contains(&word.as_str()) || word == "never")
    }

    /// The letter and those that it is given together with: "A or B".
    fn with_others(&self, label: Label, found: &mut BTreeSet<usize>) {
        if self.denied(&label) {
            return;
        }
        found.insert(label.option);
        let at = self.spaces(label.end);
        for joiner in ["or", "and", "또는", "혹은", "및", ",", "/", "&", "이나", "나", "과", "와"] {
            if let Some(other) = self.after(at, joiner).and_then(|end| self.label(self.spaces(end))) {
                return self.with_others(other, found);
            }
        }
        // The options said again: "Answer: A) …" and B) on the next line.
        if let Some(next) = self.next_line(label.end).and_then(|line| self.label(line))
            && (next.marked || self.listed(&next))
            && (label.marked || self.listed(&label))
            && next.option == label.option + 1
        {
            found.insert(next.option);
        }
    }

    /// `B.` or `B:` before a text.
    fn listed(&self, label: &Label) -> bool {
        matches!(self.at(label.end), Some('.' | ':')) && !self.ends(label.end + 1)
    }

    fn next_line(&self, at: usize) -> Option<usize> {
        let line = self.chars.iter().skip(at).position(|c| *c == '\n')?;
        Some(self.spaces(at + line))
    }

    /// Letters after a cue.
    fn stated(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for at in 0..self.chars.len() {
            if let Some(end) = self.cue(at)
                && let Some(label) = self.stated_after(end)
            {
                self.with_others(label, &mut found);
            }
        }
        found
    }

    /// Where a cue that begins here ends.
    fn cue(&self, at: usize) -> Option<usize> {
        if self.at(at) == Some('답') {
            let before = at.checked_sub(1).and_then(|before| self.at(before));
            return (before != Some('오')).then_some(at + 1);
        }
        if !self.fresh(at) {
            return None;
        }
        let (word, end) = self.word(at);
        (CUES.contains(&word.as_str()) && !self.denied_before(at)).then_some(end)
    }

    /// "the wrong answer is", "I would not choose".
    fn denied_before(&self, at: usize) -> bool {
        let before: String = self.chars.iter().take(at).collect();
        let last = before.trim_end().rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        DENYING.contains(&last.to_ascii_lowercase().as_str())
    }

    fn stated_after(&self, mut at: usize) -> Option<Label> {
        for _ in 0..=FAR {
            while self.at(at).is_some_and(|c| c.is_whitespace() || matches!(c, ':' | '=' | '-' | '–' | '>' | '→')) {
                at += 1;
            }
            if let Some(label) = self.label(at) {
                return Some(label);
            }
            let (word, end) = self.word(at);
            if BETWEEN.contains(&word.as_str()) {
                at = end;
            } else {
                at = BETWEEN_KOREAN.iter().find_map(|between| self.after(at, between))?;
            }
        }
        None
    }

    /// Letters that are marked as options.
    fn marked(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for at in 0..self.chars.len() {
            if !self.fresh(at) {
                continue;
            }
            let Some(label) = self.label(at) else { continue };
            let begins_line = self.begins_line(at);
            let leads = at == 0 || begins_line && self.listed(&label);
            if leads || label.marked || self.named(at) || self.said_right(&label) {
                self.with_others(label, &mut found);
            }
        }
        found
    }

    fn begins_line(&self, at: usize) -> bool {
        let before = self.chars.iter().take(at).rev().find(|c| !matches!(c, ' ' | '\t'));
        before.is_none_or(|c| *c == '\n')
    }

    /// "option B", "보기 B"
    fn named(&self, at: usize) -> bool {
        let before: String = self.chars.iter().take(at).collect();
        let before = before.trim_end().to_lowercase();
        ["option", "choice", "letter", "보기", "선택지"].iter().any(|name| before.ends_with(name))
    }

    /// "B is correct", "B가 정답"
    fn said_right(&self, label: &Label) -> bool {
        let mut at = label.end;
        if self.at(at).is_some_and(is_hangul) {
            at = ["이", "가", "은", "는"].iter().find_map(|particle| self.after(at, particle)).unwrap_or(at);
            at = self.spaces(at);
            return ["정답", "답", "맞", "옳"].iter().any(|right| self.after(at, right).is_some());
        }
        let (verb, end) = self.word(self.spaces(at));
        let (mut word, end) = self.word(self.spaces(end));
        if word == "the" {
            word = self.word(self.spaces(end)).0;
        }
        verb == "is" && ["correct", "right", "best", "answer"].contains(&word.as_str())
    }
}
