//! Numbers that differ from run to run; the seed is told, so that a run can be made again.

use std::time::{SystemTime, UNIX_EPOCH};

pub struct Draw {
    seed: u64,
    state: u64,
}

impl Draw {
    /// `BOGAM_SEED` names a seed; otherwise the clock does.
    pub fn from_the_clock() -> Self {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into();
        let seed = std::env::var("BOGAM_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or_else(now);
        Self { seed, state: seed }
    }

    pub fn seed(&self) -> String {
        format!("seed {}", self.seed)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % bound
    }
}
