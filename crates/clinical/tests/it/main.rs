//! Tests of the crate from outside.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

mod bindings;
