//! Knowledge packs: which ones hold, what another one would change, and taking it in.

use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};

use bogam_knowledge::{KnowledgeBase, PackFault, PackFile};
use bogam_vault::Kept;
use serde_json::json;

use super::types::{ChangeView, CountOf, PackDifference, PackFaultView, PackView};
use super::{Answer, Window, fault};
use crate::assets;
use crate::error::AppError;
use crate::knowledge::PackState;
use crate::packs::{self, Entries, ReadPack};
use crate::vault::UseCase;

/// Where packs that were taken in lie, beside the vault.
pub(super) const FOLDER: &str = "knowledge";

/// Under which name the vault keeps which pack was taken in last.
const SETTING: &str = "knowledge_pack";

/// Faults that are shown one by one; a folder of something else has one a line.
const SHOWN: usize = 500;

/// The files of each pack of a site.
type SiteFiles = Vec<Vec<PackFile>>;

fn today() -> String {
    jiff::Zoned::now().date().to_string()
}

impl Window {
    fn opened_pack(&self) -> MutexGuard<'_, Option<ReadPack>> {
        self.opened_pack.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The packs that hold: the shipped one, and those of the site.
    ///
    /// # Errors
    /// When nobody is signed in, or the packs cannot be read.
    pub fn packs(&self) -> Answer<Vec<PackView>> {
        self.desk.with(|session| session.may(UseCase::KeepOwn))?;
        let states = PackState::all(&*self.knowledge()?, &today());
        let shipped = assets::knowledge(&[])?;
        let site = self.site()?;
        let mut all = Vec::new();
        for (n, state) in states.into_iter().enumerate() {
            let folder = n.checked_sub(1).and_then(|n| site.get(n));
            let counts = match folder {
                Some(folder) => packs::counts(&assets::folder_pack(folder)?),
                None => shipped_counts(&shipped),
            };
            all.push(PackView {
                id: state.id,
                version: state.version,
                reviewed: state.reviewed,
                expires: state.expires,
                expired: state.expired,
                shipped: n == 0,
                counts: counts.into_iter().map(|(kind, count)| CountOf { kind, count }).collect(),
            });
        }
        Ok(all)
    }

    /// Reads a pack and says what it would change. What was read is kept for [`Self::import_pack`], unless it has faults.
    ///
    /// # Errors
    /// When the role is missing, or there is no pack.
    pub fn open_pack(&self, path: &Path) -> Answer<PackDifference> {
        self.desk.with(|session| session.may(UseCase::ManageSite))?;
        self.opened_pack().take();
        let pack = packs::read(path)?;
        let (before, after) = self.before_and_after(&pack)?;
        let mut told = PackDifference {
            token: String::new(),
            id: pack.id.clone(),
            version: pack.version.clone(),
            added: 0,
            removed: 0,
            changed: Vec::new(),
            faults: shown(faults(&pack, &after)?),
        };
        if told.faults.is_empty() {
            let found = packs::difference(&entries(&before)?, &entries(&after)?);
            let view = |c: packs::Change| ChangeView { what: c.what, before: c.before, after: c.after };
            (told.added, told.removed) = (found.added, found.removed);
            told.changed = found.changed.into_iter().map(view).collect();
            told.token = pack.hash();
            *self.opened_pack() = Some(pack);
        }
        Ok(told)
    }

    /// Takes in what [`Self::open_pack`] showed. It holds from then on, and at the next start.
    ///
    /// # Errors
    /// `pack.token` when another pack was opened since, or none was; when the role is missing, the packs do not go
    /// together any more, or it cannot be written: what held before still does.
    pub fn import_pack(&self, token: &str) -> Answer<Vec<PackView>> {
        self.desk.with(|session| session.may(UseCase::ManageSite))?;
        let pack = self.opened_pack().as_ref().filter(|pack| pack.hash() == token).cloned();
        let pack = pack.ok_or_else(|| fault("pack.token", &[]))?;
        let (_, after) = self.before_and_after(&pack)?;
        let faults = faults(&pack, &after)?;
        if !faults.is_empty() {
            return Err(AppError::Knowledge(bogam_knowledge::PackError { faults }).into());
        }
        let what = json!({ "id": pack.id, "version": pack.version, "sha256": token });
        self.desk.with(|session| session.keep(Kept::SiteSetting, SETTING, Some(&what), self.now()))?;
        packs::keep(&self.surroundings.beside(FOLDER), &pack)?;
        self.opened_pack().take();
        self.knowledge.forget();
        self.diagnoses.forget();
        self.packs()
    }

    /// The files of the packs of the site as they are, and with this one.
    fn before_and_after(&self, pack: &ReadPack) -> Answer<(SiteFiles, SiteFiles)> {
        let read = |folder: &PathBuf| assets::folder_pack(folder);
        let given = self.surroundings.knowledge.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let (mut before, mut after) = (given.clone(), given);
        let mut replaced = false;
        for (id, folder) in packs::kept(&self.surroundings.beside(FOLDER))? {
            let files = assets::folder_pack(&folder)?;
            if id == pack.id {
                replaced = true;
                after.push(pack.files.clone());
            } else {
                after.push(files.clone());
            }
            before.push(files);
        }
        if !replaced {
            after.push(pack.files.clone());
        }
        Ok((before, after))
    }
}

fn shipped_counts(base: &KnowledgeBase) -> Vec<(String, u64)> {
    let counts = base.counts().into_iter().filter(|(kind, n)| *n > 0 && !kind.starts_with("facts_"));
    counts.map(|(kind, n)| (kind.to_owned(), u64::try_from(n).unwrap_or(u64::MAX))).collect()
}

/// What is wrong with the packs of a site, together with the shipped one.
fn faults(pack: &ReadPack, site: &[Vec<PackFile>]) -> Answer<Vec<PackFault>> {
    Ok(match assets::with_site(site) {
        Ok(base) => match assets::site_codes(&base) {
            Ok(()) => Vec::new(),
            Err(error) => {
                let known = base.facts().site_tier.entries();
                let code = known.iter().map(|e| e.code.as_str()).find(|code| error.to_string().contains(code));
                vec![packs::fault_at(&pack.files, code.unwrap_or_default(), error.to_string())]
            }
        },
        Err(error) => error.faults,
    })
}

fn shown(mut faults: Vec<PackFault>) -> Vec<PackFaultView> {
    let more = faults.len().saturating_sub(SHOWN);
    faults.truncate(SHOWN);
    let view = |f: PackFault| PackFaultView { file: f.file, line: f.line, message: f.message };
    let mut shown: Vec<PackFaultView> = faults.into_iter().map(view).collect();
    if more > 0 {
        let message = format!("{more} more faults: mend these first");
        shown.push(PackFaultView { file: String::new(), line: 0, message });
    }
    shown
}

/// What the shipped pack and those of a site say.
fn entries(site: &[Vec<PackFile>]) -> Answer<Entries> {
    let mut entries = Entries::new();
    for files in assets::packs(&[])?.iter().chain(site) {
        packs::add(&mut entries, files);
    }
    Ok(entries)
}
