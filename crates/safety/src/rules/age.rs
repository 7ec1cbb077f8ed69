//! Limits of age.

use std::collections::BTreeMap;

use bogam_clinical::text::Bilingual;
use serde_json::Value;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::rule::{Code, Rule};
use crate::shared::{Codes, Saying, hits, say, tier_words};

const CODES: Codes = Codes { critical: "age.contraindicated", warning: "age.avoid", note: "age.caution" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "age",
    title: "Limits of age",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Contraindicated at this age." },
        Code { code: CODES.warning, tier: "warning", meaning: "To be avoided at this age." },
        Code { code: CODES.note, tier: "note", meaning: "With care at this age." },
    ],
    what: "The age of the patient against the age limits of each drug, its components included.",
    why: "Some drugs harm children of a certain age whatever the dose: codeine, tetracyclines, aspirin with a virus.",
    example: "Codeine in a child of 9 gives `age.contraindicated`.",
    limits: "Doses by age are not checked: see `dose.adult_only` and `max_dose`. What is unwise in the old is in `elderly`.",
    children: "Holds for children, above all.",
    source: "Each entry carries its own source.",
};

/// Checks every drug against the age.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let age = input.case.patient.age.get();
    let holds = |below: Option<f64>, at_least: Option<f64>| {
        below.is_none_or(|limit| age < limit) && at_least.is_none_or(|limit| age >= limit)
    };
    for hit in hits(input, &input.knowledge.facts().age_limit, |entry, _| holds(entry.below, entry.at_least)) {
        let entry = hit.entry;
        let words = tier_words(entry.severity);
        let (en, ko) = match (entry.below, entry.at_least) {
            (Some(below), None) => (format!("under {below} years"), format!("{below}세 미만")),
            (None, Some(from)) => (format!("from {from} years"), format!("{from}세 이상")),
            (Some(below), Some(from)) => {
                (format!("{from} to under {below} years"), format!("{from}세 이상 {below}세 미만"))
            }
            (None, None) => continue,
        };
        let saying = Saying {
            what: Bilingual::new(format!("{} ({en})", words.en), format!("{} ({ko})", words.ko)),
            reason: Some(&entry.reason),
            instead: entry.instead.as_ref(),
            source: &entry.source,
            used: BTreeMap::from([("age_years".to_owned(), Value::from(age))]),
        };
        out.add(say(input, CODES.of(entry.severity), entry.severity, &hit.drugs(), saying));
    }
}
