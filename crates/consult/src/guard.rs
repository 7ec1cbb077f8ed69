//! What is known of an answer when it is whole.

use serde::{Deserialize, Serialize};

use crate::consultation::Consultation;
use crate::facts::Source;
use crate::mentions::Mention;
use crate::text::Range;
use crate::unchecked::Unchecked;

/// An answer as it may be shown as whole. Its text is not part of it: nothing of it is hidden or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The drugs that it names, checked.
    pub mentions: Vec<Mention>,
    /// Where it gives doses or tells to change something.
    pub unchecked: Vec<Range>,
    /// Where what was put before the model, and what was found of the drugs, comes from.
    pub sources: Vec<Source>,
}

/// Watches an answer that is written. The text goes to the window as it comes; what is said of it follows at the end, or
/// when it was stopped before.
#[derive(Debug)]
pub struct Guard<'a> {
    consultation: &'a Consultation<'a>,
    unchecked: &'a Unchecked,
    sources: Vec<Source>,
}

impl<'a> Guard<'a> {
    /// For an answer to a prompt that had these sources.
    #[must_use]
    pub const fn new(consultation: &'a Consultation<'a>, unchecked: &'a Unchecked, sources: Vec<Source>) -> Self {
        Self { consultation, unchecked, sources }
    }

    /// What is said of the answer so far; `&self`, so that a stopped answer can be asked as well.
    #[must_use]
    pub fn finish(&self, text: &str) -> Reviewed {
        let mentions = self.consultation.mentions(text);
        let mut sources = self.sources.clone();
        for message in mentions.iter().flat_map(|mention| &mention.messages) {
            if !message.source.is_empty() && !sources.iter().any(|known| known.title == message.source) {
                sources.push(Source { title: message.source.clone(), code: message.code.clone() });
            }
        }
        Reviewed { mentions, unchecked: self.unchecked.ranges(text), sources }
    }
}
