//! Nothing of a patient is in the clear: on the disk while a vault is open and after, in temporary files, in a backup, on
//! standard error; and in the memory of the program once the vault is closed.

use std::fs;
use std::path::Path;

use bogam_vault::{Credential, Field, Review, Said, SearchQuery, Speaker, SuggestionId, Vault, Verdict, Wiping};
use serde_json::json;

use crate::child::{self, Watched, command, tell, wait_for_parent};
use crate::fixture::{at, case_of, opening, record};
use crate::planted::{
    EACH, Finder, KINDS, entropy, look_at_files, look_at_memory, look_at_open_files, masked, strings,
};

/// The strings, as the child may have them: masked, until they are needed.
struct Masked(Vec<Vec<u8>>);

impl Masked {
    fn read(path: &Path) -> Self {
        Self(fs::read(path).unwrap().split(|byte| *byte == masked(b"\n")[0]).map(<[u8]>::to_vec).collect())
    }

    fn of(&self, kind: usize, patient: usize) -> String {
        String::from_utf8(masked(&self.0[kind * EACH + patient])).unwrap()
    }

    /// The passphrase comes last.
    fn passphrase(&self) -> String {
        String::from_utf8(masked(self.0.last().unwrap())).unwrap()
    }
}

/// Everything that can be stored of a patient, with planted strings.
fn store(vault: &Vault, planted: &Masked, i: usize) {
    let id = format!("c{i}");
    let named = i % 2;
    let full = json!({"case_id": id,
      "patient": {"name": planted.of(named, i), "number": planted.of(2, i), "age_years": 60, "sex": "F",
        "current_drugs": [planted.of(5, i)], "allergies": [planted.of(1 - named, i)]},
      "diagnoses": [{"system": "icd10", "code": "I10", "title": planted.of(3, i)},
        {"system": "icd10", "code": "E11.9", "title": planted.of(4, i)}],
      "notes": planted.of(6, i)});
    vault.save_draft(&id, &full, at(1)).unwrap();
    let saved = vault.save_case(&case_of(full), at(2)).unwrap();
    let drug = planted.of(5, i);
    let suggestion = vault.save_suggestion(saved, &record(&id, &[&drug]), None, at(3)).unwrap();
    let review = Review { ingredient: drug, verdict: Verdict::Comment, comment: Some(planted.of(6, i)) };
    vault.save_reviews(&[(suggestion, review)], at(4)).unwrap();
    let talk = vault.begin_conversation(Some(saved.0), at(5)).unwrap();
    vault.say(talk, &Said::by(Speaker::Person, &planted.of(7, i)), at(6)).unwrap();
    assert_eq!(vault.messages(talk).unwrap()[0].content, planted.of(7, i));
}

fn read_and_search(vault: &Vault, planted: &Masked, i: usize) {
    let found = |query: &SearchQuery| vault.search(query).unwrap().len();
    for (kind, name) in KINDS.iter().enumerate().take(6) {
        let query = SearchQuery { text: planted.of(kind, i), ..SearchQuery::default() };
        // What one patient is called another is allergic to, and that is not searched.
        let searched = kind > 1 || kind == i % 2;
        assert_eq!(found(&query) > 0, searched, "{name}");
    }
    let two: String = planted.of(0, i).chars().take(2).collect();
    found(&SearchQuery { fields: vec![(Field::Name, two)], ..SearchQuery::default() });
    let key = vault.find_case(&format!("c{i}")).unwrap();
    assert_eq!(vault.case(key, None).unwrap().case.notes.unwrap(), planted.of(6, i));
    let id: SuggestionId = vault.suggestions_of(key).unwrap()[0];
    assert_eq!(vault.suggestion(id).unwrap().record.drugs[0].ingredient, planted.of(5, i));
}

/// The child: works with the strings, is looked at, closes the vault, and is looked at again.
#[test]
fn worker() {
    let Some(folder) = child::place() else { return };
    let planted = Masked::read(&folder.join("planted"));
    let path = folder.join("data").join("clinic.bogam");
    let passphrase = planted.passphrase();
    let who = Credential::Passphrase { name: "Kim", passphrase: &passphrase };
    drop(Vault::create(&path, "Kim", &passphrase, opening(0)).unwrap());
    let mut vault = Vault::open(&path, who, opening(1)).unwrap();
    for i in 0..EACH {
        store(&vault, &planted, i);
    }
    // Readers beside the writer, in threads that end.
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (vault, planted) = (&vault, &planted);
            scope.spawn(move || (half..EACH).step_by(2).for_each(|i| read_and_search(vault, planted, i)));
        }
    });
    assert_eq!(bogam_vault::wiping(), Some(Wiping::Here));
    tell("open");
    wait_for_parent();
    vault.backup(&folder.join("data").join("backup"), at(20)).unwrap();
    fs::write(folder.join("key before"), masked(vault.database_key())).unwrap();
    vault.rotate(at(21)).unwrap();
    for i in 0..EACH {
        read_and_search(&vault, &planted, i);
    }
    assert!(vault.verify(&[]).unwrap().is_clean());
    tell("rotated");
    wait_for_parent();
    drop(vault);
    drop(passphrase);
    tell("closed");
    wait_for_parent();
    drop(planted);
}

#[test]
fn a_thousand_planted_strings_are_on_no_disk_and_in_no_memory_after_closing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, temporary) = (folder.path().join("data"), folder.path().join("tmp"));
    fs::create_dir(&data).unwrap();
    fs::create_dir(&temporary).unwrap();
    let planted = strings();
    assert_eq!(planted.iter().map(Vec::len).sum::<usize>(), 1000);
    let passphrase = strings()[6].concat();
    let passphrase: String = passphrase.chars().take(24).collect();
    let whole: Vec<&str> = planted.iter().flatten().chain([&passphrase]).map(String::as_str).collect();
    fs::write(folder.path().join("planted"), masked(whole.join("\n").as_bytes())).unwrap();

    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let each = planted.iter().zip(KINDS).flat_map(|(texts, kind)| texts.iter().map(move |text| (kind, text)));
    let mut wanted: Vec<(String, Vec<u8>)> = Vec::new();
    for (kind, text) in each {
        wanted.push((kind.to_owned(), text.as_bytes().to_vec()));
        wanted.push((format!("{kind} in UTF-16"), utf16(text)));
    }
    let on_disk = Finder::new(wanted.clone());
    wanted.push(("passphrase".to_owned(), passphrase.as_bytes().to_vec()));
    let in_memory = Finder::new(wanted.clone());

    let mut command = command("plaintext::worker", folder.path());
    command.env("TMPDIR", &temporary).env("SQLITE_TMPDIR", &temporary);
    let mut worker = Watched::start(command);
    let process = worker.child.id();
    let mut bytes = 0;
    let mut look = |worker: &mut Watched, expected: &str| {
        let told = worker.next();
        if told.as_deref() != Some(expected) {
            let mut error = String::new();
            drop(worker.child.kill());
            drop(std::io::Read::read_to_string(&mut worker.child.stderr.take().unwrap(), &mut error));
            panic!("{expected}: {told:?}\n{error}");
        }
        bytes += look_at_files(&data, &on_disk) + look_at_files(&temporary, &on_disk);
        look_at_open_files(process, &on_disk)
    };
    assert!(look(&mut worker, "open") >= 3, "the database, its log and the lock are open");
    assert!(fs::metadata(data.join("clinic.bogam-wal")).unwrap().len() > 0, "the log is looked at as well");
    // That they are found where they are: in what the program has read and keeps.
    let (found, _) = look_at_memory(process, &in_memory);
    let open = found.len();
    assert!(open > 500, "{open}");
    worker.answer();
    look(&mut worker, "rotated");
    worker.answer();
    look(&mut worker, "closed");

    // The key of after the rotation, which this process learns by itself.
    let who = Credential::Passphrase { name: "Kim", passphrase: &passphrase };
    let vault = Vault::open(&data.join("clinic.bogam"), who, opening(30)).unwrap();
    let after = vault.database_key().to_vec();
    drop(vault);
    let before = masked(&fs::read(folder.path().join("key before")).unwrap());
    assert_ne!(before, after);
    for (name, key) in [("key before the rotation", before), ("key", after)] {
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        wanted.push((format!("{name} as text"), hex.to_uppercase().into_bytes()));
        wanted.push((format!("{name} as text"), hex.into_bytes()));
        wanted.push((name.to_owned(), key));
    }
    let (mut found, looked) = look_at_memory(process, &Finder::new(wanted));
    found.sort();
    found.dedup();
    assert_eq!(found, [], "{} kinds and places", found.len());
    worker.answer();
    let mut error = String::new();
    std::io::Read::read_to_string(&mut worker.child.stderr.take().unwrap(), &mut error).unwrap();
    assert!(worker.child.wait().unwrap().success(), "{error}");
    assert_eq!(on_disk.find(error.as_bytes()), Vec::<&str>::new());
    look_at_files(&data, &on_disk);

    let database = fs::read(data.join("clinic.bogam")).unwrap();
    let least = database.chunks(4096).map(entropy).fold(f64::INFINITY, f64::min);
    println!(
        "1000 strings in {} MB of files and {} MB of memory: none; {open} places while it was open; {} pages, the least \
         entropy {least:.4} bits a byte",
        bytes / 1_000_000,
        looked / 1_000_000,
        database.len() / 4096
    );
    assert!(least > 7.9, "{least}");
}

/// A child: SQLite is in use before there is a vault.
#[test]
fn late() {
    let Some(folder) = child::place() else { return };
    let other = rusqlite::Connection::open_in_memory().unwrap();
    assert_eq!(bogam_vault::wiping(), None);
    drop(Vault::create(&folder.join("clinic.bogam"), "Kim", "a passphrase", opening(0)).unwrap());
    assert_eq!(bogam_vault::wiping(), Some(Wiping::Cipher));
    let on: String = other.query_row("PRAGMA cipher_memory_security", [], |row| row.get(0)).unwrap();
    assert_eq!(on, "1", "it holds for all of SQLite in a program");
    tell("wiped");
}

#[test]
fn where_sqlite_was_in_use_before_sqlcipher_wipes_instead() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Watched::start(command("plaintext::late", folder.path()));
    assert_eq!(worker.next().as_deref(), Some("wiped"));
}
