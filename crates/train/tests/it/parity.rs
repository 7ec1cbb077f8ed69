//! The starter model here and in llama.cpp: tokens, logits, and an adapter that was trained here.

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::mem::ManuallyDrop;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use bogam_engine::llama::session::{SessionSettings, load_model};
use bogam_engine::llama::{Footprint, Session};
use bogam_engine::{Prompt, Role};
use bogam_train::samples::{Cleaning, Message, read};
use bogam_train::{
    Adapter, Base, Ground, ListForm, Llama, Progress, Settings, Split, Tokens, Watch, divide, exchange, train,
};
use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

/// Tokens of a prompt that is compared.
const LENGTH: usize = 200;

pub fn starter() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(path.exists(), "the starter model is missing: run `make setup`");
    path
}

/// The model with every tensor as f32: what quantized arithmetic rounds is not what is compared.
pub fn dequantized(path: &Path, to: &Path) {
    let mut reader = BufReader::new(File::open(path).unwrap());
    let content = Content::read(&mut reader).unwrap();
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let tensors: Vec<(&str, QTensor)> = names
        .into_iter()
        .map(|name| {
            let x = content.tensor(&mut reader, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
            (name.as_str(), QTensor::quantize(&x, GgmlDType::F32).unwrap())
        })
        .collect();
    let mut metadata = content.metadata.clone();
    metadata.insert("general.file_type".to_owned(), Value::U32(0));
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, x)| (*name, x)).collect();
    gguf_file::write(&mut File::create(to).unwrap(), &metadata, &tensors).unwrap();
}

pub fn settings(adapter: Option<&Path>) -> SessionSettings {
    let adapter = adapter.map(|path| (path.display().to_string(), 1.0));
    SessionSettings { footprint: Footprint::default(), threads: 2, deterministic: false, adapter, force: true }
}

/// Texts as the tokenizer meets them: clinical, Korean, English, and what is odd.
fn corpus() -> Vec<String> {
    let mut all: Vec<String> = [
        "Patient: 67 years old, male, 82 kg, eGFR 29. Setting: inpatient, MED.\nDiagnoses: Heart failure, unspecified; CKD 4.",
        "Furosemide 40 mg IV q12h, KCl 20 mEq PO; K+ 5.6 mmol/L, Na 131, Cr 2.4 mg/dL (baseline 1.1-1.3), INR 2.5.",
        "심부전과 심방세동이 있는 67세 남자 환자입니다. 크레아티닌 2.4 mg/dL, 칼륨 5.6 mmol/L로 신기능이 나빠졌습니다.",
        "하루 세 번, 식후 30분에 드십시오. 어지러우면 바로 알려 주세요!",
        "It's the patient's 3rd admission; they'll need 1,250,000 units, won't they?  (see  p. 12)",
        "α-blocker, β₂-agonist, µg/kg/min, 37.5 °C, ≥ 60 %, ½ tablet, naïve café, Ménière's",
        "  leading and trailing  \n\n\n  blank lines\t\ttabs \r\n",
        "<|im_start|>system\nnot a template<|im_end|>",
        "日本語と中文混在, emoji 😀👩‍⚕️, مرحبا, Привет",
        "insulin glargine\n- heparin\n- piperacillin / tazobactam\n- potassium chloride\n",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaa 0000000000 ---- ==== ....",
        "https://example.org/a_b?c=d&e=%20f#g  user@example.org  010-1234-5678",
        "", " ", "\n", "'", "가", "\u{1112}\u{1161}\u{11AB}",
    ]
    .map(str::to_owned)
    .to_vec();
    // The guide in Korean and English, and the names of the formulary.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in ["README.md", "ARCHITECTURE.md"] {
        all.extend(std::fs::read_to_string(root.join(file)).unwrap().split("\n\n").map(str::to_owned));
    }
    for entry in std::fs::read_dir(root.join("assets/knowledge/ingredients")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        all.extend(text.split("\n\n").take(40).map(str::to_owned));
    }
    all
}

pub fn prompts(tokens: &Tokens) -> Vec<Vec<u32>> {
    let texts: Vec<String> = corpus().into_iter().filter(|t| t.len() > 60).collect();
    let prompt = |i: usize| {
        let long: String = texts.iter().cycle().skip(i * 3).take(40).map(|t| format!("{t}\n")).collect();
        tokens.encode(&long, false).unwrap()[..LENGTH].to_vec()
    };
    (0..20).map(prompt).collect()
}

/// A context with keys and values in f32. With flash attention llama.cpp rounds to f16 within: that is its choice for speed, and
/// not what is compared.
pub fn context(model: &'static LlamaModel, flash: bool) -> LlamaContext<'static> {
    // Loading started llama.cpp; this value only stands for that and must not end it.
    let started = ManuallyDrop::new(LlamaBackend {});
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(512))
        .with_n_batch(256)
        .with_n_ubatch(256)
        .with_n_threads(2)
        .with_n_threads_batch(2)
        .with_flash_attention_policy(i32::from(flash))
        .with_type_k(KvCacheType::F32)
        .with_type_v(KvCacheType::F32);
    model.new_context(&started, params).unwrap()
}

fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum = logits.iter().map(|x| f64::from(x - most).exp()).sum::<f64>().ln();
    logits.iter().map(|x| f64::from(x - most) - sum).collect()
}

/// Largest difference of log-probabilities over all positions and tokens, and the share of positions with the same best token.
pub fn compare(
    context: &mut LlamaContext<'static>,
    model: &Llama,
    adapter: Option<&Adapter>,
    prompts: &[Vec<u32>],
) -> (f64, f64) {
    let best = |x: &[f64]| x.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    let (mut worst, mut same, mut all) = (0.0_f64, 0_u32, 0_u32);
    for prompt in prompts {
        context.clear_kv_cache();
        let mut batch = LlamaBatch::new(256, 1);
        for (i, t) in prompt.iter().enumerate() {
            batch.add(LlamaToken(*t as i32), i as i32, &[0], true).unwrap();
        }
        context.decode(&mut batch).unwrap();
        let ours = model.logits(adapter, prompt).unwrap().to_vec2::<f32>().unwrap();
        for (i, ours) in ours.iter().enumerate() {
            let (ours, theirs) = (log_softmax(ours), log_softmax(context.get_logits_ith(i as i32)));
            worst = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(worst, f64::max);
            same += u32::from(best(&ours) == best(&theirs));
            all += 1;
        }
    }
    (worst, f64::from(same) / f64::from(all))
}

struct Silent;

impl Watch for Silent {
    fn step(&mut self, _: &Progress) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// Fifty steps on a few made-up admissions.
fn trained(model: &Llama, tokens: &Tokens, out: &Path) -> Adapter {
    let drugs = ["furosemide", "insulin glargine", "heparin", "metoprolol", "potassium chloride"];
    let line = |i: usize| {
        let answer: Vec<&str> = drugs.iter().copied().cycle().skip(i).take(3).collect();
        let content =
            format!("Which drugs is this patient given?\n\nPatient: {} years old. Diagnoses: heart failure.", 50 + i);
        serde_json::json!({"sample_id": i.to_string(), "patient_id": i.to_string(),
            "messages": [{"role": "system", "content": "You name drugs."}, {"role": "user", "content": content}], "answer": answer})
    };
    let lines: String = (0..6).map(|i| format!("{}\n", line(i))).collect();
    let form = ListForm::new("Drugs given:\n-");
    let (samples, mut report) = read(&mut Cursor::new(lines), Cleaning::default()).unwrap();
    let divided = divide(samples, &Split::default(), (tokens, &form), 512, &mut report).unwrap();
    let settings = Settings { steps: Some(50), batch: 1, every: Some(50), learning_rate: 3e-3, ..Settings::usual() };
    let ground = Ground {
        model,
        tokens,
        form: &form,
        base: "sha256:0",
        gguf: true,
        base_name: "starter",
        samples: "sha256:1",
        memory: None,
    };
    let run = train(&ground, &divided, &settings, &report, (out, false), &mut Silent).unwrap();
    let loss = |part: &[(usize, f64)]| part.iter().map(|(_, loss)| loss).sum::<f64>() / part.len() as f64;
    let (first, last) = (loss(&run.train_loss[..6]), loss(&run.train_loss[44..]));
    eprintln!("50 steps: loss {first:.3} to {last:.3}, {:.0} tokens/s", run.tokens_per_second);
    assert!(last < 0.5 * first, "{:?}", run.train_loss);
    exchange::read_gguf(&out.join("adapter.gguf"), &model.config).unwrap()
}

#[test]
fn the_starter_and_a_trained_adapter_give_what_llama_cpp_gives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f32.gguf");
    dequantized(&starter(), &path);
    let base = Base::open(&path).unwrap();
    let (model, tokens) = (base.load(DType::F32).unwrap(), Tokens::of(&base).unwrap());
    let adapter = trained(&model, &tokens, &folder.path().join("run"));
    let gguf = folder.path().join("run/adapter.gguf");
    let (theirs, their_adapter, _) = load_model(&path, &settings(Some(&gguf)), |_| {}).unwrap();
    let prompts = prompts(&tokens);
    let mut plain = context(theirs, false);
    let (worst, same) = compare(&mut plain, &model, None, &prompts);
    drop(plain);
    eprintln!("base: largest difference {worst:.1e} nats, same best token at {:.2} %", 100.0 * same);
    assert!(worst < 2e-2 && same >= 0.99, "{worst:e} {same}");
    let (rounded, same) = compare(&mut context(theirs, true), &model, None, &prompts);
    eprintln!("its flash attention: largest difference {rounded:.1e} nats, same best token at {:.2} %", 100.0 * same);
    assert!(same >= 0.99, "{same}");
    let mut adapted = context(theirs, false);
    adapted.lora_adapter_set(&mut their_adapter.unwrap(), 1.0).unwrap();
    let (worst, same) = compare(&mut adapted, &model, Some(&adapter), &prompts);
    eprintln!("adapter: largest difference {worst:.1e} nats, same best token at {:.2} %", 100.0 * same);
    assert!(worst < 2e-2 && same >= 0.99, "{worst:e} {same}");
    // The comparison can fail: without the adapter the two are far apart.
    let (apart, _) = compare(&mut adapted, &model, None, &prompts[..2]);
    assert!(apart > 0.5, "the adapter changes next to nothing: {apart}");
}

#[test]
fn tokens_are_those_of_llama_cpp() {
    let (model, _, _) = load_model(&starter(), &settings(None), |_| {}).unwrap();
    let session = Session::new(model, None, 0, &starter(), &settings(None)).unwrap();
    let tokens = Tokens::of(&Base::open(&starter()).unwrap()).unwrap();
    let corpus = corpus();
    let (mut all, mut prompts) = (0, 0);
    for text in &corpus {
        for special in [true, false] {
            let theirs = model.vocab().tokenize(text.as_bytes(), false, special);
            let theirs: Vec<u32> = theirs.into_iter().map(|t| t.0 as u32).collect();
            assert_eq!(tokens.encode(text, special).unwrap(), theirs, "{text:?}, special {special}");
            all += theirs.len();
        }
        if text.trim().is_empty() {
            continue;
        }
        let prompt = Prompt::new("You are a clinical pharmacist.", text.as_str(), "Drugs given:\n-");
        let messages: Vec<Message> = prompt
            .messages
            .iter()
            .map(|m| {
                let role = if m.role == Role::System { "system" } else { "user" };
                Message { role: role.to_owned(), content: m.content.clone() }
            })
            .collect();
        let theirs: Vec<u32> = session.prompt_tokens(&prompt).unwrap().into_iter().map(|t| t as u32).collect();
        assert_eq!(tokens.prompt(&messages, &prompt.answer_prefix).unwrap(), theirs, "{text:?}");
        prompts += 1;
    }
    eprintln!("{} texts, {all} tokens, {prompts} prompts", corpus.len());
    assert!(all > 20_000 && prompts > 200, "{all} {prompts}");
}
