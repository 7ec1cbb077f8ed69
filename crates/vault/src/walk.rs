//! Everything that is known of suggestions, one at a time: what exports are made of.

use jiff::Timestamp;
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use crate::cases::{CaseKey, CaseStatus, CaseVersion};
use crate::error::VaultError;
use crate::people::PersonId;
use crate::reviews::{Decided, Override, Review, Signature};
use crate::sql::time;
use crate::suggestions::{Suggestion, SuggestionId};
use crate::vault::Vault;

/// Suggestions that are asked for at a time.
const PAGE: usize = 500;

/// Which suggestions are walked over. Everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WalkFilter {
    /// Older suggestions of a case as well; without it, the newest of each.
    pub every: bool,
    /// Made at or after.
    pub from: Option<Timestamp>,
    /// Made before.
    pub until: Option<Timestamp>,
    /// How far the case is.
    pub status: Option<CaseStatus>,
    /// Who made the case.
    pub author: Option<PersonId>,
    /// Lists or withholds this ingredient.
    pub drug: Option<String>,
}

/// A suggestion with its case, and what people made of it.
#[derive(Debug, Clone)]
pub struct Walked {
    /// The version of the case that it answers.
    pub case: CaseVersion,
    /// When the case was first saved.
    pub created: Timestamp,
    /// How far the case is.
    pub status: CaseStatus,
    /// Who made the case.
    pub author: PersonId,
    /// The suggestion.
    pub suggestion: Suggestion,
    /// Decisions that stand, one a drug.
    pub decisions: Vec<Decided>,
    /// The last signature.
    pub signature: Option<Signature>,
    /// Overrides, the oldest first.
    pub overrides: Vec<(Override, Timestamp, PersonId)>,
    /// Reviews, the oldest first.
    pub reviews: Vec<(Review, Timestamp, PersonId)>,
}

/// A suggestion to be read.
struct Found {
    id: SuggestionId,
    created: Timestamp,
    status: CaseStatus,
    author: PersonId,
}

impl WalkFilter {
    /// The statement for a page, with its values; the first value is the last id of the page before.
    fn statement(&self) -> (String, Vec<Value>) {
        let mut sql = "SELECT s.id, c.created, c.status, c.author FROM suggestions s JOIN cases c ON c.id = s.case_key
          WHERE s.id > ?1"
            .to_owned();
        let mut values = vec![Value::Integer(0)];
        let mut and = |condition: &str, value: Value| {
            values.push(value);
            sql.push_str(&format!(" AND {}", condition.replace('?', &format!("?{}", values.len()))));
        };
        if let Some(from) = self.from {
            and("s.at >= ?", from.as_millisecond().into());
        }
        if let Some(until) = self.until {
            and("s.at < ?", until.as_millisecond().into());
        }
        if let Some(status) = self.status {
            and("c.status = ?", status.word().to_owned().into());
        }
        if let Some(author) = self.author {
            and("c.author = ?", author.0.into());
        }
        if let Some(drug) = &self.drug {
            and(
                "EXISTS (SELECT 1 FROM suggested_drugs d WHERE d.suggestion = s.id AND d.ingredient = ?)",
                drug.clone().into(),
            );
        }
        if !self.every {
            sql.push_str(" AND s.id = (SELECT max(id) FROM suggestions WHERE case_key = s.case_key)");
        }
        sql.push_str(&format!(" ORDER BY s.id LIMIT {PAGE}"));
        (sql, values)
    }
}

impl Vault {
    /// Hands suggestions to `each`, the oldest first, one at a time: a million of them take no more memory than one. What
    /// is saved meanwhile may be among them or not. Returns how many there were.
    ///
    /// # Errors
    /// When one cannot be read, or `each` fails.
    pub fn walk<E: From<VaultError>>(
        &self,
        filter: &WalkFilter,
        mut each: impl FnMut(Walked) -> Result<(), E>,
    ) -> Result<u64, E> {
        let (sql, mut values) = filter.statement();
        let mut count = 0;
        loop {
            let page = self.read(|database| {
                let mut statement = database.prepare_cached(&sql)?;
                let rows = statement.query_map(params_from_iter(&values), |row| {
                    Ok(Found {
                        id: SuggestionId(row.get(0)?),
                        created: time(row, 1)?,
                        status: row.get(2)?,
                        author: PersonId(row.get(3)?),
                    })
                })?;
                Ok(rows.collect::<Result<Vec<Found>, _>>()?)
            })?;
            let Some(last) = page.last() else { return Ok(count) };
            if let Some(first) = values.first_mut() {
                *first = last.id.0.into();
            }
            for found in page {
                each(self.walked(&found)?)?;
                count += 1;
            }
        }
    }

    fn walked(&self, found: &Found) -> Result<Walked, VaultError> {
        let suggestion = self.suggestion(found.id)?;
        let (key, version): (CaseKey, u32) = suggestion.case;
        Ok(Walked {
            case: self.case(key, Some(version))?,
            created: found.created,
            status: found.status,
            author: found.author,
            decisions: self.decisions(found.id, None)?,
            signature: self.signatures(found.id)?.pop(),
            overrides: self.overrides(found.id)?,
            reviews: self.reviews(found.id)?,
            suggestion,
        })
    }
}

impl Vault {
    /// How many cases there are, by how far they are.
    ///
    /// # Errors
    /// When they cannot be counted.
    pub fn count_by_status(&self) -> Result<Vec<(CaseStatus, u64)>, VaultError> {
        self.read(|database| {
            let mut statement = database.prepare_cached("SELECT count(*) FROM cases WHERE status = ?1")?;
            let count = |status: &CaseStatus| Ok((*status, statement.query_row([status], |row| row.get(0))?));
            CaseStatus::ALL.iter().map(count).collect()
        })
    }
}
