//! Steps of the weights that are trained.

use std::collections::BTreeMap;

use candle_core::{DType, Tensor};

use crate::error::TrainError;
use crate::llama::Gradients;
use crate::lora::{Adapter, Method, Place, correction};
use crate::ops::real;
use crate::settings::{Optimizer, Settings};

/// Which of a pair's matrices.
pub(crate) type Key = (Place, Side);

/// A or B.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    A,
    B,
}

/// Moments of AdamW, and what corrects the gradients of `lora-fa`.
#[derive(Debug, Default)]
pub(crate) struct Mover {
    /// First and second moment of each trained matrix.
    pub(crate) moments: BTreeMap<Key, (Tensor, Tensor)>,
    corrections: BTreeMap<Place, Tensor>,
}

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Mover {
    pub(crate) fn new(adapter: &Adapter, settings: &Settings) -> Result<Self, TrainError> {
        let mut mover = Self::default();
        for (place, pair) in &adapter.pairs {
            if settings.method == Method::LoraFa {
                mover.corrections.insert(*place, correction(&pair.a, adapter.scale())?);
            }
            if settings.optimizer == Optimizer::Adamw {
                let mut start = |side, x: &Tensor| -> Result<(), TrainError> {
                    mover.moments.insert((*place, side), (x.zeros_like()?, x.zeros_like()?));
                    Ok(())
                };
                start(Side::B, &pair.b)?;
                if settings.method.trains_a() {
                    start(Side::A, &pair.a)?;
                }
            }
        }
        Ok(mover)
    }

    /// Moves what is trained by one step, the `count`th from 1. Returns the length of the gradient before it was cut.
    pub(crate) fn step(
        &mut self,
        adapter: &mut Adapter,
        gradients: Gradients,
        settings: &Settings,
        (rate, count): (f64, usize),
    ) -> Result<f64, TrainError> {
        let mut all: BTreeMap<Key, Tensor> = BTreeMap::new();
        for (place, (a, b)) in gradients.0 {
            let b = match self.corrections.get(&place) {
                Some(correction) => b.matmul(correction)?,
                None => b,
            };
            all.insert((place, Side::B), b);
            if let Some(a) = a.filter(|_| settings.method.trains_a()) {
                all.insert((place, Side::A), a);
            }
        }
        let mut squares = 0.0;
        for gradient in all.values() {
            squares += gradient.to_dtype(DType::F64)?.sqr()?.sum_all()?.to_scalar::<f64>()?;
        }
        let length = squares.sqrt();
        let factor = settings.clip.filter(|clip| length > *clip).map(|clip| clip / length);
        for (key, mut gradient) in all {
            if let Some(factor) = factor {
                gradient = (gradient * factor)?;
            }
            let Some(pair) = adapter.pairs.get_mut(&key.0) else { continue };
            let value = match key.1 {
                Side::A => &mut pair.a,
                Side::B => &mut pair.b,
            };
            *value = match settings.optimizer {
                Optimizer::Sgd => (&*value - (gradient * rate)?)?,
                Optimizer::Adamw => self.adam(key, value, &gradient, settings, (rate, count))?,
            };
        }
        Ok(length)
    }

    fn adam(
        &mut self,
        key: Key,
        value: &Tensor,
        gradient: &Tensor,
        settings: &Settings,
        (rate, count): (f64, usize),
    ) -> Result<Tensor, TrainError> {
        let (m, v) = match self.moments.remove(&key) {
            Some(moments) => moments,
            None => (value.zeros_like()?, value.zeros_like()?),
        };
        let m = ((m * BETA_1)? + (gradient * (1.0 - BETA_1))?)?;
        let v = ((v * BETA_2)? + (gradient.sqr()? * (1.0 - BETA_2))?)?;
        let n = real(count);
        let m_hat = (&m / (1.0 - BETA_1.powf(n)))?;
        let v_hat = (&v / (1.0 - BETA_2.powf(n)))?;
        let moved = (m_hat / (v_hat.sqrt()? + EPSILON)?)?;
        let kept = (value * (1.0 - rate * settings.weight_decay))?;
        self.moments.insert(key, (m, v));
        Ok((kept - (moved * rate)?)?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::config::Config;
    use crate::lora::Module;

    fn one() -> Adapter {
        let config = Config {
            hidden: 2,
            intermediate: 2,
            vocabulary: 2,
            layers: 1,
            heads: 1,
            kv_heads: 1,
            head_size: 2,
            eps: 1e-5,
            rope_base: 1e4,
            rope_factors: vec![],
            context: 8,
        };
        Adapter::new(&config, &[Module::Q], (1, 1.0), 1, DType::F64).unwrap()
    }

    fn gradient(values: [f64; 2]) -> Gradients {
        let b = Tensor::new(&[[values[0]], [values[1]]], &Device::Cpu).unwrap();
        Gradients([((0, Module::Q), (None, b))].into_iter().collect())
    }

    fn moved(settings: &Settings, steps: &[[f64; 2]]) -> Vec<f64> {
        let mut adapter = one();
        let mut mover = Mover::new(&adapter, settings).unwrap();
        for (i, values) in steps.iter().enumerate() {
            mover.step(&mut adapter, gradient(*values), settings, (0.1, i + 1)).unwrap();
        }
        adapter.pairs[&(0, Module::Q)].b.flatten_all().unwrap().to_vec1().unwrap()
    }

    fn near(got: &[f64], expected: [f64; 2]) {
        assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7), "{got:?} {expected:?}");
    }

    #[test]
    fn sgd_goes_against_the_gradient_and_is_cut_by_its_length() {
        let sgd = Settings { clip: None, ..Settings::paper() };
        near(&moved(&sgd, &[[3.0, -4.0]]), [-0.3, 0.4]);
        let cut = Settings { clip: Some(1.0), ..sgd };
        near(&moved(&cut, &[[3.0, -4.0]]), [-0.06, 0.08]);
        near(&moved(&cut, &[[0.3, -0.4]]), [-0.03, 0.04]);
    }

    #[test]
    fn adamw_takes_steps_of_its_rate_and_remembers() {
        let adam = Settings { clip: None, ..Settings::usual() };
        near(&moved(&adam, &[[3.0, -0.004]]), [-0.1, 0.099_999_75]);
        // By hand: m = 0.9 * 0.1 - 0.1 = -0.01 over 0.19; v = 0.001999 over 0.001999.
        near(&moved(&adam, &[[1.0, 1.0], [-1.0, 1.0]]), [-0.1 + 0.1 * 0.01 / 0.19, -0.2]);
    }
}
