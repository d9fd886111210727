//! Pauses between tries: doubling, bounded, with jitter from the process's own randomness.

use std::time::Duration;

use ports::entropy::Entropy;

/// No pause is longer, however many tries have failed.
const LONGEST: Duration = Duration::from_secs(60);

/// The pause after `failed` tries (1 for the first): `first` doubled for each further one, at most a minute, of which
/// a random half is left out so that those who failed together do not come back together.
pub(crate) fn pause(first: Duration, failed: u32, entropy: &Entropy) -> Duration {
    let doublings = failed.saturating_sub(1).min(16);
    let whole = first.saturating_mul(1 << doublings).min(LONGEST);
    let half_us = u64::try_from(whole.as_micros() / 2).expect("a minute in microseconds fits 64 bits");
    whole - Duration::from_micros(entropy.below(half_us + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_and_keeps_at_least_half() {
        let entropy = Entropy::from_seed(7);
        let first = Duration::from_millis(10);
        for (failed, whole_ms) in [(1, 10), (2, 20), (3, 40), (6, 320)] {
            for _ in 0..50 {
                let pause = pause(first, failed, &entropy);
                let whole = Duration::from_millis(whole_ms);
                assert!(pause <= whole && pause >= whole / 2, "{failed} tries: {pause:?}");
            }
        }
    }

    #[test]
    fn no_pause_exceeds_a_minute() {
        let entropy = Entropy::from_seed(7);
        assert!(pause(Duration::from_secs(1), u32::MAX, &entropy) <= LONGEST);
    }
}
