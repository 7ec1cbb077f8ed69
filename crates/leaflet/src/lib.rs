//! The leaflet for the patient, typeset: values in, the bytes of a PDF out.
//!
//! Invariants:
//! - Text is data. There is no markup language here, so that nothing that a person typed can be taken as one.
//! - Nothing is left out: text that does not fit goes on, on the next line or page, and a character that the font lacks
//!   is a box, with a line that says so.
//! - Equal values give equal bytes: no clock, no random identifier.
//! - A draft says so on each page. Only a recorded confirmation takes that mark away.

mod compose;
mod draw;
mod flow;
mod font;
mod lines;
mod words;

use bogam_clinical::text::Lang;
use jiff::civil::Date;

/// A size of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 210 by 297 mm.
    A4,
    /// 148 by 210 mm.
    A5,
}

impl Paper {
    /// Width and height in points.
    const fn size(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.28, 841.89),
            Self::A5 => (419.53, 595.28),
        }
    }

    /// Margin on every side, in points.
    const fn margin(self) -> f32 {
        match self {
            Self::A4 => 42.0,
            Self::A5 => 28.0,
        }
    }
}

/// Parts of the day in which a drug is taken, each with the dose in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Day {
    /// In the morning.
    pub morning: Option<String>,
    /// At noon.
    pub noon: Option<String>,
    /// In the evening.
    pub evening: Option<String>,
    /// At bedtime.
    pub bedtime: Option<String>,
}

/// A point of counselling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What it is about.
    pub label: String,
    /// What it says.
    pub text: String,
    /// When to come at once: it stands out.
    pub urgent: bool,
}

/// A drug that is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drug {
    /// Name in the language of the leaflet.
    pub name: String,
    /// Name in the other language.
    pub other_name: Option<String>,
    /// Dose in words; `None` when nothing says it.
    pub dose: Option<String>,
    /// When it is taken; `None` when nothing says it.
    pub day: Option<Day>,
    /// What it is for.
    pub purpose: Option<String>,
    /// What to know about it.
    pub points: Vec<Point>,
}

/// Whether a clinician has read what is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Not yet.
    Draft {
        /// A drug changed after somebody wrote the text.
        outdated: bool,
    },
    /// Confirmed by this person on this day.
    Reviewed {
        /// Who.
        person: String,
        /// When.
        date: Date,
    },
}

/// What a leaflet says. Every text is in its language already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaflet {
    /// Language.
    pub lang: Lang,
    /// Name of the clinic; empty when nobody entered it.
    pub clinic: String,
    /// Whom to call; empty when nobody entered it.
    pub phone: String,
    /// Name of the patient.
    pub patient: Option<String>,
    /// Their number.
    pub number: Option<String>,
    /// Day that it is of.
    pub date: Date,
    /// Drugs, in the order of the list.
    pub drugs: Vec<Drug>,
    /// A clinician's words, in place of purposes and points.
    pub text: Option<String>,
    /// A paragraph by the model that a clinician confirmed.
    pub model_written: Option<String>,
    /// What is said of all drugs.
    pub closing: String,
    /// Whether it was read.
    pub mark: Mark,
}

/// Why there is no leaflet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafletError {
    /// A font that is built in cannot be read.
    #[error("a font that is built in cannot be read")]
    Font,
    /// The PDF would not hold to its standard.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
}

/// Sets a leaflet on paper. The PDF is tagged (PDF/UA-1), its text can be selected, its fonts are embedded.
///
/// # Errors
/// When a font cannot be read, or the PDF would not hold to its standard.
pub fn typeset(leaflet: &Leaflet, paper: Paper) -> Result<Vec<u8>, LeafletError> {
    let fonts = font::Fonts::read()?;
    let roomy = compose::compose(leaflet, paper, &fonts, compose::ROOMY);
    // Less air where that spares a page; the letters stay as large as they are.
    let pages = flow::pages(&roomy, paper);
    let tight = compose::compose(leaflet, paper, &fonts, compose::TIGHT);
    let tight_pages = flow::pages(&tight, paper);
    let (content, pages) = if tight_pages.len() < pages.len() { (&tight, tight_pages) } else { (&roomy, pages) };
    draw::draw(leaflet, paper, &fonts, content, &pages)
}
