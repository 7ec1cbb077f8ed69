//! Data, packs, backups and what the program says of itself, as the window calls them. Patients and drugs of the tables are
//! made up.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bogam_app::window::types::{CaseQuery, Progress, Role, Stage};
use bogam_app::window::{ApiError, Surroundings, Window};
use serde_json::{Value, json};

use crate::vaults::{OWNER, PASSPHRASE, Place, case};

const OTHER: &str = "다른 사람의 긴 암호";

fn window(place: &Place) -> Window {
    Window::new(Surroundings {
        vault: place.vault(),
        preferences: place.path("window.json"),
        knowledge: Vec::new(),
        worker: None,
    })
}

/// A window over a new vault, with somebody signed in who holds all roles.
fn open() -> (Place, Window) {
    let place = Place::new();
    drop(place.create());
    let window = window(&place);
    window.unlock(OWNER, PASSPHRASE).unwrap();
    (place, window)
}

/// Signs somebody in who holds one role.
fn as_one(window: &Window, role: Role) {
    window.add_person("Lee", OTHER, &[role]).unwrap();
    window.lock();
    window.unlock("Lee", OTHER).unwrap();
}

fn code<T: std::fmt::Debug>(answer: Result<T, ApiError>) -> String {
    answer.unwrap_err().code
}

fn quiet(_: Progress) {}

fn cases(window: &Window) -> u64 {
    let query = CaseQuery { text: String::new(), status: None, mine: false, limit: 100, after: None };
    window.search_cases(&query).unwrap().total.unwrap()
}

fn lines(place: &Place, name: &str, count: usize) -> PathBuf {
    place.lines(name, &(0..count).map(|n| case(&format!("c{n}"), "n", "1")).collect::<Vec<_>>())
}

#[test]
fn each_call_asks_for_its_role() {
    let (place, clinician) = open();
    as_one(&clinician, Role::Clinician);
    let nowhere = place.path("nowhere");
    for answer in [
        code(clinician.open_pack(&nowhere)),
        code(clinician.import_pack("")),
        code(clinician.import_tables(&nowhere, false, &mut quiet)),
        code(clinician.backup(&nowhere, &mut quiet)),
    ] {
        assert_eq!(answer, "not_permitted");
    }
    assert!(clinician.packs().is_ok() && clinician.imports().is_ok() && clinician.evaluations().is_ok());
    assert!(clinician.backup_state().is_ok() && clinician.verify_vault(&mut quiet).is_ok());
    let (place, reviewer) = open();
    as_one(&reviewer, Role::Reviewer);
    assert_eq!(code(reviewer.import_cases(&lines(&place, "cases.jsonl", 1), &mut quiet)), "not_permitted");
    reviewer.lock();
    for answer in [
        code(reviewer.packs()),
        code(reviewer.imports()),
        code(reviewer.evaluations()),
        code(reviewer.backup_state()),
        code(reviewer.verify_vault(&mut quiet)),
        code(reviewer.import_cases(&nowhere, &mut quiet)),
    ] {
        assert_eq!(answer, "locked");
    }
}

#[test]
fn every_fault_of_a_file_of_cases_is_told_and_the_rest_is_saved() {
    let (place, window) = open();
    let mut bad = case("c2", "n", "1");
    bad["patient"]["age_years"] = json!(400);
    bad["patient"]["weight_kg"] = json!(-3);
    let mut strange = case("c3", "n", "1");
    strange["shoe_size"] = json!(42);
    let file = place.lines("cases.jsonl", &[case("c1", "n", "1"), bad, strange, case("c1", "n", "1")]);
    let text = std::fs::read_to_string(&file).unwrap() + "{\"case_id\n\n";
    std::fs::write(&file, text).unwrap();
    let mut notices = Vec::new();
    let done = window
        .import_cases(&file, &mut |progress| {
            if let Progress::Notice { code, params } = progress {
                notices.push((code, params["line"].clone(), params["field"].clone()));
            }
        })
        .unwrap();
    assert_eq!((done.added, cases(&window)), (2, 2));
    let mut told: Vec<_> = done.rejected.iter().map(|r| (r.line, r.field.as_str())).collect();
    told.sort_unstable();
    assert_eq!(told, [(2, "patient.age_years"), (2, "patient.weight_kg"), (4, "case_id"), (5, "")]);
    assert!(done.rejected.iter().any(|r| r.code == "duplicate_case_id"));
    assert_eq!(notices, [("case.unknown_field".to_owned(), json!(3), json!("shoe_size"))]);
    assert_eq!(code(window.import_cases(&place.path("nowhere"), &mut quiet)), "input.unusable");
}

#[test]
fn an_import_of_cases_that_is_stopped_keeps_whole_pieces() {
    let (place, window) = open();
    let file = lines(&place, "cases.jsonl", 900);
    let mut number = 0;
    let stopped = window.import_cases(&file, &mut |progress| match progress {
        Progress::Job { job } => number = job,
        Progress::Stage { stage: Stage::Saving, .. } => window.stop_job(number),
        Progress::Stage { .. } | Progress::Step { .. } | Progress::Notice { .. } => {}
    });
    assert_eq!(code(stopped), "cancelled");
    assert_eq!((cases(&window), window.running()), (200, 0));
    // Again, to the end: what is there already is no second case.
    assert_eq!(window.import_cases(&file, &mut quiet).unwrap().added, 900);
    assert_eq!(cases(&window), 900);
}

fn pack(place: &Place, folder: &str, version: &str, rest: &str) -> PathBuf {
    let folder = place.path(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let info = format!(
        "[pack]\nid = \"ward\"\nversion = \"{version}\"\nreviewed = \"2026-01-31\"\nexpires = \"2027-01-31\"\n\
         approved_by = \"nobody\"\n"
    );
    std::fs::write(folder.join("pack.toml"), info + rest).unwrap();
    folder
}

fn local(name: &str, ingredient: &str) -> String {
    format!("[[local_name]]\nname = \"{name}\"\ningredient = \"{ingredient}\"\n")
}

fn ingredients(window: &Window, typed: &str) -> Vec<String> {
    window.search_drugs(typed, 5).unwrap().into_iter().map(|hit| hit.ingredient).collect()
}

#[test]
fn a_pack_is_shown_then_taken_in_and_holds_from_then_on() {
    let (place, window_) = open();
    let before = window_.about().unwrap().knowledge;
    let shipped = window_.packs().unwrap();
    assert_eq!(shipped.len(), 1);
    assert!(shipped[0].shipped && shipped[0].counts.iter().any(|c| c.kind == "ingredients" && c.count > 500));
    let first =
        pack(&place, "one", "1", &(local("우리병동이뇨제", "furosemide") + &local("우리병동항응고제", "heparin")));
    let told = window_.open_pack(&first).unwrap();
    assert_eq!((told.id.as_str(), told.version.as_str()), ("ward", "1"));
    assert_eq!((told.added, told.removed, told.changed.len(), told.faults.len()), (2, 0, 0, 0));
    // Shown is not taken in.
    assert_eq!(window_.packs().unwrap().len(), 1);
    assert!(ingredients(&window_, "우리병동이뇨제").is_empty());
    assert_eq!(code(window_.import_pack("another")), "pack.token");
    let packs = window_.import_pack(&told.token).unwrap();
    assert_eq!(
        packs.iter().map(|p| (p.id.as_str(), p.shipped)).collect::<Vec<_>>(),
        [("bogam-core", true), ("ward", false)]
    );
    assert_eq!(packs[1].counts.iter().map(|c| (c.kind.as_str(), c.count)).collect::<Vec<_>>(), [("local_name", 2)]);
    assert_eq!(ingredients(&window_, "우리병동이뇨제"), ["furosemide"]);
    assert_ne!(window_.about().unwrap().knowledge, before);
    assert_eq!(code(window_.import_pack(&told.token)), "pack.token");
    // The folder that it came from is not needed any more, and the next start finds it.
    std::fs::remove_dir_all(&first).unwrap();
    window_.lock();
    let next = window(&place);
    next.unlock(OWNER, PASSPHRASE).unwrap();
    assert_eq!(ingredients(&next, "우리병동이뇨제"), ["furosemide"]);
    // Another version takes its place; its one file may be chosen as well.
    let second = pack(&place, "two", "2", &local("우리병동이뇨제", "torsemide"));
    let told = next.open_pack(&second.join("pack.toml")).unwrap();
    assert_eq!((told.added, told.removed), (0, 1));
    let changed: Vec<_> = told.changed.iter().map(|c| (c.what.as_str(), c.before.as_str(), c.after.as_str())).collect();
    assert_eq!(changed, [("local_name 우리병동이뇨제 · ingredient", "furosemide", "torsemide")]);
    assert_eq!(next.import_pack(&told.token).unwrap().len(), 2);
    assert_eq!(ingredients(&next, "우리병동이뇨제"), ["torsemide"]);
    let folders = std::fs::read_dir(place.path("knowledge")).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir());
    assert_eq!(folders.count(), 1, "the former version is left over");
    assert!(next.audit(None, 100).unwrap().lines.iter().any(|line| line.object == "setting:knowledge_pack"));
}

#[test]
fn a_pack_with_faults_is_told_line_by_line_and_not_taken_in() {
    let (place, window) = open();
    let bad = pack(&place, "bad", "1", &(local("furosemide", "heparin") + "[[drug]]\nid = \"x\"\n"));
    let told = window.open_pack(&bad).unwrap();
    assert!(told.token.is_empty() && !told.faults.is_empty());
    assert!(
        told.faults.iter().all(|f| f.file == "pack.toml" && f.line > 6 && !f.message.is_empty()),
        "{:?}",
        told.faults
    );
    assert_eq!(code(window.import_pack("")), "pack.token");
    // A mistyped code of a finding has its line as well.
    let tier = "[[site_tier]]\ncode = \"renal.avoyd\"\ntier = \"note\"\nreason = { en = \"x\", ko = \"x\" }\n";
    let told = window.open_pack(&pack(&place, "tier", "1", tier)).unwrap();
    assert!(!told.faults.is_empty() && told.token.is_empty());
    assert!(!place.path("knowledge").exists());
    for nothing in [place.path("nowhere"), place.path("clinic.bogam")] {
        assert_eq!(code(window.open_pack(&nothing)), "input.unusable");
    }
}

/// Sixty patients of two stays: who has Z95.0 is mostly given levetiracetam.
fn tables(place: &Place) -> PathBuf {
    let (mut patients, mut admissions, mut diagnoses, mut prescriptions) = (
        "subject_id,gender,anchor_age,anchor_year\n".to_owned(),
        "subject_id,hadm_id,admittime,dischtime,admission_type\n".to_owned(),
        "subject_id,hadm_id,seq_num,icd_code,icd_version\n".to_owned(),
        "subject_id,hadm_id,pharmacy_id,starttime,stoptime,drug_type,drug\n".to_owned(),
    );
    for patient in 0..60 {
        let id = 73_194_500 + patient;
        writeln!(patients, "{id},M,{},2150", 60 + patient % 20).unwrap();
        for stay in 0..2 {
            let (stay_id, month) = (91_735_200 + patient * 2 + stay, 3 + stay * 4);
            let day = format!("2150-{month:02}-01");
            writeln!(admissions, "{id},{stay_id},{day} 08:00:00,2150-{month:02}-05 12:00:00,EW EMER.").unwrap();
            writeln!(diagnoses, "{id},{stay_id},1,I509,10").unwrap();
            let mut drugs = vec!["Furosemide", "Heparin"];
            if patient % 2 == 0 {
                writeln!(diagnoses, "{id},{stay_id},2,Z950,10").unwrap();
                if (patient + stay) % 8 != 0 {
                    drugs.push("Levetiracetam");
                }
            }
            for (n, drug) in drugs.iter().enumerate() {
                writeln!(prescriptions, "{id},{stay_id},{n},{day} 09:00:00,{day} 20:00:00,MAIN,{drug}").unwrap();
            }
        }
    }
    prescriptions += "73194500,91735200,9,not a date,,MAIN,Furosemide\n";
    let folder = place.path("mimic/hosp");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("patients", patients),
        ("admissions", admissions),
        ("diagnoses_icd", diagnoses),
        ("prescriptions", prescriptions),
    ] {
        std::fs::write(folder.join(format!("{name}.csv")), text).unwrap();
    }
    place.path("mimic")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|e| e.unwrap().path()).flat_map(|p| if p.is_dir() { files(&p) } else { vec![p] }).collect()
}

#[test]
fn tables_are_accounted_for_learned_from_and_evaluated_and_leave_no_patient() {
    let (place, window) = open();
    let folder = tables(&place);
    let mut stages = Vec::new();
    let report = window
        .import_tables(&folder, true, &mut |progress| match progress {
            Progress::Stage { stage, .. } => stages.push(stage),
            Progress::Notice { code, params } => panic!("{code} {params:?}"),
            Progress::Job { .. } | Progress::Step { .. } => {}
        })
        .unwrap();
    assert!([Stage::Reading, Stage::Tables, Stage::Scoring, Stage::Verifying].iter().all(|s| stages.contains(s)));
    assert_eq!((report.cases, report.patients), (120, 60));
    for table in &report.tables {
        assert_eq!(table.rows, table.used + table.out_of_scope + table.rejected, "{table:?}");
    }
    assert_eq!(report.rejects.iter().map(|r| (r.reason.as_str(), r.rows)).collect::<Vec<_>>(), [("bad_date", 1)]);
    let prior = report.prior.as_ref().unwrap();
    assert_eq!((prior.admissions, prior.patients, prior.active), (120, 60, true));
    let f1 = prior.metrics.iter().find(|m| m.id == "f1").unwrap();
    assert!(f1.value.low <= f1.value.value && f1.value.value <= f1.value.high);
    let baseline = f1.baseline.unwrap();
    assert!(f1.value.value > 0.0 && (0.0..=1.0).contains(&baseline.value));
    // The same is told later on, and the evaluation lies among the others.
    let kept = window.imports().unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].prior.as_ref().unwrap().active);
    let evaluations = window.evaluations().unwrap();
    assert_eq!(evaluations.len(), 1);
    assert_eq!(evaluations[0].metrics, prior.metrics);
    assert!(evaluations[0].admissions > 0 && evaluations[0].admissions < 120);
    let without: Vec<_> = evaluations[0].ablation.iter().map(|a| a.without.as_str()).collect();
    assert_eq!(without, ["none", "prior"]);
    assert!(evaluations[0].calibration.iter().all(|b| b.low <= b.observed && b.observed <= b.high));
    // No case came into the vault, and no file outside of it names a patient or an admission.
    assert_eq!(cases(&window), 0);
    assert!(files(&place.path("scratch")).is_empty());
    for file in files(place.folder.path()).iter().filter(|f| !f.starts_with(&folder)) {
        let bytes = std::fs::read(file).unwrap();
        let named = |id: &[u8]| bytes.windows(id.len()).any(|w| w == id);
        assert!(!named(b"731945") && !named(b"917352") && !named(b"917353"), "{}", file.display());
    }
    // Settings that were there stay, and the newer prior is the one in use.
    let settings = place.path("settings.toml");
    std::fs::write(
        &settings,
        std::fs::read_to_string(&settings).unwrap() + "# by hand\n[remote]\nurl = \"http://127.0.0.1:1\"\n",
    )
    .unwrap();
    window.import_tables(&folder, true, &mut quiet).unwrap();
    let text = std::fs::read_to_string(&settings).unwrap();
    assert!(text.contains("# by hand\n[remote]\n") && text.matches("prior = ").count() == 1, "{text}");
    let active: Vec<bool> = window.imports().unwrap().iter().map(|r| r.prior.as_ref().unwrap().active).collect();
    // The same tables give the same prior: both are it.
    assert_eq!(active, [true, true]);
}

#[test]
fn tables_that_are_stopped_or_missing_leave_nothing() {
    let (place, window) = open();
    let folder = tables(&place);
    let mut number = 0;
    let stopped = window.import_tables(&folder, true, &mut |progress| match progress {
        Progress::Job { job } => number = job,
        Progress::Stage { stage: Stage::Tables, .. } => window.stop_job(number),
        Progress::Stage { .. } | Progress::Step { .. } | Progress::Notice { .. } => {}
    });
    assert_eq!(code(stopped), "cancelled");
    assert!(window.imports().unwrap().is_empty());
    // While it learns: the accounting stays, nothing is put to use.
    let stopped = window.import_tables(&folder, true, &mut |progress| match progress {
        Progress::Job { job } => number = job,
        Progress::Stage { stage: Stage::Scoring, .. } => window.stop_job(number),
        Progress::Stage { .. } | Progress::Step { .. } | Progress::Notice { .. } => {}
    });
    assert_eq!(code(stopped), "cancelled");
    let kept = window.imports().unwrap();
    assert!(kept.len() == 1 && kept[0].prior.is_none());
    assert!(!place.path("settings.toml").exists());
    assert_eq!((files(&place.path("priors")).len(), files(&place.path("scratch")).len()), (0, 0));
    std::fs::remove_file(folder.join("hosp/prescriptions.csv")).unwrap();
    let missing = window.import_tables(&folder, false, &mut quiet).unwrap_err();
    assert_eq!(missing.code, "missing_table");
    assert!(missing.params["text"].as_str().unwrap().contains("prescriptions"));
    assert_eq!(code(window.import_tables(&place.path("nowhere"), false, &mut quiet)), "no_folder");
}

#[test]
fn too_little_to_learn_from_is_said_and_the_accounting_stays() {
    let (place, window) = open();
    let folder = tables(&place);
    let patients = folder.join("hosp/patients.csv");
    let few: String = std::fs::read_to_string(&patients).unwrap().split_inclusive('\n').take(6).collect();
    std::fs::write(&patients, few).unwrap();
    assert_eq!(code(window.import_tables(&folder, true, &mut quiet)), "prior.not_learned");
    let kept = window.imports().unwrap();
    assert_eq!((kept.len(), kept[0].patients), (1, 5));
    assert!(kept[0].rejects.iter().any(|r| r.reason == "no_matching_patient"));
}

#[test]
fn what_a_killed_program_left_is_removed_at_the_next_start() {
    let place = Place::new();
    let alive = std::os::unix::process::parent_id();
    let dead = place.path("scratch/of-4194999-x");
    let other = place.path(&format!("scratch/of-{alive}-x"));
    for folder in [&dead, &other] {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("cases.jsonl"), "of patients").unwrap();
    }
    drop(window(&place));
    assert!(!dead.exists() && other.exists());
}

#[test]
fn a_file_that_is_no_evaluation_is_named() {
    let (place, window) = open();
    assert!(window.evaluations().unwrap().is_empty());
    std::fs::create_dir_all(place.path("evaluations")).unwrap();
    std::fs::write(place.path("evaluations/x.json"), "{}").unwrap();
    let error = window.evaluations().unwrap_err();
    assert_eq!(error.code, "evaluation.unreadable");
    assert!(error.params["path"].as_str().unwrap().ends_with("evaluations/x.json"));
}

#[test]
fn backups_are_remembered_and_what_stands_in_the_way_is_told() {
    let (place, window) = open();
    let state = window.backup_state().unwrap();
    assert!(state.last.is_none() && state.bytes > 0 && state.vault.ends_with("clinic.bogam"));
    let to = place.path("usb.bogam-backup");
    let made = window.backup(&to, &mut quiet).unwrap().last.unwrap();
    assert_eq!(Path::new(&made.path), to);
    assert!(to.exists());
    assert_eq!(window.backup_state().unwrap().last.unwrap().at, made.at);
    assert_eq!(code(window.backup(&to, &mut quiet)), "vault.already_there");
    // The stick is gone: its folder with it.
    let gone = window.backup(&place.path("usb/clinic.bogam-backup"), &mut quiet).unwrap_err();
    assert_eq!(gone.code, "vault.file");
    assert!(gone.params["path"].as_str().unwrap().contains("usb/clinic.bogam-backup"));
    assert_eq!(window.backup_state().unwrap().last.unwrap().path, made.path);
}

#[test]
fn a_vault_that_was_changed_is_found_out() {
    let (place, window) = open();
    window.import_cases(&lines(&place, "cases.jsonl", 300), &mut quiet).unwrap();
    let mut stages = Vec::new();
    let whole = window.verify_vault(&mut |p| stages.push(p)).unwrap();
    assert!(whole.ok && whole.faults.is_empty() && whole.pages > 10 && whole.audit_lines > 0);
    assert!(matches!(stages.as_slice(), [Progress::Job { .. }, Progress::Stage { stage: Stage::Verifying, .. }]));
    let mut bytes = std::fs::read(place.vault()).unwrap();
    let middle = bytes.len() / 4096 / 2 * 4096 + 100;
    bytes[middle] ^= 1;
    std::fs::write(place.vault(), bytes).unwrap();
    let found = window.verify_vault(&mut quiet).unwrap();
    assert!(!found.ok);
    let pages = found.faults.iter().find(|f| f.code == "verify.pages").unwrap();
    assert!(pages.params["count"].as_u64().unwrap() >= 1 && !pages.params["text"].as_str().unwrap().is_empty());
}

#[test]
fn the_program_says_what_it_is() {
    let about = window(&Place::new()).about().unwrap();
    assert_eq!(about.bogam, env!("CARGO_PKG_VERSION"));
    assert!(about.knowledge.starts_with("sha256:") && !about.rules.is_empty());
    assert!(about.machine.threads > 0 && about.machine.memory_bytes > 0);
    assert!(about.licences.iter().all(|l| l.text.len() > 100));
    for name in ["llama.cpp", "SQLCipher", "OpenSSL", "serde", "svelte", "pretendard"] {
        assert!(about.licences.iter().any(|l| l.name == name), "{name}");
    }
    assert!(about.hazards.len() >= 35);
    let korean = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    assert!(about.hazards.iter().all(|h| korean(&h.hazard.ko) && korean(&h.control.ko) && !korean(&h.hazard.en)));
    let json: Value = serde_json::to_value(&about).unwrap();
    assert!(json["hazards"][0]["cause"]["ko"].is_string() && json["machine"]["gpus"].is_array());
}
