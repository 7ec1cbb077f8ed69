//! Tells Tauri which commands there are: those that the reviewed capability of the window names, and no other.

use std::error::Error;

/// What the one window may call. It names each command of the program, and nothing of the system.
const CAPABILITY: &str = "capabilities/main.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CAPABILITY}");
    let capability: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(CAPABILITY)?)?;
    let permissions = capability.get("permissions").and_then(serde_json::Value::as_array).into_iter().flatten();
    let mut commands = Vec::new();
    for permission in permissions {
        let name = permission.as_str().and_then(|name| name.strip_prefix("allow-"));
        let name = name.ok_or_else(|| format!("{CAPABILITY}: {permission} is no command of the program"))?;
        let command: &'static str = Box::leak(name.replace('-', "_").into_boxed_str());
        commands.push(command);
    }
    let manifest = tauri_build::AppManifest::new().commands(commands.leak());
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    Ok(())
}
