//! Drugs that raise potassium, together.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use serde_json::Value;

use crate::input::CheckInput;
use crate::results::newest;
use crate::rule::{Code, Rule};
use crate::sum::{SumWords, Told, greatest, report};

const SUM: &str = "potassium.sum";
const ROLE: &str = "raises_potassium";
const PROBLEM: &str = "potassium";

/// The rule.
pub const RULE: Rule = Rule {
    name: "potassium",
    title: "Potassium",
    codes: &[Code { code: SUM, tier: "warning, note", meaning: "Several drugs that raise potassium." }],
    what: "The role `raises_potassium` of drugs used at one time; blockers of the renin-angiotensin system count once. From 5 a \
           warning, from 4 a note; with potassium from 5.0 mmol/L, or a GFR below 45, a warning from 3. With potassium below \
           4.0 mmol/L nothing is said of a sum below 6: potassium is then what is wanted.",
    why: "Hyperkalaemia from the sum of usual drugs kills without a warning sign.",
    example: "Lisinopril with spironolactone and trimethoprim gives a warning.",
    limits: "Doses, and potassium in infusions, are not considered.",
    children: "Does not run under 18 years.",
    source: "Labels of the drugs; KDIGO 2024 (CKD), practice points on potassium.",
};

/// Checks the sum.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>) {
    let Some(total) = greatest(input, ROLE) else { return };
    let mut risks = Vec::new();
    let mut used = BTreeMap::new();
    let mut missing = Vec::new();
    let mut low = false;
    match newest(input.case, input.knowledge, "potassium") {
        Ok(result) => {
            low = result.most < 4.0;
            used.insert("potassium".to_owned(), Value::from(result.most));
            if result.most >= 5.0 {
                let text = format!("{} {}", result.most, result.unit);
                risks.push(Bilingual::new(format!("potassium {text}"), format!("칼륨 {text}")));
            }
        }
        Err(fields) => missing.extend(fields),
    }
    match input.case.patient.gfr() {
        Some(gfr) if gfr.get() < 45.0 => {
            risks.push(Bilingual::new(format!("eGFR {:.0}", gfr.get()), format!("eGFR {:.0}", gfr.get())));
            used.insert("egfr_ml_min_1_73m2".to_owned(), Value::from(gfr.get().round()));
        }
        Some(_) => {}
        None => missing.push("patient.creatinine_mg_dl".to_owned()),
    }
    let tier = match (total.total, low, risks.is_empty()) {
        (6.., ..) | (5, false, _) | (3..=5, false, false) => Tier::Warning,
        (4, false, true) => Tier::Note,
        _ => return,
    };
    missing.sort();
    let words = SumWords {
        what: Bilingual::new("raise potassium together", "함께 칼륨 상승"),
        action: Bilingual::new(
            "Check potassium within days; stop potassium supplements where they are not needed",
            "수일 내 칼륨 확인, 불필요한 칼륨 보충 중단",
        ),
        source: RULE.source,
        risks,
        used,
        missing,
    };
    told.push(report(input, PROBLEM, (SUM, tier), &total, words));
}
