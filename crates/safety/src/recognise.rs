//! What of a case was not recognised, and what its reader must know.

use bogam_clinical::case::{Case, Diagnosis, DrugEntry};
use bogam_clinical::dose::DoseUnit;
use bogam_clinical::record::{NameMatch, NotEvaluated};
use bogam_knowledge::KnowledgeBase;

use crate::results;
use crate::rules::recognised::{ALLERGEN, DIAGNOSIS, DRUG, LAB, UNIT};

/// Drugs, allergens and diagnosis codes of the case that are not recognised: as written, each once in the order of the
/// case; and for each its field, as a check that could not be made.
///
/// An allergen is listed as *not evaluated* for no drug in particular: it may concern any. What is on the list of
/// things that are no drug is recognised.
#[must_use]
pub fn unrecognised(case: &Case, knowledge: &KnowledgeBase) -> (Vec<String>, Vec<NotEvaluated>) {
    let mut found = Unrecognised::default();
    let known = |name: &str| match knowledge.normalise(name).matched {
        NameMatch::Exact | NameMatch::Alias | NameMatch::Combination | NameMatch::NotADrug => true,
        NameMatch::None => false,
    };
    let current = case.patient.current_drugs.iter().flatten().map(|d| d.name.as_str());
    found.names("patient.current_drugs", DRUG, current, known);
    found.names("proposed_drugs", DRUG, case.proposed_drugs.iter().map(|d| d.name.as_str()), known);
    let past = case.past_drugs.iter().map(|d| d.ingredient.as_str());
    found.names("past_drugs", DRUG, past, |id| knowledge.find(id).is_some() || known(id));
    let allergens = case.patient.allergies.iter().flatten().map(|a| a.to.as_str());
    found.names("patient.allergies", ALLERGEN, allergens, |to| knowledge.allergen(to).is_some());
    found.units("patient.current_drugs", case.patient.current_drugs.as_deref().unwrap_or_default());
    found.units("proposed_drugs", &case.proposed_drugs);
    for field in results::unusable(case, knowledge) {
        found.entries.push(NotEvaluated { code: LAB.to_owned(), drugs: Vec::new(), missing: vec![field] });
    }
    found.diagnoses("diagnoses", &case.diagnoses, knowledge);
    found.diagnoses("prior_diagnoses", &case.prior_diagnoses, knowledge);
    (found.written, found.entries)
}

/// Codes of things to know about an answer: `notes_not_searched`, `adult_knowledge_only`.
#[must_use]
pub fn notices(case: &Case) -> Vec<String> {
    let notices = [("notes_not_searched", case.notes.is_some()), ("adult_knowledge_only", case.patient.is_child())];
    notices.into_iter().filter(|(_, holds)| *holds).map(|(code, _)| code.to_owned()).collect()
}

#[derive(Default)]
struct Unrecognised {
    written: Vec<String>,
    entries: Vec<NotEvaluated>,
}

impl Unrecognised {
    fn add(&mut self, written: &str, code: &str, field: String) {
        if !self.written.iter().any(|w| w == written) {
            self.written.push(written.to_owned());
        }
        let entry = NotEvaluated { code: code.to_owned(), drugs: Vec::new(), missing: vec![field] };
        if !self.entries.contains(&entry) {
            self.entries.push(entry);
        }
    }

    fn names<'n>(
        &mut self,
        field: &str,
        code: &str,
        names: impl Iterator<Item = &'n str>,
        known: impl Fn(&str) -> bool,
    ) {
        for (at, name) in names.enumerate() {
            if !known(name) {
                self.add(name, code, format!("{field}[{at}]"));
            }
        }
    }

    fn units(&mut self, field: &str, drugs: &[DrugEntry]) {
        for (at, drug) in drugs.iter().enumerate() {
            if let Some(dose) = drug.dose.as_ref().filter(|dose| DoseUnit::read(&dose.unit).is_none()) {
                self.add(&dose.unit, UNIT, format!("{field}[{at}].dose.unit"));
            }
        }
    }

    /// Diagnoses are kept by rank, not as they came: their code names the field, not their place.
    fn diagnoses(&mut self, field: &str, diagnoses: &[Diagnosis], knowledge: &KnowledgeBase) {
        for diagnosis in diagnoses {
            if !knowledge.codes(diagnosis).recognised {
                let code = diagnosis.dotted();
                self.add(&code, DIAGNOSIS, format!("{field}[{code}]"));
            }
        }
    }
}
