//! The starter model, loaded once, and what the tests share.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bogam_engine::llama::session::{Control, SessionSettings, load_model};
use bogam_engine::llama::{Footprint, Session};
use bogam_engine::{Message, Prompt, Role};
use llama_cpp_2::model::LlamaModel;

pub fn model_path() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(path.exists(), "the starter model is missing: run `make setup`");
    path
}

pub fn settings() -> SessionSettings {
    SessionSettings { footprint: Footprint::default(), threads: 2, deterministic: false, adapter: None, force: true }
}

pub fn model() -> &'static LlamaModel {
    static MODEL: OnceLock<&'static LlamaModel> = OnceLock::new();
    MODEL.get_or_init(|| load_model(&model_path(), &settings(), |_| {}).unwrap().0)
}

pub fn session() -> Session {
    Session::new(model(), None, 0, &model_path(), &settings()).unwrap()
}

/// Tests that compute take turns: two at once on few cores would time each other out.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 200 drug names as they stand in the knowledge pack.
pub fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/knowledge/ingredients");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line == "[[ingredient]]"
                && let Some(id) = lines.next().and_then(|l| l.strip_prefix("id = \"")).and_then(|l| l.split('"').next())
            {
                names.push(id.to_owned());
            }
        }
    }
    names.sort();
    let step = names.len() / 200;
    assert!(step >= 1, "only {} names in the pack", names.len());
    names.into_iter().step_by(step).take(200).collect()
}

/// Prompts of about 200 tokens.
pub fn prompt(i: usize) -> Prompt {
    let diagnoses = [
        "Heart failure, atrial fibrillation, chronic kidney disease stage 4, hypertension",
        "Community-acquired pneumonia, chronic obstructive pulmonary disease, type 2 diabetes mellitus",
        "급성 심근경색, 고혈압, 이상지질혈증, 제2형 당뇨병",
        "Sepsis, urinary tract infection, acute kidney injury, hyperkalaemia",
        "Alcohol withdrawal, cirrhosis of liver, hepatic encephalopathy, thrombocytopenia",
    ];
    let user = format!(
        "Patient: {} years old, {}. Setting: inpatient.\nDiagnoses: {}.\nThe patient was admitted through the emergency \
         department and is treated on a general medical ward. Vital signs are stable. The family reports that the patient \
         took all usual drugs until the day of admission and has eaten little for two days. Blood was taken for full blood \
         count, electrolytes, kidney and liver function, and blood cultures; an electrocardiogram and a chest film are \
         ordered. The team wants the list of all drugs that such a patient is usually given during the stay, one on each \
         line, by generic name.\nWhich drugs is this \
         patient given?",
        40 + 7 * i,
        if i.is_multiple_of(2) { "female" } else { "male" },
        diagnoses[i % diagnoses.len()],
    );
    Prompt::new(
        "You are a clinical pharmacist in a general hospital. Answer with generic drug names only.",
        user,
        "Drugs given:\n-",
    )
}

pub fn chat(text: &str) -> Prompt {
    Prompt {
        messages: vec![Message { role: Role::User, content: text.to_owned() }],
        answer_prefix: String::new(),
        fixed: 0,
    }
}

/// Records what a session tells; cancels when asked to.
#[derive(Default)]
pub struct Recorder {
    pub text: String,
    pub pieces: Vec<String>,
    pub prefills: Vec<(usize, usize)>,
    pub cancel_after: Option<Duration>,
    pub started: Option<Instant>,
    pub cancel_after_pieces: Option<usize>,
}

impl Control for Recorder {
    fn cancelled(&self) -> bool {
        self.cancel_after.is_some_and(|after| self.started.unwrap().elapsed() >= after)
            || self.cancel_after_pieces.is_some_and(|n| self.pieces.len() >= n)
    }
    fn step(&mut self) {}
    fn prefill(&mut self, done: usize, total: usize) {
        self.prefills.push((done, total));
    }
    fn delta(&mut self, text: &str) {
        self.text.push_str(text);
        self.pieces.push(text.to_owned());
    }
    fn truncate(&mut self, to: usize) {
        self.text.truncate(to);
    }
}
