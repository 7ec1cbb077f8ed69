//! A writer is killed at random moments, whatever it is at; afterwards everything that it said was saved is there, and
//! nothing is wrong. A killed process keeps what the system has taken from it: this tries the order of the steps, not
//! whether the disk keeps what it was told to sync.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bogam_vault::{Credential, Decision, DecisionKind, Role, Roles, SCHEMA, SuggestionId, Vault, VaultError};

use crate::child::{self, Watched, command, tell};
use crate::draw::Draw;
use crate::fixture::{NAME, PASSPHRASE, at, case, opening, owner, record};

/// Rounds; `BOGAM_KILLS` asks for more.
const ROUNDS: u64 = 20;

/// What the writer is at, and the milliseconds within which it is killed.
const KINDS: [(&str, u64); 8] = [
    ("save", 250),
    ("backup", 250),
    ("rotate", 250),
    ("migrate", 200),
    ("people", 250),
    ("passphrase", 250),
    ("create", 250),
    ("restore", 250),
];

/// An older program's vault has so many cases.
const OLDER_CASES: u64 = 300;

const OLDER: &str = r#"
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO cases SELECT i, 'old' || i, 1, 'open', 1, 1000, 1000, '홍길동' || i, i, 'I10 Hypertension', 'Warfarin' FROM n;
INSERT INTO case_versions SELECT id, 1, 1000, 1, json_object('case_id', case_id) FROM cases;
"#;

fn passphrase(i: u64) -> String {
    if i == 0 { PASSPHRASE.to_owned() } else { format!("the passphrase number {i}") }
}

fn beside(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}

/// A case with its suggestion, decided and signed, each told when it is saved.
fn save_one(vault: &Vault, i: u64) {
    let id = format!("c{i}");
    let saved = vault.save_case(&case(&id, "홍길동", &i.to_string()), at(2)).unwrap();
    tell(&format!("case {i}"));
    let suggestion = vault.save_suggestion(saved, &record(&id, &["furosemide"]), None, at(2)).unwrap();
    tell(&format!("suggestion {i} {}", suggestion.0));
    let accepted = Decision {
        ingredient: "furosemide".to_owned(),
        decision: DecisionKind::Accepted,
        changed_to: None,
        reason: None,
        note: None,
    };
    vault.decide(suggestion, &accepted, at(3)).unwrap();
    tell(&format!("decision {i} {}", suggestion.0));
    vault.sign(suggestion, at(4)).unwrap();
    tell(&format!("signature {i} {}", suggestion.0));
}

/// The child: does one kind of thing again and again, and tells what it was told is done.
#[test]
fn writer() {
    let Some(path) = child::place() else { return };
    let kind = std::env::var("BOGAM_TEST_KIND").unwrap();
    tell("begins");
    if kind == "create" || kind == "restore" {
        for i in 0_u64.. {
            let to = beside(&path, &format!("{kind}{i}"));
            if kind == "create" {
                drop(Vault::create(&to, NAME, PASSPHRASE, opening(1)).unwrap());
            } else {
                drop(Vault::restore(&beside(&path, "good backup"), &to, owner(), opening(1)).unwrap());
            }
            tell(&format!("made {i}"));
        }
    }
    let mut vault = Vault::open(&path, owner(), opening(1)).unwrap();
    tell("opened");
    for i in 0_u64.. {
        match kind.as_str() {
            "save" | "migrate" => save_one(&vault, i),
            "backup" => {
                save_one(&vault, i);
                vault.backup(&beside(&path, &format!("backup{i}")), at(5)).unwrap();
                tell(&format!("backup {i}"));
            }
            "rotate" => {
                save_one(&vault, i);
                vault.rotate(at(5)).unwrap();
                tell(&format!("rotated {i}"));
            }
            "people" => {
                let roles = Roles::from([Role::Reviewer]);
                let id = vault.add_person(&format!("p{i}"), &format!("passphrase of {i}"), &roles, at(5)).unwrap();
                tell(&format!("added {i} {}", id.0));
                vault.rename_person(id, &format!("q{i}"), at(6)).unwrap();
                tell(&format!("renamed {i} {}", id.0));
                vault.set_roles(id, &Roles::from([Role::Clinician]), at(7)).unwrap();
                tell(&format!("roles {i} {}", id.0));
                if i % 2 == 1 {
                    tell(&format!("removing {i} {}", id.0));
                    vault.remove_person(id, at(8)).unwrap();
                    tell(&format!("removed {i} {}", id.0));
                }
            }
            "passphrase" => {
                vault.change_passphrase(&passphrase(i), &passphrase(i + 1), at(5)).unwrap();
                tell(&format!("passphrase {}", i + 1));
                save_one(&vault, i);
            }
            other => panic!("{other}"),
        }
    }
}

/// What was told, by what it is of.
#[derive(Default)]
struct Told(Vec<Vec<String>>);

impl Told {
    fn of<'a>(&'a self, what: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let matching = self.0.iter().filter(move |words| words[0] == what);
        matching.map(|words| (words.get(1).map_or("", String::as_str), words.get(2).map_or("", String::as_str)))
    }

    fn last(&self, what: &str) -> u64 {
        self.of(what).last().map_or(0, |(i, _)| i.parse().unwrap())
    }
}

/// Checks everything of cases that was told; returns how much it was.
fn check_cases(vault: &Vault, told: &Told) -> u64 {
    let mut checked = 0;
    for (i, _) in told.of("case") {
        let key = vault.find_case(&format!("c{i}")).unwrap();
        assert_eq!(vault.case(key, None).unwrap().case.patient.unwrap().number.as_deref(), Some(i));
        checked += 1;
    }
    for (what, expected) in [("suggestion", 0), ("decision", 1), ("signature", 2)] {
        for (i, id) in told.of(what) {
            let id = SuggestionId(id.parse().unwrap());
            assert_eq!(vault.suggestion(id).unwrap().record, record(&format!("c{i}"), &["furosemide"]));
            assert!(expected < 1 || vault.decisions(id, None).unwrap().len() == 1);
            assert!(expected < 2 || vault.signatures(id).unwrap().len() == 1);
            checked += 1;
        }
    }
    checked
}

/// Opens what was killed, as the kind of work asks for.
fn open_after(kind: &str, path: &Path, told: &Told) -> Vault {
    let open = |passphrase: &str| Vault::open(path, Credential::Passphrase { name: NAME, passphrase }, opening(100));
    if kind != "passphrase" {
        return open(PASSPHRASE).unwrap();
    }
    // The last that was told, or the one that was being set.
    let last = told.last("passphrase");
    match open(&passphrase(last)) {
        Err(VaultError::WrongPassphrase { .. }) => open(&passphrase(last + 1)).unwrap(),
        other => other.unwrap(),
    }
}

/// Checks what a kind of work told beyond cases; returns how much it was.
fn check_kind(kind: &str, path: &Path, vault: &Vault, told: &Told) -> u64 {
    let mut checked = 0;
    match kind {
        "backup" => {
            for (i, _) in told.of("backup") {
                let to = beside(path, "restored");
                let backup = beside(path, &format!("backup{i}"));
                let (restored, found) = Vault::restore(&backup, &to, owner(), opening(101)).unwrap();
                assert!(found.is_clean());
                for earlier in 0..=i.parse::<u64>().unwrap() {
                    let key = restored.find_case(&format!("c{earlier}")).unwrap();
                    assert_eq!(restored.suggestions_of(key).unwrap().len(), 1);
                }
                drop(restored);
                ["", ".header", ".header.copy", ".lock"]
                    .iter()
                    .for_each(|suffix| drop(fs::remove_file(beside(path, &format!("restored{suffix}")))));
                checked += 1;
            }
        }
        "rotate" => {
            let mut codes: BTreeMap<String, u64> = BTreeMap::new();
            vault.audit(|line| *codes.entry(line.code).or_default() += 1).unwrap();
            checked = told.of("rotated").count() as u64;
            assert!(codes.get("vault.rotated").copied().unwrap_or(0) >= checked);
            assert!(!beside(path, "v.next").exists());
        }
        "people" => {
            let people = vault.people().unwrap();
            let of = |id: &str| people.iter().find(|p| p.id.0.to_string() == id).unwrap();
            let removing: Vec<&str> = told.of("removing").map(|(_, id)| id).collect();
            for (_, id) in told.of("added") {
                assert!(of(id).removed.is_none() || removing.contains(&id));
                checked += 1;
            }
            for (i, id) in told.of("renamed") {
                assert_eq!(of(id).name, format!("q{i}"));
                checked += 1;
            }
            for (_, id) in told.of("roles") {
                assert_eq!(of(id).roles, Roles::from([Role::Clinician]));
                checked += 1;
            }
            for (_, id) in told.of("removed") {
                assert!(of(id).removed.is_some());
                checked += 1;
            }
        }
        "migrate" => {
            // The last may have been saved and not told any more.
            let saved = vault.count_cases().unwrap() - told.of("case").count() as u64;
            assert!(saved == OLDER_CASES || saved == OLDER_CASES + 1, "{saved}");
            let query = bogam_vault::SearchQuery { text: "홍길동300".to_owned(), ..Default::default() };
            assert_eq!(vault.search(&query).unwrap().len(), 1);
        }
        "passphrase" => checked = told.last("passphrase"),
        _ => {}
    }
    checked
}

/// What was made is whole; what was cut off is in nobody's way.
fn check_made(kind: &str, path: &Path, told: &Told) -> u64 {
    let made = told.of("made").count() as u64;
    for i in 0..made {
        let vault = Vault::open(&beside(path, &format!("{kind}{i}")), owner(), opening(100)).unwrap();
        assert!(vault.read_only().is_none() && vault.verify(&[]).unwrap().is_clean());
        assert!(kind == "create" || vault.count_cases().unwrap() == 3);
    }
    let cut_off = beside(path, &format!("{kind}{made}"));
    if cut_off.exists() {
        assert!(Vault::open(&cut_off, owner(), opening(100)).unwrap().verify(&[]).unwrap().is_clean());
    } else if kind == "create" {
        drop(Vault::create(&cut_off, NAME, PASSPHRASE, opening(100)).unwrap());
    } else {
        let (vault, _) = Vault::restore(&beside(path, "good backup"), &cut_off, owner(), opening(100)).unwrap();
        assert_eq!(vault.count_cases().unwrap(), 3);
    }
    made
}

/// Whether the opening after a kill had something to settle: the kill fell between two steps of one change.
fn settled(vault: &Vault) -> bool {
    let mut found = false;
    let codes = ["vault.rotation_finished", "vault.rotation_undone", "person.addition_undone"];
    vault.audit(|line| found |= codes.contains(&line.code.as_str())).unwrap();
    found
}

/// One round: how much of what was told was checked, and whether something had to be settled.
fn round(kind: &str, wait: Duration) -> (u64, bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    let (schema, sql) = if kind == "migrate" { (4, OLDER) } else { (SCHEMA, "") };
    Vault::create_older(&path, (NAME, PASSPHRASE), opening(0), schema, sql).unwrap();
    if kind == "restore" {
        let vault = Vault::open(&path, owner(), opening(1)).unwrap();
        for i in 0..3 {
            vault.save_case(&case(&format!("c{i}"), "홍길동", "1"), at(1)).unwrap();
        }
        vault.backup(&beside(&path, "good backup"), at(2)).unwrap();
    }
    let mut command = command("kill::writer", &path);
    command.env("BOGAM_TEST_KIND", kind);
    let mut writer = Watched::start(command);
    assert_eq!(writer.next().as_deref(), Some("begins"));
    if !matches!(kind, "migrate" | "create" | "restore") {
        assert_eq!(writer.next().as_deref(), Some("opened"));
    }
    std::thread::sleep(wait);
    writer.child.kill().unwrap();
    let ended = writer.child.wait().unwrap();
    assert_eq!(ended.code(), None, "it was killed, and had not failed before");
    let mut told = Told::default();
    while let Some(line) = writer.next() {
        told.0.push(line.split(' ').map(str::to_owned).collect());
    }
    if matches!(kind, "create" | "restore") {
        return (check_made(kind, &path, &told), false);
    }
    let vault = open_after(kind, &path, &told);
    assert_eq!(vault.read_only(), None);
    let found = vault.verify(&[]).unwrap();
    assert!(found.is_clean(), "{found:?}");
    let checked = check_cases(&vault, &told) + check_kind(kind, &path, &vault, &told);
    // Those who were added can sign in, and those who were removed cannot.
    let people = vault.people().unwrap();
    let settled = settled(&vault);
    drop(vault);
    for person in people.iter().skip(1).rev().take(4) {
        let secret = format!("passphrase of {}", &person.name[1..]);
        let who = Credential::Passphrase { name: &person.name, passphrase: &secret };
        let opened = Vault::open(&path, who, opening(200));
        assert_eq!(opened.is_ok(), person.removed.is_none(), "{person:?}: {opened:?}");
    }
    (checked, settled)
}

#[test]
fn nothing_that_was_told_saved_is_missing_after_a_kill() {
    let rounds = std::env::var("BOGAM_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let mut draw = Draw::from_the_clock();
    println!("{}", draw.seed());
    let mut counts: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for n in 0..rounds {
        let (kind, within) = KINDS[usize::try_from(n).unwrap() % KINDS.len()];
        let (checked, settled) = round(kind, Duration::from_micros(draw.below(within * 1000)));
        let count = counts.entry(kind).or_default();
        *count = (count.0 + 1, count.1 + checked, count.2 + u64::from(settled));
    }
    let all: u64 = counts.values().map(|(_, checked, _)| checked).sum();
    for (kind, (rounds, checked, settled)) in &counts {
        println!(
            "{kind:<11} {rounds:>4} kills {checked:>7} acknowledged changes checked, {settled:>3} cut off half-way"
        );
    }
    println!("{rounds} kills, {all} acknowledged changes, none missing");
    assert!(all > 0);
}
