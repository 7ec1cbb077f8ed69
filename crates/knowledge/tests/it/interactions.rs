//! Interactions.

use bogam_clinical::record::Tier;
use bogam_knowledge::KnowledgeBase;

use crate::fixture::{base, interaction, of_class};

fn drugs() -> String {
    of_class("ibuprofen", "nsaid", "")
        + &of_class("ketorolac", "nsaid", "")
        + &of_class("codeine", "opioid", "")
        + &of_class("morphine", "opioid", "")
        + &of_class("acetaminophen", "some", "")
        + &of_class("warfarin", "some", "")
        + &of_class("acetaminophen / codeine", "opioid", "components = [\"acetaminophen\", \"codeine\"]")
        + &of_class("codeine / ibuprofen", "some", "components = [\"codeine\", \"ibuprofen\"]")
}

fn between(base: &KnowledgeBase, a: &str, b: &str) -> Option<(Tier, String)> {
    let (a, b) = (base.find(a).unwrap(), base.find(b).unwrap());
    let one = base.interaction(a, b);
    assert_eq!(one, base.interaction(b, a), "the order of a pair does not matter");
    one.map(|fact| (fact.severity, fact.effect.en.clone()))
}

fn is(severity: Tier, effect: &str) -> Option<(Tier, String)> {
    Some((severity, effect.to_owned()))
}

#[test]
fn a_class_rule_holds_for_every_pair_but_a_drug_with_itself() {
    let base = base(&(drugs() + &interaction("\"class:nsaid\"", "\"class:nsaid\"", "warning", "two")));
    assert_eq!(between(&base, "ibuprofen", "ketorolac"), is(Tier::Warning, "two"));
    assert_eq!(between(&base, "ibuprofen", "ibuprofen"), None);
    assert_eq!(between(&base, "ibuprofen", "morphine"), None);
}

#[test]
fn an_explicit_pair_overrides_a_class_rule_upward_and_downward() {
    let rules = interaction("\"warfarin\"", "\"class:nsaid\"", "warning", "class")
        + &interaction("\"ketorolac\"", "\"warfarin\"", "critical", "up")
        + &interaction("\"warfarin\"", "\"class:opioid\"", "warning", "class")
        + &interaction("\"warfarin\"", "\"morphine\"", "note", "down");
    let base = base(&(drugs() + &rules));
    assert_eq!(between(&base, "warfarin", "ibuprofen"), is(Tier::Warning, "class"));
    assert_eq!(between(&base, "warfarin", "ketorolac"), is(Tier::Critical, "up"));
    assert_eq!(between(&base, "warfarin", "morphine"), is(Tier::Note, "down"));
}

#[test]
fn of_rules_alike_in_kind_the_more_severe_holds_in_whatever_order() {
    let mild = interaction("\"warfarin\"", "\"class:nsaid\"", "note", "mild");
    let grave = interaction("\"class:nsaid\"", "\"warfarin\"", "critical", "grave");
    for rules in [format!("{mild}{grave}"), format!("{grave}{mild}")] {
        assert_eq!(between(&base(&(drugs() + &rules)), "warfarin", "ibuprofen"), is(Tier::Critical, "grave"));
    }
}

#[test]
fn a_combination_interacts_through_its_components_the_most_severe_first() {
    let rules = interaction("\"warfarin\"", "\"acetaminophen\"", "note", "mild")
        + &interaction("\"warfarin\"", "\"codeine\"", "warning", "more")
        + &interaction("\"codeine\"", "\"class:nsaid\"", "note", "inner");
    let base = base(&(drugs() + &rules));
    assert_eq!(between(&base, "warfarin", "acetaminophen / codeine"), is(Tier::Warning, "more"));
    assert_eq!(between(&base, "acetaminophen / codeine", "ketorolac"), is(Tier::Note, "inner"));
    // A drug and a combination that holds it are one drug twice, not an interaction.
    assert_eq!(between(&base, "codeine / ibuprofen", "ibuprofen"), None);
    assert_eq!(between(&base, "codeine / ibuprofen", "codeine"), None);
    assert_eq!(between(&base, "codeine / ibuprofen", "ketorolac"), is(Tier::Note, "inner"));
}

#[test]
fn findings_of_one_rule_share_its_index() {
    let rules = interaction("\"warfarin\"", "\"class:nsaid\"", "note", "n")
        + &interaction("\"warfarin\"", "\"class:opioid\"", "note", "o");
    let base = base(&(drugs() + &rules));
    let rule = |b: &str| base.interaction(base.find("warfarin").unwrap(), base.find(b).unwrap()).unwrap().rule;
    assert_eq!(rule("ibuprofen"), rule("ketorolac"));
    assert_ne!(rule("ibuprofen"), rule("morphine"));
}
