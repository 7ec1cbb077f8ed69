//! Bytes as hexadecimal text in JSON.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// As lower-case text.
pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Back from text; `None` when it is not exactly `N` bytes.
pub(crate) fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; N];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}

pub(crate) fn serialize<const N: usize, S: Serializer>(value: &[u8; N], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(value))
}

pub(crate) fn deserialize<'de, const N: usize, D: Deserializer<'de>>(from: D) -> Result<[u8; N], D::Error> {
    let read = String::deserialize(from)?;
    bytes(&read).ok_or_else(|| D::Error::custom(format!("not {N} bytes as hexadecimal text")))
}
