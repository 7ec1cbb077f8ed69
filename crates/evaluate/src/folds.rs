//! Which patients are held out together: by a hash of the patient's id, so that no file has to be kept and every program
//! and every year gives the same answer.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// What is hashed before the id of a patient. It stays as it is for ever: another one would be another split.
pub const FOLD_HASH: &str = "bogam patient fold 1:";

/// The first four bytes of SHA-256 over [`FOLD_HASH`] and the id (UTF-8), as a number of big-endian order.
fn hash(patient_id: &str) -> u32 {
    let digest = Sha256::new().chain_update(FOLD_HASH).chain_update(patient_id).finalize();
    digest.iter().take(4).fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

/// The fold of a patient, from 0 to below `folds`: the hash (32 bits) times `folds`, shifted by 32 bits. All admissions of
/// a patient are in one fold. With `folds` 0 it is 0.
#[must_use]
pub fn fold(patient_id: &str, folds: u32) -> u32 {
    let scaled = (u64::from(hash(patient_id)) * u64::from(folds)) >> 32;
    u32::try_from(scaled).unwrap_or(0)
}

/// Whether a patient is among the held-out ones when so great a share of patients is held out: the hash, taken as a number
/// from 0 to below 1, is below the share. A fifth that is held out is fold 0 of 5.
#[must_use]
pub fn is_held_out(patient_id: &str, share: f64) -> bool {
    f64::from(hash(patient_id)) / 4_294_967_296.0 < share
}

/// The folds of patients as a file says them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folds {
    by_patient: BTreeMap<String, u32>,
}

/// What is wrong with a file of folds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldsFault {
    /// A line that is none of a patient.
    #[error(
        "line {line}: expected `patient_id,fold` (the first line of a CSV file says so) or {{\"patient_id\":\"…\",\"fold\":0}}"
    )]
    Line {
        /// Its number, from 1.
        line: u64,
    },
    /// A patient with two folds.
    #[error("line {line}: this patient was in another fold before; a patient belongs to one fold")]
    Twice {
        /// The number of the second line.
        line: u64,
    },
    /// One fold, or none.
    #[error("there are fewer than two folds: nothing is left outside of a patient's fold to count on")]
    TooFew,
    /// Patients of the recorded admissions that have no fold.
    #[error("{missing} of the {patients} recorded patients have no fold; make the folds of the same recorded file")]
    Missing {
        /// How many.
        missing: usize,
        /// Of how many.
        patients: usize,
    },
}

#[derive(Deserialize)]
struct Row {
    patient_id: String,
    fold: u32,
}

impl Folds {
    /// Reads CSV with the header `patient_id,fold`, or JSON lines with these fields. A patient may stand several times with
    /// the same fold.
    ///
    /// # Errors
    /// When a line cannot be read, when a patient is in two folds, or when there are fewer than two folds.
    pub fn read(text: &str) -> Result<Self, FoldsFault> {
        // With CRLF the parser of CSV counts a record to the line before.
        let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
        let mut folds = Self::default();
        if text.trim_start().starts_with('{') {
            for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
                let row = serde_json::from_str(text).map_err(|_| FoldsFault::Line { line })?;
                folds.add(row, line)?;
            }
        } else {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            for (n, row) in (2..).zip(reader.deserialize::<Row>()) {
                // The parser knows the line when it could split it.
                let line = |error: &csv::Error| error.position().map_or(n, csv::Position::line);
                let row = row.map_err(|error| FoldsFault::Line { line: line(&error) })?;
                folds.add(row, n)?;
            }
        }
        let different: BTreeSet<u32> = folds.by_patient.values().copied().collect();
        if different.len() < 2 { Err(FoldsFault::TooFew) } else { Ok(folds) }
    }

    fn add(&mut self, row: Row, line: u64) -> Result<(), FoldsFault> {
        match self.by_patient.insert(row.patient_id, row.fold) {
            Some(before) if before != row.fold => Err(FoldsFault::Twice { line }),
            Some(_) | None => Ok(()),
        }
    }

    /// The fold of a patient.
    #[must_use]
    pub fn get(&self, patient_id: &str) -> Option<u32> {
        self.by_patient.get(patient_id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASHES: [u32; 5] = [2_079_611_630, 715_105_583, 1_337_856_810, 3_112_207_270, 619_977_288];
    const FOLDS_OF_FIVE: [u32; 5] = [2, 0, 1, 3, 0];

    #[test]
    fn folds_are_those_of_all_time() {
        // By any SHA-256: `printf '%s' 'bogam patient fold 1:10000032' | sha256sum`, the first eight digits times five.
        let ids = ["", "10000032", "10000048", "p1", "환자-7"];
        assert_eq!(ids.map(hash), HASHES);
        assert_eq!(ids.map(|id| fold(id, 5)), HASHES.map(|h| u32::try_from(u64::from(h) * 5 / (1 << 32)).unwrap()));
        assert_eq!(ids.map(|id| fold(id, 5)), FOLDS_OF_FIVE);
        assert_eq!((fold("p1", 1), fold("p1", 0)), (0, 0));
    }

    #[test]
    fn folds_are_about_equal_and_a_held_out_fifth_is_the_first_of_five() {
        let ids: Vec<String> = (0..5000).map(|n| format!("patient {n}")).collect();
        for of in 0..5 {
            let there = ids.iter().filter(|id| fold(id, 5) == of).count();
            assert!((900..1100).contains(&there), "{there}");
        }
        assert!(ids.iter().all(|id| is_held_out(id, 0.2) == (fold(id, 5) == 0)));
        assert!(ids.iter().all(|id| !is_held_out(id, 0.0) && is_held_out(id, 1.0)));
    }

    #[test]
    fn files_are_read_as_csv_and_as_json_lines() {
        let csv = "\u{FEFF}patient_id,fold\r\n\"a\",0\r\nb,1\r\na,0\r\n";
        let json = "{\"patient_id\":\"a\",\"fold\":0}\n\n{\"fold\":1,\"patient_id\":\"b\"}\n";
        for text in [csv, json] {
            let folds = Folds::read(text).unwrap();
            assert_eq!((folds.get("a"), folds.get("b"), folds.get("c")), (Some(0), Some(1), None));
        }
    }

    #[test]
    fn faults_of_files_are_told() {
        for (text, fault) in [
            ("patient_id,fold\na,0\nb,x\n", FoldsFault::Line { line: 3 }),
            ("patient_id,fold\r\na,0\r\nb,x\r\n", FoldsFault::Line { line: 3 }),
            ("id,fold\na,0\n", FoldsFault::Line { line: 2 }),
            ("{\"patient_id\":\"a\",\"fold\":0}\nb,1\n", FoldsFault::Line { line: 2 }),
            ("patient_id,fold\na,0\nb,1\na,1\n", FoldsFault::Twice { line: 4 }),
            ("patient_id,fold\na,0\nb,0\n", FoldsFault::TooFew),
            ("", FoldsFault::TooFew),
        ] {
            assert_eq!(Folds::read(text), Err(fault), "{text}");
        }
    }
}
