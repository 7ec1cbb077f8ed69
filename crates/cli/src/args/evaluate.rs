//! Arguments of `bogam evaluate` of suggestions, and of `bogam evaluate folds`.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use bogam_app::AppError;
use bogam_app::evaluate::folds::{FoldsRequest, Split};
use bogam_app::evaluate::{EvaluateRequest, NAME, SAMPLE};
use clap::Args;

/// `bogam evaluate` of suggestions.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// Records of `suggest`; - is standard input.
    #[arg(long)]
    pub suggestions: PathBuf,
    /// What they are called in the report.
    #[arg(long, default_value = NAME)]
    pub name: String,
    /// Other suggestions for the same admissions, to stand beside with paired differences; may stand several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    pub beside: Vec<(String, PathBuf)>,
    /// What was recorded (recorded.jsonl of `mimic`).
    #[arg(long)]
    pub recorded: PathBuf,
    /// Recorded admissions to count the most-prescribed drugs on; the evaluated ones when none are given.
    #[arg(long, conflicts_with = "folds")]
    pub train_recorded: Option<PathBuf>,
    /// Folds of patients (folds.csv of `evaluate folds`): the most-prescribed drugs of a patient are counted outside of
    /// the fold.
    #[arg(long)]
    pub folds: Option<PathBuf>,
    /// The cases: figures by service, intensive care, age, sex, earlier admissions, diagnosis.
    #[arg(long)]
    pub cases: Option<PathBuf>,
    /// Write listed drugs of a sample of admissions as CSV for people who judge them, and FILE.key.csv with what is where.
    #[arg(long, requires = "cases")]
    pub judge: Option<PathBuf>,
    /// Admissions in that file.
    #[arg(long, default_value_t = SAMPLE)]
    pub judge_sample: usize,
    /// What a person judged, that file filled in; a second one is a second judge.
    #[arg(long, requires = "judge_key")]
    pub judged: Vec<PathBuf>,
    /// The key of the judged file.
    #[arg(long, requires = "judged")]
    pub judge_key: Option<PathBuf>,
    /// Folder for the report as files: report.html and report.md to read, CSV for spreadsheets, report.json.
    #[arg(long)]
    pub report: Option<PathBuf>,
    /// The report as JSON; - is standard output. Without it a table on a terminal, else JSON.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
}

/// `knowledge=k.jsonl` as a name and a file.
fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        Some(_) | None => Err("expected NAME=FILE, such as knowledge=suggestions-knowledge.jsonl".to_owned()),
    }
}

impl EvaluateArgs {
    /// As a request.
    pub fn request(self) -> EvaluateRequest {
        let piped = (!std::io::stdout().is_terminal()).then(|| PathBuf::from("-"));
        EvaluateRequest {
            suggestions: self.suggestions,
            name: self.name,
            beside: self.beside,
            recorded: self.recorded,
            training: self.train_recorded,
            folds: self.folds,
            cases: self.cases,
            judge: self.judge,
            judge_sample: self.judge_sample,
            judged: self.judged,
            judge_key: self.judge_key,
            report: self.report,
            out: self.out.or(piped),
            knowledge: self.knowledge,
        }
    }
}

/// `bogam evaluate folds`.
#[derive(Debug, Args)]
pub struct FoldsArgs {
    /// What was recorded: it says which patients there are.
    #[arg(long)]
    pub recorded: PathBuf,
    /// So many folds of about one size.
    #[arg(long, required_unless_present = "share", conflicts_with = "share")]
    pub folds: Option<u32>,
    /// Hold this share of the patients out.
    #[arg(long)]
    pub share: Option<f64>,
    /// Divide these cases as well.
    #[arg(long)]
    pub cases: Option<PathBuf>,
    /// Folder for folds.csv, the patients of each fold, and the cases of each fold.
    #[arg(long)]
    pub out: PathBuf,
}

impl FoldsArgs {
    /// As a request.
    ///
    /// # Errors
    /// When neither folds nor a share is named.
    pub fn request(self) -> Result<FoldsRequest, AppError> {
        let split = match (self.folds, self.share) {
            (Some(folds), _) => Split::Folds(folds),
            (None, Some(share)) => Split::Share(share),
            (None, None) => return Err(AppError::Unusable("name --folds N or --share F".to_owned())),
        };
        Ok(FoldsRequest { recorded: self.recorded, split, cases: self.cases, out: self.out })
    }
}
