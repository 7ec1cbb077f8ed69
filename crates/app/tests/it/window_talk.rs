//! Consultation behind the window: what is told when, what is kept, and what is refused.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use bogam_app::vault::store::Role;
use bogam_app::window::types::{
    Conversation, GenerationSettings, Question, Role as WindowRole, TalkEvent, TalkSpeaker,
};
use bogam_app::window::{Answer, Surroundings, Window};
use bogam_engine::{
    Cancel, End, Engine, EngineError, GenerateRequest, Generated, ModelInfo, Role as Speaks, ScoreRequest, Scores, Sink,
};
use serde_json::json;

use crate::vaults::{OWNER, PASSPHRASE, Place, case, roles};

/// A model of 2048 tokens that writes a text, or fails; and what it was asked.
struct Pen {
    text: Result<&'static str, EngineError>,
    end: End,
    asked: Mutex<Vec<GenerateRequest>>,
    /// Writes its text and then waits until it is stopped.
    waits: Option<mpsc::SyncSender<()>>,
}

impl Pen {
    fn of(text: Result<&'static str, EngineError>) -> Self {
        Self { text, end: End::Stop, asked: Mutex::default(), waits: None }
    }

    fn asked(&self) -> Vec<(Speaks, String)> {
        let asked = self.asked.lock().unwrap();
        asked.last().unwrap().prompt.messages.iter().map(|m| (m.role, m.content.clone())).collect()
    }
}

impl Engine for Pen {
    fn info(&self) -> Result<ModelInfo, EngineError> {
        Ok(ModelInfo { context_limit: 2048, ..ModelInfo::default() })
    }
    fn score(&self, _: &ScoreRequest, _: &mut dyn Sink, _: &Cancel) -> Result<Scores, EngineError> {
        Err(EngineError::Unsupported { what: "scoring".into() })
    }
    fn generate(
        &self,
        request: &GenerateRequest,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Generated, EngineError> {
        self.asked.lock().unwrap().push(request.clone());
        let text = self.text.clone()?;
        sink.prefill(700, 700);
        let (head, tail) = text.split_at(text.find(' ').map_or(0, |at| at + 1));
        sink.delta(head);
        // The process ended and the request starts again: the same text comes once more.
        sink.truncate(0);
        sink.delta(head);
        sink.delta(tail);
        let mut end = self.end;
        if let Some(began) = &self.waits {
            began.try_send(()).ok();
            while !cancel.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            end = End::Cancelled;
        }
        Ok(Generated {
            text: text.to_owned(),
            end,
            tokens: vec![0; 34],
            forced_tokens: 0,
            item_log_probs: Vec::new(),
            prompt_tokens: 700,
            reused_tokens: 0,
            prefill_ms: 0,
            generate_ms: 0,
        })
    }
}

const SETTINGS: GenerationSettings =
    GenerationSettings { max_tokens: 512, temperature: 0.5, top_k: 200, repetition_penalty: 1.1 };

fn question(text: &str) -> Question {
    Question { id: None, key: None, text: text.to_owned(), replace: None, settings: SETTINGS }
}

/// A window with one case open, and the key of the case.
fn window(place: &Place) -> (Window, i64) {
    let owner = place.create();
    let cases = place.lines("cases.jsonl", &[case("c1", "홍길동", "12345678")]);
    place.add(&owner, &cases, None);
    owner.add_person("reviewer", PASSPHRASE, &roles(&[Role::Reviewer]), crate::vaults::at(5)).unwrap();
    let key = owner.find_case("c1").unwrap().0;
    owner.close().unwrap();
    let window = Window::new(Surroundings {
        vault: place.vault(),
        preferences: place.path("window.json"),
        knowledge: Vec::new(),
        worker: None,
    });
    window.unlock(OWNER, PASSPHRASE).unwrap();
    (window, key)
}

fn told(window: &Window, engine: &dyn Engine, question: &Question) -> (Answer<Conversation>, Vec<TalkEvent>) {
    let mut events = Vec::new();
    let done = window.consult_with(engine, question, &mut |event| events.push(event));
    (done, events)
}

fn code<T: std::fmt::Debug>(answer: Answer<T>) -> String {
    answer.unwrap_err().code
}

#[test]
fn danger_is_told_first_and_an_answer_comes_with_its_checks() {
    let place = Place::new();
    let (window, key) = window(&place);
    let pen = Pen::of(Ok("Ibuprofen 400 mg three times a day can be given. Stop warfarin before."));
    let asked = "She has crushing chest pain now. Can I give ibuprofen?";
    let (done, events) = told(&window, &pen, &Question { key: Some(key), ..question(asked) });
    let talk = done.unwrap();

    assert!(matches!(events[0], TalkEvent::Job { .. }));
    let crossed = json!(events[1]);
    assert_eq!(crossed, json!({"kind": "red_flags", "flags": ["chest_pain"], "lang": "en"}));
    let text: String =
        events.iter().filter_map(|e| if let TalkEvent::Text { text } = e { Some(&**text) } else { None }).collect();
    assert_eq!(text, talk.messages[1].content, "what came twice is told once");
    assert_eq!(*events.last().unwrap(), TalkEvent::Context { used: 734, of: 2048 });

    let prompt = pen.asked();
    assert_eq!(prompt.iter().map(|(role, _)| *role).collect::<Vec<_>>(), [Speaks::System, Speaks::User]);
    for fact in ["93 years", "Warfarin", "Ibuprofen (이부프로펜)"] {
        assert!(prompt[0].1.contains(fact), "{fact} is not in {}", prompt[0].1);
    }
    for secret in ["홍길동", "12345678", "a secret remark"] {
        assert!(prompt.iter().all(|(_, text)| !text.contains(secret)), "{secret}");
    }
    let sent = pen.asked.lock().unwrap();
    let sampling = &sent[0].sampling;
    assert_eq!((sampling.top_k, sampling.temperature, sampling.repetition_penalty), (200, 0.5, 1.1));
    assert!(sampling.penalty_window > 0 && sent[0].max_tokens == 512);

    assert_eq!((talk.key, talk.context.used, talk.context.of), (Some(key), 734, 2048));
    let [asked, answer] = &talk.messages[..] else { panic!("{talk:?}") };
    assert_eq!((asked.speaker, asked.red_flags.len(), answer.red_flags.len()), (TalkSpeaker::Person, 1, 0));
    let drugs: Vec<(&str, &str)> = answer.mentions.iter().map(|m| (&*m.ingredient, &*m.written)).collect();
    assert_eq!(drugs, [("ibuprofen", "Ibuprofen"), ("warfarin", "warfarin")]);
    assert_eq!(json!(answer.mentions[0].tier), json!("warning"));
    assert!(!answer.mentions[0].messages[0].ko.is_empty() && !answer.sources.is_empty());
    let parts: String = answer.unchecked.iter().map(|r| &answer.content[r.from..r.to]).collect();
    assert!(parts.contains("400 mg") && parts.contains("Stop warfarin"), "{parts}");
    assert!(!answer.stopped);

    // Read again, it is the same; and it is its owner's alone.
    assert_eq!(window.read_conversation(talk.id).unwrap(), talk);
    let all = window.conversations(Some(key)).unwrap();
    assert_eq!((all.len(), all[0].id, &*all[0].first), (1, talk.id, &*talk.messages[0].content));
    assert!(window.conversations(None).unwrap().is_empty());
}

#[test]
fn a_question_is_kept_when_the_model_fails_and_is_not_written_twice() {
    let place = Place::new();
    let (window, key) = window(&place);
    let broken = Pen::of(Err(EngineError::WorkerGone { message: "gone".into(), attempts: 3 }));
    let asked = Question {
        key: Some(key), ..question("환자가 갑자기 말이 어눌하고 한쪽 팔에 힘이 없어요")
    };
    let (done, events) = told(&window, &broken, &asked);
    let error = done.unwrap_err();
    assert_eq!(error.code, "model.worker");
    assert_eq!(json!(events[1]), json!({"kind": "red_flags", "flags": ["stroke"], "lang": "ko"}));
    let id = error.params["conversation"].as_i64().unwrap();
    assert_eq!(window.read_conversation(id).unwrap().messages.len(), 1);

    // In the same words; then in others: what nobody answered stands, and is not put before the model.
    let again = Question { id: Some(id), ..asked.clone() };
    assert_eq!(code(told(&window, &broken, &again).0), "model.worker");
    assert_eq!(window.read_conversation(id).unwrap().messages.len(), 1);
    let pen = Pen::of(Ok("즉시 119에 연락하십시오."));
    let other = Question { text: "어떻게 해야 합니까?".to_owned(), ..again.clone() };
    let talk = told(&window, &pen, &other).0.unwrap();
    assert_eq!(talk.messages.iter().map(|m| m.position).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(pen.asked().len(), 2);
    assert_eq!(pen.asked()[1].1, "어떻게 해야 합니까?");

    // A conversation that does not fit is refused, not cut.
    let small = Pen::of(Err(EngineError::ContextExceeded { needed: 2100, limit: 2048, over: 52 }));
    let error = told(&window, &small, &Question { text: "더?".to_owned(), ..other }).0.unwrap_err();
    let params = json!({"needed": 2100, "limit": 2048, "over": 52, "conversation": id});
    assert_eq!((error.code.as_str(), json!(error.params)), ("talk.context", params));
}

#[test]
fn a_stopped_answer_ends_at_what_was_written() {
    let place = Place::new();
    let (window, _) = window(&place);
    let (began, _begun) = mpsc::sync_channel(1);
    let pen = Pen { waits: Some(began), ..Pen::of(Ok("Half a")) };
    let (mut job, mut text) = (0, String::new());
    let done = window.consult_with(&pen, &question("Tell me more."), &mut |event| match event {
        TalkEvent::Job { job: number } => job = number,
        TalkEvent::Text { text: more } => {
            text.push_str(&more);
            if text == "Half a" {
                window.stop_job(job);
            }
        }
        TalkEvent::RedFlags { .. } | TalkEvent::Context { .. } => {}
    });
    let talk = done.unwrap();
    assert_eq!((talk.messages[1].content.as_str(), talk.messages[1].stopped), ("Half a", true));
    assert_eq!(window.read_conversation(talk.id).unwrap(), talk);
    assert_eq!(window.running(), 0);
    // So does one whose tokens were used up.
    let pen = Pen { end: End::Budget, ..Pen::of(Ok("Long.")) };
    let talk = told(&window, &pen, &Question { id: Some(talk.id), ..question("And?") }).0.unwrap();
    assert!(talk.messages[3].stopped);
}

#[test]
fn a_vault_that_locks_ends_the_answer_and_keeps_the_question() {
    let place = Place::new();
    let (window, key) = window(&place);
    let (began, begun) = mpsc::sync_channel(1);
    let pen = Pen { waits: Some(began), ..Pen::of(Ok("Half a")) };
    let asked = Question { key: Some(key), ..question("Which dose?") };
    let done = std::thread::scope(|scope| {
        let writing = scope.spawn(|| told(&window, &pen, &asked).0);
        begun.recv().unwrap();
        // The vault is not held while the model writes.
        assert_eq!(window.conversations(Some(key)).unwrap().len(), 1);
        window.lock();
        writing.join().unwrap()
    });
    let error = done.unwrap_err();
    assert_eq!(error.code, "locked");
    window.unlock(OWNER, PASSPHRASE).unwrap();
    let kept = window.read_conversation(error.params["conversation"].as_i64().unwrap()).unwrap();
    assert_eq!(kept.messages.iter().map(|m| &*m.content).collect::<Vec<_>>(), ["Which dose?"]);
}

#[test]
fn a_conversation_is_written_anew_from_a_question_on() {
    let place = Place::new();
    let (window, _) = window(&place);
    let talk = told(&window, &Pen::of(Ok("One.")), &question("one?")).0.unwrap();
    let next = |text: &str, replace| Question { id: Some(talk.id), replace, ..question(text) };
    told(&window, &Pen::of(Ok("Two.")), &next("two?", None)).0.unwrap();
    let pen = Pen::of(Ok("Three."));
    let anew = told(&window, &pen, &next("three?", Some(3))).0.unwrap();
    let said: Vec<&str> = anew.messages.iter().map(|m| &*m.content).collect();
    assert_eq!(said, ["one?", "One.", "three?", "Three."]);
    assert_eq!(pen.asked().iter().skip(1).map(|(_, text)| &**text).collect::<Vec<_>>(), ["one?", "One.", "three?"]);
    // The same question again: another answer, another seed.
    std::thread::sleep(Duration::from_millis(2));
    let again = told(&window, &pen, &next("three?", Some(anew.messages[2].position))).0.unwrap();
    assert_eq!(again.messages.len(), 4);
    let seeds: Vec<u32> = pen.asked.lock().unwrap().iter().map(|asked| asked.sampling.seed).collect();
    assert_ne!(seeds[0], seeds[1]);
    for replace in [2, 3, 99] {
        assert_eq!(code(told(&window, &pen, &next("?", Some(replace))).0), "vault.not_found", "{replace}");
    }
    assert_eq!(code(told(&window, &pen, &Question { replace: Some(1), ..question("?") }).0), "vault.not_found");
    assert_eq!(window.read_conversation(talk.id).unwrap().messages.len(), 4);
}

/// A model that is asked something else in the same conversation while it writes.
struct Overtaken<'a>(&'a Window, i64);

impl Engine for Overtaken<'_> {
    fn info(&self) -> Result<ModelInfo, EngineError> {
        Ok(ModelInfo::default())
    }
    fn score(&self, _: &ScoreRequest, _: &mut dyn Sink, _: &Cancel) -> Result<Scores, EngineError> {
        Err(EngineError::Cancelled)
    }
    fn generate(&self, r: &GenerateRequest, s: &mut dyn Sink, c: &Cancel) -> Result<Generated, EngineError> {
        let anew = Question { id: Some(self.1), replace: Some(1), ..question("other?") };
        told(self.0, &Pen::of(Ok("Other.")), &anew).0.unwrap();
        Pen::of(Ok("Late.")).generate(r, s, c)
    }
}

#[test]
fn an_answer_does_not_land_under_another_question() {
    let place = Place::new();
    let (window, _) = window(&place);
    let talk = told(&window, &Pen::of(Ok("One.")), &question("one?")).0.unwrap();
    let next = Question { id: Some(talk.id), ..question("two?") };
    assert_eq!(code(told(&window, &Overtaken(&window, talk.id), &next).0), "talk.rewritten");
    let said = window.read_conversation(talk.id).unwrap().messages;
    assert_eq!(said.iter().map(|m| &*m.content).collect::<Vec<_>>(), ["other?", "Other."]);
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_kept() {
    let place = Place::new();
    let (window, key) = window(&place);
    let pen = Pen::of(Ok("No."));
    assert_eq!(code(told(&window, &pen, &question("  \n")).0), "talk.empty");
    for settings in [
        GenerationSettings { max_tokens: 8, ..SETTINGS },
        GenerationSettings { temperature: f32::NAN, ..SETTINGS },
        GenerationSettings { top_k: -1, ..SETTINGS },
        GenerationSettings { repetition_penalty: 0.5, ..SETTINGS },
    ] {
        let (done, events) = told(&window, &pen, &Question { settings, ..question("He cannot breathe!") });
        let error = done.unwrap_err();
        assert!(error.code == "talk.setting" && error.params.contains_key("least"), "{error:?}");
        assert!(matches!(events[1], TalkEvent::RedFlags { .. }), "danger is told all the same");
    }
    assert_eq!(code(told(&window, &pen, &Question { key: Some(99), ..question("?") }).0), "vault.not_found");
    assert_eq!(code(told(&window, &pen, &Question { id: Some(99), ..question("?") }).0), "vault.not_found");
    assert!(window.conversations(None).unwrap().is_empty() && window.conversations(Some(99)).unwrap().is_empty());
    let talk = told(&window, &pen, &question("?")).0.unwrap();
    let other = Question { id: Some(talk.id), key: Some(key), ..question("?") };
    assert_eq!(code(told(&window, &pen, &other).0), "talk.other_case");
    // Without a case nothing is checked, and that is said.
    let pen = Pen::of(Ok("Metformin."));
    let talk = told(&window, &pen, &question("Which drug?")).0.unwrap();
    assert_eq!(json!(talk.messages[1].mentions[0].tier), json!("not_evaluated"));

    window.lock();
    assert_eq!(code(told(&window, &pen, &question("?")).0), "locked");
    let reviewer = window.unlock("reviewer", PASSPHRASE).unwrap();
    assert_eq!(reviewer.roles, [WindowRole::Reviewer]);
    let asked = told(&window, &pen, &question("chest pain")).0.unwrap_err();
    assert_eq!((asked.code.as_str(), &asked.params["role"]), ("not_permitted", &json!("clinician")));
    assert_eq!(code(window.conversations(None)), "not_permitted");
    assert_eq!(code(window.read_conversation(talk.id)), "not_permitted");
}
