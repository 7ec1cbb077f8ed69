//! Arguments of `bogam evaluate exam`, and how they stand beside those of `bogam evaluate`.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use bogam_app::exam::{ExamRequest, ExamSettings};
use bogam_app::open::{EngineOptions, ModelChoice};
use clap::{Args, Subcommand};

use super::evaluate::{EvaluateArgs, FoldsArgs};

/// `bogam evaluate`, of suggestions or as an examination.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct EvaluateCommand {
    /// Of what, if not of suggestions.
    #[command(subcommand)]
    pub of: Option<EvaluateOf>,
    /// Of suggestions; there unless a subcommand is.
    #[command(flatten)]
    pub suggestions: Option<EvaluateArgs>,
}

/// What else is evaluated.
#[derive(Debug, Subcommand)]
pub enum EvaluateOf {
    /// Give a model multiple-choice questions, and score it beside chance.
    Exam(ExamArgs),
    /// Divide patients into folds, or hold a share of them out; the same patients every time.
    Folds(FoldsArgs),
}

/// `bogam evaluate exam`.
#[derive(Debug, Args)]
pub struct ExamArgs {
    /// Questions as JSON lines (question, options, right option); may stand several times.
    #[arg(long, required = true)]
    pub questions: Vec<PathBuf>,
    /// A GGUF file, or the name of a listed model.
    #[arg(long)]
    pub model: Option<String>,
    /// A LoRA adapter (GGUF).
    #[arg(long)]
    pub adapter: Option<PathBuf>,
    /// Answers that are written for each question; 0 for log-probabilities only.
    #[arg(long, default_value_t = 10)]
    pub tries: u32,
    /// 0 takes the most probable token.
    #[arg(long, default_value_t = 0.5)]
    pub temperature: f32,
    /// 0 is off.
    #[arg(long, default_value_t = 200)]
    pub top_k: i32,
    /// 1 is off.
    #[arg(long, default_value_t = 1.0)]
    pub top_p: f32,
    /// 1 is off.
    #[arg(long, default_value_t = 1.1)]
    pub repetition_penalty: f32,
    /// Tokens of an answer, at most.
    #[arg(long, default_value_t = 16)]
    pub max_tokens: usize,
    /// Seed of what is drawn.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads of the model; 0 is one a physical core.
    #[arg(long, default_value_t = 0)]
    pub threads: u32,
    /// The report as JSON; - is standard output. Questions that are done are kept in FILE.questions.jsonl, and a run that
    /// was stopped goes on there. Without it a table on a terminal, else JSON.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

impl ExamArgs {
    /// As a request.
    pub fn request(self) -> ExamRequest {
        let piped = (!std::io::stdout().is_terminal()).then(|| PathBuf::from("-"));
        ExamRequest {
            questions: self.questions,
            model: ModelChoice::parse(self.model.as_deref()),
            engine: EngineOptions { adapter: self.adapter, threads: self.threads, ..EngineOptions::default() },
            settings: ExamSettings {
                tries: self.tries,
                temperature: self.temperature,
                top_k: self.top_k,
                top_p: self.top_p,
                repetition_penalty: self.repetition_penalty,
                max_tokens: self.max_tokens,
                seed: self.seed,
            },
            out: self.out.or(piped),
        }
    }
}
