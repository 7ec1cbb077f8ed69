//! `services`, `procedures_icd`, `transfers`: where the patient was and what was done in the first 24 hours.

use crate::error::MimicError;
use crate::intake::{Intake, Required, TableFile, TableRead};
use crate::names::Texts;
use crate::parse;
use crate::stays::{Latest, Procedure, Stays};
use crate::tally::Reason;

/// Reads `services`: the service at the latest transfer by `as_of`.
pub(crate) fn services(
    intake: &mut Intake<'_>,
    file: TableFile,
    stays: &mut Stays,
    names: &mut Texts,
) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "transfertime", "curr_service"].map(Required);
    let mut read = intake.read(file, columns, |row, [subject, hadm, time, service]| {
        let (subject, hadm, time) = (parse::id(subject)?, parse::id(hadm)?, parse::time(time)?);
        let stay = stays.case_stay(subject, hadm)?;
        if time > stay.as_of {
            return Err(Reason::LaterThanFirstDay);
        }
        Latest::keep(&mut stay.service, Latest { time, row, value: names.number(service) });
        Ok(())
    })?;
    let kept = stays.all().iter().filter(|stay| stay.service.is_some()).count();
    let superseded = read.tally.used().saturating_sub(u64::try_from(kept).unwrap_or(u64::MAX));
    read.tally.move_rows(Ok(()), Err(Reason::Superseded), superseded);
    Ok(read)
}

/// Reads `procedures_icd`: procedures on or before the date of `as_of`; the table has no time.
pub(crate) fn procedures(intake: &mut Intake<'_>, file: TableFile, stays: &mut Stays) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "seq_num", "chartdate", "icd_code", "icd_version"].map(Required);
    let read = intake.read(file, columns, |_, [subject, hadm, rank, date, code, version]| {
        let (subject, hadm) = (parse::id(subject)?, parse::id(hadm)?);
        let (rank, date) = (parse::rank(rank)?, parse::date(date)?);
        let (system, code) = (parse::procedure_system(version)?, parse::code(code)?);
        let stay = stays.case_stay(subject, hadm)?;
        if date > stay.as_of.date() {
            return Err(Reason::LaterThanFirstDay);
        }
        let new = Procedure { date, rank, system, code: code.to_owned() };
        if let Some(known) = stay.procedures.iter_mut().find(|known| known.system == system && known.code == code) {
            if (new.date, new.rank) < (known.date, known.rank) {
                *known = new;
            }
            return Err(Reason::Repeated);
        }
        stay.procedures.push(new);
        Ok(())
    })?;
    stays.order_procedures();
    Ok(read)
}

/// Reads `transfers`: whether the patient was in intensive care before `as_of`.
pub(crate) fn transfers(intake: &mut Intake<'_>, file: TableFile, stays: &mut Stays) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "careunit", "intime"].map(Required);
    intake.read(file, columns, |_, [subject, hadm, unit, arrived]| {
        let (subject, arrived) = (parse::id(subject)?, parse::time(arrived)?);
        if hadm.is_empty() {
            return Err(Reason::WithoutAdmission);
        }
        let stay = stays.case_stay(subject, parse::id(hadm)?)?;
        if !is_intensive_care(unit) {
            return Err(Reason::NotIntensiveCare);
        }
        if arrived >= stay.as_of {
            return Err(Reason::LaterThanFirstDay);
        }
        stay.intensive_care = true;
        Ok(())
    })
}

/// `Intensive Care`, or an abbreviation that ends in `ICU` (`MICU`, `CVICU`, `TSICU`), or `CCU`, the coronary care unit,
/// which MIMIC-IV counts among its intensive care units (Johnson et al., Sci Data 2023, 10:1). Intermediate care and
/// stepdown units are none.
fn is_intensive_care(unit: &str) -> bool {
    let named = unit.to_ascii_lowercase().contains("intensive care");
    named || unit.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.ends_with("ICU") || word == "CCU")
}

#[cfg(test)]
mod tests {
    use super::is_intensive_care;

    #[test]
    fn intensive_care_is_known_by_its_words_and_abbreviations() {
        for (unit, expected) in [
            ("Medical Intensive Care Unit (MICU)", true),
            ("Trauma SICU (TSICU)", true),
            ("CVICU", true),
            ("Coronary Care Unit (CCU)", true),
            ("Neuro Intermediate", false),
            ("Neuro Stepdown", false),
            ("PACU", false),
            ("Medicine/Cardiology", false),
            ("", false),
        ] {
            assert_eq!(is_intensive_care(unit), expected, "{unit}");
        }
    }
}
