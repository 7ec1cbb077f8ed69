//! What is kept: patients, their admissions, and of each admission what a case or its recorded drugs need.

use std::collections::HashMap;

use bogam_clinical::case::{ProcedureSystem, Sex};
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use crate::tally::Reason;

/// A case describes the moment so long after admission.
pub(crate) const FIRST_DAY: SignedDuration = SignedDuration::from_hours(24);

/// MIMIC-IV gives every age over 89 as 91 (its documentation, `patients.anchor_age`).
pub(crate) const AGE_OVER_89: i32 = 91;

/// A patient.
#[derive(Debug)]
pub(crate) struct Patient {
    pub(crate) sex: Sex,
    /// Age in years in `anchor_year`.
    pub(crate) anchor_age: i32,
    pub(crate) anchor_year: i32,
    /// The admissions of the patient, as places in [`Stays`].
    pub(crate) stays: Vec<usize>,
}

/// An admission.
#[derive(Debug)]
pub(crate) struct Stay {
    pub(crate) subject: u64,
    pub(crate) hadm: u64,
    pub(crate) sex: Sex,
    /// Age in years at this admission.
    pub(crate) age: i32,
    pub(crate) admitted: DateTime,
    /// The moment that the case describes.
    pub(crate) as_of: DateTime,
    pub(crate) discharged: Option<DateTime>,
    /// `admission_type`.
    pub(crate) kind: Option<String>,
    pub(crate) diagnoses: Vec<Coded>,
    pub(crate) orders: Orders,
    pub(crate) body: Body,
    pub(crate) labs: Vec<LabReading>,
    pub(crate) service: Option<Latest<u32>>,
    pub(crate) intensive_care: bool,
    pub(crate) procedures: Vec<Procedure>,
}

/// A diagnosis: its rank and its number in the book of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Coded {
    pub(crate) rank: u32,
    pub(crate) code: u32,
}

/// The drug orders of an admission.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// Drugs, by name.
    pub(crate) given: Vec<Given>,
    /// Rows that are no drug.
    pub(crate) not_drugs: u64,
    /// Numbers of names that no ingredient is known for.
    pub(crate) unmapped: Vec<u32>,
}

/// A drug under one name: earliest start and latest stop, in seconds from admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) name: u32,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
}

/// The most recent measurements of the body by the date of `as_of`.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// In kg.
    pub(crate) weight: Option<Latest<f64>>,
    /// In cm.
    pub(crate) height: Option<Latest<f64>>,
    /// In mL/min/1.73 m2.
    pub(crate) egfr: Option<Latest<f64>>,
}

/// The most recent of several rows; of rows of the same moment, the later in the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latest<T> {
    pub(crate) time: DateTime,
    /// Number of the row in its table.
    pub(crate) row: u64,
    pub(crate) value: T,
}

impl<T> Latest<T> {
    /// Keeps the more recent of what is there and what comes.
    pub(crate) fn keep(slot: &mut Option<Self>, new: Self) {
        if slot.as_ref().is_none_or(|old| (old.time, old.row) <= (new.time, new.row)) {
            *slot = Some(new);
        }
    }
}

/// The most recent result of a laboratory item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LabReading {
    pub(crate) item: u64,
    /// Number of the unit.
    pub(crate) unit: u32,
    pub(crate) result: Latest<f64>,
}

/// A procedure by the date of `as_of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Procedure {
    pub(crate) date: Date,
    pub(crate) rank: u32,
    pub(crate) system: ProcedureSystem,
    pub(crate) code: String,
}

/// An admission as its row has it.
pub(crate) struct Admitted<'a> {
    pub(crate) subject: u64,
    pub(crate) hadm: u64,
    pub(crate) at: DateTime,
    pub(crate) discharged: Option<DateTime>,
    pub(crate) kind: &'a str,
}

/// All patients and admissions.
#[derive(Debug, Default)]
pub(crate) struct Stays {
    patients: HashMap<u64, Patient>,
    by_hadm: HashMap<u64, usize>,
    all: Vec<Stay>,
}

impl Stays {
    pub(crate) fn add_patient(&mut self, subject: u64, patient: Patient) -> Result<(), Reason> {
        if self.patients.contains_key(&subject) {
            return Err(Reason::RepeatedId);
        }
        self.patients.insert(subject, patient);
        Ok(())
    }

    pub(crate) fn admit(&mut self, row: &Admitted<'_>) -> Result<(), Reason> {
        if self.by_hadm.contains_key(&row.hadm) {
            return Err(Reason::RepeatedId);
        }
        let patient = self.patients.get_mut(&row.subject).ok_or(Reason::NoMatchingPatient)?;
        let age = age(patient, row.at)?;
        let as_of = row.at.checked_add(FIRST_DAY).map_err(|_| Reason::BadDate)?;
        let place = self.all.len();
        self.all.push(Stay {
            subject: row.subject,
            hadm: row.hadm,
            sex: patient.sex,
            age,
            admitted: row.at,
            as_of,
            discharged: row.discharged,
            kind: (!row.kind.is_empty()).then(|| row.kind.to_owned()),
            diagnoses: Vec::new(),
            orders: Orders::default(),
            body: Body::default(),
            labs: Vec::new(),
            service: None,
            intensive_care: false,
            procedures: Vec::new(),
        });
        patient.stays.push(place);
        self.by_hadm.insert(row.hadm, place);
        Ok(())
    }

    /// The place of an admission of a patient.
    ///
    /// # Errors
    /// It is unknown, or another patient's.
    pub(crate) fn place(&self, subject: u64, hadm: u64) -> Result<usize, Reason> {
        let place = *self.by_hadm.get(&hadm).ok_or(Reason::NoMatchingAdmission)?;
        let stay = self.all.get(place).ok_or(Reason::NoMatchingAdmission)?;
        if stay.subject == subject { Ok(place) } else { Err(Reason::AdmissionOfOtherPatient) }
    }

    /// The place of an admission that gives a case.
    pub(crate) fn case_place(&self, subject: u64, hadm: u64) -> Result<usize, Reason> {
        let place = self.place(subject, hadm)?;
        let coded = self.all.get(place).is_some_and(|stay| !stay.diagnoses.is_empty());
        if coded { Ok(place) } else { Err(Reason::AdmissionWithoutDiagnoses) }
    }

    /// The admission of a patient that gives a case.
    pub(crate) fn case_stay(&mut self, subject: u64, hadm: u64) -> Result<&mut Stay, Reason> {
        let place = self.case_place(subject, hadm)?;
        self.all.get_mut(place).ok_or(Reason::NoMatchingAdmission)
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Stay> {
        self.all.get(place)
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Stay> {
        self.all.get_mut(place)
    }

    /// Calls for every admission of the patient that gives a case.
    ///
    /// # Errors
    /// The patient is unknown, or has no case.
    pub(crate) fn for_cases_of(&mut self, subject: u64, mut call: impl FnMut(&mut Stay)) -> Result<(), Reason> {
        let patient = self.patients.get(&subject).ok_or(Reason::NoMatchingPatient)?;
        let mut any = false;
        for place in &patient.stays {
            if let Some(stay) = self.all.get_mut(*place).filter(|stay| !stay.diagnoses.is_empty()) {
                any = true;
                call(stay);
            }
        }
        if any { Ok(()) } else { Err(Reason::PatientWithoutCase) }
    }

    pub(crate) fn all(&self) -> &[Stay] {
        &self.all
    }

    /// Puts the diagnoses of every admission in order of rank.
    pub(crate) fn rank_diagnoses(&mut self) {
        for stay in &mut self.all {
            stay.diagnoses.sort_unstable();
        }
    }

    /// Puts the procedures of every admission in order of date, then of rank.
    pub(crate) fn order_procedures(&mut self) {
        for stay in &mut self.all {
            stay.procedures.sort_by(|a, b| (a.date, a.rank, &a.code).cmp(&(b.date, b.rank, &b.code)));
        }
    }

    /// Admissions that give no case.
    pub(crate) fn stays_without_case(&self) -> usize {
        self.all.iter().filter(|stay| stay.diagnoses.is_empty()).count()
    }

    /// Patients without an admission that gives a case.
    pub(crate) fn patients_without_case(&self) -> usize {
        let coded = |place: &usize| self.all.get(*place).is_some_and(|stay| !stay.diagnoses.is_empty());
        self.patients.values().filter(|patient| !patient.stays.iter().any(coded)).count()
    }

    /// Patients with a case.
    pub(crate) fn patients_with_case(&self) -> usize {
        self.patients.len() - self.patients_without_case()
    }

    /// The admissions that give cases, patient by patient (by `subject_id`), each patient's in order of admission, then
    /// of `hadm_id`.
    pub(crate) fn cases_by_patient(&self) -> Vec<Vec<&Stay>> {
        let mut stays: Vec<&Stay> = self.all.iter().filter(|stay| !stay.diagnoses.is_empty()).collect();
        stays.sort_by_key(|stay| (stay.subject, stay.admitted, stay.hadm));
        stays.chunk_by(|a, b| a.subject == b.subject).map(<[&Stay]>::to_vec).collect()
    }
}

/// Age at an admission: `anchor_age` and the years since `anchor_year`, over 89 as 91.
fn age(patient: &Patient, admitted: DateTime) -> Result<i32, Reason> {
    if patient.anchor_age > 89 {
        return Ok(AGE_OVER_89);
    }
    let years = i32::from(admitted.year()).checked_sub(patient.anchor_year);
    let age = years.and_then(|years| years.checked_add(patient.anchor_age)).ok_or(Reason::BadAge)?;
    match age {
        0..=89 => Ok(age),
        90..=130 => Ok(AGE_OVER_89),
        _ => Err(Reason::BadAge),
    }
}

/// Seconds from `origin` to `time`.
pub(crate) fn seconds(origin: DateTime, time: DateTime) -> i64 {
    time.duration_since(origin).as_secs()
}
