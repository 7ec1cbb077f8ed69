//! How many pages there are, and what they are marked with.

use bogam_clinical::text::Lang;
use bogam_leaflet::{Mark, Paper, typeset};
use lopdf::{Document, Object};

use crate::{fixture, plain, read};

#[test]
fn one_drug_is_one_page_and_twenty_are_no_more_than_they_need() {
    for (lang, paper, drugs, most) in [
        (Lang::Ko, Paper::A4, 1, 1),
        (Lang::En, Paper::A4, 1, 1),
        (Lang::Ko, Paper::A5, 1, 1),
        (Lang::En, Paper::A5, 1, 1),
        (Lang::Ko, Paper::A4, 6, 2),
        (Lang::En, Paper::A4, 6, 2),
        (Lang::Ko, Paper::A5, 6, 4),
        (Lang::Ko, Paper::A4, 20, 6),
        (Lang::En, Paper::A5, 20, 11),
    ] {
        let pages = read(&fixture::leaflet(lang, drugs, false), paper).len();
        assert!((1..=most).contains(&pages), "{drugs} drugs in {lang:?} on {paper:?}: {pages} pages");
        assert!(drugs < 20 || pages > 2, "twenty drugs on {pages} pages");
    }
}

#[test]
fn each_page_of_a_draft_says_so_and_no_page_of_a_confirmed_one_does() {
    for (lang, word, mark) in
        [(Lang::Ko, "초안", "의료진확인후제공"), (Lang::En, "DRAFT", "Reviewedbyaclinicianbeforeitwasgiven")]
    {
        for paper in [Paper::A4, Paper::A5] {
            let draft = read(&fixture::leaflet(lang, 8, true), paper);
            assert!(draft.len() > 1);
            // Across the page, and at its foot.
            assert!(draft.iter().all(|page| plain(page).matches(word).count() >= 2), "{draft:?}");
            assert!(!plain(&draft.concat()).contains(mark));
            let confirmed = plain(&read(&fixture::leaflet(lang, 8, false), paper).concat());
            assert!(!confirmed.contains(word));
            assert_eq!(confirmed.matches(mark).count(), 1);
        }
    }
    let confirmed = plain(&read(&fixture::leaflet(Lang::Ko, 1, false), Paper::A4).concat());
    assert!(confirmed.contains("이의사,2026년3월5일"), "{confirmed}");
}

#[test]
fn text_that_is_older_than_the_drugs_says_so() {
    let mut leaflet = fixture::leaflet(Lang::Ko, 1, true);
    leaflet.text = Some("물과 함께 드십시오.".to_owned());
    let words = "아래글을쓴뒤에약이바뀌었습니다.";
    assert!(!plain(&read(&leaflet, Paper::A4).concat()).contains(words));
    leaflet.mark = Mark::Draft { outdated: true };
    assert!(plain(&read(&leaflet, Paper::A4).concat()).contains(words));
}

#[test]
fn equal_values_give_equal_bytes_and_others_do_not() {
    let leaflet = fixture::leaflet(Lang::Ko, 6, true);
    let first = typeset(&leaflet, Paper::A4).unwrap();
    assert_eq!(first, typeset(&leaflet.clone(), Paper::A4).unwrap());
    assert_ne!(first, typeset(&fixture::leaflet(Lang::Ko, 6, false), Paper::A4).unwrap());
}

#[test]
fn a_pdf_is_tagged_has_a_language_a_title_without_a_patient_and_its_fonts_within() {
    let leaflet = fixture::leaflet(Lang::Ko, 2, false);
    let bytes = typeset(&leaflet, Paper::A5).unwrap();
    let document = Document::load_mem(&bytes).unwrap();
    let catalog = document.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"ko");
    let marked = document.dereference(catalog.get(b"MarkInfo").unwrap()).unwrap().1.as_dict().unwrap();
    assert!(marked.get(b"Marked").unwrap().as_bool().unwrap());
    assert!(catalog.has(b"StructTreeRoot"));
    let info = document.dereference(document.trailer.get(b"Info").unwrap()).unwrap().1.as_dict().unwrap();
    let title = lopdf::decode_text_string(info.get(b"Title").unwrap()).unwrap();
    assert_eq!(title, "복약 안내");
    // Nothing outside the text of the pages names the patient.
    let named = |object: &Object| {
        object.as_str().is_ok_and(|_| {
            lopdf::decode_text_string(object).is_ok_and(|text| text.contains("김보감") || text.contains("T-0001"))
        })
    };
    assert!(!info.iter().any(|(_, value)| named(value)));
    let embedded = document.objects.values().filter_map(|o| o.as_dict().ok());
    let descriptors: Vec<_> = embedded.filter(|d| d.has_type(b"FontDescriptor")).collect();
    assert_eq!(descriptors.len(), 2);
    assert!(descriptors.iter().all(|d| d.has(b"FontFile3") || d.has(b"FontFile2")));
    // A subset: both fonts whole are three megabytes.
    assert!(bytes.len() < 150_000, "{} bytes", bytes.len());
}

#[test]
fn roles_of_the_tree_follow_the_page() {
    let pdf = typeset(&fixture::leaflet(Lang::En, 14, false), Paper::A5).unwrap();
    let document = Document::load_mem(&pdf).unwrap();
    let role = |d: &lopdf::Dictionary| d.get(b"S").ok().and_then(|s| s.as_name().ok()).map(<[u8]>::to_vec);
    let roles: Vec<_> = document.objects.values().filter_map(|o| o.as_dict().ok()).filter_map(role).collect();
    let count = |name: &[u8]| roles.iter().filter(|r| r.as_slice() == name).count();
    // A row a drug below the head, which is in the tree once though it stands on two pages.
    assert_eq!(count(b"TR"), 15);
    assert_eq!(count(b"Table"), 1);
    assert_eq!(count(b"H1"), 1);
    assert_eq!(count(b"H2"), 2);
    assert_eq!(count(b"H3"), 14);
    assert_eq!(count(b"TH"), 5 + 14);
}
