//! Earlier admissions tell of the past; later ones tell nothing.

use serde_json::json;

use crate::hospital::{ADMISSIONS, Hospital, PRESCRIPTIONS, TITLES};

#[test]
fn earlier_admissions_give_prior_diagnoses_and_past_drugs() {
    let imported = Hospital::new().table("d_icd_diagnoses", TITLES).import();
    let case = imported.case("101");
    let prior: Vec<_> = case["prior_diagnoses"].as_array().unwrap().iter().map(|d| (&d["code"], &d["rank"])).collect();
    assert_eq!(prior, [(&json!("I509"), &json!(null)), (&json!("I10"), &json!(null))]);
    // Heparin has no stop: from discharge on 5 March 10:00. Furosemide stopped on 4 March 10:00. Now is 10 May 08:00.
    assert_eq!(
        case["past_drugs"],
        json!([{"ingredient": "heparin", "days_ago": 65.92}, {"ingredient": "furosemide", "days_ago": 66.92}])
    );
}

#[test]
fn nothing_of_a_later_admission_is_in_a_case() {
    let imported = Hospital::new().import();
    let case = imported.case("100");
    assert_eq!((&case["prior_diagnoses"], &case["past_drugs"]), (&json!([]), &json!([])));
    assert!(!case.to_string().contains("4280"));
}

#[test]
fn an_admission_that_had_not_ended_is_left_out_and_counted() {
    let overlapping = ADMISSIONS.replace("2101-03-05 10:00:00", "2101-05-10 08:00:01");
    let imported = Hospital::new().table("admissions", overlapping).import();
    assert_eq!(imported.case("101")["prior_diagnoses"], json!([]));
    assert_eq!(imported.report.notes.unended_earlier_admissions, 1);
}

#[test]
fn orders_that_start_after_this_admission_are_not_of_the_past_and_running_ones_end_now() {
    let orders = format!(
        "{PRESCRIPTIONS}10,100,9,2101-05-11 08:00:00,2101-05-12 08:00:00,MAIN,Aspirin\n\
         10,100,9,2101-03-04 08:00:00,2101-06-12 08:00:00,MAIN,Heparin\n"
    );
    let imported = Hospital::new().table("prescriptions", orders).import();
    assert_eq!(
        imported.case("101")["past_drugs"],
        json!([{"ingredient": "heparin", "days_ago": 0.0}, {"ingredient": "furosemide", "days_ago": 66.92}])
    );
}

#[test]
fn of_several_earlier_admissions_the_most_recent_comes_first_and_a_code_once() {
    let admissions = format!("{ADMISSIONS}10,102,2101-08-10 08:00:00,2101-08-14 12:00:00,URGENT\n");
    let diagnoses = format!("{}10,102,1,A419,10\n10,101,2,I10,10\n", crate::hospital::DIAGNOSES);
    let imported = Hospital::new().table("admissions", admissions).table("diagnoses_icd", diagnoses).import();
    let case = imported.case("102");
    let codes: Vec<_> =
        case["prior_diagnoses"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["4280", "I10", "I509"]);
}
