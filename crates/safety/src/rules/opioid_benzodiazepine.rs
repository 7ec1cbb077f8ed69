//! An opioid with a benzodiazepine.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::DrugIx;

use crate::input::{CheckInput, DrugUse};
use crate::pairs::overlapping;
use crate::rule::{Code, Rule};
use crate::rules::sedation::PROBLEM;
use crate::shared::{Saying, say, with_components};
use crate::sum::Told;

pub(crate) const TOGETHER: &str = "opioid_benzodiazepine.together";

/// The rule.
pub const RULE: Rule = Rule {
    name: "opioid_benzodiazepine",
    title: "Opioid with benzodiazepine",
    codes: &[Code { code: TOGETHER, tier: "warning; note in intensive care", meaning: "Both at the same time." }],
    what: "A drug of the role `opioid` and one of the role `benzodiazepine` at the same time. One finding with all of them.",
    why: "Boxed warning of both classes: deep sedation, respiratory depression, death.",
    example: "Oxycodone with lorazepam gives a warning.",
    limits: "Dose, tolerance and monitoring are not known, but for intensive care. Palliative care (Z51.5) is a note.",
    children: "Holds for children.",
    source: "FDA boxed warning of opioids and benzodiazepines (2016); AGS Beers criteria 2023.",
};

/// Checks every pair.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>) {
    let is = |u: &DrugUse, role: &str| {
        let drug = &input.knowledge.ingredient(u.drug).entry;
        with_components(input.knowledge, u.drug).into_iter().any(|of| {
            input.knowledge.role(role, of).is_some()
                && crate::route::holds(u, drug, &input.knowledge.ingredient(of).entry, &[])
        })
    };
    let both = |a: &DrugUse, b: &DrugUse| is(a, "opioid") && is(b, "benzodiazepine");
    let pairs = overlapping(input.drugs).filter(|(a, b)| both(a, b) || both(b, a));
    let drugs = pairs.flat_map(|(a, b)| [a.drug, b.drug]).collect::<BTreeSet<DrugIx>>();
    if drugs.is_empty() {
        return;
    }
    let watched = input.case.admission.icu == Some(true) || crate::input::has_code(input.codes, ["Z51.5"]);
    let tier = if watched { Tier::Note } else { Tier::Warning };
    let reason = Bilingual::new(
        "Lowest doses and shortest time, watch breathing and sedation, have naloxone at hand",
        "최소 용량·최단 기간, 호흡과 진정 정도 관찰, 날록손 준비",
    );
    let saying = Saying {
        what: Bilingual::new(
            "opioid with benzodiazepine: deep sedation, respiratory depression",
            "오피오이드와 벤조디아제핀 병용: 과진정, 호흡 억제",
        ),
        reason: Some(&reason),
        instead: None,
        source: RULE.source,
        used: BTreeMap::new(),
    };
    let finding = say(input, TOGETHER, tier, &drugs, saying);
    told.push(Told { problem: Some(PROBLEM.to_owned()), specific: true, finding });
}
