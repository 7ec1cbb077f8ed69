//! `doctor`: what this machine has, what the program found, and what is missing.

use std::path::PathBuf;

use bogam_engine::gguf::Header;
use bogam_engine::llama::session::find_devices;
use bogam_engine::llama::{Device, cpu_features, needs};
use serde::Serialize;

use crate::error::AppError;
use crate::home::{home, settings};
use crate::knowledge::PackState;
use crate::{assets, models};

/// The state of an installation.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of the program.
    pub bogam: String,
    /// Version of the rules.
    pub rules: String,
    /// Home folder.
    pub home: PathBuf,
    /// The processor.
    pub cpu: Cpu,
    /// Memory.
    pub memory: Memory,
    /// GPUs that this build can use; `null` when they could not be asked for.
    pub gpus: Option<Vec<Device>>,
    /// Knowledge packs.
    pub knowledge: Option<KnowledgeState>,
    /// Models of the lists.
    pub models: Vec<ModelState>,
    /// A configured model server.
    pub remote: Option<String>,
    /// What is missing or wrong, in words.
    pub problems: Vec<String>,
}

/// The processor.
#[derive(Debug, Clone, Serialize)]
pub struct Cpu {
    /// Name.
    pub name: String,
    /// Threads that this process may use.
    pub threads: usize,
    /// Instruction sets that matter here.
    pub features: Vec<&'static str>,
}

/// Memory in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Memory {
    /// All.
    pub total: u64,
    /// Available now.
    pub available: u64,
}

/// Knowledge packs.
#[derive(Debug, Clone, Serialize)]
pub struct KnowledgeState {
    /// Hash of all packs.
    pub hash: String,
    /// Packs with version, review and expiry.
    pub packs: Vec<PackState>,
    /// How many facts of each kind.
    pub counts: Vec<(&'static str, usize)>,
}

/// A model.
#[derive(Debug, Clone, Serialize)]
pub struct ModelState {
    /// Name.
    pub name: String,
    /// File.
    pub path: Option<PathBuf>,
    /// SHA-256 as listed.
    pub sha256: String,
    /// Whether the file is what the list means.
    pub intact: bool,
    /// Used when none is named.
    pub default: bool,
    /// Architecture.
    pub architecture: Option<String>,
    /// Quantization.
    pub quantization: Option<&'static str>,
    /// Context.
    pub context: Option<u64>,
    /// Bytes of the file.
    pub bytes: Option<u64>,
    /// Bytes that it needs with a context of 4096 tokens: file, KV cache, and what is computed in.
    pub needs: Option<u64>,
    /// Whether that fits what is available now.
    pub fits: Option<bool>,
}

/// Looks at everything. `gpus` come from a process of their own, since drivers crash: the caller asks for them.
///
/// # Errors
/// Only when the lists of models cannot be understood; everything else is a line among the problems.
pub fn examine(site: &[PathBuf], gpus: Option<Vec<Device>>, today: &str) -> Result<Report, AppError> {
    let mut problems = Vec::new();
    let memory = memory();
    let knowledge = match assets::knowledge(site) {
        Ok(base) => {
            let packs = PackState::all(&base, today);
            problems.extend(packs.iter().filter(|p| p.expired).map(PackState::expiry));
            Some(KnowledgeState { hash: base.hash().to_owned(), packs, counts: base.counts() })
        }
        Err(error) => {
            problems.push(error.to_string());
            None
        }
    };
    let mut states = Vec::new();
    for model in models::all()? {
        let intact = models::verify(&model);
        if let Err(error) = &intact {
            problems.push(error.to_string());
        }
        states.push(state(&model, intact.is_ok(), memory.available));
    }
    if !states.iter().any(|s| s.default && s.intact) {
        problems.push("no default model is ready: run `make setup` or `bogam model add FILE --default`".to_owned());
    }
    if gpus.is_none() {
        problems.push("the GPU backends could not be asked (the process that asked them ended)".to_owned());
    }
    let remote = match settings() {
        Ok(settings) => settings.remote.map(|r| r.url),
        Err(error) => {
            problems.push(error.to_string());
            None
        }
    };
    Ok(Report {
        bogam: env!("CARGO_PKG_VERSION").to_owned(),
        rules: bogam_safety::RULES_VERSION.to_owned(),
        home: home(),
        cpu: cpu(),
        memory,
        gpus: gpus.map(|all| all.into_iter().filter(|d| d.gpu).collect()),
        knowledge,
        models: states,
        remote,
        problems,
    })
}

fn state(model: &models::Model, intact: bool, available: u64) -> ModelState {
    let header = model.path.as_deref().and_then(|p| Header::read(p).ok());
    let needs = header.as_ref().map(|h| needs(h, 4096));
    ModelState {
        name: model.entry.name.clone(),
        path: model.path.clone(),
        sha256: model.entry.sha256.clone(),
        intact,
        default: model.entry.default,
        architecture: header.as_ref().map(|h| h.architecture.clone()),
        quantization: header.as_ref().map(Header::quantization),
        context: header.as_ref().and_then(Header::context),
        bytes: header.as_ref().map(|h| h.file_bytes),
        needs,
        fits: needs.map(|n| n < available),
    }
}

/// The hidden subcommand of every program here that lists compute devices, in a process of its own.
pub const DEVICES_COMMAND: &str = "__devices";

/// Asks a process of its own for compute devices: a driver that crashes ends that one.
#[must_use]
pub fn ask_devices() -> Option<Vec<Device>> {
    let program = std::env::current_exe().ok()?;
    let output = std::process::Command::new(program).arg(DEVICES_COMMAND).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// What that process does: writes the devices to standard output.
///
/// # Errors
/// When the backends cannot be asked, or nobody reads.
pub fn list_devices() -> Result<(), AppError> {
    let devices = find_devices().map_err(AppError::Model)?;
    serde_json::to_writer(std::io::stdout(), &devices).map_err(|e| AppError::Unusable(e.to_string()))
}

/// The processor.
pub(crate) fn cpu() -> Cpu {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|l| l.strip_prefix("model name")).and_then(|l| l.split_once(':'));
    Cpu {
        name: name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, n)| n.trim().to_owned()),
        threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        features: cpu_features(),
    }
}

/// Memory of the machine, or of the control group where that is less.
pub(crate) fn memory() -> Memory {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find_map(|l| l.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let bytes = |name: &str| field(name).unwrap_or(0) * 1024;
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|t| t.trim().parse().ok());
    let limit: u64 = limit.unwrap_or(u64::MAX);
    Memory { total: bytes("MemTotal:").min(limit), available: bytes("MemAvailable:").min(limit) }
}

impl Report {
    /// For reading.
    #[must_use]
    pub fn text(&self) -> String {
        let gib = |bytes: u64| {
            let tenths = bytes / (1 << 30) * 10 + bytes % (1 << 30) * 10 / (1 << 30);
            format!("{}.{} GiB", tenths / 10, tenths % 10)
        };
        let mut out = vec![
            format!("Bogam {} (rules {})", self.bogam, self.rules),
            format!("Home        {}", self.home.display()),
            format!("Processor   {}, {} threads", self.cpu.name, self.cpu.threads),
            format!("            {}", self.cpu.features.join(" ")),
            format!("Memory      {} of {} available", gib(self.memory.available), gib(self.memory.total)),
        ];
        match &self.gpus {
            Some(gpus) if gpus.is_empty() => out.push("GPU         none that this build can use".to_owned()),
            Some(gpus) => out.extend(
                gpus.iter().map(|g| format!("GPU         {} {} ({} free)", g.name, g.description, gib(g.memory_free))),
            ),
            None => out.push("GPU         could not be asked".to_owned()),
        }
        if let Some(knowledge) = &self.knowledge {
            out.push(format!("Knowledge   {}", knowledge.hash));
            out.extend(knowledge.packs.iter().map(|p| {
                format!(
                    "            {} {}, reviewed {}, expires {}; {}",
                    p.id, p.version, p.reviewed, p.expires, p.approved_by
                )
            }));
            let counts: Vec<String> = knowledge.counts.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
            out.push(format!("            {}", counts.join(", ")));
        }
        for model in &self.models {
            let mark = if model.default { " (default)" } else { "" };
            let state = if model.intact { "intact" } else { "not usable" };
            out.push(format!("Model       {}{mark}: {state}", model.name));
            out.push(format!("            sha256:{}", model.sha256));
            if let (Some(path), Some(needs)) = (&model.path, model.needs) {
                let fits = if model.fits == Some(true) { "fits" } else { "does not fit what is available" };
                out.push(format!(
                    "            {} ({} {}); needs about {}, {fits}",
                    path.display(),
                    model.architecture.as_deref().unwrap_or("?"),
                    model.quantization.unwrap_or("?"),
                    gib(needs)
                ));
            }
        }
        out.push(format!(
            "Server      {}",
            self.remote.as_deref().unwrap_or("none configured; no connection is ever opened")
        ));
        if self.problems.is_empty() {
            out.push("Nothing is missing.".to_owned());
        } else {
            out.push("Missing or wrong:".to_owned());
            out.extend(self.problems.iter().map(|p| format!("- {p}")));
        }
        out.join("\n") + "\n"
    }
}
