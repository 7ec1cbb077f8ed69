//! Arguments of the command line, as the contract has them.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use bogam_app::check::CheckRequest;
use bogam_app::import::MimicRequest;
use bogam_app::knowledge::ImportRequest;
use bogam_app::normalise::NormaliseRequest;
use bogam_app::open::{EngineOptions, ModelChoice};
use bogam_app::suggest::{Format, PriorChoice, SuggestRequest};
use bogam_app::{Channels, ImportKind, Method, Options};
use bogam_clinical::text::Lang;
use bogam_engine::llama::convert::Quantization;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::terminal::today;

mod evaluate;
mod exam;
mod learn;
mod train;
mod vault;

pub use exam::{EvaluateCommand, EvaluateOf};
use learn::channels;
pub use learn::{LearnArgs, PriorArgs};
pub use train::{TrainCommand, TrainOf};
pub use vault::{Key, PeopleCommand, VaultCommand};

/// Offline clinical decision support: a ranked, safety-checked list of drugs to consider. A clinician decides.
#[derive(Debug, Parser)]
#[command(name = "bogam", version, about)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Suggest drugs for cases.
    Suggest(SuggestArgs),
    /// Check the drugs of cases.
    Check(CheckArgs),
    /// Drug names to ingredients.
    Normalise(NormaliseArgs),
    /// Import MIMIC-IV tables.
    Mimic(MimicArgs),
    /// Learn from past admissions of a site.
    Learn(LearnArgs),
    /// What a learned prior says of itself.
    Prior(PriorArgs),
    /// Fine-tune a model on samples: an adapter that llama.cpp attaches, and the same for `peft`.
    Train(Box<TrainCommand>),
    /// Compare suggestions with what was recorded; or give a model an examination.
    Evaluate(Box<EvaluateCommand>),
    /// The encrypted store: cases, suggestions, decisions, reviews, people, audit.
    #[command(subcommand)]
    Vault(Box<VaultCommand>),
    /// Models: list, add, verify, info.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Knowledge packs: what they hold, what is wrong in them, packs of a site from lists.
    #[command(subcommand)]
    Knowledge(KnowledgeCommand),
    /// Diagnosis codes by code or words, in Korean or English.
    Diagnoses(DiagnosesArgs),
    /// What this machine has and what is missing.
    Doctor(DoctorArgs),
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// Korean.
    Ko,
    /// English.
    En,
}

impl From<LangArg> for Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::Ko => Self::Ko,
            LangArg::En => Self::En,
        }
    }
}

/// How the model takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodArg {
    /// It scores candidates.
    Score,
    /// It writes a list.
    Generate,
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// JSON lines.
    Json,
    /// A report for reading.
    Text,
}

/// `bogam suggest`.
#[derive(Debug, Args)]
pub struct SuggestArgs {
    /// Cases as JSON lines; - is standard input.
    #[arg(long)]
    pub cases: PathBuf,
    /// Records; - is standard output.
    #[arg(long)]
    pub out: PathBuf,
    /// A GGUF file, the name of a listed model, the address of a configured server, or none.
    #[arg(long)]
    pub model: Option<String>,
    /// A LoRA adapter (GGUF).
    #[arg(long)]
    pub adapter: Option<PathBuf>,
    /// A learned prior, or none; that of the settings when not given, else none.
    #[arg(long)]
    pub prior: Option<PathBuf>,
    /// Which channels take part, to see what each is worth: knowledge, prior, model or sums of them
    /// (knowledge+prior), or regression, a baseline.
    #[arg(long, value_parser = channels)]
    pub channels: Option<Channels>,
    /// File of scores that the model gave before for these cases: read, and added to. It holds patient data.
    #[arg(long)]
    pub model_scores: Option<PathBuf>,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
    /// How the model takes part.
    #[arg(long, value_enum, default_value_t = MethodArg::Score)]
    pub method: MethodArg,
    /// Advice for the patient.
    #[arg(long, value_enum, default_value_t = YesNo::Yes)]
    pub advice: YesNo,
    /// Let the model write a paragraph of advice as well; it is checked, and shown as unreviewed.
    #[arg(long, value_enum, default_value_t = YesNo::No)]
    pub model_advice: YesNo,
    /// Drugs in the list, at most; drugs that are taken already are never cut.
    #[arg(long, default_value_t = 40)]
    pub max_drugs: usize,
    /// Seed of what is drawn.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// json or text; text on a terminal, else json.
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
    /// Language of text output.
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    pub lang: LangArg,
    /// The same bytes every time.
    #[arg(long)]
    pub deterministic: bool,
    /// Threads of the model; 0 is one a physical core.
    #[arg(long, default_value_t = 0)]
    pub threads: u32,
}

impl SuggestArgs {
    /// As a request.
    pub fn request(self) -> SuggestRequest {
        let to_terminal = self.out.as_os_str() == "-" && std::io::stdout().is_terminal();
        let lang = Lang::from(self.lang);
        let format = match self.format {
            Some(FormatArg::Text) => Format::Text(lang),
            None if to_terminal => Format::Text(lang),
            Some(FormatArg::Json) | None => Format::Json,
        };
        SuggestRequest {
            cases: self.cases,
            out: self.out,
            prior: match self.prior {
                None => PriorChoice::Default,
                Some(none) if none.as_os_str() == "none" => PriorChoice::None,
                Some(file) => PriorChoice::File(file),
            },
            model_scores: self.model_scores,
            model: ModelChoice::parse(self.model.as_deref()),
            engine: EngineOptions {
                adapter: self.adapter,
                deterministic: self.deterministic,
                threads: self.threads,
                ..EngineOptions::default()
            },
            knowledge: self.knowledge,
            today: today(),
            options: Options {
                method: match self.method {
                    MethodArg::Score => Method::Score,
                    MethodArg::Generate => Method::Generate,
                },
                advice: self.advice == YesNo::Yes,
                paragraph: (self.model_advice == YesNo::Yes).then_some(lang),
                max_drugs: self.max_drugs,
                seed: self.seed,
                channels: self.channels,
            },
            format,
        }
    }
}

/// `bogam check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Cases as JSON lines; - is standard input.
    #[arg(long)]
    pub cases: PathBuf,
    /// Records; - is standard output.
    #[arg(long)]
    pub out: PathBuf,
    /// Recorded drugs to check instead of those of the cases.
    #[arg(long)]
    pub recorded: Option<PathBuf>,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
}

impl CheckArgs {
    /// As a request.
    pub fn request(self) -> CheckRequest {
        CheckRequest {
            cases: self.cases,
            out: self.out,
            recorded: self.recorded,
            knowledge: self.knowledge,
            today: today(),
        }
    }
}

/// `bogam normalise`.
#[derive(Debug, Args)]
pub struct NormaliseArgs {
    /// Names, one a line (plain, a JSON string, or an object with name); - is standard input.
    #[arg(long)]
    pub names: PathBuf,
    /// Records; - is standard output.
    #[arg(long)]
    pub out: PathBuf,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
}

impl NormaliseArgs {
    /// As a request.
    pub fn request(self) -> NormaliseRequest {
        NormaliseRequest { names: self.names, out: self.out, knowledge: self.knowledge }
    }
}

/// `bogam mimic`.
#[derive(Debug, Args)]
pub struct MimicArgs {
    /// The hosp folder: CSV files, plain or gzipped.
    #[arg(long)]
    pub hosp: PathBuf,
    /// Folder for cases, recorded drugs, samples, rejects and report.
    #[arg(long)]
    pub out: PathBuf,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
    /// Write alpaca.json as well: the samples as one array of instruction, input and output.
    #[arg(long)]
    pub alpaca: bool,
    /// Write the folder meds as well: the events of the cases as Parquet, by the Medical Event Data Standard.
    #[arg(long)]
    pub meds: bool,
    /// How many threads read and write (all processors, at most 8); the files are the same with any number.
    #[arg(long)]
    pub threads: Option<std::num::NonZeroUsize>,
}

impl MimicArgs {
    /// As a request.
    pub fn request(self) -> MimicRequest {
        MimicRequest {
            hosp: self.hosp,
            out: self.out,
            knowledge: self.knowledge,
            threads: self.threads,
            alpaca: self.alpaca,
            meds: self.meds,
        }
    }
}

/// `bogam model`.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Models that are known by name; * is the default.
    List,
    /// Take a GGUF file into the list of this installation.
    Add {
        /// The file.
        file: PathBuf,
        /// Its name in the list.
        #[arg(long)]
        name: Option<String>,
        /// Use it when none is named.
        #[arg(long)]
        default: bool,
    },
    /// Check files against their hashes.
    Verify {
        /// Only this model.
        name: Option<String>,
    },
    /// Make the form of a model that this machine computes fast, measure what is lost, and keep the best.
    Convert {
        /// Name of a model of the list, or a GGUF file.
        model: PathBuf,
        /// Its form; all are tried without one.
        #[arg(long, value_enum)]
        to: Option<Form>,
        /// Use it when none is named.
        #[arg(long)]
        default: bool,
        /// Threads (0: one a physical core).
        #[arg(long, default_value_t = 0)]
        threads: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// What a GGUF file says of itself.
    Info {
        /// The file.
        file: PathBuf,
    },
}

/// Forms of the weights that `bogam model convert` makes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Form {
    /// 4.5 bits.
    #[value(name = "q4_0")]
    Q4_0,
    /// 8.5 bits.
    #[value(name = "q8_0")]
    Q8_0,
}

impl From<Form> for Quantization {
    fn from(form: Form) -> Self {
        match form {
            Form::Q4_0 => Self::Q4_0,
            Form::Q8_0 => Self::Q8_0,
        }
    }
}

/// `bogam knowledge`.
#[derive(Debug, Subcommand)]
pub enum KnowledgeCommand {
    /// Hash, packs with their dates, and how many facts of each kind.
    Info {
        /// A site's own knowledge pack (folder); may stand several times.
        #[arg(long)]
        knowledge: Vec<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Every fault of the packs, with file and line.
    Check {
        /// A site's own knowledge pack (folder); may stand several times.
        #[arg(long)]
        knowledge: Vec<PathBuf>,
        /// Check this folder in place of the pack that is built in.
        #[arg(long)]
        pack: Option<PathBuf>,
    },
    /// Of the drugs recorded for past admissions, how many have an indication among the diagnoses; as JSON.
    Coverage {
        /// Cases as JSON lines.
        #[arg(long)]
        cases: PathBuf,
        /// What was recorded for them.
        #[arg(long)]
        recorded: PathBuf,
        /// A site's own knowledge pack (folder); may stand several times.
        #[arg(long)]
        knowledge: Vec<PathBuf>,
    },
    /// Make a pack of a list: interactions, Korean DUR notices, a formulary, titles of codes.
    Import(ImportArgs),
}

/// `bogam diagnoses`.
#[derive(Debug, Args)]
pub struct DiagnosesArgs {
    /// A code, or words, as they are typed; without it, one query a line of standard input.
    #[arg(long)]
    pub query: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 10)]
    pub limit: usize,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
}

/// `bogam knowledge import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What kind of list.
    #[arg(long, value_parser = PossibleValuesParser::new(ImportKind::ALL.map(ImportKind::code)).try_map(kind))]
    pub kind: ImportKind,
    /// The list, as CSV; - is standard input.
    #[arg(long)]
    pub file: PathBuf,
    /// Folder of the pack, new or empty.
    #[arg(long)]
    pub out: PathBuf,
    /// How much the levels of the list matter, instead of assets/import/levels.toml.
    #[arg(long)]
    pub levels: Option<PathBuf>,
    /// What its columns are called, instead of assets/import/*_headers.toml.
    #[arg(long)]
    pub headers: Option<PathBuf>,
    /// Id of the pack; the kind when none is named.
    #[arg(long)]
    pub name: Option<String>,
    /// Version of the pack.
    #[arg(long)]
    pub version: Option<String>,
    /// Day of its review, as 2026-11-20; today when none is named.
    #[arg(long)]
    pub reviewed: Option<String>,
    /// Day after which it is shown as expired; a year after the review when none is named.
    #[arg(long)]
    pub expires: Option<String>,
    /// Who approved it.
    #[arg(long)]
    pub approved_by: Option<String>,
    /// A site's own knowledge pack (folder) whose drugs the list may name; may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
}

/// The kind of a word.
fn kind(code: String) -> Result<ImportKind, String> {
    ImportKind::ALL.into_iter().find(|kind| kind.code() == code).ok_or_else(|| format!("there is no kind `{code}`"))
}

impl ImportArgs {
    /// As a request.
    pub fn request(self) -> ImportRequest {
        ImportRequest {
            kind: self.kind,
            file: self.file,
            out: self.out,
            levels: self.levels,
            headers: self.headers,
            name: self.name,
            version: self.version,
            reviewed: self.reviewed,
            expires: self.expires,
            approved_by: self.approved_by,
            knowledge: self.knowledge,
            today: today(),
        }
    }
}

/// `bogam doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
}
