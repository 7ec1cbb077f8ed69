//! Intervals by drawing patients.
//!
//! Admissions of one patient resemble each other, so whole patients are drawn, with replacement, as many as there are
//! (the cluster bootstrap; Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8). Every
//! figure sees the same draws, which makes differences paired. The interval is that of the 2.5 and 97.5 percentiles.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::report::Estimate;

/// How often patients are drawn.
pub const RESAMPLES: u32 = 2000;

/// What the draws begin with.
pub const SEED: u64 = 1;

/// Draws that are computed together: each patient's row is read once for all of them.
pub(crate) const LANES: usize = 8;

/// A number for each draw of a block.
pub(crate) type Lanes = [f64; LANES];

/// Figures of patients who can be drawn.
pub(crate) trait Drawn: Sync {
    /// Each figure in each draw of a block, "not a number" where nothing defines it. `times` says of each patient how
    /// often he or she was drawn.
    fn block(&self, times: &[Lanes]) -> Vec<Lanes>;
}

/// A figure, and the same figure in every draw.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Series {
    value: f64,
    draws: Vec<f64>,
}

impl Series {
    /// One figure less another, draw by draw.
    pub(crate) fn less(&self, other: &Self) -> Self {
        let draws = self.draws.iter().zip(&other.draws).map(|(a, b)| a - b).collect();
        Self { value: self.value - other.value, draws }
    }

    /// The figure with its interval. A draw for which it is undefined is left out.
    pub(crate) fn estimate(&self, admissions: u64) -> Estimate {
        let value = (!self.value.is_nan()).then_some(self.value);
        let mut draws: Vec<f64> = self.draws.iter().copied().filter(|draw| value.is_some() && !draw.is_nan()).collect();
        draws.sort_by(f64::total_cmp);
        Estimate { value, low: percentile(&draws, 25), high: percentile(&draws, 975), admissions }
    }
}

/// What a number of draws come to: their block, and the figures of each subject.
type Block = (usize, Vec<Vec<Lanes>>);

/// Draws patients, and gives the series of each figure of each subject. With fewer than two patients there are no draws:
/// nothing would vary. `threads` share the work and change nothing; `progress` is told draws done and in all.
pub(crate) fn draw(
    patients: usize,
    subjects: &[&dyn Drawn],
    threads: usize,
    progress: &mut dyn FnMut(u64, u64),
) -> Vec<Vec<Series>> {
    let once = vec![[1.0; LANES]; patients];
    let mut all: Vec<Vec<Series>> = subjects.iter().map(|subject| values(subject.block(&once))).collect();
    drop(once);
    let resamples = usize::try_from(RESAMPLES).unwrap_or(0);
    let blocks = if patients > 1 { resamples.div_ceil(LANES) } else { 0 };
    for series in all.iter_mut().flatten() {
        series.draws = vec![f64::NAN; blocks * LANES];
    }
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel::<Block>();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, blocks.max(1)) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                let mut times = vec![[0.0; LANES]; patients];
                loop {
                    let block = next.fetch_add(1, Ordering::Relaxed);
                    if block >= blocks {
                        return;
                    }
                    draw_block(block, &mut times);
                    let figures = subjects.iter().map(|subject| subject.block(&times)).collect();
                    if send.send((block, figures)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut done = 0;
        for (block, figures) in receive {
            for (series, lanes) in all.iter_mut().flatten().zip(figures.into_iter().flatten()) {
                if let Some(draws) = series.draws.get_mut(block * LANES..(block + 1) * LANES) {
                    draws.copy_from_slice(&lanes);
                }
            }
            done += 1;
            progress(crate::count((done * LANES).min(resamples)), crate::count(resamples));
        }
    });
    for series in all.iter_mut().flatten() {
        series.draws.truncate(resamples);
    }
    all
}

fn values(lanes: Vec<Lanes>) -> Vec<Series> {
    let first = |lanes: Lanes| lanes.first().copied().unwrap_or(f64::NAN);
    lanes.into_iter().map(|lanes| Series { value: first(lanes), draws: Vec::new() }).collect()
}

/// How often each patient is drawn in the draws of a block. The numbers of a draw are those after the numbers of all draws
/// before it, whichever thread makes them.
fn draw_block(block: usize, times: &mut [Lanes]) {
    times.fill([0.0; LANES]);
    let patients = times.len();
    let mut numbers = SplitMix::after(SEED, block * LANES * patients);
    for lane in 0..LANES {
        for _ in 0..patients {
            if let Some(n) = times.get_mut(numbers.below(patients)).and_then(|times| times.get_mut(lane)) {
                *n += 1.0;
            }
        }
    }
}

/// Sums over patients, in columns, and ratios of these sums. The mean over admissions is one, with their number below.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sheet {
    columns: usize,
    rows: Vec<f64>,
    /// How often something was added to each column.
    added: Vec<u64>,
    ratios: Vec<(usize, usize)>,
}

impl Sheet {
    pub(crate) fn new(patients: usize, columns: usize) -> Self {
        Self { columns, rows: vec![0.0; patients * columns], added: vec![0; columns], ratios: Vec::new() }
    }

    /// Adds to a column of a patient.
    pub(crate) fn add(&mut self, patient: usize, column: usize, value: f64) {
        if let Some(cell) = self.rows.get_mut(patient * self.columns + column) {
            *cell += value;
        }
        if let Some(added) = self.added.get_mut(column) {
            *added += 1;
        }
    }

    /// One more figure: the sum of a column by that of another.
    pub(crate) fn ratio(&mut self, above: usize, below: usize) {
        self.ratios.push((above, below));
    }

    /// How often something was added to a column.
    pub(crate) fn added(&self, column: usize) -> u64 {
        self.added.get(column).copied().unwrap_or(0)
    }
}

/// A sum over a sum, kept for each patient: a sheet of two columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ratio {
    sheet: Sheet,
    admissions: u64,
}

impl Ratio {
    /// Of the number of a patient, and what an admission adds above and below; without anything below it does not count.
    pub(crate) fn new(patients: usize, admissions: impl IntoIterator<Item = (usize, f64, f64)>) -> Self {
        let mut sheet = Sheet::new(patients, 2);
        for (patient, above, below) in admissions {
            if below > 0.0 {
                sheet.add(patient, 0, above);
                sheet.add(patient, 1, below);
            }
        }
        sheet.ratio(0, 1);
        Self { admissions: sheet.added(0), sheet }
    }
}

/// Draws over so many patients, for a few figures.
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
        let series = draw(self.patients, &[&ratio.sheet], 1, &mut |_, _| {}).into_iter().flatten().next();
        series.unwrap_or_default().estimate(ratio.admissions)
    }
}

impl Drawn for Sheet {
    fn block(&self, times: &[Lanes]) -> Vec<Lanes> {
        let mut sums = vec![[0.0; LANES]; self.columns];
        for (row, times) in self.rows.chunks_exact(self.columns).zip(times) {
            for (cell, sum) in row.iter().zip(&mut sums) {
                add(sum, *cell, times);
            }
        }
        let sum = |column: usize| sums.get(column).copied().unwrap_or([f64::NAN; LANES]);
        self.ratios.iter().map(|(above, below)| ratio(&sum(*above), &sum(*below))).collect()
    }
}

/// Things of patients, each with the number of a cell: how many lie in each cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Coded {
    entries: Vec<(u32, u32)>,
    cells: usize,
}

impl Coded {
    pub(crate) fn add(&mut self, patient: usize, cell: usize) {
        self.entries.push((crate::small(patient), crate::small(cell)));
        self.cells = self.cells.max(cell + 1);
    }

    /// Numbers the cells anew.
    pub(crate) fn renumber(&mut self, number: impl Fn(usize) -> usize) {
        self.cells = 0;
        for (_, cell) in &mut self.entries {
            let new = number(crate::index(*cell));
            self.cells = self.cells.max(new + 1);
            *cell = crate::small(new);
        }
    }

    /// How many lie in each cell, at least so many cells.
    pub(crate) fn sums(&self, cells: usize, times: &[Lanes]) -> Vec<Lanes> {
        let mut sums = vec![[0.0; LANES]; self.cells.max(cells)];
        for (patient, cell) in &self.entries {
            if let (Some(sum), Some(times)) = (sums.get_mut(crate::index(*cell)), times.get(crate::index(*patient))) {
                add(sum, 1.0, times);
            }
        }
        sums
    }
}

/// Adds a value in each draw as often as its patient was drawn.
pub(crate) fn add(sum: &mut Lanes, value: f64, times: &Lanes) {
    for (sum, times) in sum.iter_mut().zip(times) {
        *sum += value * times;
    }
}

/// A ratio in each draw, undefined with nothing below.
pub(crate) fn ratio(above: &Lanes, below: &Lanes) -> Lanes {
    let mut ratios = [f64::NAN; LANES];
    for (ratio, (above, below)) in ratios.iter_mut().zip(above.iter().zip(below)) {
        if *below > 0.0 {
            *ratio = above / below;
        }
    }
    ratios
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
#[derive(Debug, Clone)]
pub(crate) struct SplitMix(u64);

impl SplitMix {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    /// The generator of a seed when so many numbers were taken.
    pub(crate) fn after(seed: u64, numbers: usize) -> Self {
        Self(seed.wrapping_add(Self::STEP.wrapping_mul(crate::count(numbers))))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(Self::STEP);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `end`: the upper half of the product (Lemire 2019), uneven by less than 2⁻⁴⁰ here.
    pub(crate) fn below(&mut self, end: usize) -> usize {
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
        let mut numbers = SplitMix::after(1_234_567, 0);
        assert_eq!(numbers.next(), 6_457_827_717_110_365_317);
        assert_eq!(numbers.next(), 3_203_168_211_198_807_973);
        assert_eq!(SplitMix::after(1_234_567, 1).next(), 3_203_168_211_198_807_973);
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
    fn the_number_of_threads_changes_nothing() {
        let thirds = Ratio::new(50, (0..50).map(|p| (p, if p % 3 == 0 { 1.0 } else { 0.25 }, 1.0)));
        let series = |threads| draw(50, &[&thirds.sheet], threads, &mut |_, _| {}).remove(0).remove(0);
        assert_eq!(series(1).draws.len(), usize::try_from(RESAMPLES).unwrap());
        assert_eq!(series(1), series(3));
    }

    #[test]
    fn equal_figures_differ_by_nothing_in_every_draw() {
        let ratio = Ratio::new(3, [(0, 1.0, 2.0), (1, 0.0, 1.0), (2, 3.0, 4.0)]);
        let series = draw(3, &[&ratio.sheet], 1, &mut |_, _| {}).remove(0).remove(0);
        let estimate = series.less(&series).estimate(3);
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
