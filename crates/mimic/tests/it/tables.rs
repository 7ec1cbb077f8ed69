//! Tables come as they come.

use std::fs;

use crate::hospital::{ADMISSIONS, DIAGNOSES, Hospital, PATIENTS, PRESCRIPTIONS, TITLES, files_of};

const FILES: [&str; 4] = ["cases.jsonl", "recorded.jsonl", "samples.jsonl", "rejects.csv"];

/// Asserts that two hospitals give the same files, apart from the report.
fn assert_alike(one: &Hospital, other: &Hospital) {
    let (one, other) = (one.import(), other.import());
    for file in FILES {
        assert_eq!(one.text(file), other.text(file), "{file}");
    }
    assert!(!one.text("cases.jsonl").is_empty());
}

#[test]
fn gzipped_tables_read_like_plain_ones() {
    let gzipped = Hospital::new().gzipped("patients", PATIENTS).gzipped("prescriptions", PRESCRIPTIONS);
    assert_alike(&Hospital::new(), &gzipped);
    assert_eq!(gzipped.import().table("patients")["file"], "patients.csv.gz");
}

#[test]
fn an_archive_of_several_members_is_read_to_its_end() {
    use std::io::Write;
    let member = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let (first, second) = DIAGNOSES.split_at(60);
    let archive = [member(first), member(second)].concat();
    assert_alike(&Hospital::new(), &Hospital::new().archive("diagnoses_icd", &archive));
}

#[test]
fn byte_order_mark_and_crlf_change_nothing() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let hospital = Hospital::new()
        .table("patients", windows(PATIENTS))
        .table("admissions", windows(ADMISSIONS))
        .table("diagnoses_icd", windows(DIAGNOSES))
        .table("prescriptions", windows(PRESCRIPTIONS));
    assert_alike(&Hospital::new(), &hospital);
}

#[test]
fn extra_columns_and_another_order_of_columns_change_nothing() {
    let extra = PATIENTS.lines().map(|line| {
        let fields: Vec<_> = line.split(',').collect();
        format!("{},note,{},{},\"a, b\",{}\n", fields[3], fields[1], fields[0], fields[2])
    });
    assert_alike(&Hospital::new(), &Hospital::new().table("patients", extra.collect::<String>()));
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let reversed = |text: &str| {
        let mut lines: Vec<_> = text.lines().collect();
        lines[1..].reverse();
        lines.join("\n")
    };
    let hospital = Hospital::new()
        .table("patients", reversed(PATIENTS))
        .table("admissions", reversed(ADMISSIONS))
        .table("diagnoses_icd", reversed(DIAGNOSES))
        .table("prescriptions", reversed(PRESCRIPTIONS));
    assert_alike(&Hospital::new(), &hospital);
}

#[test]
fn a_line_break_within_quotes_belongs_to_the_field() {
    let titles = "icd_code,icd_version,long_title\nI509,10,\"Heart failure,\nunspecified\"\n4280,9,Next\n";
    let imported = Hospital::new().table("d_icd_diagnoses", titles).import();
    assert_eq!(imported.case("100")["diagnoses"][0]["title"], "Heart failure,\nunspecified");
    assert_eq!(imported.case("101")["diagnoses"][0]["title"], "Next");
    assert!(imported.rejects().is_empty());
}

#[test]
fn missing_optional_tables_are_named_and_their_facts_are_null() {
    let imported = Hospital::new().import();
    let case = imported.case("100");
    for field in ["icu", "service", "procedures"] {
        assert!(case["admission"][field].is_null(), "{field}");
    }
    for field in ["labs", "weight_kg", "creatinine_mg_dl"] {
        assert!(case["patient"][field].is_null(), "{field}");
    }
    assert!(case["diagnoses"][0]["title"].is_null());
    let mut missing = imported.report.missing_tables.clone();
    missing.sort_unstable();
    let optional =
        ["d_icd_diagnoses", "d_labitems", "labevents", "omr", "pharmacy", "procedures_icd", "services", "transfers"];
    assert_eq!(missing, optional);
    assert_eq!(imported.report.notes.codes_without_title, 4);
    let with_titles = Hospital::new().table("d_icd_diagnoses", TITLES).import();
    assert_eq!(with_titles.report.notes.codes_without_title, 1);
}

#[test]
fn laboratory_results_without_their_dictionary_are_said_to_be_unread() {
    let imported = Hospital::new().table("labevents", "subject_id,hadm_id\n").import();
    assert_eq!(imported.report.unread_tables, ["labevents"]);
    assert_eq!(imported.report.missing_tables.iter().filter(|table| **table == "d_labitems").count(), 1);
}

#[test]
fn a_second_run_gives_the_same_bytes_and_takes_the_place_of_the_first() {
    let hospital = Hospital::new().table("d_icd_diagnoses", TITLES);
    let imported = hospital.import();
    let bytes = |file: &String| fs::read(imported.folder.path().join(file)).unwrap();
    let files = files_of(imported.folder.path());
    assert_eq!(files, ["cases.jsonl", "recorded.jsonl", "rejects.csv", "report.json", "samples.jsonl"]);
    let first: Vec<_> = files.iter().map(bytes).collect();
    hospital.import_to(imported.folder.path()).unwrap();
    assert_eq!(files_of(imported.folder.path()), files);
    assert_eq!(first, files.iter().map(bytes).collect::<Vec<_>>());
}

#[cfg(unix)]
#[test]
fn every_file_is_private_to_its_user() {
    use std::os::unix::fs::PermissionsExt;
    let imported = Hospital::new().import();
    for file in files_of(imported.folder.path()) {
        let mode = fs::metadata(imported.folder.path().join(&file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn progress_tells_each_table_and_its_rows() {
    let out = tempfile::TempDir::new().unwrap();
    let hosp = tempfile::TempDir::new().unwrap();
    for (name, text) in [
        ("patients", PATIENTS),
        ("admissions", ADMISSIONS),
        ("diagnoses_icd", DIAGNOSES),
        ("prescriptions", PRESCRIPTIONS),
    ] {
        fs::write(hosp.path().join(format!("{name}.csv")), text).unwrap();
    }
    let options =
        bogam_mimic::Options { prompt: &|_| Vec::new(), threads: None, alpaca: false, meds: false, stop: None };
    let mut seen = Vec::new();
    let mut progress = |p: bogam_mimic::Progress| seen.push((p.table, p.rows));
    bogam_mimic::import(hosp.path(), out.path(), &crate::hospital::FewNames, &options, &mut progress).unwrap();
    assert_eq!(seen, [("patients", 2), ("admissions", 4), ("diagnoses_icd", 4), ("prescriptions", 6)]);
}
