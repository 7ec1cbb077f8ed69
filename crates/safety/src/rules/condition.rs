//! Diseases in which a drug must not, or should not, be given.

use std::collections::BTreeMap;

use bogam_clinical::text::Bilingual;
use bogam_knowledge::DiagnosisCodes;
use bogam_knowledge::pack::ConditionEntry;
use serde_json::Value;

use crate::input::{CheckInput, has_code, having_code};
use crate::outcome::Outcome;
use crate::rule::{Code, Rule};
use crate::shared::{Codes, Saying, hits, say, tier_words};

const CODES: Codes =
    Codes { critical: "condition.contraindicated", warning: "condition.avoid", note: "condition.caution" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "condition",
    title: "Diseases that speak against a drug",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Contraindicated in a diagnosed disease." },
        Code { code: CODES.warning, tier: "warning", meaning: "To be avoided in a diagnosed disease, or with a plan." },
        Code { code: CODES.note, tier: "note", meaning: "To be used with care in a diagnosed disease." },
    ],
    what: "The diagnoses of the case against the condition entries of each drug, its components included; for entries that \
           say so, also the diagnoses of earlier admissions. One finding an entry, with all its drugs.",
    why: "A drug that is right for one disease can be wrong for another of the same patient.",
    example: "Verapamil with systolic heart failure (I50.22) gives `condition.avoid`; metoclopramide with a mechanical \
              ileus (K56.69) `condition.contraindicated`.",
    limits: "Only what is coded is seen, and a code does not say when in the stay the disease was there. An entry names \
             diagnoses in which the drug is nevertheless right; one of them silences it. Entries hold for the usual use of \
             a drug unless they name routes.",
    children: "Holds for children.",
    source: "Each entry carries its own source.",
};

/// Checks every drug against the diagnoses.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let earlier = input.case.prior_diagnoses.iter().map(|d| input.knowledge.codes(d)).collect::<Vec<DiagnosisCodes>>();
    let diagnoses = |entry: &ConditionEntry| {
        let prefixes = || entry.icd10.iter().map(String::as_str);
        let mut codes = having_code(input.codes, prefixes());
        if entry.history {
            codes.extend(having_code(&earlier, prefixes()));
        }
        codes.sort();
        codes.dedup();
        codes
    };
    let holds = |entry: &ConditionEntry| {
        !has_code(input.codes, entry.unless.iter().map(String::as_str)) && !diagnoses(entry).is_empty()
    };
    for hit in hits(input, &input.knowledge.facts().condition, |entry, _| holds(entry)) {
        let entry = hit.entry;
        let codes = diagnoses(entry);
        let words = tier_words(entry.severity);
        let names = codes.iter().map(|code| match input.knowledge.icd10_name(code) {
            Some(name) => {
                Bilingual::new(format!("{} {}", dotted(code), name.en), format!("{} {}", dotted(code), name.ko))
            }
            None => Bilingual::new(dotted(code), dotted(code)),
        });
        let names = names.collect::<Vec<_>>();
        let join = |pick: fn(&Bilingual) -> &str| names.iter().map(pick).collect::<Vec<_>>().join(", ");
        let saying = Saying {
            what: Bilingual::new(
                format!("{} ({})", words.en, join(|n| &n.en)),
                format!("{} ({})", words.ko, join(|n| &n.ko)),
            ),
            reason: Some(&entry.reason),
            instead: entry.instead.as_ref(),
            source: &entry.source,
            used: BTreeMap::from([(
                "diagnoses".to_owned(),
                Value::from(codes.iter().map(|c| dotted(c)).collect::<Vec<_>>()),
            )]),
        };
        out.add(say(input, CODES.of(entry.severity), entry.severity, &hit.drugs(), saying));
    }
}

fn dotted(code: &str) -> String {
    bogam_clinical::case::dotted(bogam_clinical::case::CodeSystem::Icd10, code)
}
