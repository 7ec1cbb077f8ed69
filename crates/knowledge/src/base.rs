//! The knowledge base: every entry of the packs, indexed for the questions that are asked of it.

use std::collections::HashMap;

use bogam_clinical::case::{Diagnosis, Lab};
use bogam_clinical::text::Bilingual;

use crate::allergens::Allergens;
use crate::facts::{AllFacts, Facts, Member, Roles, Who};
use crate::icd::{self, DiagnosisCodes, Icd, IcdTitle};
use crate::interactions::Interactions;
use crate::labs::{LabReading, Labs};
use crate::load::{self, Merged, PackError, PackFile};
use crate::names::{Names, Normalised};
use crate::pack::{self, Basis, IngredientEntry};
use crate::{InteractionFact, allergens, names};

/// Index of an ingredient in its knowledge base; ingredients are in order of id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DrugIx(pub(crate) u32);

impl DrugIx {
    /// The position, from 0, for a table as long as [`KnowledgeBase::len`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// An ingredient: its entry, with the default source and basis filled in everywhere.
#[derive(Debug, Clone)]
pub struct Ingredient {
    /// The entry; `source` and `basis` of everything below it are present.
    pub entry: IngredientEntry,
    pub(crate) class: Class,
    pub(crate) components: Vec<DrugIx>,
    /// Allergy groups of its own and of its components.
    pub(crate) groups: Vec<String>,
}

impl Ingredient {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.entry.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Bilingual {
        &self.entry.name
    }
}

/// A therapeutic class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// What two drugs of it are together.
    pub duplicate: pack::Duplicate,
}

/// What a drug is given for. Drugs of one purpose replace each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// Purposes that are served along with it.
    pub covers: Vec<String>,
}

/// A drug that guidelines start with.
#[derive(Debug)]
pub struct Omission {
    /// Its entry.
    pub entry: pack::OmissionEntry,
    /// One of these is expected.
    pub any_of: Vec<DrugIx>,
    /// Not expected beside these.
    pub unless: Vec<DrugIx>,
}

impl Omission {
    fn new(entry: pack::OmissionEntry, who: &Who<'_>) -> Self {
        Self { any_of: who.drugs(&entry.any_of, &[]), unless: who.drugs(&entry.unless_drugs, &[]), entry }
    }
}

/// Drugs that are harmful all together.
#[derive(Debug)]
pub struct Together {
    /// Its entry.
    pub entry: pack::TogetherEntry,
    /// One drug of each.
    pub sides: Vec<Vec<DrugIx>>,
}

impl Together {
    fn new(entry: pack::TogetherEntry, who: &Who<'_>) -> Self {
        let sides = entry.sides.iter().map(|side| who.drugs(side, &entry.except)).collect();
        Self { sides, entry }
    }
}

/// Knowledge packs, merged, checked and indexed. It never changes.
#[derive(Debug)]
pub struct KnowledgeBase {
    hash: String,
    packs: Vec<pack::PackInfo>,
    ingredients: Vec<Ingredient>,
    by_id: HashMap<String, DrugIx>,
    classes: HashMap<String, Class>,
    purposes: HashMap<String, Purpose>,
    group_names: HashMap<String, Bilingual>,
    between_members: HashMap<String, pack::BetweenMembers>,
    source_titles: HashMap<String, String>,
    names: Names,
    allergens: Allergens,
    interactions: Interactions,
    icd: Icd,
    icd_titles: Vec<IcdTitle>,
    roles: Roles,
    facts: AllFacts,
    labs: Labs,
    omissions: Vec<Omission>,
    together: Vec<Together>,
    counts: Vec<(&'static str, usize)>,
}

impl KnowledgeBase {
    /// Parses, merges and checks packs.
    ///
    /// A later pack (a site's own) replaces what earlier ones say of an ingredient, class, purpose, group, source,
    /// code or pair; within one pack a repeated id is a fault. The order of files changes nothing.
    ///
    /// # Errors
    /// Every fault of every file, with its line: nothing is repaired or left out.
    pub fn from_files(packs: &[Vec<PackFile>]) -> Result<Self, PackError> {
        load::load(packs)
    }

    /// Parses and checks a pack, and gives its tables in a form that [`Self::from_compiled`] reads many times faster.
    ///
    /// # Errors
    /// As [`Self::from_files`].
    pub fn compile(files: &[PackFile]) -> Result<Vec<u8>, PackError> {
        load::compile(files)
    }

    /// The base of a compiled pack, with the packs of a site on top: the same as [`Self::from_files`] of their files.
    ///
    /// # Errors
    /// Every fault of the packs of the site; or that the bytes are not those of [`Self::compile`] of this version.
    pub fn from_compiled(compiled: &[u8], site: &[Vec<PackFile>]) -> Result<Self, PackError> {
        load::load_compiled(compiled, site)
    }

    /// Indexes packs that were checked.
    pub(crate) fn from_merged(merged: Merged, hash: String) -> Self {
        let counts = counts(&merged);
        let by_id = merged
            .ingredients
            .keys()
            .zip(0_u32..)
            .map(|(id, n)| (id.clone(), DrugIx(n)))
            .collect::<HashMap<String, DrugIx>>();
        let classes = merged
            .classes
            .into_values()
            .map(|(_, e)| e.value)
            .map(|e| (e.id.clone(), Class { id: e.id, name: e.name, duplicate: e.duplicate }))
            .collect::<HashMap<String, Class>>();
        let mut ingredients = ingredients(merged.ingredients, &by_id, &classes);
        let roles = merged.roles.into_values().map(|(_, e)| e.value).collect::<Vec<_>>();
        let roles = Roles::new(&roles, &ingredients, &by_id);
        let who = Who { ingredients: &ingredients, by_id: &by_id, roles: &roles };
        let rules = merged.interactions.into_iter().map(|(pack, e)| (pack, e.value)).collect();
        let interactions = Interactions::new(rules, &merged.pairs, &who);
        let facts = AllFacts::new(merged.facts, &who);
        let pregnancy = pregnancy(&facts.pregnancy_limit, &who);
        let omissions = merged.omissions.into_values().map(|(_, e)| Omission::new(e.value, &who)).collect();
        let together = merged.together.into_values().map(|(_, e)| Together::new(e.value, &who)).collect();
        for (drug, entry) in pregnancy {
            if let Some(ingredient) = ingredients.get_mut(drug.index()) {
                ingredient.entry.pregnancy.push(entry);
            }
        }
        let mut base = Self {
            hash,
            packs: merged.packs.into_iter().map(|e| e.value).collect(),
            names: Names::new(&ingredients, merged.not_drugs.into_iter().map(|e| e.value)),
            icd: Icd::new(
                merged.icd9.into_values().map(|(_, e)| e.value),
                merged.diagnoses.into_values().map(|(_, e)| e.value),
            ),
            icd_titles: merged.icd_titles.into_values().map(|(_, e)| e.value).collect(),
            group_names: merged.groups.iter().map(|(id, (_, e))| (id.clone(), e.value.name.clone())).collect(),
            between_members: merged.groups.iter().map(|(id, (_, e))| (id.clone(), e.value.between_members)).collect(),
            allergens: Allergens::new(
                merged.groups.into_values().map(|(_, e)| e.value),
                merged.allergens.into_iter().map(|e| e.value),
                merged.cross.into_iter().map(|e| e.value),
                merged.reactions.into_iter().map(|e| e.value),
            ),
            purposes: merged
                .purposes
                .into_values()
                .map(|(_, e)| e.value)
                .map(|e| (e.id.clone(), Purpose { id: e.id, name: e.name, covers: e.covers }))
                .collect(),
            source_titles: merged.sources.into_values().map(|(_, e)| (e.value.id, e.value.title)).collect(),
            ingredients,
            by_id,
            classes,
            interactions,
            roles,
            facts,
            labs: Labs::new(merged.labs.into_values().map(|(_, e)| e.value)),
            omissions,
            together,
            counts,
        };
        base.icd_titles.sort();
        base.counts.extend(base.facts.counts());
        base.counts.push(("interaction_pairs", base.interactions.pairs()));
        base.counts.push(("names", base.names.len()));
        base
    }

    /// Adds what a site calls an ingredient, which was checked.
    pub(crate) fn add_local_name(&mut self, entry: &pack::LocalNameEntry) {
        if let Some(drug) = self.find(&entry.ingredient) {
            self.names.add_local(drug, &entry.name, entry.code.as_deref());
        }
    }

    /// `sha256:` and the hash of all packs in their order, their files by path.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What packs these are, in order.
    #[must_use]
    pub fn packs(&self) -> &[pack::PackInfo] {
        &self.packs
    }

    /// How many there are of each kind of fact.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        self.counts.clone()
    }

    /// Number of ingredients.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ingredients.len()
    }

    /// Whether there is no ingredient.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ingredients.is_empty()
    }

    /// All ingredients, by id.
    pub fn drugs(&self) -> impl Iterator<Item = DrugIx> + use<> {
        (0..u32::try_from(self.ingredients.len()).unwrap_or(u32::MAX)).map(DrugIx)
    }

    /// An ingredient of this base.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "only this base makes a DrugIx, and it never loses an ingredient")]
    pub fn ingredient(&self, ix: DrugIx) -> &Ingredient {
        &self.ingredients[ix.index()]
    }

    /// The ingredient with an id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<DrugIx> {
        self.by_id.get(id).copied()
    }

    /// A class by id.
    #[must_use]
    pub fn class(&self, id: &str) -> Option<&Class> {
        self.classes.get(id)
    }

    /// The class of an ingredient.
    #[must_use]
    pub fn class_of(&self, ix: DrugIx) -> &Class {
        &self.ingredient(ix).class
    }

    /// A purpose by id.
    #[must_use]
    pub fn purpose(&self, id: &str) -> Option<&Purpose> {
        self.purposes.get(id)
    }

    /// The name of an allergy group.
    #[must_use]
    pub fn group_name(&self, id: &str) -> Option<&Bilingual> {
        self.group_names.get(id)
    }

    /// What an allergy to one member of a group means for its other members; `None` for an unknown group.
    #[must_use]
    pub fn between_members(&self, id: &str) -> Option<pack::BetweenMembers> {
        self.between_members.get(id).copied()
    }

    /// The parts of a combination, by id; empty for a single ingredient.
    #[must_use]
    pub fn components(&self, ix: DrugIx) -> &[DrugIx] {
        &self.ingredient(ix).components
    }

    /// The tags of all sources and their titles, by tag.
    #[must_use]
    pub fn sources(&self) -> Vec<(&str, &str)> {
        let mut all = self.source_titles.iter().map(|(tag, title)| (tag.as_str(), title.as_str())).collect::<Vec<_>>();
        all.sort_unstable();
        all
    }

    /// The title of a source.
    #[must_use]
    pub fn source_title(&self, tag: &str) -> Option<&str> {
        self.source_titles.get(tag).map(String::as_str)
    }

    /// The ingredient that a drug name means; a name that is unknown or ambiguous means none.
    ///
    /// Case, spaces, strengths, dosage forms and salts do not matter; spelling does.
    #[must_use]
    pub fn normalise(&self, name: &str) -> Normalised {
        self.names.normalise(name)
    }

    /// What a recorded allergy means; `None` when it is not recognised.
    #[must_use]
    pub fn allergen(&self, text: &str) -> Option<allergens::Allergen> {
        self.allergens.find(text, &self.names)
    }

    /// Whether the drug, or a component of it, carries the allergy group.
    #[must_use]
    pub fn in_group(&self, ix: DrugIx, group: &str) -> bool {
        self.ingredient(ix).groups.iter().any(|own| own == group)
    }

    /// The most severe cross-reactivity from a recorded allergen to a drug.
    ///
    /// From the ingredient, its components and the groups of both, or from the group; to the drug, its components
    /// and the groups of both. Where what applies depends on the reaction, ask for [`Self::cross_reactivities`].
    #[must_use]
    pub fn cross_reactivity(&self, from: &allergens::Allergen, to: DrugIx) -> Option<allergens::CrossReactivity> {
        self.cross_reactivities(from, to).into_iter().next()
    }

    /// All of them, the most severe first, and of one severity those first that count after any reaction.
    #[must_use]
    pub fn cross_reactivities(&self, from: &allergens::Allergen, to: DrugIx) -> Vec<allergens::CrossReactivity> {
        let from = match from {
            allergens::Allergen::Ingredient(ix) => self.allergy_tags(*ix),
            allergens::Allergen::Group(group) => vec![group.as_str()],
            allergens::Allergen::Known(_) => Vec::new(),
        };
        self.allergens.cross_reactivities(&from, &self.allergy_tags(to))
    }

    /// What a cross-reactivity may name a drug by: ids of it and its components, and their groups.
    fn allergy_tags(&self, ix: DrugIx) -> Vec<&str> {
        let drug = self.ingredient(ix);
        let components = drug.components.iter().map(|part| self.ingredient(*part).id());
        std::iter::once(drug.id()).chain(components).chain(drug.groups.iter().map(String::as_str)).collect()
    }

    /// The worst grade among the words of a reaction; `None` when none is known.
    #[must_use]
    pub fn reaction_grade(&self, reaction: &str) -> Option<allergens::Grade> {
        self.allergens.reaction_grade(reaction)
    }

    /// Every table of facts of many drugs. A combination also has those of its [`Self::components`].
    #[must_use]
    pub const fn facts(&self) -> &AllFacts {
        &self.facts
    }

    /// What a drug itself is in a role; a combination is in the roles of its [`Self::components`].
    #[must_use]
    pub fn role(&self, role: &str, drug: DrugIx) -> Option<&Member> {
        self.roles.member(role, drug)
    }

    /// The name of a role.
    #[must_use]
    pub fn role_name(&self, role: &str) -> Option<&Bilingual> {
        self.roles.name(role)
    }

    /// The ingredients that a list of ids, `class:ID` and `role:ID` means, sorted.
    #[must_use]
    pub fn members(&self, names: &[String]) -> Vec<DrugIx> {
        Who { ingredients: &self.ingredients, by_id: &self.by_id, roles: &self.roles }.drugs(names, &[])
    }

    /// What a recorded laboratory result is.
    #[must_use]
    pub fn read_lab(&self, result: &Lab) -> LabReading<'_> {
        self.labs.read(result)
    }

    /// Every laboratory result that rules read, by id.
    pub fn labs(&self) -> impl Iterator<Item = &pack::LabEntry> {
        self.labs.all()
    }

    /// Names of allergens and groups of them, as they are compared, in no order.
    pub fn allergen_names(&self) -> impl Iterator<Item = (&str, &allergens::Allergen)> {
        self.allergens.all()
    }

    /// A laboratory result that rules read, by id.
    #[must_use]
    pub fn lab(&self, id: &str) -> Option<&pack::LabEntry> {
        self.labs.get(id)
    }

    /// What guidelines start with, by id.
    #[must_use]
    pub fn omissions(&self) -> &[Omission] {
        &self.omissions
    }

    /// Drugs that are harmful all together, by id.
    #[must_use]
    pub fn together(&self) -> &[Together] {
        &self.together
    }

    /// What two drugs do together, in whichever order; combinations also by their components.
    #[must_use]
    pub fn interaction(&self, a: DrugIx, b: DrugIx) -> Option<&InteractionFact> {
        self.interactions.get(a, b)
    }

    /// ICD-10 codes (without dot) that a diagnosis stands for.
    #[must_use]
    pub fn codes(&self, diagnosis: &Diagnosis) -> DiagnosisCodes {
        self.icd.codes(diagnosis)
    }

    /// The name of a diagnosis: that of the longest prefix in the table, of the first of its codes that has one.
    #[must_use]
    pub fn diagnosis_name(&self, diagnosis: &Diagnosis) -> Option<&Bilingual> {
        self.icd.name(diagnosis)
    }

    /// Every ICD-10 prefix (without dot) that has a name, in no order.
    pub fn diagnosis_names(&self) -> impl Iterator<Item = (&str, &Bilingual)> {
        self.icd.all_names()
    }

    /// The name of an ICD-10 code or prefix, with or without dot.
    #[must_use]
    pub fn icd10_name(&self, code: &str) -> Option<&Bilingual> {
        self.icd.icd10_name(&icd::undotted(code))
    }

    /// The titles of diagnosis codes that were imported, by system and code.
    #[must_use]
    pub fn icd_titles(&self) -> &[IcdTitle] {
        &self.icd_titles
    }

    /// The words of which no drug name consists: what [`Self::normalise`] strips. For documentation.
    #[must_use]
    pub fn stripped_words() -> Vec<&'static str> {
        names::stripped_words()
    }
}

/// Pregnancy limits of many drugs, as entries of each.
fn pregnancy(limits: &Facts<pack::PregnancyLimitEntry>, who: &Who<'_>) -> Vec<(DrugIx, pack::PregnancyEntry)> {
    let entry = |limit: &pack::PregnancyLimitEntry| pack::PregnancyEntry {
        trimesters: limit.trimesters.clone(),
        severity: limit.severity,
        reason: limit.reason.clone(),
        instead: limit.instead.clone(),
        unless: limit.when.without.clone(),
        source: Some(limit.source.clone()),
        basis: Some(limit.basis),
    };
    let of = |limit: &pack::PregnancyLimitEntry| {
        let drugs = who.drugs(&limit.drugs, &limit.except);
        drugs.into_iter().map(|drug| (drug, entry(limit))).collect::<Vec<_>>()
    };
    limits.entries().iter().flat_map(of).collect()
}

fn ingredients(
    entries: load::ById<IngredientEntry>,
    by_id: &HashMap<String, DrugIx>,
    classes: &HashMap<String, Class>,
) -> Vec<Ingredient> {
    let groups = entries
        .iter()
        .map(|(id, (_, e))| (id.clone(), e.value.allergy_groups.clone()))
        .collect::<HashMap<String, Vec<String>>>();
    let make = |entry: IngredientEntry| {
        let mut components = entry.components.iter().filter_map(|id| by_id.get(id).copied()).collect::<Vec<_>>();
        components.sort();
        let of_parts = entry.components.iter().filter_map(|id| groups.get(id)).flatten();
        let mut groups = entry.allergy_groups.iter().chain(of_parts).cloned().collect::<Vec<_>>();
        groups.sort();
        groups.dedup();
        // The checks refuse an unknown class, so the entry is always there.
        let class = classes.get(&entry.class).cloned();
        class.map(|class| Ingredient { entry, class, components, groups })
    };
    entries.into_values().filter_map(|(_, entry)| make(entry.value)).collect()
}

fn counts(merged: &Merged) -> Vec<(&'static str, usize)> {
    let entries = || merged.ingredients.values().map(|(_, e)| &e.value);
    let bases = entries().flat_map(bases).chain(merged.interactions.iter().map(|(_, e)| e.value.basis));
    let bases = bases.chain(merged.cross.iter().map(|e| e.value.basis));
    let bases = bases.chain(merged.shared_bases()).collect::<Vec<_>>();
    let of = |basis| bases.iter().filter(|b| **b == basis).count();
    vec![
        ("ingredients", merged.ingredients.len()),
        ("combinations", entries().filter(|e| !e.components.is_empty()).count()),
        ("classes", merged.classes.len()),
        ("purposes", merged.purposes.len()),
        ("sources", merged.sources.len()),
        ("indications", entries().map(|e| e.indication.len()).sum()),
        ("doses", entries().filter(|e| e.dose.is_some()).count()),
        ("renal_bands", entries().map(|e| e.renal.len()).sum()),
        ("dialysis_entries", entries().filter(|e| e.dialysis.is_some()).count()),
        ("hepatic_entries", entries().map(|e| e.hepatic.len()).sum()),
        ("pregnancy_entries", entries().map(|e| e.pregnancy.len()).sum()),
        ("counselling_entries", entries().filter(|e| e.counselling.is_some()).count()),
        ("interaction_rules", merged.interactions.len()),
        ("allergy_groups", merged.groups.len()),
        ("cross_reactivities", merged.cross.len()),
        ("allergens", merged.allergens.len()),
        ("roles", merged.roles.len()),
        ("role_members", merged.roles.values().flat_map(|(_, e)| &e.value.members).map(|m| m.drugs.len()).sum()),
        ("labs", merged.labs.len()),
        ("omissions", merged.omissions.len()),
        ("together", merged.together.len()),
        ("imported_pairs", merged.pairs.len()),
        ("local_names", merged.local_names.len()),
        ("icd_titles", merged.icd_titles.len()),
        ("icd9_entries", merged.icd9.len()),
        ("diagnoses", merged.diagnoses.len()),
        ("not_drugs", merged.not_drugs.iter().map(|e| e.value.names.len() + e.value.contains.len()).sum()),
        ("facts_read", of(Basis::Read)),
        ("facts_recalled", of(Basis::Recalled)),
        ("facts_recalled_twice", of(Basis::RecalledTwice)),
    ]
}

/// The basis of every fact below an ingredient.
fn bases(entry: &IngredientEntry) -> impl Iterator<Item = Basis> + '_ {
    let own = entry
        .indication
        .iter()
        .map(|e| e.basis)
        .chain(entry.dose.iter().map(|e| e.basis))
        .chain(entry.renal.iter().map(|e| e.basis))
        .chain(entry.dialysis.iter().map(|e| e.basis))
        .chain(entry.hepatic.iter().map(|e| e.basis))
        .chain(entry.pregnancy.iter().map(|e| e.basis))
        .chain(entry.counselling.iter().map(|e| e.basis));
    own.map(|basis| basis.unwrap_or(entry.basis))
}
