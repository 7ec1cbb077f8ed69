//! Recorded allergies: what they mean, what else they speak against, and how bad the reaction was.

use std::collections::{BTreeMap, HashMap};

use bogam_clinical::record::{NameMatch, Tier};
use bogam_clinical::text::Bilingual;

use crate::base::DrugIx;
use crate::names::{Names, fold};
use crate::pack::{AllergenEntry, AllergyGroupEntry, CrossReactivityEntry, ReactionEntry};

pub use crate::pack::ReactionGrade as Grade;

/// What the text of an allergy means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allergen {
    /// An ingredient of the formulary.
    Ingredient(DrugIx),
    /// An allergy group, by id.
    Group(String),
    /// Recognised; no drug here.
    Known(Bilingual),
}

/// Cross-reactivity that concerns a drug, given a recorded allergen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CrossReactivity {
    /// How much it matters.
    pub severity: Tier,
    /// Counts only when the recorded reaction was severe.
    pub only_severe: bool,
    /// Why.
    pub reason: Bilingual,
    /// Source tag.
    pub source: String,
}

/// Words about an allergen that say nothing of which it is; stripped one by one from the ends.
const AROUND: [&str; 29] = [
    "allergy",
    "allergies",
    "allergic",
    "to",
    "reaction",
    "reactions",
    "hypersensitivity",
    "intolerance",
    "drug",
    "drugs",
    "antibiotic",
    "antibiotics",
    "medication",
    "medications",
    "agent",
    "agents",
    "class",
    "type",
    "derivatives",
    "products",
    "containing",
    "preparations",
    "all",
    "any",
    "알레르기",
    "알러지",
    "과민반응",
    "부작용",
    "약물",
];

/// Korean endings of the same kind, written without a space.
const AROUND_KO: [&str; 9] = ["알레르기", "알러지", "과민반응", "부작용", "계열", "약물", "제제", "계", "류"];

/// The tables of allergies.
#[derive(Debug)]
pub(crate) struct Allergens {
    by_name: HashMap<String, Allergen>,
    cross: HashMap<String, Vec<CrossReactivityEntry>>,
    /// Phrases of reactions, the longest first.
    reactions: Vec<(String, Grade)>,
}

impl Allergens {
    pub fn new(
        groups: impl Iterator<Item = AllergyGroupEntry>,
        allergens: impl Iterator<Item = AllergenEntry>,
        cross: impl Iterator<Item = CrossReactivityEntry>,
        reactions: impl Iterator<Item = ReactionEntry>,
    ) -> Self {
        let mut by_name = HashMap::new();
        for group in groups {
            for name in [&group.id, &group.name.en, &group.name.ko].into_iter().chain(&group.aliases) {
                by_name.insert(fold::key(&fold::fold(name)), Allergen::Group(group.id.clone()));
            }
        }
        for allergen in allergens {
            for name in [&allergen.name.en, &allergen.name.ko].into_iter().chain(&allergen.aliases) {
                by_name.entry(fold::key(&fold::fold(name))).or_insert_with(|| Allergen::Known(allergen.name.clone()));
            }
        }
        // Groups are named in the plural: one of them is the same allergen.
        let singular =
            by_name.iter().filter_map(|(name, meaning)| Some((name.strip_suffix('s')?.to_owned(), meaning.clone())));
        for (name, meaning) in singular.collect::<BTreeMap<_, _>>() {
            by_name.entry(name).or_insert(meaning);
        }
        let mut by_from: HashMap<String, Vec<CrossReactivityEntry>> = HashMap::new();
        for entry in cross {
            by_from.entry(entry.from.clone()).or_default().push(entry);
        }
        let mut reactions = reactions
            .flat_map(|entry| entry.words.into_iter().map(move |word| (fold::phrase(&word), entry.grade)))
            .filter(|(word, _)| !word.is_empty())
            .collect::<Vec<_>>();
        reactions.sort_by(|(a, x), (b, y)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)).then_with(|| y.cmp(x)));
        Self { by_name, cross: by_from, reactions }
    }

    /// Every name, as it is compared.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Allergen)> {
        self.by_name.iter().map(|(name, allergen)| (name.as_str(), allergen))
    }

    /// What a text means: whole, then without brackets, then what stands in them; a group before an ingredient.
    pub fn find(&self, text: &str, names: &Names) -> Option<Allergen> {
        let folded = fold::fold(text);
        let (outside, inside) = fold::split_brackets(&folded);
        let texts = std::iter::once(folded).chain(std::iter::once(outside)).chain(inside);
        texts.filter(|text| !text.is_empty()).find_map(|text| self.find_plain(&text, names))
    }

    fn find_plain(&self, text: &str, names: &Names) -> Option<Allergen> {
        let candidates = variants(text);
        candidates.iter().find_map(|text| self.by_name.get(&fold::key(text)).cloned()).or_else(|| {
            candidates.iter().find_map(|text| {
                let found = names.normalise(text);
                match found.matched {
                    NameMatch::Exact | NameMatch::Alias | NameMatch::Combination => {
                        found.drug.map(Allergen::Ingredient)
                    }
                    NameMatch::NotADrug | NameMatch::None => None,
                }
            })
        })
    }

    /// Entries from one of the tags to one of the others, the most severe first.
    pub fn cross_reactivities(&self, from: &[&str], to: &[&str]) -> Vec<CrossReactivity> {
        let entries = from.iter().filter_map(|tag| self.cross.get(*tag)).flatten();
        let mut found = entries
            .filter(|entry| to.contains(&entry.to.as_str()))
            .map(|entry| CrossReactivity {
                severity: entry.severity,
                only_severe: entry.only_severe,
                reason: entry.reason.clone(),
                source: entry.source.clone(),
            })
            .collect::<Vec<_>>();
        found.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
        found.dedup();
        found
    }

    /// The worst grade of the phrases found; a phrase inside a longer one that is known does not count by itself.
    pub fn reaction_grade(&self, reaction: &str) -> Option<Grade> {
        let mut text = fold::phrase(reaction);
        let mut worst = None;
        for (phrase, grade) in &self.reactions {
            while let Some(at) = fold::find_phrase(&text, phrase) {
                worst = worst.max(Some(*grade));
                // Something that no phrase holds, so that what stands around it does not join.
                text.replace_range(at..at + phrase.len(), "|");
            }
        }
        worst
    }
}

/// The text, without words around the allergen, and in the singular.
fn variants(text: &str) -> Vec<String> {
    let mut variants = vec![text.to_owned()];
    let mut words = text.split_whitespace().collect::<Vec<_>>();
    loop {
        if words.len() > 1 && words.last().is_some_and(|word| AROUND.contains(word)) {
            words.pop();
        } else if words.len() > 1 && words.first().is_some_and(|word| AROUND.contains(word)) {
            words.remove(0);
        } else {
            break;
        }
        variants.push(words.join(" "));
    }
    let mut rest = words.join(" ");
    while let Some(shorter) = AROUND_KO.iter().find_map(|end| rest.strip_suffix(end)).filter(|s| !s.trim().is_empty()) {
        rest = shorter.trim().to_owned();
        variants.push(rest.clone());
    }
    let singular = variants.iter().filter_map(|text| text.strip_suffix('s')).map(str::to_owned).collect::<Vec<_>>();
    variants.extend(singular);
    variants
}
