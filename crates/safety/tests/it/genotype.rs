use bogam_clinical::case::Case;
use serde_json::json;

use crate::bench::{check, message, patient, run, spec, uses};

fn typed(list: &[&str]) -> Case {
    patient(json!({ "genotypes": list }))
}

#[test]
pub fn a_marker_that_is_not_negative_speaks() {
    let critical = &["critical genotype.contraindicated gena"];
    run(vec![
        spec("positive", typed(&["HLA-X*01:01 positive"]), &["gena"], critical),
        spec("the marker alone", typed(&["hla x 0101"]), &["gena"], critical),
        spec("by alias, in Korean", typed(&["X*01:01 양성"]), &["gena"], critical),
        spec("a phenotype", typed(&["CYPX 저대사자"]), &["genb"], &["warning genotype.avoid genb"]),
        spec("a note", typed(&["HLA-Y*02:02"]), &["genc"], &["note genotype.caution genc"]),
        spec("in the eye", typed(&["HLA-X*01:01 positive"]), &["gena@OPH"], &[]),
        spec("one of two texts", typed(&["HLA-X*01:01 negative", "HLA-X*01:01 positive"]), &["gena"], critical),
        spec(
            "holds for children",
            patient(json!({"age_years": 9, "genotypes": ["HLA-X*01:01"]})),
            &["gena"],
            &["critical genotype.contraindicated gena", "? dose.adult_only gena"],
        ),
    ]);
}

#[test]
pub fn negative_words_silence_the_marker_that_they_stand_with() {
    let positive = &["critical genotype.contraindicated gena"];
    let mut specs = Vec::new();
    for text in [
        "HLA-X*01:01 negative",
        "HLA-X*01:01: NEG",
        "HLA-X*01:01 not detected",
        "HLA-X*01:01, tested: absent",
        "HLA-X*01:01 음성",
        "HLA-X*01:01 미검출",
        "HLA-X*01:01 비보유자",
        "HLA-X*01:01 non-carrier",
    ] {
        specs.push(spec("negative", typed(&[text]), &["gena"], &[]));
    }
    for text in ["HLA-X*01:01 positive, HLA-Y*02:02 negative", "HLA-Y*02:02 음성; HLA-X*01:01 양성"] {
        specs.push(spec("negative of another", typed(&[text]), &["gena", "genc"], positive));
    }
    run(specs);
}

#[test]
pub fn a_marker_of_which_nothing_is_known_is_asked_for_where_the_entry_says_so() {
    let asked = &["? genotype gena <- patient.genotypes[HLA-X*01:01]"];
    run(vec![
        spec("asked, none", typed(&[]), &["gena", "genb", "genc"], asked),
        spec("nothing known", patient(json!({"genotypes": null})), &["gena", "genb"], asked),
        spec("another marker", typed(&["HLA-X*02:01 positive"]), &["gena"], asked),
    ]);
}

#[test]
fn the_finding_names_the_marker_and_the_text() {
    let case = typed(&["hla-x*01:01 (+)"]);
    let (en, ko) = message(&case, &["gena"]);
    assert_eq!(en, "Gena: contraindicated with HLA-X*01:01. The skin peels.");
    assert_eq!(ko, "제나: HLA-X*01:01: 금기. 중증 피부 반응.");
    let found = check(&case, &uses(&["gena"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"genotypes": "hla-x*01:01 (+)"}));
}
