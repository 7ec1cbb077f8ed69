//! Lists of others to pack files: bytes in, files out.
//!
//! What a list names is looked up in the packs by [`KnowledgeBase::normalise`]; a name that means nothing, or no one
//! ingredient, is told and never guessed. Every row is either taken or rejected with a reason: [`Imported::rows`] is
//! [`Imported::taken`] and the number of [`Imported::rejected`]. How much an imported fact matters is said by a table
//! of [`Levels`], which column means what by a table of [`Headers`]; both are plain files that a site can replace.

mod age;
mod dur;
mod formulary;
mod headers;
mod icd_titles;
mod levels;
mod lookup;
mod pairs;
mod reason;
mod table;
mod write;

use crate::base::KnowledgeBase;
use crate::load::PackFile;
use crate::pack::PackInfo;

pub use headers::Headers;
pub use levels::Levels;
pub use reason::Reason;

/// A kind of list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportKind {
    /// Interacting pairs with a level, in the form of DDInter.
    Ddinter,
    /// Korean DUR notice of pairs that must not be given together (병용금기).
    DurCombination,
    /// Korean DUR notice of ages at which a drug must not be given (연령금기).
    DurAge,
    /// Korean DUR notice of drugs in pregnancy (임부금기).
    DurPregnancy,
    /// Korean DUR notice of drugs in older adults (노인주의).
    DurElderly,
    /// The formulary of a hospital: its names and codes.
    Formulary,
    /// Titles of diagnosis codes, in the form of `d_icd_diagnoses` of MIMIC-IV.
    IcdTitles,
}

impl ImportKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Ddinter,
        Self::DurCombination,
        Self::DurAge,
        Self::DurPregnancy,
        Self::DurElderly,
        Self::Formulary,
        Self::IcdTitles,
    ];

    /// A stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ddinter => "ddinter",
            Self::DurCombination => "dur-combination",
            Self::DurAge => "dur-age",
            Self::DurPregnancy => "dur-pregnancy",
            Self::DurElderly => "dur-elderly",
            Self::Formulary => "formulary",
            Self::IcdTitles => "icd-titles",
        }
    }

    /// Whether it asks the table of levels.
    #[must_use]
    pub const fn has_levels(self) -> bool {
        match self {
            Self::Ddinter | Self::DurCombination | Self::DurAge | Self::DurPregnancy | Self::DurElderly => true,
            Self::Formulary | Self::IcdTitles => false,
        }
    }

    /// Whether it asks a table of headers.
    #[must_use]
    pub const fn has_headers(self) -> bool {
        match self {
            Self::DurCombination | Self::DurAge | Self::DurPregnancy | Self::DurElderly | Self::Formulary => true,
            Self::Ddinter | Self::IcdTitles => false,
        }
    }

    /// What the source of its facts is called.
    const fn title(self) -> &'static str {
        match self {
            Self::Ddinter => "Interaction list in the form of DDInter",
            Self::DurCombination => "Korean DUR notice, combinations (병용금기)",
            Self::DurAge => "Korean DUR notice, ages (연령금기)",
            Self::DurPregnancy => "Korean DUR notice, pregnancy (임부금기)",
            Self::DurElderly => "Korean DUR notice, older adults (노인주의)",
            Self::Formulary => "Formulary of the site",
            Self::IcdTitles => "Titles of diagnosis codes",
        }
    }
}

/// What an import needs besides the list.
#[derive(Debug, Clone)]
pub struct ImportSettings {
    /// What the pack says of itself.
    pub pack: PackInfo,
    /// How much a level of a list matters.
    pub levels: Levels,
    /// Which column means what.
    pub headers: Headers,
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Line of the file at which it begins, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// The row as it stands in the file.
    pub row: String,
}

/// What an import came to.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The files of the pack.
    pub files: Vec<PackFile>,
    /// Rows of the list, the first line and blank lines apart.
    pub rows: u64,
    /// Rows that are in the pack.
    pub taken: u64,
    /// All others, by line.
    pub rejected: Vec<Rejected>,
}

impl Imported {
    /// How many rows were rejected for each reason, those that there are.
    #[must_use]
    pub fn by_reason(&self) -> Vec<(Reason, u64)> {
        let mut counts = std::collections::BTreeMap::new();
        for rejected in &self.rejected {
            *counts.entry(rejected.reason).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    /// The rejected rows as CSV with the columns `line`, `reason`, `en`, `ko`, `row`.
    #[must_use]
    pub fn rejected_csv(&self) -> String {
        let mut out = write::line(&["line", "reason", "en", "ko", "row"]);
        for Rejected { line, reason, row } in &self.rejected {
            let text = reason.text();
            out.push_str(&write::line(&[&line.to_string(), reason.code(), &text.en, &text.ko, row]));
        }
        out
    }
}

/// A list that cannot be imported at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// A column that is needed is not there.
    #[error(
        "no column {wanted}: the first line has {found}; name the column in the file of headers, or check the kind"
    )]
    Header {
        /// The column and the names that were looked for.
        wanted: String,
        /// The names that are there.
        found: String,
    },
    /// There is no first line.
    #[error("the file is empty: a first line with the names of the columns is needed")]
    Empty,
    /// The text is in an encoding that is not read.
    #[error("the file is not UTF-8 text{0}: save it as CSV in UTF-8")]
    Encoding(&'static str),
    /// A file of levels or headers is not of its form.
    #[error("{0}")]
    Settings(String),
}

impl ImportError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Header { .. } => "import.header",
            Self::Empty => "import.empty",
            Self::Encoding(_) => "import.encoding",
            Self::Settings(_) => "import.settings",
        }
    }
}

/// The rows of a list as files of a pack.
///
/// # Errors
/// When a column that is needed is missing, the text cannot be read, or the settings do not fit the kind. A row that
/// cannot be taken is no error: it is among the rejected.
pub fn import(
    kind: ImportKind,
    bytes: &[u8],
    knowledge: &KnowledgeBase,
    settings: &ImportSettings,
) -> Result<Imported, ImportError> {
    let made = match kind {
        ImportKind::Ddinter => pairs::ddinter(bytes, knowledge, settings)?,
        ImportKind::DurCombination => dur::combination(bytes, knowledge, settings)?,
        ImportKind::DurAge => dur::age(bytes, knowledge, settings)?,
        ImportKind::DurPregnancy => dur::pregnancy(bytes, knowledge, settings)?,
        ImportKind::DurElderly => dur::elderly(bytes, knowledge, settings)?,
        ImportKind::Formulary => formulary::formulary(bytes, knowledge, settings)?,
        ImportKind::IcdTitles => icd_titles::icd_titles(bytes)?,
    };
    let mut files = write::head(kind, &settings.pack);
    files.push(PackFile { path: made.path.to_owned(), bytes: made.text.into_bytes() });
    let rejected = made.tally.rejected;
    let refused = u64::try_from(rejected.len()).unwrap_or(u64::MAX);
    Ok(Imported { files, rows: made.tally.rows, taken: made.tally.rows.saturating_sub(refused), rejected })
}

/// The file that a kind of list comes to, and what became of the rows.
struct Made {
    path: &'static str,
    text: String,
    tally: table::Tally,
}
