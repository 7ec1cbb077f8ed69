//! What somebody typed, without what could name the patient.
//!
//! In a de-identified export nothing that was typed stands as it was typed: names of drugs, allergens and diagnoses are those
//! of the knowledge packs, notes are left out, and what else was typed is taken out of the program's own sentences, which
//! may quote it.

use bogam_clinical::input::{AllergyInput, CaseInput};
use bogam_clinical::record::NameMatch;
use bogam_knowledge::{Allergen, KnowledgeBase};

use super::replaced::drug_name;

/// Stands for something that the knowledge packs do not know.
pub(super) const NOT_RECOGNISED: &str = "(not recognised)";

/// Stands for something that was taken out of a sentence.
const TAKEN_OUT: &str = "[…]";

/// The oldest age that is told: 90 and more are one group.
pub(super) const OLDEST: f64 = 90.0;

/// The name of a drug as the packs have it.
pub(super) fn drug(name: &str, knowledge: &KnowledgeBase) -> String {
    let normalised = knowledge.normalise(name);
    let known = normalised.drug.filter(|_| normalised.matched != NameMatch::None);
    known.map_or_else(|| NOT_RECOGNISED.to_owned(), |drug| knowledge.ingredient(drug).name().en.clone())
}

/// An allergen as the packs have it.
pub(super) fn allergen(to: &str, knowledge: &KnowledgeBase) -> String {
    match knowledge.allergen(to) {
        Some(Allergen::Ingredient(drug)) => knowledge.ingredient(drug).name().en.clone(),
        Some(Allergen::Group(group)) => group,
        Some(Allergen::Known(known)) => known.en,
        None => NOT_RECOGNISED.to_owned(),
    }
}

/// The allergen as it was typed.
pub(super) fn allergy_name(allergy: &AllergyInput) -> &str {
    match allergy {
        AllergyInput::Name(name) => name,
        AllergyInput::Full(allergy) => &allergy.to,
    }
}

/// Takes what was typed out of sentences.
#[derive(Debug, Default)]
pub(super) struct Scrub {
    /// The longest first, so that a part does not spoil the whole.
    typed: Vec<String>,
}

impl Scrub {
    /// For a case.
    pub fn new(case: &CaseInput, knowledge: &KnowledgeBase) -> Self {
        let mut typed = Vec::new();
        let mut take = |text: &str| {
            let text = text.trim();
            // A letter by itself would take apart every word; a syllable of Korean as well.
            if text.chars().count() > 1 && text != NOT_RECOGNISED {
                typed.push(text.to_owned());
            }
        };
        case.case_id.iter().for_each(|id| take(id));
        let patient = case.patient.as_ref();
        for text in patient.iter().flat_map(|p| p.name.iter().chain(&p.number)) {
            take(text);
            text.split_whitespace().for_each(&mut take);
        }
        let unknown_drug = |name: &&str| knowledge.normalise(name).drug.is_none();
        let current = patient.iter().flat_map(|p| p.current_drugs.iter().flatten());
        let drugs = current.chain(case.proposed_drugs.iter().flatten());
        drugs.map(drug_name).filter(unknown_drug).for_each(&mut take);
        for allergy in patient.iter().flat_map(|p| p.allergies.iter().flatten()) {
            let name = allergy_name(allergy);
            if knowledge.allergen(name).is_none() {
                take(name);
            }
            if let AllergyInput::Full(allergy) = allergy {
                allergy.reaction.iter().for_each(|reaction| take(reaction));
            }
        }
        case.diagnoses.iter().flatten().filter_map(|d| d.title.as_deref()).for_each(&mut take);
        case.prior_diagnoses.iter().flatten().filter_map(|d| d.title.as_deref()).for_each(&mut take);
        case.notes.iter().for_each(|notes| take(notes));
        if let Some(stay) = &case.admission {
            stay.service.iter().chain(&stay.kind).for_each(|text| take(text));
        }
        typed.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { typed }
    }

    /// A sentence of the program without what was typed.
    pub fn text(&self, text: &str) -> String {
        self.typed.iter().fold(text.to_owned(), |text, typed| text.replace(typed.as_str(), TAKEN_OUT))
    }
}
