//! The columns of an export, in their order. New ones are added at the end only: scripts count on the places.

/// What every row says of itself.
pub const MARK: &str = "AI-generated, for review by a clinician";

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the first line.
    pub name: &'static str,
    /// What it holds.
    pub holds: &'static str,
    /// What it holds in a de-identified export; the same where this is `None`.
    pub deidentified: Option<&'static str>,
}

const fn column(name: &'static str, holds: &'static str) -> Column {
    Column { name, holds, deidentified: None }
}

const fn personal(name: &'static str, holds: &'static str, deidentified: &'static str) -> Column {
    Column { name, holds, deidentified: Some(deidentified) }
}

const EMPTY: &str = "empty";
const OF_THE_PACKS: &str = "names of the knowledge packs, or `(not recognised)`";
const TAKEN_OUT: &str = "what was typed is taken out: `[…]`";

/// Every column.
pub const COLUMNS: &[Column] = &[
    column("mark", "`AI-generated, for review by a clinician`, in every row"),
    column("case", "number of the case in the vault"),
    column("suggestion", "number of the suggestion in the vault; names the row together with `drug`"),
    column("place", "place in the list, from 1; the list is by probability"),
    personal("case_id", "identifier of the case", EMPTY),
    personal("patient_name", "name of the patient", EMPTY),
    personal("patient_number", "number of the patient", EMPTY),
    personal("as_of", "the moment that the case describes", EMPTY),
    personal("suggested_at", "when the suggestion was saved (UTC)", EMPTY),
    column("day", "whole days from the first saving of the case to the suggestion"),
    column("version", "version of the case that was answered"),
    column("status", "how far the case is: open, suggested, decided, signed"),
    personal("author", "who made the case", EMPTY),
    personal("age_years", "age", "90 for everybody of 90 and more"),
    column("sex", "F or M"),
    column("weight_kg", "weight"),
    column("height_cm", "height"),
    column("pregnant", "yes, no; empty when unknown, as all that follow"),
    column("lactating", "yes, no"),
    column("creatinine_mg_dl", "serum creatinine"),
    column("egfr_ml_min_1_73m2", "reported GFR"),
    column("dialysis", "yes, no"),
    column("hepatic_impairment", "none, A, B, C"),
    column("qtc_ms", "corrected QT interval"),
    personal("allergies", "as recorded, parted by `; `; `none` when asked and none", OF_THE_PACKS),
    personal("current_drugs", "as recorded, parted by `; `; `none` when asked and none", OF_THE_PACKS),
    column("setting", "inpatient, outpatient, emergency"),
    column("diagnoses", "codes, parted by `; `, the main one first"),
    personal(
        "diagnosis_titles",
        "titles in the same order",
        "titles of the knowledge packs; empty where they have none",
    ),
    column("drug", "ingredient id"),
    column("name_en", "its name in English"),
    column("name_ko", "its name in Korean"),
    column("atc", "ATC codes, parted by `; `"),
    column("probability", "how often such patients are given it, 0 to 1"),
    column("current", "yes when the patient takes it already, else no"),
    column("indications", "codes of the diagnoses that it is for, parted by `; `"),
    personal("reason_en", "why it is listed, in English", TAKEN_OUT),
    personal("reason_ko", "why it is listed, in Korean", TAKEN_OUT),
    column("dose_en", "dose, in English; empty when none is shown"),
    column("dose_ko", "dose, in Korean; empty when none is shown"),
    column("tier", "the highest tier of its findings: critical, warning, note; empty without a finding"),
    column("finding_codes", "codes of its findings, parted by `; `"),
    personal("findings_en", "its findings, in English, parted by ` | `", TAKEN_OUT),
    personal("findings_ko", "its findings, in Korean, parted by ` | `", TAKEN_OUT),
    personal("not_evaluated", "checks that could not be made: code and what is missing, parted by `; `", TAKEN_OUT),
    column("decision", "accepted, changed, rejected; empty before there is one"),
    personal(
        "changed_to",
        "what is given in its place: the drug, and dose, route, doses a day and days where they were said",
        "names of the knowledge packs, or `(not recognised)`; no route, and a dose only in a known unit",
    ),
    column("decision_reason", "code of the reason"),
    personal("decision_note", "the reason in words", EMPTY),
    personal("decided_by", "who decided", EMPTY),
    column("override_reasons", "findings of this drug that were overridden, as `code: reason`, parted by `; `"),
    personal("override_notes", "the same in words, parted by ` | `", EMPTY),
    column("signed_version", "version of the decisions that was signed last; empty without a signature"),
    personal("signed_by", "who signed", EMPTY),
    column("reviews_agree", "reviewers whose last word on the drug is that it fits"),
    column("reviews_disagree", "reviewers whose last word on the drug is that it does not"),
    column("model", "hash of the model; empty without one"),
    column("adapter", "hash of the adapter"),
    column("knowledge", "hash of the knowledge packs"),
    column("rules", "version of the rules"),
    column("prior", "hash of the learned prior"),
    column("bogam", "version of the program"),
    column("review", "to be filled in: agree, disagree, comment"),
    column("review_comment", "to be filled in"),
];

/// The table of the columns, as `docs/csv.md` has it.
#[must_use]
pub fn table() -> String {
    let mut table = "| | column | holds | de-identified |\n|---|---|---|---|\n".to_owned();
    for (at, column) in COLUMNS.iter().enumerate() {
        let other = column.deidentified.unwrap_or("the same");
        table.push_str(&format!(
            "| {} | `{}` | {} | {other} |\n",
            at + 1,
            column.name,
            column.holds.replace('|', "\\|")
        ));
    }
    table
}
