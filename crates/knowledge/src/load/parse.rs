//! Files to tables: every entry with the place where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::icd_titles::IcdTitleRow;
use super::pairs::PairRow;
use super::{Faults, PackFile, Place, table};
use crate::pack::{
    AgeLimitEntry, AllergenEntry, AllergyGroupEntry, ClassEntry, ConditionEntry, CrossReactivityEntry, DiagnosisEntry,
    DoNotSplitEntry, DoseLimitEntry, DurationLimitEntry, ElderlyEntry, FoodEntry, GenotypeEntry, Icd9Entry,
    IngredientEntry, InteractionEntry, LabEntry, LabLimitEntry, LactationEntry, LocalNameEntry, MissedDoseEntry,
    MonitoringEntry, NotDrugEntry, OmissionEntry, PackInfo, PregnancyLimitEntry, PurposeEntry, ReactionEntry,
    RoleEntry, RouteLimitEntry, SiteTierEntry, Source, TogetherEntry, for_each_fact_table,
};

/// The tables of facts that are indexed by drug.
macro_rules! fact_tables {
    ($($field:ident: $entry:ident,)*) => {
        /// Facts of many drugs, by table.
        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) struct FactTables {
            $(pub $field: Vec<Located<$entry>>,)*
        }

        impl FactTables {
            /// Puts those of another pack behind these.
            pub(crate) fn append(&mut self, other: &mut Self) {
                $(self.$field.append(&mut other.$field);)*
            }

            /// The basis of every fact.
            pub(crate) fn bases(&self) -> Vec<crate::pack::Basis> {
                let mut all = Vec::new();
                $(all.extend(self.$field.iter().map(|e| e.value.basis));)*
                all
            }
        }

        impl Reader<'_> {
            /// Reads a table of this kind; gives the value back when the name is none of them.
            fn fact_table<'v>(
                &mut self, name: &str, value: Spanned<DeValue<'v>>, tables: &mut FactTables,
            ) -> Option<Spanned<DeValue<'v>>> {
                match name {
                    $(stringify!($field) => self.entries(value, &mut tables.$field),)*
                    _ => return Some(value),
                }
                None
            }
        }
    };
}
for_each_fact_table!(fact_tables);

/// An entry and where it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Located<T> {
    pub value: T,
    pub at: Place,
    /// Lines of its keys; of a key that holds tables, the line of each.
    #[serde(skip)]
    keys: BTreeMap<String, Vec<usize>>,
}

impl<T> Located<T> {
    /// An entry of a line of its own, without keys.
    pub(crate) const fn new(value: T, at: Place) -> Self {
        Self { value, at, keys: BTreeMap::new() }
    }

    /// The place of the `n`-th table below `key` (from 0), or of the key, or of the entry.
    pub(crate) fn part(&self, key: &str, n: usize) -> Place {
        let lines = self.keys.get(key);
        let line = lines.and_then(|lines| lines.get(n).or_else(|| lines.first()));
        Place { file: Arc::clone(&self.at.file), line: line.copied().unwrap_or(self.at.line) }
    }

    /// The place of a key.
    pub(crate) fn key(&self, key: &str) -> Place {
        self.part(key, 0)
    }
}

/// The tables of a pack, merged over its files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tables {
    pub pack: Vec<Located<PackInfo>>,
    pub source: Vec<Located<Source>>,
    pub class: Vec<Located<ClassEntry>>,
    pub purpose: Vec<Located<PurposeEntry>>,
    pub allergy_group: Vec<Located<AllergyGroupEntry>>,
    pub cross_reactivity: Vec<Located<CrossReactivityEntry>>,
    pub allergen: Vec<Located<AllergenEntry>>,
    pub reaction: Vec<Located<ReactionEntry>>,
    pub ingredient: Vec<Located<IngredientEntry>>,
    pub interaction: Vec<Located<InteractionEntry>>,
    pub icd9: Vec<Located<Icd9Entry>>,
    pub diagnosis: Vec<Located<DiagnosisEntry>>,
    pub not_drug: Vec<Located<NotDrugEntry>>,
    pub role: Vec<Located<RoleEntry>>,
    pub lab: Vec<Located<LabEntry>>,
    pub omission: Vec<Located<OmissionEntry>>,
    pub together: Vec<Located<TogetherEntry>>,
    pub local_name: Vec<Located<LocalNameEntry>>,
    pub facts: FactTables,
    /// `pairs.csv`, as read.
    pub pairs: Vec<PairRow>,
    /// `icd_titles.csv`.
    pub icd_title: Vec<Located<IcdTitleRow>>,
    /// Ids of entries that are there but at fault: not to be reported as unknown as well.
    pub broken: BTreeSet<String>,
    /// Every file is valid TOML.
    pub readable: bool,
    /// Where a fault of the pack as a whole is reported.
    pub at: Option<Place>,
}

/// Parses the files of one pack, by path.
pub(super) fn parse_pack(files: &[PackFile], faults: &mut Faults) -> Tables {
    let mut tables = Tables { readable: true, ..Tables::default() };
    let mut files = files.iter().collect::<Vec<_>>();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in files {
        if std::path::Path::new(&file.path).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
            table::parse(file, &mut tables, faults);
        } else {
            parse_file(file, &mut tables, faults);
        }
    }
    tables
}

fn parse_file(file: &PackFile, tables: &mut Tables, faults: &mut Faults) {
    let path: Arc<str> = Arc::from(file.path.as_str());
    tables.at.get_or_insert_with(|| Place::new(&path, 1));
    let text = match std::str::from_utf8(&file.bytes) {
        Ok(text) => text,
        Err(error) => {
            tables.readable = false;
            let line = file.bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            faults.add(&Place::new(&path, line), "not UTF-8: save the file as UTF-8");
            return;
        }
    };
    let lines = LineStarts::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    // What follows the first error of a file is mostly its consequence.
    let first = errors.iter().min_by_key(|error| error.span().map_or(0, |span| span.start));
    if let Some(error) = first {
        tables.readable = false;
        let line = lines.line(error.span().map_or(0, |span| span.start));
        faults.add(&Place::new(&path, line), format!("not valid TOML: {}: mend the line", one_line(error.message())));
    }
    if errors.is_empty() {
        let mut reader = Reader { path, lines, broken: BTreeSet::new(), faults };
        for (key, value) in root.into_inner() {
            reader.top(&key, value, tables);
        }
        tables.broken.append(&mut reader.broken);
    }
}

/// Reads the entries of one file.
struct Reader<'f> {
    path: Arc<str>,
    lines: LineStarts,
    broken: BTreeSet<String>,
    faults: &'f mut Faults,
}

impl Reader<'_> {
    fn top(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: Spanned<DeValue<'_>>, tables: &mut Tables) {
        match key.get_ref().as_ref() {
            "pack" => {
                if let Some(info) = self.entry(value) {
                    tables.pack.push(info);
                }
            }
            "source" => self.entries(value, &mut tables.source),
            "class" => self.entries(value, &mut tables.class),
            "purpose" => self.entries(value, &mut tables.purpose),
            "allergy_group" => self.entries(value, &mut tables.allergy_group),
            "cross_reactivity" => self.entries(value, &mut tables.cross_reactivity),
            "allergen" => self.entries(value, &mut tables.allergen),
            "reaction" => self.entries(value, &mut tables.reaction),
            "ingredient" => self.entries(value, &mut tables.ingredient),
            "interaction" => self.entries(value, &mut tables.interaction),
            "icd9" => self.entries(value, &mut tables.icd9),
            "diagnosis" => self.entries(value, &mut tables.diagnosis),
            "not_drug" => self.entries(value, &mut tables.not_drug),
            "role" => self.entries(value, &mut tables.role),
            "lab" => self.entries(value, &mut tables.lab),
            "omission" => self.entries(value, &mut tables.omission),
            "together" => self.entries(value, &mut tables.together),
            "local_name" => self.entries(value, &mut tables.local_name),
            other => {
                if self.fact_table(other, value, &mut tables.facts).is_some() {
                    let at = self.place(key.span().start);
                    let message = format!("unknown table `{other}`: the tables stand in the README of the packs");
                    self.faults.add(&at, message);
                }
            }
        }
    }

    fn entries<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'_>>, into: &mut Vec<Located<T>>) {
        let start = value.span().start;
        let DeValue::Array(array) = value.into_inner() else {
            let at = self.place(start);
            self.faults.add(&at, "a list of tables is expected here: write [[...]] with two brackets");
            return;
        };
        into.reserve(array.len());
        into.extend(array.into_iter().filter_map(|element| self.entry(element)));
    }

    fn entry<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'_>>) -> Option<Located<T>> {
        let at = self.place(value.span().start);
        let keys = self.key_lines(value.get_ref());
        let id = value.get_ref().get("id").and_then(|id| id.get_ref().as_str()).map(str::to_owned);
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => Some(Located { value, at, keys }),
            Err(error) => {
                let at = error.span().map_or(at, |span| self.place(span.start));
                self.faults.add(&at, format!("{}: mend this entry", one_line(error.message())));
                self.broken.extend(id);
                None
            }
        }
    }

    fn place(&self, offset: usize) -> Place {
        Place::new(&self.path, self.lines.line(offset))
    }

    fn key_lines(&self, value: &DeValue<'_>) -> BTreeMap<String, Vec<usize>> {
        let Some(table) = value.as_table() else { return BTreeMap::new() };
        let line = |offset| self.lines.line(offset);
        table
            .iter()
            .map(|(key, value)| {
                let tables = value.get_ref().as_array().filter(|list| list.iter().all(|v| v.get_ref().is_table()));
                let lines = match tables {
                    Some(list) if !list.is_empty() => list.iter().map(|v| line(v.span().start)).collect(),
                    Some(_) | None => vec![line(key.span().start)],
                };
                (key.get_ref().to_string(), lines)
            })
            .collect()
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Byte offsets at which lines begin.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn new(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line of a byte offset, from 1.
    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset).max(1)
    }
}
