//! Drugs that raise potassium, together.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::RenalMeasure;
use serde_json::Value;

use crate::input::CheckInput;
use crate::kidney::Kidney;
use crate::outcome::Outcome;
use crate::results::newest;
use crate::rule::{Code, Rule};
use crate::sum::{Sum, SumWords, Told, Verdict};

const SUM: Sum = Sum { role: "raises_potassium", problem: "potassium", code: "potassium.sum" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "potassium",
    title: "Potassium",
    codes: &[Code {
        code: SUM.code,
        tier: "warning, note",
        meaning: "Several drugs that raise potassium. Not evaluated: a sum of 3, no known risk, and potassium or a steady \
                  renal function unknown.",
    }],
    what: "The role `raises_potassium` of drugs used at one time; blockers of the renin-angiotensin system count once. From 5 a \
           warning, from 4 a note; with potassium from 5.0 mmol/L, or a GFR below 45, a warning from 3. With potassium below \
           4.0 mmol/L nothing is said of a sum below 6: potassium is then what is wanted.",
    why: "Hyperkalaemia from the sum of usual drugs kills without a warning sign.",
    example: "Lisinopril with spironolactone and trimethoprim gives a warning.",
    limits: "A sum of 3 counts only with a risk: without one it is listed as not evaluated when potassium or renal function is \
             not known, or the creatinine not steady, since each could be the risk. Above 3 the finding names what was \
             missing. Doses, and potassium in infusions, are not considered.",
    children: "Does not run under 18 years.",
    source: "Labels of the drugs; KDIGO 2024 (CKD), practice points on potassium.",
};

/// Checks the sum.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>, out: &mut Outcome) {
    if !SUM.concerns(input) {
        return;
    }
    let mut risks = Vec::new();
    let mut used = BTreeMap::new();
    let mut missing = Vec::new();
    let mut low = false;
    let potassium = newest(input.case, input.knowledge, "potassium");
    if let Some(result) = potassium.newest {
        // A result that is as new and cannot be read may be a high one.
        low = result.most < 4.0 && potassium.missing.is_empty();
        used.insert("potassium".to_owned(), Value::from(result.most));
        if result.most >= 5.0 {
            let text = format!("{} {}", result.most, result.unit);
            risks.push(Bilingual::new(format!("potassium {text}"), format!("칼륨 {text}")));
        }
    }
    missing.extend(potassium.missing);
    match input.case.patient.gfr() {
        // A creatinine that is not steady lags behind the kidney: what is low already counts, what is not proves nothing.
        Some(gfr) if gfr.get() < 45.0 => {
            risks.push(Bilingual::new(format!("eGFR {:.0}", gfr.get()), format!("eGFR {:.0}", gfr.get())));
            used.insert("egfr_ml_min_1_73m2".to_owned(), Value::from(gfr.get().round()));
        }
        Some(_) | None => {
            let kidney = Kidney::of(input.case, input.codes).read(RenalMeasure::Egfr);
            missing.extend(kidney.err().unwrap_or_default());
        }
    }
    let (at_risk, unsure) = (!risks.is_empty(), !missing.is_empty());
    let verdict = |total| match (total, low, at_risk) {
        (6.., ..) | (5, false, _) | (3..=5, false, true) => Some(Verdict::Found(Tier::Warning)),
        (4, false, false) => Some(Verdict::Found(Tier::Note)),
        (3, false, false) if unsure => Some(Verdict::Open),
        _ => None,
    };
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
    SUM.tell(input, &words, verdict, told, out);
}
