//! Fields to what they stand for. An error is the reason under which the row is rejected.

use bogam_clinical::case::{CodeSystem, ProcedureSystem};

use crate::moment::Moment;
use crate::tally::Reason;

/// A field as text, trimmed.
pub(crate) fn text(field: &[u8]) -> Result<&str, Reason> {
    std::str::from_utf8(field).map(str::trim).map_err(|_| Reason::NotUtf8)
}

/// `subject_id`, `hadm_id`, `itemid`, `pharmacy_id`.
pub(crate) fn id(field: &[u8]) -> Result<u64, Reason> {
    // Up to 19 digits cannot overflow.
    if !field.is_empty() && field.len() <= 19 && field.iter().all(u8::is_ascii_digit) {
        return Ok(field.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')));
    }
    text(field)?.parse().map_err(|_| Reason::BadId)
}

/// An identifier that may be empty.
pub(crate) fn optional_id(field: &[u8]) -> Result<Option<u64>, Reason> {
    if field.is_empty() { Ok(None) } else { id(field).map(Some) }
}

/// A rank such as `seq_num`.
pub(crate) fn rank(field: &[u8]) -> Result<u32, Reason> {
    text(field)?.parse().map_err(|_| Reason::BadId)
}

/// A time that may be empty.
pub(crate) fn optional_time(field: &[u8]) -> Result<Option<Moment>, Reason> {
    if field.is_empty() { Ok(None) } else { Moment::read(field).map(Some) }
}

/// A finite number.
pub(crate) fn number(field: &[u8]) -> Result<f64, Reason> {
    text(field)?.parse().ok().filter(|value: &f64| value.is_finite()).ok_or(Reason::BadNumber)
}

/// `icd_version` of a diagnosis.
pub(crate) fn diagnosis_system(field: &[u8]) -> Result<CodeSystem, Reason> {
    match field {
        b"9" => Ok(CodeSystem::Icd9),
        b"10" => Ok(CodeSystem::Icd10),
        _ => Err(Reason::BadCode),
    }
}

/// `icd_version` of a procedure.
pub(crate) fn procedure_system(field: &[u8]) -> Result<ProcedureSystem, Reason> {
    match field {
        b"9" => Ok(ProcedureSystem::Icd9),
        b"10" => Ok(ProcedureSystem::Icd10),
        _ => Err(Reason::BadCode),
    }
}

/// A code that must not be empty.
pub(crate) fn code(field: &[u8]) -> Result<&[u8], Reason> {
    if field.is_empty() { Err(Reason::BadCode) } else { Ok(field) }
}
