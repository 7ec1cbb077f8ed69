//! The header of a GGUF file, read without llama.cpp: what the model is, and whether the file is whole.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, versions 2 and 3, little endian.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use crate::error::EngineError;
use crate::llama::kv_bytes_per_token;

pub(crate) const NO_TEMPLATE: &str = "this model carries no chat template (tokenizer.chat_template), so it is a base \
     model and cannot follow a prompt; use the instruction-tuned (\"Instruct\" or \"chat\") version";

/// Types of tensors that llama.cpp rearranges for the processor: Q4_0, Q4_K, IQ4_NL and MXFP4 on all, Q2_K on x86, Q8_0, Q5_K and
/// Q6_K on Arm.
const REARRANGED: &[u32] =
    if cfg!(target_arch = "aarch64") { &[2, 8, 12, 13, 14, 20, 39] } else { &[2, 10, 12, 20, 39] };

/// Metadata of a converted model and of an adapter: hash of the file that it was made of, or for.
pub const BASE: &str = "bogam.base";

/// Whether an adapter of a model with the hash `base` is one of a file: of the file itself, or of its `origin`, what it was
/// converted from ([`BASE`] in its metadata).
#[must_use]
pub fn is_base(base: &str, file_hash: &str, origin: Option<&str>) -> bool {
    base == file_hash || origin == Some(base)
}

/// The largest string or array that a header may hold.
const MOST: u64 = 1 << 28;

/// What a header says.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// Architecture.
    pub architecture: String,
    /// Name.
    pub name: String,
    /// Whether a chat template is there.
    pub chat_template: bool,
    /// Size of the file.
    pub file_bytes: u64,
    /// Tensors.
    pub tensors: u64,
    /// Bytes of tensors that llama.cpp rearranges for the processor when it loads them.
    rearranged_bytes: u64,
    /// Bytes of the words' matrix, where only single rows of it are read because the output has another.
    looked_up_bytes: u64,
    numbers: BTreeMap<String, u64>,
    strings: BTreeMap<String, String>,
}

/// A fault while reading.
enum Fault {
    Io(std::io::Error),
    Says(String),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl Header {
    /// Reads and checks the header of a file.
    ///
    /// # Errors
    /// [`EngineError::ModelFile`] when it is missing, a folder, no GGUF, of another version, or shorter than its tensors.
    pub fn read(path: &Path) -> Result<Self, EngineError> {
        let fault = |problem: String| EngineError::ModelFile { path: path.display().to_string(), problem };
        let meta = std::fs::metadata(path)
            .map_err(|e| fault(format!("cannot be opened ({e}); give the path of a GGUF file")))?;
        if meta.is_dir() {
            return Err(fault("is a folder; give the path of a GGUF file in it".into()));
        }
        let file = File::open(path).map_err(|e| fault(format!("cannot be opened ({e})")))?;
        let mut reader = Reader { inner: BufReader::new(file), length: meta.len() };
        match reader.header() {
            Ok(header) => Ok(header),
            Err(Fault::Says(problem)) => Err(fault(problem)),
            Err(Fault::Io(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(fault("the file is cut off within its header; copy or download it again".into()))
            }
            Err(Fault::Io(error)) => Err(fault(format!("cannot be read ({error})"))),
        }
    }

    /// A number of the metadata; `{arch}` stands for the architecture.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        self.numbers.get(&key.replace("{arch}", &self.architecture)).copied()
    }

    /// A string of the metadata.
    #[must_use]
    pub fn string(&self, key: &str) -> Option<&str> {
        self.strings.get(key).map(String::as_str)
    }

    /// Layers.
    #[must_use]
    pub fn layers(&self) -> u32 {
        self.number("{arch}.block_count").and_then(|n| u32::try_from(n).ok()).unwrap_or(32)
    }

    /// Context that the model was trained for.
    #[must_use]
    pub fn context(&self) -> Option<u64> {
        self.number("{arch}.context_length")
    }

    /// Bytes of the file that stay in memory beside or as the weights.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.file_bytes - if self.rearranged() { self.looked_up_bytes } else { 0 }
    }

    /// Whether llama.cpp copies the weights when it loads them, in another order. What it maps of the file is then needed no more.
    #[must_use]
    pub const fn rearranged(&self) -> bool {
        self.rearranged_bytes > self.file_bytes / 2
    }

    /// Bytes of KV cache a token in f16.
    #[must_use]
    pub fn kv_bytes_per_token(&self) -> u64 {
        let number = |key: &str| self.number(key).and_then(|n| u32::try_from(n).ok());
        let heads = number("{arch}.attention.head_count").unwrap_or(32).max(1);
        let kv_heads = number("{arch}.attention.head_count_kv").unwrap_or(heads);
        let embedding = number("{arch}.embedding_length").unwrap_or(4096);
        let head_size = number("{arch}.attention.key_length").unwrap_or(embedding / heads);
        kv_bytes_per_token(self.layers(), kv_heads, head_size)
    }

    /// A word for the quantization, where the file tells it (`general.file_type`, as llama.cpp numbers it).
    #[must_use]
    pub fn quantization(&self) -> &'static str {
        match self.number("general.file_type") {
            Some(0) => "F32",
            Some(1) => "F16",
            Some(2) => "Q4_0",
            Some(3) => "Q4_1",
            Some(7) => "Q8_0",
            Some(8) => "Q5_0",
            Some(9) => "Q5_1",
            Some(10) => "Q2_K",
            Some(11..=13) => "Q3_K",
            Some(14 | 15) => "Q4_K",
            Some(16 | 17) => "Q5_K",
            Some(18) => "Q6_K",
            Some(25) => "IQ4_NL",
            Some(32) => "BF16",
            Some(_) => "other",
            None => "unknown",
        }
    }
}

struct Reader {
    inner: BufReader<File>,
    length: u64,
}

impl Reader {
    fn u32(&mut self) -> Result<u32, Fault> {
        let mut bytes = [0; 4];
        self.inner.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        let mut bytes = [0; 8];
        self.inner.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let length = self.u64()?;
        if length > MOST || length > self.length {
            return Err(Fault::Says(
                "its header is damaged (a text longer than the file); copy or download it again".into(),
            ));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.inner.read_exact(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Fault> {
        let bytes = i64::try_from(bytes).map_err(|_| damaged("a length beyond the file"))?;
        self.inner.seek_relative(bytes)?;
        if self.inner.stream_position()? > self.length {
            return Err(Fault::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    }

    fn header(&mut self) -> Result<Header, Fault> {
        let mut magic = [0; 4];
        let whole = self.inner.read(&mut magic)?;
        if whole < 4 || &magic != b"GGUF" {
            return Err(Fault::Says(
                "is not a GGUF file (it does not begin with \"GGUF\"); use a model in GGUF format".into(),
            ));
        }
        let version = self.u32()?;
        if !(2..=3).contains(&version) {
            return Err(Fault::Says(format!(
                "is GGUF version {version}, and versions 2 and 3 are read; convert it with a current llama.cpp"
            )));
        }
        let (tensors, entries) = (self.u64()?, self.u64()?);
        let mut header = Header { file_bytes: self.length, tensors, ..Header::default() };
        for _ in 0..entries {
            let key = self.string()?;
            let kind = self.u32()?;
            self.value(&mut header, key, kind, 0)?;
        }
        header.architecture = header.strings.get("general.architecture").cloned().unwrap_or_default();
        header.name = header.strings.get("general.name").cloned().unwrap_or_default();
        header.chat_template = header.strings.contains_key("tokenizer.chat_template");
        self.check_tensors(&mut header)?;
        Ok(header)
    }

    fn value(&mut self, header: &mut Header, key: String, kind: u32, depth: u32) -> Result<(), Fault> {
        match kind {
            0 | 1 | 7 => {
                let mut byte = [0; 1];
                self.inner.read_exact(&mut byte)?;
                let [byte] = byte;
                header.numbers.insert(key, u64::from(byte));
            }
            2 | 3 => self.skip(2)?,
            4 | 5 => {
                let n = self.u32()?;
                header.numbers.insert(key, u64::from(n));
            }
            6 => self.skip(4)?,
            8 => {
                let text = self.string()?;
                header.strings.insert(key, text);
            }
            9 if depth < 4 => {
                let inner = self.u32()?;
                let count = self.u64()?;
                if count > MOST {
                    return Err(damaged("an array of impossible length"));
                }
                match inner {
                    0 | 1 | 7 => self.skip(count)?,
                    2 | 3 => self.skip(count * 2)?,
                    4..=6 => self.skip(count * 4)?,
                    10..=12 => self.skip(count * 8)?,
                    8 => {
                        for _ in 0..count {
                            let length = self.u64()?;
                            self.skip(length)?;
                        }
                    }
                    _ => {
                        for _ in 0..count {
                            self.value(header, String::new(), inner, depth + 1)?;
                        }
                    }
                }
            }
            10 | 11 => {
                let n = self.u64()?;
                header.numbers.insert(key, n);
            }
            12 => self.skip(8)?,
            other => return Err(damaged(&format!("a value of unknown type {other}"))),
        }
        Ok(())
    }

    /// Reads where the tensors lie and compares with the file's length.
    fn check_tensors(&mut self, header: &mut Header) -> Result<(), Fault> {
        let (mut end, mut words, mut output) = (0, 0, false);
        for _ in 0..header.tensors {
            let name = self.string()?;
            let dimensions = self.u32()?;
            if dimensions > 8 {
                return Err(damaged("a tensor of impossible shape"));
            }
            let mut elements = 1_u64;
            for _ in 0..dimensions {
                elements = elements.saturating_mul(self.u64()?);
            }
            let kind = self.u32()?;
            let offset = self.u64()?;
            let bytes = tensor_bytes(kind, elements);
            end = end.max(offset.saturating_add(bytes));
            output |= name == "output.weight";
            if name == "token_embd.weight" {
                words = bytes;
            }
            if REARRANGED.contains(&kind) {
                header.rearranged_bytes = header.rearranged_bytes.saturating_add(bytes);
            }
        }
        header.looked_up_bytes = if output { words } else { 0 };
        let alignment = header.number("general.alignment").unwrap_or(32).max(1);
        let at = self.inner.stream_position()?;
        let start = at.div_ceil(alignment).saturating_mul(alignment);
        let needed = start.saturating_add(end);
        if self.length < needed {
            return Err(Fault::Says(format!(
                "the file is cut off: it has {} bytes and its tensors reach to {needed} ({} missing); copy or download it \
                 again",
                self.length,
                needed - self.length
            )));
        }
        Ok(())
    }
}

fn damaged(what: &str) -> Fault {
    Fault::Says(format!("its header is damaged ({what}); copy or download it again"))
}

/// Bytes of a tensor: blocks of the type times bytes a block (ggml type numbers). Types that are not known here count
/// as none: llama.cpp judges them.
fn tensor_bytes(kind: u32, elements: u64) -> u64 {
    let (block, bytes) = match kind {
        0 | 26 => (1, 4),      // F32, I32
        1 | 30 | 25 => (1, 2), // F16, BF16, I16
        2 => (32, 18),         // Q4_0
        3 => (32, 20),         // Q4_1
        6 => (32, 22),         // Q5_0
        7 => (32, 24),         // Q5_1
        8 => (32, 34),         // Q8_0
        10 => (256, 84),       // Q2_K
        11 => (256, 110),      // Q3_K
        12 => (256, 144),      // Q4_K
        13 => (256, 176),      // Q5_K
        14 => (256, 210),      // Q6_K
        20 => (32, 18),        // IQ4_NL
        23 => (256, 136),      // IQ4_XS
        24 => (1, 1),          // I8
        39 => (32, 17),        // MXFP4
        27 | 28 => (1, 8),     // I64, F64
        _ => (1, 0),
    };
    (elements / block).saturating_mul(bytes)
}
