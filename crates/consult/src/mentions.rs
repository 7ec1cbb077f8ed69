//! Each drug that an answer names, checked against the patient.

use std::collections::BTreeSet;

use bogam_clinical::case::Case;
use bogam_clinical::record::{Finding, NotEvaluated, Tier};
use bogam_knowledge::{DrugIx, KnowledgeBase};
use bogam_safety::{CheckInput, DrugUse, check_each, check_pairs};
use serde::{Deserialize, Serialize};

use crate::consultation::About;
use crate::names::{self, UnknownNames};
use crate::text::Range;

/// What the checks make of a drug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MentionTier {
    /// Contraindicated.
    Critical,
    /// Only with a plan.
    Warning,
    /// Be aware.
    Note,
    /// Checked, nothing found.
    None,
    /// Nothing worse than a note was found, and some check could not be made.
    NotEvaluated,
}

/// What a check found, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionMessage {
    /// English.
    pub en: String,
    /// Korean.
    pub ko: String,
    /// Title of the source; empty where nothing was checked.
    pub source: String,
    /// Code of the finding; empty where nothing was checked.
    pub code: String,
}

/// A drug that an answer names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Ingredient id; of what the packs do not know, the name as written in lower case.
    pub ingredient: String,
    /// As it stands in the answer, the first time.
    pub written: String,
    /// Everywhere it stands.
    pub ranges: Vec<Range>,
    /// What the checks make of it.
    pub tier: MentionTier,
    /// What was found, the worst first.
    pub messages: Vec<MentionMessage>,
    /// Checks that could not be made for it.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// What the checks say of one drug beside what the patient takes.
pub(crate) struct Checked {
    pub findings: Vec<Finding>,
    pub not_evaluated: Vec<NotEvaluated>,
}

/// Checks a drug against a patient and what the patient takes. What is taken already is checked as it is taken.
pub(crate) fn check(drug: DrugIx, about: &About<'_>, knowledge: &KnowledgeBase) -> Checked {
    let mut uses = about.taken.to_vec();
    if !uses.iter().any(|usage| usage.drug == drug) {
        uses.push(DrugUse::of(drug));
    }
    let own: Vec<DrugUse> = uses.iter().filter(|usage| usage.drug == drug).cloned().collect();
    let input = |drugs| CheckInput { case: about.case, knowledge, codes: about.codes, drugs };
    let alone = check_each(&input(&own));
    let pairs = check_pairs(&input(&uses));
    let id = knowledge.ingredient(drug).id();
    let concerns = |drugs: &[String]| drugs.iter().any(|other| other == id);
    let findings = alone.findings.into_iter().chain(pairs.findings).filter(|f| concerns(&f.drugs)).collect();
    let skipped = alone.not_evaluated.into_iter().chain(pairs.not_evaluated).filter(|n| concerns(&n.drugs));
    let mut not_evaluated: Vec<NotEvaluated> = skipped.chain(unknown_to_all(about, knowledge)).collect();
    not_evaluated.sort();
    not_evaluated.dedup();
    Checked { findings: bogam_safety::finish(findings), not_evaluated }
}

/// What hinders the checks of every drug: what the patient takes or is allergic to, and nobody here knows.
fn unknown_to_all(about: &About<'_>, knowledge: &KnowledgeBase) -> Vec<NotEvaluated> {
    let case: &Case = about.case;
    let (_, entries) = bogam_safety::unrecognised(case, knowledge);
    let of_patient = |entry: &NotEvaluated| {
        entry.missing.iter().any(|f| f.starts_with("patient.current_drugs") || f.starts_with("patient.allergies"))
            && entry.code != "unit.unrecognised"
    };
    let mut all: Vec<NotEvaluated> = entries.into_iter().filter(of_patient).collect();
    if case.patient.current_drugs.is_none() && about.taken.is_empty() {
        let missing = vec!["patient.current_drugs".to_owned()];
        all.push(NotEvaluated { code: "interaction".to_owned(), drugs: Vec::new(), missing });
    }
    all
}

fn tier(checked: &Checked) -> MentionTier {
    let worst = checked.findings.iter().map(|f| f.tier).max();
    let open = !checked.not_evaluated.is_empty();
    match (worst, open) {
        (Some(Tier::Critical), _) => MentionTier::Critical,
        (Some(Tier::Warning), _) => MentionTier::Warning,
        (Some(Tier::Note) | None, true) => MentionTier::NotEvaluated,
        (Some(Tier::Note), false) => MentionTier::Note,
        (None, false) => MentionTier::None,
    }
}

fn said(en: &str, ko: &str) -> Vec<MentionMessage> {
    vec![MentionMessage { en: en.to_owned(), ko: ko.to_owned(), source: String::new(), code: String::new() }]
}

/// The drugs that a text names, each once in the order of the text, each checked apart from the others.
pub(crate) fn mentions(
    answer: &str,
    about: Option<&About<'_>>,
    knowledge: &KnowledgeBase,
    unknown: &UnknownNames,
) -> Vec<Mention> {
    let mut all: Vec<Mention> = Vec::new();
    let mut seen = BTreeSet::new();
    for named in names::named(answer, knowledge, unknown) {
        let written = answer.get(named.from..named.to).unwrap_or_default();
        let range = Range::of_bytes(answer, named.from, named.to);
        let ingredient = match named.drug {
            Some(drug) => knowledge.ingredient(drug).id().to_owned(),
            None => written.to_lowercase(),
        };
        if !seen.insert(ingredient.clone()) {
            if let Some(first) = all.iter_mut().find(|mention| mention.ingredient == ingredient) {
                first.ranges.push(range);
            }
            continue;
        }
        let (tier, messages, not_evaluated) = match (named.drug, about) {
            (Some(drug), Some(about)) => {
                let checked = check(drug, about, knowledge);
                let messages = checked.findings.iter().map(|f| MentionMessage {
                    en: f.message.en.clone(),
                    ko: f.message.ko.clone(),
                    source: f.source.clone(),
                    code: f.code.clone(),
                });
                (tier(&checked), messages.collect(), checked.not_evaluated)
            }
            (Some(_), None) => {
                let words = said("No patient is open: not checked.", "열린 사례가 없어 확인하지 않음.");
                (MentionTier::NotEvaluated, words, Vec::new())
            }
            (None, _) => {
                let words =
                    said("Not a drug of the knowledge packs: not checked.", "지식 팩에 없는 약: 확인하지 못함.");
                (MentionTier::NotEvaluated, words, Vec::new())
            }
        };
        all.push(Mention {
            ingredient,
            written: written.to_owned(),
            ranges: vec![range],
            tier,
            messages,
            not_evaluated,
        });
    }
    all
}
