//! What is built into the program: the shipped knowledge pack, the tables of importers, the prompts, the list of models.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bogam_consult::{PromptTexts, RedFlags, Unchecked};
use bogam_knowledge::import::{Headers, ImportError, ImportKind, Levels};
use bogam_knowledge::{KnowledgeBase, PackError, PackFile};
use bogam_suggest::Prompts;
use include_dir::{Dir, include_dir};

use crate::error::AppError;

/// The shipped pack as the build compiled it: see `build.rs`.
static COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/knowledge.bin"));

/// Its files, for those who check it or build upon it.
static KNOWLEDGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../assets/knowledge");

/// The list of models that ships.
pub(crate) const MODELS: &str = include_str!("../../../models/manifest.toml");

/// The shipped pack, and the site's packs after it.
///
/// # Errors
/// When a folder cannot be read, or a pack has faults: all of them, with file and line.
pub fn knowledge(site: &[PathBuf]) -> Result<KnowledgeBase, AppError> {
    let site = site.iter().map(|folder| folder_pack(folder)).collect::<Result<Vec<_>, _>>()?;
    let base = with_site(&site)?;
    site_codes(&base)?;
    Ok(base)
}

/// The shipped pack, and these files of a site's packs after it.
pub(crate) fn with_site(site: &[Vec<PackFile>]) -> Result<KnowledgeBase, PackError> {
    KnowledgeBase::from_compiled(COMPILED, site)
}

/// A tier of a site for a code that no rule has would never hold: somebody mistyped it.
pub(crate) fn site_codes(base: &KnowledgeBase) -> Result<(), AppError> {
    let known = |code: &str| bogam_safety::rules::RULES.iter().flat_map(|rule| rule.codes).any(|c| c.code == code);
    let unknown = base.facts().site_tier.entries().iter().find(|entry| !known(&entry.code));
    unknown.map_or(Ok(()), |entry| {
        let code = &entry.code;
        Err(AppError::Unusable(format!("[[site_tier]]: `{code}` is no code of a finding: see docs/rules.md")))
    })
}

/// The files of the shipped pack, and of the site's packs after it.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn packs(site: &[PathBuf]) -> Result<Vec<Vec<PackFile>>, AppError> {
    let mut packs = vec![shipped(&KNOWLEDGE)];
    for folder in site {
        packs.push(folder_pack(folder)?);
    }
    Ok(packs)
}

fn shipped(folder: &Dir<'_>) -> Vec<PackFile> {
    let path = |f: &include_dir::File<'_>| f.path().display().to_string();
    let mut files: Vec<PackFile> = folder
        .files()
        .filter(|f| PackFile::belongs(&path(f)))
        .map(|f| PackFile { path: path(f), bytes: f.contents().to_vec() })
        .collect();
    for inner in folder.dirs() {
        files.extend(shipped(inner));
    }
    files
}

/// The files of the pack in a folder.
pub(crate) fn folder_pack(folder: &Path) -> Result<Vec<PackFile>, AppError> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        let entries = std::fs::read_dir(&at).map_err(|e| AppError::unusable(&at, e))?;
        for entry in entries {
            let path = entry.map_err(|e| AppError::unusable(&at, e))?.path();
            if path.is_dir() {
                open.push(path);
            } else if PackFile::belongs(&path.to_string_lossy()) {
                let bytes = std::fs::read(&path).map_err(|e| AppError::unusable(&path, e))?;
                let below = path.strip_prefix(folder).unwrap_or(&path);
                files.push(PackFile { path: below.display().to_string(), bytes });
            }
        }
    }
    if files.is_empty() {
        return Err(AppError::unusable(folder, "holds no pack files (*.toml)"));
    }
    Ok(files)
}

/// How much the levels of imported lists matter, unless a site says so itself.
pub(crate) fn levels() -> Result<Levels, ImportError> {
    Levels::read(include_str!("../../../assets/import/levels.toml"))
}

/// Which column of a list means what, unless a site says so itself.
pub(crate) fn headers(kind: ImportKind) -> Result<Headers, ImportError> {
    match kind {
        ImportKind::DurCombination | ImportKind::DurAge | ImportKind::DurPregnancy | ImportKind::DurElderly => {
            Headers::read(include_str!("../../../assets/import/dur_headers.toml"))
        }
        ImportKind::Formulary => Headers::read(include_str!("../../../assets/import/formulary_headers.toml")),
        ImportKind::Ddinter | ImportKind::IcdTitles => Ok(Headers::default()),
    }
}

/// The prompts.
///
/// # Errors
/// When a prompt file is not of its form.
pub fn prompts() -> Result<Prompts, AppError> {
    let score = include_str!("../../../assets/prompts/score.toml");
    let advice = include_str!("../../../assets/prompts/advice.toml");
    Prompts::read(score, advice).map_err(|e| AppError::Unusable(e.to_string()))
}

/// What a consultation goes by.
#[derive(Debug)]
pub(crate) struct ConsultTexts {
    /// Signs of danger.
    pub red_flags: RedFlags,
    /// Words of doses and changes.
    pub unchecked: Unchecked,
    /// The prompt.
    pub prompt: PromptTexts,
    /// Names that are drugs' and unknown to the packs, as `Consultation::new` reads them.
    pub names: &'static str,
}

/// The files of consultations, read when they are first asked for.
///
/// # Errors
/// When one is not of its form.
pub(crate) fn consult() -> Result<&'static ConsultTexts, AppError> {
    static READ: OnceLock<ConsultTexts> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(read);
    }
    let fault = |error: bogam_consult::AssetError| AppError::Unusable(error.to_string());
    let read = ConsultTexts {
        red_flags: RedFlags::read(include_str!("../../../assets/consult/redflags.toml")).map_err(fault)?,
        unchecked: Unchecked::read(include_str!("../../../assets/consult/unchecked.toml")).map_err(fault)?,
        prompt: PromptTexts::read(include_str!("../../../assets/consult/prompt.toml")).map_err(fault)?,
        names: include_str!("../../../assets/consult/names.toml"),
    };
    Ok(READ.get_or_init(|| read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_pack_is_that_of_the_files() {
        let files = KnowledgeBase::from_files(&packs(&[]).unwrap_or_default()).ok();
        let compiled = knowledge(&[]).ok();
        let told = |base: Option<KnowledgeBase>| base.map(|base| (base.hash().to_owned(), base.counts()));
        let files = told(files);
        assert!(files.is_some());
        assert_eq!(files, told(compiled));
    }
}
