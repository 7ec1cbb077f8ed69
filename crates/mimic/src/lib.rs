//! MIMIC-IV tables, streamed, to cases and recorded drugs, with a report of every row lost.
//!
//! [`import`] reads the `hosp` tables of MIMIC-IV (Johnson et al., PhysioNet), plain or gzipped, and writes five files:
//!
//! | file | one line |
//! |---|---|
//! | `cases.jsonl` | an admission with a diagnosis, as it was 24 hours after admission ([`bogam_clinical::input::CaseInput`]) |
//! | `recorded.jsonl` | the drugs recorded for it ([`bogam_clinical::record::RecordedAdmission`]) |
//! | `samples.jsonl` | the case as a prompt, with the ingredients as the answer |
//! | `rejects.csv` | a faulty row: file, line, reason and identifiers; no clinical text |
//! | `report.json` | the whole: rows read, used, and unused by reason ([`Report`]) |
//!
//! On request also `alpaca.json` (the samples as one array) and the folder `meds` (what was kept, an event a row, as Parquet).
//!
//! Invariants: nothing that happened later than the moment of a case is in it, apart from its own diagnoses, which were
//! coded at discharge; every row of every table has exactly one outcome; the same tables give the same bytes; the files
//! get their names only when all are complete. Memory grows with what is kept of admissions, not with the tables.

mod cases;
mod chunks;
mod course;
mod drugs;
mod error;
mod ids;
mod import;
mod intake;
mod lines;
mod measured;
mod meds;
mod moment;
mod names;
mod output;
mod parquet;
mod parse;
mod people;
mod recorded;
mod report;
mod stays;
mod tally;
mod threads;

pub use error::MimicError;
pub use import::{Options, import};
pub use lines::{Message, Sample};
pub use meds::MedsReport;
pub use names::{Meaning, Names};
pub use report::{DrugRows, Notes, Outliers, Report, TableReport, Unmapped, UnmappedName, Warning};
pub use tally::Reason;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table that is being read.
    pub table: &'static str,
    /// Rows of it read so far.
    pub rows: u64,
}
