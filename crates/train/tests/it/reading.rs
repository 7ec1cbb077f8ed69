//! Samples of every form, and of none.

use std::collections::BTreeMap;
use std::io::Cursor;

use bogam_train::samples::{Answer, Cleaning, Fate, Language, ReadReport, Sample, read};
use bogam_train::{Base, ListForm, Split, Tokens, divide};

use crate::disk;

fn reading(bytes: &[u8]) -> (Vec<Sample>, ReadReport) {
    let (samples, report) = read(&mut Cursor::new(bytes), Cleaning::default()).unwrap();
    assert_eq!(report.read, report.kept + report.dropped, "{report:?}");
    assert_eq!(report.kept, samples.len() as u64);
    (samples, report)
}

fn fates(report: &ReadReport) -> BTreeMap<Fate, u64> {
    report.fates.iter().map(|(fate, seen)| (*fate, seen.records)).collect()
}

fn alpaca(question: &str, answer: &str) -> String {
    serde_json::json!({"instruction": question, "input": "", "output": answer}).to_string()
}

/// What is left of an answer, and what was said about it.
fn cleaned(answer: &str) -> (String, Vec<Fate>) {
    let (samples, report) = reading(alpaca("What is it?", answer).as_bytes());
    let text = samples.first().map_or(String::new(), |s| match &s.answer {
        Answer::Text(text) => text.clone(),
        Answer::List(_) => panic!("a list"),
    });
    (text, report.fates.into_keys().collect())
}

#[test]
fn every_form_of_record_is_read_as_lines_and_as_an_array() {
    let records = [
        r#"{"sample_id":"a","patient_id":"p","case_id":"a","messages":[{"role":"user","content":"q"}],"answer":["x","y"]}"#,
        r#"{"instruction":"Answer.","input":"What is asthma?","output":"A disease of the airways."}"#,
        r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"One."}]}"#,
        r#"{"id":7,"conversations":[{"from":"human","value":"Hm?"},{"from":"gpt","value":"Two."}]}"#,
    ];
    let lines = records.join("\n");
    let array = format!("\u{FEFF}[\n{}\n]", records.join(",\n"));
    for text in [lines, array] {
        let (samples, report) = reading(text.as_bytes());
        assert_eq!(report.fates, BTreeMap::new());
        let told: Vec<(&str, Option<&str>, usize, u64)> =
            samples.iter().map(|s| (s.id.as_str(), s.patient.as_deref(), s.messages.len(), s.line)).collect();
        assert_eq!(told, [("a", Some("p"), 1, 1), ("line 2", None, 1, 2), ("line 3", None, 2, 3), ("7", None, 1, 4)]);
        assert_eq!(samples[0].answer, Answer::List(vec!["x".into(), "y".into()]));
        assert_eq!(samples[1].messages[0].content, "Answer.\n\nWhat is asthma?");
        assert_eq!(samples[3].answer, Answer::Text("Two.".into()));
    }
}

#[test]
fn what_cannot_be_read_is_counted_with_its_line_and_stops_nothing() {
    let mut file = Vec::new();
    for line in [
        alpaca("Q1", "A1.").as_bytes(),
        b"\xFF\xFE not text",
        b"",
        b"{\"instruction\": \"cut",
        b"[1, 2]",
        b"{\"prompt\": \"x\", \"completion\": \"y\"}",
        b"{\"instruction\": \"no answer\"}",
        alpaca("empty", " \n ").as_bytes(),
        alpaca("", "nothing asked").as_bytes(),
        br#"{"sample_id":"n","messages":[{"role":"user","content":"q"}],"answer":[]}"#,
        br#"{"sample_id":"m","messages":[{"role":"user","content":"q"}],"answer":[3]}"#,
        br#"{"messages":[{"role":"user","content":"unanswered"}]}"#,
        br#"{"sample_id":"t","messages":[{"role":"user","content":"q"}],"answer":["x","x",""]}"#,
    ] {
        file.extend_from_slice(line);
        file.push(b'\n');
    }
    let (samples, report) = reading(&file);
    assert_eq!(samples.iter().map(|s| s.line).collect::<Vec<_>>(), [1, 13]);
    assert_eq!(samples[1].answer, Answer::List(vec!["x".into()]));
    assert_eq!((report.read, report.dropped), (12, 10));
    let expected = [
        (Fate::RepeatedItems, 1),
        (Fate::NotUtf8, 1),
        (Fate::NotJson, 2),
        (Fate::UnknownForm, 2),
        (Fate::NoPrompt, 1),
        (Fate::NoAnswer, 4),
    ];
    assert_eq!(fates(&report), expected.into_iter().collect());
    assert_eq!(report.fates[&Fate::NoAnswer].lines, [7, 8, 10, 12]);
}

#[test]
fn an_empty_file_one_record_and_nothing_but_duplicates() {
    let (samples, report) = reading(b"");
    assert!(samples.is_empty() && report == ReadReport::default());
    assert_eq!(reading(b"[]").1, ReadReport::default());
    let (samples, report) = reading(b"[1, 2");
    assert_eq!((samples.len(), fates(&report)), (0, [(Fate::NotJson, 1)].into()));
    let (samples, report) = reading(b"[\"\xFF\"]");
    assert_eq!((samples.len(), fates(&report)), (0, [(Fate::NotUtf8, 1)].into()));
    assert_eq!(reading(alpaca("Q", "A.").as_bytes()).0.len(), 1);
    let same = format!("{}\n", alpaca("What is asthma?", "A disease.")).repeat(500);
    let (samples, report) = reading(same.as_bytes());
    assert_eq!((samples.len(), fates(&report)), (1, [(Fate::Duplicate, 499)].into()));
    assert_eq!(report.fates[&Fate::Duplicate].lines, [2, 3, 4, 5, 6]);
    // Two admissions that tell the same are two; the same admission twice is one.
    let admission = |id: &str| {
        format!(
            "{{\"sample_id\":\"{id}\",\"messages\":[{{\"role\":\"user\",\"content\":\"q\"}}],\"answer\":[\"x\"]}}\n"
        )
    };
    let (samples, report) = reading((admission("a") + &admission("b") + &admission("a")).as_bytes());
    assert_eq!((samples.len(), fates(&report)), (2, [(Fate::Duplicate, 1)].into()));
}

#[test]
fn near_duplicates_are_left_out_and_similar_questions_are_not() {
    let body = "천식은 기도가 좁아져 숨이 차고 기침이 나는 병으로 흡입제를 꾸준히 쓰는 것이 중요하며 담배 연기와 찬 공기를 \
                피하고 증상이 심해지면 병원에 가야 합니다 그리고 정기적으로 폐 기능을 검사하는 것이 좋습니다";
    let other = "고혈압은 혈압이 높은 상태가 이어지는 병으로 싱겁게 먹고 운동하며 약을 빠뜨리지 않는 것이 중요하고 머리가 아프거나 \
                 어지러우면 병원에 가야 합니다 그리고 집에서 혈압을 재어 적어 두는 것이 좋습니다";
    let lines = [alpaca("천식이란?", body), alpaca("천식이란?", &format!("{body} 네")), alpaca("고혈압이란?", other)];
    let (samples, report) = reading(lines.join("\n").as_bytes());
    assert_eq!(samples.iter().map(|s| s.line).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(fates(&report), [(Fate::NearDuplicate, 1)].into());
}

#[test]
fn texts_are_cleaned_and_each_change_is_named() {
    for (given, left, fate) in [
        ("천식은 병입니다.", "천식은 병입니다.", None),
        ("\u{1112}\u{1161}\u{11AB} 잔.", "한 잔.", Some(Fate::Normalized)),
        ("one\u{0007} two\u{200B} three.", "one two three.", Some(Fate::ControlCharacters)),
        ("one\u{E123} two\u{FFFD}.", "one two.", Some(Fate::BrokenCharacters)),
        ("<p>one</p>two &amp; <b>three</b>.", "one\ntwo & three.", Some(Fate::Markup)),
        ("if x < 3 and y > 4, stop.", "if x < 3 and y > 4, stop.", None),
        ("eGFR <30 or >60.", "eGFR <30 or >60.", None),
        ("아하하하하하하 100000000 mg.", "아하하하하 100000000 mg.", Some(Fate::RepeatedCharacters)),
        ("쉬십시오.\n도움이 되셨으면 채택 부탁드립니다.", "쉬십시오.", Some(Fate::Boilerplate)),
        ("Write to a.b@c.kr (010-1234-5678).", "Write to [removed] ([removed]).", Some(Fate::ContactDetails)),
        ("See https://x.kr/a now.", "See [removed] now.", Some(Fate::ContactDetails)),
        ("상담은 1588-1234 입니다.", "상담은 [removed] 입니다.", Some(Fate::ContactDetails)),
        (
            "안녕하세요 의사 김철수입니다. 쉬십시오.",
            "안녕하세요 의사 [removed]입니다. 쉬십시오.",
            Some(Fate::ContactDetails),
        ),
        ("BP 120-80, on 2024-05-06, 10-20 mg, 5-10 years.", "BP 120-80, on 2024-05-06, 10-20 mg, 5-10 years.", None),
        ("혈당이 높으면 물을 자주 마시고 식사를 조절하며 운동을 하고 약을", "", Some(Fate::CutAnswer)),
        ("... !!! ???", "", Some(Fate::NoAnswer)),
    ] {
        let (text, seen) = cleaned(given);
        assert_eq!((text.as_str(), seen), (left, fate.into_iter().collect()), "{given:?}");
    }
}

#[test]
fn answers_of_another_language_are_left_out_where_one_is_asked_for() {
    let lines = [alpaca("q1", "쉬고 물을 마십시오. MRI 검사."), alpaca("q2", "Rest and drink."), alpaca("q3", "休息")];
    for (language, kept) in [(Some(Language::Ko), [1].as_slice()), (Some(Language::En), &[2]), (None, &[1, 2, 3])] {
        let cleaning = Cleaning { texts: true, language };
        let (samples, report) = read(&mut Cursor::new(lines.join("\n")), cleaning).unwrap();
        assert_eq!(samples.iter().map(|s| s.line).collect::<Vec<_>>(), kept);
        assert_eq!(report.dropped, 3 - kept.len() as u64);
    }
}

#[test]
fn a_record_of_two_hundred_thousand_tokens_is_left_out_and_a_patient_is_on_one_side_only() {
    let folder = tempfile::tempdir().unwrap();
    let base = Base::open(&disk::gguf(folder.path())).unwrap();
    let (tokens, form) = (Tokens::of(&base).unwrap(), ListForm::new("Drugs given:\n-"));
    let sample = |id: usize, text: &str| {
        serde_json::json!({"sample_id": id.to_string(), "patient_id": format!("p{}", id / 3),
            "messages": [{"role": "user", "content": text}], "answer": ["x"]})
        .to_string()
    };
    let mut lines: Vec<String> = (0..90).map(|i| sample(i, "short")).collect();
    lines.push(sample(90, &"x7 ".repeat(70_000)));
    let (samples, mut report) = reading(lines.join("\n").as_bytes());
    let longest = tokens.prompt(&samples[90].messages, "").unwrap().len();
    assert!(longest > 200_000, "{longest}");
    let split = Split { one_of: Some(5), ..Split::default() };
    let divided = divide(samples.clone(), &split, (&tokens, &form), 2048, &mut report).unwrap();
    assert_eq!(fates(&report), [(Fate::TooManyTokens, 1)].into());
    assert_eq!(report.fates[&Fate::TooManyTokens].lines, [91]);
    assert_eq!((report.read, report.kept, report.dropped), (91, 90, 1));
    let patients = |samples: &[Sample]| {
        samples.iter().filter_map(|s| s.patient.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    let (train, validation) = (patients(&divided.train), patients(&divided.validation));
    assert!(train.is_disjoint(&validation));
    assert_eq!(train.len() + validation.len(), 30);
    assert!((2..12).contains(&validation.len()), "{}", validation.len());
    assert!(divided.longest < 200);
    // Nothing is trained on silently: where none is left, that is an error with numbers.
    let all = Split { exclude: train.union(&validation).cloned().collect(), ..Split::default() };
    let (samples, mut report) = reading(lines[..6].join("\n").as_bytes());
    let problem = divide(samples, &all, (&tokens, &form), 2048, &mut report).unwrap_err();
    assert!(problem.to_string().contains("6 read, 6 dropped"), "{problem}");
}
