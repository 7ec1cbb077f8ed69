//! Chance without a state: each draw is a function of a seed and of what it is for, so that a run that is taken up again
//! draws what it would have drawn.

/// What draws are for: streams of one seed that have nothing to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Entries of A.
    Start,
    /// Order of the samples in an epoch.
    Epoch,
    /// Order of the drugs in an answer.
    Answer,
    /// What dropout leaves out.
    Dropout,
    /// Which patients validate.
    Validation,
    /// Hash functions of near duplicates.
    MinHash,
}

impl Purpose {
    const fn number(self) -> u64 {
        match self {
            Self::Start => 1,
            Self::Epoch => 2,
            Self::Answer => 3,
            Self::Dropout => 4,
            Self::Validation => 5,
            Self::MinHash => 6,
        }
    }
}

/// A stream of draws: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Debug, Clone)]
pub struct Chance {
    state: u64,
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

const fn mixed(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Chance {
    /// The stream of a seed for a purpose, told apart further by numbers (epoch, record, layer).
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, keys: &[u64]) -> Self {
        let start = mixed(seed.wrapping_add(GOLDEN)) ^ purpose.number();
        let state = keys.iter().fold(mixed(start), |state, key| mixed(state.wrapping_add(GOLDEN) ^ mixed(*key)));
        Self { state }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mixed(self.state)
    }

    /// The next number of `[0, 1)`, of 24 bits.
    pub fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.bits() >> 40).unwrap_or(0);
        f64::from(bits) / 16_777_216.0
    }

    /// The next number below `n`, by multiplication (Lemire 2019; the bias is below `n / 2^64`).
    pub fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.bits()) * u128::try_from(n).unwrap_or(0);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Puts values into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for end in (1..values.len()).rev() {
            let other = self.below(end + 1);
            values.swap(end, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_purpose_and_each_key() {
        let first = |seed, purpose, keys: &[u64]| Chance::new(seed, purpose, keys).bits();
        let all = [
            first(1, Purpose::Epoch, &[0, 1]),
            first(2, Purpose::Epoch, &[0, 1]),
            first(1, Purpose::Answer, &[0, 1]),
            first(1, Purpose::Epoch, &[1, 0]),
            first(1, Purpose::Epoch, &[0]),
            first(1, Purpose::Epoch, &[0, 2]),
        ];
        assert_eq!(std::collections::BTreeSet::from(all).len(), all.len());
        assert_eq!(all[0], first(1, Purpose::Epoch, &[0, 1]));
    }

    #[test]
    fn every_order_of_three_is_drawn_about_as_often() {
        let mut seen = std::collections::BTreeMap::new();
        for epoch in 0..6000 {
            let mut order = [0, 1, 2];
            Chance::new(7, Purpose::Epoch, &[epoch]).shuffle(&mut order);
            *seen.entry(order).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|n| (850..1150).contains(n)), "{seen:?}");
    }

    #[test]
    fn units_are_even() {
        let mut chance = Chance::new(3, Purpose::Start, &[]);
        let mean = (0..10_000).map(|_| chance.unit()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }
}
