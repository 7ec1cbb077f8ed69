//! Tiers that a site has changed.

use bogam_clinical::Tier;
use bogam_knowledge::{DiagnosisCodes, KnowledgeBase, PackFile};
use bogam_safety::{CheckInput, DrugUse, Finding};
use serde_json::json;

use crate::bench::{case, pack_files};

const HEAD: &str = "[pack]\nid = \"ward\"\nversion = \"1\"\nreviewed = \"2026-01-01\"\nexpires = \"2027-01-01\"\n\
                    approved_by = \"the committee\"\n";

/// What is found of two drugs in the first trimester, with a pack of the site.
fn found(site: &str) -> Vec<Finding> {
    let site = PackFile { path: "site.toml".into(), bytes: format!("{HEAD}{site}").into_bytes() };
    let base = KnowledgeBase::from_files(&[pack_files(), vec![site]]).unwrap();
    let case = case(json!({"patient": {"sex": "F", "age_years": 30, "pregnant": true, "gestational_weeks": 8}}));
    let codes = case.diagnoses.iter().map(|d| base.codes(d)).collect::<Vec<DiagnosisCodes>>();
    let drugs = ["gravida", "blockam / gravida"].map(|id| DrugUse::of(base.find(id).unwrap()));
    let input = CheckInput { case: &case, knowledge: &base, codes: &codes, drugs: &drugs };
    let all = bogam_safety::check(&input, true).findings;
    all.into_iter().filter(|f| f.code == "pregnancy.avoid").collect()
}

fn entry(drugs: &str, tier: &str) -> String {
    format!(
        "[[site_tier]]\ncode = \"pregnancy.avoid\"\ndrugs = [{drugs}]\ntier = \"{tier}\"\n\
         reason = {{ en = \"Only in the study.\", ko = \"연구에 한함.\" }}\nsource = \"book\"\nbasis = \"recalled\"\n"
    )
}

#[test]
fn a_site_sets_the_tier_of_the_findings_it_names_and_the_message_says_why() {
    let of = |findings: &[Finding], drug: &str| findings.iter().find(|f| f.drugs == [drug]).unwrap().clone();
    let changed = found(&entry("\"gravida\"", "note"));
    let one = of(&changed, "gravida");
    assert_eq!(one.tier, Tier::Note);
    assert!(one.message.en.ends_with("Here instead of critical: Only in the study."), "{}", one.message.en);
    assert!(one.message.ko.ends_with("원내 기준 (금기 등급에서 변경): 연구에 한함."), "{}", one.message.ko);
    assert_eq!(of(&changed, "blockam / gravida").tier, Tier::Critical, "another drug");
    assert_eq!(of(&found(""), "gravida").tier, Tier::Critical, "no entry");
    let twice = entry("\"gravida\"", "note") + &entry("\"gravida\"", "warning");
    assert_eq!(of(&found(&twice), "gravida").tier, Tier::Warning, "the last holds");
}
