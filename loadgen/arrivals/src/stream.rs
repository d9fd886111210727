//! One ChaCha generator per purpose, all derived from one seed.
//!
//! Purposes have streams of their own so that drawing one fault more does not move a single arrival. What is drawn
//! from a stream is up to its user.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of random words is for. Part of the key, so the names must never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Arrival times.
    Arrivals,
    /// Shoppers' tempers.
    Shoppers,
    /// Drawn faults and drawn settings of the scenario.
    Faults,
    /// Everything the simulator's own world decides: latencies, drops, cost jitter.
    World,
    /// What shoppers look at before they buy, and what the merchant changes meanwhile.
    Browsing,
}

impl Purpose {
    const fn label(self) -> &'static [u8; 24] {
        match self {
            Self::Arrivals => b"doorbuster arrivals     ",
            Self::Shoppers => b"doorbuster shoppers     ",
            Self::Faults => b"doorbuster faults       ",
            Self::World => b"doorbuster world        ",
            Self::Browsing => b"doorbuster browsing     ",
        }
    }
}

/// The generator for one purpose: ChaCha8, keyed by the seed (eight bytes, little end first) and the purpose's label.
#[must_use]
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..].copy_from_slice(purpose.label());
    ChaCha8Rng::from_seed(key)
}

/// A whole number in `0..bound`, from one 64-bit word by multiplication; 0 when `bound` is 0.
///
/// The bias is below `bound / 2^64`, which no test of ours can see; in return every draw takes exactly one word.
pub fn below(rng: &mut impl Rng, bound: u64) -> u64 {
    let product = u128::from(rng.next_u64()) * u128::from(bound);
    u64::try_from(product >> 64).expect("the upper half of a 128-bit product has 64 bits")
}
