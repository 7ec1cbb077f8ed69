//! Which indications a case meets.

use bogam_clinical::case::Case;
use bogam_clinical::read_case;
use bogam_knowledge::KnowledgeBase;

use crate::fixture::{base, ingredient};

fn case(patient: &str, admission: &str, codes: &[(&str, &str)]) -> Case {
    let diagnoses = codes
        .iter()
        .map(|(system, code)| format!(r#"{{"system":"{system}","code":"{code}"}}"#))
        .collect::<Vec<_>>()
        .join(",");
    let json =
        format!(r#"{{"case_id":"t","patient":{{{patient}}},"admission":{{{admission}}},"diagnoses":[{diagnoses}]}}"#);
    read_case(&json).unwrap_or_else(|e| panic!("{e:?}\n{json}")).case
}

const WOMAN: &str = r#""age_years":30,"sex":"F""#;

/// Which diagnoses match the one indication of a drug.
fn matched(base: &KnowledgeBase, case: &Case) -> Vec<Option<usize>> {
    let codes = case.diagnoses.iter().map(|d| base.codes(d)).collect::<Vec<_>>();
    base.indications(base.find("drug").unwrap(), case, &codes).iter().map(|m| m.diagnosis).collect()
}

fn pack(icd10: &str, strength: &str, when: &str) -> KnowledgeBase {
    base(
        &("[[icd9]]\ncode = \"428\"\nicd10 = [\"I50\"]\n".to_owned()
            + &ingredient(
                "drug",
                "Drug",
                "약",
                &format!(
                    "[[ingredient.indication]]\nicd10 = [{icd10}]\nstrength = \"{strength}\"\npurpose = \"pain\"\nuse = \"few\"\n\
                     when = {{ {when} }}\n"
                ),
            )),
    )
}

#[test]
fn a_code_matches_the_prefixes_that_it_begins_with() {
    let codes = [("icd10", "I50.22"), ("icd10", "I10"), ("kcd", "I50.9"), ("icd9", "428.0")];
    let case = case(WOMAN, "", &codes);
    assert_eq!(matched(&pack("\"I50\"", "adjunct", ""), &case), [Some(0), Some(2), Some(3)]);
    // The mapped code is shorter than the prefix: it does not say so much.
    assert_eq!(matched(&pack("\"I50.2\"", "adjunct", ""), &case), [Some(0)]);
    assert_eq!(matched(&pack("\"I50.2\", \"I10\"", "adjunct", ""), &case), [Some(0), Some(1)]);
    assert_eq!(matched(&pack("\"E11\"", "adjunct", ""), &case), []);
    assert_eq!(matched(&pack("", "supportive", ""), &case), [None]);
}

#[test]
fn conditions_are_read_from_the_case() {
    let man = r#""age_years":70,"sex":"M""#;
    let pregnant = r#""age_years":30,"sex":"F","pregnant":true"#;
    let by_weeks = r#""age_years":30,"sex":"F","gestational_weeks":20"#;
    let codes = [("icd10", "I50.9"), ("icd10", "N18.3")];
    for (when, patient, admission, holds) in [
        ("age_min = 30", WOMAN, "", true),
        ("age_min = 31", WOMAN, "", false),
        ("age_max = 30", WOMAN, "", true),
        ("age_max = 29", WOMAN, "", false),
        ("sex = \"F\"", WOMAN, "", true),
        ("sex = \"F\"", man, "", false),
        ("pregnant = true", pregnant, "", true),
        ("pregnant = true", by_weeks, "", true),
        ("pregnant = true", WOMAN, "", false),
        ("pregnant = false", pregnant, "", false),
        ("pregnant = false", WOMAN, "", true),
        ("pregnant = false", man, "", true),
        ("with = [\"N18\"]", man, "", true),
        ("with = [\"N17\", \"N18.3\"]", man, "", true),
        ("with = [\"N17\"]", man, "", false),
        ("without = [\"N18\"]", man, "", false),
        ("without = [\"N17\"]", man, "", true),
        ("setting = [\"inpatient\"]", man, r#""setting":"inpatient""#, true),
        ("setting = [\"inpatient\"]", man, r#""setting":"outpatient""#, false),
        ("setting = [\"inpatient\"]", man, "", true),
        ("age_min = 18, sex = \"M\", with = [\"N18\"]", man, "", true),
        ("age_min = 18, sex = \"F\", with = [\"N18\"]", man, "", false),
    ] {
        let case = case(patient, admission, &codes);
        assert_eq!(
            matched(&pack("\"I50\"", "adjunct", when), &case),
            if holds { vec![Some(0)] } else { vec![] },
            "{when} {patient}"
        );
        let any = matched(&pack("", "supportive", when), &case);
        assert_eq!(any, if holds { vec![None] } else { vec![] }, "{when} {patient}, whatever the diagnosis");
    }
}

#[test]
fn a_drug_of_an_operation_is_for_the_main_diagnosis_only() {
    let pack = pack("\"I50\"", "adjunct", "main = true");
    assert_eq!(matched(&pack, &case(WOMAN, "", &[("icd10", "I50.9"), ("icd10", "I10")])), [Some(0)]);
    assert_eq!(matched(&pack, &case(WOMAN, "", &[("icd10", "I10"), ("icd10", "I50.9")])), []);
}
