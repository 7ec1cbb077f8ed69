//! Several files and several packs.

use crate::fixture::{HEAD, base, file, ingredient, interaction, load};

#[test]
fn the_order_of_files_changes_nothing() {
    let a = file("a.toml", &(HEAD.to_owned() + &ingredient("beta", "Beta", "베타", "")));
    let b = file("b.toml", &ingredient("alpha", "Alpha", "알파", ""));
    let one = load(&[vec![a.clone(), b.clone()]]);
    let two = load(&[vec![b, a]]);
    assert_eq!(one.hash(), two.hash());
    let ids = |base: &bogam_knowledge::KnowledgeBase| {
        base.drugs().map(|d| base.ingredient(d).id().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&one), ["alpha", "beta"]);
    assert_eq!(ids(&one), ids(&two));
}

#[test]
fn the_hash_is_of_every_byte_and_path() {
    let hash = |path: &str, text: &str| load(&[vec![file(path, text)]]).hash().to_owned();
    let first = hash("a.toml", HEAD);
    assert!(
        first.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    );
    assert_ne!(first, hash("b.toml", HEAD));
    assert_ne!(first, hash("a.toml", &format!("{HEAD}\n")));
}

#[test]
fn a_later_pack_replaces_what_an_earlier_one_says() {
    let core = HEAD.to_owned()
        + &ingredient("alpha", "Alpha", "알파", "brands = [\"Old\"]")
        + &ingredient("beta", "Beta", "베타", "")
        + &interaction("\"alpha\"", "\"beta\"", "warning", "core");
    let site = "[pack]\nid = \"site\"\nversion = \"1\"\nreviewed = \"2026-01-31\"\nexpires = \"2027-01-31\"\napproved_by = \"us\"\n"
        .to_owned()
        + "[[class]]\nid = \"some\"\nname = { en = \"Site\", ko = \"우리\" }\nduplicate = \"allowed\"\n"
        + &ingredient("alpha", "Alpha of the site", "알파", "brands = [\"New\"]")
        + &interaction("\"alpha\"", "\"beta\"", "note", "site");
    let base = load(&[vec![file("core.toml", &core)], vec![file("site.toml", &site)]]);
    let (alpha, beta) = (base.find("alpha").unwrap(), base.find("beta").unwrap());
    assert_eq!(base.ingredient(alpha).name().en, "Alpha of the site");
    assert_eq!(base.normalise("old").drug, None);
    assert_eq!(base.normalise("new").drug, Some(alpha));
    assert_eq!(base.class_of(beta).name.en, "Site");
    assert_eq!(base.interaction(alpha, beta).unwrap().effect.en, "site");
    assert_eq!(base.packs().iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["test", "site"]);
}

#[test]
fn source_and_basis_are_filled_in_where_an_entry_names_none() {
    let base = base(&ingredient(
        "alpha",
        "Alpha",
        "알파",
        "[ingredient.dose]\nen = \"1\"\nko = \"1\"\n[[ingredient.pregnancy]]\ntrimesters = [1]\nseverity = \"note\"\n\
         reason = { en = \"r\", ko = \"r\" }\nbasis = \"read\"",
    ));
    let entry = &base.ingredient(base.find("alpha").unwrap()).entry;
    let dose = entry.dose.as_ref().unwrap();
    assert_eq!((dose.source.as_deref(), dose.basis), (Some("label"), Some(bogam_knowledge::pack::Basis::Recalled)));
    assert_eq!(entry.pregnancy[0].basis, Some(bogam_knowledge::pack::Basis::Read));
    assert_eq!(base.source_title("label"), Some("A label"));
    let counts = base.counts();
    let count = |key| counts.iter().find(|(k, _)| *k == key).map(|(_, n)| *n);
    assert_eq!(
        ["ingredients", "doses", "pregnancy_entries", "facts_read", "facts_recalled", "names"].map(count),
        [Some(1), Some(1), Some(1), Some(1), Some(1), Some(2)]
    );
}
