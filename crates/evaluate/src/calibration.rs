//! Whether probabilities come true.

use crate::bootstrap::Draws;
use crate::report::{Bin, Estimate};

/// How many bins.
const BINS: usize = 10;

/// A listed drug: the number of its patient, its probability, and whether it was recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Said {
    pub patient: usize,
    pub probability: f64,
    pub recorded: bool,
}

/// Listed drugs of one probability.
type Tied = (f64, Vec<(usize, bool)>);

/// Listed drugs by probability.
#[derive(Debug)]
pub(crate) struct Calibrated {
    tied: Vec<Tied>,
    admissions: u64,
}

impl Calibrated {
    pub(crate) fn new(mut said: Vec<Said>, admissions: u64) -> Self {
        said.sort_by(|a, b| a.probability.total_cmp(&b.probability).then_with(|| a.patient.cmp(&b.patient)));
        let mut tied: Vec<Tied> = Vec::new();
        for one in said {
            match tied.last_mut().filter(|(p, _)| p.total_cmp(&one.probability).is_eq()) {
                Some((_, drugs)) => drugs.push((one.patient, one.recorded)),
                None => tied.push((one.probability, vec![(one.patient, one.recorded)])),
            }
        }
        Self { tied, admissions }
    }

    /// Ten bins of equal mass, by probability. Drugs of one probability are alike: where the edge of a bin falls among
    /// them, each bin takes its part of their number with their common share of recorded ones, so that no order among
    /// them matters.
    fn bins(&self, times: &[f64]) -> Vec<Sum> {
        let of = |patient: &usize| times.get(*patient).copied().unwrap_or(0.0);
        let tied: Vec<(f64, f64, f64)> = self
            .tied
            .iter()
            .map(|(probability, drugs)| {
                let (mass, recorded) = drugs.iter().fold((0.0, 0.0), |(mass, recorded), (patient, hit)| {
                    let n = of(patient);
                    (mass + n, if *hit { recorded + n } else { recorded })
                });
                (*probability, mass, recorded)
            })
            .filter(|(_, mass, _)| *mass > 0.0)
            .collect();
        let total: f64 = tied.iter().map(|(_, mass, _)| mass).sum();
        let full = total / crate::number(BINS);
        let mut bins = Vec::with_capacity(BINS);
        let mut bin = Sum::default();
        for (probability, mass, recorded) in tied {
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

    /// Expected calibration error (Naeini, Cooper and Hauskrecht 2015): the mean over bins, by their mass, of how far the
    /// mean probability lies from the share that was recorded.
    fn error(&self, times: &[f64]) -> Option<f64> {
        let bins = self.bins(times);
        let total: f64 = bins.iter().map(|bin| bin.mass).sum();
        let apart: f64 = bins.iter().map(|bin| (bin.probability - bin.recorded).abs()).sum();
        (total > 0.0).then(|| apart / total)
    }

    /// The error with its interval: bins are made anew for every draw.
    pub(crate) fn estimate(&self, draws: &Draws) -> Estimate {
        draws.estimate(self.admissions, |times| self.error(times))
    }

    /// One error less another, both of the same draws.
    pub(crate) fn difference(&self, other: &Self, draws: &Draws) -> Estimate {
        let statistic = |times: &[f64]| Some(self.error(times)? - other.error(times)?);
        draws.estimate(self.admissions.min(other.admissions), statistic)
    }

    /// The bins for the report.
    pub(crate) fn report(&self, patients: usize) -> Vec<Bin> {
        let bins = self.bins(&vec![1.0; patients]).into_iter();
        let share = |part: f64, bin: &Sum| part / bin.mass;
        bins.map(|bin| Bin {
            drugs: bin.mass,
            probability: share(bin.probability, &bin),
            recorded: share(bin.recorded, &bin),
        })
        .collect()
    }
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

    fn said(probability: f64, recorded: bool) -> Said {
        Said { patient: 0, probability, recorded }
    }

    fn error(said: Vec<Said>) -> Option<f64> {
        Calibrated::new(said, 1).error(&[1.0])
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
        let said = (0..37).map(|n| said(f64::from(n) / 37.0, n % 3 == 0)).collect();
        let bins = Calibrated::new(said, 1).report(1);
        assert_eq!(bins.len(), BINS);
        assert!(bins.iter().all(|bin| (bin.drugs - 3.7).abs() < 1e-9));
    }

    #[test]
    fn nothing_listed_has_no_error() {
        assert_eq!(error(Vec::new()), None);
    }
}
