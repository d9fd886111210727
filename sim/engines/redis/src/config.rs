//! How a simulated server is set up: what it writes to disk, and whether a replica follows it.

/// What reaches the disk, and when. Only what has reached it survives a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// Nothing is written: a crash loses everything.
    None,
    /// `save <save_every_ms> <after_changes>`: a snapshot once that much time has passed since the last one and that
    /// many changes have been made. A crash goes back to the last snapshot.
    Rdb {
        /// Least time between two snapshots, in milliseconds.
        save_every_ms: i64,
        /// Least number of changed keys before a snapshot is worth it.
        after_changes: u64,
    },
    /// `appendfsync everysec`: the log is flushed once a second. A crash loses what came after the last flush.
    AofEverysec,
    /// `appendfsync always`: the log is flushed before each answer. A crash loses nothing that was answered.
    AofAlways,
}

/// A replica that a failover can promote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaConfig {
    /// How far the replica trails behind, in milliseconds. Replication is asynchronous: a failover loses the writes of
    /// that stretch.
    pub lag_ms: i64,
}

/// How a simulated server is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// What reaches the disk.
    pub persistence: Persistence,
    /// The replica, if there is one.
    pub replica: Option<ReplicaConfig>,
    /// How many Lua instructions a script may take before it is stopped. The limit is checked every
    /// [`Config::SCRIPT_CHECK_INTERVAL`] instructions.
    pub script_instruction_limit: u64,
}

impl Config {
    /// Lua instructions between two looks at the limit.
    pub const SCRIPT_CHECK_INTERVAL: u32 = 100_000;

    /// A server with this persistence, no replica, and a limit that stops a script in well under a second.
    pub fn new(persistence: Persistence) -> Self {
        Self { persistence, replica: None, script_instruction_limit: 50_000_000 }
    }

    /// The same server with a replica that trails by `lag_ms`.
    #[must_use]
    pub fn with_replica(self, lag_ms: i64) -> Self {
        Self { replica: Some(ReplicaConfig { lag_ms }), ..self }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new(Persistence::None)
    }
}
