//! The clock of paused tokio runtimes that somebody else moves on together.

use std::time::Duration;

/// A clock that is read through a function, since each host of such a world has a runtime of its own. Timers have tokio's
/// resolution: a millisecond, rounded up.
#[derive(Clone, Copy)]
pub struct RuntimeClock {
    elapsed: fn() -> Duration,
}

impl RuntimeClock {
    /// The resolution of timers, in microseconds.
    pub(super) const STEP_US: i64 = 1_000;

    /// A clock that shows what `elapsed` says.
    #[must_use]
    pub fn reading(elapsed: fn() -> Duration) -> Self {
        Self { elapsed }
    }

    pub(super) fn elapsed(&self) -> Duration {
        (self.elapsed)()
    }

    pub(super) async fn sleep_until(&self, at: Duration) {
        let left = at.saturating_sub(self.elapsed());
        if !left.is_zero() {
            tokio::time::sleep(left).await;
        }
    }
}
