//! Each role is refused each thing that it may not do. The table `roles.csv` says what; the deeds below are every call
//! that the application has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bogam_app::vault::store::{
    CaseKey, Decision, DecisionKind, JobState, Kept, Override, PersonId, RecoveryKey, Review, Role, Said, SearchQuery,
    Speaker, SuggestionId, Verdict,
};
use bogam_app::vault::{AddRequest, ExportRequest, SearchRequest, Session, UseCase};
use bogam_app::{AppError, Collected};
use serde_json::json;

use crate::vaults::{PASSPHRASE, Place, at, case, roles};

/// Where things lie that a deed needs.
struct World<'a> {
    place: &'a Place,
    key: CaseKey,
    id: SuggestionId,
    drug: String,
}

/// A recovery key of no vault.
const OTHER_KEY: &str = "2D8G-56MQ-SMQP-P5TW-ZSX1-FXC3-ANVS-YB44-8NX9-P73J-K4ZM-8REA-TNW5-MR6B";

type Deed = fn(&mut Session, &World<'_>) -> Result<(), AppError>;

fn drop_it<T>(_: T) {}

fn decision(world: &World<'_>) -> Decision {
    Decision {
        ingredient: world.drug.clone(),
        decision: DecisionKind::Accepted,
        changed_to: None,
        reason: None,
        note: None,
    }
}

/// Every call, its use case, and how it is made.
const DEEDS: &[(&str, UseCase, Deed)] = &[
    ("save_case", UseCase::SaveCases, |s, _| {
        s.save_case(&serde_json::from_value(case("new", "n", "1")).unwrap(), at(9)).map(drop_it)
    }),
    ("save_cases", UseCase::SaveCases, |s, _| {
        s.save_cases(vec![serde_json::from_value(case("several", "n", "2")).unwrap()], at(9)).map(drop_it)
    }),
    ("save_draft", UseCase::SaveCases, |s, _| s.save_draft("d", &json!({}), at(9))),
    ("discard_draft", UseCase::SaveCases, |s, _| s.discard_draft("d", at(9))),
    ("drafts", UseCase::SaveCases, |s, _| s.drafts().map(drop_it)),
    ("find_case", UseCase::Read, |s, _| s.find_case("c1").map(drop_it)),
    ("case", UseCase::Read, |s, w| s.case(w.key, None).map(drop_it)),
    ("hit", UseCase::Read, |s, w| s.hit(w.key).map(drop_it)),
    ("versions", UseCase::Read, |s, w| s.versions(w.key).map(drop_it)),
    ("newest_job", UseCase::Read, |s, w| s.newest_job(w.key).map(drop_it)),
    ("suggestion", UseCase::Read, |s, w| s.suggestion(w.id).map(drop_it)),
    ("suggestions_of", UseCase::Read, |s, w| s.suggestions_of(w.key).map(drop_it)),
    ("decisions", UseCase::Read, |s, w| s.decisions(w.id, None).map(drop_it)),
    ("signatures", UseCase::Read, |s, w| s.signatures(w.id).map(drop_it)),
    ("overrides", UseCase::Read, |s, w| s.overrides(w.id).map(drop_it)),
    ("reviews", UseCase::Read, |s, w| s.reviews(w.id).map(drop_it)),
    ("search", UseCase::Read, |s, _| s.search(&SearchQuery::default()).map(drop_it)),
    ("search_all", UseCase::Read, |s, _| s.search_all(&SearchRequest::default(), |_| Ok(())).map(drop_it)),
    ("add_job", UseCase::Suggest, |s, _| s.add_job("suggest", None, at(9)).map(drop_it)),
    ("set_job", UseCase::Suggest, |s, _| s.set_job(bogam_app::vault::store::JobId(1), JobState::Running, None, at(9))),
    ("jobs", UseCase::Suggest, |s, _| s.jobs(JobState::Queued).map(drop_it)),
    ("save_suggestion", UseCase::Suggest, |s, w| {
        let place = w.place.open_record();
        s.save_suggestion((w.key, 1), &place, None, at(9)).map(drop_it)
    }),
    ("add_files", UseCase::Suggest, |s, w| {
        let request = AddRequest {
            cases: w.place.path("cases.jsonl"),
            suggestions: Some(w.place.path("suggestions.jsonl")),
            knowledge: Vec::new(),
        };
        s.add_files(&request, at(9), &mut Collected::default()).map(drop_it)
    }),
    ("decide", UseCase::Decide, |s, w| s.decide(w.id, &decision(w), at(9))),
    ("decide_all", UseCase::Decide, |s, w| s.decide_all(w.id, (&[decision(w)], &[]), at(9))),
    ("add_drug", UseCase::Decide, |s, w| s.add_drug(w.id, ("bisoprolol", Some(&json!({})), &[]), at(9))),
    ("added_drugs", UseCase::Read, |s, w| s.added_drugs(w.id).map(drop_it)),
    ("save_advice", UseCase::Decide, |s, w| s.save_advice(w.id, "ko", "text", at(9))),
    ("advice", UseCase::Read, |s, w| s.advice(w.id, "ko").map(drop_it)),
    ("regimen_changed_at", UseCase::Read, |s, w| s.regimen_changed_at(w.id).map(drop_it)),
    ("confirm_advice", UseCase::Decide, |s, w| s.confirm_advice(w.id, false, at(9))),
    ("confirmation", UseCase::Read, |s, w| s.confirmation(w.id).map(drop_it)),
    ("save_override", UseCase::Decide, |s, w| {
        let what = Override { finding: "F1".into(), code: "x".into(), reason: "benefit".into(), note: None };
        s.save_override(w.id, &what, at(9))
    }),
    ("sign", UseCase::Sign, |s, w| s.sign(w.id, at(9)).map(drop_it)),
    ("save_reviews", UseCase::Review, |s, w| {
        let review = Review { ingredient: w.drug.clone(), verdict: Verdict::Agree, comment: None };
        s.save_reviews(&[(w.id, review)], at(9))
    }),
    ("review_queue", UseCase::Review, |s, _| s.review_queue(None, 10, false).map(drop_it)),
    ("judgements", UseCase::Review, |s, _| s.judgements().map(drop_it)),
    ("import_reviews", UseCase::Review, |s, w| {
        s.import_reviews(&w.place.path("nothing.csv"), at(9), &mut Collected::default()).map(drop_it)
    }),
    ("export_csv", UseCase::Export, |s, w| {
        let request = ExportRequest { out: w.place.path("out.csv"), ..ExportRequest::default() };
        s.export_csv(&request, &mut Collected::default()).map(drop_it)
    }),
    ("export_decisions", UseCase::Export, |s, w| {
        let (reviews, cases) = (w.place.path("r.jsonl"), w.place.path("c.jsonl"));
        s.export_decisions(&reviews, &cases, &mut Collected::default()).map(drop_it)
    }),
    ("begin_conversation", UseCase::Converse, |s, _| s.begin_conversation(None, at(9)).map(drop_it)),
    ("say", UseCase::Converse, |s, _| {
        s.say(bogam_app::vault::store::ConversationId(1), &Said::by(Speaker::Person, "text"), at(9)).map(drop_it)
    }),
    ("conversations", UseCase::Converse, |s, _| s.conversations(None).map(drop_it)),
    ("conversation", UseCase::Converse, |s, _| s.conversation(bogam_app::vault::store::ConversationId(1)).map(drop_it)),
    ("messages", UseCase::Converse, |s, _| s.messages(bogam_app::vault::store::ConversationId(1)).map(drop_it)),
    ("add_person", UseCase::ManagePeople, |s, _| {
        s.add_person("another", PASSPHRASE, &roles(&[Role::Reviewer]), at(9)).map(drop_it)
    }),
    ("remove_person", UseCase::ManagePeople, |s, _| s.remove_person(PersonId(99), at(9))),
    ("rename_person", UseCase::ManagePeople, |s, _| s.rename_person(PersonId(99), "x", at(9))),
    ("set_roles", UseCase::ManagePeople, |s, _| s.set_roles(PersonId(99), &roles(&[Role::Clinician]), at(9))),
    ("reset_passphrase", UseCase::ManagePeople, |s, _| s.reset_passphrase(PersonId(99), PASSPHRASE, at(9))),
    ("renew_recovery_key", UseCase::ManageKeys, |s, _| s.renew_recovery_key(at(9)).map(drop_it)),
    ("is_recovery_key", UseCase::ManageKeys, |s, _| s.is_recovery_key(&RecoveryKey::parse(OTHER_KEY)?).map(drop_it)),
    ("rotate", UseCase::ManageKeys, |s, _| s.rotate(at(9))),
    ("backup", UseCase::Backup, |s, w| s.backup(&w.place.path(&format!("{:?}", s.person())), at(9)).map(drop_it)),
    ("backup_into", UseCase::Backup, |s, w| s.backup_into(w.place.folder.path(), 3, at(9)).map(drop_it)),
    ("audit_head", UseCase::ReadAudit, |s, _| s.audit_head().map(drop_it)),
    ("audit", UseCase::ReadAudit, |s, _| s.audit(&mut |_| ())),
    ("keep", UseCase::ManageSite, |s, _| s.keep(Kept::SiteSetting, "x", Some(&json!(1)), at(9))),
    ("keep", UseCase::KeepOwn, |s, _| s.keep(Kept::Preference, "x", Some(&json!(1)), at(9))),
    ("kept", UseCase::KeepOwn, |s, _| s.kept(Kept::Preference, "x").map(drop_it)),
    ("people", UseCase::KeepOwn, |s, _| s.people().map(drop_it)),
    ("person_named", UseCase::KeepOwn, |s, _| s.person_named("reviewer").map(drop_it)),
    ("change_passphrase", UseCase::KeepOwn, |s, _| s.change_passphrase(PASSPHRASE, PASSPHRASE, at(9))),
    ("verify", UseCase::Verify, |s, _| s.verify(&[]).map(drop_it)),
    ("status", UseCase::Verify, |s, _| s.status().map(drop_it)),
];

/// What needs no role: it makes, opens and closes sessions, or asks about one.
const WITHOUT_A_ROLE: [&str; 10] =
    ["create", "open", "of", "close", "restore", "rescue", "roles", "may", "read_only", "repair_header"];

impl Place {
    fn open_record(&self) -> bogam_clinical::record::SuggestionRecord {
        let text = std::fs::read_to_string(self.path("suggestions.jsonl")).unwrap();
        serde_json::from_str(text.lines().next().unwrap()).unwrap()
    }
}

#[test]
fn each_role_is_refused_what_the_table_does_not_give_it() {
    let mut table: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/roles.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    for row in reader.records() {
        let row = row.unwrap();
        let gives = header.iter().zip(&row).skip(1).map(|(role, answer)| (role.to_owned(), answer == "yes"));
        table.insert(row[0].to_owned(), gives.collect());
    }
    let known: BTreeSet<String> = UseCase::ALL.iter().map(|u| u.code().to_owned()).collect();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), known, "the table has each use case once");

    let place = Place::new();
    let owner = place.create();
    let cases = place.lines("cases.jsonl", &[case("c1", "홍길동", "12345678")]);
    let suggestions = place.suggest(&cases);
    place.add(&owner, &cases, Some(&suggestions));
    let key = owner.find_case("c1").unwrap();
    let id = owner.suggestions_of(key).unwrap()[0];
    let drug = owner.suggestion(id).unwrap().record.drugs[0].ingredient.clone();
    for role in Role::ALL {
        owner.add_person(role.word(), PASSPHRASE, &roles(&[*role]), at(5)).unwrap();
    }
    owner.close().unwrap();
    let world = World { place: &place, key, id, drug };
    let mut refused = 0;
    for role in Role::ALL {
        let mut session = place.open(role.word(), PASSPHRASE);
        for (name, what, deed) in DEEDS {
            let done = deed(&mut session, &world);
            let forbidden = matches!(done, Err(AppError::Forbidden { .. }));
            let may = table[what.code()][role.word()];
            assert_eq!(forbidden, !may, "{} as {}: {done:?}", name, role.word());
            if let Err(error @ AppError::Forbidden { .. }) = done {
                assert_eq!((error.code(), error.exit_code()), ("vault.forbidden", 2));
                refused += 1;
            }
        }
        session.close().unwrap();
    }
    assert!(refused > 60, "{refused}");
}

#[test]
fn every_call_of_a_session_is_a_deed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/vault");
    let mut sources = vec![folder.with_extension("rs")];
    sources.extend(std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()));
    let mut calls = BTreeSet::new();
    // A desk reaches the vault through its session.
    for source in sources.into_iter().filter(|path| !path.ends_with("desk.rs")) {
        let text = std::fs::read_to_string(source).unwrap();
        let code = text.lines().map(str::trim_start);
        for line in code.filter(|l| !l.starts_with("//")) {
            let by_macro = line.split_once(": fn ").filter(|_| line.ends_with(';')).map(|(_, rest)| rest);
            let by_hand = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub const fn "));
            if let Some(rest) = by_macro.or(by_hand) {
                calls.insert(rest.split(['(', '<']).next().unwrap().to_owned());
            }
        }
    }
    let others = ["person", "text", "exit_code", "code", "is_for", "roles_text", "new", "table", "audit_heads"];
    let deeds: BTreeSet<String> = DEEDS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let open = |name: &String| WITHOUT_A_ROLE.contains(&name.as_str()) || others.contains(&name.as_str());
    let missing: Vec<&String> =
        calls.iter().filter(|name| !deeds.contains(*name) && !open(name) && *name != "$name").collect();
    assert!(missing.is_empty(), "no deed tries {missing:?}");
    let gone: Vec<&String> = deeds.difference(&calls).collect();
    assert!(gone.is_empty(), "deeds of calls that are not there: {gone:?}");
}

#[test]
fn a_role_that_was_taken_away_holds_no_longer() {
    let place = Place::new();
    let owner = place.create();
    owner.add_person("second", PASSPHRASE, &roles(&[Role::Administrator]), at(1)).unwrap();
    let own = owner.person();
    owner.set_roles(own, &roles(&[Role::Administrator]), at(2)).unwrap();
    assert!(matches!(owner.search(&SearchQuery::default()), Err(AppError::Forbidden { what: UseCase::Read })));
    let told = AppError::Forbidden { what: UseCase::Read }.to_string();
    assert!(told.contains("clinician or reviewer"), "{told}");
}

#[test]
fn only_an_administrator_repairs_a_header() {
    let place = Place::new();
    let owner = place.create();
    owner.add_person("reviewer", PASSPHRASE, &roles(&[Role::Reviewer]), at(1)).unwrap();
    owner.close().unwrap();
    let header = place.path("clinic.bogam.header");
    std::fs::write(&header, b"nonsense").unwrap();
    let repair = |name: &str| {
        let credential = bogam_app::vault::store::Credential::Passphrase { name, passphrase: PASSPHRASE };
        Session::repair_header(&place.vault(), credential, at(3600))
    };
    assert!(matches!(repair("reviewer"), Err(AppError::Forbidden { .. })));
    assert_eq!(std::fs::read(&header).unwrap(), b"nonsense");
    let repaired = repair(crate::vaults::OWNER).unwrap();
    assert!(repaired.read_only().is_none());
    assert!(repaired.verify(&[]).unwrap().is_clean());
}

#[test]
fn the_recovery_key_sees_to_people_and_to_nothing_else() {
    let place = Place::new();
    let opening = bogam_app::vault::store::Opening::new("test", at(0));
    let (vault, recovery) = bogam_app::vault::store::Vault::create(&place.vault(), "one", PASSPHRASE, opening).unwrap();
    drop(vault);
    let credential = bogam_app::vault::store::Credential::Recovery(&recovery);
    let session = Session::open(&place.vault(), credential, at(1)).unwrap();
    let one = session.person_named("one").unwrap();
    session.reset_passphrase(one, "a new passphrase", at(2)).unwrap();
    assert!(matches!(session.search(&SearchQuery::default()), Err(AppError::Forbidden { .. })));
    session.close().unwrap();
    place.open("one", "a new passphrase").close().unwrap();
}
