//! A file that was converted here: what it says, and that scores on it are as exact as on the file it was made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bogam_engine::gguf::{BASE, Header};
use bogam_engine::llama::convert::{Conversion, Quantization, run};
use bogam_engine::llama::session::load_model;
use bogam_engine::llama::{Session, file_hash};

use crate::common::{model_path, prompt, settings, turn};
use crate::scoring::{OneByOne, after_any_history, request};

#[test]
fn scores_on_a_converted_file_are_exact() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    for quantization in Quantization::ALL {
        let to = folder.path().join(format!("{}.gguf", quantization.as_str()));
        let conversion = Conversion {
            from: model_path().display().to_string(),
            to: to.display().to_string(),
            quantization,
            threads: 2,
            texts: (0..3).map(|i| prompt(i).messages[1].content.clone()).collect(),
        };
        let steps = Arc::new(AtomicU64::new(0));
        let mut told = Vec::new();
        let converted = run(&conversion, &steps, &mut |share| told.push(share)).unwrap();
        assert_eq!(Header::read(&to).unwrap().quantization(), quantization.as_str());
        assert_eq!(Header::read(&to).unwrap().string(BASE), Some(file_hash(&model_path()).unwrap().as_str()));
        assert_eq!(converted.bytes.1, std::fs::metadata(&to).unwrap().len());
        assert!(converted.positions > 300, "{}", converted.positions);
        assert!(converted.divergence > 0.0 && converted.divergence < 1.0, "{}", converted.divergence);
        assert!(converted.divergence_p99 > converted.divergence);
        assert!(converted.same_top > 0.5 && converted.same_top < 1.0, "{}", converted.same_top);
        assert!(told.windows(2).all(|pair| pair[0] <= pair[1]) && told.last() == Some(&1.0), "{told:?}");
        assert!(steps.load(Ordering::Relaxed) > 10);

        let model = load_model(&to, &settings(), |_| {}).unwrap().0;
        let (warm, fresh) = after_any_history(|| Session::new(model, None, 0, &to, &settings()).unwrap());
        let mut plain = OneByOne::new(model, &warm, &prompt(0));
        let mut worst = 0.0_f64;
        for (name, score) in request(prompt(0)).continuations.iter().zip(&fresh.log_probs) {
            worst = worst.max((score - plain.score(&warm.continuation_tokens(name))).abs());
        }
        eprintln!("{}: largest difference to one call a name {worst:.2e} nats", quantization.as_str());
        assert!(worst < 1e-3, "{worst}");
    }
}
