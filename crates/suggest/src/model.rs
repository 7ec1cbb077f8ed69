//! The model channel: what the language model adds to what the knowledge base says.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use bogam_engine::{Cancel, Constraint, Engine, EngineError, GenerateRequest, Prompt, Sampling, ScoreRequest, Sink};
use bogam_knowledge::{DrugIx, KnowledgeBase};

/// A name as it stands in a list: a space before, the end of the line behind, so that no name wins as the beginning of
/// a longer one.
fn item(name: &str) -> String {
    format!(" {name}\n")
}

/// Scores of one drug, in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NameScore {
    /// `ln P(name | case)`.
    pub case: f64,
    /// `ln P(name | empty case)`.
    pub empty: f64,
}

/// Scores of names, and the time they took in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Scored {
    pub names: BTreeMap<DrugIx, NameScore>,
    pub prefill_ms: u64,
    pub score_ms: u64,
}

/// Scores after an empty case, by name: they hold for one model and one prompt, and know of no patient.
#[derive(Debug, Default)]
pub(crate) struct EmptyScores(Mutex<HashMap<String, f64>>);

impl EmptyScores {
    fn missing(&self, names: &[String]) -> Vec<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().filter(|n| !known.contains_key(*n)).cloned().collect()
    }

    fn add(&self, names: Vec<String>, scores: Vec<f64>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(names.into_iter().zip(scores));
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }
}

/// Scores names after a case and after an empty one.
pub(crate) fn score(
    engine: &dyn Engine,
    (case, empty): (&Prompt, &Prompt),
    drugs: &[DrugIx],
    knowledge: &KnowledgeBase,
    cache: &EmptyScores,
    (sink, cancel): (&mut dyn Sink, &Cancel),
) -> Result<Scored, EngineError> {
    if drugs.is_empty() {
        return Ok(Scored::default());
    }
    let names: Vec<String> = drugs.iter().map(|&d| knowledge.ingredient(d).id().to_owned()).collect();
    let new = cache.missing(&names);
    if !new.is_empty() {
        let request = ScoreRequest { prompt: empty.clone(), continuations: new.iter().map(|n| item(n)).collect() };
        let scores = engine.score(&request, sink, cancel)?;
        cache.add(new, scores.log_probs);
    }
    let request = ScoreRequest { prompt: case.clone(), continuations: names.iter().map(|n| item(n)).collect() };
    let scores = engine.score(&request, sink, cancel)?;
    let pairs = drugs.iter().zip(&names).zip(scores.log_probs).filter_map(|((&drug, name), case)| {
        let empty = cache.get(name)?;
        (case.is_finite() && empty.is_finite()).then_some((drug, NameScore { case, empty }))
    });
    Ok(Scored { names: pairs.collect(), prefill_ms: scores.prefill_ms, score_ms: scores.score_ms })
}

/// A list that the model wrote.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub drugs: Vec<(DrugIx, Option<f64>)>,
    pub prefill_ms: u64,
    pub generate_ms: u64,
}

/// Lets the model write a list of at most `max` drugs of the formulary, none twice.
pub(crate) fn write_list(
    engine: &dyn Engine,
    prompt: &Prompt,
    knowledge: &KnowledgeBase,
    max: usize,
    (sink, cancel): (&mut dyn Sink, &Cancel),
) -> Result<Written, EngineError> {
    let items: Vec<String> = knowledge.drugs().map(|d| item(knowledge.ingredient(d).id())).collect();
    let request = GenerateRequest {
        prompt: prompt.clone(),
        constraint: Constraint::List { items, separator: "-".to_owned(), min: 1, max },
        sampling: Sampling::greedy(),
        // Names are short: the list ends by its number, not by its tokens.
        max_tokens: max.saturating_mul(24),
    };
    let written = engine.generate(&request, sink, cancel)?;
    if written.end == bogam_engine::End::Cancelled {
        return Err(EngineError::Cancelled);
    }
    let lines = written.text.lines().map(|l| l.trim_start_matches('-').trim()).filter(|l| !l.is_empty());
    let drugs = lines.enumerate().filter_map(|(i, name)| {
        let log_prob = written.item_log_probs.get(i).copied().filter(|p| p.is_finite());
        Some((knowledge.find(name)?, log_prob))
    });
    Ok(Written { drugs: drugs.collect(), prefill_ms: written.prefill_ms, generate_ms: written.generate_ms })
}
