//! Whole runs of a tiny model.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use bogam_train::samples::{Cleaning, ReadReport, read};
use bogam_train::{
    Adapter, Base, Divided, Ground, ListForm, Llama, Method, Module, Optimizer, Progress, RunReport, Settings, Split,
    Tokens, TrainError, Watch, divide, exchange, standing, train,
};
use candle_core::{DType, Tensor};

use crate::disk;

/// Keeps what it is told, and cancels after so many questions.
#[derive(Default)]
pub struct Recorder {
    steps: Vec<Progress>,
    asked: std::cell::Cell<usize>,
    cancel_at: Option<usize>,
}

impl Watch for Recorder {
    fn step(&mut self, progress: &Progress) {
        self.steps.push(*progress);
    }

    fn cancelled(&self) -> bool {
        self.asked.set(self.asked.get() + 1);
        self.cancel_at.is_some_and(|at| self.asked.get() > at)
    }
}

pub struct Site {
    _folder: tempfile::TempDir,
    model: Llama,
    tokens: Tokens,
    form: ListForm,
}

impl Site {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = Base::open(&disk::gguf(folder.path())).unwrap();
        let model = base.load(DType::F32).unwrap();
        Self { tokens: Tokens::of(&base).unwrap(), model, form: ListForm::new("Drugs given:\n-"), _folder: folder }
    }

    fn divided(&self, max_length: usize) -> (Divided, ReadReport) {
        let (samples, mut report) = read(&mut Cursor::new(lines()), Cleaning::default()).unwrap();
        let split = Split { validation: ["p3".to_owned()].into(), exclude: ["p4".to_owned()].into(), one_of: None };
        let divided = divide(samples, &split, (&self.tokens, &self.form), max_length, &mut report).unwrap();
        (divided, report)
    }

    pub fn run(
        &self,
        settings: &Settings,
        out: &Path,
        resume: bool,
        watch: &mut Recorder,
    ) -> Result<RunReport, TrainError> {
        self.run_within(settings, out, resume, watch, None)
    }

    fn run_within(
        &self,
        settings: &Settings,
        out: &Path,
        resume: bool,
        watch: &mut Recorder,
        memory: Option<u64>,
    ) -> Result<RunReport, TrainError> {
        let (divided, report) = self.divided(settings.max_length);
        let ground = Ground {
            model: &self.model,
            tokens: &self.tokens,
            form: &self.form,
            base: "sha256:base",
            gguf: true,
            base_name: "tiny",
            samples: "sha256:samples",
            memory,
        };
        train(&ground, &divided, settings, &report, (out, resume), watch)
    }
}

/// Ten admissions of five patients.
fn lines() -> String {
    let drugs = ["furosemide", "insulin glargine", "heparin", "metoprolol"];
    let line = |i: usize| {
        let answer: Vec<&str> = drugs.iter().copied().cycle().skip(i).take(2 + i % 2).collect();
        serde_json::json!({"sample_id": format!("s{i}"), "patient_id": format!("p{}", i % 5), "case_id": format!("s{i}"),
            "messages": [{"role": "user", "content": format!("Patient: {} years old.", 40 + i)}], "answer": answer})
    };
    (0..10).map(|i| format!("{}\n", line(i))).collect()
}

pub fn settings() -> Settings {
    Settings { rank: 4, alpha: 8.0, batch: 3, epochs: 4, tokens_at_once: 130, learning_rate: 0.02, ..Settings::usual() }
}

fn flat(x: &Tensor) -> Vec<f32> {
    x.flatten_all().unwrap().to_vec1().unwrap()
}

fn numbers(adapter: &Adapter) -> BTreeMap<(usize, Module), (Vec<f32>, Vec<f32>)> {
    adapter.pairs.iter().map(|(place, pair)| (*place, (flat(&pair.a), flat(&pair.b)))).collect()
}

#[test]
fn a_run_lowers_the_loss_and_writes_what_others_read() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    for (method, optimizer, rate) in [
        (Method::FfaLora, Optimizer::Adamw, 0.02),
        (Method::Lora, Optimizer::Sgd, 1.0),
        (Method::LoraFa, Optimizer::Sgd, 1.0),
    ] {
        let out = folder.path().join(format!("{method:?}"));
        let settings = Settings { method, optimizer, learning_rate: rate, patience: None, ..settings() };
        let mut watch = Recorder::default();
        let report = site.run(&settings, &out, false, &mut watch).unwrap();
        assert_eq!((report.steps, watch.steps.len()), (8, 8), "{method:?}");
        assert_eq!((report.train_samples, report.validation_samples), (6, 2));
        let (first, last) = (report.validation_loss[0], *report.validation_loss.last().unwrap());
        assert_eq!((first.0, last.0), (0, 8));
        assert!(last.1 < 0.9 * first.1, "{method:?}: {:?}", report.validation_loss);
        let config = &site.model.config;
        let from_gguf = exchange::read_gguf(&out.join("adapter.gguf"), config).unwrap();
        let from_peft = exchange::read_peft(&out.join("peft"), config).unwrap();
        assert_eq!(numbers(&from_gguf), numbers(&from_peft));
        assert!((from_gguf.scale() - 2.0).abs() < 1e-12 && (from_peft.scale() - 2.0).abs() < 1e-12);
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap();
        assert_eq!(json["settings"]["optimizer"], if optimizer == Optimizer::Sgd { "sgd" } else { "adamw" });
        assert_eq!(json["read"]["fates"]["excluded_patient"]["records"], 2);
        assert_eq!(json["trained_parameters"], report.trained_parameters);
        let left = watch.steps.last().unwrap().seconds_left;
        assert!(left.abs() < 1e-9 && watch.steps[0].seconds_left > 0.0);
    }
}

#[test]
fn what_is_frozen_keeps_its_bits() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let tokens: Vec<u32> = (0..60).map(|i| (i * 7 % 200) as u32).collect();
    let base = flat(&site.model.logits(None, &tokens).unwrap());
    for (method, a_moves) in [(Method::FfaLora, false), (Method::LoraFa, false), (Method::Lora, true)] {
        let settings = Settings { method, patience: None, ..settings() };
        let out = folder.path().join(format!("{method:?}"));
        site.run(&settings, &out, false, &mut Recorder::default()).unwrap();
        let start = Adapter::new(&site.model.config, &settings.targets, (4, 8.0), settings.seed, DType::F32).unwrap();
        let end = exchange::read_gguf(&out.join("adapter.gguf"), &site.model.config).unwrap();
        for (place, (a, b)) in numbers(&end) {
            let (a_before, b_before) = &numbers(&start)[&place];
            assert_eq!(&a != a_before, a_moves, "{method:?} {place:?}");
            assert_ne!(&b, b_before, "{method:?} {place:?}");
        }
    }
    assert_eq!(flat(&site.model.logits(None, &tokens).unwrap()), base, "the base moved");
}

#[test]
fn a_run_that_was_broken_off_anywhere_ends_as_an_unbroken_one() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let settings = Settings { dropout: 0.1, ..settings() };
    let whole_out = folder.path().join("whole");
    let whole = site.run(&settings, &whole_out, false, &mut Recorder::default()).unwrap();
    let result = |out: &Path| std::fs::read(out.join("adapter.gguf")).unwrap();
    let mut broken_off = 0;
    for cancel_at in (1..60).step_by(3) {
        let out = folder.path().join(format!("broken-{cancel_at}"));
        let mut watch = Recorder { cancel_at: Some(cancel_at), ..Recorder::default() };
        match site.run(&settings, &out, false, &mut watch) {
            Err(TrainError::Cancelled) => broken_off += 1,
            other => {
                other.unwrap();
                continue;
            }
        }
        assert!(!out.join("adapter.gguf").exists());
        let at = standing(&out).unwrap().unwrap();
        assert_eq!((at.step, &at.settings, at.base.as_str()), (watch.steps.len(), &settings, "sha256:base"));
        assert_eq!(at.train_loss, whole.train_loss[..at.step]);
        let report = site.run(&settings, &out, true, &mut Recorder::default()).unwrap();
        assert_eq!(report.train_loss, whole.train_loss, "cancelled at {cancel_at}");
        assert_eq!(report.validation_loss, whole.validation_loss);
        assert_eq!(result(&out), result(&whole_out));
    }
    assert!(broken_off > 8, "{broken_off}");
}

#[test]
fn the_same_seed_gives_the_same_adapter_and_another_seed_another() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let of = |name: &str, seed: u64| {
        let out = folder.path().join(name);
        site.run(&Settings { seed, ..settings() }, &out, false, &mut Recorder::default()).unwrap();
        std::fs::read(out.join("adapter.gguf")).unwrap()
    };
    assert_eq!(of("a", 1), of("b", 1));
    assert_ne!(of("c", 2), of("d", 1));
}

#[test]
fn how_a_batch_is_cut_into_passes_changes_next_to_nothing() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let of = |tokens_at_once: usize, checkpointing: bool| {
        let out = folder.path().join(format!("{tokens_at_once}{checkpointing}"));
        let settings = Settings { tokens_at_once, checkpointing, ..settings() };
        site.run(&settings, &out, false, &mut Recorder::default()).unwrap().train_loss
    };
    let whole = of(10_000, true);
    assert_eq!(whole, of(10_000, false));
    for ((_, a), (_, b)) in whole.iter().zip(of(1, true)) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn a_run_ends_when_the_validation_loss_rises_and_keeps_the_best() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let settings = Settings { learning_rate: 0.5, clip: None, epochs: 30, every: Some(1), ..settings() };
    let report = site.run(&settings, folder.path(), false, &mut Recorder::default()).unwrap();
    assert!(report.stopped_early && report.steps < 60, "{:?}", report.validation_loss);
    let best = report.validation_loss.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert_eq!(report.kept_step, best.0);
    assert_eq!(report.steps, best.0 + 2, "two evaluations without a better one");
    let kept = exchange::read_gguf(&folder.path().join("adapter.gguf"), &site.model.config).unwrap();
    if best.0 > 0 {
        let then = folder.path().join("checkpoints").join(format!("step-{:06}.gguf", best.0));
        assert_eq!(numbers(&exchange::read_gguf(&then, &site.model.config).unwrap()), numbers(&kept));
    } else {
        assert!(numbers(&kept).values().all(|(_, b)| b.iter().all(|x| *x == 0.0)));
    }
}

#[test]
fn a_checkpoint_is_for_its_own_run() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let run = |settings: &Settings, resume| site.run(settings, folder.path(), resume, &mut Recorder::default());
    run(&settings(), false).unwrap();
    let again = run(&settings(), false).unwrap_err().to_string();
    assert!(again.contains("--resume"), "{again}");
    let other = run(&Settings { learning_rate: 0.03, ..settings() }, true).unwrap_err().to_string();
    assert!(other.contains("learning_rate (0.02 there, 0.03 here)"), "{other}");
    // A finished run that is taken up is finished.
    let before = std::fs::read(folder.path().join("adapter.gguf")).unwrap();
    assert_eq!(run(&settings(), true).unwrap().steps, 8);
    assert_eq!(std::fs::read(folder.path().join("adapter.gguf")).unwrap(), before);
    let path = folder.path().join("checkpoint.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let damaged = run(&settings(), true).unwrap_err();
    assert_eq!(damaged.code(), "train.adapter");
    assert!(damaged.to_string().contains("checkpoint"), "{damaged}");
}

#[test]
fn what_does_not_fit_is_refused_with_numbers_before_anything_is_written() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let out = folder.path().join("run");
    let refused = site.run_within(&settings(), &out, false, &mut Recorder::default(), Some(1 << 20)).unwrap_err();
    assert_eq!(refused.code(), "train.memory");
    assert!(refused.to_string().contains("1 MiB are free") && refused.to_string().contains("logits"), "{refused}");
    assert!(!out.exists());
    site.run_within(&settings(), &out, false, &mut Recorder::default(), Some(1 << 30)).unwrap();
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_and_leaves_the_checkpoint() {
    let (site, folder) = (Site::new(), tempfile::tempdir().unwrap());
    let wild = Settings { learning_rate: 1e300, optimizer: Optimizer::Sgd, clip: None, warmup: 0.0, ..settings() };
    let error = site.run(&wild, folder.path(), false, &mut Recorder::default()).unwrap_err();
    assert_eq!(error.code(), "train.diverged", "{error}");
    assert!(folder.path().join("checkpoint.safetensors").exists());
    assert!(!folder.path().join("adapter.gguf").exists());
}

#[test]
fn the_order_of_the_drugs_is_another_in_each_epoch_and_the_prompt_is_not_learned() {
    let site = Site::new();
    let (divided, _) = site.divided(2048);
    let sample = divided.train.iter().find(|s| s.id == "s1").unwrap();
    let text = |order: &[usize]| {
        let encoded = site.tokens.record(&sample.messages, &sample.answer, order, &site.form).unwrap();
        let (prompt, answer) = encoded.tokens.split_at(encoded.answer);
        (site.tokens.decode(prompt).unwrap(), site.tokens.decode(answer).unwrap())
    };
    let (prompt, answer) = text(&[0, 1, 2]);
    assert_eq!(prompt, "<|start|>user\nPatient: 41 years old.<|end|>\n<|start|>assistant\nDrugs given:\n-");
    assert_eq!(answer, " insulin glargine\n- heparin\n- metoprolol\n<|end|>");
    assert_eq!(text(&[2, 0, 1]).1, " metoprolol\n- insulin glargine\n- heparin\n<|end|>");
}
