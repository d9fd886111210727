//! The load's own time: microseconds since the moment its schedule counts from.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

/// From when the first lane is there until the schedule begins: the time the others have to come.
const LEAD: Duration = Duration::from_millis(200);

/// The load's time. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    zero: Arc<OnceLock<Instant>>,
}

impl Clock {
    /// Sets the beginning of the schedule, a little ahead of now; only the first call does.
    pub fn begin(&self) {
        self.zero.get_or_init(|| Instant::now() + LEAD);
    }

    /// Sets the beginning of the schedule, which all shards of a load share; only the first call does.
    pub fn begin_in(&self, lead: Duration) {
        self.zero.get_or_init(|| Instant::now() + lead);
    }

    /// Microseconds since the beginning; zero before it.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        self.zero.get().map_or(0, |zero| micros(Instant::now().saturating_duration_since(*zero)))
    }

    /// The moment at which the clock shows this.
    #[must_use]
    pub fn at(&self, at_us: u64) -> Instant {
        *self.zero.get_or_init(|| Instant::now() + LEAD) + Duration::from_micros(at_us)
    }

    /// Whether the schedule has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.zero.get().is_some_and(|zero| *zero <= Instant::now())
    }
}

/// A duration in whole microseconds.
#[must_use]
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
