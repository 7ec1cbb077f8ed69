//! Flipped bytes, changed headers, cut files; and what is rescued.

use std::fs;

use bogam_vault::{Credential, ReadOnly, Role, Roles, Vault, VaultError};

use crate::fixture::{at, case, opening, owner, record, used, vault};

fn flip(path: &std::path::Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_flipped_byte_anywhere_in_the_header_is_found_and_the_copy_is_read() {
    let place = used();
    let header = fs::read(place.file(".header")).unwrap();
    for at in (0..header.len()).step_by(11) {
        fs::write(place.file(".header"), &header).unwrap();
        flip(&place.file(".header"), at);
        let opened = place.open(9);
        assert!(opened.unwrap().read_only() == Some(&ReadOnly::HeaderCopy), "byte {at}");
    }
    fs::write(place.file(".header"), b"something else").unwrap();
    fs::remove_file(place.file(".header.copy")).unwrap();
    assert_eq!(place.open(9).unwrap_err().code(), "vault.not_ours");
    fs::remove_file(place.file(".header")).unwrap();
    assert_eq!(place.open(9).unwrap_err().code(), "vault.missing");
}

#[test]
fn a_header_that_was_changed_without_the_key_is_refused() {
    use sha2::Digest as _;
    let (place, vault) = vault();
    vault.add_person("Lee", "another passphrase", &Roles::from([Role::Reviewer]), at(1)).unwrap();
    drop(vault);
    let mut bytes = fs::read(place.file(".header")).unwrap();
    // A name of the same length, and a sum that fits again.
    let at = bytes.windows(3).position(|w| w == b"Lee").unwrap();
    bytes[at..at + 3].copy_from_slice(b"Eve");
    let end = bytes.len() - 32;
    let sum = sha2::Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&sum);
    fs::write(place.file(".header"), bytes).unwrap();
    assert_eq!(place.open(9).unwrap_err().code(), "vault.header_tampered");
    let eve = Credential::Passphrase { name: "Eve", passphrase: "another passphrase" };
    assert_eq!(Vault::open(&place.path, eve, opening(9)).unwrap_err().code(), "vault.header_tampered");
}

#[test]
fn a_header_of_another_vault_does_not_open_this_one() {
    let (one, other) = (used(), used());
    fs::copy(other.file(".header"), one.file(".header")).unwrap();
    assert_eq!(one.open(9).unwrap_err().code(), "vault.damaged");
}

#[test]
fn what_can_be_read_of_a_damaged_vault_is_rescued_with_a_list_of_what_cannot() {
    let (place, vault) = vault();
    for i in 0..400 {
        let id = format!("c{i}");
        vault.add(&[(case(&id, "홍길동", &i.to_string()), Some(record(&id, &["furosemide"])))], at(i)).unwrap();
    }
    vault.close().unwrap();
    let pages = fs::read(&place.path).unwrap().len() / 4096;
    for page in [pages / 3, pages / 2, pages - 3] {
        flip(&place.path, page * 4096 + 100);
    }
    let damaged = fs::read(&place.path).unwrap();
    let to = place.folder.path().join("rescued");
    let (vault, rescued) = Vault::rescue(&place.path, &to, owner(), opening(500)).unwrap();
    assert_eq!(fs::read(&place.path).unwrap(), damaged, "the damaged file is as it was");
    let rows = |table: &str| rescued.tables.iter().find(|(name, _)| name == table).unwrap().1;
    let all: u64 = ["cases", "case_versions", "suggestions", "suggested_drugs"].map(rows).iter().sum();
    assert!(!rescued.lost.is_empty(), "{rescued:?}");
    assert!((2000 - 250..2000).contains(&all), "{all} of 2000 rows; {rescued:?}");
    assert_eq!(vault.count_cases().unwrap(), rows("cases"));
    // What came over can be worked with.
    vault.save_case(&case("new", "n", "1"), at(501)).unwrap();
    assert_eq!(vault.verify(&[]).unwrap().pages.count, 0);
    drop(vault);
    assert!(matches!(Vault::rescue(&place.path, &to, owner(), opening(502)), Err(VaultError::AlreadyThere(_))));
}

#[test]
fn a_file_that_was_cut_by_whole_pages_is_refused_and_rescued() {
    let (place, vault) = vault();
    for i in 0..100 {
        vault.save_case(&case(&format!("c{i}"), "홍길동", "1"), at(i)).unwrap();
    }
    vault.close().unwrap();
    let bytes = fs::read(&place.path).unwrap();
    fs::write(&place.path, &bytes[..bytes.len() - 5 * 4096]).unwrap();
    assert_eq!(place.open(200).unwrap_err().code(), "vault.damaged");
    let to = place.folder.path().join("rescued");
    let (vault, rescued) = Vault::rescue(&place.path, &to, owner(), opening(201)).unwrap();
    assert!(!rescued.lost.is_empty() || vault.count_cases().unwrap() == 100, "{rescued:?}");
    assert!(vault.count_cases().unwrap() > 10);
}
