//! The window's program in its other shapes: what lists devices, and the process of the model. That it is built here is what
//! `tests/desktop` drives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::process::{Command, Stdio};

fn program(shape: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bogam-desktop"));
    // Neither shape needs a display.
    command.arg(shape).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    command
}

#[test]
fn it_lists_devices_without_a_display() {
    let listed = program("__devices").output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let devices: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert!(devices.as_array().is_some_and(|all| all.iter().any(|d| d["gpu"] == false)), "{devices}");
}

#[test]
fn the_process_of_the_model_ends_with_the_pipe_that_it_reads() {
    let ended = program("__worker").stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(ended.code().is_some(), "it was not ended by a signal: {ended}");
}
