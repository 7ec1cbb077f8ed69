//! Advice for the patient, assembled from the counselling points of the knowledge base. No model writes here.

use bogam_clinical::text::{Bilingual, Lang};
use bogam_knowledge::{DrugIx, KnowledgeBase};

/// Advice on these drugs, in the order given, in both languages.
#[must_use]
pub fn advice(drugs: &[DrugIx], knowledge: &KnowledgeBase) -> Bilingual {
    Bilingual::new(in_language(drugs, knowledge, Lang::En), in_language(drugs, knowledge, Lang::Ko))
}

struct Words {
    how: &'static str,
    missed: &'static str,
    food: &'static str,
    watch: &'static str,
    urgent: &'static str,
    none: &'static str,
    closing: &'static str,
}

const fn words(lang: Lang) -> Words {
    match lang {
        Lang::En => Words {
            how: "How to take it",
            missed: "If you miss a dose",
            food: "Food and drink",
            watch: "Tell us if you notice",
            urgent: "Get help at once in case of",
            none: "Your care team gives you these drugs and watches them. Ask us whenever something is unclear.",
            closing: "Do not start, stop or change a drug without asking. Show this list wherever you are treated.",
        },
        Lang::Ko => Words {
            how: "복용 방법",
            missed: "약을 잊었을 때",
            food: "음식과 음료",
            watch: "다음 증상이 있으면 알려 주십시오",
            urgent: "다음의 경우 즉시 도움을 받으십시오",
            none: "의료진이 약을 투여하고 경과를 살핍니다. 궁금한 점은 언제든지 물어보십시오.",
            closing: "의료진과 상의 없이 약을 시작하거나 중단하거나 바꾸지 마십시오. 진료를 받을 때마다 이 안내를 보여 주십시오.",
        },
    }
}

/// What a point of counselling is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// How to take it.
    How,
    /// What to do about a missed dose.
    Missed,
    /// Food and drink.
    Food,
    /// What to watch.
    Watch,
    /// When to get help at once.
    Urgent,
}

impl Topic {
    /// As it stands before the point.
    #[must_use]
    pub const fn label(self, lang: Lang) -> &'static str {
        let words = words(lang);
        match self {
            Self::How => words.how,
            Self::Missed => words.missed,
            Self::Food => words.food,
            Self::Watch => words.watch,
            Self::Urgent => words.urgent,
        }
    }
}

/// A point of counselling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point<'k> {
    /// What it is about.
    pub topic: Topic,
    texts: Vec<&'k Bilingual>,
}

impl Point<'_> {
    /// What it says, in one paragraph: sentences one after another, or what to look out for as a list.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let texts = self.texts.iter().map(|text| text.get(lang));
        match self.topic {
            Topic::How | Topic::Missed | Topic::Food => texts.collect::<Vec<_>>().join(" "),
            Topic::Watch | Topic::Urgent => texts.map(|t| t.trim_end_matches('.')).collect::<Vec<_>>().join("; "),
        }
    }
}

/// What a patient is told of a drug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counselling<'k> {
    /// What it is for.
    pub purpose: &'k Bilingual,
    /// What to know, in the order in which it is told; none is empty.
    pub points: Vec<Point<'k>>,
}

/// What the packs tell a patient of a drug; `None` when it is not one that a patient takes.
#[must_use]
pub fn counselling(drug: DrugIx, knowledge: &KnowledgeBase) -> Option<Counselling<'_>> {
    let told = knowledge.ingredient(drug).entry.counselling.as_ref()?;
    let points = [
        (Topic::How, told.how.iter().collect()),
        (Topic::Missed, missed(drug, knowledge)),
        (Topic::Food, food(drug, knowledge)),
        (Topic::Watch, told.watch.iter().collect()),
        (Topic::Urgent, told.urgent.iter().collect()),
    ];
    let points = points.into_iter().map(|(topic, texts): (_, Vec<_>)| Point { topic, texts });
    Some(Counselling { purpose: &told.purpose, points: points.filter(|p| !p.texts.is_empty()).collect() })
}

/// What is told of all drugs alike.
#[must_use]
pub const fn closing(lang: Lang) -> &'static str {
    words(lang).closing
}

fn in_language(drugs: &[DrugIx], knowledge: &KnowledgeBase, lang: Lang) -> String {
    let words = words(lang);
    let mut paragraphs = Vec::new();
    for &drug in drugs {
        let Some(told) = counselling(drug, knowledge) else { continue };
        let name = knowledge.ingredient(drug).name().get(lang);
        let mut lines = vec![format!("{name}: {}", told.purpose.get(lang))];
        lines.extend(told.points.iter().map(|p| format!("- {}: {}", p.topic.label(lang), p.text(lang))));
        paragraphs.push(lines.join("\n"));
    }
    if paragraphs.is_empty() {
        paragraphs.push(words.none.to_owned());
    }
    paragraphs.push(words.closing.to_owned());
    paragraphs.join("\n\n")
}

/// What to do about a missed dose: what is said of the drug itself, else of its components.
fn missed(drug: DrugIx, knowledge: &KnowledgeBase) -> Vec<&Bilingual> {
    let of = |ix: DrugIx| knowledge.facts().missed_dose.of(ix).map(|(_, entry)| &entry.text).collect::<Vec<_>>();
    let own = of(drug);
    if own.is_empty() { each_once(knowledge.components(drug).iter().flat_map(|ix| of(*ix))) } else { own }
}

/// What to do about food and drink, of the drug and its components.
fn food(drug: DrugIx, knowledge: &KnowledgeBase) -> Vec<&Bilingual> {
    let all = std::iter::once(drug).chain(knowledge.components(drug).iter().copied());
    each_once(all.flat_map(|ix| knowledge.facts().food.of(ix)).map(|(_, entry)| &entry.action))
}

fn each_once<'k>(texts: impl Iterator<Item = &'k Bilingual>) -> Vec<&'k Bilingual> {
    let mut once = Vec::new();
    for text in texts {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once
}
