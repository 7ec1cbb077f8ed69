//! Drugs that guidelines start with and that are absent.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::{DrugIx, KnowledgeBase, Omission};
use serde_json::Value;

use crate::input::{CheckInput, having_code};
use crate::outcome::{Outcome, finding};
use crate::route;
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::with_components;
use crate::words::{sentences, source};

const ABSENT: &str = "omission.absent";
const UNKNOWN: &str = "omission";

/// The rule.
pub const RULE: Rule = Rule {
    name: "omission",
    title: "Drugs that are absent",
    codes: &[
        Code {
            code: ABSENT,
            tier: "note",
            meaning: "A drug that guidelines start with in a diagnosed disease is not there.",
        },
        Code { code: UNKNOWN, tier: NOT_EVALUATED, meaning: "What the patient takes is not known." },
    ],
    what: "The diagnoses against the omission entries (START and guidelines): one of the drugs of an entry is expected \
           unless a diagnosis or another drug speaks against it. A drug that could not be given because of a recorded \
           allergy or a critical finding is still named: the reader decides.",
    why: "What is missing from a list is harder to see than what is wrong on it.",
    example: "Myocardial infarction (I21.4) without a statin gives `omission.absent`.",
    limits: "Why a drug was left out is not known. The finding names no drug of the list: it concerns one that is not \
             there.",
    children: "Does not run under 18 years.",
    source: "STOPP/START version 3; guidelines; each entry carries its own source.",
};

/// Lists what is absent from the drugs of the input, which are the whole regimen. `known`: whether what the patient
/// takes is known at all.
pub(crate) fn check(input: &CheckInput<'_>, known: bool, out: &mut Outcome) {
    // A drop in the eye is not the tablet that is expected.
    let given = input.drugs.iter().flat_map(|u| {
        let drug = &input.knowledge.ingredient(u.drug).entry;
        let mut substances = with_components(input.knowledge, u.drug);
        substances.retain(|of| route::holds(u, drug, &input.knowledge.ingredient(*of).entry, &[]));
        substances
    });
    let given = given.collect::<BTreeSet<_>>();
    let has = |list: &[DrugIx]| list.iter().any(|drug| given.contains(drug));
    for omission in input.knowledge.omissions() {
        let entry = &omission.entry;
        let codes = having_code(input.codes, entry.icd10.iter().map(String::as_str));
        let expected = !codes.is_empty() && input.knowledge.meets(&entry.when, input.case, input.codes);
        if !expected || has(&omission.any_of) || has(&omission.unless) {
            continue;
        }
        if !known {
            out.skip(UNKNOWN, Vec::new(), vec!["patient.current_drugs".to_owned()]);
            continue;
        }
        let names = expected_names(input.knowledge, omission);
        let message = Bilingual::new(
            sentences(&[&format!("None of: {}", names.en), &entry.reason.en]),
            sentences(&[&format!("처방 없음: {}", names.ko), &entry.reason.ko]),
        );
        let mut found = finding(ABSENT, Tier::Note, Vec::new(), message, source(input.knowledge, &entry.source));
        let codes = codes.iter().map(|c| bogam_clinical::case::dotted(bogam_clinical::CodeSystem::Icd10, c));
        found.used = BTreeMap::from([("diagnoses".to_owned(), Value::from(codes.collect::<Vec<_>>()))]);
        out.add(found);
    }
}

/// Names of classes and roles as they are written in the entry, of ingredients their own.
fn expected_names(knowledge: &KnowledgeBase, omission: &Omission) -> Bilingual {
    let name = |written: &String| {
        let class = written.strip_prefix("class:").and_then(|id| knowledge.class(id)).map(|c| c.name.clone());
        let role = written.strip_prefix("role:").and_then(|id| knowledge.role_name(id)).cloned();
        let own = knowledge.find(written).map(|ix| knowledge.ingredient(ix).name().clone());
        class.or(role).or(own).unwrap_or_else(|| Bilingual::new(written.clone(), written.clone()))
    };
    let names = omission.entry.any_of.iter().map(name).collect::<Vec<_>>();
    let join = |pick: fn(&Bilingual) -> &str| names.iter().map(pick).collect::<Vec<_>>().join(", ");
    Bilingual::new(join(|n| &n.en), join(|n| &n.ko))
}
