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
    /// What the evaluated suggestions are called.
    pub name: String,
    /// Codes of things to know. `retrospective`: recorded is what was given, not what was right, and diagnoses of
    /// imported admissions were coded at discharge. `no_interval`: fewer than two patients. `training_shares_patients`:
    /// some patients are in the training file as well; their own admissions were not counted for them.
    /// `table_coverage_is_not_suitability`: that the tables give a reason for a drug does not make it right for a patient;
    /// only people who judge can tell (`suitability`).
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
    /// Other suggestions for the same admissions, in the order in which they were named.
    pub beside: Vec<Beside>,
    /// Of these the one with the greatest Jaccard index by ingredient against all recorded drugs; null without any.
    pub best_beside: Option<Best>,
    /// Groups of admissions: by what is known of the case, and by the number of recorded drugs.
    pub groups: Vec<GroupTable>,
    /// Drug by drug, against all recorded drugs; by admissions recorded, then listed, then ingredient. A drug is shown
    /// when at least ten admissions recorded or list it.
    pub drugs: Vec<DrugRow>,
    /// Drugs that are not shown.
    pub drugs_not_shown: u64,
    /// What people judged, where they did.
    pub suitability: Option<Suitability>,
}

/// Other suggestions, with the same figures.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Beside {
    /// What they are called.
    pub name: String,
    /// What was read.
    pub counts: Counts,
    /// As in the report.
    pub output_rate: Estimate,
    /// As in the report.
    pub coverage: Coverage,
    /// As in the report. The most-prescribed lists here are as long as *these* lists.
    pub all: SliceReport,
    /// As in the report.
    pub within_24_hours: SliceReport,
    /// The evaluated suggestions less these, in the same draws.
    pub difference: Differences,
}

/// One source of suggestions less another, in the same draws of patients: an interval without 0 is a difference that
/// the choice of patients does not explain.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Differences {
    /// Of the output rate.
    pub output_rate: Estimate,
    /// Of the coverage by the tables.
    pub coverage: Coverage,
    /// Against all recorded drugs.
    pub all: SliceDifferences,
    /// Against those of the first 24 hours.
    pub within_24_hours: SliceDifferences,
}

/// Differences against the recorded drugs, or some of them.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SliceDifferences {
    /// Of the scores.
    pub by_level: Levels<Scores<Estimate>>,
    /// Of the share of interacting pairs.
    pub interactions: Estimate,
    /// Of the expected calibration error: below 0 is better.
    pub ece: Estimate,
}

/// The best of the others. It was chosen by the figure that is compared, which flatters it: the difference to it is
/// rather too small than too great.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Best {
    /// What it is called.
    pub name: String,
    /// Its Jaccard index.
    pub jaccard: Estimate,
    /// The evaluated suggestions less it.
    pub difference: Estimate,
}

/// Groups of admissions by one attribute. Groups of fewer than ten admissions are not shown.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GroupTable {
    /// `service`, `icu`, `age`, `sex`, `earlier_admissions`, `diagnosis_chapter` (of the first-listed diagnosis) from the
    /// file of cases; `recorded_drugs`, their number.
    pub attribute: String,
    /// The groups that are shown.
    pub rows: Vec<GroupRow>,
    /// Groups that are not shown.
    pub groups_not_shown: u64,
    /// Their admissions.
    pub admissions_not_shown: u64,
    /// Admissions without a case in the file of cases: in no group.
    pub without_case: u64,
}

/// A group of admissions, against all recorded drugs by ingredient.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GroupRow {
    /// The group.
    pub group: String,
    /// Its admissions.
    pub admissions: u64,
    /// Listed drugs an admission.
    pub listed: Estimate,
    /// Recorded drugs an admission.
    pub recorded: Estimate,
    /// Hits of what is listed.
    pub accuracy: Estimate,
    /// Hits of what is listed or recorded.
    pub jaccard: Estimate,
    /// Average precision of the whole ranking.
    pub prauc: Estimate,
}

/// What people judged: whether a listed drug suits the patient.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Suitability {
    /// One a file of judgements.
    pub judges: Vec<Judge>,
    /// Of the first two files, over what both judged; null with one file.
    pub agreement: Option<Agreement>,
}

/// One judge.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Judge {
    /// The place of the file among those given, from 1.
    pub judge: u64,
    /// Rows of the file.
    pub rows: u64,
    /// Rows without a judgement: left out.
    pub not_judged: u64,
    /// By source of the list.
    pub sources: Vec<JudgedSource>,
}

/// What a judge said of the drugs of one source. The three shares are of all judged drugs and come to 1.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JudgedSource {
    /// Its name.
    pub source: String,
    /// Judged drugs.
    pub drugs: u64,
    /// Share judged suitable.
    pub suitable: Estimate,
    /// Share judged not suitable.
    pub unsuitable: Estimate,
    /// Share of which the judge was not sure.
    pub unsure: Estimate,
    /// The suitable share of the first source less that of this one; null for the first.
    pub difference: Option<Estimate>,
}

/// How far two judges agree.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Agreement {
    /// Drugs that both judged.
    pub drugs: u64,
    /// Share on which they said the same.
    pub same: Estimate,
    /// Cohen's kappa over yes, no and unsure: agreement beyond what chance would give.
    pub kappa: Estimate,
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
    /// patient whose list it is. `other_folds`: on the evaluated admissions outside of the patient's fold.
    pub counted_on: Counted,
    /// How many folds there are; null without folds.
    pub folds: Option<u64>,
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
    /// The evaluated admissions outside of the fold.
    OtherFolds,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
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
    pub by_level: Levels<Scores<Compared>>,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Scores<T> {
    /// Hits of what is listed.
    pub accuracy: T,
    /// Hits of what is recorded.
    pub recall: T,
    /// Hits of what is listed or recorded.
    pub jaccard: T,
    /// Harmonic mean of accuracy and recall.
    pub f1: T,
    /// Average precision of the whole ranking.
    pub prauc: T,
    /// All that is listed by all that is recorded: a ratio of sums.
    pub listed_to_recorded: T,
}

/// The share of pairs of drugs with a critical or warning interaction: the mean over admissions with a pair. Known are
/// the pairs of the interaction table; what several drugs add up to (bleeding, QT, sedation) is no pair.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Interactions {
    /// Of the lists.
    pub lists: Compared,
    /// Of the recorded drugs, among pairs whose times overlap.
    pub recorded: Estimate,
    /// The suggested lists less the recorded drugs.
    pub difference_to_recorded: Estimate,
}

/// Whether probabilities come true: over the listed drugs of all admissions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
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
    /// The recall with its interval; none over fewer than ten admissions.
    pub recall_interval: Estimate,
    /// The precision with its interval; none over fewer than ten admissions.
    pub precision_interval: Estimate,
}
