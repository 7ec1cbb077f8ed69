//! Whose facts hold for a drug: its own, or those of its components.

use bogam_knowledge::pack::IngredientEntry;
use bogam_knowledge::{DrugIx, KnowledgeBase};

use crate::route::{Site, usual_sites};

/// The entries whose facts of one kind hold for a drug: the drug's own where it has any, else, for a combination that
/// acts systemically, those of its components. A local combination does not inherit: what holds for an ingredient by
/// mouth does not hold for it on the skin.
pub(crate) fn owners(
    knowledge: &KnowledgeBase,
    drug: DrugIx,
    has: impl Fn(&IngredientEntry) -> bool,
) -> Vec<&IngredientEntry> {
    let own = &knowledge.ingredient(drug).entry;
    if has(own) {
        return vec![own];
    }
    if !usual_sites(own).contains(&Site::Systemic) {
        return Vec::new();
    }
    knowledge.components(drug).iter().map(|ix| &knowledge.ingredient(*ix).entry).filter(|e| has(e)).collect()
}

/// An ingredient with its components, by index: the substances that a patient is given.
pub(crate) fn substances(knowledge: &KnowledgeBase, drug: DrugIx) -> Vec<DrugIx> {
    let components = knowledge.components(drug);
    if components.is_empty() { vec![drug] } else { components.to_vec() }
}
