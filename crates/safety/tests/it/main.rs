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

mod age;
mod allergy;
mod catalogue;
mod condition;
mod dose;
mod duplicate;
mod duration;
mod elderly;
mod food;
mod genotype;
mod hepatic;
mod interaction;
mod lab;
mod lactation;
mod max_dose;
mod monitoring;
mod nil_by_mouth;
mod omission;
mod opioid_benzodiazepine;
mod override_reason;
mod pregnancy;
mod properties;
mod recognised;
mod renal;
mod route;
mod site;
mod split;
mod sums;
mod together;
