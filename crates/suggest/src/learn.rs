//! Learning a prior from cases and what was recorded for them, with the weights of all channels.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::case::{Case, Setting};
use bogam_clinical::record::Tier;
use bogam_engine::{Cancel, Engine, EngineError, ModelInfo, Sink};
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};
use bogam_prior::{
    About, Admissions, Channels, HeldOut, LEAST, LearnSettings, Learned as FirstStep, Named, Pair, Prior, PriorError,
    SAMPLE, Stop, Stopped, Told, Weights as ChannelWeights, patient_key,
};
use bogam_safety::{CheckInput, DrugUse, check_each};

use crate::candidates::{Candidate, candidates};
use crate::channels::{Combination, Learned, pair};
use crate::combine::{Weights, expected_jaccard_length, sigmoid};
use crate::model::{self, EmptyScores, ScoreStore};
use crate::prompt::Prompts;
use crate::regimen::{Ranked, Setup, order};
use crate::suggester::{model_key, worth_scoring};

/// Admissions on which the length of lists is chosen, at most.
const LENGTH_SAMPLE: usize = 400;
/// The most probable drugs of an admission, among which a list is made while its length is chosen.
const AMONG: usize = 80;
/// Drugs in a list, at most.
const LONGEST: usize = 40;

/// A step of learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LearnStage {
    /// The first step: each drug by itself.
    Drugs,
    /// The model scores sampled admissions.
    Model,
    /// Weights of the channels.
    Channels,
    /// The length of lists.
    Length,
}

/// How to learn.
pub struct LearnOptions<'a> {
    /// Whose admissions.
    pub site: Option<String>,
    /// Decisions of reviewers that were taken in.
    pub reviews: usize,
    /// Threads.
    pub threads: usize,
    /// Scores that the model gave before.
    pub store: Option<&'a ScoreStore>,
    /// Told of every stage, with a share of it from 0 to 1.
    pub progress: &'a (dyn Fn(LearnStage, f64) + Sync),
}

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// Too little to learn from.
    #[error(
        "{found} admissions with a case and recorded drugs, of {patients} patients; a prior needs at least {LEAST_ADMISSIONS} of at least {LEAST_PATIENTS} patients"
    )]
    TooFew {
        /// Admissions.
        found: usize,
        /// Patients.
        patients: usize,
    },
    /// The model failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The prior cannot be made into a file.
    #[error(transparent)]
    Prior(#[from] PriorError),
}

/// Fewer admissions than this teach nothing that holds.
const LEAST_ADMISSIONS: usize = 40;
/// Held-out parts need patients.
const LEAST_PATIENTS: usize = 10;

/// An admission of the sample, as it was added.
struct Kept {
    case: Case,
    hash: String,
    patient: String,
    given: BTreeSet<String>,
}

/// Takes admissions one by one, then learns. Memory grows by numbers only: of all but a sample nothing else is kept.
pub struct Learner<'a> {
    knowledge: &'a KnowledgeBase,
    prompts: &'a Prompts,
    engine: Option<(&'a dyn Engine, ModelInfo)>,
    table: Admissions,
    kept: BTreeMap<(u64, String), Kept>,
    /// Patients from here on are not in the sample.
    limit: Option<u64>,
    settings: BTreeMap<Setting, usize>,
    span: Option<(String, String)>,
}

impl std::fmt::Debug for Learner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Learner({} admissions)", self.table.len())
    }
}

/// A candidate of a sampled admission.
struct Scored<'k> {
    candidate: Candidate<'k>,
    pair: Pair,
    given: bool,
}

/// A sampled admission with all that the channels say.
struct Sampled<'k> {
    at: (u64, String),
    candidates: Vec<Scored<'k>>,
}

impl<'a> Learner<'a> {
    /// Begins; asks the engine what model it has.
    ///
    /// # Errors
    /// When the model cannot be loaded.
    pub fn new(
        knowledge: &'a KnowledgeBase,
        prompts: &'a Prompts,
        engine: Option<&'a dyn Engine>,
    ) -> Result<Self, EngineError> {
        let engine = engine.map(|e| e.info().map(|info| (e, info))).transpose()?;
        Ok(Self {
            knowledge,
            prompts,
            engine,
            table: Admissions::default(),
            kept: BTreeMap::new(),
            limit: None,
            settings: BTreeMap::new(),
            span: None,
        })
    }

    /// Adds an admission.
    pub fn add(&mut self, case: Case, case_hash: String, patient_id: &str, given: BTreeSet<String>) {
        let whose = (patient_id, case.case_id.as_str());
        self.table.add(&Told::of(&case, self.knowledge), whose, given.iter().map(String::as_str));
        if let Some(setting) = case.admission.setting {
            *self.settings.entry(setting).or_default() += 1;
        }
        // By month: the day of the first and the last admission would be that of one patient.
        if let Some(date) = case.as_of.map(|time| format!("{}-{:02}", time.year(), time.month())) {
            let (from, to) = self.span.get_or_insert_with(|| (date.clone(), date.clone()));
            if date < *from {
                from.clone_from(&date);
            }
            if date > *to {
                *to = date;
            }
        }
        let key = patient_key(patient_id);
        if self.limit.is_some_and(|limit| key >= limit) {
            return;
        }
        let kept = Kept { hash: case_hash, patient: patient_id.to_owned(), given, case };
        self.kept.insert((key, kept.case.case_id.clone()), kept);
        // A patient is in the sample with all admissions, or not at all.
        while self.kept.len() > SAMPLE {
            let Some((last, _)) = self.kept.last_key_value().map(|(at, _)| at.clone()) else { break };
            self.limit = Some(last);
            self.kept.retain(|(key, _), _| *key < last);
        }
    }

    /// The model, with its adapter.
    #[must_use]
    pub fn model_key(&self) -> Option<String> {
        self.engine.as_ref().map(|(_, info)| model_key(info))
    }

    /// Admissions so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Learns.
    ///
    /// # Errors
    /// When there are too few admissions, the model fails, or somebody ended it.
    pub fn finish(self, options: &LearnOptions<'_>, sink: &mut dyn Sink, cancel: &Cancel) -> Result<Prior, LearnError> {
        let (admissions, patients) = (self.table.len(), self.table.patients());
        if admissions < LEAST_ADMISSIONS || patients < LEAST_PATIENTS {
            return Err(LearnError::TooFew { found: admissions, patients });
        }
        let asked = || cancel.is_cancelled();
        let settings = LearnSettings { formulary: self.knowledge.drugs().count(), threads: options.threads };
        let sampled = |key: u64| self.limit.is_none_or(|limit| key < limit);
        let tell = |share: f64| (options.progress)(LearnStage::Drugs, share);
        let first = bogam_prior::learn(&self.table, &sampled, settings, Stop::when(&asked), &tell)
            .map_err(|Stopped| EngineError::Cancelled)?;
        let mut sample = self.sample(&first);
        (options.progress)(LearnStage::Channels, 0.0);
        let mut weights: BTreeMap<String, Vec<ChannelWeights>> = BTreeMap::new();
        weights.insert(String::new(), fit(&sample, false));
        if let Some((engine, info)) = &self.engine {
            self.ask_model(*engine, &first, &mut sample, &weights, options, (sink, cancel))?;
            weights.insert(model_key(info), fit(&sample, true));
        }
        let mut held_out = Vec::new();
        let sets: usize = weights.values().map(Vec::len).sum();
        let mut done = 0.0;
        for (model, weights) in &mut weights {
            let model = Some(model.as_str()).filter(|m| !m.is_empty());
            for weights in weights {
                let found = self.choose_length(weights, &sample);
                held_out.push(HeldOut { model: model.map(str::to_owned), ..found });
                done += 1.0;
                (options.progress)(LearnStage::Length, done / f64::from(u32::try_from(sets).unwrap_or(u32::MAX)));
                if cancel.is_cancelled() {
                    return Err(EngineError::Cancelled.into());
                }
            }
        }
        let settings = self.settings.iter().filter(|(_, count)| **count >= LEAST).map(|(setting, _)| *setting);
        let about = About {
            site: options.site.clone(),
            admissions,
            patients,
            span: self.span.clone(),
            settings: settings.collect(),
            knowledge: self.knowledge.hash().to_owned(),
            reviews: options.reviews,
            held_out,
        };
        Ok(first.into_prior(about, weights)?)
    }

    /// All candidates of the sampled admissions, with what the channels but the model say.
    fn sample(&self, first: &FirstStep) -> Vec<Sampled<'a>> {
        let sampled = |(at, kept): (&(u64, String), &Kept)| {
            let codes: Vec<DiagnosisCodes> = kept.case.diagnoses.iter().map(|d| self.knowledge.codes(d)).collect();
            let reading = first.held_out(&kept.case, &kept.patient, self.knowledge);
            let mut found = candidates(&kept.case, self.knowledge, &codes);
            found.retain(|c| !c.other_setting);
            let known: BTreeSet<DrugIx> = found.iter().map(|c| c.drug).collect();
            let others = reading.drugs().filter_map(|id| self.knowledge.find(id)).filter(|drug| !known.contains(drug));
            found.extend(others.map(Candidate::other));
            let scored = |candidate: Candidate<'a>| {
                let id = self.knowledge.ingredient(candidate.drug).id();
                let pair = pair(&candidate, id, &reading, None);
                Scored { given: kept.given.contains(id), candidate, pair }
            };
            Sampled { at: at.clone(), candidates: found.into_iter().map(scored).collect() }
        };
        self.kept.iter().map(sampled).collect()
    }

    /// Has the model score, of every sampled admission, the candidates that are the most probable by the other channels.
    fn ask_model(
        &self,
        engine: &dyn Engine,
        first: &FirstStep,
        sample: &mut [Sampled<'a>],
        weights: &BTreeMap<String, Vec<ChannelWeights>>,
        options: &LearnOptions<'_>,
        (sink, cancel): (&mut dyn Sink, &Cancel),
    ) -> Result<(), LearnError> {
        let without = weights.get("").into_iter().flatten().find(|w| w.channels == Channels::WITHOUT_MODEL);
        let Some(without) = without else { return Ok(()) };
        let (shipped, cache) = (Weights::default(), EmptyScores::default());
        let empty = self.prompts.for_empty_case();
        let all = f64::from(u32::try_from(sample.len()).unwrap_or(u32::MAX));
        let mut done = 0.0;
        for sampled in sample {
            let Some(kept) = self.kept.get(&sampled.at) else { continue };
            let reading = first.held_out(&kept.case, &kept.patient, self.knowledge);
            let combination = Combination { shipped: &shipped, learned: Some(Learned::held_out(reading, without)) };
            let found: Vec<Candidate<'_>> = sampled.candidates.iter().map(|s| s.candidate.clone()).collect();
            let worth_it = worth_scoring(&found, &combination, self.knowledge);
            let prompt = self.prompts.for_case(&kept.case, self.knowledge);
            let asked = model::Asked {
                engine,
                prompts: (&prompt, &empty),
                knowledge: self.knowledge,
                cache: &cache,
                local: true,
                store: options.store.map(|store| (store, kept.hash.as_str())),
            };
            match model::score(&asked, &worth_it, (&mut *sink, cancel)) {
                Ok(scored) => {
                    let named: BTreeMap<DrugIx, Named> = scored.named();
                    for scored in &mut sampled.candidates {
                        scored.pair.model = named.get(&scored.candidate.drug).copied();
                    }
                }
                // As a suggestion: what is too long for the model goes without it.
                Err(EngineError::ContextExceeded { .. }) => {}
                Err(
                    error @ (EngineError::ModelFile { .. }
                    | EngineError::OutOfMemory { .. }
                    | EngineError::Constraint { .. }
                    | EngineError::Cancelled
                    | EngineError::Unsupported { .. }
                    | EngineError::WorkerGone { .. }
                    | EngineError::Remote { .. }
                    | EngineError::Model { .. }),
                ) => return Err(error.into()),
            }
            done += 1.0;
            (options.progress)(LearnStage::Model, done / all);
        }
        Ok(())
    }

    /// Chooses how long lists are: of the factors with which as much is listed as is recorded, give or take a twentieth,
    /// the one with the best agreement; else the one that comes nearest.
    fn choose_length(&self, weights: &mut ChannelWeights, sample: &[Sampled<'a>]) -> HeldOut {
        let made: Vec<Made> = sample.iter().take(LENGTH_SAMPLE).filter_map(|s| self.made(s, weights)).collect();
        let mut best: Option<(bool, f64, f64, HeldOut)> = None;
        for step in 0..20 {
            let factor = 0.4 * 1.12_f64.powi(step);
            let found = agreement(&made, factor, weights.channels);
            let off = (found.listed_to_recorded - 1.0).abs();
            let near = off <= 0.05;
            let score = if near { found.jaccard } else { -off };
            let better = best.as_ref().is_none_or(|(was_near, was, _, _)| (near, score) > (*was_near, *was));
            let far_beyond = found.listed_to_recorded > 1.3;
            if better {
                best = Some((near, score, factor, found));
            }
            if far_beyond {
                break;
            }
        }
        let Some((_, _, factor, found)) = best else {
            return HeldOut {
                channels: weights.channels.to_string(),
                model: None,
                admissions: 0,
                accuracy: 0.0,
                jaccard: 0.0,
                listed_to_recorded: 0.0,
            };
        };
        weights.length = factor;
        found
    }

    /// What a list of an admission could hold, best first.
    fn made(&self, sampled: &Sampled<'a>, weights: &ChannelWeights) -> Option<Made> {
        let kept = self.kept.get(&sampled.at)?;
        let rank = |scored: &Scored<'a>| {
            let probability = sigmoid(weights.parts(&scored.pair).log_odds());
            (Ranked { candidate: scored.candidate.clone(), probability, eligible: true }, scored.given)
        };
        let mut all: Vec<(Ranked<'a>, bool)> = sampled.candidates.iter().map(rank).collect();
        all.sort_by(|(a, _), (b, _)| {
            b.probability.total_cmp(&a.probability).then(a.candidate.drug.cmp(&b.candidate.drug))
        });
        let total: f64 = all.iter().map(|(r, _)| r.probability).sum();
        all.truncate(AMONG);
        let (ranked, given): (Vec<Ranked<'a>>, Vec<bool>) = all.into_iter().unzip();
        let codes: Vec<DiagnosisCodes> = kept.case.diagnoses.iter().map(|d| self.knowledge.codes(d)).collect();
        let uses: Vec<DrugUse> = ranked.iter().map(|r| r.candidate.as_used()).collect();
        let input = CheckInput { case: &kept.case, knowledge: self.knowledge, codes: &codes, drugs: &uses };
        let alone = check_each(&input);
        let critical: BTreeSet<&String> =
            alone.findings.iter().filter(|f| f.tier == Tier::Critical).flat_map(|f| &f.drugs).collect();
        let is_critical =
            |r: &Ranked<'_>| critical.iter().any(|id| *id == self.knowledge.ingredient(r.candidate.drug).id());
        let critical: BTreeSet<usize> =
            ranked.iter().enumerate().filter(|(_, r)| is_critical(r)).map(|(at, _)| at).collect();
        let withheld: f64 = critical.iter().filter_map(|&at| ranked.get(at)).map(|r| r.probability).sum();
        let setup = Setup {
            case: &kept.case,
            knowledge: self.knowledge,
            codes: &codes,
            max_drugs: AMONG,
            length: 1.0,
            whole_list: true,
        };
        let best_first = order(&ranked, &critical, &setup);
        let listed = best_first.iter().filter_map(|&at| Some((ranked.get(at)?.probability, *given.get(at)?)));
        let (probabilities, hits) = listed.take(LONGEST).unzip();
        Some(Made { probabilities, hits, total: total - withheld, recorded: kept.given.len() })
    }
}

/// An admission of which lists are made: what they could hold, best first.
struct Made {
    probabilities: Vec<f64>,
    /// Whether each was given.
    hits: Vec<bool>,
    /// Sum of the probabilities of all candidates.
    total: f64,
    /// Drugs that were recorded.
    recorded: usize,
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// How lists of the length that follows from this factor agree with what was recorded.
fn agreement(made: &[Made], factor: f64, channels: Channels) -> HeldOut {
    let (mut accuracy, mut jaccard, mut listed, mut recorded) = (0.0, 0.0, 0.0, 0.0);
    for m in made {
        let length = expected_jaccard_length(&m.probabilities, m.total * factor);
        let hits = number(m.hits.iter().take(length).filter(|hit| **hit).count());
        let (long, given) = (number(length), number(m.recorded));
        accuracy += if length > 0 { hits / long } else { 0.0 };
        jaccard += hits / (long + given - hits).max(1.0);
        listed += long;
        recorded += given;
    }
    let all = number(made.len()).max(1.0);
    HeldOut {
        channels: channels.to_string(),
        model: None,
        admissions: made.len(),
        accuracy: accuracy / all,
        jaccard: jaccard / all,
        listed_to_recorded: if recorded > 0.0 { listed / recorded } else { 0.0 },
    }
}

/// Weights of all sets of channels, with or without the model.
fn fit(sample: &[Sampled<'_>], model: bool) -> Vec<ChannelWeights> {
    let pairs = || -> Box<dyn Iterator<Item = (&Pair, bool)>> {
        Box::new(sample.iter().flat_map(|s| &s.candidates).map(|scored| (&scored.pair, scored.given)))
    };
    Channels::sets(model).into_iter().map(|channels| ChannelWeights::fit(channels, pairs)).collect()
}
