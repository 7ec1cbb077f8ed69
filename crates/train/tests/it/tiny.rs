//! A model of two small layers.

use bogam_train::{Adapter, Config, Llama, Module};
use candle_core::{DType, Device, Tensor};

pub fn config() -> Config {
    Config {
        hidden: 12,
        intermediate: 20,
        vocabulary: 17,
        layers: 2,
        heads: 6,
        kv_heads: 2,
        head_size: 4,
        eps: 1e-5,
        rope_base: 100.0,
        rope_factors: vec![1.0, 2.5],
        context: 256,
    }
}

pub fn model(tied: bool, dtype: DType) -> Llama {
    Llama::drawn(config(), tied, 5, dtype).unwrap()
}

/// An adapter that is somewhere, not at its start.
pub fn adapter(targets: &[Module], dtype: DType) -> Adapter {
    let mut adapter = Adapter::new(&config(), targets, (2, 3.0), 9, dtype).unwrap();
    for (i, pair) in adapter.pairs.values_mut().enumerate() {
        let (rows, columns) = pair.b.dims2().unwrap();
        let values: Vec<f64> = (0..rows * columns).map(|j| ((i * 31 + j * 7) % 13) as f64 / 13.0 - 0.5).collect();
        pair.b = Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap().to_dtype(dtype).unwrap();
    }
    adapter
}

/// Tokens without a pattern.
pub fn tokens(n: usize, salt: usize) -> Vec<u32> {
    (0..n).map(|i| ((i * i + 3 * i + salt) % 17) as u32).collect()
}
