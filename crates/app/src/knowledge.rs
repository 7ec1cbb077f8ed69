//! `knowledge`: what the packs hold, what is wrong in them, and lists of others as packs.

use std::path::{Path, PathBuf};

use bogam_clinical::case::Case;
use bogam_knowledge::import::{self, Headers, ImportError, ImportKind, ImportSettings, Imported, Levels};
use bogam_knowledge::pack::PackInfo;
use bogam_knowledge::{KnowledgeBase, PackFault, PackFile};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::assets;
use crate::error::AppError;
use crate::job::JobSink;

/// The notice of a record that stands on knowledge past its date.
const EXPIRED: &str = "knowledge_expired";

/// Whether a pack is past its date on a day, `2026-03-02`.
fn is_expired(pack: &PackInfo, day: &str) -> bool {
    pack.expires.as_str() < day
}

/// The notice for a case when some pack expired before the day of its `as_of`, or before today: the earlier of the two.
/// (Dates of research tables lie a century ahead.)
pub(crate) fn expired(knowledge: &KnowledgeBase, case: &Case, today: &str) -> Option<String> {
    let today = today.to_owned();
    let day = case.as_of.map_or_else(|| today.clone(), |as_of| as_of.date().to_string().min(today.clone()));
    knowledge.packs().iter().any(|pack| is_expired(pack, &day)).then(|| EXPIRED.to_owned())
}

/// A pack.
#[derive(Debug, Clone, Serialize)]
pub struct PackState {
    /// Name.
    pub id: String,
    /// Version.
    pub version: String,
    /// Last review.
    pub reviewed: String,
    /// Expiry.
    pub expires: String,
    /// Who approved it.
    pub approved_by: String,
    /// It is past its date.
    pub expired: bool,
}

impl PackState {
    /// The packs of a base, as of today.
    pub(crate) fn all(base: &KnowledgeBase, today: &str) -> Vec<Self> {
        let state = |pack: &PackInfo| Self {
            id: pack.id.clone(),
            version: pack.version.clone(),
            reviewed: pack.reviewed.clone(),
            expires: pack.expires.clone(),
            approved_by: pack.approved_by.clone(),
            expired: is_expired(pack, today),
        };
        base.packs().iter().map(state).collect()
    }

    /// That it expired, in words.
    pub(crate) fn expiry(&self) -> String {
        format!("knowledge pack {} {} expired on {}", self.id, self.version, self.expires)
    }
}

/// What the packs hold.
#[derive(Debug, Clone, Serialize)]
pub struct Info {
    /// Hash of all packs.
    pub hash: String,
    /// The packs, in order.
    pub packs: Vec<PackState>,
    /// How many there are of each kind of fact.
    pub counts: Map<String, Value>,
    /// How many facts are known how: `read`, `recalled`, `recalled_twice`.
    pub basis: Map<String, Value>,
}

impl Info {
    fn new(base: &KnowledgeBase, today: &str) -> Self {
        let counted = base.counts().into_iter().map(|(kind, n)| (kind, Value::from(n)));
        let (basis, counts): (Vec<_>, Vec<_>) = counted.partition(|(kind, _)| kind.starts_with(BASIS));
        let own = |(kind, n): (&str, Value)| (kind.to_owned(), n);
        let bare = |(kind, n): (&str, Value)| (kind.trim_start_matches(BASIS).to_owned(), n);
        Self {
            hash: base.hash().to_owned(),
            packs: PackState::all(base, today),
            counts: counts.into_iter().map(own).collect(),
            basis: basis.into_iter().map(bare).collect(),
        }
    }

    /// For reading.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = vec![self.hash.clone()];
        for pack in &self.packs {
            let PackState { id, version, reviewed, expires, approved_by, .. } = pack;
            out.push(format!("{id} {version}, reviewed {reviewed}, expires {expires}; {approved_by}"));
        }
        out.extend(self.packs.iter().filter(|pack| pack.expired).map(|pack| format!("EXPIRED: {}", pack.expiry())));
        out.extend(self.counts.iter().map(line));
        out.push("facts by what they stand on".to_owned());
        out.extend(self.basis.iter().map(line));
        out.join("\n") + "\n"
    }
}

fn line((kind, n): (&String, &Value)) -> String {
    format!("{:>7} {kind}", n.to_string())
}

/// What counts of facts by basis begin with.
const BASIS: &str = "facts_";

/// What the shipped pack and those of a site hold.
///
/// # Errors
/// When a folder cannot be read, or a pack has faults.
pub fn info(site: &[PathBuf], today: &str) -> Result<Info, AppError> {
    Ok(Info::new(&assets::knowledge(site)?, today))
}

/// What a check of packs came to: what they hold, or what is wrong in them.
pub type Checked = Result<Info, Vec<PackFault>>;

/// Checks the shipped pack (or that of `base`, in its place) with those of a site.
///
/// Files are named below their folder; with several folders, the folder stands before.
///
/// # Errors
/// When a folder cannot be read.
pub fn check(site: &[PathBuf], base: Option<&Path>, today: &str) -> Result<Checked, AppError> {
    let several = site.len() + usize::from(base.is_some()) > 1;
    let named = |folder: &Path, files: Vec<PackFile>| {
        let path = |file: &PackFile| {
            if several { folder.join(&file.path).display().to_string() } else { file.path.clone() }
        };
        files.into_iter().map(|file| PackFile { path: path(&file), bytes: file.bytes }).collect::<Vec<_>>()
    };
    let mut packs = match base {
        Some(folder) => vec![named(folder, assets::folder_pack(folder)?)],
        None => assets::packs(&[])?,
    };
    for folder in site {
        packs.push(named(folder, assets::folder_pack(folder)?));
    }
    match KnowledgeBase::from_files(&packs) {
        Ok(base) => {
            assets::site_codes(&base)?;
            Ok(Ok(Info::new(&base, today)))
        }
        Err(error) => Ok(Err(error.faults)),
    }
}

/// A list that is to become a pack.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// What kind of list.
    pub kind: ImportKind,
    /// The list; `-` is standard input.
    pub file: PathBuf,
    /// The folder of the pack: new, or empty.
    pub out: PathBuf,
    /// How much levels matter, instead of what ships.
    pub levels: Option<PathBuf>,
    /// Which columns mean what, instead of what ships.
    pub headers: Option<PathBuf>,
    /// Id of the pack.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The day of its review; today when none is named.
    pub reviewed: Option<String>,
    /// The day after which it counts as expired; a year after the review when none is named.
    pub expires: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Packs of the site whose ingredients and names the list may mean.
    pub knowledge: Vec<PathBuf>,
    /// Today, `2026-03-02`.
    pub today: String,
}

/// What an import came to: `report.json`.
#[derive(Debug, Clone, Serialize)]
pub struct ImportReport {
    /// What kind of list.
    pub kind: &'static str,
    /// The list, as it was named.
    pub file: String,
    /// Id of the pack.
    pub pack: String,
    /// Its version.
    pub version: String,
    /// Hash of the packs that the list was read with.
    pub knowledge: String,
    /// Rows of the list.
    pub rows: u64,
    /// Rows that are in the pack.
    pub taken: u64,
    /// All others, by reason: `rows` is `taken` and these.
    pub rejected: Map<String, Value>,
}

impl ImportReport {
    fn new(request: &ImportRequest, pack: &PackInfo, base: &KnowledgeBase, made: &Imported) -> Self {
        let rejected = made.by_reason().into_iter().map(|(reason, n)| (reason.code().to_owned(), n.into()));
        Self {
            kind: request.kind.code(),
            file: request.file.display().to_string(),
            pack: pack.id.clone(),
            version: pack.version.clone(),
            knowledge: base.hash().to_owned(),
            rows: made.rows,
            taken: made.taken,
            rejected: rejected.collect(),
        }
    }

    /// For reading: what was taken, then what was not, by reason.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = vec![format!("{:>7} rows", self.rows), format!("{:>7} taken", self.taken)];
        out.extend(self.rejected.iter().map(|(reason, n)| format!("{:>7} rejected: {reason}", n.to_string())));
        out.join("\n") + "\n"
    }

    /// 0, or 1 when some row was rejected.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(self.taken < self.rows)
    }
}

/// Makes a pack of a list: a folder that `--knowledge` takes, with `rejected.csv` and `report.json` beside.
///
/// # Errors
/// When the list or the settings cannot be used, the folder holds something, or the pack would have faults: nothing is
/// written. When the folder cannot be written to the end.
pub fn import(request: &ImportRequest, sink: &mut dyn JobSink) -> Result<ImportReport, AppError> {
    empty(&request.out)?;
    let list = |error: ImportError| AppError::List { file: request.file.display().to_string(), error };
    let settings = settings(request)?;
    let bytes = read(&request.file)?;
    sink.stage("Reading knowledge");
    let mut packs = assets::packs(&request.knowledge)?;
    let base = KnowledgeBase::from_files(&packs)?;
    sink.stage("Importing");
    let made = import::import(request.kind, &bytes, &base, &settings).map_err(list)?;
    let report = ImportReport::new(request, &settings.pack, &base, &made);
    // A pack that does not load is worse than none.
    sink.stage("Checking");
    packs.push(made.files.clone());
    KnowledgeBase::from_files(&packs)?;
    write(&request.out, &made, &report)?;
    Ok(report)
}

fn settings(request: &ImportRequest) -> Result<ImportSettings, AppError> {
    let kind = request.kind;
    let unasked = |option: &str, what: &str| {
        Err(AppError::Unusable(format!("{option}: a list of kind {} has no {what}; leave it out", kind.code())))
    };
    let built_in = |error: ImportError| AppError::Unusable(error.to_string());
    let levels = match &request.levels {
        Some(_) if !kind.has_levels() => return unasked("--levels", "levels"),
        Some(path) => Levels::read(&read_text(path)?).map_err(|e| AppError::unusable(path, e))?,
        None => assets::levels().map_err(built_in)?,
    };
    let headers = match &request.headers {
        Some(_) if !kind.has_headers() => return unasked("--headers", "table of headers: its columns are fixed"),
        Some(path) => Headers::read(&read_text(path)?).map_err(|e| AppError::unusable(path, e))?,
        None => assets::headers(kind).map_err(built_in)?,
    };
    let or = |given: &Option<String>, default: &str| given.clone().unwrap_or_else(|| default.to_owned());
    let reviewed = or(&request.reviewed, &request.today);
    let pack = PackInfo {
        id: or(&request.name, kind.code()),
        version: or(&request.version, "1"),
        expires: or(&request.expires, &a_year_after(&reviewed)),
        approved_by: or(&request.approved_by, "not approved: imported as it came"),
        reviewed,
    };
    Ok(ImportSettings { pack, levels, headers })
}

/// The same day of the next year; the 28th for a leap day. What is no date stays, and the check of the pack says so.
fn a_year_after(day: &str) -> String {
    let next = day.split_once('-').and_then(|(year, rest)| Some((year.parse::<u32>().ok()?.checked_add(1)?, rest)));
    next.map_or_else(
        || day.to_owned(),
        |(year, rest)| format!("{year:04}-{}", if rest == "02-29" { "02-28" } else { rest }),
    )
}

/// That a folder is not there, or holds nothing.
fn empty(folder: &Path) -> Result<(), AppError> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            Some(_) => Err(AppError::unusable(folder, "is not empty; name a new folder")),
            None => Ok(()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(AppError::unusable(folder, format!("cannot be used as a folder ({error})"))),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|e| AppError::unusable(path, format!("cannot be read ({e}); give the path of a file")))
}

fn read_text(path: &Path) -> Result<String, AppError> {
    std::fs::read_to_string(path).map_err(|e| AppError::unusable(path, format!("cannot be read ({e})")))
}

fn write(folder: &Path, made: &Imported, report: &ImportReport) -> Result<(), AppError> {
    std::fs::create_dir_all(folder).map_err(|e| AppError::unusable(folder, format!("cannot be made ({e})")))?;
    let report = serde_json::to_string_pretty(report).unwrap_or_default() + "\n";
    let rejected = made.rejected_csv();
    let beside = [("rejected.csv", rejected.as_bytes()), ("report.json", report.as_bytes())];
    let files = made.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
    for (path, bytes) in files.chain(beside) {
        let written = std::fs::write(folder.join(path), bytes);
        written.map_err(|error| AppError::Folder { folder: folder.display().to_string(), error })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::a_year_after;

    #[test]
    fn a_year_after_a_day_is_a_day() {
        for (day, next) in [("2026-11-21", "2027-11-21"), ("2028-02-29", "2029-02-28"), ("soon", "soon")] {
            assert_eq!(a_year_after(day), next);
        }
    }
}
