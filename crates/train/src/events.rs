//! Losses as TensorBoard events, for those who use it: records of `tensorflow/core/lib/io/record_writer` (length, masked CRC-32C of
//! the length, data, masked CRC-32C of the data), each an `Event` of `tensorflow/core/util/event.proto` with one scalar.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use candle_core::WithDType as _;

use crate::error::TrainError;
use crate::files;

/// What the file is called: TensorBoard looks for the first part.
const NAME: &str = "events.out.tfevents.bogam";

/// One number of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scalar {
    pub(crate) tag: &'static str,
    pub(crate) step: usize,
    pub(crate) value: f64,
}

/// A file of events that is added to.
#[derive(Debug)]
pub(crate) struct Events {
    file: File,
    path: PathBuf,
}

impl Events {
    /// Begins the file of a run with what it has done, or goes on with it: what the run knows stands there once each, at the
    /// time when it first did; what was written after its last checkpoint will come again and is left out.
    pub(crate) fn open(folder: &Path, known: &[Scalar]) -> Result<Self, TrainError> {
        let path = folder.join(NAME);
        let times = std::fs::read(&path).map(|bytes| times(&bytes)).unwrap_or_default();
        let now = now();
        let begun = times.values().copied().fold(now, f64::min);
        let mut bytes = record(&version(begun));
        for scalar in known {
            let time = times.get(&(scalar.tag.to_owned(), scalar.step)).copied().unwrap_or(now);
            bytes.extend(record(&event(scalar, time)));
        }
        files::write(&path, &bytes)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(|e| TrainError::io(&path, e))?;
        Ok(Self { file, path })
    }

    pub(crate) fn add(&mut self, scalars: &[Scalar]) -> Result<(), TrainError> {
        let now = now();
        let bytes: Vec<u8> = scalars.iter().flat_map(|scalar| record(&event(scalar, now))).collect();
        self.file.write_all(&bytes).map_err(|e| TrainError::io(&self.path, e))
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// CRC-32C (Castagnoli, reflected).
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 };
        }
    }
    !crc
}

/// A sum of bytes that themselves hold sums would be weak: it is turned.
fn masked(bytes: &[u8]) -> u32 {
    crc(bytes).rotate_right(15).wrapping_add(0xA282_EAD8)
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = u64::try_from(data.len()).unwrap_or(0).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), data, &masked(data).to_le_bytes()].concat()
}

/// A number in groups of seven bits.
fn varint(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(n & 0x7F).unwrap_or(0);
        n >>= 7;
        if n == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A field of bytes with their length.
fn field(key: u8, bytes: &[u8]) -> Vec<u8> {
    [&[key][..], &varint(u64::try_from(bytes.len()).unwrap_or(0)), bytes].concat()
}

/// `Event { wall_time: 1, file_version: 3 }`.
fn version(time: f64) -> Vec<u8> {
    [&[0x09][..], &time.to_le_bytes(), &field(0x1A, b"brain.Event:2")].concat()
}

/// `Event { wall_time: 1, step: 2, summary: 5 { value: 1 { tag: 1, simple_value: 2 } } }`.
fn event(scalar: &Scalar, time: f64) -> Vec<u8> {
    let value = [&field(0x0A, scalar.tag.as_bytes())[..], &[0x15], &f32::from_f64(scalar.value).to_le_bytes()].concat();
    let step = varint(u64::try_from(scalar.step).unwrap_or(0));
    [&[0x09][..], &time.to_le_bytes(), &[0x10], &step, &field(0x2A, &field(0x0A, &value))].concat()
}

/// When each number was first written, as far as the file is whole and from here.
fn times(mut bytes: &[u8]) -> BTreeMap<(String, usize), f64> {
    let mut times = BTreeMap::new();
    while let Some((data, rest)) = one(bytes) {
        bytes = rest;
        if let Some((tag, step, time)) = read(data) {
            times.entry((tag, step)).or_insert(time);
        }
    }
    times
}

/// The first record and what follows it.
fn one(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    if masked(length) != u32::from_le_bytes(*sum) {
        return None;
    }
    let (data, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    (masked(data) == u32::from_le_bytes(*sum)).then_some((data, rest))
}

/// Tag, step and time of an event that [`event`] made.
fn read(data: &[u8]) -> Option<(String, usize, f64)> {
    let (time, rest) = data.strip_prefix(&[0x09])?.split_first_chunk::<8>()?;
    let (step, rest) = number(rest.strip_prefix(&[0x10])?)?;
    let (_, rest) = number(rest.strip_prefix(&[0x2A])?)?;
    let (_, rest) = number(rest.strip_prefix(&[0x0A])?)?;
    let (length, rest) = number(rest.strip_prefix(&[0x0A])?)?;
    let tag = std::str::from_utf8(rest.get(..usize::try_from(length).ok()?)?).ok()?;
    Some((tag.to_owned(), usize::try_from(step).ok()?, f64::from_le_bytes(*time)))
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut n = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        n |= u64::from(byte & 0x7F) << (7 * u32::try_from(at).ok()?);
        if byte & 0x80 == 0 {
            return Some((n, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_the_standard() {
        // RFC 3720, B.4, and the usual check value.
        assert_eq!(crc(b"123456789"), 0xE306_9283);
        assert_eq!(crc(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc(&[0xFF; 32]), 0x62A8_AB43);
    }

    #[test]
    fn what_was_written_is_read_and_a_torn_end_is_left() {
        let scalars = [("loss/train", 300), ("loss/validation", 0)].map(|(tag, step)| Scalar { tag, step, value: 1.5 });
        let mut bytes = record(&version(1.0));
        for (at, scalar) in scalars.iter().enumerate() {
            bytes.extend(record(&event(scalar, 2.0 + f64::from(u8::try_from(at).unwrap()))));
        }
        let key = |at: usize| (scalars[at].tag.to_owned(), scalars[at].step);
        assert_eq!(times(&bytes), BTreeMap::from([(key(0), 2.0), (key(1), 3.0)]));
        assert_eq!(times(&bytes[..bytes.len() - 1]), BTreeMap::from([(key(0), 2.0)]));
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(times(&bytes), BTreeMap::from([(key(0), 2.0)]));
    }
}
