//! The packs of a site that the program keeps for itself: read, compared with what holds, put in their place.
//!
//! Each is a folder below `knowledge` of the home folder, and `packs.toml` there says which ones hold, in order. That list
//! changes in one step, so that a pack is in use whole or not at all.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use bogam_knowledge::{PackFault, PackFile};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use toml::Value;

use crate::error::AppError;

/// Bytes that a pack may have: a folder that was chosen by mistake is not read to its end.
const MOST_BYTES: u64 = 256 << 20;

/// Folders within folders of a pack.
const DEEPEST: usize = 4;

/// Tables whose entries a later pack replaces by their `id`.
const BY_ID: [&str; 9] =
    ["source", "class", "purpose", "allergy_group", "ingredient", "role", "lab", "omission", "together"];

/// The list of the packs that hold.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    pack: Vec<Listed>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    id: String,
    folder: String,
}

/// Where a pack was read from, and its files.
#[derive(Debug, Clone)]
pub struct ReadPack {
    /// Its id; empty when nothing in it says so.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its files.
    pub files: Vec<PackFile>,
}

impl ReadPack {
    /// SHA-256 of its files, hex.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut sha = Sha256::new();
        for file in &self.files {
            sha.update(file.path.as_bytes());
            sha.update([0]);
            sha.update(file.bytes.len().to_le_bytes());
            sha.update(&file.bytes);
        }
        sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn list_of(folder: &Path) -> PathBuf {
    folder.join("packs.toml")
}

fn read_list(folder: &Path) -> Result<List, AppError> {
    let path = list_of(folder);
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|e| AppError::unusable(&path, e)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(List::default()),
        Err(error) => Err(AppError::unusable(&path, error)),
    }
}

/// The packs that a folder of packs holds, with their ids, in order.
///
/// # Errors
/// When its list cannot be read.
pub fn kept(folder: &Path) -> Result<Vec<(String, PathBuf)>, AppError> {
    Ok(read_list(folder)?.pack.into_iter().map(|pack| (pack.id, folder.join(pack.folder))).collect())
}

/// Reads a pack: a folder, its `pack.toml`, or a pack that is one file.
///
/// # Errors
/// When it cannot be read, holds no pack file, or far more than a pack would.
pub fn read(path: &Path) -> Result<ReadPack, AppError> {
    let in_folder = path.file_name().is_some_and(|name| name == "pack.toml");
    let root = if in_folder { path.parent().unwrap_or(path) } else { path };
    let mut files = Vec::new();
    let mut bytes = 0;
    if root.is_dir() {
        collect(root, root, 0, &mut bytes, &mut files)?;
    } else {
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if PackFile::belongs(&name) {
            let bytes = std::fs::read(root).map_err(|e| AppError::unusable(root, e))?;
            files.push(PackFile { path: name, bytes });
        }
    }
    if files.is_empty() {
        return Err(AppError::unusable(path, "holds no pack files (*.toml)"));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let info = files.iter().find_map(|file| {
        let table: toml::Table = toml::from_str(std::str::from_utf8(&file.bytes).ok()?).ok()?;
        table.get("pack").cloned()
    });
    let text = |key: &str| info.as_ref().and_then(|info| info.get(key)?.as_str()).unwrap_or_default().to_owned();
    Ok(ReadPack { id: text("id"), version: text("version"), files })
}

fn collect(
    root: &Path,
    folder: &Path,
    depth: usize,
    bytes: &mut u64,
    files: &mut Vec<PackFile>,
) -> Result<(), AppError> {
    let unusable = |e| AppError::unusable(folder, e);
    for entry in std::fs::read_dir(folder).map_err(unusable)? {
        let entry = entry.map_err(unusable)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let about = std::fs::metadata(&path).map_err(|e| AppError::unusable(&path, e))?;
        if name.starts_with('.') {
            // What an editor or a desktop leaves there is no part of a pack.
        } else if about.is_dir() {
            if depth == DEEPEST {
                return Err(AppError::unusable(
                    root,
                    "has folders within folders: choose the folder of the pack itself",
                ));
            }
            collect(root, &path, depth + 1, bytes, files)?;
        } else if PackFile::belongs(&name) {
            *bytes = bytes.saturating_add(about.len());
            if *bytes > MOST_BYTES {
                return Err(AppError::unusable(
                    root,
                    "holds over 256 MiB of tables: choose the folder of the pack itself",
                ));
            }
            let read = std::fs::read(&path).map_err(|e| AppError::unusable(&path, e))?;
            let below = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            files.push(PackFile { path: parts.join("/"), bytes: read });
        }
    }
    Ok(())
}

/// Keeps a pack, in place of the one with its id. It holds from the moment that the list says so.
///
/// # Errors
/// When it cannot be written: what held before still does.
pub fn keep(folder: &Path, pack: &ReadPack) -> Result<(), AppError> {
    let mut list = read_list(folder)?;
    let name: String = pack.hash().chars().take(16).collect();
    let unusable = |e: std::io::Error| AppError::unusable(folder, format!("cannot be written to ({e})"));
    std::fs::create_dir_all(folder).map_err(unusable)?;
    let half = tempfile::Builder::new().prefix(".part-").tempdir_in(folder).map_err(unusable)?;
    for file in &pack.files {
        write(half.path(), file).map_err(unusable)?;
    }
    let target = folder.join(&name);
    if target.exists() {
        // Left over, or the very same pack again.
        std::fs::remove_dir_all(&target).map_err(unusable)?;
    }
    std::fs::rename(half.path(), &target).map_err(unusable)?;
    let listed = Listed { id: pack.id.clone(), folder: name };
    match list.pack.iter_mut().find(|known| known.id == pack.id) {
        Some(known) => *known = listed,
        None => list.pack.push(listed),
    }
    let text = toml::to_string(&list).map_err(|e| AppError::unusable(folder, e))?;
    crate::output::write_whole(&list_of(folder), text.as_bytes())?;
    remove_others(folder, &list);
    Ok(())
}

fn write(folder: &Path, file: &PackFile) -> std::io::Result<()> {
    let below = Path::new(&file.path);
    if !below.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(std::io::Error::other("a path of the pack leads out of it"));
    }
    let path = folder.join(below);
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    let mut written = std::fs::File::create(path)?;
    written.write_all(&file.bytes)?;
    written.sync_all()
}

/// Folders that the list does not name any more. That one stays behind does no harm: it is not in use.
fn remove_others(folder: &Path, list: &List) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let named = list.pack.iter().any(|pack| *pack.folder == *name);
        if !named && entry.path().is_dir() {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// What packs say, by kind and by what tells entries of a kind apart.
pub type Entries = BTreeMap<(String, String), Value>;

/// Adds what a pack says; what it says anew takes the place of what an earlier pack said.
pub fn add(entries: &mut Entries, files: &[PackFile]) {
    let mut own = Entries::new();
    for file in files {
        let Ok(text) = std::str::from_utf8(&file.bytes) else { continue };
        if file.path.ends_with(".csv") {
            add_rows(&mut own, &file.path, text);
        } else if let Ok(table) = toml::from_str::<toml::Table>(text) {
            for (kind, value) in table {
                for entry in value.as_array().into_iter().flatten() {
                    put(&mut own, &kind, key(&kind, entry), entry.clone());
                }
            }
        }
    }
    entries.extend(own);
}

/// Two entries of one pack that nothing tells apart are still two.
fn put(entries: &mut Entries, kind: &str, key: String, value: Value) {
    let mut place = (kind.to_owned(), key.clone());
    let mut again = 1;
    while entries.contains_key(&place) {
        again += 1;
        place.1 = format!("{key} ({again})");
    }
    entries.insert(place, value);
}

fn key(kind: &str, entry: &Value) -> String {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let side = |name: &str| {
        let drugs = entry.get(name).and_then(Value::as_array).into_iter().flatten();
        drugs.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
    };
    let known = match kind {
        "icd9" => text("code"),
        "diagnosis" => text("icd10").map(|code| code.replace('.', "")),
        "interaction" => Some(pair(&side("a"), &side("b"))),
        "local_name" => text("name"),
        _other if BY_ID.contains(&kind) => text("id"),
        _other => None,
    };
    // Facts of many drugs stand side by side: the whole fact tells them apart.
    known.unwrap_or_else(|| entry.to_string())
}

fn pair(a: &str, b: &str) -> String {
    if a <= b { format!("{a} + {b}") } else { format!("{b} + {a}") }
}

/// Rows of `pairs.csv` and `icd_titles.csv`: the first two columns tell them apart.
fn add_rows(entries: &mut Entries, path: &str, text: &str) {
    let kind = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".csv");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let columns: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_owned).collect()).unwrap_or_default();
    for row in reader.records().flatten() {
        let field = |n: usize| row.get(n).unwrap_or_default();
        let key = if kind == "pairs" { pair(field(0), field(1)) } else { format!("{} {}", field(0), field(1)) };
        let rest = columns.iter().zip(row.iter()).skip(2);
        let table: toml::Table = rest.map(|(name, value)| (name.clone(), Value::from(value))).collect();
        put(entries, kind, key, Value::Table(table));
    }
}

/// How many entries of each kind a pack has.
#[must_use]
pub fn counts(files: &[PackFile]) -> Vec<(String, u64)> {
    let mut entries = Entries::new();
    add(&mut entries, files);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (kind, _) in entries.into_keys() {
        *counts.entry(kind).or_default() += 1;
    }
    counts.into_iter().collect()
}

/// A place in which two packs differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The entry, and the field of it.
    pub what: String,
    /// What it said; empty when it said nothing.
    pub before: String,
    /// What it says.
    pub after: String,
}

/// What changes when packs say something else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Entries that were not there.
    pub added: u64,
    /// Entries that are gone.
    pub removed: u64,
    /// What is said otherwise, field by field.
    pub changed: Vec<Change>,
}

/// Compares what packs say.
#[must_use]
pub fn difference(before: &Entries, after: &Entries) -> Difference {
    let mut found = Difference::default();
    for (place, new) in after {
        match before.get(place) {
            None => found.added += 1,
            Some(old) if old == new => {}
            Some(old) => changes(&format!("{} {}", place.0, place.1), Some(old), Some(new), &mut found.changed),
        }
    }
    found.removed = before.keys().filter(|place| !after.contains_key(*place)).fold(0, |n, _| n + 1);
    found
}

fn changes(what: &str, before: Option<&Value>, after: Option<&Value>, into: &mut Vec<Change>) {
    match (before, after) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Table(old)), Some(Value::Table(new))) => {
            let only_new = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(only_new) {
                changes(&format!("{what} · {key}"), old.get(key), new.get(key), into);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (n, (old, new)) in old.iter().zip(new).enumerate() {
                changes(&format!("{what} {}", n + 1), Some(old), Some(new), into);
            }
        }
        (old, new) => {
            let text = |value: Option<&Value>| match value {
                None => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            into.push(Change { what: what.to_owned(), before: text(old), after: text(new) });
        }
    }
}

/// Where a text stands first in a pack, as a fault of that line.
pub(crate) fn fault_at(files: &[PackFile], text: &str, message: String) -> PackFault {
    let quoted = format!("\"{text}\"");
    let found = files.iter().find_map(|file| {
        let content = String::from_utf8_lossy(&file.bytes);
        let line = content.lines().position(|line| line.contains(&quoted))?;
        Some((file.path.clone(), line + 1))
    });
    let (file, line) = found.unwrap_or_default();
    PackFault { file, line, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> PackFile {
        PackFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn entries_are_told_apart_by_what_the_loader_tells_them_apart_by() {
        let old = [
            file(
                "a.toml",
                "[[ingredient]]\nid = \"x\"\nname = { en = \"X\", ko = \"엑스\" }\n[[food]]\nwhat = \"milk\"\n",
            ),
            file("pairs.csv", "a,b,tier,level,source\nx,y,warning,2,s\n"),
        ];
        let new = [
            file(
                "b.toml",
                "[[ingredient]]\nid = \"x\"\nname = { en = \"X\", ko = \"익스\" }\n[[food]]\nwhat = \"tea\"\n",
            ),
            file("pairs.csv", "a,b,tier,level,source\ny,x,note,2,s\nx,z,note,2,s\n"),
        ];
        let (mut before, mut after) = (Entries::new(), Entries::new());
        add(&mut before, &old);
        add(&mut after, &new);
        let found = difference(&before, &after);
        assert_eq!((found.added, found.removed), (2, 1));
        let changed: Vec<_> = found.changed.iter().map(|c| (&*c.what, &*c.before, &*c.after)).collect();
        assert_eq!(changed, [("ingredient x · name · ko", "엑스", "익스"), ("pairs x + y · tier", "warning", "note")]);
        // On top of each other: the fact of the earlier pack still holds.
        add(&mut before, &new);
        assert_eq!(difference(&after, &before), Difference { added: 1, removed: 0, changed: Vec::new() });
    }
}
