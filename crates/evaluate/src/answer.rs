//! Suggestions as they are read: of each line what a metric asks for.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::Status;
use bogam_knowledge::KnowledgeBase;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A line of `bogam suggest`, as far as it is evaluated. Any other program may write such lines.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SuggestionLine {
    /// Identifier of the case; null in an error line whose case could not be read.
    pub case_id: Option<String>,
    /// Answered or not.
    pub status: Status,
    /// The list.
    pub drugs: Vec<ListedDrug>,
    /// Taken out of the list; ranked with it.
    #[serde(default)]
    pub withheld: Vec<RankedDrug>,
    /// Every other candidate; ranked with them.
    #[serde(default)]
    pub considered: Vec<RankedDrug>,
}

/// A drug of the list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ListedDrug {
    /// Ingredient id.
    pub ingredient: String,
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
pub struct RankedDrug {
    /// Ingredient id.
    pub ingredient: String,
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

/// What a case was answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A list.
    List(SuggestionLine),
    /// An error line.
    Error,
    /// Two lists: which of them holds is not known, so that it counts as an error.
    Twice,
}

impl Answer {
    /// The lines of one case come together the same in whatever order they stand: a list counts over an error, two lists
    /// that differ are none.
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

/// Answers by case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    by_case: BTreeMap<String, Answer>,
    lines: usize,
    blank: usize,
    unreadable: usize,
    errors: usize,
}

impl Answers {
    /// Takes a line.
    ///
    /// # Errors
    /// When it cannot be evaluated. It is counted as unreadable; its case stays without an answer.
    pub fn add(&mut self, line: SuggestionLine) -> Result<(), LineFault> {
        let case = line.case_id.clone();
        let answer = match line.status {
            Status::Error => {
                self.errors += 1;
                Answer::Error
            }
            Status::Ok => match fault(&line) {
                Some(fault) => {
                    self.unreadable();
                    return Err(fault);
                }
                None => Answer::List(line),
            },
        };
        self.lines += 1;
        if let Some(case) = case {
            let joined = match self.by_case.remove(&case) {
                Some(before) => before.join(answer),
                None => answer,
            };
            self.by_case.insert(case, joined);
        }
        Ok(())
    }

    /// Counts a line that is no suggestion.
    pub fn unreadable(&mut self) {
        self.lines += 1;
        self.unreadable += 1;
    }

    /// Counts lines without anything.
    pub fn blank(&mut self, lines: usize) {
        self.blank += lines;
    }

    /// The answer for a case.
    #[must_use]
    pub fn get(&self, case: &str) -> Option<&Answer> {
        self.by_case.get(case)
    }

    /// Cases with an answer, in order.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.by_case.keys().map(String::as_str)
    }

    /// Lines that are not blank.
    #[must_use]
    pub const fn lines(&self) -> usize {
        self.lines
    }

    /// Blank lines.
    #[must_use]
    pub const fn blank_lines(&self) -> usize {
        self.blank
    }

    /// Lines that are no suggestion.
    #[must_use]
    pub const fn unreadable_lines(&self) -> usize {
        self.unreadable
    }

    /// Lines with an error.
    #[must_use]
    pub const fn error_lines(&self) -> usize {
        self.errors
    }
}

fn fault(line: &SuggestionLine) -> Option<LineFault> {
    if line.case_id.is_none() {
        return Some(LineFault::NoCase);
    }
    let all_are = line.ranked().all(|(_, probability)| (0.0..=1.0).contains(&probability));
    (!all_are).then_some(LineFault::Probability)
}

impl SuggestionLine {
    /// Whether each drug is in the formulary and none is listed twice.
    pub(crate) fn is_valid(&self, knowledge: &KnowledgeBase) -> bool {
        let known = |drug: &ListedDrug| knowledge.find(&drug.ingredient).is_some();
        self.drugs.iter().all(known) && self.listed().len() == self.drugs.len()
    }

    /// The listed drugs, each once.
    pub(crate) fn listed(&self) -> BTreeSet<&str> {
        self.drugs.iter().map(|d| d.ingredient.as_str()).collect()
    }

    /// Drugs and probabilities of all three sets, as they stand.
    fn ranked(&self) -> impl Iterator<Item = (&str, f64)> {
        let others = self.withheld.iter().chain(&self.considered).map(|d| (d.ingredient.as_str(), d.probability));
        self.drugs.iter().map(|d| (d.ingredient.as_str(), d.probability)).chain(others)
    }

    /// The whole ranking: listed, withheld and considered by probability, ties by ingredient.
    pub(crate) fn ranking(&self) -> Vec<&str> {
        let mut all: Vec<(&str, f64)> = self.ranked().collect();
        all.sort_by(|(a, p), (b, q)| q.total_cmp(p).then_with(|| a.cmp(b)));
        all.into_iter().map(|(drug, _)| drug).collect()
    }
}
