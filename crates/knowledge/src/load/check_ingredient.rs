//! Checks of one ingredient and of what hangs on it.

use bogam_clinical::case::ChildPugh;
use bogam_clinical::record::Strength;
use bogam_clinical::text::Bilingual;

use super::check::Check;
use super::{Located, Place, forms};
use crate::pack::{
    Action, Basis, Counselling, DialysisEntry, DoseNeed, HepaticEntry, IndicationEntry, IngredientEntry, RenalBand,
};

type Entry = Located<IngredientEntry>;

/// Checks an ingredient.
pub(super) fn check(check: &mut Check<'_>, entry: &Entry) {
    identity(check, entry);
    components(check, entry);
    let value = &entry.value;
    for (n, indication) in value.indication.iter().enumerate() {
        self::indication(check, entry, &entry.part("indication", n), indication);
    }
    if let Some(dose) = &value.dose {
        let at = entry.key("dose");
        check.filled(&at, "dose.en", &dose.en);
        check.filled(&at, "dose.ko", &dose.ko);
        check_source(check, &at, dose.source.as_ref());
    }
    for (n, band) in value.renal.iter().enumerate() {
        renal(check, entry, &entry.part("renal", n), band);
    }
    overlaps(check, entry);
    if let Some(dialysis) = &value.dialysis {
        self::dialysis(check, entry, dialysis);
    }
    for (n, hepatic) in value.hepatic.iter().enumerate() {
        self::hepatic(check, entry, &entry.part("hepatic", n), hepatic);
    }
    for class in [ChildPugh::A, ChildPugh::B, ChildPugh::C] {
        let mut with = value.hepatic.iter().enumerate().filter(|(_, h)| h.child_pugh.contains(&class));
        if let (Some(_), Some((n, _))) = (with.next(), with.next()) {
            let message = format!("Child-Pugh {class:?} stands in two hepatic entries: keep it in one");
            check.fault(&entry.part("hepatic", n), message);
        }
    }
    pregnancy(check, entry);
    if let Some(words) = &value.counselling {
        counselling(check, &entry.key("counselling"), words);
    }
}

fn check_source(check: &mut Check<'_>, at: &Place, source: Option<&String>) {
    if let Some(tag) = source {
        check.source(at, tag);
    }
}

fn identity(check: &mut Check<'_>, entry: &Entry) {
    let value = &entry.value;
    let at = entry.key("id");
    check.filled(&at, "id", &value.id);
    let tidy = value.id.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    if tidy != value.id {
        check.fault(&at, format!("id `{}` is not in lower case with single spaces: write `{tidy}`", value.id));
    }
    check.text(&entry.key("name"), "name", &value.name);
    for code in &value.atc {
        if !forms::is_atc(code) {
            check.fault(
                &entry.key("atc"),
                format!("`{code}` is no ATC code of seven characters: write it as `C03CA01`"),
            );
        }
    }
    check.class(&entry.key("class"), &value.class);
    check.all_filled(&entry.key("aliases"), "an alias", &value.aliases);
    check.all_filled(&entry.key("brands"), "a brand", &value.brands);
    for group in &value.allergy_groups {
        check.group(&entry.key("allergy_groups"), group);
    }
    check.source(&entry.key("source"), &value.source);
}

fn components(check: &mut Check<'_>, entry: &Entry) {
    let value = &entry.value;
    let at = entry.key("components");
    if value.components.is_empty() {
        if value.id.contains(" / ") {
            check.fault(&entry.key("id"), "the id is that of a combination: name its parts in `components`");
        }
        return;
    }
    for id in &value.components {
        check.ingredient(&at, id);
        let part = check.merged.ingredients.get(id);
        if part.is_some_and(|(_, part)| !part.value.components.is_empty()) {
            check.fault(&at, format!("component `{id}` is itself a combination: name its parts instead"));
        }
    }
    let mut sorted = value.components.clone();
    sorted.sort();
    sorted.dedup();
    if sorted.len() < 2 || sorted.len() != value.components.len() {
        check.fault(&at, "a combination has at least two parts, each named once");
    }
    let id = sorted.join(" / ");
    if id != value.id {
        check.fault(&entry.key("id"), format!("the id of a combination is its sorted components: write `{id}`"));
    }
}

fn indication(check: &mut Check<'_>, entry: &Entry, at: &Place, indication: &IndicationEntry) {
    let any_diagnosis_ok = match indication.strength {
        Strength::Supportive | Strength::Prophylaxis => true,
        Strength::FirstLine | Strength::Alternative | Strength::Adjunct => false,
    };
    if indication.icd10.is_empty() && !any_diagnosis_ok {
        check.fault(
            at,
            format!(
                "an indication of `{}` without icd10 is for whatever diagnosis: only supportive or prophylaxis may be",
                entry.value.id
            ),
        );
    }
    let when = &indication.when;
    for prefix in indication.icd10.iter().chain(&when.with).chain(&when.without) {
        check.icd10(at, prefix);
    }
    if let (Some(min), Some(max)) = (when.age_min, when.age_max)
        && min > max
    {
        check.fault(at, format!("age_min {min} is above age_max {max}: no patient meets it"));
    }
    check.purpose(at, &indication.purpose);
    check_source(check, at, indication.source.as_ref());
}

/// What every entry that says how to act must hold.
struct Advice<'e> {
    what: &'static str,
    action: Action,
    dose: Option<&'e Bilingual>,
    reason: Option<&'e Bilingual>,
    instead: Option<&'e Bilingual>,
    source: Option<&'e String>,
}

fn advice(check: &mut Check<'_>, at: &Place, advice: &Advice<'_>) {
    let what = advice.what;
    match advice.action {
        Action::Avoid if advice.reason.is_none() => {
            check.fault(at, format!("{what} with action `avoid` has no reason: say why"));
        }
        Action::Reduce if advice.dose.is_none() => {
            check.fault(at, format!("{what} with action `reduce` has no dose: write the dose"));
        }
        Action::Avoid | Action::Reduce | Action::Caution | Action::None => {}
    }
    for (key, text) in [("dose", advice.dose), ("reason", advice.reason), ("instead", advice.instead)] {
        if let Some(text) = text {
            check.text(at, key, text);
        }
    }
    check_source(check, at, advice.source);
}

fn basis(entry: &Entry, own: Option<Basis>) -> Basis {
    own.unwrap_or(entry.value.basis)
}

fn renal(check: &mut Check<'_>, entry: &Entry, at: &Place, band: &RenalBand) {
    let what = "a renal band";
    let (dose, reason, instead) = (band.dose.as_ref(), band.reason.as_ref(), band.instead.as_ref());
    advice(check, at, &Advice { what, action: band.action, dose, reason, instead, source: band.source.as_ref() });
    let (from, to) = (band.at_least, band.below);
    if !(from.is_finite() && to.is_finite() && from >= 0.0 && from < to) {
        check.fault(at, format!("the renal band from {from} to {to} is empty: at_least must be below `below`"));
    }
    let changes_dose = match band.action {
        Action::Avoid | Action::Reduce => true,
        Action::Caution => false,
        Action::None => {
            check.fault(at, "a renal band with action `none` says nothing: leave it out");
            false
        }
    };
    let needs_renal = entry.value.dose.as_ref().is_none_or(|dose| dose.needs.contains(&DoseNeed::Renal));
    if changes_dose && !needs_renal {
        check.fault(at, "the dose depends on renal function: write needs = [\"renal\"] in [ingredient.dose]");
    }
    check.severity(at, what, band.severity, basis(entry, band.basis));
}

/// Bands of one measure must not overlap.
fn overlaps(check: &mut Check<'_>, entry: &Entry) {
    let bands = &entry.value.renal;
    for (n, band) in bands.iter().enumerate() {
        let clash = bands
            .iter()
            .take(n)
            .any(|b| b.measure == band.measure && b.at_least < band.below && band.at_least < b.below);
        if clash {
            let message =
                format!("the renal band from {} to {} overlaps another: part them", band.at_least, band.below);
            check.fault(&entry.part("renal", n), message);
        }
    }
}

fn dialysis(check: &mut Check<'_>, entry: &Entry, dialysis: &DialysisEntry) {
    let at = entry.key("dialysis");
    let what = "the dialysis entry";
    let (dose, reason, instead) = (dialysis.dose.as_ref(), dialysis.reason.as_ref(), dialysis.instead.as_ref());
    let source = dialysis.source.as_ref();
    advice(check, &at, &Advice { what, action: dialysis.action, dose, reason, instead, source });
    match (dialysis.severity, dialysis.action) {
        (Some(severity), _) => check.severity(&at, what, severity, basis(entry, dialysis.basis)),
        (None, Action::Avoid | Action::Reduce | Action::Caution) => {
            check.fault(&at, "the dialysis entry has no severity: write critical, warning or note");
        }
        (None, Action::None) => {}
    }
}

fn hepatic(check: &mut Check<'_>, entry: &Entry, at: &Place, hepatic: &HepaticEntry) {
    let what = "a hepatic entry";
    let (dose, reason, instead) = (hepatic.dose.as_ref(), hepatic.reason.as_ref(), hepatic.instead.as_ref());
    advice(check, at, &Advice { what, action: hepatic.action, dose, reason, instead, source: hepatic.source.as_ref() });
    if hepatic.child_pugh.is_empty() || hepatic.child_pugh.contains(&ChildPugh::None) {
        check.fault(at, "child_pugh must name classes of impairment: A, B, C");
    }
    if hepatic.action == Action::None {
        check.fault(at, "a hepatic entry with action `none` says nothing: leave it out");
    }
    check.severity(at, what, hepatic.severity, basis(entry, hepatic.basis));
}

fn pregnancy(check: &mut Check<'_>, entry: &Entry) {
    for (n, pregnancy) in entry.value.pregnancy.iter().enumerate() {
        let at = entry.part("pregnancy", n);
        let trimesters = &pregnancy.trimesters;
        if trimesters.is_empty() || trimesters.iter().any(|trimester| !(1..=3).contains(trimester)) {
            check.fault(&at, "trimesters must name some of 1, 2, 3");
        }
        check.text(&at, "reason", &pregnancy.reason);
        if let Some(instead) = &pregnancy.instead {
            check.text(&at, "instead", instead);
        }
        for prefix in &pregnancy.unless {
            check.icd10(&at, prefix);
        }
        check_source(check, &at, pregnancy.source.as_ref());
        check.severity(&at, "a pregnancy entry", pregnancy.severity, basis(entry, pregnancy.basis));
    }
}

fn counselling(check: &mut Check<'_>, at: &Place, words: &Counselling) {
    check.text(at, "for", &words.purpose);
    if let Some(how) = &words.how {
        check.text(at, "how", how);
    }
    for (key, list) in [("watch", &words.watch), ("urgent", &words.urgent)] {
        for text in list {
            check.text(at, key, text);
        }
    }
    check_source(check, at, words.source.as_ref());
}
