//! What a server is started with.

use crate::syntax_trees::SyntaxTrees;

/// Server settings. Times in microseconds.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long a statement waits for a lock before it looks for a deadlock. Postgres' default is 1 s.
    pub deadlock_timeout_us: u64,
    /// `statement_timeout` new sessions start with; 0 is none.
    pub statement_timeout_us: u64,
    /// `lock_timeout` new sessions start with; 0 is none.
    pub lock_timeout_us: u64,
    /// Connections beyond this many are refused (53300).
    pub max_connections: usize,
    /// Whether commits are kept for [`crate::Postgres::take_commits`]. Whoever switches this on must take them.
    pub change_feed: bool,
    /// Where statements are looked up before they are parsed. Servers may share it.
    pub syntax_trees: SyntaxTrees,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            deadlock_timeout_us: 1_000_000,
            statement_timeout_us: 0,
            lock_timeout_us: 0,
            max_connections: 100,
            change_feed: false,
            syntax_trees: SyntaxTrees::default(),
        }
    }
}
