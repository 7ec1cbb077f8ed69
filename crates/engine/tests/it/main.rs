//! The engine on the real starter model, in this process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod bad_files;
mod common;
mod converting;
mod forms;
mod generating;
mod scoring;
mod server;
