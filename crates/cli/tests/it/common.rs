//! Running the program.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

pub const BOGAM: &str = env!("CARGO_BIN_EXE_bogam");

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub fn model() -> PathBuf {
    let path = root().join("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(path.exists(), "the starter model is missing: run `make setup`");
    path
}

/// A folder for one test, with a home of its own.
pub struct Place(pub TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BOGAM);
        command.args(arguments).env("BOGAM_HOME", self.path("home")).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let feeding = std::thread::spawn(move || {
            // The program may end before it has read everything.
            stdin.write_all(&input).ok();
        });
        let output = child.wait_with_output().unwrap();
        feeding.join().unwrap();
        output
    }

    /// Suggestions for these lines, without a model.
    pub fn suggest(&self, input: &[u8]) -> (Output, Vec<Value>) {
        let output = self
            .run_with_input(&["suggest", "--cases", "-", "--out", "-", "--model", "none", "--format", "json"], input);
        let lines = lines(&output.stdout);
        (output, lines)
    }
}

/// Whole JSON lines; panics on a partial one.
pub fn lines(bytes: &[u8]) -> Vec<Value> {
    assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "the last line is not whole");
    String::from_utf8(bytes.to_vec()).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// An adult inpatient with heart failure.
pub fn case(id: &str) -> Value {
    json!({"case_id": id, "patient": {"age_years": 70, "sex": "M", "allergies": [], "current_drugs": []},
        "admission": {"setting": "inpatient"},
        "diagnoses": [{"system": "icd10", "code": "I50.9", "rank": 1}]})
}

pub fn jsonl(cases: &[Value]) -> Vec<u8> {
    cases.iter().flat_map(|c| (c.to_string() + "\n").into_bytes()).collect()
}

/// Ingredients of a list of a record.
pub fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|d| d["ingredient"].as_str().unwrap().to_owned()).collect()
}

/// Tests that compute with the model take turns: several at once on few cores would time each other out.
pub fn turn() -> std::sync::MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
