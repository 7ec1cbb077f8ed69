//! What the vault costs, and what of it is encryption: `cargo bench -p bogam-vault`. The number of cases is the first
//! argument, or 100,000. Two processes do the same work in turns, one on a vault and one on the same tables without a key;
//! each starts cold. Prints a table and writes `target/bench/vault.json`. Other load on the machine changes the times and
//! hides what is not computing; the last column compares what the processor did alone. `BOGAM_BENCH_DIR` says on which disk.
//! With `BOGAM_KEEP=1` the vault stays in `target/bench/vault`; its one person is `Kim`, and `PASSPHRASE` stands below.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs
)]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use bogam_clinical::input::CaseInput;
use bogam_clinical::record::SuggestionRecord;
use bogam_vault::{CaseStatus, Credential, Field, KdfParameters, Opening, SearchQuery, Vault};
use jiff::Timestamp;
use serde_json::{Value, json};

/// As the programs that open vaults do: what is freed is wiped.
#[global_allocator]
static HEAP: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

const SURNAMES: &str = "김이박최정강조윤장임한오서신권황안송류홍";
const SYLLABLES: &str = "민서지우하준도윤시현수영철희진호성재은경미정숙자동길";
const DIAGNOSES: [(&str, &str); 8] = [
    ("I10", "본태성 고혈압 Essential hypertension"),
    ("E11.9", "제2형 당뇨병 Type 2 diabetes mellitus without complications"),
    ("I50.9", "심부전 Heart failure, unspecified"),
    ("J18.9", "폐렴 Pneumonia, unspecified organism"),
    ("N10", "급성 신우신염 Acute pyelonephritis"),
    ("I48.0", "발작성 심방세동 Paroxysmal atrial fibrillation"),
    ("K21.0", "위식도역류병 Gastro-oesophageal reflux disease with oesophagitis"),
    ("M81.9", "골다공증 Osteoporosis, unspecified"),
];
const DRUGS: [(&str, &str); 12] = [
    ("furosemide", "푸로세미드"),
    ("amlodipine", "암로디핀"),
    ("metformin", "메트포르민"),
    ("warfarin", "와파린"),
    ("bisoprolol", "비소프롤롤"),
    ("atorvastatin", "아토르바스타틴"),
    ("omeprazole", "오메프라졸"),
    ("ceftriaxone", "세프트리악손"),
    ("aspirin", "아스피린"),
    ("lisinopril", "리시노프릴"),
    ("alendronic acid", "알렌드론산"),
    ("paracetamol", "아세트아미노펜"),
];

fn name(i: usize) -> String {
    let (surnames, syllables): (Vec<char>, Vec<char>) = (SURNAMES.chars().collect(), SYLLABLES.chars().collect());
    let pick = |from: &[char], by: usize| from[by % from.len()];
    [pick(&surnames, i * 7), pick(&syllables, i / 3 * 5 + i), pick(&syllables, i / 11 * 3 + i / 2)].iter().collect()
}

fn case(i: usize) -> CaseInput {
    let (code, title) = DIAGNOSES[i % 8];
    let (other, second) = DIAGNOSES[(i / 8) % 8];
    serde_json::from_value(json!({"case_id": format!("case-{i}"), "as_of": "2026-03-02T09:00:00",
      "patient": {"name": name(i), "number": format!("{:08}", i * 37 + 10_000_000), "age_years": 20 + i % 70, "sex": "F",
        "weight_kg": 60, "creatinine_mg_dl": 1.1, "allergies": [], "current_drugs": [DRUGS[i % 12].0]},
      "diagnoses": [{"system": "icd10", "code": code, "title": title}, {"system": "icd10", "code": other, "title": second}],
      "notes": "x".repeat(300)}))
    .unwrap()
}

/// Of about the length of a real one (100 kB of JSON) with 180 candidates.
fn record(i: usize, candidates: u32) -> SuggestionRecord {
    let drugs: Vec<Value> = (0..6)
        .map(|j| {
            let (id, ko) = DRUGS[(i + j * 5) % 12];
            json!({"ingredient": id, "name": {"en": id, "ko": ko}, "atc": ["C03CA01"], "probability": 0.9, "current": false,
              "for": [{"code": "I10", "strength": "first_line"}], "supportive": false, "purpose": null,
              "reason": {"en": "Commonly given for hypertension", "ko": "고혈압에 흔히 처방됩니다"},
              "dose": {"en": "1 tablet", "ko": "1정", "withheld": null},
              "evidence": {"knowledge": 1.0, "prior": null, "model": null, "safety": null, "model_case": null,
                "model_empty": null, "past": null}, "findings": [], "alternatives": []})
        })
        .collect();
    let considered: Vec<Value> = (0..candidates)
        .map(|j| {
            json!({"ingredient": format!("candidate {j}"), "probability": 0.1 / f64::from(j + 1 + (i % 7) as u32),
            "reason": "below_threshold", "findings": [format!("F{j}")]})
        })
        .collect();
    let findings: Vec<Value> = (0..candidates)
        .map(|j| {
            json!({"id": format!("F{j}"), "code": "renal.dose", "tier": "note", "drugs": [format!("candidate {j}")],
            "message": {"en": format!("The dose of candidate {j} depends on the kidneys, and is lower here."),
                "ko": format!("후보 {j}의 용량은 신기능에 따라 줄여야 합니다.")},
            "instead": null, "used": {"egfr_ml_min_1_73m2": 29 + j}, "missing": [], "source": "product label"})
        })
        .collect();
    serde_json::from_value(json!({"case_id": format!("case-{i}"), "status": "ok", "error": null, "drugs": drugs,
      "withheld": [], "considered": considered, "findings": findings, "not_evaluated": [], "unrecognised": [],
      "notices": ["no_model"], "advice": null,
      "provenance": {"model": null, "adapter": null, "knowledge": "sha256:k", "rules": "1.0.0", "prompt": null,
        "prior": null, "case": "sha256:c", "method": null, "backend": null, "threads": null, "seed": 1, "bogam": "0.1.0"},
      "timing_ms": {"prefill": 0, "score": 0, "safety": 1, "advice": 0, "total": 1}}))
    .unwrap()
}

/// Rounds in which both do the same work, one after the other.
const ROUNDS: usize = 6;

/// Cases that a round saves, each with its suggestion.
const SAVES: usize = 50;

/// Of so many records one has the full length; the others are there to be searched, and have a tenth of the candidates.
const FULL: usize = 4;

const FILE: &str = "bench.bogam";
const PASSPHRASE: &str = "말 없는 소 네 마리";
const CHEAP: KdfParameters = KdfParameters { memory_kib: 64, passes: 1, lanes: 1 };

fn now(i: usize) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + i as i64).unwrap()
}

/// Key derivation is measured by itself: here it costs next to nothing.
fn opening(plain: bool, i: usize) -> Opening<'static> {
    let opening = Opening::new("bench", now(i)).kdf(CHEAP);
    if plain { opening.plain() } else { opening }
}

fn open(path: &Path, plain: bool, i: usize) -> Vault {
    let who = Credential::Passphrase { name: "Kim", passphrase: PASSPHRASE };
    Vault::open(path, who, opening(plain, i)).unwrap()
}

/// Milliseconds that this thread has computed; 0 where the system does not tell.
fn computed() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|t| t.split(' ').next()?.parse::<u64>().ok()).unwrap_or_default();
    nanoseconds as f64 / 1e6
}

fn timed<T>(times: &mut Vec<Took>, work: impl FnOnce() -> T) -> T {
    let (before, start) = (computed(), Instant::now());
    let done = work();
    let passed = start.elapsed().as_secs_f64() * 1e3;
    times.push((passed, computed() - before));
    done
}

/// What somebody types, about the case with this number: names, syllables, numbers, drugs, diagnoses, conditions.
fn queries(i: usize) -> Vec<SearchQuery> {
    let query = |text: &str| SearchQuery { text: text.to_owned(), ..SearchQuery::default() };
    let full = name(i);
    let two: String = full.chars().take(2).collect();
    let one: String = full.chars().take(1).collect();
    let number = format!("{:08}", i * 37 + 10_000_000);
    vec![
        query(&full),
        query(&two),
        query(&one),
        query(&number),
        query(number.get(2..7).unwrap()),
        query("고혈압"),
        query("당뇨"),
        query("metformin"),
        query("와파린 심부전"),
        query(&format!("{two} 폐렴")),
        query("furosemide alendronic"),
        query("not there at all"),
        SearchQuery { fields: vec![(Field::Name, two)], ..SearchQuery::default() },
        SearchQuery { fields: vec![(Field::Drug, "warfarin".to_owned())], ..query(&full) },
        SearchQuery { status: Some(CaseStatus::Suggested), ..SearchQuery::default() },
        SearchQuery { status: Some(CaseStatus::Signed), ..query("metformin") },
        SearchQuery { from: Some(now(0)), until: Some(now(600)), ..query("고혈압") },
        SearchQuery { status: Some(CaseStatus::Suggested), from: Some(now(i)), ..SearchQuery::default() },
        SearchQuery { author: Some(bogam_vault::PersonId(1)), ..query("폐렴") },
    ]
}

/// The child: works as it is told, and tells the times.
fn work(folder: &Path, plain: bool, cases: usize) {
    let path = folder.join(FILE);
    let mut vault = None;
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let mut words = line.split(' ');
        let what = words.next().unwrap();
        let n = words.next().map_or(0, |n| n.parse::<usize>().unwrap());
        let mut times = Times::default();
        match what {
            "fill" => {
                let (made, _) = Vault::create(&path, "Kim", PASSPHRASE, opening(plain, 0)).unwrap();
                for from in (0..cases).step_by(500) {
                    let entries: Vec<_> = (from..cases.min(from + 500))
                        .map(|i| (case(i), Some(record(i, if i % FULL == 0 { 180 } else { 18 }))))
                        .collect();
                    timed(times.entry("fill, by 500 cases"), || made.add(&entries, now(from)).unwrap());
                }
                made.close().unwrap();
            }
            "open" => {
                // Of earlier changes nothing is in the log.
                drop(vault.take());
                vault = Some(timed(times.entry("open"), || open(&path, plain, cases + n)));
                timed(times.entry("first search"), || vault.as_ref().unwrap().search(&queries(n)[0]).unwrap());
            }
            "round" => {
                let vault = vault.as_ref().unwrap();
                for i in 0..20 {
                    for query in queries((n * 20 + i) * 2477 % cases) {
                        let found = timed(times.entry("search"), || vault.search(&query).unwrap());
                        std::hint::black_box(found);
                    }
                    let key = vault.find_case(&format!("case-{}", (n * 20 + i) * 7919 % cases)).unwrap();
                    timed(times.entry("read a case with its suggestion"), || {
                        let id = vault.suggestions_of(key).unwrap()[0];
                        (vault.case(key, None).unwrap(), vault.suggestion(id).unwrap())
                    });
                }
                for i in cases + n * SAVES..cases + (n + 1) * SAVES {
                    let (case, record) = (case(i), record(i, 180));
                    let saved = timed(times.entry("save a case"), || vault.save_case(&case, now(i)).unwrap());
                    timed(times.entry("save a suggestion"), || {
                        vault.save_suggestion(saved, &record, None, now(i)).unwrap()
                    });
                }
                let entries: Vec<_> =
                    (0..100).map(|i| 10_000_000 + n * 100 + i).map(|i| (case(i), Some(record(i, 18)))).collect();
                timed(times.entry("add 100 cases"), || vault.add(&entries, now(cases + n)).unwrap());
            }
            other => panic!("{other}"),
        }
        println!("{}", serde_json::to_string(&times.0).unwrap());
    }
    if let (Some(vault), false) = (vault, plain) {
        let mut err = std::io::stderr();
        let start = Instant::now();
        let backup = vault.backup(&folder.join("backup"), now(cases + 999)).unwrap();
        writeln!(err, "backup of {:.0} MB in {:.1} s", backup.bytes as f64 / 1e6, start.elapsed().as_secs_f64())
            .unwrap();
        std::fs::remove_file(folder.join("backup")).unwrap();
        let start = Instant::now();
        let found = vault.verify(&[]).unwrap();
        assert!(found.is_clean(), "{found:?}");
        writeln!(err, "verify in {:.1} s", start.elapsed().as_secs_f64()).unwrap();
    }
}

/// Milliseconds that passed, and those of them that were computed.
type Took = (f64, f64);

/// What took how long.
#[derive(Default)]
struct Times(std::collections::BTreeMap<String, Vec<Took>>);

impl Times {
    fn entry(&mut self, what: &str) -> &mut Vec<Took> {
        self.0.entry(what.to_owned()).or_default()
    }
}

fn sum(times: &[Took]) -> Took {
    times.iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1))
}

struct Worker {
    child: Child,
    to: ChildStdin,
    from: std::io::Lines<BufReader<ChildStdout>>,
}

impl Worker {
    fn start(folder: &Path, plain: bool, cases: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.env("BOGAM_BENCH_WORKER", folder).env("BOGAM_BENCH_PLAIN", if plain { "1" } else { "0" });
        let mut child = child.arg(cases.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, to, from: BufReader::new(from).lines() }
    }

    /// Has something done; its times.
    fn ask(&mut self, what: &str) -> Times {
        writeln!(self.to, "{what}").unwrap();
        self.to.flush().unwrap();
        let told = self.from.next().unwrap_or_else(|| panic!("{what}: the worker ended: {:?}", self.child.wait()));
        Times(serde_json::from_str(&told.unwrap()).unwrap())
    }

    fn end(mut self) {
        drop(self.to);
        assert!(self.child.wait().unwrap().success());
    }
}

fn at(times: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut sorted: Vec<f64> = times.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

fn main() {
    let cases = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(100_000_usize);
    if let Some(folder) = std::env::var_os("BOGAM_BENCH_WORKER") {
        return work(Path::new(&folder), std::env::var_os("BOGAM_BENCH_PLAIN").is_some_and(|p| p == "1"), cases);
    }
    let folder = std::env::var_os("BOGAM_BENCH_DIR").map_or_else(tempfile::tempdir, tempfile::tempdir_in).unwrap();
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    std::fs::create_dir_all(&to).unwrap();
    let kinds = [("vault", false), ("plain", true)];
    let mut folders = kinds.map(|(name, _)| folder.path().join(name));
    if std::env::var_os("BOGAM_KEEP").is_some_and(|keep| keep == "1") {
        folders[0] = to.join("vault");
        drop(std::fs::remove_dir_all(&folders[0]));
    }
    let mut workers = Vec::new();
    for (folder, (_, plain)) in folders.iter().zip(kinds) {
        std::fs::create_dir(folder).unwrap();
        workers.push(Worker::start(folder, plain, cases));
    }
    // What each kind of work took, all rounds together; and the sum of each round, for the ratio.
    let mut all = [Times::default(), Times::default()];
    let mut sums: [Vec<Times>; 2] = [Vec::new(), Vec::new()];
    for (i, worker) in workers.iter_mut().enumerate() {
        all[i].0.extend(worker.ask("fill").0);
    }
    for round in 0..ROUNDS {
        for turn in 0..2 {
            // Who goes first takes turns as well.
            let i = (round + turn) % 2;
            let mut sums_of_round = Times::default();
            for what in ["open", "round"] {
                for (name, times) in workers[i].ask(&format!("{what} {round}")).0 {
                    let total = sum(&times);
                    sums_of_round.entry(&name).push(total);
                    sums_of_round.entry("all").push(total);
                    all[i].entry(&name).extend(times);
                }
            }
            sums[i].push(sums_of_round);
        }
    }
    let length = |i: usize| std::fs::metadata(folders[i].join(FILE)).unwrap().len();
    let lengths = [length(0), length(1)];
    workers.into_iter().for_each(Worker::end);

    let mut derived = Vec::new();
    let path = folder.path().join("key");
    let who = Credential::Passphrase { name: "Kim", passphrase: PASSPHRASE };
    drop(Vault::create(&path, "Kim", PASSPHRASE, Opening::new("bench", now(0))).unwrap());
    for i in 0..7 {
        drop(timed(&mut derived, || Vault::open(&path, who, Opening::new("bench", now(i))).unwrap()));
    }

    // The median over rounds of what the same round took in one and in the other.
    let ratio = |what: &str, of: fn(Took) -> f64| {
        let of = |i: usize, round: usize| Some(of(sum(sums[i][round].0.get(what)?)));
        let ratios: Vec<f64> = (0..ROUNDS).filter_map(|r| Some(of(0, r)? / of(1, r)?)).collect();
        (!ratios.is_empty()).then(|| at(ratios, 0.5))
    };
    let mut table = format!(
        "{cases} cases with suggestions; a record has up to {} bytes of JSON; vault {:.0} MB, plain {:.0} MB\n",
        serde_json::to_string(&record(0, 180)).unwrap().len(),
        lengths[0] as f64 / 1e6,
        lengths[1] as f64 / 1e6
    );
    let head = ["n", "median", "p99", "most", "to plain", "computed"].map(|word| format!("{word:>10}")).concat();
    writeln!(table, "{:<34}{head}", "milliseconds").unwrap();
    let mut result = Vec::new();
    let mut row = |what: &str, times: &[Took], ratios: [Option<f64>; 2]| {
        let [median, p99, most] = [0.5, 0.99, 1.0].map(|share| at(times.iter().map(|took| took.0), share));
        let told = ratios.map(|ratio| ratio.map_or(String::new(), |r| format!("{r:.2}")));
        let n = times.len();
        let [ratio, computed] = &told;
        writeln!(table, "{what:<34}{n:>10}{median:>10.3}{p99:>10.3}{most:>10.3}{ratio:>10}{computed:>10}").unwrap();
        result.push(json!({"what": what, "median_ms": median, "p99_ms": p99, "most_ms": most, "runs": n,
          "to_plain": ratios[0], "to_plain_computed": ratios[1]}));
    };
    for (what, times) in &all[0].0 {
        let (vault, plain) = (sum(times), sum(&all[1].0[what]));
        let whole = [Some(vault.0 / plain.0), Some(vault.1 / plain.1)];
        let by_round = [ratio(what, |took| took.0), ratio(what, |took| took.1)];
        row(what, times, if by_round[0].is_some() { by_round } else { whole });
    }
    row("open with key derivation, empty", &derived, [None, None]);
    let per_round: Vec<Took> = sums[0].iter().map(|of_round| sum(&of_round.0["all"])).collect();
    row("a round of all", &per_round, [ratio("all", |took| took.0), ratio("all", |took| took.1)]);
    print!("{table}");
    std::fs::write(to.join("vault.json"), serde_json::to_string_pretty(&result).unwrap()).unwrap();
}
