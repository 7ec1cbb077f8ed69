//! How much the levels of a list matter: `assets/import/levels.toml`, or a site's own.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use serde::Deserialize;

use super::headers::folded;
use super::{ImportError, Reason};

/// What the table says of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Listed {
    Critical,
    Warning,
    Note,
    None,
}

/// For each list, what its levels come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels(BTreeMap<String, BTreeMap<String, Listed>>);

impl Levels {
    /// Reads `[list]` with `"level" = "critical|warning|note|none"`.
    ///
    /// # Errors
    /// When the text is not of this form.
    pub fn read(text: &str) -> Result<Self, ImportError> {
        let lists: BTreeMap<String, BTreeMap<String, Listed>> = toml::from_str(text)
            .map_err(|error| ImportError::Settings(format!("the table of levels cannot be read: {error}")))?;
        let levels =
            |levels: BTreeMap<String, Listed>| levels.into_iter().map(|(l, tier)| (folded(&l), tier)).collect();
        Ok(Self(lists.into_iter().map(|(list, all)| (list, levels(all))).collect()))
    }

    /// The levels of a list.
    ///
    /// # Errors
    /// When the table does not have the list.
    pub(super) fn of(&self, list: &str) -> Result<LevelsOf<'_>, ImportError> {
        let levels = self.0.get(list).map(LevelsOf);
        levels.ok_or_else(|| ImportError::Settings(format!("the table of levels has no list [{list}]: add it")))
    }
}

/// The levels of one list.
#[derive(Debug, Clone, Copy)]
pub(super) struct LevelsOf<'l>(&'l BTreeMap<String, Listed>);

impl LevelsOf<'_> {
    /// How much a level matters; case and blanks do not count.
    pub fn tier(self, level: &str) -> Result<Tier, Reason> {
        match self.0.get(&folded(level)) {
            Some(Listed::Critical) => Ok(Tier::Critical),
            Some(Listed::Warning) => Ok(Tier::Warning),
            Some(Listed::Note) => Ok(Tier::Note),
            Some(Listed::None) => Err(Reason::LevelNone),
            None => Err(Reason::UnknownLevel),
        }
    }
}
