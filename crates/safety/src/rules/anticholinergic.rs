//! Anticholinergic drugs, together.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use serde_json::Value;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::rule::{Code, Rule};
use crate::sum::{Sum, SumWords, Told, Verdict};

const SUM: Sum = Sum { role: "anticholinergic", problem: "anticholinergic", code: "anticholinergic.sum" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "anticholinergic",
    title: "Anticholinergic load",
    codes: &[Code { code: SUM.code, tier: "warning, note", meaning: "Several anticholinergic drugs." }],
    what: "The role `anticholinergic` (1 to 3) of drugs used at one time. From 65 years a note from 4, a warning from 6; below \
           65 a note from 6.",
    why: "Delirium, retention and falls in the old are often nothing but this sum.",
    example: "Amitriptyline with oxybutynin at 78 years (3 + 3) gives a warning.",
    limits: "Dose is not considered; scales of anticholinergic load differ.",
    children: "Does not run under 18 years.",
    source: "AGS Beers criteria 2023 (strongly anticholinergic drugs, and drugs together); STOPP version 3.",
};

/// Checks the sum.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>, out: &mut Outcome) {
    let age = input.case.patient.age.get();
    let verdict = |total| match (age >= 65.0, total) {
        (true, 6..) => Some(Verdict::Found(Tier::Warning)),
        (true, 4..) | (false, 6..) => Some(Verdict::Found(Tier::Note)),
        (true | false, _) => None,
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
    SUM.tell(input, &words, verdict, told, out);
}
