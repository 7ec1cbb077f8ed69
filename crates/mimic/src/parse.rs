//! Fields as text to what they stand for. An error is the reason under which the row is rejected.

use bogam_clinical::case::{CodeSystem, ProcedureSystem};
use jiff::civil::{Date, DateTime};

use crate::tally::Reason;

/// `subject_id`, `hadm_id`, `itemid`, `pharmacy_id`.
pub(crate) fn id(text: &str) -> Result<u64, Reason> {
    text.parse().map_err(|_| Reason::BadId)
}

/// A rank such as `seq_num`.
pub(crate) fn rank(text: &str) -> Result<u32, Reason> {
    text.parse().map_err(|_| Reason::BadId)
}

/// `2130-02-24 14:38:00`.
pub(crate) fn time(text: &str) -> Result<DateTime, Reason> {
    text.parse().map_err(|_| Reason::BadDate)
}

/// A time that may be empty.
pub(crate) fn optional_time(text: &str) -> Result<Option<DateTime>, Reason> {
    if text.is_empty() { Ok(None) } else { time(text).map(Some) }
}

/// `2130-02-24`; of a date with time, the date.
pub(crate) fn date(text: &str) -> Result<Date, Reason> {
    time(text).map(DateTime::date)
}

/// A finite number.
pub(crate) fn number(text: &str) -> Result<f64, Reason> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or(Reason::BadNumber)
}

/// `icd_version` of a diagnosis.
pub(crate) fn diagnosis_system(text: &str) -> Result<CodeSystem, Reason> {
    match text {
        "9" => Ok(CodeSystem::Icd9),
        "10" => Ok(CodeSystem::Icd10),
        _ => Err(Reason::BadCode),
    }
}

/// `icd_version` of a procedure.
pub(crate) fn procedure_system(text: &str) -> Result<ProcedureSystem, Reason> {
    match text {
        "9" => Ok(ProcedureSystem::Icd9),
        "10" => Ok(ProcedureSystem::Icd10),
        _ => Err(Reason::BadCode),
    }
}

/// A code that must not be empty.
pub(crate) fn code(text: &str) -> Result<&str, Reason> {
    if text.is_empty() { Err(Reason::BadCode) } else { Ok(text) }
}
