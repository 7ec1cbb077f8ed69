//! Checks of facts of many drugs, of roles and of labs.

use super::check::Check;
use super::{Located, forms};
use crate::interactions::{CLASS, ROLE};
use crate::labs;
use crate::pack::{DrugFact, for_each_fact_table};

/// The measure of the case that limits may name besides labs.
const QTC: &str = "qtc";

macro_rules! check_tables {
    ($($field:ident: $entry:ident,)*) => {
        /// Checks every table.
        pub(super) fn check(check: &mut Check<'_>) {
            $(facts(check, concat!("[[", stringify!($field), "]]"), &check.merged.facts.$field);)*
            let merged = check.merged;
            facts(check, "[[omission]]", merged.omissions.values().map(|(_, e)| e));
            facts(check, "[[together]]", merged.together.values().map(|(_, e)| e));
            roles(check);
            lab_entries(check);
            pairs(check);
        }
    };
}
for_each_fact_table!(check_tables);

fn facts<'m, T: DrugFact + 'm>(check: &mut Check<'m>, what: &str, entries: impl IntoIterator<Item = &'m Located<T>>) {
    for located in entries {
        let fact = &located.value;
        for (key, list) in fact.drug_lists() {
            let at = located.key(key);
            if list.is_empty() && fact.needed().contains(&key) {
                check.fault(&at, format!("`{key}` is empty: name ingredients, classes or roles"));
            }
            for name in list {
                check.drug_set(&at, name);
            }
        }
        for (key, text) in fact.texts() {
            check.text(&located.key(key), key, text);
        }
        for (key, prefix) in fact.codes() {
            check.icd10(&located.key(key), prefix);
        }
        check.source(&located.key("source"), fact.source());
        if let Some(severity) = fact.severity() {
            check.severity(&located.key("severity"), what, severity, fact.basis());
        }
        if let Some(lab) = fact.lab()
            && lab != QTC
            && !check.merged.labs.contains_key(lab)
        {
            check.fault(&located.key("lab"), format!("unknown lab `{lab}`: use the id of a [[lab]], or add it"));
        }
        for (key, message) in fact.faults() {
            check.fault(&located.key(key), message);
        }
    }
}

fn roles(check: &mut Check<'_>) {
    for (_, role) in check.merged.roles.values() {
        check.filled(&role.at, "id", &role.value.id);
        check.text(&role.key("name"), "name", &role.value.name);
        for (n, member) in role.value.members.iter().enumerate() {
            let at = role.part("members", n);
            if member.drugs.is_empty() {
                check.fault(&at, "`drugs` is empty: name ingredients or classes");
            }
            for name in member.drugs.iter().chain(&member.except) {
                if name.starts_with(ROLE) {
                    check.fault(&at, format!("`{name}`: a role is made of ingredients and classes, not of roles"));
                } else {
                    check.drug_set(&at, name);
                }
            }
            check.source(&at, &member.source);
        }
    }
}

fn lab_entries(check: &mut Check<'_>) {
    let mut seen = std::collections::BTreeMap::new();
    for (id, (_, lab)) in &check.merged.labs {
        check.filled(&lab.at, "id", &lab.value.id);
        check.text(&lab.key("name"), "name", &lab.value.name);
        for loinc in &lab.value.loinc {
            if !forms::is_loinc(loinc) {
                check.fault(&lab.key("loinc"), format!("`{loinc}` is no LOINC code: write it as `2823-3`"));
            }
        }
        for name in labs::names(&lab.value).into_iter().chain(lab.value.loinc.iter().cloned()) {
            if let Some(other) = seen.insert(name.clone(), id)
                && other != id
            {
                check.fault(&lab.key("aliases"), format!("`{name}` means `{other}` as well: leave it out of one"));
            }
        }
        for (unit, factor) in &lab.value.units {
            if *unit != labs::unit(unit) {
                let right = labs::unit(unit);
                check.fault(&lab.key("units"), format!("unit `{unit}`: write it as `{right}`"));
            }
            if !(factor.is_finite() && *factor > 0.0) {
                check.fault(&lab.key("units"), format!("the factor of `{unit}` must be above 0"));
            }
        }
        if lab.value.plausible.is_some_and(|(least, most)| least >= most) {
            check.fault(&lab.key("plausible"), "plausible is [least, most]");
        }
    }
}

fn pairs(check: &mut Check<'_>) {
    let merged = check.merged;
    for row in &merged.pairs {
        check.ingredient(&row.at, &row.a);
        check.ingredient(&row.at, &row.b);
        check.source(&row.at, &row.source);
    }
}

impl Check<'_> {
    /// An ingredient id, `class:ID` or `role:ID`.
    pub(super) fn drug_set(&mut self, at: &super::Place, name: &str) {
        if let Some(class) = name.strip_prefix(CLASS) {
            self.class(at, class);
        } else if let Some(role) = name.strip_prefix(ROLE) {
            if !self.merged.roles.contains_key(role) && !self.merged.broken.contains(role) {
                self.fault(at, format!("unknown role `{role}`: use a [[role]], or add it"));
            }
        } else {
            self.ingredient(at, name);
        }
    }
}
