//! What a model says by itself.

use bogam_engine::scripted::ScriptedEngine;
use bogam_engine::{Cancel, EngineError};
use bogam_suggest::{ModelAlone, OutOfForm};
use bogam_testkit::case_json;

use crate::fixture::{pack, prompts};

#[test]
fn every_drug_of_the_formulary_is_scored_whether_or_not_the_tables_know_a_reason_for_it() {
    let (knowledge, prompts) = (pack(), prompts());
    let engine = ScriptedEngine::new(-9.0).with_score("rarol", -1.5);
    let alone = ModelAlone::new(&engine, &prompts, &knowledge);
    let case = case_json("a").diagnosis("Z99").read().case;
    let scores = alone.scores(Some(&case), &Cancel::new()).unwrap();
    assert_eq!(scores.len(), knowledge.len());
    assert!(scores.contains(&("rarol", -1.5)) && scores.contains(&("furol", -9.0)), "{scores:?}");
}

#[test]
fn a_free_answer_is_in_form_when_it_ended_and_each_line_is_another_drug() {
    let (knowledge, prompts) = (pack(), prompts());
    let case = case_json("a").diagnosis("I50").read().case;
    for (text, read) in [
        (" furol\n- warfol\n", Ok(vec!["furol", "warfol"])),
        (" Furol\n\n-  WARFOL", Ok(vec!["furol", "warfol"])),
        (" furol\n- furol\n", Err(OutOfForm::Repeat)),
        (" furol\nThese drugs treat heart failure.\n", Err(OutOfForm::NotADrug)),
        (" furol and warfol\n", Err(OutOfForm::NotADrug)),
        (" \n", Err(OutOfForm::Empty)),
    ] {
        let engine = ScriptedEngine::new(-9.0).with_text(text);
        let alone = ModelAlone::new(&engine, &prompts, &knowledge);
        assert_eq!(alone.free(&case, &Cancel::new()).unwrap(), read, "{text:?}");
    }
}

#[test]
fn a_model_that_fails_is_an_error_and_no_empty_list() {
    let (knowledge, prompts) = (pack(), prompts());
    let engine = ScriptedEngine::new(-9.0).failing(EngineError::Model { message: "gone".into() });
    let alone = ModelAlone::new(&engine, &prompts, &knowledge);
    let case = case_json("a").diagnosis("I50").read().case;
    let cancel = Cancel::new();
    assert!(alone.free(&case, &cancel).is_err() && alone.held(&case, &cancel).is_err());
    assert!(alone.scores(None, &cancel).is_err());
}
