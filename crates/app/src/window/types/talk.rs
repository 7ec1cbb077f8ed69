//! Consultation.

use bogam_clinical::text::Lang;
use bogam_consult::{MentionTier, RedFlag};
use serde::{Deserialize, Serialize};

/// How an answer is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct GenerationSettings {
    /// Tokens after which an answer ends at its sentence.
    pub max_tokens: usize,
    /// 0 takes the most probable token each time.
    pub temperature: f32,
    /// 0 is off.
    pub top_k: i32,
    /// 1 is off.
    pub repetition_penalty: f32,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The conversation; null begins one.
    pub id: Option<i64>,
    /// The case that it is about.
    pub key: Option<i64>,
    /// The question.
    pub text: String,
    /// Position of the question from which the conversation is written anew.
    pub replace: Option<u32>,
    /// How the answer is drawn.
    pub settings: GenerationSettings,
}

/// What a check found of a mentioned drug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MentionMessage {
    /// English.
    pub en: String,
    /// Korean.
    pub ko: String,
    /// Title of the source; empty where nothing was checked.
    pub source: String,
}

/// A drug that an answer names, checked against the patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Mention {
    /// Ingredient; of what the packs do not know, the name in lower case.
    pub ingredient: String,
    /// As it stands in the answer.
    pub written: String,
    /// What the checks make of it.
    #[cfg_attr(feature = "ts", ts(type = "'critical' | 'warning' | 'note' | 'none' | 'not_evaluated'"))]
    pub tier: MentionTier,
    /// What they found, the worst first.
    pub messages: Vec<MentionMessage>,
}

/// A stretch of a message, in UTF-16 code units as JavaScript counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CharacterRange {
    /// The first unit.
    pub from: usize,
    /// The unit behind the last.
    pub to: usize,
}

/// Where something comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TalkSource {
    /// Title.
    pub title: String,
    /// Its tag in the packs, or the code of the check that used it.
    pub code: String,
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TalkSpeaker {
    /// The person.
    Person,
    /// The model.
    Model,
}

/// Something that was said, with what the checks of today say of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TalkMessage {
    /// Its number; numbers grow, with gaps where something was replaced.
    pub position: u32,
    /// When.
    pub at: String,
    /// Who.
    pub speaker: TalkSpeaker,
    /// What.
    pub content: String,
    /// The dangers that a question tells of.
    #[cfg_attr(
        feature = "ts",
        ts(type = "('chest_pain' | 'stroke' | 'anaphylaxis' | 'overdose' | 'suicide' | 'breathing' | 'bleeding' | \
                   'seizure' | 'unconscious' | 'pregnancy')[]")
    )]
    pub red_flags: Vec<RedFlag>,
    /// Language of the question.
    pub lang: Lang,
    /// Drugs that an answer names.
    pub mentions: Vec<Mention>,
    /// Where an answer gives doses or tells to start, stop or change.
    pub unchecked: Vec<CharacterRange>,
    /// Where the facts come from that were put before the model, and that the checks used.
    pub sources: Vec<TalkSource>,
    /// An answer that was not written to its end: a person stopped it, its tokens were used up, or it repeated itself.
    pub stopped: bool,
}

/// Tokens, as the model counts them; both 0 where no answer told them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ContextUse {
    /// In use.
    pub used: u64,
    /// There are.
    pub of: u64,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Conversation {
    /// Number.
    pub id: i64,
    /// The case that it is about.
    pub key: Option<i64>,
    /// When it began.
    pub at: String,
    /// What was said and stands.
    pub messages: Vec<TalkMessage>,
    /// Of the last answer.
    pub context: ContextUse,
}

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ConversationHead {
    /// Number.
    pub id: i64,
    /// When it began.
    pub at: String,
    /// The first question.
    pub first: String,
}

/// What comes while an answer is written. The red flags come before the first word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TalkEvent {
    /// Its number.
    Job {
        /// Number.
        job: u64,
    },
    /// The question tells of danger.
    RedFlags {
        /// Which.
        #[cfg_attr(
            feature = "ts",
            ts(
                type = "('chest_pain' | 'stroke' | 'anaphylaxis' | 'overdose' | 'suicide' | 'breathing' | 'bleeding' | \
                       'seizure' | 'unconscious' | 'pregnancy')[]"
            )
        )]
        flags: Vec<RedFlag>,
        /// Language of the question.
        lang: Lang,
    },
    /// More of the answer.
    Text {
        /// What comes behind what came before.
        text: String,
    },
    /// Tokens.
    Context {
        /// In use.
        used: u64,
        /// There are.
        of: u64,
    },
}
