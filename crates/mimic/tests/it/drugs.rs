//! Recorded drugs, by ingredient.

use serde_json::json;

use crate::accounting::assert_sums;
use crate::hospital::{Hospital, PRESCRIPTIONS};

const HEADER: &str = "subject_id,hadm_id,pharmacy_id,starttime,stoptime,drug_type,drug\n";

#[test]
fn rows_of_one_ingredient_are_one_drug_with_earliest_start_and_latest_stop() {
    let recorded = Hospital::new().import().recorded("100");
    assert_eq!(
        recorded,
        json!({
            "case_id": "100", "patient_id": "10",
            "drugs": [
                {"ingredient": "furosemide", "atc": ["C03CA01"], "names": ["Furosemide", "Lasix"], "first_hour": 1.0, "last_hour": 72.0},
                {"ingredient": "heparin", "atc": ["B01AB01"], "names": ["Heparin"], "first_hour": 2.0, "last_hour": null},
            ],
            "not_drugs": 0, "unmapped": [],
        })
    );
}

#[test]
fn an_unknown_name_is_listed_and_counted_and_a_row_that_is_no_drug_makes_no_line() {
    let imported = Hospital::new().import();
    assert_eq!(imported.recorded("101")["unmapped"], json!(["Wondermycin"]));
    assert_eq!(imported.recorded("101")["drugs"], json!([]));
    assert_eq!(imported.lines("recorded.jsonl").len(), 2);
    let rows = &imported.report.drug_rows;
    assert_eq!((rows.main, rows.mapped, rows.unmapped, rows.not_drugs), (5, 3, 1, 1));
    assert_eq!(rows.mapped_share, Some(0.75));
    assert_eq!(imported.report.unmapped.top[0].name, "Wondermycin");
    assert_eq!(imported.report.unmapped.distinct_names, 1);
}

#[test]
fn drugs_are_in_order_of_first_start_then_of_id_with_unknown_starts_last() {
    let rows = "10,100,1,,,MAIN,Aspirin\n10,100,1,2101-03-02 10:20:00,,MAIN,Heparin\n\
                10,100,1,2101-03-02 10:20:00,,MAIN,Furosemide\n";
    let recorded = Hospital::new().table("prescriptions", format!("{HEADER}{rows}")).import().recorded("100");
    let drugs: Vec<_> = recorded["drugs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["ingredient"].clone(), d["first_hour"].clone()))
        .collect();
    assert_eq!(
        drugs,
        [(json!("furosemide"), json!(24.33)), (json!("heparin"), json!(24.33)), (json!("aspirin"), json!(null))]
    );
}

#[test]
fn the_pharmacy_names_the_drug_where_the_row_names_only_its_packaging() {
    let rows = "10,100,1,2101-03-01 12:00:00,,MAIN,Bag\n10,100,2,2101-03-01 12:00:00,,MAIN,\n\
                10,100,3,2101-03-01 12:00:00,,MAIN,Saline Flush\n10,100,4,2101-03-01 12:00:00,,MAIN,\n\
                10,100,5,2101-03-01 12:00:00,,MAIN,Furosemide\n10,100,6,2101-03-01 12:00:00,,MAIN,\n";
    let pharmacy = "pharmacy_id,medication\n2,\n1,Heparin\n2,Aspirin\n3,Saline Flush\n5,Wondermycin\n6,Wondermycin\n";
    let imported =
        Hospital::new().table("prescriptions", format!("{HEADER}{rows}")).table("pharmacy", pharmacy).import();
    let recorded = imported.recorded("100");
    let drugs: Vec<_> =
        recorded["drugs"].as_array().unwrap().iter().map(|d| d["ingredient"].as_str().unwrap()).collect();
    assert_eq!(drugs, ["aspirin", "furosemide", "heparin"]);
    assert_eq!(recorded["not_drugs"], 1);
    assert_eq!(recorded["unmapped"], json!(["Wondermycin"]));
    let counts = &imported.report.drug_rows;
    assert_eq!((counts.mapped, counts.unmapped, counts.not_drugs, counts.without_name), (3, 1, 1, 1));
    assert_eq!(counts.named_by_pharmacy, 2);
    assert_sums(&imported);
}

#[test]
fn additives_and_unknown_types_are_counted_apart() {
    let rows = "10,100,1,,,ADDITIVE,Heparin\n10,100,1,,,BASE,Bag\n10,100,1,,,OTHER,Heparin\n";
    let imported = Hospital::new().table("prescriptions", format!("{HEADER}{rows}")).import();
    let expected = json!({"drug_type_base": 1, "drug_type_additive": 1, "drug_type_other": 1});
    assert_eq!(imported.table("prescriptions")["unused"], expected);
    assert!(imported.lines("recorded.jsonl").is_empty());
    assert_eq!(imported.report.drug_rows.mapped_share, None);
}

#[test]
fn a_stop_before_its_start_is_kept_as_recorded_and_counted() {
    let rows = "10,100,1,2101-03-02 10:00:00,2101-03-02 09:00:00,MAIN,Heparin\n";
    let imported = Hospital::new().table("prescriptions", format!("{HEADER}{rows}")).import();
    let drug = imported.recorded("100")["drugs"][0].clone();
    assert_eq!((&drug["first_hour"], &drug["last_hour"]), (&json!(24.0), &json!(23.0)));
    assert_eq!(imported.report.drug_rows.stop_before_start, 1);
}

#[test]
fn a_sample_is_a_case_as_a_prompt_with_its_ingredients_as_the_answer() {
    let imported = Hospital::new().table("prescriptions", PRESCRIPTIONS).import();
    assert_eq!(
        imported.lines("samples.jsonl"),
        [json!({
            "sample_id": "100", "patient_id": "10", "case_id": "100",
            "messages": [{"role": "system", "content": "List drugs."}, {"role": "user", "content": "Case 100"}],
            "answer": ["furosemide", "heparin"],
        })]
    );
    assert_eq!(imported.report.samples, 1);
}
