//! What holds for any records and lists.

use bogam_evaluate::{Compared, Estimate, SliceReport};
use proptest::prelude::*;
use serde_json::Value;

use crate::fixture::{DRUGS, error, list, recorded, report};

/// A patient, the recorded drugs with their hours, and the answer: nothing, an error, or three sets.
type Admission = (u8, Vec<(usize, Option<f64>)>, Option<Option<[Vec<(usize, f64)>; 3]>>);

fn sets() -> impl Strategy<Value = [Vec<(usize, f64)>; 3]> {
    let drugs = prop::sample::subsequence((0..DRUGS.len()).collect::<Vec<_>>(), 0..=DRUGS.len()).prop_shuffle();
    let tenths = prop::collection::vec(0_u8..=10, DRUGS.len());
    (drugs, tenths, 0..4_usize, 0..3_usize).prop_map(|(drugs, tenths, first, second)| {
        let all = drugs.into_iter().zip(tenths).map(|(drug, p)| (drug, f64::from(p) / 10.0)).collect::<Vec<_>>();
        let first = first.min(all.len());
        let second = (first + second).min(all.len());
        [all[..first].to_vec(), all[first..second].to_vec(), all[second..].to_vec()]
    })
}

fn admissions() -> impl Strategy<Value = Vec<Admission>> {
    let hours = prop::option::weighted(0.9, -10.0..60.0);
    let drugs = prop::sample::subsequence((0..DRUGS.len()).collect::<Vec<_>>(), 0..=5);
    let record =
        (drugs, prop::collection::vec(hours, 5)).prop_map(|(drugs, hours)| drugs.into_iter().zip(hours).collect());
    let answer = prop::option::weighted(0.9, prop::option::weighted(0.9, sets()));
    prop::collection::vec((0_u8..4, record, answer), 0..7)
}

fn lines(admissions: &[Admission]) -> (Vec<Value>, Vec<Value>) {
    let (mut records, mut suggestions) = (Vec::new(), Vec::new());
    for (n, (patient, drugs, answer)) in admissions.iter().enumerate() {
        let case = format!("case {n}");
        let drugs: Vec<_> =
            drugs.iter().map(|(drug, hour)| (DRUGS[*drug].0, (*hour, hour.map(|h| h + 12.0)))).collect();
        records.push(recorded(&case, &format!("patient {patient}"), &drugs));
        match answer {
            Some(Some(sets)) => {
                let named = sets.each_ref().map(|set| set.iter().map(|(d, p)| (DRUGS[*d].0, *p)).collect::<Vec<_>>());
                suggestions.push(list(&case, &named[0], &named[1], &named[2]));
            }
            Some(None) => suggestions.push(error(Some(&case))),
            None => {}
        }
    }
    (records, suggestions)
}

fn within(estimate: &Estimate, low: f64, high: f64) -> bool {
    let all = [estimate.value, estimate.low, estimate.high];
    all.into_iter().flatten().all(|value| (low - 1e-12..=high + 1e-12).contains(&value))
}

fn shares(compared: &Compared) -> bool {
    within(&compared.suggested, 0.0, 1.0)
        && within(&compared.most_prescribed, 0.0, 1.0)
        && within(&compared.difference, -1.0, 1.0)
}

fn in_bounds(slice: &SliceReport) -> bool {
    let levels = [&slice.by_level.ingredient, &slice.by_level.atc4, &slice.by_level.atc3];
    let scores = levels.into_iter().all(|s| {
        [&s.accuracy, &s.recall, &s.jaccard, &s.f1, &s.prauc].into_iter().all(shares)
            && within(&s.listed_to_recorded.suggested, 0.0, f64::INFINITY)
    });
    scores
        && shares(&slice.interactions.lists)
        && shares(&slice.calibration.ece)
        && within(&slice.interactions.recorded, 0.0, 1.0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shares_lie_between_nought_and_one(admissions in admissions()) {
        let (records, suggestions) = lines(&admissions);
        let report = report(&records, &suggestions);
        prop_assert!(within(&report.output_rate, 0.0, 1.0));
        prop_assert!(in_bounds(&report.all) && in_bounds(&report.within_24_hours));
        let coverage = &report.coverage;
        let parts = [&coverage.for_diagnosis, &coverage.supportive, &coverage.neither];
        prop_assert!(parts.iter().all(|part| within(part, 0.0, 1.0)));
        prop_assert!(parts.iter().filter_map(|part| part.value).sum::<f64>() <= 1.0 + 1e-12);
    }

    #[test]
    fn the_order_of_lines_and_of_drugs_changes_nothing(
        admissions in admissions(),
        order in Just((0..7_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let (records, suggestions) = lines(&admissions);
        let before = report(&records, &suggestions);
        let shuffled = |lines: &[Value]| {
            let mut lines: Vec<Value> = order.iter().filter_map(|n| lines.get(*n).cloned()).collect();
            for line in &mut lines {
                for set in ["drugs", "withheld", "considered"] {
                    if let Some(drugs) = line.get_mut(set).and_then(Value::as_array_mut) {
                        drugs.reverse();
                    }
                }
            }
            lines
        };
        // Not about equal: equal.
        prop_assert!(before == report(&shuffled(&records), &shuffled(&suggestions)));
    }

    #[test]
    fn a_list_of_what_was_recorded_is_right_in_everything(admissions in admissions()) {
        let (records, _) = lines(&admissions);
        let perfect: Vec<Value> = records.iter().map(|record| {
            let drugs: Vec<_> = record["drugs"].as_array().unwrap().iter().map(|d| (d["ingredient"].as_str().unwrap(), 1.0)).collect();
            list(record["case_id"].as_str().unwrap(), &drugs, &[], &[])
        }).collect();
        let report = report(&records, &perfect);
        for scores in [&report.all.by_level.ingredient, &report.all.by_level.atc4, &report.all.by_level.atc3] {
            for figure in [&scores.accuracy, &scores.recall, &scores.jaccard, &scores.f1, &scores.prauc] {
                prop_assert!(figure.suggested.value.is_none_or(|value| (value - 1.0).abs() < 1e-12));
            }
        }
        prop_assert!(report.all.calibration.ece.suggested.value.is_none_or(|value| value.abs() < 1e-12));
    }
}
