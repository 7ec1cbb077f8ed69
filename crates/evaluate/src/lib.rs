//! How suggestions compare with what was recorded for the same admissions.
//!
//! [`Evaluation`] takes the recorded drugs, the suggestions of one or several sources and the knowledge base, and gives a
//! [`Report`]: the metrics of the contract with their intervals, beside those of a plain baseline, the most-prescribed
//! drugs, and beside other sources with paired differences. It is pure: the bootstrap draws from a fixed seed, and neither
//! the order of lines nor the number of threads changes anything.
//!
//! What is measured is agreement with what clinicians gave, not whether it was right: a recorded drug may have been a
//! mistake, and a listed one that was not given may have fitted. For that [`judge`] makes a file for people who judge.

mod answer;
mod bootstrap;
mod calibration;
mod drug_rows;
mod drugs;
mod evaluate;
pub mod exam;
mod folds;
mod gather;
mod groups;
mod interactions;
pub mod judge;
mod most_prescribed;
pub mod raters;
mod recorded;
mod report;
mod scores;

pub use answer::{LineFault, ListedDrug, RankedDrug, SuggestionLine};
pub use bootstrap::{RESAMPLES, SEED};
pub use evaluate::{Evaluation, SeenBefore, Source};
pub use folds::{FOLD_HASH, Folds, FoldsFault, fold, is_held_out};
pub use groups::LEAST;
pub use report::{
    Agreement, Beside, Best, Bin, Bootstrap, Calibration, Compared, Counted, Counts, Coverage, Differences, DrugRow,
    Estimate, GroupRow, GroupTable, Interactions, Judge, JudgedSource, Levels, MostPrescribed, Report, Scores,
    SliceDifferences, SliceReport, Suitability,
};

/// A count as a number to divide by.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A count for the report.
fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A place in a table as a small number.
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// A small number as a place in a table.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
