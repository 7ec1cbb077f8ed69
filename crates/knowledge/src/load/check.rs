//! Checks of everything but ingredients: references, forms, empty texts, and what a critical severity may stand on.

use bogam_clinical::record::Tier;
use bogam_clinical::text::Bilingual;

use super::{Faults, Located, Merged, Place, check_facts, check_ingredient, check_names, forms};
use crate::pack::{Basis, PackInfo};

/// Checks merged packs and adds every fault.
pub(super) fn check(merged: &Merged, faults: &mut Faults) {
    let mut check = Check { merged, faults, about: None };
    for pack in &merged.packs {
        check.pack(pack);
    }
    check.vocabulary();
    check.allergy();
    check.interactions();
    check.codes();
    check.not_drugs();
    check_facts::check(&mut check);
    for (id, (_, entry)) in &merged.ingredients {
        check.about = Some(id);
        check_ingredient::check(&mut check, entry);
    }
    check.about = None;
    check_names::check(&mut check);
}

/// The packs and what is wrong in them so far.
pub(super) struct Check<'m> {
    pub merged: &'m Merged,
    pub faults: &'m mut Faults,
    /// The ingredient that is being checked: faults name it.
    about: Option<&'m str>,
}

impl Check<'_> {
    pub fn fault(&mut self, at: &Place, message: impl Into<String>) {
        let message = message.into();
        self.faults.add(at, self.about.map_or_else(|| message.clone(), |id| format!("{id}: {message}")));
    }

    /// A text in both languages; none may be empty.
    pub fn text(&mut self, at: &Place, what: &str, text: &Bilingual) {
        self.filled(at, &format!("{what}.en"), &text.en);
        self.filled(at, &format!("{what}.ko"), &text.ko);
    }

    pub fn filled(&mut self, at: &Place, what: &str, text: &str) {
        if text.trim().is_empty() {
            self.fault(at, format!("{what} is empty: write it, or leave out what holds it"));
        }
    }

    pub fn source(&mut self, at: &Place, tag: &str) {
        if !self.merged.sources.contains_key(tag) && !self.merged.broken.contains(tag) {
            self.fault(at, format!("unknown source `{tag}`: use a tag of sources.toml, or add it there"));
        }
    }

    pub fn class(&mut self, at: &Place, id: &str) {
        if !self.merged.classes.contains_key(id) && !self.merged.broken.contains(id) {
            self.fault(at, format!("unknown class `{id}`: use a [[class]], or add it"));
        }
    }

    pub fn group(&mut self, at: &Place, id: &str) {
        if !self.merged.groups.contains_key(id) && !self.merged.broken.contains(id) {
            self.fault(at, format!("unknown allergy group `{id}`: use an [[allergy_group]], or add it"));
        }
    }

    pub fn purpose(&mut self, at: &Place, id: &str) {
        if !self.merged.purposes.contains_key(id) && !self.merged.broken.contains(id) {
            self.fault(at, format!("unknown purpose `{id}`: use a [[purpose]], or add it"));
        }
    }

    pub fn ingredient(&mut self, at: &Place, id: &str) {
        if !self.merged.ingredients.contains_key(id) && !self.merged.broken.contains(id) {
            self.fault(at, format!("unknown ingredient `{id}`: use the id of an [[ingredient]], or add it"));
        }
    }

    pub fn icd10(&mut self, at: &Place, prefix: &str) {
        if !forms::is_icd10_prefix(prefix) {
            self.fault(
                at,
                format!("`{prefix}` is no ICD-10 prefix: write it as `I50` or `E11.6`, upper case, with the dot"),
            );
        }
    }

    /// A critical finding needs a basis that carries it.
    pub fn severity(&mut self, at: &Place, what: &str, severity: Tier, basis: Basis) {
        if severity == Tier::Critical && !basis.carries_critical() {
            self.fault(
                at,
                format!(
                    "{what} is critical on the basis `recalled`: a critical finding needs `read` or `recalled_twice`, \
                     else make it a warning"
                ),
            );
        }
    }

    fn pack(&mut self, pack: &Located<PackInfo>) {
        let info = &pack.value;
        for (key, text) in [("id", &info.id), ("version", &info.version), ("approved_by", &info.approved_by)] {
            self.filled(&pack.key(key), key, text);
        }
        for (key, date) in [("reviewed", &info.reviewed), ("expires", &info.expires)] {
            if !forms::is_date(date) {
                self.fault(&pack.key(key), format!("{key} `{date}` is no date: write it as `2026-11-20`"));
            }
        }
        if forms::is_date(&info.reviewed) && forms::is_date(&info.expires) && info.expires < info.reviewed {
            self.fault(&pack.key("expires"), "expires before it was reviewed: correct one of the dates");
        }
    }

    fn vocabulary(&mut self) {
        for (_, source) in self.merged.sources.values() {
            let entry = &source.value;
            for (key, text) in [("id", &entry.id), ("title", &entry.title), ("kind", &entry.kind)] {
                self.filled(&source.key(key), key, text);
            }
        }
        for (_, class) in self.merged.classes.values() {
            self.filled(&class.at, "id", &class.value.id);
            self.text(&class.key("name"), "name", &class.value.name);
        }
        for (_, purpose) in self.merged.purposes.values() {
            self.filled(&purpose.at, "id", &purpose.value.id);
            self.text(&purpose.key("name"), "name", &purpose.value.name);
            for covered in &purpose.value.covers {
                self.purpose(&purpose.key("covers"), covered);
            }
        }
    }

    fn allergy(&mut self) {
        for (_, group) in self.merged.groups.values() {
            self.filled(&group.at, "id", &group.value.id);
            self.text(&group.key("name"), "name", &group.value.name);
            self.all_filled(&group.key("aliases"), "an alias", &group.value.aliases);
        }
        for cross in &self.merged.cross {
            let entry = &cross.value;
            for (key, id) in [("from", &entry.from), ("to", &entry.to)] {
                let known = self.merged.groups.contains_key(id)
                    || self.merged.ingredients.contains_key(id)
                    || self.merged.broken.contains(id);
                if !known {
                    self.fault(
                        &cross.key(key),
                        format!("`{id}` is no allergy group and no ingredient: correct the id"),
                    );
                }
            }
            self.text(&cross.key("reason"), "reason", &entry.reason);
            self.source(&cross.key("source"), &entry.source);
            self.severity(&cross.key("severity"), "cross-reactivity", entry.severity, entry.basis);
        }
        for allergen in &self.merged.allergens {
            self.text(&allergen.key("name"), "name", &allergen.value.name);
            self.all_filled(&allergen.key("aliases"), "an alias", &allergen.value.aliases);
        }
        for reaction in &self.merged.reactions {
            if reaction.value.words.is_empty() {
                self.fault(&reaction.at, "words is empty: write the words of the reaction");
            }
            self.all_filled(&reaction.key("words"), "a word", &reaction.value.words);
        }
    }

    pub fn all_filled(&mut self, at: &Place, what: &str, texts: &[String]) {
        for text in texts {
            self.filled(at, what, text);
        }
    }

    fn interactions(&mut self) {
        for (_, interaction) in &self.merged.interactions {
            let entry = &interaction.value;
            for (key, side) in [("a", &entry.a), ("b", &entry.b)] {
                let at = interaction.key(key);
                if side.is_empty() {
                    self.fault(&at, format!("`{key}` is empty: name ingredients, classes or roles"));
                }
                for drug in side {
                    self.drug_set(&at, drug);
                }
            }
            for drug in &entry.except {
                self.drug_set(&interaction.key("except"), drug);
            }
            if let ([a], [b]) = (entry.a.as_slice(), entry.b.as_slice())
                && a == b
                && !a.contains(':')
            {
                self.fault(&interaction.at, format!("`{a}` with itself is no interaction: name two drugs"));
            }
            for prefix in &entry.expected_in {
                self.icd10(&interaction.key("expected_in"), prefix);
            }
            if let Some(ceiling) = &entry.critical_above {
                let at = interaction.key("critical_above");
                self.ingredient(&at, &ceiling.drug);
                let known = bogam_clinical::dose::DoseUnit::read(&ceiling.unit).is_some();
                if !(known && ceiling.daily.is_finite() && ceiling.daily > 0.0) {
                    self.fault(&at, "critical_above needs a daily dose above 0 in mcg, mg, g, units, mmol, meq or ml");
                }
                self.severity(&at, "this interaction above its dose", Tier::Critical, entry.basis);
            }
            self.text(&interaction.key("effect"), "effect", &entry.effect);
            self.text(&interaction.key("action"), "action", &entry.action);
            self.source(&interaction.key("source"), &entry.source);
            self.severity(&interaction.key("severity"), "this interaction", entry.severity, entry.basis);
        }
    }

    fn codes(&mut self) {
        for (_, icd9) in self.merged.icd9.values() {
            let entry = &icd9.value;
            if !forms::is_icd9_pattern(&entry.code) {
                let message = format!(
                    "`{}` is no ICD-9-CM prefix: write it without dot, `?` for one digit, as `428` or `2502?`",
                    entry.code
                );
                self.fault(&icd9.key("code"), message);
            }
            if entry.icd10.is_empty() {
                self.fault(&icd9.key("icd10"), "icd10 is empty: name the ICD-10 prefixes, or leave the entry out");
            }
            for prefix in &entry.icd10 {
                self.icd10(&icd9.key("icd10"), prefix);
            }
        }
        for (_, diagnosis) in self.merged.diagnoses.values() {
            self.icd10(&diagnosis.key("icd10"), &diagnosis.value.icd10);
            self.text(&diagnosis.key("name"), "name", &diagnosis.value.name);
        }
    }

    fn not_drugs(&mut self) {
        for not_drug in &self.merged.not_drugs {
            let entry = &not_drug.value;
            self.filled(&not_drug.key("kind"), "kind", &entry.kind);
            self.all_filled(&not_drug.key("names"), "a name", &entry.names);
            self.all_filled(&not_drug.key("contains"), "a phrase", &entry.contains);
            if entry.names.is_empty() && entry.contains.is_empty() {
                self.fault(&not_drug.at, "neither names nor contains: write one of them");
            }
        }
    }
}
