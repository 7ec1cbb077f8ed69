//! Every form of weights in which models come: a score does not depend on what is scored beside it.

use std::ffi::CString;
use std::path::Path;

use bogam_engine::ScoreRequest;
use bogam_engine::llama::Session;
use bogam_engine::llama::session::load_model;
use bogam_testkit::{Shape, starter_model};
use llama_cpp_sys_2 as sys;

use crate::common::{Recorder, names, prompt, settings, turn};

const FORMS: [(&str, sys::llama_ftype); 13] = [
    ("F16", sys::LLAMA_FTYPE_MOSTLY_F16),
    ("BF16", sys::LLAMA_FTYPE_MOSTLY_BF16),
    ("Q8_0", sys::LLAMA_FTYPE_MOSTLY_Q8_0),
    ("Q6_K", sys::LLAMA_FTYPE_MOSTLY_Q6_K),
    ("Q5_K_M", sys::LLAMA_FTYPE_MOSTLY_Q5_K_M),
    ("Q5_1", sys::LLAMA_FTYPE_MOSTLY_Q5_1),
    ("Q4_K_M", sys::LLAMA_FTYPE_MOSTLY_Q4_K_M),
    ("Q4_1", sys::LLAMA_FTYPE_MOSTLY_Q4_1),
    ("Q4_0", sys::LLAMA_FTYPE_MOSTLY_Q4_0),
    ("IQ4_XS", sys::LLAMA_FTYPE_MOSTLY_IQ4_XS),
    ("IQ4_NL", sys::LLAMA_FTYPE_MOSTLY_IQ4_NL),
    ("Q3_K_M", sys::LLAMA_FTYPE_MOSTLY_Q3_K_M),
    ("Q2_K", sys::LLAMA_FTYPE_MOSTLY_Q2_K),
];

/// Converts a file with llama.cpp's own settings, as files are made that a site brings.
#[allow(unsafe_code)]
fn quantize(from: &Path, to: &Path, form: sys::llama_ftype) {
    let name = |path: &Path| CString::new(path.to_str().unwrap()).unwrap();
    let (from, to) = (name(from), name(to));
    // SAFETY: fills a structure of plain values.
    let mut params = unsafe { sys::llama_model_quantize_default_params() };
    (params.ftype, params.nthread) = (form, 2);
    // SAFETY: names and parameters outlive the call.
    assert_eq!(unsafe { sys::llama_model_quantize(from.as_ptr(), to.as_ptr(), &raw const params) }, 0);
}

#[test]
fn a_score_does_not_depend_on_what_is_scored_beside_it() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.gguf");
    Shape::SMALL.write(&whole, &starter_model());
    let names: Vec<String> = names().iter().step_by(24).map(|name| format!(" {name}\n")).collect();
    let mut wrong = Vec::new();
    for (name, form) in FORMS {
        let file = folder.path().join(format!("{name}.gguf"));
        quantize(&whole, &file, form);
        let model = load_model(&file, &settings(), |_| {}).unwrap().0;
        let mut session = Session::new(model, None, 0, &file, &settings()).unwrap();
        let mut score = |names: &[String]| {
            session.score(&ScoreRequest::new(prompt(1), names.to_vec()), &mut Recorder::default()).unwrap().log_probs
        };
        let together = score(&names);
        let mut differ = |beside: usize| -> f64 {
            let parts = names.chunks(beside).zip(together.chunks(beside));
            parts
                .flat_map(|(n, t)| score(n).into_iter().zip(t).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>())
                .fold(0.0, f64::max)
        };
        let worst: Vec<f64> = [1, 3].into_iter().map(&mut differ).collect();
        eprintln!("{name}: difference to one name alone, and three: {worst:?} nats");
        if worst.iter().any(|&d| d > 0.0) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "other bits in other company: {wrong:?}");
}
