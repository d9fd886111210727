//! `appendfsync everysec`: one flush a second, on whole seconds of the server's clock. What was written before the
//! flush survives, what came after is lost with the node.

const FLUSH_EVERY_MS: i64 = 1_000;

/// When the log is flushed.
#[derive(Debug, Default)]
pub(crate) struct FlushSchedule {
    next_ms: i64,
}

impl FlushSchedule {
    /// Whether the time of a flush has come; if so the next one is set.
    pub(crate) fn is_due(&mut self, now_ms: i64, has_unflushed: bool) -> bool {
        let following = now_ms - now_ms.rem_euclid(FLUSH_EVERY_MS) + FLUSH_EVERY_MS;
        let is_due = now_ms >= self.next_ms && has_unflushed;
        // A clock that was set back must not leave the next flush far in the future.
        if now_ms >= self.next_ms || self.next_ms > following {
            self.next_ms = following;
        }
        is_due
    }

    pub(crate) fn next_deadline(&self, has_unflushed: bool) -> Option<i64> {
        has_unflushed.then_some(self.next_ms)
    }

    /// The server starts anew.
    pub(crate) fn restart(&mut self, now_ms: i64) {
        self.next_ms = now_ms - now_ms.rem_euclid(FLUSH_EVERY_MS) + FLUSH_EVERY_MS;
    }
}
