//! Keys: what opens what.
//!
//! The database key is random. It is sealed to one public key a person, whose private half is derived from the
//! passphrase with Argon2id, and to that of the recovery key. Sealing needs the public half only, so that a new database
//! key reaches everybody without their passphrases.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization as _;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::error::VaultError;

/// Characters that a passphrase needs at least.
pub const SHORTEST_PASSPHRASE: usize = 10;

/// Letters of a recovery key: those of Crockford's base 32, which has no I, L, O, U.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of a recovery key without its groups: 256 bits and 24 of a checksum.
const RECOVERY_LETTERS: usize = 56;

pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| VaultError::Random(e.to_string()))?;
    Ok(bytes)
}

/// HMAC-SHA256. With a uniform key and a label that nothing else uses this derives keys as well.
pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    keyed(key, parts).finalize().into_bytes().into()
}

pub(crate) fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // A key of 32 bytes is below the block size, for which this constructor takes any length by padding.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    block.zeroize();
    parts.iter().for_each(|part| mac.update(part));
    mac
}

/// Bytes of the stack that are wiped after work with keys; what that work uses of it is less.
const STACK: usize = 128 * 1024;

/// Overwrites what functions that have returned left on the stack: values that were moved, and blocks of ciphers and sums.
#[inline(never)]
pub(crate) fn wipe_stack() {
    let mut left = [0_u8; STACK];
    left.zeroize();
    std::hint::black_box(&left);
}

/// The key of the pages, of the header and of backups. It has no `Debug` that shows it and is wiped when dropped. Boxed,
/// so that moving it leaves no copy behind.
#[derive(Clone)]
pub(crate) struct DatabaseKey {
    bytes: Box<[u8; 32]>,
    /// No page is encrypted: for a benchmark of what encryption costs.
    #[cfg(feature = "testing")]
    plain: bool,
}

impl Drop for DatabaseKey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl DatabaseKey {
    fn zero() -> Self {
        Self {
            bytes: Box::new([0; 32]),
            #[cfg(feature = "testing")]
            plain: false,
        }
    }

    pub fn draw() -> Result<Self, VaultError> {
        let mut key = Self::zero();
        getrandom::fill(&mut *key.bytes).map_err(|e| VaultError::Random(e.to_string()))?;
        Ok(key)
    }

    #[cfg(feature = "testing")]
    pub const fn set_plain(&mut self, plain: bool) {
        self.plain = plain;
    }

    /// Whether pages are left as they are. Never so in a program.
    pub const fn is_plain(&self) -> bool {
        #[cfg(feature = "testing")]
        return self.plain;
        #[cfg(not(feature = "testing"))]
        false
    }

    /// The key as it is, to look for it where it must not be.
    #[cfg(feature = "testing")]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// As SQLCipher takes a raw key: `x'…'`.
    pub fn literal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(67));
        text.push_str("x'");
        for byte in self.bytes.iter() {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
            }
        }
        text.push('\'');
        text
    }

    /// A key for one purpose.
    pub fn derived(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(&self.bytes, &[b"bogam vault ", purpose.as_bytes()]))
    }
}

/// Cost of deriving a key from a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KdfParameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl KdfParameters {
    /// What new passphrases get today, and what older ones are raised to at their next use.
    pub const TODAY: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    /// What a header may ask for: more could only be meant to keep the program busy.
    const MOST: Self = Self { memory_kib: 4 * 1024 * 1024, passes: 64, lanes: 16 };

    pub(crate) const fn below(self, other: Self) -> bool {
        self.memory_kib < other.memory_kib || self.passes < other.passes
    }

    const fn allowed(self) -> bool {
        self.memory_kib <= Self::MOST.memory_kib && self.passes <= Self::MOST.passes && self.lanes <= Self::MOST.lanes
    }
}

/// A passphrase as one sequence of characters, however it was typed: Korean syllables may arrive whole or in letters.
pub(crate) fn normalised(passphrase: &str) -> Zeroizing<String> {
    Zeroizing::new(passphrase.nfc().collect())
}

/// Whether a new passphrase is long enough.
pub(crate) fn check_new(passphrase: &str) -> Result<(), VaultError> {
    let found = normalised(passphrase).chars().count();
    if found < SHORTEST_PASSPHRASE {
        return Err(VaultError::ShortPassphrase { found, least: SHORTEST_PASSPHRASE });
    }
    Ok(())
}

/// The private key that a passphrase stands for.
pub(crate) fn private_key(
    passphrase: &str,
    salt: &[u8; 16],
    parameters: KdfParameters,
) -> Result<StaticSecret, VaultError> {
    let failed = |e: argon2::Error| VaultError::Derivation(e.to_string());
    if !parameters.allowed() {
        return Err(VaultError::Derivation("the header asks for more memory or time than is allowed".to_owned()));
    }
    let params = Params::new(parameters.memory_kib, parameters.passes, parameters.lanes, Some(32)).map_err(failed)?;
    let mut bytes = Zeroizing::new([0; 32]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(normalised(passphrase).as_bytes(), salt, &mut *bytes).map_err(failed)?;
    Ok(StaticSecret::from(*bytes))
}

/// The database key, sealed to a public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// Public half of a key pair made for this seal alone.
    #[serde(with = "crate::hex")]
    ephemeral: [u8; 32],
    #[serde(with = "crate::hex")]
    nonce: [u8; 24],
    #[serde(with = "crate::hex")]
    content: [u8; 48],
}

impl Sealed {
    /// Seals to the holder of a public key. `context` says what the seal is for; another one does not open it.
    pub fn to(public: &PublicKey, key: &DatabaseKey, context: &[u8]) -> Result<Self, VaultError> {
        let ephemeral = StaticSecret::from(random()?);
        let cipher = Self::cipher(&ephemeral, public, &PublicKey::from(&ephemeral), public)?;
        let nonce = random()?;
        let payload = Payload { msg: &*key.bytes, aad: context };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        let content = sealed.ok().and_then(|bytes| bytes.try_into().ok());
        let content = content.ok_or_else(|| VaultError::Derivation("the key could not be sealed".to_owned()))?;
        Ok(Self { ephemeral: PublicKey::from(&ephemeral).to_bytes(), nonce, content })
    }

    /// The key; `None` when this is not the one it was sealed to, or a bit of it was changed.
    pub fn open(&self, private: &StaticSecret, context: &[u8]) -> Option<DatabaseKey> {
        let ephemeral = PublicKey::from(self.ephemeral);
        let cipher = Self::cipher(private, &ephemeral, &ephemeral, &PublicKey::from(private)).ok()?;
        let payload = Payload { msg: &self.content, aad: context };
        let opened = Zeroizing::new(cipher.decrypt(&XNonce::from(self.nonce), payload).ok()?);
        let mut key = DatabaseKey::zero();
        if opened.len() != key.bytes.len() {
            return None;
        }
        key.bytes.iter_mut().zip(opened.iter()).for_each(|(to, from)| *to = *from);
        Some(key)
    }

    fn cipher(
        own: &StaticSecret,
        other: &PublicKey,
        ephemeral: &PublicKey,
        receiver: &PublicKey,
    ) -> Result<XChaCha20Poly1305, VaultError> {
        let shared = own.diffie_hellman(other);
        if !shared.was_contributory() {
            return Err(VaultError::Derivation("a public key of the header is worth nothing".to_owned()));
        }
        let parts: [&[u8]; 3] = [b"bogam vault seal", ephemeral.as_bytes(), receiver.as_bytes()];
        let key = Zeroizing::new(mac(shared.as_bytes(), &parts));
        Ok(XChaCha20Poly1305::new(&(*key).into()))
    }
}

/// The key that opens a vault when passphrases are lost. It is shown once and kept on paper.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RecoveryKey([u8; 32]);

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

impl RecoveryKey {
    pub(crate) fn draw() -> Result<Self, VaultError> {
        Ok(Self(random()?))
    }

    pub(crate) fn private_key(&self) -> StaticSecret {
        StaticSecret::from(mac(&self.0, &[b"bogam vault recovery"]))
    }

    /// To be written down: 14 groups of four letters and digits, the last five letters of which are a checksum.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(RECOVERY_LETTERS + 13));
        let bytes = self.with_checksum();
        for (i, five) in bytes.chunks(5).enumerate() {
            let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for (j, shift) in (0..8).rev().map(|k| k * 5).enumerate() {
                if (i, j) != (0, 0) && j % 4 == 0 {
                    text.push('-');
                }
                let letter = usize::try_from(bits >> shift & 31).ok().and_then(|l| LETTERS.get(l));
                text.push(char::from(*letter.unwrap_or(&b'0')));
            }
        }
        text
    }

    /// Reads a key as it was written down: case, spaces and dashes do not matter, and O, I, L are taken as 0, 1, 1.
    ///
    /// # Errors
    /// When it is too short or long, has a letter that is none, or was mistyped.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(35));
        let (mut bits, mut held, mut letters) = (0_u32, 0_u32, 0_usize);
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let value = value_of(c).ok_or(VaultError::RecoveryKey("it has a letter that none has"))?;
            bits = bits << 5 | value;
            held += 5;
            letters += 1;
            if held >= 8 {
                held -= 8;
                bytes.extend(u8::try_from(bits >> held & 255));
                bits &= (1 << held) - 1;
            }
        }
        if letters != RECOVERY_LETTERS {
            return Err(VaultError::RecoveryKey("it is too short or too long"));
        }
        let key = bytes.first_chunk::<32>().copied().map(Self);
        let key = key.ok_or(VaultError::RecoveryKey("it is too short"))?;
        if key.with_checksum().as_slice() != bytes.as_slice() {
            return Err(VaultError::RecoveryKey("it was not typed as it was written down"));
        }
        Ok(key)
    }

    fn with_checksum(&self) -> Zeroizing<Vec<u8>> {
        let sum = Sha256::new().chain_update(b"bogam recovery key").chain_update(self.0).finalize();
        Zeroizing::new(self.0.iter().chain(sum.iter().take(3)).copied().collect())
    }
}

fn value_of(c: char) -> Option<u32> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    LETTERS.iter().position(|l| char::from(*l) == c).and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use x25519_dalek::{PublicKey, StaticSecret};

    use super::{DatabaseKey, RecoveryKey, Sealed, normalised};

    #[test]
    fn a_recovery_key_survives_paper_and_no_single_wrong_letter() {
        let key = RecoveryKey::draw().unwrap();
        let text = key.text().to_string();
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4; 14]);
        let typed = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(RecoveryKey::parse(&typed).unwrap().0, key.0);
        for (at, c) in text.char_indices().filter(|(_, c)| *c != '-') {
            let mut wrong = text.clone();
            wrong.replace_range(at..=at, if c == '7' { "8" } else { "7" });
            assert!(RecoveryKey::parse(&wrong).is_err(), "letter {at}");
        }
        assert!(RecoveryKey::parse(&text[5..]).is_err());
        assert_eq!(format!("{key:?}"), "RecoveryKey(…)");
    }

    #[test]
    fn a_seal_opens_for_its_holder_and_its_purpose_only() {
        let (own, other) = (StaticSecret::from([7; 32]), StaticSecret::from([8; 32]));
        let key = DatabaseKey::draw().unwrap();
        let sealed = Sealed::to(&PublicKey::from(&own), &key, b"one").unwrap();
        assert_eq!(sealed.open(&own, b"one").unwrap().literal(), key.literal());
        assert!(sealed.open(&other, b"one").is_none());
        assert!(sealed.open(&own, b"two").is_none());
        assert!(Sealed::to(&PublicKey::from([0; 32]), &key, b"one").is_err(), "a low-order point");
    }

    #[test]
    fn korean_syllables_in_letters_are_the_same_passphrase() {
        assert_eq!(normalised("\u{1112}\u{1161}\u{11ab}글"), normalised("한글"));
    }
}
