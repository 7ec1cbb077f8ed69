//! A loaded model in this process: prompt evaluation with reuse, scoring over a token trie, writing under a constraint.
//!
//! The prompt of a list is evaluated in batches that end at positions which the prompt alone decides, and only whole batches are
//! reused. What a request is answered therefore does not depend on what was asked before it: the same batches are computed
//! either way. A free text may go on from any word.

mod draw;
mod generate;
mod prefix;
mod score;

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::OnceLock;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use llama_cpp_2::token::LlamaToken;

use crate::error::EngineError;
use crate::gguf;
use crate::llama::footprint::{self, Footprint};
use crate::llama::mapped::Mapped;
use crate::llama::template::{ChatTemplate, continuation};
use crate::llama::trie::Token;
use crate::request::{ModelInfo, Prompt};

/// Tokens of a prompt that are evaluated together before names are scored, and at the end of any other prompt.
pub(crate) const CHUNK: usize = 64;

/// Tokens of continuations that are evaluated together. Below 64, llama.cpp's flash attention on the CPU walks the cache
/// cell by cell and skips what is masked, so that a token's result has the same bits whatever else is in the batch and
/// wherever its cells lie; from 64 on it works in tiles. Activations are rounded to 8 bits, which turns a difference in
/// the last bit into one of tenths of a nat: only equal bits are equal scores.
pub(crate) const EXACT_BATCH: usize = 60;

/// Batches of continuations are filled up to at least eight tokens and a multiple of four. llama.cpp multiplies matrices that
/// it rearranged for four tokens at a time and the rest one by one, and others by another code from eight tokens on: for many
/// forms of weights these add up in another order.
pub(crate) fn filled(tokens: usize) -> usize {
    tokens.next_multiple_of(4).max(8)
}

/// Texts whose tokens are remembered, at most.
const MOST_KNOWN: usize = 4096;

/// Tokens of the smallest context that is tried.
const SMALLEST_CONTEXT: u64 = 1024;

/// The context is made larger in powers of two, from here.
const FIRST_CONTEXT: usize = 2048;

/// What a session tells while it works, and asks.
pub trait Control {
    /// Whether the request was cancelled: asked between evaluations.
    fn cancelled(&self) -> bool;
    /// Something was computed.
    fn step(&mut self);
    /// Prompt tokens evaluated, of all.
    fn prefill(&mut self, done: usize, total: usize);
    /// New text.
    fn delta(&mut self, text: &str);
    /// The text is cut back to so many bytes.
    fn truncate(&mut self, to: usize);
}

/// Whether logits are made: for each they take the output's whole matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Logits {
    None,
    OfLast,
}

/// What a prompt is read for: which batches it is read in, and what may be taken over from the request before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Chunks, as they have to be for exact scores; of what was evaluated before, the very same ones, so that the answer has the
    /// same bits whatever was asked before.
    Scores,
    /// Batches as large as the context takes; of what was evaluated before, the very same ones.
    List,
    /// The same batches; of what was evaluated before, all that begins alike, when it is more by a chunk or so than the very same
    /// batches: a talk goes on where it stood.
    Text,
}

/// What to load.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// How large.
    pub footprint: Footprint,
    /// Threads; 0 is one a physical core.
    pub threads: u32,
    /// Take nothing over from one request to the next.
    pub deterministic: bool,
    /// LoRA adapter and its scale.
    pub adapter: Option<(String, f32)>,
    /// Tokens that a grammar leaves no choice about are evaluated together; otherwise one by one, to measure what that brings.
    pub force: bool,
}

/// The process-wide llama.cpp backend.
pub(crate) fn backend() -> Result<&'static LlamaBackend, EngineError> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            super::worker::collect_logs();
            LlamaBackend::init().map_err(|e| e.to_string())
        })
        .as_ref()
        .map_err(EngineError::model)
}

/// The devices that llama.cpp finds. Call it in a process that may crash.
///
/// # Errors
/// When llama.cpp cannot start.
pub fn find_devices() -> Result<Vec<footprint::Device>, EngineError> {
    backend().map(|_| footprint::devices())
}

/// Loads a model for the life of the process: a worker holds one model, and ends with it.
///
/// # Errors
/// [`EngineError::ModelFile`] with what llama.cpp said; [`EngineError::OutOfMemory`].
pub fn load_model(
    path: &Path,
    settings: &SessionSettings,
    mut progress: impl FnMut(f32) + 'static,
) -> Result<(&'static LlamaModel, Option<LlamaLoraAdapter>, u32), EngineError> {
    let backend = backend()?;
    let header = gguf::Header::read(path)?;
    let gpu: Vec<_> = footprint::devices().into_iter().filter(|d| d.gpu).collect();
    let free: u64 = gpu.iter().map(|d| d.memory_free).sum();
    let fitting = if gpu.is_empty() {
        0
    } else {
        let (layers, kv) = (header.layers(), header.kv_bytes_per_token());
        footprint::offload_layers(free, header.file_bytes, layers, kv, settings.footprint.context.min(8192))
    };
    if gpu.is_empty() {
        let needs = footprint::needs(&header, SMALLEST_CONTEXT);
        if let Some(most) = footprint::most_memory().filter(|&most| most < needs) {
            let gb = |bytes: u64| bytes.div_ceil(100_000_000);
            let (needs, most) = (gb(needs), most / 100_000_000);
            return Err(EngineError::OutOfMemory {
                message: format!(
                    "it needs about {}.{} GB, and no more than {}.{} GB can be had here; use a smaller model, or give the \
                     program more memory",
                    needs / 10,
                    needs % 10,
                    most / 10,
                    most % 10
                ),
            });
        }
    }
    let gpu_layers = settings.footprint.gpu_layers.map_or(fitting, |most| most.min(fitting));
    // The mapped file would stay in memory beside the copy of it that is rearranged.
    let mut copied = header.rearranged().then(|| Mapped::new(path));
    let params = LlamaModelParams::default()
        .with_n_gpu_layers(gpu_layers)
        .with_use_mmap(copied.is_none() || Mapped::possible())
        .with_progress_callback(move |share| {
            if let Some(mapped) = &mut copied {
                mapped.give_back();
            }
            progress(share);
            true
        });
    super::worker::clear_logs();
    let model = LlamaModel::load_from_file(backend, path, &params).map_err(|_| load_fault(path))?;
    let model: &'static LlamaModel = Box::leak(Box::new(model));
    let adapter = settings.adapter.as_ref().map(|(file, _)| adapter_of(model, file)).transpose()?;
    Ok((model, adapter, gpu_layers))
}

/// Reads an adapter. Nothing may be computed meanwhile.
#[allow(unsafe_code)]
fn adapter_of(model: &'static LlamaModel, file: &str) -> Result<LlamaLoraAdapter, EngineError> {
    // SAFETY: a second handle of a model that is never freed, and never dropped itself. llama.cpp enters the adapter in the
    // model's list of adapters and changes nothing else; the one session that computes with the model is the caller.
    let mut model = ManuallyDrop::new(unsafe { std::ptr::read(model) });
    super::worker::clear_logs();
    model.lora_adapter_init(file).map_err(|_| EngineError::ModelFile {
        path: file.to_owned(),
        problem: format!("not a LoRA adapter for this model: {}", super::worker::last_log_errors()),
    })
}

fn load_fault(path: &Path) -> EngineError {
    let said = super::worker::last_log_errors();
    let lower = said.to_lowercase();
    if ["failed to allocate", "out of memory", "unable to allocate", "cannot allocate memory", "bad_alloc"]
        .iter()
        .any(|m| lower.contains(m))
    {
        return EngineError::OutOfMemory { message: said };
    }
    let problem = format!("llama.cpp cannot load this model: {said}; use another GGUF file");
    EngineError::ModelFile { path: path.display().to_string(), problem }
}

/// A model with its KV cache.
pub struct Session {
    model: &'static LlamaModel,
    adapter: Option<(LlamaLoraAdapter, f32)>,
    context: Option<LlamaContext<'static>>,
    context_tokens: usize,
    /// The tokens whose keys and values stand in sequence 0.
    kept: Vec<Token>,
    /// Where the batches ended in which they were evaluated, and whether the batch is kept whole.
    cuts: Vec<(usize, bool)>,
    beginnings: Vec<prefix::Beginning>,
    /// Tokens of texts that were scored or told apart: names of drugs, mostly.
    known: HashMap<String, Vec<Token>>,
    template: ChatTemplate,
    footprint: Footprint,
    deterministic: bool,
    force: bool,
    threads: u32,
    gpu_layers: u32,
    limit: usize,
    grammar: OnceLock<Result<generate::GrammarFactory, String>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} tokens of context)", self.context_tokens)
    }
}

/// A footprint with which scores are exact, and that llama.cpp accepts: batches of at least a chunk, fewer sequences than
/// a batch holds tokens.
fn workable(wanted: Footprint) -> Footprint {
    let batch = wanted.batch.max(footprint::SMALLEST_BATCH);
    Footprint { batch, sequences: wanted.sequences.clamp(1, batch / 2), ..wanted }
}

pub(crate) fn to_i32(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

pub(crate) fn millis(since: std::time::Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Where the batches of a prompt end: its fixed part by itself in chunks of [`CHUNK`], then batches of `longest` tokens, and what
/// is left in chunks again.
fn batch_ends(tokens: usize, fixed: usize, longest: usize) -> Vec<usize> {
    let pieces = |from: usize, to: usize, of: usize| (from..to).step_by(of).map(move |start| (start + of).min(to));
    let long = fixed + (tokens - fixed) / longest * longest;
    pieces(0, fixed, CHUNK).chain(pieces(fixed, long, longest)).chain(pieces(long, tokens, CHUNK)).collect()
}

impl Session {
    /// A session over a loaded model.
    ///
    /// # Errors
    /// When the model carries no usable chat template, or its context cannot be made.
    pub fn new(
        model: &'static LlamaModel,
        adapter: Option<LlamaLoraAdapter>,
        gpu_layers: u32,
        path: &Path,
        settings: &SessionSettings,
    ) -> Result<Self, EngineError> {
        let source = model.chat_template(None).ok().and_then(|t| t.to_string().ok()).ok_or_else(|| {
            EngineError::ModelFile { path: path.display().to_string(), problem: gguf::NO_TEMPLATE.to_owned() }
        })?;
        let vocab = model.vocab();
        let text = |token: LlamaToken| {
            if token.0 < 0 {
                String::new()
            } else {
                String::from_utf8_lossy(&vocab.token_to_piece(token, true, None)).into()
            }
        };
        let template = ChatTemplate::new(source, text(vocab.bos()), text(vocab.eos()))?;
        let threads = if settings.threads == 0 { footprint::physical_cores() } else { settings.threads };
        let trained = usize::try_from(model.n_ctx_train()).unwrap_or(FIRST_CONTEXT);
        let allowed = usize::try_from(settings.footprint.context).unwrap_or(FIRST_CONTEXT);
        let mut session = Self {
            model,
            adapter: adapter.map(|a| (a, settings.adapter.as_ref().map_or(1.0, |(_, scale)| *scale))),
            context: None,
            context_tokens: 0,
            kept: Vec::new(),
            cuts: Vec::new(),
            beginnings: Vec::new(),
            known: HashMap::new(),
            template,
            footprint: workable(settings.footprint),
            deterministic: settings.deterministic,
            force: settings.force,
            threads,
            gpu_layers,
            limit: trained.min(allowed),
            grammar: OnceLock::new(),
        };
        session.reserve(1)?;
        Ok(session)
    }

    /// What model this is. `hash` and `adapter_hash` are the caller's to fill.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        let meta = |key: &str| self.model.meta_val_str(key).unwrap_or_default();
        let layers = self.model.n_layer();
        let heads = self.model.n_head().max(1);
        let embedding = u32::try_from(self.model.n_embd()).unwrap_or_default();
        let gpus: Vec<String> = footprint::devices().into_iter().filter(|d| d.gpu).map(|d| d.name).collect();
        let backend = if self.gpu_layers == 0 { "cpu".to_owned() } else { gpus.join("+") };
        ModelInfo {
            name: meta("general.name"),
            architecture: meta("general.architecture"),
            parameters: self.model.n_params(),
            bytes: self.model.size(),
            context: usize::try_from(self.model.n_ctx_train()).unwrap_or_default(),
            context_limit: self.limit,
            kv_bytes_per_token: footprint::kv_bytes_per_token(layers, self.model.n_head_kv(), embedding / heads),
            vocabulary: usize::try_from(self.model.n_vocab()).unwrap_or_default(),
            backend,
            gpu_layers: self.gpu_layers,
            layers,
            threads: self.threads,
            hash: String::new(),
            adapter_hash: None,
        }
    }

    /// Makes the context hold at least so many tokens; what it held is lost when it has to grow.
    fn reserve(&mut self, tokens: usize) -> Result<(), EngineError> {
        if tokens > self.limit {
            return Err(EngineError::ContextExceeded { needed: tokens, limit: self.limit, over: tokens - self.limit });
        }
        if self.context.is_some() && tokens <= self.context_tokens {
            return Ok(());
        }
        let size = tokens.next_power_of_two().max(FIRST_CONTEXT).min(self.limit);
        self.context = None;
        self.kept.clear();
        self.cuts.clear();
        let threads = i32::try_from(self.threads).unwrap_or(1);
        let params = LlamaContextParams::default()
            .with_n_ctx(std::num::NonZeroU32::new(to_u32(size)))
            .with_n_batch(self.footprint.batch)
            .with_n_ubatch(self.footprint.batch)
            .with_n_seq_max(self.footprint.sequences + 2)
            .with_kv_unified(true)
            .with_n_threads(threads)
            .with_n_threads_batch(threads)
            .with_no_perf(true);
        super::worker::clear_logs();
        let mut context = self.model.new_context(backend()?, params).map_err(|e| EngineError::OutOfMemory {
            message: format!(
                "a context of {size} tokens could not be made ({e}): {}",
                super::worker::last_log_errors()
            ),
        })?;
        if let Some((adapter, scale)) = &mut self.adapter {
            context.lora_adapter_set(adapter, *scale).map_err(EngineError::model)?;
        }
        self.context = Some(context);
        self.context_tokens = size;
        Ok(())
    }

    /// Takes another adapter, or none, without loading the model again. What was evaluated with the one before is forgotten.
    ///
    /// # Errors
    /// [`EngineError::ModelFile`] for a file that is no adapter of this model; nothing is changed then.
    pub(crate) fn attach(&mut self, adapter: Option<(String, f32)>) -> Result<(), EngineError> {
        let wanted = adapter.map(|(file, scale)| Ok((adapter_of(self.model, &file)?, scale))).transpose()?;
        self.beginnings.clear();
        // The next context is made with it.
        self.adapter = wanted;
        let size = self.context_tokens;
        self.context = None;
        self.reserve(size.max(1))
    }

    fn context(&mut self) -> Result<&mut LlamaContext<'static>, EngineError> {
        self.context.as_mut().ok_or_else(|| EngineError::model("the context is gone"))
    }

    /// Tokens of a prompt, rendered with the model's chat template.
    ///
    /// # Errors
    /// When the template cannot be rendered.
    pub fn prompt_tokens(&self, prompt: &Prompt) -> Result<Vec<Token>, EngineError> {
        let vocab = self.model.vocab();
        let tokenize = |text: &str, special: bool| {
            Ok(vocab.tokenize(text.as_bytes(), false, special).into_iter().map(|t| t.0).collect())
        };
        self.template.tokens(prompt, tokenize, vocab.should_add_bos().then(|| vocab.bos().0))
    }

    /// Tokens of a text that continues a prompt, without what a tokenizer adds at a beginning.
    #[must_use]
    pub fn continuation_tokens(&self, text: &str) -> Vec<Token> {
        let vocab = self.model.vocab();
        let tokenize = |text: &str| -> Result<Vec<LlamaToken>, std::convert::Infallible> {
            Ok(vocab.tokenize(text.as_bytes(), false, false))
        };
        let Ok(tokens) = continuation(text, tokenize);
        tokens.into_iter().map(|t| t.0).collect()
    }

    /// The same, remembered: names come again with every case.
    fn known_tokens(&mut self, text: &str) -> Vec<Token> {
        if let Some(tokens) = self.known.get(text) {
            return tokens.clone();
        }
        let tokens = self.continuation_tokens(text);
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(text.to_owned(), tokens.clone());
        tokens
    }

    /// Bytes of a token; none for control tokens.
    fn piece(&self, token: Token) -> Vec<u8> {
        self.model.vocab().token_to_piece(LlamaToken(token), false, None)
    }

    /// Tokens at the beginning of a prompt that do not change from one of its kind to the next.
    fn fixed_tokens(&self, prompt: &Prompt, tokens: &[Token]) -> Result<usize, EngineError> {
        let mut fixed = prompt.clone();
        let Some(last) = fixed.messages.last_mut().filter(|_| prompt.fixed > 0) else { return Ok(0) };
        let end = (0..=prompt.fixed.min(last.content.len())).rev().find(|&at| last.content.is_char_boundary(at));
        last.content.truncate(end.unwrap_or(0));
        let fixed = self.prompt_tokens(&fixed)?;
        Ok(fixed.iter().zip(tokens).take_while(|(a, b)| a == b).count().min(tokens.len().saturating_sub(1)))
    }

    /// Evaluates a prompt in sequence 0, so that the logits of its last token are at hand. Returns how many tokens were
    /// taken over.
    fn evaluate_prompt(
        &mut self,
        tokens: &[Token],
        (fixed, reading): (usize, Reading),
        control: &mut dyn Control,
    ) -> Result<usize, EngineError> {
        if tokens.is_empty() {
            return Err(EngineError::model("an empty prompt"));
        }
        let longest = match reading {
            Reading::Scores => CHUNK,
            Reading::List | Reading::Text if self.deterministic => CHUNK,
            Reading::List | Reading::Text => usize::try_from(self.footprint.batch).unwrap_or(CHUNK).max(CHUNK),
        };
        let ends = batch_ends(tokens.len(), fixed, longest);
        let common = self.kept.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        // The last token is evaluated again in any case: its logits are needed.
        let common = common.min(tokens.len() - 1);
        let same = ends.iter().zip(&self.cuts).take_while(|(a, b)| (**a, true) == **b && **a <= common);
        let same = same.last().map_or(0, |(end, _)| *end);
        let reused = match reading {
            _ if self.deterministic => 0,
            Reading::Text if common - same > CHUNK => common,
            Reading::Scores | Reading::List | Reading::Text => same,
        };
        let beginning = tokens.get(..fixed).unwrap_or_default();
        let recalled = if reused < fixed && !self.deterministic { self.recall(beginning)? } else { None };
        let reused = recalled.unwrap_or(reused);
        self.forget_from(reused)?;
        control.prefill(reused, tokens.len());
        let mut done = reused;
        for end in ends.into_iter().filter(|&end| end > reused) {
            if control.cancelled() {
                return Err(EngineError::Cancelled);
            }
            let wanted = if end == tokens.len() { Logits::OfLast } else { Logits::None };
            self.append(tokens.get(done..end).unwrap_or_default(), wanted, control)?;
            done = end;
            control.prefill(done, tokens.len());
            if done == fixed && !self.deterministic {
                self.remember()?;
            }
        }
        Ok(reused)
    }

    /// Keeps the first tokens of sequence 0 and drops everything else.
    fn forget_from(&mut self, position: usize) -> Result<(), EngineError> {
        self.kept.truncate(position);
        self.cuts.retain(|&(end, _)| end <= position);
        if self.cuts.last().map_or(0, |&(end, _)| end) != position {
            self.cuts.push((position, false));
        }
        let context = self.context()?;
        if position == 0 {
            // The cells alone: what lies in them is not read again, and zeroing it takes as long as reading several words.
            context.clear_kv_cache_seq(None, None, None).map_err(EngineError::model)?;
        } else {
            context.kv_cache_seq_rm(0, Some(to_u32(position)), None).map_err(EngineError::model)?;
        }
        Ok(())
    }

    /// Evaluates tokens at the end of sequence 0.
    fn append(&mut self, tokens: &[Token], logits: Logits, control: &mut dyn Control) -> Result<(), EngineError> {
        let limit = usize::try_from(self.footprint.batch).unwrap_or(CHUNK).max(1);
        let mut left = tokens.len();
        for part in tokens.chunks(limit) {
            left -= part.len();
            let mut batch = LlamaBatch::new(part.len(), 1);
            for (i, &token) in part.iter().enumerate() {
                let position = to_i32(self.kept.len() + i);
                let wanted = logits == Logits::OfLast && left == 0 && i + 1 == part.len();
                batch.add(LlamaToken(token), position, &[0], wanted).map_err(EngineError::model)?;
            }
            self.decode(&mut batch)?;
            self.kept.extend_from_slice(part);
            self.cuts.push((self.kept.len(), true));
            control.step();
        }
        Ok(())
    }

    fn decode(&mut self, batch: &mut LlamaBatch<'_>) -> Result<(), EngineError> {
        super::worker::clear_logs();
        self.context()?.decode(batch).map_err(|e| {
            let said = super::worker::last_log_errors();
            if said.to_lowercase().contains("alloc") {
                EngineError::OutOfMemory { message: said }
            } else {
                EngineError::model(format!("{e}; {said}"))
            }
        })
    }
}
