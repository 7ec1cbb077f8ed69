//! Pieces of messages. Korean puts no particle after a placeholder.

use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::IngredientEntry;
use bogam_knowledge::{DrugIx, KnowledgeBase};

/// The name of a drug, and of the component that a fact is about when it is not the drug itself.
pub(crate) fn name_by(knowledge: &KnowledgeBase, drug: DrugIx, owner: &IngredientEntry) -> Bilingual {
    let drug = knowledge.ingredient(drug);
    let name = drug.name();
    if drug.id() == owner.id {
        return name.clone();
    }
    Bilingual::new(
        format!("{} (component: {})", name.en, owner.name.en),
        format!("{} (성분: {})", name.ko, owner.name.ko),
    )
}

/// Sentences joined by a blank, each ended with a full stop.
pub(crate) fn sentences(parts: &[&str]) -> String {
    let ended = parts.iter().map(|p| p.trim()).filter(|p| !p.is_empty()).map(|p| {
        let closed = p.ends_with(['.', '!', '?']);
        if closed { p.to_owned() } else { format!("{p}.") }
    });
    ended.collect::<Vec<_>>().join(" ")
}

/// `head (detail): dose. reason.` in both languages, the parts that are absent left out.
pub(crate) fn advice(
    name: &Bilingual,
    action: (&str, &str),
    detail: &Bilingual,
    dose: Option<&Bilingual>,
    reason: Option<&Bilingual>,
) -> Bilingual {
    let text = |name: &str, action: &str, detail: &str, dose: Option<&str>, reason: Option<&str>| {
        let dose = dose.map(|d| format!(": {d}")).unwrap_or_default();
        sentences(&[&format!("{name}: {action} ({detail}){dose}"), reason.unwrap_or_default()])
    };
    Bilingual::new(
        text(&name.en, action.0, &detail.en, dose.map(|d| d.en.as_str()), reason.map(|r| r.en.as_str())),
        text(&name.ko, action.1, &detail.ko, dose.map(|d| d.ko.as_str()), reason.map(|r| r.ko.as_str())),
    )
}

/// The full title of a source; a tag that has none stands for itself.
pub(crate) fn source(knowledge: &KnowledgeBase, tag: &str) -> String {
    knowledge.source_title(tag).unwrap_or(tag).to_owned()
}

/// The full title of a fact's source, or of its ingredient's.
pub(crate) fn fact_source(knowledge: &KnowledgeBase, owner: &IngredientEntry, tag: Option<&String>) -> String {
    source(knowledge, tag.unwrap_or(&owner.source))
}

/// A number as people write it: at most three decimals, no zeros behind.
pub(crate) fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `rounded to one decimal`, as values are shown.
pub(crate) fn one_decimal(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
