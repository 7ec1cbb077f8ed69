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

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::KnowledgeBase;
pub(crate) use merge::{ById, Merged};
pub(crate) use pairs::PairRow;
use parse::Tables;
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(String, usize)", into = "(String, usize)")]
pub(crate) struct Place {
    file: Arc<str>,
    line: usize,
}

impl Place {
    pub(crate) fn new(file: &Arc<str>, line: usize) -> Self {
        Self { file: Arc::clone(file), line }
    }
}

impl From<(String, usize)> for Place {
    fn from((file, line): (String, usize)) -> Self {
        Self { file: file.into(), line }
    }
}

impl From<Place> for (String, usize) {
    fn from(place: Place) -> Self {
        (place.file.to_string(), place.line)
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

/// A pack that was parsed and checked before: its tables, and the hash of the files that they were read from.
#[derive(Debug, Serialize, Deserialize)]
struct Compiled {
    hash: String,
    tables: Tables,
}

/// Parses and checks a pack, and writes its tables in a form that [`load_compiled`] reads many times faster than TOML.
pub(crate) fn compile(files: &[PackFile]) -> Result<Vec<u8>, PackError> {
    // Everything that can be wrong is found by loading it.
    load(&[files.to_vec()])?;
    let tables = parse::parse_pack(files, &mut Faults::default());
    let compiled = Compiled { hash: pack_hash(files), tables };
    postcard::to_allocvec(&compiled).map_err(|error| unreadable(&error))
}

/// Loads a compiled pack, and the packs of a site on top of it.
pub(crate) fn load_compiled(compiled: &[u8], site: &[Vec<PackFile>]) -> Result<KnowledgeBase, PackError> {
    let compiled: Compiled = postcard::from_bytes(compiled).map_err(|error| unreadable(&error))?;
    let mut faults = Faults::default();
    let own = site.iter().map(|files| parse::parse_pack(files, &mut faults));
    let tables = std::iter::once(compiled.tables).chain(own).collect::<Vec<_>>();
    let hashes = std::iter::once(compiled.hash).chain(site.iter().map(|files| pack_hash(files))).collect::<Vec<_>>();
    // Alone it was checked when it was compiled.
    finish(tables, &hashes, !site.is_empty(), faults)
}

fn unreadable(error: &postcard::Error) -> PackError {
    let message = format!("the compiled pack cannot be read or written ({error}): build the program anew");
    PackError { faults: vec![PackFault { file: "knowledge.bin".to_owned(), line: 1, message }] }
}

/// Parses, merges, checks and indexes packs; see [`KnowledgeBase::from_files`].
pub(crate) fn load(packs: &[Vec<PackFile>]) -> Result<KnowledgeBase, PackError> {
    let mut faults = Faults::default();
    let tables = packs.iter().map(|files| parse::parse_pack(files, &mut faults)).collect::<Vec<_>>();
    let hashes = packs.iter().map(|files| pack_hash(files)).collect::<Vec<_>>();
    finish(tables, &hashes, true, faults)
}

/// Merges, checks and indexes tables.
fn finish(
    tables: Vec<Tables>,
    hashes: &[String],
    checked: bool,
    mut faults: Faults,
) -> Result<KnowledgeBase, PackError> {
    // References into a file that is not valid TOML would all be reported as unknown: mend that first.
    let readable = tables.iter().all(|t| t.readable);
    let mut merged = merge::merge(tables, &mut faults);
    if readable && checked {
        check::check(&merged, &mut faults);
    }
    faults.into_result()?;
    resolve::fill_defaults(&mut merged);
    let local_names = merged.local_names.clone();
    let hash = match hashes {
        [one] => one.clone(),
        many => sha256(many.iter().map(String::as_bytes)),
    };
    let mut base = KnowledgeBase::from_merged(merged, format!("sha256:{hash}"));
    // Whether a name of a site is free can only be asked of what the packs make of it.
    local_names::add(&mut base, &local_names).into_result()?;
    Ok(base)
}

/// The hash of a pack: its files by path, of each the path and the bytes.
fn pack_hash(files: &[PackFile]) -> String {
    let mut files = files.iter().collect::<Vec<_>>();
    files.sort_by(|a, b| (&a.path, &a.bytes).cmp(&(&b.path, &b.bytes)));
    sha256(files.into_iter().flat_map(|file| [file.path.as_bytes(), file.bytes.as_slice()]))
}

/// SHA-256 of parts, each preceded by its length; hex.
fn sha256<'p>(parts: impl Iterator<Item = &'p [u8]>) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        sha.update(part);
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
