//! The whole of it: files' contents in, report out.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::RecordedAdmission;
use bogam_knowledge::KnowledgeBase;

use crate::answer::{Answer, Answers, SuggestionLine};
use crate::bootstrap::{Draws, RESAMPLES, Ratio, SEED};
use crate::coverage::coverage;
use crate::report::{Bootstrap, Counted, Counts, MostPrescribed, Report};
use crate::slice::{self, Admission, Slice};
use crate::{count, number};

/// Recorded admissions by case.
pub type Recorded = BTreeMap<String, RecordedAdmission>;

/// What is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// What was recorded: these admissions are evaluated, whether they were answered or not.
    pub recorded: &'a Recorded,
    /// What was suggested.
    pub answers: &'a Answers,
    /// What the most-prescribed drugs are counted on; else the recorded admissions.
    pub training: Option<&'a Recorded>,
    /// The formulary, the ATC codes and the interactions.
    pub knowledge: &'a KnowledgeBase,
}

/// Compares suggestions with what was recorded.
///
/// All figures are means over admissions, so that each admission counts the same, and their intervals are over patients.
/// An error or an empty list is a list without a hit; a recorded drug that was never a candidate is missed. An admission
/// without a recorded drug of a slice has nothing to compare with: it is counted and left out there.
#[must_use]
pub fn evaluate(inputs: &Inputs<'_>) -> Report {
    let mut patients: BTreeMap<&str, Vec<Admission<'_>>> = BTreeMap::new();
    for record in inputs.recorded.values() {
        let list = match inputs.answers.get(&record.case_id) {
            Some(Answer::List(list)) => Some(list),
            Some(Answer::Error | Answer::Twice) | None => None,
        };
        patients.entry(&record.patient_id).or_default().push(Admission { record, list });
    }
    let training = inputs.training.unwrap_or(inputs.recorded);
    let slice = |slice| slice::report(slice, &patients, training.values(), inputs.knowledge);
    let (all, within_24_hours) = (slice(Slice::All), slice(Slice::FirstDay));
    let draws = Draws::over(patients.len());
    let numbered = || patients.values().enumerate().flat_map(|(n, admissions)| admissions.iter().map(move |a| (n, a)));
    let lists: Vec<(usize, Option<&SuggestionLine>)> = numbered().map(|(n, admission)| (n, admission.list)).collect();
    let valid = |list: Option<&SuggestionLine>| number(usize::from(list.is_some_and(|l| l.is_valid(inputs.knowledge))));
    let output = Ratio::new(patients.len(), lists.iter().map(|(patient, list)| (*patient, valid(*list), 1.0)));
    let most_prescribed = most_prescribed(inputs.training, training, &patients);
    Report {
        bogam: env!("CARGO_PKG_VERSION").to_owned(),
        knowledge: inputs.knowledge.hash().to_owned(),
        notices: notices(inputs, patients.len(), &most_prescribed),
        counts: counts(inputs, &lists),
        bootstrap: Bootstrap { resamples: RESAMPLES, seed: SEED, level: 0.95, unit: "patient".to_owned() },
        most_prescribed,
        output_rate: draws.ratio(&output),
        coverage: coverage(&draws, patients.len(), &lists),
        all,
        within_24_hours,
        drugs: slice::drugs(numbered().map(|(_, admission)| admission)),
    }
}

fn most_prescribed(
    given: Option<&Recorded>,
    training: &Recorded,
    patients: &BTreeMap<&str, Vec<Admission<'_>>>,
) -> MostPrescribed {
    let there: BTreeSet<&str> = training.values().map(|record| record.patient_id.as_str()).collect();
    MostPrescribed {
        counted_on: if given.is_some() { Counted::Training } else { Counted::Recorded },
        admissions: count(training.len()),
        patients: count(there.len()),
        shared_patients: count(there.iter().filter(|id| patients.contains_key(**id)).count()),
    }
}

fn notices(inputs: &Inputs<'_>, patients: usize, most_prescribed: &MostPrescribed) -> Vec<String> {
    let shared = inputs.training.is_some() && most_prescribed.shared_patients > 0;
    let all = [(true, "retrospective"), (patients < 2, "no_interval"), (shared, "training_shares_patients")];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code.to_owned()).collect()
}

fn counts(inputs: &Inputs<'_>, lists: &[(usize, Option<&SuggestionLine>)]) -> Counts {
    let Inputs { recorded, answers, knowledge, training: _ } = inputs;
    let cases =
        |holds: fn(Option<&Answer>) -> bool| count(recorded.keys().filter(|case| holds(answers.get(case))).count());
    let with = |holds: &dyn Fn(&SuggestionLine) -> bool| {
        count(lists.iter().filter_map(|(_, list)| *list).filter(|list| holds(list)).count())
    };
    let drugs = || recorded.values().flat_map(|record| &record.drugs);
    let has_atc = |drug: &str| knowledge.find(drug).is_some_and(|ix| !knowledge.ingredient(ix).entry.atc.is_empty());
    let patients: BTreeSet<&str> = recorded.values().map(|record| record.patient_id.as_str()).collect();
    Counts {
        admissions: count(recorded.len()),
        patients: count(patients.len()),
        with_list: with(&|_| true),
        empty_lists: with(&|list| list.drugs.is_empty()),
        invalid_lists: with(&|list| !list.is_valid(knowledge)),
        with_error: cases(|answer| matches!(answer, Some(Answer::Error))),
        without_line: cases(|answer| answer.is_none()),
        with_two_lists: cases(|answer| matches!(answer, Some(Answer::Twice))),
        suggestion_lines: count(answers.lines()),
        blank_lines: count(answers.blank_lines()),
        unreadable_lines: count(answers.unreadable_lines()),
        error_lines: count(answers.error_lines()),
        not_recorded: count(answers.cases().filter(|case| !recorded.contains_key(*case)).count()),
        start_unknown: count(drugs().filter(|drug| drug.first_hour.is_none()).count()),
        without_atc: count(drugs().filter(|drug| !has_atc(&drug.ingredient)).count()),
        unmapped: recorded.values().map(|record| count(record.unmapped.len())).sum(),
        not_drugs: recorded.values().map(|record| record.not_drugs).sum(),
    }
}
