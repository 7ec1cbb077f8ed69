//! Whether the vault is whole, and its backups.

use std::path::Path;

use bogam_vault::{Kept, VaultError};
use serde_json::json;

use super::types::{BackupView, LastBackup, Params, Progress, Stage, VerifyFault, VerifyReport};
use super::{Answer, Window, stage};
use crate::error::AppError;
use crate::vault::store::Verified;
use crate::vault::{Session, UseCase};

/// Under which name the site keeps where its last backup is.
const LAST: &str = "last_backup";

/// Bytes of a page, as SQLCipher has them.
const PAGE: u64 = 4096;

fn faults_of(found: &Verified) -> Vec<VerifyFault> {
    let fault = |code: &str, text: String, count: u64| VerifyFault {
        code: code.to_owned(),
        params: Params::from([("text".to_owned(), json!(text)), ("count".to_owned(), json!(count))]),
    };
    let kinds = [
        ("verify.pages", &found.pages),
        ("verify.structure", &found.structure),
        ("verify.references", &found.references),
        ("verify.header", &found.header),
    ];
    let mut faults: Vec<VerifyFault> = kinds
        .iter()
        .filter(|(_, faults)| faults.count > 0)
        .map(|(code, faults)| fault(code, faults.first.join("; "), faults.count))
        .collect();
    faults.extend(found.audit.iter().map(|audit| fault("verify.audit", audit.to_string(), 1)));
    faults
}

impl Window {
    /// Checks every page, reference and line of the audit, and the header.
    ///
    /// # Errors
    /// When nobody is signed in, or the check could not be made.
    pub fn verify_vault(&self, on: &mut dyn FnMut(Progress)) -> Answer<VerifyReport> {
        let _job = self.begin(on);
        on(stage(Stage::Verifying));
        let found = self.desk.with(|session| session.verify(&[]))?;
        Ok(VerifyReport {
            ok: found.is_clean(),
            pages: self.vault_bytes()? / PAGE,
            audit_lines: found.audit_lines,
            faults: faults_of(&found),
        })
    }

    /// The last backup, and the vault that it is of.
    ///
    /// # Errors
    /// When nobody is signed in, or the vault cannot be read.
    pub fn backup_state(&self) -> Answer<BackupView> {
        let last = self.desk.with(|session| {
            session.may(UseCase::Verify)?;
            last(session)
        })?;
        self.backup_view(last)
    }

    /// Writes a backup.
    ///
    /// # Errors
    /// As [`Session::backup`]: the disk is full or gone, or something is there already.
    pub fn backup(&self, to: &Path, on: &mut dyn FnMut(Progress)) -> Answer<BackupView> {
        let _job = self.begin(on);
        on(stage(Stage::Copying));
        let now = self.now();
        let made = self.desk.with(|session| {
            let done = session.backup(to, now)?;
            let last = LastBackup { path: done.path.display().to_string(), at: now.to_string() };
            match session.keep(Kept::SiteSetting, LAST, Some(&json!(last)), now) {
                // A vault that is open for reading only can be backed up all the same, and remembers nothing.
                Ok(()) | Err(AppError::Vault(VaultError::ReadOnly(_))) => Ok(last),
                Err(error) => Err(error),
            }
        })?;
        self.backup_view(Some(made))
    }

    fn backup_view(&self, last: Option<LastBackup>) -> Answer<BackupView> {
        let vault = self.surroundings.vault.display().to_string();
        Ok(BackupView { last, vault, bytes: self.vault_bytes()? })
    }

    fn vault_bytes(&self) -> Answer<u64> {
        let path = &self.surroundings.vault;
        Ok(std::fs::metadata(path).map_err(|e| AppError::unusable(path, e))?.len())
    }
}

fn last(session: &Session) -> Result<Option<LastBackup>, AppError> {
    let kept = session.kept(Kept::SiteSetting, LAST)?;
    let stored = |error: serde_json::Error| VaultError::Stored { what: "last backup", why: error.to_string() };
    Ok(kept.map(serde_json::from_value).transpose().map_err(stored)?)
}
