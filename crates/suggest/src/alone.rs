//! What the model says by itself: no knowledge, no prior, no check. It is how a model is measured, before and after training;
//! nothing of it is shown for a patient.

use std::collections::BTreeSet;

use bogam_clinical::case::Case;
use bogam_engine::{
    Cancel, Constraint, End, Engine, EngineError, GenerateRequest, NoSink, Prompt, Sampling, ScoreRequest, Sink,
};
use bogam_knowledge::{DrugIx, KnowledgeBase};

use crate::model::{self, item};
use crate::prompt::Prompts;
use crate::suggester::WRITTEN;

/// Tokens of a free answer, at most: some eighty names.
const FREE_TOKENS: usize = 512;

/// A model and what it is asked with.
pub struct ModelAlone<'a> {
    engine: &'a dyn Engine,
    prompts: &'a Prompts,
    knowledge: &'a KnowledgeBase,
}

impl std::fmt::Debug for ModelAlone<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ModelAlone({} drugs)", self.knowledge.len())
    }
}

/// What is wrong with the form of a free answer. The first that holds counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfForm {
    /// It did not end by itself: it ran on to the last token, or began to repeat itself.
    Unended,
    /// It is empty.
    Empty,
    /// A line is no name of a drug of the formulary.
    NotADrug,
    /// A drug stands there twice.
    Repeat,
}

impl OutOfForm {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unended => "unended",
            Self::Empty => "empty",
            Self::NotADrug => "not_a_drug",
            Self::Repeat => "repeat",
        }
    }
}

impl<'a> ModelAlone<'a> {
    /// A model that is asked with these prompts about drugs of this formulary.
    #[must_use]
    pub const fn new(engine: &'a dyn Engine, prompts: &'a Prompts, knowledge: &'a KnowledgeBase) -> Self {
        Self { engine, prompts, knowledge }
    }

    /// `ln P(name | case)` of every drug of the formulary, nats; after an empty case without one. A drug whose name cannot be
    /// scored is left out.
    ///
    /// # Errors
    /// When the model fails, or the case is too long for it.
    pub fn scores(&self, case: Option<&Case>, cancel: &Cancel) -> Result<Vec<(&'a str, f64)>, EngineError> {
        let prompt = case.map_or_else(|| self.prompts.for_empty_case(), |case| self.prompt(case));
        let names: Vec<&str> = self.knowledge.drugs().map(|drug| self.id(drug)).collect();
        let items: Vec<String> = names.iter().map(|name| item(name)).collect();
        let request = ScoreRequest { prompt, continuations: items.clone(), among: items };
        let scores = self.engine.score(&request, &mut NoSink, cancel)?;
        Ok(names.into_iter().zip(scores.log_probs).filter(|(_, nats)| nats.is_finite()).collect())
    }

    /// The list that it writes when it is held to names of the formulary and none twice, as `suggest --method generate` holds it.
    ///
    /// # Errors
    /// As [`ModelAlone::scores`].
    pub fn held(&self, case: &Case, cancel: &Cancel) -> Result<Vec<&'a str>, EngineError> {
        let hands: (&mut dyn Sink, &Cancel) = (&mut NoSink, cancel);
        let written = model::write_list(self.engine, &self.prompt(case), self.knowledge, WRITTEN, hands)?;
        Ok(written.drugs.into_iter().map(|(drug, _)| self.id(drug)).collect())
    }

    /// The list that it writes when it is held to nothing, taking the most probable word each time, if that is one: an answer
    /// that ended by itself, each line a name of a drug, none twice.
    ///
    /// # Errors
    /// As [`ModelAlone::scores`].
    pub fn free(&self, case: &Case, cancel: &Cancel) -> Result<Result<Vec<&'a str>, OutOfForm>, EngineError> {
        let request = GenerateRequest {
            prompt: self.prompt(case),
            constraint: Constraint::Free,
            sampling: Sampling::greedy(),
            max_tokens: FREE_TOKENS,
        };
        let written = self.engine.generate(&request, &mut NoSink, cancel)?;
        match written.end {
            End::Stop => Ok(self.read(&written.text)),
            End::Budget | End::Loop => Ok(Err(OutOfForm::Unended)),
            End::Cancelled => Err(EngineError::Cancelled),
        }
    }

    fn prompt(&self, case: &Case) -> Prompt {
        self.prompts.for_case(case, self.knowledge)
    }

    fn id(&self, drug: DrugIx) -> &'a str {
        self.knowledge.ingredient(drug).id()
    }

    /// A free answer as a list. The first item stands behind the mark that the prompt ends with.
    fn read(&self, text: &str) -> Result<Vec<&'a str>, OutOfForm> {
        let lines = text.lines().map(|line| line.trim().trim_start_matches('-').trim()).filter(|line| !line.is_empty());
        let drugs: Option<Vec<&str>> =
            lines.map(|line| self.knowledge.normalise(line).drug.map(|drug| self.id(drug))).collect();
        let drugs = drugs.ok_or(OutOfForm::NotADrug)?;
        let different: BTreeSet<&&str> = drugs.iter().collect();
        match (drugs.is_empty(), different.len() < drugs.len()) {
            (true, _) => Err(OutOfForm::Empty),
            (false, true) => Err(OutOfForm::Repeat),
            (false, false) => Ok(drugs),
        }
    }
}
