//! Cases and suggestions from files: what was changed on the way is found, and nothing is dropped in silence.

use bogam_app::vault::store::{CaseStatus, SearchQuery};
use serde_json::{Value, json};

use crate::vaults::{Place, case};

fn records(place: &Place) -> Vec<Value> {
    let text = std::fs::read_to_string(place.path("suggestions.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_suggestion_as_it_was_made_is_the_same_in_the_vault() {
    let place = Place::new();
    let session = place.create();
    let cases = place.lines("cases.jsonl", &[case("c1", "홍길동", "1")]);
    let suggestions = place.suggest(&cases);
    let (added, warnings) = place.add(&session, &cases, Some(&suggestions));
    assert_eq!((added.suggestions, added.withheld), (1, 0), "{warnings:?}");
    let id = session.suggestions_of(session.find_case("c1").unwrap()).unwrap()[0];
    let mut kept = serde_json::to_value(session.suggestion(id).unwrap().record).unwrap();
    let made = &mut records(&place)[0];
    assert!(kept["notices"].as_array_mut().unwrap().iter().any(|n| n == "rechecked"));
    for record in [&mut kept, made] {
        record["notices"] = json!(null);
        // In what order they stand says nothing.
        let open = record["not_evaluated"].as_array_mut().unwrap();
        open.sort_by_key(ToString::to_string);
    }
    assert_eq!(kept, *made);
    let (again, _) = place.add(&session, &cases, Some(&suggestions));
    assert_eq!((again.suggestions, again.known), (0, 1));
}

#[test]
fn what_must_not_be_listed_is_withheld_on_the_way_in() {
    let place = Place::new();
    let session = place.create();
    let mut allergic = case("c1", "n", "1");
    allergic["diagnoses"] = json!([{"system": "icd10", "code": "J18.9"}]);
    allergic["patient"]["allergies"] = json!([{"to": "penicillin", "reaction": "anaphylaxis", "severity": "severe"}]);
    let cases = place.lines("cases.jsonl", &[allergic]);
    place.suggest(&cases);
    let mut record = records(&place).remove(0);
    let withheld = record["withheld"].as_array().unwrap().clone();
    let amoxicillin = withheld.iter().find(|d| d["ingredient"].as_str().unwrap().contains("cillin")).unwrap();
    let id = amoxicillin["ingredient"].as_str().unwrap().to_owned();
    // Somebody moves it into the list, without its finding and with a dose of their own.
    let mut listed = record["drugs"][0].clone();
    listed["ingredient"] = json!(id);
    listed["probability"] = json!(0.99);
    listed["findings"] = json!([]);
    listed["dose"] = json!({"en": "one spoonful", "ko": "한 숟가락", "withheld": null});
    record["drugs"][1]["dose"]["en"] = json!("a hundred tablets");
    record["drugs"][1]["name"] = json!({"en": "Vitamin", "ko": "비타민"});
    record["drugs"].as_array_mut().unwrap().insert(0, listed);
    record["withheld"].as_array_mut().unwrap().retain(|d| d["ingredient"] != json!(id));
    record["findings"] = json!([]);
    let changed = place.lines("changed.jsonl", &[record.clone()]);
    let (added, warnings) = place.add(&session, &cases, Some(&changed));
    assert_eq!((added.suggestions, added.withheld, added.exit_code()), (1, 1, 0));
    assert!(warnings.iter().any(|w| w.contains(&id)), "{warnings:?}");
    let found = session.suggestions_of(session.find_case("c1").unwrap()).unwrap()[0];
    let kept = session.suggestion(found).unwrap().record;
    assert!(kept.drugs.iter().all(|d| d.ingredient != id));
    let out = kept.withheld.iter().find(|d| d.ingredient == id).unwrap();
    assert!(!out.findings.is_empty());
    let text = serde_json::to_string(&kept).unwrap();
    for typed in ["one spoonful", "한 숟가락", "a hundred tablets", "Vitamin\"", "비타민\""] {
        assert!(!text.contains(typed), "{typed} came through");
    }
    assert!(kept.notices.contains(&format!("rechecked_withheld:{id}")));
}

#[test]
fn what_cannot_be_checked_is_rejected_with_its_line() {
    let place = Place::new();
    let session = place.create();
    let cases = place.lines("cases.jsonl", &[case("c1", "n", "1")]);
    place.suggest(&cases);
    let good = records(&place).remove(0);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut record = good.clone();
        change(&mut record);
        record
    };
    let faults: [(Value, &str); 9] = [
        (changed(&|r| r["drugs"][0]["ingredient"] = json!("snake oil")), "snake oil"),
        (changed(&|r| r["drugs"][0]["probability"] = json!(1.5)), "not between 0 and 1"),
        (changed(&|r| r["drugs"][1] = r["drugs"][0].clone()), "twice"),
        (changed(&|r| r["case_id"] = json!("other")), "no case `other`"),
        (changed(&|r| r["provenance"]["case"] = json!("sha256:0")), "another version"),
        (changed(&|r| r["status"] = json!("error")), "an error, not a suggestion"),
        (
            changed(&|r| {
                for set in ["drugs", "withheld", "considered"] {
                    r[set].as_array_mut().unwrap().retain(|d| d["ingredient"] != json!("warfarin"));
                }
            }),
            "says nothing of `warfarin`",
        ),
        (json!({"case_id": "c1"}), "not a line of `bogam suggest`"),
        (json!("text"), "not a line of `bogam suggest`"),
    ];
    let lines: Vec<Value> = faults.iter().map(|(line, _)| line.clone()).chain([good.clone()]).collect();
    let file = place.lines("changed.jsonl", &lines);
    let (added, warnings) = place.add(&session, &cases, Some(&file));
    assert_eq!((added.suggestions, added.rejected_suggestions, added.exit_code()), (1, 9, 1), "{warnings:?}");
    for (at, (_, expected)) in faults.iter().enumerate() {
        let line = format!("line {}:", at + 1);
        let told = warnings.iter().find(|w| w.contains(&line)).unwrap_or_else(|| panic!("{line} {warnings:?}"));
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn cases_at_fault_are_told_and_the_others_saved() {
    let place = Place::new();
    let session = place.create();
    let mut strange = case("c2", "n", "2");
    strange["favourite_colour"] = json!("blue");
    let mut bad = case("c3", "n", "3");
    bad["patient"]["age_years"] = json!(400);
    let cases =
        place.lines("cases.jsonl", &[case("c1", "홍길동", "1"), strange, bad, json!("x"), case("c1", "z", "1")]);
    let (added, warnings) = place.add(&session, &cases, None);
    assert_eq!((added.cases, added.rejected_cases, added.exit_code()), (2, 3, 1), "{warnings:?}");
    assert!(warnings.iter().any(|w| w.contains("line 2") && w.contains("favourite_colour")), "{warnings:?}");
    for line in ["line 3: patient.age_years", "line 4:", "line 5: case_id"] {
        assert!(warnings.iter().any(|w| w.contains(line)), "{line} {warnings:?}");
    }
    let hits = session.search(&SearchQuery { text: "홍길".into(), ..SearchQuery::default() }).unwrap();
    assert_eq!((hits.len(), hits[0].status), (1, CaseStatus::Open));
    // The same file again makes no new version.
    place.add(&session, &cases, None);
    assert_eq!(session.case(hits[0].key, None).unwrap().version, 1);
}
