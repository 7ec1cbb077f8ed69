//! Arguments of `bogam learn` and `bogam prior`, and the names of channels.

use std::path::PathBuf;

use bogam_app::Channels;
use bogam_app::learn::LearnRequest;
use bogam_app::open::{EngineOptions, ModelChoice};
use clap::Args;

/// `bogam learn`.
#[derive(Debug, Args)]
pub struct LearnArgs {
    /// Cases as JSON lines; - is standard input.
    #[arg(long)]
    pub cases: PathBuf,
    /// What was recorded for them (recorded.jsonl of `mimic`).
    #[arg(long)]
    pub recorded: PathBuf,
    /// The prior.
    #[arg(long)]
    pub out: PathBuf,
    /// A model whose scores are weighed as well, on at most 2,000 sampled admissions; none when not given.
    #[arg(long)]
    pub model: Option<String>,
    /// A LoRA adapter (GGUF) of the model.
    #[arg(long)]
    pub adapter: Option<PathBuf>,
    /// Leave the admissions of these patients out: one identifier a line.
    #[arg(long)]
    pub exclude_patients: Option<PathBuf>,
    /// Decisions of reviewers, as JSON lines: `case_id`, `ingredient`, `decision` (accepted, changed, rejected),
    /// `changed_to`, and `patient_id` for cases that are not in the recorded file.
    #[arg(long)]
    pub reviews: Option<PathBuf>,
    /// File of scores that the model gave before for these cases: read, and added to. It holds patient data.
    #[arg(long)]
    pub model_scores: Option<PathBuf>,
    /// Whose admissions these are, in words: it is kept in the prior.
    #[arg(long)]
    pub site: Option<String>,
    /// A site's own knowledge pack (folder); may stand several times.
    #[arg(long)]
    pub knowledge: Vec<PathBuf>,
    /// Threads; all processors when not given. The prior is the same with any number.
    #[arg(long)]
    pub threads: Option<std::num::NonZeroUsize>,
}

impl LearnArgs {
    /// As a request.
    pub fn request(self) -> LearnRequest {
        let all = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        LearnRequest {
            cases: self.cases,
            recorded: self.recorded,
            out: self.out,
            model: self.model.as_deref().map_or(ModelChoice::None, |model| ModelChoice::parse(Some(model))),
            engine: EngineOptions { adapter: self.adapter, ..EngineOptions::default() },
            knowledge: self.knowledge,
            exclude: self.exclude_patients,
            reviews: self.reviews,
            model_scores: self.model_scores,
            site: self.site,
            threads: self.threads.map_or_else(all, std::num::NonZeroUsize::get),
        }
    }
}

/// `bogam prior`.
#[derive(Debug, Args)]
pub struct PriorArgs {
    /// The prior.
    pub file: PathBuf,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// The choice of channels of a name.
pub fn channels(name: &str) -> Result<Channels, String> {
    let sets = || [false, true].into_iter().flat_map(Channels::sets);
    let names = || sets().map(|set| set.to_string()).collect::<Vec<_>>().join(", ");
    sets().find(|set| set.to_string() == name).ok_or_else(|| format!("one of {}", names()))
}
