//! The words of the clinic: cases, patients, diagnoses, drugs, findings, suggestions, and the units they are in.
//!
//! Everything here is data and pure functions: no files, no clock, no environment, no randomness.
//! What reviewers read and write as JSON is defined here once ([`input::CaseInput`], [`record`]); the schema in
//! `docs/schema/` is generated from these types.

pub mod case;
pub mod dose;
pub mod input;
pub mod record;
pub mod renal;
pub mod sensitive;
pub mod text;
pub mod units;

pub use case::{
    Admission, Allergy, AllergySeverity, Case, ChildPugh, CodeSystem, Diagnosis, DrugEntry, Lab, PastDrug, Patient,
    Procedure, Setting, Sex,
};
pub use input::{FieldError, ReadCase, read_case};
pub use record::{Finding, NotEvaluated, Tier};
pub use sensitive::Sensitive;
pub use text::Bilingual;
