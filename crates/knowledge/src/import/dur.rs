//! Korean DUR notices, as 한국의약품안전관리원 publishes them for its lists of ingredients and of products. Rows of many
//! products come to one entry for their ingredient.

use std::collections::BTreeMap;

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use super::lookup::Lookup;
use super::pairs::Pairs;
use super::table::{Charset, Place, Row, Table, Verdict};
use super::{ImportError, ImportSettings, Made, Reason, age, write};
use crate::base::{DrugIx, KnowledgeBase};
use crate::load::pairs::FILE;

/// The list in the table of levels.
const LEVELS: &str = "dur";

/// The columns that every notice may have beside its own.
const COMMON: [&str; 6] = ["name", "product", "text", "form", "notice", "state"];

/// 병용금기: pairs.
pub(super) fn combination(
    bytes: &[u8],
    knowledge: &KnowledgeBase,
    settings: &ImportSettings,
) -> Result<Made, ImportError> {
    let known = ["name_a", "product_a", "mixture_a", "name_b", "product_b", "mixture_b", "notice", "state"];
    let columns = settings.headers.of("combination", &known)?;
    let needed: [&[&str]; 2] = [&["name_a", "product_a"], &["name_b", "product_b"]];
    let table = Table::read(bytes, Charset::Korean, &columns, &needed)?;
    let levels = settings.levels.of(LEVELS)?;
    let level = "병용금기";
    let mut names = Lookup::new(knowledge);
    let mut pairs = Pairs::default();
    let tally = table.rows(|row| {
        holds(row, &[level])?;
        let a = ingredient(row, &mut names, ["name_a", "product_a", "mixture_a"])?;
        let b = ingredient(row, &mut names, ["name_b", "product_b", "mixture_b"])?;
        pairs.add(&names, (a, b), level, levels.tier(level)?, row.place)
    });
    Ok(Made { path: FILE, text: pairs.text(&names, &write::source_id(&settings.pack)), tally })
}

/// 연령금기: limits of age.
pub(super) fn age(bytes: &[u8], knowledge: &KnowledgeBase, settings: &ImportSettings) -> Result<Made, ImportError> {
    let notice =
        Notice { list: "age", table: "age_limit", path: "age.toml", own: &["mixture", "age", "unit", "condition"] };
    let levels = settings.levels.of(LEVELS)?;
    let needed: [&[&str]; 2] = [&["name", "product"], &["age"]];
    notice.read(bytes, knowledge, settings, &needed, |row| {
        holds(row, &["연령금기", "연령대금기"])?;
        let tier = levels.tier("연령금기")?;
        row.needed("age")?;
        let ages = age::read(&[row.get("age"), row.get("unit"), row.get("condition")].concat());
        let ages = ages.ok_or(Reason::BadAge)?;
        Ok(Limit { keys: ages.keys(), tier, what: ages.words })
    })
}

/// 임부금기: pregnancy.
pub(super) fn pregnancy(
    bytes: &[u8],
    knowledge: &KnowledgeBase,
    settings: &ImportSettings,
) -> Result<Made, ImportError> {
    let notice =
        Notice { list: "pregnancy", table: "pregnancy_limit", path: "pregnancy.toml", own: &["mixture", "grade"] };
    let levels = settings.levels.of(LEVELS)?;
    let needed: [&[&str]; 2] = [&["name", "product"], &["grade"]];
    notice.read(bytes, knowledge, settings, &needed, |row| {
        holds(row, &["임부금기"])?;
        let grade = row.needed("grade")?.trim_end_matches("등급").trim();
        let level = format!("임부금기 {grade}등급");
        let tier = levels.tier(&level)?;
        let what = Bilingual::new(format!("pregnancy, grade {grade}"), level);
        // One entry a drug, whatever its grade: the more severe one stays.
        Ok(Limit { keys: "trimesters = [1, 2, 3]\n".to_owned(), tier, what })
    })
}

/// 노인주의: older adults.
pub(super) fn elderly(bytes: &[u8], knowledge: &KnowledgeBase, settings: &ImportSettings) -> Result<Made, ImportError> {
    let notice = Notice { list: "elderly", table: "elderly", path: "elderly.toml", own: &["mixture"] };
    let levels = settings.levels.of(LEVELS)?;
    notice.read(bytes, knowledge, settings, &[&["name", "product"]], |row| {
        let level = "노인주의";
        holds(row, &[level])?;
        let what = Bilingual::new("older adults", level);
        Ok(Limit { keys: String::new(), tier: levels.tier(level)?, what })
    })
}

/// Whether a row belongs to a notice and is in force, where the list says so.
fn holds(row: &Row<'_>, notices: &[&str]) -> Result<(), Reason> {
    let said = row.get("notice");
    if !said.is_empty() && !notices.iter().any(|notice| said.contains(notice)) {
        return Err(Reason::OtherNotice);
    }
    match row.get("state") {
        "" | "정상" | "유효" => Ok(()),
        _other => Err(Reason::Withdrawn),
    }
}

/// The ingredient of a row: of its names, or of the product where it has none. A row about a mixture is not read: what
/// holds for the mixture need not hold for each of its parts.
fn ingredient(row: &Row<'_>, names: &mut Lookup<'_>, columns: [&str; 3]) -> Result<DrugIx, Reason> {
    let [name, product, mixture] = columns;
    if row.all(mixture).any(|text| text != "-") {
        return Err(Reason::Mixture);
    }
    match names.ingredient(row.all(name)) {
        Err(Reason::MissingField) => names.ingredient(row.all(product)),
        found => found,
    }
}

/// A notice about single drugs.
struct Notice {
    /// Its list in the table of headers.
    list: &'static str,
    /// The table of the pack that it comes to.
    table: &'static str,
    /// The file of the pack.
    path: &'static str,
    /// Its own columns.
    own: &'static [&'static str],
}

/// What a row limits.
struct Limit {
    /// The keys of the entry that are its own.
    keys: String,
    tier: Tier,
    /// In words.
    what: Bilingual,
}

/// An entry, and the row that it was made from.
struct Entry {
    limit: Limit,
    text: String,
    place: Place,
}

impl Notice {
    fn read(
        &self,
        bytes: &[u8],
        knowledge: &KnowledgeBase,
        settings: &ImportSettings,
        needed: &[&[&str]],
        limit: impl Fn(&Row<'_>) -> Result<Limit, Reason>,
    ) -> Result<Made, ImportError> {
        let known = COMMON.iter().chain(self.own).copied().collect::<Vec<_>>();
        let columns = settings.headers.of(self.list, &known)?;
        let table = Table::read(bytes, Charset::Korean, &columns, needed)?;
        let mut names = Lookup::new(knowledge);
        let mut entries: BTreeMap<(DrugIx, String), Entry> = BTreeMap::new();
        let tally = table.rows(|row| {
            let limit = limit(row)?;
            let drug = ingredient(row, &mut names, ["name", "product", "mixture"])?;
            put(&mut entries, drug, Entry { limit, text: text(row), place: row.place.clone() })
        });
        let source = write::source_id(&settings.pack);
        let mut out = String::new();
        for ((drug, _), Entry { limit, text, .. }) in &entries {
            let reason = Bilingual::new(
                format!("Listed in the Korean DUR notice ({}).", limit.what.en),
                if text.is_empty() { format!("DUR 고시에 등재됨 ({}).", limit.what.ko) } else { text.clone() },
            );
            out.push_str(&format!(
                "[[{}]]\ndrugs = [{}]\n{}severity = \"{}\"\nreason = {}\nsource = {}\nbasis = \"read\"\n\n",
                self.table,
                write::quoted(names.id(*drug)),
                limit.keys,
                write::tier(limit.tier),
                write::bilingual(&reason),
                write::quoted(&source),
            ));
        }
        Ok(Made { path: self.path, text: out, tally })
    }
}

/// Takes an entry in: one for an ingredient and limit. Of two the more severe stays, of two alike the first.
fn put(entries: &mut BTreeMap<(DrugIx, String), Entry>, drug: DrugIx, entry: Entry) -> Verdict {
    match entries.get_mut(&(drug, entry.limit.keys.clone())) {
        Some(held) if entry.limit.tier > held.limit.tier => Ok(Some(std::mem::replace(held, entry).place)),
        Some(_) => Err(Reason::Repeated),
        None => {
            entries.insert((drug, entry.limit.keys.clone()), entry);
            Ok(None)
        }
    }
}

/// The text of the notice, on one line, with the dosage forms that it is about.
fn text(row: &Row<'_>) -> String {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (text, form) = (one_line(row.get("text")), one_line(row.get("form")));
    match (text.as_str(), form.as_str()) {
        (_, "" | "-") | ("", _) => text,
        (_, form) => format!("{text} (제형: {form})"),
    }
}
