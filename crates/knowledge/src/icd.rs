//! Diagnosis codes: ICD-9-CM to ICD-10 by prefix, and the names of ICD-10 prefixes.

use std::collections::HashMap;

use bogam_clinical::case::{CodeSystem, Diagnosis};
use bogam_clinical::text::Bilingual;
use serde::{Deserialize, Serialize};

use crate::pack::{DiagnosisEntry, Icd9Entry};

/// What a diagnosis stands for in ICD-10.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiagnosisCodes {
    /// ICD-10 codes or prefixes without dot: the code itself, or what an ICD-9-CM code maps to.
    pub icd10: Vec<String>,
    /// The code has the form of its system; an ICD-9-CM code is mapped as well.
    pub recognised: bool,
}

/// The title of a diagnosis code, as a list of codes has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IcdTitle {
    /// Coding system.
    pub system: CodeSystem,
    /// The code, without dot.
    pub code: String,
    /// Its title, in the language of the list.
    pub title: String,
}

/// Whether a code without dot has the form of its system.
pub(crate) fn is_code(system: CodeSystem, code: &str) -> bool {
    match system {
        CodeSystem::Icd10 | CodeSystem::Kcd => is_icd10(code),
        CodeSystem::Icd9 => is_icd9(code),
    }
}

/// A code without its dot.
pub(crate) fn undotted(code: &str) -> String {
    code.replace('.', "")
}

/// Whether a code of some system (without dot) begins with a prefix (with or without dot).
#[must_use]
pub fn has_prefix(code: &str, prefix: &str) -> bool {
    let mut code = code.bytes();
    prefix.bytes().filter(|byte| *byte != b'.').all(|byte| code.next() == Some(byte))
}

/// The tables of codes.
#[derive(Debug)]
pub(crate) struct Icd {
    /// Targets by pattern without `?`.
    literal: HashMap<String, Vec<String>>,
    /// Patterns with `?`: longest first, and of one length those whose digits are literal earlier first.
    wild: Vec<(String, Vec<String>)>,
    names: HashMap<String, Bilingual>,
}

impl Icd {
    pub fn new(icd9: impl Iterator<Item = Icd9Entry>, diagnoses: impl Iterator<Item = DiagnosisEntry>) -> Self {
        let mut literal = HashMap::new();
        let mut wild = Vec::new();
        for entry in icd9 {
            let targets = entry.icd10.iter().map(|code| undotted(code)).collect();
            if entry.code.contains('?') {
                wild.push((entry.code, targets));
            } else {
                literal.insert(entry.code, targets);
            }
        }
        // `?` sorts after the digits, so at the first difference the literal pattern comes first.
        wild.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let names = diagnoses.map(|entry| (undotted(&entry.icd10), entry.name)).collect();
        Self { literal, wild, names }
    }

    pub fn codes(&self, diagnosis: &Diagnosis) -> DiagnosisCodes {
        let code = diagnosis.code.as_str();
        match diagnosis.system {
            CodeSystem::Icd10 | CodeSystem::Kcd => {
                let recognised = is_icd10(code);
                DiagnosisCodes { icd10: if recognised { vec![code.to_owned()] } else { Vec::new() }, recognised }
            }
            CodeSystem::Icd9 if is_icd9(code) => {
                let icd10 = self.map_icd9(code).to_vec();
                DiagnosisCodes { recognised: !icd10.is_empty(), icd10 }
            }
            CodeSystem::Icd9 => DiagnosisCodes::default(),
        }
    }

    /// Targets of the longest pattern that the code begins with; of one length a literal beats `?`.
    fn map_icd9(&self, code: &str) -> &[String] {
        for length in (1..=code.len()).rev() {
            if let Some(targets) = code.get(..length).and_then(|prefix| self.literal.get(prefix)) {
                return targets;
            }
            let wild = self.wild.iter().find(|(pattern, _)| pattern.len() == length && matches(code, pattern));
            if let Some((_, targets)) = wild {
                return targets;
            }
        }
        &[]
    }

    pub fn name(&self, diagnosis: &Diagnosis) -> Option<&Bilingual> {
        self.codes(diagnosis).icd10.iter().find_map(|code| self.icd10_name(code))
    }

    /// Every prefix that has a name, without dot.
    pub fn all_names(&self) -> impl Iterator<Item = (&str, &Bilingual)> {
        self.names.iter().map(|(code, name)| (code.as_str(), name))
    }

    /// The name of the longest prefix of a code without dot.
    pub fn icd10_name(&self, code: &str) -> Option<&Bilingual> {
        (1..=code.len()).rev().find_map(|length| code.get(..length).and_then(|prefix| self.names.get(prefix)))
    }
}

fn matches(code: &str, pattern: &str) -> bool {
    let mut code = code.bytes();
    pattern.bytes().all(|want| code.next().is_some_and(|is| is == want || (want == b'?' && is.is_ascii_digit())))
}

/// `^[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}$`: ICD-10-CM, ICD-10 and KCD without dot.
fn is_icd10(code: &str) -> bool {
    (3..=7).contains(&code.len())
        && code.bytes().enumerate().all(|(at, byte)| match at {
            0 => byte.is_ascii_uppercase(),
            // ICD-10-CM has one block that begins with two letters: QA0.
            1 => byte.is_ascii_digit() || (byte == b'A' && code.starts_with('Q')),
            _rest => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        })
}

/// ICD-9-CM without dot: three to five digits, `V` with two to four, `E` with three or four.
fn is_icd9(code: &str) -> bool {
    let (digits, range) = match (code.strip_prefix('V'), code.strip_prefix('E')) {
        (Some(rest), _) => (rest, 2..=4),
        (None, Some(rest)) => (rest, 3..=4),
        (None, None) => (code, 3..=5),
    };
    range.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
