//! Training of tiny models, and of the starter model where it is there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod disk;
mod events;
mod gradients;
mod kill;
mod loading;
mod merging;
mod parity;
mod peft;
mod reading;
mod running;
mod tiny;
