//! `pairs.csv`: interacting pairs as an importer writes them, one a line; made for hundreds of thousands.

use bogam_clinical::record::Tier;
use serde::{Deserialize, Serialize};

use super::parse::Tables;
use super::{Faults, PackFile, Place, table};

/// The name of the file.
pub(crate) const FILE: &str = "pairs.csv";

/// The columns, in this order.
pub(crate) const COLUMNS: [&str; 5] = ["a", "b", "tier", "level", "source"];

/// A line of `pairs.csv`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PairRow {
    /// Ingredient id.
    pub a: String,
    /// The other.
    pub b: String,
    /// How much it matters.
    pub tier: Tier,
    /// What the imported list calls it.
    pub level: String,
    /// Source tag.
    pub source: String,
    pub at: Place,
}

/// Reads the pairs of a file.
pub(super) fn parse(file: &PackFile, tables: &mut Tables, faults: &mut Faults) {
    table::rows(file, COLUMNS, tables, faults, |fields, at, tables| {
        tables.pairs.push(row(fields, at)?);
        Ok(())
    });
}

fn row([a, b, tier, level, source]: [&str; 5], at: Place) -> Result<PairRow, String> {
    let tier = match tier {
        "critical" => Tier::Critical,
        "warning" => Tier::Warning,
        "note" => Tier::Note,
        other => return Err(format!("tier `{other}` is none of critical, warning, note")),
    };
    let text = str::to_owned;
    Ok(PairRow { a: text(a), b: text(b), tier, level: text(level), source: text(source), at })
}
