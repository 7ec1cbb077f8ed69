//! Tests of the rules, over a synthetic pack and synthetic patients.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs
)]

mod bench;

mod allergy;
mod catalogue;
mod dose;
mod duplicate;
mod hepatic;
mod interaction;
mod pregnancy;
mod properties;
mod recognised;
mod renal;
