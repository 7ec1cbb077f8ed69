//! `bogam evaluate exam`: over a scripted engine, and the whole program with the starter model.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bogam_app::AppError;
use bogam_app::exam::{ExamRequest, ExamSettings, Examined, examine};
use bogam_app::job::Collected;
use bogam_app::open::{EngineOptions, ModelChoice};
use bogam_engine::scripted::ScriptedEngine;
use bogam_engine::{Cancel, Engine, EngineError, GenerateRequest, Generated, ModelInfo, ScoreRequest, Scores, Sink};
use serde_json::{Value, json};

use crate::common::{Place, code, jsonl, lines, model, root, stderr, turn};

/// Writes a text that its seed chooses, whatever was asked before; the letter B is the most probable, and the text `long`
/// for its length.
struct Script {
    scores: ScriptedEngine,
    hash: &'static str,
    seeds: Mutex<Vec<u32>>,
    scored: Mutex<usize>,
    /// A person stops the run while this many answers are written.
    stop: Option<(usize, Cancel)>,
}

impl Script {
    fn new() -> Self {
        let scores = ScriptedEngine::new(-9.0).with_score("B", -1.0).with_score("long and probable", -10.0);
        Self { scores, hash: "sha256:one", seeds: Mutex::default(), scored: Mutex::default(), stop: None }
    }

    fn written(&self) -> usize {
        self.seeds.lock().unwrap().len()
    }
}

impl Engine for Script {
    fn info(&self) -> Result<ModelInfo, EngineError> {
        Ok(ModelInfo { hash: self.hash.into(), ..self.scores.info()? })
    }

    fn score(&self, request: &ScoreRequest, sink: &mut dyn Sink, cancel: &Cancel) -> Result<Scores, EngineError> {
        *self.scored.lock().unwrap() += 1;
        if request.prompt.messages.iter().any(|m| m.content.contains("endless")) {
            return Err(EngineError::ContextExceeded { needed: 9, limit: 8, over: 1 });
        }
        self.scores.score(request, sink, cancel)
    }

    fn generate(
        &self,
        request: &GenerateRequest,
        sink: &mut dyn Sink,
        _cancel: &Cancel,
    ) -> Result<Generated, EngineError> {
        let seed = request.sampling.seed;
        self.seeds.lock().unwrap().push(seed);
        if let Some((after, stop)) = &self.stop
            && self.written() == *after
        {
            stop.cancel();
        }
        let text = ["A", "The answer is (B)", "정답은 C입니다", "I do not know"][seed as usize % 4];
        // The text of a cancelled request comes back as if it were whole: nobody may take it for an answer.
        ScriptedEngine::new(0.0).with_text(text).generate(request, sink, &Cancel::new())
    }
}

fn question(id: usize, gold: &str) -> Value {
    json!({"id": format!("q{id}"), "question": format!("Question {id}?"), "gold": gold,
        "options": {"A": "one", "B": "two", "C": "long and probable", "D": "four"}})
}

fn five() -> Vec<Value> {
    ["A", "B", "C", "B", "D"].iter().enumerate().map(|(n, gold)| question(n, gold)).collect()
}

fn request(questions: &[&Path], out: &Path) -> ExamRequest {
    ExamRequest {
        questions: questions.iter().map(|p| p.to_path_buf()).collect(),
        model: ModelChoice::None,
        engine: EngineOptions::default(),
        settings: ExamSettings {
            tries: 3,
            temperature: 0.5,
            top_k: 200,
            top_p: 1.0,
            repetition_penalty: 1.1,
            max_tokens: 16,
            seed: 1,
        },
        out: Some(out.to_path_buf()),
    }
}

fn run(request: &ExamRequest, engine: &Script) -> Result<Examined, AppError> {
    examine(request, engine, &mut Collected::default(), &Cancel::new())
}

fn kept(out: &Path) -> PathBuf {
    PathBuf::from(format!("{}.questions.jsonl", out.display()))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn letters_texts_and_tries_are_scored_and_kept() {
    let place = Place::new();
    let korean = json!({"id": "k", "question": "옳은 것은?", "gold": "B", "options": ["가", "나", "다", "라", "마"]});
    let (en, ko) = (place.write("en.jsonl", jsonl(&five())), place.write("ko.jsonl", jsonl(&[korean])));
    let out = place.path("report.json");
    let engine = Script::new();
    let examined = run(&request(&[&en, &ko], &out), &engine).unwrap();
    assert_eq!(examined.exit_code(), 0);
    let report = &lines(&std::fs::read(&out).unwrap())[0];
    // B is the most probable letter of each: right in three of six. By text C is: one of five; the Korean texts are
    // equally probable, and the first of equals is taken.
    assert_eq!(report["whole"]["by_letter"]["value"], 0.5);
    assert_eq!(report["by_file"][0]["by_text"]["value"], 0.2);
    assert_eq!(report["by_language"][1]["name"], "ko");
    let kept_lines = lines(&std::fs::read(kept(&out)).unwrap());
    assert_eq!(kept_lines.len(), 7, "the settings and six questions");
    let (mut right, mut unreadable) = (0, 0);
    for entry in &kept_lines[1..] {
        for read in entry["read"].as_array().unwrap() {
            right += usize::from(*read == entry["gold"]);
            unreadable += usize::from(read.is_null());
        }
    }
    let share = |n: usize| n as f64 / 18.0;
    let near = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 1e-12;
    assert!(near(&report["by_language"][1]["chance"], 0.2));
    assert!(unreadable > 0 && right > 0, "{kept_lines:?}");
    assert!(near(&report["whole"]["sampled"]["unreadable"]["value"], share(unreadable)));
    assert!(near(&report["whole"]["sampled"]["pass"][0]["estimate"]["value"], share(right)));
    let seeds: std::collections::BTreeSet<u32> = engine.seeds.lock().unwrap().iter().copied().collect();
    assert_eq!(seeds.len(), 18, "a seed for each question and try");
    let table = examined.table.unwrap();
    for text in ["pass@3", "unreadable answers", "ko: 1 questions", "most probable letter"] {
        assert!(table.contains(text), "{table}");
    }
    assert_eq!((mode(&out), mode(&kept(&out))), (0o600, 0o600));
}

#[test]
fn a_run_that_was_stopped_goes_on_where_it_was_and_comes_to_the_same() {
    let place = Place::new();
    let questions = place.write("q.jsonl", jsonl(&five()));
    let (quiet, stopped) = (place.path("quiet.json"), place.path("stopped.json"));
    run(&request(&[&questions], &quiet), &Script::new()).unwrap();

    // In the middle of the third question: two are kept, and what was written of the third is thrown away.
    let cancel = Cancel::new();
    let engine = Script { stop: Some((8, cancel.clone())), ..Script::new() };
    let error = examine(&request(&[&questions], &stopped), &engine, &mut Collected::default(), &cancel).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("2 records"), "{error}");
    assert_eq!(lines(&std::fs::read(kept(&stopped)).unwrap()).len(), 3);
    assert!(!stopped.exists(), "no report of a part");
    // As if it had been killed while it wrote a line.
    let torn = [std::fs::read(kept(&stopped)).unwrap(), b"{\"file\":\"q\",\"li".to_vec()].concat();
    std::fs::write(kept(&stopped), torn).unwrap();

    let engine = Script::new();
    let mut sink = Collected::default();
    examine(&request(&[&questions], &stopped), &engine, &mut sink, &Cancel::new()).unwrap();
    assert_eq!((engine.written(), *engine.scored.lock().unwrap()), (9, 6), "three questions of five");
    assert!(sink.warnings.iter().any(|w| w.contains("not whole")), "{:?}", sink.warnings);
    assert!(sink.warnings.iter().any(|w| w.contains("2 questions were answered before")), "{:?}", sink.warnings);
    assert_eq!(sink.done, 5);
    let both = |path: &Path| (std::fs::read(path).unwrap(), std::fs::read(kept(path)).unwrap());
    assert_eq!(both(&quiet), both(&stopped));

    // All is done: nothing is asked, and the report is written anew.
    std::fs::remove_file(&stopped).unwrap();
    let engine = Script::new();
    run(&request(&[&questions], &stopped), &engine).unwrap();
    assert_eq!(engine.written(), 0);
    assert_eq!(both(&quiet), both(&stopped));
}

#[test]
fn answers_of_another_run_are_refused_and_left_alone() {
    let place = Place::new();
    let questions = place.write("q.jsonl", jsonl(&five()));
    let fewer = place.write("fewer.jsonl", jsonl(&five()[1..]));
    let out = place.path("report.json");
    let first = request(&[&questions], &out);
    run(&first, &Script::new()).unwrap();
    let before = std::fs::read(kept(&out)).unwrap();
    let with = |change: &dyn Fn(&mut ExamSettings)| {
        let mut settings = first.settings.clone();
        change(&mut settings);
        ExamRequest { settings, ..first.clone() }
    };
    let others = [
        (with(&|s| s.seed = 2), "seed was 1 and is 2"),
        (with(&|s| s.tries = 4), "tries was 3 and is 4"),
        (with(&|s| s.temperature = 0.7), "temperature was 0.5 and is 0.7"),
        (with(&|s| s.top_k = 0), "top-k was 200 and is 0"),
        (with(&|s| s.top_p = 0.9), "top-p was 1 and is 0.9"),
        (with(&|s| s.repetition_penalty = 1.0), "repetition-penalty was 1.1 and is 1"),
        (with(&|s| s.max_tokens = 24), "max-tokens was 16 and is 24"),
        (request(&[&fewer], &out), "questions was q (5"),
    ];
    for (other, expected) in others {
        let engine = Script::new();
        let error = run(&other, &engine).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!((error.exit_code(), engine.written()), (2, 0));
    }
    let error = run(&first, &Script { hash: "sha256:two", ..Script::new() }).unwrap_err();
    assert!(error.to_string().contains("sha256:one") && error.to_string().contains("sha256:two"), "{error}");
    // One question is worded otherwise.
    let mut changed = five();
    changed[4]["options"]["A"] = json!("uno");
    place.write("q.jsonl", jsonl(&changed));
    let error = run(&first, &Script::new()).unwrap_err();
    assert!(error.to_string().contains("questions was"), "{error}");
    assert_eq!(std::fs::read(kept(&out)).unwrap(), before);
    // A line in the middle that this program did not write.
    place.write("q.jsonl", jsonl(&five()));
    std::fs::write(kept(&out), [before.as_slice(), b"{\"file\":1}\n"].concat()).unwrap();
    let error = run(&first, &Script::new()).unwrap_err();
    assert!(error.to_string().contains("line 7"), "{error}");
}

#[test]
fn a_question_that_does_not_fit_the_model_is_wrong_and_told() {
    let place = Place::new();
    let mut questions = five();
    questions[1]["question"] = json!("An endless question?");
    let questions = place.write("q.jsonl", jsonl(&questions));
    let examined = run(&request(&[&questions], &place.path("report.json")), &Script::new()).unwrap();
    assert_eq!(examined.exit_code(), 1);
    let whole = &examined.report.whole;
    assert_eq!((whole.questions, whole.too_long, whole.by_letter.value), (5, 1, Some(0.2)));
    assert_eq!(whole.sampled.as_ref().unwrap().answers, 12);
    assert!(examined.report.notices.contains(&"too_long".to_owned()));
    assert!(examined.table.unwrap().contains("1 too long"));
}

#[test]
fn bad_lines_and_settings_are_told_and_nothing_is_asked() {
    let place = Place::new();
    let mut input = jsonl(&five());
    input.extend(b"\nno json\n{\"question\":\"Q?\",\"options\":[\"x\",\"y\"]}\n\xff\n");
    let bad = place.write("bad.jsonl", input);
    let good = place.write("good.jsonl", jsonl(&five()));
    let out = place.path("report.json");
    let engine = Script::new();
    let error = run(&request(&[&good, &bad], &out), &engine).unwrap_err().to_string();
    for expected in
        ["bad.jsonl: line 7: not a question", "line 8: the right option is missing", "line 9: this line is not UTF-8"]
    {
        assert!(error.contains(expected), "{error}");
    }
    std::fs::create_dir(place.path("other")).unwrap();
    let same_name = place.write("other/good.jsonl", jsonl(&five()));
    for (files, out, expected) in [
        (vec![good.as_path(), &same_name], out.as_path(), "another file is named `good`"),
        (vec![good.as_path()], good.as_path(), "is the input as well"),
        (vec![Path::new("missing.jsonl")], out.as_path(), "cannot be opened"),
    ] {
        let error = run(&request(&files, out), &engine).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
    let mut senseless = request(&[&good], &out);
    senseless.settings.top_p = 0.0;
    assert!(run(&senseless, &engine).unwrap_err().to_string().contains("--top-p"));
    assert_eq!((engine.written(), *engine.scored.lock().unwrap()), (0, 0));
    assert!(!out.exists() && !kept(&out).exists());
}

#[test]
fn the_starter_model_is_examined_twice_alike_and_as_the_schema_says() {
    let _turn = turn();
    let place = Place::new();
    let questions = place.write("q.jsonl", jsonl(&five()[..2]));
    let (questions, model) = (questions.to_str().unwrap(), model());
    let arguments = [
        "evaluate",
        "exam",
        "--questions",
        questions,
        "--model",
        model.to_str().unwrap(),
        "--tries",
        "2",
        "--max-tokens",
        "8",
    ];
    let piped = place.run(&arguments);
    assert_eq!(code(&piped), 0, "{}", stderr(&piped));
    let report = &lines(&piped.stdout)[0];
    let schema = std::fs::read(root().join("docs/schema/exam.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    let faults: Vec<String> = schema.iter_errors(report).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(report["whole"]["sampled"]["answers"], 4);
    assert!(report["run"]["model"].as_str().unwrap().starts_with("sha256:"));
    let out = place.path("report.json");
    let again = place.run(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(code(&again), 0, "{}", stderr(&again));
    assert_eq!(std::fs::read(&out).unwrap(), piped.stdout);
    assert!(String::from_utf8(again.stdout).unwrap().contains("pass@2"));
    for entry in &lines(&std::fs::read(kept(&out)).unwrap())[1..] {
        assert_eq!(entry["letters"].as_array().unwrap().len(), 4);
        assert!(entry["letters"].as_array().unwrap().iter().all(|p| p.as_f64().unwrap() < 0.0));
        assert!(entry["answers"].as_array().unwrap().iter().any(|a| !a.as_str().unwrap().is_empty()), "{entry}");
    }
}

#[test]
fn an_examination_needs_questions_and_a_model_and_no_suggestions() {
    let place = Place::new();
    let questions = place.write("q.jsonl", jsonl(&five()));
    let questions = questions.to_str().unwrap();
    for faulty in [
        &["evaluate", "exam"][..],
        &["evaluate"],
        &["evaluate", "exam", "--questions", questions, "--model", "none"],
        &["evaluate", "exam", "--questions", questions, "--model", "missing.gguf"],
        &["evaluate", "--suggestions", questions, "exam", "--questions", questions],
    ] {
        let output = place.run(faulty);
        assert_eq!(code(&output), 2, "{faulty:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}
