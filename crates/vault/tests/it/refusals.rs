//! What is refused or only read, each with its own code, and that nothing is changed by it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bogam_vault::{Credential, ReadOnly, RecoveryKey, Vault, VaultError};

use crate::draw::Draw;
use crate::fixture::{NAME, PASSPHRASE, Place, at, case, opening, owner, record, used, vault};

/// Every file of a folder. Of a header what the key vouches for: the counts of attempts behind that may change. An empty
/// lock is no content.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut bytes = fs::read(&path).unwrap();
        if name.ends_with(".header") && bytes.starts_with(b"BOGAMVLT") && bytes.len() > 16 {
            let body = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
            bytes.truncate(16 + body + 32);
        }
        if !(name.ends_with(".lock") && bytes.is_empty()) {
            all.insert(name, bytes);
        }
    }
    all
}

/// Opening is refused with a code, says which file, and changes nothing.
#[track_caller]
fn refused(place: &Place, who: Credential<'_>, code: &str) {
    let before = files(place.folder.path());
    let error = Vault::open(&place.path, who, opening(9)).expect_err(code);
    assert_eq!(error.code(), code, "{error}");
    assert_eq!(files(place.folder.path()), before, "{code}");
    let text = error.to_string();
    let about_a_file = !matches!(error, VaultError::WrongPassphrase { .. } | VaultError::NotFound { .. });
    assert_eq!(text.contains("clinic.bogam"), about_a_file, "{text}");
    assert!(text.len() > 20, "{text}");
}

#[test]
fn a_wrong_passphrase_and_a_wrong_recovery_key() {
    let place = used();
    refused(&place, Credential::Passphrase { name: NAME, passphrase: "not the passphrase" }, "vault.wrong_passphrase");
    refused(&place, Credential::Passphrase { name: "없는 사람", passphrase: PASSPHRASE }, "vault.not_found");
    let other = RecoveryKey::parse(&used().recovery.text()).unwrap();
    refused(&place, Credential::Recovery(&other), "vault.wrong_passphrase");
    assert!(place.open(20).unwrap().verify(&[]).unwrap().is_clean());
}

#[test]
fn a_missing_header_and_one_of_another_vault() {
    let place = used();
    fs::remove_file(place.file(".header")).unwrap();
    let before = files(place.folder.path());
    let vault = place.open(9).unwrap();
    assert_eq!(vault.read_only(), Some(&ReadOnly::HeaderCopy));
    assert_eq!(vault.find_case("c1").unwrap().0, 1);
    drop(vault);
    assert_eq!(files(place.folder.path()), before);
    fs::remove_file(place.file(".header.copy")).unwrap();
    refused(&place, owner(), "vault.missing");
    fs::copy(used().file(".header"), place.file(".header")).unwrap();
    refused(&place, owner(), "vault.damaged");
    for (content, code) in [(&b""[..], "vault.not_ours"), (b"BOGAMVLT", "vault.header_damaged")] {
        fs::write(place.file(".header"), content).unwrap();
        refused(&place, owner(), code);
    }
    let mut newer = b"BOGAMVLT\x63\0\0\0 and what a newer program may write".to_vec();
    newer.extend(sha2::Sha256::digest(&newer));
    fs::write(place.file(".header"), newer).unwrap();
    refused(&place, owner(), "vault.newer");
}

use sha2::Digest as _;

#[test]
fn no_file_an_empty_one_and_those_of_other_programs() {
    let place = used();
    fs::write(&place.path, "").unwrap();
    refused(&place, owner(), "vault.empty");
    fs::remove_file(&place.path).unwrap();
    let plain = rusqlite::Connection::open(&place.path).unwrap();
    plain.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES ('another program''s')").unwrap();
    drop(plain);
    refused(&place, owner(), "vault.other_database");
    fs::remove_file(&place.path).unwrap();
    let plain = rusqlite::Connection::open(&place.path).unwrap();
    plain.execute_batch("PRAGMA key = 'another key'; CREATE TABLE t (a)").unwrap();
    drop(plain);
    refused(&place, owner(), "vault.damaged");
    fs::write(&place.path, [b'x'; 8192]).unwrap();
    refused(&place, owner(), "vault.damaged");
    fs::remove_file(&place.path).unwrap();
    refused(&place, owner(), "vault.missing");
    fs::create_dir(&place.path).unwrap();
    assert_eq!(place.open(9).unwrap_err().code(), "vault.file");
}

/// A vault with some hundred pages, closed.
fn larger() -> Place {
    let (place, vault) = vault();
    for i in 0..60 {
        let id = format!("c{i}");
        vault.add(&[(case(&id, "홍길동", &i.to_string()), Some(record(&id, &["furosemide"])))], at(i)).unwrap();
    }
    vault.close().unwrap();
    place
}

#[test]
fn a_flipped_byte_in_any_page_is_told_and_what_is_elsewhere_is_read() {
    let place = larger();
    let mut draw = Draw::from_the_clock();
    let good = fs::read(&place.path).unwrap();
    let (mut refused, mut readable) = (0, 0_u64);
    let pages = good.len() / 4096;
    for page in 0..pages {
        let at = page * 4096 + usize::try_from(draw.below(4096)).unwrap();
        let mut bytes = good.clone();
        bytes[at] ^= 1 << draw.below(8);
        fs::write(&place.path, &bytes).unwrap();
        let before = files(place.folder.path());
        match Vault::open(&place.path, owner(), opening(100).read_only()) {
            Err(error) => {
                assert_eq!(error.code(), "vault.damaged", "byte {at}");
                refused += 1;
            }
            Ok(vault) => {
                for i in 0..60 {
                    // What is elsewhere is read whole; what is there is refused, and never something else.
                    match vault.find_case(&format!("c{i}")).and_then(|key| vault.case(key, None)) {
                        Ok(found) => {
                            assert_eq!(found.case.patient.unwrap().number, Some(i.to_string()));
                            readable += 1;
                        }
                        Err(error) => assert_eq!(error.code(), "vault.damaged", "byte {at}: {error}"),
                    }
                }
                let found = vault.verify(&[]).unwrap();
                assert!(!found.is_clean() && found.pages.count > 0, "byte {at}: {found:?}");
            }
        }
        assert_eq!(files(place.folder.path()), before, "byte {at}");
    }
    println!("{}: {pages} pages, {refused} told by opening, the others by verify; {readable} cases read", draw.seed());
    assert!(refused > 0 && refused < pages / 2 && readable > 50 * u64::try_from(pages - refused).unwrap());
    fs::write(&place.path, &good).unwrap();
    assert!(place.open(100).unwrap().verify(&[]).unwrap().is_clean());
}

#[test]
fn a_damaged_vault_takes_no_more_changes_once_it_was_noticed() {
    let place = larger();
    let good = fs::read(&place.path).unwrap();
    let mut noticed = 0;
    for page in (1..good.len() / 4096).rev() {
        let mut bytes = good.clone();
        bytes[page * 4096 + 77] ^= 8;
        fs::write(&place.path, &bytes).unwrap();
        let Ok(vault) = place.open(200) else { continue };
        let all =
            (0..60).try_for_each(|i| vault.find_case(&format!("c{i}")).and_then(|k| vault.case(k, None).map(drop)));
        if all.is_err() {
            assert!(vault.damaged());
            let error = vault.save_case(&case("new", "n", "1"), at(201)).unwrap_err();
            assert!(error.code() == "vault.read_only" && error.to_string().contains("rescue"), "{error}");
            noticed += 1;
        }
        if noticed == 3 {
            break;
        }
    }
    assert_eq!(noticed, 3);
}

#[test]
fn a_cut_file_is_found_wherever_it_was_cut() {
    let place = larger();
    let good = fs::read(&place.path).unwrap();
    let mut draw = Draw::from_the_clock();
    let pages = good.len() / 4096;
    for page in 1..pages {
        fs::write(&place.path, &good[..page * 4096 - usize::try_from(1 + draw.below(4095)).unwrap()]).unwrap();
        refused(&place, owner(), "vault.truncated");
    }
    let (mut by_opening, mut by_verify) = (0, 0);
    for page in 1..pages {
        fs::write(&place.path, &good[..page * 4096]).unwrap();
        let before = files(place.folder.path());
        match Vault::open(&place.path, owner(), opening(100).read_only()) {
            Err(error) => {
                assert_eq!(error.code(), "vault.damaged", "{page} pages: {error}");
                by_opening += 1;
            }
            Ok(vault) => {
                assert!(!vault.verify(&[]).unwrap().is_clean(), "{page} of {pages} pages");
                by_verify += 1;
            }
        }
        assert_eq!(files(place.folder.path()), before, "{page} pages");
    }
    println!("{pages} pages: cut at a border, {by_opening} told by opening, {by_verify} by verify");
    fs::write(&place.path, &good).unwrap();
    assert!(place.open(100).unwrap().verify(&[]).unwrap().is_clean());
}

#[test]
fn a_flipped_or_cut_log_loses_nothing_in_silence() {
    let (place, vault) = vault();
    for i in 0..20 {
        vault.save_case(&case(&format!("c{i}"), "홍길동", &i.to_string()), at(i)).unwrap();
    }
    let good = files_raw(place.folder.path());
    drop(vault);
    let log = &good["clinic.bogam-wal"];
    assert!(log.len() > 100 * 4096, "all is in the log: {}", log.len());
    let mut draw = Draw::from_the_clock();
    let mut told = 0;
    for round in 0..60 {
        let at = usize::try_from(draw.below(log.len() as u64)).unwrap();
        let mut bytes = log.clone();
        if round % 2 == 0 {
            bytes[at] ^= 1
        } else {
            bytes.truncate(at)
        }
        for (name, content) in &good {
            fs::write(place.folder.path().join(name), content).unwrap();
        }
        fs::write(place.file("-wal"), bytes).unwrap();
        drop(fs::remove_file(place.file("-shm")));
        match place.open(100) {
            Err(error) => {
                assert_eq!(error.code(), "vault.damaged", "byte {at}: {error}");
                told += 1;
            }
            Ok(vault) if vault.read_only().is_some() => {
                assert!(matches!(vault.read_only(), Some(ReadOnly::RolledBack { .. })));
                told += 1;
            }
            Ok(vault) => {
                // What was written after the last change, such as a page that belongs to none, may be missing.
                assert_eq!(vault.count_cases().unwrap(), 20, "{}: byte {at} of {}", draw.seed(), log.len());
                assert!(vault.verify(&[]).unwrap().is_clean());
            }
        }
    }
    println!("{}: 60 faults of the log, {told} told", draw.seed());
    assert!(told > 40, "{told}");
}

fn files_raw(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let path = |e: std::io::Result<fs::DirEntry>| e.unwrap().path();
    let all = fs::read_dir(folder).unwrap().map(path);
    all.map(|p| (p.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(p).unwrap())).collect()
}

#[test]
fn a_header_is_repaired_from_its_copy() {
    let place = used();
    let good = fs::read(place.file(".header")).unwrap();
    for damage in [None, Some(&good[..100])] {
        match damage {
            None => fs::remove_file(place.file(".header")).unwrap(),
            Some(bytes) => fs::write(place.file(".header"), bytes).unwrap(),
        }
        assert_eq!(place.open(9).unwrap().read_only(), Some(&ReadOnly::HeaderCopy));
        let vault = Vault::repair_header(&place.path, owner(), opening(10)).unwrap();
        assert_eq!(vault.read_only(), None);
        let mut codes = Vec::new();
        vault.audit(|line| codes.push(line.code)).unwrap();
        assert!(codes.contains(&"vault.header_repaired".to_owned()), "{codes:?}");
        assert!(vault.verify(&[]).unwrap().is_clean());
        drop(vault);
        assert_eq!(place.open(11).unwrap().read_only(), None);
        assert_eq!(place.file(".header.damaged").exists(), damage.is_some());
    }
    assert_eq!(fs::read(place.file(".header.damaged")).unwrap(), good[..100]);
    // With a whole header it is an opening like any other.
    assert_eq!(Vault::repair_header(&place.path, owner(), opening(12)).unwrap().read_only(), None);
}
