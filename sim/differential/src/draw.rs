//! Drawing from a seeded stream: the only source of chance in a generated program.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of choices that its seed decides.
#[derive(Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of a seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the upper half of a 128-bit product fits 64 bits")
    }

    /// A number from `low` to `high`, both included.
    pub fn int(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).expect("the range is not empty");
        low + i64::try_from(self.below(span)).expect("below a span that came from an i64")
    }

    /// A count in `low..=high`.
    pub fn count(&mut self, low: usize, high: usize) -> usize {
        low + self.index(high - low + 1)
    }

    /// A position in something of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a length")
    }

    /// True this often in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.index(from.len())]
    }

    /// The position of one of several weights, drawn in proportion.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        weights.len().saturating_sub(1)
    }

    /// The text, this often in a hundred; else nothing.
    pub fn maybe(&mut self, percent: u64, text: &str) -> String {
        if self.chance(percent) { text.to_owned() } else { String::new() }
    }
}
