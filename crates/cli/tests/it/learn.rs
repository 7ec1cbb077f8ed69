//! `bogam learn`, and `bogam suggest` with what it learned.

use bogam_testkit::case_json;
use serde_json::{Value, json};

use crate::common::{Place, code, ids, jsonl, lines, stderr};

/// Sixty patients of two stays on a ward: who has Z95.0 besides heart failure is mostly given levetiracetam, for which no
/// pack has a reason here.
fn site(place: &Place) -> (String, String) {
    let (mut cases, mut recorded) = (String::new(), Vec::new());
    for patient in 0..60 {
        for stay in 0..2 {
            let id = format!("{patient}-{stay}");
            let special = patient % 2 == 0;
            let mut case = case_json(&id).setting("inpatient").age(60.0 + f64::from(patient % 20)).diagnosis("I50.9");
            let mut drugs = vec!["furosemide", "heparin"];
            if special {
                case = case.diagnosis("Z95.0");
                if (patient + stay) % 8 != 0 {
                    drugs.push("levetiracetam");
                }
            }
            cases += &case.line();
            let drugs: Vec<Value> =
                drugs.iter().map(|d| json!({"ingredient": d, "first_hour": 1.0, "last_hour": 9.0})).collect();
            recorded.push(json!({"case_id": id, "patient_id": format!("p{patient}"), "drugs": drugs, "not_drugs": 0, "unmapped": []}));
        }
    }
    let name = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    (name(place.write("cases.jsonl", cases)), name(place.write("recorded.jsonl", jsonl(&recorded))))
}

fn learn(place: &Place, out: &str, more: &[&str]) -> (std::process::Output, String) {
    let (cases, recorded) = site(place);
    let out = place.path(out).to_str().unwrap().to_owned();
    let arguments = ["learn", "--cases", &cases, "--recorded", &recorded, "--out", &out];
    (place.run(&[&arguments[..], more].concat()), out)
}

fn new_case(place: &Place) -> String {
    let case = case_json("new").setting("inpatient").age(70.0).diagnosis("I50.9").diagnosis("Z95.0").no_allergies();
    place.write("new.jsonl", case.line()).to_str().unwrap().to_owned()
}

#[test]
fn what_is_learned_is_told_and_suggested() {
    let place = Place::new();
    let (output, prior) = learn(&place, "site.prior", &["--site", "Ward 7"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = place.run(&["prior", &prior, "--json"]);
    let header: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(
        (&header["admissions"], &header["patients"], &header["site"]),
        (&json!(120), &json!(60), &json!("Ward 7"))
    );
    assert_eq!(header["settings"], json!(["inpatient"]));
    let case = new_case(&place);
    let output = place.run(&["suggest", "--cases", &case, "--out", "-", "--model", "none", "--prior", &prior]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let record = &lines(&output.stdout)[0];
    assert!(ids(&record["drugs"]).contains(&"levetiracetam".to_owned()), "{:?}", ids(&record["drugs"]));
    assert!(record["provenance"]["prior"].as_str().unwrap().starts_with("sha256:"));
    let drugs = record["drugs"].as_array().unwrap();
    let listed = drugs.iter().find(|d| d["ingredient"] == "levetiracetam").unwrap();
    assert_eq!(listed["evidence"]["past"]["group"], "Z95");
    // Without it, or with none named, there is no trace of it.
    let output = place.run(&["suggest", "--cases", &case, "--out", "-", "--model", "none", "--prior", "none"]);
    let record = &lines(&output.stdout)[0];
    assert!(!ids(&record["drugs"]).contains(&"levetiracetam".to_owned()) && record["provenance"]["prior"].is_null());
}

#[test]
fn patients_who_are_left_out_leave_no_trace() {
    let place = Place::new();
    let out: String = (0..20).map(|p| format!("p{p}\n")).collect();
    let exclude = place.write("out.patients", out + "nobody\n");
    let (output, prior) = learn(&place, "a.prior", &["--exclude-patients", exclude.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("40 of excluded patients left out"), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 patients to exclude have no admission"), "{}", stderr(&output));
    let bytes = std::fs::read(prior).unwrap();
    // The same as if they had never been in the files.
    let keep = |text: &str, field: &str| -> String {
        let stays = |line: &&str| {
            let value: Value = serde_json::from_str(line).unwrap();
            let patient: u32 =
                value[field].as_str().unwrap().trim_start_matches('p').split('-').next().unwrap().parse().unwrap();
            patient >= 20
        };
        text.lines().filter(stays).map(|line| format!("{line}\n")).collect()
    };
    let (cases, recorded) = site(&place);
    let cases = place.write("c.jsonl", keep(&std::fs::read_to_string(cases).unwrap(), "case_id"));
    let recorded = place.write("r.jsonl", keep(&std::fs::read_to_string(recorded).unwrap(), "patient_id"));
    let out = place.path("b.prior");
    let files = [cases.to_str().unwrap(), recorded.to_str().unwrap(), out.to_str().unwrap()];
    let output = place.run(&["learn", "--cases", files[0], "--recorded", files[1], "--out", files[2]]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(bytes == std::fs::read(out).unwrap());
}

#[test]
fn reviews_change_what_is_learned() {
    let place = Place::new();
    // Reviewers put valproate in the place of levetiracetam, and refuse heparin.
    let mut reviews = Vec::new();
    for patient in (0..60).step_by(2) {
        for stay in 0..2 {
            let id = format!("{patient}-{stay}");
            if (patient + stay) % 8 != 0 {
                reviews.push(json!({"case_id": id, "ingredient": "levetiracetam", "decision": "changed", "changed_to": "lamotrigine"}));
            }
            reviews.push(json!({"case_id": id, "ingredient": "heparin", "decision": "rejected"}));
        }
    }
    let count = reviews.len();
    let file = place.write("reviews.jsonl", jsonl(&reviews));
    let (output, prior) = learn(&place, "r.prior", &["--reviews", file.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let header: Value = serde_json::from_slice(&place.run(&["prior", &prior, "--json"]).stdout).unwrap();
    assert_eq!(header["reviews"], json!(count));
    let case = new_case(&place);
    let output = place.run(&["suggest", "--cases", &case, "--out", "-", "--model", "none", "--prior", &prior]);
    let record = &lines(&output.stdout)[0];
    assert!(
        ids(&record["drugs"]).contains(&"lamotrigine".to_owned())
            && !ids(&record["drugs"]).contains(&"levetiracetam".to_owned()),
        "{:?}",
        ids(&record["drugs"])
    );
}

#[test]
fn what_cannot_be_learned_from_is_refused_and_nothing_is_written() {
    let place = Place::new();
    let (cases, recorded) = site(&place);
    let cases_text = std::fs::read_to_string(&cases).unwrap();
    let recorded_text = std::fs::read_to_string(&recorded).unwrap();
    let first = recorded_text.lines().next().unwrap();
    for (name, cases, recorded, more, expected) in [
        (
            "twice",
            cases_text.clone(),
            format!("{recorded_text}{first}\n"),
            None,
            "line 121: this `case_id` was recorded before",
        ),
        ("torn", cases_text.clone(), format!("{recorded_text}{{\n"), None, "line 121: not a record"),
        (
            "few",
            cases_text.lines().take(30).map(|l| format!("{l}\n")).collect(),
            recorded_text.clone(),
            None,
            "30 admissions",
        ),
        (
            "review",
            cases_text.clone(),
            recorded_text.clone(),
            Some(r#"{"case_id":"x","ingredient":"furosemide","decision":"accepted"}"#),
            "give its `patient_id`",
        ),
        (
            "change",
            cases_text.clone(),
            recorded_text.clone(),
            Some(r#"{"case_id":"1-0","ingredient":"furosemide","decision":"changed"}"#),
            "`changed_to`",
        ),
    ] {
        let cases = place.write(&format!("{name}.cases"), cases);
        let recorded = place.write(&format!("{name}.recorded"), recorded);
        let out = place.path(&format!("{name}.prior"));
        let mut arguments = vec![
            "learn",
            "--cases",
            cases.to_str().unwrap(),
            "--recorded",
            recorded.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        let reviews = more.map(|text| place.write(&format!("{name}.reviews"), format!("{text}\n")));
        if let Some(reviews) = &reviews {
            arguments.extend(["--reviews", reviews.to_str().unwrap()]);
        }
        let output = place.run(&arguments);
        assert_eq!(code(&output), 2, "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{name}: {}", stderr(&output));
        assert!(!out.exists(), "{name}");
    }
}

#[test]
fn a_case_that_cannot_be_read_is_told_and_the_others_are_learned_from() {
    let place = Place::new();
    let (cases, recorded) = site(&place);
    let text = std::fs::read_to_string(&cases).unwrap();
    std::fs::write(&cases, format!("{{\"case_id\":\"bad\"}}\n{text}")).unwrap();
    let out = place.path("p.prior");
    let output = place.run(&["learn", "--cases", &cases, "--recorded", &recorded, "--out", out.to_str().unwrap()]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("line 1:") && stderr(&output).contains("1 cases rejected"), "{}", stderr(&output));
    assert!(out.exists());
}

#[test]
fn what_is_no_prior_and_channels_without_one_are_refused() {
    let place = Place::new();
    let case = new_case(&place);
    let no_prior = place.write("no.prior", "{}\n");
    let base = ["suggest", "--cases", &case, "--out", "-", "--model", "none"];
    for (more, expected) in [
        (vec!["--prior", no_prior.to_str().unwrap()], "not a learned prior"),
        (vec!["--prior", "/nowhere.prior"], "cannot be read"),
        (vec!["--channels", "prior"], "needs a learned prior"),
        (vec!["--channels", "knowledge+model"], "needs a model"),
        (vec!["--channels", "guess"], "one of knowledge, "),
        (vec!["--model-scores", "scores.jsonl"], "need a model"),
    ] {
        let output = place.run(&[&base[..], &more].concat());
        assert_eq!(code(&output), 2, "{more:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{more:?}: {}", stderr(&output));
    }
}
