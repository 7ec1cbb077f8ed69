//! A suggestion, and what people make of it.

use std::collections::BTreeMap;

use bogam_clinical::input::DrugInput;
use bogam_clinical::record::{Finding, NotEvaluated, SuggestionRecord};
use bogam_clinical::text::Bilingual;
use serde::{Deserialize, Serialize};

/// What is asked of a suggestion.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SuggestOptions {
    /// Null: the default model.
    pub model: Option<String>,
    /// Knowledge and prior alone.
    pub without_model: bool,
    /// With advice.
    pub advice: bool,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// As suggested.
    Accepted,
    /// Another drug or dose.
    Changed,
    /// Not given.
    Rejected,
}

/// A decision on a drug.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Decision {
    /// Ingredient.
    pub ingredient: String,
    /// What.
    pub decision: DecisionKind,
    /// With `changed`: the drug with its dose, as it was checked.
    pub changed_to: Option<DrugInput>,
    /// Code of the reason.
    pub reason: Option<String>,
    /// In words.
    pub note: Option<String>,
}

/// A decision, by whom and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Decided {
    /// Decision.
    pub decision: Decision,
    /// When.
    pub at: String,
    /// Who.
    pub person: String,
}

/// A drug that the clinician added.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AddedDrug {
    /// Ingredient.
    pub ingredient: String,
    /// Name.
    pub name: Bilingual,
    /// As it was typed.
    pub drug: DrugInput,
    /// What its checks found beside the list.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Usual dose.
    pub dose: Option<Bilingual>,
}

/// A reviewer's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It fits.
    Agree,
    /// It does not.
    Disagree,
    /// Said without judging.
    Comment,
}

/// A reviewer's word on a drug.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Review {
    /// Ingredient.
    pub ingredient: String,
    /// What.
    pub verdict: Verdict,
    /// In words.
    pub comment: Option<String>,
}

/// A review, by whom and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Reviewed {
    /// Review.
    pub review: Review,
    /// When.
    pub at: String,
    /// Who.
    pub person: String,
}

/// A finding that was overridden.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FindingOverride {
    /// Id of the finding.
    pub finding: String,
    /// Its code.
    pub code: String,
    /// Code of the reason.
    pub reason: String,
    /// In words.
    pub note: Option<String>,
}

/// Who did something, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Stamp {
    /// Who.
    pub person: String,
    /// When.
    pub at: String,
}

/// Advice as it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AdviceView {
    /// English.
    pub en: String,
    /// Korean.
    pub ko: String,
    /// Paragraph by the model.
    pub model_written: Option<String>,
    /// Changed by a person.
    pub edited: bool,
    /// Edited text that was written before the last decision: it may speak of other drugs than those that are given.
    pub outdated: bool,
    /// Who confirmed it, after the last change of a drug.
    pub confirmed: Option<Stamp>,
}

/// A signature.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SignatureView {
    /// Version.
    pub version: u32,
    /// When.
    pub at: String,
    /// Who.
    pub person: String,
}

/// A suggestion, with everything that people made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SuggestionView {
    /// Number.
    pub id: i64,
    /// Case.
    pub key: i64,
    /// Version of the case that it answers.
    pub version: u32,
    /// Whether that is still the present one.
    pub present: bool,
    /// When.
    pub at: String,
    /// Who asked.
    pub person: String,
    /// Name of the model.
    pub model: Option<String>,
    /// The record.
    pub record: SuggestionRecord,
    /// Names of every ingredient that the record mentions.
    pub names: BTreeMap<String, Bilingual>,
    /// Titles of the diagnosis codes under `for`.
    pub diagnoses: BTreeMap<String, Bilingual>,
    /// Decisions that stand.
    pub decisions: Vec<Decided>,
    /// Drugs that were added.
    pub added: Vec<AddedDrug>,
    /// Overrides.
    pub overrides: Vec<FindingOverride>,
    /// Reviews.
    pub reviews: Vec<Reviewed>,
    /// Signatures.
    pub signatures: Vec<SignatureView>,
    /// Whether something was decided since the last signature, or there is none.
    pub open: bool,
    /// Advice.
    pub advice: Option<AdviceView>,
}
