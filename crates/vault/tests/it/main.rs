//! Tests of the vault: one program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod audit;
mod backup;
mod child;
mod damage;
mod disks;
mod draw;
mod fixture;
mod fixtures;
mod kill;
mod locks;
mod migrations;
mod open;
mod people;
mod plaintext;
mod planted;
mod refusals;
mod rotation;
mod search;
mod tables;

/// As the programs that open vaults do: what is freed is wiped.
#[global_allocator]
static HEAP: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);
