//! Facts of many drugs: expanded to ingredients at load, looked up by drug.

use std::collections::{BTreeMap, HashMap, HashSet};

use bogam_clinical::text::Bilingual;

use crate::base::{DrugIx, Ingredient};
use crate::interactions::{CLASS, ROLE};
use crate::load::{FactTables, Located};
use crate::pack::{
    AgeLimitEntry, ConditionEntry, DoNotSplitEntry, DoseLimitEntry, DurationLimitEntry, ElderlyEntry, FoodEntry,
    GenotypeEntry, LabLimitEntry, LactationEntry, MissedDoseEntry, MonitoringEntry, OfDrugs, PregnancyLimitEntry,
    RoleEntry, RouteLimitEntry, SiteTierEntry, for_each_fact_table,
};

/// The entries of one table, by drug.
#[derive(Debug)]
pub struct Facts<T> {
    entries: Vec<T>,
    by_drug: HashMap<DrugIx, Vec<usize>>,
    /// Drugs taken out of entries.
    excepted: HashSet<(usize, DrugIx)>,
}

impl<T> Facts<T> {
    /// Whether an entry takes a drug out: a combination then does not have the fact of its component either.
    #[must_use]
    pub fn excepts(&self, number: usize, drug: DrugIx) -> bool {
        self.excepted.contains(&(number, drug))
    }

    /// The entries that hold for a drug itself, in order, each with its number in the table.
    pub fn of(&self, drug: DrugIx) -> impl Iterator<Item = (usize, &T)> {
        let numbers = self.by_drug.get(&drug).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|n| Some((*n, self.entries.get(*n)?)))
    }

    /// All entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[T] {
        &self.entries
    }
}

impl<T: OfDrugs> Facts<T> {
    fn new(entries: Vec<T>, who: &Who<'_>) -> Self {
        let mut by_drug: HashMap<DrugIx, Vec<usize>> = HashMap::new();
        let mut excepted = HashSet::new();
        for (n, entry) in entries.iter().enumerate() {
            excepted.extend(who.drugs(entry.except(), &[]).into_iter().map(|drug| (n, drug)));
            for drug in who.drugs(entry.drugs(), entry.except()) {
                by_drug.entry(drug).or_default().push(n);
            }
        }
        Self { entries, by_drug, excepted }
    }
}

macro_rules! all_facts {
    ($($field:ident: $entry:ident,)*) => {
        /// Every table of facts of many drugs.
        #[derive(Debug)]
        pub struct AllFacts {
            $(
                #[doc = concat!("`[[", stringify!($field), "]]`.")]
                pub $field: Facts<$entry>,
            )*
        }

        impl AllFacts {
            pub(crate) fn new(tables: FactTables, who: &Who<'_>) -> Self {
                Self { $($field: Facts::new(ordered(tables.$field), who),)* }
            }

            /// How many entries each table has.
            pub(crate) fn counts(&self) -> Vec<(&'static str, usize)> {
                vec![$((stringify!($field), self.$field.entries().len()),)*]
            }
        }
    };
}
for_each_fact_table!(all_facts);

/// In order of packs, and within one of file and line: the files of a pack were read in order of path.
fn ordered<T>(entries: Vec<Located<T>>) -> Vec<T> {
    entries.into_iter().map(|e| e.value).collect()
}

/// A drug of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// How much it counts in a sum.
    pub weight: u32,
    /// Members of one group count once; empty: on its own.
    pub group: String,
}

/// The roles and their members.
#[derive(Debug, Default)]
pub(crate) struct Roles(BTreeMap<String, Role>);

#[derive(Debug)]
struct Role {
    name: Bilingual,
    members: HashMap<DrugIx, Member>,
}

impl Roles {
    pub fn new(entries: &[RoleEntry], ingredients: &[Ingredient], by_id: &HashMap<String, DrugIx>) -> Self {
        let none = Self::default();
        let who = Who { ingredients, by_id, roles: &none };
        let members = |entry: &RoleEntry| {
            let mut members: HashMap<DrugIx, Member> = HashMap::new();
            for member in &entry.members {
                for drug in who.drugs(&member.drugs, &member.except) {
                    let new = Member { weight: member.weight, group: member.group.clone() };
                    // Of two entries for one drug the greater weight.
                    let old = members.entry(drug).or_insert_with(|| new.clone());
                    if (new.weight, &new.group) > (old.weight, &old.group) {
                        *old = new;
                    }
                }
            }
            members
        };
        let role = |entry: &RoleEntry| Role { name: entry.name.clone(), members: members(entry) };
        Self(entries.iter().map(|entry| (entry.id.clone(), role(entry))).collect())
    }

    pub fn member(&self, role: &str, drug: DrugIx) -> Option<&Member> {
        self.0.get(role)?.members.get(&drug)
    }

    pub fn name(&self, role: &str) -> Option<&Bilingual> {
        self.0.get(role).map(|role| &role.name)
    }

    fn drugs(&self, role: &str) -> Vec<DrugIx> {
        self.0.get(role).map(|role| role.members.keys().copied().collect()).unwrap_or_default()
    }
}

/// Who is meant by a list of drugs.
pub(crate) struct Who<'a> {
    pub ingredients: &'a [Ingredient],
    pub by_id: &'a HashMap<String, DrugIx>,
    pub roles: &'a Roles,
}

impl Who<'_> {
    /// The ingredients of a list less those of another, each with whether it is named itself; sorted, each once.
    pub fn named(&self, names: &[String], except: &[String]) -> Vec<(DrugIx, bool)> {
        let out = except.iter().flat_map(|name| self.one(name)).map(|(drug, _)| drug).collect::<Vec<_>>();
        let mut drugs = names.iter().flat_map(|name| self.one(name)).collect::<Vec<_>>();
        // Named itself first, so that it is the one that stays.
        drugs.sort_by_key(|(drug, itself)| (*drug, !*itself));
        drugs.dedup_by_key(|(drug, _)| *drug);
        drugs.retain(|(drug, _)| !out.contains(drug));
        drugs
    }

    /// The ingredients of a list less those of another.
    pub fn drugs(&self, names: &[String], except: &[String]) -> Vec<DrugIx> {
        self.named(names, except).into_iter().map(|(drug, _)| drug).collect()
    }

    fn one(&self, name: &str) -> Vec<(DrugIx, bool)> {
        if let Some(class) = name.strip_prefix(CLASS) {
            let of_class = self.ingredients.iter().zip(0_u32..).filter(|(drug, _)| drug.class.id == class);
            return of_class.map(|(_, n)| (DrugIx(n), false)).collect();
        }
        if let Some(role) = name.strip_prefix(ROLE) {
            return self.roles.drugs(role).into_iter().map(|drug| (drug, false)).collect();
        }
        self.by_id.get(name).map(|ix| (*ix, true)).into_iter().collect()
    }
}
