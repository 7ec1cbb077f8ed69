//! Groups of admissions.

use bogam_clinical::read_case;
use bogam_evaluate::{GroupTable, Report};
use serde_json::{Value, json};

use crate::fixture::{add_source, evaluation, finish, from, is, list, recorded};

fn case(n: usize) -> Value {
    let service = if n < 12 { json!("MED") } else { json!("SURG") };
    json!({"case_id": format!("c{n}"), "as_of": format!("2100-01-{:02}T00:00:00", 1 + n),
        "patient": {"age_years": 55 + n, "sex": if n.is_multiple_of(2) { "F" } else { "M" }},
        "admission": {"service": if n == 14 { Value::Null } else { service }, "icu": n < 10},
        "diagnoses": [{"system": "icd10", "code": "E11.9", "rank": 2}, {"system": "icd10", "code": "I50.9", "rank": 1}]})
}

/// Fifteen admissions of eight patients: what is right is one of two listed in the first ten, and nothing in the others.
fn fifteen(cases: &[Value]) -> Report {
    let (mut records, mut lines) = (Vec::new(), Vec::new());
    for n in 0..15 {
        let given = if n < 10 { "digoxin" } else { "warfarin" };
        records.push(recorded(&format!("c{n}"), &format!("p{}", n / 2), &[(given, from(1.0))]));
        lines.push(list(&format!("c{n}"), &[("digoxin", 0.5), ("senna", 0.5)], &[], &[]));
    }
    let mut evaluation = evaluation(&records);
    add_source(&mut evaluation, "suggestions", &lines);
    for case in cases {
        evaluation.case(&read_case(&case.to_string()).unwrap().case);
    }
    finish(&evaluation)
}

fn table<'a>(report: &'a Report, attribute: &str) -> &'a GroupTable {
    report.groups.iter().find(|table| table.attribute == attribute).unwrap()
}

fn rows(table: &GroupTable) -> Vec<(&str, u64)> {
    table.rows.iter().map(|row| (row.group.as_str(), row.admissions)).collect()
}

#[test]
fn groups_have_their_figures_and_small_ones_are_counted_only() {
    let cases: Vec<Value> = (0..15).map(case).collect();
    let report = fifteen(&cases);
    let service = table(&report, "service");
    assert_eq!(rows(service), [("MED", 12)]);
    // SURG has two, and one is unknown.
    assert_eq!((service.groups_not_shown, service.admissions_not_shown, service.without_case), (2, 3, 0));
    let row = &service.rows[0];
    is(&row.listed, 2.0);
    is(&row.recorded, 1.0);
    is(&row.accuracy, 10.0 * 0.5 / 12.0);
    is(&row.jaccard, 10.0 * 0.5 / 12.0);
    is(&row.prauc, 10.0 / 12.0);
    assert!(row.accuracy.low.unwrap() < row.accuracy.high.unwrap());
    assert_eq!(rows(table(&report, "icu")), [("yes", 10)]);
    // 55 to 59 are five, 60 to 69 ten.
    assert_eq!(rows(table(&report, "age")), [("60-69", 10)]);
    assert_eq!(rows(table(&report, "sex")), []);
    assert_eq!(table(&report, "sex").admissions_not_shown, 15);
    // By the diagnosis of rank 1.
    assert_eq!(rows(table(&report, "diagnosis_chapter")), [("I00-I99 Circulatory", 15)]);
    assert_eq!(rows(table(&report, "recorded_drugs")), [("1-4", 15)]);
    // Seven patients have a second admission; eight first ones and seven second ones are too few.
    let earlier = table(&report, "earlier_admissions");
    assert_eq!((earlier.groups_not_shown, earlier.admissions_not_shown), (2, 15));
}

#[test]
fn admissions_without_a_case_are_in_no_group_and_counted() {
    let cases: Vec<Value> = (0..11).map(case).collect();
    let report = fifteen(&cases);
    let service = table(&report, "service");
    assert_eq!((rows(service), service.without_case), (vec![("MED", 11)], 4));
    assert_eq!(table(&report, "recorded_drugs").without_case, 0);
}

#[test]
fn without_cases_there_is_only_the_number_of_recorded_drugs() {
    let report = fifteen(&[]);
    let attributes: Vec<&str> = report.groups.iter().map(|table| table.attribute.as_str()).collect();
    assert_eq!(attributes, ["recorded_drugs"]);
}
