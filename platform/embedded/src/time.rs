//! Time as engines want it: it never goes back, whatever the clock does.

use std::sync::Arc;
use std::time::Duration;

use ports::clock::Clock;

/// A clock whose readings never fall behind an earlier one.
pub(crate) struct Steady {
    clock: Arc<dyn Clock>,
    latest_us: i64,
}

impl Steady {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, latest_us: i64::MIN }
    }

    /// Microseconds since the Unix epoch.
    pub(crate) fn now_us(&mut self) -> i64 {
        self.latest_us = self.latest_us.max(self.clock.now_us());
        self.latest_us
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&mut self) -> i64 {
        self.now_us().div_euclid(1_000)
    }

    /// How long until `deadline_us`; nothing when it has passed.
    pub(crate) fn until_us(&mut self, deadline_us: i64) -> Duration {
        let left_us = deadline_us.saturating_sub(self.now_us());
        Duration::from_micros(u64::try_from(left_us).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    struct Jumping(AtomicI64);

    impl Clock for Jumping {
        fn now_us(&self) -> i64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_clock_that_jumps_back_stands_still_here() {
        let clock = Arc::new(Jumping(AtomicI64::new(5_000)));
        let mut steady = Steady::new(clock.clone());
        assert_eq!(steady.now_us(), 5_000);
        clock.0.store(1_000, Ordering::Relaxed);
        assert_eq!((steady.now_us(), steady.now_ms()), (5_000, 5));
        assert_eq!(steady.until_us(7_000), Duration::from_micros(2_000));
        assert_eq!(steady.until_us(1_000), Duration::ZERO);
    }
}
