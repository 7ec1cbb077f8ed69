//! A paragraph by the model, and the checks that it must pass before anybody sees it.

use std::collections::BTreeSet;

use bogam_clinical::text::Lang;
use bogam_engine::{Cancel, Constraint, End, Engine, EngineError, GenerateRequest, Generated, Prompt, Sampling, Sink};
use bogam_knowledge::{DrugIx, KnowledgeBase};

/// Drugs that a paragraph is written about: a few sentences hold no more, and a patient has the whole list beside it.
pub(crate) const NAMED: usize = 8;

/// Tokens of a paragraph.
const BUDGET: usize = 220;

/// Lets the model write, and returns the text only if it passes.
pub(crate) fn write(
    engine: &dyn Engine,
    prompt: Prompt,
    (drugs, known): (&[DrugIx], &str),
    knowledge: &KnowledgeBase,
    lang: Lang,
    (seed, sink, cancel): (u64, &mut dyn Sink, &Cancel),
) -> Result<Option<String>, EngineError> {
    let sampling = Sampling {
        temperature: 0.5,
        top_k: 200,
        top_p: 1.0,
        min_p: 0.0,
        repetition_penalty: 1.1,
        penalty_window: 64,
        seed: u32::try_from(seed & u64::from(u32::MAX)).unwrap_or_default(),
    };
    let request = GenerateRequest { prompt, constraint: Constraint::Free, sampling, max_tokens: BUDGET };
    let written = engine.generate(&request, sink, cancel)?;
    Ok(fault(&written, drugs, known, knowledge, lang).is_none().then(|| written.text.trim().to_owned()))
}

/// What is wrong with a paragraph; `None` when nothing was found. `known` is what the knowledge base itself says: only
/// its numbers may occur.
pub(crate) fn fault(
    written: &Generated,
    drugs: &[DrugIx],
    known: &str,
    knowledge: &KnowledgeBase,
    lang: Lang,
) -> Option<&'static str> {
    let text = written.text.trim();
    if !matches!(written.end, End::Stop | End::Budget) {
        return Some("repeats itself or was cancelled");
    }
    if text.is_empty() || !text.ends_with(['.', '!', '?']) {
        return Some("does not end with a sentence");
    }
    if !in_language(text, lang) {
        return Some("is not in the language asked for");
    }
    let allowed: BTreeSet<String> = numbers(known).collect();
    if numbers(text).any(|n| !allowed.contains(&n)) {
        return Some("holds a number that the knowledge base does not have");
    }
    if instructs(text) {
        return Some("tells to start, stop or change a drug");
    }
    let mut sentences = BTreeSet::new();
    if text.split_inclusive(['.', '!', '?']).map(str::trim).filter(|s| s.len() > 12).any(|s| !sentences.insert(s)) {
        return Some("says the same twice");
    }
    if names_another_drug(text, drugs, knowledge) {
        return Some("names a drug that is not in the list");
    }
    None
}

/// Letters of the language only: no Hangul in English; in Korean mostly Hangul, Latin letters for names, nothing else.
fn in_language(text: &str, lang: Lang) -> bool {
    let hangul = text.chars().filter(|c| ('가'..='힣').contains(c)).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    let other = text.chars().filter(|c| c.is_alphabetic()).count().saturating_sub(hangul + latin);
    if other > 0 || text.contains('\u{FFFD}') {
        return false;
    }
    match lang {
        Lang::En => hangul == 0 && latin > 20,
        Lang::Ko => hangul > 10 && hangul > latin,
    }
}

fn numbers(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).map(str::to_owned)
}

/// Words that tell a patient to act on a drug. Better too many: a paragraph is a courtesy.
fn instructs(text: &str) -> bool {
    const ENGLISH: [&str; 22] = [
        "stop ",
        "start ",
        "begin ",
        "increase",
        "decrease",
        "double",
        "skip",
        "discontinue",
        "reduce",
        "lower your",
        "raise",
        "change",
        "switch",
        "adjust",
        "dose",
        "dosage",
        "half ",
        "twice",
        "once a day",
        "times a day",
        "avoid taking",
        "do not take",
    ];
    const KOREAN: [&str; 16] = [
        "중단",
        "끊",
        "멈추",
        "시작하",
        "늘리",
        "줄이",
        "증량",
        "감량",
        "건너뛰",
        "바꾸",
        "변경",
        "조절하",
        "용량",
        "두 배",
        "복용하지",
        "하루에",
    ];
    let lower = text.to_lowercase();
    ENGLISH.iter().chain(&KOREAN).any(|w| lower.contains(w))
}

/// Looks at every run of one to four words: whatever the normaliser takes for a drug must be in the list (or be a part
/// of a listed combination).
fn names_another_drug(text: &str, drugs: &[DrugIx], knowledge: &KnowledgeBase) -> bool {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | ';' | ':' | '!' | '?' | '(' | ')' | '"'))
        .filter(|w| !w.is_empty())
        .collect();
    let listed = |drug: DrugIx| drugs.contains(&drug) || drugs.iter().any(|&d| knowledge.components(d).contains(&drug));
    (1..=4).any(|n| {
        words.windows(n).any(|run| {
            let run = run.join(" ");
            let stems =
                [run.as_str(), run.trim_end_matches(['은', '는', '이', '가', '을', '를', '과', '와', '의', '도'])];
            stems.iter().filter_map(|name| knowledge.normalise(name).drug).any(|drug| !listed(drug))
        })
    })
}
