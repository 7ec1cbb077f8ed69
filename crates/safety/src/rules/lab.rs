//! Laboratory results, and the QTc, at which a drug must not or should not be given.

use std::collections::BTreeMap;

use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::LabLimitEntry;
use serde_json::Value;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::results::{Newest, Reading, newest};
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::{Codes, Hit, Saying, hits, say, tier_words};
use crate::words::plain;

const CODES: Codes = Codes { critical: "lab.contraindicated", warning: "lab.avoid", note: "lab.caution" };
const UNKNOWN: &str = "lab";

/// The rule.
pub const RULE: Rule = Rule {
    name: "lab",
    title: "Laboratory limits",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Never at this result." },
        Code { code: CODES.warning, tier: "warning", meaning: "Not at this result, or only with a plan." },
        Code { code: CODES.note, tier: "note", meaning: "With care at this result." },
        Code { code: UNKNOWN, tier: NOT_EVALUATED, meaning: "The result is missing, too old or not usable." },
    ],
    what: "The newest result of each kind that a drug of the input asks for, converted to the unit of the limit, against \
           the bands of the drug; of several bands of one result the most severe. Without times all results count, the \
           worst of them. The QTc comes from the field of the patient.",
    why: "Potassium, INR, platelets and QTc decide whether a usual drug is a dangerous one today.",
    example: "Spironolactone with potassium 6.1 mmol/L gives `lab.contraindicated`; without a potassium it is listed as not \
              evaluated, missing `patient.labs[potassium]`.",
    limits: "A result older than the table of labs allows is not evaluated; one without a time counts as of now. A unit that is \
             missing or not known, and a value that is not possible, are not guessed at: the newest result that can be read \
             is then compared, and the drug is listed as not evaluated as well.",
    children: "Does not run under 18 years: limits are those of adults.",
    source: "Each entry carries its own source.",
};

/// Checks every drug against the results that it asks for.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let mut readings: BTreeMap<&str, Reading> = BTreeMap::new();
    let mut holding: Vec<(Hit<'_, LabLimitEntry>, Newest)> = Vec::new();
    for hit in hits(input, &input.knowledge.facts().lab_limit, |_, _| true) {
        let lab = hit.entry.lab.as_str();
        let reading = readings.entry(lab).or_insert_with(|| newest(input.case, input.knowledge, lab));
        if !reading.missing.is_empty() {
            out.skip(UNKNOWN, hit.ids(input), reading.missing.clone());
        }
        if let Some(newest) = reading.newest.as_ref().filter(|newest| met(hit.entry, newest).is_some()) {
            holding.push((hit, newest.clone()));
        }
    }
    // Of several bands of one result only the most severe that holds for a drug speaks.
    for at in 0..holding.len() {
        let Some((hit, newest)) = holding.get(at) else { continue };
        let entry = hit.entry;
        let worse = |drug| {
            holding.iter().enumerate().any(|(n, (other, _))| {
                other.entry.lab == entry.lab
                    && other.entry.above.is_some() == entry.above.is_some()
                    && (other.entry.severity, std::cmp::Reverse(n)) > (entry.severity, std::cmp::Reverse(at))
                    && other.drugs().contains(&drug)
            })
        };
        let drugs = hit.drugs().into_iter().filter(|drug| !worse(*drug)).collect();
        let Some((value, sign, limit)) = met(entry, newest) else { continue };
        let words = tier_words(entry.severity);
        let detail = |name: &str| format!("{name} {} {} ({sign} {})", plain(value), newest.unit, plain(limit));
        let saying = Saying {
            what: Bilingual::new(
                format!("{} at {}", words.en, detail(&newest.name.en)),
                format!("{}: {}", detail(&newest.name.ko), words.ko),
            ),
            reason: Some(&entry.reason),
            instead: entry.instead.as_ref(),
            source: &entry.source,
            used: BTreeMap::from([(entry.lab.clone(), Value::from(value))]),
        };
        if !std::collections::BTreeSet::is_empty(&drugs) {
            out.add(say(input, CODES.of(entry.severity), entry.severity, &drugs, saying));
        }
    }
}

/// The value that meets the limit, the sign and the limit.
fn met(entry: &LabLimitEntry, newest: &Newest) -> Option<(f64, &'static str, f64)> {
    match (entry.above, entry.below) {
        (Some(limit), _) if newest.most > limit => Some((newest.most, ">", limit)),
        (None, Some(limit)) if newest.least < limit => Some((newest.least, "<", limit)),
        (Some(_), _) | (None, Some(_) | None) => None,
    }
}
