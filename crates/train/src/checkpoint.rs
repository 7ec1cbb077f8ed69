//! A run as it stands: one safetensors file with everything that it takes to go on as if it had never stopped. There is no state
//! of chance in it: what is drawn follows from the seed and the step.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::base::safetensors_header;
use crate::error::TrainError;
use crate::files;
use crate::lora::{Adapter, Pair, Place};
use crate::optimizer::{Mover, Side};
use crate::settings::Settings;

/// What tells one run from another: a checkpoint is taken up by its own run only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) base: String,
    pub(crate) samples: String,
    pub(crate) split: String,
    pub(crate) settings: serde_json::Value,
}

impl Identity {
    /// What differs, by name.
    fn difference(&self, other: &Self) -> Option<String> {
        let mut all = Vec::new();
        if self.base != other.base {
            all.push("the base model".to_owned());
        }
        if self.samples != other.samples {
            all.push("the samples".to_owned());
        }
        if self.split != other.split {
            all.push("the patients that are left out or validate".to_owned());
        }
        for (name, value) in self.settings.as_object().into_iter().flatten() {
            if other.settings.get(name) != Some(value) {
                all.push(format!(
                    "{name} ({value} there, {} here)",
                    other.settings.get(name).unwrap_or(&serde_json::Value::Null)
                ));
            }
        }
        (!all.is_empty()).then(|| all.join(", "))
    }
}

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Steps that are done.
    pub(crate) step: usize,
    /// The step after which it was last evaluated.
    pub(crate) evaluated: Option<usize>,
    pub(crate) train_loss: Vec<(usize, f64)>,
    pub(crate) validation_loss: Vec<(usize, f64)>,
    /// The step of the best validation loss, and it.
    pub(crate) best: Option<(usize, f64)>,
    /// Evaluations since.
    pub(crate) worse: usize,
    /// Whether it ended by its validation loss.
    pub(crate) stopped: bool,
    pub(crate) tokens: u64,
    pub(crate) seconds: f64,
}

/// Everything of a run.
pub(crate) struct Checkpoint {
    pub(crate) state: State,
    pub(crate) adapter: Adapter,
    pub(crate) mover: Mover,
    pub(crate) best: Option<Adapter>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    identity: Identity,
    state: State,
}

fn name(part: &str, (layer, module): Place) -> String {
    format!("{part}.{layer}.{}", module.gguf())
}

const RUN: &str = "run";

/// The file, in the folder of a run.
pub(crate) const CHECKPOINT: &str = "checkpoint.safetensors";

/// A run as its last checkpoint has it, without what was trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Hash of the base model.
    pub base: String,
    /// Hash of the samples.
    pub samples: String,
    /// Settings.
    pub settings: Settings,
    /// Steps that are done.
    pub step: usize,
    /// Loss of each step, nats a token of the answers.
    pub train_loss: Vec<(usize, f64)>,
    /// Loss on the validation samples.
    pub validation_loss: Vec<(usize, f64)>,
    /// Tokens that were computed, prompts included.
    pub tokens: u64,
    /// Seconds of training.
    pub seconds: f64,
}

/// How far the run in a folder is; none when it has no checkpoint yet.
///
/// # Errors
/// [`TrainError::Adapter`] when its checkpoint cannot be read.
pub fn standing(out: &Path) -> Result<Option<Standing>, TrainError> {
    let path = out.join(CHECKPOINT);
    if !path.exists() {
        return Ok(None);
    }
    let damaged = |e: &dyn std::fmt::Display| {
        TrainError::adapter(&path, format!("is no checkpoint that can be read ({e}); remove the run"))
    };
    let header = safetensors_header(&path).map_err(|e| damaged(&e))?;
    let run = header.get("__metadata__").and_then(|m| m.get(RUN)).and_then(|run| run.as_str());
    let Header { identity, state } =
        serde_json::from_str(run.ok_or_else(|| damaged(&"no run in it"))?).map_err(|e| damaged(&e))?;
    Ok(Some(Standing {
        base: identity.base,
        samples: identity.samples,
        settings: serde_json::from_value(identity.settings).map_err(|e| damaged(&e))?,
        step: state.step,
        train_loss: state.train_loss,
        validation_loss: state.validation_loss,
        tokens: state.tokens,
        seconds: state.seconds,
    }))
}

impl Checkpoint {
    pub(crate) fn write(&self, identity: &Identity, path: &Path) -> Result<(), TrainError> {
        let pairs = |a: &str, b: &str, adapter: &Adapter| -> Vec<(String, Tensor)> {
            let both = adapter
                .pairs
                .iter()
                .flat_map(|(place, pair)| [(name(a, *place), pair.a.clone()), (name(b, *place), pair.b.clone())]);
            both.collect()
        };
        let mut owned = pairs("a", "b", &self.adapter);
        if let Some(best) = &self.best {
            owned.extend(pairs("best_a", "best_b", best));
        }
        for ((place, side), (m, v)) in &self.mover.moments {
            let (first, second) = moments(*side);
            owned.push((name(first, *place), m.clone()));
            owned.push((name(second, *place), v.clone()));
        }
        let fault = |e: &dyn std::fmt::Display| TrainError::adapter(path, format!("cannot be written ({e})"));
        let header = serde_json::to_string(&Header { identity: identity.clone(), state: self.state.clone() });
        let header = HashMap::from([(RUN.to_owned(), header.map_err(|e| fault(&e))?)]);
        let bytes = safetensors::serialize(owned.iter().map(|(name, tensor)| (name, tensor)), Some(header))
            .map_err(|e| fault(&e))?;
        files::write(path, &bytes)
    }

    /// Takes up a run: `adapter` and `mover` as at its start, to be filled.
    pub(crate) fn read(path: &Path, identity: &Identity, adapter: Adapter, mover: Mover) -> Result<Self, TrainError> {
        let fault = |problem: String| TrainError::adapter(path, problem);
        let bytes = files::read(path)?;
        let damaged = |e: &dyn std::fmt::Display| {
            fault(format!("is no checkpoint that can be read ({e}); start again with another --out"))
        };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(&e))?;
        let header = header.metadata().as_ref().and_then(|m| m.get(RUN)).ok_or_else(|| damaged(&"no run in it"))?;
        let header: Header = serde_json::from_str(header).map_err(|e| damaged(&e))?;
        if let Some(what) = header.identity.difference(identity) {
            return Err(fault(format!(
                "is of another run; different: {what}. Give the same, or start anew with another --out"
            )));
        }
        let mut tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|e| damaged(&e))?;
        let mut take = |name: String, like: &Tensor| -> Result<Tensor, TrainError> {
            let tensor = tensors.remove(&name).ok_or_else(|| damaged(&format!("{name} is missing")))?;
            if tensor.dims() != like.dims() || tensor.dtype() != like.dtype() {
                return Err(damaged(&format!("{name} is of shape {:?}", tensor.dims())));
            }
            Ok(tensor)
        };
        let mut pairs = |a: &str, b: &str| -> Result<Adapter, TrainError> {
            let mut new = BTreeMap::new();
            for (place, pair) in &adapter.pairs {
                let (a, b) = (take(name(a, *place), &pair.a)?, take(name(b, *place), &pair.b)?);
                new.insert(*place, Pair { a, b });
            }
            Ok(Adapter { pairs: new, ..adapter.clone() })
        };
        let (now, best) = (pairs("a", "b")?, header.state.best.map(|_| pairs("best_a", "best_b")).transpose()?);
        let mut mover = mover;
        for ((place, side), (m, v)) in &mut mover.moments {
            let (first, second) = moments(*side);
            *m = take(name(first, *place), m)?;
            *v = take(name(second, *place), v)?;
        }
        Ok(Self { state: header.state, adapter: now, mover, best })
    }
}

const fn moments(side: Side) -> (&'static str, &'static str) {
    match side {
        Side::A => ("a_m", "a_v"),
        Side::B => ("b_m", "b_v"),
    }
}
