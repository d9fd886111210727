//! Snapshots: `save <milliseconds> <changes>`. A snapshot holds the state at the moment it begins and counts as written at
//! once: the time that writing takes is left to the cost model.

/// When snapshots are taken.
#[derive(Debug)]
pub(crate) struct SnapshotSchedule {
    every_ms: i64,
    after_changes: u64,
    /// The start of the server counts as the first save, as in Redis.
    last_ms: Option<i64>,
}

impl SnapshotSchedule {
    pub(crate) fn new(every_ms: i64, after_changes: u64) -> Self {
        Self { every_ms, after_changes, last_ms: None }
    }

    /// Whether a snapshot is to be taken now; if so it counts as taken.
    pub(crate) fn is_due(&mut self, now_ms: i64, changes: u64) -> bool {
        let last_ms = *self.last_ms.get_or_insert(now_ms);
        // A clock that was set back must not stop snapshots for the length of the jump.
        if last_ms > now_ms {
            self.last_ms = Some(now_ms);
            return false;
        }
        let is_due = changes > 0 && changes >= self.after_changes && now_ms - last_ms >= self.every_ms;
        if is_due {
            self.last_ms = Some(now_ms);
        }
        is_due
    }

    pub(crate) fn next_deadline(&self, changes: u64) -> Option<i64> {
        let last_ms = self.last_ms?;
        (changes > 0 && changes >= self.after_changes).then(|| last_ms.saturating_add(self.every_ms))
    }

    /// The server starts anew.
    pub(crate) fn restart(&mut self, now_ms: i64) {
        self.last_ms = Some(now_ms);
    }
}
