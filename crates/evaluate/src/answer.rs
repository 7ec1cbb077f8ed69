//! Suggestions as they are read: of each line what a metric asks for.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use bogam_clinical::record::Status;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::drugs::{Drug, Drugs, Level, Positions};
use crate::recorded::{Admission, Recorded};
use crate::report::Levels;

/// A line of `bogam suggest`, as far as it is evaluated. Any other program may write such lines. Names are borrowed from
/// the line where they can be: of hundreds of candidates few are kept.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SuggestionLine<'a> {
    /// Identifier of the case; null in an error line whose case could not be read.
    #[serde(borrow)]
    pub case_id: Option<Cow<'a, str>>,
    /// Answered or not.
    pub status: Status,
    /// The list.
    #[serde(borrow)]
    pub drugs: Vec<ListedDrug<'a>>,
    /// Taken out of the list; ranked with it.
    #[serde(default, borrow)]
    pub withheld: Vec<RankedDrug<'a>>,
    /// Every other candidate; ranked with them.
    #[serde(default, borrow)]
    pub considered: Vec<RankedDrug<'a>>,
}

/// A drug of the list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ListedDrug<'a> {
    /// Ingredient id.
    #[serde(borrow)]
    pub ingredient: Cow<'a, str>,
    /// How often such patients are given it, 0 to 1.
    pub probability: f64,
    /// The diagnoses that it is for: only whether there is one.
    #[serde(default, rename = "for")]
    pub indications: Vec<IgnoredAny>,
    /// Given for comfort or hospital routine.
    #[serde(default)]
    pub supportive: bool,
}

/// A candidate that is not in the list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RankedDrug<'a> {
    /// Ingredient id.
    #[serde(borrow)]
    pub ingredient: Cow<'a, str>,
    /// How often such patients are given it, 0 to 1.
    pub probability: f64,
}

/// A line that cannot be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Answered, but for which case?
    #[error("`case_id` is null in an answered line")]
    NoCase,
    /// Not a probability.
    #[error("a probability is not from 0 to 1")]
    Probability,
}

impl LineFault {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCase => "no_case_id",
            Self::Probability => "probability",
        }
    }
}

/// What is kept of a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    /// As they were listed, by number.
    pub drugs: Box<[Listed]>,
    /// Where the recorded drugs of the admission stand in the whole ranking, in their order, from 1; 0 is nowhere.
    pub positions: Levels<Box<[u32]>>,
}

/// What is kept of a listed drug.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Listed {
    pub drug: Drug,
    pub probability: f64,
    pub for_diagnosis: bool,
    pub supportive: bool,
}

impl List {
    fn new(line: &SuggestionLine<'_>, admission: &Admission, drugs: &mut Drugs<'_>, positions: &mut Positions) -> Self {
        let mut listed: Vec<Listed> = line
            .drugs
            .iter()
            .map(|drug| Listed {
                drug: drugs.number(&drug.ingredient),
                probability: drug.probability,
                for_diagnosis: !drug.indications.is_empty(),
                supportive: drug.supportive,
            })
            .collect();
        listed.sort_by(|a, b| a.drug.cmp(&b.drug).then_with(|| a.probability.total_cmp(&b.probability)));
        let ranking: Vec<Drug> = line.ranking().into_iter().map(|name| drugs.number(name)).collect();
        let mut at = |level: Level| -> Box<[u32]> {
            positions.begin();
            ranking.iter().for_each(|drug| positions.push(drugs.group(level, *drug)));
            let of = |drug| positions.get(drugs.group(level, drug)).unwrap_or(0);
            admission.drugs.iter().map(|given| of(given.drug)).collect()
        };
        let positions = Levels { ingredient: at(Level::Ingredient), atc4: at(Level::Atc4), atc3: at(Level::Atc3) };
        Self { drugs: listed.into(), positions }
    }

    /// The listed drugs with their probabilities, each once: of a repeated drug the greater one.
    pub(crate) fn once(&self) -> impl Iterator<Item = (Drug, f64)> + '_ {
        let next = self.drugs.iter().skip(1).map(|listed| Some(listed.drug)).chain([None]);
        let last = self.drugs.iter().zip(next).filter(|(listed, next)| *next != Some(listed.drug));
        last.map(|(listed, _)| (listed.drug, listed.probability))
    }

    /// Whether each drug is in the formulary and none is listed twice.
    pub(crate) fn is_valid(&self, drugs: &Drugs<'_>) -> bool {
        self.drugs.iter().all(|listed| drugs.in_formulary(listed.drug)) && self.once().count() == self.drugs.len()
    }
}

/// What a case was answered with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// A list.
    List(List),
    /// An error line.
    Error,
    /// Two lists: which of them holds is not known, so that it counts as an error.
    Twice,
}

impl Answer {
    /// The lines of one case come together the same in whatever order they stand: a list counts over an error, two lists
    /// that differ in what is evaluated are none.
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Twice, _) | (_, Self::Twice) => Self::Twice,
            (Self::List(a), Self::List(b)) => {
                if a == b {
                    Self::List(a)
                } else {
                    Self::Twice
                }
            }
            (Self::List(list), Self::Error) | (Self::Error, Self::List(list)) => Self::List(list),
            (Self::Error, Self::Error) => Self::Error,
        }
    }
}

/// The suggestions of one source, by the number of the recorded admission.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub name: String,
    answers: HashMap<u32, Answer>,
    not_recorded: BTreeSet<Box<str>>,
    positions: Positions,
    pub lines: usize,
    pub blank: usize,
    pub unreadable: usize,
    pub errors: usize,
}

impl Answers {
    pub(crate) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Takes a line. One that cannot be evaluated is counted as unreadable; its case stays without an answer.
    pub(crate) fn add(
        &mut self,
        line: &SuggestionLine<'_>,
        recorded: &Recorded,
        drugs: &mut Drugs<'_>,
    ) -> Result<(), LineFault> {
        match line.status {
            Status::Error => self.errors += 1,
            Status::Ok => {
                if let Some(fault) = fault(line) {
                    self.unreadable();
                    return Err(fault);
                }
            }
        }
        self.lines += 1;
        let Some(case) = &line.case_id else { return Ok(()) };
        let Some((number, admission)) = recorded.find(case).and_then(|n| Some((n, recorded.get(n)?))) else {
            self.not_recorded.insert(case.as_ref().into());
            return Ok(());
        };
        let answer = match line.status {
            Status::Error => Answer::Error,
            Status::Ok => Answer::List(List::new(line, admission, drugs, &mut self.positions)),
        };
        let joined = match self.answers.remove(&number) {
            Some(before) => before.join(answer),
            None => answer,
        };
        self.answers.insert(number, joined);
        Ok(())
    }

    /// Counts a line that is no suggestion.
    pub(crate) fn unreadable(&mut self) {
        self.lines += 1;
        self.unreadable += 1;
    }

    /// The answer for an admission.
    pub(crate) fn get(&self, admission: u32) -> Option<&Answer> {
        self.answers.get(&admission)
    }

    /// The list for an admission; `None` for an error, two lists, or no line.
    pub(crate) fn list(&self, admission: u32) -> Option<&List> {
        match self.get(admission) {
            Some(Answer::List(list)) => Some(list),
            Some(Answer::Error | Answer::Twice) | None => None,
        }
    }

    /// Cases without a recorded admission.
    pub(crate) fn not_recorded(&self) -> usize {
        self.not_recorded.len()
    }
}

fn fault(line: &SuggestionLine<'_>) -> Option<LineFault> {
    if line.case_id.is_none() {
        return Some(LineFault::NoCase);
    }
    let all_are = line.ranked().all(|(_, probability)| (0.0..=1.0).contains(&probability));
    (!all_are).then_some(LineFault::Probability)
}

impl SuggestionLine<'_> {
    /// Drugs and probabilities of all three sets, as they stand.
    fn ranked(&self) -> impl Iterator<Item = (&str, f64)> {
        let others = self.withheld.iter().chain(&self.considered).map(|d| (d.ingredient.as_ref(), d.probability));
        self.drugs.iter().map(|d| (d.ingredient.as_ref(), d.probability)).chain(others)
    }

    /// The whole ranking: listed, withheld and considered by probability, ties by ingredient.
    fn ranking(&self) -> Vec<&str> {
        let mut all: Vec<(&str, f64)> = self.ranked().collect();
        all.sort_by(|(a, p), (b, q)| q.total_cmp(p).then_with(|| a.cmp(b)));
        all.into_iter().map(|(drug, _)| drug).collect()
    }
}
