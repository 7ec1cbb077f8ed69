//! Laboratory results of a case, as rules ask for them.

use bogam_clinical::case::{Case, Lab};
use bogam_clinical::text::Bilingual;
use bogam_knowledge::{KnowledgeBase, LabReading, Unusable};
use jiff::civil::DateTime;

/// The corrected QT interval, a field of the patient.
const QTC: &str = "qtc";
/// Creatinine: a field of the patient where there is no result.
const CREATININE: &str = "creatinine";

/// The newest result of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Newest {
    /// Least and most of the results of that moment, and of those without a time.
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// Name of the result.
    pub(crate) name: Bilingual,
    /// Its unit.
    pub(crate) unit: String,
    /// Days before the moment of the case, where both times are known.
    pub(crate) age_days: Option<f64>,
}

/// The newest usable result, or the fields that are missing for it.
pub(crate) fn newest(case: &Case, knowledge: &KnowledgeBase, id: &str) -> Result<Newest, Vec<String>> {
    let patient = &case.patient;
    if id == QTC {
        let qtc = patient.qtc.ok_or_else(|| vec!["patient.qtc_ms".to_owned()])?.get();
        return Ok(fixed(qtc, Bilingual::new("QTc", "QTc"), "ms"));
    }
    let missing = || vec![format!("patient.labs[{id}]")];
    let Some(lab) = knowledge.lab(id) else { return Err(missing()) };
    let mut usable = Vec::new();
    for result in patient.labs.iter().flatten() {
        match knowledge.read_lab(result) {
            LabReading::Value { lab, value } if lab.id == id => usable.push((result, value)),
            LabReading::Value { .. } | LabReading::Unusable { .. } | LabReading::Unknown => {}
        }
    }
    let last = usable.iter().filter_map(|(result, _)| result.time).max();
    let now = usable.into_iter().filter(|(result, _)| result.time.is_none() || result.time == last);
    let values = now.map(|(_, value)| value).collect::<Vec<_>>();
    let age_days = case.as_of.zip(last).map(|(now, then)| days(then, now));
    let (Some(least), Some(most)) = (values.iter().copied().reduce(f64::min), values.iter().copied().reduce(f64::max))
    else {
        return match (id, patient.creatinine) {
            (CREATININE, Some(value)) => Ok(fixed(value.get(), lab.name.clone(), "mg/dL")),
            _ => Err(missing()),
        };
    };
    if age_days.is_some_and(|age| age > lab.valid_days) {
        return Err(vec![format!("patient.labs[{id}]: older than {} days", lab.valid_days)]);
    }
    Ok(Newest { least, most, name: lab.name.clone(), unit: lab.unit.clone(), age_days })
}

fn fixed(value: f64, name: Bilingual, unit: &str) -> Newest {
    Newest { least: value, most: value, name, unit: unit.to_owned(), age_days: None }
}

/// From one moment to another, in days.
pub(crate) fn days(from: DateTime, to: DateTime) -> f64 {
    from.duration_until(to).as_secs_f64() / 86_400.0
}

/// Results that a rule would ask for and that cannot be used, each with what is wrong.
pub(crate) fn unusable(case: &Case, knowledge: &KnowledgeBase) -> Vec<String> {
    let why = |result: &Lab| match knowledge.read_lab(result) {
        LabReading::Unusable { lab, why: Unusable::Unit } => Some(format!("patient.labs[{}].unit", lab.id)),
        LabReading::Unusable { lab, why: Unusable::Value } => {
            Some(format!("patient.labs[{}].value: not a possible result", lab.id))
        }
        LabReading::Value { .. } | LabReading::Unknown => None,
    };
    let mut all = case.patient.labs.iter().flatten().filter_map(why).collect::<Vec<_>>();
    all.sort();
    all.dedup();
    all
}
