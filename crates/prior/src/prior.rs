//! The learned prior as it is kept and asked.

use std::collections::BTreeMap;

use bogam_clinical::case::{Case, Setting};
use bogam_knowledge::KnowledgeBase;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::base::Base;
use crate::counts::{Counts, Similar};
use crate::stack::{Channels, Past, Weights};
use crate::told::{Told, number};

/// What the first line of the file says it is.
const FORMAT: &str = "bogam-prior";
/// Raised when an older program could misread the file.
const VERSION: u32 = 1;
/// With fewer of its diagnosis groups known, a case is unlike those learned from.
const KNOWN_GROUPS: f64 = 0.5;

/// What a prior says of itself: the first line of its file, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// `bogam-prior`.
    pub format: String,
    /// Version of the format.
    pub version: u32,
    /// Version of the program that made it.
    pub bogam: String,
    /// Whose admissions, as the maker named them.
    pub site: Option<String>,
    /// Admissions learned from.
    pub admissions: usize,
    /// Their patients.
    pub patients: usize,
    /// Month of the first case, as recorded (data sets with shifted dates have shifted ones here).
    pub from: Option<String>,
    /// Month of the last case.
    pub to: Option<String>,
    /// Settings of at least ten admissions: in others the prior is not asked.
    pub settings: Vec<Setting>,
    /// Drugs of at least ten admissions.
    pub drugs: usize,
    /// Features of at least ten admissions.
    pub features: usize,
    /// Diagnosis groups of at least ten admissions.
    pub groups: usize,
    /// Strength of the normal prior on weights, chosen on held-out admissions.
    pub lambda: f64,
    /// The knowledge base at that time.
    pub knowledge: String,
    /// Decisions of reviewers that were taken in.
    pub reviews: usize,
    /// How well lists agree with records, on admissions of patients that were held out, by channels.
    pub held_out: Vec<HeldOut>,
}

/// Agreement on held-out admissions: means over admissions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Channels that took part.
    pub channels: String,
    /// The model, with its adapter.
    pub model: Option<String>,
    /// Admissions.
    pub admissions: usize,
    /// Hits of what is listed.
    pub accuracy: f64,
    /// Hits of what is listed or recorded.
    pub jaccard: f64,
    /// All that is listed by all that is recorded.
    pub listed_to_recorded: f64,
}

/// What comes after the header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Body {
    base: Base,
    counts: Counts,
    /// By model, with its adapter; the empty name is none.
    weights: BTreeMap<String, Vec<Weights>>,
}

/// A learned prior: weights, and counts of at least ten admissions. It holds no patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    header: Header,
    body: Body,
    hash: String,
}

/// A file that is no prior that this program can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriorError {
    /// Another kind of file.
    #[error("not a learned prior (it does not begin with a line {{\"format\":\"{FORMAT}\", …}})")]
    NotAPrior,
    /// Made by a newer program.
    #[error("made by a newer program (format version {0}; this one reads up to {VERSION})")]
    Newer(u32),
    /// The rest of the file is not what it should be.
    #[error("damaged: what follows the header cannot be read")]
    Damaged,
    /// It does not fit into a file.
    #[error("cannot be written: {0}")]
    Write(String),
}

/// What goes into a prior.
pub(crate) struct Made {
    pub header: Header,
    pub base: Base,
    pub counts: Counts,
    pub weights: BTreeMap<String, Vec<Weights>>,
}

impl Header {
    /// A header of this format and program.
    pub(crate) fn new() -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            bogam: env!("CARGO_PKG_VERSION").to_owned(),
            site: None,
            admissions: 0,
            patients: 0,
            from: None,
            to: None,
            settings: Vec::new(),
            drugs: 0,
            features: 0,
            groups: 0,
            lambda: 0.0,
            knowledge: String::new(),
            reviews: 0,
            held_out: Vec::new(),
        }
    }
}

impl Prior {
    pub(crate) fn new(made: Made) -> Result<Self, PriorError> {
        let Made { mut header, base, counts, weights } = made;
        header.drugs = base.drugs().len();
        header.features = base.width();
        header.groups = counts.groups();
        let mut prior = Self { header, body: Body { base, counts, weights }, hash: String::new() };
        prior.hash = hash(&prior.to_bytes()?);
        Ok(prior)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// When they are no prior, damaged, or of a newer program.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PriorError> {
        #[derive(Deserialize)]
        struct Kind {
            format: String,
            version: u32,
        }
        let end = bytes.iter().position(|b| *b == b'\n').ok_or(PriorError::NotAPrior)?;
        let (line, rest) = bytes.split_at_checked(end + 1).ok_or(PriorError::NotAPrior)?;
        let kind: Kind = serde_json::from_slice(line).map_err(|_| PriorError::NotAPrior)?;
        if kind.format != FORMAT {
            return Err(PriorError::NotAPrior);
        }
        if kind.version > VERSION {
            return Err(PriorError::Newer(kind.version));
        }
        let header = serde_json::from_slice(line).map_err(|_| PriorError::Damaged)?;
        let (body, left) = postcard::take_from_bytes(rest).map_err(|_| PriorError::Damaged)?;
        if !left.is_empty() {
            return Err(PriorError::Damaged);
        }
        Ok(Self { header, body, hash: hash(bytes) })
    }

    /// The file's bytes: the header as one line of JSON, then the rest.
    ///
    /// # Errors
    /// When something in it cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PriorError> {
        let mut bytes = serde_json::to_vec(&self.header).map_err(|e| PriorError::Write(e.to_string()))?;
        bytes.push(b'\n');
        postcard::to_extend(&self.body, bytes).map_err(|e| PriorError::Write(e.to_string()))
    }

    /// What it says of itself.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// `sha256:…` of the file.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Weights of these channels for a model, or none.
    #[must_use]
    pub fn weights(&self, model: Option<&str>, channels: Channels) -> Option<&Weights> {
        self.body.weights.get(model.unwrap_or_default())?.iter().find(|w| w.channels == channels)
    }

    /// Reads a case.
    #[must_use]
    pub fn read<'a>(&'a self, case: &Case, knowledge: &KnowledgeBase) -> Reading<'a> {
        Reading::new(&self.body.base, Some((&self.header, &self.body.counts)), case, knowledge)
    }
}

fn hash(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

/// What past admissions say of a case.
#[derive(Debug)]
pub struct Reading<'a> {
    base: &'a Base,
    counts: Option<&'a Counts>,
    told: Told,
    log_odds: Vec<f32>,
    days_ago: BTreeMap<String, f64>,
    any_past: bool,
    /// The admissions learned from were of other settings.
    pub other_setting: bool,
    /// Under half of the case's diagnosis groups were known often enough.
    pub unlike: bool,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        base: &'a Base,
        about: Option<(&Header, &'a Counts)>,
        case: &Case,
        knowledge: &KnowledgeBase,
    ) -> Self {
        let told = Told::of(case, knowledge);
        let log_odds = base.log_odds(&told);
        let mut days_ago: BTreeMap<String, f64> = BTreeMap::new();
        for past in &case.past_drugs {
            let days = days_ago.entry(past.ingredient.clone()).or_insert(past.days_ago);
            *days = days.min(past.days_ago);
        }
        let known = told.groups.iter().filter(|group| base.knows(&format!("dx:{group}"))).count();
        let unlike = number(known) < KNOWN_GROUPS * number(told.groups.len().max(1));
        let other_setting =
            about.is_some_and(|(header, _)| case.admission.setting.is_none_or(|s| !header.settings.contains(&s)));
        let counts = about.map(|(_, counts)| counts);
        Self { base, counts, told, log_odds, any_past: !days_ago.is_empty(), days_ago, other_setting, unlike }
    }

    /// Drugs of which past admissions tell something: those given at least ten times, and those that the patient took.
    pub fn drugs(&self) -> impl Iterator<Item = &str> {
        let own = self.days_ago.keys().map(String::as_str).filter(|drug| self.place(drug).is_none());
        self.base.drugs().iter().map(String::as_str).chain(own)
    }

    fn place(&self, drug: &str) -> Option<usize> {
        self.base.drugs().binary_search_by(|known| known.as_str().cmp(drug)).ok()
    }

    /// What they say of a drug.
    #[must_use]
    pub fn past(&self, drug: &str) -> Past {
        let (frequencies, rare) = self.base.frequencies();
        let place = self.place(drug);
        let at = |list: &[f32]| place.and_then(|place| list.get(place)).copied().map_or(f64::from(rare), f64::from);
        Past {
            told: at(&self.log_odds),
            frequency: at(frequencies),
            days_ago: self.days_ago.get(drug).copied(),
            any_past: self.any_past,
        }
    }

    /// Of the admissions with a diagnosis group of the case, those that were given the drug.
    #[must_use]
    pub fn similar(&self, drug: &str) -> Option<Similar<'_>> {
        self.counts?.similar(&self.told, drug)
    }
}
