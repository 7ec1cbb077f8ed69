//! Cleaning of texts that people wrote or pages gave: what is changed in one, and what one is dropped for.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use crate::chance::{Chance, Purpose};
use crate::samples::{Answer, Fate, Language, Message, ReadReport, Sample};

/// The longest run of one character that stays.
const LONGEST_RUN: usize = 4;

/// Lines that say nothing of the matter. A line that holds one of them, and not much else, is taken out.
const BOILERPLATE: [&str; 16] = [
    "도움이 되셨",
    "도움이 되었",
    "도움되시",
    "답변 드리겠습니다",
    "답변드리겠습니다",
    "문의 주셔서 감사",
    "질문 주셔서 감사",
    "채택 부탁",
    "하이닥",
    "네이버 지식",
    "저작권",
    "무단 전재",
    "all rights reserved",
    "click here",
    "subscribe to",
    "hope this helps",
];

/// A line of boilerplate is no longer than this, in characters.
const LONGEST_BOILERPLATE: usize = 80;

/// Cleans a text, and says what was changed.
pub(crate) fn text(given: &str, answer: bool, changes: &mut BTreeSet<Fate>) -> String {
    let mut step = |fate: Fate, before: &str, after: String| {
        if after != before {
            changes.insert(fate);
        }
        after
    };
    let text = step(Fate::Normalized, given, given.nfc().collect());
    let text = step(Fate::BrokenCharacters, &text, text.chars().filter(|c| !broken(*c)).collect());
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = step(Fate::ControlCharacters, &lines, lines.chars().filter(|c| !invisible(*c)).collect());
    let text = step(Fate::Markup, &text, without_markup(&text));
    let text = step(Fate::RepeatedCharacters, &text, without_runs(&text));
    let text = step(Fate::ContactDetails, &text, without_contacts(&text));
    let text = if answer { step(Fate::Boilerplate, &text, without_boilerplate(&text)) } else { text };
    text.trim().to_owned()
}

/// Private use, and what a wrong decoding leaves.
const fn broken(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}' | '\u{FFFD}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Control characters but line end and tab, marks without a width, and marks of direction.
fn invisible(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{00AD}')
}

/// Tags become nothing (those that end a line a line end), the usual entities what they stand for. `<` before anything but a
/// name stays: it says "less than".
fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let inside = after.find('>').and_then(|end| after.split_at_checked(end));
        match inside {
            Some((tag, tail)) if is_tag(tag) => {
                let name = tag.trim_start_matches('/').to_ascii_lowercase();
                if ["br", "p", "div", "li", "tr"]
                    .iter()
                    .any(|n| name == *n || name.starts_with(&format!("{n} ")) || name.starts_with(&format!("{n}/")))
                {
                    out.push('\n');
                }
                rest = tail.strip_prefix('>').unwrap_or(tail);
            }
            Some(_) | None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    let entities = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.into_iter().fold(out, |text, (from, to)| text.replace(from, to))
}

fn is_tag(inside: &str) -> bool {
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let known = [
        "a", "b", "br", "p", "div", "span", "li", "ul", "ol", "i", "u", "em", "strong", "img", "table", "tr", "td",
        "th", "font", "h1", "h2", "h3", "h4", "hr", "script", "style", "sup", "sub", "center", "iframe", "tbody",
    ];
    let first: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
    let after = name.chars().nth(first.len());
    known.contains(&first.to_ascii_lowercase().as_str()) && matches!(after, None | Some(' ' | '/' | '\n'))
}

fn without_runs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut last, mut run) = (None, 0);
    for c in text.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        // Digits are numbers: 100000 stays.
        if run <= LONGEST_RUN || c.is_ascii_digit() {
            out.push(c);
        }
    }
    out
}

/// Words that are an e-mail address, a web address or a telephone number become `[removed]`, and so does a Korean name before a
/// doctor's title.
fn without_contacts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let space = piece.strip_prefix(word).unwrap_or_default();
        let bare = word.trim_matches(|c: char| "()[]<>,.;:!?\"'".contains(c));
        if is_address(bare) || is_telephone(bare) {
            let (before, after) = word.split_once(bare).unwrap_or_default();
            out.extend([before, "[removed]", after, space]);
        } else {
            out.push_str(piece);
        }
    }
    without_names(&out)
}

fn is_address(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let web = lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.");
    let mail = lower.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
    });
    web || mail
}

/// `02-123-4567`, `010-1234-5678`, `1588-1234`, `+82-10-1234-5678`: groups of digits between hyphens, of which the last has four.
fn is_telephone(word: &str) -> bool {
    let digits = word.strip_prefix('+').unwrap_or(word);
    let groups: Vec<&str> = digits.split('-').collect();
    let even = groups.iter().all(|g| (1..=4).contains(&g.len()) && g.chars().all(|c| c.is_ascii_digit()));
    let count = digits.chars().filter(char::is_ascii_digit).count();
    let starts = word.starts_with('+') || word.starts_with('0') || word.starts_with('1');
    even && groups.len() >= 2
        && groups.last().is_some_and(|g| g.len() == 4)
        && (8..=13).contains(&count)
        && starts
        && count != 8
        || even && groups.len() == 2 && word.starts_with("15") && count == 8
}

/// `홍길동 원장`, `의사 홍길동입니다`: three syllables of Hangul beside the title of a doctor.
fn without_names(text: &str) -> String {
    const AFTER: [&str; 4] = ["원장", "전문의", "교수", "선생님"];
    const BEFORE: [&str; 3] = ["의사", "전문의", "상담의"];
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    let hangul = |c: char| ('\u{AC00}'..='\u{D7A3}').contains(&c);
    let is_name = |word: &str| word.chars().count() == 3 && word.chars().all(hangul) && starts_with_surname(word);
    let mut out = String::with_capacity(text.len());
    for (i, piece) in words.iter().enumerate() {
        let word = piece.trim();
        let next = words.get(i + 1).map_or("", |w| w.trim());
        let previous = i.checked_sub(1).and_then(|i| words.get(i)).map_or("", |w| w.trim());
        let said = word.strip_suffix("입니다.").or_else(|| word.strip_suffix("입니다"));
        if is_name(word) && AFTER.iter().any(|title| next.starts_with(title)) {
            out.push_str(&piece.replacen(word, "[removed]", 1));
        } else if let Some(name) = said.filter(|name| is_name(name) && BEFORE.contains(&previous)) {
            out.push_str(&piece.replacen(name, "[removed]", 1));
        } else {
            out.push_str(piece);
        }
    }
    out
}

/// The commonest surnames, which more than nine of ten persons have.
fn starts_with_surname(word: &str) -> bool {
    word.starts_with(|c: char| "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염여추도석선설".contains(c))
}

fn without_boilerplate(text: &str) -> String {
    let keeps = |line: &&str| {
        let lower = line.to_lowercase();
        let short = line.chars().count() <= LONGEST_BOILERPLATE;
        !(short && BOILERPLATE.iter().any(|phrase| lower.contains(phrase)))
    };
    text.split('\n').filter(keeps).collect::<Vec<&str>>().join("\n")
}

/// What a cleaned record is dropped for.
pub(crate) fn unfit(messages: &[Message], answer: &str, language: Option<Language>) -> Option<Fate> {
    if !messages.iter().any(|m| m.role == "user" && !m.content.is_empty()) {
        return Some(Fate::NoPrompt);
    }
    if !answer.chars().any(char::is_alphanumeric) {
        return Some(Fate::NoAnswer);
    }
    if language.is_some_and(|language| !is_of(answer, language)) {
        return Some(Fate::WrongLanguage);
    }
    is_cut(answer).then_some(Fate::CutAnswer)
}

/// At least half of the letters are of the language's script.
fn is_of(text: &str, language: Language) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (all, own) = letters.fold((0_u32, 0_u32), |(all, own), c| {
        let fits = match language {
            Language::Ko => ('\u{AC00}'..='\u{D7A3}').contains(&c),
            Language::En => c.is_ascii_alphabetic(),
        };
        (all + 1, own + u32::from(fits))
    });
    own * 2 >= all
}

/// A longer answer that ends in the middle: on a comma, a conjunction, or a Korean particle that wants a word after it.
fn is_cut(answer: &str) -> bool {
    const OPEN: [&str; 14] =
        ["은", "는", "을", "를", "의", "에", "와", "과", "및", "또는", "그리고", " and", " or", " the"];
    let end = answer.trim_end();
    end.chars().count() > 30 && (end.ends_with([',', ':', '(', '-']) || OPEN.iter().any(|open| end.ends_with(open)))
}

/// A hash of question and answer, spaces and case aside.
pub(crate) fn digest(sample: &Sample) -> [u8; 32] {
    let mut digest = Sha256::new();
    for word in words(sample) {
        digest.update(word.as_bytes());
        digest.update([0]);
    }
    digest.finalize().into()
}

fn words(sample: &Sample) -> Vec<String> {
    let answer = match &sample.answer {
        Answer::Text(text) => text.clone(),
        Answer::List(items) => items.join(" "),
    };
    let texts = sample.messages.iter().map(|m| m.content.as_str()).chain([answer.as_str()]);
    texts.flat_map(str::split_whitespace).map(str::to_lowercase).collect()
}

/// Hash functions of a signature, in bands of [`ROWS`]: records with a Jaccard similarity of 0.85 share a band with a probability of
/// 0.9999, those of 0.5 with one of 0.3; candidates are then compared by the whole signature.
const HASHES: usize = 128;
const ROWS: usize = 5;
/// The estimated similarity from which a record counts as nearly the same.
const NEAR: f64 = 0.85;

/// Leaves out texts that are nearly those of an earlier record (MinHash, Broder 1997, over runs of three words). Lists of drugs
/// are left alone: two admissions that read alike are two.
pub(crate) fn without_near_duplicates(samples: Vec<Sample>, report: &mut ReadReport) -> Vec<Sample> {
    let mut chance = Chance::new(0, Purpose::MinHash, &[]);
    let seeds: Vec<u64> = (0..HASHES).map(|_| chance.bits() | 1).collect();
    let mut bands: BTreeMap<(usize, Vec<u64>), Vec<usize>> = BTreeMap::new();
    let mut signatures: Vec<Vec<u64>> = Vec::new();
    let mut kept = Vec::with_capacity(samples.len());
    for sample in samples {
        if matches!(sample.answer, Answer::List(_)) {
            kept.push(sample);
            continue;
        }
        let signature = signature(&words(&sample), &seeds);
        let keys = || signature.chunks(ROWS).enumerate().map(|(i, band)| (i, band.to_vec()));
        let candidates: BTreeSet<usize> = keys().filter_map(|key| bands.get(&key)).flatten().copied().collect();
        let near = candidates.into_iter().any(|other| {
            let same = signatures.get(other).into_iter().flatten().zip(&signature).filter(|(a, b)| a == b).count();
            crate::ops::real(same) >= NEAR * crate::ops::real(HASHES)
        });
        if near {
            report.drop(Fate::NearDuplicate, sample.line);
            continue;
        }
        for key in keys() {
            bands.entry(key).or_default().push(signatures.len());
        }
        signatures.push(signature);
        kept.push(sample);
    }
    kept
}

fn signature(words: &[String], seeds: &[u64]) -> Vec<u64> {
    let shingles: BTreeSet<u64> = words.windows(3.min(words.len()).max(1)).map(hash_of).collect();
    let least = |seed: &u64| {
        // Multiply and shift: each odd factor is another order of the shingles.
        let mixed =
            |shingle: &u64| (shingle ^ seed).wrapping_mul(*seed).rotate_left(31).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        shingles.iter().map(mixed).min().unwrap_or(u64::MAX)
    };
    seeds.iter().map(least).collect()
}

fn hash_of(words: &[String]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    // FNV-1a, then mixed.
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3));
    Chance::new(hash, Purpose::MinHash, &[]).bits()
}
