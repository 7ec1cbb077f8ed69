//! Checks that no name means two things.

use std::collections::BTreeMap;

use super::Place;
use super::check::Check;
use crate::names::fold;

/// What a name means and where that is said.
type Meaning = (String, Place);

/// Checks the names of ingredients, of what is no drug, of allergens and of reactions.
pub(super) fn check(check: &mut Check<'_>) {
    let mut drugs = drugs(check);
    not_drugs(check, &drugs);
    local_names(check, &mut drugs);
    allergens(check);
    reactions(check);
}

fn claim(check: &mut Check<'_>, names: &mut BTreeMap<String, Meaning>, name: &str, meaning: &str, at: &Place) {
    let key = fold::key(&fold::fold(name));
    if key.is_empty() {
        if !name.trim().is_empty() {
            check.fault(at, format!("`{name}` is not a name: it has no letter or digit"));
        }
        return;
    }
    match names.get(&key) {
        Some((other, first)) if other != meaning => {
            let message = format!("`{name}` names `{meaning}` here and `{other}` at {first}: a name has one meaning");
            check.fault(at, message);
        }
        Some(_) => {}
        None => {
            names.insert(key, (meaning.to_owned(), at.clone()));
        }
    }
}

fn drugs(check: &mut Check<'_>) -> BTreeMap<String, Meaning> {
    let mut names = BTreeMap::new();
    let entries = &check.merged.ingredients;
    // Ids first, so that an alias that is another's id is the one reported.
    for (id, (_, entry)) in entries {
        claim(check, &mut names, id, id, &entry.key("id"));
    }
    for (id, (_, entry)) in entries {
        for name in [&entry.value.name.en, &entry.value.name.ko] {
            claim(check, &mut names, name, id, &entry.key("name"));
        }
    }
    for (id, (_, entry)) in entries {
        for (key, list) in [("aliases", &entry.value.aliases), ("brands", &entry.value.brands)] {
            for name in list {
                claim(check, &mut names, name, id, &entry.key(key));
            }
        }
    }
    names
}

fn not_drugs(check: &mut Check<'_>, drugs: &BTreeMap<String, Meaning>) {
    for entry in &check.merged.not_drugs {
        let at = entry.key("names");
        for name in &entry.value.names {
            if let Some((drug, first)) = drugs.get(&fold::key(&fold::fold(name))) {
                check.fault(
                    &at,
                    format!("`{name}` is no drug here and names `{drug}` at {first}: a name has one meaning"),
                );
            }
        }
    }
}

/// Names and codes of a site, after those of the packs: what takes a name that is taken is the site's. Names that the
/// packs know in another way of writing are for [`super::local_names`].
fn local_names(check: &mut Check<'_>, drugs: &mut BTreeMap<String, Meaning>) {
    for entry in &check.merged.local_names {
        let id = &entry.value.ingredient;
        check.ingredient(&entry.key("ingredient"), id);
        check.filled(&entry.key("name"), "name", &entry.value.name);
        claim(check, drugs, &entry.value.name, id, &entry.key("name"));
        if let Some(code) = &entry.value.code {
            check.filled(&entry.key("code"), "code", code);
            claim(check, drugs, code, id, &entry.key("code"));
        }
    }
}

fn allergens(check: &mut Check<'_>) {
    let mut names = BTreeMap::new();
    for (id, (_, group)) in &check.merged.groups {
        let value = &group.value;
        let own = [&value.id, &value.name.en, &value.name.ko];
        for name in own.into_iter().chain(&value.aliases) {
            claim(check, &mut names, name, id, &group.key("aliases"));
        }
    }
    for allergen in &check.merged.allergens {
        let value = &allergen.value;
        for name in [&value.name.en, &value.name.ko].into_iter().chain(&value.aliases) {
            claim(check, &mut names, name, &value.name.en, &allergen.key("aliases"));
        }
    }
}

fn reactions(check: &mut Check<'_>) {
    let mut words = BTreeMap::new();
    for reaction in &check.merged.reactions {
        let grade = format!("{:?}", reaction.value.grade).to_lowercase();
        for word in &reaction.value.words {
            claim(check, &mut words, word, &grade, &reaction.key("words"));
        }
    }
}
