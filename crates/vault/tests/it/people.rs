//! People, roles, passphrases.

use bogam_vault::{Credential, PersonId, Role, Roles, Vault, VaultError, names};

use crate::fixture::{NAME, PASSPHRASE, at, opening, vault};

const OTHER: &str = "another passphrase";

fn as_person<'a>(name: &'a str, passphrase: &'a str) -> Credential<'a> {
    Credential::Passphrase { name, passphrase }
}

#[test]
fn the_first_holds_all_roles_and_others_what_they_were_given() {
    let (place, vault) = vault();
    assert_eq!(vault.roles().unwrap(), Roles::from([Role::Clinician, Role::Reviewer, Role::Administrator]));
    let id = vault.add_person(" Lee ", OTHER, &Roles::from([Role::Reviewer]), at(1)).unwrap();
    assert!(vault.add_person("Lee", OTHER, &Roles::from([Role::Reviewer]), at(1)).is_err(), "the name is taken");
    assert!(vault.add_person("Kim", OTHER, &Roles::new(), at(1)).is_err(), "no role");
    assert!(vault.add_person("Kim", "short", &Roles::from([Role::Reviewer]), at(1)).is_err());
    drop(vault);
    assert_eq!(names(&place.path).unwrap(), [NAME, "Lee"]);
    let vault = Vault::open(&place.path, as_person("Lee", OTHER), opening(2)).unwrap();
    assert_eq!((vault.person(), vault.roles().unwrap()), (id, Roles::from([Role::Reviewer])));
    assert_eq!(vault.people().unwrap().len(), 2);
}

#[test]
fn somebody_stays_administrator() {
    let (_place, vault) = vault();
    let me = vault.person();
    assert!(matches!(vault.remove_person(me, at(1)), Err(VaultError::Refused(_))));
    assert!(matches!(vault.set_roles(me, &Roles::from([Role::Clinician]), at(1)), Err(VaultError::Refused(_))));
    let other = vault.add_person("Lee", OTHER, &Roles::from([Role::Administrator]), at(1)).unwrap();
    vault.set_roles(me, &Roles::from([Role::Clinician]), at(2)).unwrap();
    assert!(matches!(vault.remove_person(other, at(2)), Err(VaultError::Refused(_))));
}

#[test]
fn a_removed_person_cannot_sign_in_and_their_work_keeps_their_number() {
    let (place, vault) = vault();
    let lee = vault.add_person("Lee", OTHER, &Roles::from([Role::Clinician]), at(1)).unwrap();
    vault.remove_person(lee, at(2)).unwrap();
    let kept = vault.people().unwrap();
    assert_eq!(kept[1].removed, Some(at(2)));
    let again = vault.add_person("Lee", "a third passphrase", &Roles::from([Role::Clinician]), at(3)).unwrap();
    assert_ne!(again, lee);
    drop(vault);
    let refused = Vault::open(&place.path, as_person("Lee", OTHER), opening(4)).unwrap_err();
    assert_eq!(refused.code(), "vault.wrong_passphrase");
    assert!(Vault::open(&place.path, as_person("Lee", "a third passphrase"), opening(5)).is_ok());
}

#[test]
fn a_passphrase_is_changed_by_who_knows_the_present_one() {
    let (place, vault) = vault();
    let refused = vault.change_passphrase("not the passphrase", OTHER, at(1)).unwrap_err();
    assert!(matches!(refused, VaultError::WrongPassphrase { failures: 1, .. }));
    vault.change_passphrase(PASSPHRASE, OTHER, at(2)).unwrap();
    vault.rename_person(vault.person(), "Kim", at(3)).unwrap();
    assert!(vault.verify(&[]).unwrap().is_clean());
    drop(vault);
    assert!(Vault::open(&place.path, as_person("Kim", PASSPHRASE), opening(4)).is_err());
    let vault = Vault::open(&place.path, as_person("Kim", OTHER), opening(5)).unwrap();
    assert_eq!(vault.person(), PersonId(1));
}

#[test]
fn a_change_of_people_that_was_cut_off_is_settled_by_the_database() {
    let (place, vault) = vault();
    // The header of before, beside the database of after: as if the plug had been pulled between both.
    let before = std::fs::read(place.file(".header")).unwrap();
    let lee = vault.add_person("Lee", OTHER, &Roles::from([Role::Clinician]), at(1)).unwrap();
    vault.rename_person(vault.person(), "Kim", at(1)).unwrap();
    drop(vault);
    let after = std::fs::read(place.file(".header")).unwrap();
    std::fs::write(place.file(".header"), &before).unwrap();
    let vault = Vault::open(&place.path, as_person(NAME, PASSPHRASE), opening(2)).unwrap();
    let people = vault.people().unwrap();
    assert!(people.iter().find(|p| p.id == lee).unwrap().removed.is_some(), "nobody was told of Lee");
    assert!(vault.verify(&[]).unwrap().is_clean());
    drop(vault);
    assert_eq!(names(&place.path).unwrap(), ["Kim"]);
    assert_ne!(before, after);
}

#[test]
fn a_copy_of_the_header_that_fell_behind_is_brought_up_to_date() {
    let (place, vault) = vault();
    let lee = vault.add_person("Lee", OTHER, &Roles::from([Role::Clinician]), at(1)).unwrap();
    // The copy still names Lee: as if the plug had been pulled between the header and its copy.
    let before = std::fs::read(place.file(".header.copy")).unwrap();
    vault.remove_person(lee, at(2)).unwrap();
    drop(vault);
    for copy in [Some(before), None] {
        match copy {
            Some(bytes) => std::fs::write(place.file(".header.copy"), bytes).unwrap(),
            None => std::fs::remove_file(place.file(".header.copy")).unwrap(),
        }
        let vault = place.open(3).unwrap();
        assert!(vault.verify(&[]).unwrap().is_clean());
        drop(vault);
        let copy = std::fs::read(place.file(".header.copy")).unwrap();
        assert!(!copy.windows(3).any(|w| w == b"Lee"));
    }
}

#[test]
fn a_removal_that_was_cut_off_lets_nobody_in() {
    let (place, vault) = vault();
    let lee = vault.add_person("Lee", OTHER, &Roles::from([Role::Clinician]), at(1)).unwrap();
    // The header still has Lee's key: as if the plug had been pulled after the database had the removal.
    let before = std::fs::read(place.file(".header")).unwrap();
    vault.remove_person(lee, at(2)).unwrap();
    drop(vault);
    std::fs::write(place.file(".header"), &before).unwrap();
    for opening in [opening(3), opening(3).read_only()] {
        let refused = Vault::open(&place.path, as_person("Lee", OTHER), opening).unwrap_err();
        assert_eq!(refused.code(), "vault.not_found");
    }
    assert!(place.open(4).unwrap().verify(&[]).unwrap().is_clean());
    assert_eq!(names(&place.path).unwrap(), [NAME]);
}
