//! Vaults of every schema that there was, as files of the repository (`tests/fixtures`): they open, are brought up to
//! date, and lose nothing. What a schema holds is in [`crate::migrations`].

use std::fs;
use std::path::{Path, PathBuf};

use bogam_vault::{Credential, RecoveryKey, SCHEMA, SearchQuery, Vault};

use crate::fixture::{NAME, PASSPHRASE, at, case, opening, owner};
use crate::migrations::content;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn name(schema: u32) -> String {
    format!("schema-{schema}.bogam")
}

/// Copies a fixture to where it can be written to.
fn copied(schema: u32, to: &Path) -> PathBuf {
    for suffix in ["", ".header", ".header.copy"] {
        let file = format!("{}{suffix}", name(schema));
        let from = folder().join(&file);
        assert!(from.exists(), "{file} is missing: a schema needs its fixture; tests/fixtures/README.md says how");
        fs::copy(from, to.join(file)).unwrap();
    }
    to.join(name(schema))
}

/// Makes those that are missing, when asked to: one that was committed is never made anew, because what it holds is what
/// a program of its time wrote.
#[test]
fn missing_ones_are_made_when_asked() {
    if std::env::var_os("BOGAM_MAKE_FIXTURES").is_none() {
        return;
    }
    for schema in 1..=SCHEMA {
        let path = folder().join(name(schema));
        if path.exists() {
            continue;
        }
        Vault::create_older(&path, (NAME, PASSPHRASE), opening(0), schema, &content(schema)).unwrap();
        fs::remove_file(folder().join(format!("{}.lock", name(schema)))).unwrap();
    }
}

#[test]
fn a_vault_of_every_schema_opens_is_brought_up_to_date_and_lost_nothing() {
    for schema in 1..=SCHEMA {
        let place = tempfile::tempdir().unwrap();
        let path = copied(schema, place.path());
        let vault = Vault::open(&path, owner(), opening(1)).unwrap();
        assert_eq!(vault.read_only(), None, "schema {schema}");
        assert!(vault.verify(&[]).unwrap().is_clean(), "schema {schema}");
        let mut lines = Vec::new();
        vault.audit(|line| lines.push((line.sequence, line.code, line.object))).unwrap();
        assert!(lines.iter().any(|(_, code, _)| code == "vault.created"));
        let migrated = lines
            .iter()
            .any(|(_, code, object)| code == "vault.migrated" && *object == format!("schema:{schema}-{SCHEMA}"));
        assert_eq!(migrated, schema < SCHEMA, "schema {schema}: {lines:?}");
        if schema >= 2 {
            let key = vault.find_case("c7").unwrap();
            let patient = vault.case(key, None).unwrap().case.patient.unwrap();
            assert_eq!(patient.name.as_deref(), Some("홍길동"));
            let query = SearchQuery { text: "홍길".to_owned(), ..SearchQuery::default() };
            assert_eq!(vault.search(&query).unwrap().len(), 1, "schema {schema}");
        }
        if schema >= 3 {
            let ids = vault.suggestions_of(vault.find_case("c7").unwrap()).unwrap();
            assert_eq!(ids.len(), 1, "schema {schema}");
            assert_eq!(vault.signatures(ids[0]).unwrap().len(), 1);
            assert_eq!(vault.decisions(ids[0], Some(1)).unwrap()[0].decision.ingredient, "furosemide");
        }
        if schema >= 4 {
            let idle = vault.kept(bogam_vault::Kept::SiteSetting, "idle").unwrap();
            assert_eq!(idle, Some(serde_json::json!(5)), "schema {schema}");
        }
        if schema >= 4 {
            let said = vault.messages(bogam_vault::ConversationId(2)).unwrap();
            let said: Vec<_> =
                said.iter().map(|m| (m.position, m.content.as_str(), m.context.map(|c| c.used))).collect();
            let expected: &[_] = match schema {
                4..=6 => &[(1, "식사는?", None)],
                _ => &[(3, "간식은?", None), (4, "과일을 드십시오.", Some(720))],
            };
            assert_eq!(said, expected, "schema {schema}");
        }
        if schema >= 6 {
            let id = bogam_vault::SuggestionId(3);
            assert_eq!(vault.added_drugs(id).unwrap(), [("bisoprolol".to_owned(), serde_json::json!(1))]);
            assert_eq!(vault.advice(id, "ko").unwrap().map(|text| text.content).as_deref(), Some("아침에 드십시오."));
            assert!(vault.confirmation(id).unwrap().is_some());
        }
        vault.save_case(&case("new", "n", "1"), at(2)).unwrap();
        drop(vault);
        let wrong = Credential::Passphrase { name: NAME, passphrase: "not the passphrase" };
        assert_eq!(Vault::open(&path, wrong, opening(3)).unwrap_err().code(), "vault.wrong_passphrase");
    }
}

/// An older vault that cannot be written to says what to do, and is not changed.
#[test]
fn an_older_schema_is_not_read_without_being_brought_up_to_date() {
    let place = tempfile::tempdir().unwrap();
    let path = copied(1, place.path());
    let before = crate::refusals::files(place.path());
    let refused = Vault::open(&path, owner(), opening(1).read_only()).unwrap_err();
    assert!(refused.code() == "vault.read_only" && refused.to_string().contains("schema 1"), "{refused}");
    assert_eq!(crate::refusals::files(place.path()), before);
    // A recovery key that was made for another vault is none for this one.
    let other = RecoveryKey::parse(&crate::fixture::used().recovery.text()).unwrap();
    let refused = Vault::open(&path, Credential::Recovery(&other), opening(2)).unwrap_err();
    assert_eq!(refused.code(), "vault.wrong_passphrase");
}
