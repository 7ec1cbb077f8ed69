//! What is kept: patients, their admissions, and of each admission what a case or its recorded drugs need. All memory of
//! an import is here, so what there is many of is small.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use bogam_clinical::case::{ProcedureSystem, Sex};

use crate::ids::IdHasher;
use crate::moment::Moment;
use crate::tally::Reason;

/// MIMIC-IV gives every age over 89 as 91 (its documentation, `patients.anchor_age`).
pub(crate) const AGE_OVER_89: i32 = 91;

/// By an identifier of the tables.
pub(crate) type ById<T> = HashMap<u64, T, BuildHasherDefault<IdHasher>>;

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
    pub(crate) admitted: Moment,
    /// The moment that the case describes: 24 hours later.
    pub(crate) as_of: Moment,
    pub(crate) discharged: Option<Moment>,
    /// Number of the `admission_type`.
    pub(crate) kind: u32,
    pub(crate) diagnoses: Vec<Coded>,
    pub(crate) orders: Orders,
    pub(crate) body: Body,
    pub(crate) labs: Vec<LabReading>,
    /// When the service began, and its number.
    pub(crate) service: Option<(Moment, u32)>,
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

/// A time from admission, in seconds, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Since(i32);

impl Since {
    const NONE: i32 = i32::MIN;

    /// # Errors
    /// It is more than 68 years away, which no order of an admission is.
    pub(crate) fn new(time: Option<Moment>, origin: Moment) -> Result<Self, Reason> {
        let Some(time) = time else { return Ok(Self(Self::NONE)) };
        let seconds = i32::try_from(time.since(origin)).map_err(|_| Reason::BadDate)?;
        if seconds == Self::NONE { Err(Reason::BadDate) } else { Ok(Self(seconds)) }
    }

    /// In seconds.
    pub(crate) fn get(self) -> Option<i32> {
        (self.0 != Self::NONE).then_some(self.0)
    }

    /// The earlier one of those that are known.
    pub(crate) fn earliest(self, other: Self) -> Self {
        Self(self.get().into_iter().chain(other.get()).min().unwrap_or(Self::NONE))
    }

    /// The later one of those that are known.
    pub(crate) fn latest(self, other: Self) -> Self {
        // None is the least of all numbers.
        Self(self.0.max(other.0))
    }
}

/// A drug under one name: earliest start and latest stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) name: u32,
    pub(crate) first: Since,
    pub(crate) last: Since,
}

/// The most recent measurements of the body by the date of `as_of`.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// In kg.
    pub(crate) weight: Option<Measured>,
    /// In cm.
    pub(crate) height: Option<Measured>,
    /// In mL/min/1.73 m2.
    pub(crate) egfr: Option<Measured>,
}

/// A measurement of a day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) day: i64,
    /// `seq_num`: which of the day's.
    pub(crate) rank: u32,
    pub(crate) value: f64,
    /// Number of the row in its table.
    pub(crate) row: u64,
}

impl Measured {
    /// Keeps the more recent of what is there and what comes; of one day the one of the higher number, then the higher
    /// one, so that the order of rows does not matter.
    pub(crate) fn keep(slot: &mut Option<Self>, new: Self) {
        let later =
            |old: &Self| (old.day, old.rank).cmp(&(new.day, new.rank)).then(old.value.total_cmp(&new.value)).is_lt();
        if slot.as_ref().is_none_or(later) {
            *slot = Some(new);
        }
    }
}

/// The most recent result of a laboratory item. There are millions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LabReading {
    pub(crate) value: f64,
    /// Seconds from admission, within a day before or after.
    pub(crate) time: i32,
    /// When it was stored, in seconds from admission; as its time where that is not told.
    pub(crate) stored: i32,
    /// Number of item and unit.
    pub(crate) series: u32,
    /// 0, or a number that it shares with the readings of other admissions that are the same row.
    pub(crate) shared: u32,
}

impl LabReading {
    /// Whether it takes the place of another: it is more recent; of one time it was stored later, else is the higher one,
    /// so that the order of rows does not matter.
    pub(crate) fn supersedes(&self, old: &Self) -> bool {
        let by_time = (old.time, old.stored).cmp(&(self.time, self.stored));
        by_time.then(old.value.total_cmp(&self.value)).is_lt()
    }
}

/// A procedure by the date of `as_of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Procedure {
    pub(crate) day: i64,
    pub(crate) rank: u32,
    pub(crate) system: ProcedureSystem,
    /// Number of the code.
    pub(crate) code: u32,
}

/// An admission as its row has it.
pub(crate) struct Admitted {
    pub(crate) subject: u64,
    pub(crate) hadm: u64,
    pub(crate) at: Moment,
    pub(crate) discharged: Option<Moment>,
    pub(crate) kind: u32,
}

/// All patients and admissions.
#[derive(Debug, Default)]
pub(crate) struct Stays {
    patients: ById<Patient>,
    by_hadm: ById<usize>,
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

    pub(crate) fn admit(&mut self, row: &Admitted) -> Result<(), Reason> {
        if self.by_hadm.contains_key(&row.hadm) {
            return Err(Reason::RepeatedId);
        }
        let patient = self.patients.get_mut(&row.subject).ok_or(Reason::NoMatchingPatient)?;
        let age = age(patient, row.at)?;
        let as_of = row.at.next_day().ok_or(Reason::BadDate)?;
        let place = self.all.len();
        self.all.push(Stay {
            subject: row.subject,
            hadm: row.hadm,
            sex: patient.sex,
            age,
            admitted: row.at,
            as_of,
            discharged: row.discharged,
            kind: row.kind,
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

    /// Calls for every admission of the patient that gives a case, with its place.
    ///
    /// # Errors
    /// The patient is unknown, or has no case.
    pub(crate) fn for_cases_of(&mut self, subject: u64, mut call: impl FnMut(usize, &mut Stay)) -> Result<(), Reason> {
        let patient = self.patients.get(&subject).ok_or(Reason::NoMatchingPatient)?;
        let mut any = false;
        for place in &patient.stays {
            if let Some(stay) = self.all.get_mut(*place).filter(|stay| !stay.diagnoses.is_empty()) {
                any = true;
                call(*place, stay);
            }
        }
        if any { Ok(()) } else { Err(Reason::PatientWithoutCase) }
    }

    pub(crate) fn all(&self) -> &[Stay] {
        &self.all
    }

    /// Puts the diagnoses of every admission in order of rank, then of what `key` says of the code.
    pub(crate) fn rank_diagnoses<K: Ord>(&mut self, key: impl Fn(u32) -> K) {
        for stay in &mut self.all {
            stay.diagnoses.sort_by_key(|coded| (coded.rank, key(coded.code)));
            stay.diagnoses.shrink_to_fit();
        }
    }

    /// Puts the procedures of every admission in order of date, of rank, then of what `key` says of the code.
    pub(crate) fn order_procedures<K: Ord>(&mut self, key: impl Fn(u32) -> K) {
        for stay in &mut self.all {
            stay.procedures.sort_by_key(|p| (p.day, p.rank, key(p.code)));
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

    /// A patient.
    pub(crate) fn patient(&self, subject: u64) -> Option<&Patient> {
        self.patients.get(&subject)
    }

    /// The admissions that give cases, patient by patient (by `subject_id`), each patient's in order of admission, then
    /// of `hadm_id`.
    pub(crate) fn cases_by_patient(&self) -> Vec<&Stay> {
        let mut stays: Vec<&Stay> = self.all.iter().filter(|stay| !stay.diagnoses.is_empty()).collect();
        stays.sort_by_key(|stay| (stay.subject, stay.admitted, stay.hadm));
        stays
    }
}

/// Adds to a list that will not become much longer: a list that doubles leaves a third of its memory empty.
pub(crate) fn push_lean<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 4).max(4));
    }
    list.push(item);
}

/// Age at an admission: `anchor_age` and the years since `anchor_year`, over 89 as 91.
fn age(patient: &Patient, admitted: Moment) -> Result<i32, Reason> {
    if patient.anchor_age > 89 {
        return Ok(AGE_OVER_89);
    }
    let admitted = i32::try_from(admitted.year()).map_err(|_| Reason::BadAge)?;
    let years = admitted.checked_sub(patient.anchor_year);
    let age = years.and_then(|years| years.checked_add(patient.anchor_age)).ok_or(Reason::BadAge)?;
    match age {
        0..=89 => Ok(age),
        90..=130 => Ok(AGE_OVER_89),
        _ => Err(Reason::BadAge),
    }
}
