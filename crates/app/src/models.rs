//! The models that are known by name: the shipped list, and the list of the home folder.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use bogam_engine::gguf::Header;
use serde::{Deserialize, Serialize};

use crate::assets;
use crate::error::AppError;
use crate::home::home;

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name.
    pub name: String,
    /// File, in the folder of the list.
    pub file: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Licence.
    #[serde(default)]
    pub licence: String,
    /// Context that it was trained for.
    #[serde(default)]
    pub context: Option<u64>,
    /// Used when none is named.
    #[serde(default)]
    pub default: bool,
    /// Where it came from.
    #[serde(default)]
    pub source: String,
    /// What to know of it.
    #[serde(default)]
    pub note: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    model: Vec<Entry>,
}

/// An entry, and where its file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The entry.
    pub entry: Entry,
    /// Path of the file, when it is there.
    pub path: Option<PathBuf>,
}

/// Folders in which models lie: that of the home folder, then those beside the program and its sources.
#[must_use]
pub fn folders() -> Vec<PathBuf> {
    let mut folders = vec![home().join("models")];
    if let Ok(program) = std::env::current_exe() {
        // target/release/bogam; an installed bin/bogam, and lib/Bogam beside it, where packages put what they bring.
        let above = program.ancestors().skip(1).take(3);
        folders.extend(above.flat_map(|a| [a.join("models"), a.join("lib/Bogam/models")]));
    }
    folders.push(PathBuf::from("models"));
    folders
}

/// All models: those of the home folder first.
///
/// # Errors
/// When a list cannot be understood.
pub fn all() -> Result<Vec<Model>, AppError> {
    let mut entries = read_list(&own_list())?.model;
    for entry in shipped()?.model {
        if entries.iter().all(|e| e.name != entry.name) {
            entries.push(entry);
        }
    }
    let folders = folders();
    let find = |file: &str| folders.iter().map(|f| f.join(file)).find(|p| p.is_file());
    Ok(entries.into_iter().map(|entry| Model { path: find(&entry.file), entry }).collect())
}

fn read_list(path: &Path) -> Result<List, AppError> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|e| AppError::unusable(path, e)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(List::default()),
        Err(error) => Err(AppError::unusable(path, error)),
    }
}

/// The model to use when none is named: the default of the home folder's list, else of the shipped one.
///
/// # Errors
/// When there is none, or its file is missing.
pub fn default_model() -> Result<Model, AppError> {
    let all = all()?;
    let chosen = all.iter().find(|m| m.entry.default).or_else(|| all.first()).cloned();
    match chosen {
        Some(model) if model.path.is_some() => Ok(model),
        Some(model) => Err(AppError::Unusable(format!(
            "the default model {} is not here ({}): run `make setup`, name a file with --model, or use --model none",
            model.entry.name, model.entry.file
        ))),
        None => Err(AppError::Unusable("no model is known: add one with `bogam model add FILE`".into())),
    }
}

/// SHA-256 of a file in hex.
///
/// # Errors
/// When it cannot be read.
pub fn sha256(path: &Path) -> Result<String, AppError> {
    let hash = bogam_engine::file_hash(path).map_err(AppError::Model)?;
    Ok(hash.trim_start_matches("sha256:").to_owned())
}

/// Checks a model's file against its entry.
///
/// # Errors
/// When the file is missing, damaged, or another one.
pub fn verify(model: &Model) -> Result<(), AppError> {
    let Some(path) = &model.path else {
        return Err(AppError::Unusable(format!("{}: the file {} is not here", model.entry.name, model.entry.file)));
    };
    Header::read(path).map_err(AppError::Model)?;
    let found = sha256(path)?;
    if found != model.entry.sha256 {
        let wanted = &model.entry.sha256;
        return Err(AppError::unusable(path, format!("its SHA-256 is {found} and should be {wanted}; copy it again")));
    }
    Ok(())
}

/// The file that a path or the name of a list entry means, and the entry. A listed file must be the one that the list means.
///
/// # Errors
/// When it is neither, or the listed file is missing, damaged, or another one.
pub(crate) fn resolve(model: &Path) -> Result<(PathBuf, Option<Entry>), AppError> {
    if model.exists() {
        return Ok((model.to_owned(), None));
    }
    let listed = all()?.into_iter().find(|m| Path::new(&m.entry.name) == model);
    let listed = listed.ok_or_else(|| {
        AppError::unusable(model, "is neither a file nor a model of the list; see `bogam model list`")
    })?;
    verify(&listed)?;
    Ok((listed.path.unwrap_or_default(), Some(listed.entry)))
}

/// Takes a model file into the home folder's list: copied, hashed, and readable by name.
///
/// # Errors
/// When it is no usable model, or cannot be copied.
pub fn add(file: &Path, name: Option<&str>, default: bool) -> Result<Entry, AppError> {
    let header = Header::read(file).map_err(AppError::Model)?;
    let folder = home().join("models");
    std::fs::create_dir_all(&folder).map_err(|e| AppError::unusable(&folder, e))?;
    let Some(base) = file.file_name().map(|n| n.to_string_lossy().into_owned()) else {
        return Err(AppError::unusable(file, "has no file name"));
    };
    let target = folder.join(&base);
    if target.exists() {
        return Err(AppError::unusable(&target, "is there already; remove it first or rename the new file"));
    }
    let half = folder.join(format!("{base}.part"));
    std::fs::copy(file, &half).and_then(|_| std::fs::rename(&half, &target)).map_err(|e| {
        // Nothing half stays behind; that it may never have come into being is no fault.
        drop(std::fs::remove_file(&half));
        AppError::unusable(&target, format!("cannot be written ({e})"))
    })?;
    let name = name.map_or_else(|| base.trim_end_matches(".gguf").to_lowercase(), str::to_owned);
    let entry = Entry {
        name,
        file: base,
        sha256: sha256(&target)?,
        licence: header.string("general.license").unwrap_or_default().to_owned(),
        context: header.context(),
        default,
        source: file.display().to_string(),
        note: String::new(),
    };
    enter(&entry)?;
    Ok(entry)
}

/// Takes a file that was made in the home folder's models into the list. No other file is written over.
///
/// # Errors
/// When it cannot be moved, or the list cannot be written.
pub(crate) fn keep(half: tempfile::TempPath, entry: Entry) -> Result<Entry, AppError> {
    let target = home().join("models").join(&entry.file);
    let entry = Entry { sha256: sha256(&half)?, ..entry };
    half.persist_noclobber(&target)
        .map_err(|e| AppError::unusable(&target, format!("cannot be written ({})", e.error)))?;
    enter(&entry)?;
    Ok(entry)
}

/// An entry into the home folder's list, in place of one of its name.
fn enter(entry: &Entry) -> Result<(), AppError> {
    let mut list = read_list(&own_list())?;
    list.model.retain(|m| m.name != entry.name);
    if entry.default {
        list.model.iter_mut().for_each(|m| m.default = false);
    }
    list.model.push(entry.clone());
    write_list(&list)
}

/// The list of the home folder.
fn own_list() -> PathBuf {
    home().join("models/manifest.toml")
}

fn write_list(list: &List) -> Result<(), AppError> {
    let path = own_list();
    let text = toml::to_string(list).map_err(|e| AppError::unusable(&path, e))?;
    let half = path.with_extension("toml.part");
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let open = |()| std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half);
    made.and_then(open)
        .and_then(|mut f| std::io::Write::write_all(&mut f, text.as_bytes()))
        .and_then(|()| std::fs::rename(&half, &path))
        .map_err(|e| AppError::unusable(&path, e))
}

fn shipped() -> Result<List, AppError> {
    toml::from_str(assets::MODELS).map_err(|e| AppError::Unusable(format!("models/manifest.toml: {e}")))
}

/// Whether a model is of the list that ships.
#[must_use]
pub fn is_shipped(name: &str) -> bool {
    shipped().is_ok_and(|list| list.model.iter().any(|m| m.name == name))
}

/// Takes a model out of the home folder's list, and its file with it.
///
/// # Errors
/// When it is shipped with the program, is not in the list, or cannot be removed.
pub fn remove(name: &str) -> Result<(), AppError> {
    let mut list = read_list(&own_list())?;
    let Some(at) = list.model.iter().position(|m| m.name == name) else {
        return Err(AppError::Unusable(format!("{name}: is not a model that was added here")));
    };
    let entry = list.model.remove(at);
    write_list(&list)?;
    let file = home().join("models").join(&entry.file);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(AppError::unusable(&file, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes a model the default one of the home folder's list, or no longer. One that ships is entered there.
///
/// # Errors
/// When it is not known, or the list cannot be written.
pub fn set_default(name: &str, default: bool) -> Result<(), AppError> {
    let known = all()?.into_iter().find(|m| m.entry.name == name);
    let entry = known.ok_or_else(|| AppError::Unusable(format!("{name}: is not a known model")))?.entry;
    let mut list = read_list(&own_list())?;
    if list.model.iter().all(|m| m.name != name) {
        list.model.push(entry);
    }
    for model in &mut list.model {
        model.default = if model.name == name { default } else { model.default && !default };
    }
    write_list(&list)
}
