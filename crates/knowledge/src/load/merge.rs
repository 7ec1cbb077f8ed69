//! Packs on top of each other: within one pack an id stands once; a later pack replaces what an earlier one says of it.

use std::collections::{BTreeMap, BTreeSet};

use super::icd_titles::IcdTitleRow;
use super::pairs::PairRow;
use super::parse::{FactTables, Tables};
use super::{Faults, Located, Place};
use crate::icd;
use crate::pack::{
    AllergenEntry, AllergyGroupEntry, Basis, ClassEntry, CrossReactivityEntry, DiagnosisEntry, Icd9Entry,
    IngredientEntry, InteractionEntry, LabEntry, LocalNameEntry, NotDrugEntry, OmissionEntry, PackInfo, PurposeEntry,
    ReactionEntry, RoleEntry, Source, TogetherEntry,
};

/// Entries by id, each with the number of the pack that holds it.
pub(crate) type ById<T> = BTreeMap<String, (usize, Located<T>)>;

/// All packs, merged.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub packs: Vec<Located<PackInfo>>,
    pub sources: ById<Source>,
    pub classes: ById<ClassEntry>,
    pub purposes: ById<PurposeEntry>,
    pub groups: ById<AllergyGroupEntry>,
    pub cross: Vec<Located<CrossReactivityEntry>>,
    pub allergens: Vec<Located<AllergenEntry>>,
    pub reactions: Vec<Located<ReactionEntry>>,
    pub ingredients: ById<IngredientEntry>,
    /// Interactions with the number of their pack.
    pub interactions: Vec<(usize, Located<InteractionEntry>)>,
    /// By pattern.
    pub icd9: ById<Icd9Entry>,
    /// By ICD-10 prefix without dot.
    pub diagnoses: ById<DiagnosisEntry>,
    pub not_drugs: Vec<Located<NotDrugEntry>>,
    pub roles: ById<RoleEntry>,
    pub labs: ById<LabEntry>,
    pub omissions: ById<OmissionEntry>,
    pub together: ById<TogetherEntry>,
    pub facts: FactTables,
    /// Imported pairs.
    pub pairs: Vec<PairRow>,
    /// By system and code.
    pub icd_titles: ById<IcdTitleRow>,
    /// Names of a site.
    pub local_names: Vec<Located<LocalNameEntry>>,
    /// Ids of entries at fault, reported already.
    pub broken: BTreeSet<String>,
}

impl Merged {
    /// The basis of every fact of many drugs.
    pub(crate) fn shared_bases(&self) -> impl Iterator<Item = Basis> + '_ {
        let members = self.roles.values().flat_map(|(_, e)| &e.value.members).map(|m| m.basis);
        let omissions = self.omissions.values().map(|(_, e)| e.value.basis);
        let together = self.together.values().map(|(_, e)| e.value.basis);
        self.facts.bases().into_iter().chain(members).chain(omissions).chain(together)
    }
}

/// Merges the tables of packs in their order.
pub(super) fn merge(packs: Vec<Tables>, faults: &mut Faults) -> Merged {
    let mut merged = Merged::default();
    for (pack, mut tables) in packs.into_iter().enumerate() {
        one_pack_table(&tables, faults);
        merged.packs.append(&mut tables.pack);
        merged.cross.append(&mut tables.cross_reactivity);
        merged.allergens.append(&mut tables.allergen);
        merged.reactions.append(&mut tables.reaction);
        merged.not_drugs.append(&mut tables.not_drug);
        merged.broken.append(&mut tables.broken);
        merged.pairs.append(&mut tables.pairs);
        merged.local_names.append(&mut tables.local_name);
        merged.facts.append(&mut tables.facts);
        merged.interactions.extend(tables.interaction.into_iter().map(|entry| (pack, entry)));
        put(&mut merged.sources, pack, tables.source, "source", |e| e.id.clone(), faults);
        put(&mut merged.classes, pack, tables.class, "class", |e| e.id.clone(), faults);
        put(&mut merged.purposes, pack, tables.purpose, "purpose", |e| e.id.clone(), faults);
        put(&mut merged.groups, pack, tables.allergy_group, "allergy group", |e| e.id.clone(), faults);
        put(&mut merged.ingredients, pack, tables.ingredient, "ingredient", |e| e.id.clone(), faults);
        put(&mut merged.roles, pack, tables.role, "role", |e| e.id.clone(), faults);
        put(&mut merged.labs, pack, tables.lab, "lab", |e| e.id.clone(), faults);
        put(&mut merged.omissions, pack, tables.omission, "omission", |e| e.id.clone(), faults);
        put(&mut merged.together, pack, tables.together, "rule", |e| e.id.clone(), faults);
        put(&mut merged.icd9, pack, tables.icd9, "ICD-9 code", |e| e.code.clone(), faults);
        put(
            &mut merged.icd_titles,
            pack,
            tables.icd_title,
            "title of",
            |e| format!("{:?} {}", e.system, e.code),
            faults,
        );
        put(&mut merged.diagnoses, pack, tables.diagnosis, "diagnosis", |e| icd::undotted(&e.icd10), faults);
    }
    merged
}

fn one_pack_table(tables: &Tables, faults: &mut Faults) {
    if tables.pack.is_empty() && tables.readable {
        let nowhere = Place::new(&"pack.toml".into(), 1);
        let at = tables.at.as_ref().unwrap_or(&nowhere);
        faults.add(at, "the pack has no [pack] table: add one with id, version, reviewed, expires, approved_by");
    }
    for again in tables.pack.iter().skip(1) {
        faults.add(&again.at, "a second [pack] table: keep one");
    }
}

fn put<T>(
    into: &mut ById<T>,
    pack: usize,
    entries: Vec<Located<T>>,
    kind: &str,
    id: impl Fn(&T) -> String,
    faults: &mut Faults,
) {
    for entry in entries {
        let id = id(&entry.value);
        match into.get(&id) {
            Some((earlier, first)) if *earlier == pack => {
                faults.add(&entry.at, format!("{kind} `{id}` stands already at {}: keep one of the two", first.at));
            }
            Some(_) | None => {
                into.insert(id, (pack, entry));
            }
        }
    }
}
