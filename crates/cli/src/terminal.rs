//! What a terminal shows: progress and messages on stderr, results on stdout.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use bogam_app::AppError;
use bogam_app::job::JobSink;
use bogam_engine::gguf::Header;
use indicatif::{ProgressBar, ProgressStyle};

/// The terminal.
pub struct Terminal {
    bar: Option<ProgressBar>,
    shown: bool,
}

impl Terminal {
    /// A terminal; progress is shown only when stderr is one.
    pub fn new() -> Self {
        Self { bar: None, shown: std::io::stderr().is_terminal() }
    }

    fn line(&mut self, text: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        // Nobody may be reading stderr.
        drop(writeln!(std::io::stderr(), "{text}"));
    }

    /// A message on stderr.
    pub fn say(&mut self, text: &str) {
        self.line(text);
    }

    /// A fault on stderr.
    pub fn fail(&mut self, text: &str) {
        self.line(&format!("bogam: {text}"));
    }

    /// A result on stdout.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn print(&mut self, text: &str) -> Result<(), AppError> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        written.map_err(|error| AppError::Output { file: "standard output".into(), error, done: 0 })
    }
}

impl JobSink for Terminal {
    fn stage(&mut self, what: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if self.shown {
            let style = ProgressStyle::with_template("{spinner} {msg} {pos} ({elapsed})");
            let bar = ProgressBar::new_spinner().with_message(what.to_owned());
            let bar = style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style));
            bar.enable_steady_tick(Duration::from_millis(120));
            self.bar = Some(bar);
        }
    }

    fn progress(&mut self, done: u64, total: Option<u64>) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            if let Some(total) = total {
                bar.set_length(total);
            }
        }
    }

    fn warn(&mut self, what: &str) {
        self.line(&format!("warning: {what}"));
    }
}

/// The date in UTC as `2026-03-02`: a pack's expiry is compared with it.
pub fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let mut days = since.as_secs() / 86_400;
    let mut year = 1970_u64;
    let leap = |y: u64| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

/// What a GGUF file says of itself.
///
/// # Errors
/// When it is none.
pub fn model_info(path: &Path) -> Result<String, AppError> {
    let header = Header::read(path).map_err(AppError::Model)?;
    let hash = bogam_app::models::sha256(path)?;
    let context = header.context().map_or_else(|| "unknown".to_owned(), |n| n.to_string());
    let rows = [
        ("name", header.name.clone()),
        ("architecture", header.architecture.clone()),
        ("quantization", header.quantization().to_owned()),
        ("bytes", header.file_bytes.to_string()),
        ("tensors", header.tensors.to_string()),
        ("layers", header.layers().to_string()),
        ("context", context),
        ("kv bytes a token", header.kv_bytes_per_token().to_string()),
        ("chat template", if header.chat_template { "yes" } else { "no" }.to_owned()),
        ("licence", header.string("general.license").unwrap_or("unknown").to_owned()),
        ("sha256", hash),
    ];
    Ok(rows.iter().map(|(key, value)| format!("{key:<18}{value}\n")).collect())
}
