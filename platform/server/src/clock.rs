//! The system's clock and entropy: the one place where a process of the platform reads either.

use std::time::{SystemTime, UNIX_EPOCH};

use ports::clock::Clock;
use ports::entropy::Entropy;

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_us(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that is handed in")]
        let now = SystemTime::now();
        // A clock set before 1970 reads as 1970.
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }
}

/// Randomness of this process's own, seeded by the system.
///
/// # Errors
/// When the system has none to give.
pub fn system_entropy() -> Result<Entropy, getrandom::Error> {
    Ok(Entropy::from_seed(getrandom::u64()?))
}
