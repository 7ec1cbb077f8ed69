//! Which indications of an ingredient a case meets.

use bogam_clinical::case::{Case, Pregnancy};

use crate::base::{DrugIx, KnowledgeBase};
use crate::icd::{DiagnosisCodes, has_prefix};
use crate::pack::{IndicationEntry, When};

/// An indication of an ingredient that the case's diagnoses and facts meet.
#[derive(Debug, Clone, Copy)]
pub struct MatchedIndication<'k> {
    /// The indication.
    pub entry: &'k IndicationEntry,
    /// Which of the case's diagnoses it is for; `None` for one that holds whatever the diagnosis.
    pub diagnosis: Option<usize>,
}

impl KnowledgeBase {
    /// Whether a case meets conditions. `codes` are those of all its diagnoses.
    #[must_use]
    pub fn meets(&self, when: &When, case: &Case, codes: &[DiagnosisCodes]) -> bool {
        holds(when, case, codes)
    }

    /// Indications of an ingredient that hold for the case: one for each entry and diagnosis that match.
    ///
    /// `codes` are the [`KnowledgeBase::codes`] of each of the case's diagnoses, in their order. A code matches a
    /// prefix that it begins with: a mapped ICD-9-CM code that is less specific than the prefix does not.
    #[must_use]
    pub fn indications<'k>(&'k self, ix: DrugIx, case: &Case, codes: &[DiagnosisCodes]) -> Vec<MatchedIndication<'k>> {
        let mut found = Vec::new();
        for entry in &self.ingredient(ix).entry.indication {
            if entry.icd10.is_empty() {
                if holds(&entry.when, case, codes) {
                    found.push(MatchedIndication { entry, diagnosis: None });
                }
                continue;
            }
            let diagnoses = codes.iter().enumerate().filter(|(_, c)| any_prefix(c, &entry.icd10));
            let mut diagnoses = diagnoses.filter(|(at, _)| !entry.when.main || *at == 0).peekable();
            if diagnoses.peek().is_some() && holds(&entry.when, case, codes) {
                found.extend(diagnoses.map(|(at, _)| MatchedIndication { entry, diagnosis: Some(at) }));
            }
        }
        found
    }
}

/// Whether one of a diagnosis's codes begins with one of the prefixes.
fn any_prefix(codes: &DiagnosisCodes, prefixes: &[String]) -> bool {
    codes.icd10.iter().any(|code| prefixes.iter().any(|prefix| has_prefix(code, prefix)))
}

/// Whether a case meets conditions. What is unknown: a possible pregnancy counts as none, a setting as any.
fn holds(when: &When, case: &Case, codes: &[DiagnosisCodes]) -> bool {
    let age = case.patient.age.get();
    let pregnant = match case.patient.pregnancy() {
        Pregnancy::Yes { .. } => true,
        Pregnancy::No | Pregnancy::Unknown => false,
    };
    let some_of = |prefixes: &[String]| codes.iter().any(|c| any_prefix(c, prefixes));
    when.age_min.is_none_or(|min| age >= min)
        && when.age_max.is_none_or(|max| age <= max)
        && when.sex.is_none_or(|sex| sex == case.patient.sex)
        && when.pregnant.is_none_or(|wanted| wanted == pregnant)
        && (when.with.is_empty() || some_of(&when.with))
        && !some_of(&when.without)
        && (when.setting.is_empty() || case.admission.setting.is_none_or(|setting| when.setting.contains(&setting)))
}
