//! Doses above the maximum.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::case::DrugEntry;
use bogam_clinical::dose::DoseUnit;
use bogam_clinical::text::Bilingual;
use bogam_clinical::units::Kilograms;
use bogam_knowledge::pack::DoseLimitEntry;
use serde_json::Value;

use crate::input::{CheckInput, DrugUse};
use crate::outcome::Outcome;
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::{Codes, Saying, hits, say};
use crate::words::plain;

const CODES: Codes = Codes { critical: "max_dose.dangerous", warning: "max_dose.exceeded", note: "max_dose.high" };
const UNKNOWN: &str = "max_dose";

/// Orders are rounded: a dose by weight may be above its limit by this share.
const ROUNDING: f64 = 1.05;

/// The rule.
pub const RULE: Rule = Rule {
    name: "max_dose",
    title: "Maximum dose",
    codes: &[
        Code {
            code: CODES.critical,
            tier: "critical",
            meaning: "A dose, or a frequency, that is dangerous by itself.",
        },
        Code { code: CODES.warning, tier: "warning", meaning: "Above the usual maximum of one dose or of a day." },
        Code { code: CODES.note, tier: "note", meaning: "High." },
        Code {
            code: UNKNOWN,
            tier: NOT_EVALUATED,
            meaning: "Dose, frequency, unit or weight is missing or not understood, and the drug has a maximum.",
        },
    ],
    what: "Dose, doses a day and their product for every drug that is recorded with a dose, converted to the unit of the \
           limit, against the limits for its route, age and diagnoses. Of several limits that are exceeded the most severe \
           speaks, of one severity the lowest.",
    why: "A wrong unit, a decimal point, or weekly methotrexate every day: the commonest fatal errors of ordering.",
    example: "Methotrexate 10 mg by mouth once a day gives `max_dose.dangerous`; acetaminophen 1 g six times a day \
              `max_dose.exceeded`.",
    limits: "Each order is checked by itself; doses of one ingredient in several orders are not added (see `duplicate`). A \
             candidate without an order has no dose to check. Limits by weight allow 5 % for rounding. Doses in tablets or \
             puffs are not understood. Of a combination only limits for the combination itself are checked.",
    children: "Does not run under 18 years: limits are those of adults.",
    source: "Each entry carries its own source.",
};

/// A limit that is exceeded.
struct Exceeded<'a> {
    entry: &'a DoseLimitEntry,
    /// What was given and what is allowed, as read.
    given: Bilingual,
    used: BTreeMap<String, Value>,
    allowed: f64,
}

/// Checks the recorded dose of every use.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    for usage in input.drugs {
        let Some(order) = &usage.entry else { continue };
        let one = CheckInput { drugs: std::slice::from_ref(usage), ..*input };
        let own = |entry: &DoseLimitEntry, _: &DrugUse| {
            // What is written of a component is not written of the combination.
            input.knowledge.facts().dose_limit.of(usage.drug).any(|(_, e)| std::ptr::eq(e, entry))
        };
        let mut worst: Option<Exceeded<'_>> = None;
        let mut missing = BTreeSet::new();
        for hit in hits(&one, &input.knowledge.facts().dose_limit, own) {
            for next in exceeded(input, order, hit.entry, &mut missing) {
                let rank = |e: &Exceeded<'_>| (e.entry.severity, -e.allowed);
                if worst.as_ref().is_none_or(|w| rank(&next) > rank(w)) {
                    worst = Some(next);
                }
            }
        }
        if !missing.is_empty() {
            out.skip(UNKNOWN, vec![input.id(usage.drug)], missing.into_iter().collect());
        }
        if let Some(Exceeded { entry, given, used, .. }) = worst {
            let saying = Saying {
                what: given,
                reason: entry.reason.as_ref(),
                instead: entry.instead.as_ref(),
                source: &entry.source,
                used,
            };
            out.add(say(input, CODES.of(entry.severity), entry.severity, &BTreeSet::from([usage.drug]), saying));
        }
    }
}

/// The limits of an entry that an order exceeds. What is missing to compare one of them is added: the others are
/// compared nevertheless.
fn exceeded<'a>(
    input: &CheckInput<'_>,
    order: &DrugEntry,
    entry: &'a DoseLimitEntry,
    missing: &mut BTreeSet<String>,
) -> Vec<Exceeded<'a>> {
    let mut found = Vec::new();
    let field = |what: &str| format!("{}{what}", input.field_of(order));
    if order.per_day.is_none() && (entry.per_day.is_some() || entry.daily.is_some()) {
        missing.insert(field("per_day"));
    }
    if let Some((per_day, most)) = order.per_day.zip(entry.per_day).filter(|(per_day, most)| per_day > most) {
        let count = plain(per_day);
        let doses = if count == "1" { "1 dose".to_owned() } else { format!("{count} doses") };
        let given = if most < 1.0 {
            Bilingual::new(
                format!("{doses} a day; at most one in {} days", plain((1.0 / most).round())),
                format!("1일 {count}회 처방, 최대 {}일에 1회", plain((1.0 / most).round())),
            )
        } else {
            Bilingual::new(
                format!("{doses} a day, at most {}", plain(most)),
                format!("1일 {count}회 처방, 최대 {}회", plain(most)),
            )
        };
        let used = BTreeMap::from([("per_day".to_owned(), Value::from(per_day))]);
        found.push(Exceeded { entry, given, used, allowed: most });
    }
    if entry.single.is_none() && entry.daily.is_none() {
        return found;
    }
    let (unit_text, by_weight) = entry.unit.strip_suffix("/kg").map_or((entry.unit.as_str(), false), |u| (u, true));
    let amount = match &order.dose {
        None => Err(field("dose")),
        Some(dose) => {
            let amount = DoseUnit::read(unit_text).and_then(|to| DoseUnit::read(&dose.unit)?.convert(dose.value, to));
            amount.ok_or_else(|| field("dose.unit"))
        }
    };
    let weight = if by_weight { input.case.patient.weight.map(Kilograms::get) } else { Some(1.0) };
    let weight = weight.ok_or_else(|| "patient.weight_kg".to_owned());
    let (amount, weight) = match (amount, weight) {
        (Ok(amount), Ok(weight)) => (amount, weight),
        (amount, weight) => {
            missing.extend(amount.err().into_iter().chain(weight.err()));
            return found;
        }
    };
    // 0.8 times 3 is a little more than 2.4 in binary.
    let above = |given: f64, limit: f64| given > limit * if by_weight { ROUNDING } else { 1.0 + 1e-9 };
    let dose = Value::from(format!("{} {unit_text}", plain(amount)));
    if let Some(single) = entry.single.map(|limit| limit * weight).filter(|single| above(amount, *single)) {
        let used = BTreeMap::from([("dose".to_owned(), dose.clone())]);
        let given = Bilingual::new(
            format!("{} {unit_text} in one dose, at most {} {unit_text}", plain(amount), plain(single)),
            format!("1회 {} {unit_text}, 1회 최대 {} {unit_text}", plain(amount), plain(single)),
        );
        found.push(Exceeded { entry, given, used, allowed: single });
    }
    // A weekly drug is not a daily one: what is given on the day of a dose counts. That is at least one dose, also where
    // nothing is said.
    let total = amount * order.per_day.unwrap_or(1.0).max(1.0);
    if let Some(daily) = entry.daily.map(|limit| limit * weight).filter(|daily| above(total, *daily)) {
        let mut used = BTreeMap::from([("dose".to_owned(), dose)]);
        used.extend(order.per_day.map(|per_day| ("per_day".to_owned(), Value::from(per_day))));
        let given = Bilingual::new(
            format!("{} {unit_text} a day, at most {} {unit_text}", plain(total), plain(daily)),
            format!("1일 {} {unit_text}, 1일 최대 {} {unit_text}", plain(total), plain(daily)),
        );
        found.push(Exceeded { entry, given, used, allowed: daily });
    }
    found
}
