//! From case to record, with small packs and scripted engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    missing_docs
)]

mod alone;
mod fixture;
mod learn;
mod paragraph;
mod prompts;
mod records;
