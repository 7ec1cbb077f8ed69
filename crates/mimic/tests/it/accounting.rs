//! Every row has one outcome, and the report says which.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bogam_clinical::read_case;

use crate::hospital::{Hospital, Imported};

/// Asserts of every table that its rows are the used and the unused, and that faults are those of `rejects.csv`.
pub fn assert_sums(imported: &Imported) {
    let mut rejected = 0;
    for table in &imported.report.tables {
        assert_eq!(table.rows, table.used + table.unused.values().sum::<u64>(), "{}", table.table);
        rejected += table.rejected;
    }
    assert_eq!(usize::try_from(rejected).unwrap(), imported.rejects().len());
}

/// Asserts of every table that its rows are those of its file, counted by another reader.
pub fn assert_rows_of_files(imported: &Imported, hosp: &Path) {
    for table in &imported.report.tables {
        let file = File::open(hosp.join(&table.file)).unwrap();
        let text: Box<dyn Read> = if table.file.ends_with(".gz") {
            Box::new(flate2::read::MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
        let rows = reader.byte_records().map(Result::unwrap).count();
        assert_eq!(table.rows, rows as u64, "{}", table.table);
    }
}

/// Asserts that every case can be read back, and nothing in it is unknown.
pub fn assert_readable(imported: &Imported) {
    for line in imported.text("cases.jsonl").lines() {
        let read = read_case(line).unwrap_or_else(|error| panic!("{error:?} in {line}"));
        assert_eq!(read.unknown_fields, [""; 0]);
    }
}

/// A hospital with a row of every kind.
fn full() -> Hospital {
    Hospital::new()
        .table("d_icd_diagnoses", "icd_code,icd_version,long_title\nI509,10,A\nI509,10,B\nZ999,10,C\nI10,12,D\n")
        .table("pharmacy", "pharmacy_id,medication\n1,Furosemide\n5,Heparin\nx,Aspirin\n")
        .table(
            "omr",
            "subject_id,chartdate,result_name,result_value\n10,2101-01-01,Weight (Lbs),200\n10,2101-02-01,Weight (Lbs),180\n\
             10,2101-02-01,Blood Pressure,120/80\n10,2101-02-01,Height (Inches),700\n10,2101-02-01,Weight (Lbs),n/a\n\
             99,2101-02-01,Weight (Lbs),180\n20,2119-02-01,Weight (Lbs),180\n10,2101-02-01,eGFR,>60\n",
        )
        .table("d_labitems", "itemid,label,fluid\n1,Creatinine,Blood\n2,Creatinine,Urine\n1,Again,Blood\n")
        .table(
            "labevents",
            "subject_id,hadm_id,itemid,charttime,valuenum,valueuom\n\
             10,100,1,2101-03-01 11:00:00,1.1,mg/dL\n10,100,1,2101-03-01 12:00:00,1.2,mg/dL\n\
             10,100,2,2101-03-01 12:00:00,1.2,mg/dL\n10,100,3,2101-03-01 12:00:00,1.2,mg/dL\n\
             10,100,1,2101-03-01 12:00:00,,mg/dL\n10,100,1,2101-03-01 12:00:00,NaN,mg/dL\n\
             10,100,1,2101-03-03 12:00:00,1.3,mg/dL\n10,999,1,2101-03-01 12:00:00,1.3,mg/dL\n",
        )
        .table(
            "services",
            "subject_id,hadm_id,transfertime,curr_service\n10,100,2101-03-01 10:00:00,MED\n10,100,2101-03-01 11:00:00,CMED\n\
             10,100,2101-03-03 11:00:00,SURG\n20,201,2110-06-01 20:00:00,MED\n",
        )
        .table(
            "procedures_icd",
            "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version\n10,100,1,2101-03-01,3961,9\n10,100,2,2101-03-02,3961,9\n\
             10,100,3,2101-03-03,0W9G,10\n",
        )
        .table(
            "transfers",
            "subject_id,hadm_id,careunit,intime\n10,100,Medical Intensive Care Unit (MICU),2101-03-01 12:00:00\n\
             10,,Emergency Department,2101-03-01 12:00:00\n10,100,Medicine,2101-03-01 12:00:00\n\
             10,100,Medical Intensive Care Unit (MICU),2101-03-04 12:00:00\n",
        )
}

#[test]
fn used_and_unused_rows_are_all_rows() {
    let hospital = full();
    let imported = hospital.import();
    assert_sums(&imported);
    assert_rows_of_files(&imported, hospital.folder());
    assert_readable(&imported);
    assert!(imported.report.missing_tables.is_empty());
    assert_eq!(imported.report.tables.len(), 12);
}

#[test]
fn every_unused_row_stands_under_its_reason() {
    let imported = full().import();
    for (table, used, unused) in [
        ("patients", 2, "{}"),
        ("admissions", 3, r#"{"admission_without_diagnoses":1}"#),
        ("diagnoses_icd", 4, "{}"),
        ("d_icd_diagnoses", 1, r#"{"bad_code":1,"not_referred_to":1,"repeated":1}"#),
        ("prescriptions", 4, r#"{"drug_type_base":1,"unmapped":1}"#),
        ("pharmacy", 1, r#"{"bad_id":1,"not_referred_to":1}"#),
        (
            "omr",
            1,
            r#"{"bad_number":1,"no_matching_patient":1,"later_than_first_day":1,"superseded":1,"outlier":1,"not_numeric":1,"other_measurement":1}"#,
        ),
        ("d_labitems", 1, r#"{"repeated_id":1,"not_blood":1}"#),
        (
            "labevents",
            1,
            r#"{"bad_number":1,"no_matching_admission":1,"not_referred_to":1,"outside_first_day":1,"superseded":1,"not_numeric":1,"not_blood":1}"#,
        ),
        ("services", 1, r#"{"admission_without_diagnoses":1,"later_than_first_day":1,"superseded":1}"#),
        ("procedures_icd", 1, r#"{"repeated":1,"later_than_first_day":1}"#),
        ("transfers", 1, r#"{"without_admission":1,"later_than_first_day":1,"not_intensive_care":1}"#),
    ] {
        let entry = imported.table(table);
        assert_eq!(entry["used"], used, "{table}");
        assert_eq!(entry["unused"], serde_json::from_str::<serde_json::Value>(unused).unwrap(), "{table}");
    }
}

#[test]
fn a_patient_without_a_case_is_counted() {
    let imported = Hospital::new().table("patients", format!("{}30,F,40,2100\n", crate::hospital::PATIENTS)).import();
    assert_eq!(imported.table("patients")["unused"]["patient_without_case"], 1);
    assert_eq!((imported.report.patients, imported.report.cases), (2, 3));
}

#[test]
fn the_report_says_that_an_evaluation_is_retrospective() {
    let codes: Vec<_> = full().import().report.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["retrospective"]);
}
