//! The clock of a madsim runtime.

use std::sync::Arc;
use std::time::Duration;

use madsim::time::TimeHandle;
use tokio::time::Instant;

/// The clock of the runtime this was made in, from then on.
#[derive(Clone)]
pub struct RuntimeClock {
    /// Asked directly: `Instant::now` finds the same clock by a detour through the system's, and is called for every hop.
    time: Arc<TimeHandle>,
    start: Instant,
    start_after: Duration,
}

impl RuntimeClock {
    /// The resolution of timers, in microseconds.
    pub(super) const STEP_US: i64 = 1;

    /// A clock that starts at zero.
    #[must_use]
    pub fn start() -> Self {
        let time = TimeHandle::current();
        Self { start: time.now_instant(), start_after: time.elapsed(), time: Arc::new(time) }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.time.elapsed() - self.start_after
    }

    pub(super) async fn sleep_until(&self, at: Duration) {
        self.time.sleep_until(self.start + at).await;
    }
}
