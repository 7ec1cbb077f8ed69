//! Names of a list to ingredients, each looked up once.

use std::collections::HashMap;

use bogam_clinical::record::NameMatch;

use super::Reason;
use crate::base::{DrugIx, KnowledgeBase};
use crate::names::Normalised;

/// What names of a list mean. Lists repeat a name thousands of times.
#[derive(Debug)]
pub(super) struct Lookup<'k> {
    knowledge: &'k KnowledgeBase,
    known: HashMap<String, Normalised>,
}

impl<'k> Lookup<'k> {
    pub fn new(knowledge: &'k KnowledgeBase) -> Self {
        Self { knowledge, known: HashMap::new() }
    }

    /// The ingredient that several names of one drug mean: the ones that are known must agree.
    pub fn ingredient<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Result<DrugIx, Reason> {
        let (mut drug, mut not_a_drug, mut any) = (None, false, false);
        for found in names.map(|name| self.normalise(name)) {
            any = true;
            not_a_drug |= found.matched == NameMatch::NotADrug;
            match (drug, found.drug) {
                (Some(one), Some(other)) if one != other => return Err(Reason::NamesDisagree),
                (None, Some(_)) => drug = found.drug,
                (_, None) | (Some(_), Some(_)) => {}
            }
        }
        match (drug, not_a_drug, any) {
            (Some(drug), _, _) => Ok(drug),
            (None, true, _) => Err(Reason::NotADrug),
            (None, false, true) => Err(Reason::UnknownIngredient),
            (None, false, false) => Err(Reason::MissingField),
        }
    }

    /// What one name means.
    pub fn normalise(&mut self, name: &str) -> Normalised {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let found = self.knowledge.normalise(name);
        self.known.insert(name.to_owned(), found);
        found
    }

    /// The id of an ingredient.
    pub fn id(&self, drug: DrugIx) -> &'k str {
        self.knowledge.ingredient(drug).id()
    }

    /// One drug, or a drug and a combination that contains it.
    pub fn same(&self, a: DrugIx, b: DrugIx) -> bool {
        a == b || self.knowledge.components(a).contains(&b) || self.knowledge.components(b).contains(&a)
    }
}
