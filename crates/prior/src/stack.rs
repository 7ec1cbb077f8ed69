//! The second step: one logistic regression over pairs of an admission and a drug puts the channels together.
//!
//! Its inputs are log-odds and flags that mean the same for every drug, so that a dozen weights, learned on admissions that
//! the first step has not seen (Wolpert, *Stacked generalization*, Neural Networks 1992, 5:241-259), say how much each
//! channel is worth. What it gives is a probability, and each channel's part of it in log-odds.

use serde::{Deserialize, Serialize};

/// Inputs, the intercept first.
const INPUTS: usize = 13;

/// A drug taken within so many days is likely still taken.
const RECENT_DAYS: f64 = 30.0;
/// A drug last taken longer ago was likely stopped.
const LONG_AGO_DAYS: f64 = 365.0;
/// Lifts and log-probabilities of a model count up to here, in nats: one odd name must not decide.
const NATS: f64 = 4.0;

/// What past admissions say of a drug in a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// Log-odds from what the case tells.
    pub told: f64,
    /// Log-odds of the frequency of the drug.
    pub frequency: f64,
    /// Days since the patient last took it.
    pub days_ago: Option<f64>,
    /// Whether drugs of earlier stays are known at all.
    pub any_past: bool,
}

/// What the language model says of a drug in a case, in nats and less the mean over the drugs that it scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Named {
    /// `ln P(name | case) - ln P(name | empty case)`.
    pub lift: f64,
    /// `ln P(name | empty case)`.
    pub empty: f64,
}

/// What is known of a drug in a case; `None` is a channel that is absent or says nothing of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pair {
    /// Past admissions.
    pub past: Option<Past>,
    /// The knowledge base: log-odds of the share of such patients that is given it.
    pub knowledge: Option<f64>,
    /// The language model.
    pub model: Option<Named>,
}

/// Which channels take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Channels {
    /// The knowledge base.
    pub knowledge: bool,
    /// Past admissions.
    pub past: PastPart,
    /// The language model.
    pub model: bool,
}

/// How much of past admissions takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PastPart {
    /// Nothing.
    None,
    /// The logistic regression of each drug alone: a baseline.
    Regression,
    /// All.
    All,
}

impl Channels {
    /// Everything without a model.
    pub const WITHOUT_MODEL: Self = Self { knowledge: true, past: PastPart::All, model: false };
    /// Everything.
    pub const ALL: Self = Self { knowledge: true, past: PastPart::All, model: true };

    /// Those that can be weighed, with or without a model.
    #[must_use]
    pub fn sets(model: bool) -> Vec<Self> {
        let mut sets = Vec::new();
        for past in [PastPart::None, PastPart::Regression, PastPart::All] {
            for knowledge in [false, true] {
                // The baseline stands alone.
                let alone = past == PastPart::Regression && (knowledge || model);
                let some = knowledge || model || past != PastPart::None;
                if some && !alone {
                    sets.push(Self { knowledge, past, model });
                }
            }
        }
        sets
    }

    const fn uses(self, input: usize) -> bool {
        match input {
            0 => true,
            1 => !matches!(self.past, PastPart::None),
            2..=6 => matches!(self.past, PastPart::All),
            7 | 8 => self.knowledge,
            _ => self.model,
        }
    }
}

impl std::fmt::Display for Channels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let past = match self.past {
            PastPart::None => None,
            PastPart::Regression => Some("regression"),
            PastPart::All => Some("prior"),
        };
        let names = [self.knowledge.then_some("knowledge"), past, self.model.then_some("model")];
        f.write_str(&names.into_iter().flatten().collect::<Vec<_>>().join("+"))
    }
}

fn inputs(pair: &Pair, channels: Channels) -> [f64; INPUTS] {
    let flag = |holds: bool| if holds { 1.0 } else { 0.0 };
    let (mut told, mut frequency, mut taken, mut recent, mut long_ago, mut not_taken) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    if let Some(past) = pair.past {
        (told, frequency) = (past.told, past.frequency);
        if let Some(days) = past.days_ago {
            (taken, recent, long_ago) = (1.0, flag(days < RECENT_DAYS), flag(days > LONG_AGO_DAYS));
        }
        not_taken = flag(past.any_past && past.days_ago.is_none());
    }
    let nats = |x: f64| x.clamp(-NATS, NATS);
    let all = [
        1.0,
        told,
        frequency,
        taken,
        recent,
        long_ago,
        not_taken,
        pair.knowledge.unwrap_or(0.0),
        flag(pair.knowledge.is_none()),
        pair.model.map_or(0.0, |m| nats(m.lift)),
        pair.model.map_or(0.0, |m| nats(m.empty)),
        flag(pair.model.is_none()),
        // A name that is likely by itself says less when the case makes it likelier.
        pair.model.map_or(0.0, |m| nats(m.lift) * nats(m.empty) / NATS),
    ];
    let mut used = [0.0; INPUTS];
    for (at, (to, from)) in used.iter_mut().zip(all).enumerate() {
        *to = if channels.uses(at) { from } else { 0.0 };
    }
    used
}

/// Weights of the channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Which channels they are for.
    pub channels: Channels,
    weights: [f64; INPUTS],
    /// Recorded drugs as a multiple of the sum of probabilities: what the length of a list goes by.
    pub length: f64,
}

/// A drug's log-odds, channel by channel: their sum is that of its probability.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Parts {
    /// The intercept: drugs in general.
    pub general: f64,
    /// Past admissions.
    pub past: f64,
    /// The knowledge base, also that it has no indication.
    pub knowledge: f64,
    /// The language model, also that it did not score the drug.
    pub model: f64,
}

impl Parts {
    /// Log-odds of the probability.
    #[must_use]
    pub fn log_odds(&self) -> f64 {
        self.general + self.past + self.knowledge + self.model
    }
}

/// Probability of log-odds.
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl Weights {
    /// A drug's log-odds.
    #[must_use]
    pub fn parts(&self, pair: &Pair) -> Parts {
        let mut parts = Parts::default();
        for (at, (weight, input)) in self.weights.iter().zip(inputs(pair, self.channels)).enumerate() {
            let part = match at {
                0 => &mut parts.general,
                1..=6 => &mut parts.past,
                7 | 8 => &mut parts.knowledge,
                _ => &mut parts.model,
            };
            *part += weight * input;
        }
        parts
    }

    /// Fits the weights to pairs of which it is known whether the drug was given, by Newton's method with a weak normal
    /// prior (`lambda = 0.1`) on all but the intercept.
    #[must_use]
    pub fn fit<'a>(channels: Channels, pairs: impl Fn() -> Box<dyn Iterator<Item = (&'a Pair, bool)> + 'a>) -> Self {
        let mut weights = [0.0; INPUTS];
        for _ in 0..25 {
            let mut gradient = [0.0; INPUTS];
            let mut hessian = [[0.0; INPUTS]; INPUTS];
            for (pair, given) in pairs() {
                let x = inputs(pair, channels);
                let p = sigmoid(x.iter().zip(&weights).map(|(x, w)| x * w).sum());
                let error = p - if given { 1.0 } else { 0.0 };
                let curve = (p * (1.0 - p)).max(1e-9);
                for ((g, row), a) in gradient.iter_mut().zip(&mut hessian).zip(x) {
                    *g += error * a;
                    for (h, b) in row.iter_mut().zip(x) {
                        *h += curve * a * b;
                    }
                }
            }
            for (at, ((g, row), w)) in gradient.iter_mut().zip(&mut hessian).zip(&weights).enumerate() {
                let hold = if at == 0 { 1e-9 } else { 0.1 };
                *g += hold * w;
                // An input that is not used keeps a weight of zero.
                if let Some(h) = row.get_mut(at) {
                    *h += hold.max(1e-9);
                }
            }
            let step = solve(hessian, gradient);
            let size = step.iter().fold(0.0_f64, |size, s| size.max(s.abs()));
            // Far from the optimum Newton's method may overshoot.
            let share = if size > 2.0 { 2.0 / size } else { 1.0 };
            for (w, s) in weights.iter_mut().zip(step) {
                *w -= share * s;
            }
            if size < 1e-6 {
                break;
            }
        }
        Self { channels, weights, length: 1.0 }
    }
}

/// Solves `a x = b` for a symmetric positive definite `a`, by Gaussian elimination.
fn solve(mut a: [[f64; INPUTS]; INPUTS], mut b: [f64; INPUTS]) -> [f64; INPUTS] {
    for k in 0..INPUTS {
        let (Some(&pivot_row), Some(&right)) = (a.get(k), b.get(k)) else { continue };
        let pivot = pivot_row.get(k).copied().unwrap_or(0.0);
        if pivot.abs() < 1e-300 {
            continue;
        }
        for (row, value) in a.iter_mut().zip(&mut b).skip(k + 1) {
            let factor = row.get(k).copied().unwrap_or(0.0) / pivot;
            for (to, from) in row.iter_mut().zip(pivot_row) {
                *to -= factor * from;
            }
            *value -= factor * right;
        }
    }
    let mut x = [0.0; INPUTS];
    for k in (0..INPUTS).rev() {
        let (Some(row), Some(&right)) = (a.get(k), b.get(k)) else { continue };
        let known: f64 = row.iter().zip(&x).skip(k + 1).map(|(a, x)| a * x).sum();
        let pivot = row.get(k).copied().unwrap_or(0.0);
        if let (Some(x), true) = (x.get_mut(k), pivot.abs() > 1e-300) {
            *x = (right - known) / pivot;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(told: f64, days_ago: Option<f64>) -> Past {
        Past { told, frequency: -1.0, days_ago, any_past: true }
    }

    #[test]
    fn weights_come_back_from_pairs_that_they_made() {
        // Knowledge of log-odds k is worth half: given as often as sigmoid(k / 2).
        let mut pairs = Vec::new();
        for step in -20..=20 {
            let knowledge = f64::from(step) / 5.0;
            let share = sigmoid(knowledge / 2.0);
            for i in 0..1000 {
                let pair = Pair { knowledge: Some(knowledge), ..Pair::default() };
                pairs.push((pair, (f64::from(i) + 0.5) / 1000.0 < share));
            }
        }
        let channels = Channels { knowledge: true, past: PastPart::None, model: false };
        let weights = Weights::fit(channels, || Box::new(pairs.iter().map(|(pair, given)| (pair, *given))));
        let parts = weights.parts(&Pair { knowledge: Some(2.0), ..Pair::default() });
        assert!((parts.knowledge - 1.0).abs() < 0.02, "{parts:?}");
        assert!((parts.log_odds() - 1.0).abs() < 0.02, "{parts:?}");
    }

    #[test]
    fn a_channel_that_takes_no_part_changes_nothing() {
        let channels = Channels { knowledge: true, past: PastPart::None, model: false };
        let weights = Weights { channels, weights: [0.5; INPUTS], length: 1.0 };
        let bare = Pair { knowledge: Some(1.0), ..Pair::default() };
        let full = Pair { past: Some(past(2.0, Some(3.0))), model: Some(Named { lift: 3.0, empty: 1.0 }), ..bare };
        assert_eq!(weights.parts(&bare), weights.parts(&full));
    }

    #[test]
    fn parts_add_up() {
        let weights = Weights { channels: Channels::ALL, weights: [0.25; INPUTS], length: 1.0 };
        let pair = Pair {
            past: Some(past(2.0, Some(3.0))),
            knowledge: Some(-1.0),
            model: Some(Named { lift: 9.0, empty: -2.0 }),
        };
        let parts = weights.parts(&pair);
        // told 2, frequency -1, taken, recent; lift clamped to 4, times empty -2 by 4.
        let expected = (0.25, 0.25 * 3.0, -0.25, 0.25 * (4.0 - 2.0 - 2.0));
        assert_eq!((parts.general, parts.past, parts.knowledge, parts.model), expected);
    }

    #[test]
    fn sets_without_a_model_have_the_baseline() {
        let names: Vec<String> = Channels::sets(false).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["knowledge", "regression", "prior", "knowledge+prior"]);
        let names: Vec<String> = Channels::sets(true).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["model", "knowledge+model", "prior+model", "knowledge+prior+model"]);
    }
}
