//! Searching cases.

use bogam_vault::{CaseStatus, Hit, SearchQuery};
use jiff::Timestamp;

use super::{Session, UseCase};
use crate::error::AppError;

/// What is searched for, as somebody writes it.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// Words, each somewhere in the case.
    pub text: String,
    /// How far the case is.
    pub status: Option<CaseStatus>,
    /// Name of who made it.
    pub author: Option<String>,
    /// Changed at or after.
    pub from: Option<Timestamp>,
    /// Changed before.
    pub until: Option<Timestamp>,
}

impl Session {
    /// Cases that a query finds, the one that changed last first.
    ///
    /// # Errors
    /// When the role is missing, or they cannot be read.
    pub fn search(&self, query: &SearchQuery) -> Result<Vec<Hit>, AppError> {
        Ok(self.by(UseCase::Read)?.search(query)?)
    }

    /// Every case that a request finds, page by page; returns how many.
    ///
    /// # Errors
    /// When the role is missing, nobody has the author's name, or `each` fails.
    pub fn search_all(
        &self,
        request: &SearchRequest,
        mut each: impl FnMut(&Hit) -> Result<(), AppError>,
    ) -> Result<u64, AppError> {
        let author = request.author.as_deref().map(|name| self.person_named(name)).transpose()?;
        let mut query = SearchQuery {
            text: request.text.clone(),
            status: request.status,
            author,
            from: request.from,
            until: request.until,
            limit: 1000,
            ..SearchQuery::default()
        };
        let mut count = 0;
        loop {
            let hits = self.search(&query)?;
            let Some(last) = hits.last() else { return Ok(count) };
            query.after = Some(last.place);
            for hit in &hits {
                each(hit)?;
                count += 1;
            }
        }
    }
}
