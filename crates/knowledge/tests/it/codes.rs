//! Diagnosis codes.

use bogam_clinical::case::{CodeSystem, Diagnosis};

use crate::fixture::base;

const TABLES: &str = r#"
[[icd9]]
code = "428"
icd10 = ["I50"]
[[icd9]]
code = "4282"
icd10 = ["I50.2"]
[[icd9]]
code = "2502"
icd10 = ["E11.0"]
[[icd9]]
code = "250??"
icd10 = ["E11"]
[[icd9]]
code = "250?1"
icd10 = ["E10"]
[[icd9]]
code = "2504?"
icd10 = ["E11.2", "N08"]
[[icd9]]
code = "V58"
icd10 = ["Z79"]
[[icd9]]
code = "E878"
icd10 = ["Y83"]
[[diagnosis]]
icd10 = "I50"
name = { en = "Heart failure", ko = "심부전" }
[[diagnosis]]
icd10 = "I50.2"
name = { en = "Systolic heart failure", ko = "수축기 심부전" }
"#;

fn diagnosis(system: CodeSystem, code: &str) -> Diagnosis {
    Diagnosis { system, code: code.to_owned(), title: None, rank: None }
}

#[test]
fn icd9_maps_by_the_longest_pattern_and_a_literal_beats_a_wildcard() {
    let base = base(TABLES);
    for (code, want) in [
        ("4280", &["I50"][..]),
        ("42820", &["I502"]),
        ("428", &["I50"]),
        // `2502` is shorter than `250??`: the longest pattern holds.
        ("25020", &["E11"]),
        ("2502", &["E110"]),
        ("25001", &["E10"]),
        // Of one length the earlier literal holds: `2504?` before `250?1`.
        ("25041", &["E112", "N08"]),
        ("V5861", &["Z79"]),
        ("E8788", &["Y83"]),
        ("4019", &[]),
        ("42", &[]),
        ("428X", &[]),
        ("V5", &[]),
    ] {
        let codes = base.codes(&diagnosis(CodeSystem::Icd9, code));
        assert_eq!(codes.icd10, want, "{code}");
        assert_eq!(codes.recognised, !want.is_empty(), "{code}");
    }
}

#[test]
fn icd10_and_kcd_are_recognised_by_their_form() {
    let base = base("");
    for system in [CodeSystem::Icd10, CodeSystem::Kcd] {
        for code in ["I50", "I5022", "S72001A", "C7A1", "U071"] {
            let codes = base.codes(&diagnosis(system, code));
            assert_eq!((codes.icd10, codes.recognised), (vec![code.to_owned()], true));
        }
        for code in ["", "I5", "4280", "I50.9", "i50", "S72001AB", "IX0"] {
            let codes = base.codes(&diagnosis(system, code));
            assert_eq!((codes.icd10.len(), codes.recognised), (0, false), "{code}");
        }
    }
}

#[test]
fn a_diagnosis_has_the_name_of_its_longest_prefix() {
    let base = base(TABLES);
    let name = |system, code| base.diagnosis_name(&diagnosis(system, code)).map(|n| n.en.as_str());
    assert_eq!(name(CodeSystem::Icd10, "I509"), Some("Heart failure"));
    assert_eq!(name(CodeSystem::Icd10, "I5023"), Some("Systolic heart failure"));
    assert_eq!(name(CodeSystem::Icd9, "42823"), Some("Systolic heart failure"));
    assert_eq!(name(CodeSystem::Icd10, "I10"), None);
    assert_eq!(base.icd10_name("I50.21").map(|n| n.en.as_str()), Some("Systolic heart failure"));
}
