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
mod override_reason;
mod pairs;
mod recognise;
mod results;
mod route;
mod rule;
pub mod rules;
mod shared;
mod site;
mod sum;
mod words;

pub use catalogue::catalogue;
pub use dose::dose_text;
pub use input::{CheckInput, DrugUse};
pub use outcome::{Outcome, finish};
pub use override_reason::OverrideReason;
pub use pairs::{InteractingPair, interacting_pairs};
pub use recognise::{notices, unrecognised};
pub use rule::{Code, Rule};

/// Version of the rule set: major when an outcome changes its meaning, minor when one is added, patch when a fault is
/// mended. It is part of the provenance of every answer.
pub const RULES_VERSION: &str = "2.0.0";

/// The rules that concern one drug against the case.
///
/// Findings are in order, without number (see [`finish`]); drugs that stand several times are checked once.
#[must_use]
pub fn check_each(input: &CheckInput<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    rules::allergy::check(input, &mut outcome);
    rules::pregnancy::check(input, &mut outcome);
    rules::lactation::check(input, &mut outcome);
    rules::condition::check(input, &mut outcome);
    rules::genotype::check(input, &mut outcome);
    rules::age::check(input, &mut outcome);
    rules::route::check(input, &mut outcome);
    rules::split::check(input, &mut outcome);
    rules::food::check(input, &mut outcome);
    rules::nil_by_mouth::check(input, &mut outcome);
    rules::adult_only::check(input, &mut outcome);
    if !input.case.patient.is_child() {
        rules::renal::check(input, &mut outcome);
        rules::hepatic::check(input, &mut outcome);
        rules::lab::check(input, &mut outcome);
        rules::max_dose::check(input, &mut outcome);
        rules::duration::check(input, &mut outcome);
        rules::elderly::check(input, &mut outcome);
        rules::monitoring::check(input, &mut outcome);
    }
    site::apply(input, &mut outcome);
    outcome.ordered()
}

/// The rules that concern drugs with each other. Pairs count only where their windows overlap.
#[must_use]
pub fn check_pairs(input: &CheckInput<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    rules::duplicate::check(input, &mut outcome);
    let mut told = Vec::new();
    rules::interaction::check(input, &mut told);
    rules::opioid_benzodiazepine::check(input, &mut told);
    rules::together::check(input, &mut told);
    rules::qt::check(input, &mut told, &mut outcome);
    rules::bleeding::check(input, &mut told, &mut outcome);
    rules::serotonin::check(input, &mut told, &mut outcome);
    if !input.case.patient.is_child() {
        rules::potassium::check(input, &mut told, &mut outcome);
        rules::sedation::check(input, &mut told, &mut outcome);
        rules::anticholinergic::check(input, &mut told, &mut outcome);
        rules::elderly::check_together(input, &mut outcome);
    }
    for finding in sum::absorb(told) {
        outcome.add(finding);
    }
    site::apply(input, &mut outcome);
    outcome.ordered()
}

/// The rules that concern the regimen as a whole: what is absent from it. `known`: whether what the patient takes is
/// known at all.
#[must_use]
pub fn check_whole(input: &CheckInput<'_>, known: bool) -> Outcome {
    let mut outcome = Outcome::default();
    if !input.case.patient.is_child() {
        rules::omission::check(input, known, &mut outcome);
    }
    site::apply(input, &mut outcome);
    outcome.ordered()
}

/// All rules: [`check_each`], [`check_pairs`] and [`check_whole`] merged, in order. `known`: whether what the patient
/// takes is known at all.
#[must_use]
pub fn check(input: &CheckInput<'_>, known: bool) -> Outcome {
    let mut outcome = check_each(input);
    outcome.extend(check_pairs(input));
    outcome.extend(check_whole(input, known));
    outcome.ordered()
}

pub use bogam_clinical::record::{Finding, NotEvaluated, Tier};
