//! What was read of admissions to the lines of the files, some patients at a time in threads.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cases::{Admission, Books, CaseCounts, case};
use crate::error::MimicError;
use crate::import::Options;
use crate::meds::{Events, Meds, MedsReport};
use crate::output::{OutFile, json, json_line};
use crate::recorded::{by_ingredient, recorded};
use crate::stays::{Stay, Stays};
use crate::threads::{in_order, usual};

/// Admissions that are written at a time, about.
const STAYS_A_BATCH: usize = 64;

/// A line of `samples.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The case's identifier; one sample is one admission.
    pub sample_id: String,
    /// Identifier of the patient.
    pub patient_id: String,
    /// Identifier of the case.
    pub case_id: String,
    /// The prompt.
    pub messages: Vec<Message>,
    /// Ingredient ids, in the order of their first start.
    pub answer: Vec<String>,
}

/// A message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system` or `user`.
    pub role: String,
    /// Text.
    pub content: String,
}

/// How many lines were written, and what was counted on the way.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) cases: u64,
    pub(crate) recorded: u64,
    pub(crate) samples: u64,
    /// Cases that no prompt could be made of.
    pub(crate) without_prompt: u64,
    pub(crate) counts: CaseCounts,
    /// What the export of events holds, where it was asked for.
    pub(crate) meds: Option<MedsReport>,
}

impl Lines {
    fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.recorded += other.recorded;
        self.samples += other.samples;
        self.without_prompt += other.without_prompt;
        self.counts.add(&other.counts);
    }
}

/// The lines of some patients.
#[derive(Default)]
struct Batch {
    cases: Vec<u8>,
    recorded: Vec<u8>,
    samples: Vec<u8>,
    alpaca: Vec<u8>,
    events: Events,
    lines: Lines,
}

/// A record of `alpaca.json`, as such files are known from Stanford Alpaca (Taori et al., 2023).
#[derive(Serialize)]
struct Alpaca<'a> {
    instruction: &'a str,
    input: &'a str,
    output: String,
}

/// Writes cases, recorded drugs and samples: what was written, and the files in the order in which they get their names.
pub(crate) fn write(
    out: &Path,
    stays: &Stays,
    books: &Books<'_, '_>,
    options: &Options<'_>,
) -> Result<(Lines, Vec<OutFile>), MimicError> {
    let mut cases = OutFile::create(out, "cases.jsonl")?;
    let mut recorded = OutFile::create(out, "recorded.jsonl")?;
    let mut samples = OutFile::create(out, "samples.jsonl")?;
    let mut alpaca = options.alpaca.then(|| Array::create(out, "alpaca.json")).transpose()?;
    let mut meds = options.meds.then(|| Meds::create(out, books)).transpose()?;
    let mut lines = Lines::default();
    let by_patient = stays.cases_by_patient();
    let work = |part: &[&Stay]| batch(part, stays, books, options);
    in_order(options.threads.unwrap_or_else(usual), batches(&by_patient), work, |batch| {
        let batch = batch?;
        cases.bytes(&batch.cases)?;
        recorded.bytes(&batch.recorded)?;
        samples.bytes(&batch.samples)?;
        if let Some(alpaca) = &mut alpaca {
            alpaca.items(&batch.alpaca)?;
        }
        if let Some(meds) = &mut meds {
            meds.write(&batch.events)?;
        }
        lines.add(&batch.lines);
        Ok(())
    })?;
    let mut files = vec![cases, recorded, samples];
    if let Some(alpaca) = alpaca {
        files.push(alpaca.finish()?);
    }
    if let Some(meds) = meds {
        let (report, written) = meds.finish(out)?;
        files.extend(written);
        lines.meds = Some(report);
    }
    Ok((lines, files))
}

/// A file that is one JSON array, an item a line.
struct Array {
    file: OutFile,
    empty: bool,
}

impl Array {
    fn create(out: &Path, name: &'static str) -> Result<Self, MimicError> {
        let mut file = OutFile::create(out, name)?;
        file.bytes(b"[")?;
        Ok(Self { file, empty: true })
    }

    /// Adds items, each of which begins with a comma.
    fn items(&mut self, items: &[u8]) -> Result<(), MimicError> {
        let items = if self.empty { items.strip_prefix(b",").unwrap_or(items) } else { items };
        self.empty &= items.is_empty();
        self.file.bytes(items)
    }

    fn finish(mut self) -> Result<OutFile, MimicError> {
        self.file.bytes(b"\n]\n")?;
        Ok(self.file)
    }
}

/// All admissions in order, in parts that hold whole patients.
fn batches<'a, 's>(stays: &'a [&'s Stay]) -> impl Iterator<Item = &'a [&'s Stay]> + Send {
    let mut rest = stays;
    std::iter::from_fn(move || {
        let last = rest.get(STAYS_A_BATCH).or(rest.last())?.subject;
        // The patient within whom the part would end belongs to it.
        let end = rest.partition_point(|stay| stay.subject <= last);
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

fn batch(part: &[&Stay], stays: &Stays, books: &Books<'_, '_>, options: &Options<'_>) -> Result<Batch, MimicError> {
    let mut batch = Batch::default();
    for patient in part.chunk_by(|a, b| a.subject == b.subject) {
        options.go_on()?;
        let courses = patient.iter().map(|stay| by_ingredient(&stay.orders.given, books.names));
        let admission = |(stay, courses)| Admission { stay, courses };
        let admissions: Vec<Admission<'_>> = patient.iter().copied().zip(courses).map(admission).collect();
        for (i, admission) in admissions.iter().enumerate() {
            batch.admission(admission, admissions.get(..i).unwrap_or_default(), books, options)?;
        }
        let subject = patient.first().map(|stay| stay.subject).filter(|_| options.meds);
        if let Some((subject, entry)) = subject.and_then(|subject| Some((subject, stays.patient(subject)?))) {
            batch.events.add(subject, entry, &admissions, books);
        }
    }
    Ok(batch)
}

impl Batch {
    fn admission(
        &mut self,
        admission: &Admission<'_>,
        before: &[Admission<'_>],
        books: &Books<'_, '_>,
        options: &Options<'_>,
    ) -> Result<(), MimicError> {
        let case = case(admission.stay, before, books, &mut self.lines.counts);
        json_line(&mut self.cases, "cases.jsonl", &case)?;
        self.lines.cases += 1;
        let Some(recorded) = recorded(admission.stay, &admission.courses, books.names) else { return Ok(()) };
        json_line(&mut self.recorded, "recorded.jsonl", &recorded)?;
        self.lines.recorded += 1;
        if recorded.drugs.is_empty() {
            return Ok(());
        }
        let messages = (options.prompt)(&case).into_iter();
        let sample = Sample {
            sample_id: recorded.case_id.clone(),
            patient_id: recorded.patient_id,
            case_id: recorded.case_id,
            messages: messages.map(|(role, content)| Message { role, content }).collect(),
            answer: recorded.drugs.into_iter().map(|drug| drug.ingredient).collect(),
        };
        self.lines.without_prompt += u64::from(sample.messages.is_empty());
        if options.alpaca && !sample.messages.is_empty() {
            let text = |role| sample.messages.iter().find(|message| message.role == role);
            let text = |role| text(role).map_or("", |message| message.content.as_str());
            let item = Alpaca { instruction: text("system"), input: text("user"), output: sample.answer.join("\n") };
            self.alpaca.extend_from_slice(b",\n");
            json(&mut self.alpaca, "alpaca.json", &item)?;
        }
        json_line(&mut self.samples, "samples.jsonl", &sample)?;
        self.lines.samples += 1;
        Ok(())
    }
}
