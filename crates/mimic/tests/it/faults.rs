//! What is faulty is refused by name, or rejected row by row.

use std::fs;

use bogam_mimic::MimicError;
use tempfile::TempDir;

use crate::hospital::{
    ADMISSIONS, DIAGNOSES, FewNames, Hospital, PATIENTS, PRESCRIPTIONS, files_of, import_from, import_with,
};

#[test]
fn a_missing_required_table_is_an_error_that_names_it() {
    for table in ["patients", "admissions", "diagnoses_icd", "prescriptions"] {
        let error = Hospital::new().without(table).error();
        assert_eq!(error.code(), "missing_table");
        assert!(error.to_string().contains(&format!("{table}.csv")), "{error}");
    }
}

#[test]
fn a_missing_required_column_is_an_error_that_names_file_and_column() {
    for (table, text, column) in [
        ("patients", PATIENTS, "anchor_year"),
        ("admissions", ADMISSIONS, "admittime"),
        ("diagnoses_icd", DIAGNOSES, "icd_version"),
        ("prescriptions", PRESCRIPTIONS, "drug_type"),
    ] {
        let error = Hospital::new().table(table, text.replacen(column, "renamed", 1)).error();
        let MimicError::MissingColumn { file, column: missing } = &error else { panic!("{error}") };
        assert_eq!((file.as_str(), *missing), (format!("{table}.csv").as_str(), column));
        assert_eq!(error.code(), "missing_column");
    }
}

#[test]
fn an_empty_table_lacks_its_columns() {
    assert_eq!(Hospital::new().table("patients", "").error().code(), "missing_column");
}

#[test]
fn a_truncated_archive_is_an_error_and_leaves_nothing() {
    use std::io::Write;
    let rows: String = (0..5_000).map(|n| format!("10,100,{n},X{n},10\n")).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(format!("subject_id,hadm_id,seq_num,icd_code,icd_version\n{rows}").as_bytes()).unwrap();
    let archive = encoder.finish().unwrap();
    let error = Hospital::new().archive("diagnoses_icd", &archive[..archive.len() / 2]).error();
    assert_eq!(error.code(), "read_failed");
    assert!(error.to_string().contains("diagnoses_icd.csv.gz"), "{error}");
}

#[test]
fn one_that_is_stopped_leaves_nothing() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    // Asked at each piece of a table and each patient: wherever it stops, nothing is left.
    let hospital = Hospital::new();
    for after in 0.. {
        let out = TempDir::new().unwrap();
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) >= after;
        let made = import_with(hospital.folder(), out.path(), &FewNames, |options| options.stop = Some(&stop));
        match made {
            Ok(report) => {
                assert!(after >= 4, "it was asked less often than there are tables");
                assert_eq!(report.cases, 3);
                break;
            }
            Err(error) => {
                assert_eq!(error.code(), "stopped");
                assert_eq!(files_of(out.path()), [""; 0]);
            }
        }
    }
}

#[test]
fn a_folder_that_is_none_is_an_error() {
    let out = TempDir::new().unwrap();
    let error = import_from(&out.path().join("nowhere"), &out.path().join("out"), &FewNames).unwrap_err();
    assert_eq!(error.code(), "no_folder");
    assert!(files_of(out.path()).is_empty());
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_and_the_folder_is_made_where_it_is_missing() {
    let parent = TempDir::new().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "in the way").unwrap();
    assert_eq!(Hospital::new().import_to(&file).unwrap_err().code(), "write_failed");
    assert_eq!(fs::read_to_string(&file).unwrap(), "in the way");
    Hospital::new().import_to(&parent.path().join("a/b")).unwrap();
    assert_eq!(files_of(&parent.path().join("a/b")).len(), 5);
}

#[test]
fn an_error_leaves_the_files_of_an_earlier_run_as_they_were() {
    let imported = Hospital::new().import();
    let before = (imported.text("cases.jsonl"), imported.text("report.json"));
    let broken = Hospital::new().table("omr", "subject_id,chartdate\n");
    assert_eq!(broken.import_to(imported.folder.path()).unwrap_err().code(), "missing_column");
    assert_eq!((imported.text("cases.jsonl"), imported.text("report.json")), before);
    assert_eq!(files_of(imported.folder.path()).len(), 5);
}

#[test]
fn a_report_stands_only_beside_the_files_that_it_tells_of() {
    let imported = Hospital::new().import();
    let samples = imported.folder.path().join("samples.jsonl");
    fs::remove_file(&samples).unwrap();
    fs::create_dir(&samples).unwrap();
    assert_eq!(Hospital::new().import_to(imported.folder.path()).unwrap_err().code(), "write_failed");
    let files = files_of(imported.folder.path());
    assert!(!files.contains(&"report.json".to_owned()), "{files:?}");
    assert!(files.iter().all(|file| !file.ends_with(".partial")), "{files:?}");
}

#[test]
fn faulty_rows_are_rejected_by_line_and_reason_without_clinical_text() {
    let rows = "10,100,1,2101-03-01 10:00:00,,MAIN,Aspirin\n\
                10,100,1,2101-03-01 10:00:00,,MAIN\n\
                10,100,1,yesterday,,MAIN,Secretol\n\
                10,100,1,2101-03-01 10:00:00,2101-13-01 10:00:00,MAIN,Secretol\n\
                ten,100,1,2101-03-01 10:00:00,,MAIN,Secretol\n\
                10,,1,2101-03-01 10:00:00,,MAIN,Secretol\n\
                10,999,1,2101-03-01 10:00:00,,MAIN,Secretol\n\
                20,100,1,2101-03-01 10:00:00,,MAIN,Secretol\n\
                10,100,one,2101-03-01 10:00:00,,MAIN,Secretol\n";
    let header = PRESCRIPTIONS.lines().next().unwrap();
    let imported = Hospital::new().table("prescriptions", format!("{header}\n{rows}")).import();
    assert_eq!(
        imported.rejects(),
        [
            "prescriptions.csv,3,wrong_number_of_fields,,",
            "prescriptions.csv,4,bad_date,10,100",
            "prescriptions.csv,5,bad_date,10,100",
            "prescriptions.csv,6,bad_id,,100",
            "prescriptions.csv,7,bad_id,10,",
            "prescriptions.csv,8,no_matching_admission,10,999",
            "prescriptions.csv,9,admission_of_other_patient,20,100",
            "prescriptions.csv,10,bad_id,10,100",
        ]
    );
    let table = imported.table("prescriptions");
    assert_eq!((&table["rows"], &table["used"], &table["rejected"]), (&9.into(), &1.into(), &8.into()));
}

#[test]
fn faulty_patients_admissions_and_diagnoses_are_rejected_by_reason() {
    let patients = format!("{PATIENTS}10,F,50,2100\n30,X,50,2100\n31,F,old,2100\n32,F,50,2100\n");
    let admissions = format!(
        "{ADMISSIONS}10,100,2101-03-01 10:00:00,,X\n77,300,2101-03-01 10:00:00,,X\n10,301,,,X\n32,302,1990-01-01 00:00:00,,X\n"
    );
    let diagnoses = format!("{DIAGNOSES}10,100,x,I10,10\n10,100,3,I10,11\n10,100,3,,10\n77,300,1,I10,10\n");
    let imported = Hospital::new()
        .table("patients", patients)
        .table("admissions", admissions)
        .table("diagnoses_icd", diagnoses)
        .import();
    assert_eq!(
        imported.rejects(),
        [
            "patients.csv,4,repeated_id,10,",
            "patients.csv,5,bad_sex,30,",
            "patients.csv,6,bad_number,31,",
            "admissions.csv,6,repeated_id,10,100",
            "admissions.csv,7,no_matching_patient,77,300",
            "admissions.csv,8,bad_date,10,301",
            "admissions.csv,9,bad_age,32,302",
            "diagnoses_icd.csv,6,bad_id,10,100",
            "diagnoses_icd.csv,7,bad_code,10,100",
            "diagnoses_icd.csv,8,bad_code,10,100",
            "diagnoses_icd.csv,9,no_matching_admission,77,300",
        ]
    );
    assert_eq!(imported.report.cases, 3);
}

#[test]
fn bytes_that_are_no_text_are_rejected() {
    let mut bytes = PRESCRIPTIONS.as_bytes().to_vec();
    bytes.extend_from_slice(b"10,100,9,2101-03-01 10:00:00,,MAIN,Aspirin\xff\n");
    let imported = Hospital::new().table("prescriptions", bytes).import();
    assert_eq!(imported.rejects(), ["prescriptions.csv,8,not_utf8,10,100"]);
}

#[test]
fn rows_swallowed_by_a_quote_that_is_not_closed_are_told() {
    for (fault, why) in [
        (
            "10,100,9,2101-03-01 10:00:00,,MAIN,\"Aspirin\n",
            "in the last column, where the number of fields stays right",
        ),
        ("10,100,9,2101-03-01 10:00:00,,\"MAIN,Aspirin\n", "before the last column"),
    ] {
        let (header, rows) = PRESCRIPTIONS.split_once('\n').unwrap();
        let imported = Hospital::new().table("prescriptions", format!("{header}\n{fault}{rows}")).import();
        assert_eq!(imported.rejects(), ["prescriptions.csv,2,quote_not_closed,,"], "{why}");
        let table = imported.table("prescriptions");
        assert_eq!(table["rows"], 1, "{why}");
        assert_eq!(table["swallowed_lines"], 6, "{why}");
        assert!(imported.report.warnings.iter().any(|warning| warning.code == "quote_not_closed"), "{why}");
    }
}
