//! The formulary of a hospital: what it calls its drugs, and their codes, for ingredients that the packs have.

use std::collections::BTreeMap;

use bogam_clinical::record::NameMatch;

use super::lookup::Lookup;
use super::table::{Charset, Row, Table};
use super::{ImportError, ImportSettings, Made, Reason, write};
use crate::base::{DrugIx, KnowledgeBase};
use crate::names::fold;

/// A formulary.
pub(super) fn formulary(
    bytes: &[u8],
    knowledge: &KnowledgeBase,
    settings: &ImportSettings,
) -> Result<Made, ImportError> {
    let columns = settings.headers.of("formulary", &["code", "name", "brand", "ingredient"])?;
    let table = Table::read(bytes, Charset::Korean, &columns, &[&["name"]])?;
    let mut site = Site { names: Lookup::new(knowledge), meaning: BTreeMap::new(), out: String::new() };
    let tally = table.rows(|row| site.take(row).map(|()| None));
    Ok(Made { path: "local_names.toml", text: site.out, tally })
}

/// What a site calls its drugs, row by row.
struct Site<'k> {
    names: Lookup<'k>,
    /// What the names and codes of rows that were taken mean, by key.
    meaning: BTreeMap<String, DrugIx>,
    /// The entries.
    out: String,
}

impl Site<'_> {
    fn take(&mut self, row: &Row<'_>) -> Result<(), Reason> {
        row.needed("name")?;
        let code = row.get("code");
        let drug = self.drug(row)?;
        let names = row.all("name").chain(row.all("brand")).collect::<Vec<_>>();
        for text in names.iter().copied().chain([code]).filter(|text| !text.is_empty()) {
            self.free(text, drug)?;
        }
        let mut new = false;
        for (n, text) in names.into_iter().enumerate() {
            // The code stands once, with the name itself.
            let code = if n == 0 { code } else { "" };
            new |= self.add(text, code, drug);
        }
        if new { Ok(()) } else { Err(Reason::Repeated) }
    }

    /// The ingredient: what the name means, else the brand, else the ingredient that the row names. All that are known
    /// must agree, and a name of something that is no drug is none whatever stands beside it.
    fn drug(&mut self, row: &Row<'_>) -> Result<DrugIx, Reason> {
        if row.all("name").any(|name| self.names.normalise(name).matched == NameMatch::NotADrug) {
            return Err(Reason::NotADrug);
        }
        self.names.ingredient(row.all("name").chain(row.all("brand")).chain(row.all("ingredient")))
    }

    /// A name or code may mean nothing yet, or this ingredient.
    fn free(&mut self, text: &str, drug: DrugIx) -> Result<(), Reason> {
        let key = fold::key(&fold::fold(text));
        let found = self.names.normalise(text);
        if key.is_empty() {
            return Err(Reason::MissingField);
        }
        let other = found.drug.is_some_and(|other| other != drug) || found.matched == NameMatch::NotADrug;
        if other || self.meaning.get(&key).is_some_and(|other| *other != drug) {
            return Err(Reason::Conflict);
        }
        Ok(())
    }

    /// Writes an entry, unless it is there already.
    fn add(&mut self, name: &str, code: &str, drug: DrugIx) -> bool {
        let key = |text: &str| fold::key(&fold::fold(text));
        let (name_key, code_key) = (key(name), key(code));
        if self.meaning.contains_key(&name_key) && (code_key.is_empty() || self.meaning.contains_key(&code_key)) {
            return false;
        }
        self.meaning.insert(name_key, drug);
        self.out.push_str(&format!(
            "[[local_name]]\nname = {}\ningredient = {}\n",
            write::quoted(name),
            write::quoted(self.names.id(drug))
        ));
        if !code_key.is_empty() {
            self.meaning.insert(code_key, drug);
            self.out.push_str(&format!("code = {}\n", write::quoted(code)));
        }
        self.out.push('\n');
        true
    }
}
