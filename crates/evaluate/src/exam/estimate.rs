//! The estimators, each with its source.

/// Half the width of a 95 % interval of the normal distribution, in standard deviations.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % score interval of a share (Wilson 1927): unlike that of the normal approximation it stays within 0 and 1, and
/// has a width where all or none are right. `None` without a trial.
#[must_use]
pub fn wilson(right: u32, of: u32) -> Option<(f64, f64)> {
    if of == 0 {
        return None;
    }
    let n = f64::from(of);
    let share = f64::from(right) / n;
    let square = Z * Z;
    let middle = (share + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    // At the ends the interval begins where the share is; rounding must not put the share outside of it.
    let low = if right == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if right >= of { 1.0 } else { (middle + half).min(1.0) };
    Some((low, high))
}

/// The probability that of `k` answers, drawn without putting back from `tries` of which `right` are right, at least one
/// is right: 1 - C(tries - right, k) / C(tries, k), the unbiased estimate of pass@k (Chen et al. 2021, arXiv 2107.03374,
/// section 2.1), as a product so that no binomial overflows. `None` for more answers than there were tries.
#[must_use]
pub fn pass_at_k(tries: u32, right: u32, k: u32) -> Option<f64> {
    let wrong = tries.checked_sub(right)?;
    if k > tries {
        return None;
    }
    // C(n-c, k) / C(n, k) = product over i from n-c+1 to n of (1 - k / i); 0 where k answers cannot all be wrong.
    if k > wrong {
        return Some(1.0);
    }
    Some(1.0 - (wrong + 1..=tries).map(|i| 1.0 - f64::from(k) / f64::from(i)).product::<f64>())
}

/// What guessing comes to: of `k` letters, each drawn from `options` alike, at least one is right.
#[must_use]
pub fn guess_at_k(options: u32, k: u32) -> f64 {
    let exponent = i32::try_from(k).unwrap_or(i32::MAX);
    1.0 - (1.0 - 1.0 / f64::from(options.max(1))).powi(exponent)
}
