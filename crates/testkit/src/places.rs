//! Where things lie.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The starter model's file below `models/`.
const STARTER: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    crates.and_then(Path::parent).map(Path::to_path_buf).expect("this crate lies in crates/ of the workspace")
}

/// The starter model.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn starter_model() -> PathBuf {
    let path = root().join("models").join(STARTER);
    assert!(path.is_file(), "the starter model {} is missing: run `make setup`", path.display());
    path
}

/// The evaluation data: the folder that `BOGAM_DATA` names, else `../shared/data`. Without it the test `name` is to
/// return, and a line on stderr says that it was skipped.
///
/// # Panics
/// When `BOGAM_DATA` is set and names no folder: somebody meant those tests to run.
#[must_use]
pub fn shared_data(name: &str) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("BOGAM_DATA") {
        let folder = PathBuf::from(named);
        assert!(folder.is_dir(), "BOGAM_DATA names {}, which is no folder", folder.display());
        return Some(folder);
    }
    let folder = root().join("../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    // The harness keeps what goes through `eprintln!` of a test that passes; this goes past it.
    drop(writeln!(std::io::stderr(), "SKIPPED (no ../shared/data): {name}"));
    None
}

#[cfg(test)]
mod tests {
    use super::root;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.toml").is_file() && root().join("assets/knowledge").is_dir());
    }
}
