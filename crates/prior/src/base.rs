//! The first step: each drug's log-odds from what the case tells, and how often it is given at all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::logistic::{Fit, Logistic, Rows, narrow};
use crate::stop::{Stop, Stopped};
use crate::table::Admissions;
use crate::told::{Told, number};

/// What fewer admissions than this told is not kept: no feature, no drug, no count.
pub const LEAST: usize = 10;

/// Shares of the readings below a cut point.
const CUTS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// A weight below this changes no probability that anybody sees.
const SEEN: f32 = 5e-4;

/// A number of the case, divided: column `first` says that it is known, the next ones that it is at least each cut point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Divided {
    first: u32,
    cuts: Vec<f32>,
}

/// Log-odds of each drug from what a case tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Base {
    columns: BTreeMap<String, u32>,
    divided: BTreeMap<String, Divided>,
    drugs: Vec<String>,
    /// Log-odds of the frequency of each drug.
    frequencies: Vec<f32>,
    /// The same for a drug of which too little is known: that of the average of such drugs.
    rare: f32,
    /// Log-odds of each drug when nothing is told.
    intercepts: Vec<f32>,
    /// Weights of each column: drug and weight.
    weights: Vec<Vec<(u16, f32)>>,
}

/// How it is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Settings {
    /// Strength of the normal prior on weights.
    pub lambda: f32,
    /// Drugs of the formulary: over them the rare ones are averaged.
    pub formulary: usize,
    /// Threads.
    pub threads: usize,
}

/// Columns for flags and numbers of some admissions.
struct Columns {
    of_flag: Vec<Option<u32>>,
    of_number: Vec<Option<Divided>>,
    width: usize,
}

impl Columns {
    fn of(table: &Admissions, rows: &[usize]) -> Self {
        let mut counts = vec![0_usize; table.flags.len()];
        let mut readings: Vec<Vec<f32>> = vec![Vec::new(); table.numbers.len()];
        for &row in rows {
            for &flag in table.told.row(row) {
                if let Some(count) = slot(&mut counts, flag) {
                    *count += 1;
                }
            }
            for &(name, value) in table.measured.get(row).into_iter().flatten() {
                if let Some(readings) = slot(&mut readings, name) {
                    readings.push(value);
                }
            }
        }
        let mut width = 0_u32;
        let mut next = |columns: u32| {
            let first = width;
            width += columns;
            first
        };
        // What always holds tells nothing.
        let kept = |count: usize| count >= LEAST && count + LEAST <= rows.len();
        // By name, so that the order in which admissions came changes nothing.
        let mut of_flag = vec![None; counts.len()];
        for flag in table.flags.by_name() {
            if let (Some(column), Some(&count)) = (of_flag.get_mut(flag), counts.get(flag)) {
                *column = kept(count).then(|| next(1));
            }
        }
        let mut of_number = vec![None; readings.len()];
        for name in table.numbers.by_name() {
            if let (Some(divided), Some(values)) = (of_number.get_mut(name), readings.get_mut(name)) {
                *divided = cuts(std::mem::take(values)).and_then(|cuts| {
                    let columns = 1 + u32::try_from(cuts.len()).ok()?;
                    Some(Divided { first: next(columns), cuts })
                });
            }
        }
        Self { of_flag, of_number, width: usize::try_from(width).unwrap_or(usize::MAX) }
    }

    fn row(&self, table: &Admissions, row: usize) -> Vec<u32> {
        let flags = table.told.row(row).iter().filter_map(|&flag| *get(&self.of_flag, flag)?);
        let numbers = table.measured.get(row).into_iter().flatten();
        let numbers = numbers.filter_map(|&(name, value)| Some(get(&self.of_number, name)?.as_ref()?.columns(value)));
        flags.chain(numbers.flatten()).collect()
    }
}

impl Divided {
    fn columns(&self, value: f32) -> Vec<u32> {
        let above = self.cuts.iter().zip(self.first + 1..).filter(|(cut, _)| value >= **cut).map(|(_, column)| column);
        std::iter::once(self.first).chain(above).collect()
    }
}

fn get<T>(list: &[T], at: u32) -> Option<&T> {
    list.get(usize::try_from(at).ok()?)
}

fn slot<T>(list: &mut [T], at: u32) -> Option<&mut T> {
    list.get_mut(usize::try_from(at).ok()?)
}

/// Cut points with at least [`LEAST`] readings on each side, to two digits: they tell of no single patient.
fn cuts(mut values: Vec<f32>) -> Option<Vec<f32>> {
    if values.len() < 2 * LEAST {
        return None;
    }
    values.sort_by(f32::total_cmp);
    let mut cuts: Vec<f32> = Vec::new();
    for share in CUTS {
        let place = values.len() * whole(share * 1000.0) / 1000;
        let place = place.clamp(LEAST, values.len() - LEAST);
        let Some(cut) = values.get(place).map(|v| two_digits(*v)) else { continue };
        let below = values.partition_point(|v| *v < cut);
        let enough = below >= LEAST && values.len() - below >= LEAST;
        if enough && cuts.last().is_none_or(|last| *last < cut) {
            cuts.push(cut);
        }
    }
    Some(cuts)
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, positive")]
const fn whole(x: f64) -> usize {
    x as usize
}

fn two_digits(x: f32) -> f32 {
    if x == 0.0 {
        return 0.0;
    }
    let scale = 10.0_f32.powf(x.abs().log10().floor() - 1.0);
    (x / scale).round() * scale
}

/// Log-odds of `count` of `of`, pulled a little to nothing.
fn log_odds(count: f64, of: usize) -> f32 {
    let p = ((count + 0.3) / (number(of) + 3.0)).clamp(1e-4, 1.0 - 1e-4);
    narrow((p / (1.0 - p)).ln())
}

impl Base {
    pub(crate) fn fit(
        table: &Admissions,
        rows: &[usize],
        settings: Settings,
        stop: Stop<'_>,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, Stopped> {
        let columns = Columns::of(table, rows);
        let mut counts = vec![0_usize; table.drugs.len()];
        for &row in rows {
            for &drug in table.given.row(row) {
                if let Some(count) = slot(&mut counts, drug) {
                    *count += 1;
                }
            }
        }
        let mut of_drug: Vec<Option<u32>> = vec![None; counts.len()];
        let (mut drugs, mut frequencies) = (Vec::new(), Vec::new());
        let mut rare = 0_usize;
        for drug in table.drugs.by_name() {
            let count = counts.get(drug).copied().unwrap_or(0);
            if count < LEAST {
                rare += count;
                continue;
            }
            if let Some(slot) = of_drug.get_mut(drug) {
                *slot = u32::try_from(drugs.len()).ok();
            }
            drugs.push(table.drugs.name(drug).to_owned());
            frequencies.push(log_odds(number(count), rows.len()));
        }
        let others = settings.formulary.saturating_sub(drugs.len()).max(1);
        let rare = log_odds(number(rare) / number(others), rows.len());
        let (mut features, mut given) = (Rows::default(), Rows::default());
        for &row in rows {
            features.push(columns.row(table, row));
            given.push(table.given.row(row).iter().filter_map(|&drug| *get(&of_drug, drug)?));
        }
        let all: Vec<usize> = (0..rows.len()).collect();
        let fit = Fit {
            features: &features,
            given: &given,
            rows: &all,
            width: columns.width,
            columns: drugs.len(),
            lambda: settings.lambda,
            threads: settings.threads,
        };
        let solved = fit.solve(stop, done)?;
        Ok(Self::assemble(table, &columns, drugs, (frequencies, rare), &solved))
    }

    fn assemble(
        table: &Admissions,
        columns: &Columns,
        drugs: Vec<String>,
        (frequencies, rare): (Vec<f32>, f32),
        solved: &Logistic,
    ) -> Self {
        let named = |number: usize, column: &Option<u32>| Some((table.flags.name(number).to_owned(), (*column)?));
        let divided =
            |number: usize, divided: &Option<Divided>| Some((table.numbers.name(number).to_owned(), divided.clone()?));
        let weights = solved.weights.chunks(solved.columns.max(1)).map(|row| {
            let seen = row.iter().zip(0_u16..).filter(|(weight, _)| weight.abs() >= SEEN);
            seen.map(|(weight, drug)| (drug, *weight)).collect()
        });
        Self {
            columns: columns.of_flag.iter().enumerate().filter_map(|(n, c)| named(n, c)).collect(),
            divided: columns.of_number.iter().enumerate().filter_map(|(n, d)| divided(n, d)).collect(),
            drugs,
            frequencies,
            rare,
            intercepts: solved.intercepts.clone(),
            weights: weights.collect(),
        }
    }

    /// Log-loss over some admissions: of all drugs that it knows.
    pub(crate) fn loss(&self, table: &Admissions, rows: &[usize]) -> f64 {
        let mut loss = 0.0;
        for &row in rows {
            let z = self.log_odds(&table.told_again(row));
            let given: Vec<&str> = table.drugs_of(row).collect();
            for (z, drug) in z.iter().zip(&self.drugs) {
                let z = f64::from(*z);
                loss += z.max(0.0) + (-z.abs()).exp().ln_1p();
                if given.contains(&drug.as_str()) {
                    loss -= z;
                }
            }
        }
        loss
    }

    /// Drugs of which it knows something, in order.
    pub(crate) fn drugs(&self) -> &[String] {
        &self.drugs
    }

    /// Log-odds of the frequency of each drug, and of a drug that is not among them.
    pub(crate) fn frequencies(&self) -> (&[f32], f32) {
        (&self.frequencies, self.rare)
    }

    /// Whether a flag is known.
    pub(crate) fn knows(&self, flag: &str) -> bool {
        self.columns.contains_key(flag)
    }

    /// Number of features.
    pub(crate) fn width(&self) -> usize {
        self.weights.len()
    }

    /// Log-odds of each drug.
    pub(crate) fn log_odds(&self, told: &Told) -> Vec<f32> {
        let flags = told.flags.iter().filter_map(|flag| self.columns.get(flag).copied());
        let numbers = told.numbers.iter().filter_map(|(name, value)| {
            let divided = self.divided.get(name)?;
            Some(divided.columns(narrow(*value)))
        });
        let mut z = self.intercepts.clone();
        for column in flags.chain(numbers.flatten()) {
            for (drug, weight) in get(&self.weights, column).into_iter().flatten() {
                if let Some(z) = z.get_mut(usize::from(*drug)) {
                    *z += weight;
                }
            }
        }
        z
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_points_leave_ten_on_each_side() {
        let values: Vec<f32> = (1..=100_u8).map(f32::from).collect();
        let found = cuts(values).unwrap();
        assert_eq!(found, [11.0, 26.0, 51.0, 76.0, 91.0]);
        assert_eq!(cuts(vec![1.0; 19]), None);
        assert_eq!(cuts(vec![1.0; 50]), Some(Vec::new()), "one value has no cut point");
    }

    #[test]
    fn two_digits_are_kept() {
        for (value, expected) in [(12_345.0, 12_000.0), (0.0123, 0.012), (-7.46, -7.5), (0.0, 0.0)] {
            let found = two_digits(value);
            assert!((found - expected).abs() <= expected.abs() * 1e-4, "{value}: {found}");
        }
    }
}
