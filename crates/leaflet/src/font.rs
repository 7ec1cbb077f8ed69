//! The fonts that are built in, and what their glyphs measure.

use krilla::text::{Font, GlyphId};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};

use crate::LeafletError;

static REGULAR: &[u8] = include_bytes!("../../../assets/fonts/Pretendard-Regular.otf");
static BOLD: &[u8] = include_bytes!("../../../assets/fonts/Pretendard-Bold.otf");

/// What stands for a character that the font lacks.
const BOX: char = '\u{25A1}';

/// How heavy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A font with what it measures.
pub(crate) struct Face {
    pub(crate) font: Font,
    characters: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    em: f32,
    lacking: GlyphId,
}

/// A glyph of a character.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: GlyphId,
    /// Width in parts of the size.
    pub(crate) advance: f32,
    /// Whether the font has it; otherwise this is the box.
    pub(crate) known: bool,
}

impl Face {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        let read = FontRef::new(bytes).ok()?;
        let whole = (Size::unscaled(), LocationRef::default());
        let characters = read.charmap();
        Some(Self {
            font: Font::new(bytes.into(), 0)?,
            metrics: read.glyph_metrics(whole.0, whole.1),
            em: f32::from(read.metrics(whole.0, whole.1).units_per_em),
            lacking: GlyphId::new(characters.map(BOX)?.to_u32()),
            characters,
        })
    }

    /// The glyph of a character, or the box.
    pub(crate) fn glyph(&self, character: char) -> Glyph {
        let found = self.characters.map(character).map(|id| GlyphId::new(id.to_u32()));
        let id = found.unwrap_or(self.lacking);
        let advance = self.metrics.advance_width(skrifa::GlyphId::new(id.to_u32())).unwrap_or(self.em) / self.em;
        Glyph { id, advance, known: found.is_some() }
    }

    /// How wide a text is in one line, in parts of the size.
    pub(crate) fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.glyph(c).advance).sum()
    }
}

/// The fonts.
pub(crate) struct Fonts {
    regular: Face,
    bold: Face,
}

impl Fonts {
    pub(crate) fn read() -> Result<Self, LeafletError> {
        let face = |bytes| Face::read(bytes).ok_or(LeafletError::Font);
        Ok(Self { regular: face(REGULAR)?, bold: face(BOLD)? })
    }

    pub(crate) const fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}
