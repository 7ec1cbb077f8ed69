//! Derivatives against central finite differences.

use bogam_train::{Adapter, Llama, Module, Rows, Training};
use candle_core::{DType, Device, Tensor};

use crate::tiny;

/// Two sequences: a short one, and one of more than a block of queries.
fn rows() -> Rows {
    let mut rows = Rows::default();
    rows.push(&tiny::tokens(6, 1), 3);
    rows.push(&tiny::tokens(150, 2), 120);
    rows
}

fn training() -> Training {
    Training { trains_a: true, dropout: 0.0, seed: 4, weight: 1.0, checkpointing: true }
}

fn flat(x: &Tensor) -> Vec<f64> {
    x.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1().unwrap()
}

fn shifted(x: &Tensor, at: usize, by: f64) -> Tensor {
    let mut values = flat(x);
    values[at] += by;
    Tensor::from_vec(values, x.shape(), &Device::Cpu).unwrap()
}

/// The largest difference of derivatives by every `nth` number of A and B, relative to the largest derivative of its matrix.
fn worst(model: &Llama, adapter: &Adapter, rows: &Rows, training: Training, nth: usize) -> f64 {
    let (_, gradients) = model.gradients(adapter, rows, training).unwrap();
    // Dropout is drawn by the seed, so that the loss with it is that of a pass which asks for derivatives.
    let loss = |adapter: &Adapter| {
        let drawn = || model.gradients(adapter, rows, training).map(|(loss, _)| loss);
        let loss = if training.dropout > 0.0 { drawn() } else { model.loss(Some(adapter), rows) };
        loss.unwrap() * training.weight
    };
    let mut worst = 0.0_f64;
    for (place, pair) in &adapter.pairs {
        let (da, db) = &gradients.0[place];
        for (is_a, value, derivative) in [(true, &pair.a, da.as_ref().unwrap()), (false, &pair.b, db)] {
            let derivative = flat(derivative);
            let most = derivative.iter().fold(0.0_f64, |m, d| m.max(d.abs()));
            assert!(most > 1e-4, "{place:?}: nothing depends on it");
            for (i, d) in derivative.iter().enumerate().step_by(nth) {
                let at = |by: f64| {
                    let mut moved = adapter.clone();
                    let pair = moved.pairs.get_mut(place).unwrap();
                    let x = shifted(value, i, by);
                    if is_a {
                        pair.a = x
                    } else {
                        pair.b = x
                    }
                    loss(&moved)
                };
                let step = 1e-4;
                // Richardson: the error falls with the fourth power of the step.
                let (near, far) = (at(step) - at(-step), at(2.0 * step) - at(-2.0 * step));
                let expected = (8.0 * near - far) / (12.0 * step);
                worst = worst.max((d - expected).abs() / most);
            }
        }
    }
    worst
}

#[test]
fn every_module_of_every_layer_has_the_derivative_of_finite_differences() {
    let mut short = Rows::default();
    short.push(&tiny::tokens(9, 1), 3);
    for (tied, dropout, weight) in [(true, 0.0, 1.0), (false, 0.0, 1.0), (true, 0.3, 0.25)] {
        let model = tiny::model(tied, DType::F64);
        let training = Training { dropout, weight, ..training() };
        let worst = worst(&model, &tiny::adapter(&Module::ALL, DType::F64), &short, training, 1);
        eprintln!("head tied {tied}, dropout {dropout}: largest relative error {worst:.1e}");
        assert!(worst < 1e-5, "{worst:e}");
    }
}

#[test]
fn so_it_is_over_several_sequences_and_blocks_of_queries() {
    let model = tiny::model(true, DType::F64);
    let worst = worst(&model, &tiny::adapter(&Module::ALL, DType::F64), &rows(), training(), 11);
    eprintln!("150 tokens: largest relative error {worst:.1e}");
    assert!(worst < 1e-5, "{worst:e}");
}

#[test]
fn what_is_kept_and_what_is_made_again_give_the_same_bits() {
    let model = tiny::model(true, DType::F32);
    let adapter = tiny::adapter(&[Module::Q, Module::V], DType::F32);
    let of = |checkpointing| {
        let (loss, gradients) =
            model.gradients(&adapter, &rows(), Training { checkpointing, dropout: 0.1, ..training() }).unwrap();
        (loss, gradients.0.into_values().map(|(a, b)| (flat(&a.unwrap()), flat(&b))).collect::<Vec<_>>())
    };
    assert_eq!(of(true), of(false));
}

#[test]
fn the_loss_is_that_of_the_answers_tokens_alone() {
    let model = tiny::model(false, DType::F64);
    let tokens = tiny::tokens(40, 3);
    let logits = model.logits(None, &tokens).unwrap().to_vec2::<f64>().unwrap();
    let loss = |target: usize| {
        let row = &logits[target - 1];
        row.iter().map(|x| x.exp()).sum::<f64>().ln() - row[tokens[target] as usize]
    };
    for answer in [1, 25, 39] {
        let mut rows = Rows::default();
        rows.push(&tokens, answer);
        let expected: f64 = (answer..40).map(loss).sum();
        let got = model.loss(None, &rows).unwrap();
        assert!((got - expected).abs() < 1e-9, "{got} {expected}");
        assert_eq!(rows.targets.len(), 40 - answer);
    }
}

#[test]
fn a_sequence_does_not_see_those_beside_it() {
    let model = tiny::model(false, DType::F64);
    let (mut both, mut sum) = (Rows::default(), 0.0);
    for (n, salt, answer) in [(30, 1, 10), (140, 2, 100), (2, 5, 1)] {
        let mut alone = Rows::default();
        alone.push(&tiny::tokens(n, salt), answer);
        sum += model.loss(None, &alone).unwrap();
        both.push(&tiny::tokens(n, salt), answer);
    }
    assert!((model.loss(None, &both).unwrap() - sum).abs() < 1e-9);
}

#[test]
fn a_token_sees_none_that_come_after_it() {
    let model = tiny::model(true, DType::F64);
    let (short, mut long) = (tiny::tokens(135, 1), tiny::tokens(135, 1));
    long.extend([3, 1, 4]);
    let (a, b) = (model.logits(None, &short).unwrap(), model.logits(None, &long).unwrap());
    let difference = flat(&a).iter().zip(flat(&b)).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(difference < 1e-12, "{difference:e}");
}
