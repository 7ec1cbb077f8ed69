//! Two programs on one vault.

use std::fs;

use bogam_vault::{Credential, Vault, VaultError};

use crate::child::{self, Watched, command};
use crate::fixture::{PASSPHRASE, at, case, opening, owner, used};

/// A child: has the vault open, with a change that is only in the log, until it is killed.
#[test]
fn holder() {
    let Some(path) = child::place() else { return };
    let vault = Vault::open(&path, owner(), opening(5)).unwrap();
    vault.save_case(&case("of the first", "n", "1"), at(6)).unwrap();
    child::tell("open");
    child::wait_for_parent();
    panic!("nobody answers");
}

#[test]
fn a_second_program_is_refused_with_the_name_of_the_first_and_a_killed_one_leaves_no_lock() {
    let place = used();
    let mut first = Watched::start(command("locks::holder", &place.path));
    assert_eq!(first.next().as_deref(), Some("open"));
    let header = fs::read(place.file(".header")).unwrap();
    for second in [opening(9), opening(9).read_only()] {
        let Err(VaultError::InUse { holder, .. }) = Vault::open(&place.path, owner(), second) else { panic!("opened") };
        assert!(holder.starts_with(&format!("test, process {}", first.child.id())), "{holder}");
    }
    // Neither a wrong passphrase is tried, nor anything written.
    let wrong = Credential::Passphrase { name: "김보감", passphrase: "not the passphrase" };
    assert_eq!(Vault::open(&place.path, wrong, opening(9)).unwrap_err().code(), "vault.in_use");
    let to = place.folder.path().join("rescued");
    assert_eq!(Vault::rescue(&place.path, &to, owner(), opening(9)).unwrap_err().code(), "vault.in_use");
    assert_eq!(fs::read(place.file(".header")).unwrap(), header);
    // Under another name of the same file as well.
    let link = place.folder.path().join("link");
    std::os::unix::fs::symlink(&place.path, &link).unwrap();
    assert_eq!(Vault::open(&link, owner(), opening(9)).unwrap_err().code(), "vault.in_use");

    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert!(fs::read_to_string(place.file(".lock")).unwrap().starts_with("test, process"), "its text is still there");
    let vault = Vault::open(&link, owner(), opening(10)).unwrap();
    assert_eq!(vault.path(), place.path);
    assert!(vault.find_case("of the first").is_ok() && vault.verify(&[]).unwrap().is_clean());
    drop(vault);
    assert!(
        Vault::open(&place.path, Credential::Passphrase { name: "김보감", passphrase: PASSPHRASE }, opening(11))
            .is_ok()
    );
}

#[test]
fn a_link_in_the_place_of_the_lock_empties_nothing() {
    let place = used();
    let precious = place.folder.path().join("precious");
    fs::write(&precious, "of the same user").unwrap();
    fs::remove_file(place.file(".lock")).unwrap();
    std::os::unix::fs::symlink(&precious, place.file(".lock")).unwrap();
    let refused = place.open(9).unwrap_err();
    assert!(refused.code() == "vault.file" && refused.to_string().contains("link"), "{refused}");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "of the same user");
}
