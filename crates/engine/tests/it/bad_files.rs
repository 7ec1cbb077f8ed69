//! Files that are no usable model.

use std::io::Write as _;
use std::path::Path;

use bogam_engine::gguf::Header;
use bogam_engine::llama::session::load_model;

use crate::common::{model_path, settings};

fn problem(path: &Path) -> String {
    let error = Header::read(path).unwrap_err();
    assert_eq!(error.code(), "model.file");
    error.to_string()
}

#[test]
fn each_unusable_file_says_what_is_wrong_with_it_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("text.gguf"), "this is a text file\n").unwrap();
    std::fs::write(at("empty.gguf"), "").unwrap();
    std::fs::write(at("old.gguf"), [b"GGUF".as_slice(), &1_u32.to_le_bytes(), &[0; 32]].concat()).unwrap();
    let whole = std::fs::read(model_path()).unwrap();
    std::fs::write(at("head.gguf"), &whole[..5000]).unwrap();
    std::fs::write(at("cut.gguf"), &whole[..whole.len() - 1000]).unwrap();
    let mut endless = std::fs::File::create(at("endless.gguf")).unwrap();
    endless.write_all(b"GGUF\x03\0\0\0").unwrap();
    endless.write_all(&1_u64.to_le_bytes()).unwrap();
    endless.write_all(&u64::MAX.to_le_bytes()).unwrap();
    endless.write_all(&u64::MAX.to_le_bytes()).unwrap();
    let cases = [
        ("missing.gguf", "cannot be opened"),
        (".", "is a folder"),
        ("text.gguf", "is not a GGUF file"),
        ("empty.gguf", "is not a GGUF file"),
        ("old.gguf", "version 1"),
        ("head.gguf", "cut off within its header"),
        ("cut.gguf", "1000 missing"),
        ("endless.gguf", "damaged"),
    ];
    for (name, words) in cases {
        let said = problem(&at(name));
        assert!(said.contains(words), "{name}: {said}");
        assert!(said.contains(folder.path().to_str().unwrap()), "{said}");
    }
}

#[test]
fn the_starter_models_header_tells_what_it_is() {
    let header = Header::read(&model_path()).unwrap();
    assert_eq!(header.architecture, "llama");
    assert_eq!(header.quantization(), "Q4_1");
    assert_eq!(header.context(), Some(8192));
    assert_eq!(header.layers(), 30);
    assert!(header.chat_template);
    // 30 layers, 3 heads of keys and values, 64 wide, f16.
    assert_eq!(header.kv_bytes_per_token(), 2 * 2 * 30 * 3 * 64);
}

#[test]
fn an_unknown_architecture_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.gguf");
    let mut bytes = std::fs::read(model_path()).unwrap();
    // general.architecture = "llama" becomes "lambo" wherever the header says it, so that the file stays whole.
    let end = 2_000_000;
    for i in 0..end - 5 {
        if &bytes[i..i + 5] == b"llama" {
            bytes[i..i + 5].copy_from_slice(b"lambo");
        }
    }
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(Header::read(&path).unwrap().architecture, "lambo");
    let error = load_model(&path, &settings(), |_| {}).unwrap_err().to_string();
    assert!(error.contains("lambo"), "{error}");
}
