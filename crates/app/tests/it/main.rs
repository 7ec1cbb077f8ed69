//! Tests of the use cases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    missing_docs
)]

mod csv_tables;
mod desk;
mod generated;
mod roles;
mod vault_files;
mod vaults;
