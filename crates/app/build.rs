//! Builds again when an embedded asset changes, and compiles the shipped knowledge pack: checked here once, it loads many
//! times faster than TOML.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use bogam_knowledge::{KnowledgeBase, PackFile};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../../assets/knowledge");
    println!("cargo::rerun-if-changed=../../assets/import");
    println!("cargo::rerun-if-changed=../../assets/prompts");
    println!("cargo::rerun-if-changed=../../models/manifest.toml");
    let folder = Path::new("../../assets/knowledge");
    let mut files = Vec::new();
    collect(folder, folder, &mut files)?;
    let compiled = KnowledgeBase::compile(&files)?;
    fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("knowledge.bin"), compiled)?;
    Ok(())
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PackFile>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if PackFile::belongs(&path.to_string_lossy()) {
            let below = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.push(PackFile { path: below, bytes: fs::read(&path)? });
        }
    }
    Ok(())
}
