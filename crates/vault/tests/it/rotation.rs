//! A new database key.

use std::fs;

use bogam_vault::{Credential, Role, Roles, Vault};

use crate::fixture::{at, case, opening, owner, vault};

const OTHER: &str = "another passphrase";

#[test]
fn everybody_keeps_their_passphrase_and_no_record_is_lost() {
    let (place, mut vault) = vault();
    vault.add_person("Lee", OTHER, &Roles::from([Role::Clinician]), at(1)).unwrap();
    let (key, _) = vault.save_case(&case("c1", "홍길동", "1"), at(2)).unwrap();
    let page = fs::read(&place.path).unwrap();
    vault.rotate(at(3)).unwrap();
    vault.save_case(&case("c2", "임꺽정", "2"), at(4)).unwrap();
    assert!(vault.verify(&[]).unwrap().is_clean());
    drop(vault);
    assert_ne!(fs::read(&place.path).unwrap()[..4096], page[..4096]);
    assert!(!place.file(".next").exists());
    for who in
        [owner(), Credential::Passphrase { name: "Lee", passphrase: OTHER }, Credential::Recovery(&place.recovery)]
    {
        let vault = Vault::open(&place.path, who, opening(5)).unwrap();
        assert_eq!(vault.case(key, None).unwrap().case.case_id.as_deref(), Some("c1"));
        assert_eq!(vault.count_cases().unwrap(), 2);
    }
}

#[test]
fn an_old_copy_of_a_removed_persons_key_opens_nothing_after() {
    let (place, mut vault) = vault();
    let lee = vault.add_person("Lee", OTHER, &Roles::from([Role::Clinician]), at(1)).unwrap();
    let old = fs::read(place.file(".header")).unwrap();
    vault.remove_person(lee, at(2)).unwrap();
    vault.rotate(at(3)).unwrap();
    drop(vault);
    let new = fs::read(place.file(".header")).unwrap();
    fs::write(place.file(".header"), old).unwrap();
    let lee = Credential::Passphrase { name: "Lee", passphrase: OTHER };
    assert_eq!(Vault::open(&place.path, lee, opening(4)).unwrap_err().code(), "vault.damaged");
    // And the vault is as it was with its own header.
    fs::write(place.file(".header"), new).unwrap();
    assert!(place.open(5).unwrap().verify(&[]).unwrap().is_clean());
}
