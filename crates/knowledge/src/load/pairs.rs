//! `pairs.csv`: interacting pairs as an importer writes them, one a line; made for hundreds of thousands.

use std::sync::Arc;

use bogam_clinical::record::Tier;

use super::parse::Tables;
use super::{Faults, PackFile, Place};

/// The columns, in this order.
pub(crate) const COLUMNS: [&str; 5] = ["a", "b", "tier", "level", "source"];

/// A line of `pairs.csv`.
#[derive(Debug, Clone)]
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
    let path: Arc<str> = Arc::from(file.path.as_str());
    tables.at.get_or_insert_with(|| Place::new(&path, 1));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file.bytes.as_slice());
    let header = reader.headers().map(|h| h.iter().map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
    if header != COLUMNS {
        tables.readable = false;
        faults.add(&Place::new(&path, 1), format!("the first line must be `{}`", COLUMNS.join(",")));
        return;
    }
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {
                let line = record.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(usize::MAX));
                let at = Place::new(&path, line);
                match row(&record, at.clone()) {
                    Ok(row) => tables.pairs.push(row),
                    Err(message) => faults.add(&at, message),
                }
            }
            Ok(false) => return,
            Err(error) => {
                tables.readable = false;
                faults.add(&Place::new(&path, 1), format!("not a CSV file in UTF-8: {error}"));
                return;
            }
        }
    }
}

fn row(record: &csv::StringRecord, at: Place) -> Result<PairRow, String> {
    let fields = record.iter().collect::<Vec<_>>();
    let [a, b, tier, level, source] = fields.as_slice() else {
        return Err(format!("{} columns instead of {}: mend the line", fields.len(), COLUMNS.len()));
    };
    let tier = match *tier {
        "critical" => Tier::Critical,
        "warning" => Tier::Warning,
        "note" => Tier::Note,
        other => return Err(format!("tier `{other}` is none of critical, warning, note")),
    };
    let text = |field: &&str| (*field).to_owned();
    Ok(PairRow { a: text(a), b: text(b), tier, level: text(level), source: text(source), at })
}
