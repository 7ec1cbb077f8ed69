//! Channels to a probability.

/// Weights of the channels. They come with the learned prior, one set a model; without one these defaults hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Of the model's lift `ln P(name | case) - ln P(name | empty case)`, centred over the scored candidates.
    pub model: f64,
    /// The centred lift counts up to here, in nats: one odd name must not decide.
    pub model_limit: f64,
    /// Share of current drugs that go on, without further reason.
    pub current_goes_on: f64,
    /// Share for a drug that only the model named.
    pub unknown: f64,
    /// Log-odds for a drug that a check says to avoid in this patient, short of a contraindication.
    pub avoid: f64,
    /// Log-odds for the first drug that the model writes (`generate`); each further one gets `written_step` less.
    pub written: f64,
    /// See `written`.
    pub written_step: f64,
    /// Drugs that an inpatient is really given, as a multiple of the sum of probabilities: what the length of a list goes by.
    /// A sixth of what is given on a ward is never a candidate by diagnoses.
    pub length: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            model: 0.1,
            model_limit: 3.0,
            current_goes_on: 0.85,
            unknown: 0.02,
            avoid: -1.5,
            written: 3.0,
            written_step: 0.1,
            length: 1.6,
        }
    }
}

/// Log-odds of a probability, kept off 0 and 1.
pub(crate) fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    (p / (1.0 - p)).ln()
}

/// Probability of log-odds.
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The knowledge channel: log-odds of the share of such patients that is given the drug; a current drug goes on by
/// default.
pub(crate) fn knowledge_log_odds(share: Option<f64>, current: bool, weights: &Weights) -> f64 {
    let share = share.unwrap_or(weights.unknown);
    logit(if current { 1.0 - (1.0 - share) * (1.0 - weights.current_goes_on) } else { share })
}

/// How many of the most probable drugs to list: the number that makes the expected overlap with what is really given
/// largest, `max over k of S_k / (k + T - S_k)` with `S_k` the sum of the first k probabilities and `T` that of all.
pub(crate) fn expected_jaccard_length(sorted: &[f64], total: f64) -> usize {
    let mut best = (0, 0.0);
    let mut hits = 0.0;
    let mut listed = 0.0;
    for (i, p) in sorted.iter().enumerate() {
        hits += p;
        listed += 1.0;
        let value = hits / (listed + total - hits);
        if value > best.1 {
            best = (i + 1, value);
        }
    }
    best.0
}

/// Rounds for a record: four decimals are more than any of this is worth.
pub(crate) fn round4(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_follows_from_the_probabilities() {
        assert_eq!(expected_jaccard_length(&[0.9, 0.8, 0.7, 0.05, 0.01], 2.46), 3);
        assert_eq!(expected_jaccard_length(&[0.3, 0.29, 0.28, 0.27], 1.14), 4);
        assert_eq!(expected_jaccard_length(&[], 0.0), 0);
    }

    #[test]
    fn a_current_drug_is_more_probable_than_the_same_drug_new() {
        let weights = Weights::default();
        let new = sigmoid(knowledge_log_odds(Some(0.4), false, &weights));
        let current = sigmoid(knowledge_log_odds(Some(0.4), true, &weights));
        assert!((new - 0.4).abs() < 1e-9 && current > 0.9, "{new} {current}");
    }
}
