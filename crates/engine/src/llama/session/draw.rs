//! Drawing a token. Penalties and the cut to the most probable ones are as llama.cpp's samplers have them, but done here: those go
//! through a table for each word of the vocabulary, which takes a small model as long as a tenth of a token.

use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;

use crate::llama::logits::argmax;
use crate::llama::trie::Token;
use crate::request::Sampling;

use super::to_i32;

/// Draws tokens by a [`Sampling`].
pub(super) struct Drawing {
    sampling: Sampling,
    /// What comes after penalties and cut; none where the most probable token is taken.
    chain: Option<LlamaSampler>,
}

impl Drawing {
    pub(super) fn new(sampling: &Sampling) -> Self {
        let mut chain = Vec::new();
        if sampling.top_p < 1.0 {
            chain.push(LlamaSampler::top_p(sampling.top_p, 1));
        }
        if sampling.min_p > 0.0 {
            chain.push(LlamaSampler::min_p(sampling.min_p, 1));
        }
        chain.push(LlamaSampler::temp(sampling.temperature));
        chain.push(LlamaSampler::dist(sampling.seed));
        let chain = (sampling.temperature > 0.0).then(|| LlamaSampler::chain_simple(chain));
        Self { sampling: sampling.clone(), chain }
    }

    /// A token of those that are allowed, which are all where none are named; none when none is. `written` is the text so far.
    pub(super) fn draw(&mut self, logits: &[f32], allowed: Option<&[Token]>, written: &[Token]) -> Option<Token> {
        let penalised = self.penalised(logits, written);
        let logits = penalised.as_deref().unwrap_or(logits);
        let of = |id: Token| Some((id, *logits.get(usize::try_from(id).ok()?)?));
        let most = usize::try_from(self.sampling.top_k).unwrap_or(0);
        let Some(chain) = &mut self.chain else {
            return match allowed {
                None => Some(to_i32(argmax(logits))),
                Some(ids) => {
                    ids.iter().filter_map(|&id| of(id)).reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(id, _)| id)
                }
            };
        };
        let candidates = match allowed {
            None => largest((0_i32..).zip(logits.iter().copied()), most),
            Some(ids) => largest(ids.iter().filter_map(|&id| of(id)), most),
        };
        let data = candidates.into_iter().map(|(id, logit)| LlamaTokenData::new(LlamaToken(id), logit, 0.0));
        let mut array = LlamaTokenDataArray::new(data.collect(), most > 0);
        chain.apply(&mut array);
        array.selected_token().map(|token| token.0)
    }

    /// Logits in which what was written of late is less probable; none where nothing is changed.
    fn penalised(&self, logits: &[f32], written: &[Token]) -> Option<Vec<f32>> {
        let Sampling { repetition_penalty: penalty, penalty_window, .. } = self.sampling;
        let window = usize::try_from(penalty_window).unwrap_or(0);
        let mut recent = written.get(written.len().saturating_sub(window)..)?.to_vec();
        if penalty <= 1.0 || recent.is_empty() {
            return None;
        }
        recent.sort_unstable();
        recent.dedup();
        let mut logits = logits.to_vec();
        for token in recent {
            if let Some(logit) = usize::try_from(token).ok().and_then(|at| logits.get_mut(at)) {
                *logit = if *logit <= 0.0 { *logit * penalty } else { *logit / penalty };
            }
        }
        Some(logits)
    }
}

/// The `most` largest, the largest first; all as they come when `most` is 0.
fn largest(candidates: impl Iterator<Item = (Token, f32)>, most: usize) -> Vec<(Token, f32)> {
    if most == 0 {
        return candidates.collect();
    }
    let down = |a: &(Token, f32), b: &(Token, f32)| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0));
    let mut kept: Vec<(Token, f32)> = Vec::with_capacity(2 * most);
    // What is not above this is none of them.
    let mut least = f32::NEG_INFINITY;
    for candidate in candidates {
        if kept.len() >= most && candidate.1 <= least {
            continue;
        }
        kept.push(candidate);
        if kept.len() == 2 * most {
            kept.select_nth_unstable_by(most - 1, down);
            kept.truncate(most);
            least = kept.last().map_or(least, |last| last.1);
        }
    }
    kept.sort_unstable_by(down);
    kept.truncate(most);
    kept
}
