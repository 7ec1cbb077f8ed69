//! Builds again when an embedded asset changes.

fn main() {
    println!("cargo::rerun-if-changed=../../assets/knowledge");
    println!("cargo::rerun-if-changed=../../assets/prompts");
    println!("cargo::rerun-if-changed=../../models/manifest.toml");
}
