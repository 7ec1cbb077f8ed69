//! The worklist, the case, and what its form looks up.

use std::collections::BTreeMap;

use bogam_clinical::case::{CodeSystem, Sex};
use bogam_clinical::input::{CaseInput, FieldError};
use bogam_clinical::text::Bilingual;
use serde::{Deserialize, Serialize};

use super::Params;

/// A diagnosis with its title and name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DiagnosisView {
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Name, where the packs have one.
    pub name: Option<Bilingual>,
}

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// No suggestion for its present version.
    Open,
    /// A suggestion.
    Suggested,
    /// Every drug is decided.
    Decided,
    /// Signed.
    Signed,
}

/// How far a job of the vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits.
    Queued,
    /// Is worked on.
    Running,
    /// Ended well.
    Done,
    /// Ended with a reason.
    Failed,
    /// Cut off.
    Interrupted,
    /// Ended by a person.
    Cancelled,
}

/// A row of the worklist.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CaseRow {
    /// Number.
    pub key: i64,
    /// Identifier.
    pub case_id: String,
    /// Empty when there is none.
    pub name: String,
    /// Empty when there is none.
    pub number: String,
    /// Age.
    pub age_years: Option<f64>,
    /// Sex.
    pub sex: Option<Sex>,
    /// The main one first.
    pub diagnoses: Vec<DiagnosisView>,
    /// How far it is.
    pub status: CaseStatus,
    /// State of the newest job of the present version.
    pub job: Option<JobState>,
    /// Whether whoever is signed in keeps a draft of it.
    pub draft: bool,
    /// Who made it.
    pub author: String,
    /// Time of the last change.
    pub updated: String,
    /// Goes into `after` for the next page.
    pub place: i64,
}

/// What the worklist asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CaseQuery {
    /// Words.
    pub text: String,
    /// A status, or `running`, `interrupted`, `failed`.
    #[cfg_attr(feature = "ts", ts(type = "CaseStatus | 'running' | 'interrupted' | 'failed' | null"))]
    pub status: Option<String>,
    /// Own cases only.
    pub mine: bool,
    /// Rows at most.
    pub limit: u32,
    /// Place of the last row.
    pub after: Option<i64>,
}

/// Rows of the worklist.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CasePage {
    /// Rows.
    pub rows: Vec<CaseRow>,
    /// All that the query finds; null when counting would take longer than reading the page.
    pub total: Option<u64>,
}

/// A version of a case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CaseVersion {
    /// From 1.
    pub version: u32,
    /// When.
    pub at: String,
    /// Who.
    pub person: String,
}

/// A suggestion of a case, without its record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SuggestionHead {
    /// Number.
    pub id: i64,
    /// Version of the case.
    pub version: u32,
    /// When.
    pub at: String,
    /// Who.
    pub person: String,
    /// Name of the model.
    pub model: Option<String>,
    /// Drugs of the list.
    pub listed: usize,
    /// Drugs withheld.
    pub withheld: usize,
    /// Whether it is signed.
    pub signed: bool,
}

/// A result out of its range.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FlaggedLab {
    /// Name.
    pub name: Bilingual,
    /// Value.
    pub value: f64,
    /// Unit.
    pub unit: String,
    /// `low` or `high`.
    #[cfg_attr(feature = "ts", ts(type = "'low' | 'high'"))]
    pub flag: String,
}

/// What is worked out from the facts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Derived {
    /// mL/min/1.73 m2.
    pub egfr: Option<f64>,
    /// Reported, not worked out.
    pub egfr_reported: bool,
    /// mL/min.
    pub creatinine_clearance: Option<f64>,
    /// kg/m2.
    pub bmi: Option<f64>,
    /// Results that the strip shows.
    pub flagged_labs: Vec<FlaggedLab>,
}

/// The job of a case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct JobView {
    /// Number.
    pub id: i64,
    /// State.
    pub state: JobState,
    /// Code of why it failed.
    pub reason: Option<String>,
}

/// A draft.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DraftView {
    /// When.
    pub at: String,
    /// What the form held.
    pub content: CaseInput,
}

/// A draft of a case that was never saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NewDraft {
    /// Its name, which is the identifier that the case will have.
    pub draft: String,
    /// When.
    pub at: String,
    /// What the form held.
    pub content: CaseInput,
}

/// A case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CaseView {
    /// Number.
    pub key: i64,
    /// What was said.
    pub case: CaseInput,
    /// Its version.
    pub version: u32,
    /// Every version, the newest first.
    pub versions: Vec<CaseVersion>,
    /// How far it is.
    pub status: CaseStatus,
    /// The newest job of this version.
    pub job: Option<JobView>,
    /// When this version was saved.
    pub saved_at: String,
    /// Who made the case.
    pub author: String,
    /// The newest first.
    pub suggestions: Vec<SuggestionHead>,
    /// Worked out.
    pub derived: Derived,
    /// Names of its diagnoses by code; codes that nobody has a name for are not in it.
    pub diagnosis_names: BTreeMap<String, Bilingual>,
    /// A newer draft of whoever is signed in.
    pub draft: Option<DraftView>,
}

/// Something that will not be evaluated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Hint {
    /// Field.
    pub field: String,
    /// Code.
    pub code: String,
    /// Params.
    #[cfg_attr(feature = "ts", ts(type = "Record<string, string | number>"))]
    pub params: Params,
}

/// What is to be said of a form.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CaseCheck {
    /// Faults that keep it from being a case.
    pub errors: Vec<FieldError>,
    /// What will not be evaluated.
    pub hints: Vec<Hint>,
    /// Worked out.
    pub derived: Derived,
}

/// A pasted case.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ParsedCase {
    /// What is readable.
    pub content: Option<CaseInput>,
    /// What is to be said of it.
    pub check: CaseCheck,
    /// Fields that a case does not have.
    pub unknown_fields: Vec<String>,
}

/// A line of an import that was not taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RejectedLine {
    /// Line.
    pub line: u64,
    /// Field.
    pub field: String,
    /// Code.
    pub code: String,
}

/// A diagnosis that was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DiagnosisHit {
    /// Coding system.
    pub system: CodeSystem,
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Name.
    pub name: Option<Bilingual>,
}

/// A drug that was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DrugHit {
    /// Ingredient.
    pub ingredient: String,
    /// Name.
    pub name: Bilingual,
    /// The brand or salt by which it was found.
    pub found_as: Option<String>,
}

/// An allergen that was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AllergenHit {
    /// What is written into the case.
    pub to: String,
    /// Name.
    pub name: Bilingual,
    /// A group of drugs.
    pub group: bool,
}

/// A unit of a result.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LabUnit {
    /// Unit.
    pub unit: String,
    /// What turns it into the usual one.
    pub factor: f64,
}

/// A laboratory result that was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LabHit {
    /// Identifier.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// LOINC code.
    pub loinc: Option<String>,
    /// Usual unit.
    pub unit: String,
    /// Other units.
    pub units: Vec<LabUnit>,
    /// What is plausible, in the usual unit.
    pub plausible: Option<(f64, f64)>,
}
