//! Search: Korean and Latin, long and short, by part, with conditions and pages.

use bogam_vault::{CaseStatus, Field, PersonId, SearchQuery, Vault};

use crate::fixture::{at, case_of, record, vault};

fn filled() -> (crate::fixture::Place, Vault) {
    let (place, vault) = vault();
    let people = [
        ("a", "김철수", "10001", "I10", "본태성 고혈압"),
        ("b", "김영희", "10002", "E11.9", "제2형 당뇨병"),
        ("c", "Anna O'Neil", "20003", "I50.9", "Heart failure"),
        ("d", "이김수", "30004", "N10", "급성 신우신염"),
    ];
    for (second, (id, name, number, code, title)) in (1..).zip(people) {
        let value = serde_json::json!({"case_id": id,
          "patient": {"name": name, "number": number, "age_years": 60, "sex": "F"},
          "diagnoses": [{"system": "kcd", "code": code, "title": title}]});
        vault.save_case(&case_of(value), at(second * 10)).unwrap();
    }
    let key = vault.find_case("a").unwrap();
    vault.save_suggestion((key, 1), &record("a", &["amlodipine"]), None, at(50)).unwrap();
    (place, vault)
}

fn ids(vault: &Vault, query: &SearchQuery) -> String {
    vault.search(query).unwrap().into_iter().map(|hit| hit.case_id).collect()
}

#[test]
fn words_are_found_wherever_they_stand_and_the_newest_come_first() {
    let (_place, vault) = filled();
    let text = |text: &str| ids(&vault, &SearchQuery { text: text.to_owned(), ..SearchQuery::default() });
    for (query, expected) in [
        ("김철수", "a"),
        ("김철", "a"),
        ("철수", "a"),
        ("김", "adcb"), // in names and in that of the author
        ("김수", "d"),  // not 김철수
        ("고혈압", "a"),
        ("혈압", "a"),
        ("당뇨 김", "b"),  // both
        ("급성 김철", ""), // not both
        ("anna", "c"),
        ("NNA", "c"), // three letters: anywhere
        ("an", "c"),  // two of Latin: the beginning of a word
        ("nn", ""),
        ("o'neil", "c"),
        ("10001", "a"),
        ("000", "adcb"),
        ("i50.9", "c"),
        ("amlodipine", "a"),
        ("amlodipine정", "a"),
        ("메트포르민", "a"), // withheld, found as well
        ("torasemide", ""),  // merely considered
        ("김보감", "adcb"),  // the author
        ("\"; DROP TABLE cases", ""),
        ("* OR ^ NEAR(", ""),
        ("없음", ""),
    ] {
        assert_eq!(text(query), expected, "{query}");
    }
    let nfd: String = unicode_normalization::UnicodeNormalization::nfd("김철").collect();
    assert_eq!(text(&nfd), "a");
}

#[test]
fn parts_conditions_and_pages() {
    let (_place, vault) = filled();
    let all = SearchQuery::default();
    let within = |field, text: &str| SearchQuery { fields: vec![(field, text.to_owned())], ..all.clone() };
    assert_eq!(ids(&vault, &within(Field::Name, "김")), "adb");
    assert_eq!(ids(&vault, &within(Field::Author, "김")), "adcb");
    assert_eq!(ids(&vault, &within(Field::Drug, "고혈압")), "");
    assert_eq!(ids(&vault, &within(Field::Diagnosis, "E11")), "b");
    assert_eq!(ids(&vault, &within(Field::Number, "20003")), "c");
    assert_eq!(ids(&vault, &SearchQuery { status: Some(CaseStatus::Suggested), ..all.clone() }), "a");
    assert_eq!(ids(&vault, &SearchQuery { from: Some(at(20)), until: Some(at(40)), ..all.clone() }), "cb");
    assert_eq!(ids(&vault, &SearchQuery { author: Some(vault.person()), text: "당뇨".to_owned(), ..all.clone() }), "b");
    for text in ["당", "당뇨", "당뇨병"] {
        let query = |status| SearchQuery { text: text.to_owned(), status: Some(status), ..all.clone() };
        assert_eq!(ids(&vault, &query(CaseStatus::Open)), "b", "{text}");
        assert_eq!(ids(&vault, &query(CaseStatus::Suggested)), "", "{text}");
        let other = SearchQuery { text: text.to_owned(), author: Some(PersonId(10)), ..all.clone() };
        assert_eq!(ids(&vault, &other), "", "{text}");
    }
    assert_eq!(ids(&vault, &SearchQuery { text: "statusopen".to_owned(), ..all.clone() }), "", "no text of a case");
    assert_eq!(ids(&vault, &within(Field::Name, "1")), "", "a number is no name");
    for text in ["", "김보감", "김"] {
        let whole = ids(&vault, &SearchQuery { text: text.to_owned(), ..all.clone() });
        let (mut pages, mut after) = (String::new(), None);
        loop {
            let query = SearchQuery { text: text.to_owned(), limit: 1, after, ..all.clone() };
            let Some(hit) = vault.search(&query).unwrap().pop() else { break };
            after = Some(hit.place);
            pages.push_str(&hit.case_id);
        }
        assert_eq!(pages, whole, "{text}");
    }
}

#[test]
fn what_a_case_no_longer_says_is_no_longer_found() {
    let (_place, vault) = filled();
    let value = serde_json::json!({"case_id": "b", "patient": {"name": "박영희", "age_years": 60, "sex": "F"},
      "diagnoses": [{"system": "kcd", "code": "I10", "title": "본태성 고혈압"}]});
    assert_eq!(vault.save_case(&case_of(value), at(60)).unwrap().1, 2);
    let text = |text: &str| ids(&vault, &SearchQuery { text: text.to_owned(), ..SearchQuery::default() });
    assert_eq!([text("김영"), text("당뇨병"), text("박영"), text("고혈압")], ["", "", "b", "ba"]);
}

#[test]
fn an_index_that_was_searched_and_then_changed_is_whole() {
    let (_place, vault) = vault();
    let all = SearchQuery { text: "홍길동".to_owned(), ..SearchQuery::default() };
    for i in 0..40 {
        let id = format!("c{i}");
        let saved = vault.save_case(&crate::fixture::case(&id, "홍길동", "1"), at(i)).unwrap();
        // A reader remembers the index as it is now; the writer then changes it.
        assert_eq!(vault.search(&all).unwrap().len() as i64, i + 1);
        vault.save_suggestion(saved, &record(&id, &["amlodipine"]), None, at(i)).unwrap();
        if i % 8 == 7 {
            let found = vault.verify(&[]).unwrap();
            assert!(found.is_clean(), "{i}: {found:?}");
        }
    }
}
