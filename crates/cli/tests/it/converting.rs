//! `bogam model convert`: what it says of a form, what it keeps, what it refuses.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Place, case, code, jsonl, lines, model, stderr, turn};

#[test]
fn a_faster_form_is_measured_kept_and_used() {
    let _turn = turn();
    let place = Place::new();
    let model_file = model();
    let output = place.run(&["model", "convert", model_file.to_str().unwrap(), "--to", "q4_0", "--default", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)));
    let [tried] = report["tried"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!(report["quantization"], "Q4_1");
    assert_eq!(tried["quantization"], "q4_0");
    assert!(tried["file"]["divergence"].as_f64().unwrap() > 0.0);
    let shared = tried["lists"]["shared"].as_f64().unwrap();
    assert!(shared > 0.9 && shared <= 1.0, "{shared}");
    let folder = place.path("home/models");
    let files = || {
        let mut names: Vec<String> =
            std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    // Whether it is faster is a matter of the processor: what is not is not kept, and says so.
    let Some(name) = report["entry"]["name"].as_str() else {
        assert_eq!((code(&output), tried["offered"].as_bool()), (1, Some(false)));
        assert_eq!(files(), Vec::<String>::new());
        return;
    };
    assert_eq!((code(&output), name), (0, "smollm2-135m-instruct-q4_0"));
    assert_eq!(files(), ["SmolLM2-135M-Instruct.Q4_0.gguf", "manifest.toml"]);
    let verified = place.run(&["model", "verify", name]);
    assert_eq!(
        (code(&verified), String::from_utf8_lossy(&verified.stdout).into_owned()),
        (0, format!("{name}\tintact\n"))
    );
    let input = place.write("cases.jsonl", jsonl(&[case("1")]));
    let suggested = place.run(&["suggest", "--cases", input.to_str().unwrap(), "--out", "-", "--format", "json"]);
    assert_eq!(code(&suggested), 0, "{}", stderr(&suggested));
    let hash = format!("sha256:{}", report["entry"]["sha256"].as_str().unwrap());
    let model = lines(&suggested.stdout)[0]["provenance"]["model"].as_str().unwrap().to_owned();
    assert!(model.contains(&hash), "{model}");
    let again = place.run(&["model", "convert", name, "--to", "q4_0"]);
    assert_ne!(code(&again), 0);
    assert!(stderr(&again).contains("is Q4_0 already"), "{}", stderr(&again));
    let again = place.run(&["model", "convert", model_file.to_str().unwrap(), "--to", "q4_0"]);
    assert_ne!(code(&again), 0);
    assert!(stderr(&again).contains("is there already"), "{}", stderr(&again));
}

#[test]
fn what_cannot_be_converted_is_told_and_leaves_nothing() {
    let place = Place::new();
    let told = |arguments: &[&str]| {
        let output = place.run(arguments);
        assert_ne!(code(&output), 0, "{arguments:?}");
        stderr(&output)
    };
    assert!(told(&["model", "convert", "no-such-model"]).contains("no-such-model"));
    let text = place.write("notes.gguf", "not a model");
    let said = told(&["model", "convert", text.to_str().unwrap()]);
    assert!(said.contains("notes.gguf"), "{said}");
    // A file whose header is whole and whose weights are cut off.
    let bytes = std::fs::read(model()).unwrap();
    let half = place.write("half.gguf", &bytes[..bytes.len() / 2]);
    let said = told(&["model", "convert", half.to_str().unwrap(), "--to", "q8_0"]);
    assert!(said.contains("half.gguf"), "{said}");
    let left = std::fs::read_dir(place.path("home/models")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[test]
fn ctrl_c_leaves_no_half_of_a_file_behind() {
    let _turn = turn();
    let place = Place::new();
    let arguments = ["model", "convert", model().to_str().unwrap(), "--to", "q8_0"].map(str::to_owned);
    let mut command = place.command(&arguments.each_ref().map(String::as_str));
    // A group of its own, as a terminal makes one: Ctrl-C reaches every process in it.
    command.stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let program = command.spawn().unwrap();
    let folder = place.path("home/models");
    let files = || std::fs::read_dir(&folder).map_or(0, Iterator::count);
    let start = Instant::now();
    while files() == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is being converted");
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", "--", &format!("-{}", program.id())]).status().unwrap();
    let output = program.wait_with_output().unwrap();
    assert_eq!((code(&output), files()), (130, 0), "{}", stderr(&output));
}
