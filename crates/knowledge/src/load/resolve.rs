//! Fills the source and basis of an ingredient into everything that hangs on it and names none.

use super::Merged;
use crate::pack::{Basis, IngredientEntry};

/// Fills them in for every ingredient.
pub(super) fn fill_defaults(merged: &mut Merged) {
    for (_, entry) in merged.ingredients.values_mut() {
        fill(&mut entry.value);
    }
}

fn fill(entry: &mut IngredientEntry) {
    let (source, basis) = (entry.source.clone(), entry.basis);
    let fill = |s: &mut Option<String>, b: &mut Option<Basis>| {
        s.get_or_insert_with(|| source.clone());
        b.get_or_insert(basis);
    };
    entry.indication.iter_mut().for_each(|e| fill(&mut e.source, &mut e.basis));
    entry.dose.iter_mut().for_each(|e| fill(&mut e.source, &mut e.basis));
    entry.renal.iter_mut().for_each(|e| fill(&mut e.source, &mut e.basis));
    entry.dialysis.iter_mut().for_each(|e| fill(&mut e.source, &mut e.basis));
    entry.hepatic.iter_mut().for_each(|e| fill(&mut e.source, &mut e.basis));
    entry.pregnancy.iter_mut().for_each(|e| fill(&mut e.source, &mut e.basis));
    entry.counselling.iter_mut().for_each(|e| fill(&mut e.source, &mut e.basis));
}
