//! Drugs by mouth in a patient who takes nothing by mouth.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::DrugIx;
use bogam_knowledge::pack::Route;
use serde_json::Value;

use crate::input::{CheckInput, DrugUse};
use crate::outcome::Outcome;
use crate::route::routes_of;
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::shared::{Saying, ids, say};

const ORAL: &str = "nil_by_mouth.avoid";
const UNKNOWN: &str = "nil_by_mouth";

/// The rule.
pub const RULE: Rule = Rule {
    name: "nil_by_mouth",
    title: "Nil by mouth",
    codes: &[
        Code {
            code: ORAL,
            tier: "warning",
            meaning: "Given by mouth, or known by mouth only, and the patient is nil by mouth.",
        },
        Code { code: UNKNOWN, tier: NOT_EVALUATED, meaning: "Whether an inpatient is nil by mouth is not known." },
    ],
    what: "When the case says nil by mouth: drugs whose recorded route is by mouth, and those without a recorded route of \
           which only forms to be swallowed are known. One finding with all of them.",
    why: "A tablet that cannot be swallowed is a dose not given, and nobody notices.",
    example: "Apixaban in a patient who is nil by mouth gives `nil_by_mouth.avoid`.",
    limits: "A tube is not told apart from the mouth. For patients of whom it is not said to be inpatients, nothing is \
             listed as missing.",
    children: "Holds for children.",
    source: "Forms of the knowledge pack.",
};

/// Checks every drug when nothing may be swallowed.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let said = input.case.admission.nil_by_mouth;
    let inpatient = input.case.admission.setting == Some(bogam_clinical::Setting::Inpatient);
    let oral = |u: &&DrugUse| {
        let recorded = routes_of(u);
        let own = &input.knowledge.ingredient(u.drug).entry.routes;
        let only_oral = |routes: &[Route]| !routes.is_empty() && routes.iter().all(|r| *r == Route::Po);
        if recorded.is_empty() { only_oral(own) } else { only_oral(&recorded) }
    };
    let drugs = input.drugs.iter().filter(oral).map(|u| u.drug).collect::<BTreeSet<DrugIx>>();
    if drugs.is_empty() {
        return;
    }
    match said {
        Some(false) => {}
        None if inpatient => out.skip(UNKNOWN, ids(input, &drugs), vec!["admission.nil_by_mouth".to_owned()]),
        None => {}
        Some(true) => {
            let saying = Saying {
                what: Bilingual::new(
                    "by mouth, and the patient is nil by mouth. Another route, a tube or a pause: decide for each",
                    "경구 투여 약물이나 환자는 금식 중. 약물별로 다른 경로, 관 투여, 중단 여부 결정",
                ),
                reason: None,
                instead: None,
                source: "practice",
                used: BTreeMap::from([("nil_by_mouth".to_owned(), Value::from(true))]),
            };
            out.add(say(input, ORAL, Tier::Warning, &drugs, saying));
        }
    }
}
