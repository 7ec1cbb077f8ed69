//! Where a text names drugs: whatever the names of the packs know, as whole words, Korean with particles attached.

use bogam_clinical::record::NameMatch;
use bogam_knowledge::{DrugIx, KnowledgeBase};

use crate::text::is_hangul;

/// Words of one name, at most.
const LONGEST: usize = 6;

/// Words of the name of a group of drugs, at most.
const WORDS_OF_GROUP: usize = 3;

/// What Korean glues behind a noun, the longest first.
#[rustfmt::skip]
const PARTICLES: [&str; 66] = [
    "으로부터", "이라는", "이라고", "이라도", "이라면", "에서는", "에게는", "이므로", "입니다", "이지만", "까지는", "으로는", "으로도", "에서도",
    "인가요", "이에요", "예요", "라면", "인지", "일지", "이란", "이나", "이며", "이고", "이라", "으로", "에는", "에도", "에서", "에게", "까지",
    "부터", "보다", "처럼", "만큼", "마다", "조차", "라는", "라고", "이든", "와의", "과의", "하고", "한테", "로는", "로도", "와는", "과는", "만을",
    "씩", "은", "는", "이", "가", "을", "를", "과", "와", "의", "도", "에", "로", "만", "나", "란", "며",
];

/// What is written behind a drug's name without a space.
#[rustfmt::skip]
const TAILS: [&str; 34] = [
    "치료", "복용", "투여", "용량", "요법", "제제", "계열", "농도", "수치", "병용", "중단", "사용", "처방", "주사", "정제", "캡슐", "단독", "유지",
    "증량", "감량", "성분", "효과", "중독", "금기", "대신", "때문", "관련", "환자", "알레르기", "시작", "변경", "같은", "등", "약",
];

/// Words that join two names rather than belong to one.
const BETWEEN: [&str; 9] = ["and", "or", "with", "plus", "vs", "versus", "및", "또는", "혹은"];

/// A drug that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    /// The ingredient; `None` for what must be a drug and is not known.
    pub drug: Option<DrugIx>,
    /// Where, in bytes.
    pub from: usize,
    pub to: usize,
}

#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    from: usize,
    to: usize,
    /// Words of one run may be one name; a comma, a bracket or an *and* begins another.
    run: usize,
}

/// Words that tell a drug by its end, and words for groups of drugs: what nobody here can check.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnknownNames {
    /// Ends of international names, in Latin letters and in Hangul.
    pub stems: Vec<String>,
    /// Groups of drugs, whole words.
    pub groups: Vec<String>,
    /// What ends like a drug and is none.
    pub not_names: Vec<String>,
}

/// The words of a text: a change between Hangul and other letters ends one, but not a name.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut run = 0;
    let mut from = None;
    let mut letters = text.char_indices().peekable();
    let mut kind = 0;
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map(|(_, c)| *c);
        let in_number = c == '.' && text.get(..at).is_some_and(|t| t.ends_with(|c: char| c.is_ascii_digit()));
        let is = match c {
            c if is_hangul(c) => 1,
            c if c.is_alphanumeric() || matches!(c, '%' | '\'' | '’') => 2,
            '.' if in_number && next.is_some_and(|n| n.is_ascii_digit()) => 2,
            ' ' | '-' | '\u{2010}'..='\u{2015}' | '/' | '+' | '&' | '_' | '®' | '™' => 3,
            _end => 0,
        };
        if is != kind
            && let Some(start) = from.take()
        {
            push(&mut words, text, (start, at), &mut run);
        }
        if is == 0 {
            run += 1;
        }
        if (is == 1 || is == 2) && from.is_none() {
            from = Some(at);
        }
        kind = is;
    }
    if let Some(start) = from {
        push(&mut words, text, (start, text.len()), &mut run);
    }
    words
}

fn push<'t>(words: &mut Vec<Word<'t>>, text: &'t str, (from, to): (usize, usize), run: &mut usize) {
    let Some(word) = text.get(from..to) else { return };
    if BETWEEN.contains(&word.to_lowercase().as_str()) {
        *run += 1;
    } else {
        words.push(Word { text: word, from, to, run: *run });
    }
}

/// A name as it is, and with what Korean glues to it taken off: how many bytes remain.
fn bare(name: &str) -> Vec<usize> {
    let mut all = vec![name.len()];
    if !name.ends_with(is_hangul) {
        return all;
    }
    let hangul_from = name.char_indices().rev().take_while(|(_, c)| is_hangul(*c)).last().map_or(0, |(at, _)| at);
    // A tail takes everything behind it along: `복용하시는`.
    for tail in TAILS {
        let places = name.match_indices(tail).map(|(at, _)| at);
        all.extend(places.filter(|at| *at > hangul_from || (*at == hangul_from && *at > 0)));
    }
    let mut at = 0;
    while let Some(length) = all.get(at).copied() {
        let shorter = name.get(..length).unwrap_or_default();
        for particle in PARTICLES {
            if let Some(rest) = shorter.strip_suffix(particle).map(str::len)
                && rest >= hangul_from
                && !all.contains(&rest)
            {
                all.push(rest);
            }
        }
        at += 1;
    }
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.dedup();
    all
}

/// Too short to be a name in running text: `철`, `K`.
fn long_enough(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if name.contains(is_hangul) { letters >= 2 } else { letters >= 3 }
}

fn drug(knowledge: &KnowledgeBase, name: &str) -> Option<(DrugIx, NameMatch)> {
    let found = if long_enough(name) { Some(knowledge.normalise(name)) } else { None }?;
    Some((found.drug?, found.matched))
}

/// Every drug that a text names, in order of the text, every time.
pub(crate) fn named(text: &str, knowledge: &KnowledgeBase, unknown: &UnknownNames) -> Vec<Named> {
    let words = words(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let longest = (1..=LONGEST).rev().find_map(|count| name_of(text, words.get(at..at + count)?, knowledge));
        match longest {
            Some((named, used)) => {
                found.push(premixed(text, named, words.get(at + used..).unwrap_or_default(), knowledge));
                at += used;
            }
            None => {
                let group = (2..=WORDS_OF_GROUP).rev().find_map(|count| group_of(words.get(at..at + count)?, unknown));
                let one =
                    || words.get(at).and_then(|word| unknown_name(word, knowledge, unknown)).map(|named| (named, 1));
                let (named, used) = group.or_else(one).unzip();
                found.extend(named);
                at += used.unwrap_or(1);
            }
        }
    }
    found
}

/// The drug that exactly these words name, and how many of them its name needs. What an order adds, `5 mg tablets`, is
/// left out of it.
fn name_of(text: &str, words: &[Word<'_>], knowledge: &KnowledgeBase) -> Option<(Named, usize)> {
    let (first, last) = (words.first()?, words.last()?);
    if first.run != last.run || !first.text.starts_with(char::is_alphanumeric) {
        return None;
    }
    let whole = text.get(first.from..last.to)?;
    let (end, ix, matched) = bare(whole).into_iter().find_map(|length| {
        let name = whole.get(..length)?.trim_end();
        let (ix, matched) = drug(knowledge, name)?;
        Some((first.from + name.len(), ix, matched))
    })?;
    // A name with no more words than it needs; its own name needs all.
    let spare = (matched != NameMatch::Exact).then(|| {
        (1..words.len()).find_map(|count| {
            let shorter = words.get(..count)?;
            let to = shorter.last()?.to;
            (drug(knowledge, text.get(first.from..to)?)?.0 == ix).then_some((shorter, to))
        })
    });
    let (words, to) = spare.flatten().unwrap_or((words, end));
    // The first word must be needed too, else the name begins later: `oral warfarin`.
    if let Some((_, rest)) = words.split_first()
        && matched != NameMatch::Exact
        && let Some(next) = rest.first()
        && text.get(next.from..to).and_then(|name| drug(knowledge, name)).map(|(d, _)| d) == Some(ix)
    {
        return None;
    }
    Some((Named { drug: Some(ix), from: first.from, to }, words.len()))
}

/// `insulin 70/30` is no plain insulin: what a ratio behind it makes unknown is unknown.
fn premixed(text: &str, named: Named, behind: &[Word<'_>], knowledge: &KnowledgeBase) -> Named {
    let number = |word: &Word<'_>| word.text.chars().all(|c| c.is_ascii_digit());
    let [first, second, ..] = behind else { return named };
    let joined = text.get(first.to..second.from) == Some("/")
        && text.get(named.to..first.from).is_some_and(|gap| gap.trim().is_empty());
    if !joined || !number(first) || !number(second) {
        return named;
    }
    let mixture = text.get(named.from..second.to).and_then(|name| drug(knowledge, name));
    if mixture.is_some() { named } else { Named { drug: None, from: named.from, to: second.to } }
}

/// Several words that name a group of drugs: `ACE inhibitors`, `beta-blocker`.
fn group_of(words: &[Word<'_>], unknown: &UnknownNames) -> Option<(Named, usize)> {
    let (first, last) = (words.first()?, words.last()?);
    let name = words.iter().map(|word| word.text.to_lowercase()).collect::<Vec<_>>().join(" ");
    let singular = name.strip_suffix('s').unwrap_or(&name);
    let known = first.run == last.run && unknown.groups.iter().any(|group| group == singular || *group == name);
    known.then_some((Named { drug: None, from: first.from, to: last.to }, words.len()))
}

/// A word that ends like the name of a drug, or names a group of drugs, and is none of the packs.
fn unknown_name(word: &Word<'_>, knowledge: &KnowledgeBase, unknown: &UnknownNames) -> Option<Named> {
    let lower = word.text.to_lowercase();
    let length = bare(&lower).into_iter().find(|length| {
        let name = lower.get(..*length).unwrap_or_default();
        let stem = |stem: &String| name.len() > stem.len() && name.ends_with(stem.as_str());
        let letters = name.chars().count();
        let long = if name.contains(is_hangul) { letters >= 4 } else { letters >= 6 };
        let plural = name.strip_suffix('s').unwrap_or(name);
        let group = unknown.groups.iter().any(|group| group == name || group == plural);
        let like_one = long && unknown.stems.iter().any(stem);
        let none = unknown.not_names.iter().any(|other| other == name)
            || knowledge.normalise(name).matched == NameMatch::NotADrug;
        (group || like_one) && !none
    })?;
    // Lower case may be of another length; then the whole word is given.
    let to = if lower.len() == word.text.len() { word.from + length } else { word.to };
    Some(Named { drug: None, from: word.from, to })
}
