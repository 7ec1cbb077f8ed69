//! Drugs in pregnancy, by trimester.

use std::collections::BTreeMap;

use bogam_clinical::case::Pregnancy;
use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::DrugIx;
use bogam_knowledge::pack::{IngredientEntry, PregnancyEntry};
use serde_json::Value;

use crate::facts;
use crate::input::{CheckInput, has_code};
use crate::outcome::{Outcome, finding};
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::words::{fact_source, name_by, sentences};

const UNKNOWN: &str = "pregnancy";
const AVOID: &str = "pregnancy.avoid";
const CAUTION: &str = "pregnancy.caution";
const NOTE: &str = "pregnancy.note";

/// The rule.
pub const RULE: Rule = Rule {
    name: "pregnancy",
    title: "Pregnancy",
    codes: &[
        Code { code: AVOID, tier: "critical", meaning: "Contraindicated in this trimester." },
        Code { code: CAUTION, tier: "warning", meaning: "Only when the benefit outweighs the harm." },
        Code { code: NOTE, tier: "note", meaning: "To be aware of." },
        Code {
            code: UNKNOWN,
            tier: NOT_EVALUATED,
            meaning: "Whether the patient is pregnant is not known, and the drug may harm.",
        },
    ],
    what: "The pregnancy entries of a drug for the trimester (second from week 14, third from week 28). Without weeks the \
           worst of all trimesters holds, and the weeks are listed as missing. In females of 12 to 55 years of whom \
           nothing is said, drugs with a critical or warning entry are listed as not evaluated.",
    why: "Some drugs harm the child in some trimesters; before they are given the question must be asked.",
    example: "Warfarin at 8 weeks gives `pregnancy.avoid`; with a mechanical valve (Z95.2), where it is nevertheless \
              right, it gives nothing of this entry.",
    limits: "Pregnancy is taken from the fields `pregnant` and `gestational_weeks`, not from diagnosis codes. An entry \
             names diagnoses in which the drug is nevertheless right; one of them silences it. Breast-feeding is a \
             rule of its own; planned pregnancy is not checked.",
    children: "Holds for children from 12 years, or when pregnancy is stated.",
    source: "Trimesters by ACOG; facts carry their own source.",
};

/// Checks every drug for the stated or possible pregnancy.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    match input.case.patient.pregnancy() {
        Pregnancy::No => {}
        Pregnancy::Unknown => {
            let harmful = |ix: &DrugIx| !entries(input, *ix, None, Tier::Warning).is_empty();
            let drugs = input.ingredients().into_iter().filter(harmful).map(|ix| input.id(ix)).collect::<Vec<_>>();
            if !drugs.is_empty() {
                out.skip(UNKNOWN, drugs, vec!["patient.pregnant".to_owned()]);
            }
        }
        Pregnancy::Yes { trimester } => {
            for drug in input.ingredients() {
                // Of several entries the most severe; one finding a drug.
                let worst = entries(input, drug, trimester, Tier::Note)
                    .into_iter()
                    .max_by(|(a, x), (b, y)| (x.severity, &b.id, &y.reason).cmp(&(y.severity, &a.id, &x.reason)));
                if let Some((owner, entry)) = worst {
                    report(input, drug, owner, entry, trimester, out);
                }
            }
        }
    }
}

/// Entries of a drug for a trimester (all when it is not known) from a tier up, less those that a diagnosis silences.
fn entries<'a>(
    input: &CheckInput<'a>,
    drug: DrugIx,
    trimester: Option<u8>,
    from: Tier,
) -> Vec<(&'a IngredientEntry, &'a PregnancyEntry)> {
    let owners = facts::owners(input.knowledge, drug, |e| !e.pregnancy.is_empty());
    let all = owners.into_iter().flat_map(|owner| owner.pregnancy.iter().map(move |entry| (owner, entry)));
    all.filter(|(_, entry)| entry.severity >= from)
        .filter(|(_, entry)| trimester.is_none_or(|t| entry.trimesters.contains(&t)))
        .filter(|(_, entry)| !has_code(input.codes, entry.unless.iter().map(String::as_str)))
        .collect()
}

fn report(
    input: &CheckInput<'_>,
    drug: DrugIx,
    owner: &IngredientEntry,
    entry: &PregnancyEntry,
    trimester: Option<u8>,
    out: &mut Outcome,
) {
    let (code, action) = match entry.severity {
        Tier::Critical => (AVOID, ("contraindicated in pregnancy", "임신 중 금기")),
        Tier::Warning => (CAUTION, ("only if benefit outweighs harm in pregnancy", "임신 중 유익성이 클 때만 사용")),
        Tier::Note => (NOTE, ("note in pregnancy", "임신 중 참고")),
    };
    let when = trimester.map_or_else(
        || Bilingual::new("trimester unknown", "임신 주수 미상"),
        |t| Bilingual::new(format!("trimester {t}"), format!("제{t}삼분기")),
    );
    let name = name_by(input.knowledge, drug, owner);
    let message = Bilingual::new(
        sentences(&[&format!("{}: {} ({})", name.en, action.0, when.en), &entry.reason.en]),
        sentences(&[&format!("{}: {} ({})", name.ko, action.1, when.ko), &entry.reason.ko]),
    );
    let source = fact_source(input.knowledge, owner, entry.source.as_ref());
    let mut found = finding(code, entry.severity, vec![input.id(drug)], message, source);
    found.instead.clone_from(&entry.instead);
    found.used = BTreeMap::from([("pregnant".to_owned(), Value::from(true))]);
    if let Some(weeks) = input.case.patient.gestational_weeks {
        found.used.insert("gestational_weeks".to_owned(), Value::from(weeks.get()));
    }
    if trimester.is_none() {
        found.missing = vec!["patient.gestational_weeks".to_owned()];
    }
    out.add(found);
}
