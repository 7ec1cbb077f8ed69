//! Drugs that interact.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::{DrugIx, InteractionFact, KnowledgeBase};

use crate::input::CheckInput;
use crate::outcome::finding;
use crate::pairs::{connected, facts, missing_of_ceiling, tier};
use crate::rule::{Code, Rule};
use crate::sum::Told;
use crate::words::{sentences, source};

const CONTRAINDICATED: &str = "interaction.contraindicated";
const MANAGE: &str = "interaction.manage";
const AWARE: &str = "interaction.aware";

/// The rule.
pub const RULE: Rule = Rule {
    name: "interaction",
    title: "Drug interactions",
    codes: &[
        Code { code: CONTRAINDICATED, tier: "critical", meaning: "Never together." },
        Code { code: MANAGE, tier: "warning", meaning: "Together only with a plan: another dose, monitoring, timing." },
        Code { code: AWARE, tier: "note", meaning: "To be aware of." },
    ],
    what: "Every pair of drugs that are used at the same time, combinations also by their components. Pairs of one \
           rule of the knowledge base that share a drug are one finding with all their drugs.",
    why: "Two right drugs can be wrong together. One message for one mechanism keeps the list readable.",
    example: "Warfarin with ibuprofen and naproxen gives one `interaction.manage` with three drugs.",
    limits: "Only pairs that the knowledge base names are known; a pair without a rule is not thereby safe. Dose \
             is considered only where a rule names a ceiling, duration is not. A use whose recorded route is local, of a drug that usually is not, does not \
             count. Drugs with recorded times count only where the times overlap or touch; a \
             drug without times counts as used now, with every other.",
    children: "Holds for children.",
    source: "Each interaction carries its own source.",
};

/// A rule of the knowledge base, and the pairs that it holds for.
type RulePairs<'a> = (&'a InteractionFact, BTreeSet<(DrugIx, DrugIx)>);

/// Checks every pair of drugs that are used together.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>) {
    let mut rules: BTreeMap<usize, RulePairs<'_>> = BTreeMap::new();
    for (pair, fact) in facts(input) {
        rules.entry(fact.rule).or_insert_with(|| (fact, BTreeSet::new())).1.insert(pair);
    }
    for (fact, pairs) in rules.into_values() {
        for drugs in connected(&pairs) {
            let pairs = pairs.iter().filter(|(a, _)| drugs.contains(a)).copied().collect::<Vec<_>>();
            told.push(report(input, fact, &drugs, &pairs));
        }
    }
}

fn report(
    input: &CheckInput<'_>,
    fact: &InteractionFact,
    drugs: &BTreeSet<DrugIx>,
    pairs: &[(DrugIx, DrugIx)],
) -> Told {
    let tier = tier(input, fact);
    let code = match tier {
        Tier::Critical => CONTRAINDICATED,
        Tier::Warning => MANAGE,
        Tier::Note => AWARE,
    };
    let who = who(input.knowledge, drugs, pairs);
    let message = Bilingual::new(
        sentences(&[&format!("{}: {}", who.en, fact.effect.en), &fact.action.en]),
        sentences(&[&format!("{}: {}", who.ko, fact.effect.ko), &fact.action.ko]),
    );
    let ids = drugs.iter().map(|ix| input.id(*ix)).collect();
    let mut finding = finding(code, tier, ids, message, source(input.knowledge, &fact.source));
    if tier < Tier::Critical {
        finding.missing = missing_of_ceiling(input, fact);
    }
    Told { problem: fact.mechanism.clone(), specific: true, finding }
}

/// `A + B + C` when each interacts with each, else the pairs: `A + B, A + C`.
fn who(knowledge: &KnowledgeBase, drugs: &BTreeSet<DrugIx>, pairs: &[(DrugIx, DrugIx)]) -> Bilingual {
    let every_pair = pairs.len() * 2 == drugs.len() * (drugs.len().saturating_sub(1));
    let text = |pick: &dyn Fn(&Bilingual) -> String| {
        let name = |ix: &DrugIx| pick(knowledge.ingredient(*ix).name());
        if every_pair {
            drugs.iter().map(name).collect::<Vec<_>>().join(" + ")
        } else {
            pairs.iter().map(|(a, b)| format!("{} + {}", name(a), name(b))).collect::<Vec<_>>().join(", ")
        }
    };
    Bilingual::new(text(&|n| n.en.clone()), text(&|n| n.ko.clone()))
}
