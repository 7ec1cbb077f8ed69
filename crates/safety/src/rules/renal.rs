//! Renal dosing: bands of renal function, and dialysis.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::DrugIx;
use bogam_knowledge::pack::{Action, DialysisEntry, IngredientEntry, RenalBand, RenalMeasure};
use serde_json::Value;

use crate::input::CheckInput;
use crate::kidney::{self, Dialysis, Kidney, REDUCED_BELOW, Reading};
use crate::outcome::{Outcome, finding};
use crate::rule::{Code, NOT_EVALUATED, Rule};
use crate::words::{advice, fact_source, name_by};

const AVOID: &str = "renal.avoid";
const REDUCE: &str = "renal.reduce";
const CAUTION: &str = "renal.caution";
const DOSE: &str = "renal.dose";
const DIALYSIS: &str = "renal.dialysis";

/// A function that every patient on dialysis is below, in mL/min: stage G5.
/// Source: KDIGO 2024 clinical practice guideline for chronic kidney disease.
const KIDNEY_FAILURE: f64 = 15.0;

/// The rule.
pub const RULE: Rule = Rule {
    name: "renal",
    title: "Kidney function and dialysis",
    codes: &[
        Code {
            code: AVOID,
            tier: "critical, warning, note",
            meaning: "Not to be given at this renal function, or on dialysis.",
        },
        Code {
            code: REDUCE,
            tier: "critical, warning, note",
            meaning: "Another dose at this renal function, or on dialysis.",
        },
        Code {
            code: CAUTION,
            tier: "critical, warning, note",
            meaning: "With caution at this renal function, or on dialysis.",
        },
        Code {
            code: DOSE,
            tier: NOT_EVALUATED,
            meaning: "Renal function is unknown or not in a steady state; or it is reduced, and the knowledge base has \
                      no bands for a dose that depends on it (then nothing is listed as missing).",
        },
        Code {
            code: DIALYSIS,
            tier: NOT_EVALUATED,
            meaning: "On dialysis, without a rule for it; or end-stage disease, and dialysis is not stated.",
        },
    ],
    what: "The band that the patient's renal function falls into, by the measure that the band's source uses: creatinine \
           clearance by Cockcroft-Gault, or eGFR (reported, else CKD-EPI 2021). Bounds are compared unrounded: from \
           inclusive, to exclusive. On dialysis only what is said of dialysis holds; without such an entry the check is \
           not evaluated, and a drug that is to be avoided in kidney failure is reported as such.",
    why: "Drugs that the kidneys clear accumulate. A steady creatinine is the condition of every estimate; in acute \
          kidney injury it lags behind.",
    example: "Metformin at eGFR 24 gives `renal.avoid` (critical). Enoxaparin with a creatinine but no weight gives \
              `renal.dose`, missing `patient.weight_kg`.",
    limits: "One measure never stands in for the other. The creatinine counts as unstable when stated, or with a diagnosis \
             of acute kidney failure (N17) unless stated as stable; then no band is computed. Unstated, it counts as \
             stable and is listed as missing. Dialysis is taken from the field, else from Z99.2; with N18.6 alone it is \
             unknown: bands are still reported, and `renal.dialysis` is listed. Without a height the clearance is that of the \
             actual weight, which in obesity reads too high: a finding names the height as missing, silence does not. The \
             kind of dialysis and the route of the drug are not considered. The recorded dose is not compared with the dose of the band.",
    children: "Does not run under 18 years: see `dose.adult_only`.",
    source: "Cockcroft DW, Gault MH, Nephron 1976;16:31-41; Inker et al., N Engl J Med 2021;385:1737-49; bands and doses \
             carry their own source.",
};

/// Checks every drug for the renal function of the case.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    let kidney = Kidney::of(input.case, input.codes);
    for drug in input.ingredients() {
        for owner in kidney::owners(input.knowledge, drug) {
            let site = Site { input, drug, owner };
            match kidney.dialysis {
                Dialysis::No => site.bands(&kidney, out),
                Dialysis::Stated | Dialysis::Coded => site.on_dialysis(kidney.dialysis, out),
                Dialysis::Unknown => {
                    site.dialysis_unknown(out);
                    site.bands(&kidney, out);
                }
            }
        }
    }
}

/// A drug, and the entry whose facts hold for it.
#[derive(Clone, Copy)]
struct Site<'a> {
    input: &'a CheckInput<'a>,
    drug: DrugIx,
    owner: &'a IngredientEntry,
}

/// A fact as it is reported, of a band or of dialysis.
struct Fact<'a> {
    action: Action,
    tier: Tier,
    dose: Option<&'a Bilingual>,
    reason: Option<&'a Bilingual>,
    instead: Option<&'a Bilingual>,
    source: Option<&'a String>,
}

impl<'a> From<&'a RenalBand> for Fact<'a> {
    fn from(b: &'a RenalBand) -> Self {
        Self {
            action: b.action,
            tier: b.severity,
            dose: b.dose.as_ref(),
            reason: b.reason.as_ref(),
            instead: b.instead.as_ref(),
            source: b.source.as_ref(),
        }
    }
}

impl<'a> From<&'a DialysisEntry> for Fact<'a> {
    fn from(d: &'a DialysisEntry) -> Self {
        Self {
            action: d.action,
            // The loader asks for a severity wherever something changes.
            tier: d.severity.unwrap_or(Tier::Warning),
            dose: d.dose.as_ref(),
            reason: d.reason.as_ref(),
            instead: d.instead.as_ref(),
            source: d.source.as_ref(),
        }
    }
}

impl Site<'_> {
    fn skip(&self, code: &str, missing: Vec<String>, out: &mut Outcome) {
        out.skip(code, vec![self.input.id(self.drug)], missing);
    }

    fn bands(&self, kidney: &Kidney<'_>, out: &mut Outcome) {
        if !kidney::matters(self.owner) {
            return;
        }
        if self.owner.renal.is_empty() {
            self.without_bands(kidney, out);
        }
        for measure in kidney::measures(self.owner) {
            match kidney.read(measure) {
                Err(missing) => self.skip(DOSE, missing, out),
                Ok(reading) => {
                    if let Some(band) = kidney::band(self.owner, measure, reading.value) {
                        self.report(&Fact::from(band), reading, kidney.dialysis, out);
                    }
                }
            }
        }
    }

    /// A dose that depends on renal function, of which no band is known.
    fn without_bands(&self, kidney: &Kidney<'_>, out: &mut Outcome) {
        match kidney.read(RenalMeasure::Egfr) {
            Err(missing) => self.skip(DOSE, missing, out),
            Ok(reading) if reading.value < REDUCED_BELOW => self.skip(DOSE, Vec::new(), out),
            Ok(_) => {}
        }
    }

    fn on_dialysis(&self, dialysis: Dialysis, out: &mut Outcome) {
        let used = match dialysis {
            Dialysis::Coded => BTreeMap::from([("diagnosis".to_owned(), Value::from("Z99.2"))]),
            Dialysis::Stated | Dialysis::No | Dialysis::Unknown => {
                BTreeMap::from([("dialysis".to_owned(), Value::from(true))])
            }
        };
        let missing = match dialysis {
            Dialysis::Coded => vec!["patient.dialysis".to_owned()],
            Dialysis::Stated | Dialysis::No | Dialysis::Unknown => Vec::new(),
        };
        let reading =
            |label: &str| Reading { label: label.to_owned(), value: 0.0, used: used.clone(), missing: missing.clone() };
        if let Some(entry) = &self.owner.dialysis {
            self.report(&Fact::from(entry), reading(ON_DIALYSIS), dialysis, out);
        } else if kidney::matters(self.owner) {
            self.skip(DIALYSIS, Vec::new(), out);
            if let Some(band) = self.owner.renal.iter().find(|b| avoids_kidney_failure(b)) {
                self.report(&Fact::from(band), reading(ON_DIALYSIS), dialysis, out);
            }
        }
    }

    fn dialysis_unknown(&self, out: &mut Outcome) {
        let changes = self.owner.dialysis.as_ref().is_some_and(|d| d.action != Action::None);
        if changes || kidney::matters(self.owner) {
            self.skip(DIALYSIS, vec!["patient.dialysis".to_owned()], out);
        }
    }

    fn report(&self, fact: &Fact<'_>, reading: Reading, dialysis: Dialysis, out: &mut Outcome) {
        let (code, action) = match fact.action {
            Action::Avoid => (AVOID, ("avoid", "사용하지 않음")),
            Action::Reduce => (REDUCE, ("adjust the dose", "용량 조절")),
            Action::Caution => (CAUTION, ("use with caution", "주의하여 사용")),
            Action::None => return,
        };
        let name = name_by(self.input.knowledge, self.drug, self.owner);
        let label = if reading.label == ON_DIALYSIS {
            Bilingual::new(ON_DIALYSIS, "투석 중")
        } else {
            Bilingual::new(reading.label.clone(), reading.label.clone())
        };
        let message = advice(&name, action, &label, fact.dose, fact.reason);
        let source = fact_source(self.input.knowledge, self.owner, fact.source);
        let mut found = finding(code, fact.tier, vec![self.input.id(self.drug)], message, source);
        found.instead = fact.instead.cloned();
        found.used = reading.used;
        found.missing = reading.missing;
        if dialysis == Dialysis::Unknown {
            found.missing.push("patient.dialysis".to_owned());
        }
        found.missing.sort();
        out.add(found);
    }
}

const ON_DIALYSIS: &str = "on dialysis";

/// A band that says "avoid" wherever a patient on dialysis can be.
fn avoids_kidney_failure(band: &RenalBand) -> bool {
    band.action == Action::Avoid && band.at_least <= 0.0 && band.below >= KIDNEY_FAILURE
}
