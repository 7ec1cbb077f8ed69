//! Backup, restore, retention.

use std::fs;

use bogam_vault::{Vault, VaultError};

use crate::fixture::{at, case, opening, owner, used, vault};

#[test]
fn a_backup_is_one_file_and_restores_what_was_there() {
    let place = used();
    let vault = place.open(9).unwrap();
    let to = place.folder.path().join("backup");
    let written = vault.backup(&to, at(10)).unwrap();
    assert_eq!(written.bytes, fs::metadata(&to).unwrap().len());
    vault.save_case(&case("later", "n", "1"), at(11)).unwrap();
    assert!(matches!(vault.backup(&to, at(12)), Err(VaultError::AlreadyThere(_))));
    drop(vault);
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("restored");
    let (vault, found) = Vault::restore(&to, &path, owner(), opening(20)).unwrap();
    assert!(found.is_clean() && found.audit_lines > 4);
    assert_eq!(vault.read_only(), None);
    let key = vault.find_case("c1").unwrap();
    assert_eq!(vault.suggestions_of(key).unwrap().len(), 1);
    assert!(vault.find_case("later").is_err());
    assert!(vault.verify(&[]).unwrap().is_clean());
    assert!(matches!(Vault::restore(&to, &path, owner(), opening(21)), Err(VaultError::AlreadyThere(_))));
}

#[test]
fn a_damaged_cut_or_strange_backup_restores_nothing() {
    let place = used();
    let vault = place.open(9).unwrap();
    let to = place.folder.path().join("backup");
    vault.backup(&to, at(10)).unwrap();
    drop(vault);
    let good = fs::read(&to).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("restored");
    let restore = |bytes: &[u8]| {
        fs::write(&to, bytes).unwrap();
        let refused = Vault::restore(&to, &path, owner(), opening(20)).unwrap_err();
        assert!(!path.exists());
        refused.code()
    };
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        bytes
    };
    assert_eq!(restore(&[]), "vault.not_ours");
    assert_eq!(restore(b"SQLite format 3\0 and more"), "vault.not_ours");
    assert_eq!(restore(&good[..good.len() - 1]), "vault.damaged");
    assert_eq!(restore(&good[..good.len() / 2]), "vault.damaged");
    for at in [good.len() / 2, good.len() - 1] {
        assert_eq!(restore(&flipped(at)), "vault.damaged", "byte {at}");
    }
    assert_eq!(restore(&flipped(200)), "vault.header_damaged");
    // Nothing of the attempts is in the way of the good one.
    fs::write(&to, &good).unwrap();
    assert!(Vault::restore(&to, &path, owner(), opening(20)).is_ok());
}

#[test]
fn scheduled_backups_keep_the_newest_and_touch_nothing_else() {
    let (place, vault) = vault();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("another.bogam-backup"), "of another vault").unwrap();
    let mut all = Vec::new();
    for day in 0..5 {
        let done = vault.backup_into(folder.path(), 3, at(day * 86_400)).unwrap();
        assert_eq!(done.removed.len(), usize::from(day >= 3));
        all.push(done.path);
    }
    let left: Vec<bool> = all.iter().map(|path| path.exists()).collect();
    assert_eq!(left, [false, false, true, true, true]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    drop((place, vault));
}

#[test]
fn a_backup_with_something_after_its_end_is_refused() {
    let (place, vault) = vault();
    let to = place.folder.path().join("backup");
    vault.backup(&to, at(1)).unwrap();
    let mut bytes = fs::read(&to).unwrap();
    bytes.push(0);
    fs::write(&to, bytes).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = Vault::restore(&to, &elsewhere.path().join("v"), owner(), opening(2)).unwrap_err();
    assert_eq!(refused.code(), "vault.damaged");
    assert!(refused.to_string().contains("backup"), "{refused}");
}

#[test]
fn a_clock_that_was_set_back_removes_no_new_backup_and_what_was_cut_off_is_cleared() {
    let (_place, vault) = vault();
    let folder = tempfile::tempdir().unwrap();
    let first = vault.backup_into(folder.path(), 1, at(86_400)).unwrap();
    let name = first.path.file_name().unwrap().to_str().unwrap();
    for cut_off in [".copy", ".copy-wal", ".partial"] {
        fs::write(folder.path().join(format!("{name}{cut_off}")), "half").unwrap();
    }
    fs::write(folder.path().join("another.bogam-backup.partial"), "of another vault").unwrap();
    let second = vault.backup_into(folder.path(), 1, at(0)).unwrap();
    assert_eq!(second.removed, [first.path]);
    assert!(second.path.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_restore_that_was_cut_off_can_be_made_again_and_removes_no_header_of_a_vault() {
    let place = used();
    let vault = place.open(9).unwrap();
    let backup = place.folder.path().join("backup");
    vault.backup(&backup, at(10)).unwrap();
    drop(vault);
    // Everything but the last step: the headers are there, the database has not its name yet.
    fs::rename(&place.path, place.file(".new")).unwrap();
    assert_eq!(place.open(11).unwrap_err().code(), "vault.missing");
    drop(Vault::restore(&backup, &place.path, owner(), opening(12)).unwrap());
    // A database that was moved away, with a change of the key that was cut off: its header is all that opens it.
    let header = fs::read(place.file(".header")).unwrap();
    fs::rename(&place.path, place.folder.path().join("moved")).unwrap();
    fs::write(place.file(".next"), "half").unwrap();
    assert_eq!(
        Vault::create(&place.path, "Lee", "another passphrase", opening(13)).unwrap_err().code(),
        "vault.already_there"
    );
    assert_eq!(Vault::restore(&backup, &place.path, owner(), opening(14)).unwrap_err().code(), "vault.already_there");
    assert_eq!(fs::read(place.file(".header")).unwrap(), header);
}
