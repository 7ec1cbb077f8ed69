//! The queue of a reviewer, and how far reviewers agree.

use bogam_evaluate::raters::{self, Judgements};
use bogam_vault::SuggestionId;

use super::cases::{diagnoses, names};
use super::types::{Agreement, Interval, ReviewItem, ReviewQueue, ReviewerPair};
use super::{Answer, Window};
use crate::error::AppError;

/// Rows of a queue at most.
const MOST: usize = 1000;

/// The category of a judgement that a drug fits; the other one is that it does not.
const FITS: u32 = 0;

impl Window {
    /// The newest suggestion of each case, the newest first, behind the one in `after`. With `undone` only those with a drug
    /// of which whoever asks has said nothing.
    ///
    /// # Errors
    /// When the role is missing, or they cannot be read.
    pub fn review_queue(&self, after: Option<i64>, limit: usize, undone: bool) -> Answer<ReviewQueue> {
        let knowledge = self.knowledge()?;
        Ok(self.desk.with(|session| {
            let (found, total) = session.review_queue(after.map(SuggestionId), limit.clamp(1, MOST), undone)?;
            let item = |found: bogam_vault::ToReview| {
                let (key, version) = found.case;
                let case = session.case(key, Some(version))?.case;
                Ok(ReviewItem {
                    suggestion: found.suggestion.0,
                    key: key.0,
                    diagnoses: diagnoses(&case, &knowledge),
                    case_id: case.case_id.unwrap_or_default(),
                    listed: found.listed,
                    reviewed: found.reviewed,
                    disagreements: found.disagreements,
                    at: found.at.to_string(),
                    signed: found.signed,
                })
            };
            Ok(ReviewQueue { items: found.into_iter().map(item).collect::<Result<_, AppError>>()?, total })
        })?)
    }

    /// How far reviewers agree, over drugs of the lists of all suggestions that two or more have judged. Of each reviewer
    /// the last judgement on a drug counts; comments judge nothing. Drugs are drawn for the intervals with all of their
    /// case.
    ///
    /// # Errors
    /// When the role is missing, or reviews cannot be read.
    pub fn agreement(&self) -> Answer<Agreement> {
        let (judged, names) = self.desk.with(|session| Ok((session.judgements()?, names(session)?)))?;
        let mut drugs: Vec<Judgements> = Vec::new();
        let mut last = None;
        for one in judged {
            if last != Some(one.drug) {
                drugs.push(Judgements { group: one.case.0, by: Vec::new() });
                last = Some(one.drug);
            }
            if let Some(drug) = drugs.last_mut() {
                drug.by.push((one.person.0, if one.agrees { FITS } else { 1 }));
            }
        }
        let agreed = raters::agreed(&drugs);
        let interval = |i: raters::Interval| Interval { value: i.value, low: i.low, high: i.high };
        let name = |id: i64| names.get(&bogam_vault::PersonId(id)).cloned().unwrap_or_default();
        Ok(Agreement {
            drugs: agreed.things,
            reviewers: agreed.people,
            observed: agreed.observed.map(interval),
            kappa: agreed.kappa.map(interval),
            suitable: agreed.first.map(interval),
            pairs: agreed
                .pairs
                .into_iter()
                .map(|p| ReviewerPair { a: name(p.a), b: name(p.b), drugs: p.things, agreed: p.alike, kappa: p.kappa })
                .collect(),
        })
    }
}
