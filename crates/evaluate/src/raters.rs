//! How far people who judge the same things agree.
//!
//! *Observed agreement* is the share of pairs of people who judge a thing alike, averaged over things. *Kappa* is
//! `(o - e) / (1 - e)`, `o` that agreement, `e` what it would be by chance. Between two people `e` comes from each one's own
//! frequencies (Cohen 1960, A coefficient of agreement for nominal scales, Educ Psychol Meas 20:37); among more, from the
//! frequencies of all together (Fleiss 1971, Measuring nominal scale agreement among many raters, Psychol Bull 76:378).
//!
//! Fleiss has every thing judged by equally many. Here things are judged by different numbers of people, who need not be the
//! same: as with Gwet (Handbook of Inter-Rater Reliability, 2014, chapter 2, Fleiss' kappa with missing ratings) every
//! thing weighs the same, whether two or ten judged it, in `o` as in the frequencies of `e`; where all have the same number
//! this is Fleiss' own. A thing that one person judged tells nothing of agreement and is left out of both.
//!
//! Intervals are those of the bootstrap (see `bootstrap.rs`), in which groups of things are drawn whole: drugs that were
//! suggested for one patient, and judged in one go, resemble each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::bootstrap::{Drawn, LANES, Lanes, Series, draw, ratio};
use crate::{LEAST, index};

/// Fewer groups of things than this give no interval that means anything, and no figure is told without one.
pub const LEAST_GROUPS: usize = 5;

/// A thing that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgements {
    /// The group that it is drawn with, such as the case.
    pub group: i64,
    /// Who judged it, each once, and to which of two or more categories, from 0.
    pub by: Vec<(i64, u32)>,
}

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Two people, and the things that both judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// One, by number the lower.
    pub a: i64,
    /// The other.
    pub b: i64,
    /// Things that both judged.
    pub things: usize,
    /// Of these, judged alike.
    pub alike: usize,
    /// Cohen's kappa; `None` with fewer than [`LEAST`] things, or when both only ever say one thing.
    pub kappa: Option<f64>,
}

/// Agreement over things that two or more people judged. A figure is `None` with fewer than [`LEAST`] such things or
/// [`LEAST_GROUPS`] groups of them, and where it is not defined: kappa when everybody only ever says one thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agreed {
    /// Things that two or more judged.
    pub things: usize,
    /// People who judged one of them.
    pub people: usize,
    /// Share of pairs of people who judge a thing alike, averaged over things.
    pub observed: Option<Interval>,
    /// Cohen's kappa between two people, Fleiss' among more.
    pub kappa: Option<Interval>,
    /// Share of judgements that are the first category, averaged over things.
    pub first: Option<Interval>,
    /// Every two people who judged the same thing.
    pub pairs: Vec<Pair>,
}

/// Observed agreement, and Cohen's kappa, of the counts of each pair of categories. "Not a number" where nothing was
/// judged, or chance alone gives full agreement.
pub(crate) fn cohen(count: impl Fn(usize, usize) -> f64, categories: usize) -> (f64, f64) {
    let all: f64 = (0..categories).flat_map(|a| (0..categories).map(move |b| (a, b))).map(|(a, b)| count(a, b)).sum();
    if all <= 0.0 {
        return (f64::NAN, f64::NAN);
    }
    let one = |a: usize| (0..categories).map(|b| count(a, b)).sum::<f64>();
    let other = |b: usize| (0..categories).map(|a| count(a, b)).sum::<f64>();
    let alike = (0..categories).map(|c| count(c, c)).sum::<f64>() / all;
    let chance = (0..categories).map(|c| one(c) * other(c)).sum::<f64>() / (all * all);
    (alike, beyond(alike, chance))
}

/// Agreement beyond chance.
fn beyond(alike: f64, chance: f64) -> f64 {
    // Shares are sums of fractions, and may miss 1 by a rounding.
    if 1.0 - chance > 1e-9 { (alike - chance) / (1.0 - chance) } else { f64::NAN }
}

/// Figures of all things together.
#[derive(Debug, Clone)]
struct Table {
    /// For each group its sums over things: pairs judged alike (each thing's share), share of each category, and the
    /// counts of each pair of categories where there are two people.
    groups: Vec<Vec<f64>>,
    categories: usize,
    two: Option<(i64, i64)>,
}

impl Table {
    fn new(things: &[&Judgements], two: Option<(i64, i64)>) -> Self {
        let categories = things.iter().flat_map(|t| &t.by).map(|(_, c)| index(*c) + 1).max().unwrap_or(0).max(2);
        let numbers: BTreeMap<i64, usize> =
            things.iter().map(|t| t.group).collect::<BTreeSet<_>>().into_iter().zip(0..).collect();
        let columns = 2 + categories + categories * categories;
        let mut groups = vec![vec![0.0; columns]; numbers.len()];
        for thing in things {
            let Some(row) = numbers.get(&thing.group).and_then(|group| groups.get_mut(*group)) else { continue };
            let mut add = |column: usize, value: f64| {
                if let Some(cell) = row.get_mut(column) {
                    *cell += value;
                }
            };
            let people = crate::number(thing.by.len());
            add(0, 1.0);
            add(1, alike(thing));
            for (_, category) in &thing.by {
                add(2 + index(*category), 1.0 / people);
            }
            let said = |who: i64| thing.by.iter().find(|(by, _)| *by == who).map(|(_, category)| index(*category));
            if let Some((a, b)) = two
                && let (Some(a), Some(b)) = (said(a), said(b))
            {
                add(2 + categories + a * categories + b, 1.0);
            }
        }
        Self { groups, categories, two }
    }
}

/// Share of the pairs of people who judge a thing alike.
fn alike(thing: &Judgements) -> f64 {
    let people = crate::number(thing.by.len());
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    thing.by.iter().for_each(|(_, category)| *counts.entry(*category).or_default() += 1);
    let pairs: f64 = counts.values().map(|n| crate::number(*n) * (crate::number(*n) - 1.0)).sum();
    pairs / (people * (people - 1.0))
}

impl Drawn for Table {
    /// Observed agreement, kappa, share of the first category.
    fn block(&self, times: &[Lanes]) -> Vec<Lanes> {
        let columns = self.groups.first().map_or(0, Vec::len);
        let mut sums = vec![[0.0; LANES]; columns];
        for (row, times) in self.groups.iter().zip(times) {
            for (cell, sum) in row.iter().zip(&mut sums) {
                crate::bootstrap::add(sum, *cell, times);
            }
        }
        let column = |at: usize| sums.get(at).copied().unwrap_or([0.0; LANES]);
        let observed = ratio(&column(1), &column(0));
        let shares: Vec<Lanes> = (0..self.categories).map(|c| ratio(&column(2 + c), &column(0))).collect();
        let mut kappa = [f64::NAN; LANES];
        for (lane, (kappa, observed)) in kappa.iter_mut().zip(&observed).enumerate() {
            let of = |lanes: &Lanes| lanes.get(lane).copied().unwrap_or(f64::NAN);
            *kappa = if self.two.is_some() {
                let cell = |a: usize, b: usize| of(&column(2 + self.categories + a * self.categories + b));
                cohen(cell, self.categories).1
            } else {
                let chance = shares.iter().map(|share| of(share) * of(share)).sum();
                beyond(*observed, chance)
            };
        }
        vec![observed, kappa, shares.first().copied().unwrap_or([f64::NAN; LANES])]
    }
}

fn interval(series: Option<&Series>) -> Option<Interval> {
    let estimate = series?.estimate(0);
    Some(Interval { value: estimate.value?, low: estimate.low?, high: estimate.high? })
}

fn pairs(things: &[&Judgements]) -> Vec<Pair> {
    let mut counts: BTreeMap<(i64, i64), BTreeMap<(u32, u32), usize>> = BTreeMap::new();
    for thing in things {
        for (a, said_a) in &thing.by {
            for (b, said_b) in thing.by.iter().filter(|(b, _)| a < b) {
                *counts.entry((*a, *b)).or_default().entry((*said_a, *said_b)).or_default() += 1;
            }
        }
    }
    let pair = |((a, b), cells): ((i64, i64), BTreeMap<(u32, u32), usize>)| {
        let things: usize = cells.values().sum();
        let count =
            |a: usize, b: usize| crate::number(cells.get(&(crate::small(a), crate::small(b))).copied().unwrap_or(0));
        let categories = cells.keys().map(|(a, b)| index(*a.max(b)) + 1).max().unwrap_or(0);
        let (_, kappa) = cohen(count, categories);
        let enough = crate::count(things) >= LEAST;
        Pair {
            a,
            b,
            things,
            alike: cells.iter().filter(|((a, b), _)| a == b).map(|(_, n)| n).sum(),
            kappa: (enough && !kappa.is_nan()).then_some(kappa),
        }
    };
    counts.into_iter().map(pair).collect()
}

/// How far people agree over things that two or more of them judged.
#[must_use]
pub fn agreed(things: &[Judgements]) -> Agreed {
    let things: Vec<&Judgements> = things.iter().filter(|thing| thing.by.len() > 1).collect();
    let people: BTreeSet<i64> = things.iter().flat_map(|t| &t.by).map(|(who, _)| *who).collect();
    let two = match people.iter().copied().collect::<Vec<_>>().as_slice() {
        [a, b] => Some((*a, *b)),
        _ => None,
    };
    let table = Table::new(&things, two);
    let enough = crate::count(things.len()) >= LEAST && table.groups.len() >= LEAST_GROUPS;
    let series = if enough { draw(table.groups.len(), &[&table], 1, &mut |_, _| {}) } else { Vec::new() };
    let figure = |at: usize| interval(series.first().and_then(|all| all.get(at)));
    Agreed {
        things: things.len(),
        people: people.len(),
        observed: figure(0),
        kappa: figure(1),
        first: figure(2),
        pairs: pairs(&things),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row the number of people who put a thing into each category; nobody judges two things.
    fn counted(rows: &[&[u32]]) -> Vec<Judgements> {
        let mut who = 0;
        let thing = |(group, row): (i64, &&[u32])| Judgements {
            group,
            by: row
                .iter()
                .zip(0..)
                .flat_map(|(n, category)| (0..*n).map(move |_| category))
                .map(|category| {
                    who += 1;
                    (who, category)
                })
                .collect(),
        };
        (0..).zip(rows).map(thing).collect()
    }

    /// Two people over things in groups of one, so many in each pair of categories.
    fn pair_of(cells: &[(u32, u32, usize)]) -> Vec<Judgements> {
        let all = cells.iter().flat_map(|(a, b, n)| (0..*n).map(|_| vec![(1, *a), (2, *b)]));
        (0..).zip(all).map(|(group, by)| Judgements { group, by }).collect()
    }

    fn close(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() < by, "{a} is not {b}");
    }

    #[test]
    fn cohens_kappa_is_that_of_cohens_example() {
        // 200 judgements in three categories; observed 0.70, by chance 0.41, kappa 0.492.
        let cells =
            [(0, 0, 88), (0, 1, 14), (0, 2, 18), (1, 0, 10), (1, 1, 40), (1, 2, 10), (2, 0, 2), (2, 1, 6), (2, 2, 12)];
        let agreed = agreed(&pair_of(&cells));
        assert_eq!((agreed.things, agreed.people), (200, 2));
        close(agreed.observed.unwrap().value, 0.70, 1e-12);
        let kappa = agreed.kappa.unwrap();
        close(kappa.value, 0.492, 0.0005);
        // By the large-sample standard error of Fleiss, Cohen and Everitt (1969) for this table, about 0.055.
        close(kappa.high - kappa.low, 2.0 * 1.96 * 0.055, 0.03);
        close(agreed.first.unwrap().value, f64::from(120 + 100) / 400.0, 1e-12);
        let only = &agreed.pairs[..];
        assert_eq!((only.len(), only[0].things, only[0].alike), (1, 200, 140));
        close(only[0].kappa.unwrap(), kappa.value, 1e-12);
    }

    #[test]
    fn fleiss_kappa_is_that_of_the_worked_example() {
        // Ten things, fourteen people each, five categories: kappa 0.210, observed 0.378, by chance 0.213.
        let rows: [&[u32]; 10] = [
            &[0, 0, 0, 0, 14],
            &[0, 2, 6, 4, 2],
            &[0, 0, 3, 5, 6],
            &[0, 3, 9, 2, 0],
            &[2, 2, 8, 1, 1],
            &[7, 7, 0, 0, 0],
            &[3, 2, 6, 3, 0],
            &[2, 5, 3, 2, 2],
            &[6, 5, 2, 1, 0],
            &[0, 2, 2, 3, 7],
        ];
        let agreed = agreed(&counted(&rows));
        close(agreed.observed.unwrap().value, 0.378, 0.0005);
        close(agreed.kappa.unwrap().value, 0.210, 0.0005);
        close(agreed.first.unwrap().value, 20.0 / 140.0, 1e-12);
    }

    #[test]
    fn things_weigh_the_same_however_many_judged_them() {
        // Ten things judged alike by two, ten on which four are divided two to two.
        let mut rows: Vec<&[u32]> = vec![&[2, 0]; 10];
        let divided: &[u32] = &[2, 2];
        rows.extend([divided; 10]);
        // Judged by one only: left out.
        rows.push(&[0, 1]);
        let agreed = agreed(&counted(&rows));
        assert_eq!(agreed.things, 20);
        // Alike: 1 of the first, a third of the second; the first category 1 and a half.
        let (observed, first) = ((1.0 + 1.0 / 3.0) / 2.0, 0.75);
        let chance: f64 = first * first + 0.25 * 0.25;
        close(agreed.observed.unwrap().value, observed, 1e-12);
        close(agreed.first.unwrap().value, first, 1e-12);
        close(agreed.kappa.unwrap().value, (observed - chance) / (1.0 - chance), 1e-12);
    }

    #[test]
    fn nothing_is_told_of_too_few_or_of_one_word() {
        assert_eq!(agreed(&[]), Agreed::default());
        let few = agreed(&pair_of(&[(0, 0, 6), (1, 1, 3)]));
        assert_eq!((few.things, few.observed, few.kappa, few.first), (9, None, None, None));
        assert_eq!(few.pairs[0].kappa, None);
        let mut one_group = pair_of(&[(0, 0, 20), (1, 1, 20)]);
        one_group.iter_mut().for_each(|thing| thing.group %= 4);
        assert_eq!(agreed(&one_group).kappa, None);
        let same = agreed(&pair_of(&[(0, 0, 30)]));
        assert_eq!((same.observed.unwrap().value, same.kappa), (1.0, None));
        assert_eq!(same.pairs[0].kappa, None);
    }
}
