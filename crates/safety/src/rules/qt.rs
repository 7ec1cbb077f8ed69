//! Drugs that prolong the QT interval, together.

use std::collections::BTreeMap;

use bogam_clinical::case::Sex;
use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use serde_json::Value;

use crate::input::{CheckInput, has_code};
use crate::outcome::Outcome;
use crate::results::newest;
use crate::rule::{Code, Rule};
use crate::sum::{Sum, SumWords, Told, Verdict};

const SUM: Sum = Sum { role: "qt", problem: "qt", code: "qt.sum" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "qt",
    title: "QT interval",
    codes: &[Code {
        code: SUM.code,
        tier: "warning, note",
        meaning: "Several drugs that prolong the QT interval. Not evaluated: a sum of 4, no known risk, and QTc, potassium or \
                  magnesium unknown.",
    }],
    what: "The role `qt` of drugs used at one time (3: its label warns of torsades de pointes, 2: prolongs, 1: with other \
           risks only). From 6, or from 5 with a risk of the patient, a warning; from 5, or from 4 with a risk, a note. \
           Risks: QTc from 470 ms, potassium below 3.5 mmol/L, magnesium below 0.7 mmol/L, a congenital long QT (I45.81), \
           and a woman from 65 years.",
    why: "Torsades de pointes comes from several causes at once; each drug alone looks harmless.",
    example: "Haloperidol with methadone gives a warning; ondansetron with citalopram and a potassium of 3.1 a note.",
    limits: "A sum of 4 counts only with a risk: without one it is listed as not \
             evaluated when QTc, potassium or magnesium is not known, since each could be the risk. Above 4 the finding names \
             what was missing. Dose, route and infusion speed are not considered. Pairs that are never given together are interactions. A QTc \
             that forbids a drug by itself stands with the laboratory limits.",
    children: "Holds for children, without the risks of age.",
    source: "Labels of the drugs; AHA/ACC statement on prevention of torsades de pointes in hospital settings (2010).",
};

/// Checks the sum.
pub(crate) fn check(input: &CheckInput<'_>, told: &mut Vec<Told>, out: &mut Outcome) {
    if !SUM.concerns(input) {
        return;
    }
    let mut risks = Vec::new();
    let mut used = BTreeMap::new();
    let mut missing = Vec::new();
    for (lab, below, en, ko) in
        [("potassium", 3.5, "low potassium", "저칼륨혈증"), ("magnesium", 0.7, "low magnesium", "저마그네슘혈증")]
    {
        let reading = newest(input.case, input.knowledge, lab);
        missing.extend(reading.missing);
        if let Some(result) = reading.newest {
            let limit = if result.unit.eq_ignore_ascii_case("mg/dl") { below * MAGNESIUM_MG_PER_MMOL } else { below };
            if result.least < limit {
                risks.push(Bilingual::new(en, ko));
                used.insert(lab.to_owned(), Value::from(result.least));
            }
        }
    }
    match input.case.patient.qtc {
        Some(qtc) if qtc.get() >= 470.0 => {
            risks.push(Bilingual::new(format!("QTc {} ms", qtc.get()), format!("QTc {} ms", qtc.get())));
            used.insert("qtc_ms".to_owned(), Value::from(qtc.get()));
        }
        Some(_) => {}
        None => missing.push("patient.qtc_ms".to_owned()),
    }
    if has_code(input.codes, ["I45.81"]) {
        risks.push(Bilingual::new("long QT syndrome", "QT 연장 증후군"));
    }
    if input.case.patient.sex == Sex::Female && input.case.patient.age.get() >= 65.0 {
        risks.push(Bilingual::new("woman from 65 years", "65세 이상 여성"));
    }
    let (at_risk, unsure) = (!risks.is_empty(), !missing.is_empty());
    let verdict = |total| match (total, at_risk) {
        (6.., _) | (5, true) => Some(Verdict::Found(Tier::Warning)),
        (5, false) | (4, true) => Some(Verdict::Found(Tier::Note)),
        (4, false) if unsure => Some(Verdict::Open),
        _ => None,
    };
    let words = SumWords {
        what: Bilingual::new("prolong the QT interval together", "함께 QT 간격 연장"),
        action: Bilingual::new(
            "Take an ECG, correct potassium and magnesium, leave out what is not needed",
            "심전도 확인, 칼륨·마그네슘 교정, 불필요한 약물 중단",
        ),
        source: RULE.source,
        risks,
        used,
        missing,
    };
    SUM.tell(input, &words, verdict, told, out);
}

/// Magnesium: 24.305 mg a mmol; a decilitre is a tenth of a litre.
const MAGNESIUM_MG_PER_MMOL: f64 = 2.4305;
