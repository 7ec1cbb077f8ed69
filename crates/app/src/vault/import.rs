//! The way back of an export: a table that reviewers filled in.

use std::collections::BTreeMap;
use std::path::Path;

use bogam_vault::{CaseKey, PersonId, Review, SuggestionId, VaultError, Verdict};
use jiff::Timestamp;
use serde::Serialize;

use super::{Session, UseCase};
use crate::csv_out::decode;
use crate::error::AppError;
use crate::job::JobSink;

/// Reviews that are saved in one transaction.
const BATCH: usize = 500;

/// The largest table that is read: 4 GiB.
const LARGEST: u64 = 4 << 30;

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewFault {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub what: String,
}

/// What came of a filled-in table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportedReviews {
    /// Rows.
    pub rows: u64,
    /// Reviews that were saved.
    pub saved: u64,
    /// Rows that nobody filled in.
    pub empty: u64,
    /// Rows whose review is the reviewer's last word already.
    pub known: u64,
    /// Rows that were not taken.
    pub rejected: Vec<ReviewFault>,
}

impl ImportedReviews {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{} rows: {} reviews saved, {} not filled in, {} known already, {} rejected",
            self.rows,
            self.saved,
            self.empty,
            self.known,
            self.rejected.len()
        )
    }

    /// 0, or 1 when a row was rejected.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.rejected.is_empty() { 0 } else { 1 }
    }
}

/// Places of the columns that are read.
struct Places {
    case: usize,
    suggestion: usize,
    drug: usize,
    review: usize,
    comment: usize,
}

/// What is known of a suggestion whose rows are read.
struct Suggested {
    id: SuggestionId,
    case: CaseKey,
    drugs: Vec<String>,
    /// This reviewer's last word on each drug.
    last: BTreeMap<String, Review>,
}

/// A row that was filled in.
struct Filled {
    case: i64,
    suggestion: SuggestionId,
    review: Review,
}

impl Session {
    /// Reads a table that was exported and filled in. Each row is checked against the vault; rows at fault are told, the
    /// others are saved as the words of whoever opened the vault.
    ///
    /// # Errors
    /// When the role is missing, the file is no such table, or the vault cannot be written to.
    pub fn import_reviews(
        &self,
        path: &Path,
        now: Timestamp,
        sink: &mut dyn JobSink,
    ) -> Result<ImportedReviews, AppError> {
        let vault = self.by(UseCase::Review)?;
        let text = read(path, sink)?;
        let text = text.trim_start_matches('\u{FEFF}').as_bytes();
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(text)).from_reader(text);
        let mut counted = LineCount { text, byte: 0, lines: 1 };
        let mut places = None;
        let mut known: Option<Suggested> = None;
        let mut batch: Vec<(SuggestionId, Review)> = Vec::new();
        let mut done = ImportedReviews::default();
        sink.stage("Reading reviews");
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => return Err(AppError::unusable(path, format!("is not CSV ({error})"))),
            };
            let line = counted.line_at(record.position().map_or(0, csv::Position::byte));
            let Some(places) = &places else {
                places = Some(Places::find(&record).map_err(|what| AppError::unusable(path, what))?);
                continue;
            };
            done.rows += 1;
            match places.row(&record) {
                Ok(None) => done.empty += 1,
                Ok(Some(filled)) => {
                    if known.as_ref().is_none_or(|s| s.id != filled.suggestion) {
                        known = self.suggested(filled.suggestion)?;
                    }
                    match fits(&filled, known.as_mut()) {
                        Ok(true) => batch.push((filled.suggestion, filled.review)),
                        Ok(false) => done.known += 1,
                        Err(what) => done.rejected.push(ReviewFault { line, what }),
                    }
                }
                Err(what) => done.rejected.push(ReviewFault { line, what }),
            }
            if batch.len() == BATCH {
                vault.save_reviews(&batch, now)?;
                done.saved += u64::try_from(batch.len()).unwrap_or(0);
                batch.clear();
                // What was saved is the last word from here on.
                known = None;
            }
            sink.progress(done.rows, None);
        }
        if places.is_none() {
            return Err(AppError::unusable(path, "is empty; give a table that `vault export-csv` wrote"));
        }
        if !batch.is_empty() {
            vault.save_reviews(&batch, now)?;
            done.saved += u64::try_from(batch.len()).unwrap_or(0);
        }
        Ok(done)
    }

    fn suggested(&self, id: SuggestionId) -> Result<Option<Suggested>, AppError> {
        let suggestion = match self.vault.suggestion(id) {
            Ok(suggestion) => suggestion,
            Err(VaultError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let own: PersonId = self.person();
        let reviews = self.vault.reviews(id)?.into_iter().filter(|(.., person)| *person == own);
        Ok(Some(Suggested {
            id,
            case: suggestion.case.0,
            drugs: suggestion.record.drugs.into_iter().map(|d| d.ingredient).collect(),
            last: reviews.map(|(review, ..)| (review.ingredient.clone(), review)).collect(),
        }))
    }
}

/// Whether a row is a new word on a drug that was suggested.
fn fits(filled: &Filled, suggested: Option<&mut Suggested>) -> Result<bool, String> {
    let suggested = suggested.ok_or_else(|| format!("there is no suggestion {} in this vault", filled.suggestion.0))?;
    if suggested.case.0 != filled.case {
        return Err(format!(
            "suggestion {} belongs to case {}, not {}: the row was put together from others",
            filled.suggestion.0, suggested.case.0, filled.case
        ));
    }
    let drug = &filled.review.ingredient;
    if !suggested.drugs.contains(drug) {
        return Err(format!("`{drug}` is not in the list of suggestion {}", filled.suggestion.0));
    }
    let last = suggested.last.insert(drug.clone(), filled.review.clone());
    Ok(last.as_ref() != Some(&filled.review))
}

impl Places {
    fn find(header: &csv::StringRecord) -> Result<Self, String> {
        let place = |name: &str| {
            let found = header.iter().position(|field| field.trim() == name);
            found.ok_or_else(|| format!("has no column `{name}`; keep the first line as `vault export-csv` wrote it"))
        };
        Ok(Self {
            case: place("case")?,
            suggestion: place("suggestion")?,
            drug: place("drug")?,
            review: place("review")?,
            comment: place("review_comment")?,
        })
    }

    /// A row; `None` when nobody filled it in.
    fn row(&self, record: &csv::StringRecord) -> Result<Option<Filled>, String> {
        // Somebody may have typed a backslash: what is no escape is itself.
        let field = |place: usize| record.get(place).map(|field| decode(field).unwrap_or_else(|_| field.to_owned()));
        let (review, comment) = (field(self.review).unwrap_or_default(), field(self.comment).unwrap_or_default());
        if review.trim().is_empty() && comment.trim().is_empty() {
            return Ok(None);
        }
        let number = |place: usize, name: &str| {
            let text = field(place).unwrap_or_default();
            text.trim().parse::<i64>().map_err(|_| format!("`{name}` is `{text}`, not the number that was exported"))
        };
        let word = review.trim().to_lowercase();
        let verdict = match Verdict::ALL.iter().find(|v| v.word() == word) {
            Some(verdict) => *verdict,
            None if word.is_empty() => Verdict::Comment,
            None => return Err(format!("`review` is `{review}`; write agree, disagree or comment")),
        };
        if verdict == Verdict::Comment && comment.trim().is_empty() {
            return Err("`review` is comment, and `review_comment` is empty".to_owned());
        }
        Ok(Some(Filled {
            case: number(self.case, "case")?,
            suggestion: SuggestionId(number(self.suggestion, "suggestion")?),
            review: Review {
                ingredient: field(self.drug).unwrap_or_default().trim().to_owned(),
                verdict,
                comment: (!comment.is_empty()).then_some(comment),
            },
        }))
    }
}

/// The text of a table. Korean spreadsheets write CP949 unless told otherwise: that is read as well, and said.
fn read(path: &Path, sink: &mut dyn JobSink) -> Result<String, AppError> {
    let meta = std::fs::metadata(path).map_err(|e| AppError::unusable(path, format!("cannot be opened ({e})")))?;
    if meta.len() > LARGEST {
        return Err(AppError::unusable(path, "is over 4 GiB; split it"));
    }
    let bytes = std::fs::read(path).map_err(|e| AppError::unusable(path, format!("cannot be read ({e})")))?;
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error.into_bytes(),
    };
    let (text, _, faults) = encoding_rs::EUC_KR.decode(&bytes);
    if faults || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(AppError::unusable(path, "is neither UTF-8 nor CP949; save it as `CSV UTF-8`"));
    }
    sink.warn(&format!("{} is not UTF-8 and was read as CP949", path.display()));
    Ok(text.into_owned())
}

/// What parts the fields: spreadsheets of some countries write semicolons, or tabs.
fn delimiter(text: &[u8]) -> u8 {
    let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
    // Of as many, the last one wins: a line without any is one of commas.
    [b'\t', b';', b','].into_iter().max_by_key(|sign| first.iter().filter(|b| *b == sign).count()).unwrap_or(b',')
}

/// Lines by their bytes: the reader's own count does not see a line end until it has read on.
struct LineCount<'a> {
    text: &'a [u8],
    byte: usize,
    lines: u64,
}

impl LineCount<'_> {
    /// The line of a record that begins at a byte, or just before it with its line end.
    fn line_at(&mut self, byte: u64) -> u64 {
        let mut to = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len()).max(self.byte);
        while self.text.get(to).is_some_and(|b| matches!(b, b'\r' | b'\n')) {
            to += 1;
        }
        let passed = self.text.get(self.byte..to).unwrap_or_default();
        self.lines += passed.iter().filter(|b| **b == b'\n').map(|_| 1_u64).sum::<u64>();
        self.byte = to;
        self.lines
    }
}
