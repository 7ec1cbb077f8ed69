//! The shape of a Llama model, from the metadata of a GGUF or the `config.json` of a folder.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;
use serde::Deserialize;

use crate::ops::real;

/// Shape and constants of a Llama decoder (Touvron et al. 2023; Grattafiori et al. 2024).
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width between gate and down.
    pub intermediate: usize,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_size: usize,
    /// Added under the root of the norm.
    pub eps: f64,
    /// Base of the rotary angles.
    pub rope_base: f64,
    /// What each pair's frequency is divided by; empty where nothing is.
    pub rope_factors: Vec<f64>,
    /// Tokens that it was trained for.
    pub context: usize,
}

/// What is read of a `config.json`, as `transformers` writes it.
#[derive(Debug, Deserialize)]
struct HfConfig {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    vocab_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    rms_norm_eps: f64,
    rope_theta: Option<f64>,
    rope_scaling: Option<RopeScaling>,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    max_position_embeddings: usize,
}

/// How angles are scaled for long contexts.
#[derive(Debug, Clone, Deserialize)]
struct RopeScaling {
    #[serde(alias = "type")]
    rope_type: String,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
}

impl Config {
    /// Reads the metadata of a GGUF. `vocabulary` is the height of the embedding.
    pub(crate) fn from_gguf(
        metadata: &HashMap<String, Value>,
        vocabulary: usize,
        rope_factors: Vec<f64>,
    ) -> Result<Self, String> {
        let architecture = text(metadata, "general.architecture").unwrap_or("none");
        if architecture != "llama" {
            return Err(format!(
                "its architecture is {architecture:?}, and the trainer knows \"llama\" only (Llama 2 and 3, SmolLM, Mistral 7B \
                 before sliding windows); use such a model"
            ));
        }
        let number = |key: &str| metadata.get(&format!("llama.{key}")).and_then(whole);
        let float = |key: &str| metadata.get(&format!("llama.{key}")).and_then(|v| v.to_f32().ok()).map(f64::from);
        let need = |key: &str| number(key).ok_or_else(|| format!("its metadata has no llama.{key}; convert it again"));
        if number("expert_count").unwrap_or(0) > 0 {
            return Err("it is a mixture of experts, and the trainer knows plain Llama models only".to_owned());
        }
        let (hidden, heads) = (need("embedding_length")?, need("attention.head_count")?);
        if heads == 0 {
            return Err("it has no attention heads; the file is damaged".to_owned());
        }
        let factors = match text(metadata, "llama.rope.scaling.type") {
            None | Some("none") => rope_factors,
            Some("linear") if rope_factors.is_empty() => {
                let head_size = number("attention.key_length").unwrap_or(hidden / heads);
                vec![float("rope.scaling.factor").unwrap_or(1.0); head_size / 2]
            }
            Some(other) => {
                return Err(format!("its rotary angles are scaled by {other:?}, which the trainer does not know"));
            }
        };
        let config = Self {
            hidden,
            heads,
            intermediate: need("feed_forward_length")?,
            vocabulary,
            layers: need("block_count")?,
            kv_heads: number("attention.head_count_kv").unwrap_or(heads),
            head_size: number("attention.key_length").unwrap_or(hidden / heads),
            eps: float("attention.layer_norm_rms_epsilon").unwrap_or(1e-5),
            rope_base: float("rope.freq_base").unwrap_or(10_000.0),
            rope_factors: factors,
            context: number("context_length").unwrap_or(2048),
        };
        if number("rope.dimension_count").is_some_and(|n| n != config.head_size) {
            return Err("only a part of each head is turned, which the trainer does not know".to_owned());
        }
        config.checked()
    }

    /// Reads a `config.json`.
    pub(crate) fn from_json(json: &str) -> Result<Self, String> {
        let hf: HfConfig = serde_json::from_str(json).map_err(|e| format!("config.json: {e}"))?;
        if hf.model_type != "llama" {
            return Err(format!("model_type is {:?}, and the trainer knows \"llama\" only", hf.model_type));
        }
        if hf.attention_bias || hf.mlp_bias {
            return Err("its linear layers have biases, which the trainer does not know".to_owned());
        }
        if hf.num_attention_heads == 0 {
            return Err("config.json: no attention heads".to_owned());
        }
        let head_size = hf.head_dim.unwrap_or(hf.hidden_size / hf.num_attention_heads);
        let rope_base = hf.rope_theta.unwrap_or(10_000.0);
        let rope_factors = match &hf.rope_scaling {
            None => Vec::new(),
            Some(scaling) => scaling.factors(rope_base, head_size)?,
        };
        Self {
            hidden: hf.hidden_size,
            intermediate: hf.intermediate_size,
            vocabulary: hf.vocab_size,
            layers: hf.num_hidden_layers,
            heads: hf.num_attention_heads,
            kv_heads: hf.num_key_value_heads.unwrap_or(hf.num_attention_heads),
            head_size,
            eps: hf.rms_norm_eps,
            rope_base,
            rope_factors,
            context: hf.max_position_embeddings,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, String> {
        let sizes = [self.hidden, self.intermediate, self.vocabulary, self.layers, self.kv_heads, self.head_size];
        if sizes.contains(&0) {
            return Err(format!("a size of it is zero: {self:?}"));
        }
        if !self.heads.is_multiple_of(self.kv_heads) || !self.head_size.is_multiple_of(2) {
            return Err(format!("its heads do not go into groups and pairs: {self:?}"));
        }
        if !self.rope_factors.is_empty() && self.rope_factors.len() != self.head_size / 2 {
            return Err(format!("it has {} rotary factors for {} pairs", self.rope_factors.len(), self.head_size / 2));
        }
        Ok(self)
    }

    /// Angle of each pair at position 1.
    pub(crate) fn frequencies(&self) -> Vec<f64> {
        let plain = plain_frequencies(self.rope_base, self.head_size);
        let factors = self.rope_factors.iter().copied().chain(std::iter::repeat(1.0));
        plain.into_iter().zip(factors).map(|(f, factor)| f / factor).collect()
    }
}

fn plain_frequencies(base: f64, head_size: usize) -> Vec<f64> {
    (0..head_size / 2).map(|i| base.powf(-2.0 * real(i) / real(head_size))).collect()
}

impl RopeScaling {
    /// The factors of Llama 3.1 (`llama3`): high frequencies stay, low ones are slowed, those between in part.
    fn factors(&self, base: f64, head_size: usize) -> Result<Vec<f64>, String> {
        let need =
            |value: Option<f64>, name: &str| value.ok_or_else(|| format!("config.json: rope_scaling has no {name}"));
        match self.rope_type.as_str() {
            "default" => Ok(Vec::new()),
            "linear" => Ok(vec![need(self.factor, "factor")?; head_size / 2]),
            "llama3" => {
                let factor = need(self.factor, "factor")?;
                let low = need(self.low_freq_factor, "low_freq_factor")?;
                let high = need(self.high_freq_factor, "high_freq_factor")?;
                let old = real(self.original_max_position_embeddings.unwrap_or(8192));
                let (low_wave, high_wave) = (old / low, old / high);
                let scaled = plain_frequencies(base, head_size).into_iter().map(|frequency| {
                    let wave = 2.0 * std::f64::consts::PI / frequency;
                    if wave < high_wave {
                        1.0
                    } else if wave > low_wave {
                        factor
                    } else {
                        let smooth = (old / wave - low) / (high - low);
                        1.0 / ((1.0 - smooth) / factor + smooth)
                    }
                });
                Ok(scaled.collect())
            }
            other => Err(format!("config.json: rope_scaling of type {other:?} is not known to the trainer")),
        }
    }
}

/// A text of the metadata.
pub(crate) fn text<'a>(metadata: &'a HashMap<String, Value>, key: &str) -> Option<&'a str> {
    metadata.get(key).and_then(|v| v.to_string().ok()).map(String::as_str)
}

/// A whole number of the metadata, of whatever width.
pub(crate) fn whole(value: &Value) -> Option<usize> {
    let signed = value.to_i32().ok().and_then(|n| u64::try_from(n).ok());
    let wide = value.to_u64().ok().or_else(|| value.to_u32().ok().map(u64::from)).or(signed);
    wide.and_then(|n| usize::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LLAMA_3_1: &str = r#"{"model_type":"llama","hidden_size":4096,"intermediate_size":14336,"vocab_size":128256,
        "num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"rms_norm_eps":1e-5,"rope_theta":500000.0,
        "max_position_embeddings":131072,"rope_scaling":{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
        "original_max_position_embeddings":8192,"rope_type":"llama3"}}"#;

    #[test]
    fn the_factors_of_llama_3_1_leave_high_frequencies_and_slow_low_ones_eightfold() {
        let config = Config::from_json(LLAMA_3_1).unwrap();
        assert_eq!((config.head_size, config.rope_factors.len()), (128, 64));
        assert!(config.rope_factors[..28].iter().all(|f| (f - 1.0).abs() < 1e-12), "{:?}", config.rope_factors);
        assert!(config.rope_factors[36..].iter().all(|f| (f - 8.0).abs() < 1e-12), "{:?}", config.rope_factors);
        assert!(config.rope_factors.windows(2).all(|w| w[0] <= w[1]));
        let last = config.frequencies()[63];
        assert!((last - 500_000_f64.powf(-126.0 / 128.0) / 8.0).abs() < 1e-15);
    }

    #[test]
    fn what_the_trainer_does_not_know_is_refused_by_name() {
        for (from, to, says) in [
            ("\"model_type\":\"llama\"", "\"model_type\":\"gemma\"", "gemma"),
            ("\"rope_type\":\"llama3\"", "\"rope_type\":\"yarn\"", "yarn"),
            ("\"hidden_size\":4096", "\"attention_bias\":true,\"hidden_size\":4096", "biases"),
            ("\"num_key_value_heads\":8", "\"num_key_value_heads\":7", "groups"),
            ("\"num_attention_heads\":32", "\"num_attention_heads\":0", "no attention heads"),
        ] {
            assert!(LLAMA_3_1.contains(from), "{from}");
            let problem = Config::from_json(&LLAMA_3_1.replace(from, to)).unwrap_err();
            assert!(problem.contains(says), "{problem}");
        }
    }
}
