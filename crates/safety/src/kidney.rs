//! What the case says of the kidneys: dialysis, a steady creatinine, and the two measures that dosing sources use.

use std::collections::BTreeMap;

use bogam_clinical::case::{Case, Patient};
use bogam_knowledge::pack::{Action, DoseNeed, IngredientEntry, RenalBand, RenalMeasure};
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};
use serde_json::Value;

use crate::facts;
use crate::input::has_code;
use crate::words::one_decimal;

/// Dependence on renal dialysis: the patient is on it.
const ON_DIALYSIS: &str = "Z99.2";
/// End-stage renal disease: on dialysis, or not, or transplanted.
const END_STAGE: &str = "N18.6";
/// Acute kidney failure: creatinine lags behind the kidney.
const ACUTE_KIDNEY_INJURY: &str = "N17";

/// Below this GFR (mL/min/1.73 m2) kidney function counts as reduced: category G3a and worse.
/// Source: KDIGO 2024 clinical practice guideline for chronic kidney disease.
pub(crate) const REDUCED_BELOW: f64 = 60.0;

/// Whether the patient is on dialysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialysis {
    /// Stated, or nothing speaks for it.
    No,
    /// Stated.
    Stated,
    /// By a diagnosis of dependence on dialysis.
    Coded,
    /// End-stage disease, and nothing said.
    Unknown,
}

/// A measure of renal function as computed for the case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// `CrCl 24.3 mL/min`.
    pub(crate) label: String,
    /// In the unit of the measure, not rounded.
    pub(crate) value: f64,
    /// The values used, by field.
    pub(crate) used: BTreeMap<String, Value>,
    /// Fields that would have made it more exact.
    pub(crate) missing: Vec<String>,
}

/// The kidneys of a case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kidney<'a> {
    patient: &'a Patient,
    pub(crate) dialysis: Dialysis,
    unstable: bool,
}

impl<'a> Kidney<'a> {
    pub(crate) fn of(case: &'a Case, codes: &[DiagnosisCodes]) -> Self {
        let patient = &case.patient;
        let dialysis = match patient.dialysis {
            Some(true) => Dialysis::Stated,
            Some(false) => Dialysis::No,
            None if has_code(codes, [ON_DIALYSIS]) => Dialysis::Coded,
            None if has_code(codes, [END_STAGE]) => Dialysis::Unknown,
            None => Dialysis::No,
        };
        // A stated steady state wins over the diagnosis: that may be of last week.
        let unstable = match patient.creatinine_stable {
            Some(stable) => !stable,
            None => has_code(codes, [ACUTE_KIDNEY_INJURY]),
        };
        Self { patient, dialysis, unstable }
    }

    /// The measure, or the fields that are missing for it. One measure never stands in for the other.
    pub(crate) fn read(&self, measure: RenalMeasure) -> Result<Reading, Vec<String>> {
        if self.unstable {
            return Err(vec!["patient.creatinine_stable".to_owned()]);
        }
        match measure {
            RenalMeasure::Egfr => self.egfr(),
            RenalMeasure::Crcl => self.crcl(),
        }
    }

    fn egfr(&self) -> Result<Reading, Vec<String>> {
        let value = self.patient.gfr().ok_or_else(|| vec!["patient.creatinine_mg_dl".to_owned()])?.get();
        let mut used = BTreeMap::from([("egfr_ml_min_1_73m2".to_owned(), Value::from(one_decimal(value)))]);
        if self.patient.egfr.is_none() {
            self.add_creatinine(&mut used);
        }
        Ok(Reading { label: format!("eGFR {value:.1} mL/min/1.73 m2"), value, used, missing: self.stability() })
    }

    fn crcl(&self) -> Result<Reading, Vec<String>> {
        let absent = [
            ("patient.creatinine_mg_dl", self.patient.creatinine.is_none()),
            ("patient.weight_kg", self.patient.weight.is_none()),
        ];
        let missing = absent.iter().filter(|(_, absent)| *absent).map(|(field, _)| (*field).to_owned());
        let value = self.patient.creatinine_clearance().ok_or_else(|| missing.collect::<Vec<_>>())?.get();
        let mut used = BTreeMap::from([("creatinine_clearance_ml_min".to_owned(), Value::from(one_decimal(value)))]);
        self.add_creatinine(&mut used);
        let mut inexact = self.stability();
        if self.patient.height.is_none() {
            // Without height the actual weight is used, also in obesity.
            inexact.push("patient.height_cm".to_owned());
        }
        Ok(Reading { label: format!("CrCl {value:.1} mL/min"), value, used, missing: inexact })
    }

    fn add_creatinine(&self, used: &mut BTreeMap<String, Value>) {
        if let Some(creatinine) = self.patient.creatinine {
            used.insert("creatinine_mg_dl".to_owned(), Value::from(creatinine.get()));
        }
    }

    fn stability(&self) -> Vec<String> {
        let unsaid = self.patient.creatinine_stable.is_none();
        unsaid.then(|| "patient.creatinine_stable".to_owned()).into_iter().collect()
    }
}

/// The band that a value falls into: from inclusive, to exclusive.
pub(crate) fn band(entry: &IngredientEntry, measure: RenalMeasure, value: f64) -> Option<&RenalBand> {
    entry.renal.iter().find(|b| b.measure == measure && b.at_least <= value && value < b.below)
}

/// The measures of an ingredient's bands, each once.
pub(crate) fn measures(entry: &IngredientEntry) -> Vec<RenalMeasure> {
    let mut list = entry.renal.iter().map(|b| b.measure).collect::<Vec<_>>();
    list.sort_unstable();
    list.dedup();
    list
}

/// Whether the dose depends on renal function, by its own word.
pub(crate) fn needs_renal(entry: &IngredientEntry) -> bool {
    entry.dose.as_ref().is_some_and(|d| d.needs.contains(&DoseNeed::Renal))
}

/// The entries whose renal facts hold for a drug.
pub(crate) fn owners(knowledge: &KnowledgeBase, drug: DrugIx) -> Vec<&IngredientEntry> {
    facts::owners(knowledge, drug, |e| !e.renal.is_empty() || e.dialysis.is_some() || needs_renal(e))
}

/// Whether anything changes in reduced function: some band says so, or the dose does.
pub(crate) fn matters(entry: &IngredientEntry) -> bool {
    needs_renal(entry) || entry.renal.iter().any(|b| b.action != Action::None)
}
