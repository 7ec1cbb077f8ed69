//! The tokenizer that a GGUF carries, rebuilt for `tokenizers` so that it gives llama.cpp's tokens.

use std::path::Path;

use bogam_engine::llama::template::{ChatTemplate, continuation};
use bogam_engine::{EngineError, Prompt, Role};
use candle_core::quantized::gguf_file::Value;
use serde_json::{Map, json};
use tokenizers::Tokenizer;

use crate::base::Base;
use crate::config::{text, whole};
use crate::error::TrainError;
use crate::samples::{Answer, Message};

/// Texts to tokens, and messages to the prompt that an engine makes of them.
#[derive(Debug)]
pub struct Tokens {
    /// Special tokens in a text are meant.
    special: Tokenizer,
    /// Special tokens in a text are text.
    plain: Tokenizer,
    template: ChatTemplate,
    /// Put first, where the model wants it.
    bos: Option<u32>,
    end: u32,
}

/// How a list of drugs is written after the prompt: what scoring asks for (`prefix`, then ` name` and a newline), with what stands
/// between two items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListForm {
    /// What the answer begins with; given, not learned.
    pub prefix: String,
    /// Before a name.
    pub before: String,
    /// After a name.
    pub after: String,
    /// Between items.
    pub between: String,
}

impl ListForm {
    /// The form of this prefix that the engine writes and scores.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        let owned = str::to_owned;
        Self { prefix: owned(prefix), before: owned(" "), after: owned("\n"), between: owned("-") }
    }
}

/// A record as tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Prompt, answer and end.
    pub tokens: Vec<u32>,
    /// Where the answer begins.
    pub answer: usize,
}

/// How texts are cut before merges, by the name that a GGUF gives it.
fn pre_tokenizer(name: &str) -> Option<(serde_json::Value, bool)> {
    let bytes =
        |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex});
    let split = |pattern: &str| {
        json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false}, bytes(false)]})
    };
    match name {
        "gpt-2" | "gpt2" => Some((bytes(true), false)),
        "smollm" => Some((
            json!({"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, bytes(true)]}),
            false,
        )),
        "llama-bpe" | "llama3" | "llama-v3" => Some((
            split(
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            ),
            true,
        )),
        _ => None,
    }
}

/// `tokenizer.ggml.token_type`: control tokens are only meant where a text is allowed to hold them, those of users always.
const CONTROL: usize = 3;
const USER_DEFINED: usize = 4;

impl Tokens {
    /// The tokenizer of a base model.
    ///
    /// # Errors
    /// [`TrainError::Model`] when it has none, or one that the trainer does not know.
    pub fn of(base: &Base) -> Result<Self, TrainError> {
        let fault = |problem: String| TrainError::model(base.path(), problem);
        match base.metadata() {
            Some(metadata) => Self::of_gguf(metadata).map_err(fault),
            None => Self::of_folder(base.path()).map_err(fault),
        }
    }

    fn of_gguf(metadata: &std::collections::HashMap<String, Value>) -> Result<Self, String> {
        let get = |key: &str| metadata.get(&format!("tokenizer.ggml.{key}"));
        let kind = text(metadata, "tokenizer.ggml.model").unwrap_or("none");
        if kind != "gpt2" {
            return Err(format!("its tokenizer is {kind:?}, and the trainer knows byte-pair encoding (\"gpt2\") only"));
        }
        let pre = text(metadata, "tokenizer.ggml.pre").unwrap_or("gpt-2");
        let (pre, ignore_merges) = pre_tokenizer(pre)
            .ok_or_else(|| format!("its tokenizer cuts texts as {pre:?}, which the trainer does not know"))?;
        let list = |key: &str| {
            get(key)
                .and_then(|v| v.to_vec().ok())
                .ok_or_else(|| format!("it has no tokenizer.ggml.{key}; use a whole model"))
        };
        let mut vocabulary = Map::new();
        let mut texts = Vec::new();
        for (id, value) in list("tokens")?.iter().enumerate() {
            let token = value.to_string().map_err(|e| e.to_string())?;
            vocabulary.entry(token.clone()).or_insert(json!(id));
            texts.push(token.clone());
        }
        let mut merges = Vec::new();
        for value in list("merges")? {
            let merge = value.to_string().map_err(|e| e.to_string())?;
            // The first piece may itself begin with a space.
            let at = merge.char_indices().skip(1).find(|(_, c)| *c == ' ').map(|(i, _)| i);
            let (a, b) = at.and_then(|i| merge.split_at_checked(i)).ok_or_else(|| format!("no merge: {merge:?}"))?;
            merges.push(json!([a, b.strip_prefix(' ').unwrap_or(b)]));
        }
        let types: Vec<usize> = match get("token_type") {
            Some(types) => types.to_vec().map_err(|e| e.to_string())?.iter().filter_map(whole).collect(),
            None => Vec::new(),
        };
        let added = |kinds: &[usize]| -> Vec<serde_json::Value> {
            let all = texts.iter().zip(&types).enumerate().filter(|(_, (_, kind))| kinds.contains(kind));
            all.map(|(id, (token, kind))| {
                json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                       "normalized": false, "special": *kind == CONTROL})
            })
            .collect()
        };
        let build = |added: Vec<serde_json::Value>| {
            let all = json!({
                "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
                "pre_tokenizer": pre, "post_processor": null,
                "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
                "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                    "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                    "ignore_merges": ignore_merges, "vocab": vocabulary, "merges": merges},
            });
            Tokenizer::from_bytes(all.to_string()).map_err(|e| format!("its tokenizer cannot be built: {e}"))
        };
        let id = |key: &str| get(key).and_then(whole).and_then(|id| u32::try_from(id).ok());
        let token = |id: Option<u32>| {
            let at = id.and_then(|id| usize::try_from(id).ok());
            at.and_then(|at| texts.get(at)).cloned().unwrap_or_default()
        };
        let (bos, end) = (id("bos_token_id"), id("eos_token_id"));
        let adds_bos = get("add_bos_token").and_then(|v| v.to_bool().ok()).unwrap_or(ignore_merges);
        let source = text(metadata, "tokenizer.chat_template").ok_or(
            "it carries no chat template, so it is a base model; use the instruction-tuned version that answers are made with",
        )?;
        Ok(Self {
            special: build(added(&[CONTROL, USER_DEFINED]))?,
            plain: build(added(&[USER_DEFINED]))?,
            template: ChatTemplate::new(source.to_owned(), token(bos), token(end)).map_err(|e| e.to_string())?,
            bos: bos.filter(|_| adds_bos),
            end: end.ok_or("it has no eos_token_id")?,
        })
    }

    fn of_folder(folder: &Path) -> Result<Self, String> {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| format!("{name}: {e}"));
        let special = Tokenizer::from_bytes(read("tokenizer.json")?).map_err(|e| format!("tokenizer.json: {e}"))?;
        let mut plain = special.clone();
        plain.set_encode_special_tokens(true);
        let config: Map<String, serde_json::Value> =
            serde_json::from_str(&read("tokenizer_config.json")?).map_err(|e| format!("tokenizer_config.json: {e}"))?;
        // A special token stands there as a text, or as an object with `content`.
        let token = |key: &str| {
            let value = config.get(key)?;
            value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned)
        };
        let (bos, eos) = (token("bos_token"), token("eos_token").ok_or("tokenizer_config.json: no eos_token")?);
        let source = match config.get("chat_template").and_then(|t| t.as_str()) {
            Some(source) => source.to_owned(),
            None => read("chat_template.jinja")?,
        };
        let adds_bos = config.get("add_bos_token").and_then(serde_json::Value::as_bool);
        let adds_bos = adds_bos.unwrap_or_else(|| special.encode("a", true).is_ok_and(|e| e.len() > 1));
        let bos_id = bos.as_deref().filter(|_| adds_bos).and_then(|bos| special.token_to_id(bos));
        let end = special.token_to_id(&eos).ok_or_else(|| format!("the eos_token {eos:?} is not in tokenizer.json"))?;
        let template = ChatTemplate::new(source, bos.unwrap_or_default(), eos).map_err(|e| e.to_string())?;
        Ok(Self { special, plain, template, bos: bos_id, end })
    }

    /// Tokens of a text; with `special`, special tokens in it are meant.
    ///
    /// # Errors
    /// When the tokenizer refuses.
    pub fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, String> {
        let tokenizer = if special { &self.special } else { &self.plain };
        tokenizer.encode_fast(text, false).map(|e| e.get_ids().to_vec()).map_err(|e| e.to_string())
    }

    /// The text of tokens.
    ///
    /// # Errors
    /// When a token is unknown.
    pub fn decode(&self, tokens: &[u32]) -> Result<String, String> {
        self.special.decode(tokens, false).map_err(|e| e.to_string())
    }

    /// Tokens of a prompt up to and with the beginning of the answer, as the engine makes them.
    ///
    /// # Errors
    /// When the template refuses the messages.
    pub fn prompt(&self, messages: &[Message], prefix: &str) -> Result<Vec<u32>, String> {
        let message = |message: &Message| {
            let role = match message.role.as_str() {
                "system" => Role::System,
                "user" => Role::User,
                "assistant" => Role::Assistant,
                other => return Err(format!("a message of {other:?}, which is neither system, user nor assistant")),
            };
            Ok(bogam_engine::Message { role, content: message.content.clone() })
        };
        let messages = messages.iter().map(message).collect::<Result<Vec<_>, String>>()?;
        let prompt = Prompt { messages, answer_prefix: prefix.to_owned(), fixed: 0 };
        let tokenize =
            |text: &str, special: bool| self.encode(text, special).map_err(|message| EngineError::Model { message });
        self.template.tokens(&prompt, tokenize, self.bos).map_err(|e| e.to_string())
    }

    /// A text that goes on after the prompt, without what the tokenizer does at a beginning.
    fn continued(&self, text: &str) -> Result<Vec<u32>, String> {
        continuation(text, |text| self.encode(text, false))
    }

    /// A record as tokens; `order` is that of a list's items.
    ///
    /// # Errors
    /// When the template refuses the messages.
    pub fn record(
        &self,
        messages: &[Message],
        answer: &Answer,
        order: &[usize],
        form: &ListForm,
    ) -> Result<Encoded, String> {
        let (mut tokens, answer_at);
        match answer {
            Answer::Text(text) => {
                tokens = self.prompt(messages, "")?;
                answer_at = tokens.len();
                tokens.extend(self.encode(text, false)?);
            }
            Answer::List(items) => {
                tokens = self.prompt(messages, &form.prefix)?;
                answer_at = tokens.len();
                for (i, item) in order.iter().filter_map(|at| items.get(*at)).enumerate() {
                    if i > 0 {
                        tokens.extend(self.encode(&form.between, false)?);
                    }
                    tokens.extend(self.continued(&format!("{}{item}{}", form.before, form.after))?);
                }
            }
        }
        tokens.push(self.end);
        Ok(Encoded { tokens, answer: answer_at })
    }
}
