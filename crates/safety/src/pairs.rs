//! Pairs of drugs that are used together.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::Tier;
use bogam_knowledge::{DrugIx, InteractionFact};

use crate::input::{CheckInput, DrugUse};
use crate::route;

/// Two drugs that interact, the lesser index first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InteractingPair {
    /// One drug.
    pub a: DrugIx,
    /// The other.
    pub b: DrugIx,
    /// How much it matters.
    pub tier: Tier,
}

/// The interacting pairs behind the merged findings of [`crate::check_pairs`]: which drug of a critical pair is
/// withheld, and how many pairs interact, is asked of them. Each pair once, in order.
#[must_use]
pub fn interacting_pairs(input: &CheckInput<'_>) -> Vec<InteractingPair> {
    facts(input).into_iter().map(|((a, b), fact)| InteractingPair { a, b, tier: fact.severity }).collect()
}

/// What the drugs that are used together do to each other. A use at another site than the usual one, an eye drop of a
/// tablet's substance, does not count.
pub(crate) fn facts<'a>(input: &CheckInput<'a>) -> BTreeMap<(DrugIx, DrugIx), &'a InteractionFact> {
    let usual = |u: &DrugUse| {
        let entry = &input.knowledge.ingredient(u.drug).entry;
        route::holds(u, entry, entry, &[])
    };
    let together = overlapping(input.drugs).filter(|(a, b)| usual(a) && usual(b));
    let together = together.map(|(a, b)| (a.drug.min(b.drug), a.drug.max(b.drug)));
    let pairs = together.filter(|(a, b)| a != b).collect::<BTreeSet<_>>();
    pairs.into_iter().filter_map(|(a, b)| Some(((a, b), input.knowledge.interaction(a, b)?))).collect()
}

/// All pairs of uses whose windows overlap.
pub(crate) fn overlapping(uses: &[DrugUse]) -> impl Iterator<Item = (&DrugUse, &DrugUse)> {
    let pairs = uses.iter().enumerate().flat_map(|(i, a)| uses.iter().skip(i + 1).map(move |b| (a, b)));
    pairs.filter(|(a, b)| a.overlaps(b))
}

/// Sets of drugs that are connected by pairs, each sorted, in order.
pub(crate) fn connected(pairs: &BTreeSet<(DrugIx, DrugIx)>) -> Vec<BTreeSet<DrugIx>> {
    let mut sets: Vec<BTreeSet<DrugIx>> = Vec::new();
    for (a, b) in pairs {
        let (touched, rest) = sets.into_iter().partition::<Vec<_>, _>(|set| set.contains(a) || set.contains(b));
        sets = rest;
        sets.push(touched.into_iter().flatten().chain([*a, *b]).collect());
    }
    sets.sort();
    sets
}
