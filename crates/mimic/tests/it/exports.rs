//! What is written on request.

use std::collections::HashMap;
use std::path::Path;

use bogam_mimic::MedsReport;
use serde_json::{Value, json};

use crate::hospital::{FewNames, Hospital, Imported, PATIENTS, PRESCRIPTIONS, TITLES, files_of, import_with};
use crate::parquet::{Cell, Table, read};

/// A hospital with results and a discharge that is not known.
fn hospital() -> Hospital {
    Hospital::new()
        .table("d_icd_diagnoses", TITLES)
        .table("d_labitems", "itemid,label,fluid\n1,Creatinine,Blood\n2,Potassium,Blood\n")
        .table(
            "labevents",
            "subject_id,hadm_id,itemid,charttime,valuenum,valueuom\n10,100,1,2101-03-01 12:00:00,1.25,mg/dL\n\
             10,100,2,2101-03-01 09:00:00,4.1,\n",
        )
}

fn import(hospital: &Hospital, threads: usize) -> Imported {
    hospital.import_with(|options| {
        options.alpaca = true;
        options.meds = true;
        options.threads = threads.try_into().ok();
    })
}

fn meds(imported: &Imported, file: &str) -> Table {
    read(&imported.folder.path().join("meds").join(file))
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// Microseconds from 1970 of a civil time.
fn time(text: &str) -> Cell {
    let time: jiff::civil::DateTime = text.parse().unwrap();
    let since = time.duration_since(jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0));
    Cell::Number(since.as_secs() * 1_000_000)
}

#[test]
fn without_a_request_there_is_no_export() {
    let imported = hospital().import();
    assert_eq!(files_of(imported.folder.path()).len(), 5);
    assert_eq!(imported.report.meds, None);
}

#[test]
fn alpaca_is_one_array_of_the_samples() {
    let imported = import(&hospital(), 2);
    let array: Value = serde_json::from_str(&imported.text("alpaca.json")).unwrap();
    let expected = json!([{"instruction": "List drugs.", "input": "Case 100", "output": "furosemide\nheparin"}]);
    assert_eq!(array, expected);
    let more = format!("{PRESCRIPTIONS}20,200,6,2110-01-01 21:00:00,,MAIN,Aspirin\n");
    let two: Value =
        serde_json::from_str(&import(&hospital().table("prescriptions", more), 2).text("alpaca.json")).unwrap();
    assert_eq!((two.as_array().unwrap().len(), &two[1]["output"]), (2, &json!("aspirin")));
    let none = PRESCRIPTIONS.lines().next().unwrap();
    let none = import(&hospital().table("prescriptions", none), 2).text("alpaca.json");
    assert_eq!(serde_json::from_str::<Value>(&none).unwrap(), json!([]));
}

#[test]
fn events_are_by_patient_and_time_with_the_codes_of_the_standard() {
    let imported = import(&hospital(), 2);
    let data = meds(&imported, "data/0.parquet");
    let columns = [("subject_id", "type 2"), ("time", "timestamp"), ("code", "string"), ("numeric_value", "type 4")];
    assert_eq!(data.columns, columns.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    let of_ten: Vec<_> =
        data.rows.iter().filter(|row| row[0] == Cell::Number(10)).map(|row| row[1..].to_vec()).collect();
    let event = |at: &str, code: &str| vec![time(at), text(code), Cell::Null];
    let expected = [
        vec![Cell::Null, text("GENDER//M"), Cell::Null],
        event("2040-01-01T00:00:00", "MEDS_BIRTH"),
        vec![time("2101-03-01T09:00:00"), text("LAB//Potassium//UNK"), Cell::Float(4.1)],
        event("2101-03-01T10:00:00", "HOSPITAL_ADMISSION//EW EMER."),
        event("2101-03-01T11:00:00", "DRUG//furosemide"),
        event("2101-03-01T12:00:00", "DRUG//heparin"),
        vec![time("2101-03-01T12:00:00"), text("LAB//Creatinine//mg/dL"), Cell::Float(1.25)],
        event("2101-03-05T10:00:00", "DIAGNOSIS//ICD//10//I10"),
        event("2101-03-05T10:00:00", "DIAGNOSIS//ICD//10//I509"),
        event("2101-03-05T10:00:00", "HOSPITAL_DISCHARGE"),
        event("2101-05-10T08:00:00", "HOSPITAL_ADMISSION//URGENT"),
        event("2101-05-14T12:00:00", "DIAGNOSIS//ICD//9//4280"),
        event("2101-05-14T12:00:00", "HOSPITAL_DISCHARGE"),
    ];
    assert_eq!(of_ten, expected);
    let subjects: Vec<_> = data.rows.iter().map(|row| row[0].clone()).collect();
    let twenty = subjects.len() - expected.len();
    assert_eq!(subjects, [vec![Cell::Number(10); 13], vec![Cell::Number(20); twenty]].concat());
    assert_eq!(imported.report.meds.as_ref().unwrap().events, data.rows.len() as u64);
}

#[test]
fn what_has_no_time_is_left_out_and_counted() {
    let admissions = crate::hospital::ADMISSIONS.replace("2101-03-05 10:00:00", "");
    let orders = format!("{PRESCRIPTIONS}10,100,9,,,MAIN,Aspirin\n");
    let imported = import(&hospital().table("admissions", admissions).table("prescriptions", orders), 2);
    // Two diagnoses without discharge, and an order without start.
    assert_eq!(imported.report.meds.as_ref().unwrap().without_time, 3);
    let codes = meds(&imported, "metadata/codes.parquet").rows;
    assert!(!codes.iter().any(|row| row[0] == text("DRUG//aspirin") || row[0] == text("DIAGNOSIS//ICD//10//I509")));
}

#[test]
fn every_code_and_every_patient_is_described() {
    let imported = import(&hospital(), 2);
    let data = meds(&imported, "data/0.parquet");
    let codes = meds(&imported, "metadata/codes.parquet");
    let mut used: Vec<_> = data.rows.iter().map(|row| format!("{:?}", row[2])).collect();
    used.sort();
    used.dedup();
    let mut told: Vec<_> = codes.rows.iter().map(|row| format!("{:?}", row[0])).collect();
    told.sort();
    assert_eq!(used, told);
    let title = codes.rows.iter().find(|row| row[0] == text("DIAGNOSIS//ICD//10//I509")).unwrap();
    assert_eq!(title[1], text("Heart failure, unspecified"));
    let splits = meds(&imported, "metadata/subject_splits.parquet");
    assert_eq!(splits.rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), [Cell::Number(10), Cell::Number(20)]);
    let report = imported.report.meds.clone().unwrap();
    let expected = MedsReport { codes: told.len() as u64, subjects: 2, ..report.clone() };
    assert_eq!(report, expected);
    let dataset: Value = serde_json::from_str(&imported.text("meds/metadata/dataset.json")).unwrap();
    assert_eq!(dataset["meds_version"], "0.4.0");
}

#[test]
fn of_many_patients_eight_in_ten_are_for_training_and_each_stays_where_it_is() {
    let rows = |from: u64| -> (String, String, String) {
        let (mut patients, mut admissions, mut diagnoses) = (PATIENTS.to_owned(), String::new(), String::new());
        for n in from..3000 {
            patients += &format!("{n},F,40,2100\n");
            admissions += &format!("{n},{},2101-01-01 00:00:00,2101-01-02 00:00:00,URGENT\n", n + 100_000);
            diagnoses += &format!("{n},{},1,I10,10\n", n + 100_000);
        }
        (
            patients,
            crate::hospital::ADMISSIONS.to_owned() + &admissions,
            crate::hospital::DIAGNOSES.to_owned() + &diagnoses,
        )
    };
    let splits = |from: u64| -> HashMap<String, String> {
        let (patients, admissions, diagnoses) = rows(from);
        let hospital = Hospital::new()
            .table("patients", patients)
            .table("admissions", admissions)
            .table("diagnoses_icd", diagnoses);
        let table = meds(&import(&hospital, 3), "metadata/subject_splits.parquet");
        table.rows.iter().map(|row| (format!("{:?}", row[0]), format!("{:?}", row[1]))).collect()
    };
    let (all, some) = (splits(1000), splits(2000));
    assert_eq!((all.len(), some.len()), (2002, 1002));
    assert!(some.iter().all(|(patient, split)| all[patient] == *split));
    let held_out = all.values().filter(|split| split.contains("held_out")).count();
    let training = all.values().filter(|split| split.contains("train")).count();
    assert!((150..250).contains(&held_out) && (1500..1700).contains(&training), "{training} and {held_out}");
}

#[test]
fn more_rows_than_a_group_holds_are_read_back() {
    // 550,000 events: an item for every row, more than one group holds.
    let (patients, hadm) = (5_500_u64, 1_000_000);
    let (mut people, mut stays, mut codes, mut events) = (String::new(), String::new(), String::new(), String::new());
    for n in 0..patients {
        people += &format!("{n},F,40,2100\n");
        stays += &format!("{n},{},2101-01-01 00:00:00,2101-01-02 00:00:00,URGENT\n", hadm + n);
        codes += &format!("{n},{},1,I10,10\n", hadm + n);
        for item in 0..100 {
            events += &format!("{n},{},{item},2101-01-01 0{}:00:00,{n}.5,mg/dL\n", hadm + n, item % 10);
        }
    }
    let items: String = (0..100).map(|n| format!("{n},Item {n},Blood\n")).collect();
    let hospital = Hospital::new()
        .table("patients", format!("subject_id,gender,anchor_age,anchor_year\n{people}"))
        .table("admissions", format!("subject_id,hadm_id,admittime,dischtime,admission_type\n{stays}"))
        .table("diagnoses_icd", format!("subject_id,hadm_id,seq_num,icd_code,icd_version\n{codes}"))
        .table("d_labitems", format!("itemid,label,fluid\n{items}"))
        .table("labevents", format!("subject_id,hadm_id,itemid,charttime,valuenum,valueuom\n{events}"));
    let data = meds(&import(&hospital, 3), "data/0.parquet");
    assert_eq!((data.rows.len() as u64, data.groups), (patients * 105, 2));
    let mut last = None;
    for row in &data.rows {
        let Cell::Number(subject) = row[0] else { panic!("{row:?}") };
        let at = if let Cell::Number(at) = row[1] { at } else { i64::MIN };
        assert!(last <= Some((subject, at)), "{row:?}");
        last = Some((subject, at));
        if let Cell::Float(value) = row[3] {
            assert_eq!(value.to_bits(), (subject as f32 + 0.5).to_bits());
        }
    }
}

#[test]
fn exports_are_the_same_with_any_number_of_threads_and_private() {
    let bytes = |imported: &Imported, file: &str| std::fs::read(imported.folder.path().join(file)).unwrap();
    let (one, five) = (import(&hospital(), 1), import(&hospital(), 5));
    let files = [
        "alpaca.json",
        "meds/data/0.parquet",
        "meds/metadata/codes.parquet",
        "meds/metadata/subject_splits.parquet",
        "meds/metadata/dataset.json",
    ];
    for file in files {
        assert!(bytes(&one, file) == bytes(&five, file), "{file}");
        assert_private(&one.folder.path().join(file));
    }
}

#[test]
fn a_patient_whose_number_the_standard_cannot_say_stops_the_export() {
    let large = u64::MAX.to_string();
    let with_large = |text: &str| text.replace("\n20,", &format!("\n{large},"));
    let hospital = Hospital::new()
        .table("patients", with_large(PATIENTS))
        .table("admissions", with_large(crate::hospital::ADMISSIONS))
        .table("diagnoses_icd", with_large(crate::hospital::DIAGNOSES));
    let folder = tempfile::TempDir::new().unwrap();
    let error = import_with(hospital.folder(), folder.path(), &FewNames, |options| options.meds = true).unwrap_err();
    assert_eq!(error.code(), "write_failed");
    assert!(!folder.path().join("report.json").exists());
}

#[cfg(unix)]
fn assert_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
}

#[cfg(not(unix))]
fn assert_private(_: &Path) {}
