//! The usual adult dose of a drug, for the kidneys and the liver of the case; withheld where that cannot be said.

use bogam_clinical::case::Case;
use bogam_clinical::record::DoseText;
use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::{Action, DoseEntry, IngredientEntry, RenalMeasure};
use bogam_knowledge::{DiagnosisCodes, DrugIx, KnowledgeBase};

use crate::kidney::{self, Dialysis, Kidney, REDUCED_BELOW};
use crate::liver::{self, Liver, letter};

/// What the kidneys or the liver make of a dose.
enum Verdict {
    /// The usual dose holds.
    Usual,
    /// Another dose, and at what.
    Instead(Bilingual, Bilingual),
    /// No dose is shown, and why.
    Withheld(Bilingual),
}

/// The usual adult dose of a drug, adjusted to the band of renal function and the Child-Pugh class of the case.
///
/// `codes` are those of `case.diagnoses`. The dose is withheld, with the reason, when the patient is under 18, when it
/// depends on renal or hepatic function that is unknown, unstable or on dialysis without a rule, when the drug is to be
/// avoided in the band, when both organs ask for another dose, or when none is known.
#[must_use]
pub fn dose_text(case: &Case, knowledge: &KnowledgeBase, codes: &[DiagnosisCodes], drug: DrugIx) -> DoseText {
    let entry = &knowledge.ingredient(drug).entry;
    if case.patient.is_child() {
        return withheld(bilingual("Under 18: only adult doses are known", "18세 미만: 성인 용량만 수록됨"));
    }
    let Some(usual) = &entry.dose else {
        return withheld(bilingual("No dose in the knowledge base", "지식 베이스에 용량 정보 없음"));
    };
    let kidneys = Kidney::of(case, codes);
    let renal = kidney::owners(knowledge, drug).into_iter().map(|owner| of_owner(entry, owner, renal(owner, &kidneys)));
    let state = Liver::of(case, codes);
    let hepatic = liver::owners(knowledge, drug).into_iter().map(|owner| of_owner(entry, owner, hepatic(owner, state)));
    combine(usual, renal.chain(hepatic))
}

/// One adjustment is shown, two are not: which of two doses is the lower cannot be read from text.
fn combine(usual: &DoseEntry, verdicts: impl Iterator<Item = Verdict>) -> DoseText {
    let mut adjusted: Option<(Bilingual, Bilingual)> = None;
    for verdict in verdicts {
        match (verdict, &adjusted) {
            (Verdict::Usual, _) => {}
            (Verdict::Withheld(reason), _) => return withheld(reason),
            (Verdict::Instead(dose, at), None) => adjusted = Some((dose, at)),
            (Verdict::Instead(_, at), Some((_, first))) => {
                return withheld(Bilingual::new(
                    format!("Needs adjustment for both {} and {}: set individually", first.en, at.en),
                    format!("{} 및 {}: 모두 용량 조절 필요, 개별 결정", first.ko, at.ko),
                ));
            }
        }
    }
    match adjusted {
        None => shown(usual.en.clone(), usual.ko.clone()),
        Some((dose, at)) => shown(format!("{} ({})", dose.en, at.en), format!("{} ({})", dose.ko, at.ko)),
    }
}

/// A dose of a component is not a dose of the combination.
fn of_owner(drug: &IngredientEntry, owner: &IngredientEntry, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Instead(_, at) if drug.id != owner.id => Verdict::Withheld(Bilingual::new(
            format!("Component {} needs another dose ({})", owner.name.en, at.en),
            format!("성분 {}: 용량 조절 필요 ({})", owner.name.ko, at.ko),
        )),
        verdict @ (Verdict::Usual | Verdict::Instead(..) | Verdict::Withheld(_)) => verdict,
    }
}

fn renal(owner: &IngredientEntry, kidney: &Kidney<'_>) -> Verdict {
    let depends = kidney::needs_renal(owner) || owner.renal.iter().any(|b| adjusts(b.action));
    match kidney.dialysis {
        Dialysis::Stated | Dialysis::Coded => on_dialysis(owner, depends),
        Dialysis::Unknown if depends || owner.dialysis.as_ref().is_some_and(|d| adjusts(d.action)) => {
            Verdict::Withheld(bilingual("Whether the patient is on dialysis is not known", "투석 여부 미상"))
        }
        Dialysis::Unknown | Dialysis::No => by_band(owner, kidney, depends),
    }
}

fn on_dialysis(owner: &IngredientEntry, depends: bool) -> Verdict {
    let at = bilingual("on dialysis", "투석 중");
    match &owner.dialysis {
        Some(entry) => verdict(entry.action, entry.dose.as_ref(), at),
        None if depends => Verdict::Withheld(bilingual("On dialysis: no rule is known", "투석 중: 용량 기준 없음")),
        None => Verdict::Usual,
    }
}

fn by_band(owner: &IngredientEntry, kidney: &Kidney<'_>, depends: bool) -> Verdict {
    let unbanded = kidney::needs_renal(owner) && owner.renal.is_empty();
    let measures = if unbanded { vec![RenalMeasure::Egfr] } else { kidney::measures(owner) };
    for measure in measures {
        let reading = match kidney.read(measure) {
            Ok(reading) => reading,
            Err(missing) if depends => return Verdict::Withheld(unknown_kidney(&missing)),
            // Bands that only ask for caution change no dose.
            Err(_) => continue,
        };
        let at = Bilingual::new(reading.label.clone(), reading.label);
        if unbanded && reading.value < REDUCED_BELOW {
            return Verdict::Withheld(Bilingual::new(
                format!("Depends on renal function; no dose is known for {}", at.en),
                format!("신기능에 따른 용량 기준 없음 ({})", at.ko),
            ));
        }
        if let Some(band) = kidney::band(owner, measure, reading.value) {
            return verdict(band.action, band.dose.as_ref(), at);
        }
    }
    Verdict::Usual
}

fn unknown_kidney(missing: &[String]) -> Bilingual {
    let fields = missing.join(", ");
    if missing.iter().any(|field| field == "patient.creatinine_stable") {
        return bilingual("Creatinine is not in a steady state", "혈청 크레아티닌이 안정 상태가 아님");
    }
    Bilingual::new(
        format!("Depends on renal function, which is not known ({fields})"),
        format!("신기능에 따라 조절 필요, 신기능 미상 ({fields})"),
    )
}

fn hepatic(owner: &IngredientEntry, state: Liver) -> Verdict {
    match state {
        Liver::Normal => Verdict::Usual,
        Liver::Impaired(class) => {
            let at = Bilingual::new(format!("Child-Pugh {}", letter(class)), format!("Child-Pugh {}", letter(class)));
            match liver::entry_for(owner, class) {
                Some(entry) => verdict(entry.action, entry.dose.as_ref(), at),
                None if liver::needs_hepatic(owner) && owner.hepatic.is_empty() => Verdict::Withheld(Bilingual::new(
                    format!("Depends on hepatic function; no dose is known for {}", at.en),
                    format!("간기능에 따른 용량 기준 없음 ({})", at.ko),
                )),
                None => Verdict::Usual,
            }
        }
        Liver::Unknown { diagnosed } => {
            let adjusted = owner.hepatic.iter().any(|h| adjusts(h.action));
            if liver::needs_hepatic(owner) || (diagnosed && adjusted) {
                Verdict::Withheld(bilingual(
                    "Depends on hepatic function, which is not known (patient.hepatic_impairment)",
                    "간기능에 따라 조절 필요, 간기능 미상 (patient.hepatic_impairment)",
                ))
            } else {
                Verdict::Usual
            }
        }
    }
}

/// Whether a dose depends on it, rather than the attention.
const fn adjusts(action: Action) -> bool {
    match action {
        Action::Avoid | Action::Reduce => true,
        Action::Caution | Action::None => false,
    }
}

fn verdict(action: Action, dose: Option<&Bilingual>, at: Bilingual) -> Verdict {
    match (action, dose) {
        (Action::Avoid, _) => Verdict::Withheld(Bilingual::new(
            format!("To be avoided ({})", at.en),
            format!("사용하지 않음 ({})", at.ko),
        )),
        (Action::Reduce | Action::Caution | Action::None, Some(dose)) => Verdict::Instead(dose.clone(), at),
        (Action::Reduce, None) => Verdict::Withheld(Bilingual::new(
            format!("Needs another dose, which is not known ({})", at.en),
            format!("용량 조절 필요, 기준 없음 ({})", at.ko),
        )),
        (Action::Caution | Action::None, None) => Verdict::Usual,
    }
}

fn bilingual(en: &str, ko: &str) -> Bilingual {
    Bilingual::new(en, ko)
}

const fn shown(en: String, ko: String) -> DoseText {
    DoseText { en: Some(en), ko: Some(ko), withheld: None }
}

const fn withheld(reason: Bilingual) -> DoseText {
    DoseText { en: None, ko: None, withheld: Some(reason) }
}
