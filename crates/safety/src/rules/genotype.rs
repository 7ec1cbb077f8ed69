//! Genotypes that speak against a drug.

use std::collections::BTreeMap;

use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::GenotypeEntry;
use serde_json::Value;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::{Codes, Saying, hits, say, tier_words};

const CODES: Codes =
    Codes { critical: "genotype.contraindicated", warning: "genotype.avoid", note: "genotype.caution" };
const UNKNOWN: &str = "genotype";

/// Words that make a result negative.
const NEGATIVE: [&str; 18] = [
    "negative",
    "neg",
    "not detected",
    "undetected",
    "not present",
    "absent",
    "not carried",
    "non-carrier",
    "noncarrier",
    "non carrier",
    "wild type",
    "wild-type",
    "음성",
    "없음",
    "불검출",
    "미검출",
    "비보유",
    "보유하지 않",
];

/// Words that make it positive.
const POSITIVE: [&str; 5] = ["positive", "pos.", "detected", "present", "양성"];

/// The rule.
pub const RULE: Rule = Rule {
    name: "genotype",
    title: "Genotypes",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Contraindicated with this genotype." },
        Code { code: CODES.warning, tier: "warning", meaning: "To be avoided with this genotype." },
        Code { code: CODES.note, tier: "note", meaning: "With care with this genotype." },
        Code {
            code: UNKNOWN,
            tier: NOT_EVALUATED,
            meaning: "Genotypes are not known, and testing is advised before the drug.",
        },
    ],
    what: "The recorded genotypes and phenotypes against the markers of each drug. Where an entry says so and nothing is \
           recorded of the marker, the drug is listed as not evaluated.",
    why: "HLA-B*58:01 and allopurinol, HLA-B*15:02 and carbamazepine: a known marker prevents a fatal skin reaction.",
    example: "Carbamazepine with \"HLA-B*15:02 positive\" gives `genotype.contraindicated`.",
    limits: "A text with the marker and a word such as \"negative\" (음성) counts as negative; any other text with the \
             marker counts as positive. Where a text tells of several markers, the part between commas that names the marker \
             decides.",
    children: "Holds for children.",
    source: "Each entry carries its own source.",
};

/// Checks every drug against the recorded genotypes.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let recorded = input.case.patient.genotypes.as_deref().unwrap_or_default();
    for hit in hits(input, &input.knowledge.facts().genotype, |_, _| true) {
        let entry = hit.entry;
        let about = recorded.iter().filter(|text| names(entry, text)).collect::<Vec<_>>();
        // Of several the first by its text, so that their order changes nothing.
        let Some(positive) = about.iter().filter(|text| !is_negative(entry, text)).min() else {
            if about.is_empty() && entry.ask {
                out.skip(UNKNOWN, hit.ids(input), vec![format!("patient.genotypes[{}]", entry.marker)]);
            }
            continue;
        };
        let words = tier_words(entry.severity);
        let saying = Saying {
            what: Bilingual::new(
                format!("{} with {}", words.en, entry.marker),
                format!("{}: {}", entry.marker, words.ko),
            ),
            reason: Some(&entry.reason),
            instead: entry.instead.as_ref(),
            source: &entry.source,
            used: BTreeMap::from([("genotypes".to_owned(), Value::from(positive.as_str()))]),
        };
        out.add(say(input, CODES.of(entry.severity), entry.severity, &hit.drugs(), saying));
    }
}

fn names(entry: &GenotypeEntry, text: &str) -> bool {
    let text = fold(text);
    std::iter::once(&entry.marker).chain(&entry.aliases).any(|marker| text.contains(&fold(marker)))
}

/// Letters and digits in lower case: `HLA-B*58:01` and `hla b5801` read alike.
fn fold(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a text says that the marker was not found. `HLA-B*15:02 positive, HLA-B*58:01 negative` tells of two: the part
/// that names the marker decides where it says so, else the whole text.
fn is_negative(entry: &GenotypeEntry, text: &str) -> bool {
    let text = text.to_lowercase();
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let parts = text.split([',', ';', '/', '\n']).filter(|part| names(entry, part));
    let said = parts.filter(|part| has(part, &NEGATIVE) || has(part, &POSITIVE)).collect::<Vec<_>>();
    if said.is_empty() { has(&text, &NEGATIVE) } else { said.iter().all(|part| has(part, &NEGATIVE)) }
}
