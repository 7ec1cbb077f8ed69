//! Samples: what `bogam mimic` writes, Alpaca records, chat records; as one array or a record a line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clean;

/// A turn of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// Text.
    pub content: String,
}

/// What the model is to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Items without an order: it is another in each epoch.
    List(Vec<String>),
    /// A text.
    Text(String),
}

/// A sample that is trained on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its identifier, or its line.
    pub id: String,
    /// The patient, where it tells one.
    pub patient: Option<String>,
    /// The prompt.
    pub messages: Vec<Message>,
    /// The answer.
    pub answer: Answer,
    /// Line of the file, or place in its array, from 1.
    pub line: u64,
}

/// What happened to records: permanent words, each with how often and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Changed: put into Unicode normal form C.
    Normalized,
    /// Changed: control or invisible characters taken out.
    ControlCharacters,
    /// Changed: private-use characters or marks of a broken decoding taken out.
    BrokenCharacters,
    /// Changed: HTML tags and entities taken out.
    Markup,
    /// Changed: a run of one character shortened.
    RepeatedCharacters,
    /// Changed: a line of thanks, advertisement or signature taken out.
    Boilerplate,
    /// Changed: an address, number or name of a person taken out.
    ContactDetails,
    /// Changed: an item of a list that was there twice, or empty.
    RepeatedItems,
    /// Dropped: not UTF-8.
    NotUtf8,
    /// Dropped: no JSON object.
    NotJson,
    /// Dropped: longer than a line may be.
    LineTooLong,
    /// Dropped: none of the forms that are read.
    UnknownForm,
    /// Dropped: no question.
    NoPrompt,
    /// Dropped: no answer.
    NoAnswer,
    /// Dropped: the answer ends in the middle of a sentence.
    CutAnswer,
    /// Dropped: question and answer were there before, or the identifier was.
    Duplicate,
    /// Dropped: question and answer are nearly those of another.
    NearDuplicate,
    /// Dropped: not of the language that was asked for.
    WrongLanguage,
    /// Dropped: more tokens than the maximum length.
    TooManyTokens,
    /// Dropped: of a patient who is left out.
    ExcludedPatient,
}

/// Where a kind of change was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Records.
    pub records: u64,
    /// Lines of some of them, to look at.
    pub lines: Vec<u64>,
}

/// Lines that a report names for each kind.
const NAMED: usize = 5;

/// What was read and what became of it. `read = kept + dropped`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadReport {
    /// Records of the file, blank lines apart.
    pub read: u64,
    /// Records that are trained on or validated with.
    pub kept: u64,
    /// Records that were left out.
    pub dropped: u64,
    /// Changes and reasons.
    pub fates: BTreeMap<Fate, Seen>,
}

impl ReadReport {
    pub(crate) fn note(&mut self, fate: Fate, line: u64) {
        let seen = self.fates.entry(fate).or_default();
        seen.records += 1;
        if seen.lines.len() < NAMED {
            seen.lines.push(line);
        }
    }

    /// Records that were left out for what is wrong with them, not because somebody asked for it.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        let asked = self.fates.get(&Fate::ExcludedPatient).map_or(0, |seen| seen.records);
        self.dropped.saturating_sub(asked)
    }

    pub(crate) fn drop(&mut self, fate: Fate, line: u64) {
        self.note(fate, line);
        self.dropped += 1;
    }
}

/// A language that answers are to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Hangul.
    Ko,
    /// Latin letters.
    En,
}

/// How texts are cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaning {
    /// Whether texts are cleaned at all: those of `bogam mimic` are not, as no person wrote them.
    pub texts: bool,
    /// The language that is kept.
    pub language: Option<Language>,
}

/// The longest line that is read, in bytes.
const LONGEST: usize = 16 << 20;

/// Reads samples. `input` is read to its end; faults of a record are counted, none stops the reading.
///
/// # Errors
/// When reading fails.
pub fn read(input: &mut dyn BufRead, cleaning: Cleaning) -> std::io::Result<(Vec<Sample>, ReadReport)> {
    let mut reading = Reading { cleaning, ..Reading::default() };
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        let text = line.trim_ascii();
        if number == 1 && text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).starts_with(b"[") {
            let mut rest = line.clone();
            input.read_to_end(&mut rest)?;
            reading.array(rest.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&rest));
            break;
        }
        let text = if number == 1 { text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text) } else { text };
        if !text.is_empty() {
            reading.line(number, text);
        }
    }
    let Reading { samples, mut report, .. } = reading;
    let samples = clean::without_near_duplicates(samples, &mut report);
    report.kept = u64::try_from(samples.len()).unwrap_or(u64::MAX);
    Ok((samples, report))
}

#[derive(Default)]
struct Reading {
    cleaning: Cleaning,
    samples: Vec<Sample>,
    report: ReadReport,
    ids: BTreeSet<String>,
    texts: BTreeSet<[u8; 32]>,
}

impl Default for Cleaning {
    fn default() -> Self {
        Self { texts: true, language: None }
    }
}

impl Reading {
    fn line(&mut self, number: u64, text: &[u8]) {
        self.report.read += 1;
        if text.len() > LONGEST {
            return self.report.drop(Fate::LineTooLong, number);
        }
        match std::str::from_utf8(text) {
            Err(_) => self.report.drop(Fate::NotUtf8, number),
            Ok(text) => match serde_json::from_str(text) {
                Ok(value) => self.record(number, &value),
                Err(_) => self.report.drop(Fate::NotJson, number),
            },
        }
    }

    fn array(&mut self, bytes: &[u8]) {
        let dropped = match std::str::from_utf8(bytes).map(serde_json::from_str::<Vec<Value>>) {
            Err(_) => Fate::NotUtf8,
            Ok(Err(_)) => Fate::NotJson,
            Ok(Ok(records)) => {
                for (number, record) in (1..).zip(&records) {
                    self.report.read += 1;
                    self.record(number, record);
                }
                return;
            }
        };
        self.report.read += 1;
        self.report.drop(dropped, 1);
    }

    fn record(&mut self, number: u64, record: &Value) {
        let mut sample = match parsed(record, number) {
            Ok(sample) => sample,
            Err(fate) => return self.report.drop(fate, number),
        };
        let mut changes = BTreeSet::new();
        match &mut sample.answer {
            Answer::List(items) => {
                let before = items.len();
                let mut there = BTreeSet::new();
                items.retain(|item| !item.trim().is_empty() && there.insert(item.clone()));
                if items.len() < before {
                    changes.insert(Fate::RepeatedItems);
                }
                if items.is_empty() {
                    return self.report.drop(Fate::NoAnswer, number);
                }
            }
            Answer::Text(answer) if self.cleaning.texts => {
                *answer = clean::text(answer, true, &mut changes);
                for message in &mut sample.messages {
                    message.content = clean::text(&message.content, false, &mut changes);
                }
                sample.messages.retain(|message| message.role != "system" || !message.content.is_empty());
                let dropped = clean::unfit(&sample.messages, answer, self.cleaning.language);
                if let Some(fate) = dropped {
                    return self.report.drop(fate, number);
                }
            }
            Answer::Text(answer) => {
                if answer.trim().is_empty() {
                    return self.report.drop(Fate::NoAnswer, number);
                }
            }
        }
        // Two admissions may tell the same and be two; a record of texts that is there again is the same record.
        let fresh = match &sample.answer {
            Answer::List(_) => self.ids.insert(sample.id.clone()),
            Answer::Text(_) => self.texts.insert(clean::digest(&sample)),
        };
        if !fresh {
            return self.report.drop(Fate::Duplicate, number);
        }
        for change in changes {
            self.report.note(change, number);
        }
        self.samples.push(sample);
    }
}

/// A record of one of the known forms.
fn parsed(record: &Value, number: u64) -> Result<Sample, Fate> {
    let Some(fields) = record.as_object() else { return Err(Fate::NotJson) };
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let id = ["sample_id", "case_id", "id"].into_iter().find_map(|key| {
        let value = fields.get(key)?;
        value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|n| n.to_string()))
    });
    let id = id.unwrap_or_else(|| format!("line {number}"));
    let patient = text("patient_id").map(str::to_owned);
    let sample = |messages, answer| Sample { id, patient, messages, answer, line: number };
    if let Some(turns) = fields.get("messages").or_else(|| fields.get("conversations")) {
        let mut messages = turns_of(turns).ok_or(Fate::UnknownForm)?;
        let answer = match fields.get("answer") {
            Some(Value::Array(items)) => Answer::List(
                items.iter().map(|i| i.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or(Fate::UnknownForm)?,
            ),
            Some(Value::String(answer)) => Answer::Text(answer.clone()),
            Some(_) => return Err(Fate::NoAnswer),
            None => match messages.pop() {
                Some(last) if last.role == "assistant" => Answer::Text(last.content),
                Some(_) => return Err(Fate::NoAnswer),
                None => return Err(Fate::NoPrompt),
            },
        };
        if !messages.iter().any(|m| m.role == "user" && !m.content.trim().is_empty()) {
            return Err(Fate::NoPrompt);
        }
        return Ok(sample(messages, answer));
    }
    let Some(instruction) = text("instruction") else { return Err(Fate::UnknownForm) };
    let input = text("input").unwrap_or_default();
    let question = [instruction.trim(), input.trim()];
    let question: Vec<&str> = question.into_iter().filter(|part| !part.is_empty()).collect();
    if question.is_empty() {
        return Err(Fate::NoPrompt);
    }
    let Some(output) = text("output") else { return Err(Fate::NoAnswer) };
    let message = Message { role: "user".to_owned(), content: question.join("\n\n") };
    Ok(sample(vec![message], Answer::Text(output.to_owned())))
}

/// Turns as `role` and `content`, or as `from` and `value`.
fn turns_of(turns: &Value) -> Option<Vec<Message>> {
    let turn = |turn: &Value| {
        let text = |keys: [&str; 2]| keys.into_iter().find_map(|key| turn.get(key)?.as_str());
        let role = match text(["role", "from"])? {
            "human" => "user",
            "gpt" => "assistant",
            role @ ("system" | "user" | "assistant") => role,
            _ => return None,
        };
        Some(Message { role: role.to_owned(), content: text(["content", "value"])?.to_owned() })
    };
    turns.as_array()?.iter().map(turn).collect()
}
