//! How many listed drugs the tables of the packs give a reason for.

use crate::answer::{ListedDrug, SuggestionLine};
use crate::bootstrap::{Draws, Ratio};
use crate::number;
use crate::report::Coverage;

/// Means over admissions of the shares of each list; an admission without a list, or with an empty one, counts 0.
pub(crate) fn coverage(draws: &Draws, patients: usize, lists: &[(usize, Option<&SuggestionLine>)]) -> Coverage {
    let share = |holds: fn(&ListedDrug) -> bool| {
        let of = |line: &SuggestionLine| {
            let part = line.drugs.iter().filter(|drug| holds(drug)).count();
            if line.drugs.is_empty() { 0.0 } else { number(part) / number(line.drugs.len()) }
        };
        let shares = lists.iter().map(|(patient, line)| (*patient, line.map_or(0.0, of), 1.0));
        draws.ratio(&Ratio::new(patients, shares))
    };
    Coverage {
        for_diagnosis: share(|drug| !drug.indications.is_empty()),
        for_diagnosis_supportive: share(|drug| !drug.indications.is_empty() && drug.supportive),
        supportive: share(|drug| drug.indications.is_empty() && drug.supportive),
        neither: share(|drug| drug.indications.is_empty() && !drug.supportive),
    }
}
