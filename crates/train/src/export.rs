//! A model as `transformers` reads it: for training elsewhere on the very weights that answers are made with.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Tensor};
use serde_json::json;

use crate::error::TrainError;
use crate::files;
use crate::llama::Llama;
use crate::lora::Module;

/// Writes `config.json` and `model.safetensors` (f32) into a folder. The tokenizer is not among them.
///
/// # Errors
/// When a file cannot be written, or rotary angles are scaled, which a `config.json` tells in other words than a GGUF.
pub fn write_folder(model: &Llama, folder: &Path) -> Result<(), TrainError> {
    let c = &model.config;
    if !c.rope_factors.is_empty() {
        let problem = "its rotary angles are scaled, which is not exported; use the folder that it was converted from";
        return Err(TrainError::model(folder, problem));
    }
    let mut all: Vec<(String, &Tensor)> =
        vec![("model.embed_tokens.weight".to_owned(), &model.embedding), ("model.norm.weight".to_owned(), &model.norm)];
    all.extend(model.head.iter().map(|head| ("lm_head.weight".to_owned(), head)));
    for (i, layer) in model.layers.iter().enumerate() {
        let name = |part: &str| format!("model.layers.{i}.{part}.weight");
        all.push((name("input_layernorm"), &layer.attn_norm));
        all.push((name("post_attention_layernorm"), &layer.mlp_norm));
        all.extend(Module::ALL.iter().map(|module| (name(module.hf()), layer.weight(*module))));
    }
    let owned = all.into_iter().map(|(name, x)| Ok((name, x.to_dtype(DType::F32)?.contiguous()?)));
    let tensors = owned.collect::<Result<Vec<(String, Tensor)>, TrainError>>()?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(tensors.iter().map(|(name, x)| (name, x)), Some(metadata))
        .map_err(|e| TrainError::model(folder, format!("cannot be written ({e})")))?;
    let config = json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": c.hidden,
        "intermediate_size": c.intermediate, "vocab_size": c.vocabulary, "num_hidden_layers": c.layers,
        "num_attention_heads": c.heads, "num_key_value_heads": c.kv_heads, "head_dim": c.head_size,
        "rms_norm_eps": c.eps, "rope_theta": c.rope_base, "max_position_embeddings": c.context,
        "tie_word_embeddings": model.head.is_none(), "attention_bias": false, "mlp_bias": false,
        "torch_dtype": "float32",
    });
    files::folder(folder)?;
    files::write(&folder.join("model.safetensors"), &bytes)?;
    files::write(&folder.join("config.json"), format!("{config:#}\n").as_bytes())
}
