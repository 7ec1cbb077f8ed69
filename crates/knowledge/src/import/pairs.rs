//! Interacting pairs, from whatever list: each pair once, the most severe of its levels.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use bogam_clinical::record::Tier;

use super::headers::Columns;
use super::lookup::Lookup;
use super::table::{Charset, Place, Table, Verdict};
use super::{ImportError, ImportSettings, Made, Reason, write};
use crate::base::{DrugIx, KnowledgeBase};
use crate::load::pairs::{COLUMNS, FILE};

/// What is known of a pair.
#[derive(Debug)]
struct Listed {
    tier: Tier,
    level: String,
    place: Place,
}

/// The pairs of a list.
#[derive(Debug, Default)]
pub(super) struct Pairs(BTreeMap<(DrugIx, DrugIx), Listed>);

impl Pairs {
    /// Takes a pair in. Of two rows for one pair the more severe stays; of two that are alike in that, the level that
    /// comes first in the alphabet, so that the order of rows changes nothing.
    pub fn add(
        &mut self,
        names: &Lookup<'_>,
        (a, b): (DrugIx, DrugIx),
        level: &str,
        tier: Tier,
        at: &Place,
    ) -> Verdict {
        if names.same(a, b) {
            return Err(Reason::SameIngredient);
        }
        let new = Listed { tier, level: level.to_owned(), place: at.clone() };
        let pair = (a.min(b), a.max(b));
        match self.0.get_mut(&pair) {
            Some(held) if (tier, Reverse(level)) > (held.tier, Reverse(held.level.as_str())) => {
                Ok(Some(std::mem::replace(held, new).place))
            }
            Some(_) => Err(Reason::Repeated),
            None => {
                self.0.insert(pair, new);
                Ok(None)
            }
        }
    }

    /// `pairs.csv`, in order.
    pub fn text(&self, names: &Lookup<'_>, source: &str) -> String {
        let mut out = write::line(&COLUMNS);
        for ((a, b), Listed { tier, level, .. }) in &self.0 {
            out.push_str(&write::line(&[names.id(*a), names.id(*b), write::tier(*tier), level, source]));
        }
        out
    }
}

/// A list in the form of DDInter.
pub(super) fn ddinter(bytes: &[u8], knowledge: &KnowledgeBase, settings: &ImportSettings) -> Result<Made, ImportError> {
    let columns = Columns::fixed(&[("a", "Drug_A"), ("b", "Drug_B"), ("level", "Level")]);
    let table = Table::read(bytes, Charset::Utf8, &columns, &[&["a"], &["b"], &["level"]])?;
    let levels = settings.levels.of("ddinter")?;
    let mut names = Lookup::new(knowledge);
    let mut pairs = Pairs::default();
    let tally = table.rows(|row| {
        let a = names.ingredient(row.all("a"))?;
        let b = names.ingredient(row.all("b"))?;
        let level = row.needed("level")?;
        pairs.add(&names, (a, b), level, levels.tier(level)?, row.place)
    });
    Ok(Made { path: FILE, text: pairs.text(&names, &write::source_id(&settings.pack)), tally })
}
