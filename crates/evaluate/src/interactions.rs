//! How many pairs of drugs interact.

use crate::drugs::{Drug, Drugs, Interacting};
use crate::number;
use crate::recorded::{Admission, Slice};

/// First and last hour of use; `None` where one is not known, which overlaps with everything, as in the checks.
type Hours = Option<(f64, f64)>;

/// The share of pairs of a list with a critical or warning interaction; `None` with fewer than two drugs.
pub(crate) fn of_list(
    listed: impl Iterator<Item = Drug>,
    interacting: &mut Interacting,
    drugs: &Drugs<'_>,
) -> Option<f64> {
    let uses: Vec<(Drug, Hours)> = listed.map(|drug| (drug, None)).collect();
    rate(&uses, interacting, drugs)
}

/// The same of the recorded drugs of a slice; pairs only of drugs whose times overlap or touch.
pub(crate) fn of_record(
    admission: &Admission,
    slice: Slice,
    interacting: &mut Interacting,
    drugs: &Drugs<'_>,
) -> Option<f64> {
    let kept = admission.drugs.iter().filter(|given| slice.holds(given));
    let uses: Vec<(Drug, Hours)> = kept.map(|given| (given.drug, given.first.zip(given.last))).collect();
    rate(&uses, interacting, drugs)
}

fn rate(uses: &[(Drug, Hours)], interacting: &mut Interacting, drugs: &Drugs<'_>) -> Option<f64> {
    let (mut pairs, mut found) = (0, 0);
    for (n, (one, hours)) in uses.iter().enumerate() {
        for (other, other_hours) in uses.iter().skip(n + 1) {
            if other != one && overlap(*hours, *other_hours) {
                pairs += 1;
                found += usize::from(interacting.interact(*one, *other, drugs));
            }
        }
    }
    (pairs > 0).then(|| number(found) / number(pairs))
}

fn overlap(hours: Hours, other: Hours) -> bool {
    match (hours, other) {
        (Some((from, to)), Some((other_from, other_to))) => !(to < other_from || other_to < from),
        (None, Some(_) | None) | (Some(_), None) => true,
    }
}
