//! An engine that answers from a script: for tests of what stands above it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::Engine;
use crate::error::EngineError;
use crate::request::{Cancel, Constraint, End, GenerateRequest, Generated, ModelInfo, ScoreRequest, Scores, Sink};

/// Scores by a table of continuations, texts by a list.
#[derive(Debug, Default)]
pub struct ScriptedEngine {
    scores: HashMap<String, f64>,
    otherwise: f64,
    texts: Mutex<Vec<String>>,
    fault: Option<EngineError>,
}

impl ScriptedEngine {
    /// An engine that gives every continuation `otherwise` nats.
    #[must_use]
    pub fn new(otherwise: f64) -> Self {
        Self { otherwise, ..Self::default() }
    }

    /// Sets the score of a continuation (without surrounding white space). After an empty case it scores as `otherwise`
    /// when the prompt holds the mark that [`ScriptedEngine::new`]'s caller uses; the script does not read prompts.
    #[must_use]
    pub fn with_score(mut self, continuation: &str, nats: f64) -> Self {
        self.scores.insert(continuation.to_owned(), nats);
        self
    }

    /// Adds a text to write; they are given out in order.
    #[must_use]
    pub fn with_text(self, text: &str) -> Self {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        self
    }

    /// Makes every request fail.
    #[must_use]
    pub fn failing(mut self, fault: EngineError) -> Self {
        self.fault = Some(fault);
        self
    }

    fn check(&self, cancel: &Cancel) -> Result<(), EngineError> {
        match &self.fault {
            Some(fault) => Err(fault.clone()),
            None if cancel.is_cancelled() => Err(EngineError::Cancelled),
            None => Ok(()),
        }
    }
}

impl Engine for ScriptedEngine {
    fn info(&self) -> Result<ModelInfo, EngineError> {
        self.check(&Cancel::new())?;
        Ok(ModelInfo {
            name: "script".into(),
            backend: "script".into(),
            hash: "sha256:script".into(),
            ..ModelInfo::default()
        })
    }

    fn score(&self, request: &ScoreRequest, sink: &mut dyn Sink, cancel: &Cancel) -> Result<Scores, EngineError> {
        self.check(cancel)?;
        sink.prefill(1, 1);
        let log_probs = request
            .continuations
            .iter()
            .map(|c| self.scores.get(c.trim()).copied().unwrap_or(self.otherwise))
            .collect();
        Ok(Scores { log_probs, prompt_tokens: 1, ..Scores::default() })
    }

    fn generate(
        &self,
        request: &GenerateRequest,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Generated, EngineError> {
        self.check(cancel)?;
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let text = if texts.is_empty() { String::new() } else { texts.remove(0) };
        let item_log_probs = match &request.constraint {
            Constraint::List { .. } => text.lines().map(|_| self.otherwise).collect(),
            Constraint::Free | Constraint::JsonSchema(_) | Constraint::Lark(_) => Vec::new(),
        };
        sink.delta(&text);
        Ok(Generated {
            text,
            end: End::Stop,
            tokens: Vec::new(),
            forced_tokens: 0,
            item_log_probs,
            prompt_tokens: 1,
            reused_tokens: 0,
            prefill_ms: 0,
            generate_ms: 0,
        })
    }
}
