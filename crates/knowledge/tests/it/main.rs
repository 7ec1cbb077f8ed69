#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    missing_docs
)]

mod allergy;
mod codes;
mod fact_faults;
mod faults;
mod fixture;
mod import;
mod indications;
mod interactions;
mod merging;
mod names;
mod real_packs;
mod search;
