//! Facts of many drugs against the uses of an input: one finding an entry, with all its drugs.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::{Finding, Tier};
use bogam_clinical::text::Bilingual;
use bogam_knowledge::facts::Facts;
use bogam_knowledge::pack::OfDrugs;
use bogam_knowledge::{DrugIx, KnowledgeBase};
use serde_json::Value;

use crate::input::{CheckInput, DrugUse};
use crate::outcome::finding;
use crate::route;
use crate::words::{sentences, source};

/// The codes of a rule, one a tier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    /// Critical.
    pub(crate) critical: &'static str,
    /// Warning.
    pub(crate) warning: &'static str,
    /// Note.
    pub(crate) note: &'static str,
}

impl Codes {
    pub(crate) const fn of(self, tier: Tier) -> &'static str {
        match tier {
            Tier::Critical => self.critical,
            Tier::Warning => self.warning,
            Tier::Note => self.note,
        }
    }
}

/// An entry that holds, and the uses that it holds for.
pub(crate) struct Hit<'a, T> {
    pub(crate) entry: &'a T,
    pub(crate) uses: Vec<&'a DrugUse>,
}

impl<T> Hit<'_, T> {
    pub(crate) fn drugs(&self) -> BTreeSet<DrugIx> {
        self.uses.iter().map(|u| u.drug).collect()
    }

    pub(crate) fn ids(&self, input: &CheckInput<'_>) -> Vec<String> {
        ids(input, &self.drugs())
    }
}

/// The entries of a table whose drugs, routes and conditions hold for uses of the input, in order of the table.
pub(crate) fn hits<'a, T: OfDrugs>(
    input: &CheckInput<'a>,
    facts: &'a Facts<T>,
    also: impl Fn(&T, &DrugUse) -> bool,
) -> Vec<Hit<'a, T>> {
    let mut found: BTreeMap<usize, Hit<'a, T>> = BTreeMap::new();
    for usage in input.drugs {
        let drug = &input.knowledge.ingredient(usage.drug).entry;
        for of in with_components(input.knowledge, usage.drug) {
            let entries = facts.of(of).filter(|(n, entry)| {
                !facts.excepts(*n, usage.drug)
                    && route::holds(usage, drug, &input.knowledge.ingredient(of).entry, entry.routes())
                    && also(entry, usage)
                    && input.knowledge.meets(entry.when(), input.case, input.codes)
            });
            for (n, entry) in entries {
                let hit = found.entry(n).or_insert_with(|| Hit { entry, uses: Vec::new() });
                // Two components of one drug may both be meant: the use counts once.
                if !hit.uses.iter().any(|u| std::ptr::eq(*u, usage)) {
                    hit.uses.push(usage);
                }
            }
        }
    }
    found.into_values().collect()
}

/// A drug and its components.
pub(crate) fn with_components(knowledge: &KnowledgeBase, drug: DrugIx) -> Vec<DrugIx> {
    std::iter::once(drug).chain(knowledge.components(drug).iter().copied()).collect()
}

/// Ids of drugs, sorted.
pub(crate) fn ids(input: &CheckInput<'_>, drugs: &BTreeSet<DrugIx>) -> Vec<String> {
    drugs.iter().map(|ix| input.id(*ix)).collect()
}

/// Names of drugs, `A, B`.
pub(crate) fn names(knowledge: &KnowledgeBase, drugs: &BTreeSet<DrugIx>) -> Bilingual {
    let names = drugs.iter().map(|ix| knowledge.ingredient(*ix).name()).collect::<Vec<_>>();
    let join = |pick: fn(&Bilingual) -> &str| names.iter().map(|n| pick(n)).collect::<Vec<_>>().join(", ");
    Bilingual::new(join(|n| &n.en), join(|n| &n.ko))
}

/// What a finding says: `names: what (detail). reason.`
pub(crate) struct Saying<'a> {
    /// What holds: `avoid with`, `contraindicated in`...
    pub(crate) what: Bilingual,
    /// Why.
    pub(crate) reason: Option<&'a Bilingual>,
    /// What instead.
    pub(crate) instead: Option<&'a Bilingual>,
    /// Source tag.
    pub(crate) source: &'a str,
    /// The values used, by field.
    pub(crate) used: BTreeMap<String, Value>,
}

/// A finding for drugs.
pub(crate) fn say(
    input: &CheckInput<'_>,
    code: &str,
    tier: Tier,
    drugs: &BTreeSet<DrugIx>,
    saying: Saying<'_>,
) -> Finding {
    let names = names(input.knowledge, drugs);
    let text = |name: &str, what: &str, reason: Option<&str>| {
        sentences(&[&format!("{name}: {what}"), reason.unwrap_or_default()])
    };
    let message = Bilingual::new(
        text(&names.en, &saying.what.en, saying.reason.map(|r| r.en.as_str())),
        text(&names.ko, &saying.what.ko, saying.reason.map(|r| r.ko.as_str())),
    );
    let mut found = finding(code, tier, ids(input, drugs), message, source(input.knowledge, saying.source));
    found.instead = saying.instead.cloned();
    found.used = saying.used;
    found
}

/// The name of a tier.
pub(crate) fn tier_name(tier: Tier) -> Bilingual {
    match tier {
        Tier::Critical => Bilingual::new("critical", "금기"),
        Tier::Warning => Bilingual::new("warning", "주의"),
        Tier::Note => Bilingual::new("note", "참고"),
    }
}

/// The words of a tier: contraindicated, avoid, caution.
pub(crate) fn tier_words(tier: Tier) -> Bilingual {
    match tier {
        Tier::Critical => Bilingual::new("contraindicated", "금기"),
        Tier::Warning => Bilingual::new("avoid, or only with a plan", "피하거나 계획 하에 사용"),
        Tier::Note => Bilingual::new("use with care", "주의하여 사용"),
    }
}
