//! The base model as it lies on the disk: the GGUF that answers are made with, or a folder of safetensors.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{DType, Device, Tensor};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::error::TrainError;
use crate::llama::{Layer, Llama};
use crate::lora::Module;

/// A base model: its shape is read, its weights are not yet.
#[derive(Debug)]
pub struct Base {
    path: PathBuf,
    /// Shape.
    pub config: Config,
    /// Whether the head is the embedding.
    pub tied: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Gguf(Box<Content>),
    Folder(Vec<PathBuf>),
}

impl Base {
    /// Opens a GGUF file, or a folder with `config.json` and `*.safetensors`.
    ///
    /// # Errors
    /// [`TrainError::Model`] when it is no such thing or of an architecture that the trainer does not know.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        if path.is_dir() { Self::open_folder(path) } else { Self::open_gguf(path) }
    }

    fn open_gguf(path: &Path) -> Result<Self, TrainError> {
        let fault = |problem: String| TrainError::model(path, problem);
        let file = File::open(path).map_err(|e| fault(format!("cannot be opened ({e}); give a GGUF file")))?;
        let mut reader = BufReader::new(file);
        let content = Content::read(&mut reader)
            .map_err(|e| fault(format!("is no GGUF file that can be read ({e}); copy or download it again")))?;
        let shape = |name: &str| content.tensor_infos.get(name).map(|info| info.shape.dims().to_vec());
        let Some([vocabulary, _]) = shape("token_embd.weight").as_deref().and_then(|d| <[usize; 2]>::try_from(d).ok())
        else {
            return Err(fault("it has no token_embd.weight; use a whole model".to_owned()));
        };
        if let Some(bias) = content.tensor_infos.keys().find(|name| name.starts_with("blk.") && name.ends_with(".bias"))
        {
            return Err(fault(format!("it has {bias}, and the trainer knows layers without biases only")));
        }
        let factors = match content.tensor_infos.get("rope_freqs.weight") {
            None => Vec::new(),
            Some(_) => {
                content.tensor(&mut reader, "rope_freqs.weight", &Device::Cpu)?.dequantize(&Device::Cpu)?.to_vec1()?
            }
        };
        let factors: Vec<f64> = factors.into_iter().map(|f: f32| f64::from(f)).collect();
        let config = Config::from_gguf(&content.metadata, vocabulary, factors).map_err(fault)?;
        let tied = !content.tensor_infos.contains_key("output.weight");
        Ok(Self { path: path.to_owned(), config, tied, kind: Kind::Gguf(Box::new(content)) })
    }

    fn open_folder(path: &Path) -> Result<Self, TrainError> {
        let fault = |problem: String| TrainError::model(path, problem);
        let json = std::fs::read_to_string(path.join("config.json"))
            .map_err(|e| fault(format!("config.json cannot be read ({e}); give a folder as transformers writes it")))?;
        let config = Config::from_json(&json).map_err(fault)?;
        let entries = std::fs::read_dir(path).map_err(|e| TrainError::io(path, e))?;
        let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|e| e == "safetensors"));
        files.sort();
        if files.is_empty() {
            return Err(fault("there is no .safetensors file in it".to_owned()));
        }
        let mut tied = true;
        for file in &files {
            tied &= !safetensors_names(file)?.iter().any(|name| name == "lm_head.weight");
        }
        Ok(Self { path: path.to_owned(), config, tied, kind: Kind::Folder(files) })
    }

    /// The file or folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Metadata of a GGUF; none of a folder.
    #[must_use]
    pub fn metadata(&self) -> Option<&HashMap<String, Value>> {
        match &self.kind {
            Kind::Gguf(content) => Some(&content.metadata),
            Kind::Folder(_) => None,
        }
    }

    /// `sha256:` of the file, or of all weight files of a folder in the order of their names.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn hash(&self) -> Result<String, TrainError> {
        match &self.kind {
            Kind::Gguf(_) => hash_of_files(std::slice::from_ref(&self.path)),
            Kind::Folder(files) => hash_of_files(files),
        }
    }

    /// Reads all weights, dequantized to f32 (or f64).
    ///
    /// # Errors
    /// When a tensor is missing, of the wrong shape, or of a quantization that cannot be read.
    pub fn load(&self, dtype: DType) -> Result<Llama, TrainError> {
        let c = &self.config;
        let mut read = self.tensors()?;
        let mut tensor = |gguf: &str, hf: &str, shape: &[usize]| -> Result<Tensor, TrainError> {
            let (name, tensor) = read(gguf, hf)?;
            if tensor.dims() != shape {
                let problem =
                    format!("{name} is of shape {:?}, and {shape:?} follows from its metadata", tensor.dims());
                return Err(TrainError::model(&self.path, problem));
            }
            Ok(tensor.to_dtype(dtype)?)
        };
        let mut layers = Vec::with_capacity(c.layers);
        for i in 0..c.layers {
            let hf = |name: &str| format!("model.layers.{i}.{name}.weight");
            let gguf = |name: &str| format!("blk.{i}.{name}.weight");
            let mut matrix = |module: Module| {
                let (out, into) = module.shape(c);
                let weight = tensor(&gguf(module.gguf()), &hf(module.hf()), &[out, into])?;
                match self.kind {
                    Kind::Gguf(_) => Ok(from_gguf_rows(&weight, module, c)?),
                    Kind::Folder(_) => Ok::<Tensor, TrainError>(weight),
                }
            };
            let (q, k, v) = (matrix(Module::Q)?, matrix(Module::K)?, matrix(Module::V)?);
            let (o, gate) = (matrix(Module::O)?, matrix(Module::Gate)?);
            let (up, down) = (matrix(Module::Up)?, matrix(Module::Down)?);
            let attn_norm = tensor(&gguf("attn_norm"), &hf("input_layernorm"), &[c.hidden])?;
            let mlp_norm = tensor(&gguf("ffn_norm"), &hf("post_attention_layernorm"), &[c.hidden])?;
            layers.push(Layer { attn_norm, mlp_norm, q, k, v, o, gate, up, down });
        }
        let norm = tensor("output_norm.weight", "model.norm.weight", &[c.hidden])?;
        let wide = [c.vocabulary, c.hidden];
        let embedding = tensor("token_embd.weight", "model.embed_tokens.weight", &wide)?;
        let head = if self.tied { None } else { Some(tensor("output.weight", "lm_head.weight", &wide)?) };
        Ok(Llama { config: c.clone(), embedding, layers, norm, head })
    }

    /// Reads a tensor by its name in a GGUF and in `transformers`.
    #[expect(clippy::type_complexity, reason = "a function of one caller")]
    fn tensors(&self) -> Result<Box<dyn FnMut(&str, &str) -> Result<(String, Tensor), TrainError> + '_>, TrainError> {
        match &self.kind {
            Kind::Gguf(content) => {
                let file = File::open(&self.path).map_err(|e| TrainError::io(&self.path, e))?;
                let mut reader = BufReader::new(file);
                Ok(Box::new(move |gguf, _| {
                    let quantized = content.tensor(&mut reader, gguf, &Device::Cpu);
                    let tensor = quantized.and_then(|t| t.dequantize(&Device::Cpu)).map_err(|e| {
                        TrainError::model(&self.path, format!("{gguf} cannot be read ({e}); copy or download it again"))
                    })?;
                    Ok((gguf.to_owned(), tensor))
                }))
            }
            Kind::Folder(files) => {
                let mut by_name = HashMap::new();
                for file in files {
                    by_name.extend(candle_core::safetensors::load(file, &Device::Cpu)?);
                }
                Ok(Box::new(move |_, hf| {
                    let missing = || TrainError::model(&self.path, format!("{hf} is missing"));
                    Ok((hf.to_owned(), by_name.remove(hf).ok_or_else(missing)?))
                }))
            }
        }
    }
}

fn safetensors_names(file: &Path) -> Result<Vec<String>, TrainError> {
    let header = safetensors_header(file)
        .map_err(|problem| TrainError::model(file, format!("is no safetensors file ({problem})")))?;
    Ok(header.into_iter().map(|(name, _)| name).collect())
}

/// What stands before the tensors of a safetensors file, which are not read.
pub(crate) fn safetensors_header(file: &Path) -> Result<serde_json::Map<String, serde_json::Value>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut opened = File::open(file)?;
        let mut length = [0; 8];
        opened.read_exact(&mut length)?;
        let mut header = Vec::new();
        opened.take(u64::from_le_bytes(length).min(100 << 20)).read_to_end(&mut header)?;
        Ok(header)
    };
    let header = read().map_err(|e| e.to_string())?;
    serde_json::from_slice(&header).map_err(|e| e.to_string())
}

/// `sha256:` of files, one after the other.
pub(crate) fn hash_of_files(files: &[PathBuf]) -> Result<String, TrainError> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    for path in files {
        let mut file = File::open(path).map_err(|e| TrainError::io(path, e))?;
        loop {
            let n = file.read(&mut buffer).map_err(|e| TrainError::io(path, e))?;
            if n == 0 {
                break;
            }
            digest.update(buffer.get(..n).unwrap_or_default());
        }
    }
    Ok(hex(&digest.finalize()))
}

pub(crate) fn hex(digest: &[u8]) -> String {
    let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

/// Heads whose rows a GGUF holds in another order: those that rotary angles turn.
const fn turned(module: Module, config: &Config) -> Option<usize> {
    match module {
        Module::Q => Some(config.heads),
        Module::K => Some(config.kv_heads),
        Module::V | Module::O | Module::Gate | Module::Up | Module::Down => None,
    }
}

/// Rows as `transformers` orders them, of rows as a GGUF does: llama.cpp turns neighbours `(2i, 2i + 1)` of a head and its
/// conversion puts them beside each other, `transformers` turns `(i, i + d/2)`.
pub(crate) fn from_gguf_rows(rows: &Tensor, module: Module, config: &Config) -> candle_core::Result<Tensor> {
    let Some(heads) = turned(module, config) else { return Ok(rows.clone()) };
    let (out, width) = rows.dims2()?;
    rows.reshape((heads, out / heads / 2, 2, width))?.transpose(1, 2)?.contiguous()?.reshape((out, width))
}

/// The other way.
pub(crate) fn to_gguf_rows(rows: &Tensor, module: Module, config: &Config) -> candle_core::Result<Tensor> {
    let Some(heads) = turned(module, config) else { return Ok(rows.clone()) };
    let (out, width) = rows.dims2()?;
    rows.reshape((heads, 2, out / heads / 2, width))?.transpose(1, 2)?.contiguous()?.reshape((out, width))
}
