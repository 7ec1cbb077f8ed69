//! An adapter worked into its model.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use bogam_engine::llama::session::load_model;
use bogam_train::merge::{Form, merge};
use bogam_train::{Adapter, Base, Module, Tokens, exchange};
use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};

use crate::parity::{compare, context, dequantized, prompts, settings, starter};

/// An adapter that changes much, as a file.
fn adapter(base: &Base, named: &str, folder: &Path) -> (Adapter, PathBuf) {
    let mut adapter = Adapter::new(&base.config, &[Module::Q, Module::V], (4, 8.0), 3, DType::F32).unwrap();
    for (i, pair) in adapter.pairs.values_mut().enumerate() {
        let (rows, rank) = pair.b.dims2().unwrap();
        let values: Vec<f32> = (0..rows * rank).map(|j| ((i * 31 + j * 7) % 23) as f32 / 23.0 - 0.5).collect();
        pair.b = (Tensor::from_vec(values, (rows, rank), &Device::Cpu).unwrap() * 0.2).unwrap();
    }
    let path = folder.join("adapter.gguf");
    exchange::write_gguf(&adapter, &base.config, &[("bogam.base", named.to_owned())], &path).unwrap();
    (adapter, path)
}

struct Read {
    content: Content,
    reader: BufReader<File>,
    bytes: Vec<u8>,
}

impl Read {
    fn new(path: &Path) -> Self {
        let mut reader = BufReader::new(File::open(path).unwrap());
        Self { content: Content::read(&mut reader).unwrap(), reader, bytes: std::fs::read(path).unwrap() }
    }

    fn form(&self, name: &str) -> GgmlDType {
        self.content.tensor_infos[name].ggml_dtype
    }

    fn data(&self, name: &str) -> &[u8] {
        let info = &self.content.tensor_infos[name];
        let from = (self.content.tensor_data_offset + info.offset) as usize;
        &self.bytes[from..from + info.shape.elem_count() / info.ggml_dtype.block_size() * info.ggml_dtype.type_size()]
    }

    fn tensor(&mut self, name: &str) -> Tensor {
        self.content.tensor(&mut self.reader, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap()
    }

    /// Metadata by key; a map has no order.
    fn metadata(&self) -> BTreeMap<String, String> {
        self.content.metadata.iter().map(|(key, value)| (key.clone(), format!("{value:?}"))).collect()
    }
}

#[test]
fn a_merged_file_is_the_model_with_the_adapter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f32.gguf");
    dequantized(&starter(), &path);
    let base = Base::open(&path).unwrap();
    let (model, tokens) = (base.load(DType::F32).unwrap(), Tokens::of(&base).unwrap());
    let (adapter, file) = adapter(&base, &base.hash().unwrap(), folder.path());
    let to = folder.path().join("merged.gguf");
    let merged = merge(&path, &file, &to, Form::F32).unwrap();
    assert_eq!((merged.matrices, merged.bytes.0), (60, merged.bytes.1));
    assert!((merged.kept - 1.0).abs() < 1e-5 && merged.rounding < 1e-4, "{merged:?}");
    let prompts = prompts(&tokens);
    let (theirs, _, _) = load_model(&to, &settings(None), |_| {}).unwrap();
    let (worst, same) = compare(&mut context(theirs, false), &model, Some(&adapter), &prompts[..5]);
    eprintln!("merged: largest difference {worst:.1e} nats, same best token at {:.2} %", 100.0 * same);
    assert!(worst < 2e-2 && same >= 0.99, "{worst:e} {same}");
    // The comparison can fail: what was merged is far from what it was.
    let (apart, _) = compare(&mut context(theirs, false), &model, None, &prompts[..1]);
    assert!(apart > 0.5, "the adapter changes next to nothing: {apart}");
    let error = merge(&path, &file, &to, Form::F32).unwrap_err();
    assert!(error.to_string().contains("is there already"), "{error}");
}

#[test]
fn a_merged_file_is_no_longer_one_that_adapters_of_its_origin_belong_to() {
    let folder = tempfile::tempdir().unwrap();
    let origin = format!("sha256:{}", "5".repeat(64));
    let mut from = Read::new(&starter());
    let named = Value::String(origin.clone());
    let mut metadata: Vec<(&str, &Value)> = from.content.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    metadata.push(("bogam.base", &named));
    let tensor = |name: &String| (name.clone(), from.content.tensor(&mut from.reader, name, &Device::Cpu).unwrap());
    let tensors: Vec<(String, QTensor)> = from.content.tensor_infos.keys().map(tensor).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let converted = folder.path().join("converted.gguf");
    gguf_file::write(&mut File::create(&converted).unwrap(), &metadata, &tensors).unwrap();

    let (_, file) = adapter(&Base::open(&converted).unwrap(), &origin, folder.path());
    let to = folder.path().join("merged.gguf");
    merge(&converted, &file, &to, Form::Same).unwrap();
    let (before, mut after) = (Read::new(&converted).metadata(), Read::new(&to).metadata());
    let from = after.remove("bogam.from");
    assert!(from.is_some() && from == before.get("bogam.base").cloned());
    assert_eq!(after.len() + 1, before.len());
    let error = merge(&to, &file, &folder.path().join("twice.gguf"), Form::Same).unwrap_err();
    assert!(error.to_string().contains("was trained on a model of hash"), "{error}");
}

#[test]
fn what_the_adapter_does_not_change_is_taken_over_byte_for_byte_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let (path, base) = (starter(), Base::open(&starter()).unwrap());
    let (adapter, file) = adapter(&base, &base.hash().unwrap(), folder.path());
    let mut before = Read::new(&path);
    for form in [Form::Same, Form::F32, Form::F16, Form::Q8_0] {
        let to = folder.path().join(format!("{form:?}.gguf"));
        let merged = merge(&path, &file, &to, form).unwrap();
        let mut after = Read::new(&to);
        assert_eq!(after.metadata(), before.metadata());
        assert_eq!(after.content.tensor_infos.len(), before.content.tensor_infos.len());
        let head = |read: &Read| -> Vec<u8> {
            let end = read.bytes.windows(9).position(|w| w == b"general.f").unwrap();
            read.bytes[..end].to_vec()
        };
        assert_eq!(head(&after), head(&before));
        let mut changed = 0;
        for name in before.content.tensor_infos.keys().cloned().collect::<Vec<String>>() {
            if !name.ends_with("attn_q.weight") && !name.ends_with("attn_v.weight") {
                assert_eq!(after.form(&name), before.form(&name), "{name}");
                assert_eq!(after.data(&name), before.data(&name), "{name}");
                continue;
            }
            changed += 1;
            let wanted = match form {
                Form::Same => before.form(&name),
                Form::F32 => GgmlDType::F32,
                Form::F16 => GgmlDType::F16,
                Form::Q8_0 => GgmlDType::Q8_0,
            };
            assert_eq!(after.form(&name), wanted);
        }
        assert_eq!((changed, merged.matrices), (60, 60));
        // V keeps the order of its rows: what was added is B A, scaled, up to the rounding of the form.
        let name = "blk.7.attn_v.weight";
        let pair = &adapter.pairs[&(7, Module::V)];
        let added = (pair.b.matmul(&pair.a).unwrap() * 2.0).unwrap();
        let found = (after.tensor(name) - before.tensor(name)).unwrap();
        let sum = |x: Tensor| f64::from(x.sum_all().unwrap().to_scalar::<f32>().unwrap());
        let whole = sum(added.sqr().unwrap());
        // How much of it is there, and what stands beside it.
        let kept = sum((&found * &added).unwrap()) / whole;
        let beside = (sum((&found - &added).unwrap().sqr().unwrap()) / whole).sqrt();
        eprintln!("{form:?}: {kept:.4} of the change in {name}, {beside:.1e} beside; in all {merged:?}");
        let (least, most) = match form {
            Form::F32 => (1.0 - 1e-5, 1e-4),
            Form::F16 => (0.99, 3e-2),
            Form::Q8_0 => (0.95, 0.5),
            // Four bits: the matrix lay on their steps and falls back on most of them. It is told.
            Form::Same => (0.05, 3.0),
        };
        assert!((least..1.05).contains(&kept) && beside < most, "{form:?}: {kept} {beside}");
        assert!((merged.kept - kept).abs() < 0.2 && merged.rounding < most, "{merged:?} {kept}");
        assert_eq!(merged.kept < 0.9, form == Form::Same, "{merged:?}");
        load_model(&to, &settings(None), |_| {}).unwrap();
    }
}

#[test]
fn an_adapter_of_another_model_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let base = Base::open(&starter()).unwrap();
    let (_, file) = adapter(&base, &format!("sha256:{}", "0".repeat(64)), folder.path());
    let to = folder.path().join("merged.gguf");
    let error = merge(&starter(), &file, &to, Form::Same).unwrap_err();
    assert!(error.to_string().contains("was trained on a model of hash sha256:000"), "{error}");
    let error = merge(&starter(), &starter(), &to, Form::Same).unwrap_err();
    assert!(error.to_string().contains("no adapter"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
