//! The prompt of a consultation: texts of `assets/consult/prompt.toml`, a case in words, facts of the packs.

use bogam_clinical::case::{Case, ChildPugh, Diagnosis, DrugEntry, Pregnancy, Setting, Sex};
use bogam_clinical::text::Lang;
use bogam_knowledge::KnowledgeBase;
use serde::{Deserialize, Serialize};

use crate::asset::{self, AssetError};
use crate::consultation::About;
use crate::facts::{Facts, Source};

const FILE: &str = "prompt.toml";

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The clinician.
    Person,
    /// The model.
    Model,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
}

/// What is put before a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Rules, patient, facts.
    pub system: String,
    /// The turns so far, the question last.
    pub turns: Vec<Turn>,
    /// Where the facts come from.
    pub sources: Vec<Source>,
}

/// The texts of one language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageTexts {
    system: String,
    no_patient: String,
    no_facts: String,
    patient: PatientWords,
    facts: FactWords,
}

/// Words for a patient; `{}` is filled in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatientWords {
    age: String,
    female: String,
    male: String,
    pregnant: String,
    trimester: String,
    pregnancy_unknown: String,
    lactating: String,
    weight: String,
    egfr: String,
    kidney_unknown: String,
    dialysis: String,
    child_pugh: String,
    qtc: String,
    inpatient: String,
    outpatient: String,
    emergency: String,
    icu: String,
    setting: String,
    allergies: String,
    takes: String,
    labs: String,
    genotypes: String,
    diagnoses: String,
    earlier: String,
    none: String,
    unknown: String,
}

/// Words for facts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactWords {
    pub given_for: String,
    pub dose: String,
    pub dose_withheld: String,
    pub critical: String,
    pub warning: String,
    pub note: String,
    pub not_checked: String,
    pub left_out: String,
}

/// The texts of a consultation's prompt.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptTexts {
    en: LanguageTexts,
    ko: LanguageTexts,
}

impl PromptTexts {
    /// Reads the text of `prompt.toml`.
    ///
    /// # Errors
    /// When it is not of the form, or a text lacks its placeholder.
    pub fn read(text: &str) -> Result<Self, AssetError> {
        let texts: Self = asset::read(FILE, text)?;
        for (lang, of) in [("en", &texts.en), ("ko", &texts.ko)] {
            for hole in ["{patient}", "{facts}"] {
                if of.system.matches(hole).count() != 1 {
                    return Err(AssetError::new(FILE, format!("`{lang}.system` must hold {hole} once")));
                }
            }
        }
        Ok(texts)
    }

    pub(crate) const fn of(&self, lang: Lang) -> &LanguageTexts {
        match lang {
            Lang::En => &self.en,
            Lang::Ko => &self.ko,
        }
    }

    pub(crate) const fn words(&self, lang: Lang) -> &FactWords {
        &self.of(lang).facts
    }
}

/// The prompt for a question.
pub(crate) fn prompt(
    texts: &LanguageTexts,
    about: Option<&About<'_>>,
    knowledge: &KnowledgeBase,
    facts: Facts,
    (history, question): (&[Turn], &str),
    lang: Lang,
) -> Prompt {
    let patient = about.map_or_else(|| texts.no_patient.clone(), |a| describe(a.case, knowledge, &texts.patient, lang));
    let known = if facts.text.is_empty() { texts.no_facts.trim() } else { &facts.text };
    // What is filled in is not searched for placeholders again.
    let (head, tail) = texts.system.split_once("{patient}").unwrap_or((&texts.system, ""));
    let filled = |part: &str, with: &str| part.replacen("{facts}", with, 1);
    let system = format!("{}{}{}", filled(head, known), patient.trim(), filled(tail, known));
    let mut turns = history.to_vec();
    turns.push(Turn { speaker: Speaker::Person, text: question.to_owned() });
    Prompt { system: system.trim().to_owned(), turns, sources: facts.sources }
}

fn fill(template: &str, with: &str) -> String {
    template.replacen("{}", with, 1)
}

/// A case in words. Name, number and notes are not read here.
fn describe(case: &Case, knowledge: &KnowledgeBase, words: &PatientWords, lang: Lang) -> String {
    let p = &case.patient;
    let mut facts = vec![fill(&words.age, &format!("{:.0}", p.age.get()))];
    facts.push(match p.sex {
        Sex::Female => words.female.clone(),
        Sex::Male => words.male.clone(),
    });
    match p.pregnancy() {
        Pregnancy::Yes { trimester: Some(t) } => facts.push(fill(&words.trimester, &t.to_string())),
        Pregnancy::Yes { trimester: None } => facts.push(words.pregnant.clone()),
        Pregnancy::Unknown => facts.push(words.pregnancy_unknown.clone()),
        Pregnancy::No => {}
    }
    facts.extend((p.lactating == Some(true)).then(|| words.lactating.clone()));
    facts.extend(p.weight.map(|w| fill(&words.weight, &format!("{:.0}", w.get()))));
    facts.push(p.gfr().map_or_else(|| words.kidney_unknown.clone(), |g| fill(&words.egfr, &format!("{:.0}", g.get()))));
    facts.extend((p.dialysis == Some(true)).then(|| words.dialysis.clone()));
    let class = match p.hepatic_impairment {
        Some(ChildPugh::A) => Some("A"),
        Some(ChildPugh::B) => Some("B"),
        Some(ChildPugh::C) => Some("C"),
        Some(ChildPugh::None) | None => None,
    };
    facts.extend(class.map(|class| fill(&words.child_pugh, class)));
    facts.extend(p.qtc.map(|q| fill(&words.qtc, &format!("{:.0}", q.get()))));
    let mut lines = vec![facts.join(", ")];
    let setting = case.admission.setting.map(|s| match s {
        Setting::Inpatient => words.inpatient.as_str(),
        Setting::Outpatient => &words.outpatient,
        Setting::Emergency => &words.emergency,
    });
    let icu = (case.admission.icu == Some(true)).then_some(words.icu.as_str());
    let stay: Vec<&str> = setting.into_iter().chain(icu).chain(case.admission.service.as_deref()).collect();
    if !stay.is_empty() {
        lines.push(fill(&words.setting, &stay.join(", ")));
    }
    let known = |list: Option<Vec<String>>| match list {
        None => words.unknown.clone(),
        Some(list) if list.is_empty() => words.none.clone(),
        Some(list) => list.join("; "),
    };
    let allergies = p.allergies.as_ref().map(|all| {
        let one = |a: &bogam_clinical::case::Allergy| match &a.reaction {
            Some(reaction) => format!("{} ({reaction})", a.to),
            None => a.to.clone(),
        };
        all.iter().map(one).collect()
    });
    lines.push(fill(&words.allergies, &known(allergies)));
    lines.push(fill(&words.takes, &known(p.current_drugs.as_ref().map(|all| all.iter().map(ordered).collect()))));
    let labs =
        p.labs.iter().flatten().map(|l| format!("{} {} {}", l.name, l.value, l.unit.as_deref().unwrap_or_default()));
    let labs: Vec<String> = labs.map(|lab| lab.trim_end().to_owned()).collect();
    if !labs.is_empty() {
        lines.push(fill(&words.labs, &labs.join("; ")));
    }
    let genotypes: Vec<&str> = p.genotypes.iter().flatten().map(String::as_str).collect();
    if !genotypes.is_empty() {
        lines.push(fill(&words.genotypes, &genotypes.join("; ")));
    }
    let named = |list: &[Diagnosis]| list.iter().map(|d| diagnosis(d, knowledge, lang)).collect::<Vec<_>>().join("; ");
    if !case.prior_diagnoses.is_empty() {
        lines.push(fill(&words.earlier, &named(&case.prior_diagnoses)));
    }
    lines.push(fill(&words.diagnoses, &named(&case.diagnoses)));
    lines.join("\n")
}

fn ordered(drug: &DrugEntry) -> String {
    let dose = drug.dose.as_ref().map(|dose| format!("{} {}", dose.value, dose.unit));
    let parts = [Some(drug.name.clone()), dose, drug.route.clone(), drug.per_day.map(|times| format!("x{times}/d"))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn diagnosis(diagnosis: &Diagnosis, knowledge: &KnowledgeBase, lang: Lang) -> String {
    let known = knowledge.diagnosis_name(diagnosis).map(|name| name.get(lang).to_owned());
    let code = diagnosis.dotted();
    match diagnosis.title.clone().or(known) {
        Some(title) => format!("{title} ({code})"),
        None => code,
    }
}
