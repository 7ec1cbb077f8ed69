//! `report.json`: what was read, what was used, and why the rest was not.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::intake::TableRead;
use crate::meds::MedsReport;
use crate::tally::Reason;

/// Names that the report lists at most; `unmapped.distinct_names` counts all.
pub(crate) const TOP_UNMAPPED: usize = 100;

/// The report of an import.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Lines of `cases.jsonl`.
    pub cases: u64,
    /// Patients with a case.
    pub patients: u64,
    /// Lines of `recorded.jsonl`.
    pub recorded: u64,
    /// Lines of `samples.jsonl`: admissions with at least one known ingredient.
    pub samples: u64,
    /// Every table that was read, in the order of reading.
    pub tables: Vec<TableReport>,
    /// Optional tables that are not there.
    pub missing_tables: Vec<&'static str>,
    /// Tables that are there but were not read, because another that they need is missing.
    pub unread_tables: Vec<&'static str>,
    /// Prescriptions of type MAIN of admissions that give a case.
    pub drug_rows: DrugRows,
    /// Names that no ingredient is known for.
    pub unmapped: Unmapped,
    /// Values that are not plausible, by case: the case says unknown.
    pub outliers: Outliers,
    /// What else a reader should know.
    pub notes: Notes,
    /// What the export of events holds; null where it was not asked for.
    pub meds: Option<MedsReport>,
    /// What must be said with any figure made from these files.
    pub warnings: Vec<Warning>,
}

/// The rows of one table: `rows = used + sum(unused)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Table.
    pub table: &'static str,
    /// File that was read.
    pub file: String,
    /// Rows read, the header not counted.
    pub rows: u64,
    /// Rows whose content is in the output.
    pub used: u64,
    /// Rows that are not, by reason.
    pub unused: BTreeMap<Reason, u64>,
    /// Of the unused, those at fault: the lines of `rejects.csv`.
    pub rejected: u64,
    /// Lines inside rows with `quote_not_closed`: rows that could not be told apart, beside those counted.
    pub swallowed_lines: u64,
}

impl TableReport {
    pub(crate) fn new(read: &TableRead) -> Self {
        let unused = read.tally.unused().clone();
        let rejected = unused.iter().filter(|(reason, _)| reason.is_fault()).map(|(_, rows)| rows).sum();
        Self {
            table: read.table,
            file: read.file.clone(),
            rows: read.tally.rows(),
            used: read.tally.used(),
            unused,
            rejected,
            swallowed_lines: read.swallowed_lines,
        }
    }
}

/// Rows of type MAIN.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrugRows {
    /// All.
    pub main: u64,
    /// With a known ingredient.
    pub mapped: u64,
    /// No drug.
    pub not_drugs: u64,
    /// Without a known ingredient.
    pub unmapped: u64,
    /// Without a name.
    pub without_name: u64,
    /// mapped / (mapped + unmapped); null where there is neither.
    pub mapped_share: Option<f64>,
    /// Rows whose drug only `pharmacy` names; among the mapped.
    pub named_by_pharmacy: u64,
    /// Rows whose stop lies before their start: kept as recorded.
    pub stop_before_start: u64,
}

/// Names without an ingredient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// How many names.
    pub distinct_names: u64,
    /// The most frequent ones.
    pub top: Vec<UnmappedName>,
}

/// A name without an ingredient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmappedName {
    /// As written.
    pub name: String,
    /// Rows.
    pub rows: u64,
}

/// Cases in which a value is not plausible.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outliers {
    /// Weight; in adults outside 30 to 350 kg.
    pub weight_kg: u64,
    /// Height; in adults outside 120 to 230 cm.
    pub height_cm: u64,
    /// GFR outside 0 to 250.
    pub egfr_ml_min_1_73m2: u64,
    /// Creatinine outside 0.05 to 50.
    pub creatinine_mg_dl: u64,
}

impl Outliers {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.weight_kg += other.weight_kg;
        self.height_cm += other.height_cm;
        self.egfr_ml_min_1_73m2 += other.egfr_ml_min_1_73m2;
        self.creatinine_mg_dl += other.creatinine_mg_dl;
    }
}

/// Further counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// Cases aged over 89, which are all given as 91.
    pub ages_over_89: u64,
    /// Distinct diagnosis codes without a title.
    pub codes_without_title: u64,
    /// Times that an admission of the same patient, begun before, was left out of a case's past because it had not
    /// ended by then, or has no end.
    pub unended_earlier_admissions: u64,
    /// Samples without messages, because no prompt could be made of the case.
    pub samples_without_prompt: u64,
}

/// Something that must be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable code.
    pub code: &'static str,
    /// For a reader.
    pub message: String,
}

/// The warnings of an import.
pub(crate) fn warnings(tables: &[TableReport], missing: &[&'static str]) -> Vec<Warning> {
    let mut warnings = vec![Warning {
        code: "retrospective",
        message: "Diagnoses and procedures were coded after discharge: an evaluation on these cases is retrospective, \
                  and knows more than was known 24 hours after admission."
            .to_owned(),
    }];
    for table in tables.iter().filter(|table| table.swallowed_lines > 0) {
        let message = format!(
            "{} has a quote that is not closed: {} lines after it were taken for one row and are lost. See rejects.csv.",
            table.file, table.swallowed_lines
        );
        warnings.push(Warning { code: "quote_not_closed", message });
    }
    if !missing.is_empty() {
        let message = format!("Missing tables: {}. What they tell is null in the cases.", missing.join(", "));
        warnings.push(Warning { code: "missing_tables", message });
    }
    warnings
}
