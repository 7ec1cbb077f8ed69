//! A reader of Parquet files that shares nothing with the writer: the format's own description, read the other way.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

/// A value of Thrift's compact protocol.
#[derive(Debug, Clone)]
enum Thrift {
    Bool(bool),
    Number(i64),
    Bytes(Vec<u8>),
    List(Vec<Thrift>),
    Struct(BTreeMap<i16, Thrift>),
}

impl Thrift {
    fn get(&self, field: i16) -> &Self {
        let Self::Struct(fields) = self else { panic!("{self:?} is no structure") };
        fields.get(&field).unwrap_or_else(|| panic!("no field {field} in {self:?}"))
    }

    fn has(&self, field: i16) -> bool {
        matches!(self, Self::Struct(fields) if fields.contains_key(&field))
    }

    fn number(&self) -> i64 {
        let Self::Number(number) = self else { panic!("{self:?} is no number") };
        *number
    }

    fn size(&self) -> usize {
        usize::try_from(self.number()).unwrap()
    }

    fn list(&self) -> &[Self] {
        let Self::List(list) = self else { panic!("{self:?} is no list") };
        list
    }

    fn text(&self) -> String {
        let Self::Bytes(bytes) = self else { panic!("{self:?} is no text") };
        String::from_utf8(bytes.clone()).unwrap()
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, n: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(n);
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn varint(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    }

    fn value(&mut self, kind: u8) -> Thrift {
        match kind {
            1 | 2 => Thrift::Bool(kind == 1),
            4..=6 => {
                let number = self.varint();
                Thrift::Number((number >> 1) as i64 ^ -((number & 1) as i64))
            }
            8 => {
                let length = self.varint() as usize;
                Thrift::Bytes(self.take(length).to_vec())
            }
            9 => {
                let head = self.byte();
                let length = if head >> 4 == 15 { self.varint() as usize } else { usize::from(head >> 4) };
                Thrift::List((0..length).map(|_| self.value(head & 15)).collect())
            }
            12 => {
                let (mut fields, mut last) = (BTreeMap::new(), 0);
                loop {
                    let head = self.byte();
                    if head == 0 {
                        return Thrift::Struct(fields);
                    }
                    assert_ne!(head >> 4, 0, "a long field header");
                    last += i16::from(head >> 4);
                    fields.insert(last, self.value(head & 15));
                }
            }
            other => panic!("type {other}"),
        }
    }
}

/// Numbers of the hybrid of run lengths and bit packing.
fn hybrid(bytes: &[u8], width: u32, count: usize) -> Vec<u32> {
    let mut cursor = Cursor(bytes);
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let head = cursor.varint();
        assert_eq!(head & 1, 1, "only bit-packed runs are written");
        let packed = cursor.take((head >> 1) as usize * width as usize).to_vec();
        let bit = |at: usize| u32::from(packed[at / 8] >> (at % 8) & 1);
        let number = |n: usize| (0..width as usize).map(|b| bit(n * width as usize + b) << b).sum::<u32>();
        numbers.extend((0..(head >> 1) as usize * 8).map(number));
    }
    numbers.truncate(count);
    numbers
}

/// A value of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Number(i64),
    Float(f32),
    Text(String),
}

/// A table as it was read.
#[derive(Debug)]
pub struct Table {
    /// Name, and for a time the text `timestamp`.
    pub columns: Vec<(String, String)>,
    pub rows: Vec<Vec<Cell>>,
    pub groups: usize,
}

/// Reads a file whole.
pub fn read(path: &Path) -> Table {
    let file = std::fs::read(path).unwrap();
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
    let end = file.len() - 8;
    let length = u32::from_le_bytes(file[end..end + 4].try_into().unwrap()) as usize;
    let footer = Cursor(&file[end - length..end]).value(12);
    let schema = footer.get(2).list();
    assert_eq!(schema[0].get(5).size(), schema.len() - 1);
    let kind = |column: &Thrift| {
        if !column.has(10) {
            return format!("type {}", column.get(1).number());
        }
        let logical = column.get(10);
        if logical.has(1) {
            assert_eq!(column.get(6).number(), 0, "UTF8");
            return "string".to_owned();
        }
        let time = logical.get(8);
        assert!(matches!(time.get(1), Thrift::Bool(false)), "not adjusted to UTC");
        assert!(time.get(2).has(2), "microseconds");
        "timestamp".to_owned()
    };
    let columns: Vec<_> = schema[1..].iter().map(|column| (column.get(4).text(), kind(column))).collect();
    let mut rows = Vec::new();
    for group in footer.get(4).list() {
        let chunks = group.get(1).list().iter().zip(&schema[1..]);
        let cells: Vec<Vec<Cell>> = chunks.map(|(chunk, schema)| column(&file, chunk.get(3), schema)).collect();
        assert!(cells.iter().all(|column| column.len() == group.get(3).size()));
        rows.extend((0..group.get(3).size()).map(|row| cells.iter().map(|column| column[row].clone()).collect()));
    }
    assert_eq!(footer.get(3).size(), rows.len());
    Table { columns, rows, groups: footer.get(4).list().len() }
}

fn page(file: &[u8], at: i64) -> (Thrift, Vec<u8>) {
    let mut cursor = Cursor(&file[usize::try_from(at).unwrap()..]);
    let header = cursor.value(12);
    let mut content = Vec::new();
    GzDecoder::new(cursor.take(header.get(3).size())).read_to_end(&mut content).unwrap();
    assert_eq!(content.len(), header.get(2).size());
    (header, content)
}

fn column(file: &[u8], meta: &Thrift, schema: &Thrift) -> Vec<Cell> {
    assert_eq!(meta.get(4).number(), 2, "gzip");
    assert_eq!(meta.get(3).list()[0].text(), schema.get(4).text());
    let texts = |bytes: &[u8]| {
        let mut cursor = Cursor(bytes);
        let mut texts = Vec::new();
        while !cursor.0.is_empty() {
            let length = u32::from_le_bytes(cursor.take(4).try_into().unwrap()) as usize;
            texts.push(Cell::Text(String::from_utf8(cursor.take(length).to_vec()).unwrap()));
        }
        texts
    };
    let dictionary = meta.has(11).then(|| {
        let (header, content) = page(file, meta.get(11).number());
        assert_eq!(header.get(1).number(), 2);
        let texts = texts(&content);
        assert_eq!(header.get(7).get(1).size(), texts.len());
        texts
    });
    let (header, content) = page(file, meta.get(9).number());
    let count = header.get(5).get(1).size();
    assert_eq!((header.get(1).number(), count), (0, meta.get(5).size()));
    let (present, content) = if schema.get(3).number() == 1 {
        let length = u32::from_le_bytes(content[..4].try_into().unwrap()) as usize;
        (hybrid(&content[4..4 + length], 1, count), content[4 + length..].to_vec())
    } else {
        (vec![1; count], content)
    };
    let values: Vec<Cell> = match (dictionary, schema.get(1).number()) {
        (Some(entries), 6) => {
            assert_eq!(header.get(5).get(2).number(), 8);
            hybrid(&content[1..], u32::from(content[0]), count).iter().map(|n| entries[*n as usize].clone()).collect()
        }
        (None, 6) => texts(&content),
        (None, 2) => content.chunks(8).map(|b| Cell::Number(i64::from_le_bytes(b.try_into().unwrap()))).collect(),
        (None, 4) => content.chunks(4).map(|b| Cell::Float(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
        (dictionary, kind) => panic!("type {kind}, dictionary {}", dictionary.is_some()),
    };
    assert_eq!(values.len(), present.iter().filter(|there| **there == 1).count());
    let mut values = values.into_iter();
    present.iter().map(|there| if *there == 1 { values.next().unwrap() } else { Cell::Null }).collect()
}
