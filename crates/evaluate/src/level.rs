//! How finely two drugs are told apart.

use std::collections::{BTreeSet, HashMap};

use bogam_knowledge::KnowledgeBase;

use crate::report::Levels;

/// How finely two drugs are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// By ingredient.
    Ingredient,
    /// By the fourth level of ATC, the first five characters: `C03CA`, plain sulfonamides.
    Atc4,
    /// By the third level of ATC, the first four: `C03C`, high-ceiling diuretics.
    Atc3,
}

impl Level {
    pub(crate) const ALL: [Self; 3] = [Self::Ingredient, Self::Atc4, Self::Atc3];

    /// The group of a drug. Of several ATC codes the first counts, which the packs keep for its systemic use, so that one
    /// drug is one group; a drug without a code is a group of its own.
    fn group<'a>(self, drug: &'a str, knowledge: &'a KnowledgeBase) -> &'a str {
        let characters = match self {
            Self::Ingredient => return drug,
            Self::Atc4 => 5,
            Self::Atc3 => 4,
        };
        let entry = knowledge.find(drug).map(|ix| &knowledge.ingredient(ix).entry);
        let code = entry.and_then(|e| e.atc.first()).and_then(|code| code.get(..characters));
        code.unwrap_or(drug)
    }

    /// The groups of drugs, each once.
    pub(crate) fn set<'a>(
        self,
        drugs: impl IntoIterator<Item = &'a str>,
        knowledge: &'a KnowledgeBase,
    ) -> BTreeSet<&'a str> {
        drugs.into_iter().map(|drug| self.group(drug, knowledge)).collect()
    }

    /// The position of each group, from 1, in a ranking of drugs: a group stands where its first drug stands, and what
    /// was there before is not counted again.
    pub(crate) fn positions<'a>(
        self,
        ranking: impl IntoIterator<Item = &'a str>,
        knowledge: &'a KnowledgeBase,
    ) -> HashMap<&'a str, usize> {
        let mut positions = HashMap::new();
        for drug in ranking {
            let next = positions.len() + 1;
            positions.entry(self.group(drug, knowledge)).or_insert(next);
        }
        positions
    }
}

impl<T> Levels<T> {
    pub(crate) const fn at(&self, level: Level) -> &T {
        match level {
            Level::Ingredient => &self.ingredient,
            Level::Atc4 => &self.atc4,
            Level::Atc3 => &self.atc3,
        }
    }

    pub(crate) const fn at_mut(&mut self, level: Level) -> &mut T {
        match level {
            Level::Ingredient => &mut self.ingredient,
            Level::Atc4 => &mut self.atc4,
            Level::Atc3 => &mut self.atc3,
        }
    }
}
