//! Why a drug is listed, in words.

use bogam_clinical::case::Case;
use bogam_clinical::record::{Past, Strength};
use bogam_clinical::text::Bilingual;
use bogam_knowledge::KnowledgeBase;
use bogam_knowledge::pack::UseShare;

use crate::candidates::Candidate;

/// The words for a strength.
pub(crate) const fn strength_words(strength: Strength) -> (&'static str, &'static str) {
    match strength {
        Strength::FirstLine => ("first line", "1차 선택"),
        Strength::Alternative => ("alternative", "대체 선택"),
        Strength::Adjunct => ("added to other treatment", "병용 추가"),
        Strength::Prophylaxis => ("prevention", "예방"),
        Strength::Supportive => ("supportive", "보조 치료"),
    }
}

/// The words for how commonly hospital patients are given it: what the shares of the packs say.
const fn share_words(share: UseShare) -> (&'static str, &'static str) {
    match share {
        UseShare::Most => ("given to most hospital patients", "병원 환자 대부분에게 처방"),
        UseShare::Often => ("often given to hospital patients", "병원 환자에게 흔히 처방"),
        UseShare::Some => ("given to some hospital patients", "병원 환자 일부에게 처방"),
        UseShare::Few | UseShare::Rare => ("given to few hospital patients", "병원 환자에게 드물게 처방"),
    }
}

/// What spoke for a drug beside the knowledge base.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spoke<'a> {
    /// The model wrote its name.
    pub written: bool,
    /// Past admissions speak for it.
    pub prior: bool,
    /// Similar ones that were given it.
    pub past: Option<&'a Past>,
}

/// The reason for a candidate: what it is for, how strongly, how commonly, and which channels spoke.
pub(crate) fn reason(candidate: &Candidate<'_>, case: &Case, knowledge: &KnowledgeBase, spoke: Spoke<'_>) -> Bilingual {
    let mut en = Vec::new();
    let mut ko = Vec::new();
    if candidate.current.is_some() {
        en.push("Already taken".to_owned());
        ko.push("현재 복용 중".to_owned());
    }
    let main = candidate.main_indication();
    match main.and_then(|m| m.diagnosis.and_then(|at| case.diagnoses.get(at)).map(|d| (m, d))) {
        Some((m, diagnosis)) => {
            let code = diagnosis.dotted();
            let name = knowledge.diagnosis_name(diagnosis);
            let title = diagnosis.title.clone().or_else(|| name.map(|n| n.en.clone()));
            let (strength_en, strength_ko) = strength_words(m.entry.strength);
            let (share_en, share_ko) = share_words(m.entry.share);
            en.push(format!("{} ({code}): {strength_en}, {share_en}", title.as_deref().unwrap_or("diagnosis")));
            let title_ko = name.map(|n| n.ko.clone()).or(title);
            ko.push(format!("{} ({code}): {strength_ko}, {share_ko}", title_ko.as_deref().unwrap_or("진단")));
        }
        None => match main {
            Some(m) => {
                let (share_en, share_ko) = share_words(m.entry.share);
                let purpose = knowledge.purpose(&m.entry.purpose).map(|p| p.name.clone());
                let purpose = purpose.unwrap_or_else(|| Bilingual::new("Hospital routine", "입원 치료"));
                let (strength_en, strength_ko) = strength_words(m.entry.strength);
                en.push(format!("{}: {strength_en}, {share_en}", purpose.en));
                ko.push(format!("{}: {strength_ko}, {share_ko}", purpose.ko));
            }
            None => {
                en.push("No diagnosis of this case asks for it in the knowledge base".to_owned());
                ko.push("지식 베이스에 이 진단의 적응증 없음".to_owned());
            }
        },
    }
    if let Some(past) = spoke.past {
        let Past { with, of, group } = past;
        en.push(format!("given in {with} of {of} past admissions with {group}"));
        ko.push(format!("{group} 입원 {of}건 중 {with}건에서 처방"));
    } else if spoke.prior && candidate.indications.is_empty() {
        en.push("often given in past admissions like this one".to_owned());
        ko.push("비슷한 과거 입원에서 처방됨".to_owned());
    }
    if spoke.written {
        en.push("named by the language model".to_owned());
        ko.push("언어 모델이 제시".to_owned());
    }
    Bilingual::new(en.join("; "), ko.join("; "))
}
