//! Results that are due while a drug is taken.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::results::{Measured, measured};
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::{Saying, hits, say};
use crate::words::plain;

const DUE: &str = "monitoring.due";
const UNKNOWN: &str = "monitoring";

/// The rule.
pub const RULE: Rule = Rule {
    name: "monitoring",
    title: "Monitoring that is due",
    codes: &[
        Code {
            code: DUE,
            tier: "note",
            meaning: "A result that the drug needs is older than it should be, or not there.",
        },
        Code {
            code: UNKNOWN,
            tier: NOT_EVALUATED,
            meaning: "Nothing is known of laboratory results; or there is one, and its time, unit or value is not known.",
        },
    ],
    what: "For every drug that is taken or ordered, the results that it needs, each not older than its entry says.",
    why: "Warfarin without an INR, amphotericin without a potassium: the harm shows in the laboratory first.",
    example: "Warfarin with the last INR three weeks ago gives `monitoring.due`.",
    limits: "Results of another hospital are not known. Candidates that nobody ordered are not monitored. A creatinine or a \
             QTc that stands in its field of the patient counts as of now.",
    children: "Does not run under 18 years.",
    source: "Each entry carries its own source.",
};

/// Lists what is due.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    for hit in hits(input, &input.knowledge.facts().monitoring, |_, u| u.current || u.entry.is_some()) {
        let entry = hit.entry;
        match measured(input.case, input.knowledge, &entry.lab, entry.within_days) {
            Measured::Recently => continue,
            Measured::Unknown(missing) => {
                out.skip(UNKNOWN, hit.ids(input), missing);
                continue;
            }
            Measured::Not => {}
        }
        let lab = input.knowledge.lab(&entry.lab).map_or_else(|| Bilingual::new("QTc", "QTc"), |lab| lab.name.clone());
        let within = plain(entry.within_days);
        let saying = Saying {
            what: Bilingual::new(
                format!("{} is due: none within {within} days", lab.en),
                format!("{}: 최근 {within}일 내 결과 없음, 검사 필요", lab.ko),
            ),
            reason: Some(&entry.reason),
            instead: None,
            source: &entry.source,
            used: BTreeMap::new(),
        };
        out.add(say(input, DUE, Tier::Note, &hit.drugs(), saying));
    }
}
