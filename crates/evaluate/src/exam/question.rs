//! Questions as they stand in files, one JSON object a line.
//!
//! The shapes of published sets are read: options as an object by letter (or number) or as a list; the right one as a
//! letter, an index, or its text, in `gold`, `answer_idx` or `answer`. Where several of these stand, they must agree.
//! Whether indices count from 0 or from 1 is found over the whole file; where a file does not tell, it is refused.

use std::collections::BTreeSet;
use std::fmt;

use bogam_clinical::text::Lang;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// The letters that options are named by, at most so many.
const LETTERS: [char; 10] = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J'];

/// A line, as far as it is used.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct QuestionLine {
    #[serde(alias = "realidx", alias = "question_id")]
    id: Option<Scalar>,
    question: String,
    options: Options,
    gold: Option<Scalar>,
    answer_idx: Option<Scalar>,
    answer: Option<Scalar>,
}

/// A number or a text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, expecting = "an id or a right option must be a text or a whole number")]
enum Scalar {
    Number(i64),
    Text(String),
}

/// Options as they stand: with keys, or in order.
#[derive(Debug, Clone, PartialEq)]
enum Options {
    Keyed(Vec<(String, String)>),
    Listed(Vec<String>),
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Options;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("options as an object of texts by letter, or as a list of texts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Options, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Options::Keyed(all))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Options, A::Error> {
                let mut all = Vec::new();
                while let Some(text) = list.next_element()? {
                    all.push(text);
                }
                Ok(Options::Listed(all))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A question that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id in the file, else its line.
    pub id: String,
    /// Its line in the file, from 1.
    pub line: u64,
    /// The question.
    pub text: String,
    /// Two to ten options; the first is A.
    pub options: Vec<String>,
    /// Which of them is right, from 0.
    pub gold: usize,
    /// Korean when its text holds Hangul.
    pub language: Lang,
}

/// The questions of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Questions {
    /// In the order of the file.
    pub all: Vec<Question>,
    /// What indices of right options count from, where the file has such.
    pub answers_from: Option<u8>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub problem: String,
}

/// The letter of an option, counted from 0; `?` beyond the letters, which no question reaches.
#[must_use]
pub fn letter_of(option: usize) -> char {
    LETTERS.get(option).copied().unwrap_or('?')
}

/// The option of a letter, in either case.
pub(super) fn option_of(letter: char) -> Option<usize> {
    LETTERS.iter().position(|l| *l == letter.to_ascii_uppercase())
}

/// What a field says of the right option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stated {
    Option(usize),
    Index(i64),
}

impl Stated {
    fn option(self, from: i64) -> Option<usize> {
        match self {
            Self::Option(option) => Some(option),
            Self::Index(index) => usize::try_from(index.checked_sub(from)?).ok(),
        }
    }
}

/// A line of which only the count of indices is open.
struct Draft {
    id: String,
    line: u64,
    text: String,
    options: Vec<String>,
    stated: Vec<(&'static str, Stated)>,
}

/// Reads the lines of a file, each with its number; a line that was no object of this shape comes as its fault.
///
/// # Errors
/// All faults of the file: it is used whole or not at all, because figures over a part would pass for those of the whole.
pub fn read_questions(
    lines: impl IntoIterator<Item = (u64, Result<QuestionLine, String>)>,
) -> Result<Questions, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut drafts = Vec::new();
    let mut ids = BTreeSet::new();
    for (line, read) in lines {
        let draft = read.and_then(|read| draft(line, read)).and_then(|draft| {
            let seen = !ids.insert(draft.id.clone());
            if seen {
                Err(format!("the id `{}` stood in an earlier line; give every question its own", draft.id))
            } else {
                Ok(draft)
            }
        });
        match draft {
            Ok(draft) => drafts.push(draft),
            Err(problem) => faults.push(Fault { line, problem }),
        }
    }
    let of_lines = faults.len();
    let from = count_from(&drafts, &mut faults);
    if faults.len() > of_lines {
        faults.sort_by_key(|fault| fault.line);
        return Err(faults);
    }
    let base = from.unwrap_or(0);
    let all: Vec<Question> = drafts
        .into_iter()
        .filter_map(|draft| {
            let line = draft.line;
            finish(draft, i64::from(base)).map_err(|problem| faults.push(Fault { line, problem })).ok()
        })
        .collect();
    if faults.is_empty() {
        return Ok(Questions { all, answers_from: from });
    }
    faults.sort_by_key(|fault| fault.line);
    Err(faults)
}

fn draft(line: u64, read: QuestionLine) -> Result<Draft, String> {
    let text = read.question.trim().to_owned();
    if text.is_empty() {
        return Err("`question` is empty".to_owned());
    }
    let options = options(read.options)?;
    let fields = [("gold", read.gold), ("answer_idx", read.answer_idx), ("answer", read.answer)];
    let mut stated = Vec::new();
    for (field, value) in fields {
        if let Some(value) = value {
            let said = state(field, &value, &options, !stated.is_empty())?;
            stated.push((field, said));
        }
    }
    if stated.is_empty() {
        return Err(
            "the right option is missing: give it as a letter or an index in `gold`, `answer_idx` or `answer`".into()
        );
    }
    let id = match read.id {
        Some(Scalar::Number(number)) => number.to_string(),
        Some(Scalar::Text(text)) => text,
        None => format!("line {line}"),
    };
    Ok(Draft { id, line, text, options, stated })
}

fn options(read: Options) -> Result<Vec<String>, String> {
    let options: Vec<String> = match read {
        Options::Listed(all) => all,
        Options::Keyed(mut all) => {
            all.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
            let named = |n: usize, key: &str| key == letter_of(n).to_string() || key == (n + 1).to_string();
            let letters = all.first().is_some_and(|(key, _)| key == "A");
            let whole = all
                .iter()
                .enumerate()
                .all(|(n, (key, _))| named(n, key) && key.starts_with(char::is_alphabetic) == letters);
            if !whole {
                let keys: Vec<&str> = all.iter().map(|(key, _)| key.as_str()).collect();
                return Err(format!("`options` are named {}; name them A, B, C … without a gap", keys.join(", ")));
            }
            all.into_iter().map(|(_, text)| text).collect()
        }
    };
    if !(2..=LETTERS.len()).contains(&options.len()) {
        return Err(format!("{} options; there must be 2 to {}", options.len(), LETTERS.len()));
    }
    let options: Vec<String> = options.into_iter().map(|text| text.trim().to_owned()).collect();
    match options.iter().position(String::is_empty) {
        Some(empty) => Err(format!("option {} is empty", letter_of(empty))),
        None => Ok(options),
    }
}

/// What a field says: a letter, an index, or the text of one option. Beside a field that says it already, a text is meant
/// as one.
fn state(field: &str, value: &Scalar, options: &[String], beside: bool) -> Result<Stated, String> {
    let text = match value {
        Scalar::Number(index) => return Ok(Stated::Index(*index)),
        Scalar::Text(text) => text.trim(),
    };
    let mut same = options.iter().enumerate().filter(|(_, option)| *option == text).map(|(n, _)| n);
    let by_text = match (same.next(), same.next()) {
        (Some(_), Some(_)) => return Err(format!("`{field}` is the text of two options; give the letter")),
        (option, _) => option,
    };
    if let (Some(option), true) = (by_text, beside) {
        return Ok(Stated::Option(option));
    }
    let mut chars = text.chars();
    let by_letter = match (chars.next(), chars.next()) {
        (Some(letter), None) => option_of(letter).filter(|option| *option < options.len()),
        _ => None,
    };
    let by_index: Option<i64> = text.parse().ok();
    match (by_text, by_letter, by_index) {
        (Some(option), None, None) | (None, Some(option), None) => Ok(Stated::Option(option)),
        (Some(a), Some(b), None) if a == b => Ok(Stated::Option(a)),
        (None, None, Some(index)) => Ok(Stated::Index(index)),
        (None, None, None) => {
            Err(format!("`{field}` is no letter of the {} options, no index and no option's text", options.len()))
        }
        _ => Err(format!(
            "`{field}` is the text of one option and may be the letter or index of another; give it as a letter in `gold`"
        )),
    }
}

/// What the indices of a file count from: 0 where one is 0, 1 where one is the number of its options.
fn count_from(drafts: &[Draft], faults: &mut Vec<Fault>) -> Option<u8> {
    let (mut zero, mut one, mut first) = (None, None, None);
    for draft in drafts {
        for (_, stated) in &draft.stated {
            let Stated::Index(index) = stated else { continue };
            first = first.or(Some(draft.line));
            if *index == 0 {
                zero = zero.or(Some(draft.line));
            } else if usize::try_from(*index) == Ok(draft.options.len()) {
                one = one.or(Some(draft.line));
            }
        }
    }
    match (zero, one, first) {
        (Some(zero), Some(one), _) => {
            let problem = format!(
                "the index of the right option is the number of options here and 0 in line {zero}: it must count from 0 \
                 or from 1 in the whole file"
            );
            faults.push(Fault { line: one, problem });
            None
        }
        (Some(_), None, _) => Some(0),
        (None, Some(_), _) => Some(1),
        (None, None, Some(line)) => {
            let problem =
                "no index of the file is 0 or the number of options, so that it is not known whether they count \
                           from 0 or from 1; give letters"
                    .to_owned();
            faults.push(Fault { line, problem });
            None
        }
        (None, None, None) => None,
    }
}

fn finish(draft: Draft, from: i64) -> Result<Question, String> {
    let mut gold = None;
    for (field, stated) in &draft.stated {
        let option = stated.option(from).filter(|option| *option < draft.options.len());
        let option = option.ok_or_else(|| format!("`{field}` is no index of the {} options", draft.options.len()))?;
        match gold {
            None => gold = Some((field, option)),
            Some((_, same)) if same == option => {}
            Some((other, before)) => {
                let (before, now) = (letter_of(before), letter_of(option));
                return Err(format!("`{other}` says {before} and `{field}` says {now}; which is right?"));
            }
        }
    }
    let Some((_, gold)) = gold else { return Err("the right option is missing".to_owned()) };
    let korean = std::iter::once(&draft.text).chain(&draft.options).any(|text| text.chars().any(is_hangul));
    let language = if korean { Lang::Ko } else { Lang::En };
    let Draft { id, line, text, options, stated: _ } = draft;
    Ok(Question { id, line, text, options, gold, language })
}

/// A Korean syllable.
pub(super) const fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣')
}
