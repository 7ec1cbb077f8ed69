//! The whole program, as somebody runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod bad_input;
mod bad_models;
mod common;
mod contract;
mod converting;
mod evaluate;
mod evaluate_report;
mod exam;
mod knowledge;
mod learn;
mod past_admissions;
mod supervision;
mod teaching;
mod train;
mod vault;
