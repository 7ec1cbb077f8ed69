//! Rows to pages. Rows of a group stay together where a page can hold them.

use crate::Paper;
use crate::lines::{Colour, Run};

/// Height that the foot of a page takes, in points.
pub(crate) const FOOT: f32 = 26.0;

/// Number of a part of the document: a paragraph, a heading, a cell.
pub(crate) type Part = usize;

/// A text of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) part: Part,
    /// From the left margin.
    pub(crate) x: f32,
    /// From the top of the row.
    pub(crate) baseline: f32,
    pub(crate) run: Run,
}

/// A line that is drawn: from and to, from the left margin and the top of the row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rule {
    pub(crate) from: (f32, f32),
    pub(crate) to: (f32, f32),
    pub(crate) thick: f32,
    pub(crate) colour: Colour,
}

/// What is never split.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Row {
    pub(crate) height: f32,
    /// Air above it, but on top of a page.
    pub(crate) above: f32,
    pub(crate) texts: Vec<Text>,
    pub(crate) rules: Vec<Rule>,
    /// Never the last of a page.
    pub(crate) leads: bool,
}

/// Rows that belong together.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Group {
    pub(crate) rows: Vec<Row>,
    /// Head of the table that these are rows of: drawn anew on top of a page.
    pub(crate) head: Option<Row>,
}

/// What a part of the document is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// A heading of a level.
    Heading(u16, Part, String),
    /// A paragraph.
    Paragraph(Part),
    /// A table: its head and its rows.
    Table(Vec<Cell>, Vec<Vec<Cell>>),
}

/// A cell of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) part: Part,
    /// Says what its row is.
    pub(crate) head: bool,
    /// Columns that it spans.
    pub(crate) columns: u32,
}

/// A document before it is on pages.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Content {
    pub(crate) groups: Vec<Group>,
    pub(crate) nodes: Vec<Node>,
    /// Whether a character was set as the box.
    pub(crate) lacking: bool,
}

/// A row where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed<'a> {
    pub(crate) row: &'a Row,
    /// From the top of the page.
    pub(crate) y: f32,
    /// A head that was drawn before.
    pub(crate) again: bool,
}

struct Pages<'a> {
    full: Vec<Vec<Placed<'a>>>,
    page: Vec<Placed<'a>>,
    top: f32,
    bottom: f32,
    y: f32,
}

impl<'a> Pages<'a> {
    fn turn(&mut self) {
        if !self.page.is_empty() {
            self.full.push(std::mem::take(&mut self.page));
            self.y = self.top;
        }
    }

    const fn left(&self) -> f32 {
        self.bottom - self.y
    }

    fn put(&mut self, row: &'a Row, again: bool) {
        if !self.page.is_empty() {
            self.y += row.above;
        }
        self.page.push(Placed { row, y: self.y, again });
        self.y += row.height;
    }
}

/// Height of rows one after another.
fn height(rows: &[Row]) -> f32 {
    rows.iter().map(|row| row.above + row.height).sum()
}

/// Places rows on pages.
pub(crate) fn pages(content: &Content, paper: Paper) -> Vec<Vec<Placed<'_>>> {
    let (_, tall) = paper.size();
    let top = paper.margin();
    let bottom = tall - paper.margin() - FOOT;
    let mut pages = Pages { full: Vec::new(), page: Vec::new(), top, bottom, y: top };
    for group in &content.groups {
        let head = group.head.as_ref().map_or(0.0, |head| head.height);
        let whole = height(&group.rows);
        let together = whole + head <= bottom - top;
        if together && whole > pages.left() {
            pages.turn();
        }
        for (n, row) in group.rows.iter().enumerate() {
            let after = group.rows.get(n + 1).filter(|_| row.leads).map_or(0.0, |next| next.above + next.height);
            if row.above + row.height + after > pages.left() {
                pages.turn();
            }
            if let (true, Some(head)) = (pages.page.is_empty(), &group.head) {
                pages.put(head, true);
            }
            pages.put(row, false);
        }
    }
    pages.turn();
    if pages.full.is_empty() {
        pages.full.push(Vec::new());
    }
    pages.full
}
