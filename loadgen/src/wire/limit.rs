//! How many connections this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors left for everything that is no connection to the platform.
const RESERVED: u64 = 128;
/// More than a loopback address has ports for one server.
const MOST: u64 = 28_000;

/// Raises the soft limit of open files to the hard one, and says how many connections fit.
#[must_use]
pub fn raise_descriptor_limit() -> usize {
    let limit = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((_, hard)) if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() => hard,
        Ok((soft, _)) => soft,
        Err(_) => 1_024,
    };
    usize::try_from(limit.saturating_sub(RESERVED).min(MOST)).expect("at most 28,000")
}
