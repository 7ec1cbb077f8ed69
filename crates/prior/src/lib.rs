//! What past admissions of a site tell of a new case.
//!
//! Two steps. The first is a logistic regression for each drug over what a case tells ([`Told`]): codes at several depths,
//! first-day results, past drugs. The second puts its log-odds, the frequency of the drug, the patient's own past drugs,
//! the knowledge base and the language model together with a dozen weights ([`Weights`]), learned on admissions of patients
//! that the first step has not seen.
//!
//! A [`Prior`] holds no patient: weights of features and drugs of at least ten admissions, cut points with ten readings on
//! either side, and counts of at least ten admissions. This crate opens no file and knows no clock.

mod base;
mod counts;
mod learn;
mod logistic;
mod prior;
mod stack;
mod stop;
mod table;
mod told;

pub use base::LEAST;
pub use counts::Similar;
pub use learn::{About, LearnSettings, Learned, SAMPLE, learn};
pub use prior::{Header, HeldOut, Prior, PriorError, Reading};
pub use stack::{Channels, Named, Pair, Parts, Past, PastPart, Weights};
pub use stop::{Stop, Stopped};
pub use table::{Admissions, patient_key};
pub use told::Told;
