//! Files that are no usable model: exit code 2, nothing written, and what to do.

use std::time::Instant;

use crate::common::{Place, case, code, jsonl, model, stderr};

fn refused(place: &Place, file: &std::path::Path) -> String {
    let input = place.write("cases.jsonl", jsonl(&[case("a")]));
    let out = place.path("out.jsonl");
    let start = Instant::now();
    let output = place.run(&[
        "suggest",
        "--cases",
        input.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--model",
        file.to_str().unwrap(),
    ]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(!out.exists(), "something was written");
    assert!(start.elapsed().as_secs() < 60);
    stderr(&output)
}

/// The starter model with every occurrence of a header text replaced by one of the same length.
fn changed(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(model()).unwrap();
    let mut found = 0;
    for i in 0..3_000_000 {
        if bytes[i..].starts_with(from.as_bytes()) {
            bytes[i..i + to.len()].copy_from_slice(to.as_bytes());
            found += 1;
        }
    }
    assert!(found > 0, "{from} is not in the header");
    bytes
}

#[test]
fn each_unusable_model_says_what_is_wrong_and_what_to_do() {
    let place = Place::new();
    let whole = std::fs::read(model()).unwrap();
    let cases = [
        ("text.gguf", b"just some text".to_vec(), "not a GGUF file"),
        ("empty.gguf", Vec::new(), "not a GGUF file"),
        ("cut.gguf", whole[..whole.len() / 2].to_vec(), "cut off"),
        ("base.gguf", changed("tokenizer.chat_template", "tokenizer.chat_tem_late"), "no chat template"),
        ("other.gguf", changed("llama", "lambo"), "lambo"),
    ];
    for (name, bytes, words) in cases {
        let file = place.write(name, bytes);
        let said = refused(&place, &file);
        assert!(said.contains(words), "{name}: {said}");
        assert!(said.contains(name), "{name}: {said}");
        std::fs::remove_file(file).unwrap();
    }
    assert!(refused(&place, &place.path("missing.gguf")).contains("cannot be opened"));
    assert!(refused(&place, &place.path("")).contains("is a folder"));
}

#[test]
fn model_add_takes_a_good_file_and_refuses_a_bad_one() {
    let place = Place::new();
    let bad = place.write("bad.gguf", "no");
    let output = place.run(&["model", "add", bad.to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    let output = place.run(&["model", "add", model().to_str().unwrap(), "--name", "mine", "--default"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = place.run(&["model", "verify", "mine"]);
    assert_eq!(code(&output), 0);
    assert!(String::from_utf8_lossy(&output.stdout).contains("intact"));
    let added = place.path("home/models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let mut bytes = std::fs::read(&added).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&added, bytes).unwrap();
    let output = place.run(&["model", "verify", "mine"]);
    assert_eq!(code(&output), 1);
    assert!(String::from_utf8_lossy(&output.stdout).contains("SHA-256"));
    let list = place.run(&["model", "list"]);
    assert!(String::from_utf8_lossy(&list.stdout).contains("* mine"));
}
