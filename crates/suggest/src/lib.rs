//! From a case to a ranked, checked list of drugs with reasons and advice.
//!
//! The way: [`candidates`] from the knowledge base and the current drugs, scores of the model for those worth it
//! ([`model`]), channels combined to a probability ([`combine`]), checks, one drug a purpose, a length that follows from
//! the probabilities ([`regimen`]), reasons and advice.
//!
//! Invariants:
//! - No drug is in a record before its checks ran, the merely considered ones included.
//! - The list does not depend on the model being there: a request that the model cannot take is answered without it,
//!   and the record says so.

mod advice;
mod alone;
mod candidates;
mod channels;
mod combine;
mod learn;
mod model;
mod paragraph;
mod prompt;
mod reason;
mod recheck;
mod regimen;
mod suggester;

pub use advice::{Counselling, Point, Topic, advice, closing, counselling};
pub use alone::{ModelAlone, OutOfForm};
pub use combine::Weights;
pub use learn::{LearnError, LearnOptions, LearnStage, Learner};
pub use model::{EmptyScores, ScoreStore, StoredScores};
pub use prompt::{PromptError, Prompts};
pub use recheck::Unfit;
pub use suggester::{Method, Options, SuggestError, Suggester, provenance};
