//! This test program as a child process: to be killed, watched, or put where the disk is small or cannot be written to.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Tells the child which part it plays, and where. Without it those tests do nothing.
const VARIABLE: &str = "BOGAM_TEST_CHILD";

/// Begins what a child tells its parent; the test harness writes to the same pipe.
const TOLD: &str = "TOLD ";

/// Where the child plays its part, in the child; `None` when this is no child.
pub fn place() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).map(PathBuf::from)
}

/// Tells the parent something, at once.
pub fn tell(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{TOLD}{text}").unwrap();
    out.flush().unwrap();
}

/// Waits for the parent to answer.
pub fn wait_for_parent() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

/// A command that runs one test of this program in a place.
pub fn command(test: &str, place: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(VARIABLE, place);
    command
}

/// As [`command`], after lines of a shell. In them `$PLACE` is the place.
pub fn command_after(shell: &str, test: &str, place: &Path, inside: &Path) -> Command {
    let mut command = Command::new("bash");
    let run = format!("{shell}\nexec \"$PROGRAM\" {test} --exact --nocapture --test-threads=1");
    command.args(["-euc", &run]).env("PROGRAM", std::env::current_exe().unwrap());
    command.env("PLACE", place).env(VARIABLE, inside);
    command
}

/// What is put before a command so that it has file systems of its own: as root, or as root of a user namespace. `None`
/// where the system allows neither.
pub fn namespace() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "--mount"], vec!["unshare", "--user", "--map-root-user", "--mount"]];
    let works = |way: &Vec<&str>| {
        let tried = Command::new(way[0]).args(&way[1..]).args(["mount", "-t", "tmpfs", "none", "/mnt"]).output();
        tried.is_ok_and(|done| done.status.success())
    };
    ways.into_iter().find(works)
}

/// Says that something could not be tried here.
pub fn skipped(why: &str) {
    drop(writeln!(std::io::stderr(), "SKIPPED ({why})"));
}

/// A child that tells and is answered.
pub struct Watched {
    pub child: Child,
    told: std::io::Lines<BufReader<ChildStdout>>,
    answer: ChildStdin,
}

impl Watched {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        let answer = child.stdin.take().unwrap();
        Self { child, told, answer }
    }

    /// What it tells next; `None` when it has ended.
    pub fn next(&mut self) -> Option<String> {
        self.told.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix(TOLD).map(str::to_owned))
    }

    pub fn answer(&mut self) {
        self.answer.write_all(b"on\n").unwrap();
        self.answer.flush().unwrap();
    }
}
