//! Intervals by drawing patients.
//!
//! Admissions of one patient resemble each other, so whole patients are drawn, with replacement, as many as there are
//! (the cluster bootstrap; Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8). Every
//! figure sees the same draws, which makes differences paired. The interval is that of the 2.5 and 97.5 percentiles.

use crate::report::Estimate;

/// How often patients are drawn.
pub const RESAMPLES: u32 = 2000;

/// What the draws begin with.
pub const SEED: u64 = 1;

/// A sum over a sum, kept for each patient. The mean over admissions is one, with 1 below for each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ratio {
    parts: Vec<(f64, f64)>,
    admissions: u64,
}

impl Ratio {
    /// Of the number of a patient, and what an admission adds above and below; without anything below it does not count.
    pub(crate) fn new(patients: usize, admissions: impl IntoIterator<Item = (usize, f64, f64)>) -> Self {
        let mut ratio = Self { parts: vec![(0.0, 0.0); patients], admissions: 0 };
        for (patient, above, below) in admissions {
            if let Some(part) = ratio.parts.get_mut(patient)
                && below > 0.0
            {
                part.0 += above;
                part.1 += below;
                ratio.admissions += 1;
            }
        }
        ratio
    }

    /// The ratio with every patient taken so many times.
    fn value(&self, times: &[f64]) -> Option<f64> {
        let drawn = self.parts.iter().zip(times).filter(|(_, n)| **n > 0.0);
        let (above, below) =
            drawn.fold((0.0, 0.0), |(above, below), ((a, b), n)| (a.mul_add(*n, above), b.mul_add(*n, below)));
        (below > 0.0).then(|| above / below)
    }
}

/// Draws over so many patients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws {
    patients: usize,
}

impl Draws {
    pub(crate) const fn over(patients: usize) -> Self {
        Self { patients }
    }

    /// A ratio with its interval.
    pub(crate) fn ratio(&self, ratio: &Ratio) -> Estimate {
        self.estimate(ratio.admissions, |times| ratio.value(times))
    }

    /// One ratio less another, both of the same draws.
    pub(crate) fn difference(&self, ratio: &Ratio, other: &Ratio) -> Estimate {
        let statistic = |times: &[f64]| Some(ratio.value(times)? - other.value(times)?);
        self.estimate(ratio.admissions.min(other.admissions), statistic)
    }

    /// Any figure: `statistic` is given how many times each patient was drawn. With fewer than two patients there is no
    /// interval: nothing would vary. A draw for which the figure is undefined is left out.
    pub(crate) fn estimate(&self, admissions: u64, statistic: impl Fn(&[f64]) -> Option<f64>) -> Estimate {
        let value = statistic(&vec![1.0; self.patients]);
        let mut values = Vec::new();
        if self.patients > 1 && value.is_some() {
            let mut numbers = SplitMix(SEED);
            let mut times = vec![0.0; self.patients];
            for _ in 0..RESAMPLES {
                times.fill(0.0);
                for _ in 0..self.patients {
                    if let Some(n) = times.get_mut(numbers.below(self.patients)) {
                        *n += 1.0;
                    }
                }
                values.extend(statistic(&times));
            }
            values.sort_by(f64::total_cmp);
        }
        Estimate { value, low: percentile(&values, 25), high: percentile(&values, 975), admissions }
    }
}

/// The value below which so many thousandths of the sorted values lie, between two by proportion (definition 7 of
/// Hyndman and Fan 1996, that of R and NumPy).
fn percentile(sorted: &[f64], thousandths: usize) -> Option<f64> {
    let at = sorted.len().checked_sub(1)? * thousandths;
    let below = *sorted.get(at / 1000)?;
    let above = sorted.get(at / 1000 + 1).copied().unwrap_or(below);
    Some((above - below).mul_add(crate::number(at % 1000) / 1000.0, below))
}

/// SplitMix64 (Steele, Lea and Flood 2014): a number generator in three lines, enough to draw patients.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `end`: the upper half of the product (Lemire 2019), uneven by less than 2⁻⁴⁰ here.
    fn below(&mut self, end: usize) -> usize {
        let product = u128::from(self.next()) * u128::try_from(end).unwrap_or(0);
        usize::try_from(product >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        // The first outputs for the seed 1234567, as in the reference code's test.
        let mut numbers = SplitMix(1_234_567);
        assert_eq!(numbers.next(), 6_457_827_717_110_365_317);
        assert_eq!(numbers.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn percentiles_lie_between_values_by_proportion() {
        assert_eq!(percentile(&[], 25), None);
        assert_eq!(percentile(&[3.0], 975), Some(3.0));
        // 0.025 of the way over 40 steps is one step; 0.975 is 39.
        let values: Vec<f64> = (0..=40).map(f64::from).collect();
        assert_eq!((percentile(&values, 25), percentile(&values, 975)), (Some(1.0), Some(39.0)));
        // Half of one step.
        assert_eq!(percentile(&[0.0, 20.0], 25), Some(0.5));
    }

    #[test]
    fn a_mean_has_the_interval_that_its_standard_error_predicts() {
        // 400 patients of one admission each, half of them 1: standard error 0.025, 1.96 of them 0.049.
        let halves = Ratio::new(400, (0..400).map(|p| (p, if p % 2 == 0 { 1.0 } else { 0.0 }, 1.0)));
        let estimate = Draws::over(400).ratio(&halves);
        assert_eq!(estimate.value, Some(0.5));
        assert!((estimate.low.unwrap() - 0.451).abs() < 0.005 && (estimate.high.unwrap() - 0.549).abs() < 0.005);
        assert_eq!(estimate, Draws::over(400).ratio(&halves));
    }

    #[test]
    fn patients_are_drawn_whole() {
        // Two patients, one of 100 admissions with 1, one of 100 with 0: the interval reaches from end to end.
        let clustered = Ratio::new(2, (0..200).map(|n| (n % 2, if n % 2 == 0 { 1.0 } else { 0.0 }, 1.0)));
        let estimate = Draws::over(2).ratio(&clustered);
        assert_eq!((estimate.low, estimate.high), (Some(0.0), Some(1.0)));
    }

    #[test]
    fn equal_figures_differ_by_nothing_in_every_draw() {
        let ratio = Ratio::new(3, [(0, 1.0, 2.0), (1, 0.0, 1.0), (2, 3.0, 4.0)]);
        let estimate = Draws::over(3).difference(&ratio, &ratio);
        assert_eq!((estimate.value, estimate.low, estimate.high), (Some(0.0), Some(0.0), Some(0.0)));
    }

    #[test]
    fn one_patient_has_no_interval_and_none_no_value() {
        let estimate = Draws::over(1).ratio(&Ratio::new(1, [(0, 1.0, 2.0)]));
        assert_eq!((estimate.value, estimate.low, estimate.high, estimate.admissions), (Some(0.5), None, None, 1));
        let estimate = Draws::over(0).ratio(&Ratio::new(0, []));
        assert_eq!((estimate.value, estimate.low, estimate.high, estimate.admissions), (None, None, None, 0));
    }
}
