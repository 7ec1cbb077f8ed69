//! Serotonergic drugs, together.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::rule::{Code, Rule};
use crate::sum::{Sum, SumWords, Told, Verdict};

const SUM: Sum = Sum { role: "serotonergic", problem: "serotonergic", code: "serotonin.sum" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "serotonin",
    title: "Serotonin",
    codes: &[Code { code: SUM.code, tier: "warning, note", meaning: "Several serotonergic drugs." }],
    what: "The role `serotonergic` of drugs used at one time (3: inhibits monoamine oxidase, 2: reuptake or release, 1: \
           weak). From 5 a warning, at 4 a note.",
    why: "Serotonin syndrome comes from pairs and from crowds of weak drugs.",
    example: "Linezolid with sertraline (3 + 2) gives a warning; sertraline with tramadol (2 + 2) a note unless an explicit \
              pair says more.",
    limits: "Dose is not considered. Pairs that are never given together are interactions.",
    children: "Holds for children.",
    source: "Labels of the drugs (serotonin syndrome).",
};

/// Checks the sum.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>, out: &mut Outcome) {
    let verdict = |total| match total {
        5.. => Some(Verdict::Found(Tier::Warning)),
        4 => Some(Verdict::Found(Tier::Note)),
        _ => None,
    };
    let words = SumWords {
        what: Bilingual::new("serotonergic together", "세로토닌 작용 합산"),
        action: Bilingual::new(
            "Agitation, tremor, clonus, fever: know the signs; leave out what is not needed",
            "초조, 떨림, 간대성 경련, 발열 관찰. 불필요한 약물 중단",
        ),
        source: RULE.source,
        risks: Vec::new(),
        used: BTreeMap::new(),
        missing: Vec::new(),
    };
    SUM.tell(input, &words, verdict, told, out);
}
