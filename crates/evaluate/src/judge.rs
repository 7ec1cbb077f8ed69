//! Listed drugs for people who judge whether they suit the patient, and what the people said.
//!
//! Agreement with a record does not say whether a drug is right, and a reason in the tables of the packs does not either.
//! So a sample of admissions is drawn; each drug that some source lists for one of them is a row, once, whoever lists it;
//! the rows of an admission stand together, in random order, and do not say where they are from. A separate key does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::bootstrap::{Coded, Drawn, LANES, Lanes, SEED, Series, SplitMix, draw, ratio};
use crate::count;
use crate::evaluate::Evaluation;
use crate::raters::cohen;
use crate::report::{Agreement, Estimate, Judge, JudgedSource, Suitability};

/// Admissions that are drawn when no number is named.
pub const SAMPLE: usize = 50;

/// A listed drug that is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file, from 1.
    pub row: u64,
    /// The number of its admission in the file, from 1: the file has no other identifier.
    pub admission: u64,
    /// The case.
    pub case_id: String,
    /// Ingredient id.
    pub ingredient: String,
    /// The sources that list it.
    pub sources: Vec<String>,
}

/// Draws so many admissions of those with a list, of the cases that `usable` holds, and gives their rows.
#[must_use]
pub fn sample(evaluation: &Evaluation<'_>, admissions: usize, usable: &BTreeSet<String>) -> Vec<Row> {
    let mut numbers = SplitMix::after(SEED, 0);
    let mut cases = evaluation.listed_cases();
    cases.retain(|case| usable.contains(*case) && !evaluation.listed(case).is_empty());
    shuffle(&mut cases, &mut numbers);
    cases.truncate(admissions);
    let mut rows = Vec::new();
    for (admission, case) in (1..).zip(cases) {
        let mut drugs: Vec<(&str, Vec<&str>)> = evaluation.listed(case).into_iter().collect();
        shuffle(&mut drugs, &mut numbers);
        for (ingredient, sources) in drugs {
            rows.push(Row {
                row: count(rows.len()) + 1,
                admission,
                case_id: case.to_owned(),
                ingredient: ingredient.to_owned(),
                sources: sources.into_iter().map(str::to_owned).collect(),
            });
        }
    }
    rows
}

/// Fisher and Yates, from the end.
fn shuffle<T>(all: &mut [T], numbers: &mut SplitMix) {
    for end in (2..=all.len()).rev() {
        all.swap(end - 1, numbers.below(end));
    }
}

/// What a person said of a drug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// It suits.
    Yes,
    /// It does not.
    No,
    /// Not to be said from what is known.
    Unsure,
}

impl Judgement {
    const ALL: [Self; 3] = [Self::Yes, Self::No, Self::Unsure];

    const fn place(self) -> usize {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Unsure => 2,
        }
    }

    /// A judgement as it is written: `yes`, `no`, `unsure` or their first letters, `예`, `아니오`, `모름`; `None` when nothing
    /// is written.
    ///
    /// # Errors
    /// When it is something else.
    pub fn read(text: &str) -> Result<Option<Self>, UnknownJudgement> {
        match text.trim().to_lowercase().as_str() {
            "" => Ok(None),
            "yes" | "y" | "예" => Ok(Some(Self::Yes)),
            "no" | "n" | "아니오" => Ok(Some(Self::No)),
            "unsure" | "u" | "모름" => Ok(Some(Self::Unsure)),
            _other => Err(UnknownJudgement),
        }
    }
}

/// A judgement that is none of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`suitable` is none of yes, no and unsure; leave it empty when it was not judged")]
pub struct UnknownJudgement;

/// A row of a judge's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Its number.
    pub row: u64,
    /// Ingredient id, to see that file and key belong together.
    pub ingredient: String,
    /// What was said.
    pub judgement: Option<Judgement>,
}

/// What is wrong between a judge's file and the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JudgedFault {
    /// No such row in the key.
    #[error("row {0} is not in the key: is this the key of this file?")]
    NotInKey(u64),
    /// The key has another drug there.
    #[error("row {0} is of another drug than in the key: is this the key of this file?")]
    OtherDrug(u64),
    /// Twice in a file.
    #[error("row {0} stands twice: keep one of the two")]
    Twice(u64),
    /// A case of the key that was not recorded.
    #[error(
        "the case of row {0} is not among the recorded admissions: name the recorded file that the sample was made of"
    )]
    NotRecorded(u64),
}

/// A row of the key with the place of its patient among those of the key.
struct Keyed<'a> {
    patient: usize,
    row: &'a Row,
}

/// What the judges said, by source, with intervals over patients; the source called `main` comes first. Each element of
/// `files` is one judge.
///
/// # Errors
/// When a file does not belong to the key, or the key not to the recorded admissions; the place of the file with it.
pub fn suitability(
    key: &[Row],
    files: &[Vec<Judged>],
    main: &str,
    patient_of: impl Fn(&str) -> Option<u32>,
) -> Result<Suitability, (usize, JudgedFault)> {
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    let mut keyed: HashMap<u64, Keyed<'_>> = HashMap::new();
    for row in key {
        let patient = patient_of(&row.case_id).ok_or((0, JudgedFault::NotRecorded(row.row)))?;
        let next = places.len();
        let patient = *places.entry(patient).or_insert(next);
        keyed.insert(row.row, Keyed { patient, row });
    }
    let mut sources: Vec<&str> = key.iter().flat_map(|row| &row.sources).map(String::as_str).collect();
    sources.sort_by_key(|name| (*name != main, *name));
    sources.dedup();
    let mut judges = Vec::new();
    let mut said: Vec<BTreeMap<u64, Judgement>> = Vec::new();
    for (file, judged) in files.iter().enumerate() {
        check(judged, &keyed).map_err(|fault| (file, fault))?;
        let of: BTreeMap<u64, Judgement> = judged.iter().filter_map(|one| Some((one.row, one.judgement?))).collect();
        judges.push(Judge {
            judge: count(file) + 1,
            rows: count(judged.len()),
            not_judged: count(judged.len() - of.len()),
            sources: by_source(&of, &keyed, &sources, places.len()),
        });
        said.push(of);
    }
    let agreement = match said.as_slice() {
        [first, second, ..] => Some(agreement(first, second, &keyed, places.len())),
        _one => None,
    };
    Ok(Suitability { judges, agreement })
}

fn check(judged: &[Judged], key: &HashMap<u64, Keyed<'_>>) -> Result<(), JudgedFault> {
    let mut seen = BTreeSet::new();
    for one in judged {
        let keyed = key.get(&one.row).ok_or(JudgedFault::NotInKey(one.row))?;
        if keyed.row.ingredient != one.ingredient {
            return Err(JudgedFault::OtherDrug(one.row));
        }
        if !seen.insert(one.row) {
            return Err(JudgedFault::Twice(one.row));
        }
    }
    Ok(())
}

/// Judged drugs of a source by judgement.
struct Shares {
    coded: Coded,
    drugs: u64,
    admissions: BTreeSet<String>,
}

impl Drawn for Shares {
    fn block(&self, times: &[Lanes]) -> Vec<Lanes> {
        let sums = self.coded.sums(Judgement::ALL.len(), times);
        let total = total(&sums);
        sums.iter().map(|sum| ratio(sum, &total)).collect()
    }
}

fn total(sums: &[Lanes]) -> Lanes {
    let mut total = [0.0; LANES];
    for sum in sums {
        total.iter_mut().zip(sum).for_each(|(total, n)| *total += n);
    }
    total
}

fn by_source(
    said: &BTreeMap<u64, Judgement>,
    key: &HashMap<u64, Keyed<'_>>,
    sources: &[&str],
    patients: usize,
) -> Vec<JudgedSource> {
    let shares: Vec<Shares> = sources
        .iter()
        .map(|source| {
            let mut shares = Shares { coded: Coded::default(), drugs: 0, admissions: BTreeSet::new() };
            for (row, judgement) in said {
                let Some(keyed) = key.get(row) else { continue };
                if keyed.row.sources.iter().any(|name| name == source) {
                    shares.coded.add(keyed.patient, judgement.place());
                    shares.drugs += 1;
                    shares.admissions.insert(keyed.row.case_id.clone());
                }
            }
            shares
        })
        .collect();
    let subjects: Vec<&dyn Drawn> = shares.iter().map(|one| -> &dyn Drawn { one }).collect();
    let series = draw(patients, &subjects, 1, &mut |_, _| {});
    let first = series.first().and_then(|all| all.first()).cloned();
    let rows = sources.iter().zip(&shares).zip(&series).enumerate();
    rows.map(|(n, ((source, shares), series))| {
        let admissions = count(shares.admissions.len());
        let estimate = |at: usize| series.get(at).map(|one| one.estimate(admissions)).unwrap_or_default();
        let difference = |first: &Series| Some(first.less(series.first()?).estimate(admissions));
        JudgedSource {
            source: (*source).to_owned(),
            drugs: shares.drugs,
            suitable: estimate(0),
            unsuitable: estimate(1),
            unsure: estimate(2),
            difference: first.as_ref().filter(|_| n > 0).and_then(difference),
        }
    })
    .collect()
}

/// Pairs of judgements, three times three cells.
struct Pairs(Coded);

impl Drawn for Pairs {
    /// The share of equal judgements, and Cohen's kappa (Cohen 1960): `(o - e) / (1 - e)`, `o` that share, `e` what
    /// it would be if both judged with the same frequencies but independently. Undefined when both only ever say one
    /// thing.
    fn block(&self, times: &[Lanes]) -> Vec<Lanes> {
        let sums = self.0.sums(9, times);
        let (mut same, mut kappa) = ([f64::NAN; LANES], [f64::NAN; LANES]);
        for (lane, (same, kappa)) in same.iter_mut().zip(&mut kappa).enumerate() {
            let at = |a: usize, b: usize| sums.get(a * 3 + b).and_then(|sum| sum.get(lane)).copied().unwrap_or(0.0);
            (*same, *kappa) = cohen(at, 3);
        }
        vec![same, kappa]
    }
}

fn agreement(
    first: &BTreeMap<u64, Judgement>,
    second: &BTreeMap<u64, Judgement>,
    key: &HashMap<u64, Keyed<'_>>,
    patients: usize,
) -> Agreement {
    let mut pairs = Pairs(Coded::default());
    let mut admissions = BTreeSet::new();
    let mut drugs = 0;
    for (row, one) in first {
        if let (Some(other), Some(keyed)) = (second.get(row), key.get(row)) {
            pairs.0.add(keyed.patient, one.place() * 3 + other.place());
            admissions.insert(&keyed.row.case_id);
            drugs += 1;
        }
    }
    let series = draw(patients, &[&pairs], 1, &mut |_, _| {});
    let estimate = |n: usize| -> Estimate {
        let one = series.first().and_then(|all| all.get(n));
        one.map(|one| one.estimate(count(admissions.len()))).unwrap_or_default()
    };
    Agreement { drugs, same: estimate(0), kappa: estimate(1) }
}

/// The number of a row, as it is written in files.
#[must_use]
pub fn row_number(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|number| *number > 0)
}

/// Ages from 90 on are written as one, so that the file tells no rare age.
#[must_use]
pub fn age(years: f64) -> String {
    if years >= 90.0 { "90+".to_owned() } else { format!("{:.0}", years.floor()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_keeps_everything_and_is_the_same_every_time() {
        let shuffled = |seed: u64| {
            let mut all: Vec<u32> = (0..20).collect();
            shuffle(&mut all, &mut SplitMix::after(seed, 0));
            all
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(1);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<u32>>());
    }

    #[test]
    fn every_order_is_about_as_frequent() {
        let mut orders: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let mut numbers = SplitMix::after(7, 0);
        for _ in 0..6000 {
            let mut three = vec![1, 2, 3];
            shuffle(&mut three, &mut numbers);
            *orders.entry(three).or_default() += 1;
        }
        assert_eq!(orders.len(), 6);
        assert!(orders.values().all(|n| (850..1150).contains(n)), "{orders:?}");
    }

    #[test]
    fn kappa_is_that_of_the_textbook() {
        // Two raters over 50: both yes 20, both no 15, yes and no 5, no and yes 10. o = 0.7, e = 0.5, kappa = 0.4.
        let mut pairs = Pairs(Coded::default());
        for (cell, n) in [(0, 20), (4, 15), (1, 5), (3, 10)] {
            (0..n).for_each(|_| pairs.0.add(0, cell));
        }
        let figures = pairs.block(&[[1.0; LANES]]);
        assert!((figures[0][0] - 0.7).abs() < 1e-12 && (figures[1][0] - 0.4).abs() < 1e-12);
        let mut one_word = Pairs(Coded::default());
        one_word.0.add(0, 0);
        assert!(one_word.block(&[[1.0; LANES]])[1][0].is_nan());
    }

    #[test]
    fn judgements_are_read_in_two_languages_and_nothing_else_is_guessed() {
        let read = |text: &str| Judgement::read(text);
        assert_eq!([" Yes", "y", "예"].map(read), [Ok(Some(Judgement::Yes)); 3]);
        assert_eq!(["NO", "아니오"].map(read), [Ok(Some(Judgement::No)); 2]);
        assert_eq!((read("unsure"), read("  ")), (Ok(Some(Judgement::Unsure)), Ok(None)));
        assert_eq!(read("maybe"), Err(UnknownJudgement));
    }
}
