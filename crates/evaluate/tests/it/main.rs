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
mod edges;
mod fixture;
mod metrics;
mod properties;
