//! Which drugs of an answer are found, and what is said of them.

use bogam_consult::{MentionTier, Range};
use serde_json::json;

use crate::bench::{Open, general};

/// `written=ingredient` of every mention.
fn found(answer: &str) -> Vec<String> {
    general().mentions(answer).into_iter().map(|m| format!("{}={}", m.written, m.ingredient)).collect()
}

#[test]
fn drugs_are_found_as_whole_words_with_what_korean_glues_to_them() {
    for (answer, expected) in [
        ("와파린을 드시면", vec!["와파린=warfarin"]),
        ("와파린(쿠마딘)과 아스피린은", vec!["와파린=warfarin", "아스피린=aspirin"]),
        ("와파린정 5mg을 하루 한 번", vec!["와파린정=warfarin"]),
        ("와파린치료를 와파린복용하시는", vec!["와파린=warfarin"]),
        ("와파린이나 아픽사반으로 바꿉니다", vec!["와파린=warfarin", "아픽사반=apixaban"]),
        ("warfarin을 aspirin과", vec!["warfarin=warfarin", "aspirin=aspirin"]),
        ("Start Coumadin 5 mg daily.", vec!["Coumadin=warfarin"]),
        ("**Warfarin**/aspirin: no", vec!["Warfarin=warfarin", "aspirin=aspirin"]),
        ("use oral warfarin tablets", vec!["warfarin=warfarin"]),
        ("aspirin and clopidogrel", vec!["aspirin=aspirin", "clopidogrel=clopidogrel"]),
        ("give potassium chloride 20 mEq", vec!["potassium chloride=potassium chloride"]),
        ("amoxicillin-clavulanate 875 mg", vec!["amoxicillin-clavulanate=amoxicillin / clavulanate"]),
        ("인슐린 글라진을 시작", vec!["인슐린 글라진=insulin glargine"]),
        ("Insulin glargine at night", vec!["Insulin glargine=insulin glargine"]),
        ("insulin 70/30 twice", vec!["insulin 70/30=insulin 70/30"]),
        ("Warfarin, then warfarin", vec!["Warfarin=warfarin"]),
        ("antiwarfarin warfarinization", vec![]),
        ("The patient should rest and drink water.", vec![]),
        ("환자의 상태를 보고 결정하십시오. 혈압과 맥박을 재십시오.", vec![]),
    ] {
        assert_eq!(found(answer), expected, "{answer}");
    }
}

#[test]
fn what_must_be_a_drug_and_is_unknown_is_said_to_be_unchecked() {
    for answer in [
        "Switch to zanfartisartan.",
        "잔파르티사르탄으로 바꿉니다.",
        "Add an NSAID.",
        "Use ACE inhibitors.",
        "a beta-blocker",
        "소염진통제를 쓰십시오",
    ] {
        let mentions = Open::of(json!({})).consultation().mentions(answer);
        assert_eq!(mentions.len(), 1, "{answer}: {mentions:?}");
        assert_eq!(mentions[0].tier, MentionTier::NotEvaluated, "{answer}");
        assert!(!mentions[0].messages[0].ko.is_empty());
    }
}

#[test]
fn each_mention_is_checked_with_what_the_patient_takes_and_apart_from_the_others() {
    let open = Open::of(
        json!({"current_drugs": ["Warfarin"], "allergies": [{"to": "penicillin", "reaction": "anaphylaxis", "severity": "severe"}]}),
    );
    let consultation = open.consultation();
    let mentions = consultation.mentions("Ibuprofen, amoxicillin, warfarin.");
    let tier = |id: &str| mentions.iter().find(|m| m.ingredient == id).unwrap().tier;
    assert!(matches!(tier("ibuprofen"), MentionTier::Warning | MentionTier::Critical));
    assert_eq!(tier("amoxicillin"), MentionTier::Critical);
    let ibuprofen = &mentions[0];
    assert!(
        ibuprofen
            .messages
            .iter()
            .any(|m| m.en.contains("Warfarin") && m.ko.contains("와르파린") && !m.source.is_empty())
    );
    // Warfarin is taken alone: the ibuprofen of the answer is no drug of the patient, and it is not doubled.
    let warfarin = &mentions[2];
    assert!(warfarin.messages.iter().all(|m| !m.en.contains("Ibuprofen") && !m.en.contains("twice")), "{warfarin:?}");
}

#[test]
fn a_check_without_data_is_never_shown_as_nothing_found() {
    let none = json!(null);
    let unknown = Open::of(json!({"current_drugs": none, "allergies": none, "creatinine_mg_dl": none}));
    let mentions = unknown.consultation().mentions("acetaminophen");
    assert_eq!(mentions[0].tier, MentionTier::NotEvaluated);
    let fields: Vec<&String> = mentions[0].not_evaluated.iter().flat_map(|n| &n.missing).collect();
    assert!(fields.iter().any(|f| *f == "patient.current_drugs"), "{fields:?}");
    let strange = Open::of(json!({"current_drugs": ["zanfartisartan"]}));
    assert_eq!(strange.consultation().mentions("acetaminophen")[0].tier, MentionTier::NotEvaluated);
    assert_eq!(general().mentions("acetaminophen")[0].tier, MentionTier::NotEvaluated);
}

#[test]
fn places_are_counted_as_javascript_counts() {
    let answer = "😀 와파린과 아스피린, 와파린.";
    let mentions = general().mentions(answer);
    let units: Vec<u16> = answer.encode_utf16().collect();
    let say = |r: &Range| String::from_utf16(&units[r.from..r.to]).unwrap();
    assert_eq!(mentions[0].ranges.iter().map(say).collect::<Vec<_>>(), ["와파린", "와파린"]);
    assert_eq!(mentions[1].ranges.iter().map(say).collect::<Vec<_>>(), ["아스피린"]);
}
