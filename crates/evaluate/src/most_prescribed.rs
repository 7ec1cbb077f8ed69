//! The plain baseline: the drugs that most admissions are given, whoever the patient is.

use std::collections::{BTreeMap, HashMap};

use bogam_clinical::record::RecordedAdmission;

use crate::number;
use crate::slice::Slice;

/// In how many admissions each drug was recorded, and in how many of each patient.
#[derive(Debug)]
pub(crate) struct Prescribed<'a> {
    all: Tally<'a>,
    by_patient: HashMap<&'a str, Tally<'a>>,
}

/// Admissions by drug.
#[derive(Debug, Default)]
struct Tally<'a> {
    admissions: usize,
    drugs: BTreeMap<&'a str, usize>,
}

impl<'a> Tally<'a> {
    fn add(&mut self, admission: &'a RecordedAdmission, slice: Slice) {
        self.admissions += 1;
        for drug in slice.recorded(admission) {
            *self.drugs.entry(drug).or_default() += 1;
        }
    }
}

impl<'a> Prescribed<'a> {
    /// Counts, of each admission the drugs of the slice.
    pub(crate) fn count(admissions: impl Iterator<Item = &'a RecordedAdmission>, slice: Slice) -> Self {
        let mut all = Tally::default();
        let mut by_patient: HashMap<&str, Tally<'_>> = HashMap::new();
        for admission in admissions {
            all.add(admission, slice);
            by_patient.entry(&admission.patient_id).or_default().add(admission, slice);
        }
        Self { all, by_patient }
    }

    /// The drugs by the share of admissions that were given them, ties by ingredient. The patient's own admissions are
    /// left out: they are what the list is compared with.
    pub(crate) fn without(&self, patient: &str) -> Vec<(&'a str, f64)> {
        let own = self.by_patient.get(patient);
        let of_own = |drug: &str| own.and_then(|tally| tally.drugs.get(drug)).copied().unwrap_or(0);
        let admissions = self.all.admissions.saturating_sub(own.map_or(0, |tally| tally.admissions));
        let counts = self.all.drugs.iter().map(|(drug, n)| (*drug, n.saturating_sub(of_own(drug))));
        let mut counts: Vec<(&str, usize)> = counts.filter(|(_, n)| *n > 0).collect();
        counts.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
        counts.into_iter().map(|(drug, n)| (drug, number(n) / number(admissions))).collect()
    }
}
