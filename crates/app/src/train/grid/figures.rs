//! From answers to the figures of the table.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use bogam_clinical::record::{RecordedAdmission, Status};
use bogam_evaluate::{Compared, Estimate, Evaluation, ListedDrug, RankedDrug, Report, Scores, SuggestionLine};
use bogam_knowledge::KnowledgeBase;
use serde::Serialize;
use serde_json::Value;

use super::lists::{Answer, Answers};
use super::{GridRequest, Known, Plan};
use crate::error::AppError;
use crate::evaluate::read;
use crate::job::JobSink;

/// The table: `grid.json`. Shares are from 0 to 1, with 95 % intervals over patients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grid {
    /// Version of the program.
    pub bogam: String,
    /// Hash of the base model.
    pub base: String,
    /// Its file.
    pub base_name: String,
    /// Hash of the samples.
    pub samples: String,
    /// Hash of the knowledge packs, whose formulary names are held to.
    pub knowledge: String,
    /// Hash of the prompts.
    pub prompts: String,
    /// Settings of the runs but the rank.
    pub settings: Value,
    /// Patients who were asked about, none of them trained on, and their admissions.
    pub patients: u64,
    /// Their admissions.
    pub admissions: u64,
    /// Drugs in the lists of scores: the mean number recorded for an admission of the others.
    pub list_length: usize,
    /// What was published.
    pub published: Published,
    /// The most-prescribed drugs of the others, as many as are in the lists of scores.
    pub most_prescribed: MostPrescribed,
    /// The untrained model, then each adapter.
    pub rows: Vec<Row>,
}

/// The published assistant's best figures (Llama-3.1-8B-Instruct on MIMIC-IV); no interval was given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Published {
    /// Share of answers in the right form.
    pub output_rate: f64,
    /// Share of listed drugs that were prescribed.
    pub accuracy: f64,
    /// Share of listed drugs that were judged appropriate to the diagnoses.
    pub suitability: f64,
}

const PUBLISHED: Published = Published { output_rate: 0.6, accuracy: 0.229, suitability: 0.982 };

/// A list that knows nothing of the patient.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MostPrescribed {
    /// Against all recorded drugs.
    pub scores: Scores<Estimate>,
    /// Admissions that it was counted on.
    pub admissions: u64,
}

/// One adapter, or none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Rank; null is the untrained model.
    pub rank: Option<usize>,
    /// Epochs that it was trained for.
    pub epoch: Option<usize>,
    /// Steps.
    pub step: Option<usize>,
    /// Hash of the adapter.
    pub adapter: Option<String>,
    /// Loss on the validation samples, nats a token of the answers.
    pub validation_loss: Option<f64>,
    /// Written freely: the published way. An answer out of form has no hit.
    pub free: Free,
    /// Written with names of the formulary only, as `suggest --method generate` writes.
    pub held: Figures,
    /// All drugs by `ln P(name | case)`.
    pub score: Figures,
    /// All drugs by `ln P(name | case) - ln P(name | empty case)`.
    pub lift: Figures,
}

/// Free answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Free {
    /// Share of answers in the right form: ended by themselves, each line a drug of the formulary, none twice.
    pub output_rate: Estimate,
    /// The same less the untrained model's, in the same draws.
    pub output_rate_gain: Option<Estimate>,
    /// Why others were not, with how many answers.
    pub out_of_form: BTreeMap<String, u64>,
    /// Against what was recorded.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Lists against all recorded drugs, by ingredient.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The scores.
    pub scores: Scores<Estimate>,
    /// The same less the untrained model's, in the same draws.
    pub gain: Option<Scores<Estimate>>,
}

/// What is taken of an answer.
#[derive(Clone, Copy)]
enum Way {
    Free,
    Held,
    Score,
    Lift,
}

pub(super) fn grid(
    (plan, base): (&Plan, &Path),
    known: &Known,
    answers: &[Answers],
    request: &GridRequest,
    knowledge: &KnowledgeBase,
    sink: &mut dyn JobSink,
) -> Result<Grid, AppError> {
    sink.stage("Comparing");
    let (admissions, drugs) = known.others;
    let length = usize::try_from((drugs + admissions / 2) / admissions.max(1)).unwrap_or(usize::MAX).max(1);
    let report = |way| report(way, known, answers, request, knowledge, length);
    let (free, held) = (report(Way::Free)?, report(Way::Held)?);
    let (score, lift) = (report(Way::Score)?, report(Way::Lift)?);
    let most = &score.all.by_level.ingredient;
    let rows = answers.iter().enumerate().map(|(at, one)| row(at, one, [&free, &held, &score, &lift]));
    Ok(Grid {
        bogam: plan.bogam.clone(),
        base: plan.base.clone(),
        base_name: base.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        samples: plan.samples.clone(),
        knowledge: plan.knowledge.clone(),
        prompts: plan.prompts.clone(),
        settings: plan.settings.clone(),
        patients: score.counts.patients,
        admissions: score.counts.admissions,
        list_length: length,
        published: PUBLISHED,
        most_prescribed: MostPrescribed {
            scores: most.map(|compared| compared.most_prescribed),
            admissions: score.most_prescribed.admissions,
        },
        rows: rows.collect(),
    })
}

/// One way of all answers against what was recorded; the first is the untrained model.
fn report(
    way: Way,
    known: &Known,
    answers: &[Answers],
    request: &GridRequest,
    knowledge: &KnowledgeBase,
    length: usize,
) -> Result<Report, AppError> {
    let mut evaluation = Evaluation::new(knowledge);
    evaluation.begin_training();
    read::recorded(&request.recorded, &mut |admission: &RecordedAdmission| {
        let asked = known.cases.contains(&admission.case_id);
        if asked { evaluation.record(admission) } else { evaluation.train(admission) }
    })?;
    for (at, one) in answers.iter().enumerate() {
        let source = evaluation.source(&at.to_string());
        for answer in one.cases.values() {
            let line = line(way, answer, one, length);
            evaluation.suggest(source, &line).map_err(|fault| AppError::Unusable(fault.to_string()))?;
        }
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(evaluation.report(threads, &mut |_, _| {}))
}

/// An answer as a suggestion is read. Only the order of the probabilities counts here.
fn line<'a>(way: Way, answer: &'a Answer, of: &Answers, length: usize) -> SuggestionLine<'a> {
    let ok = answer.fault.is_none() && !(matches!(way, Way::Free) && answer.out_of_form.is_some());
    let ranked: Vec<(&str, f64)> = match way {
        Way::Free => in_order(&answer.free),
        Way::Held => in_order(&answer.held),
        Way::Score => by_probability(answer.scores.iter().map(|(name, nats)| (name.as_str(), nats.exp()))),
        Way::Lift => by_probability(answer.scores.iter().filter_map(|(name, nats)| {
            let lift = nats - of.empty.get(name)?;
            Some((name.as_str(), 1.0 / (1.0 + (-lift).exp())))
        })),
    };
    let listed = match way {
        Way::Free | Way::Held => ranked.len(),
        Way::Score | Way::Lift => length,
    };
    let drug = |(name, probability): &(&'a str, f64)| ListedDrug {
        ingredient: Cow::Borrowed(*name),
        probability: *probability,
        indications: Vec::new(),
        supportive: false,
    };
    let rest = |(name, probability): &(&'a str, f64)| RankedDrug {
        ingredient: Cow::Borrowed(*name),
        probability: *probability,
    };
    SuggestionLine {
        case_id: Some(Cow::Borrowed(&answer.case_id)),
        status: if ok { Status::Ok } else { Status::Error },
        drugs: if ok { ranked.iter().take(listed).map(drug).collect() } else { Vec::new() },
        withheld: Vec::new(),
        considered: if ok { ranked.iter().skip(listed).map(rest).collect() } else { Vec::new() },
    }
}

/// What is written first is the most probable.
fn in_order(drugs: &[String]) -> Vec<(&str, f64)> {
    let place = |at: u32| 1.0 / (2.0 + f64::from(at));
    drugs.iter().zip(0..).map(|(name, at)| (name.as_str(), place(at))).collect()
}

fn by_probability<'a>(drugs: impl Iterator<Item = (&'a str, f64)>) -> Vec<(&'a str, f64)> {
    let mut ranked: Vec<(&str, f64)> = drugs.collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    ranked
}

fn row(at: usize, one: &Answers, [free, held, score, lift]: [&Report; 4]) -> Row {
    let mut out_of_form: BTreeMap<String, u64> = BTreeMap::new();
    for answer in one.cases.values() {
        for fault in answer.fault.iter().chain(&answer.out_of_form) {
            *out_of_form.entry(fault.clone()).or_default() += 1;
        }
    }
    let (output_rate, output_rate_gain) = match at.checked_sub(1).and_then(|at| free.beside.get(at)) {
        Some(beside) => (beside.output_rate, Some(negative(&beside.difference.output_rate))),
        None => (free.output_rate, None),
    };
    Row {
        rank: one.cell.as_ref().map(|cell| cell.rank),
        epoch: one.cell.as_ref().map(|cell| cell.epoch),
        step: one.cell.as_ref().map(|cell| cell.step),
        adapter: one.adapter.clone(),
        validation_loss: one.cell.as_ref().and_then(|cell| cell.validation_loss),
        free: Free { output_rate, output_rate_gain, out_of_form, figures: figures(at, free) },
        held: figures(at, held),
        score: figures(at, score),
        lift: figures(at, lift),
    }
}

/// The figures of the source of this number; the report compares the first with each other one.
fn figures(at: usize, report: &Report) -> Figures {
    let suggested = |compared: &Compared| compared.suggested;
    match at.checked_sub(1).and_then(|at| report.beside.get(at)) {
        Some(beside) => Figures {
            scores: beside.all.by_level.ingredient.map(suggested),
            gain: Some(beside.difference.all.by_level.ingredient.map(negative)),
        },
        None => Figures { scores: report.all.by_level.ingredient.map(suggested), gain: None },
    }
}

/// The other way round.
fn negative(difference: &Estimate) -> Estimate {
    let minus = |value: Option<f64>| value.map(|value| 0.0 - value);
    Estimate {
        value: minus(difference.value),
        low: minus(difference.high),
        high: minus(difference.low),
        admissions: difference.admissions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(free: &[&str], fault: Option<&str>) -> (Answers, Answer) {
        let scores = BTreeMap::from([("a".to_owned(), -1.0), ("b".to_owned(), -2.0), ("c".to_owned(), -3.0)]);
        let empty = BTreeMap::from([("a".to_owned(), -0.5), ("b".to_owned(), -2.0), ("c".to_owned(), -9.0)]);
        let answer = Answer {
            case_id: "case".to_owned(),
            fault: fault.map(str::to_owned),
            scores,
            held: vec!["c".to_owned(), "a".to_owned()],
            free: free.iter().map(|name| (*name).to_owned()).collect(),
            out_of_form: free.is_empty().then(|| "repeat".to_owned()),
        };
        (Answers { cell: None, adapter: None, empty, cases: BTreeMap::new() }, answer)
    }

    fn read(way: Way, free: &[&str], fault: Option<&str>) -> (Status, Vec<String>, usize) {
        let (of, answer) = answers(free, fault);
        let line = line(way, &answer, &of, 2);
        let names = line.drugs.iter().map(|drug| drug.ingredient.clone().into_owned()).collect();
        (line.status, names, line.considered.len())
    }

    #[test]
    fn lists_are_as_written_and_scores_are_cut_to_one_length() {
        let ok = |names: &[&str], rest| (Status::Ok, names.iter().map(|n| (*n).to_owned()).collect(), rest);
        assert_eq!(read(Way::Free, &["b"], None), ok(&["b"], 0));
        assert_eq!(read(Way::Held, &["b"], None), ok(&["c", "a"], 0));
        assert_eq!(read(Way::Score, &["b"], None), ok(&["a", "b"], 1));
        assert_eq!(read(Way::Lift, &["b"], None), ok(&["c", "b"], 1));
    }

    #[test]
    fn an_answer_out_of_form_is_no_list_and_a_case_that_is_too_long_has_none() {
        assert_eq!(read(Way::Free, &[], None), (Status::Error, Vec::new(), 0));
        assert_eq!(read(Way::Held, &[], None).0, Status::Ok);
        for way in [Way::Free, Way::Held, Way::Score, Way::Lift] {
            assert_eq!(read(way, &["b"], Some("model.context")), (Status::Error, Vec::new(), 0));
        }
    }

    #[test]
    fn a_gain_is_the_difference_the_other_way_round() {
        let less = Estimate { value: Some(-0.2), low: Some(-0.3), high: Some(0.1), admissions: 7 };
        let gain = Estimate { value: Some(0.2), low: Some(-0.1), high: Some(0.3), admissions: 7 };
        assert_eq!(negative(&less), gain);
    }
}
