//! What long work tells, and what it comes to.

/// Where the progress of a use case goes: the window, a terminal, a list in a test.
pub trait JobSink {
    /// A new stage of the work, in words.
    fn stage(&mut self, what: &str);
    /// How far it is; `total` is unknown while a stream is read.
    fn progress(&mut self, done: u64, total: Option<u64>);
    /// Something to know that stops nothing.
    fn warn(&mut self, what: &str);
}

/// Keeps everything, for tests.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Collected {
    /// Stages.
    pub stages: Vec<String>,
    /// The last progress.
    pub done: u64,
    /// Warnings.
    pub warnings: Vec<String>,
}

impl JobSink for Collected {
    fn stage(&mut self, what: &str) {
        self.stages.push(what.to_owned());
    }
    fn progress(&mut self, done: u64, _total: Option<u64>) {
        self.done = done;
    }
    fn warn(&mut self, what: &str) {
        self.warnings.push(what.to_owned());
    }
}

/// What a run over records came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records answered.
    pub answered: u64,
    /// Records rejected with an error line.
    pub rejected: u64,
    /// Blank lines.
    pub blank: u64,
    /// Records with a critical finding (of `check`).
    pub critical: u64,
    /// How often the model's process had to be started again.
    pub restarts: u64,
}

impl Summary {
    /// 0, or 1 when some record was rejected or (for `check`) some finding is critical.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.rejected > 0 || self.critical > 0 { 1 } else { 0 }
    }
}
