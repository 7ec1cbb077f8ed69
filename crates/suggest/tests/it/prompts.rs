//! What a prompt holds, and what it never holds.

use bogam_testkit::case_json;

use crate::fixture::{pack, prompts};

#[test]
fn name_number_and_notes_are_never_in_a_prompt() {
    let case = case_json("secret-id")
        .patient("name", "Hong Gildong")
        .patient("number", "900101-1234567")
        .field("notes", "free words of a note")
        .diagnosis("I50.9");
    let prompt = prompts().for_case(&case.read().case, &pack());
    let text: String = prompt.messages.iter().map(|m| m.content.as_str()).collect();
    for secret in ["Hong", "Gildong", "900101", "free words", "secret-id"] {
        assert!(!text.contains(secret), "{secret} is in the prompt");
    }
    assert!(text.contains("I50.9"), "{text}");
}

#[test]
fn what_bears_on_the_choice_of_drugs_is_in_the_prompt_with_the_diagnoses_last() {
    let case =
        case_json("a").age(29.0).sex("F").pregnant(22.0).anaphylaxis("penicillin").current("furol").diagnosis("O23.02");
    let prompt = prompts().for_case(&case.read().case, &pack());
    let user = &prompt.messages[1].content;
    for fact in ["29 years", "female", "trimester 2", "penicillin", "furol", "O23.02"] {
        assert!(user.contains(fact), "{fact} is not in {user}");
    }
    assert!(user.trim_end().ends_with("O23.02."), "{user}");
}
