//! What is safe to say in a consultation about a case. All of it is deterministic; no model is asked here.
//!
//! Before an answer: [`RedFlags`] says whether a question tells of danger that gets the fixed card first, and
//! [`Consultation::prompt`] puts the case and what the packs say of the drugs in the question before the model.
//! Of an answer: [`Consultation::mentions`] checks each drug that it names against the patient, [`Unchecked::ranges`]
//! says where it gives doses or tells to start, stop or change, and [`Guard`] puts these together.
//!
//! Invariants:
//! - Nothing of an answer is hidden or changed: it is marked.
//! - A drug is never reported as checked when a check lacked data: its tier is then [`MentionTier::NotEvaluated`] unless
//!   what was found is a warning or worse.
//! - Name, number and notes of the case are in no prompt.
//!
//! Ranges are in UTF-16 code units, as JavaScript counts.

mod asset;
mod consultation;
mod facts;
mod guard;
mod mentions;
mod names;
mod pattern;
mod prompt;
mod redflags;
mod text;
mod unchecked;

pub use asset::AssetError;
pub use consultation::{About, Consultation, taken};
pub use facts::Source;
pub use guard::{Guard, Reviewed};
pub use mentions::{Mention, MentionMessage, MentionTier};
pub use prompt::{Prompt, PromptTexts, Speaker, Turn};
pub use redflags::{RedFlag, RedFlags, Signs, language};
pub use text::Range;
pub use unchecked::Unchecked;
