//! Parquet files of flat tables: as much of the format (parquet.apache.org, file format 2.9) as the exports need, which is
//! one page a column, values plain or by dictionary, and gzip. Rows are held until a row group is full.

use std::collections::HashMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Rows of a row group. Memory does not grow beyond one.
pub(crate) const ROWS_A_GROUP: usize = 1 << 19;

/// Begins and ends every file.
const MAGIC: &[u8; 4] = b"PAR1";

/// The values of a column.
#[derive(Debug)]
pub(crate) enum Values {
    /// 64-bit numbers, none missing.
    Number(Vec<i64>),
    /// Microseconds from 1970 in no time zone.
    Time(Vec<Option<i64>>),
    /// 32-bit floats.
    Float(Vec<Option<f32>>),
    /// Texts, none missing, each as its place in the list.
    Text(Vec<u32>, Vec<String>),
    /// Texts, each written where it stands.
    OptionalText(Vec<Option<String>>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Time(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Text(values, _) => values.len(),
            Self::OptionalText(values) => values.len(),
        }
    }

    const fn optional(&self) -> bool {
        matches!(self, Self::Time(_) | Self::Float(_) | Self::OptionalText(_))
    }

    /// The `Type` of the format.
    const fn physical(&self) -> i64 {
        match self {
            Self::Number(_) | Self::Time(_) => 2,
            Self::Float(_) => 4,
            Self::Text(..) | Self::OptionalText(_) => 6,
        }
    }
}

/// A column chunk that was written.
struct Chunk {
    values: i64,
    dictionary: Option<i64>,
    data: i64,
    unpacked: i64,
    packed: i64,
}

/// A file in the making.
pub(crate) struct Writer<W: Write> {
    out: W,
    written: i64,
    names: Vec<&'static str>,
    /// Of the last group; all have the same.
    schema: Vec<u8>,
    groups: Vec<(i64, Vec<u8>)>,
}

impl<W: Write> Writer<W> {
    /// Starts a file with these columns.
    pub(crate) fn new(mut out: W, names: &[&'static str]) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        Ok(Self { out, written: long(MAGIC.len()), names: names.to_vec(), schema: Vec::new(), groups: Vec::new() })
    }

    /// Writes a row group: of each column its values, all of one length.
    pub(crate) fn group(&mut self, columns: &[Values]) -> io::Result<()> {
        let rows = columns.first().map_or(0, Values::len);
        if columns.len() != self.names.len() || columns.iter().any(|values| values.len() != rows) {
            return Err(io::Error::other("columns of different lengths"));
        }
        self.schema = schema(&self.names, columns);
        let mut group = Thrift::default();
        let (mut bytes, mut packed) = (0, 0);
        group.list(1, STRUCT, columns.len());
        for (name, values) in self.names.clone().into_iter().zip(columns) {
            let start = self.written;
            let chunk = self.column(values)?;
            (bytes, packed) = (bytes + chunk.unpacked, packed + chunk.packed);
            group.begin();
            group.number(2, start, I64);
            group.field(3, STRUCT);
            meta_data(&mut group, name, values, &chunk);
            group.end();
        }
        group.number(2, bytes, I64);
        group.number(3, long(rows), I64);
        group.number(6, packed, I64);
        self.groups.push((long(rows), group.bytes));
        Ok(())
    }

    /// Writes what a reader begins with, at the end.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let mut footer = Thrift::default();
        footer.number(1, 1, I32);
        footer.list(2, STRUCT, self.names.len() + 1);
        footer.bytes.extend_from_slice(&self.schema);
        footer.number(3, self.groups.iter().map(|(rows, _)| rows).sum(), I64);
        footer.list(4, STRUCT, self.groups.len());
        for (_, group) in &self.groups {
            footer.bytes.extend_from_slice(group);
            footer.bytes.push(0);
        }
        footer.text(6, concat!("bogam version ", env!("CARGO_PKG_VERSION")));
        footer.bytes.push(0);
        let length = u32::try_from(footer.bytes.len()).map_err(io::Error::other)?;
        self.out.write_all(&footer.bytes)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        Ok(self.out)
    }

    fn column(&mut self, values: &Values) -> io::Result<Chunk> {
        let start = self.written;
        let mut unpacked = 0;
        let mut body = Vec::new();
        let mut dictionary = None;
        let encoding = match values {
            Values::Number(numbers) => {
                numbers.iter().for_each(|n| body.extend(n.to_le_bytes()));
                PLAIN
            }
            Values::Time(times) => {
                present(times, &mut body)?;
                times.iter().flatten().for_each(|n| body.extend(n.to_le_bytes()));
                PLAIN
            }
            Values::Float(floats) => {
                present(floats, &mut body)?;
                floats.iter().flatten().for_each(|n| body.extend(n.to_le_bytes()));
                PLAIN
            }
            Values::OptionalText(texts) => {
                present(texts, &mut body)?;
                texts.iter().flatten().try_for_each(|text| plain_text(text, &mut body))?;
                PLAIN
            }
            Values::Text(numbers, texts) => {
                let (entries, used) = used_texts(numbers, texts)?;
                dictionary = Some(self.written);
                let mut header = Thrift::default();
                header.number(1, long(used), I32);
                header.number(2, PLAIN, I32);
                unpacked += self.page(2, &entries.plain, 7, header)?;
                body.push(entries.width);
                body.extend(packed(&entries.places, entries.width));
                DICTIONARY
            }
        };
        let data = self.written;
        let mut header = Thrift::default();
        header.number(1, long(values.len()), I32);
        header.number(2, encoding, I32);
        header.number(3, RLE, I32);
        header.number(4, RLE, I32);
        unpacked += self.page(0, &body, 5, header)?;
        Ok(Chunk { values: long(values.len()), dictionary, data, unpacked, packed: self.written - start })
    }

    /// Writes a page: how long header and content would be without compression.
    fn page(&mut self, kind: i64, content: &[u8], field: i16, mut own: Thrift) -> io::Result<i64> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(content)?;
        let packed = packer.finish()?;
        let mut header = Thrift::default();
        header.number(1, kind, I32);
        header.number(2, long(content.len()), I32);
        header.number(3, long(packed.len()), I32);
        header.field(field, STRUCT);
        own.bytes.push(0);
        header.bytes.extend_from_slice(&own.bytes);
        header.bytes.push(0);
        self.out.write_all(&header.bytes)?;
        self.out.write_all(&packed)?;
        self.written += long(header.bytes.len()) + long(packed.len());
        Ok(long(header.bytes.len()) + long(content.len()))
    }
}

/// The texts of a group, and for each value the place among them.
struct Entries {
    plain: Vec<u8>,
    places: Vec<u32>,
    /// Bits of a place.
    width: u8,
}

fn used_texts(numbers: &[u32], texts: &[String]) -> io::Result<(Entries, usize)> {
    let mut known: HashMap<u32, u32> = HashMap::new();
    let (mut plain, mut places) = (Vec::new(), Vec::with_capacity(numbers.len()));
    for number in numbers {
        let next = u32::try_from(known.len()).map_err(io::Error::other)?;
        let place = *known.entry(*number).or_insert(next);
        if place == next {
            let text = usize::try_from(*number).ok().and_then(|n| texts.get(n));
            plain_text(text.ok_or_else(|| io::Error::other("a text that is not there"))?, &mut plain)?;
        }
        places.push(place);
    }
    let most = u32::try_from(known.len().saturating_sub(1)).map_err(io::Error::other)?;
    let width = u8::try_from((u32::BITS - most.leading_zeros()).max(1)).map_err(io::Error::other)?;
    Ok((Entries { plain, places, width }, known.len()))
}

fn plain_text(text: &str, bytes: &mut Vec<u8>) -> io::Result<()> {
    bytes.extend(u32::try_from(text.len()).map_err(io::Error::other)?.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Ok(())
}

/// Which values are there: definition levels of 0 and 1, with their length before them.
fn present<T>(values: &[Option<T>], bytes: &mut Vec<u8>) -> io::Result<()> {
    let levels: Vec<u32> = values.iter().map(|value| u32::from(value.is_some())).collect();
    let packed = packed(&levels, 1);
    bytes.extend(u32::try_from(packed.len()).map_err(io::Error::other)?.to_le_bytes());
    bytes.extend(packed);
    Ok(())
}

/// Numbers of so many bits each, as one bit-packed run of the hybrid encoding; gzip sees to repeats.
fn packed(numbers: &[u32], width: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(numbers.len() * usize::from(width) / 8 + 10);
    let groups = u64::try_from(numbers.len().div_ceil(8)).unwrap_or(u64::MAX);
    varint((groups << 1) | 1, &mut bytes);
    for group in numbers.chunks(8) {
        let (mut bits, mut held) = (0_u64, 0_u32);
        for number in group.iter().copied().chain(std::iter::repeat_n(0, 8 - group.len())) {
            bits |= u64::from(number) << held;
            held += u32::from(width);
            while held >= 8 {
                bytes.push(u8::try_from(bits & 0xff).unwrap_or(u8::MAX));
                bits >>= 8;
                held -= 8;
            }
        }
    }
    bytes
}

fn schema(names: &[&'static str], columns: &[Values]) -> Vec<u8> {
    let mut schema = Thrift::default();
    schema.begin();
    schema.text(4, "schema");
    schema.number(5, long(names.len()), I32);
    schema.end();
    for (name, values) in names.iter().zip(columns) {
        schema.begin();
        schema.number(1, values.physical(), I32);
        schema.number(3, i64::from(values.optional()), I32);
        schema.text(4, name);
        match values {
            Values::Number(_) | Values::Float(_) => {}
            Values::Text(..) | Values::OptionalText(_) => {
                // UTF8, as old readers and as new ones know it.
                schema.number(6, 0, I32);
                schema.field(10, STRUCT);
                schema.begin();
                schema.field(1, STRUCT);
                schema.bytes.push(0);
                schema.end();
            }
            Values::Time(_) => {
                // TIMESTAMP of microseconds that is not adjusted to UTC: only the new form can say so.
                schema.field(10, STRUCT);
                schema.begin();
                schema.field(8, STRUCT);
                schema.begin();
                schema.flag(1, false);
                schema.field(2, STRUCT);
                schema.begin();
                schema.field(2, STRUCT);
                schema.bytes.push(0);
                schema.end();
                schema.end();
                schema.end();
            }
        }
        schema.end();
    }
    schema.bytes
}

fn meta_data(out: &mut Thrift, name: &str, values: &Values, chunk: &Chunk) {
    out.begin();
    out.number(1, values.physical(), I32);
    let encodings: &[i64] = if chunk.dictionary.is_some() { &[PLAIN, RLE, DICTIONARY] } else { &[PLAIN, RLE] };
    out.list(2, I32, encodings.len());
    encodings.iter().for_each(|encoding| out.zigzag(*encoding));
    out.list(3, BINARY, 1);
    out.bare_text(name);
    out.number(4, GZIP, I32);
    out.number(5, chunk.values, I64);
    out.number(6, chunk.unpacked, I64);
    out.number(7, chunk.packed, I64);
    out.number(9, chunk.data, I64);
    if let Some(dictionary) = chunk.dictionary {
        out.number(11, dictionary, I64);
    }
    out.end();
}

const PLAIN: i64 = 0;
const RLE: i64 = 3;
const DICTIONARY: i64 = 8;
const GZIP: i64 = 2;

// Types of the compact protocol.
const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// The compact protocol of Thrift, as far as it is needed: a structure's fields in rising order.
#[derive(Default)]
struct Thrift {
    bytes: Vec<u8>,
    /// The last field of this structure.
    last: i16,
    outer: Vec<i16>,
}

impl Thrift {
    fn field(&mut self, field: i16, kind: u8) {
        // Fields are few and close together, so that the short form always fits.
        let step = u8::try_from(field - self.last).unwrap_or_default();
        self.bytes.push((step << 4) | kind);
        self.last = field;
    }

    fn begin(&mut self) {
        self.outer.push(self.last);
        self.last = 0;
    }

    fn end(&mut self) {
        self.bytes.push(0);
        self.last = self.outer.pop().unwrap_or_default();
    }

    fn number(&mut self, field: i16, number: i64, kind: u8) {
        self.field(field, kind);
        self.zigzag(number);
    }

    fn zigzag(&mut self, number: i64) {
        varint(((number << 1) ^ (number >> 63)).cast_unsigned(), &mut self.bytes);
    }

    fn flag(&mut self, field: i16, flag: bool) {
        self.field(field, if flag { 1 } else { 2 });
    }

    fn text(&mut self, field: i16, text: &str) {
        self.field(field, BINARY);
        self.bare_text(text);
    }

    fn bare_text(&mut self, text: &str) {
        varint(u64::try_from(text.len()).unwrap_or(u64::MAX), &mut self.bytes);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn list(&mut self, field: i16, kind: u8, length: usize) {
        self.field(field, LIST);
        match u8::try_from(length) {
            Ok(short @ 0..=14) => self.bytes.push((short << 4) | kind),
            Ok(_) | Err(_) => {
                self.bytes.push(0xf0 | kind);
                varint(u64::try_from(length).unwrap_or(u64::MAX), &mut self.bytes);
            }
        }
    }
}

fn varint(mut number: u64, bytes: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn long(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
