//! What is eaten and drunk with a drug.

use std::collections::BTreeMap;

use bogam_clinical::text::Bilingual;
use bogam_knowledge::pack::Food;

use crate::input::CheckInput;
use crate::outcome::Outcome;
use crate::rule::{Code, Rule};
use crate::shared::{Codes, Saying, hits, say};
use crate::words::sentences;

const CODES: Codes = Codes { critical: "food.contraindicated", warning: "food.avoid", note: "food.caution" };

/// The rule.
pub const RULE: Rule = Rule {
    name: "food",
    title: "Food and drink",
    codes: &[
        Code { code: CODES.critical, tier: "critical", meaning: "Never with this food or drink." },
        Code { code: CODES.warning, tier: "warning", meaning: "Not with this food or drink." },
        Code { code: CODES.note, tier: "note", meaning: "To be told to the patient." },
    ],
    what: "The food entries of each drug: grapefruit, dairy, vitamin K, tyramine, alcohol, potassium, caffeine, meals. One \
           finding an entry, with all its drugs.",
    why: "Patients eat. What they should not eat with a drug nobody tells them unless the list does.",
    example: "Simvastatin gives `food.caution` for grapefruit.",
    limits: "What the patient eats is not known: the finding is there to be told.",
    children: "Holds for children.",
    source: "Each entry carries its own source.",
};

/// Lists what is to be told.
pub(crate) fn check(input: &CheckInput<'_>, out: &mut Outcome) {
    for hit in hits(input, &input.knowledge.facts().food, |_, _| true) {
        let entry = hit.entry;
        let food = name(entry.food);
        let saying = Saying {
            what: Bilingual::new(
                sentences(&[&format!("{}: {}", food.en, entry.effect.en), &entry.action.en]),
                sentences(&[&format!("{}: {}", food.ko, entry.effect.ko), &entry.action.ko]),
            ),
            reason: None,
            instead: None,
            source: &entry.source,
            used: BTreeMap::new(),
        };
        out.add(say(input, CODES.of(entry.severity), entry.severity, &hit.drugs(), saying));
    }
}

fn name(food: Food) -> Bilingual {
    let (en, ko) = match food {
        Food::Grapefruit => ("grapefruit", "자몽"),
        Food::Dairy => ("milk products", "유제품"),
        Food::VitaminK => ("vitamin K in food", "비타민 K 함유 식품"),
        Food::Tyramine => ("food rich in tyramine", "티라민 함유 식품"),
        Food::Alcohol => ("alcohol", "음주"),
        Food::Potassium => ("potassium in food", "칼륨 함유 식품"),
        Food::Caffeine => ("caffeine", "카페인"),
        Food::Meal => ("meals", "식사"),
    };
    Bilingual::new(en, ko)
}
