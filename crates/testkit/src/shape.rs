//! Model files of any shape of the Llama architecture, with random weights and the starter model's words: loading, memory,
//! speed and exactness at sizes and forms for which there are no weights here.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// How weights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// Whole, for llama.cpp to quantize.
    F32,
    /// Blocks of 32: a scale of two bytes, and four bits each.
    Q4_0,
}

impl Weights {
    /// As ggml numbers it, weights of a block, bytes of a block.
    const fn block(self) -> (u32, u64, u64) {
        match self {
            Self::F32 => (0, 1, 4),
            Self::Q4_0 => (2, 32, 18),
        }
    }
}

/// A shape of the Llama architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Layers.
    pub layers: u32,
    /// Width.
    pub width: u64,
    /// Heads of queries.
    pub heads: u32,
    /// Heads of keys and values.
    pub kv_heads: u32,
    /// Width between the two products of a layer's second half.
    pub inner: u64,
    /// Words; more than the starter model's are filled up with control words.
    pub words: u64,
    /// Longest context.
    pub context: u32,
    /// The words' matrix is the output's as well.
    pub tied: bool,
    /// How weights are kept; norms are whole.
    pub weights: Weights,
}

impl Shape {
    /// Llama-3.1-8B, 4.5 GB.
    pub const LLAMA_3_1_8B: Self = Self {
        layers: 32,
        width: 4096,
        heads: 32,
        kv_heads: 8,
        inner: 14_336,
        words: 128_256,
        context: 131_072,
        tied: false,
        weights: Weights::Q4_0,
    };

    /// The smallest that every form of quantization takes, with the starter model's words; 60 MB.
    pub const SMALL: Self = Self {
        layers: 4,
        width: 256,
        heads: 4,
        kv_heads: 2,
        inner: 768,
        words: 49_152,
        context: 8192,
        tied: true,
        weights: Weights::F32,
    };

    fn head(self) -> u64 {
        self.width / u64::from(self.heads)
    }

    fn tensors(self) -> Vec<Tensor> {
        let kv = self.head() * u64::from(self.kv_heads);
        let Self { width, inner, words, weights, .. } = self;
        let mut all = vec![("token_embd.weight".to_owned(), vec![width, words], weights)];
        for layer in 0..self.layers {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            all.extend([
                (name("attn_norm"), vec![width], Weights::F32),
                (name("attn_q"), vec![width, width], weights),
                (name("attn_k"), vec![width, kv], weights),
                (name("attn_v"), vec![width, kv], weights),
                (name("attn_output"), vec![width, width], weights),
                (name("ffn_norm"), vec![width], Weights::F32),
                (name("ffn_gate"), vec![width, inner], weights),
                (name("ffn_up"), vec![width, inner], weights),
                (name("ffn_down"), vec![inner, width], weights),
            ]);
        }
        all.push(("output_norm.weight".to_owned(), vec![width], Weights::F32));
        if !self.tied {
            all.push(("output.weight".to_owned(), vec![width, words], weights));
        }
        all
    }

    /// Writes the file: metadata of the starter model, with this shape. The same bytes each time.
    pub fn write(self, path: &Path, starter: &Path) {
        let tensors = self.tensors();
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
        let kept = metadata(starter, self.words);
        let (heads, width, inner) = (self.heads, self.width, self.inner);
        let number = |n: u64| u32::try_from(n).unwrap();
        let shape: [(&str, u32); 9] = [
            ("llama.block_count", self.layers),
            ("llama.context_length", self.context),
            ("llama.embedding_length", number(width)),
            ("llama.feed_forward_length", number(inner)),
            ("llama.attention.head_count", heads),
            ("llama.attention.head_count_kv", self.kv_heads),
            ("llama.rope.dimension_count", number(self.head())),
            ("llama.vocab_size", number(self.words)),
            ("general.file_type", if self.weights == Weights::F32 { 0 } else { 2 }),
        ];
        out.write_all(b"GGUF").unwrap();
        put(&mut out, 3_u32.to_le_bytes());
        put(&mut out, (tensors.len() as u64).to_le_bytes());
        put(&mut out, ((kept.len() + shape.len() + 1) as u64).to_le_bytes());
        for (key, value) in shape {
            string(&mut out, key);
            put(&mut out, 4_u32.to_le_bytes());
            put(&mut out, value.to_le_bytes());
        }
        string(&mut out, "llama.rope.freq_base");
        put(&mut out, 6_u32.to_le_bytes());
        put(&mut out, 500_000_f32.to_le_bytes());
        for pair in &kept {
            out.write_all(pair).unwrap();
        }
        let mut offset = 0_u64;
        for (name, shape, weights) in &tensors {
            string(&mut out, name);
            put(&mut out, number(shape.len() as u64).to_le_bytes());
            shape.iter().for_each(|n| put(&mut out, n.to_le_bytes()));
            put(&mut out, weights.block().0.to_le_bytes());
            put(&mut out, offset.to_le_bytes());
            offset += bytes(shape, *weights).next_multiple_of(32);
        }
        let at = out.stream_position().unwrap();
        pad(&mut out, at);
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        for (_, shape, weights) in &tensors {
            let bytes = bytes(shape, *weights);
            match (*weights, shape.as_slice()) {
                (Weights::F32, [_]) => (0..bytes / 4).for_each(|_| put(&mut out, 1_f32.to_le_bytes())),
                (Weights::F32, shape) => {
                    let spread = (12.0 / shape[0] as f32).sqrt();
                    for _ in 0..bytes / 4 {
                        let share = (random.next() >> 40) as f32 / (1_u64 << 24) as f32;
                        put(&mut out, ((share - 0.5) * spread).to_le_bytes());
                    }
                }
                (Weights::Q4_0, _) => {
                    for _ in 0..bytes / 18 {
                        // A scale of 2^-8 or so, and random steps: about what trained weights are.
                        put(&mut out, 0x1C00_u16.to_le_bytes());
                        put(&mut out, random.next().to_le_bytes());
                        put(&mut out, random.next().to_le_bytes());
                    }
                }
            }
            pad(&mut out, bytes);
        }
        out.flush().unwrap();
    }
}

struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn put<const N: usize>(out: &mut impl Write, bytes: [u8; N]) {
    out.write_all(&bytes).unwrap();
}

fn string(out: &mut impl Write, text: &str) {
    put(out, (text.len() as u64).to_le_bytes());
    out.write_all(text.as_bytes()).unwrap();
}

/// Zeros up to a multiple of 32.
fn pad(out: &mut impl Write, written: u64) {
    out.write_all(&[0; 32][..(written.next_multiple_of(32) - written) as usize]).unwrap();
}

fn bytes(shape: &[u64], weights: Weights) -> u64 {
    let (_, block, bytes) = weights.block();
    shape.iter().product::<u64>() / block * bytes
}

type Tensor = (String, Vec<u64>, Weights);

/// The starter model's metadata as bytes, pair by pair, without its shape and with more words.
fn metadata(starter: &Path, words: u64) -> Vec<Vec<u8>> {
    let mut file = File::open(starter).unwrap();
    let mut start = vec![0; 16 << 20];
    file.seek(SeekFrom::Start(0)).unwrap();
    let length = read_all(&mut file, &mut start);
    let mut at = Cursor { bytes: &start[..length], at: 16 };
    let pairs = at.number(8);
    let mut kept = Vec::new();
    for _ in 0..pairs {
        let from = at.at;
        let key = at.text();
        let kind = at.number(4);
        let value = at.at;
        let element = if kind == 9 { at.number(4) } else { kind };
        let count = if kind == 9 { at.number(8) } else { 1 };
        let body = at.at;
        (0..count).for_each(|_| at.skip(element));
        if (key.starts_with("llama.") && key != "llama.attention.layer_norm_rms_epsilon") || key == "general.file_type"
        {
            continue;
        }
        let mut pair = start[from..value].to_vec();
        if kind == 9 && count > 40_000 && key != "tokenizer.ggml.merges" {
            pair.extend(start[value..value + 4].iter());
            pair.extend(words.to_le_bytes());
            pair.extend(&start[body..at.at]);
            for n in count..words {
                match element {
                    8 => string(&mut pair, &format!("<|unused_{n}|>")),
                    // Unused words are control words; none has a score.
                    5 => pair.extend(3_i32.to_le_bytes()),
                    _ => pair.extend(0_f32.to_le_bytes()),
                }
            }
        } else {
            pair.extend(&start[value..at.at]);
        }
        kept.push(pair);
    }
    kept
}

fn read_all(file: &mut File, into: &mut [u8]) -> usize {
    let mut filled = 0;
    loop {
        match file.read(&mut into[filled..]).unwrap() {
            0 => return filled,
            n => filled += n,
        }
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn number(&mut self, width: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(&self.bytes[self.at..self.at + width]);
        self.at += width;
        u64::from_le_bytes(bytes)
    }

    fn text(&mut self) -> String {
        let length = self.number(8) as usize;
        self.at += length;
        String::from_utf8_lossy(&self.bytes[self.at - length..self.at]).into_owned()
    }

    fn skip(&mut self, kind: u64) {
        self.at += match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => self.number(8) as usize,
            other => panic!("an array in an array, or kind {other}"),
        };
    }
}
