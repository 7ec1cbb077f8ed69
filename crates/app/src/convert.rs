//! A model in the form that this machine computes fast: converted here, and measured before it is offered. Speed, what the
//! model says of the next word, and above all the lists that come out of it are compared on made-up patients.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bogam_clinical::input::{ReadCase, read_case};
use bogam_clinical::record::SuggestionRecord;
use bogam_engine::gguf::Header;
use bogam_engine::llama::WorkerCommand;
use bogam_engine::llama::convert::{Conversion, Converted, Quantization, convert as convert_file};
use bogam_engine::{Cancel, NoSink, Sink};
use bogam_knowledge::KnowledgeBase;
use bogam_suggest::{Options, Prompts, SuggestError, Suggester, Weights};
use serde::Serialize;

use crate::assets;
use crate::error::AppError;
use crate::home::home;
use crate::job::JobSink;
use crate::models::{self, Entry};
use crate::open::{EngineOptions, ModelChoice, open};

/// Made-up patients, three to sixteen diagnoses each.
pub const PROBES: &str = include_str!("../../../assets/probes/cases.jsonl");

/// Lists of the two files share at least so much of their drugs, or the conversion is not offered.
const LEAST_SHARED: f64 = 0.9;

/// A list comes so many times faster at least, or the conversion is not worth its bytes.
const LEAST_FASTER: f64 = 1.1;

/// Of forms that are as fast up to this factor, the nearer one is kept.
const AS_FAST: f64 = 1.15;

/// What to convert.
#[derive(Debug, Clone)]
pub struct ConvertRequest {
    /// The model: name of a list entry, or a file.
    pub model: PathBuf,
    /// Its form; the fastest that loses little of all when `None`.
    pub quantization: Option<Quantization>,
    /// Use it from now on.
    pub default: bool,
    /// Threads; 0 is one a physical core.
    pub threads: u32,
    /// How to start a worker; this program when `None`.
    pub worker: Option<WorkerCommand>,
}

/// Lists of both files, on the same made-up patients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lists {
    /// Patients.
    pub cases: usize,
    /// Drugs in both lists of those in either (Jaccard), mean over patients.
    pub shared: f64,
    /// Largest change of a listed drug's probability.
    pub largest_change: f64,
    /// Median milliseconds of a suggestion before and after, without advice.
    pub milliseconds: (f64, f64),
}

/// A form that was tried.
#[derive(Debug, Clone, Serialize)]
pub struct Tried {
    /// The form.
    pub quantization: Quantization,
    /// The files.
    pub file: Converted,
    /// The lists.
    pub lists: Lists,
    /// Fast enough, and near enough.
    pub offered: bool,
}

/// What was tried, and what was kept.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The file that was converted.
    pub from: PathBuf,
    /// Its form.
    pub quantization: &'static str,
    /// In the order in which they were tried.
    pub tried: Vec<Tried>,
    /// The entry of the list that was made; none when no form is offered.
    pub entry: Option<Entry>,
}

/// Converts a model into the home folder's list.
///
/// # Errors
/// When the model cannot be read or converted, there is no room, or it is cancelled. Nothing half stays behind.
pub fn convert(request: &ConvertRequest, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Report, AppError> {
    let (from, listed) = models::resolve(&request.model)?;
    let header = Header::read(&from).map_err(AppError::Model)?;
    let wanted: Vec<Quantization> = request.quantization.map_or_else(|| Quantization::ALL.to_vec(), |q| vec![q]);
    let wanted: Vec<_> = wanted.into_iter().filter(|q| q.as_str() != header.quantization()).collect();
    if wanted.is_empty() {
        return Err(AppError::unusable(&from, format!("is {} already", header.quantization())));
    }
    let folder = home().join("models");
    std::fs::create_dir_all(&folder).map_err(|e| AppError::unusable(&folder, e))?;
    if let Some(there) = wanted.iter().map(|form| folder.join(file_name(&from, &header, *form))).find(|f| f.exists()) {
        return Err(AppError::unusable(
            &there,
            "is there already: remove that model first, or name another form with --to",
        ));
    }
    room(&folder, &header, wanted.len())?;
    let knowledge = assets::knowledge(&[])?;
    let bench = Bench { knowledge: &knowledge, prompts: assets::prompts()?, cases: probes()?, request };
    sink.stage("Suggesting with the file as it is");
    let before = bench.lists(&from, sink, cancel)?;
    let mut tried: Vec<(Tried, tempfile::TempPath)> = Vec::new();
    for quantization in wanted {
        sink.stage(&format!("Converting to {}, and comparing", quantization.as_str()));
        let half = tempfile::Builder::new().prefix(".converting-").suffix(".gguf").tempfile_in(&folder);
        let half = half.map_err(|e| AppError::unusable(&folder, e))?.into_temp_path();
        let file = bench.convert(&from, &half, quantization, sink, cancel)?;
        sink.stage(&format!("Suggesting with {}", quantization.as_str()));
        let after = bench.lists(&half, sink, cancel)?;
        let lists = compare(&before, &after);
        let faster = lists.milliseconds.0 / lists.milliseconds.1.max(1e-9);
        let offered = lists.shared >= LEAST_SHARED && faster >= LEAST_FASTER;
        tried.push((Tried { quantization, file, lists, offered }, half));
    }
    let best = best(tried.iter().map(|(tried, _)| tried));
    let mut report = Report { from: from.clone(), quantization: header.quantization(), tried: Vec::new(), entry: None };
    for (of, half) in tried {
        if Some(of.quantization) == best {
            let entry = entry((&from, &header), listed.as_ref(), &of, request.default);
            report.entry = Some(models::keep(half, entry)?);
        }
        report.tried.push(of);
    }
    Ok(report)
}

/// Of the forms that are offered and nearly as fast as the fastest, the one that says most nearly what the file says.
fn best<'a>(tried: impl Iterator<Item = &'a Tried> + Clone) -> Option<Quantization> {
    let offered = tried.filter(|tried| tried.offered);
    let fastest = offered.clone().map(|tried| tried.lists.milliseconds.1).fold(f64::INFINITY, f64::min);
    let near = offered.filter(|tried| tried.lists.milliseconds.1 <= fastest * AS_FAST);
    near.min_by(|a, b| a.file.divergence.total_cmp(&b.file.divergence)).map(|tried| tried.quantization)
}

/// A converted file may be as large as one of eight bits a weight.
fn room(folder: &Path, header: &Header, files: usize) -> Result<(), AppError> {
    let largest = header.file_bytes.saturating_mul(2);
    let needed = largest.saturating_mul(u64::try_from(files).unwrap_or(1));
    let there = rustix::fs::statvfs(folder).map_err(|e| AppError::unusable(folder, e))?;
    let free = there.f_bavail.saturating_mul(there.f_frsize);
    if free < needed {
        let mb = |bytes: u64| bytes / 1_000_000;
        let problem = format!(
            "has {} MB free, and {} MB may be needed: make room, or name one form with --to",
            mb(free),
            mb(needed)
        );
        return Err(AppError::unusable(folder, problem));
    }
    Ok(())
}

/// The name of a file without its form: `Name` of `Name.Q4_1.gguf`, and of `Name-Q4_K_M.gguf`.
fn stem(from: &Path, header: &Header) -> String {
    let stem = from.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let is_form = |tail: &str| tail.to_uppercase().starts_with(header.quantization());
    let head = stem.rsplit_once(['.', '-']).filter(|(_, tail)| is_form(tail)).map(|(head, _)| head.to_owned());
    head.unwrap_or(stem)
}

/// The name of the file that will be made.
fn file_name(from: &Path, header: &Header, form: Quantization) -> String {
    format!("{}.{}.gguf", stem(from, header), form.as_str())
}

fn entry((from, header): (&Path, &Header), listed: Option<&Entry>, tried: &Tried, default: bool) -> Entry {
    let name = listed.map_or_else(|| stem(from, header).to_lowercase(), |entry| entry.name.clone());
    Entry {
        name: format!("{name}-{}", tried.quantization.as_str().to_lowercase()),
        file: file_name(from, header, tried.quantization),
        sha256: String::new(),
        licence: header.string("general.license").unwrap_or_default().to_owned(),
        context: header.context(),
        default,
        source: format!("converted here from {}", from.display()),
        note: format!(
            "lists share {:.3} of their drugs with those of the file it was made of; divergence {:.4} nats",
            tried.lists.shared, tried.file.divergence
        ),
    }
}

/// What every file is tried on.
struct Bench<'a> {
    knowledge: &'a KnowledgeBase,
    prompts: Prompts,
    cases: Vec<ReadCase>,
    request: &'a ConvertRequest,
}

/// Records of the made-up patients, and the median milliseconds of one.
struct Suggested {
    records: Vec<SuggestionRecord>,
    median: f64,
}

impl Bench<'_> {
    fn worker(&self) -> Result<WorkerCommand, AppError> {
        match &self.request.worker {
            Some(command) => Ok(command.clone()),
            None => WorkerCommand::this_program()
                .map_err(|e| AppError::Unusable(format!("this program's own path is not known: {e}"))),
        }
    }

    fn convert(
        &self,
        from: &Path,
        to: &Path,
        quantization: Quantization,
        sink: &mut dyn JobSink,
        cancel: &Cancel,
    ) -> Result<Converted, AppError> {
        let texts = self.cases.iter().map(|read| {
            let prompt = self.prompts.for_case(&read.case, self.knowledge);
            let turns: Vec<&str> = prompt.messages.iter().map(|m| m.content.as_str()).collect();
            format!("{}\n{}", turns.join("\n"), prompt.answer_prefix)
        });
        let conversion = Conversion {
            from: from.display().to_string(),
            to: to.display().to_string(),
            quantization,
            threads: self.request.threads,
            texts: texts.collect(),
        };
        convert_file(&self.worker()?, &conversion, &mut Share(sink), cancel).map_err(AppError::Model)
    }

    fn lists(&self, model: &Path, sink: &mut dyn JobSink, cancel: &Cancel) -> Result<Suggested, AppError> {
        let options =
            EngineOptions { threads: self.request.threads, worker: Some(self.worker()?), ..EngineOptions::default() };
        let opened = open(&ModelChoice::File(model.to_owned()), &options)?;
        let fault = |SuggestError::Engine(error)| AppError::Model(error);
        let suggester =
            Suggester::new(self.knowledge, &self.prompts, opened.engine(), Weights::default()).map_err(fault)?;
        let wanted = Options { advice: false, ..Options::default() };
        let (mut records, mut took) = (Vec::new(), Vec::new());
        for (done, read) in (0..).zip(&self.cases) {
            let start = Instant::now();
            records.push(suggester.suggest(&read.case, (&[], ""), &wanted, &mut NoSink, cancel).map_err(fault)?);
            took.push(start.elapsed().as_secs_f64() * 1e3);
            sink.progress(done + 1, u64::try_from(self.cases.len()).ok());
        }
        took.sort_by(f64::total_cmp);
        Ok(Suggested { records, median: took.get(took.len() / 2).copied().unwrap_or_default() })
    }
}

fn probes() -> Result<Vec<ReadCase>, AppError> {
    let read = |line: &str| read_case(line).map_err(|_| AppError::Unusable("assets/probes/cases.jsonl".to_owned()));
    PROBES.lines().map(read).collect()
}

fn compare(before: &Suggested, after: &Suggested) -> Lists {
    let pairs = || before.records.iter().zip(&after.records);
    let cases = before.records.len();
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let shared = |(a, b): (&SuggestionRecord, &SuggestionRecord)| {
        let names = |r: &SuggestionRecord| r.drugs.iter().map(|d| d.ingredient.clone()).collect::<BTreeSet<_>>();
        let (a, b) = (names(a), names(b));
        let either = a.union(&b).count();
        if either == 0 { 1.0 } else { count(a.intersection(&b).count()) / count(either) }
    };
    let change = |(a, b): (&SuggestionRecord, &SuggestionRecord)| {
        let of = |d: &bogam_clinical::record::SuggestedDrug| {
            let same = b.drugs.iter().find(|other| other.ingredient == d.ingredient);
            same.map_or(0.0, |other| (other.probability - d.probability).abs())
        };
        a.drugs.iter().map(of).fold(0.0, f64::max)
    };
    Lists {
        cases,
        shared: pairs().map(shared).sum::<f64>() / count(cases.max(1)),
        largest_change: pairs().map(change).fold(0.0, f64::max),
        milliseconds: (before.median, after.median),
    }
}

/// Progress of a conversion, in hundredths.
struct Share<'a>(&'a mut dyn JobSink);

impl Sink for Share<'_> {
    fn loading(&mut self, share: f32) {
        #[allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.0.progress((share.clamp(0.0, 1.0) * 100.0) as u64, Some(100));
    }
}

impl Report {
    /// For reading.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{} ({})\n", self.from.display(), self.quantization);
        let Some(first) = self.tried.first() else { return out };
        let mb = |bytes: u64| bytes / 1_000_000;
        let row = |out: &mut String, cells: [String; 7]| {
            let [form, size, prompt, writing, list, divergence, shared] = cells;
            // Writing to a String cannot fail.
            let _ok =
                writeln!(out, "{form:<10}{size:>8}{prompt:>12}{writing:>12}{list:>10}{divergence:>12}{shared:>10}");
        };
        row(&mut out, ["", "MB", "prompt t/s", "writing t/s", "list ms", "divergence", "lists"].map(str::to_owned));
        let (speed, bytes, ms) = (first.file.speed.0, first.file.bytes.0, first.lists.milliseconds.0);
        let figures = |form: &str, bytes, speed: bogam_engine::llama::convert::Speed, ms: f64| {
            [
                form.to_owned(),
                mb(bytes).to_string(),
                format!("{:.0}", speed.prompt),
                format!("{:.0}", speed.writing),
                format!("{ms:.0}"),
            ]
        };
        let with = |[a, b, c, d, e]: [String; 5], f: String, g: String| [a, b, c, d, e, f, g];
        row(&mut out, with(figures(self.quantization, bytes, speed, ms), String::new(), String::new()));
        for tried in &self.tried {
            let cells = figures(
                tried.quantization.as_str(),
                tried.file.bytes.1,
                tried.file.speed.1,
                tried.lists.milliseconds.1,
            );
            row(&mut out, with(cells, format!("{:.4}", tried.file.divergence), format!("{:.3}", tried.lists.shared)));
        }
        let said = match &self.entry {
            Some(entry) => {
                format!("Kept as {}{}\n", entry.name, if entry.default { ", the default from now on" } else { "" })
            }
            None => format!(
                "None is kept: lists must share {LEAST_SHARED} of their drugs with those of the file as it is, and come {LEAST_FASTER} times faster.\n"
            ),
        };
        out + &said
    }
}
