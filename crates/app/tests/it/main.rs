//! Tests of the use cases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    missing_docs
)]

#[cfg(feature = "ts")]
mod bindings;
mod csv_tables;
mod desk;
mod generated;
mod licences;
mod roles;
mod vault_files;
mod vaults;
mod window_leaflet;
mod window_review;
mod window_site;
mod window_suggestion;
mod window_talk;
mod window_training;
