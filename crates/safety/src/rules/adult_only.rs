//! Doses for adults do not hold for children.

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::rule::{Code, NOT_EVALUATED, Rule};

const ADULT_ONLY: &str = "dose.adult_only";

/// The rule.
pub const RULE: Rule = Rule {
    name: "dose",
    title: "Doses are for adults",
    codes: &[Code {
        code: ADULT_ONLY,
        tier: NOT_EVALUATED,
        meaning: "Under 18: no dose, no dosing by kidney or liver, and no other limit of adults is checked or shown.",
    }],
    what: "The age. Under 18 years one entry lists all drugs: their dose, renal and hepatic dosing, laboratory limits, duration, \
           monitoring, and the sums of potassium, sedation and anticholinergics were not evaluated; nor what is absent.",
    why: "Doses, bands of renal function and classes of liver impairment in the knowledge base are those of adults. In \
          a child they may be wrong by an order of magnitude, and creatinine formulas for adults do not hold.",
    example: "A boy of 9 years with amoxicillin: `dose.adult_only` for amoxicillin; the dose is withheld.",
    limits: "The limit is 18 years, whatever the weight. No field of the case would help, so none is listed as missing.",
    children: "This is the rule for children. Each other rule says whether it runs for them.",
    source: "CKD-EPI 2021 (Inker et al., N Engl J Med 2021;385:1737-49) and Cockcroft-Gault (Nephron 1976;16:31-41) \
             are equations for adults; the knowledge base holds facts of adults only.",
};

/// Lists all drugs when the patient is under 18.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    if input.case.patient.is_child() && !input.drugs.is_empty() {
        out.skip(ADULT_ONLY, input.ids(), Vec::new());
    }
}
