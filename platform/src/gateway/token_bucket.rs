//! The token bucket: how many checkouts of one SKU one gateway lets through. Pure; the time is handed in.
//!
//! The limit of a SKU holds over all gateways, and each gateway admits its share without asking the others: a shared
//! counter would put a network hop in front of every refusal, which is the answer that must stay cheap.
//!
//! All arithmetic is on integers, in units of one token divided by (10⁶ × replicas), so that a share of a rate is
//! exact: per microsecond the bucket gains `rate_per_s` units, and one token costs 10⁶ × replicas of them.

/// The limit of one SKU, over all gateways, and how many gateways share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Tokens per second, over all gateways.
    pub rate_per_s: u32,
    /// Tokens that may be taken at once after a quiet time, over all gateways.
    pub burst: u32,
    /// Gateways that share the two; 0 counts as 1.
    pub replicas: u32,
}

const UNITS_PER_TOKEN_AND_REPLICA: u64 = 1_000_000;

impl Limit {
    /// What one token costs, in units.
    fn token(self) -> u64 {
        UNITS_PER_TOKEN_AND_REPLICA * u64::from(self.replicas.max(1))
    }

    /// The most units a bucket holds. A share below one token would never admit anything, so one token is the least:
    /// with a burst smaller than the number of gateways, the burst over all of them is their number.
    fn capacity(self) -> u64 {
        (UNITS_PER_TOKEN_AND_REPLICA * u64::from(self.burst)).max(self.token())
    }
}

/// There was no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Microseconds until there is one, if nobody else takes it; `u64::MAX` when the rate is 0.
    pub retry_after_us: u64,
}

/// The bucket of one SKU in one gateway.
///
/// In any stretch of time it admits at most its share of `rate × stretch + burst`, where time is the greatest reading
/// handed in so far: a clock that goes back earns nothing, and gains nothing when it comes forward again.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    limit: Limit,
    units: u64,
    latest_us: u64,
}

impl TokenBucket {
    /// An empty bucket. Empty and not full, because a gateway that crashes and starts again would otherwise hand out
    /// a burst at every start.
    #[must_use]
    pub fn empty(limit: Limit, now_us: u64) -> Self {
        Self { limit, units: 0, latest_us: now_us }
    }

    /// Takes one token.
    pub fn take(&mut self, now_us: u64) -> Result<(), Refused> {
        if now_us > self.latest_us {
            let gained = (now_us - self.latest_us).saturating_mul(u64::from(self.limit.rate_per_s));
            self.units = self.units.saturating_add(gained).min(self.limit.capacity());
            self.latest_us = now_us;
        }
        let token = self.limit.token();
        if self.units >= token {
            self.units -= token;
            return Ok(());
        }
        let missing = token - self.units;
        let retry_after_us = match u64::from(self.limit.rate_per_s) {
            0 => u64::MAX,
            rate => missing.div_ceil(rate),
        };
        Err(Refused { retry_after_us })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: Limit = Limit { rate_per_s: 10, burst: 3, replicas: 1 };

    #[test]
    fn a_fresh_bucket_admits_nobody_before_its_first_token() {
        let mut bucket = TokenBucket::empty(LIMIT, 5_000_000);
        assert_eq!(bucket.take(5_000_000), Err(Refused { retry_after_us: 100_000 }));
        assert_eq!(bucket.take(5_099_999), Err(Refused { retry_after_us: 1 }));
        assert_eq!(bucket.take(5_100_000), Ok(()));
    }

    #[test]
    fn a_full_bucket_admits_its_burst_and_no_more() {
        let mut bucket = TokenBucket::empty(LIMIT, 0);
        let admitted = (0..10).filter(|_| bucket.take(60_000_000).is_ok()).count();
        assert_eq!(admitted, 3);
    }

    #[test]
    fn gateways_share_one_limit_exactly() {
        let shared = Limit { rate_per_s: 10, burst: 3, replicas: 3 };
        let mut buckets = [0; 3].map(|_| TokenBucket::empty(shared, 0));
        let mut admitted = 0;
        for ms in 0..=100_000 {
            admitted += buckets.iter_mut().filter_map(|bucket| bucket.take(ms * 1_000).ok()).count();
        }
        assert_eq!(admitted, 10 * 100 - 1, "ten per second over 100 s; a third of a token is left in each");
    }

    #[test]
    fn a_clock_that_jumps_back_earns_nothing_twice() {
        let mut bucket = TokenBucket::empty(LIMIT, 1_000_000);
        assert!(bucket.take(1_100_000).is_ok());
        assert!(bucket.take(0).is_err());
        assert!(bucket.take(1_100_000).is_err());
    }

    #[test]
    fn a_rate_of_zero_admits_nobody_ever() {
        let mut bucket = TokenBucket::empty(Limit { rate_per_s: 0, burst: 5, replicas: 1 }, 0);
        assert_eq!(bucket.take(u64::MAX), Err(Refused { retry_after_us: u64::MAX }));
    }

    proptest! {
        /// Every window of greatest-reading-so-far time, whatever the clock did in between.
        #[test]
        fn no_window_admits_more_than_its_rate_and_one_burst(
            rate_per_s in 0_u32..2_000_000,
            burst in 0_u32..50,
            replicas in 0_u32..5,
            start_us in 0_u64..10_000_000,
            steps in prop::collection::vec((-3_000_000_i64..3_000_000, 1_usize..40), 1..60),
        ) {
            let limit = Limit { rate_per_s, burst, replicas };
            let mut bucket = TokenBucket::empty(limit, start_us);
            let mut reading = start_us;
            let mut latest = start_us;
            let mut admitted: Vec<u64> = Vec::new();
            for (jump_us, requests) in steps {
                reading = reading.saturating_add_signed(jump_us);
                latest = latest.max(reading);
                admitted.extend((0..requests).filter(|_| bucket.take(reading).is_ok()).map(|_| latest));
            }
            let share = u128::from(replicas.max(1));
            let burst_units = (u128::from(burst) * 1_000_000).max(1_000_000 * share);
            for first in 0..admitted.len() {
                for last in first..admitted.len() {
                    let window_us = u128::from(admitted[last] - admitted[first]);
                    let units = (last - first + 1) as u128 * 1_000_000 * share;
                    prop_assert!(units <= window_us * u128::from(rate_per_s) + burst_units);
                }
            }
        }

        #[test]
        fn whoever_waits_as_told_is_admitted(
            rate_per_s in 1_u32..2_000_000,
            burst in 0_u32..50,
            replicas in 1_u32..5,
            taken in 0_usize..80,
            now_us in 0_u64..10_000_000,
        ) {
            let mut bucket = TokenBucket::empty(Limit { rate_per_s, burst, replicas }, 0);
            for _ in 0..taken {
                bucket.take(now_us).ok();
            }
            if let Err(refused) = bucket.take(now_us) {
                prop_assert!(bucket.clone().take(now_us + refused.retry_after_us - 1).is_err());
                prop_assert!(bucket.take(now_us + refused.retry_after_us).is_ok());
            }
        }
    }
}
