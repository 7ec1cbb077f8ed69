//! Files of a pack as text.

use std::borrow::Cow;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use super::ImportKind;
use crate::load::PackFile;
use crate::pack::PackInfo;

/// The tag of what was imported. It cannot be one of the packs' own.
pub(super) fn source_id(pack: &PackInfo) -> String {
    format!("import:{}", pack.id)
}

/// `pack.toml` and `sources.toml`.
pub(super) fn head(kind: ImportKind, pack: &PackInfo) -> Vec<PackFile> {
    let PackInfo { id, version, reviewed, expires, approved_by } = pack;
    let keys = [("id", id), ("version", version), ("reviewed", reviewed), ("expires", expires)];
    let keys = keys.into_iter().chain([("approved_by", approved_by)]);
    let keys = keys.map(|(key, text)| format!("{key} = {}\n", quoted(text))).collect::<String>();
    let title = format!("{}, imported as {id} {version}", kind.title());
    let source = source_id(pack);
    let source = format!("id = {}\ntitle = {}\nkind = \"list\"\n", quoted(&source), quoted(&title));
    let file = |path: &str, text: String| PackFile { path: path.to_owned(), bytes: text.into_bytes() };
    vec![file("pack.toml", format!("[pack]\n{keys}")), file("sources.toml", format!("[[source]]\n{source}"))]
}

/// A text as a TOML string, on one line.
pub(super) fn quoted(text: &str) -> String {
    let one_line = text.split(['\r', '\n']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    toml::Value::String(one_line).to_string()
}

/// A text in both languages as TOML.
pub(super) fn bilingual(text: &Bilingual) -> String {
    format!("{{ en = {}, ko = {} }}", quoted(&text.en), quoted(&text.ko))
}

/// How a pack writes a tier.
pub(super) const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Critical => "critical",
        Tier::Warning => "warning",
        Tier::Note => "note",
    }
}

/// Fields as a line of CSV.
pub(super) fn line(fields: &[&str]) -> String {
    let fields = fields.iter().map(|text| field(text)).collect::<Vec<_>>();
    fields.join(",") + "\n"
}

fn field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{line, quoted};

    #[test]
    fn texts_are_read_back_as_they_were() {
        for text in ["plain", "a \"b\" 'c'", "back\\slash", "\u{7}bell", "한글, 쉼표", "'''", "C:\\\"x\""] {
            let table: toml::Table = format!("a = {{ b = {} }}", quoted(text)).parse().unwrap();
            assert_eq!(table["a"]["b"].as_str(), Some(text));
            let csv = line(&["x", text]);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
            assert_eq!(&reader.records().next().unwrap().unwrap()[1], text);
        }
        assert_eq!(quoted("two\r\nlines"), quoted("two lines"));
    }
}
