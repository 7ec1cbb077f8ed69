//! Any prescription's name of a drug to an ingredient, and never to a wrong one: unknown or ambiguous is none.
//!
//! A name is looked up whole; then without strengths, dosage forms and salts, one after the other, so that what is
//! left is as long as may be. `potassium chloride` is found whole, before its salt could be stripped. Nothing is ever
//! compared approximately.

pub(crate) mod fold;
mod scan;
mod strip;
mod words;

use std::collections::{HashMap, HashSet};

use bogam_clinical::record::NameMatch;

use crate::base::{DrugIx, Ingredient};
use crate::pack::NotDrugEntry;

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Normalised {
    /// How it was matched.
    pub matched: NameMatch,
    /// The ingredient, unless `matched` is `NotADrug` or `None`.
    pub drug: Option<DrugIx>,
}

impl Normalised {
    const NONE: Self = Self { matched: NameMatch::None, drug: None };
    const NOT_A_DRUG: Self = Self { matched: NameMatch::NotADrug, drug: None };
}

/// A name of the packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Named {
    drug: DrugIx,
    /// Its id, or its English or Korean name; else another name or a brand.
    own: bool,
}

/// What a part of a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Drug {
        drug: DrugIx,
        own: bool,
        joined: bool,
    },
    NotADrug,
    /// Drugs, but no one drug: two that disagree, or a combination that is not in the formulary.
    Several,
    Unknown,
}

/// All names of the packs.
#[derive(Debug)]
pub(crate) struct Names {
    by_key: HashMap<String, Named>,
    /// Codes of a site: looked up as a whole only, since they may be bare numbers.
    codes: HashMap<String, DrugIx>,
    not_drugs: HashSet<String>,
    /// Phrases that alone make an order no drug.
    not_drug_phrases: Vec<String>,
    /// Combinations by their parts in order.
    combinations: HashMap<Vec<DrugIx>, DrugIx>,
    /// Parts by drug.
    components: Vec<Vec<DrugIx>>,
}

impl Names {
    pub fn new(ingredients: &[Ingredient], not_drugs: impl Iterator<Item = NotDrugEntry>) -> Self {
        let mut by_key = HashMap::new();
        let mut combinations = HashMap::new();
        for (ingredient, n) in ingredients.iter().zip(0_u32..) {
            let (entry, drug) = (&ingredient.entry, DrugIx(n));
            let own = [&entry.id, &entry.name.en, &entry.name.ko];
            for name in entry.aliases.iter().chain(&entry.brands) {
                by_key.entry(fold::key(&fold::fold(name))).or_insert(Named { drug, own: false });
            }
            for name in own {
                by_key.insert(fold::key(&fold::fold(name)), Named { drug, own: true });
            }
            if !ingredient.components.is_empty() {
                combinations.insert(ingredient.components.clone(), drug);
            }
        }
        by_key.remove("");
        let mut names = HashSet::new();
        let mut phrases = Vec::new();
        for entry in not_drugs {
            names.extend(entry.names.iter().map(|name| fold::key(&fold::fold(name))));
            phrases.extend(entry.contains.iter().map(|text| fold::phrase(text)));
        }
        names.remove("");
        phrases.retain(|phrase| !phrase.is_empty());
        phrases.sort();
        phrases.dedup();
        let components = ingredients.iter().map(|ingredient| ingredient.components.clone()).collect();
        let codes = HashMap::new();
        Self { by_key, codes, not_drugs: names, not_drug_phrases: phrases, combinations, components }
    }

    /// Adds what a site calls a drug; what is known already stays as it is.
    pub fn add_local(&mut self, drug: DrugIx, name: &str, code: Option<&str>) {
        self.by_key.entry(fold::key(&fold::fold(name))).or_insert(Named { drug, own: false });
        if let Some(code) = code {
            self.codes.entry(fold::key(&fold::fold(code))).or_insert(drug);
        }
    }

    /// Number of names of ingredients.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    pub fn normalise(&self, name: &str) -> Normalised {
        let folded = fold::fold(name);
        let key = fold::key(&folded);
        if key.is_empty() {
            return Normalised::NONE;
        }
        if self.not_drugs.contains(&key) {
            return Normalised::NOT_A_DRUG;
        }
        if let Some(named) = self.by_key.get(&key) {
            let matched = if named.own { NameMatch::Exact } else { NameMatch::Alias };
            return Normalised { matched, drug: Some(named.drug) };
        }
        if let Some(drug) = self.codes.get(&key) {
            return Normalised { matched: NameMatch::Alias, drug: Some(*drug) };
        }
        let phrase = fold::phrase(&folded);
        if self.not_drug_phrases.iter().any(|known| fold::find_phrase(&phrase, known).is_some()) {
            return Normalised::NOT_A_DRUG;
        }
        match self.bracketed(without_marker(&folded)) {
            Found::Drug { drug, joined: true, .. } => Normalised { matched: NameMatch::Combination, drug: Some(drug) },
            Found::Drug { drug, joined: false, .. } => Normalised { matched: NameMatch::Alias, drug: Some(drug) },
            Found::NotADrug => Normalised::NOT_A_DRUG,
            Found::Several | Found::Unknown => Normalised::NONE,
        }
    }

    /// `hydromorphone (dilaudid)`: the whole, else what stands outside, else the bracket; none where they disagree.
    ///
    /// A premixed insulin (`70/30`) is never the plain one of its name.
    fn bracketed(&self, text: &str) -> Found {
        if scan::scan(text).iter().any(|token| token.kind == scan::Kind::Mixture) {
            return Found::Several;
        }
        let whole = self.plain(text);
        if whole != Found::Unknown || !text.contains(['(', '[', '{']) {
            return whole;
        }
        let (outside, inside) = fold::split_brackets(text);
        let outside = self.plain(&outside);
        let mut found = outside;
        for bracket in inside.iter().map(|text| self.plain(text)) {
            found = match (found, bracket) {
                (found, Found::Unknown) => found,
                // What is in brackets can name a drug, but not unmake one: "unknown name (vial)" stays unknown.
                (Found::Unknown, Found::NotADrug) => Found::Unknown,
                (Found::Unknown, bracket) => bracket,
                (Found::Drug { drug: a, .. }, Found::Drug { drug: b, .. }) if a == b => found,
                (Found::NotADrug, Found::NotADrug) => Found::NotADrug,
                (Found::Drug { .. } | Found::NotADrug | Found::Several, _) => Found::Several,
            };
        }
        found
    }
}

/// A text without a leading mark such as `*nf*`.
fn without_marker(folded: &str) -> &str {
    let marked = folded.strip_prefix('*').and_then(|rest| rest.split_once('*'));
    match marked {
        Some((marker, rest)) if marker.len() <= 6 => rest.trim_start(),
        Some(_) | None => folded.trim_start_matches(['*', ' ']),
    }
}

/// Every word that is stripped from names.
pub(crate) fn stripped_words() -> Vec<&'static str> {
    let lists = [words::FORMS, words::SALTS, words::KO_FORMS, words::KO_SALTS, words::KO_SALTS_BEFORE];
    lists.into_iter().flatten().copied().collect()
}
