//! `patients`, `admissions`, `diagnoses_icd`, `d_icd_diagnoses`.

use bogam_clinical::case::{CodeSystem, Sex};

use crate::error::MimicError;
use crate::intake::{Intake, Optional, Required, TableFile, TableRead};
use crate::moment::Moment;
use crate::names::Texts;
use crate::parse;
use crate::stays::{Admitted, Coded, Patient, Stays, push_lean};
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
    /// System and code in one text, so that a look-up allocates nothing.
    numbers: Texts,
    entries: Vec<CodeEntry>,
    key: String,
}

impl Codes {
    fn key(&mut self, system: CodeSystem, code: &str) {
        self.key.clear();
        self.key.push(if system == CodeSystem::Icd9 { '9' } else { 'X' });
        self.key.push_str(code);
    }

    fn number(&mut self, system: CodeSystem, code: &str) -> u32 {
        self.key(system, code);
        let number = self.numbers.number(&self.key);
        if usize::try_from(number).is_ok_and(|n| n == self.entries.len()) {
            self.entries.push(CodeEntry { system, code: code.to_owned(), title: None });
        }
        number
    }

    pub(crate) fn get(&self, number: u32) -> Option<&CodeEntry> {
        usize::try_from(number).ok().and_then(|n| self.entries.get(n))
    }

    fn set_title(&mut self, system: CodeSystem, code: &str, title: &str) -> Result<(), Reason> {
        self.key(system, code);
        let number = self.numbers.known(&self.key).ok_or(Reason::NotReferredTo)?;
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
    let number = |field: &[u8]| parse::text(field)?.parse().map_err(|_| Reason::BadNumber);
    let read_row = |[subject, gender, anchor_age, anchor_year]: [&[u8]; 4], _: &mut _| {
        let patient = Patient {
            sex: match gender {
                b"F" => Sex::Female,
                b"M" => Sex::Male,
                _ => return Err(Reason::BadSex),
            },
            anchor_age: number(anchor_age)?,
            anchor_year: number(anchor_year)?,
            stays: Vec::new(),
        };
        Ok((parse::id(subject)?, patient))
    };
    intake.read(file, columns, read_row, |_, (subject, patient), _| stays.add_patient(subject, patient))
}

/// Reads `admissions`. `kinds` takes the types of admission.
pub(crate) fn admissions(
    intake: &mut Intake<'_>,
    file: TableFile,
    stays: &mut Stays,
    kinds: &mut Texts,
) -> Result<TableRead, MimicError> {
    let columns = [
        Required("subject_id"),
        Required("hadm_id"),
        Required("admittime"),
        Required("dischtime"),
        Optional("admission_type"),
    ];
    intake.read(
        file,
        columns,
        |[subject, hadm, admitted, discharged, kind], texts| {
            let (subject, hadm) = (parse::id(subject)?, parse::id(hadm)?);
            let (at, discharged) = (Moment::read(admitted)?, parse::optional_time(discharged)?);
            Ok((Admitted { subject, hadm, at, discharged, kind: 0 }, texts.keep(kind)?))
        },
        |_, (row, kind), texts| stays.admit(&Admitted { kind: kinds.number(texts.get(kind)), ..row }),
    )
}

/// Reads `diagnoses_icd`. A code that an admission has twice counts once, with its better rank.
pub(crate) fn diagnoses(
    intake: &mut Intake<'_>,
    file: TableFile,
    stays: &mut Stays,
    codes: &mut Codes,
) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "hadm_id", "seq_num", "icd_code", "icd_version"].map(Required);
    let read = intake.read(
        file,
        columns,
        |[subject, hadm, rank, code, version], texts| {
            let rank = parse::rank(rank)?;
            let (system, code) = (parse::diagnosis_system(version)?, parse::code(code)?);
            Ok((parse::id(subject)?, parse::id(hadm)?, rank, system, texts.keep(code)?))
        },
        |_, (subject, hadm, rank, system, code), texts| {
            let place = stays.place(subject, hadm)?;
            let stay = stays.get_mut(place).ok_or(Reason::NoMatchingAdmission)?;
            let code = codes.number(system, texts.get(code));
            if let Some(known) = stay.diagnoses.iter_mut().find(|known| known.code == code) {
                known.rank = known.rank.min(rank);
                return Err(Reason::Repeated);
            }
            push_lean(&mut stay.diagnoses, Coded { rank, code });
            Ok(())
        },
    )?;
    let codes = &*codes;
    stays.rank_diagnoses(|code| codes.get(code).map(|entry| (entry.system == CodeSystem::Icd9, entry.code.as_str())));
    Ok(read)
}

/// Reads `d_icd_diagnoses`, of which the titles of the codes in use are kept.
pub(crate) fn titles(intake: &mut Intake<'_>, file: TableFile, codes: &mut Codes) -> Result<TableRead, MimicError> {
    let columns = ["icd_code", "icd_version", "long_title"].map(Required);
    intake.read(
        file,
        columns,
        |[code, version, title], texts| {
            let system = parse::diagnosis_system(version)?;
            Ok((system, texts.keep(parse::code(code)?)?, texts.keep(title)?))
        },
        |_, (system, code, title), texts| codes.set_title(system, texts.get(code), texts.get(title)),
    )
}
