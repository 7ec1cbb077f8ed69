//! Generated files are committed, and are what the types say. (`docs/rules.md` is compared by the tests of `safety`.)

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What writes the files anew instead of comparing them.
const UPDATE: &str = "BOGAM_WRITE";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema")
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let folder = folder();
    let schemas = bogam_app::schema::all();
    assert!(!schemas.is_empty());
    let mut stale = Vec::new();
    for (name, schema) in &schemas {
        assert!(schema.contains("\"properties\""), "{name} is no schema of a record");
        let path = folder.join(name);
        if std::env::var_os(UPDATE).is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, schema).unwrap();
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != *schema {
            stale.push(*name);
        }
    }
    assert!(
        stale.is_empty(),
        "docs/schema is not that of the types ({stale:?}): run \
         `{UPDATE}=1 cargo test --release -p bogam-app generated` and read the difference"
    );
}

#[test]
fn no_schema_is_left_over_from_a_type_that_is_gone() {
    let generated: BTreeSet<String> = bogam_app::schema::all().into_iter().map(|(name, _)| name.to_owned()).collect();
    let entries = std::fs::read_dir(folder()).unwrap();
    let committed: BTreeSet<String> = entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| n.ends_with(".json"))
        .collect();
    let left: Vec<&String> = committed.difference(&generated).collect();
    assert!(left.is_empty(), "nothing generates {left:?}: remove them");
}

#[test]
fn the_documented_columns_are_those_of_the_export() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/csv.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- columns -->\n", "<!-- end of columns -->");
    let (before, rest) = text.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let made = format!("{before}{begin}{}{end}{after}", bogam_app::vault::columns_table());
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let said = format!("run `{UPDATE}=1 cargo test --release -p bogam-app generated` and read the difference");
    assert!(std::fs::read_to_string(&path).unwrap() == made, "docs/csv.md is not that of the export: {said}");
}

#[test]
fn the_hazard_log_is_that_of_the_window() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hazards.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let hazards = bogam_app::hazards::all().unwrap();
    let numbers: Vec<String> = (1..=hazards.len()).map(|n| format!("H{n}")).collect();
    assert_eq!(hazards.iter().map(|h| h.id.clone()).collect::<Vec<_>>(), numbers);
    let mut made = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let section = line.strip_prefix("## ").filter(|section| hazards.iter().any(|h| h.section == *section));
        made += &format!("{line}\n");
        if let Some(section) = section {
            made += &format!("\n{}", bogam_app::hazards::table(&hazards, section));
            while lines.peek().is_some_and(|line| line.is_empty() || line.starts_with('|')) {
                lines.next();
            }
            made += "\n";
        }
    }
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    for hazard in &hazards {
        for text in [&hazard.hazard, &hazard.cause, &hazard.control] {
            assert!(!text.en.trim().is_empty() && !text.ko.trim().is_empty(), "{}: a text is empty", hazard.id);
            assert!(made.contains(&text.en), "{}: its section is not in docs/hazards.md", hazard.id);
        }
    }
    let said = format!("run `{UPDATE}=1 cargo test --release -p bogam-app generated` and read the difference");
    assert!(
        std::fs::read_to_string(&path).unwrap() == made,
        "docs/hazards.md is not that of assets/hazards.toml: {said}"
    );
}
