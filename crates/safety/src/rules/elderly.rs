//! Drugs that are potentially inappropriate in the old.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::text::Bilingual;
use bogam_knowledge::DrugIx;
use bogam_knowledge::pack::ElderlyEntry;
use serde_json::Value;

use crate::input::{CheckInput, DrugUse, has_code, having_code};
use crate::outcome::Outcome;
use crate::route;
use crate::rule::{Code, Rule};
use crate::shared::{Codes, Hit, Saying, hits, say, tier_words, with_components};

const CODES: Codes = Codes { critical: "elderly.contraindicated", warning: "elderly.avoid", note: "elderly.caution" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "elderly",
    title: "Potentially inappropriate in older adults",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Contraindicated in older adults." },
        Code { code: CODES.warning, tier: "warning", meaning: "To be avoided in older adults." },
        Code { code: CODES.note, tier: "note", meaning: "With care in older adults." },
    ],
    what: "From 65 years (or the age that an entry names), the drugs of the AGS Beers criteria and of STOPP, alone, with a \
           disease, or together with another drug.",
    why: "Falls, delirium and bleeding from drugs that have a better choice fill hospital beds.",
    example: "Diphenhydramine at 80 years gives `elderly.avoid` or `elderly.caution`, as the entry says.",
    limits: "The criteria speak of long use as well as of short; how long a drug is given is mostly not known. Frailty is not \
             known. Those by renal function stand with the renal bands.",
    children: "Does not concern children.",
    source: "AGS Beers criteria 2023; STOPP/START version 3; each entry carries its own source.",
};

/// The entries that a drug meets by itself.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let found = hits(input, &input.knowledge.facts().elderly, |e, _| e.together.is_empty() && holds(input, e));
    for hit in found {
        let drugs = hit.drugs();
        report(input, hit.entry, &drugs, out);
    }
}

/// The entries that a drug meets together with another.
pub(crate) fn check_together(input: &CheckInput<'_>, out: &mut Outcome) {
    let found = hits(input, &input.knowledge.facts().elderly, |e, _| !e.together.is_empty() && holds(input, e));
    for Hit { entry, uses } in found {
        let partners = input.knowledge.members(&entry.together);
        let is_partner = |u: &DrugUse| {
            let drug = &input.knowledge.ingredient(u.drug).entry;
            with_components(input.knowledge, u.drug)
                .into_iter()
                .any(|of| partners.contains(&of) && route::holds(u, drug, &input.knowledge.ingredient(of).entry, &[]))
        };
        let mut drugs: BTreeSet<DrugIx> = BTreeSet::new();
        for usage in uses {
            for partner in input.drugs.iter().filter(|p| p.drug != usage.drug && is_partner(p) && p.overlaps(usage)) {
                drugs.extend([usage.drug, partner.drug]);
            }
        }
        if !drugs.is_empty() {
            report(input, entry, &drugs, out);
        }
    }
}

fn holds(input: &CheckInput<'_>, entry: &ElderlyEntry) -> bool {
    let some_of = |list: &[String]| has_code(input.codes, list.iter().map(String::as_str));
    input.case.patient.age.get() >= entry.age_min
        && (entry.with.is_empty() || some_of(&entry.with))
        && !some_of(&entry.without)
}

fn report(input: &CheckInput<'_>, entry: &ElderlyEntry, drugs: &BTreeSet<DrugIx>, out: &mut Outcome) {
    let age = input.case.patient.age.get();
    let mut used = BTreeMap::from([("age_years".to_owned(), Value::from(age))]);
    let codes = having_code(input.codes, entry.with.iter().map(String::as_str));
    if !codes.is_empty() {
        let codes = codes.iter().map(|c| bogam_clinical::case::dotted(bogam_clinical::CodeSystem::Icd10, c));
        used.insert("diagnoses".to_owned(), Value::from(codes.collect::<Vec<_>>()));
    }
    let min = entry.age_min;
    let words = tier_words(entry.severity);
    let saying = Saying {
        what: Bilingual::new(format!("{} (from {min} years)", words.en), format!("{} ({min}세 이상)", words.ko)),
        reason: Some(&entry.reason),
        instead: entry.instead.as_ref(),
        source: &entry.source,
        used,
    };
    out.add(say(input, CODES.of(entry.severity), entry.severity, drugs, saying));
}
