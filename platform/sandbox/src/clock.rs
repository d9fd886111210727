//! The time of the sandbox: the machine's, but never going back, as the engine requires.

use std::time::{SystemTime, UNIX_EPOCH};

/// The latest reading given out, in milliseconds since the Unix epoch.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    latest_ms: i64,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "a service of its own, outside every simulation")]
    pub(crate) fn now_ms(&mut self) -> i64 {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        self.latest_ms = self.latest_ms.max(now_ms);
        self.latest_ms
    }
}
