//! A run is killed at random moments and taken up again; it ends as one that nobody killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bogam_train::{Chance, Purpose, Settings};

use crate::events;
use crate::running::{Recorder, Site, settings};

/// Where the child's run lies.
const PLACE: &str = "BOGAM_TRAIN_TEST_PLACE";

fn long() -> Settings {
    Settings { epochs: 40, every: Some(1), patience: None, dropout: 0.1, ..settings() }
}

/// The child: goes on with the run.
#[test]
fn runner() {
    let Ok(place) = std::env::var(PLACE) else { return };
    Site::new().run(&long(), Path::new(&place), true, &mut Recorder::default()).unwrap();
}

#[test]
fn a_run_that_is_killed_ten_times_ends_as_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    Site::new().run(&long(), &whole, false, &mut Recorder::default()).unwrap();
    let child = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "kill::runner"]).env(PLACE, &broken).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let mut chance = Chance::new(8, Purpose::Start, &[]);
    let mut killed = 0;
    while killed < 10 {
        let mut running = child();
        std::thread::sleep(Duration::from_millis(20 + chance.below(300) as u64));
        assert!(running.try_wait().unwrap().is_none(), "it was done after {killed} kills: nothing was tried");
        running.kill().unwrap();
        running.wait().unwrap();
        killed += 1;
    }
    assert!(broken.join("checkpoint.safetensors").exists());
    assert!(child().wait().unwrap().success());
    let report = |out: &Path| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap()
    };
    for same in ["train_loss", "validation_loss", "steps"] {
        assert_eq!(report(&whole)[same], report(&broken)[same], "{same}");
    }
    assert_eq!(report(&whole)["steps"], 80);
    let bytes = |out: &Path| std::fs::read(out.join("adapter.gguf")).unwrap();
    assert_eq!(bytes(&whole), bytes(&broken));
    // Each step is told once, whatever was told of it before a kill.
    assert_eq!(events::read(&whole), events::read(&broken));
}
