//! A tiny model on the disk, as a GGUF and as a folder of safetensors, with a tokenizer of single bytes and a few merges.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use bogam_train::{Chance, Purpose};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

pub const HIDDEN: usize = 32;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const HEAD: usize = 8;
const WIDE: usize = 48;
const LAYERS: usize = 2;

const TEMPLATE: &str = "{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|start|>assistant\n{% endif %}";

/// The alphabet of byte-level tokenizers (Radford et al. 2019): printable bytes stand for themselves.
fn alphabet() -> Vec<String> {
    let printable = |b: u32| (33..127).contains(&b) || (161..173).contains(&b) || (174..256).contains(&b);
    let mut next = 256;
    let mut all = Vec::new();
    for b in 0..256 {
        let c = if printable(b) {
            b
        } else {
            next += 1;
            next - 1
        };
        all.push(char::from_u32(c).unwrap().to_string());
    }
    all
}

fn vocabulary() -> (Vec<String>, Vec<String>, Vec<u32>) {
    let mut tokens: Vec<String> = ["<|start|>", "<|end|>"].map(str::to_owned).to_vec();
    tokens.extend(alphabet());
    let merges = ["i n", "Ġ in", "e r", "o l"].map(str::to_owned).to_vec();
    tokens.extend(["in", "Ġin", "er", "ol"].map(str::to_owned));
    let types = tokens.iter().map(|t| if t.starts_with("<|") { 3 } else { 1 }).collect();
    (tokens, merges, types)
}

fn drawn(shape: &[usize], salt: u64, mean: f64) -> Tensor {
    let mut chance = Chance::new(77, Purpose::Start, &[salt]);
    let spread = if shape.len() == 1 { 0.1 } else { (3.0 / shape[shape.len() - 1] as f64).sqrt() };
    let values: Vec<f32> =
        (0..shape.iter().product()).map(|_| (mean + (2.0 * chance.unit() - 1.0) * spread) as f32).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// Name in a GGUF, in `transformers`, and the matrix with rows as `transformers` has them.
fn weights() -> Vec<(String, String, Tensor)> {
    let (q, kv) = (HEADS * HEAD, KV_HEADS * HEAD);
    let mut all = vec![
        (
            "token_embd.weight".into(),
            "model.embed_tokens.weight".into(),
            drawn(&[vocabulary().0.len(), HIDDEN], 1, 0.0),
        ),
        ("output_norm.weight".into(), "model.norm.weight".into(), drawn(&[HIDDEN], 2, 1.0)),
    ];
    for i in 0..LAYERS {
        for (j, (gguf, hf, shape)) in [
            ("attn_norm", "input_layernorm", vec![HIDDEN]),
            ("ffn_norm", "post_attention_layernorm", vec![HIDDEN]),
            ("attn_q", "self_attn.q_proj", vec![q, HIDDEN]),
            ("attn_k", "self_attn.k_proj", vec![kv, HIDDEN]),
            ("attn_v", "self_attn.v_proj", vec![kv, HIDDEN]),
            ("attn_output", "self_attn.o_proj", vec![HIDDEN, q]),
            ("ffn_gate", "mlp.gate_proj", vec![WIDE, HIDDEN]),
            ("ffn_up", "mlp.up_proj", vec![WIDE, HIDDEN]),
            ("ffn_down", "mlp.down_proj", vec![HIDDEN, WIDE]),
        ]
        .into_iter()
        .enumerate()
        {
            let mean = if shape.len() == 1 { 1.0 } else { 0.0 };
            let tensor = drawn(&shape, (10 + i * 20 + j) as u64, mean);
            all.push((format!("blk.{i}.{gguf}.weight"), format!("model.layers.{i}.{hf}.weight"), tensor));
        }
    }
    all
}

/// Rows as llama.cpp's conversion orders them, by its own words: `reshape(heads, 2, d / 2, in).swapaxes(1, 2)`.
fn permuted(x: &Tensor, heads: usize) -> Tensor {
    let (out, width) = x.dims2().unwrap();
    let x = x.reshape((heads, 2, out / heads / 2, width)).unwrap().transpose(1, 2).unwrap();
    x.contiguous().unwrap().reshape((out, width)).unwrap()
}

/// Metadata and tensors to a GGUF file.
pub fn write_gguf(path: &Path, metadata: &[(String, Value)], tensors: &[(String, Tensor)]) {
    let whole: Vec<(&str, QTensor)> =
        tensors.iter().map(|(name, x)| (name.as_str(), QTensor::quantize(x, GgmlDType::F32).unwrap())).collect();
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = whole.iter().map(|(name, x)| (*name, x)).collect();
    gguf_file::write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
}

fn metadata() -> Vec<(String, Value)> {
    let (tokens, merges, types) = vocabulary();
    let strings = |all: Vec<String>| Value::Array(all.into_iter().map(Value::String).collect());
    let text = |s: &str| Value::String(s.to_owned());
    let n = |n: usize| Value::U32(n as u32);
    [
        ("general.architecture", text("llama")),
        ("llama.block_count", n(LAYERS)),
        ("llama.context_length", n(512)),
        ("llama.embedding_length", n(HIDDEN)),
        ("llama.feed_forward_length", n(WIDE)),
        ("llama.attention.head_count", n(HEADS)),
        ("llama.attention.head_count_kv", n(KV_HEADS)),
        ("llama.rope.freq_base", Value::F32(10_000.0)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("smollm")),
        ("tokenizer.ggml.tokens", strings(tokens)),
        ("tokenizer.ggml.merges", strings(merges)),
        ("tokenizer.ggml.token_type", Value::Array(types.into_iter().map(|t| Value::I32(t as i32)).collect())),
        ("tokenizer.ggml.bos_token_id", n(0)),
        ("tokenizer.ggml.eos_token_id", n(1)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
        ("tokenizer.chat_template", text(TEMPLATE)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

/// Writes the model as a GGUF.
pub fn gguf(folder: &Path) -> PathBuf {
    gguf_with(folder, |_| (), |_| ())
}

/// The same, after a change of its metadata and tensors.
pub fn gguf_with(
    folder: &Path,
    change: impl Fn(&mut Vec<(String, Value)>),
    change_tensors: impl Fn(&mut Vec<(String, Tensor)>),
) -> PathBuf {
    let path = folder.join("tiny.gguf");
    let mut tensors = Vec::new();
    for (name, _, x) in weights() {
        let x = match () {
            () if name.contains("attn_q") => permuted(&x, HEADS),
            () if name.contains("attn_k") => permuted(&x, KV_HEADS),
            () => x,
        };
        tensors.push((name, x));
    }
    let mut all = metadata();
    change(&mut all);
    change_tensors(&mut tensors);
    write_gguf(&path, &all, &tensors);
    path
}

/// Writes the same model as `transformers` would.
pub fn folder(at: &Path) -> PathBuf {
    let folder = at.join("tiny");
    std::fs::create_dir_all(&folder).unwrap();
    let tensors: HashMap<String, Tensor> = weights().into_iter().map(|(_, name, x)| (name, x)).collect();
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
    let config = serde_json::json!({"model_type": "llama", "hidden_size": HIDDEN, "intermediate_size": WIDE,
        "vocab_size": vocabulary().0.len(), "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true});
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    folder
}
