use bogam_safety::{CheckInput, Tier, interacting_pairs};
use serde_json::json;

use crate::bench::{check, codes, diagnosed, knowledge, patient, run, spec, uses};

#[test]
pub fn pairs_of_one_rule_that_share_a_drug_are_one_finding() {
    let adult = || patient(json!({}));
    run(vec![
        spec("no rule", adult(), &["hub", "oxina"], &[]),
        spec("a pair", adult(), &["spokea", "hub"], &["warning interaction.manage hub,spokea"]),
        spec(
            "one hub, two spokes, and the spokes with each other",
            adult(),
            &["spokea", "hub", "spokeb"],
            &["critical interaction.contraindicated spokea,spokeb", "warning interaction.manage hub,spokea,spokeb"],
        ),
        spec(
            "a component interacts",
            adult(),
            &["hub", "blockam / oxina"],
            &["note interaction.aware blockam / oxina,hub"],
        ),
        spec("not at the same time", adult(), &["spokea#0-1", "spokeb#2-3"], &[]),
        spec(
            "of three only those together",
            adult(),
            &["hub#0-2", "spokea#1-3", "spokeb#7-8"],
            &["warning interaction.manage hub,spokea"],
        ),
        spec(
            "holds for children",
            patient(json!({"age_years": 3})),
            &["spokea", "spokeb"],
            &["critical interaction.contraindicated spokea,spokeb", "? dose.adult_only spokea,spokeb"],
        ),
    ]);
}

#[test]
fn the_message_names_the_pairs_when_not_all_interact() {
    let findings = check(&patient(json!({})), &uses(&["spokea", "hub", "spokeb"])).findings;
    assert_eq!(findings[0].message.en, "Spokea + Spokeb: Arrest. Never.");
    assert_eq!(findings[1].message.en, "Hub + Spokea, Hub + Spokeb: Bleeding. Monitor.");
    assert_eq!(findings[1].message.ko, "허브 + 스포카, 허브 + 스포크비: 출혈. 감시.");
    assert_eq!(findings[1].source, "The Book of Invented Drugs");
}

#[test]
fn the_pairs_behind_merged_findings_can_be_asked_for() {
    let (case, drugs) = (patient(json!({})), uses(&["spokeb", "hub", "spokea", "hub"]));
    let pairs =
        interacting_pairs(&CheckInput { case: &case, knowledge: knowledge(), codes: &codes(&case), drugs: &drugs });
    let names = pairs.iter().map(|p| (knowledge().ingredient(p.a).id(), knowledge().ingredient(p.b).id(), p.tier));
    assert_eq!(
        names.collect::<Vec<_>>(),
        [("hub", "spokea", Tier::Warning), ("hub", "spokeb", Tier::Warning), ("spokea", "spokeb", Tier::Critical),]
    );
}

#[test]
pub fn above_its_ceiling_a_pair_is_critical_and_in_the_disease_it_treats_never() {
    let adult = || patient(json!({}));
    let warning = &["warning interaction.manage kale,trioc"];
    let critical = &["critical interaction.contraindicated kale,trioc"];
    run(vec![
        spec("candidates have no dose", adult(), &["kale", "trioc"], warning),
        spec("at the ceiling", adult(), &["kale; 25 mg; x2", "trioc"], warning),
        spec("above, in another unit", adult(), &["kale; 0.03 g; x2", "trioc"], critical),
        spec("once a week: the day of the dose counts", adult(), &["kale; 60 mg; x0.15", "trioc"], critical),
        spec("the other drug's dose does not count", adult(), &["kale; 5 mg; x1", "trioc; 900 mg; x1"], warning),
        spec(
            "an order whose dose is not known",
            adult(),
            &["kale; 2 tablets; x1", "trioc"],
            &["warning interaction.manage kale,trioc <- kale: dose"],
        ),
        spec(
            "in the disease",
            diagnosed(&["C91.00"], json!({})),
            &["kale; 60 mg; x1", "trioc"],
            &["warning interaction.manage kale,trioc"],
        ),
    ]);
}
