//! What `ARCHITECTURE.md` says of the shape of the workspace, held against the workspace.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bogam_testkit::root;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Which crate may build upon which: `from`, and everything of this workspace that it names. Dependencies of tests are
/// free, so that a test may use `testkit`; nothing that ships does.
const EDGES: [(&str, &[&str]); 16] = [
    ("desktop", &["app", "clinical", "engine"]),
    ("cli", &["app", "clinical", "engine"]),
    (
        "app",
        &[
            "clinical",
            "consult",
            "engine",
            "evaluate",
            "knowledge",
            "leaflet",
            "mimic",
            "prior",
            "safety",
            "suggest",
            "train",
            "vault",
        ],
    ),
    ("train", &["engine"]),
    ("leaflet", &["clinical"]),
    ("vault", &["clinical"]),
    ("suggest", &["clinical", "engine", "knowledge", "prior", "safety"]),
    ("prior", &["clinical", "knowledge"]),
    ("safety", &["clinical", "knowledge"]),
    ("mimic", &["clinical", "knowledge"]),
    ("evaluate", &["clinical", "knowledge"]),
    ("consult", &["clinical", "knowledge", "safety"]),
    ("knowledge", &["clinical"]),
    ("engine", &[]),
    ("clinical", &[]),
    ("testkit", &["clinical", "engine", "knowledge"]),
];

/// Crates without files, clock, environment, randomness and network.
const CORE: [&str; 7] = ["clinical", "consult", "evaluate", "knowledge", "leaflet", "prior", "safety"];

/// Crates of others that the core may name: they turn values into values.
const CORE_MAY_NAME: [&str; 17] = [
    "csv",
    "encoding_rs",
    "postcard",
    "icu_segmenter",
    "krilla",
    "skrifa",
    "ts-rs", // feature `ts` of `clinical` alone, which no program has on
    "jiff",  // civil dates only: its default features, and with them the system's time zone, are off
    "schemars",
    "serde",
    "serde_ignored",
    "serde_json",
    "serde_path_to_error",
    "sha2",
    "thiserror",
    "toml",
    "unicode-normalization",
];

/// Crates that open files or connections, draw random numbers, start processes or compute with models. The core must
/// not reach one through others either. `libc` is not among them: `sha2` asks it for the features of the processor.
const BEYOND_THE_CORE: [&str; 22] = [
    "async-std",
    "clap",
    "fs-err",
    "getrandom",
    "hyper",
    "include_dir",
    "indicatif",
    "llama-cpp-2",
    "llama-cpp-sys-2",
    "memmap2",
    "mio",
    "rand",
    "reqwest",
    "ring",
    "rusqlite",
    "rustix",
    "rustls",
    "socket2",
    "tempfile",
    "tokio",
    "ureq",
    "walkdir",
];

/// The ceiling for a source file, in lines.
const LONGEST_FILE: usize = 800;

fn workspace() -> Metadata {
    // Without dependencies nothing is resolved, so that nothing is fetched.
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .unwrap()
}

/// What a package names for its library or program, tests apart.
fn named(package: &Package) -> BTreeSet<String> {
    let kept = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
    kept.map(|d| d.name.clone()).collect()
}

fn short(name: &str) -> Option<&str> {
    name.strip_prefix("bogam-")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every Rust file of the workspace.
fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(&root().join("crates"), &mut found);
    sources(&root().join("src-tauri"), &mut found);
    assert!(found.len() > 50, "only {} source files were found", found.len());
    found
}

#[test]
fn dependencies_between_crates_are_those_of_the_list() {
    let listed: BTreeSet<(String, String)> =
        EDGES.iter().flat_map(|(from, to)| to.iter().map(move |to| ((*from).to_owned(), (*to).to_owned()))).collect();
    let mut found = BTreeSet::new();
    let mut crates = BTreeSet::new();
    for package in &workspace().packages {
        let from = short(&package.name).unwrap_or_else(|| panic!("{} is not named bogam-…", package.name));
        crates.insert(from.to_owned());
        for name in named(package) {
            if let Some(to) = short(&name) {
                found.insert((from.to_owned(), to.to_owned()));
            }
        }
    }
    let new: Vec<_> = found.difference(&listed).collect();
    assert!(new.is_empty(), "not in the list (change ARCHITECTURE.md with it, and write a decision): {new:?}");
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "in the list but gone: {gone:?}");
    let known: BTreeSet<String> = EDGES.iter().map(|(from, _)| (*from).to_owned()).collect();
    assert_eq!(crates, known, "the crates of the workspace are not those of the list");
}

/// A file that no `mod` names is not compiled: its tests would pass by not being there.
#[test]
fn every_source_file_belongs_to_a_crate() {
    let files = all_sources();
    let mut orphans = Vec::new();
    for file in &files {
        let (name, folder) = (file.file_stem().unwrap().to_str().unwrap(), file.parent().unwrap());
        let program = folder.ends_with("tests") || folder.ends_with("benches") || folder.ends_with("examples");
        if program || matches!(name, "main" | "lib" | "build") {
            continue;
        }
        let (name, folder) = if name == "mod" {
            (folder.file_name().unwrap().to_str().unwrap(), folder.parent().unwrap())
        } else {
            (name, folder)
        };
        let beside = folder.with_extension("rs");
        let owners = ["main.rs", "lib.rs", "mod.rs"].map(|owner| folder.join(owner)).into_iter().chain([beside]);
        let texts = owners.filter_map(|owner| std::fs::read_to_string(owner).ok());
        let named = |text: &String| {
            let declares = |line: &str| line.trim_end().ends_with(&format!("mod {name};"));
            text.lines().any(declares)
        };
        if !texts.into_iter().any(|text| named(&text)) {
            orphans.push(file.strip_prefix(root()).unwrap().to_path_buf());
        }
    }
    assert!(orphans.is_empty(), "no `mod` names these files, so that they are not compiled: {orphans:?}");
}

#[test]
fn the_core_names_only_crates_that_turn_values_into_values() {
    for package in &workspace().packages {
        let name = short(&package.name).unwrap_or_default();
        if !CORE.contains(&name) {
            continue;
        }
        let others = named(package).into_iter().filter(|d| short(d).is_none());
        let strange: Vec<String> = others.filter(|d| !CORE_MAY_NAME.contains(&d.as_str())).collect();
        assert!(strange.is_empty(), "{name} names {strange:?}");
    }
}

#[test]
fn the_core_reaches_no_crate_of_files_network_chance_or_models() {
    let reached = reached_by_core();
    assert!(reached.contains("serde_core"), "the walk through Cargo.lock went nowhere: {reached:?}");
    let beyond: Vec<&&str> = BEYOND_THE_CORE.iter().filter(|name| reached.contains(**name)).collect();
    assert!(beyond.is_empty(), "{CORE:?} reach {beyond:?}");
}

/// Names of all crates of others that the core reaches, by `Cargo.lock`: it is committed, and needs no network.
fn reached_by_core() -> BTreeSet<String> {
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let text = |package: &toml::Value, field: &str| package[field].as_str().unwrap().to_owned();
    let version_of = |name: &str| packages.iter().find(|p| text(p, "name") == name).map(|p| text(p, "version"));
    // "name", or "name version" where there are several: each version is a crate of its own.
    let key = |dependency: &str| match dependency.split_once(' ') {
        Some((name, version)) => (name.to_owned(), version.to_owned()),
        None => {
            let found = version_of(dependency).unwrap_or_else(|| panic!("{dependency} is not in Cargo.lock"));
            (dependency.to_owned(), found)
        }
    };
    let mut needs: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    for package in packages {
        let all = package.get("dependencies").and_then(|d| d.as_array()).into_iter().flatten();
        let all = all.map(|d| key(d.as_str().unwrap())).collect();
        needs.insert((text(package, "name"), text(package, "version")), all);
    }
    let workspace = workspace();
    let mut open: Vec<(String, String)> = Vec::new();
    for package in workspace.packages.iter().filter(|p| short(&p.name).is_some_and(|n| CORE.contains(&n))) {
        let named = named(package);
        let locked = &needs[&(package.name.to_string(), package.version.to_string())];
        open.extend(locked.iter().filter(|(name, _)| named.contains(name) && short(name).is_none()).cloned());
    }
    let mut reached = BTreeSet::new();
    while let Some(crate_) = open.pop() {
        if reached.insert(crate_.clone()) {
            open.extend(needs[&crate_].iter().cloned());
        }
    }
    reached.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace_and_the_core_its_own() {
    for package in &workspace().packages {
        let folder = package.manifest_path.parent().unwrap();
        let manifest: toml::Table = std::fs::read_to_string(&package.manifest_path).unwrap().parse().unwrap();
        let takes = manifest.get("lints").and_then(|l| l.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(takes, Some(true), "{}: write `[lints]` with `workspace = true`", package.manifest_path);
        if short(&package.name).is_some_and(|n| CORE.contains(&n)) {
            let clippy = std::fs::read_to_string(folder.join("clippy.toml")).unwrap_or_default();
            for method in ["std::fs::read", "std::env::var", "std::time::SystemTime::now", "std::process::Command::new"]
            {
                assert!(clippy.contains(&format!("\"{method}\"")), "{folder}/clippy.toml does not disallow {method}");
            }
        }
    }
}

#[test]
fn unsafe_code_is_in_the_engine_and_in_the_memory_of_the_vault_only() {
    let engine = root().join("crates/engine");
    // In two pieces, or this file would name itself.
    let mark = concat!("allow(", "unsafe_code");
    for path in all_sources().iter().filter(|p| !p.starts_with(&engine)) {
        let text = std::fs::read_to_string(path).unwrap();
        // SQLite's memory methods are functions of C: docs/decisions/0009.
        let known = path.ends_with("vault/src/wipe.rs");
        assert!(known || !text.contains(mark), "{} allows unsafe code", path.display());
    }
}

#[test]
fn no_source_file_is_over_800_lines() {
    let lines = |path: &PathBuf| std::fs::read_to_string(path).unwrap().lines().count();
    let long = all_sources().into_iter().map(|path| (lines(&path), path)).filter(|(n, _)| *n > LONGEST_FILE);
    let long: Vec<String> = long.map(|(n, path)| format!("{} ({n} lines)", path.display())).collect();
    assert!(long.is_empty(), "over {LONGEST_FILE} lines: {}", long.join(", "));
}
