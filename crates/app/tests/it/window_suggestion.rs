//! What a clinician makes of a suggestion, behind the window: whatever the page sends, nothing is given that was not checked.

use bogam_app::window::types::{Decision, DecisionKind, FindingOverride, SuggestionView};
use bogam_app::window::{Surroundings, Window};
use bogam_clinical::input::{CaseInput, DrugInput};
use bogam_clinical::text::Lang;
use serde_json::{Value, json};

use crate::vaults::{OWNER, PASSPHRASE, Place};

/// Heart failure with failing kidneys, and a drug that such kidneys forbid.
fn patient() -> Value {
    json!({
        "case_id": "w1",
        "as_of": "2026-03-02T09:00:00",
        "patient": {
            "name": "홍길순", "number": "00012345", "age_years": 81, "sex": "F", "weight_kg": 58, "height_cm": 156,
            "creatinine_mg_dl": 1.9, "creatinine_stable": true, "dialysis": false, "hepatic_impairment": "none",
            "allergies": [{"to": "penicillin", "reaction": "anaphylaxis", "severity": "severe"}],
            "current_drugs": [{"name": "Furosemide"}, {"name": "Ibuprofen"}]
        },
        "admission": {"setting": "inpatient"},
        "diagnoses": [
            {"system": "icd10", "code": "I50.23", "rank": 1},
            {"system": "icd10", "code": "M17.9", "rank": 2}
        ]
    })
}

fn place() -> (Place, i64) {
    let place = Place::new();
    let owner = place.create();
    let cases = place.lines("cases.jsonl", &[patient()]);
    let suggestions = place.suggest(&cases);
    place.add(&owner, &cases, Some(&suggestions));
    let id = owner.suggestions_of(owner.find_case("w1").unwrap()).unwrap()[0].0;
    owner.close().unwrap();
    (place, id)
}

fn window(place: &Place) -> Window {
    let window = Window::new(Surroundings {
        vault: place.vault(),
        preferences: place.path("window.json"),
        knowledge: Vec::new(),
        worker: None,
    });
    window.unlock(OWNER, PASSPHRASE).unwrap();
    window
}

fn decision(ingredient: &str, decision: DecisionKind) -> Decision {
    let reason = matches!(decision, DecisionKind::Rejected).then(|| "not_indicated".to_owned());
    Decision { ingredient: ingredient.to_owned(), decision, changed_to: None, reason, note: None }
}

fn named(name: &str) -> DrugInput {
    DrugInput::Name(name.to_owned())
}

fn overrides(view: &SuggestionView, ingredient: &str) -> Vec<FindingOverride> {
    let own = view.record.findings.iter().filter(|f| f.drugs.iter().any(|d| d == ingredient));
    own.map(|f| FindingOverride {
        finding: f.id.clone(),
        code: f.code.clone(),
        reason: "benefit_outweighs".to_owned(),
        note: None,
    })
    .collect()
}

#[test]
fn a_withheld_drug_is_accepted_only_over_its_critical_findings() {
    let (place, id) = place();
    let window = window(&place);
    let view = window.read_suggestion(id).unwrap();
    assert!(
        view.record.withheld.iter().any(|d| d.ingredient == "ibuprofen" && d.current),
        "{:?}",
        view.record.withheld
    );
    let accept = [decision("ibuprofen", DecisionKind::Accepted)];
    let refused = window.decide(id, &accept, &[]).unwrap_err();
    assert_eq!(refused.code, "drug.needs_override");
    // A reason of nothing is none.
    let mut empty = overrides(&view, "ibuprofen");
    empty.iter_mut().for_each(|o| o.reason = " ".to_owned());
    assert_eq!(window.decide(id, &accept, &empty).unwrap_err().code, "drug.needs_override");
    assert!(window.read_suggestion(id).unwrap().decisions.is_empty(), "nothing was kept");
    let view = window.decide(id, &accept, &overrides(&view, "ibuprofen")).unwrap();
    assert_eq!(view.decisions.len(), 1);
    assert!(!view.overrides.is_empty());
}

#[test]
fn what_a_drug_is_changed_to_is_checked_and_named_as_the_packs_do() {
    let (place, id) = place();
    let window = window(&place);
    let change = |to: DrugInput| [Decision { changed_to: Some(to), ..decision("furosemide", DecisionKind::Changed) }];
    let unknown = window.decide(id, &change(named("Wondermycin")), &[]).unwrap_err();
    assert_eq!((unknown.code.as_str(), &unknown.params["name"]), ("drug.unknown", &json!("Wondermycin")));
    // An allergy to penicillins.
    let allergic = window.decide(id, &change(named("Amoxicillin")), &[]).unwrap_err();
    assert_eq!(allergic.code, "drug.needs_override");
    let dosed: DrugInput =
        serde_json::from_value(json!({"name": "Lasix", "dose": {"value": 20, "unit": "mg"}, "route": "PO"})).unwrap();
    let view = window.decide(id, &change(dosed), &[]).unwrap();
    let Some(DrugInput::Full(kept)) = &view.decisions[0].decision.changed_to else { panic!("{:?}", view.decisions) };
    assert_eq!(kept.name, "furosemide");
    assert_eq!(kept.dose.as_ref().map(|d| d.value), Some(20.0));
    let without = [decision("furosemide", DecisionKind::Changed)];
    assert_eq!(window.decide(id, &without, &[]).unwrap_err().code, "case.invalid");
}

#[test]
fn one_more_drug_is_checked_beside_what_will_be_given_and_not_beside_what_will_not() {
    let (place, id) = place();
    let window = window(&place);
    let about = |window: &Window, other: &str| {
        let found = window.check_drug(id, &named("Warfarin"), None).unwrap();
        found.findings.iter().any(|f| f.drugs.iter().any(|d| d == other))
    };
    assert!(about(&window, "ibuprofen"), "the patient takes it, and nobody decided yet");
    window.decide(id, &[decision("ibuprofen", DecisionKind::Rejected)], &[]).unwrap();
    assert!(!about(&window, "ibuprofen"), "it is stopped");
    let found = window.check_drug(id, &named("Warfarin"), None).unwrap();
    let record = window.read_suggestion(id).unwrap().record;
    for finding in &found.findings {
        let of_record = record.findings.iter().find(|f| f.id == finding.id);
        assert!(of_record.is_none_or(|f| f.message == finding.message), "numbers of their own: {finding:?}");
    }
    assert_eq!(window.check_drug(id, &named("Wondermycin"), None).unwrap_err().code, "drug.unknown");
}

/// Reasons for the critical findings of a drug as the checks have them now.
fn now_overridden(found: &bogam_app::window::types::AddedDrug) -> Vec<FindingOverride> {
    let critical = found.findings.iter().filter(|f| f.tier == bogam_clinical::record::Tier::Critical);
    critical
        .map(|f| FindingOverride {
            finding: f.id.clone(),
            code: f.code.clone(),
            reason: "benefit_outweighs".to_owned(),
            note: None,
        })
        .collect()
}

#[test]
fn a_drug_is_accepted_beside_one_that_was_added_since_only_with_a_reason() {
    let (place, id) = place();
    let window = window(&place);
    // The list knows nothing of the drug that is added.
    let view = window.read_suggestion(id).unwrap();
    window.decide(id, &[decision("ibuprofen", DecisionKind::Rejected)], &[]).unwrap();
    let ketorolac = window.check_drug(id, &named("Ketorolac"), None).unwrap();
    window.add_drug(id, &named("Ketorolac"), &now_overridden(&ketorolac)).unwrap();
    // What the list said of ibuprofen has its reasons; that it stands beside another such drug now has none yet.
    let accept = [decision("ibuprofen", DecisionKind::Accepted)];
    let refused = window.decide(id, &accept, &overrides(&view, "ibuprofen")).unwrap_err();
    assert_eq!(refused.code, "drug.needs_override");
    assert_eq!(refused.params["ingredient"], json!("ibuprofen"));
    assert_eq!(window.read_suggestion(id).unwrap().decisions.len(), 1, "nothing was kept of it");
    assert!(window.read_suggestion(id).unwrap().overrides.iter().all(|o| !o.finding.contains("ibuprofen")));
    let found = window.check_drug(id, &named("ibuprofen"), Some("ibuprofen")).unwrap();
    let both = found.findings.iter().find(|f| f.drugs.contains(&"ketorolac".to_owned())).unwrap();
    assert_eq!(refused.params["code"], json!(both.code));
    let reasons = [overrides(&view, "ibuprofen"), now_overridden(&found)].concat();
    window.decide(id, &accept, &reasons).unwrap();
    // The reason stays: decided anew, it is not asked for again, and neither is it from the other side.
    window.undo_decision(id, "ibuprofen").unwrap();
    window.decide(id, &accept, &[]).unwrap();
    window.decide(id, &[decision("ketorolac", DecisionKind::Accepted)], &[]).unwrap();
}

#[test]
fn drugs_accepted_together_are_checked_beside_each_other() {
    let (place, id) = place();
    let window = window(&place);
    let change = |of: &str, to: &str| Decision { changed_to: Some(named(to)), ..decision(of, DecisionKind::Changed) };
    let view = window.read_suggestion(id).unwrap();
    let others: Vec<&str> =
        view.record.drugs.iter().map(|d| d.ingredient.as_str()).filter(|d| *d != "furosemide").collect();
    window.decide(id, &[decision("ibuprofen", DecisionKind::Rejected)], &[]).unwrap();
    let alone = change(others[0], "simvastatin");
    window.decide(id, std::slice::from_ref(&alone), &[]).unwrap();
    window.undo_decision(id, others[0]).unwrap();
    let both = [alone, change(others[1], "clarithromycin")];
    assert_eq!(window.decide(id, &both, &[]).unwrap_err().code, "drug.needs_override");
}

#[test]
fn it_is_signed_when_the_withheld_drug_that_is_taken_and_the_added_one_are_decided_too() {
    let (place, id) = place();
    let window = window(&place);
    let view = window.add_drug(id, &named("Acetaminophen"), &[]).or_else(|_| window.add_drug(id, &named("Senna"), &[]));
    let view = view.unwrap();
    let listed: Vec<Decision> =
        view.record.drugs.iter().map(|d| decision(&d.ingredient, DecisionKind::Accepted)).collect();
    window.decide(id, &listed, &[]).unwrap();
    assert_eq!(window.sign(id).unwrap_err().code, "vault.refused", "ibuprofen waits");
    window.decide(id, &[decision("ibuprofen", DecisionKind::Rejected)], &[]).unwrap();
    let added = view.added[0].ingredient.clone();
    if !listed.iter().any(|d| d.ingredient == added) {
        assert_eq!(window.sign(id).unwrap_err().code, "vault.refused", "{added} waits");
        window.decide(id, &[decision(&added, DecisionKind::Accepted)], &[]).unwrap();
    }
    let signed = window.sign(id).unwrap();
    assert!(!signed.open && signed.signatures.len() == 1);
    let again = window.decide(id, &[decision("furosemide", DecisionKind::Rejected)], &[]).unwrap();
    assert!(again.open, "a change opens the next version");
    assert!(again.signatures.len() == 1, "what was signed stays");
}

#[test]
fn advice_follows_the_decisions_and_edited_advice_says_that_it_is_older() {
    let (place, id) = place();
    let window = window(&place);
    let advice = |view: &SuggestionView| view.advice.clone().unwrap();
    let before = advice(&window.read_suggestion(id).unwrap());
    let name = "푸로세미드";
    assert!(before.ko.contains(name) && !before.edited);
    window.save_advice(id, Lang::Ko, "아침에 드십시오.").unwrap();
    let confirmed = advice(&window.confirm_advice(id, false).unwrap());
    assert!(confirmed.confirmed.is_some() && confirmed.edited && !confirmed.outdated);
    let after = advice(&window.decide(id, &[decision("furosemide", DecisionKind::Rejected)], &[]).unwrap());
    assert!(after.outdated && after.confirmed.is_none(), "{after:?}");
    // Thrown away, it is made of what will be given.
    let composed = advice(&window.save_advice(id, Lang::Ko, "").unwrap());
    assert!(!composed.edited && !composed.outdated && !composed.ko.contains(name), "{composed:?}");
}

#[test]
fn drafts_and_typed_texts_outlive_a_lock() {
    let (place, _) = place();
    let window = window(&place);
    let new = CaseInput { case_id: Some("never-saved".to_owned()), ..CaseInput::default() };
    window.save_draft("never-saved", &new).unwrap();
    window.save_draft("w1", &new).unwrap();
    window.keep_text("advice/1/ko", Some("물과 함께")).unwrap();
    window.keep_text("gone", Some("x")).unwrap();
    window.keep_text("gone", None).unwrap();
    window.lock();
    assert_eq!(window.kept_texts().unwrap_err().code, "locked");
    window.unlock(OWNER, PASSPHRASE).unwrap();
    let drafts = window.drafts().unwrap();
    assert_eq!(drafts.iter().map(|d| d.draft.as_str()).collect::<Vec<_>>(), ["never-saved"]);
    assert_eq!(json!(window.kept_texts().unwrap()), json!({"advice/1/ko": "물과 함께"}));
}

#[test]
fn a_recovery_key_is_confirmed_at_once_or_after_the_next_start_and_a_new_one_ends_the_old() {
    let (place, _) = place();
    let window = window(&place);
    assert!(!window.start().session.unwrap().recovery_confirmed);
    let first = window.renew_recovery_key().unwrap();
    let groups: Vec<String> = first.split('-').map(str::to_owned).collect();
    assert!(!window.confirm_recovery_key(&[1, 2], &[groups[1].clone(), groups[0].clone()]).unwrap());
    assert!(!window.confirm_recovery_key(&[], &[]).unwrap());
    assert!(window.confirm_recovery_key(&[3, 9], &[groups[2].to_lowercase(), groups[8].clone()]).unwrap());
    assert!(window.start().session.unwrap().recovery_confirmed);
    let second = window.renew_recovery_key().unwrap();
    assert!(!window.start().session.unwrap().recovery_confirmed);
    window.lock();
    window.unlock(OWNER, PASSPHRASE).unwrap();
    // Nothing of the key is in memory any more: it is held against the header.
    let all: Vec<usize> = (1..=groups.len()).collect();
    assert!(!window.confirm_recovery_key(&all, &groups).unwrap(), "the old one");
    let groups: Vec<String> = second.split('-').map(str::to_owned).collect();
    assert!(window.confirm_recovery_key(&all, &groups).unwrap());
    assert!(window.start().session.unwrap().recovery_confirmed);
}
