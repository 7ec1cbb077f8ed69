//! Three drugs that are harmful all together.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::text::Bilingual;
use bogam_knowledge::{DrugIx, Together};

use crate::input::{CheckInput, DrugUse};
use crate::rule::{Code, Rule};
use crate::shared::{Codes, Saying, say, with_components};
use crate::sum::Told;
use crate::words::sentences;

const CODES: Codes =
    Codes { critical: "together.contraindicated", warning: "together.avoid", note: "together.caution" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "together",
    title: "Three drugs together",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Never all together." },
        Code { code: CODES.warning, tier: "warning", meaning: "All together only with a plan." },
        Code { code: CODES.note, tier: "note", meaning: "All together: be aware." },
    ],
    what: "The entries that name three or more sides: one different drug of each side at the same time. One finding an \
           entry, with all drugs of its sides.",
    why: "The triple whammy (ACE inhibitor or ARB, diuretic, NSAID) stops kidneys, although each pair is usual.",
    example: "Lisinopril, furosemide and ibuprofen give `together.avoid`.",
    limits: "Dose is not considered.",
    children: "Holds for children.",
    source: "Each entry carries its own source.",
};

/// Checks every entry.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>) {
    for rule in input.knowledge.together() {
        let drugs = drugs(input, rule);
        if drugs.is_empty() {
            continue;
        }
        let entry = &rule.entry;
        let saying = Saying {
            what: Bilingual::new(
                sentences(&[&entry.effect.en, &entry.action.en]),
                sentences(&[&entry.effect.ko, &entry.action.ko]),
            ),
            reason: None,
            instead: None,
            source: &entry.source,
            used: BTreeMap::new(),
        };
        let finding = say(input, CODES.of(entry.severity), entry.severity, &drugs, saying);
        told.push(Told { problem: entry.mechanism.clone(), specific: true, finding });
    }
}

/// A use, and the substance of it that stands on a side.
type Place<'a> = (&'a DrugUse, DrugIx);

/// All drugs of the sides that are part of a full set at one time; empty when there is none.
fn drugs(input: &CheckInput<'_>, rule: &Together) -> BTreeSet<DrugIx> {
    let on = |u: &'_ DrugUse, side: &[DrugIx]| {
        let drug = &input.knowledge.ingredient(u.drug).entry;
        let mut substances = with_components(input.knowledge, u.drug);
        substances.retain(|of| {
            side.contains(of) && crate::route::holds(u, drug, &input.knowledge.ingredient(*of).entry, &[])
        });
        substances
    };
    let places = |side: &Vec<DrugIx>| {
        input.drugs.iter().flat_map(|u| on(u, side).into_iter().map(move |of| (u, of))).collect::<Vec<_>>()
    };
    let sides = rule.sides.iter().map(places).collect::<Vec<_>>();
    let mut found = BTreeSet::new();
    full_sets(&sides, &mut Vec::new(), &mut found);
    found
}

/// Walks over all choices of one place a side, whose windows all overlap and whose substances differ.
fn full_sets<'a>(sides: &[Vec<Place<'a>>], chosen: &mut Vec<Place<'a>>, found: &mut BTreeSet<DrugIx>) {
    let Some((first, rest)) = sides.split_first() else {
        found.extend(chosen.iter().map(|(u, _)| u.drug));
        return;
    };
    for (usage, substance) in first {
        if chosen.iter().all(|(c, of)| c.overlaps(usage) && of != substance) {
            chosen.push((usage, *substance));
            full_sets(rest, chosen, found);
            chosen.pop();
        }
    }
}
