//! What a leaflet says, as rows.

use crate::flow::{Cell, Content, Group, Node, Part, Row, Rule, Text};
use crate::font::{Fonts, Weight};
use crate::lines::{Colour, Span, Style, break_lines};
use crate::words::{Words, date, words};
use crate::{Day, Drug, Leaflet, Mark, Paper, Point};

const BLACK: Colour = [20, 20, 20];
const GREY: Colour = [85, 85, 85];
const HAIR: Colour = [120, 120, 120];
/// Dark enough to be read in grey print.
const URGENT: Colour = [140, 16, 16];

/// How much air there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Air {
    /// Height of a line, in sizes of its letters.
    line: f32,
    /// Within a table.
    table_line: f32,
    /// Between paragraphs, in points.
    between: f32,
    /// Above and below a cell's text, in points.
    cell: f32,
}

/// Korean is read at half a line more.
pub(crate) const ROOMY: Air = Air { line: 1.5, table_line: 1.35, between: 7.0, cell: 5.0 };
/// Where it spares a page.
pub(crate) const TIGHT: Air = Air { line: 1.35, table_line: 1.25, between: 4.0, cell: 3.0 };

const BODY: f32 = 14.0;
const SMALL: f32 = 12.0;

const fn style(weight: Weight, size: f32, colour: Colour) -> Style {
    Style { weight, size, colour }
}

const PLAIN: Style = style(Weight::Regular, BODY, BLACK);
const STRONG: Style = style(Weight::Bold, BODY, BLACK);

/// A cell with its place, and whether its text is in the middle of it.
struct CellText {
    part: Part,
    x: f32,
    wide: f32,
    paragraphs: Vec<Vec<Span>>,
    middle: bool,
}

struct Composer<'a> {
    fonts: &'a Fonts,
    words: &'static Words,
    air: Air,
    /// Letters of doses in the table.
    dose: f32,
    width: f32,
    parts: Part,
    content: Content,
}

/// Sets a leaflet into rows.
pub(crate) fn compose(leaflet: &Leaflet, paper: Paper, fonts: &Fonts, air: Air) -> Content {
    let width = paper.size().0 - 2.0 * paper.margin();
    let words = words(leaflet.lang);
    let dose = match paper {
        Paper::A4 => BODY,
        Paper::A5 => SMALL,
    };
    let mut composer = Composer { fonts, words, air, dose, width, parts: 0, content: Content::default() };
    composer.head(leaflet);
    composer.day(leaflet, paper);
    if let Some(text) = &leaflet.text {
        composer.instructions(text);
    } else {
        composer.about(&leaflet.drugs);
    }
    if let Some(text) = &leaflet.model_written {
        let note = [Span::new(words.by_model, style(Weight::Regular, SMALL, GREY))];
        composer.paragraph(&note, SMALL, air.between);
        composer.prose(text);
    }
    composer.tail(leaflet);
    composer.content
}

impl Composer<'_> {
    const fn part(&mut self) -> Part {
        self.parts += 1;
        self.parts
    }

    /// Lines of a text, as rows.
    fn rows(&mut self, part: Part, spans: &[Span], size: f32, (x, hang): (f32, f32)) -> Vec<Row> {
        let tall = size * self.air.line;
        let lines = break_lines(spans, self.width - x, hang, self.fonts);
        let row = |line: crate::lines::Line| Row {
            height: tall,
            texts: self.content.texts(part, line, x, baseline(tall, size)),
            ..Row::default()
        };
        lines.into_iter().map(row).collect()
    }

    /// A paragraph of its own.
    fn paragraph(&mut self, spans: &[Span], size: f32, above: f32) {
        let part = self.part();
        let mut rows = self.rows(part, spans, size, (0.0, 0.0));
        if let Some(first) = rows.first_mut() {
            first.above = above;
            self.content.nodes.push(Node::Paragraph(part));
            self.content.groups.push(Group { rows, head: None });
        }
    }

    fn heading(&mut self, (level, size): (u16, f32), spans: &[Span], above: f32) -> Vec<Row> {
        let part = self.part();
        let mut rows = self.rows(part, spans, size, (0.0, 0.0));
        if let Some(first) = rows.first_mut() {
            first.above = above;
        }
        rows.iter_mut().for_each(|row| row.leads = true);
        let title = spans.iter().map(Span::text).collect::<Vec<_>>().concat();
        self.content.nodes.push(Node::Heading(level, part, title));
        rows
    }

    /// Clinic, title, patient, and whether it is a draft.
    fn head(&mut self, leaflet: &Leaflet) {
        if !leaflet.clinic.trim().is_empty() {
            self.paragraph(&[Span::new(&leaflet.clinic, style(Weight::Bold, BODY, GREY))], BODY, 0.0);
        }
        let title = [Span::new(self.words.title, style(Weight::Bold, 24.0, BLACK))];
        let mut rows = self.heading((1, 24.0), &title, 0.0);
        let part = self.part();
        let written = [(self.words.name, &leaflet.patient), (self.words.number, &leaflet.number)];
        // A date stays in one line.
        let day = Some(date(leaflet.lang, leaflet.date).replace(' ', "\u{A0}"));
        let written = written.into_iter().chain([(self.words.date, &day)]);
        let mut spans = Vec::new();
        for (label, value) in written.filter_map(|(label, value)| Some((label, value.as_ref()?))) {
            if !spans.is_empty() {
                spans.push(Span::new("   ", PLAIN));
            }
            spans.push(Span::new(&format!("{label}\u{A0}"), style(Weight::Regular, BODY, GREY)));
            spans.push(Span::new(value, STRONG));
        }
        rows.extend(self.rows(part, &spans, BODY, (0.0, 0.0)));
        self.content.nodes.push(Node::Paragraph(part));
        if let Some(last) = rows.last_mut() {
            let y = last.height + 3.0;
            last.rules.push(Rule { from: (0.0, y), to: (self.width, y), thick: 1.2, colour: BLACK });
            last.height = y + 1.2;
        }
        self.content.groups.push(Group { rows, head: None });
        if let Mark::Draft { outdated } = leaflet.mark {
            let mut note = vec![Span::new(self.words.draft_note, style(Weight::Bold, BODY, URGENT))];
            if outdated {
                note.push(Span::new(&format!(" {}", self.words.outdated), style(Weight::Bold, BODY, URGENT)));
            }
            self.paragraph(&note, BODY, self.air.between);
        }
    }

    /// The day as a table: each drug with its dose, and when it is taken.
    fn day(&mut self, leaflet: &Leaflet, paper: Paper) {
        if leaflet.drugs.is_empty() {
            self.paragraph(&[Span::new(self.words.no_drugs, PLAIN)], BODY, self.air.between);
            return;
        }
        let mut opening = self.heading((2, 16.0), &[Span::new(self.words.day, bold(16.0))], self.air.between);
        let narrow = match paper {
            Paper::A4 => 70.0,
            Paper::A5 => 54.0,
        };
        let first = self.width - 4.0 * narrow;
        let column = |n: usize| match n {
            0 => (0.0, first),
            n => (first + narrow * f32::from(u8::try_from(n - 1).unwrap_or(u8::MAX)), narrow),
        };
        let mut cells = Vec::new();
        let mut texts = Vec::new();
        for (n, word) in std::iter::once(&self.words.drug).chain(&self.words.parts).enumerate() {
            let part = self.part();
            cells.push(Cell { part, head: true, columns: 1 });
            let (x, wide) = column(n);
            let room = wide - 2.0 * PAD;
            // A word of the head stays in one piece.
            let size = SMALL.min(room / self.fonts.face(Weight::Bold).width(word));
            texts.push(CellText { part, x, wide, paragraphs: vec![vec![Span::new(word, bold(size))]], middle: n > 0 });
        }
        let mut head = self.table_row(texts, SMALL);
        let line = |y: f32, thick: f32| Rule { from: (0.0, y), to: (self.width, y), thick, colour: HAIR };
        head.rules.extend([line(0.0, 1.0), line(head.height, 1.0)]);
        head.leads = true;
        let mut table = Vec::new();
        let mut groups = Vec::new();
        for drug in &leaflet.drugs {
            let (row, cells) = self.day_row(drug, &column);
            table.push(cells);
            groups.push(Group { rows: vec![row], head: Some(head.clone()) });
        }
        if let Some(first) = groups.first_mut() {
            // The heading, the head and the first drug are together.
            opening.push(head);
            opening.append(&mut first.rows);
            *first = Group { rows: opening, head: None };
        }
        self.content.groups.append(&mut groups);
        self.content.nodes.push(Node::Table(cells, table));
    }

    fn day_row(&mut self, drug: &Drug, column: &dyn Fn(usize) -> (f32, f32)) -> (Row, Vec<Cell>) {
        let part = self.part();
        let mut cells = vec![Cell { part, head: true, columns: 1 }];
        let dose = drug.dose.as_deref().unwrap_or(self.words.dose_as_told);
        let (x, wide) = column(0);
        let paragraphs =
            vec![vec![Span::new(&drug.name, STRONG)], vec![Span::new(dose, style(Weight::Regular, self.dose, BLACK))]];
        let mut texts = vec![CellText { part, x, wide, paragraphs, middle: false }];
        match &drug.day {
            Some(Day { morning, noon, evening, bedtime }) => {
                for (n, dose) in [morning, noon, evening, bedtime].into_iter().enumerate() {
                    let part = self.part();
                    cells.push(Cell { part, head: false, columns: 1 });
                    let (x, wide) = column(n + 1);
                    // Nothing is a dash: an empty cell could have been forgotten.
                    let dose = dose.as_deref().unwrap_or("–");
                    let paragraphs = vec![vec![Span::new(dose, style(Weight::Bold, self.dose, BLACK))]];
                    texts.push(CellText { part, x, wide, paragraphs, middle: true });
                }
            }
            None => {
                let part = self.part();
                cells.push(Cell { part, head: false, columns: 4 });
                let (x, _) = column(1);
                let paragraphs = vec![vec![Span::new(self.words.as_told, style(Weight::Regular, self.dose, BLACK))]];
                texts.push(CellText { part, x, wide: self.width - x, paragraphs, middle: true });
            }
        }
        let mut row = self.table_row(texts, BODY);
        let y = row.height;
        row.rules.push(Rule { from: (0.0, y), to: (self.width, y), thick: 0.5, colour: HAIR });
        (row, cells)
    }

    /// A row of cells.
    fn table_row(&mut self, cells: Vec<CellText>, size: f32) -> Row {
        let tall = size * self.air.table_line;
        let mut set = Vec::new();
        for CellText { part, x, wide, paragraphs, middle } in cells {
            let lines: Vec<_> =
                paragraphs.iter().flat_map(|spans| break_lines(spans, wide - 2.0 * PAD, 0.0, self.fonts)).collect();
            set.push((part, x, wide, lines, middle));
        }
        let most = set.iter().map(|(_, _, _, lines, _)| lines.len()).max().unwrap_or(0);
        let count = |n: usize| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
        let inner = tall * count(most);
        let mut row = Row { height: inner + 2.0 * self.air.cell, ..Row::default() };
        for (part, x, wide, lines, middle) in set {
            let above = if middle { (inner - tall * count(lines.len())) / 2.0 } else { 0.0 };
            for (n, line) in lines.into_iter().enumerate() {
                let y = self.air.cell + above + tall * count(n) + baseline(tall, size);
                let x = if middle { x + (wide - line.width) / 2.0 } else { x + PAD };
                row.texts.extend(self.content.texts(part, line, x, y));
            }
            if x > 0.0 {
                row.rules.push(Rule { from: (x, 0.0), to: (x, row.height), thick: 0.5, colour: HAIR });
            }
        }
        row
    }

    /// Each drug with what it is for, and what to know about it.
    fn about(&mut self, drugs: &[Drug]) {
        let mut opening = Vec::new();
        let known = |drug: &&Drug| drug.purpose.is_some() || !drug.points.is_empty();
        for (n, drug) in drugs.iter().filter(known).enumerate() {
            if n == 0 {
                let about = [Span::new(self.words.about, bold(16.0))];
                opening = self.heading((2, 16.0), &about, self.air.between * 2.0);
            }
            let mut name = vec![Span::new(&drug.name, bold(BODY))];
            if let Some(other) = &drug.other_name {
                name.push(Span::new(&format!("  {other}"), style(Weight::Regular, SMALL, GREY)));
            }
            let above = if n == 0 { 0.0 } else { self.air.between };
            let mut rows = std::mem::take(&mut opening);
            rows.extend(self.heading((3, BODY), &name, above));
            if let Some(purpose) = &drug.purpose {
                rows.extend(self.note(&[Span::new(purpose, PLAIN)]));
            }
            for Point { label, text, urgent } in &drug.points {
                let look = if *urgent { style(Weight::Bold, BODY, URGENT) } else { STRONG };
                rows.extend(self.note(&[Span::new(&format!("{label}: "), look), Span::new(text, PLAIN)]));
            }
            self.content.groups.push(Group { rows, head: None });
        }
    }

    /// A paragraph below a drug's name.
    fn note(&mut self, spans: &[Span]) -> Vec<Row> {
        let part = self.part();
        let rows = self.rows(part, spans, BODY, (10.0, 10.0));
        if !rows.is_empty() {
            self.content.nodes.push(Node::Paragraph(part));
        }
        rows
    }

    /// A clinician's own words, under a heading.
    fn instructions(&mut self, text: &str) {
        let rows = self.heading((2, 16.0), &[Span::new(self.words.instructions, bold(16.0))], self.air.between * 2.0);
        self.content.groups.push(Group { rows, head: None });
        self.prose(text);
    }

    /// Text as somebody wrote it: a line of it is a paragraph, one that begins with a dash hangs.
    fn prose(&mut self, text: &str) {
        let mut above = 0.0;
        for line in text.lines() {
            if line.trim().is_empty() {
                above = self.air.between;
                continue;
            }
            let hang = if line.starts_with("- ") { 10.0 } else { 0.0 };
            let part = self.part();
            let mut rows = self.rows(part, &[Span::new(line.trim_end(), PLAIN)], BODY, (0.0, hang));
            if let Some(first) = rows.first_mut() {
                first.above = above;
                self.content.nodes.push(Node::Paragraph(part));
                self.content.groups.push(Group { rows, head: None });
            }
            above = 0.0;
        }
    }

    /// What is said of all drugs, whom to call, and who has read it.
    fn tail(&mut self, leaflet: &Leaflet) {
        if leaflet.text.is_none() && !leaflet.closing.trim().is_empty() {
            self.paragraph(&[Span::new(&leaflet.closing, PLAIN)], BODY, self.air.between * 2.0);
        }
        let phone = if leaflet.phone.trim().is_empty() { "____________________" } else { &leaflet.phone };
        let mut call = vec![Span::new(&format!("{} ", self.words.questions), PLAIN)];
        if !leaflet.clinic.trim().is_empty() {
            call.push(Span::new(&format!("{} ", leaflet.clinic), STRONG));
        }
        call.push(Span::new(&format!("{}\u{A0}", self.words.phone), PLAIN));
        call.push(Span::new(phone, STRONG));
        self.paragraph(&call, BODY, self.air.between);
        if let Mark::Reviewed { person, date: day } = &leaflet.mark {
            let mark = [
                Span::new(&format!("✓ {} ", self.words.reviewed), STRONG),
                Span::new(&format!("({person}, {})", date(leaflet.lang, *day)), PLAIN),
            ];
            self.paragraph(&mark, BODY, self.air.between);
        }
        if self.content.lacking {
            let note = [Span::new(self.words.lacking, style(Weight::Regular, SMALL, GREY))];
            self.paragraph(&note, SMALL, self.air.between);
        }
    }
}

/// Air beside the text of a cell.
const PAD: f32 = 4.0;

const fn bold(size: f32) -> Style {
    style(Weight::Bold, size, BLACK)
}

/// Where letters stand in a line of a height.
fn baseline(tall: f32, size: f32) -> f32 {
    (tall - size) / 2.0 + size * 0.86
}

impl Content {
    /// Texts of a line at a place.
    fn texts(&mut self, part: Part, line: crate::lines::Line, x: f32, baseline: f32) -> Vec<Text> {
        let text = |run: crate::lines::Run| {
            self.lacking |= run.glyphs.iter().any(|set| !set.glyph.known);
            Text { part, x: x + run.x, baseline, run }
        };
        line.runs.into_iter().map(text).collect()
    }
}
