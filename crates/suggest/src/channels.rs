//! Channels to log-odds: by the weights of a learned prior, or by the shipped ones.

use bogam_clinical::case::Setting;
use bogam_knowledge::KnowledgeBase;
use bogam_prior::{Channels, Named, Pair, PastPart, Prior, Reading};

use crate::candidates::Candidate;
use crate::combine::{Weights, knowledge_log_odds, logit, sigmoid};

/// A drug that only past admissions speak for comes into question from this probability on.
const WORTH_CONSIDERING: f64 = 0.003;

/// Log-odds of a drug by channel; `None` is a channel that is absent or says nothing of it. Their sum is that of its
/// probability.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct LogOdds {
    pub knowledge: Option<f64>,
    pub prior: Option<f64>,
    pub model: Option<f64>,
}

impl LogOdds {
    pub(crate) fn sum(&self) -> f64 {
        [self.knowledge, self.prior, self.model].into_iter().flatten().sum()
    }
}

/// A learned prior that is asked about a case.
pub(crate) struct Learned<'a> {
    pub reading: Reading<'a>,
    weights: &'a bogam_prior::Weights,
    /// Weights of all channels but the model.
    others: Option<&'a bogam_prior::Weights>,
    /// The model's own weights are not in the prior: the shipped one holds for it.
    model_not_weighed: bool,
}

/// How the channels of a case become log-odds.
pub(crate) struct Combination<'a> {
    pub shipped: &'a Weights,
    pub learned: Option<Learned<'a>>,
}

impl Learned<'_> {
    /// Log-odds by everything but the model, whatever channels were chosen: by them it is decided what the model scores.
    fn without_model(&self, candidate: &Candidate<'_>, id: &str) -> f64 {
        let pair = pair(candidate, id, &self.reading, None);
        self.others.unwrap_or(self.weights).parts(&pair).log_odds()
    }
}

impl<'a> Learned<'a> {
    /// Weights for these channels and this model, else those without a model.
    pub(crate) fn new(prior: &'a Prior, reading: Reading<'a>, model: Option<&str>, channels: Channels) -> Option<Self> {
        let model = model.filter(|_| channels.model);
        let exact = prior.weights(model, Channels { model: model.is_some(), ..channels });
        let weights = exact.or_else(|| prior.weights(None, Channels { model: false, ..channels }))?;
        let others = prior.weights(None, Channels::WITHOUT_MODEL);
        Some(Self { reading, weights, others, model_not_weighed: exact.is_none() })
    }

    /// For learning and measuring: these weights on admissions that were held out.
    pub(crate) const fn held_out(reading: Reading<'a>, weights: &'a bogam_prior::Weights) -> Self {
        Self { reading, weights, others: None, model_not_weighed: false }
    }

    /// Whether the prior has no weights for this model.
    pub(crate) const fn model_not_weighed(&self) -> bool {
        self.model_not_weighed
    }
}

/// What the channels say of a candidate, as the prior takes it.
pub(crate) fn pair(candidate: &Candidate<'_>, id: &str, reading: &Reading<'_>, named: Option<Named>) -> Pair {
    Pair { past: Some(reading.past(id)), knowledge: candidate.share.map(logit), model: named }
}

impl Combination<'_> {
    /// Drugs that only past admissions speak for, beside those found.
    pub(crate) fn add_past<'k>(&self, found: &mut Vec<Candidate<'k>>, knowledge: &'k KnowledgeBase) {
        let asked = self.learned.as_ref().filter(|l| l.weights.channels.past != PastPart::None);
        let Some(learned) = asked else { return };
        let others = learned.reading.drugs().filter_map(|id| Some((id, knowledge.find(id)?)));
        let mut new = Vec::new();
        for (id, drug) in others {
            let candidate = Candidate::other(drug);
            let alone = learned.weights.parts(&pair(&candidate, id, &learned.reading, None));
            if sigmoid(alone.log_odds()) >= WORTH_CONSIDERING && found.iter().all(|c| c.drug != drug) {
                new.push(candidate);
            }
        }
        found.extend(new);
    }

    /// How much speaks for having the model score a candidate.
    pub(crate) fn worth_scoring(&self, candidate: &Candidate<'_>, id: &str) -> f64 {
        match &self.learned {
            Some(learned) if candidate.current.is_none() => learned.without_model(candidate, id),
            Some(_) | None => self.log_odds(candidate, id, None).sum(),
        }
    }

    /// Log-odds of a candidate. A current drug goes on by default, whatever the channels say.
    pub(crate) fn log_odds(&self, candidate: &Candidate<'_>, id: &str, named: Option<Named>) -> LogOdds {
        let current = candidate.current.is_some();
        let shipped_model = |m: Named| {
            let limit = self.shipped.model_limit;
            m.lift.clamp(-limit, limit) * self.shipped.model
        };
        let Some(learned) = &self.learned else {
            let knowledge = knowledge_log_odds(candidate.share, current, self.shipped);
            return LogOdds { knowledge: Some(knowledge), prior: None, model: named.map(shipped_model) };
        };
        let channels = learned.weights.channels;
        let parts = learned.weights.parts(&pair(candidate, id, &learned.reading, named));
        let model = named.and_then(|m| {
            if learned.model_not_weighed { Some(shipped_model(m)) } else { channels.model.then_some(parts.model) }
        });
        let by_itself = |channel: bool, known: bool, part: f64| (channel && known).then_some(part);
        let mut knowledge = by_itself(channels.knowledge, candidate.share.is_some(), parts.knowledge);
        // That a channel says nothing of a drug counts as well; it stands with the prior, which weighs it.
        let model_part = if learned.model_not_weighed { 0.0 } else { model.unwrap_or(0.0) };
        let prior = parts.log_odds() - knowledge.unwrap_or(0.0) - model_part;
        if current {
            let sum = prior + knowledge.unwrap_or(0.0) + model.unwrap_or(0.0);
            let goes_on = 1.0 - (1.0 - sigmoid(sum)) * (1.0 - self.shipped.current_goes_on);
            *knowledge.get_or_insert(0.0) += logit(goes_on) - sum;
        }
        LogOdds { knowledge, prior: Some(prior), model }
    }

    /// Drugs that are really given, as a multiple of the sum of probabilities.
    pub(crate) fn length(&self, setting: Option<Setting>) -> f64 {
        let shipped = if setting == Some(Setting::Inpatient) { self.shipped.length } else { 1.0 };
        self.learned.as_ref().map_or(shipped, |learned| learned.weights.length)
    }
}
