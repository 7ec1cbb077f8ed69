//! `knowledge coverage`: of the drugs recorded for past admissions, how many have an indication among the diagnoses.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use bogam_clinical::record::Strength;
use bogam_knowledge::{DiagnosisCodes, KnowledgeBase};
use serde::Serialize;

use crate::assets;
use crate::check::read_recorded;
use crate::error::AppError;
use crate::lines::Lines;
use crate::suggest::{next, read_record};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct CoverageRequest {
    /// Cases as JSON lines.
    pub cases: PathBuf,
    /// What was recorded for them.
    pub recorded: PathBuf,
    /// Site packs.
    pub knowledge: Vec<PathBuf>,
}

/// How far the indications reach. Shares are of all recorded drugs, one an admission and ingredient, the unmapped
/// names with them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Coverage {
    /// Admissions with recorded drugs.
    pub admissions: u64,
    /// Recorded drugs.
    pub drugs: u64,
    /// With an indication for a diagnosis of the admission, that is more than supportive.
    pub for_diagnosis: f64,
    /// With a supportive indication for a diagnosis of the admission, and no other.
    pub supportive_for_diagnosis: f64,
    /// With an indication for whatever diagnosis only.
    pub supportive: f64,
    /// With none.
    pub without: f64,
    /// Names that no ingredient is known for (they count as drugs without an indication).
    pub unmapped: u64,
    /// The drugs of `supportive`, the commonest first.
    pub supportive_drugs: Vec<Counted>,
    /// The drugs of `without`, the commonest first.
    pub without_drugs: Vec<Counted>,
    /// Lines of the cases that could not be read.
    pub rejected: u64,
}

/// An ingredient, or a name that means none, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Ingredient id or name.
    pub drug: String,
    /// Admissions.
    pub admissions: u64,
}

/// What an indication of a recorded drug is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    ForDiagnosis,
    SupportiveForDiagnosis,
    Supportive,
    Without,
}

/// Counts over every case that has recorded drugs.
///
/// # Errors
/// When a file or a pack cannot be used.
pub fn coverage(request: &CoverageRequest) -> Result<Coverage, AppError> {
    let knowledge = assets::knowledge(&request.knowledge)?;
    let recorded = read_recorded(&request.recorded)?;
    let mut lines = Lines::open(&request.cases)?;
    let mut seen = HashSet::new();
    let mut result = Coverage::default();
    let mut reaches: BTreeMap<Reach, BTreeMap<String, u64>> = BTreeMap::new();
    while let Some(line) = next(&mut lines, 0)? {
        let Ok(read) = read_record(&line, &mut seen) else {
            result.rejected += 1;
            continue;
        };
        let Some(admission) = recorded.get(&read.case.case_id) else { continue };
        result.admissions += 1;
        result.unmapped += u64::try_from(admission.unmapped.len()).unwrap_or(u64::MAX);
        let codes = read.case.diagnoses.iter().map(|d| knowledge.codes(d)).collect::<Vec<DiagnosisCodes>>();
        let drugs = admission
            .drugs
            .iter()
            .map(|d| (d.ingredient.as_str(), reach(&knowledge, &d.ingredient, &read.case, &codes)));
        let unmapped = admission.unmapped.iter().map(|name| (name.as_str(), Reach::Without));
        for (name, reach) in drugs.chain(unmapped) {
            result.drugs += 1;
            *reaches.entry(reach).or_default().entry(name.to_owned()).or_default() += 1;
        }
    }
    let share = |reach: Reach| {
        let count: u64 = reaches.get(&reach).map(|drugs| drugs.values().sum()).unwrap_or_default();
        ratio(count, result.drugs)
    };
    result.for_diagnosis = share(Reach::ForDiagnosis);
    result.supportive_for_diagnosis = share(Reach::SupportiveForDiagnosis);
    result.supportive = share(Reach::Supportive);
    result.without = share(Reach::Without);
    result.supportive_drugs = commonest(reaches.get(&Reach::Supportive));
    result.without_drugs = commonest(reaches.get(&Reach::Without));
    Ok(result)
}

fn reach(knowledge: &KnowledgeBase, ingredient: &str, case: &bogam_clinical::Case, codes: &[DiagnosisCodes]) -> Reach {
    let Some(drug) = knowledge.find(ingredient) else { return Reach::Without };
    let of = |met: &bogam_knowledge::MatchedIndication<'_>| match (met.diagnosis, met.entry.strength) {
        (Some(_), Strength::Supportive) => Reach::SupportiveForDiagnosis,
        (Some(_), Strength::FirstLine | Strength::Alternative | Strength::Adjunct | Strength::Prophylaxis) => {
            Reach::ForDiagnosis
        }
        (None, _) => Reach::Supportive,
    };
    knowledge.indications(drug, case, codes).iter().map(of).min().unwrap_or(Reach::Without)
}

/// A share, to four decimals.
fn ratio(part: u64, whole: u64) -> f64 {
    let number = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { (number(part) / number(whole) * 1e4).round() / 1e4 }
}

fn commonest(drugs: Option<&BTreeMap<String, u64>>) -> Vec<Counted> {
    let mut list = drugs
        .into_iter()
        .flatten()
        .map(|(drug, admissions)| Counted { drug: drug.clone(), admissions: *admissions })
        .collect::<Vec<_>>();
    list.sort_by(|a, b| b.admissions.cmp(&a.admissions).then_with(|| a.drug.cmp(&b.drug)));
    list
}
