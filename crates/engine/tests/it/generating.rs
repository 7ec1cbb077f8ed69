//! Writing: the same tokens as llama.cpp's greedy sampler, constraints, ends.

use std::mem::ManuallyDrop;
use std::num::NonZeroU32;
use std::time::Instant;

use bogam_engine::{Constraint, End, GenerateRequest, Prompt, Sampling};
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;

use crate::common::{Recorder, chat, model, names, prompt, session, turn};

fn request(prompt: Prompt, constraint: Constraint, max_tokens: usize) -> GenerateRequest {
    GenerateRequest { prompt, constraint, sampling: Sampling::greedy(), max_tokens }
}

/// llama.cpp's own way: prompt in one batch, its sampler, one token a call.
fn llama_written(prompt: &[i32], count: usize, mut sampler: LlamaSampler) -> Vec<i32> {
    // The session started llama.cpp; this value only stands for that and must not end it.
    let started = ManuallyDrop::new(LlamaBackend {});
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(2048))
        .with_n_batch(1024)
        .with_n_ubatch(64)
        .with_n_threads(2)
        .with_n_threads_batch(2);
    let mut context = model().new_context(&started, params).unwrap();
    let mut batch = LlamaBatch::new(1024, 1);
    for (i, &t) in prompt.iter().enumerate() {
        batch.add(LlamaToken(t), i as i32, &[0], i + 1 == prompt.len()).unwrap();
    }
    let mut out = Vec::new();
    let mut at = prompt.len();
    while out.len() < count {
        context.decode(&mut batch).unwrap();
        let token = sampler.sample(&context, -1);
        if model().vocab().is_eog(token) {
            break;
        }
        out.push(token.0);
        batch.clear();
        batch.add(token, at as i32, &[0], true).unwrap();
        at += 1;
    }
    out
}

#[test]
fn greedy_writing_gives_llama_cpps_tokens_on_twenty_prompts() {
    let _turn = turn();
    let mut session = session();
    let questions = [
        "What is heart failure?",
        "List three causes of chest pain.",
        "Explain what an antibiotic does.",
        "How should a patient take warfarin?",
        "당뇨병이란 무엇입니까?",
        "고혈압 환자에게 조언을 해 주십시오.",
        "Write a sentence about the kidney.",
        "What is the capital of Korea?",
        "Why do people cough?",
        "Name two vitamins.",
        "What does aspirin do?",
        "Describe asthma briefly.",
        "How is pneumonia treated?",
        "What is a stroke?",
        "Tell me about the liver.",
    ];
    let prompts = questions.iter().map(|q| chat(q)).chain((0..5).map(prompt));
    let mut compared = 0;
    for (i, prompt) in prompts.enumerate() {
        let tokens = session.prompt_tokens(&prompt).unwrap();
        let written = session.generate(&request(prompt, Constraint::Free, 48), &mut Recorder::default()).unwrap();
        let expected = llama_written(&tokens, written.tokens.len(), LlamaSampler::greedy());
        assert_eq!(written.tokens, expected, "prompt {i}: {}", written.text);
        compared += expected.len();
    }
    assert!(compared > 400, "{compared} tokens");
}

#[test]
fn a_list_holds_only_given_items_and_none_twice() {
    let _turn = turn();
    let mut session = session();
    let items: Vec<String> = names().iter().map(|n| format!(" {n}\n")).collect();
    let constraint = Constraint::List { items: items.clone(), separator: "-".into(), min: 12, max: 12 };
    let mut control = Recorder::default();
    let written = session.generate(&request(prompt(0), constraint, 400), &mut control).unwrap();
    assert_eq!(written.end, End::Stop);
    let lines: Vec<&str> = written.text.lines().map(|l| l.trim_start_matches('-').trim()).collect();
    assert_eq!(lines.len(), 12, "{}", written.text);
    assert!(lines.iter().all(|l| names().iter().any(|n| n == l)), "{lines:?}");
    let mut unique = lines.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), lines.len());
    assert_eq!(written.item_log_probs.len(), 12);
    assert_eq!(control.text, written.text);
    assert!(written.forced_tokens > 0);
}

#[test]
fn a_schema_is_kept_and_its_fixed_parts_are_not_sampled() {
    let _turn = turn();
    let mut session = session();
    let schema = serde_json::json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "diagnosis_group": {"enum": ["cardiac", "respiratory", "renal"]},
            "confidence_level": {"enum": ["low", "medium", "high"]},
            "recommended_drugs": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"enum": ["furosemide", "bisoprolol"]}},
        },
        "required": ["diagnosis_group", "confidence_level", "recommended_drugs"],
    });
    let request = request(prompt(0), Constraint::JsonSchema(schema), 200);
    let written = session.generate(&request, &mut Recorder::default()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&written.text).expect(&written.text);
    assert!(["cardiac", "respiratory", "renal"].contains(&value["diagnosis_group"].as_str().unwrap()));
    assert!(written.forced_tokens * 2 >= written.tokens.len(), "{} of {}", written.forced_tokens, written.tokens.len());
    // The forced run is what the tokenizer itself makes of the text.
    assert_eq!(session.continuation_tokens(&written.text), written.tokens);
}

#[test]
fn a_grammar_that_cannot_be_read_is_an_error() {
    let mut session = session();
    let request = request(chat("x"), Constraint::Lark("start: (".into()), 10);
    let error = session.generate(&request, &mut Recorder::default()).unwrap_err();
    assert_eq!(error.code(), "model.constraint");
}

#[test]
fn a_budget_ends_a_free_text_with_its_sentence() {
    let _turn = turn();
    let mut session = session();
    for (i, budget) in [20, 33, 50].into_iter().enumerate() {
        let mut control = Recorder::default();
        let question = chat("Explain in many sentences what the heart, the lungs and the kidneys do.");
        let written = session.generate(&request(question, Constraint::Free, budget), &mut control).unwrap();
        assert_eq!(written.end, End::Budget, "{i}");
        assert!(written.text.is_empty() || written.text.ends_with(['.', '!', '?']), "{:?}", written.text);
        assert_eq!(control.text, written.text, "what was streamed and cut back is what came");
    }
}

#[test]
fn korean_is_streamed_in_whole_characters() {
    let _turn = turn();
    let mut session = session();
    let mut control = Recorder::default();
    let prompt = Prompt {
        answer_prefix: "네, 안녕하세요. 저는".into(),
        fixed: 0,
        ..chat("한국어로 인사해 주십시오. 안녕하세요")
    };
    let sampling = Sampling { temperature: 0.7, top_k: 40, seed: 3, ..Sampling::greedy() };
    let request = GenerateRequest { prompt, constraint: Constraint::Free, sampling, max_tokens: 60 };
    session.generate(&request, &mut control).unwrap();
    assert!(control.pieces.iter().any(|p| p.chars().any(|c| ('가'..='힣').contains(&c))), "{:?}", control.pieces);
    assert!(control.pieces.iter().all(|p| !p.contains('\u{FFFD}')), "{:?}", control.pieces);
}

#[test]
fn a_draw_is_the_one_of_llama_cpps_samplers() {
    let _turn = turn();
    let mut session = session();
    let mut written = 0;
    for (seed, question) in ["What is heart failure?", "How is asthma treated?", "Name some fruit."].iter().enumerate()
    {
        for (penalty, top_k, top_p, min_p) in [(1.1, 200, 1.0, 0.0), (1.0, 40, 0.9, 0.05), (1.3, 8, 0.95, 0.0)] {
            let seed = u32::try_from(seed).unwrap();
            let chain = LlamaSampler::chain_simple([
                LlamaSampler::penalties(model().n_vocab(), 64, penalty, 0.0, 0.0),
                LlamaSampler::top_k(top_k),
                LlamaSampler::top_p(top_p, 1),
                LlamaSampler::min_p(min_p, 1),
                LlamaSampler::temp(0.8),
                LlamaSampler::dist(seed),
            ]);
            let sampling = Sampling {
                temperature: 0.8,
                top_k,
                top_p,
                min_p,
                repetition_penalty: penalty,
                penalty_window: 64,
                seed,
            };
            let asked = GenerateRequest { sampling, ..request(chat(question), Constraint::Free, 48) };
            let tokens = session.generate(&asked, &mut Recorder::default()).unwrap().tokens;
            let prompt = session.prompt_tokens(&asked.prompt).unwrap();
            assert!(prompt.len() <= 64, "read in one batch, as below");
            assert_eq!(tokens, llama_written(&prompt, tokens.len(), chain), "{question} {penalty} {top_k}");
            written += tokens.len();
        }
    }
    assert!(written > 200, "{written}");
}

#[test]
fn the_same_seed_draws_the_same_text_and_another_one_another() {
    let _turn = turn();
    let mut session = session();
    let mut write = |seed| {
        let sampling = Sampling {
            temperature: 0.9,
            top_k: 200,
            top_p: 0.95,
            min_p: 0.02,
            repetition_penalty: 1.1,
            penalty_window: 64,
            seed,
        };
        let request = GenerateRequest {
            prompt: chat("Tell me about sleep."),
            constraint: Constraint::Free,
            sampling,
            max_tokens: 40,
        };
        session.generate(&request, &mut Recorder::default()).unwrap().tokens
    };
    let (a, b, c) = (write(1), write(1), write(2));
    assert_eq!(a, b);
    assert_ne!(a, c);
}

#[test]
fn a_text_that_repeats_itself_is_ended() {
    let _turn = turn();
    let mut session = session();
    // Without a constraint the starter model soon writes the same lines again and again after this prompt.
    let written = session.generate(&request(prompt(0), Constraint::Free, 400), &mut Recorder::default()).unwrap();
    assert_eq!(written.end, End::Loop, "{}", written.text);
    assert!(written.tokens.len() < 300, "{} tokens", written.tokens.len());
}

#[test]
fn writing_can_be_cancelled_and_keeps_what_was_written() {
    let _turn = turn();
    let mut session = session();
    let mut control = Recorder { cancel_after_pieces: Some(5), started: Some(Instant::now()), ..Recorder::default() };
    let question = chat("Explain what the heart does.");
    let written = session.generate(&request(question, Constraint::Free, 200), &mut control).unwrap();
    assert_eq!(written.end, End::Cancelled);
    assert_eq!(written.text, control.text);
    assert!(!written.text.is_empty());
}
