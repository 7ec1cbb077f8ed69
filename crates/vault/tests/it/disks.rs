//! Folders that cannot be written to, and disks that are full. They are made for a child process: in a namespace of its
//! own where the system allows that, else by dropping privileges or by a limit.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bogam_vault::{ReadOnly, Vault};

use crate::child::{self, command_after, namespace, skipped};
use crate::fixture::{NAME, PASSPHRASE, Place, at, case, opening, owner, record, used};
use crate::refusals::files;

/// Runs a child after lines of a shell, within what `before` names.
fn run(before: &[&str], shell: &str, test: &str, place: &Path, inside: &Path) -> Output {
    let command = command_after(shell, test, place, inside);
    let mut whole = Command::new(before[0]);
    whole.args(&before[1..]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        whole.env(name, value.unwrap());
    }
    whole.output().unwrap()
}

/// Whether the child came to its end, and what it told.
#[track_caller]
fn told(done: &Output) -> String {
    let out = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{out}\n{}", String::from_utf8_lossy(&done.stderr));
    let told: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("TOLD ")).collect();
    assert!(!told.is_empty(), "{out}");
    told.join(", ")
}

/// A child: what works, and what does not, in a folder that cannot be written to.
#[test]
fn reader() {
    let Some(path) = child::place() else { return };
    assert!(fs::write(path.with_extension("probe"), "").is_err(), "the folder can be written to");
    let vault = Vault::open(&path, owner(), opening(9)).unwrap();
    assert_eq!(vault.read_only(), Some(&ReadOnly::Folder));
    assert_eq!(vault.case(vault.find_case("c1").unwrap(), None).unwrap().version, 1);
    let query = bogam_vault::SearchQuery { text: "홍길".to_owned(), ..Default::default() };
    assert_eq!(vault.search(&query).unwrap().len(), 1);
    assert_eq!(vault.save_case(&case("c2", "a", "b"), at(9)).unwrap_err().code(), "vault.read_only");
    assert_eq!(vault.change_passphrase(PASSPHRASE, "another passphrase", at(9)).unwrap_err().code(), "vault.read_only");
    assert!(vault.verify(&[]).unwrap().is_clean());
    let wrong = bogam_vault::Credential::Passphrase { name: NAME, passphrase: "not the passphrase" };
    drop(vault);
    assert_eq!(Vault::open(&path, wrong, opening(9)).unwrap_err().code(), "vault.wrong_passphrase");
    let elsewhere = tempfile::tempdir_in("/tmp").unwrap();
    let to = elsewhere.path().join("rescued");
    let (rescued, lost) = Vault::rescue(&path, &to, owner(), opening(10)).unwrap();
    assert!(lost.lost.is_empty() && rescued.count_cases().unwrap() == 1);
    child::tell("read");
}

/// Tries it in a mount that is read-only, and as a user who may not write.
#[test]
fn a_folder_that_cannot_be_written_to_is_read_and_stays_as_it_was() {
    let mut ways = 0;
    // With and without the lock file of an earlier opening.
    for lock in [true, false] {
        let place = used();
        if !lock {
            fs::remove_file(place.file(".lock")).unwrap();
        }
        let before = files(place.folder.path());
        if let Some(namespace) = namespace() {
            let shell = "mount --bind \"$PLACE\" \"$PLACE\"; mount -o remount,bind,ro \"$PLACE\"";
            let done = run(&namespace, shell, "disks::reader", place.folder.path(), &place.path);
            assert_eq!(told(&done), "read");
            ways += 1;
        }
        if owned_by_nobody(&place) {
            // The folder alone cannot be written to; its files, the lock among them, could.
            let mode = |mode: u32, path: &Path| {
                fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
            };
            mode(0o555, place.folder.path());
            let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
            let done = run(&nobody, "true", "disks::reader", place.folder.path(), &place.path);
            assert_eq!(told(&done), "read");
            // And the other way round: files that are only for reading, in a folder that is not.
            mode(0o755, place.folder.path());
            mode(0o444, &place.path);
            let done = run(&nobody, "true", "disks::reader_of_a_file", place.folder.path(), &place.path);
            assert_eq!(told(&done), "read");
            ways += 2;
        }
        assert_eq!(files(place.folder.path()), before, "lock file: {lock}");
    }
    println!("{ways} ways of six");
    if ways == 0 {
        skipped("neither a namespace nor another user can be had: a folder that cannot be written to");
    }
}

/// A child: the database file alone cannot be written to.
#[test]
fn reader_of_a_file() {
    let Some(path) = child::place() else { return };
    let vault = Vault::open(&path, owner(), opening(9)).unwrap();
    assert_eq!(vault.read_only(), Some(&ReadOnly::Folder));
    assert_eq!(vault.find_case("c1").unwrap().0, 1);
    child::tell("read");
}

/// Gives the files to nobody, where that can be done.
fn owned_by_nobody(place: &Place) -> bool {
    let chown = |path: &Path| std::os::unix::fs::chown(path, Some(65534), Some(65534)).is_ok();
    let inner = fs::read_dir(place.folder.path()).unwrap().all(|entry| chown(&entry.unwrap().path()));
    let exe = std::env::current_exe().unwrap();
    let mut may = Command::new("setpriv");
    may.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(exe).args(["no such test", "--exact"]);
    inner && chown(place.folder.path()) && may.output().is_ok_and(|done| done.status.success())
}

/// A child: writes until nothing more fits. What was saved is there, what was not is told, and the vault opens.
#[test]
fn filler() {
    let Some(path) = child::place() else { return };
    let (vault, _) = Vault::create(&path, NAME, PASSPHRASE, opening(0)).unwrap();
    let mut saved = Vec::new();
    let refused = loop {
        let id = format!("c{}", saved.len());
        let mut case = case(&id, "홍길동", "1");
        case.notes = Some("n".repeat(20_000));
        match vault.add(&[(case, Some(record(&id, &["furosemide"])))], at(1)) {
            Ok(_) => saved.push(id),
            Err(error) => break error,
        }
        assert!(saved.len() < 10_000);
    };
    let codes = ["vault.full", "vault.not_written"];
    assert!(codes.contains(&refused.code()), "{refused}");
    assert!(refused.to_string().contains("nothing of this change was kept"));
    let all_there = |vault: &Vault| {
        assert_eq!(vault.count_cases().unwrap(), saved.len() as u64);
        assert!(saved.iter().all(|id| vault.find_case(id).is_ok()));
    };
    all_there(&vault);
    // What else writes is refused as well, and leaves nothing behind. A limit is one of each file: there it may fit.
    let limited = !path.parent().unwrap().ends_with("disk");
    let names = || fs::read_dir(path.parent().unwrap()).unwrap().count();
    let before = names();
    match vault.backup(&path.with_extension("backup"), at(2)) {
        Ok(_) => assert!(limited),
        Err(error) => assert!(codes.contains(&error.code()) && names() == before, "{error}"),
    }
    let mut vault = vault;
    match vault.rotate(at(3)) {
        Ok(()) => assert!(limited),
        Err(error) => assert!(codes.contains(&error.code()) && names() == before, "{error}"),
    }
    all_there(&vault);
    drop(vault);
    // Whether the opening finds a little room or none: it opens, and all is there.
    let vault = Vault::open(&path, owner(), opening(4)).unwrap();
    all_there(&vault);
    assert!(vault.verify(&[]).unwrap().pages.count == 0);
    let how = vault.read_only().map_or("writable", ReadOnly::code);
    drop(vault);
    // Filled to the last byte there is nothing but reading.
    let stuffed = path.with_extension("stuffing");
    let chunk = vec![7_u8; 4096];
    let mut file = fs::File::create(&stuffed).unwrap();
    while std::io::Write::write(&mut file, &chunk).is_ok_and(|n| n > 0) {}
    drop(file);
    let stuffed_how = match Vault::open(&path, owner(), opening(5)) {
        Ok(vault) => {
            all_there(&vault);
            vault.read_only().map_or("writable", ReadOnly::code)
        }
        Err(error) => panic!("{error}"),
    };
    fs::remove_file(&stuffed).unwrap();
    child::tell(&format!("{} saved, {}, {how}, {stuffed_how}", saved.len(), refused.code()));
}

/// A child: with room again everything goes on.
#[test]
fn filled_and_freed() {
    let Some(path) = child::place() else { return };
    let mut vault = Vault::open(&path, owner(), opening(20)).unwrap();
    assert_eq!(vault.read_only(), None);
    vault.save_case(&case("after", "n", "1"), at(21)).unwrap();
    vault.rotate(at(22)).unwrap();
    assert!(vault.verify(&[]).unwrap().is_clean());
    child::tell("goes on");
}

#[test]
fn a_full_disk_keeps_what_was_saved_and_the_vault_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clinic.bogam");
    match namespace() {
        Some(namespace) => {
            for size in ["1m", "3m", "3100k", "5m"] {
                let disk = folder.path().join("disk");
                fs::create_dir_all(&disk).unwrap();
                let shell = format!("mount -t tmpfs -o size={size} none \"$PLACE\"");
                // The disk is gone with its namespace.
                let done = run(&namespace, &shell, "disks::filler", &disk, &disk.join("clinic.bogam"));
                println!("{size}: {}", told(&done));
            }
        }
        None => skipped("no namespace can be had: a small file system"),
    }
    // Without any privilege: no file may become longer than this, in blocks of 1 KiB.
    let done = run(&["env"], "trap '' XFSZ; ulimit -f 1500", "disks::filler", folder.path(), &path);
    let limited = told(&done);
    println!("a limit: {limited}");
    let done = run(&["env"], "true", "disks::filled_and_freed", folder.path(), &path);
    assert_eq!(told(&done), "goes on");
}
