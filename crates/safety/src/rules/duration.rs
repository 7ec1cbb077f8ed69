//! Drugs that are given longer than they should be.

use std::collections::BTreeMap;

use bogam_clinical::text::Bilingual;
use serde_json::Value;

use crate::input::{CheckInput, DrugUse};
use crate::outcome::Outcome;
use crate::results::days;
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::{Codes, Saying, hits, say};
use crate::words::plain;

const CODES: Codes =
    Codes { critical: "duration.contraindicated", warning: "duration.exceeded", note: "duration.long" };
const UNKNOWN: &str = "duration";

/// The rule.
pub const RULE: Rule = Rule {
    name: "duration",
    title: "Duration",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Never so long." },
        Code { code: CODES.warning, tier: "warning", meaning: "Longer than it should be given." },
        Code { code: CODES.note, tier: "note", meaning: "Given long: is it still needed?" },
        Code { code: UNKNOWN, tier: NOT_EVALUATED, meaning: "How long the drug is given is not known." },
    ],
    what: "The planned duration of each drug, and the days since it was started where both times are known, the longer of \
           the two, against the duration limits of the drug.",
    why: "Ketorolac beyond five days bleeds; metoclopramide beyond its time leaves movement disorders.",
    example: "Ketorolac planned for 10 days gives `duration.exceeded`.",
    limits: "Only drugs that are taken or ordered are checked. Where only the start is known the days so far count, where only \
             the plan is known the plan: the other is not listed as missing. Pauses are not known.",
    children: "Does not run under 18 years.",
    source: "Each entry carries its own source.",
};

/// Checks how long every recorded drug is given.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let length = |usage: &DrugUse| {
        let order = usage.entry.as_ref()?;
        let since = order.started.zip(input.case.as_of).map(|(from, to)| days(from, to));
        // A duration that is not a number is none.
        [order.duration_days, since].into_iter().flatten().reduce(f64::max)
    };
    for hit in hits(input, &input.knowledge.facts().duration_limit, |_, usage| usage.entry.is_some()) {
        let entry = hit.entry;
        for usage in hit.uses.iter().filter(|u| length(u).is_none()) {
            // A start says nothing without the moment of the case.
            let started = usage.entry.as_ref().is_some_and(|e| e.started.is_some());
            let field = if started { "as_of" } else { "duration_days or started" };
            out.skip(UNKNOWN, vec![input.id(usage.drug)], vec![field.to_owned()]);
        }
        let longer = hit.uses.iter().filter_map(|u| Some((u.drug, length(u)?))).filter(|(_, days)| *days > entry.days);
        let longer = longer.collect::<Vec<_>>();
        let Some(most) = longer.iter().map(|(_, days)| *days).reduce(f64::max) else { continue };
        // A day that has begun is a day of use: an hour beyond the fifth day reads as six.
        let most = most.ceil();
        let limit = plain(entry.days);
        let saying = Saying {
            what: Bilingual::new(
                format!("{} days, usually at most {limit}", plain(most)),
                format!("{}일 사용, 통상 최대 {limit}일", plain(most)),
            ),
            reason: Some(&entry.reason),
            instead: entry.instead.as_ref(),
            source: &entry.source,
            used: BTreeMap::from([("days".to_owned(), Value::from(most))]),
        };
        let drugs = longer.into_iter().map(|(drug, _)| drug).collect();
        out.add(say(input, CODES.of(entry.severity), entry.severity, &drugs, saying));
    }
}
