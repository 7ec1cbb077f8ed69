//! An admission to its line of `cases.jsonl`, with what the patient's earlier admissions tell.

use std::collections::{BTreeMap, HashSet};

use bogam_clinical::case::Setting;
use bogam_clinical::input::{
    AdmissionInput, CaseInput, DiagnosisInput, LabInput, PastDrugInput, PatientInput, ProcedureInput,
};
use bogam_clinical::units::{Centimetres, Kilograms, MilligramsPerDecilitre, MlPerMinPer173};
use jiff::SignedDuration;

use crate::measured::{LabItem, LabItems, plausible_egfr, plausible_height, plausible_weight};
use crate::names::{NameBook, Texts};
use crate::people::Codes;
use crate::recorded::Course;
use crate::report::Outliers;
use crate::stays::{AGE_OVER_89, Coded, LabReading, Procedure, Stay};

/// What a case accepts as creatinine, in mg/dL; anything else is an outlier.
const CREATININE: std::ops::RangeInclusive<f64> = 0.05..=50.0;

/// Which optional tables were read: what they would tell is null without them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    pub(crate) labs: bool,
    pub(crate) procedures: bool,
    /// `transfers` or `icustays`.
    pub(crate) intensive_care: bool,
}

/// What numbers in an admission stand for.
pub(crate) struct Books<'a, 'k> {
    pub(crate) codes: &'a Codes,
    pub(crate) names: &'a NameBook<'k>,
    pub(crate) labs: &'a LabItems,
    pub(crate) texts: &'a StayTexts,
    pub(crate) told: Told,
}

/// Texts of admissions, by number.
#[derive(Debug, Default)]
pub(crate) struct StayTexts {
    pub(crate) kinds: Texts,
    pub(crate) services: Texts,
    pub(crate) procedures: Texts,
}

/// An admission with its drugs, by number of the ingredient.
pub(crate) struct Admission<'a> {
    pub(crate) stay: &'a Stay,
    pub(crate) courses: BTreeMap<u32, Course>,
}

/// What was counted while the cases were made.
#[derive(Debug, Default)]
pub(crate) struct CaseCounts {
    pub(crate) outliers: Outliers,
    pub(crate) ages_over_89: u64,
    /// Earlier admissions left out because they had not ended, or have no end.
    pub(crate) unended_earlier: u64,
}

impl CaseCounts {
    /// Adds what was counted elsewhere.
    pub(crate) fn add(&mut self, other: &Self) {
        self.outliers.add(&other.outliers);
        self.ages_over_89 += other.ages_over_89;
        self.unended_earlier += other.unended_earlier;
    }
}

/// The case of an admission. `before` are the patient's admissions up to this one.
pub(crate) fn case(stay: &Stay, before: &[Admission<'_>], books: &Books<'_, '_>, counts: &mut CaseCounts) -> CaseInput {
    let ended = |earlier: &&Admission<'_>| earlier.stay.discharged.is_some_and(|end| end <= stay.admitted);
    let earlier: Vec<&Admission<'_>> = before.iter().filter(ended).collect();
    counts.unended_earlier += u64::try_from(before.len() - earlier.len()).unwrap_or(u64::MAX);
    counts.ages_over_89 += u64::from(stay.age == AGE_OVER_89);
    CaseInput {
        case_id: Some(stay.hadm.to_string()),
        as_of: Some(stay.as_of.to_string()),
        patient: Some(patient(stay, books, &mut counts.outliers)),
        admission: Some(admission(stay, books)),
        diagnoses: Some(diagnoses(stay, books.codes)),
        prior_diagnoses: Some(prior_diagnoses(&earlier, books.codes)),
        past_drugs: Some(past_drugs(stay, &earlier, books.names)),
        proposed_drugs: None,
        notes: None,
    }
}

fn patient(stay: &Stay, books: &Books<'_, '_>, outliers: &mut Outliers) -> PatientInput {
    let (weight, height, egfr) = (plausible_weight(stay), plausible_height(stay), plausible_egfr(stay));
    let creatinine = creatinine(stay, books.labs);
    let plausible_creatinine = creatinine.filter(|value| CREATININE.contains(&value.get()));
    outliers.weight_kg += u64::from(stay.body.weight.is_some() && weight.is_none());
    outliers.height_cm += u64::from(stay.body.height.is_some() && height.is_none());
    outliers.egfr_ml_min_1_73m2 += u64::from(stay.body.egfr.is_some() && egfr.is_none());
    outliers.creatinine_mg_dl += u64::from(creatinine.is_some() && plausible_creatinine.is_none());
    PatientInput {
        age_years: Some(f64::from(stay.age)),
        sex: Some(stay.sex),
        weight_kg: weight.map(Kilograms::get),
        height_cm: height.map(Centimetres::get),
        creatinine_mg_dl: plausible_creatinine.map(MilligramsPerDecilitre::get),
        egfr_ml_min_1_73m2: egfr.map(MlPerMinPer173::get),
        labs: books.told.labs.then(|| labs(stay, books.labs)),
        ..PatientInput::default()
    }
}

/// The most recent serum creatinine, in mg/dL, in which unit the whole table is.
fn creatinine(stay: &Stay, items: &LabItems) -> Option<MilligramsPerDecilitre> {
    let readings = stay.labs.iter().filter(|lab| items.item(lab).is_some_and(LabItem::is_creatinine));
    let in_mg_dl = readings.filter(|lab| items.unit(lab).is_none_or(|unit| unit.eq_ignore_ascii_case("mg/dL")));
    let latest = in_mg_dl.reduce(|latest, lab| if lab.supersedes(latest) { lab } else { latest })?;
    Some(MilligramsPerDecilitre::new(latest.value))
}

fn labs(stay: &Stay, items: &LabItems) -> Vec<LabInput> {
    let mut readings: Vec<_> = stay.labs.iter().filter_map(|lab| Some((items.item(lab)?, lab))).collect();
    readings.sort_by(|(a, _), (b, _)| (&a.label, a.item).cmp(&(&b.label, b.item)));
    let input = |(item, lab): (&LabItem, &LabReading)| LabInput {
        name: item.label.clone(),
        loinc: None,
        value: lab.value,
        unit: items.unit(lab).map(str::to_owned),
        time: Some(stay.admitted.plus(lab.time).to_string()),
    };
    readings.into_iter().map(input).collect()
}

fn admission(stay: &Stay, books: &Books<'_, '_>) -> AdmissionInput {
    let procedures = || {
        let code = |p: &Procedure| books.texts.procedures.text(p.code).to_owned();
        let input = |p: &Procedure| ProcedureInput { system: p.system, code: code(p) };
        stay.procedures.iter().map(input).collect()
    };
    let service = stay.service.map(|(_, service)| books.texts.services.text(service));
    let kind = books.texts.kinds.text(stay.kind);
    AdmissionInput {
        setting: Some(Setting::Inpatient),
        kind: (!kind.is_empty()).then(|| kind.to_owned()),
        service: service.filter(|name| !name.is_empty()).map(str::to_owned),
        icu: books.told.intensive_care.then_some(stay.intensive_care),
        nil_by_mouth: None,
        procedures: books.told.procedures.then(procedures),
    }
}

fn diagnoses(stay: &Stay, codes: &Codes) -> Vec<DiagnosisInput> {
    let input = |coded: &Coded| diagnosis(coded.code, Some(coded.rank), codes);
    stay.diagnoses.iter().filter_map(input).collect()
}

/// Distinct codes, of the most recent admission first. They carry no rank: ranks of different admissions do not compare,
/// and a reader would sort by them.
fn prior_diagnoses(earlier: &[&Admission<'_>], codes: &Codes) -> Vec<DiagnosisInput> {
    let mut seen = HashSet::new();
    let recent_first = earlier.iter().rev().flat_map(|past| &past.stay.diagnoses);
    let distinct = recent_first.filter(|coded| seen.insert(coded.code));
    distinct.filter_map(|coded| diagnosis(coded.code, None, codes)).collect()
}

fn diagnosis(code: u32, rank: Option<u32>, codes: &Codes) -> Option<DiagnosisInput> {
    let entry = codes.get(code)?;
    Some(DiagnosisInput { system: entry.system, code: entry.code.clone(), title: entry.title.clone(), rank })
}

/// Drugs of earlier admissions with the days from their last stop, else from that discharge, to this admission; 0 where an
/// order ran until now or beyond. Orders that start after this admission began are not of the past.
fn past_drugs(stay: &Stay, earlier: &[&Admission<'_>], names: &NameBook<'_>) -> Vec<PastDrugInput> {
    let mut days_ago: BTreeMap<&str, f64> = BTreeMap::new();
    for past in earlier {
        let until_now = stay.admitted.since(past.stay.admitted);
        let discharge = past.stay.discharged.map(|end| end.since(past.stay.admitted));
        for (ingredient, course) in &past.courses {
            if course.first.get().is_some_and(|first| i64::from(first) > until_now) {
                continue;
            }
            let Some(end) = course.last.get().map(i64::from).or(discharge) else { continue };
            let days = days((until_now - end).max(0));
            let known = days_ago.entry(names.id(*ingredient)).or_insert(days);
            *known = known.min(days);
        }
    }
    let mut drugs: Vec<_> = days_ago
        .into_iter()
        .map(|(ingredient, days_ago)| PastDrugInput { ingredient: ingredient.to_owned(), days_ago })
        .collect();
    // Already by id; the sort is stable.
    drugs.sort_by(|a, b| a.days_ago.total_cmp(&b.days_ago));
    drugs
}

/// Seconds as days, to two decimals.
fn days(seconds: i64) -> f64 {
    let days = SignedDuration::from_secs(seconds).as_secs_f64() / 86_400.0;
    (days * 100.0).round() / 100.0
}
