//! The knowledge that the program ships with, read from the repository.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bogam_knowledge::{KnowledgeBase, PackFile};

use crate::places::root;

/// The files of the shipped pack, by path.
///
/// # Panics
/// When they cannot be read.
#[must_use]
pub fn shipped_pack() -> Vec<PackFile> {
    let folder = root().join("assets/knowledge");
    let mut paths = Vec::new();
    collect(&folder, &mut paths);
    paths.sort();
    let file = |path: PathBuf| {
        let below = path.strip_prefix(&folder).expect("a path below the folder");
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        PackFile { path: below.display().to_string(), bytes }
    };
    paths.into_iter().map(file).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if PackFile::belongs(&path.to_string_lossy()) {
            paths.push(path);
        }
    }
}

/// The shipped knowledge base, loaded once a process.
///
/// # Panics
/// When the pack has faults: all of them, with file and line.
#[must_use]
pub fn knowledge() -> &'static KnowledgeBase {
    static BASE: OnceLock<KnowledgeBase> = OnceLock::new();
    BASE.get_or_init(|| KnowledgeBase::from_files(&[shipped_pack()]).unwrap_or_else(|e| panic!("{e}")))
}

#[cfg(test)]
mod tests {
    use super::{knowledge, shipped_pack};

    #[test]
    fn the_shipped_pack_is_found_with_its_folders_and_loads() {
        let files = shipped_pack();
        assert!(files.iter().any(|f| f.path == "pack.toml"));
        assert!(files.iter().any(|f| f.path.starts_with("ingredients/")));
        assert!(knowledge().find("furosemide").is_some());
    }
}
