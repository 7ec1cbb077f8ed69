//! `bogam train`.

use std::path::PathBuf;

use bogam_app::train::grid::GridRequest;
use bogam_app::train::merge::{Form, MergeRequest};
use bogam_app::train::{Language, Method, Module, Optimizer, Schedule, Settings, TrainRequest};
use clap::{Args, Subcommand, ValueEnum};

/// Settings to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PresetArg {
    /// As published: FFA-LoRA on q and v, rank 32, alpha 16, SGD with 1e-3, batch 4, 5 epochs.
    Paper,
    /// AdamW with a falling rate, rank 16, an early stop.
    Default,
}

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodArg {
    /// A frozen, B trained.
    FfaLora,
    /// A and B trained.
    Lora,
    /// A frozen, B trained by its corrected gradient.
    LoraFa,
}

/// A module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModuleArg {
    /// Query.
    Q,
    /// Key.
    K,
    /// Value.
    V,
    /// Output of attention.
    O,
    /// Gate.
    Gate,
    /// Up.
    Up,
    /// Down.
    Down,
}

/// An optimizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OptimizerArg {
    /// Plain steps.
    Sgd,
    /// Adam with decoupled weight decay.
    Adamw,
}

/// How the learning rate goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScheduleArg {
    /// It stays.
    Constant,
    /// It falls to nothing.
    Cosine,
}

/// `bogam train`: a run, or several in one table.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct TrainCommand {
    /// What else, if not a run.
    #[command(subcommand)]
    pub of: Option<TrainOf>,
    /// A run: what is trained on what; there unless a subcommand is.
    #[command(flatten)]
    pub run: Option<CommonArgs>,
    /// Its rank, and when it ends.
    #[command(flatten)]
    pub ends: EndArgs,
}

/// What else is done with adapters.
#[derive(Debug, Subcommand)]
pub enum TrainOf {
    /// Several ranks and epochs, each evaluated on patients who were not trained on, in one table. Started again, it goes on.
    Grid(Box<GridArgs>),
    /// Work an adapter into its model: one GGUF for programs that attach none.
    Merge(MergeArgs),
}

/// What only a single run is told.
#[derive(Debug, Args)]
pub struct EndArgs {
    /// Rank.
    #[arg(long)]
    pub rank: Option<usize>,
    /// Times through all samples.
    #[arg(long, conflicts_with = "steps")]
    pub epochs: Option<usize>,
    /// Steps, in place of epochs.
    #[arg(long)]
    pub steps: Option<usize>,
    /// Evaluations without a better validation loss after which it ends; 0: never.
    #[arg(long)]
    pub patience: Option<usize>,
    /// Steps between evaluations and checkpoints; once an epoch when not given.
    #[arg(long)]
    pub every: Option<usize>,
    /// Go on with the run in the folder.
    #[arg(long)]
    pub resume: bool,
}

/// `bogam train grid`.
#[derive(Debug, Args)]
pub struct GridArgs {
    /// What is trained on what.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Ranks, such as 16,32: a run each.
    #[arg(long, value_delimiter = ',', required = true)]
    pub ranks: Vec<usize>,
    /// Epochs after which an adapter is evaluated, such as 1,3,5; the last one ends each run.
    #[arg(long, value_delimiter = ',', required = true)]
    pub checkpoints: Vec<usize>,
    /// Cases as JSON lines; those of patients who are left out of training are evaluated.
    #[arg(long)]
    pub cases: PathBuf,
    /// What was recorded for them, and for other patients.
    #[arg(long)]
    pub recorded: PathBuf,
    /// Threads of the model when it is evaluated; 0 is one a physical core.
    #[arg(long, default_value_t = 0)]
    pub threads: u32,
}

/// What the changed matrices are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// As each was, rounded anew: of four bits, most of a small change is lost.
    Same,
    /// 32 bits.
    F32,
    /// 16 bits.
    F16,
    /// 8.5 bits.
    #[value(name = "q8_0")]
    Q8_0,
}

/// `bogam train merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The base model (GGUF, or a name of the list); the default one when not given.
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// The adapter (GGUF).
    #[arg(long)]
    pub adapter: PathBuf,
    /// The file to make; it must not be there yet.
    #[arg(long)]
    pub out: PathBuf,
    /// What the changed matrices are written as; all else is taken over as it is.
    #[arg(long, value_enum, default_value = "q8_0")]
    pub to: FormArg,
}

impl MergeArgs {
    /// As a request.
    pub fn request(self) -> MergeRequest {
        let form = match self.to {
            FormArg::Same => Form::Same,
            FormArg::F32 => Form::F32,
            FormArg::F16 => Form::F16,
            FormArg::Q8_0 => Form::Q8_0,
        };
        MergeRequest { model: self.model, adapter: self.adapter, out: self.out, form }
    }
}

/// What `bogam train` and `bogam train grid` have in common.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// Samples: samples.jsonl of `mimic`, Alpaca records or chats, as JSON lines or one array.
    #[arg(long)]
    pub samples: PathBuf,
    /// The base model (GGUF, a folder of safetensors, or a name of the list); the default one when not given.
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// Folder of the run.
    #[arg(long)]
    pub out: PathBuf,
    /// Settings to begin with; the options below change them.
    #[arg(long, value_enum, default_value = "default")]
    pub preset: PresetArg,
    /// What is trained.
    #[arg(long, value_enum)]
    pub method: Option<MethodArg>,
    /// Modules with an adapter, such as q,v.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub targets: Vec<ModuleArg>,
    /// Alpha.
    #[arg(long)]
    pub alpha: Option<f64>,
    /// Share of the adapter's input that is left out.
    #[arg(long)]
    pub dropout: Option<f64>,
    /// Learning rate.
    #[arg(long)]
    pub lr: Option<f64>,
    /// Optimizer.
    #[arg(long, value_enum)]
    pub optimizer: Option<OptimizerArg>,
    /// Weight decay of AdamW.
    #[arg(long)]
    pub weight_decay: Option<f64>,
    /// How the learning rate goes.
    #[arg(long, value_enum)]
    pub schedule: Option<ScheduleArg>,
    /// Share of all steps in which the rate rises.
    #[arg(long)]
    pub warmup: Option<f64>,
    /// Length that the gradient is cut to.
    #[arg(long)]
    pub clip: Option<f64>,
    /// Samples a step.
    #[arg(long)]
    pub batch: Option<usize>,
    /// Tokens that are computed at once.
    #[arg(long)]
    pub tokens_at_once: Option<usize>,
    /// Longest sample in tokens; longer ones are left out and counted.
    #[arg(long)]
    pub max_length: Option<usize>,
    /// Keep what layers compute instead of making it again: faster, and more memory.
    #[arg(long)]
    pub keep_layers: bool,
    /// Leave out answers that are not in this language (ko, en).
    #[arg(long)]
    pub language: Option<super::LangArg>,
    /// Patients who validate, one a line; one of twenty by hash when not given.
    #[arg(long)]
    pub validation_patients: Option<PathBuf>,
    /// Patients who are left out, one a line; the grid asks about them, and leaves out a fifth by hash when not given.
    #[arg(long)]
    pub exclude_patients: Option<PathBuf>,
    /// Seed.
    #[arg(long)]
    pub seed: Option<u64>,
}

impl CommonArgs {
    /// As a request of the preset's rank, epochs and ends.
    fn request(self) -> TrainRequest {
        let preset = match self.preset {
            PresetArg::Paper => Settings::paper(),
            PresetArg::Default => Settings::usual(),
        };
        let module = |module: ModuleArg| match module {
            ModuleArg::Q => Module::Q,
            ModuleArg::K => Module::K,
            ModuleArg::V => Module::V,
            ModuleArg::O => Module::O,
            ModuleArg::Gate => Module::Gate,
            ModuleArg::Up => Module::Up,
            ModuleArg::Down => Module::Down,
        };
        let method = self.method.map(|method| match method {
            MethodArg::FfaLora => Method::FfaLora,
            MethodArg::Lora => Method::Lora,
            MethodArg::LoraFa => Method::LoraFa,
        });
        let optimizer = self.optimizer.map(|optimizer| match optimizer {
            OptimizerArg::Sgd => Optimizer::Sgd,
            OptimizerArg::Adamw => Optimizer::Adamw,
        });
        let schedule = self.schedule.map(|schedule| match schedule {
            ScheduleArg::Constant => Schedule::Constant,
            ScheduleArg::Cosine => Schedule::Cosine,
        });
        let mut targets: Vec<Module> = self.targets.into_iter().map(module).collect();
        targets.sort_unstable();
        targets.dedup();
        let settings = Settings {
            method: method.unwrap_or(preset.method),
            targets: if targets.is_empty() { preset.targets } else { targets },
            rank: preset.rank,
            alpha: self.alpha.unwrap_or(preset.alpha),
            dropout: self.dropout.unwrap_or(preset.dropout),
            optimizer: optimizer.unwrap_or(preset.optimizer),
            weight_decay: self.weight_decay.unwrap_or(preset.weight_decay),
            learning_rate: self.lr.unwrap_or(preset.learning_rate),
            schedule: schedule.unwrap_or(preset.schedule),
            warmup: self.warmup.unwrap_or(preset.warmup),
            clip: self.clip.or(preset.clip),
            batch: self.batch.unwrap_or(preset.batch),
            tokens_at_once: self.tokens_at_once.unwrap_or(preset.tokens_at_once),
            epochs: preset.epochs,
            steps: preset.steps,
            max_length: self.max_length.unwrap_or(preset.max_length),
            patience: preset.patience,
            every: preset.every,
            checkpointing: !self.keep_layers && preset.checkpointing,
            seed: self.seed.unwrap_or(preset.seed),
        };
        let language = self.language.map(|language| match language {
            super::LangArg::Ko => Language::Ko,
            super::LangArg::En => Language::En,
        });
        TrainRequest {
            samples: self.samples,
            model: self.model,
            out: self.out,
            settings,
            language,
            validation: self.validation_patients,
            exclude: self.exclude_patients,
            resume: false,
        }
    }
}

impl TrainCommand {
    /// A run as a request; none with a subcommand.
    pub fn request(self) -> Option<TrainRequest> {
        let (ends, mut request) = (self.ends, self.run?.request());
        request.resume = ends.resume;
        let settings = &mut request.settings;
        settings.rank = ends.rank.unwrap_or(settings.rank);
        settings.epochs = ends.epochs.unwrap_or(settings.epochs);
        settings.steps = ends.steps.or(settings.steps);
        settings.every = ends.every.or(settings.every);
        settings.patience = ends.patience.map_or(settings.patience, |n| Some(n).filter(|n| *n > 0));
        Some(request)
    }
}

impl GridArgs {
    /// As a request.
    pub fn request(self) -> GridRequest {
        GridRequest {
            run: self.common.request(),
            ranks: self.ranks,
            checkpoints: self.checkpoints,
            cases: self.cases,
            recorded: self.recorded,
            threads: self.threads,
            worker: None,
        }
    }
}
