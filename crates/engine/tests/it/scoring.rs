//! Scores equal one-by-one evaluation, and do not depend on what was asked before.

use std::mem::ManuallyDrop;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use bogam_engine::llama::Session;
use bogam_engine::{Constraint, EngineError, GenerateRequest, Prompt, Sampling, ScoreRequest, Scores};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::common::{Recorder, model, names, prompt, session, turn};

/// The plain way: the prompt in one batch, then one decode call a name, log-softmax in f64.
pub struct OneByOne {
    context: LlamaContext<'static>,
    prompt: usize,
    last: Vec<f32>,
}

fn plain_context(model: &'static LlamaModel) -> LlamaContext<'static> {
    // The session started llama.cpp; this value only stands for that and must not end it.
    let started = ManuallyDrop::new(LlamaBackend {});
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(2048))
        .with_n_batch(512)
        .with_n_ubatch(64)
        .with_n_threads(2)
        .with_n_threads_batch(2);
    model.new_context(&started, params).unwrap()
}

fn log_softmax(logits: &[f32], token: i32) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&x| f64::from(x - max).exp()).sum();
    f64::from(logits[token as usize] - max) - sum.ln()
}

impl OneByOne {
    pub fn new(model: &'static LlamaModel, session: &Session, prompt: &Prompt) -> Self {
        let tokens = session.prompt_tokens(prompt).unwrap();
        let mut context = plain_context(model);
        let mut batch = LlamaBatch::new(512, 1);
        for (i, &t) in tokens.iter().enumerate() {
            batch.add(LlamaToken(t), i as i32, &[0], i + 1 == tokens.len()).unwrap();
        }
        context.decode(&mut batch).unwrap();
        let last = context.get_logits_ith(-1).to_vec();
        Self { context, prompt: tokens.len(), last }
    }

    pub fn score(&mut self, tokens: &[i32]) -> f64 {
        let mut sum = log_softmax(&self.last, tokens[0]);
        if tokens.len() > 1 {
            let mut batch = LlamaBatch::new(tokens.len(), 1);
            for (i, &t) in tokens[..tokens.len() - 1].iter().enumerate() {
                batch.add(LlamaToken(t), (self.prompt + i) as i32, &[0], true).unwrap();
            }
            self.context.decode(&mut batch).unwrap();
            for (i, &t) in tokens[1..].iter().enumerate() {
                sum += log_softmax(self.context.get_logits_ith(i as i32), t);
            }
            self.context.kv_cache_seq_rm(0, Some(self.prompt as u32), None).unwrap();
        }
        sum
    }
}

pub fn request(prompt: Prompt) -> ScoreRequest {
    ScoreRequest::new(prompt, names().iter().map(|n| format!(" {n}\n")).collect())
}

#[test]
fn two_hundred_names_after_five_prompts_score_as_one_by_one() {
    let _turn = turn();
    let mut session = session();
    let (mut worst, mut trie_time, mut plain_time) = (0.0_f64, Duration::ZERO, Duration::ZERO);
    let (mut all, mut evaluated) = (0, 0);
    for i in 0..5 {
        let request = request(prompt(i));
        let scores = session.score(&request, &mut Recorder::default()).unwrap();
        trie_time += Duration::from_millis(scores.score_ms);
        all += scores.continuation_tokens;
        evaluated += scores.evaluated_tokens;
        assert!(scores.prompt_tokens > 150, "{}", scores.prompt_tokens);
        let mut plain = OneByOne::new(model(), &session, &request.prompt);
        let start = Instant::now();
        for (name, score) in request.continuations.iter().zip(&scores.log_probs) {
            let tokens = session.continuation_tokens(name);
            let expected = plain.score(&tokens);
            worst = worst.max((score - expected).abs());
            assert!((score - expected).abs() < 1e-3, "{name:?}: {score} is not {expected}");
        }
        plain_time += start.elapsed();
    }
    eprintln!(
        "200 names x 5 prompts: largest difference {worst:.2e} nats; tokens {all}, evaluated {evaluated} ({:.0} % saved); \
         trie {trie_time:.2?}, one call a name {plain_time:.2?}, ratio {:.2}",
        100.0 * (1.0 - evaluated as f64 / all as f64),
        plain_time.as_secs_f64() / trie_time.as_secs_f64(),
    );
}

#[test]
fn names_that_are_told_apart_score_as_their_beginnings() {
    let _turn = turn();
    let mut session = session();
    let mut request = request(prompt(2));
    request.among = request.continuations.clone();
    // Two that only a late token tells apart, and one that no other name begins like.
    request.continuations = ["insulin glargine", "insulin lispro", "warfarin"].map(|n| format!(" {n}\n")).to_vec();
    request.among.extend(request.continuations.clone());
    let scores = session.score(&request, &mut Recorder::default()).unwrap();
    let among: std::collections::BTreeSet<Vec<i32>> =
        request.among.iter().map(|name| session.continuation_tokens(name)).collect();
    let mut plain = OneByOne::new(model(), &session, &request.prompt);
    let mut whole = 0;
    for (name, score) in request.continuations.iter().zip(&scores.log_probs) {
        let tokens = session.continuation_tokens(name);
        let unique = |n: &usize| among.iter().filter(|other| other.starts_with(&tokens[..*n])).count() == 1;
        let beginning = (1..=tokens.len()).find(unique).unwrap();
        let expected = plain.score(&tokens[..beginning]);
        assert!((score - expected).abs() < 1e-3, "{name:?}: {score} is not {expected} of {beginning} tokens");
        whole += tokens.len();
    }
    assert!(scores.continuation_tokens < whole, "{} of {whole} tokens", scores.continuation_tokens);
}

#[test]
fn the_fixed_part_of_a_prompt_is_taken_over_whole_and_changes_no_bit() {
    let _turn = turn();
    let fixed = |i: usize| {
        let question = "Which drugs is this patient given? Answer with generic names, one on each line.\n\n";
        let user = format!("{question}{}", prompt(i).messages[1].content);
        Prompt::new("You are a clinical pharmacist in a general hospital.", user, "Drugs given:\n-")
            .with_fixed(question.len())
    };
    let mut warm = session();
    warm.score(&request(fixed(1)), &mut Recorder::default()).unwrap();
    // In between a patient of another age and sex.
    warm.score(&request(fixed(3)), &mut Recorder::default()).unwrap();
    let again = warm.score(&request(fixed(0)), &mut Recorder::default()).unwrap();
    let mut question = fixed(0);
    question.messages[1].content.truncate(question.fixed);
    let (whole, question) = (warm.prompt_tokens(&fixed(0)).unwrap(), warm.prompt_tokens(&question).unwrap());
    let unchanged = whole.iter().zip(&question).take_while(|(a, b)| a == b).count();
    assert!(unchanged > 20, "{unchanged}");
    assert_eq!(again.reused_tokens, unchanged);
    let fresh = session().score(&request(fixed(0)), &mut Recorder::default()).unwrap();
    assert_eq!(again.log_probs, fresh.log_probs, "not the same bits");
}

#[test]
fn the_fixed_part_of_a_prompt_is_there_again_after_other_work() {
    let _turn = turn();
    let question = "Which drugs is this patient given? Answer with generic names, one on each line.\n\n";
    let fixed = |i: usize| {
        let user = format!("{question}{}", prompt(i).messages[1].content);
        Prompt::new("You are a clinical pharmacist in a general hospital.", user, "Drugs given:\n-")
            .with_fixed(question.len())
    };
    let written = |session: &mut Session, i: usize, start: &str| {
        let user = format!("{start}{}", prompt(i).messages[1].content);
        let asked = Prompt::new("You write to patients. You write no numbers.", user, "").with_fixed(start.len());
        let constraint = Constraint::Free;
        let asked = GenerateRequest { prompt: asked, constraint, sampling: Sampling::greedy(), max_tokens: 16 };
        session.generate(&asked, &mut Recorder::default()).unwrap()
    };
    let letter =
        "Write a short and friendly paragraph for the patient and leave out every number that stands here.\n\n";
    let mut warm = session();
    let first = warm.score(&request(fixed(1)), &mut Recorder::default()).unwrap();
    let before = written(&mut warm, 1, letter);
    assert!(first.reused_tokens == 0 && before.reused_tokens < 16, "{} {}", first.reused_tokens, before.reused_tokens);
    let again = warm.score(&request(fixed(0)), &mut Recorder::default()).unwrap();
    assert!(again.reused_tokens > 20, "{}", again.reused_tokens);
    let fresh = session().score(&request(fixed(0)), &mut Recorder::default()).unwrap();
    assert_eq!(again.log_probs, fresh.log_probs, "not the same bits");
    let after = written(&mut warm, 0, letter);
    assert!(after.reused_tokens > 20, "{}", after.reused_tokens);
    assert_eq!(after.text, written(&mut session(), 0, letter).text);
}

#[test]
fn what_a_generation_took_up_in_the_middle_of_a_batch_does_not_end_reuse() {
    let _turn = turn();
    let question = "Which drugs is this patient given? Answer with generic names, one on each line.\n\n";
    let fixed = |i: usize, fixed: usize| {
        let user = format!("{question}{}", prompt(i).messages[1].content);
        Prompt::new("You are a clinical pharmacist in a general hospital.", user, "Drugs given:\n-").with_fixed(fixed)
    };
    let ask = |i: usize| request(fixed(i, question.len()));
    let mut warm = session();
    warm.score(&ask(0), &mut Recorder::default()).unwrap();
    // The same words without a fixed part: they are gone on from where they end to be the same, in the middle of a batch.
    let (prompt, constraint) = (fixed(0, 0), Constraint::Free);
    let writing = GenerateRequest { prompt, constraint, sampling: Sampling::greedy(), max_tokens: 4 };
    let written = warm.generate(&writing, &mut Recorder::default()).unwrap();
    assert!(written.reused_tokens > 64, "{}", written.reused_tokens);
    assert_eq!(written.text, session().generate(&writing, &mut Recorder::default()).unwrap().text);
    warm.score(&ask(1), &mut Recorder::default()).unwrap();
    let again = warm.score(&ask(0), &mut Recorder::default()).unwrap();
    assert!(again.reused_tokens > 0, "nothing is taken over any more");
    let fresh = session().score(&ask(0), &mut Recorder::default()).unwrap();
    assert_eq!(again.log_probs, fresh.log_probs, "not the same bits");
}

/// Scores of the first prompt after others, and in a session of their own: the same bits.
pub fn after_any_history(session: impl Fn() -> Session) -> (Session, Scores) {
    let mut warm = session();
    let mut other = prompt(0);
    other.messages[1].content.push_str(" List the three most important first.");
    for before in [prompt(1), other] {
        warm.score(&request(before), &mut Recorder::default()).unwrap();
    }
    let again = warm.score(&request(prompt(0)), &mut Recorder::default()).unwrap();
    assert!(again.reused_tokens > 0, "nothing was taken over");
    let fresh = session().score(&request(prompt(0)), &mut Recorder::default()).unwrap();
    assert_eq!(fresh.reused_tokens, 0);
    assert_eq!(again.log_probs, fresh.log_probs, "not the same bits");
    (warm, fresh)
}

#[test]
fn a_score_does_not_depend_on_what_was_asked_before() {
    let _turn = turn();
    after_any_history(session);
}

#[test]
fn a_name_does_not_win_as_the_beginning_of_a_longer_one() {
    let _turn = turn();
    let mut session = session();
    let prompt = Prompt::new("Copy the line.", "insulin glargine", "Line:\n-");
    let continuations = vec![" insulin\n".to_owned(), " insulin glargine\n".to_owned()];
    let scores = session.score(&ScoreRequest::new(prompt, continuations), &mut Recorder::default()).unwrap();
    assert!(scores.log_probs[1] > scores.log_probs[0], "{:?}", scores.log_probs);
}

#[test]
fn a_prompt_beyond_the_context_says_by_how_many_tokens() {
    let mut session = session();
    let long = "atrial fibrillation ".repeat(6000);
    let request = ScoreRequest::new(Prompt::new("S", long, "-"), vec![" x\n".into()]);
    match session.score(&request, &mut Recorder::default()) {
        Err(EngineError::ContextExceeded { needed, limit, over }) => {
            assert_eq!(limit, 8192);
            assert_eq!(over, needed - limit);
            assert!(needed > 12_000);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn scoring_can_be_cancelled_during_the_prompt() {
    let _turn = turn();
    let mut session = session();
    let long = "atrial fibrillation and heart failure, ".repeat(600);
    let request = ScoreRequest::new(Prompt::new("S", long, "-"), vec![" x\n".into()]);
    let start = Instant::now();
    let mut control =
        Recorder { cancel_after: Some(Duration::from_millis(100)), started: Some(start), ..Recorder::default() };
    assert_eq!(session.score(&request, &mut control).unwrap_err(), EngineError::Cancelled);
    let (done, total) = *control.prefills.last().unwrap();
    assert!(done < total, "it had finished before it was cancelled");
}
