//! The rules, one a file. A rule adds what it finds, and what it could not check, to an [`crate::Outcome`].

pub mod adult_only;
pub mod allergy;
pub mod duplicate;
pub mod hepatic;
pub mod interaction;
pub mod pregnancy;
pub mod recognised;
pub mod renal;

use crate::rule::Rule;

/// All rules, in the order of the catalogue.
pub const RULES: [&Rule; 8] = [
    &allergy::RULE,
    &duplicate::RULE,
    &interaction::RULE,
    &pregnancy::RULE,
    &renal::RULE,
    &hepatic::RULE,
    &adult_only::RULE,
    &recognised::RULE,
];
