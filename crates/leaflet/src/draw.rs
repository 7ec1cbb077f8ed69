//! Pages to a PDF: glyphs, lines, and the tree that a screen reader follows.

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};

use krilla::color::rgb;
use krilla::configure::{Configuration, Validator};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{ArtifactType, ContentTag, Identifier, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::text::KrillaGlyph;
use krilla::{Document, SerializeSettings};

use crate::flow::{Cell, Content, FOOT, Node, Part, Placed, Rule};
use crate::font::{Fonts, Weight};
use crate::lines::{Colour, Run, Span, Style, break_lines};
use crate::words::{Words, words};
use crate::{Leaflet, LeafletError, Mark, Paper};

/// Light enough to read over, dark enough to be seen in print.
const MARK: Colour = [222, 222, 222];
const GREY: Colour = [85, 85, 85];
const FOOT_SIZE: f32 = 10.0;

/// What was made of the parts of a document.
#[derive(Default)]
struct Made {
    /// Marks on pages, by the part that they belong to.
    marks: BTreeMap<Part, Vec<Identifier>>,
    /// Page and height on which a part begins.
    begins: BTreeMap<Part, (usize, f32)>,
}

/// Draws pages.
///
/// # Errors
/// When the PDF would not hold to PDF/UA-1.
pub(crate) fn draw(
    leaflet: &Leaflet,
    paper: Paper,
    fonts: &Fonts,
    content: &Content,
    pages: &[Vec<Placed<'_>>],
) -> Result<Vec<u8>, LeafletError> {
    let words = words(leaflet.lang);
    let (wide, tall) = paper.size();
    let settings = SerializeSettings {
        configuration: Configuration::new_with_validator(Validator::UA1),
        ..SerializeSettings::default()
    };
    let mut document = Document::new_with(settings);
    // The title names no patient: queues of printers show it.
    let metadata = Metadata::new().title(words.title.to_owned()).language(words.code.to_owned());
    document.set_metadata(metadata.creator("Bogam".to_owned()));
    let page_of = || PageSettings::from_wh(wide, tall).ok_or_else(|| LeafletError::Pdf("no such paper".to_owned()));
    let mut made = Made::default();
    for (n, placed) in pages.iter().enumerate() {
        let mut page = document.start_page_with(page_of()?);
        let mut surface = page.surface();
        if matches!(leaflet.mark, Mark::Draft { .. }) {
            across(&mut surface, words, fonts, paper);
        }
        for placed in placed {
            row(&mut surface, (n, placed), paper.margin(), fonts, &mut made);
        }
        foot(&mut surface, leaflet, (n + 1, pages.len()), fonts, paper);
        surface.finish();
        page.finish();
    }
    document.set_outline(outline(content, &made));
    document.set_tag_tree(tree(content, made, words));
    document.finish().map_err(|error| LeafletError::Pdf(format!("{error:?}")))
}

fn row(surface: &mut Surface<'_>, (page, placed): (usize, &Placed<'_>), left: f32, fonts: &Fonts, made: &mut Made) {
    let Placed { row, y, again } = placed;
    if !row.rules.is_empty() {
        surface.start_tagged(ContentTag::Artifact(ArtifactType::Other));
        row.rules.iter().for_each(|drawn| rule(surface, drawn, (left, *y)));
        surface.end_tagged();
    }
    for text in &row.texts {
        let at = Point::from_xy(left + text.x, y + text.baseline);
        if *again {
            surface.start_tagged(ContentTag::Artifact(ArtifactType::Other));
        } else {
            let mark = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            made.marks.entry(text.part).or_default().push(mark);
            made.begins.entry(text.part).or_insert((page, *y));
        }
        set(surface, &text.run, at, fonts);
        surface.end_tagged();
    }
}

fn set(surface: &mut Surface<'_>, run: &Run, at: Point, fonts: &Fonts) {
    let glyph = |set: &crate::lines::Set| {
        KrillaGlyph::new(set.glyph.id, set.glyph.advance, 0.0, 0.0, 0.0, set.range.clone(), None)
    };
    let glyphs: Vec<KrillaGlyph> = run.glyphs.iter().map(glyph).collect();
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: colour(run.style.colour).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }));
    let font = fonts.face(run.style.weight).font.clone();
    surface.draw_glyphs(at, &glyphs, font, &run.text, run.style.size, false);
}

fn rule(surface: &mut Surface<'_>, rule: &Rule, (left, top): (f32, f32)) {
    let mut path = PathBuilder::new();
    path.move_to(left + rule.from.0, top + rule.from.1);
    path.line_to(left + rule.to.0, top + rule.to.1);
    let Some(path) = path.finish() else { return };
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { paint: colour(rule.colour).into(), width: rule.thick, ..Stroke::default() }));
    surface.draw_path(&path);
    surface.set_stroke(None);
}

fn colour([red, green, blue]: Colour) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

/// One line of text, from which only the first line is kept.
fn one_line(text: &str, style: Style, fonts: &Fonts) -> Option<(Run, f32)> {
    let line = break_lines(&[Span::new(text, style)], f32::MAX, 0.0, fonts).into_iter().next()?;
    Some((line.runs.into_iter().next()?, line.width))
}

/// The word for a draft across a page, below everything else.
fn across(surface: &mut Surface<'_>, words: &Words, fonts: &Fonts, paper: Paper) {
    let (wide, tall) = paper.size();
    let size = wide * 0.72 / fonts.face(Weight::Bold).width(words.draft);
    let style = Style { weight: Weight::Bold, size, colour: MARK };
    let Some((run, width)) = one_line(words.draft, style, fonts) else { return };
    surface.start_tagged(ContentTag::Artifact(ArtifactType::Page));
    surface.push_transform(&Transform::from_rotate_at(-40.0, wide / 2.0, tall / 2.0));
    set(surface, &run, Point::from_xy((wide - width) / 2.0, tall / 2.0 + size * 0.35), fonts);
    surface.pop();
    surface.end_tagged();
}

/// Whose page it is, whether it is a draft, and which page of how many: pages come apart.
fn foot(surface: &mut Surface<'_>, leaflet: &Leaflet, (page, of): (usize, usize), fonts: &Fonts, paper: Paper) {
    let (wide, tall) = paper.size();
    let style = Style { weight: Weight::Regular, size: FOOT_SIZE, colour: GREY };
    let words = words(leaflet.lang);
    let draft = matches!(leaflet.mark, Mark::Draft { .. }).then_some(words.draft);
    let number = leaflet.number.as_deref();
    let known: Vec<&str> = [leaflet.patient.as_deref(), number, draft].into_iter().flatten().collect();
    let y = tall - paper.margin() - FOOT + 20.0;
    surface.start_tagged(ContentTag::Artifact(ArtifactType::Footer));
    let count = one_line(&format!("{page} / {of}"), style, fonts);
    let right = count.as_ref().map_or(0.0, |(_, width)| *width);
    let room = wide - 2.0 * paper.margin() - right - 12.0;
    if let Some((run, _)) = one_line(&shortened(&known.join(" · "), room, fonts), style, fonts) {
        set(surface, &run, Point::from_xy(paper.margin(), y), fonts);
    }
    if let Some((run, width)) = count {
        set(surface, &run, Point::from_xy(wide - paper.margin() - width, y), fonts);
    }
    surface.end_tagged();
}

/// A text that fits in one line of the foot; the whole of it stands on the first page.
fn shortened(text: &str, room: f32, fonts: &Fonts) -> String {
    let face = fonts.face(Weight::Regular);
    if face.width(text) * FOOT_SIZE <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = face.width("…") * FOOT_SIZE;
    for c in text.chars() {
        used += face.glyph(c).advance * FOOT_SIZE;
        if used > room {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Headings, to jump to.
fn outline(content: &Content, made: &Made) -> Outline {
    let mut outline = Outline::new();
    for node in &content.nodes {
        let Node::Heading(_, part, title) = node else { continue };
        if let Some((page, y)) = made.begins.get(part) {
            outline.push_child(OutlineNode::new(title.clone(), XyzDestination::new(*page, Point::from_xy(0.0, *y))));
        }
    }
    outline
}

fn tree(content: &Content, mut made: Made, words: &Words) -> TagTree {
    let mut tree = TagTree::new().with_lang(Some(words.code.to_owned()));
    for node in &content.nodes {
        match node {
            Node::Heading(level, part, title) => {
                let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
                let mut group = TagGroup::new(Tag::Hn(level, Some(title.clone())));
                fill(&mut group, *part, &mut made);
                tree.push(group);
            }
            Node::Paragraph(part) => {
                let mut group = TagGroup::new(Tag::P);
                fill(&mut group, *part, &mut made);
                tree.push(group);
            }
            Node::Table(head, rows) => {
                let mut table = TagGroup::new(Tag::Table);
                let mut heads = TagGroup::new(Tag::THead);
                heads.push(cells(head, TableHeaderScope::Column, &mut made));
                table.push(heads);
                let mut body = TagGroup::new(Tag::TBody);
                rows.iter().for_each(|row| body.push(cells(row, TableHeaderScope::Row, &mut made)));
                table.push(body);
                tree.push(table);
            }
        }
    }
    tree
}

fn cells(row: &[Cell], scope: TableHeaderScope, made: &mut Made) -> TagGroup {
    let mut group = TagGroup::new(Tag::TR);
    for cell in row {
        let columns = NonZeroU32::new(cell.columns).filter(|n| n.get() > 1);
        let mut inner =
            if cell.head { TagGroup::new(Tag::TH(scope)) } else { TagGroup::new(Tag::TD.with_col_span(columns)) };
        fill(&mut inner, cell.part, made);
        group.push(inner);
    }
    group
}

fn fill(group: &mut TagGroup, part: Part, made: &mut Made) {
    made.marks.remove(&part).into_iter().flatten().for_each(|mark| group.push(mark));
}
