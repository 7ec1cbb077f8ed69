//! From the bytes of packs to a [`KnowledgeBase`]: parse, merge, check, index. Every fault is kept, not only the first.

mod check;
mod check_facts;
mod check_ingredient;
mod check_names;
mod forms;
pub(crate) mod icd_titles;
mod local_names;
mod merge;
pub(crate) mod pairs;
mod parse;
mod resolve;
mod table;

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::base::KnowledgeBase;
pub(crate) use merge::{ById, Merged};
pub(crate) use pairs::PairRow;
pub(crate) use parse::{FactTables, Located};

/// A file of a pack, as the application read it.
#[derive(Debug, Clone)]
pub struct PackFile {
    /// Its path below the folder of the pack, with `/` between parts: it is shown in faults and is part of the hash.
    pub path: String,
    /// Its bytes; UTF-8.
    pub bytes: Vec<u8>,
}

impl PackFile {
    /// Whether a file of a folder belongs to its pack: `*.toml` and `*.csv`, without what an import leaves beside
    /// them for people to read.
    #[must_use]
    pub fn belongs(path: &str) -> bool {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        name.ends_with(".toml") || (name.ends_with(".csv") && name != REJECTED)
    }
}

/// Rows that an import did not take: for people, no part of the pack.
pub(crate) const REJECTED: &str = "rejected.csv";

/// Something wrong in a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackFault {
    /// Path of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for PackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Packs that cannot be used, with everything that is wrong in them, by file and line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} fault(s) in the knowledge packs\n{}", faults.len(), lines(faults))]
pub struct PackError {
    /// The faults; at least one.
    pub faults: Vec<PackFault>,
}

fn lines(faults: &[PackFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    file: Arc<str>,
    line: usize,
}

impl Place {
    pub(crate) fn new(file: &Arc<str>, line: usize) -> Self {
        Self { file: Arc::clone(file), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Faults as they are found.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<PackFault>);

impl Faults {
    pub(crate) fn add(&mut self, at: &Place, message: impl Into<String>) {
        self.0.push(PackFault { file: at.file.to_string(), line: at.line, message: message.into() });
    }

    fn into_result(mut self) -> Result<(), PackError> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort();
        self.0.dedup();
        Err(PackError { faults: self.0 })
    }
}

/// Parses, merges, checks and indexes packs; see [`KnowledgeBase::from_files`].
pub(crate) fn load(packs: &[Vec<PackFile>]) -> Result<KnowledgeBase, PackError> {
    let mut faults = Faults::default();
    let tables = packs.iter().map(|files| parse::parse_pack(files, &mut faults)).collect::<Vec<_>>();
    // References into a file that is not valid TOML would all be reported as unknown: mend that first.
    let readable = tables.iter().all(|t| t.readable);
    let mut merged = merge::merge(tables, &mut faults);
    if readable {
        check::check(&merged, &mut faults);
    }
    faults.into_result()?;
    resolve::fill_defaults(&mut merged);
    let local_names = merged.local_names.clone();
    let mut base = KnowledgeBase::from_merged(merged, hash(packs));
    // Whether a name of a site is free can only be asked of what the packs make of it.
    local_names::add(&mut base, &local_names).into_result()?;
    Ok(base)
}

/// `sha256:` and the hash over every pack in order, its files by path: length and bytes of the path, then of the file.
fn hash(packs: &[Vec<PackFile>]) -> String {
    let mut sha = Sha256::new();
    for files in packs {
        let mut files = files.iter().collect::<Vec<_>>();
        files.sort_by(|a, b| (&a.path, &a.bytes).cmp(&(&b.path, &b.bytes)));
        for file in files {
            for part in [file.path.as_bytes(), file.bytes.as_slice()] {
                sha.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
                sha.update(part);
            }
        }
    }
    let hex = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("sha256:{hex}")
}
