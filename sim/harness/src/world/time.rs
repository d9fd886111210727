//! Virtual time, counted from the opening of the sale, and the wall clocks that processes read.

#[cfg_attr(madsim, path = "time/of_madsim.rs")]
#[cfg_attr(not(madsim), path = "time/of_tokio.rs")]
mod runtime;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ports::clock::Clock;

pub use runtime::RuntimeClock;

/// The wall-clock reading at virtual time zero: midnight UTC of 27 November 2026, a Black Friday.
pub const EPOCH_US: i64 = 1_795_737_600_000_000;

/// Counts virtual time; zero is when the doors open. Before that, processes start, connect and open the gate.
#[derive(Clone)]
pub struct Timeline {
    clock: RuntimeClock,
    opening_us: i64,
}

impl Timeline {
    /// Counts what `clock` shows, with the doors opening `opening_us` after its zero.
    #[must_use]
    pub fn begin(clock: RuntimeClock, opening_us: i64) -> Self {
        Self { clock, opening_us }
    }

    /// Microseconds since the doors opened; negative before.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        let elapsed = self.clock.elapsed();
        i64::try_from(elapsed.as_micros()).expect("a run is shorter than 292,000 years") - self.opening_us
    }

    /// Sleeps until `at_us`, or not at all when that is past.
    pub async fn sleep_until(&self, at_us: i64) {
        let at = Duration::from_micros(u64::try_from(at_us + self.opening_us).unwrap_or(0));
        self.clock.sleep_until(at).await;
    }

    /// Sleeps as long as a server is busy that has its work done at `at_us`. Where timers are coarser than service times, it
    /// answers within the step in which it is done: rounded up, every statement would take a step at least.
    pub async fn busy_until(&self, at_us: i64) {
        let into_step_us = (at_us + self.opening_us).rem_euclid(RuntimeClock::STEP_US);
        self.sleep_until(at_us - into_step_us).await;
    }
}

/// One process's wall clock: virtual time plus an error that faults may set.
pub struct ProcessClock {
    timeline: Timeline,
    error_us: AtomicI64,
}

impl ProcessClock {
    /// A clock that tells the right time.
    #[must_use]
    pub fn new(timeline: Timeline) -> Arc<Self> {
        Arc::new(Self { timeline, error_us: AtomicI64::new(0) })
    }

    /// Moves the clock ahead of where it is; negative is back.
    pub fn add_error_us(&self, by_us: i64) {
        self.error_us.fetch_add(by_us, Ordering::Relaxed);
    }
}

impl Clock for ProcessClock {
    fn now_us(&self) -> i64 {
        EPOCH_US + self.timeline.now_us() + self.error_us.load(Ordering::Relaxed)
    }
}
