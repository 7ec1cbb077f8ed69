//! Past admissions as numbers, and which of them train and which tell how well.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::logistic::{Rows, narrow};
use crate::told::Told;

/// Names with a number each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// All numbers, by name.
    pub(crate) fn by_name(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.names.len()).collect();
        numbers.sort_by_key(|&number| self.name(number));
        numbers
    }

    pub(crate) fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("", String::as_str)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

/// Past admissions. Nothing of a patient stays in it but numbers of names; it is never written.
#[derive(Debug, Default)]
pub struct Admissions {
    pub(crate) flags: Names,
    pub(crate) numbers: Names,
    pub(crate) drugs: Names,
    pub(crate) groups: Names,
    pub(crate) told: Rows,
    pub(crate) measured: Vec<Vec<(u32, f32)>>,
    pub(crate) given: Rows,
    pub(crate) in_groups: Rows,
    /// A hash of the patient: where it falls among others decides folds and sample.
    pub(crate) patients: Vec<u64>,
    /// A hash of patient and case: the order in which admissions count, whatever order they came in.
    order: Vec<u64>,
}

/// Where a patient falls, evenly and for ever the same: the first eight bytes of a hash.
#[must_use]
pub fn patient_key(patient_id: &str) -> u64 {
    key(&format!("bogam prior fold: {patient_id}"))
}

fn key(text: &str) -> u64 {
    Sha256::digest(text).iter().take(8).fold(0, |key, byte| (key << 8) | u64::from(*byte))
}

impl Admissions {
    /// Adds an admission: what its case told, whose it was, what was given.
    pub fn add<'a>(
        &mut self,
        told: &Told,
        (patient_id, case_id): (&str, &str),
        given: impl IntoIterator<Item = &'a str>,
    ) {
        self.told.push(told.flags.iter().map(|flag| self.flags.number(flag)));
        let measured = told.numbers.iter().map(|(name, value)| (self.numbers.number(name), narrow(*value)));
        self.measured.push(measured.collect());
        let mut drugs: Vec<u32> = given.into_iter().map(|drug| self.drugs.number(drug)).collect();
        drugs.sort_unstable();
        drugs.dedup();
        self.given.push(drugs);
        self.in_groups.push(told.groups.iter().map(|group| self.groups.number(group)));
        self.patients.push(patient_key(patient_id));
        self.order.push(key(&format!("{patient_id}\n{case_id}")));
    }

    /// Rows of the patients that are wanted, in an order that does not depend on the one they came in.
    pub(crate) fn rows(&self, wanted: impl Fn(u64) -> bool) -> Vec<usize> {
        let kept = self.patients.iter().enumerate().filter(|(_, key)| wanted(**key));
        let mut rows: Vec<usize> = kept.map(|(row, _)| row).collect();
        rows.sort_by_key(|&row| self.order.get(row).copied());
        rows
    }

    /// What the case of an admission told; groups apart.
    pub(crate) fn told_again(&self, row: usize) -> Told {
        let name = |names: &Names, number: u32| names.name(usize::try_from(number).unwrap_or(usize::MAX)).to_owned();
        let measured = self.measured.get(row).into_iter().flatten();
        Told {
            flags: self.told.row(row).iter().map(|&flag| name(&self.flags, flag)).collect(),
            numbers: measured.map(|&(number, value)| (name(&self.numbers, number), f64::from(value))).collect(),
            groups: Vec::new(),
        }
    }

    /// Drugs of an admission.
    pub(crate) fn drugs_of(&self, row: usize) -> impl Iterator<Item = &str> {
        let numbers = self.given.row(row).iter().filter_map(|&drug| usize::try_from(drug).ok());
        numbers.map(|drug| self.drugs.name(drug))
    }

    /// Number of admissions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.patients.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patients.is_empty()
    }

    /// Number of patients.
    #[must_use]
    pub fn patients(&self) -> usize {
        let mut keys = self.patients.clone();
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_always_falls_in_the_same_place() {
        assert_eq!(patient_key("p-1"), patient_key("p-1"));
        assert_ne!(patient_key("p-1"), patient_key("p-2"));
        let low = (0..10_000).filter(|i| patient_key(&format!("p{i}")) < u64::MAX / 4).count();
        assert!((2_300..2_700).contains(&low), "{low}");
    }
}
