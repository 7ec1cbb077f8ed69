//! The plain baseline: the drugs that most admissions are given, whoever the patient is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::drugs::Drug;
use crate::recorded::{Admission, Slice};
use crate::{index, small};

/// In how many admissions each drug was recorded, all in all, in each fold, and of each patient.
#[derive(Debug)]
pub(crate) struct Prescribed<'a> {
    slice: Slice,
    /// What a patient's list is counted on: everything, or everything outside of a fold. The commonest drug first.
    bases: BTreeMap<u32, Base>,
    by_patient: HashMap<u32, Vec<&'a Admission>>,
    alphabet: &'a [u32],
}

/// Admissions, and those with each drug.
#[derive(Debug, Clone, Default)]
struct Base {
    admissions: u32,
    drugs: Vec<(Drug, u32)>,
}

/// Of drugs by number.
#[derive(Debug, Clone)]
struct Tally {
    admissions: u32,
    drugs: Vec<u32>,
}

impl Tally {
    fn add(&mut self, drugs: &[Drug]) {
        self.admissions += 1;
        for drug in drugs {
            if let Some(n) = self.drugs.get_mut(index(*drug)) {
                *n += 1;
            }
        }
    }

    /// Everything that is not in another.
    fn without(&self, other: &Self) -> Self {
        let drugs = self.drugs.iter().zip(&other.drugs).map(|(n, m)| n - m).collect();
        Self { admissions: self.admissions - other.admissions, drugs }
    }

    fn base(&self, alphabet: &[u32]) -> Base {
        let counts = self.drugs.iter().enumerate().filter(|(_, n)| **n > 0);
        let mut drugs: Vec<(Drug, u32)> = counts.map(|(drug, n)| (small(drug), *n)).collect();
        sort(&mut drugs, alphabet);
        Base { admissions: self.admissions, drugs }
    }
}

/// The commonest first, ties by ingredient.
fn sort(drugs: &mut [(Drug, u32)], alphabet: &[u32]) {
    drugs.sort_by_key(|(drug, n)| (Reverse(*n), alphabet.get(index(*drug)).copied()));
}

impl<'a> Prescribed<'a> {
    /// Counts, of each admission the drugs of the slice, so that the baseline aims at what it is compared with. With the
    /// folds of patients, what stands in the fold of a patient is not counted for him or her.
    pub(crate) fn count(
        admissions: &'a [Admission],
        slice: Slice,
        fold: &impl Fn(u32) -> Option<u32>,
        alphabet: &'a [u32],
    ) -> Self {
        let nothing = Tally { admissions: 0, drugs: vec![0; alphabet.len()] };
        let mut all = nothing.clone();
        let mut folds: BTreeMap<u32, Tally> = BTreeMap::new();
        let mut by_patient: HashMap<u32, Vec<&Admission>> = HashMap::new();
        for admission in admissions {
            let drugs = admission.recorded(slice);
            all.add(&drugs);
            match fold(admission.patient) {
                Some(fold) => folds.entry(fold).or_insert_with(|| nothing.clone()).add(&drugs),
                None => by_patient.entry(admission.patient).or_default().push(admission),
            }
        }
        let mut bases: BTreeMap<u32, Base> =
            folds.iter().map(|(fold, tally)| (*fold, all.without(tally).base(alphabet))).collect();
        if bases.is_empty() {
            bases.insert(0, all.base(alphabet));
        }
        Self { slice, bases, by_patient, alphabet }
    }

    /// The drugs by the share of admissions that were given them, ties by ingredient. The patient's own admissions are
    /// left out: they are what the list is compared with. `fold` is that of the patient.
    pub(crate) fn without(&self, patient: u32, fold: Option<u32>) -> Vec<(Drug, f64)> {
        let Some(base) = self.bases.get(&fold.unwrap_or(0)) else { return Vec::new() };
        let shares = |drugs: &[(Drug, u32)], admissions: u32| {
            drugs.iter().map(|(drug, n)| (*drug, f64::from(*n) / f64::from(admissions))).collect()
        };
        let Some(own) = self.by_patient.get(&patient) else { return shares(&base.drugs, base.admissions) };
        let mut of_own: HashMap<Drug, u32> = HashMap::new();
        for drug in own.iter().flat_map(|admission| admission.recorded(self.slice)) {
            *of_own.entry(drug).or_default() += 1;
        }
        let mut drugs = base.drugs.clone();
        for (drug, n) in &mut drugs {
            *n -= of_own.get(drug).copied().unwrap_or(0);
        }
        drugs.retain(|(_, n)| *n > 0);
        sort(&mut drugs, self.alphabet);
        shares(&drugs, base.admissions.saturating_sub(small(own.len())))
    }
}
