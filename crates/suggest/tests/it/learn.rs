//! What is learned from past admissions, and what must not be.

use std::collections::BTreeSet;

use bogam_clinical::input::ReadCase;
use bogam_clinical::record::SuggestionRecord;
use bogam_engine::scripted::ScriptedEngine;
use bogam_engine::{Cancel, Engine, NoSink};
use bogam_prior::{Channels, PastPart, Prior};
use bogam_suggest::{LearnError, LearnOptions, Learner, Options, Suggester, Weights};
use bogam_testkit::{CaseJson, case_json};

use crate::fixture::{ids, pack, prompts};

/// A past admission.
struct Past {
    case: CaseJson,
    patient: String,
    given: Vec<&'static str>,
}

fn past(patient: usize, stay: usize, codes: &[&str], given: &[&'static str]) -> Past {
    let mut case = case_json(&format!("{patient}-{stay}")).setting("inpatient").age(60.0 + (patient % 20) as f64);
    for code in codes {
        case = case.diagnosis(code);
    }
    Past { case, patient: format!("p{patient}"), given: given.to_vec() }
}

/// Eighty patients of two stays: of those with heart failure and `Z95`, most get enemol, for which the pack has no reason;
/// without `Z95` nobody does.
fn site() -> Vec<Past> {
    let mut all = Vec::new();
    for patient in 0..80 {
        for stay in 0..2 {
            let special = patient % 2 == 0;
            let codes: &[&str] = if special { &["I50.9", "Z95.0"] } else { &["I50.9"] };
            let mut given = vec!["furol"];
            if special && (patient / 2 + stay) % 6 != 0 {
                given.push("enemol");
            }
            if patient % 3 == 0 {
                given.push("bisol");
            }
            all.push(past(patient, stay, codes, &given));
        }
    }
    all
}

fn learner_of(admissions: &[Past], engine: Option<&dyn Engine>) -> Result<Prior, LearnError> {
    let (knowledge, prompts) = (pack(), prompts());
    let mut learner = Learner::new(&knowledge, &prompts, engine).unwrap();
    for past in admissions {
        let given: BTreeSet<String> = past.given.iter().map(|d| (*d).to_owned()).collect();
        learner.add(past.case.read().case, format!("sha256:{}", past.patient), &past.patient, given);
    }
    let options = LearnOptions { site: Some("Ward".into()), reviews: 0, threads: 2, store: None, progress: &|_, _| {} };
    learner.finish(&options, &mut NoSink, &Cancel::new())
}

fn learn(admissions: &[Past]) -> Prior {
    learner_of(admissions, None).unwrap()
}

fn ask(prior: &Prior, case: &CaseJson, channels: Option<Channels>) -> SuggestionRecord {
    let (knowledge, prompts) = (pack(), prompts());
    let suggester = Suggester::new(&knowledge, &prompts, None, Weights::default()).unwrap().with_prior(Some(prior));
    let ReadCase { case, unknown_fields, .. } = case.read();
    let options = Options { channels, ..Options::default() };
    suggester.suggest(&case, (&unknown_fields, "sha256:x"), &options, &mut NoSink, &Cancel::new()).unwrap()
}

fn special() -> CaseJson {
    case_json("new").setting("inpatient").diagnosis("I50.9").diagnosis("Z95.0").no_allergies()
}

#[test]
fn what_a_site_gives_in_such_cases_is_listed_with_its_counts() {
    let prior = learn(&site());
    let record = ask(&prior, &special(), None);
    let enemol = record.drugs.iter().find(|d| d.ingredient == "enemol").unwrap_or_else(|| panic!("{:?}", ids(&record)));
    assert!(enemol.probability > 0.5, "{}", enemol.probability);
    assert_eq!((enemol.evidence.knowledge, enemol.evidence.prior.is_some()), (None, true));
    let counted = enemol.evidence.past.as_ref().unwrap();
    assert_eq!((counted.of, counted.group.as_str()), (80, "Z95"));
    assert!(counted.with < 80 && enemol.reason.en.contains("of 80 past admissions with Z95"), "{}", enemol.reason.en);
    assert_eq!(record.provenance.prior.as_deref(), Some(prior.hash()));
    let plain = ask(&prior, &case_json("new").setting("inpatient").diagnosis("I50.9").no_allergies(), None);
    assert!(!ids(&plain).contains(&"enemol"), "{:?}", ids(&plain));
}

#[test]
fn parts_of_the_evidence_add_up_to_the_probability() {
    let record = ask(&learn(&site()), &special(), None);
    for drug in &record.drugs {
        let e = &drug.evidence;
        let sum: f64 = [e.knowledge, e.prior, e.model, e.safety].into_iter().flatten().sum();
        let p = 1.0 / (1.0 + (-sum).exp());
        assert!((p - drug.probability).abs() < 1e-3, "{}: {e:?} {}", drug.ingredient, drug.probability);
    }
}

#[test]
fn a_drug_that_checks_forbid_is_withheld_however_often_it_was_given() {
    let prior = learn(&site());
    // The pack has a critical pair of bisol and enemol; bisol is taken.
    let record = ask(&prior, &special().current("bisol"), None);
    assert!(record.withheld.iter().any(|d| d.ingredient == "enemol"), "{:?}", ids(&record));
}

#[test]
fn the_same_admissions_in_another_order_give_the_same_bytes() {
    let mut admissions = site();
    let first = learn(&admissions).to_bytes().unwrap();
    admissions.reverse();
    assert!(first == learn(&admissions).to_bytes().unwrap());
}

#[test]
fn a_file_comes_back_and_a_damaged_one_is_refused() {
    let prior = learn(&site());
    let bytes = prior.to_bytes().unwrap();
    assert_eq!(Prior::from_bytes(&bytes).unwrap(), prior);
    assert_eq!(prior.header().admissions, 160);
    for broken in [&bytes[..bytes.len() - 1], b"{}\n", b"no prior", &[bytes.as_slice(), b"x"].concat()] {
        assert!(Prior::from_bytes(broken).is_err());
    }
    let newer = String::from_utf8_lossy(&bytes).replacen("\"version\":1", "\"version\":9", 1).into_bytes();
    assert_eq!(
        Prior::from_bytes(&newer).unwrap_err().to_string(),
        "made by a newer program (format version 9; this one reads up to 1)"
    );
}

#[test]
fn a_drug_that_only_left_out_patients_got_does_not_reach_the_prior() {
    let mut with_planted = site();
    for patient in 100..130 {
        with_planted.push(past(patient, 0, &["I48.91"], &["rarol"]));
    }
    let held = |past: &Past| past.patient.len() < 4;
    let kept: Vec<Past> = with_planted.into_iter().filter(held).collect();
    let bytes = learn(&kept).to_bytes().unwrap();
    assert!(!bytes.windows(5).any(|w| w == b"rarol"));
    assert!(bytes.windows(6).any(|w| w == b"enemol"), "the search finds what is there");
}

#[test]
fn fields_that_tell_what_was_given_are_not_learned_from() {
    let plain = learn(&site()).to_bytes().unwrap();
    let mut telling = site();
    for past in &mut telling {
        let given = past.given.join(" ");
        let mut case = past.case.clone().field("notes", format!("given: {given}")).patient("name", given.as_str());
        for drug in &past.given {
            case = case.proposed(drug);
        }
        past.case = case.patient("number", given);
    }
    assert!(plain == learn(&telling).to_bytes().unwrap(), "notes, names, numbers and proposed drugs change nothing");
}

#[test]
fn groups_features_and_drugs_under_ten_admissions_are_not_kept() {
    let mut admissions = site();
    for patient in 200..209 {
        admissions.push(past(patient, 0, &["I50.9", "Q99.1"], &["furol", "rarol"]));
    }
    let nine = learn(&admissions).to_bytes().unwrap();
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(!has(&nine, "Q99") && !has(&nine, "rarol"));
    admissions.push(past(209, 0, &["I50.9", "Q99.1"], &["furol", "rarol"]));
    let ten = learn(&admissions).to_bytes().unwrap();
    assert!(has(&ten, "Q99") && has(&ten, "rarol"));
    for patient in 0..80 {
        assert!(!has(&ten, &format!("p{patient}\"")) && !has(&ten, &format!("{patient}-0")), "no patient, no case");
    }
}

#[test]
fn what_is_said_of_held_out_admissions_knows_nothing_of_their_patient() {
    // One patient of twelve stays alone has Z99 and gets rarol.
    let mut admissions = site();
    for stay in 0..12 {
        admissions.push(past(300, stay, &["I50.9", "Z99.1"], &["furol", "rarol"]));
    }
    let (knowledge, prompts) = (pack(), prompts());
    let mut table = bogam_prior::Admissions::default();
    for past in &admissions {
        let told = bogam_prior::Told::of(&past.case.read().case, &knowledge);
        let case = past.case.read().case.case_id;
        table.add(&told, (&past.patient, &case), past.given.iter().copied());
    }
    let settings = bogam_prior::LearnSettings { formulary: 9, threads: 1 };
    let first = bogam_prior::learn(&table, &|_| true, settings, bogam_prior::Stop::never(), &|_| {}).unwrap();
    let case = past(300, 20, &["I50.9", "Z99.1"], &[]).case.read().case;
    let own = first.held_out(&case, "p300", &knowledge);
    let other: Vec<_> = (0..80).map(|p| first.held_out(&case, &format!("p{p}"), &knowledge)).collect();
    assert!(!own.drugs().any(|drug| drug == "rarol"));
    assert!(other.iter().any(|reading| reading.drugs().any(|drug| drug == "rarol")), "others may know it");
    drop(prompts);
}

#[test]
fn the_prior_is_not_asked_in_settings_it_has_not_seen() {
    let prior = learn(&site());
    let outpatient = case_json("new").setting("outpatient").diagnosis("I50.9").diagnosis("Z95.0").no_allergies();
    let record = ask(&prior, &outpatient, None);
    assert!(record.notices.contains(&"prior_other_setting".to_owned()), "{:?}", record.notices);
    assert!(record.drugs.iter().all(|d| d.evidence.prior.is_none()));
}

#[test]
fn the_prior_is_not_asked_about_children() {
    let record = ask(&learn(&site()), &special().age(12.0), None);
    assert!(record.notices.contains(&"prior_adults_only".to_owned()), "{:?}", record.notices);
    assert!(record.drugs.iter().all(|d| d.evidence.prior.is_none()));
}

#[test]
fn a_case_unlike_those_learned_from_is_told_so() {
    let prior = learn(&site());
    let unlike = case_json("new").setting("inpatient").diagnosis("A41.9").diagnosis("J18.9").diagnosis("I50.9");
    assert!(ask(&prior, &unlike, None).notices.contains(&"prior_unlike_case".to_owned()));
    assert!(!ask(&prior, &special(), None).notices.contains(&"prior_unlike_case".to_owned()));
}

#[test]
fn channels_can_be_asked_alone() {
    let prior = learn(&site());
    let knowledge = Channels { knowledge: true, past: PastPart::None, model: false };
    let record = ask(&prior, &special(), Some(knowledge));
    assert!(!ids(&record).contains(&"enemol"));
    let regression = Channels { knowledge: false, past: PastPart::Regression, model: false };
    let record = ask(&prior, &special(), Some(regression));
    assert!(ids(&record).contains(&"enemol"), "{:?}", ids(&record));
    assert!(record.drugs.iter().all(|d| d.evidence.knowledge.is_none()));
}

#[test]
fn a_model_is_weighed_by_what_it_was_worth() {
    // The script names enemol likelier after Z95, as the records do.
    let engine = ScriptedEngine::default();
    let prior = learner_of(&site(), Some(&engine)).unwrap();
    let with_model = prior.header().held_out.iter().filter(|h| h.model.is_some()).count();
    assert_eq!(with_model, Channels::sets(true).len());
    let (knowledge, prompts) = (pack(), prompts());
    let suggester =
        Suggester::new(&knowledge, &prompts, Some(&engine), Weights::default()).unwrap().with_prior(Some(&prior));
    let read = special().read();
    let ask = |suggester: &Suggester<'_>| {
        suggester.suggest(&read.case, (&[], "sha256:x"), &Options::default(), &mut NoSink, &Cancel::new()).unwrap()
    };
    let record = ask(&suggester);
    assert!(record.drugs.iter().any(|d| d.evidence.model.is_some()));
    assert!(!record.notices.contains(&"prior_does_not_know_model".to_owned()), "{:?}", record.notices);
    let without = learn(&site());
    let suggester =
        Suggester::new(&knowledge, &prompts, Some(&engine), Weights::default()).unwrap().with_prior(Some(&without));
    assert!(ask(&suggester).notices.contains(&"prior_does_not_know_model".to_owned()));
}

#[test]
fn too_few_admissions_are_refused_with_their_number() {
    let few: Vec<Past> = site().into_iter().take(30).collect();
    let error = learner_of(&few, None).unwrap_err().to_string();
    assert!(error.contains("30 admissions") && error.contains("at least 40"), "{error}");
}
