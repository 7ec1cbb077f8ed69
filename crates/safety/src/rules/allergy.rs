//! Recorded allergies against each drug.

use std::collections::BTreeMap;

use bogam_clinical::case::{Allergy, AllergySeverity};
use bogam_clinical::record::{Finding, Tier};
use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::BetweenMembers;
use bogam_knowledge::{Allergen, CrossReactivity, DrugIx, Grade, KnowledgeBase};
use serde_json::Value;

use crate::facts::substances;
use crate::input::CheckInput;
use crate::outcome::{Outcome, finding};
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::words::{sentences, source};

const UNKNOWN: &str = "allergy";
const SAME: &str = "allergy.same";
const GROUP: &str = "allergy.group";
const CROSS: &str = "allergy.cross";
const INTOLERANCE: &str = "allergy.intolerance";

/// Khan DA et al., J Allergy Clin Immunol 2022;150:1333-93.
const PRACTICE_PARAMETER: &str = "Drug allergy: a 2022 practice parameter update (AAAAI/ACAAI)";

/// The rule.
pub const RULE: Rule = Rule {
    name: "allergy",
    title: "Recorded allergies",
    codes: &[
        Code {
            code: SAME,
            tier: "critical; warning after a mild reaction",
            meaning: "The patient is allergic to the drug, or to a component of it.",
        },
        Code {
            code: GROUP,
            tier: "critical, warning, note; at most warning after a mild reaction",
            meaning: "The record names the drug's group (critical), or another member of it (as the group says).",
        },
        Code {
            code: CROSS,
            tier: "critical, warning, note; at most warning after a mild reaction",
            meaning: "Cross-reactivity from the recorded allergen. Not evaluated: an entry that counts only after a \
                      severe reaction, and how severe it was is unknown.",
        },
        Code { code: INTOLERANCE, tier: "note", meaning: "A side effect of the drug or its group was recorded." },
        Code { code: UNKNOWN, tier: NOT_EVALUATED, meaning: "Nothing is known of allergies." },
    ],
    what: "Every recorded allergy against every drug and its components: first the same substance, then the group that \
           the record names, then explicit cross-reactivity, then membership of one group. One record gives one finding \
           a drug: the first that applies, and of several cross-reactivities the most severe that applies.",
    why: "A second exposure can kill. A record that names a group may mean any member of it.",
    example: "Allergy to penicillin with anaphylaxis: amoxicillin / clavulanate gives `allergy.group` (critical), \
              ceftriaxone `allergy.cross`. Codeine with nausea: codeine gives `allergy.intolerance` (note), morphine \
              nothing.",
    limits: "The reaction is graded by its words and by the recorded severity: severe when either says so; otherwise \
             words of side effects alone make an intolerance. An unknown reaction counts as allergic, not as severe; \
             entries that count only after a severe reaction are then listed as not evaluated. Free notes are not \
             searched. An allergen that is not recognised is listed elsewhere (`allergen.unrecognised`). The route is \
             not considered. Allergy to a combination counts as allergy to each component.",
    children: "Holds for children.",
    source: "Khan DA et al., Drug allergy: a 2022 practice parameter update, J Allergy Clin Immunol 2022;150:1333-93; \
             cross-reactivities carry their own source.",
};

/// How a recorded reaction counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reaction {
    /// A side effect.
    Intolerance,
    /// Allergic, recorded as mild.
    Mild,
    /// Allergic, known not to be severe.
    Moderate,
    /// Anaphylaxis and the like.
    Severe,
    /// Counts as allergic; whether severe is not known.
    Unknown,
}

impl Reaction {
    fn of(allergy: &Allergy, knowledge: &KnowledgeBase) -> Self {
        let words = allergy.reaction.as_deref().and_then(|r| knowledge.reaction_grade(r));
        match (allergy.severity, words) {
            (Some(AllergySeverity::Severe), _) | (_, Some(Grade::Severe)) => Self::Severe,
            (_, Some(Grade::Intolerance)) => Self::Intolerance,
            (Some(AllergySeverity::Mild), Some(Grade::Moderate) | None) => Self::Mild,
            (Some(AllergySeverity::Moderate), Some(Grade::Moderate) | None) | (None, Some(Grade::Moderate)) => {
                Self::Moderate
            }
            (None, None) => Self::Unknown,
        }
    }

    /// A mild reaction needs a plan; it does not forbid.
    fn limit(self, tier: Tier) -> Tier {
        match self {
            Self::Intolerance => Tier::Note,
            Self::Mild => tier.min(Tier::Warning),
            Self::Moderate | Self::Severe | Self::Unknown => tier,
        }
    }
}

/// A recorded allergy of which the allergen is recognised.
struct Record<'a> {
    at: usize,
    allergy: &'a Allergy,
    allergen: Allergen,
    reaction: Reaction,
}

/// Why a record speaks against a drug.
enum Link {
    Same,
    NamedGroup(String),
    Cross(CrossReactivity),
    Member(String, Tier),
}

/// Checks every record against every drug.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let Some(allergies) = &input.case.patient.allergies else {
        if !input.drugs.is_empty() {
            out.skip(UNKNOWN, input.ids(), vec!["patient.allergies".to_owned()]);
        }
        return;
    };
    for (at, allergy) in allergies.iter().enumerate() {
        if let Some(allergen) = input.knowledge.allergen(&allergy.to) {
            let record = Record { at, allergy, allergen, reaction: Reaction::of(allergy, input.knowledge) };
            for drug in input.ingredients() {
                check_one(input, &record, drug, out);
            }
        }
    }
}

fn check_one(input: &CheckInput<'_>, record: &Record<'_>, drug: DrugIx, out: &mut Outcome) {
    let knowledge = input.knowledge;
    if let Some(link) = direct(knowledge, &record.allergen, drug) {
        out.add(report(input, record, drug, &link));
        return;
    }
    if record.reaction == Reaction::Intolerance {
        // A side effect of one drug says nothing of its relatives.
        return;
    }
    let entries = knowledge.cross_reactivities(&record.allergen, drug);
    let applies = |e: &&CrossReactivity| !e.only_severe || record.reaction == Reaction::Severe;
    // The most severe stands first.
    let applicable = entries.iter().find(applies).cloned().map(Link::Cross);
    let link = applicable.or_else(|| membership(knowledge, &record.allergen, drug));
    let tier = link.as_ref().map(|link| record.reaction.limit(tier(link)));
    let open = entries.iter().any(|e| e.only_severe && Some(e.severity) > tier);
    if record.reaction == Reaction::Unknown && open {
        out.skip(CROSS, vec![input.id(drug)], vec![grading_field(record)]);
    }
    if let Some(link) = link {
        out.add(report(input, record, drug, &link));
    }
}

/// The same substance, or the group that the record names.
fn direct(knowledge: &KnowledgeBase, allergen: &Allergen, drug: DrugIx) -> Option<Link> {
    match allergen {
        Allergen::Ingredient(ix) => {
            let recorded = substances(knowledge, *ix);
            let same = *ix == drug || substances(knowledge, drug).iter().any(|s| recorded.contains(s));
            same.then_some(Link::Same)
        }
        Allergen::Group(group) => knowledge.in_group(drug, group).then(|| Link::NamedGroup(group.clone())),
        Allergen::Known(_) => None,
    }
}

/// The group that a recorded ingredient and a drug share, with what it means between members; the most severe.
fn membership(knowledge: &KnowledgeBase, allergen: &Allergen, drug: DrugIx) -> Option<Link> {
    let recorded = match allergen {
        Allergen::Ingredient(ix) => *ix,
        Allergen::Group(_) | Allergen::Known(_) => return None,
    };
    let whole = std::iter::once(recorded).chain(knowledge.components(recorded).iter().copied());
    let groups = whole.flat_map(|ix| &knowledge.ingredient(ix).entry.allergy_groups);
    let shared = groups.filter(|group| knowledge.in_group(drug, group));
    let tiers = shared.filter_map(|group| Some((between(knowledge, group)?, group)));
    // Of equally severe groups the first by id, so that the order of entries changes nothing.
    tiers
        .max_by(|(a, x), (b, y)| a.cmp(b).then_with(|| y.cmp(x)))
        .map(|(tier, group)| Link::Member(group.clone(), tier))
}

/// What an allergy to one member of a group means for the others, as the group says.
fn between(knowledge: &KnowledgeBase, group: &str) -> Option<Tier> {
    match knowledge.between_members(group)? {
        BetweenMembers::None => None,
        BetweenMembers::Note => Some(Tier::Note),
        BetweenMembers::Warning => Some(Tier::Warning),
        BetweenMembers::Critical => Some(Tier::Critical),
    }
}

fn tier(link: &Link) -> Tier {
    match link {
        Link::Same | Link::NamedGroup(_) => Tier::Critical,
        Link::Cross(entry) => entry.severity,
        Link::Member(_, tier) => *tier,
    }
}

fn report(input: &CheckInput<'_>, record: &Record<'_>, drug: DrugIx, link: &Link) -> Finding {
    let knowledge = input.knowledge;
    let code = match link {
        _ if record.reaction == Reaction::Intolerance => INTOLERANCE,
        Link::Same => SAME,
        Link::NamedGroup(_) | Link::Member(..) => GROUP,
        Link::Cross(_) => CROSS,
    };
    let source = match link {
        Link::Cross(entry) => source(knowledge, &entry.source),
        Link::Same | Link::NamedGroup(_) | Link::Member(..) => PRACTICE_PARAMETER.to_owned(),
    };
    let message = message(knowledge, record, drug, link);
    let mut found = finding(code, record.reaction.limit(tier(link)), vec![input.id(drug)], message, source);
    found.used = used(record);
    if record.reaction == Reaction::Unknown {
        found.missing = vec![grading_field(record)];
    }
    found
}

fn used(record: &Record<'_>) -> BTreeMap<String, Value> {
    let mut used = BTreeMap::from([("allergy".to_owned(), Value::from(record.allergy.to.clone()))]);
    if let Some(reaction) = &record.allergy.reaction {
        used.insert("reaction".to_owned(), Value::from(reaction.clone()));
    }
    if let Some(severity) = record.allergy.severity {
        let word = match severity {
            AllergySeverity::Mild => "mild",
            AllergySeverity::Moderate => "moderate",
            AllergySeverity::Severe => "severe",
        };
        used.insert("severity".to_owned(), Value::from(word));
    }
    used
}

/// The field that would tell how severe the reaction was: the severity where the words were not understood.
fn grading_field(record: &Record<'_>) -> String {
    let field = if record.allergy.reaction.is_some() { "severity" } else { "reaction" };
    format!("patient.allergies[{}].{field}", record.at)
}

fn message(knowledge: &KnowledgeBase, record: &Record<'_>, drug: DrugIx, link: &Link) -> Bilingual {
    let name = knowledge.ingredient(drug).name();
    let to = &record.allergy.to;
    let reaction = record.allergy.reaction.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
    let (en, ko) = if record.reaction == Reaction::Intolerance {
        ("recorded intolerance", "불내성(부작용) 기록")
    } else {
        ("recorded allergy", "알레르기 기록")
    };
    let why = why(knowledge, link);
    Bilingual::new(
        sentences(&[&format!("{}: {en}: {to}{reaction}", name.en), &why.en]),
        sentences(&[&format!("{}: {ko}: {to}{reaction}", name.ko), &why.ko]),
    )
}

fn why(knowledge: &KnowledgeBase, link: &Link) -> Bilingual {
    let group_name = |id: &str| knowledge.group_name(id).cloned().unwrap_or_else(|| Bilingual::new(id, id));
    match link {
        Link::Same => Bilingual::new("Same substance", "동일 성분"),
        Link::NamedGroup(group) => {
            let group = group_name(group);
            Bilingual::new(format!("Belongs to: {}", group.en), format!("해당 계열: {}", group.ko))
        }
        Link::Member(group, _) => {
            let group = group_name(group);
            Bilingual::new(format!("Same group: {}", group.en), format!("동일 계열: {}", group.ko))
        }
        Link::Cross(entry) => {
            Bilingual::new(format!("Cross-reactivity: {}", entry.reason.en), format!("교차반응: {}", entry.reason.ko))
        }
    }
}
