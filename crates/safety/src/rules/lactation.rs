//! Drugs in breast-feeding.

use std::collections::BTreeMap;

use bogam_clinical::case::Sex;
use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use serde_json::Value;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::{Codes, Saying, hits, say};

const CODES: Codes =
    Codes { critical: "lactation.contraindicated", warning: "lactation.avoid", note: "lactation.caution" };
const UNKNOWN: &str = "lactation";

/// The rule.
pub const RULE: Rule = Rule {
    name: "lactation",
    title: "Breast-feeding",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Contraindicated while breast-feeding." },
        Code { code: CODES.warning, tier: "warning", meaning: "To be avoided while breast-feeding." },
        Code { code: CODES.note, tier: "note", meaning: "The child is to be watched." },
        Code {
            code: UNKNOWN,
            tier: NOT_EVALUATED,
            meaning: "Whether the patient breast-feeds is not known, and the drug may harm the child.",
        },
    ],
    what: "The lactation entries of each drug when breast-feeding is stated. In females of 12 to 55 years of whom nothing \
           is said, drugs with a critical or warning entry are listed as not evaluated.",
    why: "Some drugs reach the child with the milk in harmful amounts.",
    example: "Methotrexate while breast-feeding gives `lactation.contraindicated`.",
    limits: "The age of the child is not known. Dose and duration are not considered.",
    children: "Holds for children from 12 years, or when stated.",
    source: "Each entry carries its own source.",
};

/// Checks every drug for stated or possible breast-feeding.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let patient = &input.case.patient;
    let possible = patient.sex == Sex::Female && (12.0..56.0).contains(&patient.age.get());
    let stated = match patient.lactating {
        Some(stated) => Some(stated),
        None if possible => None,
        None => Some(false),
    };
    if stated == Some(false) {
        return;
    }
    for hit in hits(input, &input.knowledge.facts().lactation, |_, _| true) {
        let entry = hit.entry;
        if stated.is_none() {
            if entry.severity >= Tier::Warning {
                out.skip(UNKNOWN, hit.ids(input), vec!["patient.lactating".to_owned()]);
            }
            continue;
        }
        let what = match entry.severity {
            Tier::Critical => Bilingual::new("contraindicated while breast-feeding", "수유 중 금기"),
            Tier::Warning => Bilingual::new("avoid while breast-feeding", "수유 중 피함"),
            Tier::Note => Bilingual::new("with care while breast-feeding", "수유 중 주의"),
        };
        let saying = Saying {
            what,
            reason: Some(&entry.reason),
            instead: entry.instead.as_ref(),
            source: &entry.source,
            used: BTreeMap::from([("lactating".to_owned(), Value::from(true))]),
        };
        out.add(say(input, CODES.of(entry.severity), entry.severity, &hit.drugs(), saying));
    }
}
