//! What a consultation is about, and what is asked of it.

use bogam_clinical::case::Case;
use bogam_clinical::text::Lang;
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};
use bogam_safety::DrugUse;
use serde::Deserialize;

use crate::asset::{self, AssetError};
use crate::facts::{self, Facts, Source};
use crate::mentions::{self, Mention};
use crate::names::{self, UnknownNames};
use crate::prompt::{self, Prompt, PromptTexts, Turn};

/// The patient that a consultation is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The case.
    pub case: &'a Case,
    /// For each of `case.diagnoses`, what [`KnowledgeBase::codes`] gives.
    pub codes: &'a [DiagnosisCodes],
    /// What the patient takes, see [`taken`].
    pub taken: &'a [DrugUse],
}

/// What a patient takes by the case, as far as the names are known. Those that are not are told with every check.
#[must_use]
pub fn taken(case: &Case, knowledge: &KnowledgeBase) -> Vec<DrugUse> {
    let entries = case.patient.current_drugs.iter().flatten();
    let known = entries.filter_map(|entry| Some((knowledge.normalise(&entry.name).drug?, entry)));
    known.map(|(drug, entry)| DrugUse { drug, entry: Some(entry.clone()), current: true, window: None }).collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesFile {
    #[serde(flatten)]
    names: UnknownNames,
}

/// A consultation: the packs, and the patient where one is open.
#[derive(Debug)]
pub struct Consultation<'a> {
    knowledge: &'a KnowledgeBase,
    about: Option<About<'a>>,
    unknown: UnknownNames,
}

impl<'a> Consultation<'a> {
    /// A consultation. `names` is the text of `names.toml`.
    ///
    /// # Errors
    /// When the file is not of its form.
    pub fn new(knowledge: &'a KnowledgeBase, about: Option<About<'a>>, names: &str) -> Result<Self, AssetError> {
        let file: NamesFile = asset::read("names.toml", names)?;
        Ok(Self { knowledge, about, unknown: file.names })
    }

    /// The drugs that a text names, each once in the order of the text, each checked against the patient and what the
    /// patient takes, apart from the others. What ends like a drug's name and is unknown is among them, as not checked.
    #[must_use]
    pub fn mentions(&self, answer: &str) -> Vec<Mention> {
        mentions::mentions(answer, self.about.as_ref(), self.knowledge, &self.unknown)
    }

    /// The ingredients that a text names, each once in the order of the text.
    fn drugs_of(&self, text: &str) -> Vec<DrugIx> {
        let mut all = Vec::new();
        for drug in names::named(text, self.knowledge, &self.unknown).into_iter().filter_map(|named| named.drug) {
            if !all.contains(&drug) {
                all.push(drug);
            }
        }
        all
    }

    fn facts(&self, question: &str, lang: Lang, texts: &PromptTexts) -> Facts {
        facts::facts(&self.drugs_of(question), self.about.as_ref(), self.knowledge, texts.words(lang), lang)
    }

    /// What stands behind the facts that the packs give to a question.
    #[must_use]
    pub fn sources(&self, question: &str, texts: &PromptTexts) -> Vec<Source> {
        self.facts(question, Lang::En, texts).sources
    }

    /// What is put before a model: rules of answering, the case without name, number and notes, what the packs say of
    /// the drugs named in the question, the turns so far, the question.
    #[must_use]
    pub fn prompt(&self, texts: &PromptTexts, history: &[Turn], question: &str, lang: Lang) -> Prompt {
        let facts = self.facts(question, lang, texts);
        prompt::prompt(texts.of(lang), self.about.as_ref(), self.knowledge, facts, (history, question), lang)
    }
}
