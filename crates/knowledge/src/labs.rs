//! Laboratory results: which one is meant, and its value in the unit of limits.

use std::collections::{BTreeMap, HashMap};

use bogam_clinical::case::Lab;

use crate::pack::LabEntry;

/// What a recorded result is.
#[derive(Debug, Clone, PartialEq)]
pub enum LabReading<'k> {
    /// A result that rules can read.
    Value {
        /// Which.
        lab: &'k LabEntry,
        /// In the unit of the entry.
        value: f64,
    },
    /// A known result that cannot be used: its unit is missing or not known, or the value is not possible.
    Unusable {
        /// Which.
        lab: &'k LabEntry,
        /// What is wrong.
        why: Unusable,
    },
    /// No result that a rule asks for.
    Unknown,
}

/// Why a result cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// The unit is missing or not known.
    Unit,
    /// The value is outside what is possible.
    Value,
}

/// The results that rules read.
#[derive(Debug, Default)]
pub(crate) struct Labs {
    entries: BTreeMap<String, LabEntry>,
    by_loinc: HashMap<String, String>,
    by_name: HashMap<String, String>,
}

impl Labs {
    pub fn new(entries: impl Iterator<Item = LabEntry>) -> Self {
        let mut labs = Self::default();
        for entry in entries {
            for loinc in &entry.loinc {
                labs.by_loinc.insert(loinc.clone(), entry.id.clone());
            }
            for name in names(&entry) {
                labs.by_name.insert(name, entry.id.clone());
            }
            labs.entries.insert(entry.id.clone(), entry);
        }
        labs
    }

    pub fn all(&self) -> impl Iterator<Item = &LabEntry> {
        self.entries.values()
    }

    pub fn get(&self, id: &str) -> Option<&LabEntry> {
        self.entries.get(id)
    }

    /// By LOINC code, else by name.
    pub fn read(&self, result: &Lab) -> LabReading<'_> {
        let id = result.loinc.as_ref().and_then(|code| self.by_loinc.get(code));
        let id = id.or_else(|| self.by_name.get(&fold(&result.name)));
        let Some(lab) = id.and_then(|id| self.entries.get(id)) else { return LabReading::Unknown };
        let unit = unit(result.unit.as_deref().unwrap_or_default());
        let factor = if unit == self::unit(&lab.unit) { Some(1.0) } else { lab.units.get(&unit).copied() };
        let Some(factor) = factor else { return LabReading::Unusable { lab, why: Unusable::Unit } };
        let value = result.value * factor;
        match lab.plausible {
            Some((least, most)) if !(least..=most).contains(&value) => {
                LabReading::Unusable { lab, why: Unusable::Value }
            }
            Some(_) | None => LabReading::Value { lab, value },
        }
    }
}

/// What a result may be called, folded.
pub(crate) fn names(entry: &LabEntry) -> Vec<String> {
    let own = [&entry.id, &entry.name.en, &entry.name.ko];
    let mut names = own.into_iter().chain(&entry.aliases).map(|name| fold(name)).collect::<Vec<_>>();
    names.sort();
    names.dedup();
    names
}

/// Lower case, letters and digits, single blanks.
fn fold(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A unit as keys are written: lower case, without blanks, one sign for micro.
pub(crate) fn unit(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == 'µ' || c == 'μ' { 'u' } else { c });
    plain.collect::<String>().to_lowercase()
}
