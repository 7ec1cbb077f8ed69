//! Tables for reviewers, by a path that a person chose.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::types::{ExportedCsv, ImportedReviews, RejectedRow};
use super::{Answer, Window};
use crate::job::Collected;
use crate::vault::ExportRequest;

impl Window {
    /// Writes suggestions as a table.
    ///
    /// # Errors
    /// As [`crate::vault::Session::export_csv`].
    pub fn export_csv(&self, path: &Path, deidentified: bool) -> Answer<ExportedCsv> {
        let request =
            ExportRequest { out: path.to_owned(), deidentified, knowledge: self.site()?, ..ExportRequest::default() };
        let done = self.desk.with(|session| session.export_csv(&request, &mut Collected::default()))?;
        Ok(ExportedCsv { path: path.display().to_string(), rows: done.rows })
    }

    /// Brings a filled-in table back.
    ///
    /// # Errors
    /// As [`crate::vault::Session::import_reviews`].
    pub fn import_reviews(&self, path: &Path) -> Answer<ImportedReviews> {
        let done = self.desk.with(|session| session.import_reviews(path, self.now(), &mut Collected::default()))?;
        let row = |fault: crate::vault::ReviewFault| RejectedRow {
            line: fault.line,
            code: "review.row".to_owned(),
            params: BTreeMap::from([("text".to_owned(), json!(fault.what))]),
        };
        Ok(ImportedReviews {
            path: path.display().to_string(),
            accepted: done.saved,
            rejected: done.rejected.into_iter().map(row).collect(),
        })
    }
}
