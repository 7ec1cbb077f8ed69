//! A case holds what was known 24 hours after admission.

use serde_json::{Value, json};

use crate::accounting::assert_readable;
use crate::hospital::{Hospital, PATIENTS, TITLES};

const OMR: &str = "subject_id,chartdate,result_name,result_value\n";
const ITEMS: &str =
    "itemid,label,fluid\n1,Creatinine,Blood\n2,Potassium,Blood\n3,Creatinine,Urine\n4,Creatinine,Serum\n";
const LABS: &str = "subject_id,hadm_id,itemid,charttime,storetime,valuenum,valueuom\n";

/// Case 100: a man of 61, admitted on 1 March 2101 at 10:00.
fn case_100(hospital: &Hospital) -> Value {
    let imported = hospital.import();
    assert_readable(&imported);
    imported.case("100")
}

fn with_labs(rows: &str) -> Value {
    case_100(&Hospital::new().table("d_labitems", ITEMS).table("labevents", format!("{LABS}{rows}")))["patient"].clone()
}

#[test]
fn one_case_an_admission_with_a_diagnosis_by_patient_then_time() {
    let imported = Hospital::new().import();
    let ids: Vec<_> = imported.lines("cases.jsonl").iter().map(|case| case["case_id"].clone()).collect();
    assert_eq!(ids, ["100", "101", "200"]);
}

#[test]
fn a_case_is_as_of_24_hours_after_admission_with_unknowns_null() {
    let case = case_100(&Hospital::new().table("d_icd_diagnoses", TITLES));
    assert_eq!(case["as_of"], "2101-03-02T10:00:00");
    assert_eq!(case["admission"]["setting"], "inpatient");
    assert_eq!(case["admission"]["type"], "EW EMER.");
    assert_eq!((&case["patient"]["age_years"], &case["patient"]["sex"]), (&json!(61.0), &json!("M")));
    for field in ["name", "number", "allergies", "current_drugs", "pregnant", "creatinine_stable", "dialysis"] {
        assert!(case["patient"][field].is_null(), "{field}");
    }
    assert!(case["notes"].is_null() && case["proposed_drugs"].is_null());
}

#[test]
fn diagnoses_are_in_order_of_rank_with_title_in_both_code_systems() {
    let imported = Hospital::new().table("d_icd_diagnoses", TITLES).import();
    assert_eq!(
        imported.case("100")["diagnoses"],
        json!([
            {"system": "icd10", "code": "I509", "title": "Heart failure, unspecified", "rank": 1},
            {"system": "icd10", "code": "I10", "title": "Essential hypertension", "rank": 2},
        ])
    );
    let icd9 = json!([{"system": "icd9", "code": "4280", "title": "Congestive heart failure", "rank": 1}]);
    assert_eq!(imported.case("101")["diagnoses"], icd9);
}

#[test]
fn ages_over_89_are_given_as_91() {
    for (anchor_age, anchor_year, expected) in [(88, 2100, 89), (89, 2100, 91), (91, 2100, 91), (91, 2109, 91)] {
        let patients = PATIENTS.replace("60,2100", &format!("{anchor_age},{anchor_year}"));
        let case = case_100(&Hospital::new().table("patients", patients));
        assert_eq!(case["patient"]["age_years"], json!(f64::from(expected)), "{anchor_age} in {anchor_year}");
    }
}

#[test]
fn weight_and_height_are_the_latest_by_the_date_of_the_case_in_kg_and_cm() {
    let rows = "10,2101-02-01,Weight (Lbs),170\n10,2101-03-02,Weight (Lbs),180.5\n10,2101-03-03,Weight (Lbs),250\n\
                10,2101-01-01,Weight (Lbs),160\n10,2099-01-01,Height (Inches),70\n20,2101-01-01,Height (Inches),60\n\
                10,2101-02-01,eGFR,58\n";
    let patient = case_100(&Hospital::new().table("omr", format!("{OMR}{rows}")))["patient"].clone();
    assert_eq!(patient["weight_kg"], 81.9);
    assert_eq!(patient["height_cm"], 177.8);
    assert_eq!(patient["egfr_ml_min_1_73m2"], 58.0);
}

#[test]
fn an_outlier_is_unknown_and_counted() {
    for (rows, weight, height) in [
        ("10,2101-02-01,Weight (Lbs),1700\n", 1, 0),
        ("10,2101-02-01,Weight (Lbs),17\n", 1, 0),
        ("10,2101-02-01,Height (Inches),7\n", 0, 1),
        ("10,2101-02-01,Height (Inches),178\n10,2101-02-01,Weight (Lbs),0\n", 1, 1),
    ] {
        let imported = Hospital::new().table("omr", format!("{OMR}{rows}")).import();
        let patient = imported.case("100")["patient"].clone();
        assert!(weight == 0 || patient["weight_kg"].is_null(), "{rows}");
        assert!(height == 0 || patient["height_cm"].is_null(), "{rows}");
        // Both admissions of the patient would have it.
        let outliers = &imported.report.outliers;
        assert_eq!((outliers.weight_kg, outliers.height_cm), (2 * weight, 2 * height), "{rows}");
        assert_eq!(imported.table("omr")["unused"]["outlier"], weight + height, "{rows}");
    }
}

#[test]
fn an_impossible_creatinine_is_unknown_and_counted() {
    let labs = format!("{LABS}10,100,1,2101-03-01 12:00:00,,999999,mg/dL\n");
    let imported = Hospital::new().table("d_labitems", ITEMS).table("labevents", labs).import();
    assert!(imported.case("100")["patient"]["creatinine_mg_dl"].is_null());
    assert_eq!(imported.report.outliers.creatinine_mg_dl, 1);
}

#[test]
fn results_count_from_24_hours_before_admission_to_24_hours_after() {
    for (time, counts) in [
        ("2101-02-28 09:59:59", false),
        ("2101-02-28 10:00:00", true),
        ("2101-03-01 10:00:00", true),
        ("2101-03-02 10:00:00", true),
        ("2101-03-02 10:00:01", false),
    ] {
        let patient = with_labs(&format!("10,100,1,{time},,1.4,mg/dL\n"));
        assert_eq!(patient["labs"].as_array().unwrap().len(), usize::from(counts), "{time}");
        assert_eq!(patient["creatinine_mg_dl"].is_number(), counts, "{time}");
    }
}

#[test]
fn a_result_that_was_stored_after_the_first_day_was_not_known() {
    let patient = with_labs(
        "10,100,1,2101-03-02 09:00:00,2101-03-02 10:30:00,9.9,mg/dL\n10,100,1,2101-03-01 09:00:00,2101-03-01 10:30:00,1.1,mg/dL\n",
    );
    assert_eq!(patient["creatinine_mg_dl"], 1.1);
}

#[test]
fn a_result_without_admission_counts_by_time_and_one_of_a_later_admission_never() {
    let rows = "10,,2,2101-03-01 05:00:00,,4.1,mEq/L\n10,101,1,2101-03-01 06:00:00,,7.7,mg/dL\n";
    let patient = with_labs(rows);
    assert!(patient["creatinine_mg_dl"].is_null());
    assert_eq!(
        patient["labs"],
        json!([{"name": "Potassium", "loinc": null, "value": 4.1, "unit": "mEq/L", "time": "2101-03-01T05:00:00"}])
    );
}

#[test]
fn the_latest_blood_result_of_each_item_is_kept() {
    let patient = with_labs(
        "10,100,1,2101-03-01 12:00:00,,1.3,mg/dL\n10,100,1,2101-03-01 11:00:00,,1.1,mg/dL\n\
         10,100,3,2101-03-01 13:00:00,,80,mg/dL\n10,100,4,2101-03-01 12:30:00,,1.5,mg/dL\n10,100,2,2101-03-01 12:30:00,,,\n",
    );
    let values: Vec<_> = patient["labs"].as_array().unwrap().iter().map(|lab| lab["value"].clone()).collect();
    assert_eq!(values, [json!(1.3), json!(1.5)]);
    assert_eq!(patient["creatinine_mg_dl"], 1.5);
}

#[test]
fn service_intensive_care_and_procedures_are_those_of_the_first_day() {
    let services = "subject_id,hadm_id,transfertime,prev_service,curr_service\n10,100,2101-03-02 10:00:00,MED,CMED\n\
                    10,100,2101-03-02 10:00:01,CMED,SURG\n10,100,2101-03-01 10:00:00,,MED\n";
    let procedures = "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version\n10,100,2,2101-03-02,3961,9\n\
                      10,100,1,2101-03-02,0W9G,10\n10,100,3,2101-03-03,9999,9\n";
    let units = |time: &str| {
        format!(
            "subject_id,hadm_id,careunit,intime\n10,100,Medicine,2101-03-01 10:00:00\n10,100,Cardiac Vascular Intensive Care Unit (CVICU),{time}\n"
        )
    };
    for (time, icu) in [("2101-03-02 09:59:59", true), ("2101-03-02 10:00:00", false)] {
        let hospital = Hospital::new()
            .table("services", services)
            .table("procedures_icd", procedures)
            .table("transfers", units(time));
        let admission = case_100(&hospital)["admission"].clone();
        assert_eq!(admission["service"], "CMED");
        assert_eq!(admission["icu"], icu, "{time}");
        let expected = json!([{"system": "icd10", "code": "0W9G"}, {"system": "icd9", "code": "3961"}]);
        assert_eq!(admission["procedures"], expected);
    }
}

const ICU_STAYS: &str = "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los\n";

#[test]
fn stays_in_intensive_care_tell_it_alone_or_beside_transfers() {
    let transfers = |time: &str| format!("subject_id,hadm_id,careunit,intime\n10,100,CVICU,{time}\n");
    let stays = |time: &str| format!("{ICU_STAYS}10,100,1,A,A,{time},2101-03-03 10:00:00,1\n");
    let (early, late) = ("2101-03-02 09:59:59", "2101-03-02 10:00:00");
    for (transfer, stay, icu) in [
        (None, Some(early), json!(true)),
        (None, Some(late), json!(false)),
        (Some(late), Some(early), json!(true)),
        (Some(early), Some(late), json!(true)),
        (Some(late), Some(late), json!(false)),
        (Some(early), None, json!(true)),
        (None, None, json!(null)),
    ] {
        let mut hospital = Hospital::new();
        if let Some(time) = transfer {
            hospital = hospital.table("transfers", transfers(time));
        }
        if let Some(time) = stay {
            hospital = hospital.table("icustays", stays(time));
        }
        let imported = hospital.import();
        assert_eq!(imported.case("100")["admission"]["icu"], icu, "{transfer:?} {stay:?}");
        let missing = imported.report.missing_tables.contains(&"transfers");
        assert_eq!(missing, transfer.is_none() && stay.is_none(), "{transfer:?} {stay:?}");
    }
}

#[test]
fn stays_in_intensive_care_are_also_found_in_the_folder_icu_beside() {
    let parent = tempfile::TempDir::new().unwrap();
    let (hosp, icu) = (parent.path().join("hosp"), parent.path().join("icu"));
    std::fs::create_dir(&icu).unwrap();
    let hospital = Hospital::new();
    std::fs::create_dir(&hosp).unwrap();
    for file in std::fs::read_dir(hospital.folder()).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), hosp.join(file.file_name())).unwrap();
    }
    let rows =
        "10,100,1,A,A,2101-03-01 12:00:00,,1\n10,,2,A,A,2101-03-01 12:00:00,,1\n10,999,3,A,A,2101-03-01 12:00:00,,1\n";
    std::fs::write(icu.join("icustays.csv"), format!("{ICU_STAYS}{rows}")).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let report = crate::hospital::import_from(&hosp, folder.path(), &crate::hospital::FewNames).unwrap();
    let imported = crate::hospital::Imported { folder, report };
    assert_eq!(imported.case("100")["admission"]["icu"], true);
    assert_eq!(imported.case("200")["admission"]["icu"], false);
    let table = imported.table("icustays");
    assert_eq!(table["file"], "../icu/icustays.csv");
    assert_eq!(table["unused"], json!({"no_matching_admission": 1, "without_admission": 1}));
    assert_eq!(imported.rejects(), ["../icu/icustays.csv,4,no_matching_admission,10,999"]);
}
