//! Small synthetic packs.

use std::fmt::Write;

use bogam_knowledge::{KnowledgeBase, PackFault, PackFile};

/// What every pack needs.
pub const HEAD: &str = r#"
[pack]
id = "test"
version = "1"
reviewed = "2026-01-31"
expires = "2027-01-31"
approved_by = "nobody"

[[source]]
id = "label"
title = "A label"
kind = "label"

[[class]]
id = "some"
name = { en = "Some", ko = "어떤" }
duplicate = "note"

[[class]]
id = "nsaid"
name = { en = "NSAID", ko = "소염진통제" }
duplicate = "warning"

[[class]]
id = "opioid"
name = { en = "Opioid", ko = "아편유사제" }
duplicate = "warning"

[[purpose]]
id = "pain"
name = { en = "Pain", ko = "통증" }

[[allergy_group]]
id = "penicillins"
name = { en = "Penicillins", ko = "페니실린계" }
aliases = ["penicillin", "pcn"]

[[allergy_group]]
id = "cephalosporins"
name = { en = "Cephalosporins", ko = "세팔로스포린계" }
aliases = ["세파계"]
"#;

/// An ingredient of class `some`; further keys and tables follow.
pub fn ingredient(id: &str, en: &str, ko: &str, rest: &str) -> String {
    format!(
        "\n[[ingredient]]\nid = \"{id}\"\nname = {{ en = \"{en}\", ko = \"{ko}\" }}\natc = []\nclass = \"some\"\n\
         routes = [\"PO\"]\nsource = \"label\"\nbasis = \"recalled\"\n{rest}\n"
    )
}

/// An ingredient of a class.
pub fn of_class(id: &str, class: &str, rest: &str) -> String {
    ingredient(id, id, id, rest).replace("class = \"some\"", &format!("class = \"{class}\""))
}

/// An interaction between quoted lists of drugs.
pub fn interaction(a: &str, b: &str, severity: &str, effect: &str) -> String {
    format!(
        "\n[[interaction]]\na = [{a}]\nb = [{b}]\nseverity = \"{severity}\"\neffect = {{ en = \"{effect}\", ko = \"{effect}\" }}\n\
         action = {{ en = \"act\", ko = \"조치\" }}\nsource = \"label\"\nbasis = \"read\"\n"
    )
}

pub fn file(path: &str, text: &str) -> PackFile {
    PackFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
}

/// The base of the head and a text.
pub fn base(text: &str) -> KnowledgeBase {
    load(&[vec![file("head.toml", HEAD), file("test.toml", text)]])
}

pub fn load(packs: &[Vec<PackFile>]) -> KnowledgeBase {
    KnowledgeBase::from_files(packs).unwrap_or_else(|error| panic!("{error}"))
}

/// Every fault of a text below the head.
pub fn faults(text: &str) -> Vec<PackFault> {
    match KnowledgeBase::from_files(&[vec![file("head.toml", HEAD), file("test.toml", text)]]) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults,
    }
}

/// A text with numbers of lines, for messages.
pub fn numbered(text: &str) -> String {
    text.lines().zip(1..).fold(String::new(), |mut all, (line, n)| {
        writeln!(all, "{n:3} {line}").unwrap();
        all
    })
}
