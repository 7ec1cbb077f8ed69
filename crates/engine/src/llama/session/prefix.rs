//! Beginnings of prompts that come again and again: evaluated once, and kept beside the context.

use llama_cpp_2::{LlamaStateSeqFlags, SeqState};

use super::{CHUNK, Session, batch_ends};
use crate::error::EngineError;
use crate::llama::trie::Token;

/// Beginnings that are kept, the one that was used last in front: lists, and advice in two languages, and one more.
const MOST: usize = 4;

/// Fewer tokens are evaluated as fast as they are copied.
const FEWEST: usize = CHUNK / 4;

/// Keys and values of the tokens with which a kind of prompt begins. Nothing of a patient is in it.
pub(super) struct Beginning {
    tokens: Vec<Token>,
    state: SeqState,
}

impl Session {
    /// Takes the fixed part of a prompt from what is kept, and says how many tokens then stand; `None` when it is not kept, and
    /// nothing changed. It has the bits that evaluating it from the start would give, and lies where it would lie.
    pub(super) fn recall(&mut self, fixed: &[Token]) -> Result<Option<usize>, EngineError> {
        let Some(at) = self.beginnings.iter().position(|b| b.tokens == fixed) else { return Ok(None) };
        let beginning = self.beginnings.remove(at);
        self.forget_from(0)?;
        let context = self.context()?;
        if context.state_seq_set(&beginning.state, 0).is_err() {
            // It is evaluated as any other prompt, and kept again.
            context.clear_kv_cache();
            return Ok(Some(0));
        }
        self.kept = fixed.to_vec();
        self.cuts = batch_ends(fixed.len(), fixed.len(), CHUNK).into_iter().map(|end| (end, true)).collect();
        self.beginnings.insert(0, beginning);
        Ok(Some(fixed.len()))
    }

    /// Keeps what stands in sequence 0, the fixed part of a prompt, if it was evaluated in the batches of a prompt from its
    /// start.
    pub(super) fn remember(&mut self) -> Result<(), EngineError> {
        let tokens = self.kept.clone();
        let ends = batch_ends(tokens.len(), tokens.len(), CHUNK);
        let whole = ends.iter().map(|&end| (end, true)).eq(self.cuts.iter().copied());
        if tokens.len() < FEWEST || !whole || self.beginnings.iter().any(|b| b.tokens == tokens) {
            return Ok(());
        }
        let state = self.context()?.state_seq_get(0, LlamaStateSeqFlags::empty()).map_err(EngineError::model)?;
        self.beginnings.truncate(MOST - 1);
        self.beginnings.insert(0, Beginning { tokens, state });
        Ok(())
    }
}
