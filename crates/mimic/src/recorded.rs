//! The drugs recorded for an admission, by ingredient.

use std::collections::BTreeMap;

use bogam_clinical::record::{RecordedAdmission, RecordedDrug};

use crate::names::{NameBook, Sense};
use crate::stays::{Given, Since, Stay};

/// All orders of one ingredient in one admission; times from admission.
#[derive(Debug)]
pub(crate) struct Course {
    /// Numbers of the names that it was ordered by.
    names: Vec<u32>,
    pub(crate) first: Since,
    pub(crate) last: Since,
}

/// Orders by number of the ingredient.
pub(crate) fn by_ingredient(given: &[Given], names: &NameBook<'_>) -> BTreeMap<u32, Course> {
    let mut courses: BTreeMap<u32, Course> = BTreeMap::new();
    for order in given {
        match names.sense(order.name) {
            Sense::Drug(ingredient) => {
                let new = || Course { names: Vec::new(), first: order.first, last: order.last };
                let course = courses.entry(ingredient).or_insert_with(new);
                course.names.push(order.name);
                course.first = course.first.earliest(order.first);
                course.last = course.last.latest(order.last);
            }
            Sense::NotADrug | Sense::Unknown => {}
        }
    }
    courses
}

/// The line of `recorded.jsonl`: none for an admission without a row that may be a drug.
pub(crate) fn recorded(
    stay: &Stay,
    courses: &BTreeMap<u32, Course>,
    names: &NameBook<'_>,
) -> Option<RecordedAdmission> {
    if stay.orders.given.is_empty() && stay.orders.unmapped.is_empty() {
        return None;
    }
    let drug = |(ingredient, course): (&u32, &Course)| RecordedDrug {
        ingredient: names.id(*ingredient).to_owned(),
        atc: names.atc(*ingredient).to_vec(),
        names: texts(&course.names, names),
        first_hour: course.first.get().map(hours),
        last_hour: course.last.get().map(hours),
    };
    let mut drugs: Vec<_> = courses.iter().map(drug).collect();
    // Unknown starts come last.
    drugs.sort_by(|a, b| {
        let (first_a, first_b) = (a.first_hour.unwrap_or(f64::INFINITY), b.first_hour.unwrap_or(f64::INFINITY));
        first_a.total_cmp(&first_b).then_with(|| a.ingredient.cmp(&b.ingredient))
    });
    Some(RecordedAdmission {
        case_id: stay.hadm.to_string(),
        patient_id: stay.subject.to_string(),
        drugs,
        not_drugs: stay.orders.not_drugs,
        unmapped: texts(&stay.orders.unmapped, names),
    })
}

fn texts(numbers: &[u32], names: &NameBook<'_>) -> Vec<String> {
    let mut texts: Vec<_> = numbers.iter().map(|name| names.text(*name).to_owned()).collect();
    texts.sort_unstable();
    texts
}

/// Seconds as hours, to two decimals.
fn hours(seconds: i32) -> f64 {
    (f64::from(seconds) / 3600.0 * 100.0).round() / 100.0
}
