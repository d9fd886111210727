//! The one source of randomness of a process: a ChaCha stream handed down from the seed.

use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A shared ChaCha stream. Cloning shares the stream; [`Entropy::fork`] makes an independent one.
#[derive(Clone)]
pub struct Entropy {
    stream: Arc<Mutex<ChaCha8Rng>>,
}

impl Entropy {
    /// The stream of a 64-bit seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self { stream: Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed))) }
    }

    /// The next 64 bits.
    #[must_use]
    pub fn next_u64(&self) -> u64 {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// A number in `0..bound`, or 0 when `bound` is 0. The bias of the widening multiplication is below 2⁻³² for any
    /// bound used here.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the upper half of a 128-bit product fits 64 bits")
    }

    /// An independent stream, seeded from this one.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::from_seed(self.next_u64())
    }
}
