//! Drugs that sedate and depress breathing, together.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use crate::input::{CheckInput, has_code};
use crate::outcome::Outcome;
use crate::rule::{Code, Rule};
use crate::sum::{Sum, SumWords, Told, Verdict};

pub(crate) const PROBLEM: &str = "sedation";
const SUM: Sum = Sum { role: "sedative", problem: PROBLEM, code: "sedation.sum" };

/// Sleep apnoea, obesity hypoventilation, chronic respiratory failure, COPD.
const BREATHING: [&str; 4] = ["G47.3", "E66.2", "J96.1", "J44"];

/// The rule.
pub const RULE: Rule = Rule {
    name: "sedation",
    title: "Sedation and breathing",
    codes: &[Code { code: SUM.code, tier: "warning, note", meaning: "Several drugs that sedate." }],
    what: "The role `sedative` of drugs used at one time (2: opioids, benzodiazepines, hypnotics; 1: others). From 6 a warning, \
           from 4 a note; in sleep apnoea, COPD, chronic respiratory failure, and from 75 years, a warning from 5. In \
           intensive care at most a note.",
    why: "Respiratory depression and falls come from the sum.",
    example: "Oxycodone, gabapentin, trazodone and lorazepam (2 + 1 + 1 + 2) give a warning.",
    limits: "Dose and tolerance are not known. Opioid with benzodiazepine is a rule of its own.",
    children: "Does not run under 18 years.",
    source: "Labels of opioids, benzodiazepines and gabapentinoids (boxed and class warnings); AGS Beers criteria 2023.",
};

/// Checks the sum.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>, out: &mut Outcome) {
    let mut risks = Vec::new();
    if has_code(input.codes, BREATHING) {
        risks.push(Bilingual::new("disease of breathing", "호흡 질환"));
    }
    if input.case.patient.age.get() >= 75.0 {
        risks.push(Bilingual::new("from 75 years", "75세 이상"));
    }
    let most = if input.case.admission.icu == Some(true) { Tier::Note } else { Tier::Warning };
    let at_risk = !risks.is_empty();
    let verdict = |total| match (total, at_risk) {
        (6.., _) | (5, true) => Some(Verdict::Found(most)),
        (4..=5, _) => Some(Verdict::Found(Tier::Note)),
        _ => None,
    };
    let words = SumWords {
        what: Bilingual::new("sedate together", "진정 작용 합산"),
        action: Bilingual::new(
            "Lowest doses, watch breathing and falls, leave out what is not needed",
            "최소 용량, 호흡·낙상 관찰, 불필요한 약물 중단",
        ),
        source: RULE.source,
        risks,
        used: BTreeMap::new(),
        missing: Vec::new(),
    };
    SUM.tell(input, &words, verdict, told, out);
}
