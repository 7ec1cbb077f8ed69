use std::collections::BTreeSet;
use std::path::Path;

use bogam_safety::rules::RULES;

/// The page for readers is that of the rules. Write it anew with `BOGAM_WRITE=1`.
#[test]
fn the_committed_catalogue_is_that_of_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let catalogue = bogam_safety::catalogue();
    if std::env::var_os("BOGAM_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &catalogue).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == catalogue,
        "docs/rules.md is not that of the rules: run `BOGAM_WRITE=1 cargo test -p bogam-safety catalogue`"
    );
}

/// Codes are permanent: this list only grows.
#[test]
fn no_code_is_lost_or_used_twice() {
    let permanent = [
        "allergen.unrecognised",
        "allergy",
        "allergy.cross",
        "allergy.group",
        "allergy.intolerance",
        "allergy.same",
        "diagnosis.unrecognised",
        "dose.adult_only",
        "drug.unrecognised",
        "duplicate.class",
        "duplicate.ingredient",
        "hepatic.avoid",
        "hepatic.caution",
        "hepatic.dose",
        "hepatic.reduce",
        "interaction.aware",
        "interaction.contraindicated",
        "interaction.manage",
        "pregnancy",
        "pregnancy.avoid",
        "pregnancy.caution",
        "pregnancy.note",
        "renal.avoid",
        "renal.caution",
        "renal.dialysis",
        "renal.dose",
        "renal.reduce",
    ];
    let codes = RULES.iter().flat_map(|r| r.codes).map(|c| c.code).collect::<Vec<_>>();
    assert_eq!(codes.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from(permanent));
    assert_eq!(codes.len(), permanent.len(), "a code stands twice");
}

#[test]
fn every_rule_is_documented_in_full() {
    for rule in RULES {
        for text in [rule.title, rule.what, rule.why, rule.example, rule.limits, rule.children, rule.source] {
            assert!(text.ends_with('.') || text == rule.title, "{}: {text:?}", rule.name);
            assert!(!text.contains("  "), "{}: two blanks in {text:?}", rule.name);
        }
    }
}
