//! A validated case. It is made by [`crate::read_case`] only; what it holds is within range.

use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sensitive::Sensitive;
use crate::units::{
    Centimetres, Kilograms, MilligramsPerDecilitre, Milliseconds, MlPerMin, MlPerMinPer173, Weeks, Years,
};

/// A patient with diagnoses at one moment.
#[derive(Debug, Clone)]
pub struct Case {
    /// The identifier that the record of the answer carries.
    pub case_id: String,
    /// The moment that the case describes; ages of facts are counted from here.
    pub as_of: Option<DateTime>,
    /// Who.
    pub patient: Patient,
    /// Where.
    pub admission: Admission,
    /// The diagnoses, by rank. At least one.
    pub diagnoses: Vec<Diagnosis>,
    /// Diagnoses of earlier admissions.
    pub prior_diagnoses: Vec<Diagnosis>,
    /// Drugs of earlier admissions.
    pub past_drugs: Vec<PastDrug>,
    /// Drugs that somebody thinks of giving: `check` checks them, `suggest` ignores them.
    pub proposed_drugs: Vec<DrugEntry>,
    /// Free notes: never searched for facts.
    pub notes: Option<Sensitive<String>>,
}

/// What is known of the patient. `None` is unknown; an empty list is "asked, none".
#[derive(Debug, Clone)]
pub struct Patient {
    /// Name: shown to people, never in a prompt.
    pub name: Option<Sensitive<String>>,
    /// Number: shown to people, never in a prompt.
    pub number: Option<Sensitive<String>>,
    /// Age.
    pub age: Years,
    /// Sex.
    pub sex: Sex,
    /// Weight.
    pub weight: Option<Kilograms>,
    /// Height.
    pub height: Option<Centimetres>,
    /// Weeks of gestation.
    pub gestational_weeks: Option<Weeks>,
    /// Pregnant.
    pub pregnant: Option<bool>,
    /// Breast-feeding.
    pub lactating: Option<bool>,
    /// Serum creatinine.
    pub creatinine: Option<MilligramsPerDecilitre>,
    /// Whether the creatinine is in a steady state.
    pub creatinine_stable: Option<bool>,
    /// Estimated GFR as reported by a laboratory.
    pub egfr: Option<MlPerMinPer173>,
    /// On dialysis.
    pub dialysis: Option<bool>,
    /// Liver impairment.
    pub hepatic_impairment: Option<ChildPugh>,
    /// Corrected QT interval.
    pub qtc: Option<Milliseconds>,
    /// Allergies.
    pub allergies: Option<Vec<Allergy>>,
    /// What the patient takes now.
    pub current_drugs: Option<Vec<DrugEntry>>,
    /// Laboratory results.
    pub labs: Option<Vec<Lab>>,
    /// Genotypes, as written.
    pub genotypes: Option<Vec<String>>,
}

impl Patient {
    /// Under 18: knowledge for adults does not hold.
    #[must_use]
    pub fn is_child(&self) -> bool {
        self.age.get() < 18.0
    }

    /// Whether a pregnancy is possible at all: stated, or a female of 12 to 55 years.
    #[must_use]
    pub fn pregnancy(&self) -> Pregnancy {
        let stated = self.pregnant == Some(true) || (self.pregnant.is_none() && self.gestational_weeks.is_some());
        if stated {
            return Pregnancy::Yes { trimester: self.gestational_weeks.map(trimester) };
        }
        let of_age = self.sex == Sex::Female && (12.0..56.0).contains(&self.age.get());
        match (of_age, self.pregnant) {
            (true, None) => Pregnancy::Unknown,
            (true, Some(_)) | (false, _) => Pregnancy::No,
        }
    }

    /// Creatinine clearance by Cockcroft-Gault, when creatinine and weight are known.
    #[must_use]
    pub fn creatinine_clearance(&self) -> Option<MlPerMin> {
        Some(crate::renal::cockcroft_gault(self.creatinine?, self.age, self.sex, self.weight?, self.height))
    }

    /// GFR: the reported one, else CKD-EPI 2021 from creatinine.
    #[must_use]
    pub fn gfr(&self) -> Option<MlPerMinPer173> {
        self.egfr.or_else(|| Some(crate::renal::ckd_epi_2021(self.creatinine?, self.age, self.sex)))
    }
}

/// Trimester (1 to 3) of a gestational age: from week 14 the second, from week 28 the third (ACOG).
#[must_use]
pub fn trimester(weeks: Weeks) -> u8 {
    match weeks.get() {
        w if w < 14.0 => 1,
        w if w < 28.0 => 2,
        _ => 3,
    }
}

/// What is known of a pregnancy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pregnancy {
    /// Stated as no, or not possible by age or sex.
    No,
    /// A woman of childbearing age of whom nothing is said.
    Unknown,
    /// Pregnant; the trimester when the weeks are known.
    Yes {
        /// 1 to 3.
        trimester: Option<u8>,
    },
}

/// Sex, as dosing formulas need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Sex {
    /// Female.
    #[serde(rename = "F")]
    Female,
    /// Male.
    #[serde(rename = "M")]
    Male,
}

/// Child-Pugh class of liver impairment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum ChildPugh {
    /// No liver impairment.
    #[serde(rename = "none")]
    None,
    /// Class A.
    A,
    /// Class B.
    B,
    /// Class C.
    C,
}

/// An allergy or intolerance as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allergy {
    /// The allergen, as written.
    pub to: String,
    /// The reaction, as written.
    pub reaction: Option<String>,
    /// How bad it was.
    pub severity: Option<AllergySeverity>,
}

/// How bad an allergic reaction was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum AllergySeverity {
    /// Mild.
    Mild,
    /// Moderate.
    Moderate,
    /// Severe.
    Severe,
}

/// A drug as recorded: the name is not yet an ingredient.
#[derive(Debug, Clone, PartialEq)]
pub struct DrugEntry {
    /// The name, as written.
    pub name: String,
    /// One dose: value and unit.
    pub dose: Option<DoseAmount>,
    /// Route, as written.
    pub route: Option<String>,
    /// Doses a day.
    pub per_day: Option<f64>,
    /// Since when.
    pub started: Option<DateTime>,
    /// For how long.
    pub duration_days: Option<f64>,
    /// Split or crushed before it is taken.
    pub split: Option<bool>,
}

impl DrugEntry {
    /// An entry of which only the name is known.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            dose: None,
            route: None,
            per_day: None,
            started: None,
            duration_days: None,
            split: None,
        }
    }
}

/// An amount of one dose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct DoseAmount {
    /// The number.
    pub value: f64,
    /// The unit, as written.
    pub unit: String,
}

/// A laboratory result.
#[derive(Debug, Clone, PartialEq)]
pub struct Lab {
    /// Name, as written.
    pub name: String,
    /// LOINC code.
    pub loinc: Option<String>,
    /// Value in `unit`.
    pub value: f64,
    /// Unit, as written.
    pub unit: Option<String>,
    /// When taken.
    pub time: Option<DateTime>,
}

/// The stay.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    /// Inpatient, outpatient or emergency.
    pub setting: Option<Setting>,
    /// Kind of admission, as written.
    pub kind: Option<String>,
    /// Service, as written.
    pub service: Option<String>,
    /// In intensive care.
    pub icu: Option<bool>,
    /// Nil by mouth.
    pub nil_by_mouth: Option<bool>,
    /// Procedures.
    pub procedures: Vec<Procedure>,
}

/// Where the patient is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Setting {
    /// On a ward.
    Inpatient,
    /// In a clinic.
    Outpatient,
    /// In an emergency department.
    Emergency,
}

/// A coded procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// The coding system.
    pub system: ProcedureSystem,
    /// The code, as written.
    pub code: String,
}

/// Coding systems of procedures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum ProcedureSystem {
    /// ICD-9-CM volume 3.
    Icd9,
    /// ICD-10-PCS.
    Icd10,
}

/// A coded diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The coding system.
    pub system: CodeSystem,
    /// The code: upper case, without dot.
    pub code: String,
    /// Its title, as written.
    pub title: Option<String>,
    /// 1 is the main diagnosis.
    pub rank: Option<u32>,
}

impl Diagnosis {
    /// The code with its dot, as it is read.
    #[must_use]
    pub fn dotted(&self) -> String {
        dotted(self.system, &self.code)
    }
}

/// A code without dot, written with it: ICD-10 and KCD after three characters, ICD-9 after three (E codes four).
#[must_use]
pub fn dotted(system: CodeSystem, code: &str) -> String {
    let at = match system {
        CodeSystem::Icd9 if code.starts_with('E') => 4,
        CodeSystem::Icd9 | CodeSystem::Icd10 | CodeSystem::Kcd => 3,
    };
    match (code.get(..at), code.get(at..)) {
        (Some(head), Some(tail)) if !tail.is_empty() => format!("{head}.{tail}"),
        _ => code.to_owned(),
    }
}

/// Coding systems of diagnoses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum CodeSystem {
    /// ICD-10-CM.
    Icd10,
    /// ICD-9-CM.
    Icd9,
    /// Korean Standard Classification of Diseases: read as ICD-10.
    Kcd,
}

/// A drug of an earlier admission.
#[derive(Debug, Clone, PartialEq)]
pub struct PastDrug {
    /// Ingredient id.
    pub ingredient: String,
    /// Days before `as_of`.
    pub days_ago: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_get_their_dot_where_the_system_puts_it() {
        assert_eq!(dotted(CodeSystem::Icd10, "I5022"), "I50.22");
        assert_eq!(dotted(CodeSystem::Icd10, "I10"), "I10");
        assert_eq!(dotted(CodeSystem::Icd9, "4280"), "428.0");
        assert_eq!(dotted(CodeSystem::Icd9, "E8788"), "E878.8");
        assert_eq!(dotted(CodeSystem::Icd9, "V5861"), "V58.61");
    }

    #[test]
    fn trimesters_change_at_14_and_28_weeks() {
        assert_eq!([13.9, 14.0, 27.9, 28.0].map(|w| trimester(Weeks::new(w))), [1, 2, 2, 3]);
    }
}
