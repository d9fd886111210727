//! Redis's `math.random`: the 48-bit generator of `drand48`. Every server starts it in the same state and goes on from script to
//! script, as Redis 7.0 does.

/// The multiplier and the increment of `drand48`.
const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const INCREMENT: u64 = 0xB;
const MASK: u64 = (1 << 48) - 1;
/// What a seed's low sixteen bits are set to.
const SEED_TAIL: u64 = 0x330E;
/// The state at the start of a server.
const START: u64 = 0x1234_ABCD_330E;

/// The generator's state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// As a server's first script finds it.
    pub(super) fn new() -> Self {
        Self(START)
    }

    /// After `math.randomseed(seed)`.
    pub(super) fn seeded(seed: i32) -> Self {
        Self(((u64::from(seed.cast_unsigned()) << 16) | SEED_TAIL) & MASK)
    }

    /// A number from 0 up to, but not including, 1.
    pub(super) fn next_fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT) & MASK;
        let draw = u32::try_from(self.0 >> 17).expect("31 of 48 bits are left");
        let most = u32::try_from(i32::MAX).expect("positive");
        f64::from(draw % most) / f64::from(most)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_sequence_is_that_of_redis() {
        // Seen on Redis 7.0.15 with `return tostring(math.random())`.
        let mut random = Random::new();
        assert_eq!(format!("{:.14}", random.next_fraction()), "0.39646477363839");
        assert_eq!(format!("{:.14}", random.next_fraction()), "0.84048536971234");
        let mut random = Random::seeded(0);
        assert_eq!(format!("{:.14}", random.next_fraction()), "0.17082803611217");
        assert_eq!(format!("{:.14}", random.next_fraction()), "0.74990198051087");
    }
}
