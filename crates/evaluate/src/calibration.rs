//! Whether probabilities come true.

use std::collections::HashMap;

use crate::bootstrap::{Coded, Drawn, LANES, Lanes};
use crate::report::Bin;
use crate::{index, small};

/// How many bins.
const BINS: usize = 10;

/// The most different probabilities that are told apart. Beyond, all are taken to four decimals, the precision of
/// `suggest`: the time and memory of the draws grow with them.
const DISTINCT: usize = 20_000;

/// Listed drugs by probability.
#[derive(Debug, Default)]
pub(crate) struct Calibrated {
    numbers: HashMap<u64, u32>,
    probabilities: Vec<f64>,
    /// Two cells a probability: not recorded, recorded.
    coded: Coded,
}

impl Calibrated {
    /// A listed drug: its patient, its probability, and whether it was recorded.
    pub(crate) fn add(&mut self, patient: usize, probability: f64, recorded: bool) {
        // 0 and -0 are one probability.
        let probability = probability + 0.0;
        let next = small(self.probabilities.len());
        let number = *self.numbers.entry(probability.to_bits()).or_insert(next);
        if number == next {
            self.probabilities.push(probability);
        }
        self.coded.add(patient, index(number) * 2 + usize::from(recorded));
    }

    /// Sorts the probabilities: to be called when everything is there.
    pub(crate) fn sort(&mut self) {
        self.numbers = HashMap::new();
        let coarse = self.probabilities.len() > DISTINCT;
        let taken = |probability: f64| if coarse { (probability * 1e4).round() / 1e4 } else { probability };
        let mut sorted: Vec<f64> = self.probabilities.iter().map(|probability| taken(*probability)).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        let place = |probability: &f64| sorted.partition_point(|other| other.total_cmp(&taken(*probability)).is_lt());
        let places: Vec<usize> = self.probabilities.iter().map(place).collect();
        self.coded.renumber(|cell| places.get(cell / 2).copied().unwrap_or(0) * 2 + cell % 2);
        self.probabilities = sorted;
    }

    /// Of each probability the listed drugs and those that were recorded, in a draw.
    fn tied(&self, sums: &[Lanes], lane: usize) -> Vec<(f64, f64, f64)> {
        let of = |lanes: &Lanes| lanes.get(lane).copied().unwrap_or(0.0);
        let cells = sums.chunks_exact(2).zip(&self.probabilities);
        let tied = cells.filter_map(|(cells, probability)| match cells {
            [not, recorded] => Some((*probability, of(not) + of(recorded), of(recorded))),
            _other => None,
        });
        tied.filter(|(_, mass, _)| *mass > 0.0).collect()
    }

    /// The bins for the report.
    pub(crate) fn report(&self, patients: usize) -> Vec<Bin> {
        let once = vec![[1.0; LANES]; patients];
        let sums = self.coded.sums(self.probabilities.len() * 2, &once);
        let share = |part: f64, bin: &Sum| part / bin.mass;
        let bins = bins(&self.tied(&sums, 0)).into_iter();
        bins.map(|bin| Bin {
            drugs: bin.mass,
            probability: share(bin.probability, &bin),
            recorded: share(bin.recorded, &bin),
        })
        .collect()
    }
}

impl Drawn for Calibrated {
    /// The error; bins are made anew for every draw.
    fn block(&self, times: &[Lanes]) -> Vec<Lanes> {
        let sums = self.coded.sums(self.probabilities.len() * 2, times);
        let mut errors = [f64::NAN; LANES];
        for (lane, slot) in errors.iter_mut().enumerate() {
            *slot = error(&self.tied(&sums, lane)).unwrap_or(f64::NAN);
        }
        vec![errors]
    }
}

/// Ten bins of equal mass, by probability. Drugs of one probability are alike: where the edge of a bin falls among them,
/// each bin takes its part of their number with their common share of recorded ones, so that no order among them matters.
fn bins(tied: &[(f64, f64, f64)]) -> Vec<Sum> {
    let total: f64 = tied.iter().map(|(_, mass, _)| mass).sum();
    let full = total / crate::number(BINS);
    let mut bins = Vec::with_capacity(BINS);
    let mut bin = Sum::default();
    for (probability, mass, recorded) in tied.iter().copied() {
        let mut left = mass;
        while left > 0.0 {
            // The last bin takes what rounding left over.
            let room = if bins.len() + 1 < BINS { full - bin.mass } else { left };
            let taken = left.min(room);
            bin.mass += taken;
            bin.probability = taken.mul_add(probability, bin.probability);
            bin.recorded = taken.mul_add(recorded / mass, bin.recorded);
            left -= taken;
            if taken >= room && bins.len() + 1 < BINS {
                bins.push(std::mem::take(&mut bin));
            }
        }
    }
    if bin.mass > 0.0 {
        bins.push(bin);
    }
    bins
}

/// Expected calibration error (Naeini, Cooper and Hauskrecht 2015): the mean over bins, by their mass, of how far the mean
/// probability lies from the share that was recorded.
fn error(tied: &[(f64, f64, f64)]) -> Option<f64> {
    let bins = bins(tied);
    let total: f64 = bins.iter().map(|bin| bin.mass).sum();
    let apart: f64 = bins.iter().map(|bin| (bin.probability - bin.recorded).abs()).sum();
    (total > 0.0).then(|| apart / total)
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    mass: f64,
    probability: f64,
    recorded: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(probability: f64, recorded: bool) -> (f64, bool) {
        (probability, recorded)
    }

    fn calibrated(said: &[(f64, bool)]) -> Calibrated {
        let mut calibrated = Calibrated::default();
        said.iter().for_each(|(probability, recorded)| calibrated.add(0, *probability, *recorded));
        calibrated.sort();
        calibrated
    }

    fn error(said: Vec<(f64, bool)>) -> Option<f64> {
        let error = calibrated(&said).block(&[[1.0; LANES]])[0][0];
        (!error.is_nan()).then_some(error)
    }

    fn near(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|v| (v - expected).abs() < 1e-12)
    }

    #[test]
    fn ten_drugs_are_ten_bins() {
        // 0.05, 0.15 … 0.95, the upper five recorded: apart by 0.05, 0.15, 0.25, 0.35, 0.45 on either side.
        let tenths = (0..10).map(|n| said(f64::from(n) / 10.0 + 0.05, n >= 5)).collect();
        assert!(near(error(tenths), 2.0 * (0.05 + 0.15 + 0.25 + 0.35 + 0.45) / 10.0));
    }

    #[test]
    fn drugs_of_one_probability_are_alike_whatever_their_order() {
        // Three of four recorded at 0.5: 1/4 apart in every bin.
        let one = vec![said(0.5, true), said(0.5, true), said(0.5, true), said(0.5, false)];
        let mut other = one.clone();
        other.reverse();
        assert!(near(error(one), 0.25));
        assert!(near(error(other), 0.25));
    }

    #[test]
    fn a_tie_over_the_edge_of_a_bin_is_divided() {
        // Twenty drugs, two a bin: one of 0.1 (not recorded) shares the first bin with a third of three at 0.4, of which
        // one is recorded. |(0.1 + 0.4) - (0 + 1/3)| + |0.8 - 2/3| + sixteen of 1.0, all recorded.
        let mut all = vec![said(0.1, false), said(0.4, true), said(0.4, false), said(0.4, false)];
        all.extend((0..16).map(|_| said(1.0, true)));
        assert!(near(error(all), ((0.5 - 1.0 / 3.0) + (0.8 - 2.0 / 3.0)) / 20.0));
    }

    #[test]
    fn a_bin_is_as_heavy_as_the_next() {
        let said: Vec<_> = (0..37).map(|n| said(f64::from(n) / 37.0, n % 3 == 0)).collect();
        let bins = calibrated(&said).report(1);
        assert_eq!(bins.len(), BINS);
        assert!(bins.iter().all(|bin| (bin.drugs - 3.7).abs() < 1e-9));
    }

    #[test]
    fn nothing_listed_has_no_error() {
        assert_eq!(error(Vec::new()), None);
    }

    #[test]
    fn very_many_probabilities_are_taken_to_four_decimals() {
        // 0.00001, 0.00002 …: more than are told apart, and the bins are as they were but for the rounding.
        let said: Vec<_> = (0..30_000).map(|n| said(f64::from(n) / 30_000.0, n % 2 == 0)).collect();
        let calibrated = calibrated(&said);
        assert!(calibrated.probabilities.len() <= 10_001);
        let bins = calibrated.report(1);
        assert!(bins.iter().zip(0..).all(|(bin, n)| (bin.probability - (f64::from(n) + 0.5) / 10.0).abs() < 1e-4));
        assert!(bins.iter().all(|bin| (bin.recorded - 0.5).abs() < 0.01));
    }
}
