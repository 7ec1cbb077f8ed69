//! Learning: the first step on some admissions, what it says of others, and which strength of its prior does best.

use std::collections::BTreeMap;

use bogam_clinical::case::{Case, Setting};
use bogam_knowledge::KnowledgeBase;

use crate::base::{Base, Settings};
use crate::counts::Counts;
use crate::prior::{Header, HeldOut, Made, Prior, PriorError, Reading};
use crate::stack::Weights;
use crate::stop::{Stop, Stopped};
use crate::table::{Admissions, patient_key};

/// Admissions on which the second step is learned, at most: the patients whose hash is smallest.
pub const SAMPLE: usize = 2_000;
/// Up to so many admissions every admission is held out once; beyond, only the sample is held out.
const ALL_HELD_OUT: usize = 20_000;
/// Folds by patient.
const FOLDS: u64 = 4;
/// Admissions on which the strength of the prior on weights is chosen, at most.
const CHOICE: usize = 2_000;
/// Strengths of the prior on weights.
const LAMBDAS: [f32; 3] = [5.0, 12.0, 30.0];

/// How to learn.
#[derive(Debug, Clone, Copy)]
pub struct LearnSettings {
    /// Drugs of the formulary.
    pub formulary: usize,
    /// Threads.
    pub threads: usize,
}

/// The first step, learned: once on everything, and once more for each part that was held out.
#[derive(Debug)]
pub struct Learned {
    base: Base,
    counts: Counts,
    /// Learned without a part of the patients.
    without: Vec<Base>,
    lambda: f32,
}

/// What else a prior says of itself.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Whose admissions.
    pub site: Option<String>,
    /// Admissions.
    pub admissions: usize,
    /// Patients.
    pub patients: usize,
    /// First and last month.
    pub span: Option<(String, String)>,
    /// Settings of at least ten admissions.
    pub settings: Vec<Setting>,
    /// Hash of the knowledge base.
    pub knowledge: String,
    /// Decisions of reviewers.
    pub reviews: usize,
    /// Agreement by channels.
    pub held_out: Vec<HeldOut>,
}

/// The part of the patients to which a patient belongs.
fn part(key: u64) -> usize {
    usize::try_from(key % FOLDS).unwrap_or(0)
}

/// Learns the first step. `sampled` says of a patient's key whether the patient is in the sample. `progress` gets a share
/// of the work from 0 to 1.
///
/// # Errors
/// When somebody ended it.
pub fn learn(
    table: &Admissions,
    sampled: &dyn Fn(u64) -> bool,
    settings: LearnSettings,
    stop: Stop<'_>,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<Learned, Stopped> {
    let with = |lambda| Settings { lambda, formulary: settings.formulary, threads: settings.threads };
    let small = table.len() <= ALL_HELD_OUT;
    // Shares of the work, by rows times fits.
    let lambda = choose(table, &with, stop, &|share| progress(if small { 0.4 } else { 0.1 } * share))?;
    let rest = |from: f64, to: f64| {
        move |done: usize, of: usize| progress(from + (to - from) * crate::told::number(done) / crate::told::number(of))
    };
    let counts = Counts::of(table);
    if !small {
        let others = table.rows(|key| !sampled(key));
        let base = Base::fit(table, &others, with(lambda), stop, &rest(0.1, 1.0))?;
        return Ok(Learned { base, counts, without: Vec::new(), lambda });
    }
    let mut without = Vec::new();
    for fold in 0..FOLDS {
        let fold = usize::try_from(fold).unwrap_or(0);
        let others = table.rows(|key| part(key) != fold);
        without.push(Base::fit(table, &others, with(lambda), stop, &|_, _| {})?);
        progress(0.4 + 0.1 * crate::told::number(fold + 1));
    }
    let base = Base::fit(table, &table.rows(|_| true), with(lambda), stop, &rest(0.8, 1.0))?;
    Ok(Learned { base, counts, without, lambda })
}

/// The strength of the prior on weights that predicts held-out admissions best, by log-loss.
fn choose(
    table: &Admissions,
    with: &dyn Fn(f32) -> Settings,
    stop: Stop<'_>,
    progress: &dyn Fn(f64),
) -> Result<f32, Stopped> {
    let mut keys = table.patients.clone();
    keys.sort_unstable();
    // The patients of the largest keys: the sample has the smallest.
    let limit = keys.len().checked_sub(CHOICE).and_then(|at| keys.get(at)).copied().unwrap_or(0);
    let mut best = (f64::INFINITY, 12.0);
    for (tried, lambda) in LAMBDAS.into_iter().enumerate() {
        let mut loss = 0.0;
        // Two of the parts say it well enough.
        for fold in 0..2 {
            let held = table.rows(|key| key >= limit && part(key) == fold);
            let others = table.rows(|key| key >= limit && part(key) != fold);
            let base = Base::fit(table, &others, with(lambda), stop, &|_, _| {})?;
            loss += base.loss(table, &held);
        }
        progress(crate::told::number(tried + 1) / crate::told::number(LAMBDAS.len()));
        if loss < best.0 {
            best = (loss, lambda);
        }
    }
    Ok(best.1)
}

impl Learned {
    /// What admissions of other patients say of a case: nothing of the patient's own is in it.
    #[must_use]
    pub fn held_out(&self, case: &Case, patient_id: &str, knowledge: &KnowledgeBase) -> Reading<'_> {
        let base = self.without.get(part(patient_key(patient_id))).unwrap_or(&self.base);
        Reading::new(base, None, case, knowledge)
    }

    /// The prior, with weights by model.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn into_prior(self, about: About, weights: BTreeMap<String, Vec<Weights>>) -> Result<Prior, PriorError> {
        let (from, to) = about.span.unzip();
        let header = Header {
            site: about.site,
            admissions: about.admissions,
            patients: about.patients,
            from,
            to,
            settings: about.settings,
            lambda: f64::from(self.lambda),
            knowledge: about.knowledge,
            reviews: about.reviews,
            held_out: about.held_out,
            ..Header::new()
        };
        Prior::new(Made { header, base: self.base, counts: self.counts, weights })
    }
}
