//! How long the knowledge takes to load, and one check of thirty drugs, with the shipped pack alone and with an imported
//! pack of 160,000 pairs; and one query of the search over diagnoses. Prints a table and writes `target/bench/checks.json`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    missing_docs
)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::fmt::Write as _;
use std::time::Instant;

use bogam_knowledge::{DiagnosisCodes, DiagnosisSearch, DrugIx, KnowledgeBase, PackFile};
use bogam_safety::{CheckInput, DrugUse};
use bogam_testkit::{root, shipped_pack};
use serde_json::json;

const PAIRS: usize = 160_000;
const DRUGS: usize = 30;
const CHECKS: usize = 5_000;
const LOADS: usize = 20;

fn main() {
    let shipped = shipped_pack();
    let compiled = KnowledgeBase::compile(&shipped).unwrap();
    let base = KnowledgeBase::from_compiled(&compiled, &[]).unwrap();
    let packs = [shipped, imported(&base)];
    let with_pairs = KnowledgeBase::from_files(&packs).unwrap();
    let mut rows = vec![
        ("load from TOML, shipped pack", times(LOADS, |_| drop(KnowledgeBase::from_files(&packs[..1]).unwrap()))),
        ("load compiled, shipped pack", times(LOADS, |_| drop(KnowledgeBase::from_compiled(&compiled, &[]).unwrap()))),
        (
            "load compiled, with 160,000 pairs",
            times(LOADS, |_| drop(KnowledgeBase::from_compiled(&compiled, &packs[1..]).unwrap())),
        ),
        ("check 30 drugs, shipped pack", checks(&base)),
        ("check 30 drugs, with 160,000 pairs", checks(&with_pairs)),
    ];
    match searches(&compiled) {
        Some(times) => rows.push(("search over diagnoses, one query", times)),
        None => println!("SKIPPED (no terms/icd_titles.csv: run make setup): search over diagnoses"),
    }
    let mut table = format!("{:<38}{:>10}{:>10}{:>10}\n", "milliseconds", "median", "p99", "most");
    for (name, t) in &rows {
        writeln!(table, "{name:<38}{:>10.3}{:>10.3}{:>10.3}", at(t, 0.5), at(t, 0.99), at(t, 1.0)).unwrap();
    }
    print!("{table}");
    let result = rows.iter().map(|(name, t)| json!({"what": name, "median_ms": at(t, 0.5), "p99_ms": at(t, 0.99), "most_ms": at(t, 1.0), "runs": t.len()}));
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let text = serde_json::to_string_pretty(&result.collect::<Vec<_>>()).unwrap();
    std::fs::write(folder.join("checks.json"), text).unwrap();
}

/// The search over all titles that the set-up fetched, as somebody types: codes, words, both languages, with errors.
fn searches(compiled: &[u8]) -> Option<Vec<f64>> {
    let titles = std::fs::read(root().join("terms/icd_titles.csv")).ok()?;
    let pack = std::fs::read(root().join("terms/pack.toml")).ok()?;
    let files = vec![
        PackFile { path: "pack.toml".into(), bytes: pack },
        PackFile { path: "icd_titles.csv".into(), bytes: titles },
    ];
    let search = DiagnosisSearch::new(&KnowledgeBase::from_compiled(compiled, &[files]).unwrap());
    let queries = [
        "I50",
        "E11.6",
        "h",
        "he",
        "heart",
        "heart failure",
        "acute kidney injury",
        "diabtes melitus",
        "pneumona",
        "심부전",
        "당뇨",
        "뇌겡색",
        "fracture of neck of femur",
        "chronic obstructive pulmonary disease with exacerbation",
        "unspecified",
    ];
    let mut found = 0;
    let result = times(queries.len() * 40, |n| found += search.find(queries[n % queries.len()], 20).len());
    assert!(found > 0);
    Some(result)
}

/// Milliseconds of each run, sorted.
fn times(runs: usize, mut work: impl FnMut(usize)) -> Vec<f64> {
    let mut all = (0..runs)
        .map(|n| {
            let start = Instant::now();
            work(n);
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect::<Vec<_>>();
    all.sort_by(f64::total_cmp);
    all
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Checks of thirty drugs, drawn anew each time, in one patient with results and diagnoses.
fn checks(base: &KnowledgeBase) -> Vec<f64> {
    let diagnoses = ["I50.22", "I48.0", "N18.4", "E11.22", "J44.1", "K25.4", "F03.90", "G20", "I21.4", "H40.20"]
        .map(|code| json!({"system": "icd10", "code": code}));
    let case = json!({
        "case_id": "bench", "as_of": "2026-03-02T09:00:00",
        "patient": {
            "age_years": 74, "sex": "F", "weight_kg": 61, "height_cm": 158, "creatinine_mg_dl": 1.7, "creatinine_stable": true,
            "dialysis": false, "hepatic_impairment": "B", "qtc_ms": 470, "lactating": false, "genotypes": ["HLA-B*58:01 positive"],
            "allergies": [{"to": "penicillin", "reaction": "anaphylaxis"}, {"to": "sulfa", "reaction": "rash"}],
            "labs": [
                {"name": "Potassium", "value": 5.3, "unit": "mmol/L", "time": "2026-03-02T06:00:00"},
                {"name": "Sodium", "value": 128, "unit": "mmol/L", "time": "2026-03-02T06:00:00"},
                {"name": "INR", "value": 3.4, "time": "2026-03-02T06:00:00"},
                {"name": "Platelets", "value": 70, "unit": "K/uL", "time": "2026-03-02T06:00:00"}
            ]
        },
        "admission": {"setting": "inpatient", "nil_by_mouth": false},
        "diagnoses": diagnoses
    });
    let case = bogam_clinical::read_case(&case.to_string()).unwrap().case;
    let codes = case.diagnoses.iter().map(|d| base.codes(d)).collect::<Vec<DiagnosisCodes>>();
    let all = base.drugs().collect::<Vec<DrugIx>>();
    let mut random = Random(7);
    let sets = (0..CHECKS).map(|_| (0..DRUGS).map(|_| DrugUse::of(all[random.below(all.len())])).collect::<Vec<_>>());
    let sets = sets.collect::<Vec<_>>();
    let mut found = 0;
    let result = times(CHECKS, |n| {
        let input = CheckInput { case: &case, knowledge: base, codes: &codes, drugs: &sets[n] };
        found += bogam_safety::check(&input, true).findings.len();
    });
    assert!(found > CHECKS, "checks that find nothing measure nothing");
    result
}

/// A pack of random pairs of the formulary, as the importer writes them.
fn imported(base: &KnowledgeBase) -> Vec<PackFile> {
    let ids = base.drugs().map(|ix| base.ingredient(ix).id().to_owned()).collect::<Vec<_>>();
    let mut random = Random(1);
    let mut pairs = std::collections::BTreeSet::new();
    while pairs.len() < PAIRS.min(ids.len() * (ids.len() - 1) / 2) {
        let (a, b) = (random.below(ids.len()), random.below(ids.len()));
        if a != b {
            pairs.insert((a.min(b), a.max(b)));
        }
    }
    let mut csv = "a,b,tier,level,source\n".to_owned();
    for (n, (a, b)) in pairs.into_iter().enumerate() {
        let (tier, level) = if n % 4 == 0 { ("warning", "Major") } else { ("note", "Moderate") };
        writeln!(csv, "{},{},{tier},{level},imported", ids[a], ids[b]).unwrap();
    }
    let pack = "[pack]\nid = \"imported\"\nversion = \"1\"\nreviewed = \"2026-01-01\"\nexpires = \"2099-01-01\"\n\
                approved_by = \"bench\"\n[[source]]\nid = \"imported\"\ntitle = \"Random pairs\"\nkind = \"database\"\n";
    vec![
        PackFile { path: "pack.toml".into(), bytes: pack.into() },
        PackFile { path: "pairs.csv".into(), bytes: csv.into_bytes() },
    ]
}

/// Xorshift: the same numbers every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
