//! One request from case to record.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use bogam_clinical::case::{Case, Setting};
use bogam_clinical::record::{
    Advice, ConsideredDrug, ConsideredReason, Evidence, Finding, NotEvaluated, Past, Provenance, Status, SuggestedDrug,
    SuggestionRecord, Tier, Timing, WithheldDrug,
};
use bogam_clinical::text::Lang;
use bogam_engine::{Cancel, Engine, EngineError, ModelInfo, Sink};
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};
use bogam_prior::{Channels, Named, Prior};
use bogam_safety::{
    CheckInput, DrugUse, Outcome, RULES_VERSION, check_each, check_pairs, check_whole, dose_text, finish,
};

use crate::advice::advice;
use crate::candidates::{Candidate, candidates};
use crate::channels::{Combination, Learned};
use crate::combine::{Weights, round4, sigmoid};
use crate::model::{self, EmptyScores, ScoreStore, Scored};
use crate::paragraph;
use crate::prompt::Prompts;
use crate::reason::{Spoke, reason};
use crate::regimen::{Ranked, Regimen, Setup, regimen, uses};

/// Candidates that are scored by the model, at most: the most probable of the other channels. The rest keep a null.
const SCORED: usize = 48;

/// Drugs that the model writes with [`Method::Generate`], at most.
pub(crate) const WRITTEN: usize = 16;

/// How the model takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// It scores candidates.
    Score,
    /// It writes a list.
    Generate,
}

impl Method {
    /// As in provenance.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Generate => "generate",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the model takes part.
    pub method: Method,
    /// Whether advice is assembled.
    pub advice: bool,
    /// Whether the model writes a paragraph of advice as well, and in which language.
    pub paragraph: Option<Lang>,
    /// Drugs in the list, at most; current drugs are never cut.
    pub max_drugs: usize,
    /// Seed of what is drawn.
    pub seed: u64,
    /// Which channels take part; all that there are without a choice.
    pub channels: Option<Channels>,
}

impl Default for Options {
    fn default() -> Self {
        Self { method: Method::Score, advice: true, paragraph: None, max_drugs: 40, seed: 1, channels: None }
    }
}

/// A request that was not answered.
#[derive(Debug, thiserror::Error)]
pub enum SuggestError {
    /// The model failed for good.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Answers cases from one knowledge base and, where there is one, one model.
pub struct Suggester<'a> {
    pub(crate) knowledge: &'a KnowledgeBase,
    prompts: &'a Prompts,
    engine: Option<(&'a dyn Engine, ModelInfo)>,
    weights: Weights,
    prior: Option<&'a Prior>,
    store: Option<&'a ScoreStore>,
    empty: EmptyScores,
}

impl std::fmt::Debug for Suggester<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Suggester(model: {:?})", self.engine.as_ref().map(|(_, info)| &info.name))
    }
}

/// What the model said.
#[derive(Default)]
struct ModelChannel {
    scores: Scored,
    named: BTreeMap<DrugIx, Named>,
    written: BTreeMap<DrugIx, usize>,
    notice: Option<&'static str>,
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// What a score means: told in the key of a model, so that weights that were learned for other scores are not taken.
const SCORED_TO: &str = "names as far as they differ, the same in any company";

/// Names a model and its adapter, and what its scores are.
pub(crate) fn model_key(info: &ModelInfo) -> String {
    match &info.adapter_hash {
        Some(adapter) => format!("{} with {adapter}, {SCORED_TO}", info.hash),
        None => format!("{}, {SCORED_TO}", info.hash),
    }
}

/// The most probable candidates by the other channels: those that the model scores.
pub(crate) fn worth_scoring(
    found: &[Candidate<'_>],
    combination: &Combination<'_>,
    knowledge: &KnowledgeBase,
) -> Vec<DrugIx> {
    let mut by_others: Vec<(f64, DrugIx)> = found
        .iter()
        .filter(|c| !c.other_setting || c.current.is_some())
        .map(|c| (combination.worth_scoring(c, knowledge.ingredient(c.drug).id()), c.drug))
        .collect();
    by_others.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    by_others.into_iter().take(SCORED).map(|(_, drug)| drug).collect()
}

/// Similar past admissions, as a record tells them.
fn similar(learned: &Learned<'_>, id: &str) -> Option<Past> {
    let similar = learned.reading.similar(id)?;
    Some(Past { with: u64::from(similar.with), of: u64::from(similar.of), group: similar.group.to_owned() })
}

/// Provenance of what knows no model: hash of the knowledge, version of the rules and the program.
#[must_use]
pub fn provenance(knowledge: &KnowledgeBase, case_hash: &str, seed: u64) -> Provenance {
    Provenance {
        model: None,
        adapter: None,
        knowledge: knowledge.hash().to_owned(),
        rules: RULES_VERSION.to_owned(),
        prompt: None,
        prior: None,
        case: case_hash.to_owned(),
        method: None,
        backend: None,
        threads: None,
        seed,
        bogam: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

impl<'a> Suggester<'a> {
    /// A suggester; asks the engine what model it has.
    ///
    /// # Errors
    /// When the model cannot be loaded.
    pub fn new(
        knowledge: &'a KnowledgeBase,
        prompts: &'a Prompts,
        engine: Option<&'a dyn Engine>,
        weights: Weights,
    ) -> Result<Self, SuggestError> {
        let engine = engine.map(|e| e.info().map(|info| (e, info))).transpose()?;
        Ok(Self { knowledge, prompts, engine, weights, prior: None, store: None, empty: EmptyScores::default() })
    }

    /// With a learned prior.
    #[must_use]
    pub const fn with_prior(mut self, prior: Option<&'a Prior>) -> Self {
        self.prior = prior;
        self
    }

    /// With scores after an empty case that are known, of this [`Suggester::empty_key`].
    #[must_use]
    pub fn with_empty(mut self, known: EmptyScores) -> Self {
        self.empty = known;
        self
    }

    /// Scores after an empty case, as far as they were needed.
    pub const fn empty(&self) -> &EmptyScores {
        &self.empty
    }

    /// What scores after an empty case hold for: a model in a file of its own, where it runs, the prompt, the names.
    /// `None` without such a model: one behind a server may be another tomorrow.
    #[must_use]
    pub fn empty_key(&self) -> Option<String> {
        let (_, info) = self.engine.as_ref().filter(|(_, info)| info.hash.starts_with("sha256:"))?;
        let model = model_key(info);
        Some([model.as_str(), &info.backend, self.prompts.hash(), self.knowledge.hash()].join("\n"))
    }

    /// With a store of scores that the model gave before.
    #[must_use]
    pub const fn with_store(mut self, store: Option<&'a ScoreStore>) -> Self {
        self.store = store;
        self
    }

    /// The model, with its adapter: what a prior keeps weights for.
    #[must_use]
    pub fn model_key(&self) -> Option<String> {
        self.engine.as_ref().map(|(_, info)| model_key(info))
    }

    /// Answers one case. `unknown_fields` are those that its reader did not know; `case_hash` names it in provenance.
    ///
    /// # Errors
    /// When the model failed for good, or somebody cancelled. A case that is too long for the model is answered without
    /// it, with a notice.
    pub fn suggest(
        &self,
        case: &Case,
        (unknown_fields, case_hash): (&[String], &str),
        options: &Options,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<SuggestionRecord, SuggestError> {
        let start = Instant::now();
        let codes: Vec<DiagnosisCodes> = case.diagnoses.iter().map(|d| self.knowledge.codes(d)).collect();
        let mut found = candidates(case, self.knowledge, &codes);
        let (combination, prior_notices) = self.combination(case, options);
        combination.add_past(&mut found, self.knowledge);
        let channel = self.model_channel(case, case_hash, (&found, &combination), options, (sink, cancel))?;
        for &drug in channel.written.keys() {
            if found.iter().all(|c| c.drug != drug) {
                found.push(Candidate::other(drug));
            }
        }
        let safety = Instant::now();
        let whole_list = options.method == Method::Generate && channel.notice.is_none();
        let max_drugs = options.max_drugs;
        let length = combination.length(case.admission.setting);
        let setup = Setup { case, knowledge: self.knowledge, codes: &codes, max_drugs, length, whole_list };
        let given: Vec<DrugUse> = found.iter().map(Candidate::as_used).collect();
        let alone = check_each(&self.input(&setup, &given));
        let (ranked, evidence) = self.rank(found, &combination, &channel, &alone, options);
        let mut record = self.checked(&ranked, &evidence, &channel, alone, &setup);
        record.timing_ms.safety = millis(safety);
        self.finish_record(&mut record, case, (unknown_fields, case_hash), options, &channel);
        record.notices.extend(prior_notices.into_iter().map(str::to_owned));
        let advising = Instant::now();
        if options.advice {
            record.advice = Some(self.advice(&record, case, options, sink, cancel)?);
        }
        record.timing_ms.advice = millis(advising);
        record.timing_ms.prefill = channel.scores.prefill_ms;
        record.timing_ms.score = channel.scores.score_ms;
        record.timing_ms.total = millis(start);
        Ok(record)
    }

    /// How the channels of this case are put together, and what is to be said of that.
    fn combination(&self, case: &Case, options: &Options) -> (Combination<'_>, Vec<&'static str>) {
        let shipped = |notices| (Combination { shipped: &self.weights, learned: None }, notices);
        let channels = options.channels.unwrap_or(Channels::ALL);
        let Some(prior) = self.prior else { return shipped(Vec::new()) };
        // What was learned, as the knowledge is, is of adults.
        if case.patient.is_child() {
            return shipped(vec!["prior_adults_only"]);
        }
        let reading = prior.read(case, self.knowledge);
        if reading.other_setting {
            return shipped(vec!["prior_other_setting"]);
        }
        let unlike = reading.unlike;
        let Some(learned) = Learned::new(prior, reading, self.model_key().as_deref(), channels) else {
            return shipped(vec!["prior_without_weights"]);
        };
        let notices = [(unlike, "prior_unlike_case"), (learned.model_not_weighed(), "prior_does_not_know_model")];
        let notices = notices.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code).collect();
        (Combination { shipped: &self.weights, learned: Some(learned) }, notices)
    }

    fn model_channel(
        &self,
        case: &Case,
        case_hash: &str,
        (found, combination): (&[Candidate<'_>], &Combination<'_>),
        options: &Options,
        (sink, cancel): (&mut dyn Sink, &Cancel),
    ) -> Result<ModelChannel, SuggestError> {
        let Some((engine, _)) = self.engine.as_ref().filter(|_| options.channels.is_none_or(|c| c.model)) else {
            return Ok(ModelChannel { notice: Some("no_model"), ..ModelChannel::default() });
        };
        let prompt = self.prompts.for_case(case, self.knowledge);
        let outcome = match options.method {
            Method::Score => {
                let worth_it = worth_scoring(found, combination, self.knowledge);
                let asked = model::Asked {
                    engine: *engine,
                    prompts: (&prompt, &self.prompts.for_empty_case()),
                    knowledge: self.knowledge,
                    cache: &self.empty,
                    local: self.empty_key().is_some(),
                    store: self.store.map(|store| (store, case_hash)),
                };
                let scored = model::score(&asked, &worth_it, (sink, cancel));
                scored.map(|scores| ModelChannel { named: scores.named(), scores, ..ModelChannel::default() })
            }
            Method::Generate => {
                let max = options.max_drugs.min(WRITTEN);
                model::write_list(*engine, &prompt, self.knowledge, max, (sink, cancel)).map(|written| ModelChannel {
                    written: written.drugs.iter().enumerate().map(|(i, (drug, _))| (*drug, i)).collect(),
                    scores: Scored {
                        prefill_ms: written.prefill_ms,
                        score_ms: written.generate_ms,
                        ..Scored::default()
                    },
                    ..ModelChannel::default()
                })
            }
        };
        match outcome {
            Ok(channel) => Ok(channel),
            Err(EngineError::ContextExceeded { .. }) => {
                Ok(ModelChannel { notice: Some("case_too_long_for_model"), ..ModelChannel::default() })
            }
            Err(EngineError::Unsupported { .. }) => {
                Ok(ModelChannel { notice: Some("model_cannot_score"), ..ModelChannel::default() })
            }
            Err(
                error @ (EngineError::ModelFile { .. }
                | EngineError::OutOfMemory { .. }
                | EngineError::Constraint { .. }
                | EngineError::Cancelled
                | EngineError::WorkerGone { .. }
                | EngineError::Remote { .. }
                | EngineError::Model { .. }),
            ) => Err(error.into()),
        }
    }

    /// Probabilities and evidence of all candidates, by probability, ties by ingredient.
    fn rank<'k>(
        &self,
        found: Vec<Candidate<'k>>,
        combination: &Combination<'_>,
        channel: &ModelChannel,
        alone: &Outcome,
        options: &Options,
    ) -> (Vec<Ranked<'k>>, BTreeMap<DrugIx, Evidence>) {
        let listing = options.method == Method::Generate && channel.notice.is_none();
        let mut evidence = BTreeMap::new();
        let mut ranked: Vec<Ranked<'k>> = Vec::with_capacity(found.len());
        for candidate in found {
            let current = candidate.current.is_some();
            let id = self.id(candidate.drug);
            let mut odds = combination.log_odds(&candidate, id, channel.named.get(&candidate.drug).copied());
            let score = channel.scores.names.get(&candidate.drug);
            let written = channel.written.get(&candidate.drug);
            let step = |&place: &usize| {
                let place = u32::try_from(place).map_or(f64::MAX, f64::from);
                self.weights.written - self.weights.written_step * place
            };
            odds.model = written.map(step).or(odds.model);
            let known = candidate.share.is_some() || current;
            let safety = (!current && self.to_be_avoided(candidate.drug, alone)).then_some(self.weights.avoid);
            evidence.insert(
                candidate.drug,
                Evidence {
                    knowledge: odds.knowledge.filter(|_| known).map(round4),
                    prior: odds.prior.map(round4),
                    model: odds.model.map(round4),
                    safety,
                    model_case: score.map(|s| round4(s.case)),
                    model_empty: score.map(|s| round4(s.empty)),
                    past: combination.learned.as_ref().and_then(|learned| similar(learned, id)),
                },
            );
            let probability = round4(sigmoid(odds.sum() + safety.unwrap_or(0.0)));
            ranked.push(Ranked { candidate, probability, eligible: !listing || written.is_some() || current });
        }
        ranked.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.candidate.drug.cmp(&b.candidate.drug)));
        (ranked, evidence)
    }

    /// Whether a check says to avoid the drug in this patient, without it being contraindicated.
    fn to_be_avoided(&self, drug: DrugIx, alone: &Outcome) -> bool {
        let id = self.id(drug);
        let avoid = |f: &&Finding| f.tier == Tier::Warning && f.code.ends_with(".avoid");
        alone.findings.iter().filter(avoid).any(|f| f.drugs.iter().any(|d| d == id))
    }

    /// Makes the sets. `alone` is what the checks of each candidate by itself found.
    fn checked(
        &self,
        ranked: &[Ranked<'_>],
        evidence: &BTreeMap<DrugIx, Evidence>,
        channel: &ModelChannel,
        alone: Outcome,
        setup: &Setup<'_>,
    ) -> SuggestionRecord {
        let regimen = regimen(ranked, &self.contraindicated(ranked, &alone), setup);
        let written = channel.written.keys().copied().collect();
        self.assemble(ranked, &regimen, (evidence, &written), alone.not_evaluated, setup)
    }

    /// Candidates with a critical finding of their own.
    pub(crate) fn contraindicated(&self, ranked: &[Ranked<'_>], alone: &Outcome) -> BTreeSet<usize> {
        let is_critical = |r: &Ranked<'_>| {
            let id = self.id(r.candidate.drug);
            alone.findings.iter().any(|f| f.tier == Tier::Critical && f.drugs.iter().any(|d| d == id))
        };
        ranked.iter().enumerate().filter(|(_, r)| is_critical(r)).map(|(i, _)| i).collect()
    }

    /// The record of a regimen, with what the checks of its sets find. `written`: what the model wrote itself.
    pub(crate) fn assemble(
        &self,
        ranked: &[Ranked<'_>],
        regimen: &Regimen,
        (evidence, written): (&BTreeMap<DrugIx, Evidence>, &BTreeSet<DrugIx>),
        mut not_evaluated: Vec<NotEvaluated>,
        setup: &Setup<'_>,
    ) -> SuggestionRecord {
        let listed_uses = uses(ranked, &regimen.listed);
        // A finding names the drugs of one set: what is listed is not told together with what is not.
        let considered = (0..ranked.len()).filter(|at| !regimen.listed.contains(at) && !regimen.withheld.contains(at));
        let considered = uses(ranked, &considered.collect::<Vec<usize>>());
        let mut findings = Vec::new();
        let withheld = uses(ranked, &regimen.withheld.iter().copied().collect::<Vec<usize>>());
        for set in [&listed_uses, &withheld, &considered] {
            findings.extend(check_each(&self.input(setup, set)).findings);
        }
        let pairs = check_pairs(&self.input(setup, &listed_uses));
        findings.extend(pairs.findings);
        not_evaluated.extend(pairs.not_evaluated);
        // The list is what the patient would be on: what is absent from it is known.
        findings.extend(check_whole(&self.input(setup, &listed_uses), true).findings);
        for (at, r) in ranked.iter().enumerate() {
            if !regimen.listed.contains(&at) {
                findings.extend(self.against(r, ranked, &regimen.listed, setup));
            }
        }
        let findings = finish(findings);
        let ids_of = |drug: DrugIx| {
            let id = self.id(drug);
            findings.iter().filter(|f| f.drugs.iter().any(|d| d == id)).map(|f| f.id.clone()).collect::<Vec<String>>()
        };
        let mut drugs = Vec::new();
        for &at in &regimen.listed {
            let Some(r) = ranked.get(at) else { continue };
            let alternatives = regimen.alternative_to.iter().filter(|(_, by)| **by == at);
            let alternatives =
                alternatives.filter_map(|(i, _)| ranked.get(*i)).map(|r| self.id(r.candidate.drug).to_owned());
            let mut drug = self.suggested(r, evidence, written, setup);
            drug.alternatives = alternatives.collect();
            // Of a pair finding, a listed drug shows only what concerns the list.
            drug.findings = ids_of(r.candidate.drug)
                .into_iter()
                .filter(|id| findings.iter().any(|f| &f.id == id && self.concerns_list(f, ranked, &regimen.listed)))
                .collect();
            drugs.push(drug);
        }
        let name = |r: &Ranked<'_>| self.knowledge.ingredient(r.candidate.drug).name().clone();
        let withheld = regimen.withheld.iter().filter_map(|&at| ranked.get(at)).map(|r| WithheldDrug {
            ingredient: self.id(r.candidate.drug).to_owned(),
            name: name(r),
            probability: r.probability,
            current: r.candidate.current.is_some(),
            findings: ids_of(r.candidate.drug),
        });
        let withheld = withheld.collect();
        let rest =
            ranked.iter().enumerate().filter(|(at, _)| !regimen.listed.contains(at) && !regimen.withheld.contains(at));
        let considered = rest.map(|(at, r)| ConsideredDrug {
            ingredient: self.id(r.candidate.drug).to_owned(),
            probability: r.probability,
            reason: if r.candidate.other_setting {
                ConsideredReason::Setting
            } else if regimen.alternative_to.contains_key(&at) {
                ConsideredReason::Alternative
            } else {
                ConsideredReason::BelowThreshold
            },
            findings: ids_of(r.candidate.drug),
        });
        let considered = considered.collect();
        SuggestionRecord {
            case_id: setup.case.case_id.clone(),
            status: Status::Ok,
            error: None,
            drugs,
            withheld,
            considered,
            findings,
            not_evaluated,
            unrecognised: Vec::new(),
            notices: Vec::new(),
            advice: None,
            provenance: provenance(self.knowledge, "", 0),
            timing_ms: Timing::default(),
        }
    }

    fn concerns_list(&self, finding: &Finding, ranked: &[Ranked<'_>], listed: &[usize]) -> bool {
        let in_list =
            |id: &String| listed.iter().filter_map(|&i| ranked.get(i)).any(|r| self.id(r.candidate.drug) == id);
        finding.drugs.iter().all(in_list)
    }

    pub(crate) fn input<'b>(&'b self, setup: &Setup<'b>, drugs: &'b [DrugUse]) -> CheckInput<'b> {
        CheckInput { case: setup.case, knowledge: self.knowledge, codes: setup.codes, drugs }
    }

    pub(crate) fn id(&self, drug: DrugIx) -> &str {
        self.knowledge.ingredient(drug).id()
    }

    /// What the checks find when this drug is given along with the list. That it duplicates a listed drug is what makes
    /// it an alternative, and no finding.
    fn against(&self, r: &Ranked<'_>, ranked: &[Ranked<'_>], listed: &[usize], setup: &Setup<'_>) -> Vec<Finding> {
        let mut drugs = uses(ranked, listed);
        let own = uses(std::slice::from_ref(r), &[0]);
        drugs.extend(own);
        let id = self.id(r.candidate.drug);
        let outcome = check_pairs(&self.input(setup, &drugs));
        let concern = |f: &Finding| f.drugs.iter().any(|d| d == id) && !f.code.starts_with("duplicate.");
        outcome.findings.into_iter().filter(concern).collect()
    }

    fn suggested(
        &self,
        r: &Ranked<'_>,
        evidence: &BTreeMap<DrugIx, Evidence>,
        written: &BTreeSet<DrugIx>,
        setup: &Setup<'_>,
    ) -> SuggestedDrug {
        let ingredient = self.knowledge.ingredient(r.candidate.drug);
        let main = r.candidate.main_indication();
        let evidence = evidence.get(&r.candidate.drug).cloned().unwrap_or_default();
        let written = written.contains(&r.candidate.drug);
        let spoke = Spoke { written, prior: evidence.prior.is_some(), past: evidence.past.as_ref() };
        SuggestedDrug {
            ingredient: ingredient.id().to_owned(),
            name: ingredient.name().clone(),
            atc: ingredient.entry.atc.clone(),
            probability: r.probability,
            current: r.candidate.current.is_some(),
            indications: r.candidate.indicated_for(setup.case),
            supportive: r.candidate.supportive(),
            purpose: main.and_then(|m| self.knowledge.purpose(&m.entry.purpose)).map(|p| p.name.clone()),
            reason: reason(&r.candidate, setup.case, self.knowledge, spoke),
            dose: dose_text(setup.case, self.knowledge, setup.codes, r.candidate.drug),
            evidence,
            findings: Vec::new(),
            alternatives: Vec::new(),
        }
    }

    /// What in the case was not understood, and what it leaves open.
    pub(crate) fn say_what_is_unknown(&self, record: &mut SuggestionRecord, case: &Case, unknown_fields: &[String]) {
        let (unrecognised, not_evaluated) = bogam_safety::unrecognised(case, self.knowledge);
        record.unrecognised = unrecognised;
        record.not_evaluated.extend(not_evaluated);
        for field in unknown_fields {
            record.unrecognised.push(field.clone());
            let entry =
                NotEvaluated { code: "case.unknown_field".into(), drugs: Vec::new(), missing: vec![field.clone()] };
            record.not_evaluated.push(entry);
        }
        record.notices = bogam_safety::notices(case);
        match case.admission.setting {
            Some(Setting::Inpatient | Setting::Outpatient | Setting::Emergency) => {}
            None => record.notices.push("setting_unknown".to_owned()),
        }
    }

    fn finish_record(
        &self,
        record: &mut SuggestionRecord,
        case: &Case,
        (unknown_fields, case_hash): (&[String], &str),
        options: &Options,
        channel: &ModelChannel,
    ) {
        self.say_what_is_unknown(record, case, unknown_fields);
        record.notices.extend(channel.notice.map(str::to_owned));
        let mut made = provenance(self.knowledge, case_hash, options.seed);
        made.prior = self.prior.map(|prior| prior.hash().to_owned());
        if let Some((_, info)) = self.engine.as_ref().filter(|_| options.channels.is_none_or(|c| c.model)) {
            made.model = Some(info.hash.clone());
            made.adapter.clone_from(&info.adapter_hash);
            made.prompt = Some(self.prompts.hash().to_owned());
            made.method = Some(options.method.as_str().to_owned());
            made.backend = Some(info.backend.clone());
            made.threads = Some(info.threads);
        }
        record.provenance = made;
    }

    fn advice(
        &self,
        record: &SuggestionRecord,
        case: &Case,
        options: &Options,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Advice, SuggestError> {
        let drugs: Vec<DrugIx> = record.drugs.iter().filter_map(|d| self.knowledge.find(&d.ingredient)).collect();
        let text = advice(&drugs, self.knowledge);
        let mut model_written = None;
        if let (Some(lang), Some((engine, _))) = (options.paragraph, &self.engine) {
            // What is for a diagnosis before what anybody is given on a ward.
            let (first, then): (Vec<_>, Vec<_>) =
                record.drugs.iter().partition(|d| !d.supportive && !d.indications.is_empty());
            let names: Vec<&str> =
                first.into_iter().chain(then).take(paragraph::NAMED).map(|d| d.name.get(lang)).collect();
            let conditions: Vec<String> = case
                .diagnoses
                .iter()
                .take(5)
                .filter_map(|d| self.knowledge.diagnosis_name(d).map(|n| n.get(lang).to_owned()))
                .collect();
            let prompt = self.prompts.for_advice(lang, &names.join(", "), &conditions.join(", "));
            let known = (drugs.as_slice(), text.get(lang));
            let hands = (options.seed, sink, cancel);
            model_written = paragraph::write(*engine, prompt, known, self.knowledge, lang, hands)?;
        }
        Ok(Advice { en: text.en, ko: text.ko, model_written })
    }
}
