//! The leaflet of a suggestion as it stands, behind the window.

use std::os::unix::fs::PermissionsExt as _;

use bogam_app::vault::store::Role;
use bogam_app::window::types::{Clinic, Decision, DecisionKind, Paper, SuggestionView};
use bogam_app::window::{Surroundings, Window, hand_to_printer, save_leaflet};
use bogam_clinical::text::Lang;
use serde_json::json;

use crate::vaults::{OWNER, PASSPHRASE, Place, at, case, roles};

/// A vault with a case and its suggestion, a clinician and a reviewer.
fn place() -> (Place, i64) {
    let place = Place::new();
    let owner = place.create();
    let cases = place.lines("cases.jsonl", &[case("c1", "홍길동", "12345678")]);
    let suggestions = place.suggest(&cases);
    place.add(&owner, &cases, Some(&suggestions));
    let id = owner.suggestions_of(owner.find_case("c1").unwrap()).unwrap()[0].0;
    for (name, role) in [("clinician", Role::Clinician), ("reviewer", Role::Reviewer)] {
        owner.add_person(name, PASSPHRASE, &roles(&[role]), at(11)).unwrap();
    }
    owner.close().unwrap();
    (place, id)
}

fn window(place: &Place, name: &str) -> Window {
    let window = Window::new(Surroundings {
        vault: place.vault(),
        preferences: place.path("window.json"),
        knowledge: Vec::new(),
        worker: None,
    });
    window.unlock(name, PASSPHRASE).unwrap();
    window
}

/// What a reader finds in a leaflet, without spaces.
fn text(window: &Window, id: i64, lang: Lang) -> String {
    let pdf = window.leaflet(id, lang, Paper::A4).unwrap();
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    document.extract_text(&pages).unwrap().chars().filter(|c| !c.is_whitespace()).collect()
}

fn decision(ingredient: &str, decision: DecisionKind) -> Decision {
    let reason = matches!(decision, DecisionKind::Rejected).then(|| "not_indicated".to_owned());
    Decision { ingredient: ingredient.to_owned(), decision, changed_to: None, reason, note: None }
}

/// Everything of the list is accepted but `without`, everything withheld is not.
fn decide(window: &Window, id: i64, view: &SuggestionView, without: &str) {
    let listed = view.record.drugs.iter().map(|d| match d.ingredient == without {
        true => decision(&d.ingredient, DecisionKind::Rejected),
        false => decision(&d.ingredient, DecisionKind::Accepted),
    });
    let withheld = view.record.withheld.iter().map(|d| decision(&d.ingredient, DecisionKind::Rejected));
    let all: Vec<Decision> = listed.chain(withheld).collect();
    window.decide(id, &all, &[]).unwrap();
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn it_is_a_draft_until_all_is_decided_and_confirmed_after_that() {
    let (place, id) = place();
    let window = window(&place, OWNER);
    window.set_clinic(&Clinic { name: " 한빛의원 ".to_owned(), phone: "02-000-0000".to_owned() }).unwrap();
    let view = window.read_suggestion(id).unwrap();
    let first = text(&window, id, Lang::Ko);
    assert!(
        first.contains("초안") && first.contains("한빛의원") && first.contains("홍길동") && first.contains("12345678")
    );
    for drug in &view.record.drugs {
        assert!(first.contains(&plain(&drug.name.ko)), "{} is missing", drug.name.ko);
    }
    window.confirm_advice(id, false).unwrap();
    assert!(text(&window, id, Lang::Ko).contains("초안"), "undecided drugs leave a draft");

    let out = &view.record.drugs[0];
    decide(&window, id, &view, &out.ingredient);
    assert!(text(&window, id, Lang::Ko).contains("초안"), "a confirmation is of the drugs that it was given for");
    window.confirm_advice(id, false).unwrap();
    let last = text(&window, id, Lang::En);
    assert!(!last.contains("DRAFT") && last.contains("Reviewedbyaclinician"), "{last}");
    assert!(last.contains(OWNER));
    assert!(!last.contains(&plain(&out.name.en)), "{} was rejected", out.name.en);
    assert!(last.contains(&plain(&view.record.drugs[1].name.en)));

    window.undo_decision(id, &view.record.drugs[1].ingredient).unwrap();
    assert!(text(&window, id, Lang::En).contains("DRAFT"));
}

#[test]
fn a_clinicians_words_stand_in_their_language_alone() {
    let (place, id) = place();
    let window = window(&place, "clinician");
    window.save_advice(id, Lang::Ko, "#read(\"x\") 물과 함께 드십시오.").unwrap();
    let korean = text(&window, id, Lang::Ko);
    assert!(korean.contains("#read(\"x\")물과함께드십시오."), "{korean}");
    assert!(!korean.contains("의료진과상의없이"));
    let english = text(&window, id, Lang::En);
    assert!(!english.contains("#read") && english.contains("Donotstart,stoporchange"), "{english}");
}

#[test]
fn only_who_confirms_advice_prints_it_and_only_an_administrator_names_the_clinic() {
    let (place, id) = place();
    let reviewer = window(&place, "reviewer");
    assert_eq!(reviewer.leaflet(id, Lang::Ko, Paper::A4).unwrap_err().code, "not_permitted");
    assert_eq!(reviewer.clinic().unwrap(), Clinic::default());
    reviewer.lock();
    let clinician = window(&place, "clinician");
    let clinic = Clinic { name: "Hanbit".to_owned(), phone: "1".to_owned() };
    assert_eq!(clinician.set_clinic(&clinic).unwrap_err().code, "not_permitted");
    clinician.lock();
    let owner = window(&place, OWNER);
    let fault = owner.set_clinic(&Clinic { name: "a\nb".to_owned(), phone: String::new() }).unwrap_err();
    assert_eq!((&*fault.code, &fault.params["field"]), ("clinic.invalid", &json!("name")));
    let fault = owner.set_clinic(&Clinic { name: String::new(), phone: "1".repeat(81) }).unwrap_err();
    assert_eq!((&*fault.code, &fault.params["field"]), ("clinic.invalid", &json!("phone")));
    owner.set_clinic(&clinic).unwrap();
    assert_eq!(owner.clinic().unwrap(), clinic);
}

#[test]
fn a_printer_gets_every_byte_or_says_why_not() {
    let place = Place::new();
    let script = |name: &str, text: &str| {
        let path = place.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    };
    let pdf: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let printed = place.path("printed");
    let good = script("good", &format!("#!/bin/sh\necho \"$@\" > '{0}.args'\nexec cat > '{0}'\n", printed.display()));
    hand_to_printer(good.as_os_str(), &pdf, Paper::A5).unwrap();
    assert_eq!(std::fs::read(&printed).unwrap(), pdf);
    let arguments = std::fs::read_to_string(place.path("printed.args")).unwrap();
    assert_eq!(arguments.trim(), "-s -t bogam -o media=A5 -");
    let bad = script("bad", "#!/bin/sh\necho 'lp: Error - no default destination available.' >&2\nexit 1\n");
    let fault = hand_to_printer(bad.as_os_str(), &pdf, Paper::A4).unwrap_err();
    assert_eq!(fault.code, "printer.failed");
    assert_eq!(fault.params["why"], json!("lp: Error - no default destination available."));
    let none = place.path("none");
    assert_eq!(hand_to_printer(none.as_os_str(), &pdf, Paper::A4).unwrap_err().code, "printer.none");
}

#[test]
fn a_file_is_private_and_whole() {
    let place = Place::new();
    let path = place.path("leaflet.pdf");
    std::fs::write(&path, "before").unwrap();
    save_leaflet(&path, b"%PDF after").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"%PDF after");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let fault = save_leaflet(&place.path("nowhere").join("leaflet.pdf"), b"%PDF").unwrap_err();
    assert!(!place.path("nowhere").exists());
    assert!(!fault.code.is_empty());
}

#[test]
fn point_by_point_and_as_text_patients_are_told_the_same() {
    let knowledge = bogam_app::assets::knowledge(&[]).unwrap();
    let mut told = 0;
    for drug in knowledge.drugs() {
        let Some(counselling) = bogam_suggest::counselling(drug, &knowledge) else { continue };
        let text = bogam_suggest::advice(&[drug], &knowledge);
        for lang in [Lang::En, Lang::Ko] {
            assert!(text.get(lang).contains(counselling.purpose.get(lang)));
            assert!(text.get(lang).contains(bogam_suggest::closing(lang)));
            for point in &counselling.points {
                let line = format!("\n- {}: {}", point.topic.label(lang), point.text(lang));
                assert!(text.get(lang).contains(&line), "{line}");
            }
        }
        told += 1;
    }
    assert!(told > 200, "{told} drugs have counselling");
}
