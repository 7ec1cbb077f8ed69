//! The Medical Event Data Standard (MEDS 0.4, github.com/Medical-Event-Data-Standard/meds): what was kept of the
//! admissions as one event a row, for tools that read it.
//!
//! These are the events of the cases, not of the tables: of results those of the first day, of drugs the first start of an
//! ingredient in an admission. Diagnoses stand at the discharge, after which they were coded.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::io;
use std::path::Path;

use bogam_clinical::case::{CodeSystem, Sex};
use serde::Serialize;

use crate::cases::{Admission, Books};
use crate::error::MimicError;
use crate::ids::IdHasher;
use crate::moment::Moment;
use crate::output::{self, OutFile};
use crate::parquet::{ROWS_A_GROUP, Values, Writer};
use crate::stays::Patient;

/// What the export holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MedsReport {
    /// Rows of `meds/data/0.parquet`.
    pub events: u64,
    /// Patients.
    pub subjects: u64,
    /// Distinct codes.
    pub codes: u64,
    /// Events that are left out because their time is not known: diagnoses of admissions without discharge, drugs
    /// without start.
    pub without_time: u64,
}

/// What an event is; numbers are those of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Code {
    Gender(Sex),
    Birth,
    Admission(u32),
    Drug(u32),
    Lab(u32),
    Diagnosis(u32),
    Discharge,
}

/// A row of the export.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    subject: u64,
    time: Option<Moment>,
    code: Code,
    value: Option<f64>,
}

/// The events of some patients, each patient's in order of time.
#[derive(Debug, Default)]
pub(crate) struct Events {
    all: Vec<Event>,
    without_time: u64,
}

impl Events {
    /// Adds those of a patient.
    pub(crate) fn add(&mut self, subject: u64, patient: &Patient, admissions: &[Admission<'_>], books: &Books<'_, '_>) {
        let start = self.all.len();
        self.push(subject, None, Code::Gender(patient.sex), None);
        // Age is known in years.
        let born = patient.anchor_year.checked_sub(patient.anchor_age).map(Moment::of_year);
        self.timed(subject, born, Code::Birth, None);
        for Admission { stay, courses } in admissions {
            self.timed(subject, Some(stay.admitted), Code::Admission(stay.kind), None);
            for (ingredient, course) in courses {
                let first = course.first.get().map(|first| stay.admitted.plus(first));
                self.timed(subject, first, Code::Drug(*ingredient), None);
            }
            for lab in &stay.labs {
                self.timed(subject, Some(stay.admitted.plus(lab.time)), Code::Lab(lab.series), Some(lab.value));
            }
            for coded in &stay.diagnoses {
                self.timed(subject, stay.discharged, Code::Diagnosis(coded.code), None);
            }
            if stay.discharged.is_some() {
                self.timed(subject, stay.discharged, Code::Discharge, None);
            }
        }
        self.all.get_mut(start..).unwrap_or_default().sort_by(|a, b| order(a, b, books));
    }

    fn timed(&mut self, subject: u64, time: Option<Moment>, code: Code, value: Option<f64>) {
        if time.is_some() {
            self.push(subject, time, code, value);
        } else {
            self.without_time += 1;
        }
    }

    fn push(&mut self, subject: u64, time: Option<Moment>, code: Code, value: Option<f64>) {
        self.all.push(Event { subject, time, code, value });
    }
}

/// By time, the static ones first; at one time by what it is, then by the text of the code, so that the order of the
/// tables' rows does not matter.
fn order(a: &Event, b: &Event, books: &Books<'_, '_>) -> Ordering {
    let kind = |event: &Event| match event.code {
        Code::Gender(_) => 0,
        Code::Birth => 1,
        Code::Admission(_) => 2,
        Code::Drug(_) => 3,
        Code::Lab(_) => 4,
        Code::Diagnosis(_) => 5,
        Code::Discharge => 6,
    };
    let by_time = a.time.cmp(&b.time).then(kind(a).cmp(&kind(b)));
    let by_value = || a.value.unwrap_or_default().total_cmp(&b.value.unwrap_or_default());
    by_time.then_with(|| text(a.code, books).cmp(&text(b.code, books))).then_with(by_value)
}

/// A code as it stands in the file, its parts with `//` between.
fn text(code: Code, books: &Books<'_, '_>) -> String {
    match code {
        Code::Gender(Sex::Female) => "GENDER//F".to_owned(),
        Code::Gender(Sex::Male) => "GENDER//M".to_owned(),
        Code::Birth => "MEDS_BIRTH".to_owned(),
        Code::Admission(kind) => match books.texts.kinds.text(kind) {
            "" => "HOSPITAL_ADMISSION".to_owned(),
            kind => format!("HOSPITAL_ADMISSION//{kind}"),
        },
        Code::Discharge => "HOSPITAL_DISCHARGE".to_owned(),
        Code::Drug(ingredient) => format!("DRUG//{}", books.names.id(ingredient)),
        Code::Lab(series) => {
            let (label, unit) = books.labs.series(series);
            format!("LAB//{label}//{}", unit.unwrap_or("UNK"))
        }
        Code::Diagnosis(number) => books.codes.get(number).map_or_else(String::new, |entry| {
            let version = match entry.system {
                CodeSystem::Icd9 => "9",
                CodeSystem::Icd10 | CodeSystem::Kcd => "10",
            };
            format!("DIAGNOSIS//ICD//{version}//{}", entry.code)
        }),
    }
}

/// The export in the making.
pub(crate) struct Meds<'a> {
    books: &'a Books<'a, 'a>,
    data: Writer<OutFile>,
    numbers: HashMap<Code, u32>,
    texts: Vec<String>,
    titles: Vec<Option<String>>,
    group: Group,
    subjects: Vec<i64>,
    report: MedsReport,
}

/// The columns of a row group.
#[derive(Default)]
struct Group {
    subject: Vec<i64>,
    time: Vec<Option<i64>>,
    code: Vec<u32>,
    value: Vec<Option<f32>>,
}

const DATA: &str = "meds/data/0.parquet";

impl<'a> Meds<'a> {
    /// Makes the folders and starts the data.
    pub(crate) fn create(out: &Path, books: &'a Books<'a, 'a>) -> Result<Self, MimicError> {
        output::folder(&out.join("meds/data"))?;
        output::folder(&out.join("meds/metadata"))?;
        let file = OutFile::create(out, DATA)?;
        let columns = ["subject_id", "time", "code", "numeric_value"];
        let data = Writer::new(file, &columns).map_err(|e| MimicError::write(DATA, e))?;
        Ok(Self {
            books,
            data,
            numbers: HashMap::new(),
            texts: Vec::new(),
            titles: Vec::new(),
            group: Group::default(),
            subjects: Vec::new(),
            report: MedsReport::default(),
        })
    }

    /// Writes the events of some patients.
    pub(crate) fn write(&mut self, events: &Events) -> Result<(), MimicError> {
        self.report.without_time += events.without_time;
        for event in &events.all {
            let too_large = |_| MimicError::write(DATA, io::Error::other("a subject_id is larger than MEDS can say"));
            let subject = i64::try_from(event.subject).map_err(too_large)?;
            if self.subjects.last() != Some(&subject) {
                self.subjects.push(subject);
            }
            let code = self.number(event.code);
            self.group.subject.push(subject);
            self.group.time.push(event.time.map(Moment::microseconds));
            self.group.code.push(code);
            self.group.value.push(event.value.map(single));
            if self.group.subject.len() == ROWS_A_GROUP {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn number(&mut self, code: Code) -> u32 {
        if let Some(number) = self.numbers.get(&code) {
            return *number;
        }
        let text = text(code, self.books);
        // Two numbers of the books may have one text: an item that the dictionary has twice under one label.
        let known = self.texts.iter().position(|known| *known == text);
        let place = known.unwrap_or(self.texts.len());
        if known.is_none() {
            self.texts.push(text);
            self.titles.push(match code {
                Code::Diagnosis(number) => self.books.codes.get(number).and_then(|entry| entry.title.clone()),
                Code::Gender(_) | Code::Birth | Code::Admission(_) | Code::Drug(_) | Code::Lab(_) | Code::Discharge => {
                    None
                }
            });
        }
        // No import comes near four thousand million codes.
        let number = u32::try_from(place).unwrap_or(u32::MAX);
        self.numbers.insert(code, number);
        number
    }

    fn flush(&mut self) -> Result<(), MimicError> {
        let Group { subject, time, code, value } = std::mem::take(&mut self.group);
        self.report.events += u64::try_from(subject.len()).unwrap_or(u64::MAX);
        let texts = std::mem::take(&mut self.texts);
        let columns = [Values::Number(subject), Values::Time(time), Values::Text(code, texts), Values::Float(value)];
        self.data.group(&columns).map_err(|e| MimicError::write(DATA, e))?;
        let [_, _, texts, _] = columns;
        match texts {
            Values::Text(_, texts) => self.texts = texts,
            Values::Number(_) | Values::Time(_) | Values::Float(_) | Values::OptionalText(_) => {}
        }
        Ok(())
    }

    /// Ends the data and writes what describes it.
    pub(crate) fn finish(mut self, out: &Path) -> Result<(MedsReport, Vec<OutFile>), MimicError> {
        self.flush()?;
        self.report.subjects = u64::try_from(self.subjects.len()).unwrap_or(u64::MAX);
        self.report.codes = u64::try_from(self.texts.len()).unwrap_or(u64::MAX);
        let data = self.data.finish().map_err(|e| MimicError::write(DATA, e))?;
        let numbers = |texts: &[String]| (0..u32::try_from(texts.len()).unwrap_or(u32::MAX)).collect();
        let codes = Values::Text(numbers(&self.texts), self.texts);
        let codes = table(out, CODES, &["code", "description"], &[codes, Values::OptionalText(self.titles)])?;
        let split = self.subjects.iter().map(|subject| split(*subject)).collect();
        let names = ["train", "tuning", "held_out"].map(str::to_owned).to_vec();
        let splits = [Values::Number(self.subjects), Values::Text(split, names)];
        let splits = table(out, SPLITS, &["subject_id", "split"], &splits)?;
        let mut dataset = OutFile::create(out, "meds/metadata/dataset.json")?;
        dataset.document(&Dataset {
            dataset_name: "MIMIC-IV tables",
            etl_name: "bogam mimic",
            etl_version: env!("CARGO_PKG_VERSION"),
            meds_version: "0.4.0",
        })?;
        Ok((self.report, vec![data, codes, splits, dataset]))
    }
}

const CODES: &str = "meds/metadata/codes.parquet";
const SPLITS: &str = "meds/metadata/subject_splits.parquet";

/// `dataset.json`. It has no date: the same tables give the same bytes.
#[derive(Serialize)]
struct Dataset {
    dataset_name: &'static str,
    etl_name: &'static str,
    etl_version: &'static str,
    meds_version: &'static str,
}

/// Writes a whole table.
fn table(out: &Path, name: &'static str, columns: &[&'static str], values: &[Values]) -> Result<OutFile, MimicError> {
    let fault = |e| MimicError::write(name, e);
    let mut writer = Writer::new(OutFile::create(out, name)?, columns).map_err(fault)?;
    writer.group(values).map_err(fault)?;
    writer.finish().map_err(fault)
}

/// Eight of ten patients for training, one for tuning, one held out: by the number alone, so that a patient stays where he
/// is when others come in.
fn split(subject: i64) -> u32 {
    match BuildHasherDefault::<IdHasher>::default().hash_one(subject.cast_unsigned()) % 10 {
        8 => 1,
        9 => 2,
        _ => 0,
    }
}

/// As the standard has values: to seven digits.
#[expect(clippy::as_conversions, reason = "the nearest float is what is wanted")]
const fn single(value: f64) -> f32 {
    value as f32
}
