//! Interactions: rules expanded to pairs of ingredients at load, one hash look-up a question.

use std::collections::{BTreeMap, HashMap};

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use crate::base::{DrugIx, Ingredient};
use crate::facts::Who;
use crate::load::PairRow;
use crate::pack::{DoseCeiling, InteractionEntry, Route};

/// How a fact names a class.
pub(crate) const CLASS: &str = "class:";
/// How a fact names a role.
pub(crate) const ROLE: &str = "role:";

/// What two drugs do together.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionFact {
    /// How much it matters.
    pub severity: Tier,
    /// Mechanism and what happens.
    pub effect: Bilingual,
    /// What to do.
    pub action: Bilingual,
    /// What kind of harm or mechanism, a word.
    pub mechanism: Option<String>,
    /// Critical when the dose of one of the drugs is above this.
    pub critical_above: Option<DoseCeiling>,
    /// Diagnoses (ICD-10 prefixes) whose treatment the pair belongs to: then at most a warning.
    pub expected_in: Vec<String>,
    /// Source tag.
    pub source: String,
    /// What an imported list calls it.
    pub level: Option<String>,
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
    /// Expands rules, each with the number of its pack, and imported pairs.
    pub fn new(mut rules: Vec<(usize, InteractionEntry)>, pairs: &[PairRow], who: &Who<'_>) -> Self {
        rules.sort_by(|(_, x), (_, y)| (&x.a, &x.b, &x.effect, &x.action).cmp(&(&y.a, &y.b, &y.effect, &y.action)));
        let mut best: HashMap<Pair, Rank> = HashMap::with_capacity(pairs.len() + 8192);
        for (rule, (pack, entry)) in rules.iter().enumerate() {
            let (a, b) = (who.named(&entry.a, &entry.except), who.named(&entry.b, &entry.except));
            for (drug, by_name) in &a {
                for (other, other_by_name) in &b {
                    let explicit = *by_name && *other_by_name;
                    let first = std::cmp::Reverse(rule);
                    put(&mut best, *drug, *other, Rank { explicit, pack: *pack, severity: entry.severity, first });
                }
            }
        }
        let mut facts = rules.into_iter().enumerate().map(|(n, (_, entry))| fact(n, entry)).collect::<Vec<_>>();
        let mut lists: BTreeMap<(&str, &str, Tier), usize> = BTreeMap::new();
        for row in pairs {
            let (Some(a), Some(b)) = (who.by_id.get(&row.a), who.by_id.get(&row.b)) else { continue };
            let rule = *lists.entry((&row.source, &row.level, row.tier)).or_insert_with(|| {
                facts.push(listed(facts.len(), row));
                facts.len() - 1
            });
            // Our own explicit pairs win; of a rule for a class or role and an imported pair the more severe holds.
            let first = std::cmp::Reverse(rule);
            put(&mut best, *a, *b, Rank { explicit: false, pack: 0, severity: row.tier, first });
        }
        best.retain(|(a, b), _| !same(*a, *b, who.ingredients));
        let by_pair = through_components(&best, who.ingredients);
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

fn put(best: &mut HashMap<Pair, Rank>, a: DrugIx, b: DrugIx, rank: Rank) {
    best.entry(pair(a, b)).and_modify(|held| *held = rank.max(*held)).or_insert(rank);
}

fn fact(rule: usize, entry: InteractionEntry) -> InteractionFact {
    let InteractionEntry { severity, effect, action, source, mechanism, critical_above, expected_in, .. } = entry;
    InteractionFact { severity, effect, action, mechanism, critical_above, expected_in, source, level: None, rule }
}

/// What an imported list says: no more than its level.
fn listed(rule: usize, row: &PairRow) -> InteractionFact {
    let level = &row.level;
    InteractionFact {
        severity: row.tier,
        effect: Bilingual::new(format!("listed as \"{level}\""), format!("\"{level}\" 등급으로 등재됨")),
        action: Bilingual::new(
            "An imported list names the pair without advice: see the source.",
            "가져온 목록에 조치 없이 등재된 조합: 출처를 확인.",
        ),
        mechanism: None,
        critical_above: None,
        expected_in: Vec::new(),
        source: row.source.clone(),
        level: Some(level.clone()),
        rule,
    }
}

fn components(ix: DrugIx, ingredients: &[Ingredient]) -> &[DrugIx] {
    ingredients.get(ix.index()).map_or(&[], |drug| &drug.components)
}

/// Whether some form of a drug is made to reach the blood.
fn acts_in_the_body(ix: &DrugIx, ingredients: &[Ingredient]) -> bool {
    let systemic = [Route::Po, Route::Iv, Route::Im, Route::Sc, Route::Sl, Route::Pr, Route::Td];
    ingredients.get(ix.index()).is_some_and(|drug| drug.entry.routes.iter().any(|route| systemic.contains(route)))
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
            // An ointment does not do what a tablet of its component does.
            let as_component = !acts_in_the_body(component, ingredients) || acts_in_the_body(&DrugIx(n), ingredients);
            if let Some(holders) = holders.get_mut(component.index()).filter(|_| as_component) {
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
