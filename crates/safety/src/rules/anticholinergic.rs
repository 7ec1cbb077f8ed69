//! Anticholinergic drugs, together.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use serde_json::Value;

use crate::input::CheckInput;
use crate::rule::{Code, Rule};
use crate::sum::{SumWords, Told, greatest, report};

const SUM: &str = "anticholinergic.sum";
const ROLE: &str = "anticholinergic";

/// The rule.
pub const RULE: Rule = Rule {
    name: "anticholinergic",
    title: "Anticholinergic load",
    codes: &[Code { code: SUM, tier: "warning, note", meaning: "Several anticholinergic drugs." }],
    what: "The role `anticholinergic` (1 to 3) of drugs used at one time. From 65 years a note from 4, a warning from 6; below \
           65 a note from 6.",
    why: "Delirium, retention and falls in the old are often nothing but this sum.",
    example: "Amitriptyline with oxybutynin at 78 years (3 + 3) gives a warning.",
    limits: "Dose is not considered; scales of anticholinergic load differ.",
    children: "Does not run under 18 years.",
    source: "AGS Beers criteria 2023 (strongly anticholinergic drugs, and drugs together); STOPP version 3.",
};

/// Checks the sum.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>) {
    let Some(total) = greatest(input, ROLE) else { return };
    let age = input.case.patient.age.get();
    let tier = match (age >= 65.0, total.total) {
        (true, 6..) => Tier::Warning,
        (true, 4..) | (false, 6..) => Tier::Note,
        (true | false, _) => return,
    };
    let words = SumWords {
        what: Bilingual::new("add up to an anticholinergic load", "항콜린 부담 합산"),
        action: Bilingual::new(
            "Confusion, urinary retention, constipation, falls: leave out or replace one",
            "섬망, 요폐, 변비, 낙상 위험. 하나를 중단하거나 대체",
        ),
        source: RULE.source,
        risks: Vec::new(),
        used: BTreeMap::from([("age_years".to_owned(), Value::from(age))]),
        missing: Vec::new(),
    };
    told.push(report(input, ROLE, (SUM, tier), &total, words));
}
