//! How large the model may be on this machine: threads, devices, memory, and the ladder down.

use llama_cpp_2::LlamaBackendDeviceType;
use serde::{Deserialize, Serialize};

use crate::gguf::Header;

/// Batches never get smaller than the chunks in which a prompt is evaluated: smaller ones give other bits
/// (docs/decisions/0003-exact-scores.md).
pub(crate) const SMALLEST_BATCH: u32 = 64;

/// The worker without a model: program, vocabulary, grammar.
const PROCESS: u64 = 96 << 20;

/// What a session may take. The next smaller one is tried after a lack of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// Context in tokens, at most. It grows with the requests up to here.
    pub context: u32,
    /// Tokens evaluated in one call.
    pub batch: u32,
    /// Parallel sequences while scoring.
    pub sequences: u32,
    /// Layers on a GPU; `None` is as many as fit.
    pub gpu_layers: Option<u32>,
}

impl Default for Footprint {
    fn default() -> Self {
        Self { context: 131_072, batch: 256, sequences: 96, gpu_layers: None }
    }
}

impl Footprint {
    /// The next smaller footprint: first the GPU is left (half its layers, then none), then batches and context shrink.
    /// `None` when there is nothing left to give. What a case is answered does not change on the way, only how fast,
    /// until the context no longer holds it.
    #[must_use]
    pub fn smaller(self, gpu_layers_now: u32) -> Option<Self> {
        if gpu_layers_now > 0 {
            let half = gpu_layers_now / 2;
            return Some(Self { gpu_layers: Some(if half < 4 { 0 } else { half }), ..self });
        }
        let cpu = Self { gpu_layers: Some(0), ..self };
        if self.batch > SMALLEST_BATCH {
            Some(Self { batch: (self.batch / 2).max(SMALLEST_BATCH), sequences: (self.sequences / 2).max(8), ..cpu })
        } else if self.context > 1024 {
            Some(Self { context: (self.context / 2).min(8192), ..cpu })
        } else {
            None
        }
    }
}

/// A compute device that llama.cpp found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Name, such as `Vulkan0`.
    pub name: String,
    /// Description.
    pub description: String,
    /// Backend.
    pub backend: String,
    /// A GPU, integrated or not.
    pub gpu: bool,
    /// Memory in bytes.
    pub memory_total: u64,
    /// Free memory in bytes.
    pub memory_free: u64,
}

/// The devices of this build of llama.cpp on this machine. Call it in a worker: GPU drivers crash.
#[must_use]
pub fn devices() -> Vec<Device> {
    llama_cpp_2::list_llama_ggml_backend_devices()
        .into_iter()
        .map(|d| Device {
            name: d.name,
            description: d.description,
            backend: d.backend,
            gpu: matches!(d.device_type, LlamaBackendDeviceType::Gpu | LlamaBackendDeviceType::IntegratedGpu),
            memory_total: u64::try_from(d.memory_total).unwrap_or(u64::MAX),
            memory_free: u64::try_from(d.memory_free).unwrap_or(u64::MAX),
        })
        .collect()
}

/// Layers that fit a GPU: its free memory less a tenth and 512 MiB, over the bytes of a layer (its share of the weights
/// and its KV cache for `context` tokens).
#[must_use]
pub fn offload_layers(free: u64, model_bytes: u64, layers: u32, kv_bytes_per_token: u64, context: u32) -> u32 {
    let layers = layers.max(1);
    let usable = (free - free / 10).saturating_sub(512 << 20);
    let total = model_bytes.saturating_add(kv_bytes_per_token.saturating_mul(u64::from(context)));
    let per_layer = (total / u64::from(layers)).max(1);
    // One more than the layers puts the output matrix there as well.
    u32::try_from(usable / per_layer).unwrap_or(u32::MAX).min(layers + 1)
}

/// Bytes of KV cache a token: keys and values in f16 for every layer.
#[must_use]
pub fn kv_bytes_per_token(layers: u32, kv_heads: u32, head_size: u32) -> u64 {
    2 * 2 * u64::from(layers) * u64::from(kv_heads) * u64::from(head_size)
}

/// Bytes that a worker needs on the processor: the file (but for single words that are looked up in it), its KV cache for `context` tokens, and what llama.cpp computes in.
#[must_use]
pub fn needs(header: &Header, context: u64) -> u64 {
    let width = header.number("{arch}.embedding_length").unwrap_or(4096);
    let inner = header.number("{arch}.feed_forward_length").unwrap_or(4 * width);
    let words = header.number("{arch}.vocab_size").unwrap_or(128_256);
    let batch = u64::from(Footprint::default().batch);
    // Floats of a batch: two inner activations, half a dozen of the model's width, the logits of the names that are scored.
    let computing = 4 * (batch * (2 * inner + 6 * width) + 64 * words);
    header.resident_bytes() + context * header.kv_bytes_per_token() + computing + PROCESS
}

/// Bytes that this process can ever have: what the machine has with its swap, and the limits that are set for the process and
/// its control group. `None` where the system does not tell.
pub(crate) fn most_memory() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let group = read("/proc/self/cgroup");
    let group = group.lines().find_map(|line| line.strip_prefix("0::")).map(|path| format!("/sys/fs/cgroup{path}"));
    let group = group.and_then(|path| read(&format!("{path}/memory.max")).trim().parse().ok());
    [of_machine(&read("/proc/meminfo")), of_process(&read("/proc/self/limits")), group].into_iter().flatten().min()
}

/// Memory and swap of `/proc/meminfo`.
fn of_machine(meminfo: &str) -> Option<u64> {
    let kib = |key: &str| -> Option<u64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some((kib("MemTotal:")? + kib("SwapTotal:").unwrap_or(0)) << 10)
}

/// The address space of `/proc/self/limits`.
fn of_process(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Threads for the model: one a physical core that this process may use.
pub(crate) fn physical_cores() -> u32 {
    let allowed = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut cores = std::collections::BTreeSet::new();
    for cpu in 0..4096 {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
        let Ok(siblings) = std::fs::read_to_string(path) else { break };
        cores.insert(siblings);
    }
    let physical = if cores.is_empty() { allowed } else { cores.len().min(allowed) };
    u32::try_from(physical).unwrap_or(1).max(1)
}

/// Names of the CPU's instruction sets that matter to llama.cpp.
#[must_use]
pub fn cpu_features() -> Vec<&'static str> {
    let mut found = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! probe {
            ($($name:tt),*) => { $( if std::arch::is_x86_feature_detected!($name) { found.push($name); } )* };
        }
        probe!("sse4.2", "avx", "avx2", "fma", "f16c", "bmi2", "avx512f", "avx512bw", "avx512vl", "avx512vnni");
        probe!("avx512vbmi", "avx512bf16", "avxvnni");
    }
    #[cfg(target_arch = "aarch64")]
    {
        macro_rules! probe {
            ($($name:tt),*) => { $( if std::arch::is_aarch64_feature_detected!($name) { found.push($name); } )* };
        }
        probe!("neon", "dotprod", "i8mm", "sve", "bf16");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_leaves_the_gpu_first_and_ends() {
        let start = Footprint::default();
        assert_eq!(start.smaller(33).unwrap().gpu_layers, Some(16));
        assert_eq!(start.smaller(6).unwrap().gpu_layers, Some(0));
        let mut at = start;
        let mut steps = 0;
        while let Some(next) = at.smaller(0) {
            assert_eq!(next.gpu_layers, Some(0));
            assert!(next.batch < at.batch || next.context < at.context);
            at = next;
            steps += 1;
        }
        assert!(steps > 3 && at.context <= 1024 && at.batch == SMALLEST_BATCH, "{at:?}");
    }

    #[test]
    fn limits_are_read_as_the_kernel_writes_them() {
        let meminfo = "MemTotal:       24567890 kB\nMemFree:         100 kB\nSwapTotal:       1048576 kB\n";
        assert_eq!(of_machine(meminfo), Some((24_567_890 + 1_048_576) * 1024));
        assert_eq!(of_machine(""), None);
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max address space         4096000000           unlimited            bytes     \n";
        assert_eq!(of_process(limits), Some(4_096_000_000));
        assert_eq!(of_process(&limits.replace("4096000000", "unlimited ")), None);
    }

    #[test]
    fn llama_3_1_8b_takes_128_kib_of_kv_a_token_and_fits_a_16_gb_card() {
        let kv = kv_bytes_per_token(32, 8, 128);
        assert_eq!(kv, 131_072);
        assert_eq!(offload_layers(16 << 30, 4_700 << 20, 32, kv, 8192), 33);
        let partial = offload_layers(4 << 30, 4_700 << 20, 32, kv, 8192);
        assert!((10..25).contains(&partial), "{partial}");
        assert_eq!(offload_layers(400 << 20, 4_700 << 20, 32, kv, 8192), 0);
    }
}
