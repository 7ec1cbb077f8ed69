//! Adapters: files of the home folder, each beside what is known of it. One is offered at the models that it belongs to.
//!
//! They were learned from patients, and lie in a private folder.

use std::path::{Path, PathBuf};

use bogam_engine::gguf::{BASE, Header, is_base};
use bogam_train::{Base, RunReport, exchange};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::models::{settings, write_settings};
use super::types::{AdapterInUse, AdapterView, Progress, Stage};
use super::{Answer, Window, fault, stage};
use crate::error::AppError;
use crate::home::{self, home};
use crate::models::{self, Model};
use crate::output::{private_folder, write_whole};

/// What is known of an adapter: the file beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct About {
    sha256: String,
    base: String,
    samples: Option<String>,
    method: Option<String>,
    rank: Option<u64>,
    alpha: Option<f64>,
    steps: Option<u64>,
    validation_loss: Option<f64>,
    at: String,
    /// The run of the window that made it.
    run: Option<String>,
}

fn folder() -> PathBuf {
    home().join("adapters")
}

/// The file of an adapter.
pub(super) fn file(name: &str) -> PathBuf {
    folder().join(format!("{name}.gguf"))
}

fn about_file(name: &str) -> PathBuf {
    folder().join(format!("{name}.json"))
}

/// Whether a file says of itself that it is an adapter.
pub(super) fn is_adapter(path: &Path) -> bool {
    Header::read(path).is_ok_and(|header| header.string("general.type") == Some("adapter"))
}

/// Models of the list that can be read, each with the hash of the file that it was converted from. A header holds a vocabulary:
/// each is read once for all adapters.
fn bases() -> Result<Vec<(Model, Option<String>)>, AppError> {
    let read = |model: Model| {
        let header = Header::read(model.path.as_deref()?).ok()?;
        let origin = header.string(BASE).map(str::to_owned);
        Some((model, origin))
    };
    Ok(models::all()?.into_iter().filter_map(read).collect())
}

/// Those whose file, or the file that theirs was converted from, has this hash.
fn models_of<'a>(base: &'a str, bases: &'a [(Model, Option<String>)]) -> impl Iterator<Item = &'a Model> {
    let belongs =
        |model: &Model, origin: Option<&str>| is_base(base, &format!("sha256:{}", model.entry.sha256), origin);
    bases.iter().filter(move |(model, origin)| belongs(model, origin.as_deref())).map(|(model, _)| model)
}

/// A name that is one of a file and of nothing above or below it.
fn plain(name: &str) -> bool {
    !name.starts_with('.') && Path::new(name).file_name().is_some_and(|file| file == name)
}

fn missing(name: &str) -> super::ApiError {
    fault("adapter.missing", &[("name", json!(name))])
}

fn about(name: &str) -> Answer<About> {
    if !plain(name) || !file(name).is_file() {
        return Err(missing(name));
    }
    let path = about_file(name);
    let text = std::fs::read_to_string(&path).map_err(|e| AppError::unusable(&path, e))?;
    Ok(serde_json::from_str(&text).map_err(|e| AppError::unusable(&path, e))?)
}

/// Names of the adapters that are here.
fn names() -> Result<Vec<String>, AppError> {
    let files = super::imports::json_files(&folder())?;
    let name = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    Ok(files.iter().filter_map(name).filter(|name| plain(name) && file(name).is_file()).collect())
}

/// Refuses an adapter at a model that it does not belong to.
pub(super) fn must_fit(name: &str, model: &Model) -> Answer<()> {
    let about = about(name)?;
    if models_of(&about.base, &bases()?).all(|other| other.entry.name != model.entry.name) {
        return Err(fault("adapter.other_model", &[("name", json!(name)), ("model", json!(model.entry.name))]));
    }
    Ok(())
}

/// The adapter that was made by a run of the window, where it was taken among the adapters.
pub(super) fn of_run(id: &str) -> Answer<Option<String>> {
    for name in names()? {
        // One that cannot be read is told of where adapters are listed.
        if about(&name).is_ok_and(|about| about.run.as_deref() == Some(id)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The name of the adapter that has this file.
pub(super) fn named(path: &Path) -> Option<String> {
    (path.parent() == Some(folder().as_path())).then(|| path.file_stem()?.to_str().map(str::to_owned))?
}

fn view(name: &str, bases: &[(Model, Option<String>)]) -> Answer<AdapterView> {
    let about = about(name)?;
    Ok(AdapterView {
        name: name.to_owned(),
        bytes: std::fs::metadata(file(name)).map_or(0, |meta| meta.len()),
        models: models_of(&about.base, bases).map(|model| model.entry.name.clone()).collect(),
        sha256: about.sha256,
        base: about.base,
        samples: about.samples,
        method: about.method,
        rank: about.rank,
        alpha: about.alpha,
        steps: about.steps,
        validation_loss: about.validation_loss,
        at: about.at,
    })
}

/// The report that a run leaves beside its adapter, if it is of this adapter.
fn report_beside(path: &Path, base: &str, samples: Option<&str>) -> Option<RunReport> {
    let bytes = std::fs::read(path.parent()?.join("run.json")).ok()?;
    let report: RunReport = serde_json::from_slice(&bytes).ok()?;
    (report.base == base && Some(report.samples.as_str()) == samples).then_some(report)
}

/// Rank and alpha as the file itself has them: they are read with the shape of its model, where that is here.
fn read_with(path: &Path, model: &Model) -> Result<(u64, f64), AppError> {
    let base = Base::open(model.path.as_deref().unwrap_or(Path::new("")))?;
    let adapter = exchange::read_gguf(path, &base.config)?;
    Ok((u64::try_from(adapter.rank).unwrap_or(u64::MAX), adapter.alpha))
}

/// Takes an adapter in: a private copy, with what is known of it beside.
fn take(path: &Path, name: &str, run: Option<&str>, at: String) -> Answer<()> {
    let of = || ("path", json!(path.display().to_string()));
    let header = Header::read(path).map_err(|_| fault("adapter.not_one", &[of()]))?;
    if header.string("general.type") != Some("adapter") {
        return Err(fault("adapter.not_one", &[of()]));
    }
    let base = header.string(BASE).ok_or_else(|| fault("adapter.no_base", &[of()]))?;
    if !plain(name) {
        return Err(fault("adapter.name", &[("name", json!(name))]));
    }
    // Of a file that is none of the list, its copying was broken off.
    if file(name).exists() && about_file(name).exists() {
        return Err(fault("adapter.already_there", &[("name", json!(name))]));
    }
    let samples = header.string("bogam.samples").map(str::to_owned);
    let report = report_beside(path, base, samples.as_deref());
    let read = models_of(base, &bases()?).next().map(|model| read_with(path, model)).transpose()?;
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let loss = report.as_ref().and_then(|run| run.validation_loss.iter().find(|(step, _)| *step == run.kept_step));
    let method = report.as_ref().and_then(|run| serde_json::to_value(run.method).ok());
    let about = About {
        sha256: format!("sha256:{}", models::sha256(path)?),
        base: base.to_owned(),
        samples,
        method: method.and_then(|word| word.as_str().map(str::to_owned)),
        rank: read.map(|(rank, _)| rank).or(report.as_ref().map(|run| wide(run.settings.rank))),
        alpha: read.map(|(_, alpha)| alpha).or(report.as_ref().map(|run| run.settings.alpha)),
        steps: report.as_ref().map(|run| wide(run.kept_step)),
        validation_loss: loss.map(|(_, loss)| *loss),
        at,
        run: run.map(str::to_owned),
    };
    private_folder(&folder())?;
    let bytes = std::fs::read(path).map_err(|e| AppError::unusable(path, e))?;
    write_whole(&file(name), &bytes)?;
    // What is known comes last: a file without it is none of the list.
    write_whole(&about_file(name), serde_json::to_string_pretty(&about).unwrap_or_default().as_bytes())?;
    Ok(())
}

/// The name of an adapter from its file: `run` of `run/adapter.gguf`, as a run leaves it, and `ward` of `ward.gguf`.
fn name_of(path: &Path) -> String {
    let text = |part: Option<&std::ffi::OsStr>| part.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = text(path.file_stem());
    let above = text(path.parent().and_then(Path::file_name));
    if stem == "adapter" && !above.is_empty() { above } else { stem }
}

impl Window {
    /// Every adapter that is here.
    ///
    /// # Errors
    /// When nobody is signed in, or one cannot be read.
    pub fn adapters(&self) -> Answer<Vec<AdapterView>> {
        self.desk.with(|session| session.may(crate::vault::UseCase::KeepOwn))?;
        let bases = bases()?;
        let mut all = names()?.iter().map(|name| view(name, &bases)).collect::<Answer<Vec<_>>>()?;
        all.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.name.cmp(&b.name)));
        Ok(all)
    }

    /// Takes an adapter from a file into the home folder.
    ///
    /// # Errors
    /// When the role is missing, the file is no adapter or says of no model that it is its, or the name is taken.
    pub fn add_adapter(&self, path: &Path, on: &mut dyn FnMut(Progress)) -> Answer<AdapterView> {
        self.may_manage_site()?;
        let _job = self.begin(on);
        on(stage(Stage::Copying));
        let name = name_of(path);
        take(path, &name, None, self.now().to_string())?;
        view(&name, &bases()?)
    }

    /// Removes an adapter. Models that it was attached to are run without one.
    ///
    /// # Errors
    /// When the role is missing, there is no such adapter, or it cannot be removed.
    pub fn remove_adapter(&self, name: &str) -> Answer<()> {
        self.may_manage_site()?;
        if !plain(name) || !file(name).exists() {
            return Err(missing(name));
        }
        let mut all = settings()?;
        let mut changed = false;
        for of_model in all.values_mut().filter(|of_model| of_model.adapter.as_deref() == Some(name)) {
            of_model.adapter = None;
            changed = true;
        }
        if changed {
            write_settings(&all)?;
            self.model.changed();
        }
        let remove = |path: PathBuf| match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(AppError::unusable(&path, error)),
            Ok(()) | Err(_) => Ok(()),
        };
        remove(about_file(name))?;
        remove(file(name))?;
        Ok(())
    }

    /// Takes the adapter of a run in, if it is not here yet, and attaches it to the model that it was trained on.
    pub(super) fn put_adapter_to_use(&self, path: &Path, run: &str, model: Option<&str>) -> Answer<AdapterInUse> {
        let name = match of_run(run)? {
            Some(name) => name,
            None => {
                let of = model.map(|model| format!("{}-", model.replace('/', "-"))).unwrap_or_default();
                let name = format!("{of}{run}");
                take(path, &name, Some(run), self.now().to_string())?;
                name
            }
        };
        let adapter = view(&name, &bases()?)?;
        let named = adapter.models.iter().find(|of| Some(of.as_str()) == model);
        let Some(model) = named.or(adapter.models.first()).cloned() else {
            return Err(fault("training.no_model", &[("name", json!(name))]));
        };
        let mut all = settings()?;
        all.entry(model.clone()).or_default().adapter = Some(name);
        write_settings(&all)?;
        self.model.changed();
        let default = !home::settings()?.names_a_model()
            && models::default_model().is_ok_and(|default| default.entry.name == model);
        Ok(AdapterInUse { adapter, model, default })
    }
}
