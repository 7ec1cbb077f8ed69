//! Whether a question tells of danger, by patterns of `assets/consult/redflags.toml`.
//!
//! A *sign* is a set of groups of words of which one each stands in a sentence, close together. It counts unless an
//! *exception* takes it away: it is denied, it is of the past, it is to be prevented, or the question is about
//! knowledge rather than about somebody. A missed danger is worse than a needless card, so that what is told as
//! happening now outweighs the exceptions that look at the whole sentence.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::text::Lang;
use serde::{Deserialize, Serialize};

use crate::asset::{self, AssetError};
use crate::pattern::{AnyOf, Span};
use crate::text::{Folded, is_hangul};

const FILE: &str = "redflags.toml";

/// Words between a cue and the sign behind it, where an exception does not say so itself.
const WORDS: usize = 3;

/// Letters behind a sign in which an *or* makes it part of a list.
const OR_BEHIND: usize = 10;

/// The kinds of danger that get a fixed card. Which sources name the signs stands beside the patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedFlag {
    /// Acute coronary syndrome.
    ChestPain,
    /// Stroke.
    Stroke,
    /// Anaphylaxis, swelling of the airway.
    Anaphylaxis,
    /// Overdose or poisoning.
    Overdose,
    /// Thoughts of suicide, self-harm.
    Suicide,
    /// Severe trouble breathing.
    Breathing,
    /// Severe bleeding.
    Bleeding,
    /// Seizure.
    Seizure,
    /// Reduced consciousness.
    Unconscious,
    /// Emergencies of pregnancy.
    Pregnancy,
}

/// What a question tells of danger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signs {
    /// The dangers, in order of the enum; empty when there is none.
    pub flags: Vec<RedFlag>,
    /// Language of the question: that of the card.
    pub lang: Lang,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    /// Letters between the first and the last word of a sign, where it does not say so itself.
    near: usize,
    words: WordsForm,
    #[serde(default)]
    groups: BTreeMap<String, Vec<String>>,
    sign: Vec<SignForm>,
    exception: Vec<ExceptionForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsForm {
    hide: Vec<String>,
    present: Vec<String>,
    contrast: Vec<String>,
    or: Vec<String>,
    link: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignForm {
    flag: RedFlag,
    all: Vec<Vec<String>>,
    near: Option<usize>,
    #[serde(default)]
    firm: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionForm {
    /// For the reader.
    #[serde(rename = "id")]
    _id: String,
    #[serde(default)]
    flags: Vec<RedFlag>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    after_not: Vec<String>,
    #[serde(default)]
    anywhere: Vec<String>,
    #[serde(default)]
    together: Vec<Vec<String>>,
    words: Option<usize>,
    #[serde(default)]
    list: bool,
    #[serde(default)]
    firm_too: bool,
}

#[derive(Debug)]
struct Sign {
    flag: RedFlag,
    all: Vec<AnyOf>,
    near: usize,
    firm: bool,
}

#[derive(Debug)]
struct Exception {
    flags: Vec<RedFlag>,
    before: AnyOf,
    after: AnyOf,
    after_not: AnyOf,
    anywhere: AnyOf,
    together: Vec<AnyOf>,
    /// Words between a cue and the sign behind it.
    words: usize,
    list: bool,
    firm_too: bool,
}

/// The patterns of danger.
#[derive(Debug)]
pub struct RedFlags {
    hide: AnyOf,
    present: AnyOf,
    contrast: AnyOf,
    or: AnyOf,
    link: AnyOf,
    signs: Vec<Sign>,
    exceptions: Vec<Exception>,
}

/// A sign that was found: the words of its groups.
#[derive(Debug)]
struct Found<'s> {
    sign: &'s Sign,
    words: Vec<Span>,
}

impl Found<'_> {
    fn span(&self) -> Span {
        let from = self.words.iter().map(|w| w.from).min().unwrap_or_default();
        let to = self.words.iter().map(|w| w.to).max().unwrap_or_default();
        Span { from, to }
    }
}

/// One sentence of a question.
struct Sentence<'t> {
    text: &'t Folded,
    within: (usize, usize),
    /// Letters that belong to a sign.
    told: BTreeSet<usize>,
    present: bool,
}

impl RedFlags {
    /// Reads the patterns.
    ///
    /// # Errors
    /// When the file is not of the form, or holds a pattern that is none.
    pub fn read(text: &str) -> Result<Self, AssetError> {
        let form: FileForm = asset::read(FILE, text)?;
        let fault = |message: String| AssetError::new(FILE, message);
        let expand = |list: &[String]| {
            let mut all = Vec::new();
            for entry in list {
                match entry.strip_prefix('@') {
                    None => all.push(entry.clone()),
                    Some(name) => all.extend_from_slice(
                        form.groups.get(name).ok_or_else(|| fault(format!("there is no group `{name}`")))?,
                    ),
                }
            }
            AnyOf::read(&all).map_err(fault)
        };
        let signs = form.sign.iter().map(|sign| {
            if sign.all.is_empty() || sign.all.iter().any(Vec::is_empty) {
                return Err(fault(format!("a sign of {:?} has no words", sign.flag)));
            }
            let all = sign.all.iter().map(|group| expand(group)).collect::<Result<_, _>>()?;
            Ok(Sign { flag: sign.flag, all, near: sign.near.unwrap_or(form.near), firm: sign.firm })
        });
        let exceptions = form.exception.iter().map(|e| {
            Ok(Exception {
                flags: e.flags.clone(),
                before: expand(&e.before)?,
                after: expand(&e.after)?,
                after_not: expand(&e.after_not)?,
                anywhere: expand(&e.anywhere)?,
                together: e.together.iter().map(|group| expand(group)).collect::<Result<_, _>>()?,
                words: e.words.unwrap_or(WORDS),
                list: e.list,
                firm_too: e.firm_too,
            })
        });
        Ok(Self {
            hide: expand(&form.words.hide)?,
            present: expand(&form.words.present)?,
            contrast: expand(&form.words.contrast)?,
            or: expand(&form.words.or)?,
            link: expand(&form.words.link)?,
            signs: signs.collect::<Result<_, AssetError>>()?,
            exceptions: exceptions.collect::<Result<_, AssetError>>()?,
        })
    }

    /// The dangers that a question tells of, and its language.
    #[must_use]
    pub fn red_flags(&self, question: &str) -> Signs {
        let mut text = Folded::new(question);
        for span in self.hide.find(&text, (0, text.chars.len())) {
            text.blank(span.from, span.to);
        }
        let mut flags = BTreeSet::new();
        for within in text.sentences() {
            let found: Vec<Found<'_>> = self.signs.iter().flat_map(|sign| found(sign, &text, within)).collect();
            let told = found.iter().flat_map(|f| &f.words).flat_map(|w| w.from..w.to).collect();
            let sentence = Sentence { text: &text, within, told, present: self.present.stands_in(&text, within) };
            flags.extend(found.iter().filter(|f| !self.excepted(f, &sentence)).map(|f| f.sign.flag));
        }
        Signs { flags: flags.into_iter().collect(), lang: language(question) }
    }

    fn excepted(&self, found: &Found<'_>, sentence: &Sentence<'_>) -> bool {
        let applies = |e: &&Exception| {
            (e.flags.is_empty() || e.flags.contains(&found.sign.flag)) && (e.firm_too || !found.sign.firm)
        };
        self.exceptions.iter().filter(applies).any(|e| {
            let stands = |group: &AnyOf| group.stands_in(sentence.text, sentence.within);
            let all = !e.together.is_empty() && e.together.iter().all(stands);
            (!sentence.present && (all || stands(&e.anywhere)))
                || self.follows(e, found.span(), sentence)
                || self.precedes(e, found.span(), sentence)
        })
    }

    /// A cue that follows a sign with nothing but particles, links and other signs between: `흉통, 실신은 없`.
    fn follows(&self, exception: &Exception, sign: Span, sentence: &Sentence<'_>) -> bool {
        /// Letters that are looked through.
        const FAR: usize = 40;
        let (_, end) = sentence.within;
        let mut at = sign.to;
        while at < end && at < sign.to + FAR {
            let skip = sentence.text.get(at) == Some(' ');
            if exception.after.longest_at(sentence.text, at, end).is_some()
                && exception.after_not.longest_at(sentence.text, at, end).is_none()
            {
                return true;
            }
            at = if skip || sentence.told.contains(&at) {
                at + 1
            } else if let Some(next) = self.link.longest_at(sentence.text, at, end) {
                next
            } else {
                return false;
            };
        }
        false
    }

    /// A cue that stands a few words before a sign, without a contrast between. A cue for a list, `denies fever,
    /// chest pain or cough`, reaches over commas when an *or* stands before or right behind the sign.
    fn precedes(&self, exception: &Exception, sign: Span, sentence: &Sentence<'_>) -> bool {
        const WORDS_OF_LIST: usize = 14;
        let (text, (start, end)) = (sentence.text, sentence.within);
        exception.before.find(text, (start, sign.from)).iter().any(|cue| {
            let gap = (cue.to, sign.from);
            if self.contrast.stands_in(text, gap) {
                return false;
            }
            let letters = text.chars.get(gap.0..gap.1).unwrap_or_default();
            let words = letters.split(|c| !c.is_alphanumeric()).filter(|w| !w.is_empty()).count();
            let behind = (sign.to, end.min(sign.to + OR_BEHIND));
            let or = self.or.stands_in(text, gap) || self.or.stands_in(text, behind);
            let listed = exception.list && !sentence.present && or;
            if listed { words <= WORDS_OF_LIST } else { words <= exception.words && !letters.contains(&',') }
        })
    }
}

/// Every place where the words of a sign stand close together.
fn found<'s>(sign: &'s Sign, text: &Folded, within: (usize, usize)) -> Vec<Found<'s>> {
    let mut places = sign.all.iter().map(|group| group.find(text, within));
    let Some(first) = places.next() else { return Vec::new() };
    let others: Vec<Vec<Span>> = places.collect();
    let distance =
        |a: Span, b: Span| if a.from <= b.from { b.from.saturating_sub(a.to) } else { a.from.saturating_sub(b.to) };
    let around = |anchor: Span| {
        let nearest = others.iter().map(|spans| {
            // What lies inside the other word is no second word.
            let apart = spans.iter().filter(|s| s.to <= anchor.from || anchor.to <= s.from);
            apart.min_by_key(|span| distance(anchor, **span)).copied()
        });
        let mut words = nearest.collect::<Option<Vec<Span>>>()?;
        words.push(anchor);
        let found = Found { sign, words };
        let Span { from, to } = found.span();
        (to - from <= sign.near + found.words.iter().map(|w| w.to - w.from).sum::<usize>()).then_some(found)
    };
    first.into_iter().filter_map(around).collect()
}

/// The language of a text by its letters. A Korean syllable weighs three Latin letters, so that a Korean sentence with
/// English terms in it is Korean.
#[must_use]
pub fn language(text: &str) -> Lang {
    let hangul = text.chars().filter(|c| is_hangul(*c)).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    if hangul > 0 && hangul * 3 >= latin { Lang::Ko } else { Lang::En }
}
