//! Making a vault, and opening one: from a passphrase to a connection.

use std::cell::RefCell;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::audit;
use crate::connection::{self, PAGE, Use};
use crate::error::VaultError;
use crate::header::{Attempt, Attempts, Header, Keys, ReadHeader, RecoveryWrap, Wrap};
use crate::key::{self, DatabaseKey, RecoveryKey};
use crate::migrate::{self, SCHEMA};
use crate::people::{self, PersonId, Role, Roles};
use crate::place::{self, Held, Place};
use crate::rotate;
use crate::vault::{Opening, Parts, ReadOnly, State, Vault};

/// Wrong attempts that cost no time.
const FREE_ATTEMPTS: u32 = 3;

/// The longest wait between attempts, in seconds.
const LONGEST_WAIT: u64 = 300;

/// Who opens a vault, and by what.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// A person, by their passphrase.
    Passphrase {
        /// The name to sign in with.
        name: &'a str,
        /// The passphrase.
        passphrase: &'a str,
    },
    /// Whoever holds the recovery key.
    Recovery(&'a RecoveryKey),
}

impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passphrase { .. } => "Passphrase(…)",
            Self::Recovery(_) => "Recovery(…)",
        })
    }
}

/// Somebody's keys to a header that was read.
pub(crate) struct Unlocked {
    pub person: PersonId,
    pub key: DatabaseKey,
    /// The key to come, while the key is changed.
    pub next: Option<DatabaseKey>,
}

/// The wait after so many wrong attempts, in seconds: doubled with each one.
fn wait(failures: u32) -> u64 {
    match failures.checked_sub(FREE_ATTEMPTS) {
        None => 0,
        Some(beyond) => 1_u64.checked_shl(beyond).unwrap_or(u64::MAX).min(LONGEST_WAIT),
    }
}

/// Seconds until the next attempt is looked at. A clock that was set back does not make it longer.
fn left(attempt: Attempt, now: Timestamp) -> u64 {
    let passed = now.duration_since(attempt.last).max(SignedDuration::ZERO).as_secs();
    wait(attempt.failures).saturating_sub(passed.unsigned_abs())
}

/// Counts an attempt before it is made, so that ending the program does not undo it, and takes it back when it was right.
/// `keep` writes the counters.
fn counted<T>(
    attempts: &mut Attempts,
    person: PersonId,
    now: Timestamp,
    mut keep: impl FnMut(&Attempts) -> Result<(), VaultError>,
    attempt: impl FnOnce() -> Result<Option<T>, VaultError>,
) -> Result<T, VaultError> {
    let before = attempts.get(&person).copied().unwrap_or_default();
    let wait_s = left(before, now);
    if wait_s > 0 {
        if now < before.last {
            attempts.insert(person, Attempt { last: now, ..before });
            keep(attempts)?;
        }
        return Err(VaultError::TooSoon { failures: before.failures, wait_s });
    }
    let failures = before.failures.saturating_add(1);
    attempts.insert(person, Attempt { failures, last: now });
    keep(attempts)?;
    let done = attempt()?.ok_or_else(|| VaultError::WrongPassphrase { failures, wait_s: wait(failures) })?;
    attempts.remove(&person);
    keep(attempts)?;
    Ok(done)
}

/// From a credential to the key, through a header. `keep` writes the counters, where they can be written.
pub(crate) fn unlock(
    read: &mut ReadHeader,
    place: &Place,
    credential: Credential<'_>,
    now: Timestamp,
    keep: impl Fn(&[u8]) -> Result<(), VaultError>,
) -> Result<Unlocked, VaultError> {
    let header = read.header.clone();
    let person = match credential {
        Credential::Passphrase { name, .. } => {
            let found = header.keys.named(name).map(|w| w.person);
            found.ok_or_else(|| VaultError::NotFound { what: "person", id: name.trim().to_owned() })?
        }
        Credential::Recovery(_) => PersonId::RECOVERY,
    };
    let mut attempts = read.attempts.clone();
    let write = |attempts: &Attempts| keep(&read.with_attempts(attempts)?);
    let unlocked = counted(&mut attempts, person, now, write, || {
        let private = match (credential, header.keys.of(person)) {
            (Credential::Passphrase { passphrase, .. }, Some(wrap)) => {
                key::private_key(passphrase, &wrap.salt, wrap.kdf)?
            }
            (Credential::Recovery(recovery), _) => recovery.private_key(),
            (Credential::Passphrase { .. }, None) => return Ok(None),
        };
        let Some(key) = header.keys.open(&header.vault, person, &private) else { return Ok(None) };
        let next = header.next.as_ref().and_then(|next| next.open(&header.vault, person, &private));
        Ok(Some(Unlocked { person, key, next }))
    })?;
    if !read.is_by(&unlocked.key) {
        return Err(VaultError::HeaderTampered(place.header.clone()));
    }
    read.attempts = attempts;
    Ok(unlocked)
}

/// What can be said of a database file without a key.
fn check_file(place: &Place, encrypted: bool) -> Result<(), VaultError> {
    let path = &place.database;
    let Some(first) = place::read(path, 16)? else {
        return Err(VaultError::Missing { path: path.clone(), what: "the database" });
    };
    if first.is_empty() {
        return Err(VaultError::Empty(path.clone()));
    }
    if encrypted && first == b"SQLite format 3\0" {
        return Err(VaultError::OtherDatabase(path.clone()));
    }
    Ok(())
}

/// Whether a file ends within a page. Only without a log does that mean that it was cut.
pub(crate) fn check_length(place: &Place) -> Result<(), VaultError> {
    let found = place::length(&place.database)?;
    if place::length(&place.wal)? == 0 && !found.is_multiple_of(PAGE) {
        let expected = found.next_multiple_of(PAGE);
        return Err(VaultError::Truncated { path: place.database.clone(), found, expected });
    }
    Ok(())
}

/// Takes the lock where the folder can be written to; else says why there is only reading.
pub(crate) fn hold(place: &Place, program: &str) -> Result<(Option<Held>, Option<ReadOnly>), VaultError> {
    let taken = Held::take(place, program).and_then(|held| {
        place::check_writable(&place.database)?;
        Ok(held)
    });
    match taken {
        Ok(held) => Ok((Some(held), None)),
        Err(error) if error.unwritable() => Ok((Held::to_read(place)?, Some(ReadOnly::Folder))),
        Err(error) if error.no_room() => Ok((Held::to_read(place)?, Some(ReadOnly::Full))),
        Err(error) => Err(error),
    }
}

/// How a database is read that nobody writes to, and why it cannot be written to.
fn reading(place: &Place, unwritable: Option<&ReadOnly>) -> Result<Use, VaultError> {
    match (place::length(&place.wal)?, unwritable) {
        (0, _) => Ok(Use::ReadAlone),
        (_, None) => Ok(Use::Read),
        (_, Some(ReadOnly::Full)) => Ok(Use::ReadFull),
        // What is only in the log would be left out in silence.
        (_, Some(_)) => Err(VaultError::ReadOnly(
            "its folder cannot be written to, and a part of it is still in the -wal file; copy all its files to a \
             folder that can be"
                .to_owned(),
        )),
    }
}

impl Vault {
    /// Makes a vault. The first person holds all roles. The recovery key is handed out here and never again.
    ///
    /// # Errors
    /// When something is at `path` already, the name or the passphrase will not do, or the folder cannot be written to.
    /// Nothing is left behind that would be taken for a vault.
    pub fn create(
        path: &Path,
        name: &str,
        passphrase: &str,
        opening: Opening<'_>,
    ) -> Result<(Self, RecoveryKey), VaultError> {
        Self::create_with_schema(path, name, passphrase, opening, SCHEMA)
    }

    /// Makes a vault as an older program did, with what `sql` puts into it, to try the migrations from there on.
    ///
    /// # Errors
    /// As [`Vault::create`], or when a statement fails.
    #[cfg(feature = "testing")]
    pub fn create_older(
        path: &Path,
        (name, passphrase): (&str, &str),
        opening: Opening<'_>,
        schema: u32,
        sql: &str,
    ) -> Result<(), VaultError> {
        let vault = Self::create_with_schema(path, name, passphrase, opening, schema)?.0;
        vault.execute(sql)?;
        vault.close()
    }

    fn create_with_schema(
        path: &Path,
        name: &str,
        passphrase: &str,
        opening: Opening<'_>,
        schema: u32,
    ) -> Result<(Self, RecoveryKey), VaultError> {
        let place = Place::of(path);
        key::check_new(passphrase)?;
        let name = people::name_of(name)?;
        check_free(&place)?;
        let held = Held::take(&place, opening.program)?;
        clear_unfinished(&place)?;
        let made = Self::make(&place, &name, passphrase, opening, schema);
        if made.is_err() {
            drop(clear_unfinished(&place));
        }
        let (key, header, person, recovery) = made?;
        let state = State { header, attempts: Attempts::new(), behind: None };
        let vault = Self::from_parts(Parts {
            place,
            key,
            state,
            person,
            read_only: None,
            reading: Use::Read,
            kdf: opening.kdf,
            held: Some(held),
        })?;
        Ok((vault, recovery))
    }

    /// Writes the files of a new vault. The rename at the end is the moment at which there is one.
    fn make(
        place: &Place,
        name: &str,
        passphrase: &str,
        opening: Opening<'_>,
        schema: u32,
    ) -> Result<(DatabaseKey, Header, PersonId, RecoveryKey), VaultError> {
        let (key, recovery, vault) = (DatabaseKey::draw()?, RecoveryKey::draw()?, key::random::<16>()?);
        #[cfg(feature = "testing")]
        let key = {
            let mut key = key;
            key.set_plain(opening.plain);
            key
        };
        drop(place::create_private(&place.unfinished)?);
        let mut database = connection::open(&place.unfinished, &key, Use::Create)?;
        let made = (|| {
            // Before there is a table to put them in, the first person has the number that they will get.
            let first = PersonId(1);
            migrate::migrate(&mut database, &vault, (opening.now, first), schema)?;
            let change = database.transaction()?;
            let roles: Roles = Role::ALL.iter().copied().collect();
            let id = people::insert(&change, name, &roles, opening.now)?;
            audit::append(&change, &vault, (opening.now, id), "vault.created", &format!("person:{}", id.0))?;
            let head = audit::head(&change, &vault)?;
            change.commit()?;
            Ok((id, head))
        })();
        let (person, head) = made.map_err(|e: VaultError| e.at(&place.database))?;
        connection::finish(database, &place.unfinished)?;
        let keys = Keys {
            generation: 1,
            people: vec![Wrap::new(&vault, (&key, 1), (person, name), passphrase, opening.kdf)?],
            recovery: RecoveryWrap::new(&vault, (&key, 1), &recovery)?,
        };
        let header = Header { vault, keys, next: None, head };
        let bytes = header.write(&key, &Attempts::new())?;
        place::replace(&place.header, &bytes)?;
        place::replace(&place.header_copy, &bytes)?;
        place::rename(&place.unfinished, &place.database)?;
        Ok((key, header, person, recovery))
    }

    /// Opens a vault. What an interrupted change of people or keys left behind is settled, an older schema is brought
    /// up to date, and a key that is derived more cheaply than today is derived anew.
    ///
    /// # Errors
    /// With a message for each of: no such vault, an empty file, a file of another program, a damaged, changed or newer
    /// header, a wrong passphrase, too many wrong ones, a cut or damaged database, another program that has it open.
    /// None of them changes anything but the count of attempts.
    pub fn open(path: &Path, credential: Credential<'_>, opening: Opening<'_>) -> Result<Self, VaultError> {
        let opened = Self::open_by(path, credential, opening, false);
        key::wipe_stack();
        opened
    }

    /// Opens a vault whose header is damaged or missing, and writes the header anew from its copy; a line of the audit
    /// says so. The damaged one is kept beside it. The copy names an older end of the audit than the header did: have the
    /// audit checked against a head that was kept elsewhere. Whoever may do so is for the caller to see to. A vault whose
    /// header is whole is opened as by [`Vault::open`].
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn repair_header(path: &Path, credential: Credential<'_>, opening: Opening<'_>) -> Result<Self, VaultError> {
        let opened = Self::open_by(path, credential, opening, true);
        key::wipe_stack();
        opened
    }

    fn open_by(
        path: &Path,
        credential: Credential<'_>,
        opening: Opening<'_>,
        repair: bool,
    ) -> Result<Self, VaultError> {
        let place = Place::of(path);
        #[cfg(feature = "testing")]
        let encrypted = !opening.plain;
        #[cfg(not(feature = "testing"))]
        let encrypted = true;
        check_file(&place, encrypted)?;
        let (held, unwritable) = hold(&place, opening.program)?;
        let (mut read, from_copy) = Header::find(&place)?;
        let now = opening.now;
        let failures = |read: &ReadHeader| read.attempts.values().map(|a| u64::from(a.failures)).sum::<u64>();
        let failed_before = failures(&read);
        // Why not even the counters of attempts could be written.
        let unwritable = RefCell::new(unwritable);
        let keep = |bytes: &[u8]| {
            if from_copy || unwritable.borrow().is_some() {
                return Ok(());
            }
            let why = match place::replace(&place.header, bytes) {
                Err(error) if error.no_room() => ReadOnly::Full,
                Err(error) if error.unwritable() => ReadOnly::Folder,
                other => return other,
            };
            unwritable.replace(Some(why));
            Ok(())
        };
        let unlocked = unlock(&mut read, &place, credential, now, keep)?;
        #[cfg(feature = "testing")]
        let unlocked = {
            let mut unlocked = unlocked;
            unlocked.key.set_plain(opening.plain);
            unlocked
        };
        check_length(&place)?;
        let failed_before = failed_before.saturating_sub(failures(&read));
        let unwritable = unwritable.into_inner();
        let reading = reading(&place, unwritable.as_ref())?;
        let mut read_only = unwritable.or_else(|| opening.read_only.then_some(ReadOnly::Asked));
        if from_copy && !repair {
            read_only = read_only.or(Some(ReadOnly::HeaderCopy));
        }

        let (key, settled) = rotate::settle(&place, read.header, unlocked, reading)?;
        let schema = {
            let database = connection::open(&place.database, &key, reading)?;
            let at = |e: VaultError| e.at(&place.database);
            let schema = migrate::version(&database).map_err(at)?;
            if schema > SCHEMA {
                read_only = read_only.or(Some(ReadOnly::NewerSchema { found: schema, known: SCHEMA }));
            }
            let kept = settled.header.head;
            if !audit::holds(&database, kept).map_err(at)? {
                let found = audit::head(&database, &settled.header.vault).map_err(at)?.sequence;
                read_only = read_only.or(Some(ReadOnly::RolledBack { kept: kept.sequence, found }));
            }
            // A removal that was cut off before the header was written: the database decides.
            if settled.person != PersonId::RECOVERY && !people::is_active(&database, settled.person).map_err(at)? {
                let name = settled.header.keys.of(settled.person).map(|w| w.name.clone()).unwrap_or_default();
                return Err(VaultError::NotFound { what: "person", id: name });
            }
            schema
        };
        let older = || {
            let why =
                format!("an older version of Bogam made it (schema {schema}), and it cannot be brought up to date");
            VaultError::ReadOnly(format!("{why}; copy all its files to a folder with room that can be written to"))
        };
        if read_only.is_some() && schema < SCHEMA {
            return Err(older());
        }
        let reading = if read_only.is_some() { reading } else { Use::Read };
        let state = State { header: settled.header, attempts: read.attempts, behind: None };
        let parts = Parts { place, key, state, person: settled.person, read_only, reading, kdf: opening.kdf, held };
        let mut vault = Self::from_parts(parts)?;
        if vault.read_only().is_none() {
            let done = vault.bring_up_to_date(credential, settled.rotation, failed_before, from_copy, now);
            match done {
                Err(error) if error.no_room() => vault.read_from_here(ReadOnly::Full)?,
                other => other?,
            }
        }
        if vault.read_only() == Some(&ReadOnly::Full) && vault.read(migrate::version)? < SCHEMA {
            return Err(older());
        }
        Ok(vault)
    }

    fn bring_up_to_date(
        &self,
        credential: Credential<'_>,
        rotation: rotate::Rotation,
        failed_before: u64,
        from_copy: bool,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let (id, by) = (self.id(), (now, self.person()));
        self.with_writer(|database| migrate::migrate(database, &id, by, SCHEMA))?;
        // A change of the key that was cut off leaves its copy, whether or not the header names it already.
        place::remove_database(&self.place.next_database)?;
        if from_copy {
            let line = self.header_head().sequence;
            place::set_aside(&self.place.header)?;
            self.rewrite_header(|_| {})?;
            self.write(now, |change| change.audit("vault.header_repaired", &format!("line:{line}")))?;
        }
        if rotation != rotate::Rotation::None {
            self.rewrite_header(|_| {})?;
            self.write(now, |change| change.audit(rotation.code(), "vault"))?;
        }
        self.settle_people(now)?;
        self.settle_copy()?;
        self.interrupt_jobs(now)?;
        self.write(now, |change| change.audit("vault.opened", &format!("wrong_attempts:{failed_before}")))?;
        if let Credential::Passphrase { passphrase, .. } = credential {
            self.raise_kdf(passphrase, now)?;
        }
        Ok(())
    }

    /// Brings the copy of the header up to date, after a change of people or keys that was cut off between both.
    fn settle_copy(&self) -> Result<(), VaultError> {
        let keys = self.state().header.keys.clone();
        if Header::copy(&self.place).is_some_and(|copy| copy.keys == keys && copy.next.is_none()) {
            return Ok(());
        }
        self.rewrite_header(|_| {})
    }

    /// Derives the key anew where it was derived more cheaply than is usual today.
    fn raise_kdf(&self, passphrase: &str, now: Timestamp) -> Result<(), VaultError> {
        let person = self.person();
        let Some(old) = self.state().header.keys.of(person).cloned() else { return Ok(()) };
        if !old.kdf.below(self.kdf) {
            return Ok(());
        }
        let wrap = self.wrap(person, &old.name, passphrase)?;
        self.rewrite_header(|header| {
            header.keys.people.iter_mut().filter(|w| w.person == person).for_each(|w| *w = wrap.clone());
        })?;
        self.write(now, |change| change.audit("person.key_strengthened", &format!("person:{}", person.0)))
    }

    /// One attempt to show a passphrase while the vault is open, counted as at opening.
    pub(crate) fn attempt(
        &self,
        person: PersonId,
        now: Timestamp,
        right: impl FnOnce() -> Result<bool, VaultError>,
    ) -> Result<(), VaultError> {
        self.check_writable()?;
        let mut state = self.state();
        let mut attempts = state.attempts.clone();
        let header = state.header.clone();
        let keep = |attempts: &Attempts| place::replace(&self.place.header, &header.write(&self.key, attempts)?);
        let shown = counted(&mut attempts, person, now, keep, || Ok(right()?.then_some(())));
        state.attempts = attempts;
        shown
    }

    /// Whether this is the recovery key of the vault as it stands.
    #[must_use]
    pub fn is_recovery_key(&self, key: &RecoveryKey) -> bool {
        self.state().header.keys.recovery.is_of(key)
    }

    /// Draws a new recovery key; the old one opens nothing any more. It is handed out here and never again.
    ///
    /// # Errors
    /// When the vault is open for reading only, or nothing could be written.
    pub fn renew_recovery_key(&self, now: Timestamp) -> Result<RecoveryKey, VaultError> {
        let recovery = RecoveryKey::draw()?;
        let (vault, generation) = (self.id(), self.state().header.keys.generation);
        let wrap = RecoveryWrap::new(&vault, (&self.key, generation), &recovery)?;
        self.write(now, |change| change.audit("vault.recovery_renewed", "vault"))?;
        self.rewrite_header(|header| header.keys.recovery = wrap)?;
        Ok(recovery)
    }
}

/// Names of those who can sign in to a vault, without a key. Nobody has vouched for them: they are for a list to choose
/// from.
///
/// # Errors
/// When there is no header, or it cannot be read.
pub fn names(path: &Path) -> Result<Vec<String>, VaultError> {
    let (read, _) = Header::find(&Place::of(path))?;
    Ok(read.header.keys.people.into_iter().map(|w| w.name).collect())
}

/// Refuses where there is a database.
pub(crate) fn check_free(place: &Place) -> Result<(), VaultError> {
    if place.database.symlink_metadata().is_ok() {
        return Err(VaultError::AlreadyThere(place.database.clone()));
    }
    Ok(())
}

/// Removes what a creation, a restore or a rescue left that was cut off before its last step. Without that step there is
/// no database, so nobody was told that there is a vault. Refused when something else is there.
pub(crate) fn clear_unfinished(place: &Place) -> Result<(), VaultError> {
    let there = |path: &Path| path.symlink_metadata().is_ok();
    check_free(place)?;
    if there(&place.unfinished) {
        place::remove(&place.header)?;
        place::remove(&place.header_copy)?;
        // The last, because it says that the headers are of no vault.
        place::remove_database(&place.unfinished)?;
    }
    if there(&place.header) {
        return Err(VaultError::AlreadyThere(place.header.clone()));
    }
    Ok(())
}
