//! First run, unlocking, locking, preferences.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{MutexGuard, PoisonError};

use bogam_clinical::text::Lang;
use bogam_vault::{Credential, Kept, RecoveryKey, Role as VaultRole, VaultError, names};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::types::{Preferences, Role, SessionView, Start, VaultState};
use super::{Answer, ApiError, Unconfirmed, Window, fault};
use crate::error::AppError;
use crate::vault::{IDLE_MINUTES, LockCause, Session};

/// Under which name preferences are kept.
const PREFERENCES: &str = "window";

/// Under which name the site keeps whether the recovery key was written down.
const RECOVERY: &str = "recovery_key";

/// Under which name is kept what somebody was typing.
const TYPED: &str = "typed";

impl From<VaultRole> for Role {
    fn from(role: VaultRole) -> Self {
        match role {
            VaultRole::Clinician => Self::Clinician,
            VaultRole::Reviewer => Self::Reviewer,
            VaultRole::Administrator => Self::Administrator,
        }
    }
}

impl From<Role> for VaultRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Clinician => Self::Clinician,
            Role::Reviewer => Self::Reviewer,
            Role::Administrator => Self::Administrator,
        }
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            lang: Lang::Ko,
            theme: "system".to_owned(),
            text_percent: 100,
            reduce_motion: "system".to_owned(),
            single_keys: true,
            keys: std::collections::BTreeMap::new(),
            idle_minutes: IDLE_MINUTES,
        }
    }
}

impl Window {
    /// What the window needs before it can show anything. No model, knowledge or vault is opened for it.
    #[must_use]
    pub fn start(&self) -> Start {
        let mut start = Start {
            bogam: env!("CARGO_PKG_VERSION").to_owned(),
            vault: VaultState::Locked,
            people: Vec::new(),
            session: None,
            preferences: self.machine_preferences(),
            error: None,
        };
        if let Ok(session) = self.session_view() {
            start.vault = VaultState::Open;
            start.preferences.clone_from(&session.preferences);
            start.session = Some(session);
        }
        match names(&self.surroundings.vault) {
            Ok(people) => start.people = people,
            Err(_) if !self.surroundings.vault.exists() => start.vault = VaultState::None,
            Err(error) => {
                start.vault = VaultState::Broken;
                start.error = Some(*ApiError::from(error));
            }
        }
        start
    }

    /// Makes the vault. The first person holds all roles; the recovery key is told this once.
    ///
    /// # Errors
    /// When there is a vault already, the name or passphrase will not do, or nothing can be written.
    pub fn create_vault(&self, person: &str, passphrase: &str, preferences: &Preferences) -> Answer<String> {
        if let Some(folder) = self.surroundings.vault.parent() {
            std::fs::create_dir_all(folder).map_err(|e| AppError::unusable(folder, e))?;
        }
        let (session, recovery) = Session::create(&self.surroundings.vault, person, passphrase, self.now())?;
        session.keep(Kept::Preference, PREFERENCES, Some(&json!(preferences)), self.now())?;
        let text = recovery.text().to_string();
        *self.unconfirmed() = Some(Unconfirmed { key: recovery, session: Some(session) });
        Ok(text)
    }

    pub(super) fn unconfirmed(&self) -> MutexGuard<'_, Option<Unconfirmed>> {
        self.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws a new recovery key, and tells it this once. The old one opens nothing any more.
    ///
    /// # Errors
    /// As [`Session::renew_recovery_key`].
    pub fn renew_recovery_key(&self) -> Answer<String> {
        let now = self.now();
        let key = self.desk.with(|session| {
            let key = session.renew_recovery_key(now)?;
            session.keep(Kept::SiteSetting, RECOVERY, Some(&json!({ "confirmed": false })), now)?;
            Ok(key)
        })?;
        let text = key.text().to_string();
        *self.unconfirmed() = Some(Unconfirmed { key, session: None });
        Ok(text)
    }

    /// Whether groups of the recovery key, by their positions from 1, were typed right. The vault remembers that they were.
    ///
    /// # Errors
    /// When nobody may confirm one, or that it was cannot be written.
    pub fn confirm_recovery_key(&self, positions: &[usize], groups: &[String]) -> Answer<bool> {
        let unconfirmed = self.unconfirmed();
        let Some(waiting) = unconfirmed.as_ref() else { return self.confirm_whole_key(positions, groups) };
        let text = waiting.key.text();
        let right: Vec<&str> = text.split('-').collect();
        let fits = |(position, typed): (&usize, &String)| {
            position.checked_sub(1).and_then(|at| right.get(at)).is_some_and(|g| typed.trim().eq_ignore_ascii_case(g))
        };
        let confirmed =
            !positions.is_empty() && positions.len() == groups.len() && positions.iter().zip(groups).all(fits);
        if confirmed {
            match &waiting.session {
                Some(session) => keep_confirmed(session, self.now())?,
                None => self.desk.with(|session| keep_confirmed(session, self.now()))?,
            }
        }
        Ok(confirmed)
    }

    /// The same for a key that was shown before the last start: all of its groups are asked, and held against the header.
    fn confirm_whole_key(&self, positions: &[usize], groups: &[String]) -> Answer<bool> {
        let typed: BTreeMap<usize, &str> =
            positions.iter().copied().zip(groups.iter().map(|group| group.trim())).collect();
        let whole: Vec<&str> = typed.into_values().collect();
        // A slip of the finger is no error, but not the key either.
        let Ok(key) = RecoveryKey::parse(&whole.join("-")) else { return Ok(false) };
        Ok(self.desk.with(|session| {
            let right = session.is_recovery_key(&key)?;
            if right {
                keep_confirmed(session, self.now())?;
            }
            Ok(right)
        })?)
    }

    /// Signs in whoever made the vault.
    ///
    /// # Errors
    /// When nobody made one.
    pub fn finish_first_run(&self) -> Answer<SessionView> {
        let made = self.unconfirmed().take().and_then(|made| made.session);
        self.sign_in(made.ok_or_else(|| fault("locked", &[]))?)
    }

    /// Opens the vault for a person.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn unlock(&self, person: &str, passphrase: &str) -> Answer<SessionView> {
        let credential = Credential::Passphrase { name: person, passphrase };
        let session = Session::open(&self.surroundings.vault, credential, self.now())?;
        self.sign_in(session)
    }

    /// Sets a new passphrase for a person by the recovery key, and opens the vault for them.
    ///
    /// # Errors
    /// When the key is wrong, there is no such person, or the passphrase is short.
    pub fn unlock_with_recovery_key(&self, key: &str, person: &str, passphrase: &str) -> Answer<SessionView> {
        let key = RecoveryKey::parse(key)?;
        let session = Session::open(&self.surroundings.vault, Credential::Recovery(&key), self.now())?;
        session.reset_passphrase(session.person_named(person)?, passphrase, self.now())?;
        session.close()?;
        self.unlock(person, passphrase)
    }

    fn sign_in(&self, session: Session) -> Answer<SessionView> {
        self.desk.unlock(session, self.moment());
        let view = self.session_view()?;
        self.desk.set_idle_minutes(view.preferences.idle_minutes);
        Ok(view)
    }

    fn session_view(&self) -> Answer<SessionView> {
        Ok(self.desk.with(|session| {
            let id = session.person();
            let people = session.people()?;
            let name = people.iter().find(|p| p.id == id).map(|p| p.name.clone()).unwrap_or_default();
            let kept = session.kept(Kept::Preference, PREFERENCES)?;
            let preferences = kept.and_then(|kept| serde_json::from_value(kept).ok());
            Ok(SessionView {
                person: id.0,
                name,
                roles: session.roles()?.into_iter().map(Role::from).collect(),
                preferences: preferences.unwrap_or_else(|| self.machine_preferences()),
                recovery_confirmed: session
                    .kept(Kept::SiteSetting, RECOVERY)?
                    .is_some_and(|kept| kept.get("confirmed").and_then(Value::as_bool).unwrap_or(false)),
                read_only: session.read_only().map(|why| why.code().to_owned()),
            })
        })?)
    }

    /// Locks: work on cases is stopped, the model forgets, keys are wiped.
    pub fn lock(&self) {
        self.unconfirmed().take();
        self.desk.lock(|| self.model.forget());
    }

    /// Somebody is here.
    pub fn activity(&self) {
        self.desk.touch(self.moment());
    }

    /// Looks at the clocks; some times a minute.
    pub fn tick(&self) -> Option<LockCause> {
        self.desk.tick(self.moment(), || self.model.forget())
    }

    /// Keeps preferences: of the person, or of the machine while nobody is signed in.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn save_preferences(&self, preferences: &Preferences) -> Answer<()> {
        let of_person = self
            .desk
            .with(|session| session.keep(Kept::Preference, PREFERENCES, Some(&json!(preferences)), self.now()));
        match of_person {
            Ok(()) => self.desk.set_idle_minutes(preferences.idle_minutes),
            Err(AppError::Locked) => {}
            // A vault that is open for reading only keeps nothing; the machine still does.
            Err(AppError::Vault(VaultError::ReadOnly(_))) => {}
            Err(error) => return Err(error.into()),
        }
        // Nothing in it is of a patient, and the next start looks as the last one did.
        let path = &self.surroundings.preferences;
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let text = serde_json::to_string(preferences).unwrap_or_default();
        written.and_then(|()| std::fs::write(path, text)).map_err(|e| AppError::unusable(path, e))?;
        Ok(())
    }

    /// Keeps what somebody types anywhere but in a case, so that a lock or a crash loses nothing. `None` takes it away.
    ///
    /// # Errors
    /// When nobody is signed in, or it cannot be written.
    pub fn keep_text(&self, place: &str, text: Option<&str>) -> Answer<()> {
        Ok(self.desk.with(|session| {
            let mut typed = typed(session)?;
            let changed = match text {
                Some(text) => typed.insert(place.to_owned(), text.to_owned()).as_deref() != Some(text),
                None => typed.remove(place).is_some(),
            };
            if changed {
                session.keep(Kept::Preference, TYPED, Some(&json!(typed)), self.now())?;
            }
            Ok(())
        })?)
    }

    /// What [`Self::keep_text`] keeps of whoever is signed in.
    ///
    /// # Errors
    /// When nobody is, or it cannot be read.
    pub fn kept_texts(&self) -> Answer<BTreeMap<String, String>> {
        Ok(self.desk.with(typed)?)
    }

    fn machine_preferences(&self) -> Preferences {
        match std::fs::read_to_string(&self.surroundings.preferences) {
            Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::NotFound => Preferences::default(),
            Err(_) => Preferences::default(),
        }
    }
}

fn keep_confirmed(session: &Session, now: Timestamp) -> Result<(), AppError> {
    session.keep(Kept::SiteSetting, RECOVERY, Some(&json!({ "confirmed": true })), now)
}

fn typed(session: &Session) -> Result<BTreeMap<String, String>, AppError> {
    let kept = session.kept(Kept::Preference, TYPED)?;
    let read = kept.map(serde_json::from_value).transpose();
    let stored = |error: serde_json::Error| VaultError::Stored { what: "typed text", why: error.to_string() };
    Ok(read.map_err(stored)?.unwrap_or_default())
}
