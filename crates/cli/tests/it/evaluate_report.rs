//! `bogam evaluate` with sources beside each other, folds, cases, people who judge, and a folder for the report.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{Place, case, code, jsonl, lines, stderr};

fn recorded(case: &str, patient: &str, drugs: &[&str]) -> Value {
    let drugs = drugs.iter().map(|drug| json!({"ingredient": drug, "first_hour": 1.0, "last_hour": 9.0}));
    json!({"case_id": case, "patient_id": patient, "not_drugs": 0, "unmapped": [], "drugs": drugs.collect::<Vec<_>>()})
}

fn suggested(case: &str, drugs: &[&str]) -> Value {
    let drugs = drugs.iter().map(|drug| json!({"ingredient": drug, "probability": 0.5, "for": [{"code": "I50.9"}]}));
    json!({"case_id": case, "status": "ok", "drugs": drugs.collect::<Vec<_>>()})
}

/// Files of twelve admissions of six patients: what is recorded, cases, and two sources.
struct Files {
    place: Place,
}

impl Files {
    fn new() -> Self {
        let place = Place::new();
        let all = |of: &dyn Fn(usize) -> Value| jsonl(&(0..12).map(of).collect::<Vec<_>>());
        let id = |n: usize| format!("c{n}");
        place.write(
            "recorded.jsonl",
            all(&|n| {
                recorded(
                    &id(n),
                    &format!("p{}", n / 2),
                    if n < 8 { &["furosemide", "aspirin"] } else { &["metformin"] },
                )
            }),
        );
        place.write("main.jsonl", all(&|n| suggested(&id(n), &["furosemide", "metformin"])));
        place.write("other.jsonl", all(&|n| suggested(&id(n), &["metformin"])));
        place.write("cases.jsonl", all(&|n| case(&id(n))));
        Self { place }
    }

    fn path(&self, name: &str) -> String {
        self.place.path(name).to_str().unwrap().to_owned()
    }

    /// Runs `evaluate` over the main source; arguments that name a file of the place begin with `@`.
    fn run(&self, more: &[&str]) -> std::process::Output {
        let main = ["evaluate", "--suggestions", "@main.jsonl", "--recorded", "@recorded.jsonl"];
        self.run_bare(&[&main[..], more].concat())
    }

    fn run_bare(&self, arguments: &[&str]) -> std::process::Output {
        let named = arguments.iter().map(|argument| match argument.split_once('@') {
            Some((before, file)) => format!("{before}{}", self.path(file)),
            None => (*argument).to_owned(),
        });
        let named: Vec<String> = named.collect();
        self.place.run(&named.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.place.path(name)).unwrap()
    }
}

#[test]
fn sources_beside_have_paired_differences_and_the_best_is_named() {
    let files = Files::new();
    let output = files.run(&["--name", "all channels", "--beside", "less=@other.jsonl"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = &lines(&output.stdout)[0];
    assert_eq!((&report["name"], &report["beside"][0]["name"]), (&json!("all channels"), &json!("less")));
    let recall = &report["beside"][0]["difference"]["all"]["by_level"]["ingredient"]["recall"];
    // 1/2 against 0 in eight admissions, 1 against 1 in four.
    assert!((recall["value"].as_f64().unwrap() - 8.0 * 0.5 / 12.0).abs() < 1e-12);
    assert!(recall["low"].as_f64().unwrap() < recall["high"].as_f64().unwrap());
    assert_eq!(report["best_beside"]["name"], "less");
    let table = files.run(&["--beside", "less=@other.jsonl", "--out", "@report.json"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("less") && table.contains("Best beside by Jaccard"), "{table}");
}

#[test]
fn sources_that_cannot_be_told_apart_or_read_are_refused() {
    let files = Files::new();
    for more in [
        &["--beside", "no-file"][..],
        &["--beside", "=@other.jsonl"],
        &["--beside", "suggestions=@other.jsonl"],
        &["--beside", "a=@other.jsonl", "--beside", "a=@main.jsonl"],
        &["--beside", "a=@missing.jsonl"],
        &["--folds", "@folds.csv", "--train-recorded", "@recorded.jsonl"],
        &["--judge", "@judge.csv"],
        &["--judged", "@judge.csv"],
        &["--out", "@other.jsonl", "--beside", "a=@other.jsonl"],
    ] {
        let output = files.run(more);
        assert_eq!(code(&output), 2, "{more:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{more:?}");
    }
    assert_eq!(lines(files.text("other.jsonl").as_bytes()).len(), 12);
}

#[test]
fn a_faulty_line_of_a_source_beside_is_told_and_counted() {
    let files = Files::new();
    let mut text = files.text("other.jsonl");
    text.push_str("{\"case_id\":\"Mr Private\"}\n");
    files.place.write("other.jsonl", text);
    let output = files.run(&["--beside", "less=@other.jsonl"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("other.jsonl: line 13") && !stderr(&output).contains("Private"));
    assert_eq!(lines(&output.stdout)[0]["beside"][0]["counts"]["unreadable_lines"], 1);
}

#[test]
fn folds_hold_every_patient_once_and_cases_verbatim() {
    let files = Files::new();
    // Odd spacing shows that lines are copied; c99 has no recorded admission.
    let odd = files.text("cases.jsonl").replace("\"case_id\":\"c3\"", "\"case_id\" :  \"c3\"");
    files.place.write("cases.jsonl", odd.clone() + &case("c99").to_string() + "\n");
    let arguments =
        ["evaluate", "folds", "--recorded", "@recorded.jsonl", "--out", "@folds", "--cases", "@cases.jsonl"];
    let output = files.run_bare(&[&arguments[..], &["--folds", "3"]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 cases without a recorded admission"));
    let csv = files.text("folds/folds.csv");
    assert_eq!(csv.lines().next(), Some("patient_id,fold"));
    let mut patients = BTreeSet::new();
    let mut cases = Vec::new();
    for fold in 0..3 {
        for patient in files.text(&format!("folds/fold-{fold}.patients")).lines() {
            assert!(patients.insert(patient.to_owned()), "{patient} is in two folds");
            assert!(csv.contains(&format!("{patient},{fold}\n")));
            assert_eq!(bogam_app::evaluate::folds::fold(patient, 3), fold);
        }
        cases.extend(files.text(&format!("folds/fold-{fold}.cases.jsonl")).lines().map(str::to_owned));
    }
    assert_eq!(patients.len(), 6);
    let expected: BTreeSet<&str> = odd.lines().collect();
    assert_eq!((cases.len(), cases.iter().map(String::as_str).collect::<BTreeSet<_>>()), (12, expected));
    let mode = std::fs::metadata(files.place.path("folds/folds.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // The same folds count the baseline.
    let output = files.run(&["--folds", "@folds/folds.csv"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(lines(&output.stdout)[0]["most_prescribed"]["counted_on"], "other_folds");
    // A file that lacks a patient, or has one twice, is refused.
    for broken in [csv.replace("p5,", "q5,"), csv.clone() + "p0,77\n", "patient_id,fold\np0\n".to_owned()] {
        files.place.write("broken.csv", broken);
        assert_eq!(code(&files.run(&["--folds", "@broken.csv"])), 2);
    }
}

#[test]
fn a_share_is_held_out_and_out_of_range_is_refused() {
    let files = Files::new();
    let arguments = ["evaluate", "folds", "--recorded", "@recorded.jsonl", "--out", "@split"];
    let output = files.run_bare(&[&arguments[..], &["--share", "0.5"]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let held_out = files.text("split/held-out.patients");
    let rest = files.text("split/rest.patients");
    assert_eq!(held_out.lines().count() + rest.lines().count(), 6);
    assert!(held_out.lines().all(|patient| bogam_app::evaluate::folds::fold(patient, 2) == 0));
    for wrong in [&["--share", "1"][..], &["--share", "0"], &["--folds", "1"], &[], &["--folds", "2", "--share", "0.5"]]
    {
        assert_eq!(code(&files.run_bare(&[&arguments[..], wrong].concat())), 2, "{wrong:?}");
    }
}

/// Rows of a CSV file of these tests, which has no line end within a field.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    assert!(text.starts_with('\u{FEFF}') && text.ends_with("\r\n"));
    let fields = |line: &str| {
        let mut fields = vec![String::new()];
        let mut quoted = false;
        for one in line.chars() {
            match one {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                one => fields.last_mut().unwrap().push(one),
            }
        }
        fields
    };
    text.trim_start_matches('\u{FEFF}').lines().map(fields).collect()
}

#[test]
fn people_judge_without_seeing_the_source_and_are_read_by_the_key() {
    let files = Files::new();
    let with = ["--name", "=main", "--beside", "less=@other.jsonl", "--cases", "@cases.jsonl"];
    let output = files.run(&[&with[..], &["--judge", "@judge.csv", "--judge-sample", "5"]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("not encrypted"));
    let rows = csv_rows(&files.text("judge.csv"));
    assert_eq!(rows[0].join(","), "row,admission,age,sex,diagnoses,drug,ingredient,suitable,comment");
    // Five admissions with two drugs each, metformin of both sources once.
    assert_eq!(rows.len(), 11);
    assert_eq!(rows[1][2..5], ["70", "M", "I50.9 Heart failure, unspecified"]);
    assert!(rows[1..].iter().all(|row| !row.iter().any(|field| field.contains("less") || field.starts_with('c'))));
    let key = csv_rows(&files.text("judge.key.csv"));
    assert_eq!(key.len(), 1 + 5 * 3);
    // A name that a spreadsheet would take for a formula is guarded, and read without the guard.
    assert!(key.iter().any(|row| row[4] == "'=main") && key.iter().any(|row| row[4] == "less"));
    // Filled in: furosemide suits, metformin does not; the second judge is never sure, and leaves one out.
    let fill = |name: &str, of: &dyn Fn(usize, &str) -> &'static str| {
        let filled = rows.iter().enumerate().map(|(n, row)| {
            let mut row = row.clone();
            if n > 0 {
                row[7] = of(n, &row[6]).to_owned();
            }
            row.iter().map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(",") + "\r\n"
        });
        files.place.write(name, "\u{FEFF}".to_owned() + &filled.collect::<String>());
    };
    fill("one.csv", &|_, drug| if drug == "furosemide" { "yes" } else { "no" });
    fill("two.csv", &|n, _| if n == 1 { "" } else { "Unsure" });
    let judged = ["--judged", "@one.csv", "--judged", "@two.csv", "--judge-key", "@judge.key.csv"];
    let output = files.run(&[&with[..], &judged].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let suitability = &lines(&output.stdout)[0]["suitability"];
    let sources = &suitability["judges"][0]["sources"];
    assert_eq!((&sources[0]["source"], &sources[1]["source"]), (&json!("=main"), &json!("less")));
    assert_eq!((&sources[0]["suitable"]["value"], &sources[1]["suitable"]["value"]), (&json!(0.5), &json!(0.0)));
    assert_eq!((&suitability["judges"][1]["not_judged"], &suitability["agreement"]["drugs"]), (&json!(1), &json!(9)));
    // Another word, another key.
    fill("three.csv", &|_, _| "perhaps");
    let output = files.run(&[&with[..], &["--judged", "@three.csv", "--judge-key", "@judge.key.csv"]].concat());
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("three.csv: line 2") && !stderr(&output).contains("perhaps"),
        "{}",
        stderr(&output)
    );
    let swapped = files.text("judge.key.csv").replace("furosemide", "aspirin");
    files.place.write("swapped.csv", swapped);
    let output = files.run(&[&with[..], &["--judged", "@one.csv", "--judge-key", "@swapped.csv"]].concat());
    assert!(code(&output) == 2 && stderr(&output).contains("is this the key of this file?"), "{}", stderr(&output));
}

#[test]
fn the_folder_of_the_report_holds_its_files_and_the_page_stands_alone() {
    let files = Files::new();
    let name = "<b>main</b> & \"all\"";
    let more = ["--name", name, "--beside", "less=@other.jsonl", "--cases", "@cases.jsonl", "--report", "@report"];
    let output = files.run(&more);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(files.text("report/report.json").as_bytes(), output.stdout);
    for file in ["metrics.csv", "drugs.csv", "services.csv", "calibration.csv", "report.md", "report.html"] {
        let mode = std::fs::metadata(files.place.path(&format!("report/{file}"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let metrics = csv_rows(&files.text("report/metrics.csv"));
    let accuracy = metrics.iter().find(|row| row[0] == "less" && row[1] == "all" && row[3] == "accuracy").unwrap();
    assert!((accuracy[4].parse::<f64>().unwrap() - 4.0 / 12.0).abs() < 1e-12);
    assert!(csv_rows(&files.text("report/services.csv")).iter().any(|row| row[..3] == ["sex", "M", "12"]));
    let page = files.text("report/report.html");
    for absent in ["<script", "<link", "<img", "<b>main", "url(", "http:", "https:", "NaN"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains("&lt;b&gt;main&lt;/b&gt; &amp; &quot;all&quot;"));
    // Each figure has a title and a description, by ids that are there once, and a table.
    let figures = page.matches("<svg ").count();
    assert_eq!(figures, 7);
    for one in page.split("<svg ").skip(1) {
        let id = one.split("aria-labelledby=\"").nth(1).unwrap().split(' ').next().unwrap();
        assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        assert!(one.contains("<title id=") && one.contains("<desc id="));
    }
    for said in ["retrospective", "Agreement is not correctness", "95 % intervals", "Table coverage is not suitability"]
    {
        assert!(page.contains(said), "{said}");
        assert!(files.text("report/report.md").contains(said), "{said}");
    }
    // A file in its place is refused before anything is read.
    let output = files.run(&["--report", "@main.jsonl"]);
    assert_eq!(code(&output), 2);
    assert!(Path::new(&files.path("main.jsonl")).is_file());
}
