//! Making, opening, and what is refused, each with its own code.

use std::fs;

use bogam_vault::{Credential, KdfParameters, Opening, ReadOnly, RecoveryKey, Vault, VaultError};

use crate::fixture::{CHEAP, NAME, PASSPHRASE, at, case, opening, owner, used, vault};

fn code<T: std::fmt::Debug>(result: Result<T, VaultError>) -> &'static str {
    result.expect_err("refused").code()
}

#[test]
fn what_was_saved_is_there_after_closing_and_opening() {
    let (place, vault) = vault();
    let (key, version) = vault.save_case(&case("c1", "홍길동", "1"), at(1)).unwrap();
    vault.close().unwrap();
    let vault = place.open(2).unwrap();
    assert_eq!(vault.read_only(), None);
    assert_eq!(version, 1);
    let found = vault.case(key, None).unwrap();
    assert_eq!(found.case.patient.unwrap().name.as_deref(), Some("홍길동"));
    assert!(vault.verify(&[]).unwrap().is_clean());
}

#[test]
fn nothing_is_made_over_a_file_that_is_there() {
    let (place, vault) = vault();
    drop(vault);
    let before = fs::read(&place.path).unwrap();
    assert_eq!(code(Vault::create(&place.path, NAME, PASSPHRASE, opening(1))), "vault.already_there");
    assert_eq!(fs::read(&place.path).unwrap(), before);
}

#[test]
fn a_creation_that_was_cut_off_is_begun_again() {
    let place = used();
    // What is there before the last step: everything but the database under its name.
    fs::rename(&place.path, place.file(".new")).unwrap();
    assert_eq!(code(place.open(9)), "vault.missing");
    assert!(Vault::create(&place.path, NAME, PASSPHRASE, opening(9)).is_ok());
}

#[test]
fn a_short_passphrase_is_refused_by_its_letters() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    // Nine syllables are more than ten bytes.
    let made = Vault::create(&path, NAME, "가나다라마바사아자", opening(0));
    assert!(matches!(made, Err(VaultError::ShortPassphrase { found: 9, least: 10 })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_passphrase_typed_in_letters_opens_as_well() {
    let place = used();
    let letters: String = unicode_normalization::UnicodeNormalization::nfd(PASSPHRASE).collect();
    assert_ne!(letters, PASSPHRASE);
    assert!(Vault::open(&place.path, Credential::Passphrase { name: NAME, passphrase: &letters }, opening(9)).is_ok());
}

#[test]
fn wrong_attempts_are_counted_slowed_down_and_survive_the_program() {
    let place = used();
    let wrong = |second| {
        let who = Credential::Passphrase { name: NAME, passphrase: "not the passphrase" };
        Vault::open(&place.path, who, opening(second)).unwrap_err()
    };
    // Three are free; then each doubles the wait. Each is an opening of its own, as after a restart.
    assert!(matches!(wrong(10), VaultError::WrongPassphrase { failures: 1, wait_s: 0 }));
    assert!(matches!(wrong(10), VaultError::WrongPassphrase { failures: 2, wait_s: 0 }));
    assert!(matches!(wrong(10), VaultError::WrongPassphrase { failures: 3, wait_s: 1 }));
    assert!(matches!(wrong(10), VaultError::TooSoon { failures: 3, wait_s: 1 }));
    assert!(matches!(wrong(11), VaultError::WrongPassphrase { failures: 4, wait_s: 2 }));
    // The right one has to wait as well, and a clock that is set back does not help, nor lock for ever.
    assert!(matches!(place.open(12), Err(VaultError::TooSoon { wait_s: 1, .. })));
    assert!(matches!(place.open(-1000), Err(VaultError::TooSoon { wait_s: 2, .. })));
    let vault = place.open(-998).unwrap();
    let mut opened = Vec::new();
    vault.audit(|line| opened.push((line.code, line.object))).unwrap();
    assert_eq!(opened.last().unwrap(), &("vault.opened".to_owned(), "wrong_attempts:4".to_owned()));
    drop(vault);
    assert!(matches!(wrong(20), VaultError::WrongPassphrase { failures: 1, .. }), "a right one begins anew");
}

#[test]
fn the_recovery_key_opens_and_a_renewed_one_replaces_it() {
    let place = used();
    let written_down = place.recovery.text().to_string();
    let open = |key: &RecoveryKey, second| Vault::open(&place.path, Credential::Recovery(key), opening(second));
    let vault = open(&RecoveryKey::parse(&written_down).unwrap(), 9).unwrap();
    let me = vault.people().unwrap()[0].id;
    vault.reset_passphrase(me, "eine neue Losung", at(9)).unwrap();
    let renewed = vault.renew_recovery_key(at(9)).unwrap();
    drop(vault);
    assert_eq!(code(place.open(10)), "vault.wrong_passphrase");
    let who = Credential::Passphrase { name: NAME, passphrase: "eine neue Losung" };
    assert!(Vault::open(&place.path, who, opening(11)).is_ok());
    assert_eq!(code(open(&place.recovery, 12)), "vault.wrong_passphrase");
    assert!(open(&renewed, 13).is_ok());
}

#[test]
fn a_cheaper_key_is_derived_anew_at_the_next_opening() {
    let place = used();
    let dearer = KdfParameters { memory_kib: 256, passes: 2, lanes: 1 };
    let vault = Vault::open(&place.path, owner(), Opening::new("test", at(9)).kdf(dearer)).unwrap();
    assert_eq!(vault.kdf_of(vault.person()), Some(dearer));
    drop(vault);
    // With less asked for it stays as it is.
    let vault = Vault::open(&place.path, owner(), opening(10)).unwrap();
    assert_eq!(vault.kdf_of(vault.person()), Some(dearer));
    assert!(vault.verify(&[]).unwrap().is_clean());
    assert_eq!(KdfParameters::TODAY, KdfParameters { memory_kib: 65536, passes: 3, lanes: 1 });
    assert_ne!(CHEAP, KdfParameters::TODAY);
}

#[test]
fn a_second_opener_is_refused_with_the_name_of_the_first_and_a_crash_leaves_no_lock() {
    let place = used();
    let first = Vault::open(&place.path, owner(), Opening::new("bogam-desktop 0.1.0", at(9)).kdf(CHEAP)).unwrap();
    let Err(VaultError::InUse { holder, .. }) = place.open(10) else { panic!("opened twice") };
    assert!(holder.starts_with(&format!("bogam-desktop 0.1.0, process {}", std::process::id())), "{holder}");
    drop(first);
    // The text of a crashed program is still there, its lock is not.
    fs::write(place.file(".lock"), "bogam-desktop 0.1.0, process 1\n").unwrap();
    assert!(place.open(11).is_ok());
}

#[test]
fn opened_for_reading_only_nothing_can_be_written() {
    let place = used();
    let before = fs::read(&place.path).unwrap();
    let vault = Vault::open(&place.path, owner(), opening(9).read_only()).unwrap();
    assert_eq!(vault.read_only(), Some(&ReadOnly::Asked));
    assert_eq!(vault.find_case("c1").unwrap().0, 1);
    assert_eq!(code(vault.save_case(&case("c2", "a", "b"), at(9))), "vault.read_only");
    assert!(vault.verify(&[]).unwrap().is_clean());
    drop(vault);
    assert_eq!(fs::read(&place.path).unwrap(), before);
}
