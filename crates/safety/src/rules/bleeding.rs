//! Drugs that make bleed, together.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::rule::{Code, Rule};
use crate::sum::{Sum, SumWords, Told, Verdict};

const SUM: Sum = Sum { role: "bleeding", problem: "bleeding", code: "bleeding.sum" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "bleeding",
    title: "Bleeding",
    codes: &[Code { code: SUM.code, tier: "warning", meaning: "Several drugs that make bleed." }],
    what: "The role `bleeding` of drugs used at one time: anticoagulants count once, with the strongest; antiplatelets \
           and NSAIDs with their weight. From 4 a warning.",
    why: "Each of them has its reason; the bleeding comes from the sum.",
    example: "Warfarin with aspirin (3 + 1) gives a warning; heparin with aspirin (1 + 1) nothing.",
    limits: "Whether a heparin is given to treat or to prevent is not known from its name. Stents and their dates are not \
             known: dual antiplatelet therapy alone stays below the limit.",
    children: "Holds for children.",
    source: "Labels of the drugs; 2020 ACC expert consensus on anticoagulant and antiplatelet therapy.",
};

/// Checks the sum.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>, out: &mut Outcome) {
    let words = SumWords {
        what: Bilingual::new("make bleed together", "함께 출혈 위험 증가"),
        action: Bilingual::new(
            "Is each still needed? Keep the shortest time together; consider a proton pump inhibitor; watch haemoglobin",
            "각 약물의 필요성 재확인, 병용 기간 최소화, 위 보호제 고려, 혈색소 관찰",
        ),
        source: RULE.source,
        risks: Vec::new(),
        used: BTreeMap::new(),
        missing: Vec::new(),
    };
    SUM.tell(input, &words, |total| (total >= 4).then_some(Verdict::Found(Tier::Warning)), told, out);
}
