//! Drugs by number, so that an admission is a few numbers and not its text.

use std::collections::HashMap;

use bogam_clinical::record::Tier;
use bogam_knowledge::{DrugIx, KnowledgeBase};

use crate::report::Levels;
use crate::{index, small};

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

/// The number of a drug. The numbers are those of the order in which drugs were met: nothing may be sorted by them.
pub(crate) type Drug = u32;

/// A number of a drug or of a group of drugs. At the level of ingredients it is that of the drug.
pub(crate) type Group = u32;

/// What is known of a drug.
#[derive(Debug)]
struct Entry {
    name: Box<str>,
    known: Option<DrugIx>,
    has_atc: bool,
    atc4: Group,
    atc3: Group,
}

/// All drugs that were met.
#[derive(Debug)]
pub(crate) struct Drugs<'k> {
    knowledge: &'k KnowledgeBase,
    numbers: HashMap<Box<str>, Drug>,
    all: Vec<Entry>,
    groups: HashMap<Box<str>, Group>,
}

impl<'k> Drugs<'k> {
    pub(crate) fn new(knowledge: &'k KnowledgeBase) -> Self {
        Self { knowledge, numbers: HashMap::new(), all: Vec::new(), groups: HashMap::new() }
    }

    /// The number of a drug, a new one when it was not met before.
    pub(crate) fn number(&mut self, name: &str) -> Drug {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = small(self.all.len());
        let known = self.knowledge.find(name);
        // Of several ATC codes the first counts, which the packs keep for its systemic use, so that one drug is one group; a
        // drug without a code is a group of its own.
        let code = known.and_then(|ix| self.knowledge.ingredient(ix).entry.atc.first());
        let group = |characters: usize| code.and_then(|code| code.get(..characters)).unwrap_or(name);
        let (atc4, atc3) = (group(5), group(4));
        let entry = Entry {
            name: name.into(),
            known,
            has_atc: code.is_some(),
            atc4: Self::group_number(&mut self.groups, atc4),
            atc3: Self::group_number(&mut self.groups, atc3),
        };
        self.all.push(entry);
        self.numbers.insert(name.into(), number);
        number
    }

    fn group_number(groups: &mut HashMap<Box<str>, Group>, key: &str) -> Group {
        if let Some(number) = groups.get(key) {
            return *number;
        }
        let number = small(groups.len());
        groups.insert(key.into(), number);
        number
    }

    fn entry(&self, drug: Drug) -> Option<&Entry> {
        self.all.get(index(drug))
    }

    /// The ingredient id.
    pub(crate) fn name(&self, drug: Drug) -> &str {
        self.entry(drug).map_or("", |entry| &entry.name)
    }

    pub(crate) fn in_formulary(&self, drug: Drug) -> bool {
        self.entry(drug).is_some_and(|entry| entry.known.is_some())
    }

    pub(crate) fn has_atc(&self, drug: Drug) -> bool {
        self.entry(drug).is_some_and(|entry| entry.has_atc)
    }

    pub(crate) fn group(&self, level: Level, drug: Drug) -> Group {
        let of = |entry: &Entry| match level {
            Level::Ingredient => drug,
            Level::Atc4 => entry.atc4,
            Level::Atc3 => entry.atc3,
        };
        self.entry(drug).map_or(drug, of)
    }

    /// The groups of drugs, each once, by number.
    pub(crate) fn groups(&self, level: Level, drugs: impl IntoIterator<Item = Drug>) -> Vec<Group> {
        let mut groups: Vec<Group> = drugs.into_iter().map(|drug| self.group(level, drug)).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// The place of each drug in the order of their ids, by its number.
    pub(crate) fn alphabet(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_unstable_by_key(|n| self.all.get(*n).map(|entry| &entry.name));
        let mut places = vec![0; order.len()];
        for (place, n) in order.into_iter().enumerate() {
            if let Some(slot) = places.get_mut(n) {
                *slot = small(place);
            }
        }
        places
    }

    /// Which pairs of drugs interact.
    pub(crate) fn interacting(&self) -> Interacting {
        Interacting { drugs: self.all.len(), pairs: vec![Known::Open; self.all.len() * self.all.len()] }
    }
}

/// Whether a pair was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Open,
    No,
    Yes,
}

/// Pairs of drugs with a critical or warning interaction; looked up once.
#[derive(Debug)]
pub(crate) struct Interacting {
    drugs: usize,
    pairs: Vec<Known>,
}

impl Interacting {
    /// A drug that the knowledge base does not hold makes pairs that do not interact.
    pub(crate) fn interact(&mut self, a: Drug, b: Drug, drugs: &Drugs<'_>) -> bool {
        let Some(slot) = self.pairs.get_mut(index(a) * self.drugs + index(b)) else { return false };
        if *slot == Known::Open {
            let known = |drug: Drug| drugs.entry(drug).and_then(|entry| entry.known);
            let fact = known(a).zip(known(b)).and_then(|(a, b)| drugs.knowledge.interaction(a, b));
            *slot = if fact.is_some_and(|fact| matters(fact.severity)) { Known::Yes } else { Known::No };
        }
        *slot == Known::Yes
    }
}

const fn matters(tier: Tier) -> bool {
    match tier {
        Tier::Critical | Tier::Warning => true,
        Tier::Note => false,
    }
}

/// Positions of groups in rankings of drugs, one ranking after the other. A group stands where its first drug stands, and
/// what was there before is not counted again.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    ranking: u32,
    seen: Vec<(u32, u32)>,
    next: u32,
}

impl Positions {
    /// Begins a new ranking; the one before is forgotten.
    pub(crate) fn begin(&mut self) {
        self.ranking = match self.ranking.checked_add(1) {
            Some(ranking) => ranking,
            None => {
                self.seen.clear();
                1
            }
        };
        self.next = 0;
    }

    /// The next drug of the ranking.
    pub(crate) fn push(&mut self, group: Group) {
        let at = index(group);
        if self.seen.len() <= at {
            self.seen.resize(at + 1, (0, 0));
        }
        if let Some(slot) = self.seen.get_mut(at)
            && slot.0 != self.ranking
        {
            self.next += 1;
            *slot = (self.ranking, self.next);
        }
    }

    /// The position of a group, from 1.
    pub(crate) fn get(&self, group: Group) -> Option<u32> {
        let (ranking, position) = self.seen.get(index(group)).copied()?;
        (ranking == self.ranking).then_some(position)
    }
}
