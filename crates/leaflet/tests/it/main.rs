//! Leaflets are typeset, and read back by a reader that knows nothing of how they were made.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    missing_docs
)]

mod fixture;
mod pages;
mod text;

use bogam_leaflet::{Leaflet, Paper, typeset};
use lopdf::Document;

/// Text of each page, in one line each.
pub fn read(leaflet: &Leaflet, paper: Paper) -> Vec<String> {
    let pdf = typeset(leaflet, paper).unwrap();
    let document = Document::load_mem(&pdf).unwrap();
    let pages = document.get_pages();
    pages.keys().map(|page| document.extract_text(&[*page]).unwrap()).collect()
}

/// A text without its breaks and spaces: where a line ends is not what a test is about.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

pub fn all(leaflet: &Leaflet, paper: Paper) -> String {
    plain(&read(leaflet, paper).concat())
}
