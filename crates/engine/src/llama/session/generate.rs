//! Writing: token by token, or in runs where a constraint leaves no choice.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};

use super::draw::Drawing;
use super::{Control, Logits, Reading, Session, millis, to_i32};
use crate::error::EngineError;
use crate::llama::list::{ListState, Next};
use crate::llama::logits::log_sum_exp;
use crate::llama::trie::Token;
use crate::request::{Constraint, End, GenerateRequest, Generated};
use crate::text::{Utf8Stream, last_sentence_end, repeated_tail};

/// Tokens that a free text may take beyond its budget to end its sentence.
const GRACE: usize = 96;

/// The vocabulary as llguidance reads it, with llama.cpp's own tokenizer, which is canonical: only then are forced bytes
/// turned into forced tokens.
struct LlamaTokens {
    model: &'static LlamaModel,
    trie: TokTrie,
}

impl TokenizerEnv for LlamaTokens {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<toktrie::TokenId> {
        // Behind a lead, so that no space is put before a text that is no beginning.
        let vocab = self.model.vocab();
        let lead = vocab.tokenize(b"-", false, false);
        let whole = vocab.tokenize(&[b"-".as_slice(), bytes].concat(), false, false);
        let tokens = whole
            .strip_prefix(lead.as_slice())
            .map_or_else(|| vocab.tokenize(bytes, false, false), <[LlamaToken]>::to_vec);
        tokens.into_iter().filter_map(|t| u32::try_from(t.0).ok()).collect()
    }
}

/// Compiles grammars for one vocabulary.
pub(super) struct GrammarFactory(ParserFactory);

impl GrammarFactory {
    fn new(model: &'static LlamaModel) -> Result<Self, String> {
        let vocab = model.vocab();
        let size = u32::try_from(model.n_vocab()).map_err(|e| e.to_string())?;
        let end = if vocab.eot().0 >= 0 { vocab.eot() } else { vocab.eos() };
        let end = u32::try_from(end.0).map_err(|e| e.to_string())?;
        let mut ends = vec![end];
        let mut words = Vec::new();
        for id in 0..model.n_vocab() {
            let token = LlamaToken(id);
            if vocab.is_eog(token) && id != to_i32(usize::try_from(end).unwrap_or_default()) {
                ends.extend(u32::try_from(id));
            }
            let bytes = vocab.token_to_piece(token, false, None);
            if bytes.is_empty() {
                let special = vocab.token_to_piece(token, true, None);
                // llguidance marks special tokens with a leading 0xFF.
                words.push(if special.is_empty() { special } else { [vec![0xFF], special].concat() });
            } else {
                words.push(bytes);
            }
        }
        let trie = TokTrie::from(&TokRxInfo::new(size, end), &words).with_eos_tokens(&ends);
        let tokens: TokEnv = Arc::new(LlamaTokens { model, trie });
        let capabilities = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let slices = llguidance::earley::SlicedBiasComputer::general_slices();
        let mut factory = ParserFactory::new(&tokens, capabilities, &slices).map_err(|e| e.to_string())?;
        factory.quiet();
        Ok(Self(factory))
    }

    fn matcher(&self, grammar: TopLevelGrammar) -> Result<Matcher, EngineError> {
        let matcher = Matcher::new(self.0.create_parser(grammar));
        match matcher.get_error() {
            Some(message) => Err(EngineError::Constraint { message }),
            None => Ok(matcher),
        }
    }
}

/// The constraint of one text while it is written.
enum Guide {
    Free,
    Grammar(Box<Matcher>),
    List(Box<ListState>),
}

/// What a guide allows next.
enum Allowed {
    /// Anything.
    All,
    /// Only tokens for which this is true.
    Mask(toktrie::SimpleVob),
    /// Only these.
    Tokens(Vec<Token>),
    /// Exactly these, in this order.
    Forced(Vec<Token>),
    /// Nothing: the text is complete.
    Nothing,
}

impl Guide {
    fn allowed(&mut self, session: &Session) -> Result<Allowed, EngineError> {
        match self {
            Self::Free => Ok(Allowed::All),
            Self::Grammar(matcher) => {
                if matcher.is_stopped() {
                    return Ok(Allowed::Nothing);
                }
                let forced = if session.force { matcher.compute_ff_tokens() } else { Vec::new() };
                if !forced.is_empty() {
                    return Ok(Allowed::Forced(forced.into_iter().filter_map(|t| i32::try_from(t).ok()).collect()));
                }
                let mask = matcher.compute_mask_or_eos();
                mask.map(Allowed::Mask).map_err(|e| EngineError::Constraint { message: e.to_string() })
            }
            Self::List(list) => Ok(match list.next() {
                Next::Done => Allowed::Nothing,
                Next::Choice { mut tokens, end } => {
                    if end {
                        tokens.extend(session.end_tokens());
                    }
                    match tokens.as_slice() {
                        [_] => Allowed::Forced(tokens),
                        _ => Allowed::Tokens(tokens),
                    }
                }
            }),
        }
    }

    /// Takes a token; true when it completes an item of a list.
    fn accept(&mut self, token: Token) -> Result<bool, EngineError> {
        match self {
            Self::Free => Ok(false),
            Self::Grammar(matcher) => {
                let id = u32::try_from(token).map_err(EngineError::model)?;
                matcher.consume_token(id).map_err(|e| EngineError::Constraint { message: e.to_string() })?;
                Ok(false)
            }
            Self::List(list) => Ok(list.accept(token)),
        }
    }
}

/// A text in the making.
struct Writing {
    tokens: Vec<Token>,
    forced: usize,
    stream: Utf8Stream,
    text: String,
    item: f64,
    items: Vec<f64>,
}

impl Session {
    fn end_tokens(&self) -> Vec<Token> {
        let vocab = self.model.vocab();
        let mut ends: Vec<Token> = [vocab.eot(), vocab.eos()].iter().map(|t| t.0).filter(|&t| t >= 0).collect();
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    fn guide(&self, constraint: &Constraint) -> Result<Guide, EngineError> {
        let grammar = match constraint {
            Constraint::Free => return Ok(Guide::Free),
            Constraint::List { items, separator, min, max } => {
                let items: Vec<Vec<Token>> = items.iter().map(|i| self.continuation_tokens(i)).collect();
                let separator = self.continuation_tokens(separator);
                return Ok(Guide::List(Box::new(ListState::new(&items, separator, *min, *max))));
            }
            Constraint::JsonSchema(schema) => TopLevelGrammar::from_json_schema(schema.clone()),
            Constraint::Lark(grammar) => TopLevelGrammar::from_lark(grammar.clone()),
        };
        let model = self.model;
        let factory = self.grammar.get_or_init(|| GrammarFactory::new(model));
        let factory = factory.as_ref().map_err(|message| EngineError::Constraint { message: message.clone() })?;
        Ok(Guide::Grammar(Box::new(factory.matcher(grammar)?)))
    }

    /// Writes a text.
    ///
    /// # Errors
    /// As [`crate::Engine::generate`].
    pub fn generate(&mut self, request: &GenerateRequest, control: &mut dyn Control) -> Result<Generated, EngineError> {
        let start = Instant::now();
        let prompt = self.prompt_tokens(&request.prompt)?;
        let free = request.constraint == Constraint::Free;
        let most = request.max_tokens + if free { GRACE } else { 0 };
        let room = self.limit.saturating_sub(prompt.len());
        if room < request.max_tokens.min(16) {
            let needed = prompt.len() + request.max_tokens;
            return Err(EngineError::ContextExceeded {
                needed,
                limit: self.limit,
                over: needed.saturating_sub(self.limit),
            });
        }
        let most = most.min(room);
        let budget = request.max_tokens.min(most);
        self.reserve(prompt.len() + most)?;
        let fixed = self.fixed_tokens(&request.prompt, &prompt)?;
        let reading = if free { Reading::Text } else { Reading::List };
        let reused = match self.evaluate_prompt(&prompt, (fixed, reading), control) {
            Ok(reused) => reused,
            Err(EngineError::Cancelled) => return Ok(cancelled(prompt.len(), millis(start))),
            Err(error) => return Err(error),
        };
        let prefill_ms = millis(start);
        let start = Instant::now();
        let mut guide = self.guide(&request.constraint)?;
        let mut drawing = Drawing::new(&request.sampling);
        let mut writing = Writing {
            tokens: Vec::new(),
            forced: 0,
            stream: Utf8Stream::default(),
            text: String::new(),
            item: 0.0,
            items: Vec::new(),
        };
        let end = self.write(&mut writing, &mut guide, &mut drawing, budget, most, control)?;
        if free && matches!(end, End::Budget | End::Loop) {
            let keep = last_sentence_end(&writing.text);
            if keep < writing.text.len() {
                writing.text.truncate(keep);
                control.truncate(keep);
            }
        }
        Ok(Generated {
            text: writing.text,
            end,
            tokens: writing.tokens,
            forced_tokens: writing.forced,
            item_log_probs: writing.items,
            prompt_tokens: prompt.len(),
            reused_tokens: reused,
            prefill_ms,
            generate_ms: millis(start),
        })
    }

    fn write(
        &mut self,
        writing: &mut Writing,
        guide: &mut Guide,
        drawing: &mut Drawing,
        budget: usize,
        most: usize,
        control: &mut dyn Control,
    ) -> Result<End, EngineError> {
        let free = matches!(guide, Guide::Free);
        let listing = matches!(guide, Guide::List(_));
        let mut ahead = None;
        loop {
            if control.cancelled() {
                return Ok(End::Cancelled);
            }
            let used = writing.tokens.len();
            if used >= most
                || (used >= budget && (!free || last_sentence_end(&writing.text) == writing.text.trim_end().len()))
            {
                return Ok(End::Budget);
            }
            let allowed = match ahead.take() {
                Some(allowed) => allowed,
                None => guide.allowed(self)?,
            };
            let mut run = match allowed {
                Allowed::Nothing => return Ok(End::Stop),
                Allowed::Forced(run) => {
                    writing.forced += run.len();
                    if listing {
                        // The item's probability is the model's own, forced or not.
                        for &token in &run {
                            writing.item += self.log_prob(token)?;
                        }
                    }
                    run
                }
                allowed @ (Allowed::All | Allowed::Mask(_) | Allowed::Tokens(_)) => {
                    let token = self.draw(&allowed, drawing, &writing.tokens)?;
                    if self.model.vocab().is_eog(LlamaToken(token)) {
                        return Ok(End::Stop);
                    }
                    if listing {
                        writing.item += self.log_prob(token)?;
                    }
                    vec![token]
                }
            };
            self.take(&run, writing, guide, control)?;
            // What a grammar forces behind a token is evaluated in one batch with it.
            while ahead.is_none() && self.force && matches!(guide, Guide::Grammar(_)) {
                match guide.allowed(self)? {
                    Allowed::Forced(more) => {
                        writing.forced += more.len();
                        self.take(&more, writing, guide, control)?;
                        run.extend(more);
                    }
                    other @ (Allowed::All | Allowed::Mask(_) | Allowed::Tokens(_) | Allowed::Nothing) => {
                        ahead = Some(other);
                    }
                }
            }
            if free && let Some(tail) = repeated_tail(&writing.tokens) {
                let keep = writing.tokens.len() - tail;
                let bytes: usize =
                    writing.tokens.get(..keep).unwrap_or_default().iter().map(|&t| self.piece(t).len()).sum();
                let keep = (0..=bytes.min(writing.text.len())).rev().find(|&b| writing.text.is_char_boundary(b));
                let keep = keep.unwrap_or(0);
                writing.text.truncate(keep);
                control.truncate(keep);
                return Ok(End::Loop);
            }
            self.append(&run, Logits::OfLast, control)?;
        }
    }

    /// Takes tokens into the text, before they are evaluated.
    fn take(
        &self,
        run: &[Token],
        writing: &mut Writing,
        guide: &mut Guide,
        control: &mut dyn Control,
    ) -> Result<(), EngineError> {
        for &token in run {
            if guide.accept(token)? {
                writing.items.push(std::mem::take(&mut writing.item));
            }
            writing.tokens.push(token);
            let bytes = self.piece(token);
            let text = writing.stream.push(&bytes);
            if !text.is_empty() {
                writing.text.push_str(&text);
                control.delta(&text);
            }
        }
        Ok(())
    }

    /// Log-probability of a token at the end of what stands.
    fn log_prob(&mut self, token: Token) -> Result<f64, EngineError> {
        let logits = self.context()?.get_logits_ith(-1);
        let logit = usize::try_from(token).ok().and_then(|t| logits.get(t)).copied().unwrap_or(f32::NEG_INFINITY);
        Ok(f64::from(logit) - log_sum_exp(logits))
    }

    fn draw(&mut self, allowed: &Allowed, drawing: &mut Drawing, written: &[Token]) -> Result<Token, EngineError> {
        let ids: Option<Cow<'_, [Token]>> = match allowed {
            Allowed::All => None,
            Allowed::Mask(mask) => {
                let mut ids = Vec::new();
                mask.iter_set_entries(|id| ids.extend(i32::try_from(id)));
                Some(ids.into())
            }
            Allowed::Tokens(tokens) | Allowed::Forced(tokens) => Some(tokens.into()),
            Allowed::Nothing => Some(Cow::default()),
        };
        let logits = self.context()?.get_logits_ith(-1);
        let token = drawing.draw(logits, ids.as_deref(), written);
        token.ok_or_else(|| EngineError::Constraint { message: "no token is allowed".into() })
    }
}

const fn cancelled(prompt_tokens: usize, prefill_ms: u64) -> Generated {
    Generated {
        text: String::new(),
        end: End::Cancelled,
        tokens: Vec::new(),
        forced_tokens: 0,
        item_log_probs: Vec::new(),
        prompt_tokens,
        reused_tokens: 0,
        prefill_ms,
        generate_ms: 0,
    }
}
