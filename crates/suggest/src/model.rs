//! The model channel: what the language model adds to what the knowledge base says.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use bogam_engine::{Cancel, Constraint, Engine, EngineError, GenerateRequest, Prompt, Sampling, ScoreRequest, Sink};
use bogam_knowledge::{DrugIx, KnowledgeBase};
use bogam_prior::Named;
use serde::{Deserialize, Serialize};

/// A name as it stands in a list: a space before, the end of the line behind, so that no name wins as the beginning of
/// a longer one.
pub(crate) fn item(name: &str) -> String {
    format!(" {name}\n")
}

/// Scores of one drug, in nats. A name is scored up to the token that tells it from every other of the formulary.
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

impl Scored {
    /// Scores less their means over the drugs of this case.
    pub(crate) fn named(&self) -> BTreeMap<DrugIx, Named> {
        let count = self.names.values().map(|_| 1.0).sum::<f64>().max(1.0);
        let lift = self.names.values().map(|s| s.case - s.empty).sum::<f64>() / count;
        let empty = self.names.values().map(|s| s.empty).sum::<f64>() / count;
        let less = |s: &NameScore| Named { lift: s.case - s.empty - lift, empty: s.empty - empty };
        self.names.iter().map(|(drug, score)| (*drug, less(score))).collect()
    }
}

/// Scores after an empty case, by name: they hold for one model, one prompt and one knowledge base
/// ([`crate::Suggester::empty_key`]), and know of no patient.
#[derive(Debug, Default)]
pub struct EmptyScores(Mutex<HashMap<String, f64>>);

impl EmptyScores {
    /// Those that are known.
    #[must_use]
    pub fn new(known: impl IntoIterator<Item = (String, f64)>) -> Self {
        Self(Mutex::new(known.into_iter().collect()))
    }

    /// All, in order of the names.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, f64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(name, score)| (name.clone(), *score))
            .collect()
    }

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

/// Under this name the store keeps scores after an empty case.
const NO_CASE: &str = "none";

/// Scores that a model gave before, by case: asking again takes minutes. It is a patient's data as the cases are.
#[derive(Default)]
pub struct ScoreStore {
    known: Mutex<HashMap<String, BTreeMap<String, f64>>>,
    new: Option<Mutex<Box<dyn Write + Send>>>,
}

/// A line of the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredScores {
    /// Hash of the case; `none` is an empty case.
    pub case: String,
    /// `ln P(name | case)` by drug.
    pub scores: BTreeMap<String, f64>,
}

impl std::fmt::Debug for ScoreStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).len();
        write!(f, "ScoreStore({known} cases)")
    }
}

impl ScoreStore {
    /// A store of what is known; what is new is written as lines of JSON.
    #[must_use]
    pub fn new(known: impl IntoIterator<Item = StoredScores>, new: Option<Box<dyn Write + Send>>) -> Self {
        let mut all: HashMap<String, BTreeMap<String, f64>> = HashMap::new();
        for line in known {
            all.entry(line.case).or_default().extend(line.scores);
        }
        Self { known: Mutex::new(all), new: new.map(Mutex::new) }
    }

    fn get(&self, case: &str, name: &str) -> Option<f64> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(case)?.get(name).copied()
    }

    fn add(&self, case: &str, scores: BTreeMap<String, f64>) -> Result<(), EngineError> {
        let line = StoredScores { case: case.to_owned(), scores };
        if let Some(new) = &self.new {
            let mut new = new.lock().unwrap_or_else(PoisonError::into_inner);
            let text = serde_json::to_string(&line).map_err(std::io::Error::from);
            let written = text.and_then(|text| writeln!(new, "{text}")).and_then(|()| new.flush());
            written.map_err(|e| EngineError::Model { message: format!("scores cannot be kept: {e}") })?;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(line.case).or_default().extend(line.scores);
        Ok(())
    }
}

/// What scoring needs.
pub(crate) struct Asked<'a> {
    pub engine: &'a dyn Engine,
    /// Of the case, and of an empty one.
    pub prompts: (&'a Prompt, &'a Prompt),
    pub knowledge: &'a KnowledgeBase,
    pub cache: &'a EmptyScores,
    /// The model runs in this program: many names cost little more than one.
    pub local: bool,
    /// Scores given before, and the hash of the case.
    pub store: Option<(&'a ScoreStore, &'a str)>,
}

/// Scores names after a case and after an empty one.
pub(crate) fn score(
    asked: &Asked<'_>,
    drugs: &[DrugIx],
    (sink, cancel): (&mut dyn Sink, &Cancel),
) -> Result<Scored, EngineError> {
    if drugs.is_empty() {
        return Ok(Scored::default());
    }
    let names: Vec<String> = drugs.iter().map(|&d| asked.knowledge.ingredient(d).id().to_owned()).collect();
    let (case, empty) = asked.prompts;
    // A name is scored as far as it says which drug it is: what follows it would only add the same to both cases.
    let formulary: Vec<String> =
        asked.knowledge.drugs().map(|d| asked.knowledge.ingredient(d).id().to_owned()).collect();
    let among: Vec<String> = formulary.iter().map(|name| item(name)).collect();
    let request = |prompt: &Prompt, names: &[String]| ScoreRequest {
        prompt: prompt.clone(),
        continuations: names.iter().map(|n| item(n)).collect(),
        among: among.clone(),
    };
    let mut new = asked.cache.missing(&names);
    // All at once where that is a matter of one batch or two: which names are known then tells nothing of who asked.
    if !new.is_empty() && asked.local && asked.store.is_none() {
        new = asked.cache.missing(&formulary);
    }
    if let Some((store, _)) = asked.store {
        let before = |name: &String| store.get(NO_CASE, name).map(|p| (name.clone(), p));
        let (names, scores) = new.iter().filter_map(before).unzip();
        asked.cache.add(names, scores);
        new = asked.cache.missing(&new);
    }
    if !new.is_empty() {
        let scores = asked.engine.score(&request(empty, &new), sink, cancel)?;
        if let Some((store, _)) = asked.store {
            let finite = new.iter().cloned().zip(scores.log_probs.iter().copied()).filter(|(_, p)| p.is_finite());
            store.add(NO_CASE, finite.collect())?;
        }
        asked.cache.add(new, scores.log_probs);
    }
    let stored = |name: &String| asked.store.and_then(|(store, hash)| store.get(hash, name));
    let mut after: HashMap<String, f64> = names.iter().filter_map(|n| Some((n.clone(), stored(n)?))).collect();
    let unknown: Vec<String> = names.iter().filter(|n| !after.contains_key(*n)).cloned().collect();
    let mut scored = Scored::default();
    if !unknown.is_empty() {
        let scores = asked.engine.score(&request(case, &unknown), sink, cancel)?;
        (scored.prefill_ms, scored.score_ms) = (scores.prefill_ms, scores.score_ms);
        let finite = unknown.into_iter().zip(scores.log_probs).filter(|(_, p)| p.is_finite());
        let new: BTreeMap<String, f64> = finite.collect();
        after.extend(new.iter().map(|(name, p)| (name.clone(), *p)));
        if let Some((store, hash)) = asked.store {
            store.add(hash, new)?;
        }
    }
    let pairs = drugs.iter().zip(&names).filter_map(|(&drug, name)| {
        let (case, empty) = (*after.get(name)?, asked.cache.get(name)?);
        (case.is_finite() && empty.is_finite()).then_some((drug, NameScore { case, empty }))
    });
    scored.names = pairs.collect();
    Ok(scored)
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
