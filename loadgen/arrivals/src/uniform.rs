//! Sorted uniform positions, streamed: the order statistics of n independent draws without holding n of them.
//!
//! An interval's draws are dealt to its two halves by one fair bit each (the number of ones among n bits is binomial
//! with one half), left half first, until few enough are left to draw and sort. This is exactly the distribution of
//! n independent 64-bit words, needs memory for 64 intervals, and only integers.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// Draws that are simply drawn and sorted.
const SORTED_AT_ONCE: u64 = 32;

/// Positions in `0..2^64`, ascending.
#[derive(Clone, Debug)]
pub(crate) struct SortedUniforms {
    rng: ChaCha8Rng,
    /// Intervals still to visit, the leftmost on top.
    waiting: Vec<Interval>,
    /// Positions already drawn, descending, so that the next is popped off the end.
    drawn: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    start: u64,
    /// The interval is 2^(64 - depth) wide.
    depth: u32,
    draws: u64,
}

impl SortedUniforms {
    pub(crate) fn new(draws: u64, rng: ChaCha8Rng) -> Self {
        let whole = Interval { start: 0, depth: 0, draws };
        Self { rng, waiting: vec![whole], drawn: Vec::new() }
    }

    fn split(&mut self, interval: Interval) {
        let left = fair_bits(&mut self.rng, interval.draws);
        let depth = interval.depth + 1;
        let middle = interval.start + (1 << (64 - depth));
        self.waiting.push(Interval { start: middle, depth, draws: interval.draws - left });
        self.waiting.push(Interval { start: interval.start, depth, draws: left });
    }

    fn draw(&mut self, interval: Interval) {
        for _ in 0..interval.draws {
            let offset = self.rng.next_u64().checked_shr(interval.depth).unwrap_or(0);
            self.drawn.push(interval.start + offset);
        }
        self.drawn.sort_unstable_by(|a, b| b.cmp(a));
    }
}

impl Iterator for SortedUniforms {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        while self.drawn.is_empty() {
            let interval = self.waiting.pop()?;
            if interval.draws <= SORTED_AT_ONCE || interval.depth == 64 {
                self.draw(interval);
            } else {
                self.split(interval);
            }
        }
        self.drawn.pop()
    }
}

/// How many of `n` fair bits are ones.
fn fair_bits(rng: &mut ChaCha8Rng, n: u64) -> u64 {
    let whole: u64 = (0..n / 64).map(|_| u64::from(rng.next_u64().count_ones())).sum();
    let rest = n % 64;
    if rest == 0 {
        return whole;
    }
    whole + u64::from((rng.next_u64() >> (64 - rest)).count_ones())
}
