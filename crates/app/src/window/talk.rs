//! Consultation: a question about a case, or about none, and what a model writes.
//!
//! The question is in the vault before a model is asked, and the vault is not held while it writes. The vault keeps what was
//! said and nothing more: dangers, mentioned drugs, unchecked parts and sources are worked out when a conversation is read,
//! by the rules and knowledge of today and against the case as it is today, so that an old answer does not carry an old
//! check.

use bogam_clinical::case::Case;
use bogam_clinical::text::Lang;
use bogam_consult::{About, Consultation, Guard, Speaker as Says, Turn, language, taken};
use bogam_engine::{
    Cancel, Constraint, End, Engine, EngineError, GenerateRequest, Generated, Message as EngineMessage, Prompt,
    Role as EngineRole, Sampling, Sink,
};
use bogam_knowledge::{DiagnosisCodes, KnowledgeBase};
use bogam_safety::DrugUse;
use bogam_vault::{CaseKey, Context, ConversationId, Message, Said, Speaker, VaultError};
use serde_json::json;

use super::cases::read;
use super::types::{
    CharacterRange, ContextUse, Conversation, ConversationHead, GenerationSettings, Mention, MentionMessage, Progress,
    Question, TalkEvent, TalkMessage, TalkSource, TalkSpeaker,
};
use super::{Answer, ApiError, RunningJob, Window, fault};
use crate::assets::{self, ConsultTexts};
use crate::error::AppError;
use crate::open::ModelChoice;
use crate::vault::{Session, UseCase};

/// Tokens that an answer may take, the least and the most.
const TOKENS: (usize, usize) = (16, 4096);

/// A question that is in the vault.
#[derive(Debug, Clone, Copy)]
struct Asked {
    id: ConversationId,
    position: u32,
}

/// The patient of a conversation, as the case is now.
struct Patient {
    case: Case,
    codes: Vec<DiagnosisCodes>,
    taken: Vec<DrugUse>,
}

impl Patient {
    fn of(session: &Session, key: CaseKey, knowledge: &KnowledgeBase) -> Result<Self, AppError> {
        let case = read(&session.case(key, None)?.case).map_err(|faults| {
            let told: Vec<String> = faults.errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
            AppError::Unusable(told.join("; "))
        })?;
        let case = case.case;
        let codes = case.diagnoses.iter().map(|d| knowledge.codes(d)).collect();
        Ok(Self { taken: taken(&case, knowledge), codes, case })
    }

    fn about(&self) -> About<'_> {
        About { case: &self.case, codes: &self.codes, taken: &self.taken }
    }
}

fn consultation<'a>(
    patient: Option<&'a Patient>,
    knowledge: &'a KnowledgeBase,
    texts: &ConsultTexts,
) -> Result<Consultation<'a>, AppError> {
    Consultation::new(knowledge, patient.map(Patient::about), texts.names)
        .map_err(|e| AppError::Unusable(e.to_string()))
}

/// Turns of which no two beside each other are of one speaker: chat templates refuse those. A question that nobody answered
/// is left out when another one follows: whoever asks anew says what is meant, and one that was too long for the model must
/// not stand in the way of all that come after it. An answer that was stopped before its first word is none.
fn alternating(turns: Vec<Turn>) -> Vec<Turn> {
    let mut all: Vec<Turn> = Vec::new();
    for turn in turns.into_iter().filter(|turn| !turn.text.trim().is_empty()) {
        match all.last_mut().filter(|last| last.speaker == turn.speaker) {
            Some(last) => *last = turn,
            None => all.push(turn),
        }
    }
    all
}

fn turn(message: &Message) -> Turn {
    let speaker = match message.speaker {
        Speaker::Person => Says::Person,
        Speaker::Model => Says::Model,
    };
    Turn { speaker, text: message.content.clone() }
}

fn engine_prompt(prompt: bogam_consult::Prompt) -> Prompt {
    let turns = alternating(prompt.turns).into_iter().map(|turn| {
        let role = match turn.speaker {
            Says::Person => EngineRole::User,
            Says::Model => EngineRole::Assistant,
        };
        EngineMessage { role, content: turn.text }
    });
    let system = EngineMessage { role: EngineRole::System, content: prompt.system };
    Prompt { messages: std::iter::once(system).chain(turns).collect(), answer_prefix: String::new(), fixed: 0 }
}

/// What is wrong with settings, as a fault.
fn check(settings: &GenerationSettings) -> Answer<()> {
    let wrong = |field: &str, least: f64, most: f64| {
        Err(fault("talk.setting", &[("field", json!(field)), ("least", json!(least)), ("most", json!(most))]))
    };
    if !(TOKENS.0..=TOKENS.1).contains(&settings.max_tokens) {
        return wrong("max_tokens", 16.0, 4096.0);
    }
    if !(0.0..=2.0).contains(&settings.temperature) {
        return wrong("temperature", 0.0, 2.0);
    }
    if !(0..=1000).contains(&settings.top_k) {
        return wrong("top_k", 0.0, 1000.0);
    }
    if !(1.0..=2.0).contains(&settings.repetition_penalty) {
        return wrong("repetition_penalty", 1.0, 2.0);
    }
    Ok(())
}

/// The answer as it comes. When a model's process ends and the request starts again, the text comes a second time: what was
/// told already is not told twice. Where it comes otherwise than before, nothing more is told, and the whole answer
/// follows when the call returns.
struct Told<'a> {
    on: &'a mut dyn FnMut(TalkEvent),
    text: String,
    told: String,
    /// Tokens of the prompt, once the model counted them.
    prompt: usize,
}

impl Sink for Told<'_> {
    fn prefill(&mut self, _done: usize, total: usize) {
        self.prompt = total;
    }

    fn delta(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(new) = self.text.strip_prefix(self.told.as_str()).filter(|new| !new.is_empty()) {
            let text = new.to_owned();
            self.told.push_str(&text);
            (self.on)(TalkEvent::Text { text });
        }
    }

    fn truncate(&mut self, to_bytes: usize) {
        let at = (0..=to_bytes.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        self.text.truncate(at.unwrap_or(0));
    }
}

/// An answer, whole or not.
struct Written {
    text: String,
    stopped: bool,
    context: Option<Context>,
}

/// Has an answer written.
fn write(
    engine: &dyn Engine,
    request: &GenerateRequest,
    cancel: &Cancel,
    on: &mut dyn FnMut(TalkEvent),
) -> Result<Written, ApiError> {
    let mut told = Told { on, text: String::new(), told: String::new(), prompt: 0 };
    let (text, stopped, counted) = match engine.generate(request, &mut told, cancel) {
        Ok(Generated { text, end, tokens, prompt_tokens, .. }) => {
            let stopped = match end {
                End::Stop => false,
                End::Budget | End::Loop | End::Cancelled => true,
            };
            (text, stopped, prompt_tokens + tokens.len())
        }
        Err(EngineError::Cancelled) => (std::mem::take(&mut told.text), true, 0),
        Err(EngineError::ContextExceeded { needed, limit, over }) => {
            let params = [("needed", json!(needed)), ("limit", json!(limit)), ("over", json!(over))];
            return Err(fault("talk.context", &params));
        }
        Err(error) => return Err(AppError::Model(error).into()),
    };
    // An engine that was stopped tells no count; what it read it told before.
    let used = counted.max(told.prompt);
    // A model that counted tokens is loaded, so that asking for its size loads none.
    let of = if used > 0 { engine.info().map_or(0, |info| info.context_limit) } else { 0 };
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let context = (of > 0).then(|| Context { used: number(used), of: number(of) });
    if let Some(Context { used, of }) = context {
        on(TalkEvent::Context { used, of });
    }
    Ok(Written { text: text.trim().to_owned(), stopped, context })
}

impl Window {
    /// Own conversations about a case, or about none when `key` is null, the newest first.
    ///
    /// # Errors
    /// When the role is missing, or they cannot be read.
    pub fn conversations(&self, key: Option<i64>) -> Answer<Vec<ConversationHead>> {
        let all = self.desk.with(|session| session.conversations(key.map(CaseKey)))?;
        let head = |c: bogam_vault::Conversation| {
            Some(ConversationHead { id: c.id.0, at: c.begun.to_string(), first: c.first? })
        };
        Ok(all.into_iter().filter_map(head).collect())
    }

    /// An own conversation. What is said of its messages is worked out now, against the case as it is now.
    ///
    /// # Errors
    /// When there is none of this person, the role is missing, or it cannot be read.
    pub fn read_conversation(&self, id: i64) -> Answer<Conversation> {
        let (knowledge, texts) = (self.knowledge()?, assets::consult()?);
        Ok(self.desk.with(|session| view(session, ConversationId(id), &knowledge, texts))?)
    }

    /// Asks the default model. The dangers of a question are told before anything can go wrong; then the question is saved,
    /// then the model is opened, and the answer is told as it comes. Stopping it ends the answer at what was written.
    ///
    /// # Errors
    /// When the role is missing, `talk.empty`, `talk.setting` with `field`, `least` and `most`, `talk.other_case` when the
    /// conversation is about another case, `talk.context` with `needed`, `limit` and `over` when the conversation does not
    /// fit the model, `talk.rewritten` when it was written anew meanwhile, `locked` when the vault was locked meanwhile;
    /// faults of model and vault. From the saving of the question on they carry the `conversation`.
    pub fn consult(&self, question: &Question, on: &mut dyn FnMut(TalkEvent)) -> Answer<Conversation> {
        let job = self.begin_talk(on);
        let asked = self.ask(question, on)?;
        let answered = self.model.get(&ModelChoice::Default).map_err(ApiError::from).and_then(|opened| {
            let engine = opened.engine().ok_or_else(|| fault("model.none", &[]))?;
            self.answer(engine, asked, &question.settings, (&job.cancel, on))
        });
        answered.map_err(|error| with_conversation(error, asked.id))
    }

    /// As [`Window::consult`], by an engine that is open.
    ///
    /// # Errors
    /// As there.
    pub fn consult_with(
        &self,
        engine: &dyn Engine,
        question: &Question,
        on: &mut dyn FnMut(TalkEvent),
    ) -> Answer<Conversation> {
        let job = self.begin_talk(on);
        let asked = self.ask(question, on)?;
        let answered = self.answer(engine, asked, &question.settings, (&job.cancel, on));
        answered.map_err(|error| with_conversation(error, asked.id))
    }

    fn begin_talk(&self, on: &mut dyn FnMut(TalkEvent)) -> RunningJob<'_> {
        self.begin(&mut |progress| {
            if let Progress::Job { job } = progress {
                on(TalkEvent::Job { job });
            }
        })
    }

    /// Tells the dangers of a question, and saves it. One that stands unanswered at the end and is asked in the same words
    /// is not saved twice.
    fn ask(&self, question: &Question, on: &mut dyn FnMut(TalkEvent)) -> Answer<Asked> {
        self.desk.with(|session| session.may(UseCase::Converse))?;
        let text = question.text.trim();
        let signs = assets::consult()?.red_flags.red_flags(text);
        if !signs.flags.is_empty() {
            on(TalkEvent::RedFlags { flags: signs.flags, lang: signs.lang });
        }
        if text.is_empty() {
            return Err(fault("talk.empty", &[]));
        }
        check(&question.settings)?;
        let (key, now) = (question.key.map(CaseKey), self.now());
        let asked = self.desk.with(|session| {
            let id = match (question.id, question.replace) {
                (Some(id), _) => {
                    let there = session.conversation(ConversationId(id))?;
                    if there.case != key {
                        return Ok(None);
                    }
                    there.id
                }
                (None, Some(position)) => {
                    return Err(VaultError::NotFound { what: "question", id: position.to_string() }.into());
                }
                (None, None) => {
                    key.map(|key| session.case(key, None)).transpose()?;
                    session.begin_conversation(key, now)?
                }
            };
            let last = session.messages(id)?.pop();
            let waits = last.filter(|last| {
                let replaced = question.replace.is_none_or(|position| position == last.position);
                last.speaker == Speaker::Person && last.content == text && replaced
            });
            let position = match waits {
                Some(last) => last.position,
                None => {
                    session.say(id, &Said { replaces: question.replace, ..Said::by(Speaker::Person, text) }, now)?
                }
            };
            Ok(Some(Asked { id, position }))
        })?;
        asked.ok_or_else(|| fault("talk.other_case", &[]))
    }

    /// Has a question answered, and saves the answer.
    fn answer(
        &self,
        engine: &dyn Engine,
        asked: Asked,
        settings: &GenerationSettings,
        (cancel, on): (&Cancel, &mut dyn FnMut(TalkEvent)),
    ) -> Answer<Conversation> {
        let (knowledge, texts) = (self.knowledge()?, assets::consult()?);
        let rewritten = || fault("talk.rewritten", &[]);
        let (prompt, working) = self.desk.with_work(cancel, |session| {
            let about = session.conversation(asked.id)?.case;
            let patient = about.map(|key| Patient::of(session, key, &knowledge)).transpose()?;
            let mut messages = session.messages(asked.id)?;
            let Some(question) = messages.pop().filter(|last| last.position == asked.position) else {
                return Ok(None);
            };
            let history: Vec<Turn> = messages.iter().map(turn).collect();
            let consultation = consultation(patient.as_ref(), &knowledge, texts)?;
            let lang = language(&question.content);
            Ok(Some(engine_prompt(consultation.prompt(&texts.prompt, &history, &question.content, lang))))
        })?;
        let seed = u32::try_from(self.now().as_millisecond().rem_euclid(1 << 32)).unwrap_or_default();
        let request = GenerateRequest {
            prompt: prompt.ok_or_else(rewritten)?,
            constraint: Constraint::Free,
            sampling: Sampling {
                temperature: settings.temperature,
                top_k: settings.top_k,
                repetition_penalty: settings.repetition_penalty,
                // Asking again is to give another answer.
                seed,
                ..Sampling::greedy()
            },
            max_tokens: settings.max_tokens,
        };
        let written = write(engine, &request, cancel, on);
        // From here on this is in nobody's way who wants to lock: saving takes its turn, or comes too late.
        drop((working, request));
        let written = written?;
        let saved = self.desk.with(|session| {
            if session.messages(asked.id)?.last().map(|last| last.position) != Some(asked.position) {
                return Ok(None);
            }
            let said =
                Said { stopped: written.stopped, context: written.context, ..Said::by(Speaker::Model, &written.text) };
            session.say(asked.id, &said, self.now())?;
            view(session, asked.id, &knowledge, texts).map(Some)
        })?;
        saved.ok_or_else(rewritten)
    }
}

/// Says which conversation a question was saved in, so that the window goes on in it.
fn with_conversation(mut error: ApiError, id: ConversationId) -> ApiError {
    error.params.insert("conversation".to_owned(), json!(id.0));
    error
}

/// A conversation with what the checks of today say of it.
fn view(
    session: &Session,
    id: ConversationId,
    knowledge: &KnowledgeBase,
    texts: &ConsultTexts,
) -> Result<Conversation, AppError> {
    let talk = session.conversation(id)?;
    let patient = talk.case.map(|key| Patient::of(session, key, knowledge)).transpose()?;
    let consultation = consultation(patient.as_ref(), knowledge, texts)?;
    let messages = session.messages(id)?;
    let context = messages.iter().rev().find_map(|m| m.context);
    let mut question = String::new();
    let mut lang = Lang::Ko;
    let mut views = Vec::new();
    for message in messages {
        let mut view = TalkMessage {
            position: message.position,
            at: message.at.to_string(),
            speaker: TalkSpeaker::Person,
            content: message.content,
            red_flags: Vec::new(),
            lang,
            mentions: Vec::new(),
            unchecked: Vec::new(),
            sources: Vec::new(),
            stopped: message.stopped,
        };
        match message.speaker {
            Speaker::Person => {
                let signs = texts.red_flags.red_flags(&view.content);
                lang = signs.lang;
                (view.lang, view.red_flags) = (signs.lang, signs.flags);
                question.clone_from(&view.content);
            }
            Speaker::Model => {
                view.speaker = TalkSpeaker::Model;
                let sources = consultation.sources(&question, &texts.prompt);
                let known = Guard::new(&consultation, &texts.unchecked, sources).finish(&view.content);
                view.mentions = known.mentions.into_iter().map(mention).collect();
                view.unchecked =
                    known.unchecked.into_iter().map(|r| CharacterRange { from: r.from, to: r.to }).collect();
                view.sources = known.sources.into_iter().map(|s| TalkSource { title: s.title, code: s.code }).collect();
            }
        }
        views.push(view);
    }
    Ok(Conversation {
        id: talk.id.0,
        key: talk.case.map(|key| key.0),
        at: talk.begun.to_string(),
        messages: views,
        context: context.map_or_else(ContextUse::default, |c| ContextUse { used: c.used, of: c.of }),
    })
}

fn mention(found: bogam_consult::Mention) -> Mention {
    let message = |m: bogam_consult::MentionMessage| MentionMessage { en: m.en, ko: m.ko, source: m.source };
    Mention {
        ingredient: found.ingredient,
        written: found.written,
        tier: found.tier,
        messages: found.messages.into_iter().map(message).collect(),
    }
}
