//! Scoring: log-probabilities of many texts after one prompt.

use std::collections::BTreeSet;
use std::time::Instant;

use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;

use super::{Control, EXACT_BATCH, Reading, Session, filled, millis, to_i32};
use crate::error::EngineError;
use crate::llama::logits::log_sum_exp;
use crate::llama::trie::{Group, ROOT, Token, TokenTrie};
use crate::request::{ScoreRequest, Scores};

impl Session {
    /// Log-probabilities of continuations: one evaluation of the prompt, then the inner nodes of the continuations'
    /// token trie as parallel sequences. A continuation's last token is read off its parent's logits and not evaluated.
    ///
    /// # Errors
    /// As [`crate::Engine::score`].
    pub fn score(&mut self, request: &ScoreRequest, control: &mut dyn Control) -> Result<Scores, EngineError> {
        let start = Instant::now();
        let prompt = self.prompt_tokens(&request.prompt)?;
        let mut continuations: Vec<Vec<Token>> = request.continuations.iter().map(|c| self.known_tokens(c)).collect();
        if !request.among.is_empty() {
            let among: Vec<Vec<Token>> = request.among.iter().map(|c| self.known_tokens(c)).collect();
            continuations = told_apart(&continuations, &among);
        }
        let trie = TokenTrie::new(continuations.iter().map(Vec::as_slice));
        let paths = usize::try_from(self.footprint.sequences).unwrap_or(1);
        let groups = trie.groups(paths);
        let fixed = self.fixed_tokens(&request.prompt, &prompt)?;
        let widest = groups.iter().map(|g| g.nodes.len()).max().unwrap_or(0);
        self.reserve(prompt.len() + widest + filled(0))?;
        let reused = self.evaluate_prompt(&prompt, (fixed, Reading::Scores), control)?;
        let prefill_ms = millis(start);

        let start = Instant::now();
        let mut log_probs = vec![0.0; trie.len()];
        let at_root = self.context()?.get_logits_ith(-1).to_vec();
        read_children(&trie, ROOT, &at_root, 0.0, &mut log_probs);
        let mut evaluated = 0;
        for group in &groups {
            evaluated += group.nodes.len();
            let outcome = self.score_group(&trie, group, prompt.len(), &mut log_probs, control);
            // Whatever happened, only the prompt stays.
            for path in 1..=group.paths {
                self.context()?.kv_cache_seq_rm(to_i32(path), None, None).map_err(EngineError::model)?;
            }
            outcome?;
        }
        Ok(Scores {
            log_probs: trie.ends().iter().map(|&end| log_probs.get(end).copied().unwrap_or(f64::NAN)).collect(),
            prompt_tokens: prompt.len(),
            reused_tokens: reused,
            continuation_tokens: trie.total_tokens(),
            evaluated_tokens: evaluated,
            prefill_ms,
            score_ms: millis(start),
        })
    }

    fn score_group(
        &mut self,
        trie: &TokenTrie,
        group: &Group,
        prompt: usize,
        log_probs: &mut [f64],
        control: &mut dyn Control,
    ) -> Result<(), EngineError> {
        for path in 1..=group.paths {
            self.context()?.kv_cache_seq_cp(0, to_i32(path), None, None).map_err(EngineError::model)?;
        }
        let size = usize::try_from(self.footprint.batch).unwrap_or(1).clamp(1, EXACT_BATCH);
        // A sequence of its own for what fills a batch up: nothing attends to it. Its logits are asked for as well, since the
        // last products are made for those tokens only.
        let filling = to_i32(usize::try_from(self.footprint.sequences).unwrap_or(0) + 1);
        for nodes in group.nodes.chunks(size) {
            if control.cancelled() {
                return Err(EngineError::Cancelled);
            }
            let filled = filled(nodes.len());
            let mut batch = LlamaBatch::new(filled, to_i32(group.paths));
            for member in nodes {
                let node = trie.node(member.node);
                let sequences: Vec<i32> = member.paths.iter().map(|&p| to_i32(p + 1)).collect();
                batch
                    .add(LlamaToken(node.token), to_i32(prompt + node.depth - 1), &sequences, true)
                    .map_err(EngineError::model)?;
            }
            for (at, node) in nodes.iter().cycle().take(filled - nodes.len()).enumerate() {
                let token = LlamaToken(trie.node(node.node).token);
                batch.add(token, to_i32(at), &[filling], true).map_err(EngineError::model)?;
            }
            self.decode(&mut batch)?;
            self.context()?.kv_cache_seq_rm(filling, None, None).map_err(EngineError::model)?;
            control.step();
            for (i, member) in nodes.iter().enumerate() {
                let base = log_probs.get(member.node).copied().unwrap_or(f64::NAN);
                let logits = self.context()?.get_logits_ith(to_i32(i));
                read_children(trie, member.node, logits, base, log_probs);
            }
        }
        Ok(())
    }
}

/// Each sequence up to the token that tells it from all others.
fn told_apart(sequences: &[Vec<Token>], among: &[Vec<Token>]) -> Vec<Vec<Token>> {
    let all: BTreeSet<&[Token]> = among.iter().chain(sequences).map(Vec::as_slice).collect();
    let trie = TokenTrie::new(all);
    let beginning = |sequence: &Vec<Token>| sequence.iter().take(trie.unique_prefix(sequence)).copied().collect();
    sequences.iter().map(beginning).collect()
}

/// Adds a node's log-probability to those of its children's tokens.
fn read_children(trie: &TokenTrie, node: usize, logits: &[f32], base: f64, log_probs: &mut [f64]) {
    let normaliser = log_sum_exp(logits);
    for (&token, &child) in &trie.node(node).children {
        let logit = usize::try_from(token).ok().and_then(|t| logits.get(t)).copied().unwrap_or(f32::NEG_INFINITY);
        if let Some(value) = log_probs.get_mut(child) {
            *value = base + f64::from(logit) - normaliser;
        }
    }
}
