//! Tablets and capsules that must not be split, crushed or opened.

use std::collections::BTreeMap;

use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::{DoNotSplitEntry, Route};
use serde_json::Value;

use crate::input::{CheckInput, DrugUse};
use crate::outcome::Outcome;
use crate::route::routes_of;
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::{Codes, Saying, hits, say};

const CODES: Codes = Codes { critical: "split.contraindicated", warning: "split.avoid", note: "split.caution" };
const UNKNOWN: &str = "split";

/// The rule.
pub const RULE: Rule = Rule {
    name: "split",
    title: "Not to be split or crushed",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Split or crushed it is dangerous." },
        Code { code: CODES.warning, tier: "warning", meaning: "Not to be split or crushed." },
        Code { code: CODES.note, tier: "note", meaning: "Better not split or crushed." },
        Code { code: UNKNOWN, tier: NOT_EVALUATED, meaning: "Whether the drug is split or crushed is not known." },
    ],
    what: "Drugs that are recorded as split (or crushed, or opened), against the entries for the drug, or for its \
           modified-release form where the recorded name says so.",
    why: "A crushed modified-release tablet releases the dose of a day at once.",
    example: "\"Oxycodone ER\" with `split: true` gives `split.contraindicated` or `split.avoid`, as the entry says.",
    limits: "The form is known by the recorded name only. A recorded route other than by mouth is not a tablet.",
    children: "Holds for children.",
    source: "Each entry carries its own source.",
};

/// Checks every recorded drug.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let concerned = |entry: &DoNotSplitEntry, usage: &DrugUse| {
        let name = usage.entry.as_ref().map(|e| e.name.to_lowercase());
        swallowed(usage)
            && name.is_some_and(|name| entry.names.is_empty() || entry.names.iter().any(|word| has_word(&name, word)))
    };
    for hit in hits(input, &input.knowledge.facts().do_not_split, concerned) {
        let entry = hit.entry;
        let said = |u: &&&DrugUse, split: Option<bool>| u.entry.as_ref().is_some_and(|e| e.split == split);
        let unknown = hit.uses.iter().filter(|u| said(u, None)).map(|u| input.id(u.drug)).collect::<Vec<_>>();
        if !unknown.is_empty() {
            out.skip(UNKNOWN, unknown, vec!["split".to_owned()]);
        }
        let split = hit.uses.iter().filter(|u| said(u, Some(true)));
        let drugs = split.map(|u| u.drug).collect::<std::collections::BTreeSet<_>>();
        if !drugs.is_empty() {
            let saying = Saying {
                what: Bilingual::new("not to be split, crushed or opened", "분할·분쇄·개봉 금지"),
                reason: Some(&entry.reason),
                instead: entry.instead.as_ref(),
                source: &entry.source,
                used: BTreeMap::from([("split".to_owned(), Value::from(true))]),
            };
            out.add(say(input, CODES.of(entry.severity), entry.severity, &drugs, saying));
        }
    }
}

/// Whether a use may be by mouth: a vial of the same drug is not crushed.
fn swallowed(usage: &DrugUse) -> bool {
    let recorded = routes_of(usage);
    recorded.is_empty() || recorded.contains(&Route::Po)
}

/// Whether a name has a word. Korean words stand inside others: 니페론서방정30mg.
fn has_word(name: &str, word: &str) -> bool {
    if word.is_ascii() { words(name).contains(&words(word)) } else { name.contains(word) }
}

/// ` word word `, so that whole words are found.
fn words(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect::<Vec<_>>();
    format!(" {} ", words.join(" "))
}
