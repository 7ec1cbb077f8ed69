//! What a prompt holds, and what it never holds.

use bogam_clinical::text::Lang;
use bogam_consult::{Guard, PromptTexts, Speaker, Turn};
use serde_json::json;

use crate::bench::{Open, general, texts, unchecked};

fn full() -> Open {
    Open::of(json!({
        "current_drugs": [{"name": "Warfarin", "dose": {"value": 5, "unit": "mg"}, "route": "PO", "per_day": 1}],
        "allergies": [{"to": "penicillin", "reaction": "rash"}], "hepatic_impairment": "B",
        "labs": [{"name": "Potassium", "value": 5.6, "unit": "mmol/L"}], "genotypes": ["CYP2C19 *2/*2"]
    }))
}

#[test]
fn name_number_and_notes_are_never_in_a_prompt() {
    for lang in [Lang::En, Lang::Ko] {
        let prompt = full().consultation().prompt(&texts(), &[], "Can I add ibuprofen?", lang);
        let all = format!("{} {:?}", prompt.system, prompt.turns);
        for secret in ["Hong", "Gildong", "900101", "free words", "secret-id"] {
            assert!(!all.contains(secret), "{secret} is in the prompt");
        }
    }
}

#[test]
fn the_case_and_what_the_packs_say_of_the_drugs_asked_about_are_in_the_prompt() {
    let open = full();
    let history = [
        Turn { speaker: Speaker::Person, text: "Hello".into() },
        Turn { speaker: Speaker::Model, text: "Yes?".into() },
    ];
    let prompt = open.consultation().prompt(&texts(), &history, "Can I add ibuprofen?", Lang::En);
    for fact in [
        "70 years",
        "male",
        "Child-Pugh B",
        "penicillin (rash)",
        "Warfarin 5 mg PO x1/d",
        "Potassium 5.6 mmol/L",
        "CYP2C19",
        "I48.9",
        "Ibuprofen (이부프로펜)",
    ] {
        assert!(prompt.system.contains(fact), "{fact} is not in\n{}", prompt.system);
    }
    assert!(prompt.system.contains("warning: ") || prompt.system.contains("CRITICAL: "), "{}", prompt.system);
    assert!(!prompt.system.contains('{') && !prompt.system.contains('}'), "{}", prompt.system);
    assert_eq!(prompt.turns.len(), 3);
    assert_eq!(prompt.turns[2].text, "Can I add ibuprofen?");
    assert!(!prompt.sources.is_empty());
    assert_eq!(prompt.sources, open.consultation().sources("Can I add ibuprofen?", &texts()));
}

#[test]
fn unknown_and_none_are_told_apart() {
    let unknown = Open::of(json!({"current_drugs": null, "allergies": null, "creatinine_mg_dl": null}));
    let text = unknown.consultation().prompt(&texts(), &[], "?", Lang::En).system;
    assert!(
        text.contains("Allergies: not known")
            && text.contains("Takes: not known")
            && text.contains("kidney function not known"),
        "{text}"
    );
    let none = Open::of(json!({})).consultation().prompt(&texts(), &[], "?", Lang::Ko).system;
    assert!(none.contains("알레르기: 없음") && none.contains("복용 중: 없음") && none.contains("70세"), "{none}");
}

#[test]
fn without_a_patient_the_prompt_says_so_and_pairs_of_the_question_are_told() {
    let prompt = general().prompt(&texts(), &[], "와파린과 이부프로펜을 같이 써도 되나요?", Lang::Ko);
    assert!(prompt.system.contains("열린 사례가 없습니다"), "{}", prompt.system);
    assert!(prompt.system.contains("- 와르파린 + 이부프로펜"), "{}", prompt.system);
}

#[test]
fn drugs_beyond_the_room_are_named_as_left_out() {
    let question = "warfarin, aspirin, ibuprofen, metformin, furosemide, digoxin, lisinopril, omeprazole";
    let text = general().prompt(&texts(), &[], question, Lang::En).system;
    assert!(text.contains("for lack of room: Lisinopril, Omeprazole"), "{text}");
}

#[test]
fn words_of_a_question_or_a_case_are_no_placeholders() {
    let open = Open::of(json!({"allergies": [{"to": "{facts} {patient} {}"}]}));
    let text = open.consultation().prompt(&texts(), &[], "{patient} ibuprofen", Lang::En).system;
    assert_eq!(text.matches("{facts} {patient} {}").count(), 1, "{text}");
    assert_eq!(text.matches("Ibuprofen (").count(), 1, "{text}");
}

#[test]
fn a_text_without_its_placeholder_is_refused() {
    let text = include_str!("../../../../assets/consult/prompt.toml");
    let error = PromptTexts::read(&text.replacen("{facts}\"\"\"", "\"\"\"", 1)).unwrap_err();
    assert_eq!(error.to_string(), "consult/prompt.toml: `en.system` must hold {facts} once");
}

#[test]
fn a_whole_answer_is_reviewed_at_its_end_or_where_it_was_stopped() {
    let (open, unchecked) = (full(), unchecked());
    let consultation = open.consultation();
    let prompt = consultation.prompt(&texts(), &[], "Which painkiller?", Lang::En);
    let guard = Guard::new(&consultation, &unchecked, prompt.sources);
    let answer = "Ibuprofen 400 mg three times a day interacts with warfarin";
    let whole = guard.finish(answer);
    assert_eq!(whole.mentions.len(), 2);
    assert_eq!(whole.unchecked.len(), 1);
    assert!(whole.sources.iter().any(|s| !s.title.is_empty()));
    assert_eq!(guard.finish("").mentions, []);
    // Cut at every letter: never a panic, and what was found stays within the text.
    for (at, _) in answer.char_indices() {
        let part = guard.finish(&answer[..at]);
        assert!(part.unchecked.iter().all(|r| r.to <= at));
    }
}
