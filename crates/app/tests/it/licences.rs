//! The committed list of licences is that of what is built. It is made anew where cargo and npm have the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use bogam_app::licences::{Licences, Software};
use serde_json::Value;

const UPDATE: &str = "BOGAM_WRITE";

/// Programs that are handed out.
const PROGRAMS: [&str; 2] = ["bogam-cli", "bogam-desktop"];

/// Sources of others inside a crate: their name, the crate, the text, the terms.
const WITHIN: [(&str, &str, &str, &str); 4] = [
    ("llama.cpp", "llama-cpp-sys-2", "llama.cpp/LICENSE", "MIT"),
    ("SQLCipher", "sqlcipher-src", "sqlcipher/LICENSE-sqlcipher", "BSD-3-Clause"),
    ("LibTomCrypt", "sqlcipher-src", "sqlcipher/LICENSE-libtomcrypt", "WTFPL"),
    ("OpenSSL", "openssl-src", "openssl/LICENSE.txt", "Apache-2.0"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A package, and where its sources are.
struct Package {
    name: String,
    version: String,
    licence: String,
    authors: String,
    folder: PathBuf,
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// What the programs are linked from: normal dependencies, without macros, which only the compiler runs.
fn crates() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages: BTreeMap<&str, &Value> =
        metadata["packages"].as_array().unwrap().iter().map(|p| (p["id"].as_str().unwrap(), p)).collect();
    let nodes: BTreeMap<&str, &Value> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|n| (n["id"].as_str().unwrap(), n)).collect();
    let is_macro = |package: &Value| {
        let targets = package["targets"].as_array().unwrap();
        targets.iter().any(|target| target["kind"].as_array().unwrap().iter().any(|kind| kind == "proc-macro"))
    };
    let mut open: Vec<&str> =
        packages.iter().filter(|(_, p)| PROGRAMS.contains(&p["name"].as_str().unwrap())).map(|(id, _)| *id).collect();
    let mut seen: BTreeSet<&str> = open.iter().copied().collect();
    while let Some(id) = open.pop() {
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let normal = dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
            let id = dependency["pkg"].as_str().unwrap();
            // Only the build asks for these, and what they hold is linked all the same.
            let wanted = normal || packages[id]["name"].as_str().unwrap().ends_with("-src");
            if wanted && !is_macro(packages[id]) && seen.insert(id) {
                open.push(id);
            }
        }
    }
    let package = |id: &&str| {
        let package = packages[id];
        let authors = package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Package {
            name: text(package, "name"),
            version: text(package, "version"),
            licence: text(package, "license"),
            authors: authors.collect::<Vec<_>>().join(", "),
            folder: Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned(),
        }
    };
    seen.iter().map(package).filter(|p| !p.name.starts_with("bogam-")).collect()
}

/// What the window is made of: what it asks for, with all that asks for in turn, and its typeface.
fn scripts() -> Vec<Package> {
    let lock: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("ui/package-lock.json")).unwrap()).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    let named = |value: &Value, kind: &str| {
        value[kind].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    let mut open: Vec<(String, String)> =
        named(&packages[""], "dependencies").into_iter().map(|name| (String::new(), name)).collect();
    open.push((String::new(), "pretendard".to_owned()));
    let mut found: BTreeMap<String, Package> = BTreeMap::new();
    while let Some((mut within, name)) = open.pop() {
        // The nearest folder of modules that has it.
        let path = loop {
            let path = if within.is_empty() {
                format!("node_modules/{name}")
            } else {
                format!("{within}/node_modules/{name}")
            };
            if packages.contains_key(&path) || within.is_empty() {
                break path;
            }
            within = within.rsplit_once("/node_modules/").map(|(outer, _)| outer.to_owned()).unwrap_or_default();
        };
        let Some(entry) = packages.get(&path) else { continue };
        if found.contains_key(&path) {
            continue;
        }
        open.extend(named(entry, "dependencies").into_iter().map(|name| (path.clone(), name)));
        let package = Package {
            name,
            version: text(entry, "version"),
            licence: entry["license"].as_str().unwrap_or("see its text").to_owned(),
            authors: String::new(),
            folder: root().join("ui").join(&path),
        };
        found.insert(path, package);
    }
    found.into_values().collect()
}

/// The terms that are chosen where there is a choice: Apache-2.0, which is one text for all, else MIT, else the first.
fn chosen(licence: &str) -> String {
    if licence.contains(" AND ") {
        // All of them hold.
        return licence.to_owned();
    }
    let bare = licence.replace('/', " OR ");
    let offered: Vec<&str> = bare.split(" OR ").map(|one| one.trim().trim_matches(['(', ')'])).collect();
    let preferred = ["Apache-2.0", "MIT"].into_iter().find(|one| offered.contains(one));
    preferred.or(offered.first().copied()).unwrap_or_default().to_owned()
}

/// The files of a package that hold its terms.
fn files_of(package: &Package) -> Vec<PathBuf> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().to_lowercase();
    let within = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
        files
            .retain(|path| ["license", "licence", "copying", "notice"].iter().any(|word| name(path).starts_with(word)));
        files.sort();
        files
    };
    assert!(package.folder.is_dir(), "{}: fetch the sources first (cargo fetch, npm ci)", package.folder.display());
    let mut files = within(&package.folder);
    if files.is_empty() {
        files = within(&package.folder.join("dist"));
    }
    let chosen = chosen(&package.licence);
    let word = chosen.split(['-', ' ']).next().unwrap().to_lowercase();
    let fitting: Vec<PathBuf> = files.iter().filter(|path| name(path).contains(&word)).cloned().collect();
    if fitting.is_empty() || chosen.contains(" AND ") { files } else { fitting }
}

/// The text of the terms, from the sources.
fn terms(package: &Package, all: &[Package], apache: &str) -> String {
    let chosen = chosen(&package.licence);
    if chosen == "Apache-2.0" {
        return apache.to_owned();
    }
    let mut files = files_of(package);
    if files.is_empty() {
        // Its makers left the text out: it is that of another package of theirs, or one that names nobody.
        let alike = |other: &&Package| {
            let own = package.authors.split(", ").any(|author| !author.is_empty() && other.authors.contains(author));
            other.licence == package.licence && (own || chosen == "MPL-2.0") && !files_of(other).is_empty()
        };
        files = all.iter().find(alike).map(files_of).unwrap_or_default();
    }
    if files.is_empty() && chosen == "MIT" {
        let mit = std::fs::read_to_string(root().join("LICENSE-MIT")).unwrap();
        let grant = mit.find("Permission is hereby granted").unwrap();
        let authors = if package.authors.is_empty() { &package.name } else { &package.authors };
        return format!("MIT License\n\nCopyright (c) {authors}\n\n{}", mit[grant..].trim());
    }
    assert!(!files.is_empty(), "{} {} ({}) has no text of its terms", package.name, package.version, package.licence);
    let read = |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).trim().replace("\r\n", "\n");
    files.iter().map(read).collect::<Vec<_>>().join("\n\n")
}

/// Name, version and terms of everything.
fn listed() -> Vec<(String, String, String)> {
    let packages = crates();
    let within = WITHIN.iter().map(|(name, inside, _, licence)| {
        let version = packages.iter().find(|p| p.name == *inside).map(|p| format!("in {} {}", p.name, p.version));
        ((*name).to_owned(), version.unwrap_or_else(|| panic!("{inside} is not built any more")), (*licence).to_owned())
    });
    let all = packages
        .iter()
        .chain(scripts().iter())
        .map(|p| (p.name.clone(), p.version.clone(), p.licence.clone()))
        .collect::<Vec<_>>();
    let mut all: Vec<_> = within.chain(all).collect();
    all.sort();
    all.dedup();
    all
}

fn made() -> Licences {
    let apache = std::fs::read_to_string(root().join("LICENSE-APACHE")).unwrap().trim().to_owned();
    let mut list = Licences::default();
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |name: String, version: String, licence: String, text: String| {
        let number = texts.len();
        let text = *texts.entry(text).or_insert(number);
        list.software.push(Software { name, version, licence, text });
    };
    let mut packages = crates();
    packages.extend(scripts());
    for (name, inside, path, licence) in WITHIN {
        let package = packages.iter().find(|p| p.name == inside).unwrap();
        let text = if licence == "Apache-2.0" {
            apache.clone()
        } else {
            std::fs::read_to_string(package.folder.join(path)).unwrap().trim().to_owned()
        };
        add(name.to_owned(), format!("in {} {}", package.name, package.version), licence.to_owned(), text);
    }
    for package in &packages {
        let text = terms(package, &packages, &apache);
        add(package.name.clone(), package.version.clone(), package.licence.clone(), text);
    }
    let mut by_number: Vec<(usize, String)> = texts.into_iter().map(|(text, number)| (number, text)).collect();
    by_number.sort();
    list.texts = by_number.into_iter().map(|(_, text)| text).collect();
    list.software.sort();
    list.software.dedup();
    list
}

#[test]
fn the_committed_licences_are_those_of_what_is_built() {
    let path = root().join("assets/licences.json");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&made()).unwrap() + "\n").unwrap();
    }
    let committed: Licences = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut found: Vec<_> =
        committed.software.iter().map(|s| (s.name.clone(), s.version.clone(), s.licence.clone())).collect();
    found.sort();
    let wanted = listed();
    let missing: Vec<_> = wanted.iter().filter(|one| !found.contains(one)).collect();
    let left: Vec<_> = found.iter().filter(|one| !wanted.contains(one)).collect();
    assert!(
        missing.is_empty() && left.is_empty(),
        "assets/licences.json is not that of what is built (missing {missing:?}, left over {left:?}): run \
         `{UPDATE}=1 cargo test --release -p bogam-app licences` with ui/node_modules there, and read the difference"
    );
    for software in &committed.software {
        let text = committed.texts.get(software.text).unwrap_or_else(|| panic!("{}: no text", software.name));
        assert!(text.len() > 100, "{}: {text}", software.name);
    }
    let distinct: BTreeSet<&String> = committed.texts.iter().collect();
    assert_eq!(distinct.len(), committed.texts.len(), "a text stands twice");
}
