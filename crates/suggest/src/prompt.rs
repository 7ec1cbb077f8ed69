//! Prompts: the fixed texts of `assets/prompts`, and a case in words. Name, number and free notes are never in one.

use bogam_clinical::case::{Case, Pregnancy, Setting, Sex};
use bogam_clinical::text::Lang;
use bogam_engine::Prompt;
use bogam_knowledge::KnowledgeBase;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// A prompt file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("prompts/{file}: {message}")]
pub struct PromptError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoreTexts {
    system: String,
    user: String,
    answer: String,
    empty: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdviceTexts {
    system: String,
    user: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdviceByLanguage {
    en: AdviceTexts,
    ko: AdviceTexts,
}

/// The fixed texts.
#[derive(Debug, Clone)]
pub struct Prompts {
    score: ScoreTexts,
    advice: AdviceByLanguage,
    hash: String,
}

impl Prompts {
    /// Reads the texts of `score.toml` and `advice.toml`.
    ///
    /// # Errors
    /// When one is not of the form, or lacks its placeholder.
    pub fn read(score: &str, advice: &str) -> Result<Self, PromptError> {
        let fault = |file: &str, message: String| PromptError { file: file.to_owned(), message };
        let mut digest = Sha256::new();
        digest.update(score);
        digest.update([0]);
        digest.update(advice);
        let hex: String = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
        let score: ScoreTexts = toml::from_str(score).map_err(|e| fault("score.toml", e.to_string()))?;
        let advice: AdviceByLanguage = toml::from_str(advice).map_err(|e| fault("advice.toml", e.to_string()))?;
        if !score.user.contains("{patient}") {
            return Err(fault("score.toml", "`user` must hold {patient}".into()));
        }
        for texts in [&advice.en, &advice.ko] {
            if !texts.user.contains("{drugs}") || !texts.user.contains("{conditions}") {
                return Err(fault("advice.toml", "`user` must hold {drugs} and {conditions}".into()));
            }
        }
        Ok(Self { score, advice, hash: format!("sha256:{hex}") })
    }

    /// Hash of the fixed texts.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The prompt for scoring or listing the drugs of a case.
    #[must_use]
    pub fn for_case(&self, case: &Case, knowledge: &KnowledgeBase) -> Prompt {
        self.filled(&describe(case, knowledge))
    }

    /// The same without a patient.
    #[must_use]
    pub fn for_empty_case(&self) -> Prompt {
        self.filled(&self.score.empty)
    }

    fn filled(&self, patient: &str) -> Prompt {
        let user = self.score.user.trim();
        let fixed = user.find("{patient}").unwrap_or(0);
        let user = user.replace("{patient}", patient);
        Prompt::new(self.score.system.trim(), user.trim(), self.score.answer.clone()).with_fixed(fixed)
    }

    /// The prompt for a paragraph of advice.
    pub(crate) fn for_advice(&self, lang: Lang, drugs: &str, conditions: &str) -> Prompt {
        let texts = match lang {
            Lang::En => &self.advice.en,
            Lang::Ko => &self.advice.ko,
        };
        let user = texts.user.trim();
        let fixed = ["{drugs}", "{conditions}"].iter().filter_map(|place| user.find(place)).min().unwrap_or(0);
        let user = user.replace("{drugs}", drugs).replace("{conditions}", conditions);
        Prompt::new(texts.system.trim(), user, "").with_fixed(fixed)
    }
}

/// A case in words: what bears on the choice of drugs, the diagnoses last and in order of rank.
fn describe(case: &Case, knowledge: &KnowledgeBase) -> String {
    let p = &case.patient;
    let mut facts = vec![format!("{:.0} years old", p.age.get())];
    facts.push(match p.sex {
        Sex::Female => "female".to_owned(),
        Sex::Male => "male".to_owned(),
    });
    match p.pregnancy() {
        Pregnancy::Yes { trimester: Some(t) } => facts.push(format!("pregnant, trimester {t}")),
        Pregnancy::Yes { trimester: None } => facts.push("pregnant".to_owned()),
        Pregnancy::No | Pregnancy::Unknown => {}
    }
    facts.extend(p.weight.map(|w| format!("{:.0} kg", w.get())));
    facts.extend(p.gfr().map(|g| format!("eGFR {:.0}", g.get())));
    if p.dialysis == Some(true) {
        facts.push("on dialysis".to_owned());
    }
    let mut lines = vec![format!("Patient: {}.", facts.join(", "))];
    let setting = case.admission.setting.map(|s| match s {
        Setting::Inpatient => "inpatient",
        Setting::Outpatient => "outpatient",
        Setting::Emergency => "emergency department",
    });
    let intensive = (case.admission.icu == Some(true)).then_some("intensive care");
    let stay: Vec<&str> = setting.into_iter().chain(intensive).chain(case.admission.service.as_deref()).collect();
    if !stay.is_empty() {
        lines.push(format!("Setting: {}.", stay.join(", ")));
    }
    let allergies: Vec<&str> = p.allergies.iter().flatten().map(|a| a.to.as_str()).collect();
    if !allergies.is_empty() {
        lines.push(format!("Allergies: {}.", allergies.join(", ")));
    }
    let current: Vec<&str> = p.current_drugs.iter().flatten().map(|d| d.name.as_str()).collect();
    if !current.is_empty() {
        lines.push(format!("Takes already: {}.", current.join(", ")));
    }
    let named = case.diagnoses.iter().map(|d| {
        let title = d.title.clone().or_else(|| knowledge.diagnosis_name(d).map(|n| n.en.clone()));
        title.unwrap_or_else(|| d.dotted())
    });
    lines.push(format!("Diagnoses: {}.", named.collect::<Vec<_>>().join("; ")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_its_placeholder_is_refused() {
        let advice = include_str!("../../../assets/prompts/advice.toml");
        let score = include_str!("../../../assets/prompts/score.toml");
        assert!(Prompts::read(score, advice).is_ok());
        let error = Prompts::read(&score.replace("{patient}", ""), advice).unwrap_err();
        assert!(error.to_string().contains("{patient}"));
    }
}
