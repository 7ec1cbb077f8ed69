//! What the case says of the liver.

use bogam_clinical::case::{Case, ChildPugh};
use bogam_knowledge::pack::{DoseNeed, HepaticEntry, IngredientEntry};
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};

use crate::facts;
use crate::input::has_code;

/// Diagnoses of a liver that may be impaired: liver disease (K70-K77), chronic viral hepatitis, liver cancer.
const LIVER_DIAGNOSES: [&str; 10] = ["K70", "K71", "K72", "K73", "K74", "K75", "K76", "K77", "B18", "C22"];

/// The liver of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Liver {
    /// Stated: no impairment.
    Normal,
    /// Child-Pugh A, B or C.
    Impaired(ChildPugh),
    /// Nothing said.
    Unknown {
        /// A diagnosis speaks of liver disease.
        diagnosed: bool,
    },
}

impl Liver {
    pub(crate) fn of(case: &Case, codes: &[DiagnosisCodes]) -> Self {
        match case.patient.hepatic_impairment {
            Some(ChildPugh::None) => Self::Normal,
            Some(class @ (ChildPugh::A | ChildPugh::B | ChildPugh::C)) => Self::Impaired(class),
            None => Self::Unknown { diagnosed: has_code(codes, LIVER_DIAGNOSES) },
        }
    }
}

/// `A`, `B`, `C` or `none`.
pub(crate) const fn letter(class: ChildPugh) -> &'static str {
    match class {
        ChildPugh::None => "none",
        ChildPugh::A => "A",
        ChildPugh::B => "B",
        ChildPugh::C => "C",
    }
}

/// The entry for a class; of several, the most severe.
pub(crate) fn entry_for(entry: &IngredientEntry, class: ChildPugh) -> Option<&HepaticEntry> {
    entry.hepatic.iter().filter(|h| h.child_pugh.contains(&class)).max_by_key(|h| h.severity)
}

/// Whether the dose depends on hepatic function, by its own word.
pub(crate) fn needs_hepatic(entry: &IngredientEntry) -> bool {
    entry.dose.as_ref().is_some_and(|d| d.needs.contains(&DoseNeed::Hepatic))
}

/// The entries whose hepatic facts hold for a drug.
pub(crate) fn owners(knowledge: &KnowledgeBase, drug: DrugIx) -> Vec<&IngredientEntry> {
    facts::owners(knowledge, drug, |e| !e.hepatic.is_empty() || needs_hepatic(e))
}
