use serde_json::json;

use crate::bench::{message, patient, run, spec};

#[test]
pub fn what_is_split_is_found_by_drug_or_by_the_form_in_its_name() {
    let adult = || patient(json!({}));
    let avoid = &["warning split.avoid splita"];
    run(vec![
        spec("by its form", adult(), &["splita; named Splita ER 30 mg; split"], avoid),
        spec("two words", adult(), &["splita; named Splita extended-release; split"], avoid),
        spec("a Korean form stands inside the name", adult(), &["splita; named 스플리타서방정30mg; split"], avoid),
        spec("another form", adult(), &["splita; named Splita; split"], &[]),
        spec("not a whole word", adult(), &["splita; named Splita Ernst; split"], &[]),
        spec("not split", adult(), &["splita; named Splita ER; whole"], &[]),
        spec("whatever the form", adult(), &["splitb; split"], &["critical split.contraindicated splitb"]),
        spec("a note", adult(), &["splitc; split"], &["note split.caution splitc"]),
        spec("a vial", adult(), &["splitb@IV; split"], &[]),
        spec(
            "holds for children",
            patient(json!({"age_years": 9})),
            &["splitc; split"],
            &["note split.caution splitc", "? dose.adult_only splitc"],
        ),
    ]);
}

#[test]
pub fn whether_it_is_split_is_asked_of_what_is_ordered() {
    let adult = || patient(json!({}));
    run(vec![
        spec("not said", adult(), &["splita; named Splita ER", "splitb; ordered"], &["? split splita,splitb <- split"]),
        spec("of another form it does not matter", adult(), &["splita; ordered"], &[]),
        spec("of a vial it does not matter", adult(), &["splitb@IV"], &[]),
        spec("a candidate", adult(), &["splita", "splitb"], &[]),
    ]);
}

#[test]
fn the_finding_says_why() {
    let (en, ko) = message(&patient(json!({})), &["splitb@PO; split"]);
    assert_eq!(en, "Splitb: not to be split, crushed or opened. The dust is toxic.");
    assert_eq!(ko, "스플릿비: 분할·분쇄·개봉 금지. 분진 독성.");
}
