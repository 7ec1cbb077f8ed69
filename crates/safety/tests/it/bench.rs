//! The bench that the specs lie on: the synthetic pack, a healthy man of whom everything is known, and outcomes as
//! lines of text.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};

use bogam_clinical::case::{Case, DoseAmount, DrugEntry};
use bogam_knowledge::{DiagnosisCodes, KnowledgeBase, PackFile};
use bogam_safety::{CheckInput, DrugUse, Outcome};
use serde_json::{Value, json};

pub fn knowledge() -> &'static KnowledgeBase {
    static BASE: OnceLock<KnowledgeBase> = OnceLock::new();
    BASE.get_or_init(|| KnowledgeBase::from_files(&[pack_files()]).unwrap_or_else(|e| panic!("{e:?}")))
}

/// The files of the synthetic pack.
pub fn pack_files() -> Vec<PackFile> {
    let files = [
        ("pack.toml", include_bytes!("pack.toml").as_slice()),
        ("facts.toml", include_bytes!("facts.toml")),
        ("together.toml", include_bytes!("together.toml")),
    ];
    files.map(|(path, bytes)| PackFile { path: path.into(), bytes: bytes.to_vec() }).to_vec()
}

/// A man of 40 years with normal kidneys and liver, everything known, no allergy, a fracture; changed by a patch in
/// which null takes a field away.
pub fn case(patch: Value) -> Case {
    let mut base = json!({
        "case_id": "c", "as_of": "2026-03-02T09:00:00", "patient": {
            "age_years": 40, "sex": "M", "weight_kg": 72, "height_cm": 175, "creatinine_mg_dl": 1.0,
            "creatinine_stable": true, "dialysis": false, "hepatic_impairment": "none", "allergies": [],
            "lactating": false, "current_drugs": [], "labs": [], "qtc_ms": 410, "genotypes": []
        },
        "admission": {"nil_by_mouth": false},
        "diagnoses": [{"system": "icd10", "code": "S72.0"}]
    });
    merge(&mut base, patch);
    bogam_clinical::read_case(&base.to_string()).unwrap_or_else(|e| panic!("{e:?}")).case
}

/// The same of a patient.
pub fn patient(patch: Value) -> Case {
    case(json!({ "patient": patch }))
}

/// The same with diagnoses.
pub fn diagnosed(codes: &[&str], mut patch: Value) -> Case {
    patch["diagnoses"] = codes.iter().map(|c| json!({"system": "icd10", "code": c})).collect();
    case(patch)
}

/// Changes a record; shared with the property tests.
pub fn merge(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch,
    }
}

pub fn codes(case: &Case) -> Vec<DiagnosisCodes> {
    case.diagnoses.iter().map(|d| knowledge().codes(d)).collect()
}

/// The same with laboratory results, each as name, value, unit and time; what is empty is left out.
pub fn results(list: &[(&str, f64, &str, &str)]) -> Value {
    let one = |(name, value, unit, time): &(&str, f64, &str, &str)| {
        let some = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        json!({"name": name, "value": value, "unit": some(unit), "time": some(time)})
    };
    list.iter().map(one).collect()
}

/// A drug as `id`, `id@ROUTE` or `id#from-to` (hours); behind it, after semicolons, what the order says: `500 mg`, `x3`
/// (a day), `10 days`, `since 2026-03-01T09:00:00`, `split`, `whole`, `named Hub ER`, `ordered` (nothing more), `current`.
pub fn usage(spec: &str) -> DrugUse {
    let (spec, order) = spec.split_once("; ").map_or((spec, None), |(spec, order)| (spec, Some(order)));
    let mut usage = bare_usage(spec);
    for said in order.iter().flat_map(|order| order.split("; ")) {
        let id = spec.split(['@', '#']).next().unwrap();
        if said == "current" {
            usage.current = true;
            continue;
        }
        let entry = usage.entry.get_or_insert_with(|| DrugEntry::named(id));
        if let Some(per_day) = said.strip_prefix('x') {
            entry.per_day = Some(per_day.parse().unwrap());
        } else if let Some(days) = said.strip_suffix(" days") {
            entry.duration_days = Some(days.parse().unwrap());
        } else if let Some(since) = said.strip_prefix("since ") {
            entry.started = Some(since.parse().unwrap());
        } else if let Some(name) = said.strip_prefix("named ") {
            name.clone_into(&mut entry.name);
        } else if let Some((value, unit)) = said.split_once(' ') {
            entry.dose = Some(DoseAmount { value: value.parse().unwrap(), unit: unit.to_owned() });
        } else {
            entry.split = match said {
                "split" => Some(true),
                "whole" => Some(false),
                "ordered" => None,
                _ => panic!("what does an order say by {said:?}?"),
            };
        }
    }
    usage
}

fn bare_usage(spec: &str) -> DrugUse {
    let (spec, window) = spec.split_once('#').map_or((spec, None), |(rest, hours)| {
        let (from, to) = hours.split_once('-').unwrap();
        (rest, Some((from.parse().unwrap(), to.parse().unwrap())))
    });
    let (id, route) = spec.split_once('@').map_or((spec, None), |(id, route)| (id, Some(route.to_owned())));
    let drug = knowledge().find(id).unwrap_or_else(|| panic!("no ingredient {id}"));
    let entry = route.map(|route| DrugEntry { route: Some(route), ..DrugEntry::named(id) });
    DrugUse { drug, entry, current: false, window }
}

pub fn uses(specs: &[&str]) -> Vec<DrugUse> {
    specs.iter().map(|s| usage(s)).collect()
}

pub fn check(case: &Case, drugs: &[DrugUse]) -> Outcome {
    let known = case.patient.current_drugs.is_some();
    bogam_safety::check(&CheckInput { case, knowledge: knowledge(), codes: &codes(case), drugs }, known)
}

/// `tier code drug,drug` for a finding, with ` <- field` for what was missing; `? code drug <- field` for a check that
/// could not be made.
pub fn lines(outcome: &Outcome) -> Vec<String> {
    let drugs = |ids: &[String]| if ids.is_empty() { String::new() } else { format!(" {}", ids.join(",")) };
    let tail = |missing: &[String]| {
        if missing.is_empty() { String::new() } else { format!(" <- {}", missing.join(",")) }
    };
    let findings = outcome.findings.iter().map(|f| {
        let tier = format!("{:?}", f.tier).to_lowercase();
        format!("{tier} {}{}{}", f.code, drugs(&f.drugs), tail(&f.missing))
    });
    let skipped = outcome.not_evaluated.iter().map(|n| format!("? {}{}{}", n.code, drugs(&n.drugs), tail(&n.missing)));
    findings.chain(skipped).collect()
}

/// One row of a table of specs: what it says, the case, the drugs, the whole outcome.
pub struct Spec {
    pub says: &'static str,
    pub case: Case,
    pub drugs: &'static [&'static str],
    pub gives: &'static [&'static str],
}

pub fn spec(says: &'static str, case: Case, drugs: &'static [&'static str], gives: &'static [&'static str]) -> Spec {
    Spec { says, case, drugs, gives }
}

/// The codes that specs have given so far.
pub fn seen() -> std::sync::MutexGuard<'static, BTreeSet<String>> {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    SEEN.lock().unwrap()
}

/// The texts of the only finding: English and Korean.
pub fn message(case: &Case, drugs: &[&str]) -> (String, String) {
    let found = check(case, &uses(drugs)).findings;
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].message.en.clone(), found[0].message.ko.clone())
}

pub fn run(specs: Vec<Spec>) {
    let mut faults = Vec::new();
    for s in specs {
        let outcome = check(&s.case, &uses(s.drugs));
        seen().extend(outcome.findings.iter().map(|f| f.code.clone()));
        seen().extend(outcome.not_evaluated.iter().map(|n| n.code.clone()));
        let got = lines(&outcome);
        if got != s.gives {
            faults.push(format!("{}\n  expected {:?}\n  got      {got:?}", s.says, s.gives));
        }
        for finding in &outcome.findings {
            assert!(!finding.source.is_empty(), "{}: no source", s.says);
            assert!(!finding.message.en.is_empty() && !finding.message.ko.is_empty(), "{}: no message", s.says);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
