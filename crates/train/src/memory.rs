//! How much memory a run will need: told before it starts.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::TrainError;
use crate::llama::{LOGITS, QUERIES};
use crate::lora::{Module, trained_parameters};
use crate::settings::{Optimizer, Settings};

/// Bytes by what they are for, in f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The base model.
    pub weights: u64,
    /// What is kept of the layers for the way back.
    pub kept: u64,
    /// What one layer needs while it is computed, forward and back.
    pub layer: u64,
    /// Logits that are made at a time, and their derivatives.
    pub logits: u64,
    /// Adapter, gradients, moments and the best so far.
    pub adapter: u64,
}

impl Memory {
    /// The estimate for passes of `rows` tokens of which the longest sequence has `longest`.
    #[must_use]
    pub fn of(config: &Config, tied: bool, settings: &Settings, rows: usize, longest: usize) -> Self {
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let c = config;
        let matrices: usize = Module::ALL.iter().map(|m| m.shape(c)).map(|(out, into)| out * into).sum();
        let tables = c.vocabulary * c.hidden * if tied { 1 } else { 2 };
        let weights = c.layers * (matrices + 2 * c.hidden) + tables + c.hidden;
        let (q, kv) = (c.heads * c.head_size, c.kv_heads * c.head_size);
        // Forward: two norms, q and its output twice, k and v, gate, up and their product. On the way back the
        // derivatives of the largest of them beside.
        let forward = rows * (4 * c.hidden + 3 * q + 2 * kv + 3 * c.intermediate);
        let back = rows * (4 * c.hidden + 3 * c.intermediate.max(q + kv));
        let attention = 4 * c.heads * QUERIES.min(longest) * longest;
        let all_layers = if settings.checkpointing { rows * c.hidden } else { forward + rows * c.hidden };
        let whole = Settings { method: crate::lora::Method::Lora, ..settings.clone() };
        let pairs = trained_parameters(c, &whole.targets, settings.rank, whole.method);
        let trained = trained_parameters(c, &settings.targets, settings.rank, settings.method);
        let moments = match settings.optimizer {
            Optimizer::Sgd => 0,
            Optimizer::Adamw => 2,
        };
        let bytes = |n: usize| wide(n).saturating_mul(4);
        Self {
            weights: bytes(weights),
            kept: bytes(c.layers.saturating_mul(all_layers)),
            layer: bytes(forward + back + attention),
            logits: bytes(2 * LOGITS.max(c.vocabulary) + 3 * rows * c.hidden),
            adapter: bytes(2 * pairs + (3 + moments) * trained),
        }
    }

    /// All of it.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.weights
            .saturating_add(self.kept)
            .saturating_add(self.layer)
            .saturating_add(self.logits)
            .saturating_add(self.adapter)
    }

    /// Refuses what does not fit into so many bytes.
    ///
    /// # Errors
    /// [`TrainError::Memory`] with both numbers.
    pub fn check(self, available: u64) -> Result<(), TrainError> {
        if self.total() <= available {
            return Ok(());
        }
        let needed = self.total().div_ceil(1 << 20);
        Err(TrainError::Memory { needed, available: available >> 20, parts: self.parts() })
    }

    /// In words, in MiB.
    #[must_use]
    pub fn parts(self) -> String {
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        format!(
            "{} MiB for the model in f32, {} for what layers keep, {} for a layer at work, {} for logits, {} for the adapter",
            mib(self.weights),
            mib(self.kept),
            mib(self.layer),
            mib(self.logits),
            mib(self.adapter)
        )
    }
}

/// Begins to look anew for the most memory that is held: a program trains more than once.
pub(crate) fn forget_peak() {
    // Where the system does not, the figure is that of the whole program.
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

/// The most memory that this process has held, in bytes, where the system tells (Linux).
#[must_use]
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}
