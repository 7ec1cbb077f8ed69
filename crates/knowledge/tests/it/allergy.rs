//! Recorded allergies.

use bogam_clinical::record::Tier;
use bogam_knowledge::{Allergen, Grade, KnowledgeBase};

use crate::fixture::{base, ingredient};

fn cross(from: &str, to: &str, severity: &str, only_severe: bool) -> String {
    format!(
        "\n[[cross_reactivity]]\nfrom = \"{from}\"\nto = \"{to}\"\nseverity = \"{severity}\"\nonly_severe = {only_severe}\n\
         reason = {{ en = \"{from} to {to}\", ko = \"교차\" }}\nsource = \"label\"\nbasis = \"read\"\n"
    )
}

fn pack() -> KnowledgeBase {
    base(
        &(ingredient("amoxicillin", "Amoxicillin", "아목시실린", "allergy_groups = [\"penicillins\"]")
            + &ingredient("clavulanate", "Clavulanate", "클라불란산", "")
            + &ingredient(
                "amoxicillin / clavulanate",
                "Amoxicillin and clavulanate",
                "아목시실린클라불란산",
                "brands = [\"Augmentin\"]\ncomponents = [\"amoxicillin\", \"clavulanate\"]",
            )
            + &ingredient("cefazolin", "Cefazolin", "세파졸린", "allergy_groups = [\"cephalosporins\"]")
            + &ingredient("cephalexin", "Cephalexin", "세팔렉신", "allergy_groups = [\"cephalosporins\"]")
            + &ingredient("aspirin", "Aspirin", "아스피린", "")
            + &cross("penicillins", "cephalosporins", "note", false)
            + &cross("penicillins", "cephalosporins", "warning", true)
            + &cross("amoxicillin", "cephalexin", "critical", false)
            + "[[allergen]]\nname = { en = \"Latex\", ko = \"라텍스\" }\naliases = [\"rubber\"]\n"
            + "[[reaction]]\ngrade = \"severe\"\nwords = [\"anaphylaxis\", \"아나필락시스\", \"tongue swelling\"]\n"
            + "[[reaction]]\ngrade = \"moderate\"\nwords = [\"rash\", \"swelling\", \"발진\"]\n"
            + "[[reaction]]\ngrade = \"intolerance\"\nwords = [\"nausea\", \"leg swelling\", \"멍\"]\n"),
    )
}

#[test]
fn an_allergen_is_a_group_then_a_known_substance_then_an_ingredient() {
    let base = pack();
    let group = |id: &str| Some(Allergen::Group(id.to_owned()));
    let drug = |id: &str| Some(Allergen::Ingredient(base.find(id).unwrap()));
    for (text, want) in [
        ("Penicillin", group("penicillins")),
        ("PCN", group("penicillins")),
        ("penicillin allergy", group("penicillins")),
        ("allergic to penicillins", group("penicillins")),
        ("Penicillins (rash)", group("penicillins")),
        ("페니실린계 알레르기", group("penicillins")),
        ("cephalosporin antibiotics", group("cephalosporins")),
        ("Amoxicillin 500 mg", drug("amoxicillin")),
        ("아스피린 알러지", drug("aspirin")),
        ("Augmentin", drug("amoxicillin / clavulanate")),
        ("amoxicillin/clavulanate", drug("amoxicillin / clavulanate")),
        ("penicilin", None),
        ("allergy", None),
        ("", None),
        ("moonlight", None),
    ] {
        assert_eq!(base.allergen(text), want, "{text}");
    }
    for text in ["latex", "Latex allergy", "rubber", "라텍스"] {
        assert!(matches!(base.allergen(text), Some(Allergen::Known(name)) if name.en == "Latex"), "{text}");
    }
}

#[test]
fn a_combination_carries_the_groups_of_its_components() {
    let base = pack();
    let carries = |id: &str| base.in_group(base.find(id).unwrap(), "penicillins");
    assert_eq!(
        ["amoxicillin", "amoxicillin / clavulanate", "clavulanate", "cefazolin"].map(carries),
        [true, true, false, false]
    );
    assert_eq!(base.group_name("penicillins").map(|n| n.en.as_str()), Some("Penicillins"));
}

#[test]
fn the_most_severe_cross_reactivity_comes_first() {
    let base = pack();
    let first = |from: &str, to: &str| {
        let from = base.allergen(from).unwrap();
        base.cross_reactivity(&from, base.find(to).unwrap()).map(|c| (c.severity, c.only_severe))
    };
    assert_eq!(first("penicillin", "cefazolin"), Some((Tier::Warning, true)));
    assert_eq!(first("amoxicillin", "cephalexin"), Some((Tier::Critical, false)));
    assert_eq!(first("augmentin", "cephalexin"), Some((Tier::Critical, false)), "through its component");
    assert_eq!(first("clavulanate", "cefazolin"), None);
    assert_eq!(first("cefazolin", "amoxicillin"), None, "from and to are not exchanged");
    assert_eq!(first("latex", "amoxicillin"), None);
    let from = base.allergen("penicillin").unwrap();
    let all = base.cross_reactivities(&from, base.find("cefazolin").unwrap());
    assert_eq!(
        all.iter().map(|c| (c.severity, c.only_severe)).collect::<Vec<_>>(),
        [(Tier::Warning, true), (Tier::Note, false)]
    );
}

#[test]
fn a_reaction_has_the_worst_grade_of_its_words() {
    let base = pack();
    for (text, want) in [
        ("Anaphylaxis", Some(Grade::Severe)),
        ("rash, then anaphylaxis", Some(Grade::Severe)),
        ("nausea and rash", Some(Grade::Moderate)),
        ("nausea", Some(Grade::Intolerance)),
        // The longer phrase says more than the word in it.
        ("leg swelling", Some(Grade::Intolerance)),
        ("leg swelling and swelling", Some(Grade::Moderate)),
        ("tongue swelling", Some(Grade::Severe)),
        ("아나필락시스가 있었음", Some(Grade::Severe)),
        ("발진.", Some(Grade::Moderate)),
        ("crash", None),
        ("멍게", None),
        ("unknown", None),
        ("", None),
    ] {
        assert_eq!(base.reaction_grade(text), want, "{text}");
    }
}
