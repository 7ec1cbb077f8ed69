//! Diagnoses by code or by words, in Korean or English, as they are typed.
//!
//! Titles of ICD-10-CM and ICD-9-CM come from the packs (`icd_titles.csv`); Korean names from the table of diagnoses. A
//! word of the query counts as a word of a title that it begins, or that it is with one or two letters wrong.

use std::collections::{BTreeMap, HashMap};

use bogam_clinical::case::{CodeSystem, dotted};
use bogam_clinical::text::Bilingual;

use crate::base::KnowledgeBase;

/// A diagnosis that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagnosisHit {
    /// The coding system.
    pub system: CodeSystem,
    /// The code, with its dot.
    pub code: String,
    /// Title as the classification has it.
    pub title: String,
    /// Name in both languages, where the table of diagnoses has the code or a category of it.
    pub name: Option<Bilingual>,
}

/// The index. It holds copies: it lives beside the knowledge base.
#[derive(Debug)]
pub struct DiagnosisSearch {
    entries: Vec<Entry>,
    /// Places of entries in order of code.
    by_code: Vec<usize>,
    /// Words in order, with the entries that have them.
    words: Vec<(String, Vec<u32>)>,
    /// Names in Korean as jamo, with the entry.
    korean: Vec<(Vec<char>, usize)>,
}

#[derive(Debug)]
struct Entry {
    system: CodeSystem,
    /// Without dot.
    code: String,
    title: String,
    name: Option<Bilingual>,
    /// Stands in the table of diagnoses: common.
    common: bool,
    words: u16,
}

/// How well a word of the query matches a word of a title, from best to worst.
const EXACT: u32 = 12;
const BEGINS: u32 = 9;
const ONE_WRONG: u32 = 5;
const TWO_WRONG: u32 = 3;

/// Words that alone find nothing.
const STOP: [&str; 14] =
    ["of", "the", "and", "or", "with", "without", "in", "to", "due", "by", "on", "for", "unspecified", "other"];

impl DiagnosisSearch {
    /// An index over the titles and names of a knowledge base.
    #[must_use]
    pub fn new(knowledge: &KnowledgeBase) -> Self {
        let mut entries: BTreeMap<(u8, String), Entry> = BTreeMap::new();
        let order = |system: CodeSystem| match system {
            CodeSystem::Icd10 => 0,
            CodeSystem::Kcd => 1,
            CodeSystem::Icd9 => 2,
        };
        for title in knowledge.icd_titles() {
            let icd10 = title.system != CodeSystem::Icd9;
            let name = icd10.then(|| knowledge.icd10_name(&title.code)).flatten().cloned();
            let entry = Entry {
                system: title.system,
                code: title.code.clone(),
                title: title.title.clone(),
                name,
                common: false,
                words: 0,
            };
            entries.insert((order(title.system), title.code.clone()), entry);
        }
        for (code, name) in knowledge.diagnosis_names() {
            let key = (order(CodeSystem::Icd10), code.to_owned());
            let entry = entries.entry(key).or_insert_with(|| Entry {
                system: CodeSystem::Icd10,
                code: code.to_owned(),
                title: name.en.clone(),
                name: None,
                common: true,
                words: 0,
            });
            entry.common = true;
            entry.name = Some(name.clone());
        }
        Self::index(entries.into_values().collect())
    }

    fn index(mut entries: Vec<Entry>) -> Self {
        let mut words: HashMap<String, Vec<u32>> = HashMap::new();
        let mut korean = Vec::new();
        for (n, entry) in (0_u32..).zip(&mut entries) {
            let name = entry.name.as_ref().filter(|_| entry.common);
            let mut own = tokens(&entry.title);
            own.extend(name.map(|name| tokens(&name.en)).unwrap_or_default());
            own.sort();
            own.dedup();
            entry.words = u16::try_from(own.len()).unwrap_or(u16::MAX);
            for word in own {
                words.entry(word).or_default().push(n);
            }
            if let Some(name) = name {
                korean.push((jamo(&name.ko), usize::try_from(n).unwrap_or(usize::MAX)));
            }
        }
        let mut words = words.into_iter().collect::<Vec<_>>();
        words.sort();
        let mut by_code = (0..entries.len()).collect::<Vec<_>>();
        by_code.sort_by(|a, b| entries.get(*a).map(|e| &e.code).cmp(&entries.get(*b).map(|e| &e.code)));
        Self { entries, by_code, words, korean }
    }

    /// Number of diagnoses.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The diagnoses that a query means, the likeliest first: by code when it reads like one, else by words. Every word
    /// that is no filler must match. An empty query finds nothing.
    #[must_use]
    pub fn find(&self, query: &str, limit: usize) -> Vec<DiagnosisHit> {
        let mut found = self.by_code(query, limit);
        if found.is_empty() {
            found = if query.chars().any(is_hangul) { self.by_korean(query) } else { self.by_words(query, limit) };
        }
        found.truncate(limit);
        found.into_iter().filter_map(|n| self.entries.get(n)).map(hit).collect()
    }

    fn by_code(&self, query: &str, limit: usize) -> Vec<usize> {
        let code = query.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
        let digits = code.bytes().filter(u8::is_ascii_digit).count();
        let plain = query.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        if !plain || digits == 0 || code.len() > 8 {
            return Vec::new();
        }
        let of = |n: &usize| self.entries.get(*n).map_or("", |e| e.code.as_str());
        let from = self.by_code.partition_point(|n| of(n) < code.as_str());
        let mut found = self
            .by_code
            .iter()
            .skip(from)
            .take_while(|n| of(n).starts_with(&code))
            .copied()
            .take(limit.saturating_mul(8).max(64))
            .collect::<Vec<_>>();
        // The code itself, then its common kinds, then in order.
        found.sort_by_key(|n| self.entries.get(*n).map(|e| (e.code.len(), !e.common, e.code.clone())));
        found
    }

    fn by_words(&self, query: &str, limit: usize) -> Vec<usize> {
        let mut asked = tokens(query);
        if asked.iter().any(|word| !STOP.contains(&word.as_str())) {
            asked.retain(|word| !STOP.contains(&word.as_str()));
        }
        let Some(last) = asked.last().cloned() else { return Vec::new() };
        // For every entry how many words of the query it has met, and its points: a short word meets tens of thousands.
        let mut met = vec![0_u16; self.entries.len()];
        let mut points = vec![0_u32; self.entries.len()];
        for (word, before) in asked.iter().zip(0_u16..) {
            let mut best = vec![0_u32; self.entries.len()];
            for (at, worth) in self.matching(word, *word == last) {
                let holders = self.words.get(at).map_or(&[][..], |(_, holders)| holders.as_slice());
                for holder in holders {
                    if let Some(held) = usize::try_from(*holder).ok().and_then(|n| best.get_mut(n)) {
                        *held = (*held).max(worth);
                    }
                }
            }
            for ((met, points), worth) in met.iter_mut().zip(&mut points).zip(best) {
                if worth > 0 && *met == before {
                    *met += 1;
                    *points += worth;
                }
            }
        }
        let all = u16::try_from(asked.len()).unwrap_or(u16::MAX);
        let found = self.entries.iter().zip(&met).zip(&points).enumerate().filter(|(_, ((_, met), _))| **met == all);
        let mut ranked = found
            .map(|(n, ((entry, _), points))| {
                let old = entry.system == CodeSystem::Icd9;
                (std::cmp::Reverse(*points), !entry.common, old, entry.words, entry.code.len(), n)
            })
            .collect::<Vec<_>>();
        if limit < ranked.len() {
            ranked.select_nth_unstable(limit);
            ranked.truncate(limit);
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(.., n)| n).collect()
    }

    /// Words of the index that a word of the query means. `typing`: it may be the beginning of one.
    fn matching(&self, word: &str, typing: bool) -> Vec<(usize, u32)> {
        let from = self.words.partition_point(|(w, _)| w.as_str() < word);
        let begins = self.words.iter().enumerate().skip(from).take_while(|(_, (w, _))| w.starts_with(word));
        let begins = begins.filter(|(_, (w, _))| typing || w == word || word.len() > 3);
        let mut found = begins.map(|(at, (w, _))| (at, if w == word { EXACT } else { BEGINS })).collect::<Vec<_>>();
        if found.is_empty() && word.len() > 3 && word.bytes().all(|b| b.is_ascii_alphabetic()) {
            let allowed = if word.len() > 7 { 2 } else { 1 };
            let near = self.words.iter().enumerate().filter_map(|(at, (w, _))| {
                let wrong = wrong_letters(word, w, allowed)?;
                Some((at, if wrong <= 1 { ONE_WRONG } else { TWO_WRONG }))
            });
            found = near.collect();
        }
        found
    }

    /// Names that contain the query, then those that do with a sound wrong.
    fn by_korean(&self, query: &str) -> Vec<usize> {
        let asked = jamo(query);
        if asked.is_empty() {
            return Vec::new();
        }
        let allowed = if asked.len() > 12 { 2 } else { usize::from(asked.len() > 5) };
        let mut ranked = self
            .korean
            .iter()
            .filter_map(|(name, n)| {
                let wrong = if name.windows(asked.len()).any(|w| w == asked.as_slice()) {
                    0
                } else {
                    within(&asked, name, allowed)?
                };
                // The head of a Korean name stands last: 수축기 심부전 is a 심부전, 심부전을 동반한 심장병 is not.
                Some((wrong, !name.ends_with(&asked), !name.starts_with(&asked), name.len(), *n))
            })
            .collect::<Vec<_>>();
        ranked.sort_unstable();
        ranked.into_iter().map(|(.., n)| n).collect()
    }
}

fn hit(entry: &Entry) -> DiagnosisHit {
    DiagnosisHit {
        system: entry.system,
        code: dotted(entry.system, &entry.code),
        title: entry.title.clone(),
        name: entry.name.clone(),
    }
}

/// Words in lower case, British and American spelling alike.
fn tokens(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('\'', "");
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.map(|w| w.replace("ae", "e").replace("oe", "e").replace("our", "or")).collect()
}

const fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣' | 'ㄱ'..='ㅣ')
}

/// Korean text as its sounds, without blanks: a syllable that is being typed matches the one that it becomes.
fn jamo(text: &str) -> Vec<char> {
    const LEADS: [char; 19] = [
        'ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ',
        'ㅎ',
    ];
    const TAILS: [char; 28] = [
        ' ', 'ㄱ', 'ㄲ', 'ㄳ', 'ㄴ', 'ㄵ', 'ㄶ', 'ㄷ', 'ㄹ', 'ㄺ', 'ㄻ', 'ㄼ', 'ㄽ', 'ㄾ', 'ㄿ', 'ㅀ', 'ㅁ', 'ㅂ',
        'ㅄ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ',
    ];
    let mut sounds = Vec::new();
    for c in text.to_lowercase().chars().filter(|c| c.is_alphanumeric()) {
        let code = u32::from(c);
        if !('가'..='힣').contains(&c) {
            sounds.push(c);
            continue;
        }
        let at = code - u32::from('가');
        let part = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        sounds.extend(LEADS.get(part(at / 588)));
        sounds.extend(char::from_u32(u32::from('ㅏ') + at % 588 / 28));
        sounds.extend(TAILS.get(part(at % 28)).filter(|tail| **tail != ' '));
    }
    sounds
}

/// How many letters of a word are wrong (missing, too many, exchanged, swapped) against another word, when at most
/// `allowed`.
fn wrong_letters(word: &str, other: &str, allowed: usize) -> Option<usize> {
    if word.len().abs_diff(other.len()) > allowed || !other.is_ascii() {
        return None;
    }
    let (a, b) = (word.as_bytes(), other.as_bytes());
    // The first letter is seldom wrong: two candidates of hundreds stay.
    if a.first() != b.first() && a.get(1) != b.get(1) {
        return None;
    }
    let wrong = distance(a, b);
    (wrong <= allowed).then_some(wrong)
}

/// The longest word that is compared letter by letter.
const LONGEST: usize = 40;

/// Damerau-Levenshtein distance with swaps of neighbours (optimal string alignment). It is asked of every word of the
/// index: the rows stand on the stack.
fn distance<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    if b.len() >= LONGEST {
        return usize::MAX;
    }
    let mut before = [0_usize; LONGEST];
    let mut last = std::array::from_fn::<usize, LONGEST, _>(|at| at);
    let of = |row: &[usize; LONGEST], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
    for (i, x) in a.iter().enumerate() {
        let mut row = [0_usize; LONGEST];
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (j, y) in b.iter().enumerate() {
            let exchanged = of(&last, j) + usize::from(x != y);
            let mut least = exchanged.min(of(&last, j + 1) + 1).min(left + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(of(&before, j - 1) + 1);
            }
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = least;
            }
            left = least;
        }
        before = last;
        last = row;
    }
    of(&last, b.len())
}

/// The least distance of the query to a part of the name as long as itself, when at most `allowed`.
fn within(asked: &[char], name: &[char], allowed: usize) -> Option<usize> {
    if allowed == 0 {
        return None;
    }
    let parts = name.windows(asked.len().min(name.len()).max(1));
    parts.map(|part| distance(asked, part)).min().filter(|wrong| *wrong <= allowed)
}
