//! The rules, one a file. A rule adds what it finds, and what it could not check, to an [`crate::Outcome`].

pub mod adult_only;
pub mod age;
pub mod allergy;
pub mod anticholinergic;
pub mod bleeding;
pub mod condition;
pub mod duplicate;
pub mod duration;
pub mod elderly;
pub mod food;
pub mod genotype;
pub mod hepatic;
pub mod interaction;
pub mod lab;
pub mod lactation;
pub mod max_dose;
pub mod monitoring;
pub mod nil_by_mouth;
pub mod omission;
pub mod opioid_benzodiazepine;
pub mod potassium;
pub mod pregnancy;
pub mod qt;
pub mod recognised;
pub mod renal;
pub mod route;
pub mod sedation;
pub mod serotonin;
pub mod split;
pub mod together;

use crate::rule::Rule;

/// All rules, in the order of the catalogue.
pub const RULES: [&Rule; 30] = [
    &allergy::RULE,
    &duplicate::RULE,
    &interaction::RULE,
    &together::RULE,
    &opioid_benzodiazepine::RULE,
    &qt::RULE,
    &bleeding::RULE,
    &serotonin::RULE,
    &potassium::RULE,
    &sedation::RULE,
    &anticholinergic::RULE,
    &condition::RULE,
    &pregnancy::RULE,
    &lactation::RULE,
    &age::RULE,
    &elderly::RULE,
    &renal::RULE,
    &hepatic::RULE,
    &lab::RULE,
    &genotype::RULE,
    &max_dose::RULE,
    &duration::RULE,
    &split::RULE,
    &route::RULE,
    &nil_by_mouth::RULE,
    &food::RULE,
    &omission::RULE,
    &monitoring::RULE,
    &adult_only::RULE,
    &recognised::RULE,
];
