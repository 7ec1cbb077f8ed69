//! Drug names as written, each looked up once.

use std::collections::HashMap;

use bogam_clinical::record::NameMatch;
use bogam_knowledge::KnowledgeBase;

/// What a drug name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// An ingredient.
    Drug {
        /// Ingredient id.
        id: String,
        /// Its ATC codes.
        atc: Vec<String>,
    },
    /// On the list of what is no drug.
    NotADrug,
    /// Not known.
    Unknown,
}

/// Whoever knows drug names: the knowledge base, or a list in a test.
pub trait Names: Sync {
    /// What the name means.
    fn meaning(&self, name: &str) -> Meaning;
}

impl Names for KnowledgeBase {
    fn meaning(&self, name: &str) -> Meaning {
        let found = self.normalise(name);
        match (found.drug, found.matched) {
            (Some(drug), _) => {
                let entry = &self.ingredient(drug).entry;
                Meaning::Drug { id: entry.id.clone(), atc: entry.atc.clone() }
            }
            (None, NameMatch::NotADrug) => Meaning::NotADrug,
            (None, NameMatch::Exact | NameMatch::Alias | NameMatch::Combination | NameMatch::None) => Meaning::Unknown,
        }
    }
}

/// Texts that occur often, kept once.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Texts {
    /// The text's number; the same text has the same number.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        // No import comes near four thousand million distinct texts.
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// The number of a text that has one.
    pub(crate) fn known(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &str {
        usize::try_from(number).ok().and_then(|n| self.texts.get(n)).map_or("", String::as_str)
    }
}

/// A [`Meaning`] with the ingredient as its number in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    Drug(u32),
    NotADrug,
    Unknown,
}

/// A name that was met.
#[derive(Debug)]
struct Met {
    sense: Sense,
    unmapped_rows: u64,
}

/// The names met so far, with what they mean.
pub(crate) struct NameBook<'k> {
    names: &'k dyn Names,
    texts: Texts,
    /// By number of the text.
    met: Vec<Met>,
    ingredients: Texts,
    /// By number of the ingredient.
    atc: Vec<Vec<String>>,
}

impl<'k> NameBook<'k> {
    pub(crate) fn new(names: &'k dyn Names) -> Self {
        Self { names, texts: Texts::default(), met: Vec::new(), ingredients: Texts::default(), atc: Vec::new() }
    }

    /// The number of a name, and what it means.
    pub(crate) fn look_up(&mut self, name: &str) -> (u32, Sense) {
        let number = self.texts.number(name);
        if let Some(met) = usize::try_from(number).ok().and_then(|n| self.met.get(n)) {
            return (number, met.sense);
        }
        let sense = match self.names.meaning(name) {
            Meaning::Drug { id, atc } => Sense::Drug(self.ingredient(&id, atc)),
            Meaning::NotADrug => Sense::NotADrug,
            Meaning::Unknown => Sense::Unknown,
        };
        self.met.push(Met { sense, unmapped_rows: 0 });
        (number, sense)
    }

    fn ingredient(&mut self, id: &str, atc: Vec<String>) -> u32 {
        let number = self.ingredients.number(id);
        if usize::try_from(number).is_ok_and(|n| n == self.atc.len()) {
            self.atc.push(atc);
        }
        number
    }

    /// What a name means that was looked up before.
    pub(crate) fn sense(&self, name: u32) -> Sense {
        usize::try_from(name).ok().and_then(|n| self.met.get(n)).map_or(Sense::Unknown, |met| met.sense)
    }

    /// The name as written.
    pub(crate) fn text(&self, name: u32) -> &str {
        self.texts.text(name)
    }

    /// Id of an ingredient.
    pub(crate) fn id(&self, ingredient: u32) -> &str {
        self.ingredients.text(ingredient)
    }

    /// ATC codes of an ingredient.
    pub(crate) fn atc(&self, ingredient: u32) -> &[String] {
        usize::try_from(ingredient).ok().and_then(|n| self.atc.get(n)).map_or(&[], Vec::as_slice)
    }

    /// Counts a row whose name no ingredient is known for.
    pub(crate) fn count_unmapped(&mut self, name: u32) {
        if let Some(met) = usize::try_from(name).ok().and_then(|n| self.met.get_mut(n)) {
            met.unmapped_rows += 1;
        }
    }

    /// Names that no ingredient is known for with their rows, most rows first, then by name.
    pub(crate) fn unmapped(&self) -> Vec<(&str, u64)> {
        let rows = self.met.iter().map(|met| met.unmapped_rows);
        let mut unmapped: Vec<_> = self.texts.texts.iter().map(String::as_str).zip(rows).collect();
        unmapped.retain(|(_, rows)| *rows > 0);
        unmapped.sort_by(|(name_a, rows_a), (name_b, rows_b)| rows_b.cmp(rows_a).then(name_a.cmp(name_b)));
        unmapped
    }
}
