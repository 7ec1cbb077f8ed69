//! Reports over small made-up admissions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    missing_docs
)]

mod baseline;
mod beside;
mod edges;
mod exam;
mod fixture;
mod groups;
mod judge;
mod metrics;
mod properties;
