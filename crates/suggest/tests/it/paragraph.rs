//! A paragraph by the model appears only when it passes its checks.

use bogam_clinical::text::Lang;
use bogam_engine::scripted::ScriptedEngine;
use bogam_suggest::Options;
use bogam_testkit::case_json;

use crate::fixture::try_suggest;

fn written(text: &str, lang: Lang) -> Option<String> {
    let engine = ScriptedEngine::new(-1.0).with_text(text);
    let options = Options { paragraph: Some(lang), ..Options::default() };
    let case = case_json("a").diagnosis("I50.9").no_allergies();
    try_suggest(&case, Some(&engine), &options).unwrap().advice.unwrap().model_written
}

#[test]
fn a_good_paragraph_stands_apart() {
    let english = "Furol helps your heart to do its work. Ask your care team whenever something is unclear.";
    assert_eq!(written(english, Lang::En).as_deref(), Some(english));
    let korean = "이 약은 심장이 하는 일을 돕습니다. 궁금한 점은 언제든지 의료진에게 물어보십시오.";
    assert_eq!(written(korean, Lang::Ko).as_deref(), Some(korean));
}

#[test]
fn a_paragraph_with_a_fault_is_left_out() {
    let faults = [
        ("Furol helps your heart to do its work. Ask your care", "does not end with a sentence"),
        ("Furol helps your heart. Take 40 drops of it with care and water.", "a number"),
        ("Warfol helps your heart to do its work, so ask your team.", "a drug outside the list"),
        ("You should stop taking furol when you feel well again.", "an instruction"),
        ("Furol helps your heart a lot. Furol helps your heart a lot.", "a repetition"),
        ("이 약은 심장이 하는 일을 돕습니다. 궁금한 점은 물어보십시오.", "another language"),
        ("", "nothing"),
    ];
    for (text, fault) in faults {
        assert_eq!(written(text, Lang::En), None, "passed with {fault}: {text}");
    }
    assert_eq!(written("Furol helps your heart to do its work today.", Lang::Ko), None);
    assert_eq!(written("이 약은 심장을 돕습니다. 오늘부터 복용을 중단하십시오.", Lang::Ko), None);
}

#[test]
fn without_asking_for_it_there_is_none() {
    let engine = ScriptedEngine::new(-1.0).with_text("Furol helps your heart to do its work.");
    let case = case_json("a").diagnosis("I50.9").no_allergies();
    let record = try_suggest(&case, Some(&engine), &Options::default()).unwrap();
    assert_eq!(record.advice.unwrap().model_written, None);
}
