//! Models from the disk.

use bogam_train::{Base, Tokens, export};
use candle_core::quantized::gguf_file::Value;
use candle_core::{DType, Tensor};

use crate::disk;

fn flat(x: &Tensor) -> Vec<f32> {
    x.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn a_gguf_and_a_folder_of_the_same_model_compute_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let tokens: Vec<u32> = (0..150).map(|i| (i * 13 % 250) as u32).collect();
    let of = |path| flat(&Base::open(path).unwrap().load(DType::F32).unwrap().logits(None, &tokens).unwrap());
    assert_eq!(of(&disk::gguf(folder.path())), of(&disk::folder(folder.path())));
}

#[test]
fn a_model_that_was_exported_computes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let tokens: Vec<u32> = (0..150).map(|i| (i * 13 % 250) as u32).collect();
    let model = Base::open(&disk::gguf(folder.path())).unwrap().load(DType::F32).unwrap();
    let to = folder.path().join("exported");
    export::write_folder(&model, &to).unwrap();
    let back = Base::open(&to).unwrap();
    assert!(back.tied);
    assert_eq!(back.config, model.config);
    let exported = back.load(DType::F32).unwrap();
    assert_eq!(flat(&exported.logits(None, &tokens).unwrap()), flat(&model.logits(None, &tokens).unwrap()));
}

#[test]
fn a_model_that_cannot_be_trained_is_refused_with_what_is_wrong() {
    type Change = fn(&mut Vec<(String, Value)>);
    type ChangeTensors = fn(&mut Vec<(String, Tensor)>);
    fn set(all: &mut Vec<(String, Value)>, key: &str, value: Value) {
        all.retain(|(k, _)| k != key);
        all.push((key.to_owned(), value));
    }
    let text = |s: &str| s.to_owned();
    let cases: [(Change, ChangeTensors, String); 8] = [
        (|m| set(m, "general.architecture", Value::String("gemma3".into())), |_| (), text("\"gemma3\"")),
        (|m| m.retain(|(k, _)| k != "llama.block_count"), |_| (), text("llama.block_count")),
        (|m| set(m, "llama.block_count", Value::U32(3)), |_| (), text("blk.2.attn_q.weight")),
        (|m| set(m, "llama.attention.head_count", Value::U32(0)), |_| (), text("no attention heads")),
        (|m| set(m, "llama.rope.scaling.type", Value::String("yarn".into())), |_| (), text("yarn")),
        (|m| set(m, "llama.feed_forward_length", Value::U32(40)), |_| (), text("shape [48, 32]")),
        (|m| set(m, "llama.expert_count", Value::U32(8)), |_| (), text("mixture of experts")),
        (|_| (), |t| t.retain(|(k, _)| k != "token_embd.weight"), text("token_embd.weight")),
    ];
    for (change, change_tensors, says) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = disk::gguf_with(folder.path(), change, change_tensors);
        let problem = Base::open(&path).and_then(|base| base.load(DType::F32)).unwrap_err();
        assert_eq!(problem.code(), "train.model");
        assert!(problem.to_string().contains(&says), "{says}: {problem}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = disk::gguf_with(folder.path(), |m| set(m, "tokenizer.ggml.pre", Value::String("hanja".into())), |_| ());
    let problem = Tokens::of(&Base::open(&path).unwrap()).unwrap_err().to_string();
    assert!(problem.contains("hanja"), "{problem}");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(Base::open(&path).and_then(|base| base.load(DType::F32)).unwrap_err().code(), "train.model");
    assert_eq!(Base::open(&folder.path().join("nothing.gguf")).unwrap_err().code(), "train.model");
}

#[test]
fn the_factors_of_rotary_angles_are_read_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let with = |factors: [f32; 4]| {
        let path = disk::gguf_with(
            folder.path(),
            |_| (),
            |tensors| {
                tensors.push(("rope_freqs.weight".into(), Tensor::new(&factors, &candle_core::Device::Cpu).unwrap()));
            },
        );
        let base = Base::open(&path).unwrap();
        flat(&base.load(DType::F32).unwrap().logits(None, &[1, 2, 3, 4, 5, 6]).unwrap())
    };
    let plain = Base::open(&disk::gguf(folder.path())).unwrap().load(DType::F32).unwrap();
    assert_eq!(with([1.0; 4]), flat(&plain.logits(None, &[1, 2, 3, 4, 5, 6]).unwrap()));
    assert_ne!(with([1.0, 1.0, 4.0, 8.0]), with([1.0; 4]));
}
