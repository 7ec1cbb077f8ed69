//! What a drug is changed to, as the vault keeps it: the name of an ingredient, or a drug with its dose as JSON.

use bogam_clinical::dose::DoseUnit;
use bogam_clinical::input::{DrugInput, DrugObject};

/// Reads what [`kept`] wrote.
pub(crate) fn replacement(text: &str) -> DrugInput {
    let full = serde_json::from_str::<DrugObject>(text).map(DrugInput::Full);
    full.unwrap_or_else(|_| DrugInput::Name(text.to_owned()))
}

/// As the vault keeps it, with the name that every reader of the vault understands.
pub(crate) fn kept(to: &DrugInput, ingredient: &str) -> String {
    match to {
        DrugInput::Name(_) => ingredient.to_owned(),
        DrugInput::Full(full) => {
            let named = DrugObject { name: ingredient.to_owned(), ..full.clone() };
            serde_json::json!(named).to_string()
        }
    }
}

/// The name of a drug as it was typed.
pub(crate) fn drug_name(drug: &DrugInput) -> &str {
    match drug {
        DrugInput::Name(name) => name,
        DrugInput::Full(drug) => &drug.name,
    }
}

/// A drug in words under the name that `name` gives it: `furosemide 20 mg PO, 2 a day, for 7 days`. Without `typed` only
/// numbers and units that are read stand beside the name.
pub(super) fn in_words(drug: &DrugInput, name: impl FnOnce(&str) -> String, typed: bool) -> String {
    let DrugInput::Full(full) = drug else { return name(drug_name(drug)) };
    let dose = full.dose.as_ref().filter(|dose| typed || DoseUnit::read(&dose.unit).is_some());
    let dose = dose.map(|dose| format!("{} {}", dose.value, dose.unit));
    let route = full.route.as_ref().filter(|_| typed).cloned();
    let first: Vec<String> = [Some(name(&full.name)), dose, route].into_iter().flatten().collect();
    let often = full.per_day.map(|times| format!("{times} a day"));
    let long = full.duration_days.map(|days| format!("for {days} days"));
    [Some(first.join(" ")), often, long].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
