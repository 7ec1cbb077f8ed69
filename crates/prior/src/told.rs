//! What a case tells, as names: the same for learning and for asking.

use bogam_clinical::case::{Case, CodeSystem, Diagnosis, ProcedureSystem, Sex};
use bogam_knowledge::KnowledgeBase;

/// What a case tells. A flag holds or does not; a number is divided at cut points that are learned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// Names of what holds, each once, in order.
    pub flags: Vec<String>,
    /// Names and values.
    pub numbers: Vec<(String, f64)>,
    /// Diagnosis groups: the ICD-10 categories of the diagnoses of this stay, each once, in order.
    pub groups: Vec<String>,
}

/// Depths of a diagnosis code, in characters: chapter letter, decade, category, first subdivision.
const DEPTHS: [usize; 4] = [1, 2, 3, 4];

/// Depths of the diagnoses of earlier stays.
const EARLIER_DEPTHS: [usize; 3] = [1, 2, 3];

/// Depths of a procedure code: ICD-9 and ICD-10-PCS alike begin with the kind and the part of the body.
const PROCEDURE_DEPTHS: [usize; 3] = [1, 2, 3];

impl Told {
    /// What a case tells.
    #[must_use]
    pub fn of(case: &Case, knowledge: &KnowledgeBase) -> Self {
        let mut told = Self::default();
        for diagnosis in &case.diagnoses {
            told.codes("dx", diagnosis, knowledge, &DEPTHS);
            told.groups.extend(knowledge.codes(diagnosis).icd10.iter().filter_map(|c| group(c)).map(str::to_owned));
        }
        for diagnosis in &case.prior_diagnoses {
            told.codes("earlier", diagnosis, knowledge, &EARLIER_DEPTHS);
        }
        told.flags.extend(case.past_drugs.iter().map(|past| format!("past:{}", past.ingredient)));
        if !case.past_drugs.is_empty() {
            told.flags.push("past".to_owned());
        }
        told.flags.push(format!("sex:{}", sex(case.patient.sex)));
        let stay = &case.admission;
        told.flags.extend(stay.service.as_ref().map(|s| format!("service:{s}")));
        told.flags.extend(stay.kind.as_ref().map(|k| format!("kind:{k}")));
        told.flags.extend((stay.icu == Some(true)).then(|| "icu".to_owned()));
        for procedure in &stay.procedures {
            told.flags.push("procedure".to_owned());
            for prefix in prefixes(&procedure.code, &PROCEDURE_DEPTHS) {
                told.flags.push(format!("procedure:{}:{prefix}", procedure_system(procedure.system)));
            }
        }
        for lab in case.patient.labs.iter().flatten() {
            let unit = lab.unit.as_deref().unwrap_or_default();
            told.numbers.push((format!("lab:{}:{}", lab.name.to_lowercase(), unit.to_lowercase()), lab.value));
        }
        told.numbers.push(("age".to_owned(), case.patient.age.get()));
        told.numbers.extend(case.patient.weight.map(|kg| ("weight".to_owned(), kg.get())));
        told.numbers.push(("diagnoses".to_owned(), number(case.diagnoses.len())));
        let labs = case.patient.labs.as_ref();
        told.numbers.extend(labs.map(|labs| ("labs".to_owned(), number(labs.len()))));
        for list in [&mut told.flags, &mut told.groups] {
            list.sort_unstable();
            list.dedup();
        }
        told.numbers.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        told.numbers.dedup_by(|later, first| later.0 == first.0);
        told
    }

    /// A code at several depths, so that rare codes lend from their block. A code that no ICD-10 code is known for stands
    /// for itself.
    fn codes(&mut self, kind: &str, diagnosis: &Diagnosis, knowledge: &KnowledgeBase, depths: &[usize]) {
        let known = knowledge.codes(diagnosis);
        for code in &known.icd10 {
            self.flags.extend(prefixes(code, depths).map(|prefix| format!("{kind}:{prefix}")));
        }
        if known.icd10.is_empty() {
            let system = system(diagnosis.system);
            self.flags.extend(prefixes(&diagnosis.code, &[3]).map(|prefix| format!("{kind}:{system}:{prefix}")));
        }
    }
}

/// The ICD-10 category of a code: its first three characters.
fn group(code: &str) -> Option<&str> {
    code.get(..3)
}

fn prefixes<'a>(code: &'a str, depths: &'a [usize]) -> impl Iterator<Item = &'a str> {
    depths.iter().filter_map(|&depth| code.get(..depth))
}

const fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "F",
        Sex::Male => "M",
    }
}

const fn system(system: CodeSystem) -> &'static str {
    match system {
        CodeSystem::Icd10 => "icd10",
        CodeSystem::Icd9 => "icd9",
        CodeSystem::Kcd => "kcd",
    }
}

const fn procedure_system(system: ProcedureSystem) -> &'static str {
    match system {
        ProcedureSystem::Icd9 => "icd9",
        ProcedureSystem::Icd10 => "icd10",
    }
}

/// A count as a number.
pub(crate) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
