//! Logistic regression for many drugs over one sparse table of binary features.
//!
//! Minimised is, for each drug by itself, `sum of log-losses + lambda/2 * |weights|^2` with a weakly held intercept
//! (`lambda = 0.1` around the log-odds of the frequency): the posterior mode under a normal prior, so that what few
//! admissions tell counts little. Drugs are solved in blocks by L-BFGS (Nocedal and Wright, *Numerical Optimization*,
//! 2nd ed., algorithm 7.5) with step halving; blocks are independent, so that any number of threads gives the same bytes.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::stop::{Stop, Stopped};

/// Drugs in a block.
const LANES: usize = 64;
/// Pairs of steps and gradients that L-BFGS remembers.
const MEMORY: usize = 6;
/// Steps, at most: beyond, predictions of held-out admissions no longer change.
const STEPS: usize = 60;
/// How strongly the intercept is held to the log-odds of the frequency.
const HOLD: f32 = 0.1;
/// Done when the gradient has shrunk to this share of its first length.
const SHRUNK: f64 = 1e-3;

/// Rows of a sparse table: which features hold, or which drugs were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    ends: Vec<usize>,
    entries: Vec<u32>,
}

impl Rows {
    pub(crate) fn push(&mut self, entries: impl IntoIterator<Item = u32>) {
        self.entries.extend(entries);
        self.ends.push(self.entries.len());
    }

    pub(crate) fn row(&self, at: usize) -> &[u32] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.entries.get(start..end).unwrap_or_default()
    }
}

/// Weights: `columns` drugs a feature, row after row, and an intercept a drug.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Logistic {
    pub(crate) columns: usize,
    pub(crate) intercepts: Vec<f32>,
    pub(crate) weights: Vec<f32>,
}

/// What is fitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit<'a> {
    /// Features of each admission.
    pub features: &'a Rows,
    /// Drugs of each admission.
    pub given: &'a Rows,
    /// Rows of the two that count.
    pub rows: &'a [usize],
    /// Number of features.
    pub width: usize,
    /// Number of drugs.
    pub columns: usize,
    /// Strength of the normal prior.
    pub lambda: f32,
    /// Threads.
    pub threads: usize,
}

impl Fit<'_> {
    /// Solves it. `done` is called after each block with blocks done and blocks in all.
    pub(crate) fn solve(&self, stop: Stop<'_>, done: &(dyn Fn(usize, usize) + Sync)) -> Result<Logistic, Stopped> {
        let blocks = self.columns.div_ceil(LANES);
        let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let solved: Mutex<Vec<(usize, Vec<f32>)>> = Mutex::new(Vec::with_capacity(blocks));
        std::thread::scope(|scope| {
            for _ in 0..self.threads.clamp(1, blocks.max(1)) {
                scope.spawn(|| {
                    loop {
                        let block = next.fetch_add(1, Ordering::Relaxed);
                        if block >= blocks || stop.asked() {
                            return;
                        }
                        let weights = self.block(block, stop);
                        solved.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((block, weights));
                        done(finished.fetch_add(1, Ordering::Relaxed) + 1, blocks);
                    }
                });
            }
        });
        stop.check()?;
        Ok(self.assemble(solved.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)))
    }

    /// Blocks side by side, intercepts apart.
    fn assemble(&self, blocks: Vec<(usize, Vec<f32>)>) -> Logistic {
        let mut logistic = Logistic {
            columns: self.columns,
            intercepts: vec![0.0; self.columns],
            weights: vec![0.0; self.columns * self.width],
        };
        for (block, solved) in blocks {
            let first = block * LANES;
            let lanes = LANES.min(self.columns.saturating_sub(first));
            for (row, values) in solved.chunks_exact(LANES).enumerate() {
                let into = if row == self.width {
                    logistic.intercepts.get_mut(first..first + lanes)
                } else {
                    let start = row * self.columns + first;
                    logistic.weights.get_mut(start..start + lanes)
                };
                for (to, from) in into.into_iter().flatten().zip(values) {
                    *to = *from;
                }
            }
        }
        logistic
    }

    /// Weights of one block, a row of lanes for each feature and one for the intercepts.
    fn block(&self, block: usize, stop: Stop<'_>) -> Vec<f32> {
        let first = block * LANES;
        let mut hold = [0.0_f32; LANES];
        let mut counts = [0.0_f32; LANES];
        for &row in self.rows {
            for lane in lanes(self.given.row(row), first) {
                if let Some(count) = counts.get_mut(lane) {
                    *count += 1.0;
                }
            }
        }
        let rows = f32_of(self.rows.len());
        for (hold, count) in hold.iter_mut().zip(counts) {
            *hold = ((count + 0.5) / (rows - count + 0.5)).ln();
        }
        let mut weights = vec![0.0_f32; (self.width + 1) * LANES];
        for (w, h) in weights.iter_mut().skip(self.width * LANES).zip(hold) {
            *w = h;
        }
        let problem = Block { fit: self, first, hold };
        minimise(&problem, &mut weights, stop);
        weights
    }
}

/// The lanes of a block that are among the drugs of an admission.
fn lanes(given: &[u32], first: usize) -> impl Iterator<Item = usize> + '_ {
    let lane = move |&drug: &u32| usize::try_from(drug).ok()?.checked_sub(first).filter(|&lane| lane < LANES);
    given.iter().filter_map(lane)
}

fn f32_of(count: usize) -> f32 {
    // Rounded beyond 2^24, which is more admissions than there are.
    let mut value = 0.0_f32;
    let (high, low) = (count / 65_536, count % 65_536);
    value += f32::from(u16::try_from(high).unwrap_or(u16::MAX)) * 65_536.0;
    value + f32::from(u16::try_from(low).unwrap_or(u16::MAX))
}

/// `1 / (1 + e^-z)`.
fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + (-z).exp())
}

/// The problem of one block.
struct Block<'f, 'a> {
    fit: &'f Fit<'a>,
    first: usize,
    hold: [f32; LANES],
}

impl Block<'_, '_> {
    /// Loss at these weights; the gradient goes to `gradient`.
    fn evaluate(&self, weights: &[f32], gradient: &mut [f32]) -> f64 {
        let fit = self.fit;
        let intercepts = fit.width * LANES;
        let mut loss = 0.0_f64;
        gradient.fill(0.0);
        let mut along = [0.0_f32; LANES];
        let own = weights.get(intercepts..).and_then(|w| w.first_chunk()).copied().unwrap_or([0.0; LANES]);
        for &row in fit.rows {
            let mut z = own;
            let features = fit.features.row(row);
            for &feature in features {
                if let Some(weights) = lane_row(weights, feature) {
                    add(&mut z, weights);
                }
            }
            let mut error = [0.0_f32; LANES];
            // ln(1 + e^z) without overflow is max(z, 0) - ln(max(p, 1 - p)); a product of 64 halves is in range.
            let (mut row_loss, mut likely) = (0.0_f32, 1.0_f32);
            for (e, &z) in error.iter_mut().zip(&z) {
                *e = sigmoid(z);
                row_loss += z.max(0.0);
                likely *= (1.0 - *e).max(*e);
            }
            row_loss -= likely.ln();
            for lane in lanes(fit.given.row(row), self.first) {
                if let (Some(e), Some(z)) = (error.get_mut(lane), z.get(lane)) {
                    *e -= 1.0;
                    row_loss -= z;
                }
            }
            loss += f64::from(row_loss);
            add(&mut along, &error);
            for &feature in features {
                if let Some(into) = lane_row_mut(gradient, feature) {
                    add(into, &error);
                }
            }
        }
        let (of_features, of_intercepts) = weights.split_at(intercepts.min(weights.len()));
        let mut squares = 0.0_f64;
        for (g, w) in gradient.iter_mut().zip(of_features) {
            *g += fit.lambda * w;
            squares += f64::from(w * w);
        }
        loss += 0.5 * f64::from(fit.lambda) * squares;
        let mut held = 0.0_f64;
        for (((g, w), h), sum) in gradient.iter_mut().skip(intercepts).zip(of_intercepts).zip(&self.hold).zip(&along) {
            *g = sum + HOLD * (w - h);
            held += f64::from((w - h) * (w - h));
        }
        loss + 0.5 * f64::from(HOLD) * held
    }
}

/// The lanes of a feature. Of fixed length, so that they are added without a loop.
fn lane_row(values: &[f32], feature: u32) -> Option<&[f32; LANES]> {
    let start = usize::try_from(feature).ok()? * LANES;
    values.get(start..)?.first_chunk()
}

fn lane_row_mut(values: &mut [f32], feature: u32) -> Option<&mut [f32; LANES]> {
    let start = usize::try_from(feature).ok()? * LANES;
    values.get_mut(start..)?.first_chunk_mut()
}

fn add(to: &mut [f32; LANES], row: &[f32; LANES]) {
    for (to, from) in to.iter_mut().zip(row) {
        *to += from;
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    // Chunks in single precision, their sum in double: fast, and exact enough for millions of terms.
    let chunk = |(a, b): (&[f32], &[f32])| f64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>());
    a.chunks(LANES).zip(b.chunks(LANES)).map(chunk).sum()
}

/// A remembered step and the change of the gradient over it.
struct Pair {
    step: Vec<f32>,
    change: Vec<f32>,
    curvature: f64,
}

/// L-BFGS with step halving, in place.
fn minimise(problem: &Block<'_, '_>, weights: &mut Vec<f32>, stop: Stop<'_>) {
    let mut gradient = vec![0.0_f32; weights.len()];
    let mut loss = problem.evaluate(weights, &mut gradient);
    let first_length = dot(&gradient, &gradient).sqrt();
    let mut memory: Vec<Pair> = Vec::with_capacity(MEMORY);
    for _ in 0..STEPS {
        let length = dot(&gradient, &gradient).sqrt();
        if length <= SHRUNK * first_length || stop.asked() {
            return;
        }
        let direction = direction(&gradient, &memory, length);
        let slope = dot(&direction, &gradient);
        let mut share = 1.0_f32;
        let mut taken = None;
        for _ in 0..20 {
            let next: Vec<f32> = weights.iter().zip(&direction).map(|(w, d)| w + share * d).collect();
            let mut next_gradient = vec![0.0_f32; next.len()];
            let next_loss = problem.evaluate(&next, &mut next_gradient);
            if next_loss <= loss + 1e-4 * f64::from(share) * slope {
                taken = Some((next, next_gradient, next_loss));
                break;
            }
            share *= 0.5;
        }
        // No step goes down any more: single precision is at its end.
        let Some((next, next_gradient, next_loss)) = taken else { return };
        let step: Vec<f32> = next.iter().zip(weights.iter()).map(|(a, b)| a - b).collect();
        let change: Vec<f32> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&step, &change);
        if curvature > 1e-10 {
            if memory.len() == MEMORY {
                memory.remove(0);
            }
            memory.push(Pair { step, change, curvature });
        }
        (*weights, gradient, loss) = (next, next_gradient, next_loss);
    }
}

/// The direction in which to go: the two loops of L-BFGS.
fn direction(gradient: &[f32], memory: &[Pair], length: f64) -> Vec<f32> {
    let mut q: Vec<f32> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = narrow(dot(&pair.step, &q) / pair.curvature);
        for (q, c) in q.iter_mut().zip(&pair.change) {
            *q -= share * c;
        }
        shares.push(share);
    }
    let scale = match memory.last() {
        Some(pair) => narrow(pair.curvature / dot(&pair.change, &pair.change).max(1e-30)),
        None => narrow(1.0 / length.max(1.0)),
    };
    for q in &mut q {
        *q *= scale;
    }
    for (pair, share) in memory.iter().zip(shares.iter().rev()) {
        let back = narrow(dot(&pair.change, &q) / pair.curvature);
        for (q, s) in q.iter_mut().zip(&pair.step) {
            *q += (share - back) * s;
        }
    }
    q
}

/// To single precision.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "std has no other way to round to f32")]
pub(crate) const fn narrow(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Logistic {
        /// Log-odds of every drug for an admission with these features.
        fn log_odds(&self, features: impl IntoIterator<Item = u32>) -> Vec<f32> {
            let mut z = self.intercepts.clone();
            for feature in features {
                let start = usize::try_from(feature).unwrap_or(usize::MAX).saturating_mul(self.columns);
                let row = self.weights.get(start..start.saturating_add(self.columns)).unwrap_or_default();
                for (z, w) in z.iter_mut().zip(row) {
                    *z += w;
                }
            }
            z
        }
    }

    fn table(rows: &[&[u32]]) -> Rows {
        let mut table = Rows::default();
        for row in rows {
            table.push(row.iter().copied());
        }
        table
    }

    /// Forty admissions: with feature 0 three of four get drug 0, without it one of four; drug 1 is always given.
    fn forty() -> (Rows, Rows) {
        let (mut features, mut given) = (Rows::default(), Rows::default());
        for i in 0..40_u32 {
            let with = i < 20;
            features.push(with.then_some(0));
            let gets = if with { i % 4 != 0 } else { i % 4 == 0 };
            given.push(gets.then_some(0).into_iter().chain([1]));
        }
        (features, given)
    }

    #[test]
    fn weights_are_the_posterior_mode() {
        let (features, given) = forty();
        let rows: Vec<usize> = (0..40).collect();
        let fit =
            Fit { features: &features, given: &given, rows: &rows, width: 1, columns: 2, lambda: 1.0, threads: 2 };
        let solved = fit.solve(Stop::never(), &|_, _| {}).unwrap();
        // At the mode the gradient is zero: errors against the pull of the normal prior.
        let (b, w) = (solved.intercepts[0], solved.weights[0]);
        let with = 20.0 * sigmoid(b + w) - 15.0;
        let without = 20.0 * sigmoid(b) - 5.0;
        assert!((with + w).abs() < 0.05, "{with} {w}");
        assert!((with + without + HOLD * b).abs() < 0.05, "{with} {without} {b}");
        assert!(w > 1.0, "{w}");
        let known = solved.log_odds([0]);
        assert!(sigmoid(known[0]) > 0.65 && sigmoid(known[1]) > 0.9, "{known:?}");
    }

    #[test]
    fn a_strong_prior_leaves_the_frequency() {
        let (features, given) = forty();
        let rows: Vec<usize> = (0..40).collect();
        let fit =
            Fit { features: &features, given: &given, rows: &rows, width: 1, columns: 2, lambda: 1e6, threads: 1 };
        let solved = fit.solve(Stop::never(), &|_, _| {}).unwrap();
        assert!((sigmoid(solved.log_odds([0])[0]) - 0.5).abs() < 0.01);
    }

    #[test]
    fn threads_change_no_byte() {
        let (mut features, mut given) = (Rows::default(), Rows::default());
        for i in 0..300_u32 {
            features.push([i % 7, 7 + i % 5]);
            given.push((0..150).filter(|d| (i * 31 + d * 17) % 11 < 3));
        }
        let rows: Vec<usize> = (0..300).collect();
        let solve = |threads| {
            let fit =
                Fit { features: &features, given: &given, rows: &rows, width: 12, columns: 150, lambda: 2.0, threads };
            fit.solve(Stop::never(), &|_, _| {}).unwrap()
        };
        assert_eq!(solve(1), solve(3));
    }

    #[test]
    fn rows_come_back_as_they_went_in() {
        let rows = table(&[&[3, 4], &[], &[9]]);
        assert_eq!((rows.row(0), rows.row(1), rows.row(2), rows.row(3)), (&[3, 4][..], &[][..], &[9][..], &[][..]));
    }
}
