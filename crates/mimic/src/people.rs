//! `patients`, `admissions`, `diagnoses_icd`, `d_icd_diagnoses`.

use std::collections::HashMap;

use bogam_clinical::case::{CodeSystem, Sex};

use crate::error::MimicError;
use crate::intake::{Intake, Optional, Required, TableFile, TableRead};
use crate::parse;
use crate::stays::{Admitted, Coded, Patient, Stays};
use crate::tally::Reason;

/// A diagnosis code with its title.
#[derive(Debug)]
pub(crate) struct CodeEntry {
    pub(crate) system: CodeSystem,
    /// As in the table: without dot.
    pub(crate) code: String,
    pub(crate) title: Option<String>,
}

/// The codes that some admission has, by number.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    numbers: HashMap<(bool, String), u32>,
    entries: Vec<CodeEntry>,
}

impl Codes {
    fn key(system: CodeSystem, code: &str) -> (bool, String) {
        (system == CodeSystem::Icd9, code.to_owned())
    }

    fn number(&mut self, system: CodeSystem, code: &str) -> u32 {
        // No import comes near four thousand million distinct codes.
        let next = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(Self::key(system, code)).or_insert(next);
        if number == next {
            self.entries.push(CodeEntry { system, code: code.to_owned(), title: None });
        }
        number
    }

    pub(crate) fn get(&self, number: u32) -> Option<&CodeEntry> {
        usize::try_from(number).ok().and_then(|n| self.entries.get(n))
    }

    fn set_title(&mut self, system: CodeSystem, code: &str, title: &str) -> Result<(), Reason> {
        let number = *self.numbers.get(&Self::key(system, code)).ok_or(Reason::NotReferredTo)?;
        let entry = usize::try_from(number).ok().and_then(|n| self.entries.get_mut(n)).ok_or(Reason::NotReferredTo)?;
        if entry.title.is_some() {
            return Err(Reason::Repeated);
        }
        entry.title = (!title.is_empty()).then(|| title.to_owned());
        Ok(())
    }

    /// Codes that no title is known for.
    pub(crate) fn without_title(&self) -> usize {
        self.entries.iter().filter(|entry| entry.title.is_none()).count()
    }
}

/// Reads `patients`.
pub(crate) fn patients(intake: &mut Intake<'_>, file: TableFile, stays: &mut Stays) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "gender", "anchor_age", "anchor_year"].map(Required);
    intake.read(file, columns, |_, [subject, gender, anchor_age, anchor_year]| {
        let patient = Patient {
            sex: match gender {
                "F" => Sex::Female,
                "M" => Sex::Male,
                _ => return Err(Reason::BadSex),
            },
            anchor_age: anchor_age.parse().map_err(|_| Reason::BadNumber)?,
            anchor_year: anchor_year.parse().map_err(|_| Reason::BadNumber)?,
            stays: Vec::new(),
        };
        stays.add_patient(parse::id(subject)?, patient)
    })
}

/// Reads `admissions`.
pub(crate) fn admissions(intake: &mut Intake<'_>, file: TableFile, stays: &mut Stays) -> Result<TableRead, MimicError> {
    let columns = [
        Required("subject_id"),
        Required("hadm_id"),
        Required("admittime"),
        Required("dischtime"),
        Optional("admission_type"),
    ];
    intake.read(file, columns, |_, [subject, hadm, admitted, discharged, kind]| {
        stays.admit(&Admitted {
            subject: parse::id(subject)?,
            hadm: parse::id(hadm)?,
            at: parse::time(admitted)?,
            discharged: parse::optional_time(discharged)?,
            kind,
        })
    })
}

/// Reads `diagnoses_icd`. A code that an admission has twice counts once, with its better rank.
pub(crate) fn diagnoses(
    intake: &mut Intake<'_>,
    file: TableFile,
    stays: &mut Stays,
    codes: &mut Codes,
) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "seq_num", "icd_code", "icd_version"].map(Required);
    let read = intake.read(file, columns, |_, [subject, hadm, rank, code, version]| {
        let rank = parse::rank(rank)?;
        let (system, code) = (parse::diagnosis_system(version)?, parse::code(code)?);
        let place = stays.place(parse::id(subject)?, parse::id(hadm)?)?;
        let stay = stays.get_mut(place).ok_or(Reason::NoMatchingAdmission)?;
        let code = codes.number(system, code);
        if let Some(known) = stay.diagnoses.iter_mut().find(|known| known.code == code) {
            known.rank = known.rank.min(rank);
            return Err(Reason::Repeated);
        }
        stay.diagnoses.push(Coded { rank, code });
        Ok(())
    })?;
    stays.rank_diagnoses();
    Ok(read)
}

/// Reads `d_icd_diagnoses`, of which the titles of the codes in use are kept.
pub(crate) fn titles(intake: &mut Intake<'_>, file: TableFile, codes: &mut Codes) -> Result<TableRead, MimicError> {
    let columns = ["icd_code", "icd_version", "long_title"].map(Required);
    intake.read(file, columns, |_, [code, version, title]| {
        codes.set_title(parse::diagnosis_system(version)?, parse::code(code)?, title)
    })
}
