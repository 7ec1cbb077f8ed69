//! The element-wise parts of a layer and their derivatives, each in one pass over memory and by rows in parallel. Products of
//! matrices are candle's. Everything is for f32, and for f64 so that derivatives can be checked.
//!
//! Each row is summed in one order whatever the number of threads, so that the same input gives the same bits.

use candle_core::{DType, Result, Storage, StorageRef, Tensor, WithDType, bail};
use rayon::prelude::*;

/// What the passes need of a float.
pub(crate) trait Real: WithDType + std::ops::Neg<Output = Self> {
    fn exp(self) -> Self;
    fn sqrt(self) -> Self;
    /// The nearest value.
    fn of(value: f64) -> Self {
        Self::from_f64(value)
    }
}

impl Real for f32 {
    /// Within 2 units in the last place, zero below -87; without a branch or a call, so that compilers vectorise it. The
    /// polynomial is that of Cephes (Moshier 1992).
    fn exp(self) -> Self {
        let x = self.clamp(-87.3, 88.3);
        // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
        let shifted = x * std::f32::consts::LOG2_E + 12_582_912.0;
        let n = shifted - 12_582_912.0;
        let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
        let p = (((((1.987_569_1e-4 * r + 1.398_199_9e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r
            + 0.166_666_65)
            * r
            + 0.5)
            * r
            * r
            + r
            + 1.0;
        let scale = Self::from_bits((shifted.to_bits() << 23).wrapping_add(0x3F80_0000));
        if self < -87.3 { 0.0 } else { p * scale }
    }

    fn sqrt(self) -> Self {
        self.sqrt()
    }
}

impl Real for f64 {
    fn exp(self) -> Self {
        self.exp()
    }

    fn sqrt(self) -> Self {
        self.sqrt()
    }
}

/// A count as a float.
pub(crate) fn real(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

/// The numbers of a tensor that lies in one piece in memory.
struct Values<'a> {
    storage: StorageRef<'a>,
    start: usize,
    end: usize,
}

impl<'a> Values<'a> {
    fn of(tensor: &'a Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("a tensor of shape {:?} does not lie in one piece", tensor.shape())
        };
        Ok(Self { storage, start, end })
    }

    fn get<T: Real>(&self) -> Result<&[T]> {
        let Storage::Cpu(values) = &*self.storage else { bail!("these passes are for the CPU") };
        Ok(values.as_slice::<T>()?.get(self.start..self.end).unwrap_or_default())
    }
}

/// Calls a function for the type of a tensor.
macro_rules! typed {
    ($tensor:expr, $function:ident($($argument:expr),* $(,)?)) => {
        if $tensor.dtype() == DType::F32 {
            $function::<f32>($($argument),*)
        } else if $tensor.dtype() == DType::F64 {
            $function::<f64>($($argument),*)
        } else {
            bail!("the trainer computes in f32 (or f64), not {:?}", $tensor.dtype())
        }
    };
}

/// Rows that a thread takes at least.
const ROWS: usize = 8;

/// `x / sqrt(mean(x^2) + eps) * weight` by rows (Zhang and Sennrich 2019).
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    typed!(x, rms_norm_of(x, weight, eps))
}

fn inverse_rms<T: Real>(x: &[T], eps: f64) -> T {
    let sum: T = dot(x, x);
    T::of(1.0) / (sum / T::of(real(x.len())) + T::of(eps)).sqrt()
}

/// A dot product in eight sums, which vectorises and is as exact as one.
fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let mut sums = [T::of(0.0); 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = left.remainder().iter().zip(right.remainder()).fold(T::of(0.0), |s, (x, y)| s + *x * *y);
    for (x, y) in left.zip(right) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += *x * *y;
        }
    }
    sums.into_iter().fold(rest, |s, x| s + x)
}

fn rms_norm_of<T: Real>(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    let (xs, ws) = (Values::of(x)?, Values::of(weight)?);
    let (xs, ws) = (xs.get::<T>()?, ws.get::<T>()?);
    let mut out = vec![T::of(0.0); xs.len()];
    out.par_chunks_mut(ws.len()).zip(xs.par_chunks(ws.len())).with_min_len(ROWS).for_each(|(out, x)| {
        let r = inverse_rms(x, eps);
        for ((out, x), w) in out.iter_mut().zip(x).zip(ws) {
            *out = *x * r * *w;
        }
    });
    Tensor::from_vec(out, x.shape(), x.device())
}

/// The derivative of [`rms_norm`] by its input, added to `rest`, the derivative of what goes past the norm.
pub(crate) fn rms_norm_back(x: &Tensor, weight: &Tensor, eps: f64, dy: &Tensor, rest: &Tensor) -> Result<Tensor> {
    typed!(x, rms_norm_back_of(x, weight, eps, dy, rest))
}

fn rms_norm_back_of<T: Real>(x: &Tensor, weight: &Tensor, eps: f64, dy: &Tensor, rest: &Tensor) -> Result<Tensor> {
    let (xs, ws, dys, rests) = (Values::of(x)?, Values::of(weight)?, Values::of(dy)?, Values::of(rest)?);
    let (xs, ws, dys, rests) = (xs.get::<T>()?, ws.get::<T>()?, dys.get::<T>()?, rests.get::<T>()?);
    let n = ws.len();
    let mut out = vec![T::of(0.0); xs.len()];
    let rows = xs.par_chunks(n).zip(dys.par_chunks(n)).zip(rests.par_chunks(n));
    out.par_chunks_mut(n).zip(rows).with_min_len(ROWS).for_each(|(out, ((x, dy), rest))| {
        let r = inverse_rms(x, eps);
        for ((out, dy), w) in out.iter_mut().zip(dy).zip(ws) {
            *out = *dy * *w;
        }
        let along = dot(out, x) * r * r * r / T::of(real(n));
        for ((out, x), rest) in out.iter_mut().zip(x).zip(rest) {
            *out = *out * r - *x * along + *rest;
        }
    });
    Tensor::from_vec(out, x.shape(), x.device())
}

/// Turns each pair `(i, i + d/2)` of the last dimension of `(heads, tokens, d)` by the angles of its position (Su et al.
/// 2021, pairs as Hugging Face lays them out). `back` turns the other way, which is the derivative.
pub(crate) fn rope(x: &Tensor, cos: &Tensor, sin: &Tensor, back: bool) -> Result<Tensor> {
    typed!(x, rope_of(x, cos, sin, back))
}

fn rope_of<T: Real>(x: &Tensor, cos: &Tensor, sin: &Tensor, back: bool) -> Result<Tensor> {
    let (_, tokens, d) = x.dims3()?;
    let half = d / 2;
    let (xs, cs, ss) = (Values::of(x)?, Values::of(cos)?, Values::of(sin)?);
    let (xs, cs, ss) = (xs.get::<T>()?, cs.get::<T>()?, ss.get::<T>()?);
    let mut out = vec![T::of(0.0); xs.len()];
    out.par_chunks_mut(tokens * d).zip(xs.par_chunks(tokens * d)).for_each(|(out, x)| {
        let angles = cs.chunks_exact(half).zip(ss.chunks_exact(half));
        for ((out, x), (cs, ss)) in out.chunks_exact_mut(d).zip(x.chunks_exact(d)).zip(angles) {
            let ((x1, x2), (y1, y2)) = (x.split_at(half), out.split_at_mut(half));
            for (((x1, x2), (y1, y2)), (c, s)) in x1.iter().zip(x2).zip(y1.iter_mut().zip(y2)).zip(cs.iter().zip(ss)) {
                let s = if back { -*s } else { *s };
                *y1 = *x1 * *c - *x2 * s;
                *y2 = *x1 * s + *x2 * *c;
            }
        }
    });
    Tensor::from_vec(out, x.shape(), x.device())
}

fn sigmoid<T: Real>(x: T) -> T {
    T::of(1.0) / (T::of(1.0) + (-x).exp())
}

/// `silu(gate) * up` (Shazeer 2020).
pub(crate) fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    typed!(gate, swiglu_of(gate, up))
}

/// Numbers that a thread takes at a time where rows do not matter.
const PIECE: usize = 4096;

fn swiglu_of<T: Real>(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    let (gs, us) = (Values::of(gate)?, Values::of(up)?);
    let (gs, us) = (gs.get::<T>()?, us.get::<T>()?);
    let mut out = vec![T::of(0.0); gs.len()];
    out.par_chunks_mut(PIECE).zip(gs.par_chunks(PIECE).zip(us.par_chunks(PIECE))).for_each(|(out, (gs, us))| {
        for ((out, g), u) in out.iter_mut().zip(gs).zip(us) {
            *out = *g * sigmoid(*g) * *u;
        }
    });
    Tensor::from_vec(out, gate.shape(), gate.device())
}

/// The derivatives of [`swiglu`] by gate and up.
pub(crate) fn swiglu_back(gate: &Tensor, up: &Tensor, dy: &Tensor) -> Result<(Tensor, Tensor)> {
    typed!(gate, swiglu_back_of(gate, up, dy))
}

fn swiglu_back_of<T: Real>(gate: &Tensor, up: &Tensor, dy: &Tensor) -> Result<(Tensor, Tensor)> {
    let (gs, us, dys) = (Values::of(gate)?, Values::of(up)?, Values::of(dy)?);
    let (gs, us, dys) = (gs.get::<T>()?, us.get::<T>()?, dys.get::<T>()?);
    let (mut dgs, mut dus) = (vec![T::of(0.0); gs.len()], vec![T::of(0.0); gs.len()]);
    let out = dgs.par_chunks_mut(PIECE).zip(dus.par_chunks_mut(PIECE));
    let given = gs.par_chunks(PIECE).zip(us.par_chunks(PIECE)).zip(dys.par_chunks(PIECE));
    out.zip(given).for_each(|((dgs, dus), ((gs, us), dys))| {
        for ((dg, du), ((g, u), dy)) in dgs.iter_mut().zip(dus.iter_mut()).zip(gs.iter().zip(us).zip(dys)) {
            let s = sigmoid(*g);
            *du = *dy * *g * s;
            *dg = *dy * *u * s * (T::of(1.0) + *g * (T::of(1.0) - s));
        }
    });
    let shaped = |values| Tensor::from_vec(values, gate.shape(), gate.device());
    Ok((shaped(dgs)?, shaped(dus)?))
}

/// Queries of one block of attention: rows of `(groups, heads a group * queries, keys)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    /// Position of the first query.
    pub first: usize,
    /// Queries.
    pub queries: usize,
    /// `1 / sqrt(d)`.
    pub scale: f64,
}

impl Block {
    /// Keys that a row may see: those up to the query itself.
    const fn seen(self, row: usize) -> usize {
        self.first + row % self.queries + 1
    }
}

/// Softmax of scaled scores over the keys that each query may see, and the logarithm of each row's sum.
pub(crate) fn softmax(scores: &Tensor, block: Block) -> Result<(Tensor, Tensor)> {
    typed!(scores, softmax_of(scores, block))
}

fn softmax_of<T: Real>(scores: &Tensor, block: Block) -> Result<(Tensor, Tensor)> {
    let (groups, rows, keys) = scores.dims3()?;
    let ss = Values::of(scores)?;
    let ss = ss.get::<T>()?;
    let scale = T::of(block.scale);
    let mut out = vec![T::of(0.0); ss.len()];
    let mut logs = vec![T::of(0.0); groups * rows];
    let all = out.par_chunks_mut(keys).zip(logs.par_iter_mut()).zip(ss.par_chunks(keys)).enumerate();
    all.with_min_len(ROWS).for_each(|(i, ((out, log), scores))| {
        let seen = block.seen(i % rows).min(keys);
        let (Some(out), Some(scores)) = (out.get_mut(..seen), scores.get(..seen)) else { return };
        let most = scores.iter().fold(T::of(f64::MIN), |m, s| if *s > m { *s } else { m }) * scale;
        for (out, s) in out.iter_mut().zip(scores) {
            *out = (*s * scale - most).exp();
        }
        let sum = total(out);
        let inverse = T::of(1.0) / sum;
        for out in out.iter_mut() {
            *out *= inverse;
        }
        *log = most + T::of(sum.to_f64().ln());
    });
    Ok((
        Tensor::from_vec(out, scores.shape(), scores.device())?,
        Tensor::from_vec(logs, (groups, rows), scores.device())?,
    ))
}

fn total<T: Real>(values: &[T]) -> T {
    let mut sums = [T::of(0.0); 8];
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder().iter().fold(T::of(0.0), |s, x| s + *x);
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += *x;
        }
    }
    sums.into_iter().fold(rest, |s, x| s + x)
}

/// The softmax of a block again, from the logarithms of its sums, and the derivative by the scores (Dao et al. 2022, algorithm
/// 4): `p * (dp - delta) * scale`, where `delta` is the dot product of a row's output with its derivative.
pub(crate) fn softmax_back(
    scores: &Tensor,
    dp: &Tensor,
    logs: &Tensor,
    delta: &Tensor,
    block: Block,
) -> Result<(Tensor, Tensor)> {
    typed!(scores, softmax_back_of(scores, dp, logs, delta, block))
}

fn softmax_back_of<T: Real>(
    scores: &Tensor,
    dp: &Tensor,
    logs: &Tensor,
    delta: &Tensor,
    block: Block,
) -> Result<(Tensor, Tensor)> {
    let (_, rows, keys) = scores.dims3()?;
    let (ss, dps, ls, ds) = (Values::of(scores)?, Values::of(dp)?, Values::of(logs)?, Values::of(delta)?);
    let (ss, dps, ls, ds) = (ss.get::<T>()?, dps.get::<T>()?, ls.get::<T>()?, ds.get::<T>()?);
    let scale = T::of(block.scale);
    let (mut out, mut back) = (vec![T::of(0.0); ss.len()], vec![T::of(0.0); ss.len()]);
    let given = ss.par_chunks(keys).zip(dps.par_chunks(keys)).zip(ls.par_iter().zip(ds.par_iter()));
    let all = out.par_chunks_mut(keys).zip(back.par_chunks_mut(keys)).zip(given).enumerate();
    all.with_min_len(ROWS).for_each(|(i, ((out, back), ((scores, dp), (log, delta))))| {
        let seen = block.seen(i % rows).min(keys);
        let values = out.iter_mut().zip(back.iter_mut()).zip(scores.iter().zip(dp)).take(seen);
        for ((p, back), (s, dp)) in values {
            *p = (*s * scale - *log).exp();
            *back = *p * (*dp - *delta) * scale;
        }
    });
    let shaped = |values| Tensor::from_vec(values, scores.shape(), scores.device());
    Ok((shaped(out)?, shaped(back)?))
}

/// Dot products of the rows (last dimension) of two tensors.
pub(crate) fn row_dots(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    typed!(a, row_dots_of(a, b))
}

fn row_dots_of<T: Real>(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (shape, width) = match a.dims() {
        [shape @ .., width] => (shape, *width),
        [] => bail!("a number has no rows"),
    };
    let (xs, ys) = (Values::of(a)?, Values::of(b)?);
    let rows = xs.get::<T>()?.par_chunks(width).zip(ys.get::<T>()?.par_chunks(width));
    let out: Vec<T> = rows.map(|(x, y)| dot(x, y)).collect();
    Tensor::from_vec(out, shape, a.device())
}

/// Cross-entropy of rows of logits: the sum of `-ln p(target)` in nats, and its derivative by the logits times `weight`.
pub(crate) fn cross_entropy(logits: &Tensor, targets: &[u32], weight: f64) -> Result<(f64, Tensor)> {
    typed!(logits, cross_entropy_of(logits, targets, weight))
}

fn cross_entropy_of<T: Real>(logits: &Tensor, targets: &[u32], weight: f64) -> Result<(f64, Tensor)> {
    let (rows, width) = logits.dims2()?;
    if rows != targets.len() {
        bail!("{rows} rows of logits and {} targets", targets.len());
    }
    let ls = Values::of(logits)?;
    let ls = ls.get::<T>()?;
    let mut back = vec![T::of(0.0); ls.len()];
    let mut losses = vec![0.0_f64; rows];
    let given = ls.par_chunks(width).zip(targets.par_iter());
    back.par_chunks_mut(width).zip(losses.par_iter_mut()).zip(given).for_each(|((back, loss), (row, target))| {
        let most = row.iter().fold(T::of(f64::MIN), |m, s| if *s > m { *s } else { m });
        for (back, x) in back.iter_mut().zip(row) {
            *back = (*x - most).exp();
        }
        let sum = total(back);
        let factor = T::of(weight) / sum;
        for back in back.iter_mut() {
            *back *= factor;
        }
        let at = usize::try_from(*target).unwrap_or(usize::MAX);
        match (back.get_mut(at), row.get(at)) {
            (Some(back), Some(x)) => {
                *back -= T::of(weight);
                *loss = sum.to_f64().ln() + most.to_f64() - x.to_f64();
            }
            (_, _) => *loss = f64::NAN,
        }
    });
    Ok((losses.iter().sum(), Tensor::from_vec(back, logits.shape(), logits.device())?))
}

/// Rows put to their places among `rows` rows of zeros.
pub(crate) fn scatter_rows(values: &Tensor, places: &[u32], rows: usize) -> Result<Tensor> {
    typed!(values, scatter_rows_of(values, places, rows))
}

fn scatter_rows_of<T: Real>(values: &Tensor, places: &[u32], rows: usize) -> Result<Tensor> {
    let (_, width) = values.dims2()?;
    let vs = Values::of(values)?;
    let mut out = vec![T::of(0.0); rows * width];
    for (value, place) in vs.get::<T>()?.chunks_exact(width).zip(places) {
        let start = usize::try_from(*place).unwrap_or(usize::MAX).saturating_mul(width);
        match out.get_mut(start..start.saturating_add(width)) {
            Some(row) => row.copy_from_slice(value),
            None => bail!("row {place} of {rows}"),
        }
    }
    Tensor::from_vec(out, (rows, width), values.device())
}

/// Zero with probability `p`, else `x / (1 - p)`; `seed` decides which.
pub(crate) fn dropout(x: &Tensor, p: f64, seed: u64) -> Result<Tensor> {
    typed!(x, dropout_of(x, p, seed))
}

fn dropout_of<T: Real>(x: &Tensor, p: f64, seed: u64) -> Result<Tensor> {
    use crate::chance::{Chance, Purpose};
    let xs = Values::of(x)?;
    let xs = xs.get::<T>()?;
    let mut out = vec![T::of(0.0); xs.len()];
    let keep = T::of(1.0 / (1.0 - p));
    out.par_chunks_mut(PIECE).zip(xs.par_chunks(PIECE)).enumerate().for_each(|(i, (out, xs))| {
        let mut chance = Chance::new(seed, Purpose::Dropout, &[u64::try_from(i).unwrap_or(0)]);
        for (out, x) in out.iter_mut().zip(xs) {
            *out = if chance.unit() < p { T::of(0.0) } else { *x * keep };
        }
    });
    Tensor::from_vec(out, x.shape(), x.device())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_two_units_of_the_last_place() {
        let mut worst = 0.0_f64;
        for i in -8_700_i16..8_800 {
            let x = f32::from(i) / 100.0;
            let (ours, exact) = (f64::from(Real::exp(x)), f64::from(x).exp());
            worst = worst.max((ours / exact - 1.0).abs());
        }
        assert!(worst < 2.0 * f64::from(f32::EPSILON), "{worst:.2e}");
        assert_eq!(Real::exp(-100.0_f32).to_bits(), 0);
        assert_eq!(Real::exp(f32::NEG_INFINITY).to_bits(), 0);
        assert!(Real::exp(f32::NAN).is_nan());
    }
}
