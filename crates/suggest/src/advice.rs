//! Advice for the patient, assembled from the counselling points of the knowledge base. No model writes here.

use bogam_clinical::text::{Bilingual, Lang};
use bogam_knowledge::{DrugIx, KnowledgeBase};

/// Advice on these drugs, in the order given, in both languages.
pub(crate) fn advice(drugs: &[DrugIx], knowledge: &KnowledgeBase) -> Bilingual {
    Bilingual::new(in_language(drugs, knowledge, Lang::En), in_language(drugs, knowledge, Lang::Ko))
}

struct Words {
    how: &'static str,
    watch: &'static str,
    urgent: &'static str,
    none: &'static str,
    closing: &'static str,
}

const fn words(lang: Lang) -> Words {
    match lang {
        Lang::En => Words {
            how: "How to take it",
            watch: "Tell us if you notice",
            urgent: "Get help at once in case of",
            none: "Your care team gives you these drugs and watches them. Ask us whenever something is unclear.",
            closing: "Do not start, stop or change a drug without asking. Show this list wherever you are treated.",
        },
        Lang::Ko => Words {
            how: "복용 방법",
            watch: "다음 증상이 있으면 알려 주십시오",
            urgent: "다음의 경우 즉시 도움을 받으십시오",
            none: "의료진이 약을 투여하고 경과를 살핍니다. 궁금한 점은 언제든지 물어보십시오.",
            closing: "의료진과 상의 없이 약을 시작하거나 중단하거나 바꾸지 마십시오. 진료를 받을 때마다 이 안내를 보여 주십시오.",
        },
    }
}

fn in_language(drugs: &[DrugIx], knowledge: &KnowledgeBase, lang: Lang) -> String {
    let words = words(lang);
    let mut paragraphs = Vec::new();
    for &drug in drugs {
        let ingredient = knowledge.ingredient(drug);
        let Some(points) = &ingredient.entry.counselling else { continue };
        let mut lines = vec![format!("{}: {}", ingredient.name().get(lang), points.purpose.get(lang))];
        if let Some(how) = &points.how {
            lines.push(format!("- {}: {}", words.how, how.get(lang)));
        }
        let list = |items: &[Bilingual]| {
            items.iter().map(|i| i.get(lang).trim_end_matches('.')).collect::<Vec<_>>().join("; ")
        };
        if !points.watch.is_empty() {
            lines.push(format!("- {}: {}", words.watch, list(&points.watch)));
        }
        if !points.urgent.is_empty() {
            lines.push(format!("- {}: {}", words.urgent, list(&points.urgent)));
        }
        paragraphs.push(lines.join("\n"));
    }
    if paragraphs.is_empty() {
        paragraphs.push(words.none.to_owned());
    }
    paragraphs.push(words.closing.to_owned());
    paragraphs.join("\n\n")
}
