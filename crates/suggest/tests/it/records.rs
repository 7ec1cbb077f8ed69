//! What is listed, withheld, considered, and why.

use bogam_clinical::record::ConsideredReason;
use bogam_engine::EngineError;
use bogam_engine::scripted::ScriptedEngine;
use bogam_suggest::{Method, Options};
use bogam_testkit::case_json;

use crate::fixture::{ids, suggest, try_suggest};

#[test]
fn of_drugs_of_one_purpose_the_more_probable_is_listed_and_the_other_is_its_alternative() {
    let record = suggest(&case_json("a").diagnosis("I50.9").setting("inpatient").no_allergies(), None);
    assert_eq!(ids(&record)[0], "furol");
    assert!(record.drugs[0].alternatives.contains(&"torol".to_owned()));
    let torol = record.considered.iter().find(|c| c.ingredient == "torol").unwrap();
    assert_eq!(torol.reason, ConsideredReason::Alternative);
}

#[test]
fn a_current_drug_goes_on_and_the_new_one_is_its_alternative() {
    let record = suggest(&case_json("a").diagnosis("I50.9").current("torol").no_allergies(), None);
    assert!(ids(&record).contains(&"torol") && !ids(&record).contains(&"furol"), "{:?}", ids(&record));
    assert!(record.drugs.iter().find(|d| d.ingredient == "torol").unwrap().current);
}

#[test]
fn an_allergy_takes_the_drug_out_in_sight_and_another_takes_its_place() {
    let case = case_json("a").diagnosis("I50.9").current("greenol").anaphylaxis("green");
    let record = suggest(&case, None);
    let withheld = record.withheld.iter().find(|d| d.ingredient == "greenol").unwrap();
    assert!(withheld.current && !withheld.findings.is_empty());
    assert!(ids(&record).contains(&"bisol"), "{:?}", ids(&record));
}

#[test]
fn of_a_critical_pair_the_one_not_taken_is_withheld_else_the_less_probable() {
    let both = case_json("a").diagnosis("I50.9").diagnosis("I48.91").no_allergies();
    let record = suggest(&both, None);
    let out: Vec<&str> = record.withheld.iter().map(|d| d.ingredient.as_str()).collect();
    assert!(ids(&record).contains(&"bisol") && out.contains(&"warfol"), "{:?} {out:?}", ids(&record));
    let record = suggest(&both.current("warfol"), None);
    let out: Vec<&str> = record.withheld.iter().map(|d| d.ingredient.as_str()).collect();
    assert!(ids(&record).contains(&"warfol") && out.contains(&"bisol"), "{:?} {out:?}", ids(&record));
}

#[test]
fn who_is_anticoagulated_needs_no_prevention_besides() {
    let record = suggest(&case_json("a").diagnosis("I48.91").setting("inpatient").no_allergies(), None);
    assert!(ids(&record).contains(&"warfol") && !ids(&record).contains(&"hepol"), "{:?}", ids(&record));
}

#[test]
fn supportive_hospital_drugs_are_for_inpatients_only() {
    let inpatient = suggest(&case_json("a").diagnosis("I50.9").setting("inpatient").no_allergies(), None);
    assert!(inpatient.drugs.iter().any(|d| d.ingredient == "sennol" && d.supportive));
    let outpatient = suggest(&case_json("a").diagnosis("I50.9").setting("outpatient").no_allergies(), None);
    let sennol = outpatient.considered.iter().find(|c| c.ingredient == "sennol").unwrap();
    assert_eq!(sennol.reason, ConsideredReason::Setting);
}

#[test]
fn the_model_shifts_probabilities_by_what_the_case_adds_and_no_more() {
    let case = case_json("a").diagnosis("I50.9").no_allergies();
    let plain = suggest(&case, None);
    assert!(plain.notices.contains(&"no_model".to_owned()));
    let engine = bogam_testkit::FavouringEngine::after("Heart failure", &[("bisol", 50.0)]);
    let titled = case.field(
        "diagnoses",
        serde_json::json!([{"system": "icd10", "code": "I50.9", "title": "Heart failure", "rank": 1}]),
    );
    let lifted = suggest(&titled, Some(&engine));
    let of = |r: &bogam_clinical::record::SuggestionRecord, id: &str| {
        r.drugs.iter().find(|d| d.ingredient == id).map(|d| (d.probability, d.evidence.clone())).unwrap()
    };
    let ((before, _), (after, evidence)) = (of(&plain, "bisol"), of(&lifted, "bisol"));
    assert!(after > before, "{before} {after}");
    assert!(evidence.model.unwrap() <= 0.3 + 1e-9, "one name decides too much: {evidence:?}");
    assert!(evidence.model_case.unwrap() > evidence.model_empty.unwrap());
}

#[test]
fn a_case_that_the_model_cannot_take_is_answered_without_it() {
    let full = EngineError::ContextExceeded { needed: 9000, limit: 8192, over: 808 };
    // The engine tells its name, and fails only when asked to work.
    struct Full(EngineError);
    impl bogam_engine::Engine for Full {
        fn info(&self) -> Result<bogam_engine::ModelInfo, EngineError> {
            Ok(bogam_engine::ModelInfo::default())
        }
        fn score(
            &self,
            _: &bogam_engine::ScoreRequest,
            _: &mut dyn bogam_engine::Sink,
            _: &bogam_engine::Cancel,
        ) -> Result<bogam_engine::Scores, EngineError> {
            Err(self.0.clone())
        }
        fn generate(
            &self,
            _: &bogam_engine::GenerateRequest,
            _: &mut dyn bogam_engine::Sink,
            _: &bogam_engine::Cancel,
        ) -> Result<bogam_engine::Generated, EngineError> {
            Err(self.0.clone())
        }
    }
    let case = case_json("a").diagnosis("I50.9").no_allergies();
    let record = suggest(&case, Some(&Full(full)));
    assert!(record.notices.contains(&"case_too_long_for_model".to_owned()), "{:?}", record.notices);
    assert_eq!(ids(&record), ids(&suggest(&case, None)));
    let gone = EngineError::WorkerGone { message: "x".into(), attempts: 4 };
    assert!(try_suggest(&case, Some(&Full(gone)), &Options::default()).is_err());
}

#[test]
fn generate_lists_what_the_model_wrote_and_the_current_drugs() {
    let engine = ScriptedEngine::new(-1.0).with_text(" rarol\n- furol\n");
    let options = Options { method: Method::Generate, ..Options::default() };
    let case = case_json("a").diagnosis("I50.9").diagnosis("I48.91").current("warfol").no_allergies();
    let record = try_suggest(&case, Some(&engine), &options).unwrap();
    let mut listed = ids(&record);
    listed.sort_unstable();
    assert_eq!(listed, ["furol", "rarol", "warfol"]);
    assert!(record.drugs.iter().find(|d| d.ingredient == "rarol").unwrap().reason.en.contains("language model"));
}

#[test]
fn max_drugs_cuts_the_list_and_never_a_current_drug() {
    let options = Options { max_drugs: 1, ..Options::default() };
    let case = case_json("a").diagnosis("I50.9").current("warfol").current("sennol").no_allergies();
    let record = try_suggest(&case, None, &options).unwrap();
    let mut listed = ids(&record);
    listed.sort_unstable();
    assert_eq!(listed, ["sennol", "warfol"]);
}
