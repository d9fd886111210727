//! The wall clock handed to each process.
//!
//! Timestamps and expiry decisions read it, so that a world can skew or jump one process's clock. Waiting is
//! `tokio::time`, which no skew touches.

/// A wall clock. Readings may jump in either direction, as those of a real machine do.
pub trait Clock: Send + Sync {
    /// Microseconds since the Unix epoch.
    fn now_us(&self) -> i64;

    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64 {
        self.now_us().div_euclid(1_000)
    }
}
