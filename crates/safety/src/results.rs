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
}

/// What a limit can be compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// The newest usable result that is not too old.
    pub(crate) newest: Option<Newest>,
    /// The fields that are missing for it; also those of a result that is as new and cannot be read.
    pub(crate) missing: Vec<String>,
}

/// Whether something was measured of late, whatever it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Measured {
    Recently,
    Not,
    /// That cannot be said, for want of these fields.
    Unknown(Vec<String>),
}

/// The newest usable result of one kind that is not too old for a limit.
pub(crate) fn newest(case: &Case, knowledge: &KnowledgeBase, id: &str) -> Reading {
    if id == QTC {
        return match case.patient.qtc {
            Some(qtc) => Reading { newest: Some(qtc_of(qtc.get())), missing: Vec::new() },
            None => Reading { newest: None, missing: vec!["patient.qtc_ms".to_owned()] },
        };
    }
    let absent = || vec![format!("patient.labs[{id}]")];
    let Some(lab) = knowledge.lab(id) else { return Reading { newest: None, missing: absent() } };
    let results = Results::of(case, knowledge, id);
    let old = results.age_days(case).is_some_and(|age| age > lab.valid_days);
    let timed = results.timed.as_ref().filter(|_| !old).map(|(_, values)| values.as_slice()).unwrap_or_default();
    let values = || timed.iter().chain(&results.untimed).copied();
    let of = |least, most| Newest { least, most, name: lab.name.clone(), unit: lab.unit.clone() };
    let newest = values().reduce(f64::min).zip(values().reduce(f64::max)).map(|(least, most)| of(least, most));
    let newest = newest.or_else(|| match (id, case.patient.creatinine) {
        (CREATININE, Some(value)) => Some(of(value.get(), value.get())),
        _ => None,
    });
    let mut missing = results.unread;
    if newest.is_none() && old {
        missing.push(format!("patient.labs[{id}]: older than {} days", lab.valid_days));
    } else if newest.is_none() && missing.is_empty() {
        missing = absent();
    }
    Reading { newest, missing }
}

fn qtc_of(qtc: f64) -> Newest {
    Newest { least: qtc, most: qtc, name: Bilingual::new("QTc", "QTc"), unit: "ms".to_owned() }
}

/// Whether a kind of result is there that is not older than `within_days`.
pub(crate) fn measured(case: &Case, knowledge: &KnowledgeBase, id: &str, within_days: f64) -> Measured {
    let patient = &case.patient;
    if id == QTC {
        // A field without a time is of now.
        return match patient.qtc {
            Some(_) => Measured::Recently,
            None => Measured::Unknown(vec!["patient.qtc_ms".to_owned()]),
        };
    }
    let results = Results::of(case, knowledge, id);
    let age = results.age_days(case);
    let field = id == CREATININE && patient.creatinine.is_some();
    if field || age.is_some_and(|age| age <= within_days) {
        Measured::Recently
    } else if results.timed.is_some() && age.is_none() {
        Measured::Unknown(vec!["as_of".to_owned()])
    } else if !results.untimed.is_empty() {
        Measured::Unknown(vec![format!("patient.labs[{id}].time")])
    } else if !results.unread.is_empty() {
        Measured::Unknown(results.unread)
    } else if patient.labs.is_none() {
        Measured::Unknown(vec!["patient.labs".to_owned()])
    } else {
        Measured::Not
    }
}

/// The results of one kind.
#[derive(Debug, Default)]
struct Results {
    /// The newest moment, and the values of that moment.
    timed: Option<(DateTime, Vec<f64>)>,
    /// Values without a time.
    untimed: Vec<f64>,
    /// The fields of results that cannot be read and are not older than the newest that can.
    unread: Vec<String>,
}

impl Results {
    fn of(case: &Case, knowledge: &KnowledgeBase, id: &str) -> Self {
        let mut usable = Vec::new();
        let mut unusable = Vec::new();
        for result in case.patient.labs.iter().flatten() {
            match knowledge.read_lab(result) {
                LabReading::Value { lab, value } if lab.id == id => usable.push((result.time, value)),
                LabReading::Unusable { lab, why } if lab.id == id => {
                    unusable.push((result.time, unusable_field(id, why)));
                }
                LabReading::Value { .. } | LabReading::Unusable { .. } | LabReading::Unknown => {}
            }
        }
        let last = usable.iter().filter_map(|(time, _)| *time).max();
        let at = |moment| usable.iter().filter(|(time, _)| *time == moment).map(|(_, value)| *value).collect();
        let as_new = |time: Option<DateTime>| time.is_none_or(|time| last.is_none_or(|last| time >= last));
        let mut unread = unusable.into_iter().filter(|(time, _)| as_new(*time)).map(|(_, field)| field).collect();
        sort(&mut unread);
        Self { timed: last.map(|last| (last, at(Some(last)))), untimed: at(None), unread }
    }

    /// Age of the newest result that has a time, in days, where the moment of the case is known.
    fn age_days(&self, case: &Case) -> Option<f64> {
        let (then, _) = self.timed.as_ref()?;
        Some(days(*then, case.as_of?))
    }
}

/// From one moment to another, in days.
pub(crate) fn days(from: DateTime, to: DateTime) -> f64 {
    from.duration_until(to).as_secs_f64() / 86_400.0
}

/// Results that a rule would ask for and that cannot be used, each with what is wrong.
pub(crate) fn unusable(case: &Case, knowledge: &KnowledgeBase) -> Vec<String> {
    let why = |result: &Lab| match knowledge.read_lab(result) {
        LabReading::Unusable { lab, why } => Some(unusable_field(&lab.id, why)),
        LabReading::Value { .. } | LabReading::Unknown => None,
    };
    let mut all = case.patient.labs.iter().flatten().filter_map(why).collect::<Vec<_>>();
    sort(&mut all);
    all
}

fn unusable_field(id: &str, why: Unusable) -> String {
    match why {
        Unusable::Unit => format!("patient.labs[{id}].unit"),
        Unusable::Value => format!("patient.labs[{id}].value: not a possible result"),
    }
}

fn sort(fields: &mut Vec<String>) {
    fields.sort();
    fields.dedup();
}
