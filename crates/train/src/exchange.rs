//! Adapters out and in: the GGUF that llama.cpp attaches, and the folder that `peft` reads and writes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::Path;

use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor, WithDType as _};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::base::{from_gguf_rows, to_gguf_rows};
use crate::config::{Config, text};
use crate::error::TrainError;
use crate::files;
use crate::lora::{Adapter, Module, Pair};
use crate::ops::real;

/// Writes the adapter as llama.cpp's `convert_lora_to_gguf.py` would. `about` is added to the metadata as texts.
///
/// # Errors
/// When the file cannot be written.
pub fn write_gguf(adapter: &Adapter, config: &Config, about: &[(&str, String)], path: &Path) -> Result<(), TrainError> {
    let string = |s: &str| Value::String(s.to_owned());
    let mut metadata = vec![
        ("general.type", string("adapter")),
        ("general.architecture", string("llama")),
        ("adapter.type", string("lora")),
        ("adapter.lora.alpha", Value::F32(f32::from_f64(adapter.alpha))),
    ];
    metadata.extend(about.iter().map(|(key, value)| (*key, string(value))));
    let mut tensors = Vec::new();
    for ((layer, module), pair) in &adapter.pairs {
        let name = |side: &str| format!("blk.{layer}.{}.weight.lora_{side}", module.gguf());
        let whole = |x: &Tensor| QTensor::quantize(&x.to_dtype(DType::F32)?.contiguous()?, GgmlDType::F32);
        tensors.push((name("a"), whole(&pair.a)?));
        tensors.push((name("b"), whole(&to_gguf_rows(&pair.b, *module, config)?)?));
    }
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut out = Cursor::new(Vec::new());
    gguf_file::write(&mut out, &metadata, &tensors)?;
    files::write(path, out.get_ref())
}

/// Reads an adapter that [`write_gguf`] or llama.cpp's conversion wrote.
///
/// # Errors
/// [`TrainError::Adapter`] when it is none, or none of a model of this shape.
pub fn read_gguf(path: &Path, config: &Config) -> Result<Adapter, TrainError> {
    let fault = |problem: String| TrainError::adapter(path, problem);
    let mut reader = BufReader::new(File::open(path).map_err(|e| TrainError::io(path, e))?);
    let content = Content::read(&mut reader).map_err(|e| fault(format!("is no GGUF file that can be read ({e})")))?;
    if text(&content.metadata, "adapter.type") != Some("lora") {
        return Err(fault("is no adapter (adapter.type is not \"lora\")".to_owned()));
    }
    let alpha = content.metadata.get("adapter.lora.alpha").and_then(|v| v.to_f32().ok());
    let alpha = alpha.ok_or_else(|| fault("has no adapter.lora.alpha".to_owned()))?;
    let mut parts = Parts::default();
    for name in content.tensor_infos.keys() {
        let place = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')).and_then(|(layer, rest)| {
            let module = Module::ALL
                .into_iter()
                .find(|m| rest.strip_prefix(m.gguf()).is_some_and(|r| r.starts_with(".weight")))?;
            Some((layer.parse().ok()?, module, rest.rsplit('.').next()?.to_owned()))
        });
        let Some((layer, module, side)) = place else {
            return Err(fault(format!("changes {name}, which the trainer does not train")));
        };
        let tensor = content.tensor(&mut reader, name, &Device::Cpu)?.dequantize(&Device::Cpu)?;
        match side.as_str() {
            "lora_a" => parts.a.insert((layer, module), tensor),
            "lora_b" if tensor.dims().first() == Some(&module.shape(config).0) => {
                parts.b.insert((layer, module), from_gguf_rows(&tensor, module, config)?)
            }
            "lora_b" => return Err(fault(format!("{name} is of shape {:?}: it is for another model", tensor.dims()))),
            other => return Err(fault(format!("{name}: {other:?} is neither lora_a nor lora_b"))),
        };
    }
    parts.adapter(f64::from(alpha), config).map_err(fault)
}

#[derive(Default)]
struct Parts {
    a: BTreeMap<(usize, Module), Tensor>,
    b: BTreeMap<(usize, Module), Tensor>,
}

impl Parts {
    fn adapter(mut self, alpha: f64, config: &Config) -> Result<Adapter, String> {
        let mut pairs = BTreeMap::new();
        let mut ranks = BTreeSet::new();
        for ((layer, module), a) in std::mem::take(&mut self.a) {
            let place = format!("layer {layer}, {}", module.hf_short());
            let b = self.b.remove(&(layer, module)).ok_or_else(|| format!("{place}: B is missing"))?;
            let (out, into) = module.shape(config);
            let rank = a.dims().first().copied().unwrap_or(0);
            if layer >= config.layers || a.dims() != [rank, into] || b.dims() != [out, rank] || rank == 0 {
                return Err(format!(
                    "{place}: A is of shape {:?} and B of {:?}, and the model's matrix of {:?}: it is for another model",
                    a.dims(),
                    b.dims(),
                    [out, into]
                ));
            }
            ranks.insert(rank);
            pairs.insert((layer, module), Pair { a, b });
        }
        if let Some(((layer, module), _)) = self.b.into_iter().next() {
            return Err(format!("layer {layer}, {}: A is missing", module.hf_short()));
        }
        match ranks.iter().copied().collect::<Vec<usize>>().as_slice() {
            [rank] => Ok(Adapter { rank: *rank, alpha, pairs }),
            [] => Err("has no matrices".to_owned()),
            several => Err(format!("its matrices have several ranks ({several:?}), and the trainer knows one")),
        }
    }
}

/// `adapter_config.json`, as far as it bears on the arithmetic.
#[derive(Debug, Serialize, Deserialize)]
struct PeftConfig {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    bias: Option<String>,
    #[serde(default)]
    rank_pattern: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    alpha_pattern: serde_json::Map<String, serde_json::Value>,
}

const PEFT_WEIGHTS: &str = "adapter_model.safetensors";
const PEFT_CONFIG: &str = "adapter_config.json";

/// Writes a folder that `peft` reads: `adapter_model.safetensors` and `adapter_config.json`.
///
/// # Errors
/// When a file cannot be written.
pub fn write_peft(adapter: &Adapter, base: &str, dropout: f64, folder: &Path) -> Result<(), TrainError> {
    files::folder(folder)?;
    let mut tensors = Vec::new();
    for ((layer, module), pair) in &adapter.pairs {
        for (side, x) in [("A", &pair.a), ("B", &pair.b)] {
            let name = format!("base_model.model.model.layers.{layer}.{}.lora_{side}.weight", module.hf());
            tensors.push((name, x.to_dtype(DType::F32)?.contiguous()?));
        }
    }
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(tensors.iter().map(|(name, x)| (name, x)), Some(metadata))
        .map_err(|e| TrainError::adapter(folder, format!("cannot be written ({e})")))?;
    let targets: BTreeSet<&str> = adapter.pairs.keys().map(|(_, module)| module.hf_short()).collect();
    let config = json!({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "r": adapter.rank,
        "lora_alpha": adapter.alpha, "lora_dropout": dropout, "target_modules": targets, "bias": "none",
        "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true, "use_rslora": false,
        "use_dora": false, "modules_to_save": null, "rank_pattern": {}, "alpha_pattern": {},
    });
    let config = format!("{config:#}\n");
    files::write(&folder.join(PEFT_WEIGHTS), &bytes)?;
    files::write(&folder.join(PEFT_CONFIG), config.as_bytes())
}

/// Reads a folder that [`write_peft`] or `peft` wrote.
///
/// # Errors
/// [`TrainError::Adapter`] when it is no LoRA, of a kind that the trainer does not know, or of another shape.
pub fn read_peft(folder: &Path, config: &Config) -> Result<Adapter, TrainError> {
    let fault = |problem: String| TrainError::adapter(folder, problem);
    let peft: PeftConfig = serde_json::from_slice(&files::read(&folder.join(PEFT_CONFIG))?)
        .map_err(|e| fault(format!("{PEFT_CONFIG} cannot be read ({e})")))?;
    if peft.peft_type != "LORA" || peft.use_dora || peft.bias.as_deref().is_some_and(|b| b != "none") {
        return Err(fault(format!("{PEFT_CONFIG}: only plain LoRA without biases is read")));
    }
    if !peft.rank_pattern.is_empty() || !peft.alpha_pattern.is_empty() {
        return Err(fault(format!(
            "{PEFT_CONFIG}: rank_pattern and alpha_pattern are not read; use one rank and alpha"
        )));
    }
    let bytes = files::read(&folder.join(PEFT_WEIGHTS))?;
    let weights = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
        .map_err(|e| fault(format!("{PEFT_WEIGHTS} cannot be read ({e})")))?;
    let mut parts = Parts::default();
    for (name, tensor) in weights {
        let place = name.split_once("layers.").and_then(|(_, rest)| rest.split_once('.')).and_then(|(layer, rest)| {
            let module = Module::ALL.into_iter().find(|m| rest.starts_with(&format!("{}.", m.hf())))?;
            let side = rest.strip_suffix(".weight").unwrap_or(rest).trim_end_matches(".default");
            Some((layer.parse().ok()?, module, side.rsplit('.').next()?.to_owned()))
        });
        let Some((layer, module, side)) = place else {
            return Err(fault(format!("changes {name}, which the trainer does not train")));
        };
        let tensor = tensor.to_dtype(DType::F32)?;
        match side.as_str() {
            "lora_A" => parts.a.insert((layer, module), tensor),
            "lora_B" => parts.b.insert((layer, module), tensor),
            other => return Err(fault(format!("{name}: {other:?} is neither lora_A nor lora_B"))),
        };
    }
    // Rank-stabilized adapters are scaled by alpha / sqrt(rank) (arXiv 2312.03732).
    let alpha = if peft.use_rslora { peft.lora_alpha * real(peft.r).sqrt() } else { peft.lora_alpha };
    let adapter = parts.adapter(alpha, config).map_err(fault)?;
    if adapter.rank != peft.r {
        return Err(fault(format!("{PEFT_CONFIG} says rank {} and the matrices have {}", peft.r, adapter.rank)));
    }
    Ok(adapter)
}
