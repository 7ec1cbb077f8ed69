//! Names of a site: they add to what names mean, and never change it.

use bogam_clinical::record::NameMatch;

use super::{Faults, Located};
use crate::base::KnowledgeBase;
use crate::pack::LocalNameEntry;

/// Adds names and codes of a site. One that means another ingredient in the packs already, written out or by taking
/// strength, form or salt off, is a fault and changes nothing.
pub(super) fn add(base: &mut KnowledgeBase, entries: &[Located<LocalNameEntry>]) -> Faults {
    let mut faults = Faults::default();
    for located in entries {
        let entry = &located.value;
        let texts = [("name", Some(&entry.name)), ("code", entry.code.as_ref())];
        for (key, text) in texts.into_iter().filter_map(|(key, text)| Some((key, text?))) {
            let found = base.normalise(text);
            let other = match found.drug {
                Some(drug) => Some(base.ingredient(drug).id()).filter(|id| *id != entry.ingredient),
                None => (found.matched == NameMatch::NotADrug).then_some("no drug"),
            };
            if let Some(other) = other {
                let message = format!(
                    "`{text}` means `{other}` in the packs and `{}` here: a name has one meaning",
                    entry.ingredient
                );
                faults.add(&located.key(key), message);
            }
        }
    }
    if faults.0.is_empty() {
        for located in entries {
            base.add_local_name(&located.value);
        }
    }
    faults
}
