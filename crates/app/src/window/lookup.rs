//! What a form looks up while somebody types: diagnoses, drugs, allergens, laboratory results.

use std::collections::BTreeMap;
use std::sync::Arc;

use bogam_knowledge::{Allergen, DiagnosisSearch, DrugIx, KnowledgeBase};

use super::types::{AllergenHit, DiagnosisHit, DrugHit, LabHit, LabUnit};
use super::{Answer, Window};
use crate::diagnoses;
use crate::job::Collected;

/// Results that a form offers before anything is typed, by their ids in the packs.
const USUAL_LABS: [&str; 12] = [
    "potassium",
    "sodium",
    "creatinine",
    "glucose",
    "hba1c",
    "hemoglobin",
    "platelets",
    "wbc",
    "inr",
    "alt",
    "albumin",
    "magnesium",
];

/// How well a name fits what was typed: begins with it, has a word that does, has it anywhere.
fn fit(name: &str, query: &str) -> Option<u8> {
    let name = name.to_lowercase();
    if name == query {
        Some(0)
    } else if name.starts_with(query) {
        Some(1)
    } else if name.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(query)) {
        Some(2)
    } else {
        name.contains(query).then_some(3)
    }
}

/// Names of a drug; the first two are its own.
fn names(knowledge: &KnowledgeBase, drug: DrugIx) -> impl Iterator<Item = &str> {
    let entry = &knowledge.ingredient(drug).entry;
    let own = [entry.name.en.as_str(), entry.name.ko.as_str()];
    own.into_iter().chain(entry.aliases.iter().chain(&entry.brands).map(String::as_str))
}

impl Window {
    /// Diagnoses by code or words, in Korean or English, with slips of the finger.
    ///
    /// # Errors
    /// When the knowledge cannot be read.
    pub fn search_diagnoses(&self, query: &str, limit: usize) -> Answer<Vec<DiagnosisHit>> {
        let search = self.diagnoses()?;
        let hit = |hit: bogam_knowledge::DiagnosisHit| DiagnosisHit {
            system: hit.system,
            code: hit.code,
            title: hit.title,
            name: hit.name,
        };
        Ok(search.find(query, limit.min(100)).into_iter().map(hit).collect())
    }

    fn diagnoses(&self) -> Answer<Arc<DiagnosisSearch>> {
        self.diagnoses.get(|| Ok(diagnoses::search(&self.site()?, &mut Collected::default())?))
    }

    /// Ingredients by any of their names; what the packs recognise as a whole prescription comes first.
    ///
    /// # Errors
    /// When the knowledge cannot be read.
    pub fn search_drugs(&self, query: &str, limit: usize) -> Answer<Vec<DrugHit>> {
        let knowledge = self.knowledge()?;
        let typed = query.trim().to_lowercase();
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let recognised = knowledge.normalise(query).drug;
        let mut found: Vec<(u8, usize, DrugIx, Option<String>)> = Vec::new();
        for drug in knowledge.drugs() {
            let best = names(&knowledge, drug)
                .enumerate()
                .filter_map(|(at, name)| fit(name, &typed).map(|fit| (fit, at > 1, name)))
                .min();
            let best = best.or_else(|| (recognised == Some(drug)).then_some((0, false, "")));
            if let Some((fit, other, name)) = best {
                let length = name.chars().count();
                found.push((fit, length, drug, other.then(|| name.to_owned())));
            }
        }
        found.sort_by_key(|found| (found.0, found.1, found.2));
        let hit = |(_, _, drug, found_as): (u8, usize, DrugIx, Option<String>)| {
            let ingredient = knowledge.ingredient(drug);
            DrugHit { ingredient: ingredient.id().to_owned(), name: ingredient.name().clone(), found_as }
        };
        Ok(found.into_iter().take(limit.min(100)).map(hit).collect())
    }

    /// Allergens: groups first, then what is known beside drugs, then drugs.
    ///
    /// # Errors
    /// When the knowledge cannot be read.
    pub fn search_allergens(&self, query: &str, limit: usize) -> Answer<Vec<AllergenHit>> {
        let knowledge = self.knowledge()?;
        let typed = query.trim().to_lowercase();
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let mut found: BTreeMap<(u8, bool, String), AllergenHit> = BTreeMap::new();
        for (name, allergen) in knowledge.allergen_names() {
            let Some(fit) = fit(name, &typed) else { continue };
            let hit = match allergen {
                Allergen::Group(id) => {
                    let Some(name) = knowledge.group_name(id) else { continue };
                    AllergenHit { to: id.clone(), name: name.clone(), group: true }
                }
                Allergen::Known(name) => AllergenHit { to: name.en.clone(), name: name.clone(), group: false },
                Allergen::Ingredient(_) => continue,
            };
            if !found.values().any(|known| known.to == hit.to) {
                found.insert((fit, !hit.group, hit.to.clone()), hit);
            }
        }
        let mut hits: Vec<AllergenHit> = found.into_values().collect();
        let drugs = self.search_drugs(query, limit)?;
        hits.extend(drugs.into_iter().map(|hit| AllergenHit { to: hit.name.en.clone(), name: hit.name, group: false }));
        hits.truncate(limit.min(100));
        Ok(hits)
    }

    /// Laboratory results that checks read; the usual ones when nothing was typed.
    ///
    /// # Errors
    /// When the knowledge cannot be read.
    pub fn search_labs(&self, query: &str, limit: usize) -> Answer<Vec<LabHit>> {
        let knowledge = self.knowledge()?;
        let typed = query.trim().to_lowercase();
        let rank = |entry: &bogam_knowledge::pack::LabEntry| {
            if typed.is_empty() {
                return USUAL_LABS.iter().position(|id| *id == entry.id).and_then(|at| u8::try_from(at).ok());
            }
            let own = [entry.id.as_str(), &entry.name.en, &entry.name.ko];
            let all = own.into_iter().chain(entry.aliases.iter().chain(&entry.loinc).map(String::as_str));
            all.filter_map(|name| fit(name, &typed)).min()
        };
        let mut found: Vec<_> = knowledge.labs().filter_map(|entry| Some((rank(entry)?, entry))).collect();
        found.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.id.cmp(&y.id)));
        let hit = |(_, entry): (u8, &bogam_knowledge::pack::LabEntry)| LabHit {
            id: entry.id.clone(),
            name: entry.name.clone(),
            loinc: entry.loinc.first().cloned(),
            unit: entry.unit.clone(),
            units: entry.units.iter().map(|(unit, factor)| LabUnit { unit: unit.clone(), factor: *factor }).collect(),
            plausible: entry.plausible,
        };
        Ok(found.into_iter().take(limit.min(100)).map(hit).collect())
    }
}
