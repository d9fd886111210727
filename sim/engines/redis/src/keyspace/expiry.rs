//! Deadlines: when a key counts as gone, and the cycle that collects keys nobody asks for. The cycle runs ten
//! times a second like Redis's own, but takes every key that is due, where Redis samples.

use super::Keyspace;

/// Ten times a second, Redis's default `hz`.
const CYCLE_MS: i64 = 100;

impl Keyspace {
    /// A key lives through the millisecond of its deadline, as in Redis.
    pub(crate) fn is_past(&self, expire_at: Option<i64>) -> bool {
        expire_at.is_some_and(|at| self.now_ms > at)
    }

    /// When the cycle next has something to collect.
    pub(crate) fn next_collection_ms(&self) -> Option<i64> {
        let (at, _) = self.contents.first_deadline()?;
        let past = at.saturating_add(1);
        let into_cycle = past.rem_euclid(CYCLE_MS);
        let due = if into_cycle == 0 { past } else { past.saturating_add(CYCLE_MS - into_cycle) };
        // A key can be born past its deadline; it stays until the cycle comes round.
        let following = (self.collected_ms.div_euclid(CYCLE_MS) + 1) * CYCLE_MS;
        Some(due.max(following))
    }

    /// Collects what is due, provided that the cycle has come round since the last time. A clock that was set back counts as
    /// a new cycle.
    pub(crate) fn collect_expired(&mut self) {
        let cycle = |ms: i64| ms.div_euclid(CYCLE_MS);
        if cycle(self.now_ms) == cycle(self.collected_ms) {
            return;
        }
        self.collected_ms = self.now_ms;
        while let Some((at, slot)) = self.contents.first_deadline()
            && self.is_past(Some(at))
        {
            self.delete_expired(slot);
        }
    }

    /// Deletes one key past its deadline. Like Redis it is replicated and logged as a deletion.
    pub(super) fn delete_expired(&mut self, slot: u32) {
        let key = self.contents.key(slot).clone();
        self.remove_slot(slot);
        self.watches.touch(&key, &self.contents);
    }
}
