//! What a client is given.

use std::time::Duration;

/// What a client is given before its connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the head of a request, from when it could begin: also how long a connection may lie idle. Clients of our own give
    /// theirs up sooner, so that no request crosses the end of its connection.
    pub head_timeout: Duration,
    /// For the whole body after its head. What the body's reader sees then is an error of the kind `TimedOut`.
    pub body_timeout: Duration,
    /// For taking any byte of an answer, when its socket takes no more.
    pub stall_timeout: Duration,
    /// The largest head, in bytes: 431 beyond it. hyper wants 8192 at least.
    pub head_max_bytes: usize,
    /// Connections at once; further clients wait in the listener's queue.
    pub connections_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(10),
            head_max_bytes: 16 * 1024,
            connections_max: 16_384,
        }
    }
}
