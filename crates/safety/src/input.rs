//! What a check is made over.

use bogam_clinical::case::{Case, DrugEntry};
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase, has_prefix};

/// A drug that is to be checked, and how it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct DrugUse {
    /// The ingredient.
    pub drug: DrugIx,
    /// As recorded, with dose and route; `None` for a candidate of which only the ingredient is known.
    pub entry: Option<DrugEntry>,
    /// Already taken.
    pub current: bool,
    /// First and last hour of use, counted from one origin for all drugs of an input; `None` is now, or unknown, and
    /// overlaps with everything.
    pub window: Option<(f64, f64)>,
}

impl DrugUse {
    /// A drug of which nothing but the ingredient is known, used now.
    #[must_use]
    pub const fn of(drug: DrugIx) -> Self {
        Self { drug, entry: None, current: false, window: None }
    }

    /// Whether two uses overlap in time. Touching windows overlap: a drug acts beyond its last hour.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self.window, other.window) {
            // Written so that a bound that is not a number counts as unknown, which overlaps.
            (Some((from, to)), Some((other_from, other_to))) => !(to < other_from || other_to < from),
            (None, Some(_) | None) | (Some(_), None) => true,
        }
    }
}

/// A case, the drugs to check, and what is known.
#[derive(Debug, Clone, Copy)]
pub struct CheckInput<'a> {
    /// The case.
    pub case: &'a Case,
    /// The knowledge base.
    pub knowledge: &'a KnowledgeBase,
    /// For each of `case.diagnoses`, what [`KnowledgeBase::codes`] gives.
    pub codes: &'a [DiagnosisCodes],
    /// The drugs, in whatever order.
    pub drugs: &'a [DrugUse],
}

impl CheckInput<'_> {
    /// The ingredients, each once, in order of id.
    pub(crate) fn ingredients(&self) -> Vec<DrugIx> {
        let mut list = self.drugs.iter().map(|d| d.drug).collect::<Vec<_>>();
        list.sort_unstable();
        list.dedup();
        list
    }

    /// Ids of all ingredients.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.ingredients().into_iter().map(|ix| self.id(ix)).collect()
    }

    /// Where an order stands in the case, to put the name of a field behind: `patient.current_drugs[0].`; of an order that
    /// does not come from the case, its name.
    pub(crate) fn field_of(&self, order: &DrugEntry) -> String {
        let place = |list: &[DrugEntry], name: &str| {
            list.iter().position(|entry| entry == order).map(|at| format!("{name}[{at}]."))
        };
        let current = self.case.patient.current_drugs.as_deref().unwrap_or_default();
        let found = place(current, "patient.current_drugs");
        let found = found.or_else(|| place(&self.case.proposed_drugs, "proposed_drugs"));
        found.unwrap_or_else(|| format!("{}: ", order.name))
    }

    pub(crate) fn id(&self, ix: DrugIx) -> String {
        self.knowledge.ingredient(ix).id().to_owned()
    }
}

/// The ICD-10 codes (without dot) of diagnoses that begin with one of the prefixes, sorted, each once.
pub(crate) fn having_code<'p>(codes: &[DiagnosisCodes], prefixes: impl IntoIterator<Item = &'p str>) -> Vec<String> {
    let prefixes = prefixes.into_iter().collect::<Vec<_>>();
    let all = codes.iter().flat_map(|d| &d.icd10);
    let mut found = all.filter(|code| prefixes.iter().any(|p| has_prefix(code, p))).cloned().collect::<Vec<_>>();
    found.sort();
    found.dedup();
    found
}

/// Whether one of the diagnoses has an ICD-10 code that begins with one of the prefixes (written with or without dot).
pub(crate) fn has_code<'p>(codes: &[DiagnosisCodes], prefixes: impl IntoIterator<Item = &'p str>) -> bool {
    prefixes.into_iter().any(|prefix| codes.iter().flat_map(|d| &d.icd10).any(|code| has_prefix(code, prefix)))
}
