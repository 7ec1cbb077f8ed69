//! The checks: pure functions over (case, drugs, knowledge).
//!
//! One rule a file under [`rules`], with its documentation beside it: what, why, an example, limits, source. The codes
//! of outcomes are permanent; `docs/rules.md` is [`catalogue`], generated and compared by a test.
//!
//! Invariants:
//! - **A check that could not be made is listed** as [`NotEvaluated`], with the drugs it concerns and the fields that
//!   were missing. Silence means: checked, nothing found.
//! - **The order of drugs changes nothing**, and checking twice gives the same.
//! - Nothing here reads a file, a clock or the environment; nothing here corrects the case.

mod catalogue;
mod dose;
mod facts;
mod input;
mod kidney;
mod liver;
mod outcome;
mod pairs;
mod recognise;
mod route;
mod rule;
pub mod rules;
mod words;

pub use catalogue::catalogue;
pub use dose::dose_text;
pub use input::{CheckInput, DrugUse};
pub use outcome::{Outcome, finish};
pub use pairs::{InteractingPair, interacting_pairs};
pub use recognise::{notices, unrecognised};
pub use rule::{Code, Rule};

/// Version of the rule set: major when an outcome changes its meaning, minor when one is added, patch when a fault is
/// mended. It is part of the provenance of every answer.
pub const RULES_VERSION: &str = "1.0.0";

/// The rules that concern one drug against the case.
///
/// Findings are in order, without number (see [`finish`]); drugs that stand several times are checked once.
#[must_use]
pub fn check_each(input: &CheckInput<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    rules::allergy::check(input, &mut outcome);
    rules::pregnancy::check(input, &mut outcome);
    rules::adult_only::check(input, &mut outcome);
    if !input.case.patient.is_child() {
        rules::renal::check(input, &mut outcome);
        rules::hepatic::check(input, &mut outcome);
    }
    outcome.ordered()
}

/// The rules that concern drugs with each other. Pairs count only where their windows overlap.
#[must_use]
pub fn check_pairs(input: &CheckInput<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    rules::duplicate::check(input, &mut outcome);
    rules::interaction::check(input, &mut outcome);
    outcome.ordered()
}

/// All rules: [`check_each`] and [`check_pairs`] merged, in order.
#[must_use]
pub fn check(input: &CheckInput<'_>) -> Outcome {
    let mut outcome = check_each(input);
    outcome.extend(check_pairs(input));
    outcome.ordered()
}

pub use bogam_clinical::record::{Finding, NotEvaluated, Tier};
