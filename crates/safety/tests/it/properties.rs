//! What holds for every case: order changes nothing, and knowing less never silences a finding unsaid.

use std::collections::BTreeSet;

use bogam_clinical::case::Case;
use bogam_safety::rules::RULES;
use bogam_safety::{DrugUse, Outcome, check_each, check_pairs, check_whole, finish};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{check, codes, diagnosed, knowledge, merge};

/// A field of the patient: known with one of the values, or unknown.
fn field(name: &'static str, values: Vec<Value>) -> impl Strategy<Value = Value> {
    prop::option::of(prop::sample::select(values)).prop_map(move |v| json!({ name: v }))
}

fn patients() -> impl Strategy<Value = Value> {
    let numbers = |values: &[f64]| values.iter().map(|v| json!(v)).collect::<Vec<_>>();
    let flags = || vec![json!(true), json!(false)];
    let allergies = prop::collection::vec(allergies(), 0..3).prop_map(|list| json!({ "allergies": list }));
    (
        prop::sample::select(vec![json!("F"), json!("M")]),
        prop::sample::select(numbers(&[10.0, 17.9, 18.0, 30.0, 70.0])),
        field("weight_kg", numbers(&[40.0, 72.0, 130.0])),
        field("height_cm", numbers(&[150.0, 175.0])),
        field("creatinine_mg_dl", numbers(&[0.7, 1.6, 2.4, 6.0])),
        field("egfr_ml_min_1_73m2", numbers(&[12.0, 35.0, 50.0, 100.0])),
        (field("creatinine_stable", flags()), field("dialysis", flags())),
        field("hepatic_impairment", vec![json!("none"), json!("A"), json!("B"), json!("C")]),
        prop::option::of(allergies),
        prop::option::of(prop::sample::select(vec![false, true])),
    )
        .prop_map(
            |(sex, age, weight, height, creatinine, egfr, (stable, dialysis), liver, allergies, pregnant)| {
                let pregnant = pregnant.filter(|_| sex == "F");
                let mut patient = json!({"sex": sex, "age_years": age, "pregnant": pregnant, "allergies": null});
                for part in [weight, height, creatinine, egfr, stable, dialysis, liver, allergies.unwrap_or(json!({}))]
                {
                    merge(&mut patient, part);
                }
                patient
            },
        )
}

fn allergies() -> impl Strategy<Value = Value> {
    let to = prop::sample::select(vec!["oxina", "oxins", "porina", "porins", "blockam / oxina", "rings", "latex"]);
    let reaction = prop::sample::select(vec![json!(null), json!("rash"), json!("nausea"), json!("anaphylaxis")]);
    let severity = prop::sample::select(vec![json!(null), json!("mild"), json!("moderate"), json!("severe")]);
    (to, reaction, severity).prop_map(|(to, r, s)| json!({"to": to, "reaction": r, "severity": s}))
}

fn diagnoses() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(vec!["I10", "N17.9", "N18.6", "Z99.2", "K74.6", "Z95.2"], 0..4)
        .prop_map(|list| list.into_iter().chain(["S72.0"]).collect())
}

fn drugs() -> impl Strategy<Value = Vec<DrugUse>> {
    let all = knowledge().drugs().collect::<Vec<_>>();
    let window =
        prop::option::of((0_u8..20, 0_u8..10).prop_map(|(from, hours)| (f64::from(from), f64::from(from + hours))));
    let one = (prop::sample::select(all), window).prop_map(|(drug, window)| DrugUse { window, ..DrugUse::of(drug) });
    prop::collection::vec(one, 0..7)
}

fn case_of(patient: &Value, diagnoses: &[&str]) -> Case {
    let mut base = json!({ "patient": {} });
    base["patient"].clone_from(patient);
    diagnosed(diagnoses, base)
}

/// The part of a code before the dot: renal, hepatic, allergy…
fn family(code: &str) -> &str {
    code.split('.').next().unwrap()
}

/// Which rules spoke of which drugs, by a finding or by saying that they could not check.
fn spoken(outcome: &Outcome) -> BTreeSet<(String, String)> {
    let found = outcome.findings.iter().flat_map(|f| f.drugs.iter().map(|d| (family(&f.code), d)));
    let skipped = outcome.not_evaluated.iter().flat_map(|n| n.drugs.iter().map(|d| (family(&n.code), d)));
    found.chain(skipped).map(|(code, drug)| (code.to_owned(), drug.clone())).collect()
}

/// Which rules found something of which drugs.
fn found(outcome: &Outcome) -> BTreeSet<(String, String)> {
    spoken(&Outcome { findings: outcome.findings.clone(), not_evaluated: Vec::new() })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_drugs_changes_nothing(
        patient in patients(), diagnoses in diagnoses(), (drugs, shuffled) in drugs().prop_flat_map(|d| (Just(d.clone()), Just(d).prop_shuffle()))
    ) {
        let case = case_of(&patient, &diagnoses);
        let outcome = check(&case, &drugs);
        prop_assert_eq!(&outcome, &check(&case, &shuffled));
        prop_assert_eq!(&outcome, &check(&case, &drugs), "twice");
    }

    #[test]
    fn check_is_each_and_pairs_and_every_code_is_in_the_catalogue(
        patient in patients(), diagnoses in diagnoses(), drugs in drugs()
    ) {
        let case = case_of(&patient, &diagnoses);
        let codes = codes(&case);
        let input = bogam_safety::CheckInput { case: &case, knowledge: knowledge(), codes: &codes, drugs: &drugs };
        let (each, pairs, all) = (check_each(&input), check_pairs(&input), check(&case, &drugs));
        let whole = check_whole(&input, true);
        prop_assert_eq!(each.findings.len() + pairs.findings.len() + whole.findings.len(), all.findings.len());
        let numbered = finish(each.findings.into_iter().chain(pairs.findings).chain(whole.findings).collect());
        prop_assert_eq!(finish(all.findings.clone()), numbered.clone());
        prop_assert!(numbered.iter().zip(1..).all(|(f, n)| f.id == format!("F{n}")), "not numbered in order");
        prop_assert!(numbered.is_sorted_by(|a, b| a.tier >= b.tier));
        let known = RULES.iter().flat_map(|r| r.codes).map(|c| c.code).collect::<BTreeSet<_>>();
        let used = all.findings.iter().map(|f| f.code.as_str()).chain(all.not_evaluated.iter().map(|n| n.code.as_str()));
        for code in used {
            prop_assert!(known.contains(code), "{code} is not in the catalogue");
        }
    }

    /// Another drug or another allergy takes no finding away.
    #[test]
    fn more_drugs_and_more_allergies_take_no_finding_away(
        patient in patients(), diagnoses in diagnoses(), drugs in drugs(), more in drugs(), allergy in allergies()
    ) {
        let before = check(&case_of(&patient, &diagnoses), &drugs);
        let mut patient = patient;
        if let Some(list) = patient["allergies"].as_array_mut() {
            list.push(allergy);
        }
        let drugs = drugs.into_iter().chain(more).collect::<Vec<_>>();
        let after = spoken(&check(&case_of(&patient, &diagnoses), &drugs));
        for pair in found(&before) {
            prop_assert!(after.contains(&pair), "{pair:?} is gone");
        }
    }

    /// Diagnoses that make the kidneys or the liver doubtful turn a finding into "not evaluated" at most.
    #[test]
    fn another_diagnosis_takes_no_finding_away_unsaid(
        patient in patients(), diagnoses in diagnoses(), drugs in drugs(),
        more in prop::sample::select(vec!["N17.9", "N18.6", "K74.6", "E11.9"])
    ) {
        let before = check(&case_of(&patient, &diagnoses), &drugs);
        let with = diagnoses.into_iter().chain([more]).collect::<Vec<_>>();
        let after = spoken(&check(&case_of(&patient, &with), &drugs));
        for pair in found(&before) {
            prop_assert!(after.contains(&pair), "{pair:?} is gone with {more}");
        }
    }

    /// What was found with a field known is found, or listed as not evaluated, when the field is unknown. (The liver:
    /// where a liver disease is diagnosed, since otherwise an unknown class counts as unremarkable; dialysis: where it
    /// is not the dialysis itself that speaks, since unstated it counts as none.)
    #[test]
    fn an_unknown_field_takes_no_finding_away_unsaid(
        patient in patients(), drugs in drugs(),
        field in prop::sample::select(vec![
            "weight_kg", "creatinine_mg_dl", "creatinine_stable", "egfr_ml_min_1_73m2", "hepatic_impairment",
            "allergies", "pregnant",
        ])
    ) {
        let diagnoses = ["K74.6", "S72.0"];
        let before = check(&case_of(&patient, &diagnoses), &drugs);
        let mut less = patient.clone();
        less[field] = Value::Null;
        if field == "egfr_ml_min_1_73m2" {
            // A creatinine may tell another function than the laboratory did: both or neither.
            less["creatinine_mg_dl"] = Value::Null;
        }
        let after = spoken(&check(&case_of(&less, &diagnoses), &drugs));
        // Outside childbearing age an unknown pregnancy counts as none; a note alone is not asked for.
        let of_age = (12.0..56.0).contains(&patient["age_years"].as_f64().unwrap());
        let unasked = field == "pregnant" && (!of_age || before.findings.iter().any(|f| f.code == "pregnancy.note"));
        for (rule, drug) in found(&before) {
            if !(rule == "pregnancy" && unasked) {
                prop_assert!(after.contains(&(rule.clone(), drug.clone())), "{rule} of {drug} is gone without {field}");
            }
        }
    }
}
