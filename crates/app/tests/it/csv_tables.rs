//! Tables for reviewers: what they hold, what they leave out, and their way back.

use std::collections::BTreeMap;
use std::path::Path;

use bogam_app::csv_out::{decode, encode};
use bogam_app::vault::store::{CaseStatus, Decision, DecisionKind, Override, Review, Verdict};
use bogam_app::vault::{COLUMNS, ExportRequest, MARK, SearchRequest, Session};
use bogam_app::{AppError, Collected};
use serde_json::Value;

use crate::vaults::{OWNER, Place, at, case};

type Table = Vec<BTreeMap<String, String>>;

fn export(session: &Session, place: &Place, change: impl FnOnce(&mut ExportRequest)) -> (String, Table) {
    let mut request = ExportRequest { out: place.path("out.csv"), ..ExportRequest::default() };
    change(&mut request);
    session.export_csv(&request, &mut Collected::default()).unwrap();
    let text = std::fs::read_to_string(&request.out).unwrap();
    let table = read(&text);
    (text, table)
}

/// A table as a script reads it.
fn read(text: &str) -> Table {
    let text = text.strip_prefix('\u{FEFF}').expect("it begins with the mark of UTF-8");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().collect::<Vec<_>>(), COLUMNS.iter().map(|c| c.name).collect::<Vec<_>>());
    let row = |row: csv::StringRecord| {
        let fields = header.iter().zip(&row).map(|(name, field)| (name.to_owned(), decode(field).unwrap()));
        fields.collect()
    };
    reader.records().map(|r| row(r.unwrap())).collect()
}

fn filled(place: &Place) -> Session {
    let session = place.create();
    let mut second = case("c2", "이순신", "87654321");
    second["diagnoses"] = serde_json::json!([{"system": "icd10", "code": "E11.9"}]);
    second["patient"]["age_years"] = 54.into();
    let cases = place.lines("cases.jsonl", &[case("c1", "홍길동", "12345678"), second]);
    let suggestions = place.suggest(&cases);
    let (added, warnings) = place.add(&session, &cases, Some(&suggestions));
    assert_eq!((added.cases, added.suggestions, added.exit_code()), (2, 2, 0), "{warnings:?}");
    session
}

#[test]
fn a_table_has_a_row_for_each_listed_drug_and_says_what_it_is() {
    let place = Place::new();
    let session = filled(&place);
    let (text, table) = export(&session, &place, |_| ());
    let listed: usize = ["c1", "c2"]
        .iter()
        .map(|id| {
            let id = session.suggestions_of(session.find_case(id).unwrap()).unwrap()[0];
            session.suggestion(id).unwrap().record.drugs.len()
        })
        .sum();
    assert!(listed > 10);
    assert_eq!(table.len(), listed);
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
    assert!(table.iter().all(|row| row["mark"] == MARK));
    let first = &table[0];
    assert_eq!(first["patient_name"], "홍길동");
    assert_eq!(first["age_years"], "93");
    assert_eq!(first["author"], OWNER);
    assert_eq!(first["diagnosis_titles"], "heart of Mrs Private");
    assert_eq!(first["current_drugs"], "Warfarin; Grandma's Tea");
    assert_eq!(first["suggested_at"], "2026-05-28T20:26:50Z");
    assert!(first["probability"].parse::<f64>().unwrap() > 0.0);
    let warfarin = table.iter().find(|row| row["drug"] == "warfarin").unwrap();
    assert_eq!(warfarin["current"], "yes");
    assert!(
        table
            .iter()
            .any(|row| row["findings_ko"].chars().any(|c| ('가'..='힣').contains(&c)) && !row["tier"].is_empty())
    );
}

#[test]
fn what_a_drug_is_changed_to_is_told_in_words_and_learned_by_name() {
    let place = Place::new();
    let session = filled(&place);
    let id = session.suggestions_of(session.find_case("c1").unwrap()).unwrap()[0];
    let drugs: Vec<String> = session.suggestion(id).unwrap().record.drugs.into_iter().map(|d| d.ingredient).collect();
    let to = r#"{"name":"torasemide","dose":{"value":10.0,"unit":"mg"},"route":"via Onion","per_day":2.0}"#;
    for drug in &drugs {
        let changed = drug == &drugs[0];
        let decision = Decision {
            ingredient: drug.clone(),
            decision: if changed { DecisionKind::Changed } else { DecisionKind::Accepted },
            changed_to: changed.then(|| to.to_owned()),
            reason: None,
            note: None,
        };
        let of = |finding: &str| Override {
            finding: finding.to_owned(),
            code: "interaction.pair".to_owned(),
            reason: "monitored".to_owned(),
            note: None,
        };
        let overrides = if changed { vec![of("torasemide+warfarin/0f0f"), of("senna/0a0a")] } else { Vec::new() };
        session.decide_all(id, (&[decision], &overrides), at(20)).unwrap();
    }
    session.sign(id, at(21)).unwrap();
    let row = |deidentified| {
        let (_, table) = export(&session, &place, |r| r.deidentified = deidentified);
        table.into_iter().find(|row| row["drug"] == drugs[0] && row["decision"] == "changed").unwrap()
    };
    assert_eq!(row(false)["changed_to"], "torasemide 10 mg via Onion, 2 a day");
    assert_eq!(row(false)["override_reasons"], "interaction.pair: monitored", "of this drug, and not of another");
    assert_eq!(row(true)["changed_to"], "Torsemide 10 mg, 2 a day", "the name of the packs, and nothing typed");
    let (reviews, cases) = (place.path("reviews.jsonl"), place.path("answered.jsonl"));
    session.export_decisions(&reviews, &cases, &mut Collected::default()).unwrap();
    let text = std::fs::read_to_string(&reviews).unwrap();
    let changed = text.lines().find(|line| line.contains("changed\"")).unwrap();
    let record: Value = serde_json::from_str(changed).unwrap();
    assert_eq!(record["changed_to"], "torasemide");
}

#[test]
fn an_override_of_a_drug_of_two_ingredients_stands_on_its_row() {
    let place = Place::new();
    let session = filled(&place);
    let id = session.suggestions_of(session.find_case("c1").unwrap()).unwrap()[0];
    let drug = session.suggestion(id).unwrap().record.drugs[0].ingredient.clone();
    let decision = Decision {
        ingredient: drug.clone(),
        decision: DecisionKind::Changed,
        changed_to: Some("sacubitril / valsartan".to_owned()),
        reason: None,
        note: None,
    };
    let of = |finding: &str, reason: &str| Override {
        finding: finding.to_owned(),
        code: "interaction.pair".to_owned(),
        reason: reason.to_owned(),
        note: None,
    };
    let overrides = [
        of("sacubitril / valsartan+spironolactone/0f0f", "monitored"),
        of("amlodipine / valsartan+spironolactone/0a0a", "benefit"),
    ];
    session.decide_all(id, (&[decision], &overrides), at(20)).unwrap();
    let (_, table) = export(&session, &place, |_| ());
    let row = table.into_iter().find(|row| row["drug"] == drug && row["decision"] == "changed").unwrap();
    assert_eq!(row["override_reasons"], "interaction.pair: monitored");
}

#[test]
fn a_deidentified_table_tells_nothing_that_was_typed() {
    let place = Place::new();
    let session = filled(&place);
    let key = session.find_case("c1").unwrap();
    let id = session.suggestions_of(key).unwrap()[0];
    let drug = session.suggestion(id).unwrap().record.drugs[0].ingredient.clone();
    let decision = Decision {
        ingredient: drug.clone(),
        decision: DecisionKind::Changed,
        changed_to: Some("Grandma's Tea".into()),
        reason: Some("preference".into()),
        note: Some("홍길동 wants it".into()),
    };
    session.decide(id, &decision, at(20)).unwrap();
    let (text, table) = export(&session, &place, |r| r.deidentified = true);
    let secrets = [
        "홍길동",
        "이순신",
        "12345678",
        "87654321",
        "c1",
        "2026-03",
        "2026-05",
        "Private",
        "Grandma",
        "Onion",
        "Nightingale",
        "secret remark",
        "rash of hers",
        OWNER,
        "wants it",
    ];
    for secret in secrets {
        // The identifiers of these cases are short: as a field of their own they would be found.
        let found = if secret == "c1" { text.contains(",c1,") } else { text.contains(secret) };
        assert!(!found, "{secret} is told");
    }
    let row = table.iter().find(|row| row["drug"] == drug && row["case"] == "1").unwrap();
    assert_eq!(row["age_years"], "90");
    assert_eq!(row["current_drugs"], "Warfarin; (not recognised)");
    assert_eq!(row["changed_to"], "(not recognised)");
    assert_eq!((row["decision"].as_str(), row["decision_reason"].as_str()), ("changed", "preference"));
    assert!(row["diagnosis_titles"].contains("eart failure"), "{}", row["diagnosis_titles"]);
    let for_heart = table.iter().find(|row| row["case"] == "1" && row["reason_en"].contains("I50.9")).unwrap();
    assert!(for_heart["reason_en"].contains("[…]"), "{}", for_heart["reason_en"]);
    assert!(table.iter().any(|row| row["age_years"] == "54"));
    let told = COLUMNS.iter().filter(|c| c.deidentified == Some("empty"));
    for column in told {
        assert!(table.iter().all(|row| row[column.name].is_empty()), "{} is not empty", column.name);
    }
}

#[test]
fn filters_leave_what_they_say() {
    let place = Place::new();
    let session = filled(&place);
    let rows = |change: fn(&mut ExportRequest)| export(&session, &place, change).1;
    let all = rows(|_| ());
    let of_metformin = rows(|r| r.drug = Some("Metformin".into()));
    assert!(!of_metformin.is_empty() && of_metformin.iter().all(|row| row["case"] == "2"));
    assert!(of_metformin.len() < all.len());
    assert!(
        rows(|r| r.only = SearchRequest { status: Some(CaseStatus::Signed), ..SearchRequest::default() }).is_empty()
    );
    assert_eq!(rows(|r| r.only.status = Some(CaseStatus::Suggested)), all);
    assert_eq!(rows(|r| r.only.author = Some(OWNER.into())), all);
    assert!(rows(|r| r.only.from = Some(at(11))).is_empty());
    assert_eq!(rows(|r| r.only.from = Some(at(10))), all);
    assert!(rows(|r| r.only.until = Some(at(10))).is_empty());
    let unknown = ExportRequest { out: place.path("x.csv"), drug: Some("nonsense".into()), ..ExportRequest::default() };
    let refused = session.export_csv(&unknown, &mut Collected::default());
    assert!(matches!(refused, Err(AppError::Unusable(_))) && !place.path("x.csv").exists());
}

/// Fills in the column of a row, as a spreadsheet does.
fn fill(text: &str, mut with: impl FnMut(usize, &BTreeMap<String, String>) -> (String, String)) -> Vec<u8> {
    let text = text.trim_start_matches('\u{FEFF}');
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for (at, row) in reader.records().enumerate() {
        let row = row.unwrap();
        let named = header.iter().zip(&row).map(|(n, f)| (n.to_owned(), f.to_owned())).collect();
        let (review, comment) = with(at, &named);
        let fields = header.iter().zip(&row).map(|(name, field)| match name {
            "review" => review.as_str(),
            "review_comment" => comment.as_str(),
            _ => field,
        });
        writer.write_record(fields).unwrap();
    }
    writer.into_inner().unwrap()
}

fn import(session: &Session, path: &Path) -> bogam_app::vault::ImportedReviews {
    session.import_reviews(path, at(100), &mut Collected::default()).unwrap()
}

#[test]
fn a_filled_in_table_comes_back_row_by_row() {
    let place = Place::new();
    let session = filled(&place);
    let (text, table) = export(&session, &place, |_| ());
    let path = place.path("filled.csv");
    let answer = |at: usize| match at {
        0 => ("agree", ""),
        1 => ("Disagree ", "too much"),
        2 => ("", "only a remark"),
        3 => ("maybe", ""),
        4 => ("comment", ""),
        _ => ("", ""),
    };
    let bytes = fill(&text, |at, _| (answer(at).0.to_owned(), answer(at).1.to_owned()));
    std::fs::write(&path, &bytes).unwrap();
    let done = import(&session, &path);
    assert_eq!((done.rows, done.saved, done.known), (table.len() as u64, 3, 0));
    assert_eq!(done.empty, table.len() as u64 - 5);
    let lines: Vec<u64> = done.rejected.iter().map(|f| f.line).collect();
    assert_eq!((lines, done.exit_code()), (vec![5, 6], 1), "{:?}", done.rejected);
    assert!(done.rejected[0].what.contains("maybe"));
    let id = session.suggestions_of(session.find_case("c1").unwrap()).unwrap()[0];
    let reviews = session.reviews(id).unwrap();
    let kept: Vec<(Verdict, Option<&str>)> = reviews.iter().map(|(r, ..)| (r.verdict, r.comment.as_deref())).collect();
    assert_eq!(
        kept,
        [(Verdict::Agree, None), (Verdict::Disagree, Some("too much")), (Verdict::Comment, Some("only a remark"))]
    );
    // The same table again says nothing new.
    let again = import(&session, &path);
    assert_eq!((again.saved, again.known), (0, 3));
    let (_, table) = export(&session, &place, |_| ());
    assert_eq!((table[0]["reviews_agree"].as_str(), table[1]["reviews_disagree"].as_str()), ("1", "1"));
}

#[test]
fn rows_that_do_not_belong_together_are_told_and_not_taken() {
    let place = Place::new();
    let session = filled(&place);
    let (text, _) = export(&session, &place, |_| ());
    let agree = |_: usize, _: &BTreeMap<String, String>| ("agree".to_owned(), String::new());
    let good = String::from_utf8(fill(&text, agree)).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let place_of = |name: &str| COLUMNS.iter().position(|c| c.name == name).unwrap();
    let changed = |line: &str, column: &str, to: &str| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(row.iter().enumerate().map(|(at, f)| if at == place_of(column) { to } else { f })).unwrap();
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    };
    let rows = [
        changed(lines[1], "suggestion", "999"),
        changed(lines[2], "case", "2"),
        changed(lines[3], "drug", "nonsense"),
        changed(lines[4], "suggestion", "one"),
        lines[5].to_owned() + "\n",
    ];
    let path = place.path("mixed.csv");
    std::fs::write(&path, format!("{}\n{}", lines[0], rows.concat())).unwrap();
    let done = import(&session, &path);
    assert_eq!((done.saved, done.rejected.len()), (1, 4), "{:?}", done.rejected);
    let told: Vec<&str> = done.rejected.iter().map(|f| f.what.as_str()).collect();
    let expected = ["no suggestion 999", "belongs to case 1, not 2", "nonsense", "`one`"];
    for (what, expected) in told.iter().zip(expected) {
        assert!(what.contains(expected), "{what}");
    }
    for (content, expected) in [("", "is empty"), ("a,b\r\n1,2\r\n", "has no column `case`")] {
        std::fs::write(&path, content).unwrap();
        let refused = session.import_reviews(&path, at(101), &mut Collected::default()).unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
        assert_eq!(refused.exit_code(), 2);
    }
}

#[test]
fn tables_of_korean_spreadsheets_are_read() {
    let place = Place::new();
    let session = filled(&place);
    let (text, _) = export(&session, &place, |_| ());
    let bytes = fill(&text, |at, _| if at == 0 { ("agree".into(), "좋습니다".into()) } else { Default::default() });
    // Only the columns that are read: CP949 has no letters such as those in the units of some doses.
    let text = String::from_utf8(bytes).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let kept = ["case", "suggestion", "drug", "review", "review_comment"];
    let places: Vec<usize> = kept.iter().map(|k| header.iter().position(|h| h == *k).unwrap()).collect();
    let mut lines = vec![kept.join(";")];
    for row in reader.records() {
        let row = row.unwrap();
        lines.push(places.iter().map(|at| row[*at].to_owned()).collect::<Vec<_>>().join(";"));
    }
    let lines = lines.join("\r\n");
    let (cp949, _, lost) = encoding_rs::EUC_KR.encode(&lines);
    assert!(!lost);
    let path = place.path("cp949.csv");
    std::fs::write(&path, &cp949).unwrap();
    let mut sink = Collected::default();
    let done = session.import_reviews(&path, at(100), &mut sink).unwrap();
    assert_eq!((done.saved, done.rejected.len()), (1, 0), "{:?}", done.rejected);
    assert!(sink.warnings.iter().any(|w| w.contains("CP949")));
    let id = session.suggestions_of(session.find_case("c1").unwrap()).unwrap()[0];
    assert_eq!(session.reviews(id).unwrap()[0].0.comment.as_deref(), Some("좋습니다"));
    std::fs::write(&path, b"case,\xff\xff").unwrap();
    assert!(session.import_reviews(&path, at(101), &mut Collected::default()).is_err());
}

/// A generator of numbers, the same every time.
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }
}

/// Ten thousand values that have broken tables before.
fn hostile() -> Vec<String> {
    let begins = ["=", "+", "-", "@", "\t", "\r", "\n", "'", "''", "\"", "", " ", "\u{202E}", "\u{FEFF}", "\0", "\\"];
    let parts = [
        "1+1",
        "cmd|' /C calc'!A0",
        "HYPERLINK(\"http://x\",\"y\")",
        "\"",
        "\"\"",
        ",",
        ";",
        "\t",
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u{202E}",
        "\u{200F}",
        "\u{2066}",
        "한글",
        "가\u{1100}\u{1161}",
        "👩‍⚕️",
        "🇰🇷",
        "\\",
        "\\\\",
        "\\u0009",
        "\\n",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "e\u{301}",
        "  ",
        "'",
        "NULL",
        "1e308",
        "-0",
        "0012",
    ];
    let mut draw = Draw(7);
    (0..10_000)
        .map(|n| {
            let mut text = begins[draw.next(begins.len())].to_owned();
            for _ in 0..draw.next(6) {
                text.push_str(parts[draw.next(parts.len())]);
            }
            format!("{text}{n}")
        })
        .collect()
}

#[test]
fn ten_thousand_hostile_values_are_exact_after_the_way_back() {
    let place = Place::new();
    let session = filled(&place);
    let (text, table) = export(&session, &place, |_| ());
    let values = hostile();
    let id = session.suggestions_of(session.find_case("c1").unwrap()).unwrap()[0];
    let row = text.lines().nth(1).unwrap();
    let short = row.strip_suffix(",,").unwrap();
    let mut out = text.lines().next().unwrap().to_owned() + "\r\n";
    for value in &values {
        // As the export itself would write a text of that kind.
        let field = encode(value);
        assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field:?}");
        out.push_str(&format!("{short},comment,\"{}\"\r\n", field.replace('"', "\"\"")));
    }
    let path = place.path("hostile.csv");
    std::fs::write(&path, out).unwrap();
    let done = import(&session, &path);
    assert_eq!((done.saved, done.rejected.len()), (values.len() as u64, 0), "{:?}", done.rejected.first());
    let kept: Vec<String> = session.reviews(id).unwrap().into_iter().map(|(r, ..)| r.comment.unwrap()).collect();
    assert_eq!(kept, values);
    // Written out again, a name of a patient that is hostile is exact, and no field begins like a formula.
    let names: Vec<&String> = values.iter().filter(|v| !v.contains('\0')).step_by(250).collect();
    let cases: Vec<Value> = names.iter().enumerate().map(|(n, name)| case(&format!("h{n}"), name, name)).collect();
    let file = place.lines("hostile.jsonl", &cases);
    let suggestions = place.suggest(&file);
    let (added, warnings) = place.add(&session, &file, Some(&suggestions));
    assert_eq!(added.suggestions as usize, names.len(), "{warnings:?}");
    let (text, hostile) = export(&session, &place, |_| ());
    let told: std::collections::BTreeSet<&String> =
        hostile.iter().skip(table.len()).flat_map(|row| [&row["patient_name"], &row["patient_number"]]).collect();
    assert_eq!(told, names.into_iter().collect());
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    for field in reader.records().flat_map(|r| r.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
        let number = field.parse::<f64>().is_ok();
        assert!(number || !field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field:?}");
    }
}

#[test]
fn what_was_signed_goes_to_learning_without_names() {
    let place = Place::new();
    let session = filled(&place);
    let id = session.suggestions_of(session.find_case("c1").unwrap()).unwrap()[0];
    let drugs: Vec<String> = session.suggestion(id).unwrap().record.drugs.into_iter().map(|d| d.ingredient).collect();
    let decide = |ingredient: &str, decision| {
        let decision =
            Decision { ingredient: ingredient.to_owned(), decision, changed_to: None, reason: None, note: None };
        session.decide(id, &decision, at(20)).unwrap();
    };
    drugs.iter().for_each(|drug| decide(drug, DecisionKind::Accepted));
    let (reviews, cases) = (place.path("reviews.jsonl"), place.path("answered.jsonl"));
    let export = || session.export_decisions(&reviews, &cases, &mut Collected::default()).unwrap();
    assert_eq!(export(), 0, "nothing is signed yet");
    session.sign(id, at(21)).unwrap();
    decide(&drugs[0], DecisionKind::Rejected);
    assert_eq!(export(), drugs.len() as u64);
    let text = std::fs::read_to_string(&reviews).unwrap() + &std::fs::read_to_string(&cases).unwrap();
    assert!(!text.contains("홍길동") && !text.contains("12345678"));
    assert!(!text.contains("rejected"), "a decision after the signature is not signed");
    let review = Review { ingredient: drugs[0].clone(), verdict: Verdict::Agree, comment: None };
    session.save_reviews(&[(id, review)], at(30)).unwrap();
}
