//! The search over diagnoses.

use bogam_knowledge::{DiagnosisSearch, KnowledgeBase, PackFile};

use crate::fixture::HEAD;

const NAMES: &str = r#"
[[diagnosis]]
icd10 = "I50"
name = { en = "Heart failure", ko = "심부전" }
[[diagnosis]]
icd10 = "I63"
name = { en = "Cerebral infarction", ko = "뇌경색" }
[[diagnosis]]
icd10 = "J18.9"
name = { en = "Pneumonia, unspecified organism", ko = "폐렴" }
[[diagnosis]]
icd10 = "E11"
name = { en = "Type 2 diabetes mellitus", ko = "2형 당뇨병" }
"#;

const TITLES: &str = "system,code,title
icd10,I50,Heart failure
icd10,I509,\"Heart failure, unspecified\"
icd10,I5022,Chronic systolic (congestive) heart failure
icd10,I110,Hypertensive heart disease with heart failure
icd10,I63,Cerebral infarction
icd10,J189,\"Pneumonia, unspecified organism\"
icd10,J690,Pneumonitis due to inhalation of food and vomit
icd10,E119,Type 2 diabetes mellitus without complications
icd10,D649,\"Anemia, unspecified\"
icd9,4280,\"Congestive heart failure, unspecified\"
icd9,486,\"Pneumonia, organism unspecified\"
";

fn search() -> DiagnosisSearch {
    let file = |path: &str, text: String| PackFile { path: path.into(), bytes: text.into_bytes() };
    let files = vec![file("test.toml", format!("{HEAD}{NAMES}")), file("icd_titles.csv", TITLES.into())];
    DiagnosisSearch::new(&KnowledgeBase::from_files(&[files]).unwrap())
}

/// The codes that a query finds, in order.
fn codes(query: &str) -> Vec<String> {
    search().find(query, 10).into_iter().map(|hit| hit.code).collect()
}

#[test]
fn a_code_finds_itself_first_and_what_begins_with_it() {
    assert_eq!(codes("I50"), ["I50", "I50.9", "I50.22"]);
    assert_eq!(codes("i50.2"), ["I50.22"]);
    assert_eq!(codes("4280"), ["428.0"]);
    assert_eq!(codes("I5099"), [""; 0]);
}

#[test]
fn words_are_found_in_whatever_order_the_last_as_it_is_typed() {
    assert_eq!(codes("heart failure")[..2], ["I50", "I50.9"]);
    assert_eq!(codes("failure heart chron"), ["I50.22"]);
    assert_eq!(codes("hypertensive heart"), ["I11.0"]);
    assert_eq!(codes("pneum"), ["J18.9", "J69.0", "486"]);
    assert_eq!(codes("heart xyz"), [""; 0]);
    assert_eq!(codes(" , "), [""; 0]);
    assert_eq!(codes(""), [""; 0]);
}

#[test]
fn one_or_two_wrong_letters_and_both_spellings_are_understood() {
    assert_eq!(codes("diabtes melitus"), ["E11", "E11.9"]);
    assert_eq!(codes("haert failure")[..2], ["I50", "I50.9"]);
    assert_eq!(codes("anaemia"), ["D64.9"]);
    assert_eq!(codes("dog"), [""; 0]);
}

#[test]
fn korean_is_found_by_part_by_the_syllable_being_typed_and_with_a_sound_wrong() {
    assert_eq!(codes("심부전"), ["I50"]);
    assert_eq!(codes("심붖"), ["I50"]);
    assert_eq!(codes("당뇨"), ["E11"]);
    assert_eq!(codes("뇌겡색"), ["I63"]);
    assert_eq!(codes("골절"), [""; 0]);
    assert_eq!(search().find("심부전", 10)[0].name.as_ref().unwrap().ko, "심부전");
}
