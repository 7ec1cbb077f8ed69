//! What was recorded, as far as it is evaluated.

use std::collections::HashMap;

use bogam_clinical::record::RecordedAdmission;

use crate::drugs::{Drug, Drugs};
use crate::{count, small};

/// Which recorded drugs count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slice {
    /// All.
    All,
    /// Those started within 24 hours of admission, or before it.
    FirstDay,
}

impl Slice {
    pub(crate) const BOTH: [Self; 2] = [Self::All, Self::FirstDay];

    pub(crate) fn holds(self, given: &Given) -> bool {
        match self {
            Self::All => true,
            Self::FirstDay => given.first.is_some_and(|hour| hour <= 24.0),
        }
    }
}

/// A recorded drug.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Given {
    pub drug: Drug,
    /// Hours from admission to the first start.
    pub first: Option<f64>,
    /// Hours from admission to the last stop.
    pub last: Option<f64>,
}

/// A recorded admission.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Admission {
    pub case: Box<str>,
    /// The number of its patient.
    pub patient: u32,
    pub drugs: Box<[Given]>,
    pub unmapped: u32,
    pub not_drugs: u64,
}

impl Admission {
    pub(crate) fn new(record: &RecordedAdmission, drugs: &mut Drugs<'_>, patients: &mut Patients) -> Self {
        let given = record.drugs.iter().map(|one| Given {
            drug: drugs.number(&one.ingredient),
            first: one.first_hour,
            last: one.last_hour,
        });
        Self {
            case: record.case_id.as_str().into(),
            drugs: given.collect(),
            patient: patients.number(&record.patient_id),
            unmapped: small(record.unmapped.len()),
            not_drugs: record.not_drugs,
        }
    }

    /// The drugs that count, each once.
    pub(crate) fn recorded(&self, slice: Slice) -> Vec<Drug> {
        let mut drugs: Vec<Drug> =
            self.drugs.iter().filter(|given| slice.holds(given)).map(|given| given.drug).collect();
        drugs.sort_unstable();
        drugs.dedup();
        drugs
    }
}

/// Patients by number.
#[derive(Debug, Default)]
pub(crate) struct Patients {
    numbers: HashMap<Box<str>, u32>,
}

impl Patients {
    pub(crate) fn number(&mut self, id: &str) -> u32 {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        let number = small(self.numbers.len());
        self.numbers.insert(id.into(), number);
        number
    }

    /// All, with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.numbers.iter().map(|(id, number)| (id.as_ref(), *number))
    }
}

/// Recorded admissions by case.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    all: Vec<Admission>,
    by_case: HashMap<Box<str>, u32>,
}

impl Recorded {
    /// Takes an admission; false when its case was there before.
    pub(crate) fn add(&mut self, admission: Admission) -> bool {
        if self.by_case.contains_key(&admission.case) {
            return false;
        }
        self.by_case.insert(admission.case.clone(), small(self.all.len()));
        self.all.push(admission);
        true
    }

    pub(crate) fn find(&self, case: &str) -> Option<u32> {
        self.by_case.get(case).copied()
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Admission> {
        self.all.get(crate::index(number))
    }

    pub(crate) fn all(&self) -> &[Admission] {
        &self.all
    }

    pub(crate) fn len(&self) -> u64 {
        count(self.all.len())
    }
}
