//! One list against one record.

use crate::drugs::Group;
use crate::number;

/// What a list comes to against a record that is not empty. A list without drugs has no hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ListScores {
    /// Drugs (or groups) in both.
    pub hits: f64,
    /// In the list.
    pub listed: f64,
    /// In the record.
    pub recorded: f64,
    /// Average precision of the whole ranking.
    pub average_precision: f64,
}

impl ListScores {
    /// Both are sorted by number; `position` is that in the whole ranking, from 1.
    pub(crate) fn of(listed: &[Group], recorded: &[Group], position: impl Fn(Group) -> Option<u32>) -> Self {
        let hits = recorded.iter().filter(|group| listed.binary_search(group).is_ok()).count();
        Self {
            hits: number(hits),
            listed: number(listed.len()),
            recorded: number(recorded.len()),
            average_precision: average_precision(recorded, position),
        }
    }

    /// Hits of what is listed; 0 for an empty list.
    pub(crate) fn accuracy(&self) -> f64 {
        share(self.hits, self.listed)
    }

    /// Hits of what is recorded.
    pub(crate) fn recall(&self) -> f64 {
        share(self.hits, self.recorded)
    }

    /// Hits of what is in either: `h / (l + r - h)`.
    pub(crate) fn jaccard(&self) -> f64 {
        share(self.hits, self.listed + self.recorded - self.hits)
    }

    /// Harmonic mean of accuracy and recall: `2 h / (l + r)`.
    pub(crate) fn f1(&self) -> f64 {
        share(2.0 * self.hits, self.listed + self.recorded)
    }
}

/// Average precision, the area under the stepped precision-recall curve: with the recorded drugs at the positions
/// r₁ < r₂ < …, the mean over *all* recorded drugs of i / rᵢ; one that was never ranked adds nothing.
fn average_precision(recorded: &[Group], position: impl Fn(Group) -> Option<u32>) -> f64 {
    let mut found: Vec<u32> = recorded.iter().filter_map(|group| position(*group)).collect();
    found.sort_unstable();
    let precisions = found.iter().enumerate().map(|(before, position)| number(before + 1) / f64::from(*position));
    share(precisions.sum(), number(recorded.len()))
}

pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
