//! `bogam vault`: as a script runs it.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::common::{Place, lines};

const PASSPHRASE: &str = "말 없는 소 네 마리";

/// Runs `bogam vault` with secrets, a line each.
fn vault(place: &Place, arguments: &[&str], secrets: &[&str]) -> Output {
    let input: String = secrets.iter().map(|s| format!("{s}\n")).collect();
    place.run_with_input(&[&["vault"], arguments].concat(), input.as_bytes())
}

fn own(place: &Place, command: &str, rest: &[&str]) -> Output {
    let file = place.path("v.bogam");
    let file = file.to_str().unwrap();
    vault(place, &[&[command, "--vault", file, "--person", "김보감"], rest].concat(), &[PASSPHRASE])
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn done(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn case(case_id: &str, name: &str) -> Value {
    json!({
        "case_id": case_id, "patient": {"name": name, "number": "990011", "age_years": 71, "sex": "F",
          "current_drugs": ["Warfarin"], "allergies": []},
        "admission": {"setting": "inpatient"},
        "diagnoses": [{"system": "icd10", "code": "I50.9", "title": "Heart failure"}],
    })
}

/// A vault with a suggested case.
fn filled() -> Place {
    let place = Place::new();
    let recovery = done(own(&place, "init", &[]));
    assert_eq!(recovery.trim().split('-').count(), 14, "{recovery}");
    let cases = place.write("cases.jsonl", format!("{}\n", case("c1", "홍길동")));
    let suggestions = place.path("s.jsonl");
    let (cases, suggestions) = (cases.to_str().unwrap().to_owned(), suggestions.to_str().unwrap().to_owned());
    done(place.run(&["suggest", "--cases", &cases, "--out", &suggestions, "--model", "none"]));
    done(own(&place, "add", &["--cases", &cases, "--suggestions", &suggestions]));
    place
}

#[test]
fn a_day_in_a_vault() {
    let place = filled();
    let hits = lines(done(own(&place, "search", &["--query", "길동", "--out", "-"])).as_bytes());
    assert_eq!((hits.len(), &hits[0]["case_id"], &hits[0]["status"]), (1, &json!("c1"), &json!("suggested")));
    let table = place.path("t.csv");
    done(own(&place, "export-csv", &["--out", table.to_str().unwrap()]));
    let text = std::fs::read_to_string(&table).unwrap();
    assert!(text.starts_with("\u{FEFF}mark,case,suggestion,") && text.contains("홍길동"));
    let first = text.lines().nth(1).unwrap();
    let filled_in = format!("{}\r\n{},agree,좋음\r\n", text.lines().next().unwrap(), first.strip_suffix(",,").unwrap());
    let filled_in = place.write("filled.csv", filled_in);
    let imported = own(&place, "import-review", &["--reviews", filled_in.to_str().unwrap()]);
    assert!(told(&imported).contains("1 reviews saved"), "{}", told(&imported));
    let anonymous = place.path("d.csv");
    done(own(&place, "export-csv", &["--out", anonymous.to_str().unwrap(), "--deidentified"]));
    let anonymous = std::fs::read_to_string(&anonymous).unwrap();
    assert!(!anonymous.contains("홍길동") && !anonymous.contains("990011"));
    let status: Value = serde_json::from_str(&done(own(&place, "status", &["--json"]))).unwrap();
    assert_eq!(status["cases"][1], json!(["suggested", 1]));
    let audit = lines(done(own(&place, "audit", &[])).as_bytes());
    assert!(audit.iter().any(|l| l["code"] == "review.saved") && !format!("{audit:?}").contains("홍길동"));
}

#[test]
fn people_passphrases_keys_backup_and_restore() {
    let place = filled();
    let file = place.path("v.bogam");
    let file = file.to_str().unwrap();
    let second = "another passphrase";
    let key = ["--vault", file, "--person"];
    let people =
        |rest: &[&str], secrets: &[&str]| vault(&place, &[&["people"], &key[..], &["김보감"], rest].concat(), secrets);
    done(people(&["add", "이검토", "--role", "reviewer"], &[PASSPHRASE, second]));
    let list = done(people(&[], &[PASSPHRASE]));
    assert!(list.contains("이검토\treviewer"), "{list}");
    let backup = place.path("b.bogam-backup");
    let refused =
        vault(&place, &[&["backup"], &key[..], &["이검토", "--to", backup.to_str().unwrap()]].concat(), &[second]);
    assert_eq!((refused.status.code(), backup.exists()), (Some(2), false));
    assert!(told(&refused).contains("administrator"), "{}", told(&refused));
    done(own(&place, "backup", &["--to", backup.to_str().unwrap()]));
    let third = "a third passphrase";
    done(vault(&place, &[&["passwd"], &key[..], &["이검토"]].concat(), &[second, third]));
    done(people(&["remove", "이검토"], &[PASSPHRASE]));
    done(own(&place, "rekey", &[]));
    let gone = vault(&place, &[&["status"], &key[..], &["이검토"]].concat(), &[third]);
    assert_eq!(gone.status.code(), Some(2));
    let recovery = done(own(&place, "rekey", &["--recovery-key"]));
    done(vault(&place, &[&["passwd"], &key[..], &["김보감", "--recovery"]].concat(), &[recovery.trim(), third]));
    assert_eq!(own(&place, "status", &[]).status.code(), Some(2), "the old passphrase is gone");
    done(vault(&place, &[&["verify"], &key[..], &["김보감"]].concat(), &[third]));
    // The backup opens with the passphrases of its time.
    let restored = place.path("r.bogam");
    let restored = ["--vault", restored.to_str().unwrap(), "--person", "이검토"];
    done(vault(&place, &[&["restore", "--from", backup.to_str().unwrap()], &restored[..]].concat(), &[second]));
    let hits = done(vault(&place, &[&["search"], &restored[..], &["--query", "", "--out", "-"]].concat(), &[second]));
    assert_eq!(lines(hits.as_bytes()).len(), 1);
}

/// Runs `status` on files that are no good vault: exit code 2, a message with what is expected, and nothing changed.
fn refused(place: &Place, path: &Path, expected: &str) {
    let before = std::fs::read(path).unwrap_or_default();
    let arguments = ["status", "--vault", path.to_str().unwrap(), "--person", "김보감"];
    let output = vault(place, &arguments, &[PASSPHRASE]);
    assert_eq!(output.status.code(), Some(2), "{expected}: {}", told(&output));
    assert!(told(&output).contains(expected), "{expected}: {}", told(&output));
    assert_eq!(std::fs::read(path).unwrap_or_default(), before, "{expected}: the file was changed");
}

#[test]
fn what_is_no_good_vault_is_refused_with_its_own_message() {
    let place = filled();
    let path = place.path("v.bogam");
    let header = |name: &str| place.path(&format!("{name}.header"));
    let copy = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let to = place.path(name);
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(&to, bytes).unwrap();
        std::fs::copy(header("v.bogam"), header(name)).unwrap();
        to
    };
    refused(&place, &place.path("none.bogam"), "there is no such vault");
    refused(&place, &copy("empty.bogam", &Vec::clear), "the file is empty");
    refused(&place, &copy("cut.bogam", &|b| b.truncate(b.len() - 1000)), "it was cut");
    refused(&place, &copy("first.bogam", &|b| b[100] ^= 1), "damaged");
    let other = copy("other.bogam", &|b| *b = [b"SQLite format 3\0".as_slice(), &[0; 4080]].concat());
    refused(&place, &other, "another program");
    let lone = copy("lone.bogam", &|_| ());
    std::fs::remove_file(header("lone.bogam")).unwrap();
    refused(&place, &lone, "its header");
    let touched = copy("touched.bogam", &|_| ());
    let mut bytes = std::fs::read(header("touched.bogam")).unwrap();
    bytes[40] ^= 1;
    std::fs::write(header("touched.bogam"), bytes).unwrap();
    refused(&place, &touched, "header is damaged");
    let wrong = vault(&place, &["status", "--vault", path.to_str().unwrap(), "--person", "김보감"], &["not the one"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(told(&wrong).contains("the passphrase is wrong"), "{}", told(&wrong));
    let nobody = vault(&place, &["status", "--vault", path.to_str().unwrap(), "--person", "nobody"], &[PASSPHRASE]);
    assert!(told(&nobody).contains("no person nobody"), "{}", told(&nobody));
    let silent = vault(&place, &["status", "--vault", path.to_str().unwrap(), "--person", "김보감"], &[]);
    assert_eq!(silent.status.code(), Some(2));
    assert!(told(&silent).contains("passphrase"), "{}", told(&silent));
    let again = own(&place, "init", &[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(told(&again).contains("nothing is overwritten"), "{}", told(&again));
    done(own(&place, "verify", &[]));
}

#[test]
fn a_damaged_page_is_told_by_verify_and_the_rest_can_be_rescued() {
    let place = filled();
    let path = place.path("v.bogam");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 2000;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let found = own(&place, "verify", &[]);
    let text = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found.status.code(), Some(2), "{text}{}", told(&found));
    assert!(text.contains("pages: ") && text.contains("vault rescue"), "{text}");
    let new = place.path("new.bogam");
    let rescued = own(&place, "rescue", &["--to", new.to_str().unwrap()]);
    assert!(matches!(rescued.status.code(), Some(0 | 1)), "{}", told(&rescued));
    let report: Value = serde_json::from_slice(&rescued.stdout).unwrap();
    assert!(report["tables"].as_array().unwrap().len() > 10, "{report}");
    let new = new.to_str().unwrap();
    done(vault(&place, &["verify", "--vault", new, "--person", "김보감"], &[PASSPHRASE]));
}

#[test]
fn a_damaged_header_is_read_from_its_copy_and_repaired() {
    let place = filled();
    let header = place.path("v.bogam.header");
    std::fs::write(&header, b"nonsense").unwrap();
    let status: Value = serde_json::from_str(&done(own(&place, "status", &["--json"]))).unwrap();
    assert_eq!(status["read_only"], "read_only.header_copy");
    let cases = place.path("cases.jsonl");
    let refused = own(&place, "add", &["--cases", cases.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    done(own(&place, "repair", &[]));
    let status: Value = serde_json::from_str(&done(own(&place, "status", &["--json"]))).unwrap();
    assert_eq!(status["read_only"], json!(null));
    done(own(&place, "verify", &[]));
}

#[test]
fn an_audit_that_was_kept_is_looked_for() {
    let place = filled();
    let path = place.path("v.bogam");
    let old: Vec<(std::path::PathBuf, Vec<u8>)> = ["", ".header", ".header.copy"]
        .iter()
        .map(|suffix| std::path::PathBuf::from(format!("{}{suffix}", path.display())))
        .map(|file| (file.clone(), std::fs::read(file).unwrap()))
        .collect();
    let kept = place.write("audit.jsonl", done(own(&place, "audit", &[])));
    let kept = kept.to_str().unwrap();
    done(own(&place, "verify", &["--kept", kept]));
    // Everything is set back together: only what was kept elsewhere tells.
    for (file, bytes) in &old {
        std::fs::write(file, bytes).unwrap();
    }
    done(own(&place, "verify", &[]));
    for (file, bytes) in &old {
        std::fs::write(file, bytes).unwrap();
    }
    let found = own(&place, "verify", &["--kept", kept]);
    assert_eq!(found.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&found.stdout).contains("older one"));
}
