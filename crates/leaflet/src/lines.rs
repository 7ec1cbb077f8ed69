//! Text to lines. Korean breaks between words alone, as it is set for reading; what is wider than a line breaks anywhere.

use std::ops::Range;

use icu_segmenter::options::{LineBreakOptions, LineBreakWordOption};
use icu_segmenter::{LineSegmenter, LineSegmenterBorrowed};
use unicode_normalization::UnicodeNormalization as _;

use crate::font::{Fonts, Glyph, Weight};

/// Red, green, blue.
pub(crate) type Colour = [u8; 3];

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    pub(crate) size: f32,
    pub(crate) colour: Colour,
}

/// Text of one look.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    text: String,
    style: Style,
}

/// Characters that show nothing and have no glyph: marks of direction and joining, soft hyphens.
const fn shows_nothing(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

impl Span {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Text without its line ends: who calls this has split it.
    pub(crate) fn new(text: &str, style: Style) -> Self {
        let shown = text.nfc().filter(|c| !shows_nothing(*c) && *c != '\r');
        let text = shown.map(|c| if c.is_whitespace() && c != '\u{A0}' { ' ' } else { c }).collect();
        Self { text, style }
    }
}

/// A glyph with the part of the text that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Set {
    pub(crate) glyph: Glyph,
    pub(crate) range: Range<usize>,
}

/// Glyphs of one look in a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) glyphs: Vec<Set>,
    pub(crate) style: Style,
    /// From the start of the line.
    pub(crate) x: f32,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Line {
    pub(crate) runs: Vec<Run>,
    /// Without the space that ends it.
    pub(crate) width: f32,
}

#[derive(Debug, Clone, Copy)]
struct Letter {
    at: usize,
    character: char,
    style: Style,
    glyph: Glyph,
}

impl Letter {
    fn width(&self) -> f32 {
        self.glyph.advance * self.style.size
    }
}

fn segmenter() -> LineSegmenterBorrowed<'static> {
    let mut options = LineBreakOptions::default();
    options.word_option = Some(LineBreakWordOption::KeepAll);
    LineSegmenter::new_for_non_complex_scripts(options)
}

/// Breaks a paragraph into lines of a width; lines after the first begin `hang` further in.
pub(crate) fn break_lines(spans: &[Span], width: f32, hang: f32, fonts: &Fonts) -> Vec<Line> {
    let mut text = String::new();
    let mut letters = Vec::new();
    for Span { text: part, style } in spans {
        let face = fonts.face(style.weight);
        for character in part.chars() {
            letters.push(Letter { at: text.len(), character, style: *style, glyph: face.glyph(character) });
            text.push(character);
        }
    }
    let mut breaks = segmenter().segment_str(&text).filter(|at| *at > 0).peekable();
    let mut lines = Vec::new();
    let mut line: Vec<Letter> = Vec::new();
    let mut used = 0.0;
    let mut word: Vec<Letter> = Vec::new();
    let mut letters = letters.into_iter().peekable();
    while let Some(letter) = letters.next() {
        word.push(letter);
        let next = letters.peek().map(|l| l.at);
        while breaks.next_if(|at| next.is_some_and(|next| *at < next)).is_some() {}
        if next.is_some_and(|next| breaks.peek() != Some(&next)) {
            continue;
        }
        // A word with the spaces after it: they may hang over the edge.
        let room = |lines: &Vec<Line>| if lines.is_empty() { width } else { width - hang };
        let ink = ink(&word);
        if used + ink > room(&lines) + 0.01 && !line.is_empty() {
            lines.push(finish(&line, if lines.is_empty() { 0.0 } else { hang }));
            line.clear();
            used = 0.0;
        }
        for letter in word.drain(..) {
            if used + letter.width() > room(&lines) + 0.01 && !line.is_empty() && letter.character != ' ' {
                lines.push(finish(&line, if lines.is_empty() { 0.0 } else { hang }));
                line.clear();
                used = 0.0;
            }
            used += letter.width();
            line.push(letter);
        }
    }
    if !line.is_empty() {
        lines.push(finish(&line, if lines.is_empty() { 0.0 } else { hang }));
    }
    lines
}

/// How wide letters are without the spaces at their end.
fn ink(letters: &[Letter]) -> f32 {
    let kept = letters.iter().rposition(|l| l.character != ' ').map_or(0, |last| last + 1);
    letters.iter().take(kept).map(Letter::width).sum()
}

fn finish(letters: &[Letter], indent: f32) -> Line {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = indent;
    for letter in letters {
        let fits = runs.last().is_some_and(|run| run.style == letter.style);
        if !fits {
            runs.push(Run { text: String::new(), glyphs: Vec::new(), style: letter.style, x });
        }
        if let Some(run) = runs.last_mut() {
            let from = run.text.len();
            run.text.push(letter.character);
            run.glyphs.push(Set { glyph: letter.glyph, range: from..run.text.len() });
        }
        x += letter.width();
    }
    Line { runs, width: indent + ink(letters) }
}
