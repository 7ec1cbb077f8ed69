//! Hepatic dosing by Child-Pugh class.

use std::collections::BTreeMap;

use bogam_clinical::text::Bilingual;
use bogam_knowledge::DrugIx;
use bogam_knowledge::pack::{Action, HepaticEntry, IngredientEntry};
use serde_json::Value;

use crate::input::CheckInput;
use crate::liver::{self, Liver, letter};
use crate::outcome::{Outcome, finding};
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::words::{advice, fact_source, name_by};

const AVOID: &str = "hepatic.avoid";
const REDUCE: &str = "hepatic.reduce";
const CAUTION: &str = "hepatic.caution";
const DOSE: &str = "hepatic.dose";

/// The rule.
pub const RULE: Rule = Rule {
    name: "hepatic",
    title: "Liver impairment",
    codes: &[
        Code { code: AVOID, tier: "critical, warning, note", meaning: "Not to be given in this Child-Pugh class." },
        Code { code: REDUCE, tier: "critical, warning, note", meaning: "Another dose in this Child-Pugh class." },
        Code { code: CAUTION, tier: "critical, warning, note", meaning: "With caution in this Child-Pugh class." },
        Code {
            code: DOSE,
            tier: NOT_EVALUATED,
            meaning: "The Child-Pugh class is unknown, and the dose depends on it or a liver disease is diagnosed; or the \
                      liver is impaired, and the knowledge base has no entry for a dose that depends on it (then nothing \
                      is listed as missing).",
        },
    ],
    what: "The entry of a drug for the patient's Child-Pugh class; of several the most severe. When the class is unknown, \
           drugs with an entry are listed as not evaluated if their dose depends on the liver, or if a diagnosis speaks \
           of liver disease (K70-K77, B18, C22).",
    why: "Drugs that the liver clears accumulate, and some harm an ill liver further.",
    example: "Rivaroxaban in Child-Pugh C gives `hepatic.avoid` (critical); with cirrhosis (K74.6) and no class given, \
              `hepatic.dose`, missing `patient.hepatic_impairment`.",
    limits: "The class is never computed from laboratory values or guessed from a diagnosis: an entry for all of A, B and \
             C speaks only when a class is given. Without a class, a liver diagnosis and a dose that depends on the liver, \
             nothing is said. Raised transaminases alone are not checked. The recorded dose is not compared.",
    children: "Does not run under 18 years: see `dose.adult_only`.",
    source: "Classes by Pugh et al., Br J Surg 1973;60:646-9; entries carry their own source.",
};

/// Checks every drug for the liver of the case.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let state = Liver::of(input.case, input.codes);
    for drug in input.ingredients() {
        for owner in liver::owners(input.knowledge, drug) {
            match state {
                Liver::Normal => {}
                Liver::Impaired(class) => {
                    if let Some(entry) = liver::entry_for(owner, class) {
                        report(input, drug, owner, entry, letter(class), out);
                    } else if owner.hepatic.is_empty() {
                        // Its dose depends on the liver, and no class is known here.
                        out.skip(DOSE, vec![input.id(drug)], Vec::new());
                    }
                }
                Liver::Unknown { diagnosed } => {
                    let entries = owner.hepatic.iter().any(|h| h.action != Action::None);
                    if entries && (diagnosed || liver::needs_hepatic(owner)) {
                        out.skip(DOSE, vec![input.id(drug)], vec!["patient.hepatic_impairment".to_owned()]);
                    }
                }
            }
        }
    }
}

fn report(
    input: &CheckInput<'_>,
    drug: DrugIx,
    owner: &IngredientEntry,
    entry: &HepaticEntry,
    class: &'static str,
    out: &mut Outcome,
) {
    let (code, action) = match entry.action {
        Action::Avoid => (AVOID, ("avoid", "사용하지 않음")),
        Action::Reduce => (REDUCE, ("adjust the dose", "용량 조절")),
        Action::Caution => (CAUTION, ("use with caution", "주의하여 사용")),
        Action::None => return,
    };
    let name = name_by(input.knowledge, drug, owner);
    let label = Bilingual::new(format!("Child-Pugh {class}"), format!("Child-Pugh {class}"));
    let message = advice(&name, action, &label, entry.dose.as_ref(), entry.reason.as_ref());
    let source = fact_source(input.knowledge, owner, entry.source.as_ref());
    let mut found = finding(code, entry.severity, vec![input.id(drug)], message, source);
    found.instead.clone_from(&entry.instead);
    found.used = BTreeMap::from([("hepatic_impairment".to_owned(), Value::from(class))]);
    out.add(found);
}
