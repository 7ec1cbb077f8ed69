//! The queue of a reviewer, and how far reviewers agree.

use serde::Serialize;

use super::{DiagnosisView, Interval};

/// A suggestion to review.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ReviewItem {
    /// The suggestion.
    pub suggestion: i64,
    /// Its case.
    pub key: i64,
    /// The case's identifier.
    pub case_id: String,
    /// Diagnoses, the main one first.
    pub diagnoses: Vec<DiagnosisView>,
    /// Drugs of the list.
    pub listed: usize,
    /// Of these, how many the person who asks has reviewed.
    pub reviewed: usize,
    /// Of these, how many some reviewer judges not to fit.
    pub disagreements: usize,
    /// When it was made.
    pub at: String,
    /// Whether it is signed.
    pub signed: bool,
}

/// Suggestions to review.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ReviewQueue {
    /// The newest first.
    pub items: Vec<ReviewItem>,
    /// All.
    pub total: u64,
}

/// Two reviewers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ReviewerPair {
    /// One.
    pub a: String,
    /// The other.
    pub b: String,
    /// Drugs that both reviewed.
    pub drugs: usize,
    /// Of these, judged alike.
    pub agreed: usize,
    /// Cohen's kappa; null with too few drugs, or when both only ever say one thing.
    pub kappa: Option<f64>,
}

/// How far reviewers agree, over drugs of lists that two or more have judged. How it is computed stands in
/// [`bogam_evaluate::raters`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Agreement {
    /// Drugs.
    pub drugs: usize,
    /// Reviewers of them.
    pub reviewers: usize,
    /// Share of pairs of reviewers who judge a drug alike, averaged over drugs.
    pub observed: Option<Interval>,
    /// Cohen's (two reviewers) or Fleiss' kappa.
    pub kappa: Option<Interval>,
    /// Share of judgements that the drug fits, averaged over drugs.
    pub suitable: Option<Interval>,
    /// Every two reviewers with a drug in common.
    pub pairs: Vec<ReviewerPair>,
}
