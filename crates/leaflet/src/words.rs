//! What stands on every leaflet, in both languages. A leaflet is in one of them.

use bogam_clinical::text::Lang;
use jiff::civil::Date;

pub(crate) struct Words {
    /// As PDF and screen readers name the language.
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) name: &'static str,
    pub(crate) number: &'static str,
    pub(crate) date: &'static str,
    pub(crate) day: &'static str,
    pub(crate) drug: &'static str,
    pub(crate) parts: [&'static str; 4],
    pub(crate) as_told: &'static str,
    pub(crate) dose_as_told: &'static str,
    pub(crate) about: &'static str,
    pub(crate) instructions: &'static str,
    pub(crate) by_model: &'static str,
    pub(crate) no_drugs: &'static str,
    pub(crate) questions: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) draft: &'static str,
    pub(crate) draft_note: &'static str,
    pub(crate) outdated: &'static str,
    pub(crate) reviewed: &'static str,
    pub(crate) lacking: &'static str,
}

pub(crate) const fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::Ko => &Words {
            code: "ko",
            title: "복약 안내",
            name: "이름",
            number: "번호",
            date: "날짜",
            day: "하루 복용표",
            drug: "약",
            parts: ["아침", "점심", "저녁", "자기 전"],
            as_told: "의료진이 알려 드린 대로",
            dose_as_told: "용량은 의료진이 알려 드린 대로",
            about: "약마다 알아 둘 점",
            instructions: "안내",
            by_model: "아래 글은 AI가 쓰고 의료진이 확인했습니다.",
            no_drugs: "이 안내에 적을 약이 없습니다.",
            questions: "궁금한 점이 있으면 전화하십시오.",
            phone: "전화",
            draft: "초안",
            draft_note: "초안입니다. 의료진이 아직 확인하지 않았으니 환자에게 건네지 마십시오.",
            outdated: "아래 글을 쓴 뒤에 약이 바뀌었습니다.",
            reviewed: "의료진 확인 후 제공",
            lacking: "□: 이 글꼴에 없는 글자",
        },
        Lang::En => &Words {
            code: "en",
            title: "Your medicines",
            name: "Name",
            number: "Number",
            date: "Date",
            day: "Your day",
            drug: "Drug",
            parts: ["Morning", "Noon", "Evening", "Bedtime"],
            as_told: "As told by your care team",
            dose_as_told: "Dose as told by your care team",
            about: "About each drug",
            instructions: "Instructions",
            by_model: "The text below was written by AI and confirmed by a clinician.",
            no_drugs: "There are no drugs on this leaflet.",
            questions: "Call us if you have any questions.",
            phone: "Phone",
            draft: "DRAFT",
            draft_note: "This is a draft. No clinician has reviewed it yet: do not give it to a patient.",
            outdated: "A drug was changed after the text below was written.",
            reviewed: "Reviewed by a clinician before it was given",
            lacking: "□: a character that this font lacks",
        },
    }
}

/// A day as people write it.
pub(crate) fn date(lang: Lang, day: Date) -> String {
    match lang {
        Lang::Ko => format!("{}년 {}월 {}일", day.year(), day.month(), day.day()),
        Lang::En => day.strftime("%-d %B %Y").to_string(),
    }
}
