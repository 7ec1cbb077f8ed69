//! From every older schema to that of today.

use bogam_vault::{ReadOnly, SCHEMA, SearchQuery, Vault};

use crate::fixture::{NAME, PASSPHRASE, at, case, opening, vault};

/// Rows that a program of a schema left behind, by the schema that has the tables first. Each names its columns, as far as
/// later schemas have more of them.
const CONTENT: [(u32, &str); 5] = [
    (
        2,
        r#"INSERT INTO cases (id, case_id, version, status, author, created, updated, patient_name, patient_number, diagnoses,
          drugs) VALUES (7, 'c7', 1, 'open', 1, 1000, 1000, '홍길동', '123', 'I10 Hypertension', 'Warfarin');
        INSERT INTO case_versions VALUES (7, 1, 1000, 1,
          '{"case_id":"c7","patient":{"name":"홍길동"},"diagnoses":[{"system":"icd10","code":"I10"}]}');
        INSERT INTO jobs (kind, state, person, created, updated) VALUES ('suggest', 'running', 1, 1000, 1000);"#,
    ),
    (
        3,
        "INSERT INTO suggestions VALUES (3, 7, 1, 1000, 1, NULL, NULL, 'sha256:k', '1.0.0', x'00');
        INSERT INTO suggested_drugs VALUES (3, 'furosemide', 0, 0, 0.9);
        INSERT INTO decisions (suggestion, version, ingredient, decision, at, person)
          VALUES (3, 1, 'furosemide', 'accepted', 1000, 1);
        INSERT INTO signatures VALUES (3, 1, 1000, 1);
        INSERT INTO overrides (suggestion, finding, code, reason, at, person)
          VALUES (3, 'F1', 'renal.avoid', 'benefit_outweighs', 1000, 1);
        INSERT INTO reviews (suggestion, ingredient, verdict, at, person) VALUES (3, 'furosemide', 'agree', 1000, 1);",
    ),
    (
        4,
        "INSERT INTO kept VALUES (NULL, 'site_setting', 'idle', 1000, '5');
        INSERT INTO conversations VALUES (2, 7, 1, 1000);
        INSERT INTO messages (conversation, position, at, speaker, content) VALUES (2, 1, 1000, 'person', '식사는?');",
    ),
    (
        6,
        "INSERT INTO added_drugs (suggestion, ingredient, content, at, person) VALUES (3, 'bisoprolol', '1', 1000, 1);
        INSERT INTO advice_texts (suggestion, lang, content, at, person) VALUES (3, 'ko', '아침에 드십시오.', 1000, 1);
        INSERT INTO advice_confirmations (suggestion, last_text, with_model_written, at, person)
          VALUES (3, 1, 0, 1000, 1);",
    ),
    (
        7,
        "INSERT INTO messages VALUES (2, 2, 1000, 'model', '싱겁게', NULL, 1, 700, 2048);
        INSERT INTO messages VALUES (2, 3, 1000, 'person', '간식은?', 1, 0, NULL, NULL);
        INSERT INTO messages VALUES (2, 4, 1000, 'model', '과일을 드십시오.', NULL, 0, 720, 2048);",
    ),
];

/// What a vault of a schema holds, as statements. From schema 5 on a case is indexed as it is saved.
pub fn content(schema: u32) -> String {
    let rows: String = CONTENT.iter().filter(|(since, _)| *since <= schema).map(|(_, sql)| *sql).collect();
    if schema < 5 {
        return rows;
    }
    let indexed = "UPDATE cases SET doc = 1 WHERE id = 7;
      INSERT INTO search_text (rowid, name, number, diagnosis, drug, author, conditions)
        VALUES (1, '홍길동', '123 c7', 'i10 hypertension', 'warfarin', '김보감', 'statusopen author0000000000000000001');
      INSERT INTO search_short (rowid, grams) VALUES (1, 'nxd64d nxae38 nxb3d9 nxd64dxae38 nxae38xb3d9 statusopen');";
    format!("{rows}\n{indexed}")
}

#[test]
fn a_vault_of_every_older_schema_opens_with_all_that_is_in_it() {
    for schema in 2..SCHEMA {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        Vault::create_older(&path, (NAME, PASSPHRASE), opening(0), schema, &content(schema)).unwrap();
        let vault = Vault::open(&path, crate::fixture::owner(), opening(1)).unwrap();
        for text in ["홍길", "hypertension", "warf", "123"] {
            let query = SearchQuery { text: text.to_owned(), ..SearchQuery::default() };
            assert_eq!(vault.search(&query).unwrap().len(), 1, "schema {schema}: {text}");
        }
        assert_eq!(vault.jobs(bogam_vault::JobState::Interrupted).unwrap().len(), 1);
        vault.save_case(&case("new", "n", "1"), at(2)).unwrap();
    }
}

#[test]
fn a_vault_of_a_newer_program_is_read_and_not_changed() {
    let (place, vault) = vault();
    vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    vault.execute("PRAGMA user_version = 99; ALTER TABLE cases ADD COLUMN newer TEXT").unwrap();
    vault.close().unwrap();
    let before = std::fs::read(&place.path).unwrap();
    let vault = place.open(2).unwrap();
    assert_eq!(vault.read_only(), Some(&ReadOnly::NewerSchema { found: 99, known: SCHEMA }));
    assert!(vault.read_only().unwrap().to_string().contains("newer version"));
    assert_eq!(vault.find_case("c1").unwrap().0, 1);
    drop(vault);
    assert_eq!(std::fs::read(&place.path).unwrap(), before);
}
