//! `services`, `procedures_icd`, `transfers`, `icustays`: where the patient was and what was done in the first 24 hours.

use crate::error::MimicError;
use crate::intake::{Intake, Required, TableFile, TableRead};
use crate::moment::Moment;
use crate::names::Texts;
use crate::parse;
use crate::stays::{Procedure, Stays};
use crate::tally::Reason;

/// Reads `services`: the service at the latest transfer by `as_of`; of two at one time the later of the alphabet, so that
/// the order of rows does not matter.
pub(crate) fn services(
    intake: &mut Intake<'_>,
    file: TableFile,
    stays: &mut Stays,
    names: &mut Texts,
) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "transfertime", "curr_service"].map(Required);
    let mut read = intake.read(
        file,
        columns,
        |[subject, hadm, time, service], texts| {
            Ok((parse::id(subject)?, parse::id(hadm)?, Moment::read(time)?, texts.keep(service)?))
        },
        |_, (subject, hadm, time, service), texts| {
            let stay = stays.case_stay(subject, hadm)?;
            if time > stay.as_of {
                return Err(Reason::LaterThanFirstDay);
            }
            let new = names.number(texts.get(service));
            let later = |(known, old): (Moment, u32)| (known, names.text(old)) < (time, names.text(new));
            if stay.service.is_none_or(later) {
                stay.service = Some((time, new));
            }
            Ok(())
        },
    )?;
    let kept = stays.all().iter().filter(|stay| stay.service.is_some()).count();
    let superseded = read.tally.used().saturating_sub(u64::try_from(kept).unwrap_or(u64::MAX));
    read.tally.move_rows(Ok(()), Err(Reason::Superseded), superseded);
    Ok(read)
}

/// Reads `procedures_icd`: procedures on or before the date of `as_of`; the table has no time.
pub(crate) fn procedures(
    intake: &mut Intake<'_>,
    file: TableFile,
    stays: &mut Stays,
    codes: &mut Texts,
) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "seq_num", "chartdate", "icd_code", "icd_version"].map(Required);
    let read = intake.read(
        file,
        columns,
        |[subject, hadm, rank, date, code, version], texts| {
            let (subject, hadm) = (parse::id(subject)?, parse::id(hadm)?);
            let (rank, day) = (parse::rank(rank)?, Moment::read(date)?.day());
            let (system, code) = (parse::procedure_system(version)?, texts.keep(parse::code(code)?)?);
            Ok((subject, hadm, Procedure { day, rank, system, code: 0 }, code))
        },
        |_, (subject, hadm, procedure, code), texts| {
            let stay = stays.case_stay(subject, hadm)?;
            if procedure.day > stay.as_of.day() {
                return Err(Reason::LaterThanFirstDay);
            }
            let new = Procedure { code: codes.number(texts.get(code)), ..procedure };
            let same = |known: &&mut Procedure| (known.system, known.code) == (new.system, new.code);
            if let Some(known) = stay.procedures.iter_mut().find(same) {
                if (new.day, new.rank) < (known.day, known.rank) {
                    *known = new;
                }
                return Err(Reason::Repeated);
            }
            stay.procedures.push(new);
            Ok(())
        },
    )?;
    stays.order_procedures(|code| codes.text(code));
    Ok(read)
}

/// Reads `transfers`: whether the patient was in intensive care before `as_of`.
pub(crate) fn transfers(intake: &mut Intake<'_>, file: TableFile, stays: &mut Stays) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "careunit", "intime"].map(Required);
    intake.read(
        file,
        columns,
        |[subject, hadm, unit, arrived], _| {
            let (subject, arrived) = (parse::id(subject)?, Moment::read(arrived)?);
            let hadm = parse::optional_id(hadm)?.ok_or(Reason::WithoutAdmission)?;
            Ok((subject, hadm, is_intensive_care(parse::text(unit)?), arrived))
        },
        |_, (subject, hadm, intensive_care, arrived), _| {
            let stay = stays.case_stay(subject, hadm)?;
            if !intensive_care {
                return Err(Reason::NotIntensiveCare);
            }
            if arrived >= stay.as_of {
                return Err(Reason::LaterThanFirstDay);
            }
            stay.intensive_care = true;
            Ok(())
        },
    )
}

/// Reads `icustays`: every row of it is a stay in intensive care.
pub(crate) fn icu_stays(intake: &mut Intake<'_>, file: TableFile, stays: &mut Stays) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "intime"].map(Required);
    intake.read(
        file,
        columns,
        |[subject, hadm, arrived], _| {
            let (subject, arrived) = (parse::id(subject)?, Moment::read(arrived)?);
            Ok((subject, parse::optional_id(hadm)?.ok_or(Reason::WithoutAdmission)?, arrived))
        },
        |_, (subject, hadm, arrived), _| {
            let stay = stays.case_stay(subject, hadm)?;
            if arrived >= stay.as_of {
                return Err(Reason::LaterThanFirstDay);
            }
            stay.intensive_care = true;
            Ok(())
        },
    )
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
