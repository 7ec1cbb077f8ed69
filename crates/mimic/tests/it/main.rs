//! Imports of small synthetic tables, and of the evaluation data where it is there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod accounting;
mod cases;
mod demo;
mod drugs;
mod exports;
mod faults;
mod hospital;
mod knowledge;
mod parquet;
mod past;
mod scale;
mod tables;
