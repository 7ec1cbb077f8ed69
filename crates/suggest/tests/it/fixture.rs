//! A pack of a few drugs, and the suggester over it.

use bogam_clinical::record::SuggestionRecord;
use bogam_engine::{Cancel, Engine, NoSink};
use bogam_knowledge::{KnowledgeBase, PackFile};
use bogam_suggest::{Options, Prompts, SuggestError, Suggester, Weights};
use bogam_testkit::CaseJson;

const HEAD: &str = r#"
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
id = "loop"
name = { en = "Loop", ko = "루프" }
duplicate = "warning"
[[class]]
id = "other"
name = { en = "Other", ko = "기타" }
duplicate = "allowed"
[[allergy_group]]
id = "greens"
name = { en = "Greens", ko = "그린" }
aliases = ["green"]
[[purpose]]
id = "fluid"
name = { en = "Fluid", ko = "수분" }
[[purpose]]
id = "clot"
covers = ["prevention"]
name = { en = "Clot", ko = "혈전" }
[[purpose]]
id = "prevention"
name = { en = "Prevention", ko = "예방" }
[[purpose]]
id = "bowel"
name = { en = "Bowel", ko = "배변" }
[[purpose]]
id = "heart"
name = { en = "Heart", ko = "심장" }
"#;

/// id, class, groups, then indications: codes, strength, purpose, use, when.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str, &'static str, &'static str, &'static str)],
);

const DRUGS: [Row; 9] = [
    ("furol", "loop", "", &[("\"I50\"", "first_line", "fluid", "most", "")]),
    ("torol", "loop", "", &[("\"I50\"", "alternative", "fluid", "often", "")]),
    ("bisol", "other", "", &[("\"I50\"", "first_line", "heart", "often", "")]),
    ("greenol", "other", "\"greens\"", &[("\"I50\"", "adjunct", "heart", "some", "")]),
    ("warfol", "other", "", &[("\"I48\"", "first_line", "clot", "often", "")]),
    ("hepol", "other", "", &[("", "prophylaxis", "prevention", "often", "setting = [\"inpatient\"]")]),
    ("sennol", "other", "", &[("", "supportive", "bowel", "often", "setting = [\"inpatient\"]")]),
    ("enemol", "other", "", &[("\"I48\"", "adjunct", "bowel", "some", "")]),
    ("rarol", "other", "", &[("\"I50\"", "adjunct", "heart", "rare", "")]),
];

pub fn pack() -> KnowledgeBase {
    let mut text = HEAD.to_owned();
    for (id, class, groups, indications) in DRUGS {
        text += &format!(
            "[[ingredient]]\nid = \"{id}\"\nname = {{ en = \"{id}\", ko = \"약{id}\" }}\natc = []\nclass = \"{class}\"\n\
             routes = [\"PO\"]\nallergy_groups = [{groups}]\nsource = \"label\"\nbasis = \"read\"\n"
        );
        for (codes, strength, purpose, share, when) in indications {
            text += &format!(
                "[[ingredient.indication]]\nicd10 = [{codes}]\nstrength = \"{strength}\"\npurpose = \"{purpose}\"\n\
                 use = \"{share}\"\nwhen = {{ {when} }}\n"
            );
        }
        text += "[ingredient.dose]\nen = \"1 mg\"\nko = \"1 mg 경구\"\n";
        text += "[ingredient.counselling]\nfor = { en = \"Helps the heart.\", ko = \"심장을 돕습니다.\" }\n";
    }
    text += "[[interaction]]\na = [\"bisol\"]\nb = [\"enemol\", \"warfol\"]\nseverity = \"critical\"\n\
             effect = { en = \"Bad.\", ko = \"나쁨.\" }\naction = { en = \"Do not.\", ko = \"금지.\" }\nsource = \"label\"\nbasis = \"read\"\n";
    let file = PackFile { path: "test.toml".into(), bytes: text.into_bytes() };
    KnowledgeBase::from_files(&[vec![file]]).unwrap_or_else(|e| panic!("{e}"))
}

pub fn prompts() -> Prompts {
    let score = include_str!("../../../../assets/prompts/score.toml");
    Prompts::read(score, include_str!("../../../../assets/prompts/advice.toml")).unwrap()
}

pub fn try_suggest(
    case: &CaseJson,
    engine: Option<&dyn Engine>,
    options: &Options,
) -> Result<SuggestionRecord, SuggestError> {
    let (knowledge, prompts) = (pack(), prompts());
    let suggester = Suggester::new(&knowledge, &prompts, engine, Weights::default())?;
    let read = case.read();
    suggester.suggest(&read.case, (&read.unknown_fields, "sha256:x"), options, &mut NoSink, &Cancel::new())
}

pub fn suggest(case: &CaseJson, engine: Option<&dyn Engine>) -> SuggestionRecord {
    try_suggest(case, engine, &Options::default()).unwrap()
}

pub fn ids(record: &SuggestionRecord) -> Vec<&str> {
    record.drugs.iter().map(|d| d.ingredient.as_str()).collect()
}
