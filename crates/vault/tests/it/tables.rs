//! What is stored comes back as it was: versions, decisions, signatures, reviews, and the rest.

use bogam_vault::{
    CaseStatus, Context, Decision, DecisionKind, JobState, Kept, Override, Review, Role, Roles, Said, SearchQuery,
    Speaker, Vault, VaultError, Verdict,
};
use serde_json::json;

use crate::fixture::{at, case, opening, record, used, vault};

fn decision(ingredient: &str, decision: DecisionKind, changed_to: Option<&str>) -> Decision {
    Decision {
        ingredient: ingredient.to_owned(),
        decision,
        changed_to: changed_to.map(str::to_owned),
        reason: Some("not_tolerated".to_owned()),
        note: Some("말로".to_owned()),
    }
}

fn status(vault: &Vault) -> CaseStatus {
    vault.search(&SearchQuery::default()).unwrap()[0].status
}

#[test]
fn every_version_of_a_case_stays_and_the_same_is_no_new_one() {
    let (_place, vault) = vault();
    let (key, _) = vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    assert_eq!(vault.save_case(&case("c1", "홍길동", "1"), at(2)).unwrap(), (key, 1));
    assert_eq!(vault.save_case(&case("c1", "홍길순", "1"), at(3)).unwrap(), (key, 2));
    let name = |version| vault.case(key, version).unwrap().case.patient.unwrap().name.unwrap();
    assert_eq!([name(Some(1)), name(Some(2)), name(None)], ["홍길동", "홍길순", "홍길순"]);
    assert_eq!(vault.case(key, Some(1)).unwrap().at, at(1));
    assert!(matches!(vault.case(key, Some(3)), Err(VaultError::NotFound { .. })));
    assert!(vault.execute("UPDATE case_versions SET content = ''").is_err());
    let mut nameless = case("c1", "a", "b");
    nameless.case_id = None;
    assert!(matches!(vault.save_case(&nameless, at(4)), Err(VaultError::Refused(_))));
}

#[test]
fn a_draft_is_kept_as_typed_until_its_case_is_saved() {
    let (_place, vault) = vault();
    vault.save_draft("c1", &json!({"weight": "7"}), at(1)).unwrap();
    vault.save_draft("c1", &json!({"weight": "70"}), at(2)).unwrap();
    vault.save_draft("c2", &json!({}), at(3)).unwrap();
    let drafts = vault.drafts().unwrap();
    assert_eq!(drafts.iter().map(|d| d.draft.as_str()).collect::<Vec<_>>(), ["c2", "c1"]);
    assert_eq!(drafts[1].content, json!({"weight": "70"}));
    vault.save_case(&case("c1", "a", "b"), at(4)).unwrap();
    vault.discard_draft("c2", at(5)).unwrap();
    assert_eq!(vault.drafts().unwrap(), []);
}

#[test]
fn a_suggestion_comes_back_whole_and_ends_its_job() {
    let (_place, vault) = vault();
    let saved = vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    let job = vault.add_job("suggest", Some(saved), at(1)).unwrap();
    vault.set_job(job, JobState::Running, None, at(2)).unwrap();
    let record = record("c1", &["furosemide", "warfarin"]);
    let id = vault.save_suggestion(saved, &record, Some(job), at(3)).unwrap();
    let found = vault.suggestion(id).unwrap();
    assert_eq!((found.record, found.case, found.at), (record.clone(), saved, at(3)));
    assert_eq!(vault.suggestions_of(saved.0).unwrap(), [id]);
    assert_eq!(vault.jobs(JobState::Done).unwrap()[0].id, job);
    assert_eq!(status(&vault), CaseStatus::Suggested);
    // All or nothing: a record of another case leaves no trace.
    let before = vault.audit_head().unwrap();
    let other = crate::fixture::record("c2", &["furosemide"]);
    assert!(matches!(vault.save_suggestion(saved, &other, None, at(4)), Err(VaultError::Refused(_))));
    assert!(vault.save_suggestion((saved.0, 9), &record, None, at(4)).is_err(), "there is no version 9");
    assert_eq!(vault.audit_head().unwrap(), before);
    let mut seen = 0;
    vault
        .each_suggestion(|suggestion| -> Result<(), VaultError> {
            assert_eq!(suggestion.id, id);
            seen += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn many_are_added_at_once_or_not_at_all() {
    let (_place, vault) = vault();
    let entry = |id: &str| (case(id, "홍길동", "1"), Some(record(id, &["furosemide"])));
    assert_eq!(vault.add(&[entry("c1"), entry("c2"), (case("c3", "a", "1"), None)], at(1)).unwrap().len(), 3);
    let wrong = (case("c5", "a", "1"), Some(record("another", &["furosemide"])));
    assert!(vault.add(&[entry("c4"), wrong], at(2)).is_err());
    assert_eq!(vault.count_cases().unwrap(), 3);
}

#[test]
fn a_job_that_was_running_is_interrupted_at_the_next_opening() {
    let (place, vault) = vault();
    let job = vault.add_job("suggest", None, at(1)).unwrap();
    vault.set_job(job, JobState::Running, None, at(2)).unwrap();
    let failed = vault.add_job("suggest", None, at(1)).unwrap();
    vault.set_job(failed, JobState::Failed, Some("engine.gone"), at(2)).unwrap();
    drop(vault);
    let vault = place.open(9).unwrap();
    assert_eq!(vault.jobs(JobState::Interrupted).unwrap()[0].id, job);
    assert_eq!(vault.jobs(JobState::Failed).unwrap()[0].reason.as_deref(), Some("engine.gone"));
}

#[test]
fn decisions_are_signed_when_all_are_made_and_then_frozen() {
    let (_place, vault) = vault();
    let saved = vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    let id = vault.save_suggestion(saved, &record("c1", &["furosemide", "warfarin"]), None, at(2)).unwrap();
    vault.decide(id, &decision("furosemide", DecisionKind::Accepted, None), at(3)).unwrap();
    assert!(matches!(vault.sign(id, at(4)), Err(VaultError::Refused(_))), "warfarin is open");
    vault.decide(id, &decision("warfarin", DecisionKind::Changed, Some("apixaban")), at(5)).unwrap();
    vault.decide(id, &decision("furosemide", DecisionKind::Rejected, None), at(6)).unwrap();
    assert_eq!(status(&vault), CaseStatus::Decided);
    let kinds = |version| -> Vec<DecisionKind> {
        vault.decisions(id, version).unwrap().into_iter().map(|d| d.decision.decision).collect()
    };
    assert_eq!(kinds(None), [DecisionKind::Rejected, DecisionKind::Changed]);
    assert_eq!(vault.sign(id, at(7)).unwrap().version, 1);
    assert_eq!(status(&vault), CaseStatus::Signed);
    assert!(vault.sign(id, at(8)).is_err(), "nothing was decided since");
    for sql in [
        "UPDATE decisions SET decision = 'accepted'",
        "DELETE FROM signatures",
        "UPDATE signatures SET at = 0",
        "INSERT INTO decisions SELECT NULL, suggestion, 1, ingredient, decision, NULL, NULL, NULL, at, person FROM decisions",
    ] {
        assert!(vault.execute(sql).is_err(), "{sql}");
    }
    assert_eq!(kinds(None), [DecisionKind::Rejected, DecisionKind::Changed], "what was signed still stands");
    vault.decide(id, &decision("furosemide", DecisionKind::Accepted, None), at(9)).unwrap();
    assert_eq!(kinds(None), [DecisionKind::Accepted, DecisionKind::Changed]);
    assert_eq!(kinds(Some(1)), [DecisionKind::Rejected, DecisionKind::Changed]);
    assert_eq!(vault.sign(id, at(10)).unwrap().version, 2);
    assert_eq!(vault.signatures(id).unwrap().len(), 2);
}

#[test]
fn a_decision_names_a_drug_of_the_suggestion_and_what_it_is_changed_to() {
    let (_place, vault) = vault();
    let saved = vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    let id = vault.save_suggestion(saved, &record("c1", &["furosemide"]), None, at(2)).unwrap();
    for wrong in [
        decision("torasemide", DecisionKind::Accepted, None),
        decision("furosemide", DecisionKind::Changed, None),
        decision("furosemide", DecisionKind::Accepted, Some("torasemide")),
    ] {
        assert!(vault.decide(id, &wrong, at(3)).is_err(), "{wrong:?}");
    }
    // A withheld drug can be given all the same, with an override.
    vault.decide(id, &decision("metformin", DecisionKind::Accepted, None), at(3)).unwrap();
    let why = Override {
        finding: "F1".to_owned(),
        code: "renal.avoid".to_owned(),
        reason: "benefit_outweighs".to_owned(),
        note: None,
    };
    vault.save_override(id, &why, at(4)).unwrap();
    assert_eq!(vault.overrides(id).unwrap(), [(why, at(4), vault.person())]);
}

#[test]
fn reviews_conversations_and_what_is_kept_come_back() {
    let (place, vault) = vault();
    let saved = vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    let id = vault.save_suggestion(saved, &record("c1", &["furosemide"]), None, at(2)).unwrap();
    let review =
        Review { ingredient: "furosemide".to_owned(), verdict: Verdict::Disagree, comment: Some("=1+1".to_owned()) };
    vault.save_reviews(&[(id, review.clone())], at(3)).unwrap();
    assert_eq!(vault.reviews(id).unwrap(), [(review, at(3), vault.person())]);

    let talk = vault.begin_conversation(Some(saved.0), at(4)).unwrap();
    vault.say(talk, &Said::by(Speaker::Person, "식사는?"), at(5)).unwrap();
    vault.say(talk, &Said::by(Speaker::Model, "싱겁게 드십시오."), at(6)).unwrap();
    let said = vault.messages(talk).unwrap();
    assert_eq!((said.len(), said[1].content.as_str()), (2, "싱겁게 드십시오."));

    vault.keep(Kept::Preference, "lang", Some(&json!("ko")), at(7)).unwrap();
    vault.keep(Kept::Preference, "lang", Some(&json!("en")), at(7)).unwrap();
    vault.keep(Kept::Template, "admission", Some(&json!({"a": 1})), at(7)).unwrap();
    vault.keep(Kept::SiteSetting, "idle_minutes", Some(&json!(5)), at(7)).unwrap();
    vault.add_person("Lee", "another passphrase", &Roles::from([Role::Clinician]), at(8)).unwrap();
    drop(vault);
    let lee = bogam_vault::Credential::Passphrase { name: "Lee", passphrase: "another passphrase" };
    let vault = Vault::open(&place.path, lee, opening(9)).unwrap();
    assert_eq!(vault.kept(Kept::SiteSetting, "idle_minutes").unwrap(), Some(json!(5)));
    assert_eq!(vault.kept(Kept::Preference, "lang").unwrap(), None, "another person's");
    assert_eq!(vault.messages(talk).unwrap(), []);
    assert!(vault.say(talk, &Said::by(Speaker::Person, "?"), at(10)).is_err());
    drop(vault);
    let vault = place.open(11).unwrap();
    assert_eq!(vault.kept(Kept::Preference, "lang").unwrap(), Some(json!("en")));
    assert_eq!(vault.kept_names(Kept::Template).unwrap(), ["admission"]);
    vault.keep(Kept::Template, "admission", None, at(12)).unwrap();
    assert_eq!(vault.kept_names(Kept::Template).unwrap(), Vec::<String>::new());
}

#[test]
fn readers_go_on_beside_a_writer() {
    let (_place, vault) = vault();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for i in 0..50 {
                vault.save_case(&case(&format!("c{i}"), "n", "1"), at(i)).unwrap();
            }
        });
        let mut last = 0;
        while !writer.is_finished() {
            let now = vault.count_cases().unwrap();
            assert!(now >= last);
            last = now;
        }
    });
    assert_eq!(vault.count_cases().unwrap(), 50);
}

#[test]
fn an_empty_list_is_signed_once() {
    let (_place, vault) = vault();
    let saved = vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    let id = vault.save_suggestion(saved, &record("c1", &[]), None, at(2)).unwrap();
    assert_eq!(vault.sign(id, at(3)).unwrap().version, 1);
    assert!(matches!(vault.sign(id, at(4)), Err(VaultError::Refused(_))));
    assert_eq!(vault.signatures(id).unwrap().len(), 1);
}

#[test]
fn a_decision_that_was_taken_back_is_open_again() {
    let place = used();
    let vault = place.open(10).unwrap();
    let id = bogam_vault::SuggestionId(1);
    let decision = |decision| Decision {
        ingredient: "furosemide".to_owned(),
        decision,
        changed_to: None,
        reason: None,
        note: None,
    };
    assert_eq!(vault.decisions(id, None).unwrap().len(), 1);
    vault.decide(id, &decision(DecisionKind::Withdrawn), at(11)).unwrap();
    assert!(vault.decisions(id, None).unwrap().is_empty());
    assert!(vault.sign(id, at(12)).is_err());
    vault.decide_all(id, (&[decision(DecisionKind::Rejected)], &[]), at(13)).unwrap();
    vault.sign(id, at(14)).unwrap();
    assert_eq!(vault.decisions(id, Some(1)).unwrap()[0].decision.decision, DecisionKind::Rejected);
    // One drug that was not suggested keeps all of them out.
    let strange = Decision { ingredient: "nothing".to_owned(), ..decision(DecisionKind::Accepted) };
    let both = [decision(DecisionKind::Accepted), strange];
    let why = Override {
        finding: "F1".to_owned(),
        code: "renal.avoid".to_owned(),
        reason: "benefit_outweighs".to_owned(),
        note: None,
    };
    let before = vault.overrides(id).unwrap().len();
    assert!(vault.decide_all(id, (&both, std::slice::from_ref(&why)), at(15)).is_err());
    assert_eq!(vault.overrides(id).unwrap().len(), before, "an override goes with its decision, or not at all");
    assert_eq!(vault.decisions(id, None).unwrap()[0].decision.decision, DecisionKind::Rejected);
}

#[test]
fn what_is_added_beside_a_signed_suggestion_opens_it_and_advice_is_confirmed_as_it_stands() {
    let place = used();
    let vault = place.open(10).unwrap();
    let id = bogam_vault::SuggestionId(1);
    let key = vault.find_case("c1").unwrap();
    vault.sign(id, at(11)).unwrap();
    assert_eq!(vault.hit(key).unwrap().status, CaseStatus::Signed);
    vault.add_drug(id, ("bisoprolol", Some(&serde_json::json!({"name": "Bisoprolol"})), &[]), at(12)).unwrap();
    assert_eq!(vault.hit(key).unwrap().status, CaseStatus::Decided, "the addition is not signed");
    assert_eq!(vault.added_drugs(id).unwrap().len(), 1);
    assert_eq!(vault.sign(id, at(13)).unwrap().version, 2);
    let added =
        Decision { ingredient: "bisoprolol".to_owned(), ..decision("bisoprolol", DecisionKind::Accepted, None) };
    vault.decide(id, &added, at(14)).unwrap();
    vault.add_drug(id, ("bisoprolol", None, &[]), at(14)).unwrap();
    assert!(vault.decide(id, &added, at(14)).is_err(), "it was taken out again");
    assert!(vault.added_drugs(id).unwrap().is_empty());

    assert_eq!(vault.advice(id, "ko").unwrap(), None);
    vault.confirm_advice(id, true, at(20)).unwrap();
    assert!(vault.confirmation(id).unwrap().is_some_and(|c| c.with_model_written));
    vault.save_advice(id, "ko", "하루 한 번 드십시오.", at(21)).unwrap();
    assert_eq!(vault.advice(id, "ko").unwrap().map(|text| text.content).as_deref(), Some("하루 한 번 드십시오."));
    assert_eq!(vault.confirmation(id).unwrap(), None, "what was written after it was not confirmed");
    vault.confirm_advice(id, false, at(22)).unwrap();
    assert_eq!(vault.confirmation(id).unwrap().unwrap().at, at(22));
    assert!(vault.save_advice(bogam_vault::SuggestionId(99), "ko", "x", at(23)).is_err());
}

#[test]
fn a_question_that_is_asked_anew_replaces_and_deletes_nothing() {
    let (_place, vault) = vault();
    let talk = vault.begin_conversation(None, at(1)).unwrap();
    let context = Some(Context { used: 900, of: 2048 });
    let answer = |text| Said { context, ..Said::by(Speaker::Model, text) };
    for said in [Said::by(Speaker::Person, "one?"), answer("One."), Said::by(Speaker::Person, "two?")] {
        vault.say(talk, &said, at(2)).unwrap();
    }
    vault.say(talk, &Said { stopped: true, ..answer("Tw") }, at(3)).unwrap();
    let stands = || {
        let said = vault.messages(talk).unwrap();
        said.into_iter().map(|m| (m.position, m.content, m.stopped)).collect::<Vec<_>>()
    };
    assert_eq!(stands()[3], (4, "Tw".to_owned(), true));
    assert_eq!(vault.messages(talk).unwrap()[1].context, context);
    // From the second question on, and then from the beginning.
    let anew = |text, from| Said { replaces: Some(from), ..Said::by(Speaker::Person, text) };
    assert_eq!(vault.say(talk, &anew("two, please?", 3), at(4)).unwrap(), 5);
    vault.say(talk, &answer("Two."), at(5)).unwrap();
    let texts = |all: Vec<(u32, String, bool)>| all.into_iter().map(|(n, text, _)| (n, text)).collect::<Vec<_>>();
    let expected = [(1, "one?"), (2, "One."), (5, "two, please?"), (6, "Two.")];
    assert_eq!(texts(stands()), expected.map(|(n, text)| (n, text.to_owned())));
    // What does not stand, and what is no question, cannot be replaced.
    for from in [2, 3, 4, 7] {
        assert_eq!(vault.say(talk, &anew("?", from), at(6)).unwrap_err().code(), "vault.not_found", "{from}");
    }
    assert_eq!(vault.say(talk, &anew("zero?", 1), at(7)).unwrap(), 7);
    assert_eq!(texts(stands()), [(7, "zero?".to_owned())]);
    assert_eq!(vault.conversation(talk).unwrap().first.as_deref(), Some("zero?"));
    assert_eq!(vault.conversations(None).unwrap().len(), 1);
    assert_eq!(vault.conversations(Some(bogam_vault::CaseKey(1))).unwrap(), []);
    for sql in ["UPDATE messages SET content = ''", "DELETE FROM messages"] {
        assert!(vault.execute(sql).is_err(), "{sql}");
    }
    let mut lines = Vec::new();
    vault.audit(|line| lines.push(line.code)).unwrap();
    assert_eq!(lines.iter().filter(|code| *code == "conversation.rewritten").count(), 2);
}

#[test]
fn the_queue_counts_what_whoever_asks_reviewed_and_judgements_are_the_last_ones() {
    let (place, vault) = vault();
    let saved = vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    let old = vault.save_suggestion(saved, &record("c1", &["furosemide"]), None, at(2)).unwrap();
    let new = vault.save_suggestion(saved, &record("c1", &["furosemide", "bisoprolol"]), None, at(3)).unwrap();
    let other = vault.save_case(&case("c2", "임꺽정", "2"), at(4)).unwrap();
    let second = vault.save_suggestion(other, &record("c2", &["warfarin"]), None, at(5)).unwrap();
    let review = |ingredient: &str, verdict| Review { ingredient: ingredient.to_owned(), verdict, comment: None };
    let own = [
        (old, review("furosemide", Verdict::Agree)),
        (new, review("furosemide", Verdict::Agree)),
        (new, review("furosemide", Verdict::Disagree)),
        (new, review("furosemide", Verdict::Comment)),
        // What was withheld is not of the list.
        (new, review("metformin", Verdict::Disagree)),
    ];
    vault.save_reviews(&own, at(6)).unwrap();
    let (items, total) = vault.review_queue(None, 10, false).unwrap();
    assert_eq!(items.iter().map(|i| i.suggestion).collect::<Vec<_>>(), [second, new]);
    assert_eq!((total, items[1].listed, items[1].reviewed, items[1].disagreements), (2, 2, 1, 1));
    assert_eq!(vault.review_queue(Some(second), 10, false).unwrap().0.len(), 1);
    assert_eq!(vault.review_queue(None, 1, true).unwrap().1, 2);
    vault.save_reviews(&[(second, review("warfarin", Verdict::Comment))], at(7)).unwrap();
    assert_eq!(vault.review_queue(None, 10, true).unwrap().0.iter().map(|i| i.suggestion).collect::<Vec<_>>(), [new]);
    let own = vault.person();
    vault.add_person("Lee", "another passphrase", &Roles::from([Role::Reviewer]), at(8)).unwrap();
    drop(vault);
    let lee = bogam_vault::Credential::Passphrase { name: "Lee", passphrase: "another passphrase" };
    let vault = Vault::open(&place.path, lee, opening(9)).unwrap();
    assert_eq!(vault.review_queue(None, 10, false).unwrap().0[1].reviewed, 0, "of another person");
    vault.save_reviews(&[(new, review("furosemide", Verdict::Agree))], at(10)).unwrap();
    let judged = vault.judgements().unwrap();
    let judged: Vec<_> = judged.iter().map(|j| (j.case, j.drug, j.person == own, j.agrees)).collect();
    assert_eq!(judged, [(saved.0, 0, true, true), (saved.0, 1, true, false), (saved.0, 1, false, true)]);
}
