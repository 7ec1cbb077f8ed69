//! An OpenAI-compatible server (vLLM, llama-server, Ollama): used only where a person configured it.
//!
//! Loopback unless other hosts were allowed. Scoring needs a server that tells the log-probabilities of a prompt (vLLM's
//! `prompt_logprobs`); others answer [`EngineError::Unsupported`], and the list is made without the model channel.

#![allow(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for what it lacks; the bodies written here are objects"
)]

use std::io::{BufRead as _, BufReader};
use std::net::IpAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Engine;
use crate::error::EngineError;
use crate::request::{
    Cancel, Constraint, End, GenerateRequest, Generated, ModelInfo, Prompt, Role, Sampling, ScoreRequest, Scores, Sink,
};
use crate::text::last_sentence_end;

/// How often a cancel is looked at while the server works.
const TICK: Duration = Duration::from_millis(20);

/// Where the server is.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    /// Base address, such as `http://127.0.0.1:8000/v1`.
    pub base_url: String,
    /// The model's name there; `None` takes the only one.
    pub model: Option<String>,
    /// A bearer token.
    pub api_key: Option<String>,
    /// Whether hosts other than this machine are allowed.
    pub allow_other_hosts: bool,
}

/// An OpenAI-compatible server.
#[derive(Debug)]
pub struct RemoteEngine {
    settings: RemoteSettings,
    model: String,
    agent: ureq::Agent,
}

fn remote(message: impl std::fmt::Display) -> EngineError {
    EngineError::Remote { message: message.to_string() }
}

/// Host of an `http://` or `https://` address.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => authority.split(':').next(),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl RemoteEngine {
    /// Connects and finds the model.
    ///
    /// # Errors
    /// [`EngineError::Remote`] when the host is not allowed, does not answer, or does not have the model.
    pub fn connect(settings: RemoteSettings) -> Result<Self, EngineError> {
        let Some(host) = host(&settings.base_url).filter(|h| !h.is_empty()) else {
            return Err(remote(format!("{}: write the address as http://host:port/v1", settings.base_url)));
        };
        if !settings.allow_other_hosts && !is_loopback(host) {
            return Err(remote(format!(
                "{host} is not this machine: patient data would leave it; allow other hosts in the settings if that is meant"
            )));
        }
        // Redirects could lead to another host.
        let agent = ureq::Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(5)))
            .max_redirects(0)
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut engine = Self { settings, model: String::new(), agent };
        let models = engine.get("models")?;
        let names: Vec<&str> =
            models["data"].as_array().into_iter().flatten().filter_map(|m| m["id"].as_str()).collect();
        engine.model = match (&engine.settings.model, names.as_slice()) {
            (Some(wanted), names) if names.contains(&wanted.as_str()) => wanted.clone(),
            (None, [only]) => (*only).to_owned(),
            (wanted, names) => {
                let wanted = wanted.as_deref().unwrap_or("one model");
                return Err(remote(format!("{wanted} was asked for, and the server has {}", names.join(", "))));
            }
        };
        Ok(engine)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.settings.base_url.trim_end_matches('/'))
    }

    fn get(&self, path: &str) -> Result<Value, EngineError> {
        let mut request = self.agent.get(self.url(path));
        if let Some(key) = &self.settings.api_key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = request.call().map_err(remote)?;
        if !response.status().is_success() {
            return Err(remote(format!("{path}: status {}", response.status())));
        }
        response.body_mut().read_json().map_err(remote)
    }

    /// Posts, and gives the lines of the answer to `line` until it returns true. The work is done in another thread, so
    /// that a cancel is heard at once.
    fn post(
        &self,
        path: &str,
        body: Value,
        cancel: &Cancel,
        line: &mut dyn FnMut(&str) -> Result<bool, EngineError>,
    ) -> Result<(), EngineError> {
        let (sender, lines) = mpsc::channel::<Result<String, EngineError>>();
        let mut request = self.agent.post(self.url(path));
        if let Some(key) = &self.settings.api_key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        std::thread::spawn(move || {
            let answer = request.send_json(body);
            let mut response = match answer {
                Ok(response) => response,
                Err(error) => return drop(sender.send(Err(remote(error)))),
            };
            let status = response.status();
            if !status.is_success() {
                let said = response.body_mut().read_to_string().unwrap_or_default();
                let said: String = said.chars().take(300).collect();
                return drop(sender.send(Err(remote(format!("status {status}: {said}")))));
            }
            for line in BufReader::new(response.into_body().into_reader()).lines() {
                // An unheard line means that the caller is gone: the connection closes with this thread.
                if sender.send(line.map_err(remote)).is_err() {
                    return;
                }
            }
        });
        loop {
            match lines.recv_timeout(TICK) {
                Ok(text) => {
                    if line(&text?)? {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if cancel.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
        }
    }

    fn body(&self, prompt: &Prompt, answer: &str) -> Value {
        let mut messages: Vec<Value> =
            prompt.messages.iter().map(|m| json!({"role": m.role.as_str(), "content": m.content})).collect();
        let mut body = json!({"model": self.model});
        if !answer.is_empty() {
            messages.push(json!({"role": Role::Assistant.as_str(), "content": answer}));
            body["add_generation_prompt"] = json!(false);
            body["continue_final_message"] = json!(true);
        }
        body["messages"] = json!(messages);
        body
    }

    /// Log-probabilities of the tokens of a prompt with its answer so far.
    fn prompt_log_probs(&self, prompt: &Prompt, answer: &str, cancel: &Cancel) -> Result<Vec<f64>, EngineError> {
        let mut body = self.body(prompt, answer);
        body["max_tokens"] = json!(1);
        body["prompt_logprobs"] = json!(0);
        let mut text = String::new();
        self.post("chat/completions", body, cancel, &mut |line| {
            text.push_str(line);
            Ok(false)
        })?;
        let answer: Value = serde_json::from_str(&text).map_err(remote)?;
        let Some(tokens) = answer["prompt_logprobs"].as_array() else {
            return Err(EngineError::Unsupported { what: "scoring (log-probabilities of the prompt)".into() });
        };
        // The first token has none; each other entry holds the token that stands there.
        let value = |entry: &Value| entry.as_object()?.values().next()?["logprob"].as_f64();
        Ok(tokens.iter().map(|t| value(t).unwrap_or(0.0)).collect())
    }
}

fn sampling_fields(body: &mut Value, sampling: &Sampling) {
    body["temperature"] = json!(sampling.temperature);
    body["seed"] = json!(sampling.seed);
    if sampling.top_p < 1.0 {
        body["top_p"] = json!(sampling.top_p);
    }
    if sampling.top_k > 0 {
        body["top_k"] = json!(sampling.top_k);
    }
    if sampling.min_p > 0.0 {
        body["min_p"] = json!(sampling.min_p);
    }
    if sampling.repetition_penalty > 1.0 {
        body["repetition_penalty"] = json!(sampling.repetition_penalty);
    }
}

impl Engine for RemoteEngine {
    fn info(&self) -> Result<ModelInfo, EngineError> {
        Ok(ModelInfo {
            name: self.model.clone(),
            backend: format!("remote {}", self.settings.base_url),
            hash: format!("remote:{}", self.model),
            ..ModelInfo::default()
        })
    }

    fn score(&self, request: &ScoreRequest, sink: &mut dyn Sink, cancel: &Cancel) -> Result<Scores, EngineError> {
        let start = Instant::now();
        let prefix = &request.prompt.answer_prefix;
        let shared = self.prompt_log_probs(&request.prompt, prefix, cancel)?.len();
        let prefill_ms = crate::llama::session::millis(start);
        let mut scores = Scores { prompt_tokens: shared, prefill_ms, ..Scores::default() };
        let start = Instant::now();
        for (i, continuation) in request.continuations.iter().enumerate() {
            let all = self.prompt_log_probs(&request.prompt, &format!("{prefix}{continuation}"), cancel)?;
            let own = all.get(shared..).unwrap_or_default();
            if own.is_empty() {
                return Err(EngineError::Unsupported { what: "scoring (the server trims the answer so far)".into() });
            }
            scores.continuation_tokens += own.len();
            scores.evaluated_tokens += own.len();
            scores.log_probs.push(own.iter().sum());
            sink.prefill(i + 1, request.continuations.len());
        }
        scores.score_ms = crate::llama::session::millis(start);
        Ok(scores)
    }

    fn generate(
        &self,
        request: &GenerateRequest,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Generated, EngineError> {
        let start = Instant::now();
        let listing = matches!(request.constraint, Constraint::List { .. });
        let answer = if listing { "" } else { request.prompt.answer_prefix.as_str() };
        let mut body = self.body(&request.prompt, answer);
        body["stream"] = json!(true);
        body["max_tokens"] = json!(request.max_tokens);
        sampling_fields(&mut body, &request.sampling);
        let schema = match &request.constraint {
            Constraint::Free => None,
            Constraint::JsonSchema(schema) => Some(schema.clone()),
            Constraint::Lark(_) => return Err(EngineError::Unsupported { what: "a grammar in Lark syntax".into() }),
            Constraint::List { items, min, max, .. } => {
                let items: Vec<&str> = items.iter().map(|i| i.trim()).collect();
                Some(json!({"type": "array", "minItems": min, "maxItems": max, "uniqueItems": true,
                    "items": {"type": "string", "enum": items}}))
            }
        };
        if let Some(schema) = schema {
            body["response_format"] =
                json!({"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": schema}});
        }
        let mut text = String::new();
        let mut end = End::Stop;
        let outcome = self.post("chat/completions", body, cancel, &mut |line| {
            let Some(data) = line.strip_prefix("data:").map(str::trim) else { return Ok(false) };
            if data == "[DONE]" {
                return Ok(true);
            }
            let event: Value = serde_json::from_str(data).map_err(remote)?;
            if let Some(new) = event["choices"][0]["delta"]["content"].as_str() {
                text.push_str(new);
                if !listing {
                    sink.delta(new);
                }
            }
            if event["choices"][0]["finish_reason"] == "length" {
                end = End::Budget;
            }
            Ok(false)
        });
        match outcome {
            Ok(()) => {}
            Err(EngineError::Cancelled) => end = End::Cancelled,
            Err(error) => return Err(error),
        }
        if end == End::Budget && request.constraint == Constraint::Free {
            let keep = last_sentence_end(&text);
            text.truncate(keep);
            sink.truncate(keep);
        }
        if let Constraint::List { separator, .. } = &request.constraint {
            text = list_lines(&text, separator)?;
            sink.delta(&text);
        }
        Ok(Generated {
            item_log_probs: vec![f64::NAN; if listing { text.lines().count() } else { 0 }],
            text,
            end,
            tokens: Vec::new(),
            forced_tokens: 0,
            prompt_tokens: 0,
            reused_tokens: 0,
            prefill_ms: 0,
            generate_ms: crate::llama::session::millis(start),
        })
    }
}

/// A JSON list as the lines that a local engine writes; an item that stands twice counts once (servers do not enforce
/// `uniqueItems`).
fn list_lines(text: &str, separator: &str) -> Result<String, EngineError> {
    let items: Vec<String> =
        serde_json::from_str(text).map_err(|e| remote(format!("the list is no JSON list: {e}")))?;
    let mut seen = std::collections::BTreeSet::new();
    let unique: Vec<String> = items.into_iter().filter(|i| seen.insert(i.clone())).map(|i| format!(" {i}\n")).collect();
    Ok(unique.join(separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for (url, expected) in [
            ("http://127.0.0.1:8000/v1", true),
            ("http://localhost:8000/v1", true),
            ("http://[::1]:8000/v1", true),
            ("http://127.0.0.1.example.org/v1", false),
            ("http://localhost@10.0.0.5/v1", false),
            ("https://10.0.0.5/v1", false),
        ] {
            assert_eq!(is_loopback(host(url).unwrap()), expected, "{url}");
        }
        assert_eq!(host("ftp://x"), None);
    }

    #[test]
    fn a_list_from_a_server_has_no_item_twice() {
        assert_eq!(list_lines(r#"["a","b","a"]"#, "-").unwrap(), " a\n- b\n");
    }
}
