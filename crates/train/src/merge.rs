//! A model with an adapter worked into it, for programs that attach none: `W + (alpha / rank) B A` in place of each matrix `W`
//! that the adapter changes. Metadata and all other tensors are taken over byte for byte.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use bogam_engine::gguf::{BASE, is_base};
use candle_core::quantized::gguf_file::{Content, TensorInfo};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};

use crate::base::{Base, to_gguf_rows};
use crate::config::text;
use crate::error::TrainError;
use crate::exchange;
use crate::lora::{Adapter, Place};

/// What the changed matrices are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As each was, rounded anew.
    Same,
    /// 32 bits: nothing is rounded.
    F32,
    /// 16 bits.
    F16,
    /// 8.5 bits.
    Q8_0,
}

/// What was merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Matrices that were changed.
    pub matrices: usize,
    /// Bytes of the file before and after.
    pub bytes: (u64, u64),
    /// How much of the adapter's change is there after rounding: 1 is all of it. A matrix that lay on the steps of a coarse form
    /// falls back on them when the change is smaller than a step.
    pub kept: f64,
    /// What else rounding changes, as a share of the adapter's change: both as roots of the mean square.
    pub rounding: f64,
}

/// Merges an adapter into its model. `to` must not be there yet.
///
/// # Errors
/// When a file cannot be read or written, or the adapter is of another model.
pub fn merge(model: &Path, adapter: &Path, to: &Path, form: Form) -> Result<Merged, TrainError> {
    let base = Base::open(model)?;
    if base.metadata().is_none() {
        return Err(TrainError::model(model, "is a folder; give the GGUF file that the adapter was trained on"));
    }
    if to.exists() {
        return Err(TrainError::adapter(to, "is there already; remove it, or give another --out"));
    }
    belongs(&base, adapter)?;
    let pairs = exchange::read_gguf(adapter, &base.config)?;
    let mut source = BufReader::new(File::open(model).map_err(|e| TrainError::io(model, e))?);
    let content = Content::read(&mut source)?;
    let cut = |e: std::io::Error| TrainError::model(model, format!("cannot be read ({e}); copy or download it again"));
    let mut layout = Layout::read(&mut source).map_err(cut)?;
    rename_base(&mut layout.head);
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let half = tempfile::Builder::new().prefix(".").suffix(".partial").tempfile_in(folder);
    let half = half.map_err(|e| TrainError::io(to, e))?;
    let mut out = BufWriter::new(half);
    let work = Work { base: &base, content: &content, layout: &layout, pairs: &pairs, form };
    let (kept, rounding) = work.write(&mut source, &mut out).map_err(|fault| match fault {
        Fault::Io(e) => TrainError::io(to, e),
        Fault::Train(e) => e,
    })?;
    let half = out.into_inner().map_err(|e| TrainError::io(to, e.into_error()))?;
    half.as_file().sync_all().map_err(|e| TrainError::io(to, e))?;
    half.persist_noclobber(to).map_err(|e| TrainError::io(to, e.error))?;
    let bytes = |path: &Path| std::fs::metadata(path).map(|meta| meta.len()).map_err(|e| TrainError::io(path, e));
    Ok(Merged { matrices: pairs.pairs.len(), bytes: (bytes(model)?, bytes(to)?), kept, rounding })
}

/// An adapter that was trained here names its model.
fn belongs(base: &Base, adapter: &Path) -> Result<(), TrainError> {
    let file = File::open(adapter).map_err(|e| TrainError::io(adapter, e))?;
    let content = Content::read(&mut BufReader::new(file))
        .map_err(|e| TrainError::adapter(adapter, format!("is no GGUF file that can be read ({e})")))?;
    let origin = base.metadata().and_then(|metadata| text(metadata, BASE));
    match text(&content.metadata, BASE) {
        Some(named) if !is_base(named, &base.hash()?, origin) => {
            let problem = format!("was trained on a model of hash {named}; {} is another", base.path().display());
            Err(TrainError::adapter(adapter, problem))
        }
        Some(_) | None => Ok(()),
    }
}

/// What the model was converted from stands under another name of the same length: the merged one is no longer what adapters of
/// that file were trained on.
fn rename_base(head: &mut [u8]) {
    let length = u64::try_from(BASE.len()).unwrap_or(0).to_le_bytes();
    let key = [length.as_slice(), BASE.as_bytes(), TEXT.to_le_bytes().as_slice()].concat();
    if let Some(at) = head.windows(key.len()).position(|bytes| bytes == key)
        && let Some(name) = head.get_mut(at + length.len()..at + length.len() + BASE.len())
    {
        name.copy_from_slice(MERGED_INTO.as_bytes());
    }
}

/// The name in the metadata for the hash of the file that a merged model's one was converted from.
const MERGED_INTO: &str = "bogam.from";

/// Kind of a text in the metadata of a GGUF.
const TEXT: u32 = 8;

enum Fault {
    Io(std::io::Error),
    Train(TrainError),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<TrainError> for Fault {
    fn from(error: TrainError) -> Self {
        Self::Train(error)
    }
}

impl From<candle_core::Error> for Fault {
    fn from(error: candle_core::Error) -> Self {
        Self::Train(error.into())
    }
}

/// Where the parts of a GGUF lie (<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, versions 2 and 3).
struct Layout {
    /// Everything before the list of tensors.
    head: Vec<u8>,
    /// Tensors in the order of the list: name, sides, where its data begins.
    tensors: Vec<Listed>,
    alignment: u64,
    /// Where data begins.
    data: u64,
    /// Bytes of the file.
    length: u64,
}

struct Listed {
    name: String,
    sides: Vec<u64>,
    kind: u32,
    offset: u64,
}

fn u32_of(from: &mut impl Read) -> std::io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn u64_of(from: &mut impl Read) -> std::io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn damaged() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, "its header is damaged")
}

fn text_of(from: &mut (impl Read + Seek)) -> std::io::Result<String> {
    let length = u64_of(from)?;
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| damaged())
}

/// Goes past values of a kind.
fn skip(from: &mut (impl Read + Seek), kind: u32, count: u64) -> std::io::Result<()> {
    let wide = match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        8 => {
            for _ in 0..count {
                let length = u64_of(from)?;
                skip(from, 0, length)?;
            }
            return Ok(());
        }
        9 => {
            for _ in 0..count {
                let (inner, count) = (u32_of(from)?, u64_of(from)?);
                // Arrays of arrays are in no model.
                if inner == 9 {
                    return Err(damaged());
                }
                skip(from, inner, count)?;
            }
            return Ok(());
        }
        _ => return Err(damaged()),
    };
    let bytes = count.checked_mul(wide).and_then(|n| i64::try_from(n).ok()).ok_or_else(damaged)?;
    from.seek(SeekFrom::Current(bytes)).map(drop)
}

impl Layout {
    fn read(from: &mut (impl Read + Seek)) -> std::io::Result<Self> {
        let length = from.seek(SeekFrom::End(0))?;
        from.seek(SeekFrom::Start(8))?;
        let (tensors, entries) = (u64_of(from)?, u64_of(from)?);
        let mut alignment = 32;
        for _ in 0..entries {
            let (key, kind) = (text_of(from)?, u32_of(from)?);
            if key == "general.alignment" && kind == 4 {
                alignment = u64::from(u32_of(from)?).max(1);
            } else {
                skip(from, kind, 1)?;
            }
        }
        let end = from.stream_position()?;
        let mut listed = Vec::new();
        for _ in 0..tensors {
            let (name, sides) = (text_of(from)?, u32_of(from)?);
            let sides = (0..sides.min(8)).map(|_| u64_of(from)).collect::<std::io::Result<Vec<u64>>>()?;
            listed.push(Listed { name, sides, kind: u32_of(from)?, offset: u64_of(from)? });
        }
        let data = from.stream_position()?.next_multiple_of(alignment);
        from.seek(SeekFrom::Start(0))?;
        let mut head = Vec::new();
        from.take(end).read_to_end(&mut head)?;
        Ok(Self { head, tensors: listed, alignment, data, length })
    }

    /// Bytes of a tensor's data, with what fills it up to the next one.
    fn span(&self, tensor: &Listed) -> u64 {
        let after = self.tensors.iter().map(|other| other.offset).filter(|offset| *offset > tensor.offset).min();
        after.unwrap_or_else(|| self.length.saturating_sub(self.data)).saturating_sub(tensor.offset)
    }
}

struct Work<'a> {
    base: &'a Base,
    content: &'a Content,
    layout: &'a Layout,
    pairs: &'a Adapter,
    form: Form,
}

/// As a GGUF numbers types.
const fn number(form: GgmlDType) -> Option<u32> {
    match form {
        GgmlDType::F32 => Some(0),
        GgmlDType::F16 => Some(1),
        GgmlDType::Q4_0 => Some(2),
        GgmlDType::Q4_1 => Some(3),
        GgmlDType::Q5_0 => Some(6),
        GgmlDType::Q5_1 => Some(7),
        GgmlDType::Q8_0 => Some(8),
        GgmlDType::Q2K => Some(10),
        GgmlDType::Q3K => Some(11),
        GgmlDType::Q4K => Some(12),
        GgmlDType::Q5K => Some(13),
        GgmlDType::Q6K => Some(14),
        GgmlDType::BF16 => Some(30),
        // Of intermediate results only.
        GgmlDType::Q8_1 | GgmlDType::Q8K => None,
    }
}

impl Work<'_> {
    /// The form of a changed matrix.
    fn form(&self, info: &TensorInfo) -> GgmlDType {
        match self.form {
            Form::Same => info.ggml_dtype,
            Form::F32 => GgmlDType::F32,
            Form::F16 => GgmlDType::F16,
            Form::Q8_0 => GgmlDType::Q8_0,
        }
    }

    fn write(&self, source: &mut (impl Read + Seek), out: &mut impl Write) -> Result<(f64, f64), Fault> {
        let layout = self.layout;
        let by_name: BTreeMap<String, Place> = self
            .pairs
            .pairs
            .keys()
            .map(|place| (format!("blk.{}.{}.weight", place.0, place.1.gguf()), *place))
            .collect();
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        // The list of tensors is written before any data: bytes follow from shape and form.
        let (mut list, mut at) = (Vec::new(), 0_u64);
        for tensor in &layout.tensors {
            list.extend(wide(tensor.name.len()).to_le_bytes());
            list.extend(tensor.name.as_bytes());
            list.extend(u32::try_from(tensor.sides.len()).unwrap_or(0).to_le_bytes());
            list.extend(tensor.sides.iter().flat_map(|side| side.to_le_bytes()));
            let changed = by_name.get(&tensor.name).and_then(|_| self.content.tensor_infos.get(&tensor.name));
            let (kind, bytes) = match changed {
                Some(info) => {
                    let form = self.form(info);
                    let blocks = info.shape.elem_count() / form.block_size();
                    let whole = info.shape.dims().last().is_some_and(|side| side.is_multiple_of(form.block_size()));
                    let kind = number(form).filter(|_| whole).ok_or_else(|| {
                        let problem = format!("{} cannot be written as {form:?}; use --to f16", tensor.name);
                        TrainError::model(self.base.path(), problem)
                    })?;
                    (kind, wide(blocks * form.type_size()))
                }
                None => (tensor.kind, layout.span(tensor)),
            };
            list.extend(kind.to_le_bytes());
            list.extend(at.to_le_bytes());
            at = (at + bytes).next_multiple_of(layout.alignment);
        }
        let fill = |out: &mut dyn Write, bytes: u64| {
            let missing = bytes.next_multiple_of(layout.alignment) - bytes;
            out.write_all(&vec![0; usize::try_from(missing).unwrap_or(0)])
        };
        out.write_all(&layout.head)?;
        out.write_all(&list)?;
        fill(out, wide(layout.head.len() + list.len()))?;
        let mut sums = [0.0; 3];
        for tensor in &layout.tensors {
            if let Some(place) = by_name.get(&tensor.name) {
                let (bytes, of_this) = self.matrix(source, &tensor.name, *place)?;
                sums.iter_mut().zip(of_this).for_each(|(sum, x)| *sum += x);
                out.write_all(&bytes)?;
                fill(out, wide(bytes.len()))?;
            } else {
                let span = layout.span(tensor);
                source.seek(SeekFrom::Start(layout.data + tensor.offset))?;
                if std::io::copy(&mut source.by_ref().take(span), out)? < span {
                    return Err(Fault::Io(std::io::ErrorKind::UnexpectedEof.into()));
                }
                fill(out, span)?;
            }
        }
        let [change, kept, rounding] = sums;
        Ok(if change > 0.0 { (kept / change, (rounding / change).sqrt()) } else { (1.0, 0.0) })
    }

    /// Bytes of a changed matrix; sums of the square of the adapter's change, of its product with what is found in the rounded
    /// matrix, and of the square of the rounding.
    fn matrix(&self, source: &mut (impl Read + Seek), name: &str, place: Place) -> Result<(Vec<u8>, [f64; 3]), Fault> {
        let (Some(pair), Some(info)) = (self.pairs.pairs.get(&place), self.content.tensor_infos.get(name)) else {
            return Err(TrainError::model(self.base.path(), format!("{name} is missing")).into());
        };
        let wide = |x: &Tensor| x.to_dtype(DType::F64);
        let before = wide(&self.content.tensor(source, name, &Device::Cpu)?.dequantize(&Device::Cpu)?)?;
        let change = wide(&pair.b)?.matmul(&wide(&pair.a)?)?.affine(self.pairs.scale(), 0.0)?;
        let change = to_gguf_rows(&change, place.1, &self.base.config)?;
        let exact = (&before + &change)?;
        let rounded = QTensor::quantize(&exact.to_dtype(DType::F32)?, self.form(info))?;
        let after = wide(&rounded.dequantize(&Device::Cpu)?)?;
        let sum = |x: Tensor| x.sum_all()?.to_scalar::<f64>();
        let (found, rounding) = ((&after - &before)?, (&after - &exact)?);
        let sums = [sum(change.sqr()?)?, sum((found * &change)?)?, sum(rounding.sqr()?)?];
        Ok((rounded.data()?.into_owned(), sums))
    }
}
