//! Where an answer gives doses, or tells to start, stop or change: nobody checked that.

use serde::Deserialize;

use crate::asset::{self, AssetError};
use crate::pattern::AnyOf;
use crate::text::{Folded, Range};

const FILE: &str = "unchecked.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    hide: Vec<String>,
    dose: Vec<String>,
    frequency: Vec<String>,
    act: Vec<String>,
}

/// The words of doses, frequencies and changes, of `assets/consult/unchecked.toml`.
#[derive(Debug)]
pub struct Unchecked {
    hide: AnyOf,
    tells: AnyOf,
}

impl Unchecked {
    /// Reads the words.
    ///
    /// # Errors
    /// When the file is not of the form, or holds a pattern that is none.
    pub fn read(text: &str) -> Result<Self, AssetError> {
        let form: FileForm = asset::read(FILE, text)?;
        let fault = |message| AssetError::new(FILE, message);
        let tells: Vec<String> = form.dose.into_iter().chain(form.frequency).chain(form.act).collect();
        Ok(Self { hide: AnyOf::read(&form.hide).map_err(fault)?, tells: AnyOf::read(&tells).map_err(fault)? })
    }

    /// The clauses of an answer that give a dose or a frequency, or tell to start, stop, raise, lower or switch: whole
    /// clauses in order, those beside each other in one range. Too many rather than too few.
    #[must_use]
    pub fn ranges(&self, answer: &str) -> Vec<Range> {
        let mut text = Folded::new(answer);
        for span in self.hide.find(&text, (0, text.chars.len())) {
            text.blank(span.from, span.to);
        }
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (from, to) in text.clauses() {
            if !self.tells.stands_in(&text, (from, to)) {
                continue;
            }
            match found.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                _ => found.push((from, to)),
            }
        }
        // What is white at either end is not marked.
        let white = |at: usize| text.get(at).is_some_and(char::is_whitespace);
        let trimmed = found.into_iter().filter_map(|(mut from, mut to)| {
            while from < to && white(from) {
                from += 1;
            }
            while from < to && white(to - 1) {
                to -= 1;
            }
            text.bytes(from, to)
        });
        trimmed.map(|(from, to)| Range::of_bytes(answer, from, to)).collect()
    }
}
