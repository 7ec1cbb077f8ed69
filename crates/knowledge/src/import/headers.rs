//! Which column of a list means what: `assets/import/*_headers.toml`, or a site's own.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

use super::ImportError;

/// A name of a column or a level as it is compared: width, case, blanks and `_` do not count.
pub(super) fn folded(text: &str) -> String {
    let kept = text.nfkc().filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '_' | '\u{feff}'));
    kept.flat_map(char::to_lowercase).collect()
}

/// For each list, the names that each of its columns may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Headers {
    /// Reads `[list]` with `column = ["name", ...]`.
    ///
    /// # Errors
    /// When the text is not of this form.
    pub fn read(text: &str) -> Result<Self, ImportError> {
        toml::from_str(text)
            .map(Self)
            .map_err(|error| ImportError::Settings(format!("the table of headers cannot be read: {error}")))
    }

    /// The columns of a list. Each must be one of `known`, so that a slip of the pen is told.
    ///
    /// # Errors
    /// When the table does not have the list, or names a column that the list does not have.
    pub(super) fn of(&self, list: &str, known: &[&str]) -> Result<Columns, ImportError> {
        let settings = |message: String| Err(ImportError::Settings(message));
        let Some(columns) = self.0.get(list) else {
            return settings(format!("the table of headers has no list [{list}]: add it"));
        };
        if let Some(strange) = columns.keys().find(|column| !known.contains(&column.as_str())) {
            let known = known.join(", ");
            return settings(format!("the table of headers has a column `{strange}` in [{list}]: there are {known}"));
        }
        Ok(Columns(columns.clone()))
    }
}

/// The names that the columns of a list may have, in order of preference.
#[derive(Debug, Clone)]
pub(super) struct Columns(BTreeMap<String, Vec<String>>);

impl Columns {
    /// Columns with one name each.
    pub fn fixed(columns: &[(&str, &str)]) -> Self {
        Self(columns.iter().map(|(column, name)| ((*column).to_owned(), vec![(*name).to_owned()])).collect())
    }

    /// The names of a column.
    pub fn names(&self, column: &str) -> &[String] {
        self.0.get(column).map_or(&[], Vec::as_slice)
    }

    /// Where each column stands in a first line. Of each group of `needed` one must be there.
    pub fn find(&self, header: &[String], needed: &[&[&str]]) -> Result<BTreeMap<String, Vec<usize>>, ImportError> {
        let header_keys = header.iter().map(|name| folded(name)).collect::<Vec<_>>();
        let places = |names: &[String]| {
            let at = |name: &String| header_keys.iter().position(|key| *key == folded(name));
            let mut places = names.iter().filter_map(at).collect::<Vec<_>>();
            let mut seen = std::collections::BTreeSet::new();
            places.retain(|place| seen.insert(*place));
            places
        };
        let found = self.0.iter().map(|(column, names)| (column.clone(), places(names)));
        let found = found.collect::<BTreeMap<String, Vec<usize>>>();
        for group in needed {
            if !group.iter().any(|column| found.get(*column).is_some_and(|places| !places.is_empty())) {
                let names = group.iter().flat_map(|column| self.names(column)).map(|name| format!("`{name}`"));
                return Err(ImportError::Header {
                    wanted: names.collect::<Vec<_>>().join(" or "),
                    found: header.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
                });
            }
        }
        Ok(found)
    }
}
