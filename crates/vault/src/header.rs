//! The small file beside the database: what must be read before there is a key.
//!
//! ```text
//! "BOGAMVLT"  form (u32)  length (u32)  body (JSON)  HMAC-SHA256 of all before, under a key of the database key
//!             length (u32)  attempts (JSON)  SHA-256 of all before
//! ```
//!
//! Numbers are little endian. The sum at the end finds damage without a key; the HMAC finds what somebody changed. The
//! attempts are counted while there is no key, so no key can vouch for them: who can write the folder can reset them,
//! and who can read it needs no program to guess passphrases. They slow down whoever sits at the program, no more.

use std::collections::BTreeMap;

use hmac::Mac as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::audit::AuditHead;
use crate::error::VaultError;
use crate::key::{self, DatabaseKey, KdfParameters, RecoveryKey, Sealed};
use crate::people::PersonId;
use crate::place::{self, Place};

const MAGIC: &[u8; 8] = b"BOGAMVLT";

/// The form of the header that is written.
const FORM: u32 = 1;

/// Far above what thousands of people need; a longer file is no header.
const LONGEST: u64 = 16 * 1024 * 1024;

/// What is in the clear, and authenticated by the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Names this vault; drawn when it was made.
    #[serde(with = "crate::hex")]
    pub vault: [u8; 16],
    pub keys: Keys,
    /// While the database key is changed: what opens the database once it is in its place.
    pub next: Option<Keys>,
    /// The last line of the audit when this was written. The database may be ahead of it, never behind.
    pub head: AuditHead,
}

/// One database key, for everybody who may have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keys {
    /// 1, and one more with every new database key.
    pub generation: u32,
    pub people: Vec<Wrap>,
    pub recovery: RecoveryWrap,
}

/// The database key for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wrap {
    pub person: PersonId,
    pub name: String,
    pub kdf: KdfParameters,
    #[serde(with = "crate::hex")]
    pub salt: [u8; 16],
    #[serde(with = "crate::hex")]
    pub public: [u8; 32],
    pub sealed: Sealed,
}

/// The database key for whoever has the recovery key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecoveryWrap {
    #[serde(with = "crate::hex")]
    pub public: [u8; 32],
    pub sealed: Sealed,
}

/// Wrong attempts since the last right one, by person; the recovery key counts as [`PersonId::RECOVERY`].
pub(crate) type Attempts = BTreeMap<PersonId, Attempt>;

/// Wrong attempts of one person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub failures: u32,
    pub last: Timestamp,
}

/// What a seal is for.
fn context(vault: &[u8; 16], generation: u32, person: PersonId) -> Vec<u8> {
    let mut context = vault.to_vec();
    context.extend(generation.to_le_bytes());
    context.extend(person.0.to_le_bytes());
    context
}

impl Wrap {
    /// Wraps for a person by a new passphrase.
    pub fn new(
        vault: &[u8; 16],
        (key, generation): (&DatabaseKey, u32),
        (person, name): (PersonId, &str),
        passphrase: &str,
        kdf: KdfParameters,
    ) -> Result<Self, VaultError> {
        let salt = key::random()?;
        let public = PublicKey::from(&key::private_key(passphrase, &salt, kdf)?);
        let sealed = Sealed::to(&public, key, &context(vault, generation, person))?;
        Ok(Self { person, name: name.to_owned(), kdf, salt, public: public.to_bytes(), sealed })
    }
}

impl Keys {
    /// The same people with another database key. Nobody's passphrase is needed.
    pub fn resealed(&self, vault: &[u8; 16], key: &DatabaseKey) -> Result<Self, VaultError> {
        let generation = self.generation.saturating_add(1);
        let seal =
            |public: [u8; 32], person| Sealed::to(&PublicKey::from(public), key, &context(vault, generation, person));
        let mut people = self.people.clone();
        for wrap in &mut people {
            wrap.sealed = seal(wrap.public, wrap.person)?;
        }
        let public = self.recovery.public;
        let recovery = RecoveryWrap { public, sealed: seal(public, PersonId::RECOVERY)? };
        Ok(Self { generation, people, recovery })
    }

    pub fn of(&self, person: PersonId) -> Option<&Wrap> {
        self.people.iter().find(|w| w.person == person)
    }

    /// The wrap of a person by name, however it was typed.
    pub fn named(&self, name: &str) -> Option<&Wrap> {
        let name = key::normalised(name.trim());
        self.people.iter().find(|w| w.name == *name)
    }

    /// The key, for whoever has a private key; the recovery key counts as [`PersonId::RECOVERY`].
    pub fn open(&self, vault: &[u8; 16], person: PersonId, private: &StaticSecret) -> Option<DatabaseKey> {
        let sealed = match person {
            PersonId::RECOVERY => &self.recovery.sealed,
            other => &self.of(other)?.sealed,
        };
        sealed.open(private, &context(vault, self.generation, person))
    }
}

impl RecoveryWrap {
    pub fn new(
        vault: &[u8; 16],
        (key, generation): (&DatabaseKey, u32),
        recovery: &RecoveryKey,
    ) -> Result<Self, VaultError> {
        let public = PublicKey::from(&recovery.private_key());
        let sealed = Sealed::to(&public, key, &context(vault, generation, PersonId::RECOVERY))?;
        Ok(Self { public: public.to_bytes(), sealed })
    }

    /// Whether it was made for this key.
    pub fn is_of(&self, recovery: &RecoveryKey) -> bool {
        PublicKey::from(&recovery.private_key()).to_bytes() == self.public
    }
}

/// A header as it was read: nobody has vouched for it yet.
#[derive(Debug, Clone)]
pub(crate) struct ReadHeader {
    pub header: Header,
    pub attempts: Attempts,
    /// What the HMAC is over, and the HMAC.
    signed: Vec<u8>,
    mac: [u8; 32],
}

impl ReadHeader {
    /// Whether it was written by someone who had the key.
    pub fn is_by(&self, key: &DatabaseKey) -> bool {
        // Compared in constant time.
        key::keyed(&key.derived("header"), &[&self.signed]).verify_slice(&self.mac).is_ok()
    }

    /// As bytes again, with other attempts. No key is needed.
    pub fn with_attempts(&self, attempts: &Attempts) -> Result<Vec<u8>, VaultError> {
        let mut bytes = self.signed.clone();
        bytes.extend(self.mac);
        finish(bytes, attempts)
    }
}

impl Header {
    /// As bytes.
    pub fn write(&self, key: &DatabaseKey, attempts: &Attempts) -> Result<Vec<u8>, VaultError> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORM.to_le_bytes());
        part(&mut bytes, self)?;
        let mac = key::mac(&key.derived("header"), &[&bytes]);
        bytes.extend(mac);
        finish(bytes, attempts)
    }

    /// The copy of a vault's header; `None` when it is missing or damaged.
    pub fn copy(place: &Place) -> Option<Self> {
        let bytes = place::read(&place.header_copy, LONGEST).ok()??;
        read(&bytes, place).ok().map(|read| read.header)
    }

    /// Reads the header of a vault. `true` beside it when the header was damaged or missing and its copy was read.
    pub fn find(place: &Place) -> Result<(ReadHeader, bool), VaultError> {
        let main = place::read(&place.header, LONGEST)?;
        let fault = match main.as_deref().map(|bytes| read(bytes, place)) {
            Some(Ok(header)) => return Ok((header, false)),
            Some(Err(newer @ VaultError::Newer { .. })) => return Err(newer),
            Some(Err(fault)) => fault,
            None => VaultError::Missing { path: place.header.clone(), what: "its header" },
        };
        let copy = place::read(&place.header_copy, LONGEST)?;
        match copy.as_deref().map(|bytes| read(bytes, place)) {
            Some(Ok(header)) => Ok((header, true)),
            Some(Err(_)) | None => Err(fault),
        }
    }
}

/// Reads a header from bytes: of a vault, or of a backup.
pub(crate) fn read(bytes: &[u8], place: &Place) -> Result<ReadHeader, VaultError> {
    let not_ours = || VaultError::NotOurs { path: place.header.clone(), expected: "a vault header" };
    let damaged = || VaultError::HeaderDamaged(place.header.clone());
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(not_ours)?;
    let (form, rest) = number(rest).ok_or_else(damaged)?;
    // Every form ends in the sum of what is before it: a flipped bit of the form is no newer program's.
    let (summed, sum) = bytes.split_last_chunk::<32>().ok_or_else(damaged)?;
    if Sha256::digest(summed).as_slice() != sum {
        return Err(damaged());
    }
    if form > FORM {
        return Err(VaultError::Newer { path: place.header.clone(), found: form, known: FORM });
    }
    let (body, rest) = chunk(rest).ok_or_else(damaged)?;
    let (mac, after) = rest.split_first_chunk::<32>().ok_or_else(damaged)?;
    let (attempts, after) = chunk(after).ok_or_else(damaged)?;
    if after.len() != 32 {
        return Err(damaged());
    }
    let stored = |e: serde_json::Error| VaultError::Stored { what: "header", why: e.to_string() };
    let signed = bytes.len().checked_sub(rest.len()).and_then(|n| bytes.get(..n)).ok_or_else(damaged)?;
    Ok(ReadHeader {
        header: serde_json::from_slice(body).map_err(stored)?,
        attempts: serde_json::from_slice(attempts).map_err(stored)?,
        signed: signed.to_vec(),
        mac: *mac,
    })
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    bytes.split_first_chunk::<4>().map(|(n, rest)| (u32::from_le_bytes(*n), rest))
}

fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

fn part(bytes: &mut Vec<u8>, value: &impl Serialize) -> Result<(), VaultError> {
    let stored = |why: String| VaultError::Stored { what: "header", why };
    let json = serde_json::to_vec(value).map_err(|e| stored(e.to_string()))?;
    let length = u32::try_from(json.len()).map_err(|e| stored(e.to_string()))?;
    bytes.extend(length.to_le_bytes());
    bytes.extend(json);
    Ok(())
}

fn finish(mut bytes: Vec<u8>, attempts: &Attempts) -> Result<Vec<u8>, VaultError> {
    part(&mut bytes, attempts)?;
    let sum = Sha256::digest(&bytes);
    bytes.extend(sum);
    Ok(bytes)
}
