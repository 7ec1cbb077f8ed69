//! What the packs say of drugs, for a prompt, and where it comes from.

use bogam_clinical::record::Tier;
use bogam_clinical::text::{Bilingual, Lang};
use bogam_knowledge::{DrugIx, KnowledgeBase};
use serde::{Deserialize, Serialize};

use crate::consultation::About;
use crate::mentions;
use crate::prompt::FactWords;

/// Drugs of which a prompt tells, at most; the others are named as left out.
const MOST: usize = 6;

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Title of the document.
    pub title: String,
    /// Its tag in the packs, or the code of the check that used it.
    pub code: String,
}

/// Facts in words, with their sources.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub text: String,
    pub sources: Vec<Source>,
}

impl Facts {
    fn source(&mut self, title: &str, code: &str) {
        if !title.is_empty() && !self.sources.iter().any(|known| known.title == title) {
            self.sources.push(Source { title: title.to_owned(), code: code.to_owned() });
        }
    }

    fn line(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }
}

/// What the packs say of these drugs: usual dose, checks against the patient, purpose, interactions with each other.
pub(crate) fn facts(
    drugs: &[DrugIx],
    about: Option<&About<'_>>,
    knowledge: &KnowledgeBase,
    words: &FactWords,
    lang: Lang,
) -> Facts {
    let mut facts = Facts::default();
    let (told, left_out) = drugs.split_at(drugs.len().min(MOST));
    for &drug in told {
        of_drug(&mut facts, drug, about, knowledge, words, lang);
    }
    let name = |drug: &DrugIx| knowledge.ingredient(*drug).name().get(lang);
    for (at, &a) in told.iter().enumerate() {
        for &b in told.iter().skip(at + 1) {
            let Some(pair) = knowledge.interaction(a, b) else { continue };
            let (effect, action) = (pair.effect.get(lang), pair.action.get(lang));
            facts.line(&format!("- {} + {} ({}): {effect} {action}", name(&a), name(&b), words.tier(pair.severity)));
            facts.source(knowledge.source_title(&pair.source).unwrap_or(&pair.source), &pair.source);
        }
    }
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().map(name).collect();
        facts.line(&format!("- {}: {}", words.left_out, names.join(", ")));
    }
    facts
}

fn of_drug(
    facts: &mut Facts,
    drug: DrugIx,
    about: Option<&About<'_>>,
    knowledge: &KnowledgeBase,
    words: &FactWords,
    lang: Lang,
) {
    let ingredient = knowledge.ingredient(drug);
    let class = knowledge.class_of(drug);
    let Bilingual { en, ko } = ingredient.name();
    facts.line(&format!("- {en} ({ko}): {}", class.name.get(lang)));
    let entry = &ingredient.entry;
    let tag = |own: Option<&String>| own.unwrap_or(&entry.source).clone();
    if let Some(points) = &entry.counselling {
        facts.line(&format!("  {}: {}", words.given_for, points.purpose.get(lang)));
        let tag = tag(points.source.as_ref());
        facts.source(knowledge.source_title(&tag).unwrap_or(&tag), &tag);
    }
    let usual = entry.dose.as_ref().map(|dose| match lang {
        Lang::En => &dose.en,
        Lang::Ko => &dose.ko,
    });
    let dose = match about {
        Some(about) => {
            let dose = bogam_safety::dose_text(about.case, knowledge, about.codes, drug);
            let shown = match lang {
                Lang::En => dose.en,
                Lang::Ko => dose.ko,
            };
            let withheld = dose.withheld.map(|reason| format!("{} ({})", words.dose_withheld, reason.get(lang)));
            shown.map(|text| format!("{}: {text}", words.dose)).or(withheld)
        }
        None => usual.map(|text| format!("{}: {text}", words.dose)),
    };
    if let Some(dose) = dose {
        facts.line(&format!("  {dose}"));
        let tag = tag(entry.dose.as_ref().and_then(|dose| dose.source.as_ref()));
        facts.source(knowledge.source_title(&tag).unwrap_or(&tag), &tag);
    }
    let Some(about) = about else { return };
    let checked = mentions::check(drug, about, knowledge);
    for finding in &checked.findings {
        let instead = finding.instead.as_ref().map(|text| format!(" {}", text.get(lang))).unwrap_or_default();
        facts.line(&format!("  {}: {}{instead}", words.tier(finding.tier), finding.message.get(lang)));
        facts.source(&finding.source, &finding.code);
    }
    if !checked.not_evaluated.is_empty() {
        let mut codes: Vec<&str> = checked.not_evaluated.iter().map(|n| n.code.as_str()).collect();
        codes.dedup();
        facts.line(&format!("  {}: {}", words.not_checked, codes.join(", ")));
    }
}

impl FactWords {
    fn tier(&self, tier: Tier) -> &str {
        match tier {
            Tier::Critical => &self.critical,
            Tier::Warning => &self.warning,
            Tier::Note => &self.note,
        }
    }
}
