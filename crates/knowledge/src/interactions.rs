//! Interactions: rules expanded to pairs of ingredients at load, one hash look-up a question.

use std::collections::HashMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use crate::base::{DrugIx, Ingredient};
use crate::pack::InteractionEntry;

/// How a rule names a class.
pub(crate) const CLASS: &str = "class:";

/// What two drugs do together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionFact {
    /// How much it matters.
    pub severity: Tier,
    /// Mechanism and what happens.
    pub effect: Bilingual,
    /// What to do.
    pub action: Bilingual,
    /// Source tag.
    pub source: String,
    /// Index of the rule, to merge findings of one rule.
    pub rule: usize,
}

/// Two ingredients, the lesser index first.
type Pair = (DrugIx, DrugIx);

fn pair(a: DrugIx, b: DrugIx) -> Pair {
    if a <= b { (a, b) } else { (b, a) }
}

/// Which of two rules holds for a pair: the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Both sides name the ingredients themselves.
    explicit: bool,
    /// Number of the pack: a site's own comes later.
    pack: usize,
    severity: Tier,
    /// So that the order of entries changes nothing: rules are in order of their text, the first holds.
    first: std::cmp::Reverse<usize>,
}

/// The rules and what they come to.
#[derive(Debug)]
pub(crate) struct Interactions {
    facts: Vec<InteractionFact>,
    by_pair: HashMap<Pair, usize>,
}

impl Interactions {
    /// Expands rules, each with the number of its pack.
    pub fn new(
        mut rules: Vec<(usize, InteractionEntry)>,
        ingredients: &[Ingredient],
        by_id: &HashMap<String, DrugIx>,
    ) -> Self {
        rules.sort_by(|(_, x), (_, y)| (&x.a, &x.b, &x.effect, &x.action).cmp(&(&y.a, &y.b, &y.effect, &y.action)));
        let mut best: HashMap<Pair, Rank> = HashMap::new();
        for (rule, (pack, entry)) in rules.iter().enumerate() {
            let (a, b) = (side(&entry.a, ingredients, by_id), side(&entry.b, ingredients, by_id));
            for (drug, by_name) in &a {
                for (other, other_by_name) in &b {
                    let rank = Rank {
                        explicit: *by_name && *other_by_name,
                        pack: *pack,
                        severity: entry.severity,
                        first: std::cmp::Reverse(rule),
                    };
                    best.entry(pair(*drug, *other)).and_modify(|held| *held = rank.max(*held)).or_insert(rank);
                }
            }
        }
        best.retain(|(a, b), _| !same(*a, *b, ingredients));
        let by_pair = through_components(&best, ingredients);
        let facts = rules.into_iter().enumerate().map(|(rule, (_, entry))| fact(rule, entry)).collect();
        Self { facts, by_pair }
    }

    pub fn get(&self, a: DrugIx, b: DrugIx) -> Option<&InteractionFact> {
        self.by_pair.get(&pair(a, b)).and_then(|rule| self.facts.get(*rule))
    }

    /// Number of pairs of ingredients that interact.
    pub fn pairs(&self) -> usize {
        self.by_pair.len()
    }
}

fn fact(rule: usize, entry: InteractionEntry) -> InteractionFact {
    let InteractionEntry { severity, effect, action, source, .. } = entry;
    InteractionFact { severity, effect, action, source, rule }
}

/// The ingredients of one side, each with whether it is named itself rather than by its class.
fn side(names: &[String], ingredients: &[Ingredient], by_id: &HashMap<String, DrugIx>) -> Vec<(DrugIx, bool)> {
    let mut drugs = Vec::new();
    for name in names {
        match name.strip_prefix(CLASS) {
            Some(class) => {
                let of_class = ingredients.iter().zip(0_u32..).filter(|(drug, _)| drug.class.id == class);
                drugs.extend(of_class.map(|(_, n)| (DrugIx(n), false)));
            }
            None => drugs.extend(by_id.get(name).map(|ix| (*ix, true))),
        }
    }
    drugs
}

fn components(ix: DrugIx, ingredients: &[Ingredient]) -> &[DrugIx] {
    ingredients.get(ix.index()).map_or(&[], |drug| &drug.components)
}

/// One drug, or a drug and a combination that contains it.
fn same(a: DrugIx, b: DrugIx, ingredients: &[Ingredient]) -> bool {
    a == b || components(a, ingredients).contains(&b) || components(b, ingredients).contains(&a)
}

/// The rule of every pair, a combination interacting as itself and as each of its components: the most severe holds.
fn through_components(best: &HashMap<Pair, Rank>, ingredients: &[Ingredient]) -> HashMap<Pair, usize> {
    // For every ingredient, itself and the combinations that contain it.
    let mut holders = ingredients.iter().zip(0_u32..).map(|(_, n)| vec![DrugIx(n)]).collect::<Vec<_>>();
    for (drug, n) in ingredients.iter().zip(0_u32..) {
        for component in &drug.components {
            if let Some(holders) = holders.get_mut(component.index()) {
                holders.push(DrugIx(n));
            }
        }
    }
    let held_by = |ix: DrugIx| holders.get(ix.index()).map_or(&[][..], Vec::as_slice);
    let mut all: HashMap<Pair, (Tier, Rank)> = HashMap::new();
    for ((a, b), rank) in best {
        for x in held_by(*a) {
            for y in held_by(*b) {
                if !same(*x, *y, ingredients) {
                    let ranked = (rank.severity, *rank);
                    all.entry(pair(*x, *y)).and_modify(|held| *held = ranked.max(*held)).or_insert(ranked);
                }
            }
        }
    }
    all.into_iter().map(|(pair, (_, rank))| (pair, rank.first.0)).collect()
}
