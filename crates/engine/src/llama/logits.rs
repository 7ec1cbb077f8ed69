//! Log-softmax over a vocabulary, fast.

/// `ln(sum(exp(x)))` in nats, accurate to about 1e-6.
///
/// The maximum is taken out first; the sum runs over blocks in `f32` lanes that the compiler vectorises, the blocks are
/// summed in `f64`.
pub(crate) fn log_sum_exp(logits: &[f32]) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !max.is_finite() {
        return f64::from(max);
    }
    let mut sum = 0.0_f64;
    for block in logits.chunks(4096) {
        let mut lanes = [0.0_f32; 16];
        let mut chunks = block.chunks_exact(16);
        for chunk in &mut chunks {
            for (lane, &x) in lanes.iter_mut().zip(chunk) {
                *lane += exp(x - max);
            }
        }
        let rest: f32 = chunks.remainder().iter().map(|&x| exp(x - max)).sum();
        sum += lanes.iter().map(|&l| f64::from(l)).sum::<f64>() + f64::from(rest);
    }
    f64::from(max) + sum.ln()
}

/// `exp` for x <= 0, branch-free (Cody-Waite reduction and a polynomial of degree 6), relative error under 3e-7; below
/// -87 it is that of -87, which adds nothing to a sum that holds a 1.
#[inline]
fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer in the low bits
    let x = x.max(-87.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let p = r.mul_add(1.388_889e-3, 8.333_334e-3);
    let p = r.mul_add(p, 4.166_666_8e-2);
    let p = r.mul_add(p, 0.166_666_67);
    let p = r.mul_add(p, 0.5);
    let p = r.mul_add(p, 1.0);
    let p = r.mul_add(p, 1.0);
    p * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// Index of the largest logit, the first of equals: as llama.cpp's greedy sampler.
pub(crate) fn argmax(logits: &[f32]) -> usize {
    let mut best = 0;
    let mut value = f32::NEG_INFINITY;
    for (i, &x) in logits.iter().enumerate() {
        if x > value {
            value = x;
            best = i;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_sum_exp_equals_the_plain_sum() {
        for scale in [0.1_f32, 1.0, 10.0, 60.0] {
            let logits: Vec<f32> = (0..49_153_u16).map(|i| (f32::from(i) * 0.7).sin() * scale).collect();
            let exact = {
                let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f64 = logits.iter().map(|&x| f64::from(x - max).exp()).sum();
                f64::from(max) + sum.ln()
            };
            assert!((log_sum_exp(&logits) - exact).abs() < 2e-6, "{scale}: {} {exact}", log_sum_exp(&logits));
        }
    }

    #[test]
    fn the_first_of_equal_logits_wins() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
    }
}
