//! The same twice: an ingredient, or two drugs of one class.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::{Finding, Tier};
use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::Duplicate;
use bogam_knowledge::{Class, DrugIx, KnowledgeBase};
use serde_json::Value;

use crate::facts::substances;
use crate::input::{CheckInput, DrugUse};
use crate::outcome::{Outcome, finding};
use crate::pairs::{connected, overlapping};
use crate::route::sites;
use crate::rule::{Code, Rule};
use crate::shared::{ids, names};
use crate::words::sentences;

const INGREDIENT: &str = "duplicate.ingredient";
const CLASS: &str = "duplicate.class";

/// The rule.
pub const RULE: Rule = Rule {
    name: "duplicate",
    title: "Duplicates",
    codes: &[
        Code { code: INGREDIENT, tier: "warning", meaning: "One ingredient twice, also inside combinations." },
        Code {
            code: CLASS,
            tier: "warning, note",
            meaning: "Several drugs of one therapeutic class: a duplicate (warning), or often meant (note).",
        },
    ],
    what: "Drugs that are used at the same time: one ingredient in two of them, itself or inside a combination; and \
           different ingredients of one class, a combination counting also for the classes of its components. One finding \
           an ingredient or class, with all its drugs.",
    why: "Doses add up unseen, above all of acetaminophen, opioids, anticoagulants and NSAIDs inside combinations.",
    example: "Acetaminophen with acetaminophen / oxycodone gives `duplicate.ingredient`; ibuprofen with naproxen and \
              celecoxib one `duplicate.class` with three drugs.",
    limits: "Only drugs that act at one site count: eye drops do not double a tablet. The site is that of the recorded \
             route; where none is recorded or understood, an ingredient that has a systemic route counts as systemic. \
             Whether one is to replace the other is not known. Classes of which two are usual say nothing.",
    children: "Holds for children.",
    source: "Therapeutic classes of the knowledge pack.",
};

/// Checks ingredients, then classes.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let mut ingredients = Groups::<DrugIx>::default();
    let mut classes = Groups::<&str>::default();
    for (a, b) in overlapping(input.drugs).filter(|(a, b)| same_site(input.knowledge, a, b)) {
        let shared = shared(input.knowledge, a.drug, b.drug);
        for ingredient in &shared {
            ingredients.add(*ingredient, a.drug, b.drug);
        }
        if shared.is_empty() {
            let other = class_ids(input.knowledge, b.drug);
            for class in class_ids(input.knowledge, a.drug).intersection(&other) {
                classes.add(class, a.drug, b.drug);
            }
        }
    }
    for (ingredient, drugs) in ingredients.connected() {
        out.add(same_ingredient(input, ingredient, &drugs));
    }
    for (class, drugs) in classes.connected() {
        if let Some((class, tier)) = input.knowledge.class(class).and_then(|c| Some((c, tier(c.duplicate)?))) {
            out.add(same_class(input, class, tier, &drugs));
        }
    }
}

/// Pairs by what they share.
struct Groups<K>(BTreeMap<K, BTreeSet<(DrugIx, DrugIx)>>);

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Copy> Groups<K> {
    fn add(&mut self, key: K, a: DrugIx, b: DrugIx) {
        self.0.entry(key).or_default().insert((a.min(b), a.max(b)));
    }

    fn connected(self) -> Vec<(K, BTreeSet<DrugIx>)> {
        self.0.into_iter().flat_map(|(key, pairs)| connected(&pairs).into_iter().map(move |set| (key, set))).collect()
    }
}

const fn tier(duplicate: Duplicate) -> Option<Tier> {
    match duplicate {
        Duplicate::Warning => Some(Tier::Warning),
        Duplicate::Note => Some(Tier::Note),
        Duplicate::Allowed => None,
    }
}

fn same_site(knowledge: &KnowledgeBase, a: &DrugUse, b: &DrugUse) -> bool {
    let of = |u: &DrugUse| sites(u, &knowledge.ingredient(u.drug).entry);
    let other = of(b);
    of(a).iter().any(|site| other.contains(site))
}

fn shared(knowledge: &KnowledgeBase, a: DrugIx, b: DrugIx) -> Vec<DrugIx> {
    let other = substances(knowledge, b);
    substances(knowledge, a).into_iter().filter(|s| other.contains(s)).collect()
}

/// The class of a drug and those of its components.
fn class_ids(knowledge: &KnowledgeBase, drug: DrugIx) -> BTreeSet<&str> {
    let whole = std::iter::once(drug).chain(knowledge.components(drug).iter().copied());
    whole.map(|ix| knowledge.class_of(ix).id.as_str()).collect()
}

fn same_ingredient(input: &CheckInput<'_>, ingredient: DrugIx, drugs: &BTreeSet<DrugIx>) -> Finding {
    let name = input.knowledge.ingredient(ingredient).name();
    let names = names(input.knowledge, drugs);
    let message = Bilingual::new(
        sentences(&[&format!("{}: in several drugs ({})", name.en, names.en), "Stop one, or count the doses together"]),
        sentences(&[&format!("{}: 성분 중복 ({})", name.ko, names.ko), "하나를 중단하거나 용량을 합산하여 확인"]),
    );
    let uses = input.drugs.iter().filter(|u| drugs.contains(&u.drug)).count();
    let mut found = finding(INGREDIENT, Tier::Warning, ids(input, drugs), message, pack_source(input.knowledge));
    found.used.insert("entries".to_owned(), Value::from(uses));
    found
}

fn same_class(input: &CheckInput<'_>, class: &Class, tier: Tier, drugs: &BTreeSet<DrugIx>) -> Finding {
    let names = names(input.knowledge, drugs);
    let (en, ko) = match tier {
        Tier::Critical | Tier::Warning => ("Keep one, unless both are meant", "의도한 병용이 아니면 하나만 유지"),
        Tier::Note => ("Often meant; check", "의도한 병용인지 확인"),
    };
    let message = Bilingual::new(
        sentences(&[&format!("{}: several drugs of one class: {}", class.name.en, names.en), en]),
        sentences(&[&format!("{}: 동일 계열 중복: {}", class.name.ko, names.ko), ko]),
    );
    finding(CLASS, tier, ids(input, drugs), message, pack_source(input.knowledge))
}

/// Classes carry no source of their own: that of the packs that define them.
fn pack_source(knowledge: &KnowledgeBase) -> String {
    let packs = knowledge.packs().iter().map(|p| format!("{} {}", p.id, p.version)).collect::<Vec<_>>().join(", ");
    format!("Therapeutic classes of the knowledge pack ({packs})")
}
