//! How many pairs of drugs interact.

use bogam_clinical::record::{RecordedAdmission, Tier};
use bogam_knowledge::{DrugIx, KnowledgeBase};

use crate::number;
use crate::slice::Slice;

/// A drug, and its first and last hour of use; `None` where one is not known, which overlaps with everything, as in the
/// checks.
struct Use<'a> {
    name: &'a str,
    drug: Option<DrugIx>,
    hours: Option<(f64, f64)>,
}

/// The share of pairs of a list with a critical or warning interaction; `None` with fewer than two drugs.
pub(crate) fn of_list<'a>(drugs: impl IntoIterator<Item = &'a str>, knowledge: &KnowledgeBase) -> Option<f64> {
    let uses: Vec<Use<'_>> =
        drugs.into_iter().map(|name| Use { name, drug: knowledge.find(name), hours: None }).collect();
    rate(&uses, knowledge)
}

/// The same of the recorded drugs of a slice; pairs only of drugs whose times overlap or touch.
pub(crate) fn of_record(admission: &RecordedAdmission, slice: Slice, knowledge: &KnowledgeBase) -> Option<f64> {
    let kept = admission.drugs.iter().filter(|drug| slice.holds(drug));
    let uses: Vec<Use<'_>> = kept
        .map(|drug| Use {
            name: &drug.ingredient,
            drug: knowledge.find(&drug.ingredient),
            hours: drug.first_hour.zip(drug.last_hour),
        })
        .collect();
    rate(&uses, knowledge)
}

/// A drug that the knowledge base does not hold makes pairs that do not interact.
fn rate(uses: &[Use<'_>], knowledge: &KnowledgeBase) -> Option<f64> {
    let (mut pairs, mut interacting) = (0, 0);
    for (n, one) in uses.iter().enumerate() {
        for other in uses.iter().skip(n + 1).filter(|other| other.name != one.name && overlap(one.hours, other.hours)) {
            pairs += 1;
            let fact = one.drug.zip(other.drug).and_then(|(a, b)| knowledge.interaction(a, b));
            interacting += usize::from(fact.is_some_and(|fact| matters(fact.severity)));
        }
    }
    (pairs > 0).then(|| number(interacting) / number(pairs))
}

const fn matters(tier: Tier) -> bool {
    match tier {
        Tier::Critical | Tier::Warning => true,
        Tier::Note => false,
    }
}

fn overlap(hours: Option<(f64, f64)>, other: Option<(f64, f64)>) -> bool {
    match (hours, other) {
        (Some((from, to)), Some((other_from, other_to))) => !(to < other_from || other_to < from),
        (None, Some(_) | None) | (Some(_), None) => true,
    }
}
