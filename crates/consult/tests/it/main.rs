//! Tests of what is said in a consultation, over synthetic patients and the shipped packs.
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
mod mentions;
mod prompts;
mod redflags;
mod unchecked;
