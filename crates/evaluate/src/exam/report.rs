//! What an examination comes to, field for field as JSON.

use std::collections::BTreeMap;

use bogam_clinical::text::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::estimate::{guess_at_k, pass_at_k, wilson};
use super::letter::read_letter;
use super::question::Question;
use crate::bootstrap::{Draws, RESAMPLES, Ratio, SEED};
use crate::{count, number};

/// How answers are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExamSettings {
    /// Answers that are written for each question; 0 writes none.
    pub tries: u32,
    /// 0 takes the most probable token each time.
    pub temperature: f32,
    /// 0 is off.
    pub top_k: i32,
    /// 1 is off.
    pub top_p: f32,
    /// 1 is off.
    pub repetition_penalty: f32,
    /// An answer is cut off after so many tokens.
    pub max_tokens: usize,
    /// What the seed of each question and try is made of.
    pub seed: u64,
}

/// A file of questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileOf {
    /// Its name without folder and ending.
    pub name: String,
    /// Questions.
    pub questions: u64,
    /// Hash of the questions as they were understood.
    pub hash: String,
    /// What its indices of right options count from; null where they are letters or texts.
    pub answers_from: Option<u8>,
}

/// All that the answers depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Version of the program.
    pub bogam: String,
    /// Hash of the model.
    pub model: String,
    /// Name that the model carries.
    pub model_name: String,
    /// Hash of the adapter.
    pub adapter: Option<String>,
    /// Where the model ran.
    pub backend: String,
    /// Threads.
    pub threads: u32,
    /// Hash of the prompt texts.
    pub prompt: String,
    /// How answers were drawn.
    pub settings: ExamSettings,
    /// The files, in the order they were named.
    pub files: Vec<FileOf>,
}

impl Run {
    /// Each field by name, in words, to tell two runs apart.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let Self { bogam, model, model_name, adapter, backend, threads, prompt, settings, files } = self;
        let ExamSettings { tries, temperature, top_k, top_p, repetition_penalty, max_tokens, seed } = settings;
        let files: Vec<String> = files.iter().map(|f| format!("{} ({}, {})", f.name, f.questions, f.hash)).collect();
        vec![
            ("bogam", bogam.clone()),
            ("model", format!("{model_name} {model}")),
            ("adapter", adapter.clone().unwrap_or_else(|| "none".to_owned())),
            ("backend", backend.clone()),
            ("threads", threads.to_string()),
            ("prompt", prompt.clone()),
            ("tries", tries.to_string()),
            ("temperature", temperature.to_string()),
            ("top-k", top_k.to_string()),
            ("top-p", top_p.to_string()),
            ("repetition-penalty", repetition_penalty.to_string()),
            ("max-tokens", max_tokens.to_string()),
            ("seed", seed.to_string()),
            ("questions", files.join(", ")),
        ]
    }
}

/// What a question was answered with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Log-probability of each letter, nats.
    pub letters: Vec<f64>,
    /// Log-probability of each option's text, nats.
    pub texts: Vec<f64>,
    /// What was written, one a try.
    pub answers: Vec<String>,
    /// Why it could not be asked: it does not fit the model's context.
    pub error: Option<String>,
}

/// A question with its outcome.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Name of its file.
    pub file: &'a str,
    /// The question.
    pub question: &'a Question,
    /// Its outcome.
    pub outcome: &'a Outcome,
}

/// What an examination comes to. All shares are from 0 to 1 and count every question: one that could not be asked and an
/// answer that cannot be read are wrong.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExamReport {
    /// What the answers depend on.
    pub run: Run,
    /// Codes of things to know. `training_unknown`: whether the model was trained on these questions is not known.
    /// `too_long`: some questions do not fit the model's context; they count as wrong.
    pub notices: Vec<String>,
    /// How the intervals were made.
    pub intervals: Intervals,
    /// All questions.
    pub whole: Group,
    /// By language of the question.
    pub by_language: Vec<Group>,
    /// By file, in the order they were named.
    pub by_file: Vec<Group>,
}

/// How the intervals were made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Intervals {
    /// How much an interval holds.
    pub level: f64,
    /// Of shares of questions answered rightly by log-probability: `wilson`.
    pub log_probability: String,
    /// Of all others: `bootstrap`, over questions.
    pub tries: String,
    /// Times that questions were drawn.
    pub resamples: u32,
    /// What the draws began with.
    pub seed: u64,
}

/// Some of the questions.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Group {
    /// `all`, a language or a file.
    pub name: String,
    /// Questions.
    pub questions: u64,
    /// Of these, not asked because they do not fit the model's context.
    pub too_long: u64,
    /// Share that guessing gets right: the mean of 1 over the number of options.
    pub chance: Option<f64>,
    /// The most probable letter is the right one.
    pub by_letter: Share,
    /// The option whose text is most probable for its length in characters, after the question alone, is the right one.
    pub by_text: Share,
    /// Written answers; null where none were.
    pub sampled: Option<Sampled>,
}

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Share {
    /// The share; null without a question.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Written answers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Sampled {
    /// Answers that were written.
    pub answers: u64,
    /// Share of tries whose answer holds no letter that can be read: they are wrong.
    pub unreadable: Share,
    /// Share of questions of which one of `k` answers is right, for each `k` up to the number of tries.
    pub pass: Vec<Pass>,
}

/// pass@k.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pass {
    /// Answers a question.
    pub k: u32,
    /// The unbiased estimate (Chen et al. 2021), mean over questions.
    pub estimate: Share,
    /// What `k` guesses get right.
    pub chance: Option<f64>,
}

/// Scores what was asked.
#[must_use]
pub fn report(run: Run, asked: &[Asked<'_>]) -> ExamReport {
    let tries = run.settings.tries;
    let whole = group("all", asked, tries);
    let by_language = [("en", Lang::En), ("ko", Lang::Ko)].into_iter().filter_map(|(name, language)| {
        let some: Vec<Asked<'_>> = asked.iter().filter(|a| a.question.language == language).copied().collect();
        (!some.is_empty()).then(|| group(name, &some, tries))
    });
    let mut files: BTreeMap<&str, Vec<Asked<'_>>> = BTreeMap::new();
    for one in asked {
        files.entry(one.file).or_default().push(*one);
    }
    let by_language = by_language.collect();
    let by_file = run.files.iter().map(|file| {
        let name = file.name.as_str();
        group(name, files.get(name).map(Vec::as_slice).unwrap_or_default(), tries)
    });
    let by_file = by_file.collect();
    let too_long = whole.too_long > 0;
    let notices = [(true, "training_unknown"), (too_long, "too_long")];
    ExamReport {
        run,
        notices: notices.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code.to_owned()).collect(),
        intervals: Intervals {
            level: 0.95,
            log_probability: "wilson".to_owned(),
            tries: "bootstrap".to_owned(),
            resamples: RESAMPLES,
            seed: SEED,
        },
        whole,
        by_language,
        by_file,
    }
}

fn group(name: &str, asked: &[Asked<'_>], tries: u32) -> Group {
    let right = |choice: &dyn Fn(&Asked<'_>) -> Option<usize>| {
        asked.iter().filter(|one| choice(one) == Some(one.question.gold)).count()
    };
    let by_text = |one: &Asked<'_>| {
        let lengths = one.question.options.iter().map(|text| number(text.chars().count()));
        most_probable(one.outcome.texts.iter().zip(lengths).map(|(log_prob, length)| log_prob / length))
    };
    Group {
        name: name.to_owned(),
        questions: count(asked.len()),
        too_long: count(asked.iter().filter(|one| one.outcome.error.is_some()).count()),
        chance: guessing(asked, 1),
        by_letter: share(right(&|one| most_probable(one.outcome.letters.iter().copied())), asked.len()),
        by_text: share(right(&by_text), asked.len()),
        sampled: (tries > 0).then(|| sampled(asked, tries)),
    }
}

/// The largest, the first of equals.
fn most_probable(values: impl Iterator<Item = f64>) -> Option<usize> {
    values.enumerate().reduce(|best, one| if one.1 > best.1 { one } else { best }).map(|(option, _)| option)
}

fn share(right: usize, of: usize) -> Share {
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let interval = wilson(narrow(right), narrow(of));
    Share {
        value: (of > 0).then(|| number(right) / number(of)),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
    }
}

fn sampled(asked: &[Asked<'_>], tries: u32) -> Sampled {
    // Of each question: tries that were right, and tries that could not be read.
    let counted: Vec<(u32, u32)> = asked
        .iter()
        .map(|one| {
            let options = one.question.options.len();
            let read = || one.outcome.answers.iter().map(|answer| read_letter(answer, options));
            let of = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let right = read().filter(|letter| *letter == Some(one.question.gold)).count();
            (of(right), of(read().filter(Option::is_none).count()))
        })
        .collect();
    let draws = Draws::over(asked.len());
    let mean = |value: &dyn Fn(usize, u32, u32) -> (f64, f64)| {
        let all = counted.iter().enumerate().map(|(n, (right, unreadable))| {
            let (above, below) = value(n, *right, *unreadable);
            (n, above, below)
        });
        let estimate = draws.ratio(&Ratio::new(asked.len(), all));
        Share { value: estimate.value, low: estimate.low, high: estimate.high }
    };
    let written = |n: usize| asked.get(n).map_or(0.0, |one| number(one.outcome.answers.len()));
    Sampled {
        answers: asked.iter().map(|one| count(one.outcome.answers.len())).sum(),
        unreadable: mean(&|n, _, unreadable| (f64::from(unreadable), written(n))),
        pass: (1..=tries)
            .map(|k| Pass {
                k,
                estimate: mean(&|_, right, _| (pass_at_k(tries, right, k).unwrap_or(0.0), 1.0)),
                chance: guessing(asked, k),
            })
            .collect(),
    }
}

/// What `k` guesses get right, mean over questions.
fn guessing(asked: &[Asked<'_>], k: u32) -> Option<f64> {
    let of = |one: &Asked<'_>| guess_at_k(u32::try_from(one.question.options.len()).unwrap_or(u32::MAX), k);
    (!asked.is_empty()).then(|| asked.iter().map(of).sum::<f64>() / number(asked.len()))
}
