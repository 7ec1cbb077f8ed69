//! Suggestions to be reviewed, and what reviewers judged.

use jiff::Timestamp;
use rusqlite::params;

use crate::cases::CaseKey;
use crate::error::VaultError;
use crate::people::PersonId;
use crate::reviews::Verdict;
use crate::sql::time;
use crate::suggestions::SuggestionId;
use crate::vault::Vault;

/// A suggestion in the queue of a reviewer. Only drugs of the list count, not those that were withheld or added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToReview {
    /// Number.
    pub suggestion: SuggestionId,
    /// The case and its version that it answers.
    pub case: (CaseKey, u32),
    /// When it was saved.
    pub at: Timestamp,
    /// Drugs of the list.
    pub listed: usize,
    /// Of these, how many the reviewer said something of, be it a comment.
    pub reviewed: usize,
    /// Of these, how many some reviewer judges not to fit.
    pub disagreements: usize,
    /// Whether it is signed, and nothing was decided since.
    pub signed: bool,
}

/// What a reviewer judges a drug of a list to be: the last time that he or she judged. A comment judges nothing, and takes
/// nothing back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The case of the suggestion.
    pub case: CaseKey,
    /// Numbers each drug of each suggestion, from 0.
    pub drug: usize,
    /// Who.
    pub person: PersonId,
    /// Whether it fits.
    pub agrees: bool,
}

/// The newest suggestion of each case, for the person `?1`.
const QUEUE: &str = "WITH queue AS (SELECT s.id, s.case_key, s.version, s.at,
    (SELECT count(*) FROM suggested_drugs d WHERE d.suggestion = s.id AND NOT d.withheld) AS listed,
    (SELECT count(*) FROM suggested_drugs d WHERE d.suggestion = s.id AND NOT d.withheld AND EXISTS (
      SELECT 1 FROM reviews r WHERE r.suggestion = s.id AND r.ingredient = d.ingredient AND r.person = ?1)) AS reviewed
  FROM suggestions s WHERE s.id = (SELECT max(id) FROM suggestions WHERE case_key = s.case_key))";

/// What stands in the place of each review: the last of a person on a drug that judges.
const LAST_JUDGED: &str = "r.verdict <> 'comment' AND r.id = (SELECT max(id) FROM reviews l
  WHERE l.suggestion = r.suggestion AND l.ingredient = r.ingredient AND l.person = r.person AND l.verdict <> 'comment')";

impl Vault {
    /// The newest suggestion of each case, the newest first, behind the one in `after`; and how many there are in all. With
    /// `undone` only those with a drug of which whoever opened the vault said nothing yet.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn review_queue(
        &self,
        after: Option<SuggestionId>,
        limit: usize,
        undone: bool,
    ) -> Result<(Vec<ToReview>, u64), VaultError> {
        self.read(|database| {
            let sql = format!(
                "{QUEUE} SELECT id, case_key, version, at, listed, reviewed,
                (SELECT count(DISTINCT r.ingredient) FROM reviews r JOIN suggested_drugs d ON d.suggestion = r.suggestion
                  AND d.ingredient = r.ingredient AND NOT d.withheld
                  WHERE r.suggestion = queue.id AND r.verdict = 'disagree' AND {LAST_JUDGED}),
                EXISTS (SELECT 1 FROM signatures WHERE suggestion = queue.id) AND NOT EXISTS (SELECT 1 FROM decisions
                  WHERE suggestion = queue.id AND version > (SELECT max(version) FROM signatures WHERE suggestion = queue.id))
                FROM queue WHERE (NOT ?2 OR reviewed < listed) AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4"
            );
            let mut statement = database.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let person = self.person().0;
            let rows = statement.query_map(params![person, undone, after.map(|id| id.0), limit], |row| {
                Ok(ToReview {
                    suggestion: SuggestionId(row.get(0)?),
                    case: (CaseKey(row.get(1)?), row.get(2)?),
                    at: time(row, 3)?,
                    listed: row.get(4)?,
                    reviewed: row.get(5)?,
                    disagreements: row.get(6)?,
                    signed: row.get(7)?,
                })
            })?;
            let items = rows.collect::<Result<_, _>>()?;
            let sql = format!("{QUEUE} SELECT count(*) FROM queue WHERE NOT ?2 OR reviewed < listed");
            let total = database.prepare_cached(&sql)?.query_row(params![person, undone], |row| row.get(0))?;
            Ok((items, total))
        })
    }

    /// Judgements that stand on drugs of lists, of every suggestion, in the order of suggestion and drug.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn judgements(&self) -> Result<Vec<Judged>, VaultError> {
        self.read(|database| {
            let sql = format!(
                "SELECT s.case_key, r.suggestion, r.ingredient, r.person, r.verdict FROM reviews r
                JOIN suggestions s ON s.id = r.suggestion
                JOIN suggested_drugs d ON d.suggestion = r.suggestion AND d.ingredient = r.ingredient AND NOT d.withheld
                WHERE {LAST_JUDGED} ORDER BY r.suggestion, r.ingredient, r.person"
            );
            let mut statement = database.prepare_cached(&sql)?;
            let mut rows = statement.query([])?;
            let (mut all, mut last) = (Vec::new(), None);
            let mut drug = 0_usize;
            while let Some(row) = rows.next()? {
                let this: (i64, String) = (row.get(1)?, row.get(2)?);
                if last.as_ref().is_some_and(|last| *last != this) {
                    drug += 1;
                }
                last = Some(this);
                let verdict: Verdict = row.get(4)?;
                let (case, person) = (CaseKey(row.get(0)?), PersonId(row.get(3)?));
                all.push(Judged { case, drug, person, agrees: verdict == Verdict::Agree });
            }
            Ok(all)
        })
    }
}
