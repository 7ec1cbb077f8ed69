//! Adapters to Python's `peft` and back. `BOGAM_PEFT_PYTHON` names a Python that has torch, transformers and peft.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use bogam_train::{Adapter, Base, Module, exchange};
use candle_core::{DType, Device, Tensor};

use crate::disk;

#[test]
fn peft_reads_what_is_written_here_and_the_other_way_round() {
    let Ok(python) = std::env::var("BOGAM_PEFT_PYTHON") else {
        // Past the capture of the test program: a test that did nothing says so.
        drop(writeln!(
            std::io::stderr(),
            "SKIPPED (BOGAM_PEFT_PYTHON names no Python with peft): peft_reads_what_is_written_here"
        ));
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let base = disk::folder(place.path());
    let model = Base::open(&base).unwrap().load(DType::F32).unwrap();
    let mut adapter = Adapter::new(&model.config, &Module::ALL, (4, 6.0), 3, DType::F32).unwrap();
    for pair in adapter.pairs.values_mut() {
        pair.b = Tensor::randn(0_f32, 0.3, pair.b.shape(), &Device::Cpu).unwrap();
    }
    let (written, made) = (place.path().join("written"), place.path().join("made"));
    exchange::write_peft(&adapter, "tiny", 0.0, &written).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/with_peft.py");
    let output = Command::new(python).arg(script).args([&base, &written, &made]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let tokens: Vec<u32> = (0..150).map(|i| (i * 13 % 250) as u32).collect();
    let by_peft = exchange::read_peft(&made, &model.config).unwrap();
    assert_eq!((by_peft.rank, by_peft.pairs.len()), (3, 2 * 3));
    for (name, adapter) in [("base", None), ("ours", Some(&adapter)), ("peft", Some(&by_peft))] {
        let ours: Vec<f32> = model.logits(adapter, &tokens).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let theirs: Vec<f64> = theirs[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!(ours.len(), theirs.len());
        let worst = ours.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        let most = theirs.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        eprintln!("{name}: largest difference of logits {worst:.1e} of {most:.1}");
        assert!(worst < 1e-4 * most.max(1.0), "{name}: {worst:e}");
    }
}

#[test]
fn a_folder_of_another_kind_or_model_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let model = Base::open(&disk::folder(place.path())).unwrap().load(DType::F32).unwrap();
    let adapter = Adapter::new(&model.config, &[Module::Q], (4, 6.0), 3, DType::F32).unwrap();
    let folder = place.path().join("adapter");
    exchange::write_peft(&adapter, "tiny", 0.0, &folder).unwrap();
    let config = folder.join("adapter_config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    for (from, to, says) in [
        ("\"use_dora\": false", "\"use_dora\": true", "plain LoRA"),
        ("\"LORA\"", "\"IA3\"", "plain LoRA"),
        ("\"bias\": \"none\"", "\"bias\": \"all\"", "plain LoRA"),
        ("\"rank_pattern\": {}", "\"rank_pattern\": {\"q\": 2}", "rank_pattern"),
        ("\"r\": 4", "\"r\": 5", "rank 5"),
        ("{", "", "cannot be read"),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&config, text.replacen(from, to, 1)).unwrap();
        let problem = exchange::read_peft(&folder, &model.config).unwrap_err();
        assert!(problem.to_string().contains(says), "{problem}");
    }
    std::fs::write(&config, text.replace("\"use_rslora\": false", "\"use_rslora\": true")).unwrap();
    let stabilized = exchange::read_peft(&folder, &model.config).unwrap();
    assert!((stabilized.scale() - 3.0).abs() < 1e-12, "alpha over the root of the rank: {}", stabilized.scale());
    std::fs::write(&config, text).unwrap();
    let mut other = model.config.clone();
    other.hidden *= 2;
    let problem = exchange::read_peft(&folder, &other).unwrap_err().to_string();
    assert!(problem.contains("another model"), "{problem}");
    let gguf = place.path().join("adapter.gguf");
    exchange::write_gguf(&adapter, &model.config, &[], &gguf).unwrap();
    assert!(exchange::read_gguf(&gguf, &other).unwrap_err().to_string().contains("another model"));
    let no_adapter = exchange::read_gguf(&disk::gguf(place.path()), &model.config).unwrap_err().to_string();
    assert!(no_adapter.contains("no adapter"), "{no_adapter}");
}
