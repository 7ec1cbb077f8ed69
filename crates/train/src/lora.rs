//! Low-rank adapters of named modules: `y = W x + scale * B A x`.
//!
//! - `lora` (Hu et al., arXiv 2106.09685): A and B are trained.
//! - `ffa-lora` (Sun et al., arXiv 2403.12313): A is drawn once and frozen, B is trained.
//! - `lora-fa` (Zhang et al., arXiv 2308.03303): A is frozen; the gradient of B is corrected so that `scale * B A` moves along the
//!   gradient of the whole matrix as nearly as it can: `G (A A^T)^-1 / scale^2`.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::chance::{Chance, Purpose};
use crate::config::Config;
use crate::error::TrainError;
use crate::ops::real;

/// A linear layer of a decoder layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    /// Query.
    Q,
    /// Key.
    K,
    /// Value.
    V,
    /// Output of attention.
    O,
    /// Gate of the feed-forward part.
    Gate,
    /// Its other way up.
    Up,
    /// Its way down.
    Down,
}

impl Module {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Q, Self::K, Self::V, Self::O, Self::Gate, Self::Up, Self::Down];

    /// Its name in a GGUF, after `blk.N.`.
    #[must_use]
    pub const fn gguf(self) -> &'static str {
        match self {
            Self::Q => "attn_q",
            Self::K => "attn_k",
            Self::V => "attn_v",
            Self::O => "attn_output",
            Self::Gate => "ffn_gate",
            Self::Up => "ffn_up",
            Self::Down => "ffn_down",
        }
    }

    /// Its name in `transformers`, with the part of the layer that it belongs to.
    #[must_use]
    pub const fn hf(self) -> &'static str {
        match self {
            Self::Q => "self_attn.q_proj",
            Self::K => "self_attn.k_proj",
            Self::V => "self_attn.v_proj",
            Self::O => "self_attn.o_proj",
            Self::Gate => "mlp.gate_proj",
            Self::Up => "mlp.up_proj",
            Self::Down => "mlp.down_proj",
        }
    }

    /// Its last name in `transformers`, which is what `target_modules` lists.
    #[must_use]
    pub fn hf_short(self) -> &'static str {
        self.hf().rsplit('.').next().unwrap_or_default()
    }

    /// Numbers out and in.
    #[must_use]
    pub const fn shape(self, config: &Config) -> (usize, usize) {
        let (q, kv) = (config.heads * config.head_size, config.kv_heads * config.head_size);
        match self {
            Self::Q => (q, config.hidden),
            Self::K | Self::V => (kv, config.hidden),
            Self::O => (config.hidden, q),
            Self::Gate | Self::Up => (config.intermediate, config.hidden),
            Self::Down => (config.hidden, config.intermediate),
        }
    }
}

/// What is trained of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A and B.
    Lora,
    /// B, with A frozen.
    FfaLora,
    /// B by its corrected gradient, with A frozen.
    LoraFa,
}

impl Method {
    /// Whether A is trained.
    #[must_use]
    pub const fn trains_a(self) -> bool {
        match self {
            Self::Lora => true,
            Self::FfaLora | Self::LoraFa => false,
        }
    }
}

/// Which matrix: a layer and its module.
pub type Place = (usize, Module);

/// A and B of one matrix.
#[derive(Debug, Clone)]
pub struct Pair {
    /// `(rank, in)`.
    pub a: Tensor,
    /// `(out, rank)`.
    pub b: Tensor,
}

/// An adapter: pairs by place, all of one rank.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// Rank.
    pub rank: usize,
    /// Alpha; what is added is scaled by `alpha / rank`.
    pub alpha: f64,
    /// The pairs.
    pub pairs: BTreeMap<Place, Pair>,
}

impl Adapter {
    /// A drawn evenly from `±1/sqrt(in)` (what `peft` draws), B zero: it changes nothing yet.
    ///
    /// # Errors
    /// When rank or targets are none.
    pub fn new(
        config: &Config,
        targets: &[Module],
        (rank, alpha): (usize, f64),
        seed: u64,
        dtype: DType,
    ) -> Result<Self, TrainError> {
        let setting = |name, problem: &str| Err(TrainError::Setting { name, problem: problem.to_owned() });
        if rank == 0 {
            return setting("--rank", "must be at least 1");
        }
        if targets.is_empty() {
            return setting("--targets", "name at least one module, such as q and v");
        }
        let mut pairs = BTreeMap::new();
        for layer in 0..config.layers {
            for module in targets {
                let (out, into) = module.shape(config);
                if rank > out.min(into) {
                    return setting(
                        "--rank",
                        &format!("must be at most {}, the smaller side of {module:?}", out.min(into)),
                    );
                }
                let keys = [u64::try_from(layer).unwrap_or(0), u64::from(number(*module))];
                let mut chance = Chance::new(seed, Purpose::Start, &keys);
                let bound = 1.0 / real(into).sqrt();
                let a: Vec<f64> = (0..rank * into).map(|_| (2.0 * chance.unit() - 1.0) * bound).collect();
                let a = Tensor::from_vec(a, (rank, into), &Device::Cpu)?.to_dtype(dtype)?;
                let b = Tensor::zeros((out, rank), dtype, &Device::Cpu)?;
                pairs.insert((layer, *module), Pair { a, b });
            }
        }
        Ok(Self { rank, alpha, pairs })
    }

    /// What `B A x` is multiplied by.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.alpha / real(self.rank)
    }
}

/// How many numbers a method trains: `rank * out` for each B, and `rank * in` for each A where A is trained.
#[must_use]
pub fn trained_parameters(config: &Config, targets: &[Module], rank: usize, method: Method) -> usize {
    let of = |module: &Module| {
        let (out, into) = module.shape(config);
        rank * (out + if method.trains_a() { into } else { 0 })
    };
    config.layers * targets.iter().map(of).sum::<usize>()
}

/// A number for draws that are a module's own.
pub(crate) const fn number(module: Module) -> u8 {
    match module {
        Module::Q => 0,
        Module::K => 1,
        Module::V => 2,
        Module::O => 3,
        Module::Gate => 4,
        Module::Up => 5,
        Module::Down => 6,
    }
}

/// `(A A^T)^-1 / scale^2` of a frozen A, by Cholesky in f64. What the gradient of B is multiplied by in `lora-fa`.
pub(crate) fn correction(a: &Tensor, scale: f64) -> Result<Tensor, TrainError> {
    let wide = a.to_dtype(DType::F64)?;
    let gram = wide.matmul(&wide.t()?)?.to_vec2::<f64>()?;
    let inverse = inverse_of_positive(&gram).ok_or_else(|| TrainError::Setting {
        name: "--rank",
        problem: "the rows of A depend on each other; use a smaller rank or another seed".to_owned(),
    })?;
    let n = inverse.len();
    let flat: Vec<f64> = inverse.into_iter().flatten().map(|x| x / (scale * scale)).collect();
    Ok(Tensor::from_vec(flat, (n, n), a.device())?.to_dtype(a.dtype())?)
}

/// The inverse of a symmetric positive matrix; none if it is not.
fn inverse_of_positive(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    // L, row after row.
    let mut lower: Vec<Vec<f64>> = Vec::new();
    for (i, row) in matrix.iter().enumerate() {
        let mut new: Vec<f64> = Vec::with_capacity(i + 1);
        for (given, other) in row.iter().zip(&lower) {
            let sum: f64 = new.iter().zip(other).map(|(x, y)| x * y).sum();
            let diagonal = other.last()?;
            new.push((given - sum) / diagonal);
        }
        let rest = row.get(i)? - new.iter().map(|x| x * x).sum::<f64>();
        if rest <= 1e-12 * row.get(i)?.abs() {
            return None;
        }
        new.push(rest.sqrt());
        lower.push(new);
    }
    let n = lower.len();
    let column = |unit: usize| -> Option<Vec<f64>> {
        let mut y: Vec<f64> = Vec::with_capacity(n);
        for (i, row) in lower.iter().enumerate() {
            let sum: f64 = row.iter().zip(&y).map(|(l, y)| l * y).sum();
            y.push((if i == unit { 1.0 } else { 0.0 } - sum) / row.last()?);
        }
        let mut x = vec![0.0; n];
        for i in (0..n).rev() {
            let below = lower.iter().zip(&x).skip(i + 1);
            let sum: f64 = below.map(|(row, x)| row.get(i).copied().unwrap_or(0.0) * x).sum();
            *x.get_mut(i)? = (y.get(i)? - sum) / lower.get(i)?.last()?;
        }
        Some(x)
    };
    (0..n).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn llama_3_1_8b() -> Config {
        Config {
            hidden: 4096,
            intermediate: 14_336,
            vocabulary: 128_256,
            layers: 32,
            heads: 32,
            kv_heads: 8,
            head_size: 128,
            eps: 1e-5,
            rope_base: 500_000.0,
            rope_factors: Vec::new(),
            context: 131_072,
        }
    }

    #[test]
    fn the_published_count_is_that_of_b_alone_on_q_and_v_at_rank_32() {
        let count = |method, rank, targets: &[Module]| trained_parameters(&llama_3_1_8b(), targets, rank, method);
        let qv = [Module::Q, Module::V];
        assert_eq!(count(Method::FfaLora, 32, &qv), 5_242_880);
        assert_eq!(count(Method::LoraFa, 32, &qv), 5_242_880);
        assert_eq!(count(Method::FfaLora, 16, &qv), 2_621_440);
        assert_eq!(count(Method::Lora, 32, &qv), 13_631_488);
        assert_eq!(count(Method::FfaLora, 32, &[Module::Q]), 4_194_304);
        // 32 layers of rank 32: 4096 rows of q and 1024 of v.
        assert_eq!(32 * 32 * (4096 + 1024), 5_242_880);
    }

    #[test]
    fn the_correction_is_the_inverse_of_the_rows_products() {
        let mut config = llama_3_1_8b();
        (config.hidden, config.layers, config.heads, config.kv_heads, config.head_size) = (24, 1, 3, 1, 8);
        let adapter = Adapter::new(&config, &[Module::Q], (6, 3.0), 11, DType::F64).unwrap();
        let a = &adapter.pairs[&(0, Module::Q)].a;
        let product = a.matmul(&a.t().unwrap()).unwrap().matmul(&correction(a, 0.5).unwrap()).unwrap();
        for (i, row) in product.to_vec2::<f64>().unwrap().iter().enumerate() {
            for (j, x) in row.iter().enumerate() {
                let expected = if i == j { 4.0 } else { 0.0 };
                assert!((x - expected).abs() < 1e-10, "{i},{j}: {x}");
            }
        }
        let twice = Tensor::cat(&[a, a], 0).unwrap();
        assert_eq!(correction(&twice, 1.0).unwrap_err().code(), "train.setting");
    }

    #[test]
    fn a_is_drawn_by_seed_layer_and_module() {
        let mut config = llama_3_1_8b();
        (config.hidden, config.layers, config.heads, config.kv_heads, config.head_size) = (16, 2, 2, 2, 8);
        let drawn = |seed| {
            let adapter = Adapter::new(&config, &[Module::Q, Module::V], (2, 16.0), seed, DType::F32).unwrap();
            adapter.pairs.values().map(|p| p.a.flatten_all().unwrap().to_vec1::<f32>().unwrap()).collect::<Vec<_>>()
        };
        let first = drawn(1);
        assert_eq!(first, drawn(1));
        assert_ne!(first, drawn(2));
        assert_ne!(first[0], first[1]);
        assert_ne!(first[0], first[2]);
        assert!(first.iter().flatten().all(|x| x.abs() <= 0.25));
    }

    #[test]
    fn a_rank_beyond_the_matrix_is_refused() {
        let mut config = llama_3_1_8b();
        (config.hidden, config.layers, config.heads, config.kv_heads, config.head_size) = (16, 1, 2, 1, 8);
        for (rank, fits) in [(0, false), (8, true), (9, false)] {
            let made = Adapter::new(&config, &[Module::V], (rank, 16.0), 1, DType::F32);
            assert_eq!(made.is_ok(), fits, "{rank}");
        }
        assert!(Adapter::new(&config, &[], (1, 16.0), 1, DType::F32).is_err());
    }
}
