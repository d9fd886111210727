//! The replica: how far it trails, and the identity of the stream it follows. Its contents are a mark in the journal
//! (see `persistence`); promoting it means going back to that mark.

use crate::config::ReplicaConfig;
use crate::keyspace::Keyspace;

/// The link to the replica.
#[derive(Debug)]
pub(crate) struct Replica {
    lag_ms: i64,
}

impl Replica {
    pub(crate) fn new(config: ReplicaConfig) -> Self {
        Self { lag_ms: config.lag_ms.max(0) }
    }

    /// The replica has everything older than its lag.
    pub(crate) fn catch_up(&self, keyspace: &mut Keyspace) {
        keyspace.journal.mark_replicated(keyspace.now_ms.saturating_sub(self.lag_ms));
    }

    /// When the next change reaches the replica.
    pub(crate) fn next_deadline(&self, keyspace: &Keyspace) -> Option<i64> {
        Some(keyspace.journal.oldest_unreplicated_ms()?.saturating_add(self.lag_ms))
    }

    /// The replica becomes the server. A new replica is copied from it in full, which leaves it with nothing to catch up on.
    pub(crate) fn promote(&self, keyspace: &mut Keyspace) {
        self.catch_up(keyspace);
        keyspace.go_back_to_replicated();
        keyspace.journal.mark_all_replicated();
    }
}
