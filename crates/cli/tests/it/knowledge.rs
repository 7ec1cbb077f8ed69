//! `bogam knowledge`: what the packs hold, what is wrong in them, and packs made of lists. Rows of lists are made up.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{Place, case, code, jsonl, lines, stderr};

const PACK: &str = "[pack]\nid = \"broken\"\nversion = \"1\"\nreviewed = \"2026-01-31\"\nexpires = \"2027-01-31\"\n\
                    approved_by = \"nobody\"\n";

/// Each fault stands on a line that ends in `#!` and what is said of it.
const VOCABULARY: &str = r#"
[[source]]
id = "label"
title = "A label"
kind = ""                                   #! kind is empty
[[class]]
id = "some"
name = { en = "Some", ko = "어떤" }
duplicate = "note"
[[class]]                                   #! class `some` stands already
id = "some"
name = { en = "Some", ko = "어떤" }
duplicate = "note"
[[purpose]]
id = "pain"
name = { en = "Pain", ko = "" }             #! name.ko is empty
[[drug]]                                    #! unknown table `drug`
id = "x"
[[allergy_group]]
id = "group"
name = { en = "Group", ko = "군" }
between_members = "grave"                   #! unknown variant `grave`
[[cross_reactivity]]
from = "moon"                               #! no allergy group and no ingredient
to = "alpha"
severity = "critical"                       #! critical on the basis `recalled`
reason = { en = "r", ko = "r" }
source = "label"
basis = "recalled"
[[role]]
id = "role"
name = { en = "Role", ko = "역할" }
members = [{ drugs = ["class:none"], source = "label", basis = "read" }] #! unknown class `none`
[[icd9]]
code = "428.0"                              #! no ICD-9-CM prefix
icd10 = ["I50"]
[[diagnosis]]
icd10 = "i50"                               #! no ICD-10 prefix
name = { en = "a", ko = "b" }
[[not_drug]]                                #! neither names nor contains
kind = "fluid"
[[lab]]
id = "potassium"
name = { en = "Potassium", ko = "칼륨" }
loinc = ["28233"]                           #! no LOINC code
unit = "mmol/L"
"#;

const INGREDIENTS: &str = r#"
[[ingredient]]
id = "alpha"
name = { en = "Alpha", ko = "알파" }
atc = ["C03"]                               #! no ATC code
class = "sum"                               #! unknown class `sum`
routes = ["PO"]
brands = ["Same"]
allergy_groups = ["groop"]                  #! unknown allergy group `groop`
source = "lable"                            #! unknown source `lable`
basis = "read"
[[ingredient.indication]]                   #! unknown purpose `x`
icd10 = ["I50"]
strength = "adjunct"
purpose = "x"
use = "few"
[[ingredient]]
id = "beta"
name = { en = "Beta", ko = "베타" }
atc = []
class = "some"
routes = ["PO"]
brands = ["same"]                           #! names `beta` here and `alpha`
source = "label"
basis = "recalled"
[[ingredient.renal]]
measure = "egfr"
below = 30
action = "caution"
severity = "note"
[[ingredient.renal]]                        #! overlaps
measure = "egfr"
at_least = 20
below = 50
action = "caution"
severity = "note"
[ingredient.dialysis]                       #! no severity
action = "caution"
[[ingredient]]
id = "gamma"
name = { en = "Gamma", ko = "감마" }
atc = "C03CA01"                             #! invalid type
class = "some"
routes = ["PO"]
source = "label"
basis = "read"
[[ingredient]]
id = "alpha / delta"
name = { en = "Both", ko = "둘" }
atc = []
class = "some"
routes = ["PO"]
components = ["alpha", "delta"]             #! unknown ingredient `delta`
source = "label"
basis = "read"
"#;

const FACTS: &str = r#"
[[interaction]]
a = ["ghost"]                               #! unknown ingredient `ghost`
b = ["role:ghosts"]                         #! unknown role `ghosts`
severity = "critical"                       #! critical on the basis `recalled`
effect = { en = "e", ko = "e" }
action = { en = "", ko = "a" }              #! action.en is empty
source = "label"
basis = "recalled"
[[age_limit]]                               #! an age limit needs `below` or `at_least`
drugs = ["alpha"]
severity = "note"
reason = { en = "r", ko = "r" }
source = "label"
basis = "read"
[[elderly]]
drugs = []                                  #! `drugs` is empty
severity = "note"
reason = { en = "r", ko = "r" }
source = "label"
basis = "read"
[[pregnancy_limit]]
drugs = ["alpha"]
trimesters = [4]                            #! trimesters must name some of 1, 2, 3
severity = "note"
reason = { en = "r", ko = "r" }
source = "label"
basis = "read"
[[lab_limit]]
drugs = ["alpha"]
lab = "sodium"                              #! unknown lab `sodium`
above = 5
severity = "note"
reason = { en = "r", ko = "r" }
source = "label"
basis = "read"
[[dose_limit]]
drugs = ["alpha"]
unit = "spoons"                             #! this unit of a dose is not known
single = 1
severity = "note"
source = "label"
basis = "read"
[[dose_limit]]
drugs = ["alpha"]
unit = "mg"
dose = "twice"                              #! unknown field `dose`
[[together]]
id = "two"
sides = [["alpha"], ["beta"]]               #! name three sides
severity = "note"
effect = { en = "e", ko = "e" }
action = { en = "a", ko = "a" }
source = "label"
basis = "read"
[[local_name]]
name = "알파"                               #! names `beta` here and `alpha`
ingredient = "beta"
"#;

/// Lines that are at fault, each with what is said of it.
fn marked(text: &str) -> Vec<(usize, String)> {
    let mark = |(line, n): (&str, usize)| line.split_once("#! ").map(|(_, says)| (n, says.to_owned()));
    text.lines().zip(1..).filter_map(mark).collect()
}

/// `knowledge check` of a folder as the base pack: exit code, and its lines as file, line, message.
fn check(place: &Place, folder: &Path) -> (i32, Vec<(String, usize, String)>) {
    let output = place.run(&["knowledge", "check", "--pack", folder.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let part = |line: &str| {
        let mut parts = line.splitn(3, ':');
        let mut next = || parts.next().unwrap_or_else(|| panic!("no file:line: message in `{line}`")).to_owned();
        (next(), next().parse().unwrap(), next())
    };
    (code(&output), text.lines().map(part).collect())
}

fn folder(place: &Place, name: &str, files: &[(&str, &[u8])]) -> std::path::PathBuf {
    let folder = place.path(name);
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

#[track_caller]
fn assert_faults(found: &[(String, usize, String)], wanted: &[(&str, usize, String)]) {
    let mut missing = Vec::new();
    for (file, line, says) in wanted {
        if !found.iter().any(|(f, l, message)| f == file && l == line && message.contains(says)) {
            missing.push(format!("{file}:{line}: {says}"));
        }
    }
    assert!(missing.is_empty(), "not told: {missing:#?}\nof {found:#?}");
    assert_eq!(found.len(), wanted.len(), "told besides: {found:#?}");
}

#[test]
fn check_tells_each_kind_of_fault_at_its_file_and_line() {
    let place = Place::new();
    let broken_dates = PACK.replace("2027-01-31", "2025-01-31");
    let pairs = "a,b,tier,level,source\nalpha,ghost,note,Major,label\nalpha,beta,grave,Major,label\nalpha,beta\n";
    let titles = "system,code,title\nicd10,I50.9,x\nicd12,I509,x\n";
    let files: [(&str, &[u8]); 6] = [
        ("pack.toml", broken_dates.as_bytes()),
        ("words.toml", VOCABULARY.as_bytes()),
        ("ingredients/all.toml", INGREDIENTS.as_bytes()),
        ("facts.toml", FACTS.as_bytes()),
        ("pairs.csv", pairs.as_bytes()),
        ("icd_titles.csv", titles.as_bytes()),
    ];
    let (code, found) = check(&place, &folder(&place, "broken", &files));
    let mut wanted = vec![("pack.toml", 5, "expires before it was reviewed".to_owned())];
    for (file, text) in [("words.toml", VOCABULARY), ("ingredients/all.toml", INGREDIENTS), ("facts.toml", FACTS)] {
        wanted.extend(marked(text).into_iter().map(|(line, says)| (file, line, says)));
    }
    for (file, line, says) in [
        ("pairs.csv", 2, "unknown ingredient `ghost`"),
        ("pairs.csv", 3, "tier `grave`"),
        ("pairs.csv", 4, "2 columns instead of 5"),
        ("icd_titles.csv", 2, "no code of this system"),
        ("icd_titles.csv", 3, "none of icd10, icd9, kcd"),
    ] {
        wanted.push((file, line, says.to_owned()));
    }
    assert_faults(&found, &wanted);
    assert_eq!(code, 2);
}

#[test]
fn check_tells_files_that_cannot_be_read_as_what_they_are() {
    let place = Place::new();
    let files: [(&str, &[u8]); 5] = [
        ("a.toml", b"[[class]]\nid = \"x\n"),
        ("b.toml", b"# ok\nx = \"\xff\"\n"),
        ("other.csv", b"a,b\n"),
        ("pairs.csv", b"a;b\n"),
        ("report.json", b"{"),
    ];
    let (code, found) = check(&place, &folder(&place, "broken", &files));
    let wanted = [
        ("a.toml", 2, "not valid TOML"),
        ("b.toml", 2, "not UTF-8"),
        ("other.csv", 1, "unknown table `other.csv`"),
        ("pairs.csv", 1, "the first line must be `a,b,tier,level,source`"),
    ];
    assert_faults(&found, &wanted.map(|(file, line, says)| (file, line, says.to_owned())));
    assert_eq!(code, 2);
    let (code, found) = check(&place, &folder(&place, "bare", &[("x.toml", b"# nothing\n")]));
    assert_faults(&found, &[("x.toml", 1, "no [pack] table".to_owned())]);
    assert_eq!(code, 2);
    let output = place.run(&["knowledge", "check", "--pack", place.path("nowhere").to_str().unwrap()]);
    assert_eq!(crate::common::code(&output), 2);
}

#[test]
fn info_and_check_tell_what_the_packs_hold() {
    let place = Place::new();
    let old = PACK.replace("2026-01-31", "2020-01-31").replace("2027-01-31", "2021-01-31").replace("broken", "old");
    let site = folder(&place, "site", &[("pack.toml", old.as_bytes())]);
    let run = |arguments: &[&str]| {
        let output = place.run(arguments);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let site = site.to_str().unwrap();
    let text = run(&["knowledge", "info", "--knowledge", site]);
    assert!(text.starts_with("sha256:"), "{text}");
    assert!(text.contains("EXPIRED: knowledge pack old 1 expired on 2021-01-31"), "{text}");
    assert!(text.lines().any(|l| l.trim_end().ends_with(" recalled_twice")), "{text}");
    let info: Value = serde_json::from_str(&run(&["knowledge", "info", "--knowledge", site, "--json"])).unwrap();
    assert_eq!(info["packs"][1]["expired"], true);
    assert_eq!(info["packs"][0]["id"], "bogam-core");
    assert!(info["counts"]["ingredients"].as_u64().unwrap() > 100);
    for basis in ["read", "recalled", "recalled_twice"] {
        assert!(info["basis"][basis].is_u64(), "{}", info["basis"]);
    }
    let checked = run(&["knowledge", "check", "--knowledge", site]);
    assert!(checked.starts_with("no fault\n") && checked.contains(" ingredients\n"), "{checked}");
    let alone = run(&["knowledge", "check", "--pack", site]);
    assert!(alone.contains("      0 ingredients\n"), "{alone}");
}

/// Imports a list; gives the folder of the pack, the exit code and the report.
fn import(place: &Place, kind: &str, list: &[u8], more: &[&str]) -> (String, i32, Value) {
    let file = place.write(&format!("{kind}.csv"), list);
    let out = place.path(kind).to_str().unwrap().to_owned();
    let mut arguments = vec!["knowledge", "import", "--kind", kind, "--file", file.to_str().unwrap(), "--out", &out];
    arguments.extend(more);
    let output = place.run(&arguments);
    let report = std::fs::read(Path::new(&out).join("report.json")).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    let report: Value = serde_json::from_slice(&report).unwrap();
    let by_reason: u64 = report["rejected"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(report["rows"].as_u64().unwrap(), report["taken"].as_u64().unwrap() + by_reason);
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(said.contains(&format!("{:>7} taken", report["taken"].to_string())), "{said}");
    (out, code(&output), report)
}

/// Findings of `check` on proposed drugs, by code.
fn findings(place: &Place, packs: &[&str], patient: Value, drugs: &[&str]) -> BTreeMap<String, Vec<Value>> {
    let mut record = case("one");
    for (key, value) in patient.as_object().unwrap() {
        record["patient"][key] = value.clone();
    }
    record["proposed_drugs"] = json!(drugs);
    let mut arguments = vec!["check", "--cases", "-", "--out", "-"];
    arguments.extend(packs.iter().flat_map(|pack| ["--knowledge", pack]));
    let output = place.run_with_input(&arguments, &jsonl(&[record]));
    let records = lines(&output.stdout);
    assert_eq!(records[0]["status"], "ok", "{}", stderr(&output));
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for finding in records[0]["findings"].as_array().unwrap() {
        all.entry(finding["code"].as_str().unwrap().to_owned()).or_default().push(finding.clone());
    }
    all
}

#[test]
fn an_imported_list_of_pairs_is_used_and_never_critical_wholesale() {
    let place = Place::new();
    // Made up: these two are not listed together anywhere.
    let list = "DDInterID_A,Drug_A,DDInterID_B,Drug_B,Level\n1,Loratadine,2,Famotidine,Major\n\
                3,Warfarin,4,Unobtainium,Major\n1,Loratadine,2,Pepcid,Moderate\n";
    let (pack, code, report) = import(&place, "ddinter", list.as_bytes(), &["--name", "list-a", "--version", "7"]);
    assert_eq!((code, &report["taken"], &report["pack"]), (1, &json!(1), &json!("list-a")));
    assert_eq!(report["rejected"], json!({"unknown_ingredient": 1, "repeated": 1}));
    let rejected = std::fs::read_to_string(Path::new(&pack).join("rejected.csv")).unwrap();
    assert!(rejected.contains("3,unknown_ingredient,") && rejected.contains("\"3,Warfarin,4,Unobtainium,Major\""));
    let of_us = |packs: &[&str]| {
        let found = findings(&place, packs, json!({}), &["Loratadine", "Famotidine"]);
        let pair = found.into_iter().filter(|(code, _)| code.starts_with("interaction."));
        pair.flat_map(|(_, findings)| findings).collect::<Vec<_>>()
    };
    assert!(of_us(&[]).is_empty(), "take another pair for this test");
    let found = of_us(&[&pack]);
    assert_eq!((found.len(), &found[0]["tier"]), (1, &json!("warning")), "{found:?}");
    assert!(found[0]["source"].as_str().unwrap().contains("imported as list-a 7"), "{found:?}");
}

#[test]
fn notices_and_a_formulary_make_packs_that_stand_on_each_other() {
    let place = Place::new();
    let formulary = "약품코드,약품명,성분명\nZZ-77,우리병원특제,loratadine\n,없는것,없는성분\n";
    let (names, code, _) = import(&place, "formulary", formulary.as_bytes(), &["--approved-by", "The committee"]);
    assert_eq!(code, 1);
    let input = place.write("names.txt", "우리병원특제\nzz-77\n우리병원특제 10mg\n없는것\n");
    let output =
        place.run(&["normalise", "--names", input.to_str().unwrap(), "--out", "-", "--knowledge", names.as_str()]);
    let found: Vec<Value> = lines(&output.stdout).iter().map(|r| r["ingredient"].clone()).collect();
    assert_eq!(found, [json!("loratadine"), json!("loratadine"), json!("loratadine"), Value::Null]);

    // The notices use the names of the site, in the code page of Korean offices.
    let cp949 = |text: &str| encoding_rs::EUC_KR.encode(text).0.into_owned();
    let site = ["--knowledge", names.as_str()];
    let ages = cp949("성분명,특정연령,특정연령단위,연령처리조건,상세정보\n우리병원특제,90,세,이상,시험용\n");
    let (ages, code, _) = import(&place, "dur-age", &ages, &site);
    assert_eq!(code, 0);
    let (pregnancy, ..) =
        import(&place, "dur-pregnancy", &cp949("성분명,금기등급,상세정보\n우리병원특제,1,시험용 사유\n"), &site);
    let (elderly, ..) = import(&place, "dur-elderly", &cp949("성분명,상세정보\n우리병원특제,시험용 주의\n"), &site);
    let (pairs, ..) = import(&place, "dur-combination", &cp949("성분명A,성분명B\n우리병원특제,파모티딘\n"), &site);
    let packs = [names.as_str(), &ages, &pregnancy, &elderly, &pairs];

    let found = findings(&place, &packs, json!({"age_years": 91}), &["우리병원특제", "famotidine"]);
    let reason = |code: &str| found[code].iter().map(|f| f["message"]["ko"].as_str().unwrap()).collect::<String>();
    assert!(reason("age.contraindicated").contains("시험용"), "{found:#?}");
    assert!(reason("elderly.caution").contains("시험용 주의"), "{found:#?}");
    assert!(found.contains_key("interaction.contraindicated"), "{found:#?}");
    let pregnant = json!({"age_years": 30, "sex": "F", "pregnant": true, "gestational_weeks": 20});
    let found = findings(&place, &packs, pregnant, &["ZZ-77"]);
    assert!(found["pregnancy.avoid"][0]["message"]["ko"].as_str().unwrap().contains("시험용 사유"), "{found:#?}");
    let output = place.run(&["knowledge", "check", "--knowledge", packs[0], "--knowledge", packs[4]]);
    assert_eq!(crate::common::code(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_import_that_cannot_be_done_writes_nothing() {
    let place = Place::new();
    let list = place.write("list.csv", "icd_code,icd_version,long_title\nI10,10,Hypertension\n");
    let levels = place.write("levels.toml", "[ddinter]\n");
    let full = folder(&place, "full", &[("x", b"")]);
    let out = place.path("out");
    let (list, levels, full, new) =
        (list.to_str().unwrap(), levels.to_str().unwrap(), full.to_str().unwrap(), out.to_str().unwrap());
    for (arguments, says) in [
        (vec!["--kind", "icd-titles", "--file", list, "--out", full], "is not empty"),
        (vec!["--kind", "icd-titles", "--file", "nowhere.csv", "--out", new], "cannot be read"),
        (vec!["--kind", "ddinter", "--file", list, "--out", new], "no column `Drug_A`"),
        (vec!["--kind", "icd-titles", "--file", list, "--out", new, "--levels", levels], "has no levels"),
        (vec!["--kind", "icd-titles", "--file", list, "--out", new, "--headers", levels], "columns are fixed"),
        (vec!["--kind", "icd-titles", "--file", list, "--out", new, "--expires", "soon"], "expires `soon` is no date"),
        (vec!["--kind", "lists", "--file", list, "--out", new], "possible values"),
    ] {
        let output = place.run(&[&["knowledge", "import"], arguments.as_slice()].concat());
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
        assert!(!out.exists(), "{arguments:?}");
    }
    let output = place.run(&["knowledge", "import", "--kind", "icd-titles", "--file", list, "--out", new]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn a_record_says_when_its_knowledge_has_expired() {
    let place = Place::new();
    let site = |name: &str, expires: &str| {
        let pack = PACK.replace("2027-01-31", expires);
        folder(&place, name, &[("pack.toml", pack.as_bytes())]).to_str().unwrap().to_owned()
    };
    let (old, new) = (site("old", "2026-02-01"), site("new", "2999-01-01"));
    let mut on_the_day = case("a");
    on_the_day["as_of"] = json!("2026-02-01T09:00:00");
    let mut after = case("b");
    after["as_of"] = json!("2026-02-02T00:00:00");
    // Without a time of its own, today counts, and that is later.
    let cases = jsonl(&[on_the_day, after, case("c")]);
    for command in [vec!["suggest", "--model", "none", "--format", "json"], vec!["check"]] {
        let told = |pack: &str| {
            let more = ["--cases", "-", "--out", "-", "--knowledge", pack];
            let output = place.run_with_input(&[command.as_slice(), &more].concat(), &cases);
            let told = |r: &Value| r["notices"].as_array().unwrap().contains(&json!("knowledge_expired"));
            lines(&output.stdout).iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(told(&old), [false, true, true], "{command:?}");
        assert_eq!(told(&new)[..2], [false, false], "{command:?}");
    }
}
