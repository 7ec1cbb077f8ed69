//! What is on the paper is what was asked for, letter for letter.

use bogam_clinical::text::Lang;
use bogam_leaflet::{Day, Paper, Point};

use crate::{all, fixture, plain, read};

#[test]
fn each_drug_stands_in_the_table_and_is_explained() {
    for lang in [Lang::Ko, Lang::En] {
        for paper in [Paper::A4, Paper::A5] {
            for drugs in [1, 6, 20] {
                let leaflet = fixture::leaflet(lang, drugs, false);
                let text = all(&leaflet, paper);
                for drug in &leaflet.drugs {
                    let name = plain(&drug.name);
                    assert!(text.matches(&name).count() >= 2, "{name} with {drugs} in {lang:?}");
                    assert!(text.contains(&plain(drug.dose.as_ref().unwrap())), "dose of {name}");
                    assert!(text.contains(&plain(drug.purpose.as_ref().unwrap())), "purpose of {name}");
                    for point in &drug.points {
                        let said = plain(&format!("{}: {}", point.label, point.text));
                        assert!(text.contains(&said), "{said}");
                    }
                }
                assert!(text.contains(&plain(&leaflet.closing)));
                assert!(text.contains("02-000-0000"));
                assert!(text.contains("T-0001"));
            }
        }
    }
}

#[test]
fn a_leaflet_is_in_one_language_but_for_names() {
    let mut korean = fixture::leaflet(Lang::Ko, 1, true);
    korean.drugs[0].other_name = None;
    korean.drugs[0].dose = None;
    korean.number = None;
    let letters = read(&korean, Paper::A4).concat();
    assert!(!letters.chars().any(|c| c.is_ascii_alphabetic()), "{letters}");
    let mut english = fixture::leaflet(Lang::En, 1, true);
    english.drugs[0].other_name = None;
    let letters = read(&english, Paper::A4).concat();
    assert!(letters.is_ascii() || !letters.chars().any(|c| ('가'..='힣').contains(&c)), "{letters}");
}

#[test]
fn a_time_is_never_made_up() {
    let mut leaflet = fixture::leaflet(Lang::En, 1, false);
    leaflet.drugs[0].day = None;
    leaflet.drugs[0].dose = None;
    let text = all(&leaflet, Paper::A4);
    assert!(text.contains("Astoldbyyourcareteam"), "{text}");
    assert!(text.contains("Doseastoldbyyourcareteam"), "{text}");
    leaflet.drugs[0].day = Some(Day { evening: Some("one tablet".to_owned()), ..Day::default() });
    leaflet.drugs[0].dose = Some("5 mg".to_owned());
    let text = all(&leaflet, Paper::A4);
    assert!(!text.contains("astoldby") && !text.contains("Astoldby"), "{text}");
    // Three empty parts are dashes.
    assert!(text.contains("––onetablet–"), "{text}");
}

#[test]
fn what_a_person_typed_is_never_markup() {
    let hostile =
        r##"#let x = 1; #read("/etc/passwd") *b* _i_ $x^2$ [c] \n "q" <a> @ref `raw` {{1}} %d \u{41} ~ // /* */"##;
    let mut leaflet = fixture::leaflet(Lang::En, 1, true);
    leaflet.patient = Some(hostile.to_owned());
    leaflet.clinic = hostile.to_owned();
    leaflet.phone = hostile.to_owned();
    leaflet.drugs[0].name = hostile.to_owned();
    leaflet.drugs[0].points = vec![Point { label: hostile.to_owned(), text: hostile.to_owned(), urgent: false }];
    for paper in [Paper::A4, Paper::A5] {
        let text = all(&leaflet, paper);
        // Clinic twice, patient, phone, name in the table and below it, label, text.
        assert!(text.matches(&plain(hostile)).count() >= 8, "{text}");
    }
    leaflet.text = Some(format!("= {hostile}\n- {hostile}\n+ {hostile}\n#pagebreak()"));
    leaflet.model_written = Some(hostile.to_owned());
    let pages = read(&leaflet, Paper::A4);
    assert_eq!(pages.len(), 1);
    let text = plain(&pages.concat());
    assert!(text.contains("#pagebreak()") && text.contains(&plain(&format!("- {hostile}"))), "{text}");
}

#[test]
fn a_clinicians_words_stand_in_place_of_what_was_composed() {
    let mut leaflet = fixture::leaflet(Lang::Ko, 3, false);
    let own = "아침에 물 한 컵과 드십시오.\n\n- 어지러우면 앉으십시오.\r\n- 모르면 전화하십시오.";
    leaflet.text = Some(own.to_owned());
    let text = all(&leaflet, Paper::A4);
    assert!(text.contains("아침에물한컵과드십시오.-어지러우면앉으십시오.-모르면전화하십시오."), "{text}");
    for drug in &leaflet.drugs {
        assert!(text.contains(&plain(&drug.name)) && text.contains(&plain(drug.dose.as_ref().unwrap())));
        assert!(!text.contains(&plain(drug.purpose.as_ref().unwrap())));
        assert!(!text.contains(&plain(&drug.points[1].text)));
    }
    assert!(!text.contains(&plain(&leaflet.closing)));
}

#[test]
fn what_a_model_wrote_says_so() {
    for (lang, note) in
        [(Lang::Ko, "AI가쓰고의료진이확인했습니다.짠음식"), (Lang::En, "writtenbyAIandconfirmedbyaclinician.짠음식")]
    {
        let mut leaflet = fixture::leaflet(lang, 1, false);
        assert!(!all(&leaflet, Paper::A5).contains("AI가") && !all(&leaflet, Paper::A5).contains("byAI"));
        leaflet.model_written = Some("짠 음식을 줄이십시오.".to_owned());
        let text = all(&leaflet, Paper::A5);
        assert!(text.contains(note), "{text}");
    }
}

#[test]
fn very_long_names_go_on_instead_of_being_cut() {
    let mut leaflet = fixture::leaflet(Lang::Ko, 2, true);
    let run = "가나다라마바사아자차".repeat(60);
    let latin = "Pseudohypoparathyroidin".repeat(20);
    leaflet.patient = Some(run.clone());
    leaflet.clinic = latin.clone();
    leaflet.drugs[0].name = run.clone();
    leaflet.drugs[1].name = latin.clone();
    leaflet.drugs[1].day = Some(Day { morning: Some(latin.clone()), ..Day::default() });
    for paper in [Paper::A4, Paper::A5] {
        let text = all(&leaflet, paper);
        assert!(text.matches(&run).count() >= 3, "{paper:?}");
        assert!(text.matches(&latin).count() >= 3, "{paper:?}");
    }
}

#[test]
fn a_character_that_the_font_lacks_is_a_box_with_a_note() {
    let mut leaflet = fixture::leaflet(Lang::Ko, 1, true);
    let note = "□:이글꼴에없는글자";
    assert!(!all(&leaflet, Paper::A4).contains(note));
    leaflet.patient = Some("김\u{10348}보감\u{200D}".to_owned());
    assert!(all(&leaflet, Paper::A4).contains(note));
    // Korean that is spelled in parts is put together.
    leaflet.patient = Some("\u{1100}\u{1175}\u{11B7}\u{1107}\u{1169}".to_owned());
    let text = all(&leaflet, Paper::A4);
    assert!(text.contains("김보") && !text.contains(note), "{text}");
}

#[test]
fn korean_breaks_between_words() {
    let leaflet = fixture::leaflet(Lang::Ko, 6, false);
    let words: Vec<&str> = leaflet.closing.split(' ').collect();
    for paper in [Paper::A4, Paper::A5] {
        let pages = read(&leaflet, paper).concat();
        for word in &words {
            assert!(pages.contains(word), "{word} is broken on {paper:?}: {pages}");
        }
    }
}

#[test]
fn without_drugs_it_says_so() {
    let mut leaflet = fixture::leaflet(Lang::En, 0, true);
    leaflet.patient = None;
    leaflet.number = None;
    leaflet.clinic = String::new();
    leaflet.phone = " ".to_owned();
    let text = all(&leaflet, Paper::A5);
    assert!(text.contains("Therearenodrugsonthisleaflet."), "{text}");
    assert!(text.contains("Phone____"), "{text}");
}
