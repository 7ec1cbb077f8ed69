//! What holds for every case: order changes nothing, more drugs and more diagnoses take no finding away unsaid, and
//! neither does knowing less. What is taken away by its meaning is named where it is left out.

use std::collections::BTreeSet;

use bogam_clinical::case::{Case, DoseAmount, DrugEntry};
use bogam_safety::rules::RULES;
use bogam_safety::{CheckInput, DrugUse, Finding, Outcome, check_each, check_pairs, check_whole, finish};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{case, check, codes, knowledge};

const AS_OF: &str = "2026-03-02T09:00:00";

/// A field: known with one of the values, or unknown.
fn field(name: &'static str, values: &[Value]) -> impl Strategy<Value = (&'static str, Value)> + use<> {
    prop::option::of(prop::sample::select(values.to_vec())).prop_map(move |v| (name, json!(v)))
}

fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<serde_json::Map<_, _>>().into()
}

/// A list that is known, or not.
fn list(one: impl Strategy<Value = Value>, most: usize) -> impl Strategy<Value = Value> {
    prop::option::weighted(0.8, prop::collection::vec(one, 0..=most)).prop_map(|list| json!(list))
}

fn patients() -> impl Strategy<Value = Value> {
    let flags = [json!(true), json!(false)];
    let who = (prop::sample::select(vec!["F", "M"]), prop::sample::select(vec![10.0, 17.9, 18.0, 30.0, 66.0, 80.0]));
    let body = (field("weight_kg", &[json!(40), json!(72), json!(130)]), field("height_cm", &[json!(150), json!(175)]));
    let kidney = (
        field("creatinine_mg_dl", &[json!(0.7), json!(1.6), json!(2.4), json!(6.0)]),
        field("egfr_ml_min_1_73m2", &[json!(12), json!(35), json!(50), json!(100)]),
        field("creatinine_stable", &flags),
        field("dialysis", &flags),
    );
    let other = (
        field("hepatic_impairment", &[json!("none"), json!("A"), json!("B"), json!("C")]),
        field("qtc_ms", &[json!(410), json!(470), json!(510)]),
        field("lactating", &flags),
        field("pregnant", &flags),
        field("current_drugs", &[json!([])]),
    );
    let lists = (list(allergies(), 2), list(labs(), 4), list(genotypes(), 2));
    (who, body, kidney, other, lists).prop_map(
        |((sex, age), (weight, height), (creatinine, egfr, stable, dialysis), other, (allergies, labs, genotypes))| {
            let (liver, qtc, lactating, (_, pregnant), current) = other;
            let pregnant = if sex == "F" { pregnant } else { Value::Null };
            let fields = [weight, height, creatinine, egfr, stable, dialysis, liver, qtc, lactating, current];
            let more = [("sex", json!(sex)), ("age_years", json!(age)), ("pregnant", pregnant)];
            let lists = [("allergies", allergies), ("labs", labs), ("genotypes", genotypes)];
            object(fields.into_iter().chain(more).chain(lists))
        },
    )
}

fn allergies() -> impl Strategy<Value = Value> {
    let to = prop::sample::select(vec!["oxina", "oxins", "porina", "porins", "blockam / oxina", "rings", "latex"]);
    let reaction = prop::sample::select(vec![json!(null), json!("rash"), json!("nausea"), json!("anaphylaxis")]);
    let severity = prop::sample::select(vec![json!(null), json!("mild"), json!("moderate"), json!("severe")]);
    (to, reaction, severity).prop_map(|(to, r, s)| json!({"to": to, "reaction": r, "severity": s}))
}

/// Results of every sort: fine, without a unit, of an unknown unit, impossible; new, old, without a time.
fn labs() -> impl Strategy<Value = Value> {
    let result = prop::sample::select(vec![
        ("K", 3.2, "mmol/L"),
        ("K", 4.2, "mEq/L"),
        ("K", 5.2, "mmol/L"),
        ("K", 6.4, "mmol/L"),
        ("K", 6.4, ""),
        ("K", 45.0, "mmol/L"),
        ("Magnesium", 0.6, "mmol/L"),
        ("Magnesium", 2.0, "mg/dL"),
        ("Magnesium", 2.0, "grains"),
        ("Creatinine", 3.0, "mg/dL"),
        ("Ferritin", 9.0, "ng/mL"),
    ]);
    let days = ["2026-03-02T08:00:00", "2026-03-01T08:00:00", "2026-02-10T08:00:00", "2025-03-01T08:00:00", ""];
    (result, prop::sample::select(days.to_vec())).prop_map(|((name, value, unit), time)| {
        let some = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        json!({"name": name, "value": value, "unit": some(unit), "time": some(time)})
    })
}

fn genotypes() -> impl Strategy<Value = Value> {
    let texts =
        ["HLA-X*01:01 positive", "hla-x*01:01 (+)", "HLA-X*01:01 negative", "CYPX 저대사자", "HLA-Y*02:02 양성"];
    prop::sample::select(texts.to_vec()).prop_map(Value::from)
}

/// Those that speak for or against something in the pack, a fracture always.
fn diagnoses() -> impl Strategy<Value = Vec<&'static str>> {
    let all = [
        "I10", "N17.9", "N18.6", "Z99.2", "K74.6", "Z95.2", "K56.6", "Z93.3", "I50.22", "G40.9", "R56.9", "H40.1",
        "R29.6", "I21.4", "Z51.5", "I45.81", "J44.1",
    ];
    prop::sample::subsequence(all.to_vec(), 0..6).prop_map(|list| list.into_iter().chain(["S72.0"]).collect())
}

/// A case: the moment, the patient, the stay, diagnoses with their ranks, earlier ones.
fn cases() -> impl Strategy<Value = Value> {
    let setting = field("setting", &[json!("inpatient"), json!("outpatient")]);
    let stay =
        (setting, field("icu", &[json!(true), json!(false)]), field("nil_by_mouth", &[json!(true), json!(false)]));
    let prior = prop::sample::subsequence(vec!["I50.22", "K56.6", "I21.4"], 0..3);
    (prop::option::weighted(0.9, Just(AS_OF)), patients(), stay, diagnoses(), prior).prop_map(
        |(as_of, patient, (setting, icu, nil), diagnoses, prior)| {
            let mut case = json!({"as_of": as_of, "admission": object([setting, icu, nil])});
            case["patient"] = patient;
            case["diagnoses"] = ranked(&diagnoses);
            case["prior_diagnoses"] = ranked(&prior);
            case
        },
    )
}

fn ranked(codes: &[&str]) -> Value {
    codes.iter().zip(1..).map(|(code, rank)| json!({"system": "icd10", "code": code, "rank": rank})).collect()
}

fn read(case: &Value) -> Case {
    // Patient and lists are whole: nothing of the bench's healthy man may stand where a field is unknown.
    let mut whole = case.clone();
    whole["case_id"] = json!("c");
    bogam_clinical::read_case(&whole.to_string()).unwrap_or_else(|e| panic!("{e:?}")).case
}

/// Drugs that facts and sums are about come often enough to meet.
fn drugs() -> impl Strategy<Value = Vec<DrugUse>> {
    let all = knowledge().drugs().collect::<Vec<_>>();
    let members = |roles: &[&str]| {
        let one = |ix: &bogam_knowledge::DrugIx| roles.iter().any(|role| knowledge().role(role, *ix).is_some());
        all.iter().copied().filter(one).collect::<Vec<_>>()
    };
    let families = [
        members(&["qt"]),
        members(&["bleeding", "serotonergic", "anticholinergic"]),
        members(&["raises_potassium"]),
        members(&["sedative", "opioid", "benzodiazepine"]),
    ];
    let lists = families.into_iter().chain([all]).map(|from| uses(from, 6)).collect::<Vec<_>>();
    let mixed = (prop::sample::select((0..lists.len()).collect::<Vec<_>>()), lists[4].clone(), lists.clone());
    mixed.prop_map(|(pick, any, lists)| lists[pick].iter().cloned().chain(any.into_iter().take(3)).collect())
}

fn uses(from: Vec<bogam_knowledge::DrugIx>, most: usize) -> BoxedStrategy<Vec<DrugUse>> {
    let window =
        prop::option::of((0_u8..20, 0_u8..10).prop_map(|(from, hours)| (f64::from(from), f64::from(from + hours))));
    let one = (prop::sample::select(from), window, prop::option::of(orders()), any::<bool>()).prop_map(
        |(drug, window, order, current)| {
            let named = |mut entry: DrugEntry| {
                entry.name = format!("{}{}", knowledge().ingredient(drug).id(), entry.name);
                entry
            };
            DrugUse { drug, window, entry: order.map(named), current }
        },
    );
    prop::collection::vec(one, 0..=most).boxed()
}

/// What an order says; its name is what follows that of the drug.
fn orders() -> impl Strategy<Value = DrugEntry> {
    let dose = prop::sample::select(vec![(2.0, "g"), (9.0, "g"), (800.0, "mg"), (10.0, "mg"), (2.0, "tablets")]);
    let dose = prop::option::of(dose).prop_map(|d| d.map(|(value, unit)| DoseAmount { value, unit: unit.to_owned() }));
    let route = prop::option::of(prop::sample::select(vec!["PO", "IV", "OPH", "TOP", "IT", "PO/NG", "somewhere"]));
    let times = (
        prop::option::of(prop::sample::select(vec![0.14, 1.0, 4.0, 6.0])),
        prop::option::of(prop::sample::select(vec![3.0, 10.0, 40.0])),
        prop::option::of(prop::sample::select(vec!["2026-03-01T09:00:00", "2026-02-01T09:00:00"])),
    );
    let form = (prop::sample::select(vec!["", " ER", " 서방정"]), prop::option::of(any::<bool>()));
    (dose, route, times, form).prop_map(|(dose, route, (per_day, duration_days, started), (name, split))| DrugEntry {
        dose,
        route: route.map(str::to_owned),
        per_day,
        started: started.map(|t| t.parse().unwrap()),
        duration_days,
        split,
        ..DrugEntry::named(name)
    })
}

/// The part of a code before the dot: renal, hepatic, allergy…
fn family(code: &str) -> &str {
    code.split('.').next().unwrap()
}

/// The kinds of harm that a finding about several drugs is about. Of two about one harm the lesser is left out, and it
/// may be of another rule: a pair is known by its texts, as the pack has them.
fn harms(finding: &Finding) -> BTreeSet<String> {
    let ix = |id: &String| knowledge().find(id).unwrap();
    let harms = match family(&finding.code) {
        "qt" => vec!["qt".to_owned()],
        "bleeding" => vec!["bleeding".to_owned()],
        "serotonin" => vec!["serotonergic".to_owned()],
        "potassium" => vec!["potassium".to_owned()],
        "sedation" | "opioid_benzodiazepine" => vec!["sedation".to_owned()],
        "anticholinergic" => vec!["anticholinergic".to_owned()],
        "interaction" => {
            let pairs = finding.drugs.iter().flat_map(|a| finding.drugs.iter().map(move |b| (ix(a), ix(b))));
            let facts = pairs.filter_map(|(a, b)| knowledge().interaction(a, b));
            facts.filter(|f| finding.message.en.contains(&f.effect.en)).filter_map(|f| f.mechanism.clone()).collect()
        }
        "together" => {
            let entries = knowledge().together().iter().map(|t| &t.entry);
            entries.filter(|e| finding.message.en.contains(&e.effect.en)).filter_map(|e| e.mechanism.clone()).collect()
        }
        _ => Vec::new(),
    };
    harms.into_iter().collect()
}

/// Whether two findings are about one problem: of one rule, or about one kind of harm.
fn one_problem(a: &Finding, b: &Finding) -> bool {
    family(&a.code) == family(&b.code) || harms(a).intersection(&harms(b)).next().is_some()
}

/// Whether an outcome has a finding about the same problem, at least as severe, with these drugs or more.
fn holds(outcome: &Outcome, finding: &Finding) -> bool {
    outcome
        .findings
        .iter()
        .any(|f| one_problem(f, finding) && f.tier >= finding.tier && finding.drugs.iter().all(|d| f.drugs.contains(d)))
}

/// Whether an outcome says of every drug of a finding what has become of it: it is still found; or found with a field
/// that would have made it worse; or listed as not evaluated, with a field, by the same rule.
fn said(outcome: &Outcome, finding: &Finding) -> bool {
    let about = |drug: &String| {
        let found = outcome.findings.iter().any(|f| {
            one_problem(f, finding) && f.drugs.contains(drug) && (f.tier >= finding.tier || !f.missing.is_empty())
        });
        let skipped = outcome
            .not_evaluated
            .iter()
            .any(|n| family(&n.code) == family(&finding.code) && n.drugs.contains(drug) && !n.missing.is_empty());
        found || skipped
    };
    if finding.drugs.is_empty() {
        // What is absent names no drug.
        return holds(outcome, finding)
            || outcome.not_evaluated.iter().any(|n| family(&n.code) == family(&finding.code) && !n.missing.is_empty());
    }
    finding.drugs.iter().all(about)
}

/// The outcome, with the places of allergies in their list left out: a field is named by its place.
fn placeless(outcome: &Outcome) -> (BTreeSet<String>, BTreeSet<String>) {
    let bare = |field: &String| {
        let (head, tail) = field.split_once("allergies[").unwrap_or((field, ""));
        format!("{head} {}", tail.trim_start_matches(|c: char| c.is_ascii_digit()))
    };
    let bare_all = |fields: &[String]| fields.iter().map(bare).collect::<BTreeSet<_>>();
    let findings = outcome
        .findings
        .iter()
        .map(|f| format!("{:?}", Finding { missing: bare_all(&f.missing).into_iter().collect(), ..f.clone() }));
    let skipped = outcome.not_evaluated.iter().flat_map(|n| {
        let fields = bare_all(&n.missing);
        n.drugs.iter().map(move |d| format!("{} {d} {fields:?}", n.code)).collect::<Vec<_>>()
    });
    (findings.collect(), skipped.collect())
}

fn shuffled_list(list: &Value) -> impl Strategy<Value = Value> + use<> {
    Just(list.as_array().cloned()).prop_flat_map(|list| match list {
        Some(list) => Just(list).prop_shuffle().prop_map(Value::from).boxed(),
        None => Just(Value::Null).boxed(),
    })
}

/// A case, and the same with every list in another order; diagnoses keep their ranks.
fn cases_in_two_orders() -> impl Strategy<Value = (Value, Value)> {
    cases().prop_flat_map(|case| {
        let patient = &case["patient"];
        let lists = [
            &case["diagnoses"],
            &case["prior_diagnoses"],
            &patient["allergies"],
            &patient["labs"],
            &patient["genotypes"],
        ];
        let lists = lists.map(shuffled_list);
        (Just(case), lists).prop_map(|(case, [diagnoses, prior, allergies, labs, genotypes])| {
            let mut other = case.clone();
            other["diagnoses"] = diagnoses;
            other["prior_diagnoses"] = prior;
            other["patient"]["allergies"] = allergies;
            other["patient"]["labs"] = labs;
            other["patient"]["genotypes"] = genotypes;
            (case, other)
        })
    })
}

/// Fields of the case that can be taken away. Not among them: the height, without which the clearance is that of the
/// actual weight, as the renal rule says; `dialysis`, which counts as none where nothing speaks for
/// it, so that what is said of dialysis itself goes with it; and earlier admissions, of which a case without any does
/// not say whether it knows.
const FIELDS: [&str; 19] = [
    "as_of",
    "admission.setting",
    "admission.icu",
    "admission.nil_by_mouth",
    "patient.weight_kg",
    "patient.creatinine_mg_dl",
    "patient.creatinine_stable",
    "patient.egfr_ml_min_1_73m2",
    "patient.hepatic_impairment",
    "patient.qtc_ms",
    "patient.allergies",
    "patient.pregnant",
    "patient.lactating",
    "patient.labs",
    "patient.genotypes",
    "patient.current_drugs",
    "units of labs",
    "times of labs",
    "patient",
];

fn without(case: &Value, field: &str) -> Value {
    let mut less = case.clone();
    let each = |less: &mut Value, what: &str| {
        for lab in less["patient"]["labs"].as_array_mut().into_iter().flatten() {
            lab[what] = Value::Null;
        }
    };
    match field.split_once('.') {
        Some((part, name)) => less[part][name] = Value::Null,
        None if field == "units of labs" => each(&mut less, "unit"),
        None if field == "times of labs" => each(&mut less, "time"),
        None if field == "patient" => {
            // All that can be unknown, but for dialysis.
            let (sex, age) = (&case["patient"]["sex"], &case["patient"]["age_years"]);
            less["patient"] = json!({"sex": sex, "age_years": age, "dialysis": case["patient"]["dialysis"]});
        }
        None => less[field] = Value::Null,
    }
    if ["patient.egfr_ml_min_1_73m2", "patient.labs"].contains(&field) {
        // The creatinine of the field may tell another function than the laboratory did: both or neither.
        less["patient"]["creatinine_mg_dl"] = Value::Null;
    }
    less
}

/// Findings that go with a field by the meaning of their rule, one by one.
fn goes_with(field: &str, finding: &Finding, case: &Value) -> bool {
    let age = case["patient"]["age_years"].as_f64().unwrap();
    let of_age = case["patient"]["sex"] == "F" && (12.0..56.0).contains(&age);
    let gone = |name: &str| field == "patient" || field == name;
    match finding.code.as_str() {
        // Outside childbearing age an unknown pregnancy and an unknown breast-feeding count as none; for a note nobody is
        // asked.
        "pregnancy.note" => gone("patient.pregnant"),
        "lactation.caution" => gone("patient.lactating"),
        code if family(code) == "pregnancy" => gone("patient.pregnant") && !of_age,
        code if family(code) == "lactation" => gone("patient.lactating") && !of_age,
        // It is asked of inpatients only.
        "nil_by_mouth.avoid" => gone("admission.nil_by_mouth") && case["admission"]["setting"] != "inpatient",
        // Only entries that say so ask for their marker.
        "genotype.avoid" | "genotype.caution" => gone("patient.genotypes"),
        // A low potassium excuses a sum; of when a result is without the moment of the case, or without its time, is not
        // known, and it counts as of now.
        "potassium.sum" => ["as_of", "times of labs"].contains(&field),
        // Where only one of plan and start is known, it counts alone.
        "duration.exceeded" | "duration.long" | "duration.contraindicated" => field == "as_of",
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_drugs_diagnoses_results_and_allergies_changes_nothing(
        (case, other) in cases_in_two_orders(),
        (drugs, shuffled) in drugs().prop_flat_map(|d| (Just(d.clone()), Just(d).prop_shuffle()))
    ) {
        let (case, other) = (read(&case), read(&other));
        let outcome = check(&case, &drugs);
        prop_assert_eq!(&outcome, &check(&case, &shuffled), "the order of drugs");
        prop_assert_eq!(&outcome, &check(&case, &drugs), "twice");
        prop_assert_eq!(placeless(&outcome), placeless(&check(&other, &drugs)), "the order of the case");
    }

    #[test]
    fn check_is_its_three_parts_and_every_code_is_in_the_catalogue(case in cases(), drugs in drugs()) {
        let case = read(&case);
        let codes = codes(&case);
        let known = case.patient.current_drugs.is_some();
        let input = CheckInput { case: &case, knowledge: knowledge(), codes: &codes, drugs: &drugs };
        let (each, pairs, all) = (check_each(&input), check_pairs(&input), check(&case, &drugs));
        let whole = check_whole(&input, known);
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

    /// Another drug or another allergy takes no finding away: what was found is found, as severe or more, with these
    /// drugs or more. Only what is absent may be there now: that is what `omission` means. And a sum that was told over
    /// several times of use may be told time by time, when it has grown at one of them: each of its drugs is then in a
    /// finding about the same harm, as severe or more.
    #[test]
    fn more_drugs_and_more_allergies_take_no_finding_away(
        case in cases(), drugs in drugs(), more in drugs(), allergy in allergies()
    ) {
        let before = check(&read(&case), &drugs);
        let mut case = case;
        if let Some(list) = case["patient"]["allergies"].as_array_mut() {
            list.push(allergy);
        }
        let drugs = drugs.into_iter().chain(more).collect::<Vec<_>>();
        let after = check(&read(&case), &drugs);
        for finding in before.findings.iter().filter(|f| family(&f.code) != "omission") {
            let by_times = finding.code.ends_with(".sum") && drugs.iter().any(|u| u.window.is_some());
            let alone = |drug: &String| holds(&after, &Finding { drugs: vec![drug.clone()], ..finding.clone() });
            prop_assert!(
                holds(&after, finding) || by_times && finding.drugs.iter().all(alone), "{finding:?} is gone"
            );
        }
    }

    /// Another diagnosis turns a finding into "not evaluated" at most, by making the kidneys or the liver doubtful. Not
    /// among those added: what entries name as reasons why a drug is right (`unless`, `without`: Z95.2, Z93.3, G40.9,
    /// R56.9 here), and palliative care and dialysis (Z51.5, Z99.2), which change what is said. They are in the specs.
    #[test]
    fn another_diagnosis_takes_no_finding_away_unsaid(
        case in cases(), drugs in drugs(),
        more in prop::sample::select(vec![
            "N17.9", "N18.6", "K74.6", "E11.9", "K56.6", "I50.22", "H40.1", "R29.6", "I21.4", "I45.81", "J44.1", "I10",
        ])
    ) {
        let before = check(&read(&case), &drugs);
        let mut case = case;
        case["diagnoses"].as_array_mut().unwrap().push(json!({"system": "icd10", "code": more, "rank": 99}));
        let after = check(&read(&case), &drugs);
        for finding in &before.findings {
            prop_assert!(said(&after, finding), "{finding:?} is gone with {more}");
        }
    }

    /// What was found with a field known is found, or listed as not evaluated with a field, when it is unknown. (The
    /// liver: where a liver disease is diagnosed, since otherwise an unknown class counts as unremarkable.)
    #[test]
    fn an_unknown_field_takes_no_finding_away_unsaid(
        case in cases(), drugs in drugs(), field in prop::sample::select(FIELDS.to_vec())
    ) {
        let mut case = case;
        case["diagnoses"].as_array_mut().unwrap().push(json!({"system": "icd10", "code": "K74.6", "rank": 99}));
        let before = check(&read(&case), &drugs);
        let after = check(&read(&without(&case, field)), &drugs);
        for finding in before.findings.iter().filter(|f| !goes_with(field, f, &case)) {
            prop_assert!(said(&after, finding), "{finding:?} is gone without {field}: {after:?}");
        }
    }

    /// The same of what an order says. Not the route: without one the usual use is meant, which may be another. Where one
    /// of plan and start is left, it counts alone.
    #[test]
    fn what_an_order_no_longer_says_takes_no_finding_away_unsaid(
        case in cases(), drugs in drugs(), field in prop::sample::select(vec!["dose", "per_day", "times", "split", "unit"])
    ) {
        let case = read(&case);
        let before = check(&case, &drugs);
        let mut drugs = drugs;
        for entry in drugs.iter_mut().filter_map(|u| u.entry.as_mut()) {
            match field {
                "dose" => entry.dose = None,
                "per_day" => entry.per_day = None,
                "times" => (entry.duration_days, entry.started) = (None, None),
                "split" => entry.split = None,
                _ => entry.dose.iter_mut().for_each(|dose| dose.unit.clear()),
            }
        }
        let after = check(&case, &drugs);
        for finding in &before.findings {
            prop_assert!(said(&after, finding), "{finding:?} is gone without {field}");
        }
    }
}

/// The exceptions that the properties name, each by one case.
#[test]
fn what_explains_a_finding_away_is_named_in_its_rule() {
    let found = |case: &Case, drugs: &[&str]| {
        check(case, &crate::bench::uses(drugs)).findings.into_iter().map(|f| f.code).collect::<Vec<_>>()
    };
    let attack = json!({"diagnoses": [{"system": "icd10", "code": "I21.4"}]});
    assert_eq!(found(&case(attack.clone()), &[]), ["omission.absent"]);
    assert_eq!(found(&case(attack), &["omita"]), [""; 0], "a drug more, and it is no longer absent");
    let low = json!({"patient": {"labs": [{"name": "K", "value": 3.5, "unit": "mmol/L"}]}});
    assert_eq!(found(&case(json!({})), &["kala", "kald"]), ["potassium.sum"]);
    assert_eq!(found(&case(low), &["kala", "kald"]), [""; 0], "potassium is known to be low");
}
