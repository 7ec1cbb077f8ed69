//! The application's side of a worker: starts it, feeds it, watches it, starts it again.

use std::io::{BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::Engine;
use crate::error::EngineError;
use crate::gguf::{BASE, Header, NO_TEMPLATE, is_base};
use crate::llama::footprint::Footprint;
use crate::llama::protocol::{Ask, LoadRequest, Tell, read_frame, write_frame};
use crate::llama::worker::WORKER_COMMAND;
use crate::request::{Cancel, GenerateRequest, Generated, ModelInfo, ScoreRequest, Scores, Sink};

/// How often a cancel is looked at while waiting.
const TICK: Duration = Duration::from_millis(20);

/// How long a cancelled worker may go on computing before it is ended.
const CANCEL_GRACE: Duration = Duration::from_secs(1);

/// Rounds that a thread of libgomp spins before it sleeps: measured in docs/decisions/0003.
const SPIN: &str = "300";

/// How often a worker takes another adapter: llama.cpp gives an adapter's memory back with its model.
const MOST_SWITCHED: u32 = 8;

/// How often a request is tried before it fails.
const ATTEMPTS: u32 = 6;

/// How to start a worker: normally this very program with the hidden subcommand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl WorkerCommand {
    /// This program with the hidden subcommand.
    ///
    /// # Errors
    /// When the system does not tell the program's path.
    pub fn this_program() -> std::io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, arguments: vec![WORKER_COMMAND.to_owned()] })
    }
}

/// What to load and how.
#[derive(Debug, Clone)]
pub struct LlamaSettings {
    /// The GGUF file.
    pub model: PathBuf,
    /// A LoRA adapter and its scale.
    pub adapter: Option<(PathBuf, f32)>,
    /// Threads; 0 is one a physical core.
    pub threads: u32,
    /// How large to begin with.
    pub footprint: Footprint,
    /// The same bytes every time: nothing is taken over between requests.
    pub deterministic: bool,
    /// A worker that computes nothing for so long is hung.
    pub hang: Duration,
    /// Bytes of address space of the worker; for tests.
    pub address_space: Option<u64>,
}

impl LlamaSettings {
    /// The settings for a model file.
    #[must_use]
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            adapter: None,
            threads: 0,
            footprint: Footprint::default(),
            deterministic: false,
            hang: Duration::from_secs(120),
            address_space: None,
        }
    }
}

/// llama.cpp in a supervised worker process.
#[derive(Debug)]
pub struct LlamaEngine {
    command: WorkerCommand,
    settings: LlamaSettings,
    header: Header,
    /// Hash of the model's file.
    hash: OnceLock<String>,
    state: Mutex<State>,
}

/// An adapter that requests are answered with.
#[derive(Debug, Clone)]
struct Attached {
    path: PathBuf,
    scale: f32,
}

impl Attached {
    fn asked(&self) -> (String, f32) {
        (self.path.display().to_string(), self.scale)
    }
}

#[derive(Debug)]
struct State {
    worker: Option<Worker>,
    adapter: Option<Attached>,
    /// How often the worker took another adapter.
    switched: u32,
    footprint: Footprint,
    info: Option<ModelInfo>,
    next: u64,
    restarts: u64,
}

#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    stdin: ChildStdin,
    told: Receiver<Tell>,
    complaints: Arc<Mutex<Vec<String>>>,
}

fn out_of_turn() -> EngineError {
    EngineError::model("the worker answered out of turn")
}

/// How waiting for an answer ended.
pub(super) enum Waited {
    Answer(Tell),
    Died(String),
    Cancelled,
}

impl LlamaEngine {
    /// Checks the file and prepares an engine; the worker starts with the first request.
    ///
    /// # Errors
    /// [`EngineError::ModelFile`] for a file that is no usable model.
    pub fn new(command: WorkerCommand, settings: LlamaSettings) -> Result<Self, EngineError> {
        let header = Header::read(&settings.model)?;
        if !header.chat_template {
            let path = settings.model.display().to_string();
            return Err(EngineError::ModelFile { path, problem: NO_TEMPLATE.to_owned() });
        }
        let footprint = settings.footprint;
        let adapter = settings.adapter.clone().map(|(path, scale)| Attached { path, scale });
        let state = State { worker: None, adapter, switched: 0, footprint, info: None, next: 1, restarts: 0 };
        Ok(Self { command, settings, header, hash: OnceLock::new(), state: Mutex::new(state) })
    }

    fn hash(&self) -> Result<&str, EngineError> {
        if let Some(hash) = self.hash.get() {
            return Ok(hash);
        }
        let hash = file_hash(&self.settings.model)?;
        Ok(self.hash.get_or_init(|| hash))
    }

    /// Hashes of the model, and of its adapter where one is attached: its file as it is now.
    fn hashes(&self, adapter: Option<&Attached>) -> Result<(String, Option<String>), EngineError> {
        let model = self.hash()?;
        let adapter = adapter.map(|adapter| adapter_of(&adapter.path, model, &self.header)).transpose()?;
        Ok((model.to_owned(), adapter))
    }

    /// Answers with another adapter from now on, or with none, without loading the model again.
    ///
    /// # Errors
    /// [`EngineError::ModelFile`] for a file that is no adapter of this model: requests are answered as before then.
    pub fn attach(&self, adapter: Option<(PathBuf, f32)>) -> Result<(), EngineError> {
        let wanted = adapter.map(|(path, scale)| Attached { path, scale });
        let (_, adapter_hash) = self.hashes(wanted.as_ref())?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.switched >= MOST_SWITCHED {
            state.end_worker();
        }
        if state.worker.is_some() {
            let asked = wanted.as_ref().map(Attached::asked);
            let ask = |id| Ask::Attach { id, adapter: asked.clone() };
            if let Err(error) = self.ask_of(&mut state, &ask, &mut crate::NoSink, &Cancel::new()) {
                if !matches!(error, EngineError::ModelFile { .. }) {
                    // What it answers with is not known; the next one begins with what is attached.
                    state.end_worker();
                }
                return Err(error);
            }
            state.switched += 1;
        }
        // A worker that starts later begins with it.
        if let Some(info) = &mut state.info {
            info.adapter_hash = adapter_hash;
        }
        state.adapter = wanted;
        Ok(())
    }

    /// How often the worker had to be started again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).restarts
    }

    /// Process id of the worker, if one runs.
    #[must_use]
    pub fn worker_id(&self) -> Option<u32> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).worker.as_ref().map(|w| w.child.id())
    }

    /// Ends the worker, and with it everything that it remembers of a case. The next request starts another.
    pub fn forget(&self) {
        // Dropping it ends the process and waits for its end.
        drop(self.state.lock().unwrap_or_else(PoisonError::into_inner).worker.take());
    }

    /// A running worker with its model loaded.
    fn ready(&self, state: &mut State, sink: &mut dyn Sink, cancel: &Cancel) -> Result<(), EngineError> {
        let mut crashes = 0;
        while state.worker.is_none() {
            let mut worker = Worker::spawn(&self.command)?;
            let load = Ask::Load(LoadRequest {
                path: self.settings.model.display().to_string(),
                adapter: state.adapter.as_ref().map(Attached::asked),
                footprint: state.footprint,
                threads: self.settings.threads,
                deterministic: self.settings.deterministic,
                address_space: self.settings.address_space,
            });
            // A file of several gigabytes is hashed while it is loaded.
            let adapter = state.adapter.as_ref();
            let (waited, hashes) = std::thread::scope(|scope| {
                let hashing = scope.spawn(|| self.hashes(adapter));
                (worker.begin(&load, self.settings.hang, sink, cancel), hashing.join())
            });
            let (hash, adapter_hash) = match hashes {
                Ok(Ok(hashes)) => hashes,
                Ok(Err(error)) => {
                    worker.end();
                    return Err(error);
                }
                Err(_) => {
                    worker.end();
                    return Err(EngineError::model("the model's file could not be hashed"));
                }
            };
            match waited {
                Waited::Answer(Tell::Ready { info }) => {
                    state.info = Some(ModelInfo { hash, adapter_hash, ..*info });
                    (state.worker, state.switched) = (Some(worker), 0);
                }
                Waited::Answer(Tell::Failed { error: EngineError::OutOfMemory { message }, .. }) => {
                    worker.end();
                    state.step_down(&message)?;
                }
                Waited::Answer(Tell::Failed { error, .. }) => {
                    worker.end();
                    return Err(error);
                }
                Waited::Answer(_) => {
                    worker.end();
                    return Err(out_of_turn());
                }
                Waited::Died(message) => {
                    worker.end();
                    crashes += 1;
                    state.restarts += 1;
                    // The kernel ends a process that takes too much: a second death while loading is taken for that.
                    if crashes >= 2 {
                        state.step_down(&message)?;
                    }
                }
                Waited::Cancelled => {
                    worker.end();
                    return Err(EngineError::Cancelled);
                }
            }
        }
        Ok(())
    }

    fn ask(&self, make: &dyn Fn(u64) -> Ask, sink: &mut dyn Sink, cancel: &Cancel) -> Result<Tell, EngineError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.ask_of(&mut state, make, sink, cancel)
    }

    fn ask_of(
        &self,
        state: &mut State,
        make: &dyn Fn(u64) -> Ask,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Tell, EngineError> {
        let mut last = String::new();
        for attempt in 1..=ATTEMPTS {
            if cancel.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            self.ready(state, sink, cancel)?;
            let id = state.next;
            state.next += 1;
            let Some(worker) = &mut state.worker else { continue };
            let waited = match write_frame(&mut worker.stdin, &make(id)) {
                Ok(()) => worker.wait(id, self.settings.hang, sink, cancel),
                Err(error) => Waited::Died(error.to_string()),
            };
            match waited {
                Waited::Answer(Tell::Failed { error: EngineError::OutOfMemory { message }, .. }) => {
                    state.end_worker();
                    state.step_down(&message)?;
                    last = message;
                }
                Waited::Answer(Tell::Failed { error, .. }) => return Err(error),
                Waited::Answer(answer) => return Ok(answer),
                Waited::Died(message) => {
                    state.end_worker();
                    state.restarts += 1;
                    // What was streamed is void: the request starts again.
                    sink.truncate(0);
                    if attempt >= 2 {
                        state.step_down(&message)?;
                    }
                    last = message;
                }
                Waited::Cancelled => {
                    if let Some(worker) = &mut state.worker
                        && !worker.settle(id)
                    {
                        state.end_worker();
                    }
                    return Err(EngineError::Cancelled);
                }
            }
        }
        Err(EngineError::WorkerGone { message: last, attempts: ATTEMPTS })
    }
}

impl State {
    fn end_worker(&mut self) {
        if let Some(mut worker) = self.worker.take() {
            worker.end();
        }
    }

    fn step_down(&mut self, why: &str) -> Result<(), EngineError> {
        let gpu_layers = self.info.as_ref().map_or(self.footprint.gpu_layers.unwrap_or(0), |i| i.gpu_layers);
        match self.footprint.smaller(gpu_layers) {
            Some(smaller) => {
                self.footprint = smaller;
                Ok(())
            }
            None => Err(EngineError::OutOfMemory {
                message: format!("{why} (smallest footprint tried: {} tokens of context)", self.footprint.context),
            }),
        }
    }
}

impl Worker {
    pub(super) fn spawn(command: &WorkerCommand) -> Result<Self, EngineError> {
        let gone = |message: String| EngineError::WorkerGone { message, attempts: 1 };
        let mut child = Command::new(&command.program)
            .args(&command.arguments)
            .env("GGML_NO_BACKTRACE", "1")
            // Threads that wait for each other spin for some microseconds and then sleep. Sleeping at once, a word takes three
            // times as long; spinning on, all takes ten times as long where another program keeps a core busy.
            .env("OMP_WAIT_POLICY", "passive")
            .env("GOMP_SPINCOUNT", SPIN)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal reaches every process of a group. The application decides what to do, and the worker ends with it.
            .process_group(0)
            .spawn()
            .map_err(|e| gone(format!("{} cannot be started: {e}", command.program.display())))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(gone("the worker has no pipes".into()));
        };
        let (sender, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut from = BufReader::new(stdout);
            while let Ok(Some(tell)) = read_frame::<Tell>(&mut from) {
                if sender.send(tell).is_err() {
                    break;
                }
            }
        });
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&complaints);
        std::thread::spawn(move || keep_last_lines(stderr, &kept));
        Ok(Self { child, stdin, told, complaints })
    }

    /// Gives a new worker its first frame and waits for what it comes to.
    pub(super) fn begin(&mut self, ask: &Ask, hang: Duration, sink: &mut dyn Sink, cancel: &Cancel) -> Waited {
        match write_frame(&mut self.stdin, ask) {
            Ok(()) => self.wait(0, hang, sink, cancel),
            Err(error) => Waited::Died(error.to_string()),
        }
    }

    /// Waits for the answer to a request; 0 is loading.
    fn wait(&mut self, id: u64, hang: Duration, sink: &mut dyn Sink, cancel: &Cancel) -> Waited {
        let mut steps_seen = 0;
        let mut moved = Instant::now();
        loop {
            match self.told.recv_timeout(TICK) {
                Ok(Tell::Alive { steps }) => {
                    if steps != steps_seen {
                        steps_seen = steps;
                        moved = Instant::now();
                    }
                }
                Ok(Tell::Loading { share }) => {
                    moved = Instant::now();
                    sink.loading(share);
                }
                Ok(Tell::Prefill { id: of, done, total }) if of == id => sink.prefill(done, total),
                Ok(Tell::Delta { id: of, text }) if of == id => {
                    moved = Instant::now();
                    sink.delta(&text);
                }
                Ok(Tell::Truncate { id: of, to }) if of == id => sink.truncate(to),
                Ok(answer @ (Tell::Ready { .. } | Tell::Converted { .. })) if id == 0 => return Waited::Answer(answer),
                Ok(
                    answer @ (Tell::Scored { id: of, .. }
                    | Tell::Wrote { id: of, .. }
                    | Tell::Attached { id: of }
                    | Tell::Failed { id: of, .. }),
                ) if of == id => return Waited::Answer(answer),
                // Left-overs of a request that was cancelled.
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Waited::Died(self.epitaph()),
            }
            if cancel.is_cancelled() {
                return Waited::Cancelled;
            }
            if moved.elapsed() > hang {
                return Waited::Died(format!("it computed nothing for {} s", hang.as_secs()));
            }
        }
    }

    /// Tells the worker to drop a request; false when it should be ended instead. The caller has returned long before.
    fn settle(&mut self, id: u64) -> bool {
        if write_frame(&mut self.stdin, &Ask::Cancel { id }).is_err() {
            return false;
        }
        // A worker between two evaluations hears at once. One within a long evaluation would keep the processor busy:
        // it is ended by the next request if it has not answered by then; its answer is skipped as a left-over.
        let until = Instant::now() + Duration::from_millis(100).min(CANCEL_GRACE);
        while Instant::now() < until {
            match self.told.recv_timeout(TICK) {
                Ok(Tell::Scored { id: of, .. } | Tell::Wrote { id: of, .. } | Tell::Failed { id: of, .. })
                    if of == id =>
                {
                    return true;
                }
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        false
    }

    /// What is known of a worker that ended.
    fn epitaph(&mut self) -> String {
        let status = self.child.wait().map_or_else(|e| e.to_string(), |s| s.to_string());
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        match complaints.last() {
            Some(last) => format!("{status}; {last}"),
            None => status,
        }
    }

    fn end(&mut self) {
        // Killing a process that is gone already is no fault.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

impl Engine for LlamaEngine {
    fn info(&self) -> Result<ModelInfo, EngineError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(info) = &state.info {
            return Ok(info.clone());
        }
        self.ready(&mut state, &mut crate::NoSink, &Cancel::new())?;
        state.info.clone().ok_or_else(|| EngineError::model("the worker told nothing of its model"))
    }

    fn score(&self, request: &ScoreRequest, sink: &mut dyn Sink, cancel: &Cancel) -> Result<Scores, EngineError> {
        let answer = self.ask(&|id| Ask::Score { id, request: request.clone() }, sink, cancel)?;
        let Tell::Scored { scores, .. } = answer else { return Err(out_of_turn()) };
        Ok(scores)
    }

    fn generate(
        &self,
        request: &GenerateRequest,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Generated, EngineError> {
        let mut text = Streamed { inner: sink, text: String::new() };
        match self.ask(&|id| Ask::Generate { id, request: request.clone() }, &mut text, cancel) {
            Ok(Tell::Wrote { generated, .. }) => Ok(*generated),
            Ok(_) => Err(out_of_turn()),
            Err(EngineError::Cancelled) => Ok(Generated {
                text: text.text,
                end: crate::End::Cancelled,
                tokens: Vec::new(),
                forced_tokens: 0,
                item_log_probs: Vec::new(),
                prompt_tokens: 0,
                reused_tokens: 0,
                prefill_ms: 0,
                generate_ms: 0,
            }),
            Err(error) => Err(error),
        }
    }
}

/// Keeps what was streamed, for a text that is cancelled.
struct Streamed<'a> {
    inner: &'a mut dyn Sink,
    text: String,
}

impl Sink for Streamed<'_> {
    fn loading(&mut self, share: f32) {
        self.inner.loading(share);
    }
    fn prefill(&mut self, done: usize, total: usize) {
        self.inner.prefill(done, total);
    }
    fn delta(&mut self, text: &str) {
        self.text.push_str(text);
        self.inner.delta(text);
    }
    fn truncate(&mut self, to_bytes: usize) {
        self.text.truncate(to_bytes);
        self.inner.truncate(to_bytes);
    }
}

fn keep_last_lines(mut from: impl Read, kept: &Mutex<Vec<String>>) {
    let mut buffer = [0; 4096];
    let mut line = String::new();
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 {
            break;
        }
        line.push_str(&String::from_utf8_lossy(buffer.get(..n).unwrap_or_default()));
        while let Some((head, tail)) = line.split_once('\n') {
            let head = head.trim().to_owned();
            let tail = tail.to_owned();
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if !head.is_empty() {
                if kept.len() >= 20 {
                    kept.remove(0);
                }
                kept.push(head);
            }
            line = tail;
        }
    }
}

/// Checks that an adapter was trained on this model, or on the file that this one was converted from, where it says so; its hash.
fn adapter_of(path: &Path, model: &str, header: &Header) -> Result<String, EngineError> {
    let adapter = Header::read(path)?;
    if adapter.string("general.type") != Some("adapter") {
        let problem = "this is no adapter; give the adapter.gguf of a training run".to_owned();
        return Err(EngineError::ModelFile { path: path.display().to_string(), problem });
    }
    match adapter.string(BASE) {
        Some(base) if !is_base(base, model, header.string(BASE)) => Err(EngineError::ModelFile {
            path: path.display().to_string(),
            problem: format!(
                "this adapter was trained on another model ({base}, and this is {model}); give that model, or an adapter of \
                 this one"
            ),
        }),
        Some(_) | None => file_hash(path),
    }
}

/// SHA-256 of a file, as `sha256:` and 64 hex digits.
///
/// # Errors
/// [`EngineError::ModelFile`] when it cannot be read.
pub fn file_hash(path: &Path) -> Result<String, EngineError> {
    let fault = |e: std::io::Error| EngineError::ModelFile {
        path: path.display().to_string(),
        problem: format!("cannot be read: {e}"),
    };
    let mut file = std::fs::File::open(path).map_err(fault)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(fault)?;
        if n == 0 {
            break;
        }
        hasher.update(buffer.get(..n).unwrap_or_default());
    }
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("sha256:{hex}"))
}
