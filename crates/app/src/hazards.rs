//! The hazard log: what can harm a patient through the program, and what is done against it.

use bogam_clinical::text::Bilingual;
use serde::Deserialize;

use crate::error::AppError;

const LOG: &str = include_str!("../../../assets/hazards.toml");

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hazard {
    /// Number, such as `H1`.
    pub id: String,
    /// The heading that it stands under.
    pub section: String,
    /// What can happen.
    pub hazard: Bilingual,
    /// Why.
    pub cause: Bilingual,
    /// `S1` to `S4`.
    pub harm: String,
    /// What is done against it.
    pub control: Bilingual,
    /// What holds that in place.
    pub held_by: String,
    /// Likelihood after control, and what remains.
    pub remains: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    hazard: Vec<Hazard>,
}

/// Every row, by number.
///
/// # Errors
/// When the log that was built in is not of its form.
pub fn all() -> Result<Vec<Hazard>, AppError> {
    let log: Log = toml::from_str(LOG).map_err(|e| AppError::Unusable(format!("assets/hazards.toml: {e}")))?;
    Ok(log.hazard)
}

/// The table of a section for `docs/hazards.md`.
#[must_use]
pub fn table(hazards: &[Hazard], section: &str) -> String {
    let mut table =
        "| no. | hazard | cause | harm | control | held by | what remains |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for h in hazards.iter().filter(|hazard| hazard.section == section) {
        let (hazard, cause, control) = (&h.hazard.en, &h.cause.en, &h.control.en);
        let (id, harm, held_by, remains) = (&h.id, &h.harm, &h.held_by, &h.remains);
        table.push_str(&format!("| {id} | {hazard} | {cause} | {harm} | {control} | {held_by} | {remains} |\n"));
    }
    table
}
