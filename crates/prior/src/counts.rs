//! Plain counts: of the admissions with a diagnosis group, how many were given a drug.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::LEAST;
use crate::table::Admissions;
use crate::told::Told;

/// Counts of one diagnosis group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    of: u32,
    /// By drug; only counts of at least [`LEAST`].
    with: BTreeMap<String, u32>,
}

/// Counts by diagnosis group (ICD-10 category). Groups and counts under ten admissions are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts(BTreeMap<String, Group>);

/// Of the admissions with a diagnosis group, those that were given a drug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar<'a> {
    /// Admissions that were given the drug.
    pub with: u32,
    /// Admissions of the group.
    pub of: u32,
    /// The group.
    pub group: &'a str,
}

impl Counts {
    pub(crate) fn of(table: &Admissions) -> Self {
        let mut groups: BTreeMap<u32, (u32, BTreeMap<u32, u32>)> = BTreeMap::new();
        for row in 0..table.len() {
            for &group in table.in_groups.row(row) {
                let (of, with) = groups.entry(group).or_default();
                *of += 1;
                for &drug in table.given.row(row) {
                    *with.entry(drug).or_default() += 1;
                }
            }
        }
        let least = u32::try_from(LEAST).unwrap_or(u32::MAX);
        let name = |names: &crate::table::Names, number: u32| {
            names.name(usize::try_from(number).unwrap_or(usize::MAX)).to_owned()
        };
        let kept = groups.into_iter().filter(|(_, (of, _))| *of >= least).map(|(group, (of, with))| {
            let with = with.into_iter().filter(|(_, count)| *count >= least);
            let with = with.map(|(drug, count)| (name(&table.drugs, drug), count)).collect();
            (name(&table.groups, group), Group { of, with })
        });
        Self(kept.collect())
    }

    pub(crate) fn groups(&self) -> usize {
        self.0.len()
    }

    /// The group of the case in which the drug was given most often, by share, then by size.
    pub(crate) fn similar<'a>(&'a self, told: &Told, drug: &str) -> Option<Similar<'a>> {
        let of_group = |name: &String| {
            let (group, counts) = self.0.get_key_value(name)?;
            Some(Similar { with: *counts.with.get(drug)?, of: counts.of, group })
        };
        told.groups.iter().filter_map(of_group).max_by(|a, b| {
            let (left, right) = (u64::from(a.with) * u64::from(b.of), u64::from(b.with) * u64::from(a.of));
            left.cmp(&right).then(a.of.cmp(&b.of)).then(b.group.cmp(a.group))
        })
    }
}
