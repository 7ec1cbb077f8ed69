use serde_json::json;

use crate::bench::{check, patient, run, spec, uses};

#[test]
pub fn one_ingredient_twice_is_found_also_inside_combinations() {
    let adult = || patient(json!({}));
    run(vec![
        spec("two ingredients", adult(), &["oxina", "hub"], &[]),
        spec(
            "an ingredient and a combination",
            adult(),
            &["twinb", "blockam / twinb"],
            &["warning duplicate.ingredient blockam / twinb,twinb"],
        ),
        spec(
            "two combinations that share a part",
            adult(),
            &["blockam / twinb", "blockam / oxina"],
            &["warning duplicate.ingredient blockam / oxina,blockam / twinb"],
        ),
        spec("one drug entered twice", adult(), &["hub", "hub"], &["warning duplicate.ingredient hub"]),
        spec(
            "one finding for three",
            adult(),
            &["blockam", "blockam / twinb", "blockam / oxina"],
            &["warning duplicate.ingredient blockam,blockam / oxina,blockam / twinb"],
        ),
    ]);
}

#[test]
pub fn drugs_of_one_class_are_one_finding() {
    let adult = || patient(json!({}));
    run(vec![
        spec("two of a class", adult(), &["twina", "twinb"], &["warning duplicate.class twina,twinb"]),
        spec("three of a class", adult(), &["twinc", "twina", "twinb"], &["warning duplicate.class twina,twinb,twinc"]),
        spec("often meant", adult(), &["frienda", "friendb"], &["note duplicate.class frienda,friendb"]),
        spec("usual", adult(), &["hub", "oxina"], &[]),
        spec(
            "the class of a component",
            adult(),
            &["twina", "blockam / twinb"],
            &["warning duplicate.class blockam / twinb,twina"],
        ),
        spec(
            "holds for children",
            patient(json!({"age_years": 9})),
            &["twina", "twinb"],
            &["warning duplicate.class twina,twinb", "? dose.adult_only twina,twinb"],
        ),
    ]);
}

#[test]
pub fn only_drugs_that_act_at_one_site_at_one_time_are_duplicates() {
    let adult = || patient(json!({}));
    run(vec![
        spec("drops and a tablet", adult(), &["twineye", "twinb"], &[]),
        spec("recorded as drops", adult(), &["twina@BOTH EYES", "twinb"], &[]),
        spec("two in the eye", adult(), &["twina@oph", "twineye"], &["warning duplicate.class twina,twineye"]),
        spec("one ingredient as drops and tablet", adult(), &["twina@OPH", "twina@PO"], &[]),
        spec(
            "a route that is not understood counts as the usual one",
            adult(),
            &["twina@xyz", "twinb"],
            &["warning duplicate.class twina,twinb"],
        ),
        spec("one after the other", adult(), &["twina#0-5", "twinb#6-9"], &[]),
        spec("overlapping", adult(), &["twina#0-5", "twinb#4-9"], &["warning duplicate.class twina,twinb"]),
        spec("touching", adult(), &["twina#0-5", "twinb#5-9"], &["warning duplicate.class twina,twinb"]),
        spec("time unknown", adult(), &["twina#0-5", "twinb"], &["warning duplicate.class twina,twinb"]),
        spec(
            "linked by a third",
            adult(),
            &["twina#0-5", "twinb#4-9", "twinc#8-12"],
            &["warning duplicate.class twina,twinb,twinc"],
        ),
    ]);
}

#[test]
fn a_duplicate_says_how_often_and_by_which_pack() {
    let found = check(&patient(json!({})), &uses(&["hub", "hub", "hub"])).findings.remove(0);
    assert_eq!(json!(found.used), json!({"entries": 3}));
    assert_eq!(found.source, "Therapeutic classes of the knowledge pack (synthetic 1)");
}
