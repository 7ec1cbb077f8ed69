//! Leaflets of patients that do not exist.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use bogam_clinical::text::Lang;
use bogam_leaflet::{Day, Drug, Leaflet, Mark, Point};
use jiff::civil::date;

/// Name in Korean and English, dose, purpose, watch, urgent; each in both languages.
const DRUGS: [[&str; 10]; 7] = [
    [
        "푸로세미드",
        "Furosemide",
        "20–40 mg 경구 1일 1–2회",
        "20–40 mg by mouth once or twice a day",
        "몸에 쌓인 물을 소변으로 빼 줍니다.",
        "Removes excess water from the body.",
        "일어설 때 어지러움; 다리에 쥐가 남; 입이 마름",
        "Dizziness when standing up; cramps in the legs; a dry mouth",
        "실신하거나 맥박이 불규칙할 때",
        "Fainting or an irregular heartbeat",
    ],
    [
        "아픽사반",
        "Apixaban",
        "2.5 mg 경구 1일 2회",
        "2.5 mg by mouth twice a day",
        "심장에서 피떡이 생기는 것을 막아 뇌졸중을 예방합니다.",
        "Prevents clots in the heart, and with them strokes.",
        "잇몸 출혈; 쉽게 드는 멍; 붉은 소변",
        "Bleeding gums; bruises without a cause; red urine",
        "피가 멎지 않거나 검은 변을 볼 때, 머리를 부딪쳤을 때",
        "Bleeding that does not stop, black stools, or a blow to the head",
    ],
    [
        "메트포르민",
        "Metformin",
        "500 mg 경구 1일 2회 식사와 함께",
        "500 mg by mouth twice a day with meals",
        "혈당을 낮춥니다.",
        "Lowers blood sugar.",
        "설사; 입맛이 없음",
        "Diarrhoea; loss of appetite",
        "계속 토하거나 숨이 가쁠 때",
        "Vomiting that goes on, or shortness of breath",
    ],
    [
        "아토르바스타틴",
        "Atorvastatin",
        "20 mg 경구 1일 1회",
        "20 mg by mouth once a day",
        "콜레스테롤을 낮춥니다.",
        "Lowers cholesterol.",
        "까닭 없는 근육통",
        "Muscle pain without a cause",
        "진한 갈색 소변과 심한 근육통",
        "Dark brown urine with severe muscle pain",
    ],
    [
        "비소프롤롤",
        "Bisoprolol",
        "1.25–5 mg 경구 1일 1회",
        "1.25–5 mg by mouth once a day",
        "심장이 천천히, 고르게 뛰게 합니다.",
        "Makes the heart beat slowly and evenly.",
        "손발이 참; 피로",
        "Cold hands and feet; tiredness",
        "맥박이 1분에 50회보다 느리거나 쓰러질 것 같을 때",
        "A pulse below 50 a minute, or nearly fainting",
    ],
    [
        "아목시실린/클라불란산",
        "Amoxicillin and clavulanic acid",
        "500/125 mg 경구 1일 3회",
        "500/125 mg by mouth three times a day",
        "세균을 없앱니다.",
        "Kills bacteria.",
        "설사; 가려움",
        "Diarrhoea; itching",
        "얼굴이 붓거나 숨쉬기 어려울 때",
        "Swelling of the face, or trouble breathing",
    ],
    [
        "인슐린 글라진",
        "Insulin glargine",
        "10 단위 피하 1일 1회",
        "10 units under the skin once a day",
        "하루 내내 혈당을 낮춥니다.",
        "Lowers blood sugar all day.",
        "식은땀; 떨림; 갑작스러운 허기",
        "Sweating; trembling; sudden hunger",
        "정신이 흐려지거나 깨우기 어려울 때",
        "Confusion, or being hard to wake",
    ],
];

fn pick(row: &[&'static str; 10], at: usize, lang: Lang) -> String {
    match lang {
        Lang::Ko => row[at].to_owned(),
        Lang::En => row[at + 1].to_owned(),
    }
}

pub fn names(lang: Lang, n: usize) -> Vec<String> {
    drugs(lang, n).into_iter().map(|drug| drug.name).collect()
}

pub fn drugs(lang: Lang, n: usize) -> Vec<Drug> {
    let word = |ko: &str, en: &str| match lang {
        Lang::Ko => ko.to_owned(),
        Lang::En => en.to_owned(),
    };
    let drug = |n: usize| {
        let row = &DRUGS[n % DRUGS.len()];
        let round = n / DRUGS.len();
        let suffix = if round == 0 { String::new() } else { format!(" {}", round + 1) };
        let point = |label: String, text: String, urgent| Point { label, text, urgent };
        Drug {
            name: format!("{}{suffix}", pick(row, 0, lang)),
            other_name: Some(match lang {
                Lang::Ko => row[1].to_owned(),
                Lang::En => row[0].to_owned(),
            }),
            dose: Some(pick(row, 2, lang)),
            day: (n == 1).then(|| Day {
                morning: Some(word("1정", "1 tablet")),
                evening: Some(word("1정", "1 tablet")),
                ..Day::default()
            }),
            purpose: Some(pick(row, 4, lang)),
            points: vec![
                point(word("복용 방법", "How to take it"), word("물과 함께 삼키십시오.", "Swallow with water."), false),
                point(word("다음 증상이 있으면 알려 주십시오", "Tell us if you notice"), pick(row, 6, lang), false),
                point(
                    word("다음의 경우 즉시 도움을 받으십시오", "Get help at once in case of"),
                    pick(row, 8, lang),
                    true,
                ),
            ],
        }
    };
    (0..n).map(drug).collect()
}

pub fn leaflet(lang: Lang, n: usize, draft: bool) -> Leaflet {
    let word = |ko: &str, en: &str| match lang {
        Lang::Ko => ko.to_owned(),
        Lang::En => en.to_owned(),
    };
    Leaflet {
        lang,
        clinic: word("한빛의원", "Hanbit Clinic"),
        phone: "02-000-0000".to_owned(),
        patient: Some(word("김보감", "Kim Bogam")),
        number: Some("T-0001".to_owned()),
        date: date(2026, 3, 4),
        drugs: drugs(lang, n),
        text: None,
        model_written: None,
        closing: word(
            "의료진과 상의 없이 약을 시작하거나 중단하거나 바꾸지 마십시오. 진료를 받을 때마다 이 안내를 보여 주십시오.",
            "Do not start, stop or change a drug without asking. Show this list wherever you are treated.",
        ),
        mark: if draft {
            Mark::Draft { outdated: false }
        } else {
            Mark::Reviewed { person: word("이의사", "Dr Lee"), date: date(2026, 3, 5) }
        },
    }
}
