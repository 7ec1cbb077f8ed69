//! The knowledge base knows the names.

use bogam_knowledge::{KnowledgeBase, PackFile};
use bogam_mimic::{Meaning, Names};

const PACK: &str = r#"
[pack]
id = "test"
version = "1"
reviewed = "2026-01-01"
expires = "2030-01-01"
approved_by = "nobody"

[[source]]
id = "label"
title = "Label"
kind = "label"

[[class]]
id = "loop_diuretic"
name = { en = "Loop diuretic", ko = "고리 이뇨제" }
duplicate = "warning"

[[ingredient]]
id = "furosemide"
name = { en = "Furosemide", ko = "푸로세미드" }
atc = ["C03CA01"]
class = "loop_diuretic"
routes = ["PO"]
brands = ["Lasix"]
source = "label"
basis = "recalled"

[[not_drug]]
kind = "flush"
names = ["saline flush"]
"#;

#[test]
fn the_knowledge_base_tells_drugs_from_what_is_none_and_what_is_unknown() {
    let file = PackFile { path: "pack.toml".to_owned(), bytes: PACK.as_bytes().to_vec() };
    let knowledge = KnowledgeBase::from_files(&[vec![file]]).unwrap();
    let furosemide = Meaning::Drug { id: "furosemide".to_owned(), atc: vec!["C03CA01".to_owned()] };
    for (name, expected) in [
        ("Furosemide", furosemide.clone()),
        ("Lasix", furosemide),
        ("Saline Flush", Meaning::NotADrug),
        ("Wondermycin", Meaning::Unknown),
        ("", Meaning::Unknown),
    ] {
        assert_eq!(knowledge.meaning(name), expected, "{name}");
    }
}
