//! How each drug fared.

use std::cmp::Reverse;

use crate::bootstrap::{Coded, Drawn, Lanes, Series, ratio};
use crate::drugs::{Drug, Drugs};
use crate::groups::is_shown;
use crate::report::{DrugRow, Estimate};
use crate::{count, index, number};

/// Cells of a drug: in neither, listed, recorded, both.
const CELLS: usize = 4;
const LISTED: usize = 1;
const RECORDED: usize = 2;

/// Lists and records of every drug.
#[derive(Debug, Default)]
pub(crate) struct DrugRows {
    coded: Coded,
    /// Listed only, recorded only, both, by drug.
    counts: Vec<[usize; CELLS]>,
    shown: Vec<Drug>,
}

impl DrugRows {
    /// An admission with what was listed and recorded, both sorted by number and each once.
    pub(crate) fn add(&mut self, patient: usize, listed: &[Drug], recorded: &[Drug]) {
        for drug in listed {
            let hit = recorded.binary_search(drug).is_ok();
            self.push(patient, *drug, if hit { LISTED | RECORDED } else { LISTED });
        }
        for drug in recorded.iter().filter(|drug| listed.binary_search(drug).is_err()) {
            self.push(patient, *drug, RECORDED);
        }
    }

    fn push(&mut self, patient: usize, drug: Drug, state: usize) {
        let drug = index(drug);
        self.coded.add(patient, drug * CELLS + state);
        if self.counts.len() <= drug {
            self.counts.resize(drug + 1, [0; CELLS]);
        }
        if let Some(n) = self.counts.get_mut(drug).and_then(|counts| counts.get_mut(state)) {
            *n += 1;
        }
    }

    /// Everything is there: decides what is shown, and in which order.
    pub(crate) fn finish(&mut self, drugs: &Drugs<'_>) {
        let all = (0..).zip(&self.counts);
        let mut shown: Vec<(Drug, &[usize; CELLS])> = all.filter(|(_, counts)| is_shown(counts.iter().sum())).collect();
        let key = |counts: &[usize; CELLS]| {
            let [_, listed, recorded, both] = counts;
            (Reverse(recorded + both), Reverse(listed + both))
        };
        shown.sort_by(|(a, n), (b, m)| key(n).cmp(&key(m)).then_with(|| drugs.name(*a).cmp(drugs.name(*b))));
        self.shown = shown.into_iter().map(|(drug, _)| drug).collect();
        // What is not shown goes into one place behind the others, and is not drawn into any figure.
        let mut places = vec![self.shown.len(); self.counts.len()];
        for (place, drug) in self.shown.iter().enumerate() {
            if let Some(slot) = places.get_mut(index(*drug)) {
                *slot = place;
            }
        }
        self.coded.renumber(|cell| places.get(cell / CELLS).copied().unwrap_or(0) * CELLS + cell % CELLS);
    }

    /// The rows, and how many drugs have none.
    pub(crate) fn rows(&self, series: &[Series], drugs: &Drugs<'_>) -> (Vec<DrugRow>, u64) {
        let share = |part: usize, whole: usize| (whole > 0).then(|| number(part) / number(whole));
        let row = |(place, drug): (usize, &Drug)| {
            let [_, listed, recorded, hits] = self.counts.get(index(*drug)).copied().unwrap_or_default();
            let (listed, recorded) = (listed + hits, recorded + hits);
            // Over a few admissions the draws do not vary as other patients would: no interval.
            let figure = |n: usize, admissions: usize| {
                let all = series.get(place * 2 + n).map(|one| one.estimate(count(admissions))).unwrap_or_default();
                if is_shown(admissions) { all } else { Estimate { low: None, high: None, ..all } }
            };
            DrugRow {
                ingredient: drugs.name(*drug).to_owned(),
                recorded: count(recorded),
                listed: count(listed),
                hits: count(hits),
                recall: share(hits, recorded),
                precision: share(hits, listed),
                recall_interval: figure(0, recorded),
                precision_interval: figure(1, listed),
            }
        };
        let met = self.counts.iter().filter(|counts| counts.iter().sum::<usize>() > 0).count();
        (self.shown.iter().enumerate().map(row).collect(), count(met - self.shown.len()))
    }
}

impl Drawn for DrugRows {
    fn block(&self, times: &[Lanes]) -> Vec<Lanes> {
        let sums = self.coded.sums(self.shown.len() * CELLS, times);
        let figures = sums.chunks_exact(CELLS).take(self.shown.len()).flat_map(|cells| match cells {
            [_, listed, recorded, both] => [ratio(both, &sum(recorded, both)), ratio(both, &sum(listed, both))],
            _other => [[f64::NAN; crate::bootstrap::LANES]; 2],
        });
        figures.collect()
    }
}

fn sum(a: &Lanes, b: &Lanes) -> Lanes {
    let mut sum = *a;
    sum.iter_mut().zip(b).for_each(|(sum, b)| *sum += b);
    sum
}
