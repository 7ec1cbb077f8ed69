//! How suggestions compare with what was recorded for the same admissions.
//!
//! [`evaluate`] takes the recorded drugs, the suggestions and the knowledge base, and gives a [`Report`]: the metrics of
//! the contract with their intervals, beside those of a plain baseline, the most-prescribed drugs. It is pure: the
//! bootstrap draws from a fixed seed, and the order of lines changes nothing.
//!
//! What is measured is agreement with what clinicians gave, not whether it was right: a recorded drug may have been a
//! mistake, and a listed one that was not given may have fitted.

mod answer;
mod bootstrap;
mod calibration;
mod coverage;
mod evaluate;
mod interactions;
mod level;
mod most_prescribed;
mod report;
mod scores;
mod slice;

pub use answer::{Answer, Answers, LineFault, ListedDrug, RankedDrug, SuggestionLine};
pub use bootstrap::{RESAMPLES, SEED};
pub use evaluate::{Inputs, Recorded, evaluate};
pub use report::{
    Bin, Bootstrap, Calibration, Compared, Counted, Counts, Coverage, DrugRow, Estimate, Interactions, Levels,
    MostPrescribed, Report, Scores, SliceReport,
};

/// A count as a number to divide by.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A count for the report.
fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
