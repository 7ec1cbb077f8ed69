//! CSV files of a pack, by the name of the file: tables that are too long for TOML.

use std::sync::Arc;

use super::parse::Tables;
use super::{Faults, PackFile, Place, icd_titles, pairs};

/// The files that are known, by name.
const KNOWN: [&str; 2] = [pairs::FILE, icd_titles::FILE];

/// Reads a file by its name.
pub(super) fn parse(file: &PackFile, tables: &mut Tables, faults: &mut Faults) {
    let name = file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path);
    match name {
        pairs::FILE => pairs::parse(file, tables, faults),
        icd_titles::FILE => icd_titles::parse(file, tables, faults),
        other => {
            let message = format!("unknown table `{other}`: CSV files of a pack are {}", KNOWN.join(", "));
            faults.add(&Place::new(&file.path.as_str().into(), 1), message);
        }
    }
}

/// Reads every row of a file whose first line is `columns`; a row that cannot be read is a fault at its line.
pub(super) fn rows<const N: usize>(
    file: &PackFile,
    columns: [&str; N],
    tables: &mut Tables,
    faults: &mut Faults,
    mut row: impl FnMut([&str; N], Place, &mut Tables) -> Result<(), String>,
) {
    let path: Arc<str> = Arc::from(file.path.as_str());
    tables.at.get_or_insert_with(|| Place::new(&path, 1));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file.bytes.as_slice());
    let header = reader.headers().map(|h| h.iter().map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
    if header != columns {
        tables.readable = false;
        faults.add(&Place::new(&path, 1), format!("the first line must be `{}`", columns.join(",")));
        return;
    }
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {
                let line = record.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(usize::MAX));
                let at = Place::new(&path, line);
                let fields = <[&str; N]>::try_from(record.iter().collect::<Vec<_>>());
                let read = match fields {
                    Ok(fields) => row(fields, at.clone(), tables),
                    Err(fields) => Err(format!("{} columns instead of {N}: mend the line", fields.len())),
                };
                if let Err(message) = read {
                    faults.add(&at, message);
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
