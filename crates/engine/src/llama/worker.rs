//! The worker process: one model, requests on stdin, answers on stdout.
//!
//! A reader thread takes frames (so that a cancel is heard while the model computes), a heartbeat thread tells that
//! something is being computed, and the main thread computes. When stdin ends, the process ends: it never outlives the
//! application.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::error::EngineError;
use crate::llama::convert::{self, Conversion};
use crate::llama::protocol::{Ask, LoadRequest, Tell, read_frame, write_frame};
use crate::llama::session::{self, Control, Session, SessionSettings};

/// The hidden subcommand that starts a worker.
pub const WORKER_COMMAND: &str = "__worker";

/// How often a busy worker says that it is alive.
const HEARTBEAT: Duration = Duration::from_millis(250);

type Out = Arc<Mutex<Box<dyn Write + Send>>>;

static LOG_ERRORS: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Of how many tensors how many are converted, as llama.cpp last told.
static TENSORS: Mutex<Option<(u32, u32)>> = Mutex::new(None);

/// Takes llama.cpp's log: warnings and errors are kept (a few), the rest is dropped. They name tensors and sizes, never
/// a prompt.
#[allow(unsafe_code)]
pub(crate) fn collect_logs() {
    unsafe extern "C" fn collect(
        level: llama_cpp_sys_2::ggml_log_level,
        text: *const std::ffi::c_char,
        _: *mut std::ffi::c_void,
    ) {
        if text.is_null() {
            return;
        }
        // SAFETY: llama.cpp passes a NUL-terminated string that lives for the call.
        let line = unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy().trim().to_owned();
        if !matches!(level, llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR | llama_cpp_sys_2::GGML_LOG_LEVEL_WARN) {
            if let Some(tensor) = tensor_of(&line) {
                *TENSORS.lock().unwrap_or_else(PoisonError::into_inner) = Some(tensor);
            }
            return;
        }
        let mut kept = LOG_ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
        if !line.is_empty() {
            kept.push_back(line);
            if kept.len() > 64 {
                kept.pop_front();
            }
        }
    }
    // SAFETY: the callback is a plain function without state of its own; llama.cpp may call it from any thread.
    unsafe { llama_cpp_sys_2::llama_log_set(Some(collect), std::ptr::null_mut()) };
}

/// `[  12/ 272] blk.1.attn_q.weight ...`: which tensor of how many is being converted.
fn tensor_of(line: &str) -> Option<(u32, u32)> {
    let (done, all) = line.strip_prefix('[')?.split_once(']')?.0.split_once('/')?;
    Some((done.trim().parse().ok()?, all.trim().parse().ok()?))
}

/// The share of a file's tensors that are converted; none before the first.
pub(crate) fn tensors_done() -> Option<f32> {
    let (done, all) = (*TENSORS.lock().unwrap_or_else(PoisonError::into_inner))?;
    #[allow(clippy::as_conversions, clippy::cast_precision_loss)]
    Some(done.min(all) as f32 / all.max(1) as f32)
}

pub(crate) fn clear_logs() {
    LOG_ERRORS.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// What llama.cpp complained of last, on one line.
pub(crate) fn last_log_errors() -> String {
    let kept = LOG_ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
    let last: Vec<&str> = kept.iter().rev().take(3).rev().map(String::as_str).collect();
    if last.is_empty() { "it gave no reason".to_owned() } else { last.join("; ") }
}

/// Runs a worker until its input ends. The hidden subcommand calls this before anything else.
#[must_use]
pub fn run_worker() -> ExitCode {
    let Some(out) = claim_stdout() else { return ExitCode::from(3) };
    no_core_dump();
    let out: Out = Arc::new(Mutex::new(out));
    let mut input = std::io::stdin().lock();
    let Ok(Some(first @ (Ask::Load(_) | Ask::Convert(_)))) = read_frame::<Ask>(&mut input) else {
        return ExitCode::from(2);
    };
    drop(input);
    let cancelled = Arc::new(AtomicU64::new(0));
    let (sender, requests) = mpsc::channel();
    let heard = Arc::clone(&cancelled);
    std::thread::spawn(move || listen(&mut std::io::stdin(), &sender, &heard));
    let steps = Arc::new(AtomicU64::new(0));
    let (beat_out, beat_steps) = (Arc::clone(&out), Arc::clone(&steps));
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(HEARTBEAT);
            tell(&beat_out, &Tell::Alive { steps: beat_steps.load(Ordering::Relaxed) });
        }
    });
    let load = match first {
        Ask::Load(load) => load,
        Ask::Convert(conversion) => return convert(&conversion, &out, &steps),
        Ask::Score { .. } | Ask::Generate { .. } | Ask::Attach { .. } | Ask::Cancel { .. } => return ExitCode::from(2),
    };
    let mut session = match load_session(&load, &out, &steps) {
        Ok(session) => session,
        Err(error) => {
            tell(&out, &Tell::Failed { id: 0, error });
            return ExitCode::from(2);
        }
    };
    tell(&out, &Tell::Ready { info: Box::new(session.info()) });
    for ask in requests {
        serve(&mut session, ask, &out, &steps, &cancelled);
    }
    ExitCode::SUCCESS
}

/// Keeps the pipe for frames and sends whatever a library prints to stdout to stderr.
#[allow(unsafe_code)]
fn claim_stdout() -> Option<Box<dyn Write + Send>> {
    use std::os::fd::FromRawFd as _;
    // SAFETY: plain descriptor calls on descriptors that are open at the start of a process; the duplicate is owned by
    // the File made of it and by nothing else.
    unsafe {
        let copy = libc::dup(1);
        if copy < 0 || libc::dup2(2, 1) < 0 {
            return None;
        }
        Some(Box::new(std::fs::File::from_raw_fd(copy)))
    }
}

/// A crash of this process leaves no memory image with a patient in it.
#[allow(unsafe_code)]
pub fn no_core_dump() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: setrlimit reads the structure only.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
}

#[allow(unsafe_code)]
fn limit_address_space(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: setrlimit reads the structure only.
    unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
}

fn tell(out: &Out, message: &Tell) {
    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
    if write_frame(&mut *out, message).is_err() {
        // Nobody listens any more.
        std::process::exit(0);
    }
}

fn listen(input: &mut impl Read, requests: &mpsc::Sender<Ask>, cancelled: &AtomicU64) {
    while let Ok(Some(ask)) = read_frame::<Ask>(input) {
        if let Ask::Cancel { id } = ask {
            cancelled.fetch_max(id, Ordering::SeqCst);
        } else if requests.send(ask).is_err() {
            break;
        }
    }
    // The application is gone or hung up: end now, in the middle of whatever is computed.
    std::process::exit(0);
}

fn load_session(load: &LoadRequest, out: &Out, steps: &Arc<AtomicU64>) -> Result<Session, EngineError> {
    if let Some(bytes) = load.address_space {
        limit_address_space(bytes);
    }
    let settings = SessionSettings {
        footprint: load.footprint,
        threads: load.threads,
        deterministic: load.deterministic,
        adapter: load.adapter.clone(),
        force: true,
    };
    let path = Path::new(&load.path);
    let (progress_out, progress_steps) = (Arc::clone(out), Arc::clone(steps));
    let mut told = -1.0_f32;
    let progress = move |share: f32| {
        progress_steps.fetch_add(1, Ordering::Relaxed);
        if share - told >= 0.02 || share >= 1.0 {
            told = share;
            tell(&progress_out, &Tell::Loading { share });
        }
    };
    let (model, adapter, gpu_layers) = session::load_model(path, &settings, progress)?;
    Session::new(model, adapter, gpu_layers, path, &settings)
}

fn convert(conversion: &Conversion, out: &Out, steps: &Arc<AtomicU64>) -> ExitCode {
    let mut told = |share| tell(out, &Tell::Loading { share });
    match convert::run(conversion, steps, &mut told) {
        Ok(converted) => tell(out, &Tell::Converted { converted }),
        Err(error) => tell(out, &Tell::Failed { id: 0, error }),
    }
    ExitCode::SUCCESS
}

fn serve(session: &mut Session, ask: Ask, out: &Out, steps: &AtomicU64, cancelled: &AtomicU64) {
    let (id, outcome) = match ask {
        Ask::Score { id, request } => {
            let mut control = Line::new(id, out, steps, cancelled);
            (id, session.score(&request, &mut control).map(|scores| Tell::Scored { id, scores }))
        }
        Ask::Generate { id, request } => {
            let mut control = Line::new(id, out, steps, cancelled);
            let written = session.generate(&request, &mut control);
            control.tell_text();
            (id, written.map(|generated| Tell::Wrote { id, generated: Box::new(generated) }))
        }
        Ask::Attach { id, adapter } => (id, session.attach(adapter).map(|()| Tell::Attached { id })),
        Ask::Load(_) | Ask::Convert(_) => (0, Err(EngineError::model("this worker holds a model already"))),
        Ask::Cancel { .. } => return,
    };
    tell(out, &outcome.unwrap_or_else(|error| Tell::Failed { id, error }));
}

/// How often new text is told at most: whoever reads it would take a core from the threads that write it.
const PIECES: Duration = Duration::from_millis(50);

/// The line of one request.
struct Line<'a> {
    id: u64,
    out: &'a Out,
    steps: &'a AtomicU64,
    cancelled: &'a AtomicU64,
    /// New text that was not told yet, and when some was last.
    untold: String,
    told: Option<Instant>,
}

impl<'a> Line<'a> {
    const fn new(id: u64, out: &'a Out, steps: &'a AtomicU64, cancelled: &'a AtomicU64) -> Self {
        Self { id, out, steps, cancelled, untold: String::new(), told: None }
    }

    fn tell_text(&mut self) {
        if !self.untold.is_empty() {
            tell(self.out, &Tell::Delta { id: self.id, text: std::mem::take(&mut self.untold) });
            self.told = Some(Instant::now());
        }
    }
}

impl Control for Line<'_> {
    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst) >= self.id
    }

    fn step(&mut self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    fn prefill(&mut self, done: usize, total: usize) {
        tell(self.out, &Tell::Prefill { id: self.id, done, total });
    }

    fn delta(&mut self, text: &str) {
        self.untold.push_str(text);
        if self.told.is_none_or(|told| told.elapsed() >= PIECES) {
            self.tell_text();
        }
    }

    fn truncate(&mut self, to: usize) {
        self.tell_text();
        tell(self.out, &Tell::Truncate { id: self.id, to });
    }
}
