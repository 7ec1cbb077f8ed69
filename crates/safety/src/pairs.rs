//! Pairs of drugs that are used together.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::case::DrugEntry;
use bogam_clinical::dose::DoseUnit;
use bogam_clinical::record::Tier;
use bogam_knowledge::pack::DoseCeiling;
use bogam_knowledge::{DrugIx, InteractionFact};

use crate::input::{CheckInput, DrugUse, has_code};
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
    facts(input).into_iter().map(|((a, b), fact)| InteractingPair { a, b, tier: tier(input, fact) }).collect()
}

/// How much an interaction matters in this case: more when a recorded dose is above the ceiling of the rule, no more than
/// a warning where the pair belongs to the treatment of a diagnosis.
pub(crate) fn tier(input: &CheckInput<'_>, fact: &InteractionFact) -> Tier {
    let above = fact.critical_above.as_ref().is_some_and(|ceiling| {
        orders(input, ceiling).filter_map(|order| daily(order, ceiling)).any(|daily| daily > ceiling.daily)
    });
    let tier = if above { Tier::Critical } else { fact.severity };
    let expected = has_code(input.codes, fact.expected_in.iter().map(String::as_str));
    if expected { tier.min(Tier::Warning) } else { tier }
}

/// The fields that are missing to compare orders with the ceiling of an interaction.
pub(crate) fn missing_of_ceiling(input: &CheckInput<'_>, fact: &InteractionFact) -> Vec<String> {
    let Some(ceiling) = &fact.critical_above else { return Vec::new() };
    let unread = orders(input, ceiling).filter(|order| daily(order, ceiling).is_none());
    let mut fields = unread.map(|order| format!("{}dose", input.field_of(order))).collect::<Vec<_>>();
    fields.sort();
    fields.dedup();
    fields
}

fn orders<'a>(input: &CheckInput<'a>, ceiling: &DoseCeiling) -> impl Iterator<Item = &'a DrugEntry> {
    let of_drug = input.drugs.iter().filter(|u| input.knowledge.ingredient(u.drug).id() == ceiling.drug);
    of_drug.filter_map(|u| u.entry.as_ref())
}

/// What an order comes to on a day of its doses, in the unit of the ceiling.
fn daily(order: &DrugEntry, ceiling: &DoseCeiling) -> Option<f64> {
    let dose = order.dose.as_ref()?;
    let amount = DoseUnit::read(&dose.unit)?.convert(dose.value, DoseUnit::read(&ceiling.unit)?)?;
    Some(amount * order.per_day?.max(1.0))
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
