//! What goes out: the records of `suggest`, `check`, `normalise` and `mimic`. Field for field as JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Bilingual;

/// How much a finding matters. Only `critical` interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Be aware.
    Note,
    /// Only with a plan.
    Warning,
    /// Contraindicated: takes the drug out of the list.
    Critical,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Finding {
    /// `F1`, `F2`… within the record.
    pub id: String,
    /// Permanent code of the rule's outcome, such as `renal.avoid`.
    pub code: String,
    /// How much it matters.
    pub tier: Tier,
    /// Ingredient ids that it concerns.
    pub drugs: Vec<String>,
    /// What is wrong, for a clinician.
    pub message: Bilingual,
    /// What to do instead.
    pub instead: Option<Bilingual>,
    /// The values that it used, by field.
    pub used: BTreeMap<String, serde_json::Value>,
    /// Fields that would have made it more exact.
    pub missing: Vec<String>,
    /// Where the fact comes from.
    pub source: String,
}

/// A check that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NotEvaluated {
    /// Code of the check, such as `renal.dose`.
    pub code: String,
    /// Ingredient ids that it concerns.
    pub drugs: Vec<String>,
    /// What was missing: fields of the case.
    pub missing: Vec<String>,
}

/// How strongly a drug is indicated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// What guidelines start with.
    FirstLine,
    /// When the first line does not fit.
    Alternative,
    /// Added to another treatment.
    Adjunct,
    /// Prevents a complication.
    Prophylaxis,
    /// Comfort and hospital routine.
    Supportive,
}

/// What a drug is for: a diagnosis of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct IndicationFor {
    /// The diagnosis code as given, with its dot.
    pub code: String,
    /// How strongly.
    pub strength: Strength,
}

/// The dose as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DoseText {
    /// English; null when withheld.
    pub en: Option<String>,
    /// Korean; null when withheld.
    pub ko: Option<String>,
    /// Why no dose is shown; null when it is.
    pub withheld: Option<Bilingual>,
}

/// What spoke for a drug, in log-odds; null is a channel that was absent or did not score it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Evidence {
    /// The knowledge base.
    pub knowledge: Option<f64>,
    /// The learned prior.
    pub prior: Option<f64>,
    /// The language model.
    pub model: Option<f64>,
    /// What the checks take off: a drug to be avoided in this patient is given less often.
    pub safety: Option<f64>,
    /// Log-probability of the name after the case, in nats: up to the token that tells it from all others of the formulary.
    pub model_case: Option<f64>,
    /// Log-probability of the name after an empty case, in nats, up to the same token.
    pub model_empty: Option<f64>,
    /// Similar past admissions.
    pub past: Option<Past>,
}

/// Similar past admissions of the site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Past {
    /// Admissions that were given the drug.
    pub with: u64,
    /// Admissions in the group.
    pub of: u64,
    /// The diagnosis group.
    pub group: String,
}

/// A drug of the suggested regimen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SuggestedDrug {
    /// Ingredient id.
    pub ingredient: String,
    /// Its name.
    pub name: Bilingual,
    /// ATC codes.
    pub atc: Vec<String>,
    /// How often such patients are given it, 0 to 1.
    pub probability: f64,
    /// Already taken.
    pub current: bool,
    /// The diagnoses that it is for.
    #[serde(rename = "for")]
    pub indications: Vec<IndicationFor>,
    /// Given for comfort or hospital routine, whatever the diagnosis.
    pub supportive: bool,
    /// What it is for, in a word.
    pub purpose: Option<Bilingual>,
    /// Why it is listed.
    pub reason: Bilingual,
    /// The usual dose.
    pub dose: DoseText,
    /// What spoke for it.
    pub evidence: Evidence,
    /// Ids of findings.
    pub findings: Vec<String>,
    /// Ingredients that would serve the same purpose.
    pub alternatives: Vec<String>,
}

/// A drug taken out of the list by a critical finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct WithheldDrug {
    /// Ingredient id.
    pub ingredient: String,
    /// Its name.
    pub name: Bilingual,
    /// How often such patients are given it.
    pub probability: f64,
    /// Already taken: to be stopped or changed by the clinician.
    pub current: bool,
    /// Ids of findings.
    pub findings: Vec<String>,
}

/// Why a candidate is not in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConsideredReason {
    /// Not probable enough.
    BelowThreshold,
    /// Another drug serves the same purpose.
    Alternative,
    /// Not in this setting.
    Setting,
}

/// A candidate that is not in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ConsideredDrug {
    /// Ingredient id.
    pub ingredient: String,
    /// How often such patients are given it.
    pub probability: f64,
    /// Why not.
    pub reason: ConsideredReason,
    /// Ids of findings.
    pub findings: Vec<String>,
}

/// Advice for the patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Advice {
    /// English, from the knowledge base.
    pub en: String,
    /// Korean, from the knowledge base.
    pub ko: String,
    /// A paragraph by the model that passed its checks; unreviewed, and apart from the advice.
    pub model_written: Option<String>,
}

/// What made the answer: enough to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Provenance {
    /// Hash of the model file.
    pub model: Option<String>,
    /// Hash of the adapter file.
    pub adapter: Option<String>,
    /// Hash of the knowledge packs.
    pub knowledge: String,
    /// Version of the rules.
    pub rules: String,
    /// Hash of the prompt's fixed parts.
    pub prompt: Option<String>,
    /// Hash of the learned prior.
    pub prior: Option<String>,
    /// Hash of the case, without name and number.
    pub case: String,
    /// `score` or `generate`; null without a model.
    pub method: Option<String>,
    /// Where the model ran.
    pub backend: Option<String>,
    /// Threads of the model.
    pub threads: Option<u32>,
    /// Seed.
    pub seed: u64,
    /// Version of the program.
    pub bogam: String,
}

/// Time spent, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Timing {
    /// Prefill of the case.
    pub prefill: u64,
    /// Scoring or generating.
    pub score: u64,
    /// Safety checks.
    pub safety: u64,
    /// Advice.
    pub advice: u64,
    /// All.
    pub total: u64,
}

/// Whether a line was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Answered.
    Ok,
    /// Not answered; see `error`.
    Error,
}

/// Why a line was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecordError {
    /// Stable code.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Field of the record, where one is at fault.
    pub field: Option<String>,
    /// Line of the input, from 1.
    pub line: Option<u64>,
}

/// A line of `bogam suggest` that was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SuggestionRecord {
    /// Identifier of the case.
    pub case_id: String,
    /// `ok`.
    pub status: Status,
    /// Null.
    pub error: Option<RecordError>,
    /// The regimen, by probability.
    pub drugs: Vec<SuggestedDrug>,
    /// Taken out by critical findings.
    pub withheld: Vec<WithheldDrug>,
    /// Every other candidate.
    pub considered: Vec<ConsideredDrug>,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Drugs, allergens, codes and fields that were not recognised, as written.
    pub unrecognised: Vec<String>,
    /// Codes of things to know about this answer.
    pub notices: Vec<String>,
    /// Advice for the patient; null when not asked for.
    pub advice: Option<Advice>,
    /// What made the answer.
    pub provenance: Provenance,
    /// Time spent.
    pub timing_ms: Timing,
}

/// A line of `bogam check` that was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CheckRecord {
    /// Identifier of the case.
    pub case_id: String,
    /// `ok`.
    pub status: Status,
    /// Null.
    pub error: Option<RecordError>,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Drugs, allergens, codes and fields that were not recognised, as written.
    pub unrecognised: Vec<String>,
    /// Codes of things to know about this answer.
    pub notices: Vec<String>,
    /// What made the answer.
    pub provenance: Provenance,
    /// Time spent.
    pub timing_ms: Timing,
}

/// A line that could not be answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ErrorRecord {
    /// Identifier of the case, where it could be read.
    pub case_id: Option<String>,
    /// Line of the input, from 1.
    pub line: u64,
    /// `error`.
    pub status: Status,
    /// The first fault.
    pub error: RecordError,
    /// All faults, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RecordError>,
    /// Empty.
    pub drugs: Vec<SuggestedDrug>,
}

/// How a name was matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NameMatch {
    /// The ingredient's own id or name.
    Exact,
    /// Another name, a brand, or a salt of it.
    Alias,
    /// A combination, by its parts.
    Combination,
    /// On the list of things that are no drug.
    NotADrug,
    /// Unknown or ambiguous.
    None,
}

/// A line of `bogam normalise`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NormalisedRecord {
    /// The name as it came.
    pub input: String,
    /// Ingredient id; null with `none` and `not_a_drug`.
    pub ingredient: Option<String>,
    /// ATC codes.
    pub atc: Vec<String>,
    /// How it was matched.
    #[serde(rename = "match")]
    pub matched: NameMatch,
}

/// The drugs recorded for an admission (`recorded.jsonl`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecordedAdmission {
    /// Identifier of the case.
    pub case_id: String,
    /// Identifier of the patient.
    pub patient_id: String,
    /// Drugs by ingredient.
    pub drugs: Vec<RecordedDrug>,
    /// Rows that are no drug.
    pub not_drugs: u64,
    /// Names that no ingredient is known for.
    pub unmapped: Vec<String>,
}

/// A recorded drug.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecordedDrug {
    /// Ingredient id.
    pub ingredient: String,
    /// ATC codes.
    #[serde(default)]
    pub atc: Vec<String>,
    /// Names as recorded.
    #[serde(default)]
    pub names: Vec<String>,
    /// Hours from admission to the first start; null when unknown.
    pub first_hour: Option<f64>,
    /// Hours from admission to the last stop; null when unknown.
    pub last_hour: Option<f64>,
}
