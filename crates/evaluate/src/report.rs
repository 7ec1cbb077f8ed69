//! The report, field for field as JSON.

use schemars::JsonSchema;
use serde::Serialize;

/// What an evaluation comes to. All shares are from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Version of the program.
    pub bogam: String,
    /// Hash of the knowledge packs.
    pub knowledge: String,
    /// Codes of things to know. `retrospective`: recorded is what was given, not what was right, and diagnoses of
    /// imported admissions were coded at discharge. `no_interval`: fewer than two patients. `training_shares_patients`:
    /// some patients are in the training file as well; their own admissions were not counted for them.
    pub notices: Vec<String>,
    /// What was read.
    pub counts: Counts,
    /// How the intervals were made.
    pub bootstrap: Bootstrap,
    /// How the most-prescribed list was made.
    pub most_prescribed: MostPrescribed,
    /// Admissions that were answered with `ok` and a list of drugs of the formulary without a repeat.
    pub output_rate: Estimate,
    /// Listed drugs with a reason in the tables.
    pub coverage: Coverage,
    /// Against all recorded drugs.
    pub all: SliceReport,
    /// Against those that were started within 24 hours of admission.
    pub within_24_hours: SliceReport,
    /// Drug by drug, against all recorded drugs; by admissions recorded, then listed, then ingredient.
    pub drugs: Vec<DrugRow>,
}

/// What was read, and what was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Admissions of the recorded file: all of these are evaluated.
    pub admissions: u64,
    /// Their patients.
    pub patients: u64,
    /// Admissions with a list.
    pub with_list: u64,
    /// Of these, with an empty list: no hit.
    pub empty_lists: u64,
    /// Of these, with a drug outside the formulary or a repeat. A repeated drug counts once elsewhere.
    pub invalid_lists: u64,
    /// Admissions with an error line only: no hit.
    pub with_error: u64,
    /// Admissions without a line: no hit.
    pub without_line: u64,
    /// Admissions with two different lists, of which neither can be told to hold: no hit.
    pub with_two_lists: u64,
    /// Lines of suggestions, blank ones apart.
    pub suggestion_lines: u64,
    /// Blank lines.
    pub blank_lines: u64,
    /// Lines that are no suggestion.
    pub unreadable_lines: u64,
    /// Lines with an error.
    pub error_lines: u64,
    /// Cases with a line but without a recorded admission: left out.
    pub not_recorded: u64,
    /// Recorded drugs whose start is not known: not among those started within 24 hours.
    pub start_unknown: u64,
    /// Recorded drugs without an ATC code, each a group of its own at the ATC levels.
    pub without_atc: u64,
    /// Recorded names that no ingredient is known for: left out.
    pub unmapped: u64,
    /// Recorded rows that are no drug: left out.
    pub not_drugs: u64,
}

/// How the intervals were made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Bootstrap {
    /// Times that patients were drawn.
    pub resamples: u32,
    /// What the draws began with.
    pub seed: u64,
    /// How much of the draws an interval holds.
    pub level: f64,
    /// What is drawn: `patient`.
    pub unit: String,
}

/// How the most-prescribed list was made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MostPrescribed {
    /// `training`: on the training file. `recorded`: on the evaluated admissions. Either way without those of the
    /// patient whose list it is.
    pub counted_on: Counted,
    /// Admissions there.
    pub admissions: u64,
    /// Patients there.
    pub patients: u64,
    /// Patients there that are evaluated as well.
    pub shared_patients: u64,
}

/// What the most-prescribed drugs were counted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// The training file.
    Training,
    /// The evaluated admissions.
    Recorded,
}

/// A figure and its 95 % interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Estimate {
    /// The figure; null where nothing defines it.
    pub value: Option<f64>,
    /// 2.5 % of the draws lie below; null with fewer than two patients.
    pub low: Option<f64>,
    /// 2.5 % of the draws lie above.
    pub high: Option<f64>,
    /// Admissions that it stands on.
    pub admissions: u64,
}

/// The lists beside the most-prescribed lists of the same length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Compared {
    /// Of the suggestions.
    pub suggested: Estimate,
    /// Of the most-prescribed drugs.
    pub most_prescribed: Estimate,
    /// The former less the latter, in the same draws.
    pub difference: Estimate,
}

/// Against the recorded drugs, or some of them.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SliceReport {
    /// Admissions with such a recorded drug: those that are compared.
    pub admissions: u64,
    /// Admissions without one: left out here.
    pub nothing_recorded: u64,
    /// Such recorded drugs.
    pub recorded_drugs: u64,
    /// Of these, never a candidate: neither listed, nor withheld, nor considered. They count as missed.
    pub never_candidates: u64,
    /// By how finely drugs are told apart.
    pub by_level: Levels<Scores>,
    /// Interacting pairs.
    pub interactions: Interactions,
    /// Whether probabilities come true.
    pub calibration: Calibration,
}

/// One of each: by ingredient, and by groups of the ATC. Of a drug's ATC codes the first counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Levels<T> {
    /// By ingredient.
    pub ingredient: T,
    /// By the first five characters of the ATC code.
    pub atc4: T,
    /// By the first four.
    pub atc3: T,
}

/// Lists against records. Means over admissions, `listed_to_recorded` apart.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Scores {
    /// Hits of what is listed.
    pub accuracy: Compared,
    /// Hits of what is recorded.
    pub recall: Compared,
    /// Hits of what is listed or recorded.
    pub jaccard: Compared,
    /// Harmonic mean of accuracy and recall.
    pub f1: Compared,
    /// Average precision of the whole ranking.
    pub prauc: Compared,
    /// All that is listed by all that is recorded: a ratio of sums.
    pub listed_to_recorded: Compared,
}

/// The share of pairs of drugs with a critical or warning interaction: the mean over admissions with a pair. Known are
/// the pairs of the interaction table; what several drugs add up to (bleeding, QT, sedation) is no pair.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Interactions {
    /// Of the lists.
    pub lists: Compared,
    /// Of the recorded drugs, among pairs whose times overlap.
    pub recorded: Estimate,
    /// The suggested lists less the recorded drugs.
    pub difference_to_recorded: Estimate,
}

/// Whether probabilities come true: over the listed drugs of all admissions.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Calibration {
    /// Expected calibration error in ten bins of equal mass. The probability of a most-prescribed drug is its share of
    /// admissions.
    pub ece: Compared,
    /// The bins of the suggestions.
    pub bins: Vec<Bin>,
}

/// A tenth of the listed drugs, by probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Bin {
    /// Listed drugs; drugs of one probability are divided between bins.
    pub drugs: f64,
    /// Their mean probability.
    pub probability: f64,
    /// The share that was recorded.
    pub recorded: f64,
}

/// Listed drugs with a reason in the tables. Means over admissions; a list without drugs counts 0.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Coverage {
    /// For a diagnosis of the case.
    pub for_diagnosis: Estimate,
    /// The part of these whose indication is a supportive one.
    pub for_diagnosis_supportive: Estimate,
    /// For no diagnosis, but supportive.
    pub supportive: Estimate,
    /// Neither.
    pub neither: Estimate,
}

/// How one drug fared.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DrugRow {
    /// Ingredient id.
    pub ingredient: String,
    /// Admissions that recorded it.
    pub recorded: u64,
    /// Admissions whose list holds it.
    pub listed: u64,
    /// Both.
    pub hits: u64,
    /// Hits of recorded; null when never recorded.
    pub recall: Option<f64>,
    /// Hits of listed; null when never listed.
    pub precision: Option<f64>,
}
