//! The OpenAI-compatible engine against a small server on loopback.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bogam_engine::remote::{RemoteEngine, RemoteSettings};
use bogam_engine::{Cancel, Constraint, End, Engine as _, GenerateRequest, NoSink, Prompt, Sampling, ScoreRequest};
use serde_json::{Value, json};

/// Serves each connection with what `answer` makes of the path and body; a `None` keeps it waiting.
fn serve(answer: impl Fn(&str, &Value) -> Option<String> + Send + 'static) -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let (sender, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut first = String::new();
            reader.read_line(&mut first).unwrap();
            let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            sender.send(body.clone()).ok();
            match answer(&path, &body) {
                Some(text) => write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
                    text.len()
                )
                .unwrap(),
                None => std::thread::sleep(Duration::from_secs(3)),
            }
        }
    });
    (address, bodies)
}

fn connect(base_url: String) -> RemoteEngine {
    let settings = RemoteSettings { base_url, model: None, api_key: None, allow_other_hosts: false };
    RemoteEngine::connect(settings).unwrap()
}

const MODELS: &str = r#"{"data":[{"id":"llama"}]}"#;

fn generate(engine: &RemoteEngine, constraint: Constraint) -> bogam_engine::Generated {
    let prompt = Prompt::new("S", "U", "-");
    let request = GenerateRequest { prompt, constraint, sampling: Sampling::greedy(), max_tokens: 20 };
    engine.generate(&request, &mut NoSink, &Cancel::new()).unwrap()
}

#[test]
fn a_stream_is_read_and_a_budget_ends_at_a_sentence() {
    let (address, _) = serve(|path, _| {
        Some(if path.ends_with("models") {
            MODELS.to_owned()
        } else {
            let event = |t: &str, f: Value| {
                format!("data: {}\n\n", json!({"choices":[{"delta":{"content":t},"finish_reason":f}]}))
            };
            event("물을 ", Value::Null) + &event("드십시오. 그리고", json!("length")) + "data: [DONE]\n\n"
        })
    });
    let written = generate(&connect(address), Constraint::Free);
    assert_eq!(written.text, "물을 드십시오.");
    assert_eq!(written.end, End::Budget);
}

#[test]
fn a_list_is_asked_for_as_a_schema_and_read_as_lines() {
    let (address, bodies) = serve(|path, _| {
        Some(if path.ends_with("models") {
            MODELS.to_owned()
        } else {
            format!("data: {}\n\ndata: [DONE]\n\n", json!({"choices":[{"delta":{"content":"[\"a\",\"b\",\"a\"]"}}]}))
        })
    });
    let engine = connect(address);
    let items = vec![" a\n".to_owned(), " b\n".to_owned()];
    let written = generate(&engine, Constraint::List { items, separator: "-".into(), min: 1, max: 2 });
    assert_eq!(written.text, " a\n- b\n");
    let body = bodies.iter().nth(1).unwrap();
    assert_eq!(body["response_format"]["json_schema"]["schema"]["items"]["enum"], json!(["a", "b"]));
}

#[test]
fn scores_are_the_log_probabilities_behind_the_prefix() {
    let (address, _) = serve(|path, body| {
        Some(if path.ends_with("models") {
            MODELS.to_owned()
        } else {
            let answer = body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
            let mut tokens = vec![Value::Null, json!({"5": {"logprob": -9.0}})];
            if answer.contains("warfarin") {
                tokens.push(json!({"6": {"logprob": -1.5}}));
                tokens.push(json!({"7": {"logprob": -0.25}}));
            }
            json!({"prompt_logprobs": tokens, "choices": []}).to_string()
        })
    });
    let request = ScoreRequest::new(Prompt::new("S", "U", "-"), vec![" warfarin\n".into()]);
    let scores = connect(address).score(&request, &mut NoSink, &Cancel::new()).unwrap();
    assert_eq!(scores.log_probs, [-1.75]);
}

#[test]
fn a_server_that_cannot_score_says_so_and_another_host_is_refused() {
    let (address, _) =
        serve(|path, _| Some(if path.ends_with("models") { MODELS.to_owned() } else { "{\"choices\":[]}".to_owned() }));
    let request = ScoreRequest::new(Prompt::new("S", "U", "-"), vec![" x\n".into()]);
    let error = connect(address).score(&request, &mut NoSink, &Cancel::new()).unwrap_err();
    assert_eq!(error.code(), "model.unsupported");
    let settings = RemoteSettings {
        base_url: "http://192.0.2.1:8000/v1".into(),
        model: None,
        api_key: None,
        allow_other_hosts: false,
    };
    let error = RemoteEngine::connect(settings).unwrap_err().to_string();
    assert!(error.contains("is not this machine"), "{error}");
}

#[test]
fn a_cancel_returns_at_once_though_the_server_is_silent() {
    let (address, _) = serve(|path, _| path.ends_with("models").then(|| MODELS.to_owned()));
    let engine = connect(address);
    let cancel = Cancel::new();
    let from_elsewhere = cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        from_elsewhere.cancel();
    });
    let start = Instant::now();
    let request = ScoreRequest::new(Prompt::new("S", "U", "-"), vec![" x\n".into()]);
    let error = engine.score(&request, &mut NoSink, &cancel).unwrap_err();
    assert_eq!(error.code(), "cancelled");
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
}
