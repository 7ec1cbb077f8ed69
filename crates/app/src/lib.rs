//! Use cases shared by the command line and the window.
//!
//! Files, the environment and the clock come in here; the crates below get values. Each use case is a function that
//! takes what it needs and a [`JobSink`] for its progress, and returns a summary or an [`AppError`] whose
//! [`AppError::exit_code`] is that of the command line.

pub mod assets;
pub mod check;
pub mod convert;
pub mod coverage;
pub mod csv_out;
pub mod diagnoses;
pub mod doctor;
mod empty_scores;
pub mod error;
pub mod evaluate;
pub mod exam;
pub mod hazards;
pub mod home;
pub mod import;
pub mod job;
pub mod knowledge;
pub mod learn;
pub mod licences;
pub mod lines;
pub mod models;
pub mod normalise;
pub mod open;
pub mod output;
pub mod packs;
pub mod report;
pub mod schema;
pub mod suggest;
pub mod train;
pub mod vault;
pub mod window;

pub use bogam_knowledge::import::ImportKind;
pub use bogam_prior::{Channels, PastPart};
pub use bogam_suggest::{Method, Options};
pub use error::AppError;
pub use job::{Collected, JobSink, Summary};
