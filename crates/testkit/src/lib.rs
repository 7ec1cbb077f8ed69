//! What the tests of the upper crates share: synthetic cases, the shipped knowledge, an engine that favours names, and
//! where things lie. Only ever a dev-dependency.
//!
//! Nothing here is a patient's: cases are made up, and no table of past admissions is read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions,
    reason = "all of this crate is test code: a fault in it should fail the test at once"
)]

mod case;
mod engine;
mod knowledge;
mod places;
mod shape;

pub use case::{CaseJson, case_json};
pub use engine::FavouringEngine;
pub use knowledge::{knowledge, shipped_pack};
pub use places::{root, shared_data, starter_model};
pub use shape::{Shape, Weights};
