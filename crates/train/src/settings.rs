//! What a run is asked to do, and what was published.

use serde::{Deserialize, Serialize};

use crate::error::TrainError;
use crate::lora::{Method, Module};
use crate::ops::real;

/// How weights move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Against the gradient.
    Sgd,
    /// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), betas 0.9 and 0.999.
    Adamw,
}

/// How the learning rate goes after its rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It falls as half a cosine to nothing (arXiv 1608.03983).
    Cosine,
}

/// All settings of a run. What does not change the result (threads, paths) is not among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What is trained.
    pub method: Method,
    /// Modules with an adapter.
    pub targets: Vec<Module>,
    /// Rank.
    pub rank: usize,
    /// Alpha.
    pub alpha: f64,
    /// Share of an adapter's input that is left out while training.
    pub dropout: f64,
    /// Optimizer.
    pub optimizer: Optimizer,
    /// Weight decay of AdamW.
    pub weight_decay: f64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Its course.
    pub schedule: Schedule,
    /// Share of all steps in which it rises from nothing.
    pub warmup: f64,
    /// Length that the gradient is cut to.
    pub clip: Option<f64>,
    /// Samples a step.
    pub batch: usize,
    /// Tokens that are computed at once; a batch of more goes in several passes whose gradients are summed.
    pub tokens_at_once: usize,
    /// Times that all samples are gone through.
    pub epochs: usize,
    /// Steps, in place of epochs.
    pub steps: Option<usize>,
    /// Longest sample in tokens; longer ones are left out.
    pub max_length: usize,
    /// Evaluations on the validation samples without a better loss after which the run ends; none: it never ends early.
    pub patience: Option<usize>,
    /// Steps between evaluations and checkpoints; none: once an epoch.
    pub every: Option<usize>,
    /// Whether what a layer computes is made again on the way back instead of kept.
    pub checkpointing: bool,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

impl Settings {
    /// As published for the prescribing assistant: only B on q and v, rank 32, alpha 16, SGD with 1e-3, batch 4, 5 epochs,
    /// at most 2048 tokens.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            method: Method::FfaLora,
            targets: vec![Module::Q, Module::V],
            rank: 32,
            alpha: 16.0,
            dropout: 0.0,
            optimizer: Optimizer::Sgd,
            weight_decay: 0.0,
            learning_rate: 1e-3,
            schedule: Schedule::Constant,
            warmup: 0.0,
            clip: None,
            batch: 4,
            tokens_at_once: 2048,
            epochs: 5,
            steps: None,
            max_length: 2048,
            patience: None,
            every: None,
            checkpointing: true,
            seed: 1,
        }
    }

    /// Usual settings of low-rank adapters with AdamW, and an early stop.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            optimizer: Optimizer::Adamw,
            schedule: Schedule::Cosine,
            warmup: 0.05,
            clip: Some(1.0),
            patience: Some(2),
            ..Self::paper()
        }
    }

    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// [`TrainError::Setting`] with the name of the first that cannot be.
    pub fn check(&self) -> Result<(), TrainError> {
        let bad = |name, problem: &str| Err(TrainError::Setting { name, problem: problem.to_owned() });
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if self.rank == 0 {
            return bad("--rank", "must be at least 1");
        }
        if self.targets.is_empty() {
            return bad("--targets", "name at least one module, such as q and v");
        }
        if !positive(self.alpha) {
            return bad("--alpha", "must be above 0");
        }
        if !positive(self.learning_rate) {
            return bad("--lr", "must be above 0");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return bad("--dropout", "must be from 0 to below 1");
        }
        if !(0.0..=1.0).contains(&self.warmup) {
            return bad("--warmup", "must be from 0 to 1, the share of all steps");
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            return bad("--weight-decay", "must be 0 or above");
        }
        if self.clip.is_some_and(|clip| !positive(clip)) {
            return bad("--clip", "must be above 0");
        }
        if self.batch == 0 || self.tokens_at_once == 0 {
            return bad("--batch", "must be at least 1");
        }
        if self.steps.unwrap_or(self.epochs) == 0 || self.every == Some(0) {
            return bad("--epochs", "must be at least 1");
        }
        if self.max_length < 2 {
            return bad("--max-length", "must be at least 2");
        }
        Ok(())
    }

    /// The learning rate of a step of so many, the first being 0.
    #[must_use]
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        let rise = (self.warmup * real(steps)).ceil();
        let at = real(step);
        if at < rise {
            return self.learning_rate * (at + 1.0) / rise;
        }
        match self.schedule {
            Schedule::Constant => self.learning_rate,
            Schedule::Cosine => {
                let share = (at - rise) / (real(steps) - rise).max(1.0);
                self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_is_as_published() {
        let paper = Settings::paper();
        paper.check().unwrap();
        assert_eq!((paper.method, paper.optimizer), (Method::FfaLora, Optimizer::Sgd));
        assert_eq!((paper.rank, paper.batch, paper.epochs, paper.max_length), (32, 4, 5, 2048));
        assert!((paper.alpha - 16.0).abs() < 1e-12 && (paper.learning_rate - 1e-3).abs() < 1e-12);
        assert!((paper.rate(0, 100) - 1e-3).abs() < 1e-12 && (paper.rate(99, 100) - 1e-3).abs() < 1e-12);
    }

    #[test]
    fn the_rate_rises_and_falls() {
        let settings = Settings { learning_rate: 1.0, warmup: 0.1, ..Settings::usual() };
        let rates: Vec<f64> = (0..100).map(|step| settings.rate(step, 100)).collect();
        assert!((rates[0] - 0.1).abs() < 1e-12 && (rates[9] - 1.0).abs() < 1e-12 && (rates[10] - 1.0).abs() < 1e-12);
        assert!(rates[10..].windows(2).all(|w| w[1] <= w[0]));
        assert!((rates[55] - 0.5).abs() < 1e-12, "{}", rates[55]);
        assert!(rates[99] > 0.0 && rates[99] < 0.001);
    }

    #[test]
    fn a_setting_that_cannot_be_is_named() {
        let usual = Settings::usual();
        for (settings, name) in [
            (Settings { rank: 0, ..usual.clone() }, "--rank"),
            (Settings { targets: vec![], ..usual.clone() }, "--targets"),
            (Settings { learning_rate: f64::NAN, ..usual.clone() }, "--lr"),
            (Settings { dropout: 1.0, ..usual.clone() }, "--dropout"),
            (Settings { batch: 0, ..usual.clone() }, "--batch"),
            (Settings { epochs: 0, ..usual.clone() }, "--epochs"),
            (Settings { clip: Some(0.0), ..usual }, "--clip"),
        ] {
            let TrainError::Setting { name: got, .. } = settings.check().unwrap_err() else { panic!("{settings:?}") };
            assert_eq!(got, name);
        }
    }
}
