//! How often a sign-in to one address may fail: a few times at once, then seldom.
//!
//! Kept by each process for itself. It limits guessing at one account; what a flood of addresses costs is for the edge in
//! front to limit.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures that are let pass within [`WINDOW`].
const FAILURES: u32 = 5;
/// How long a failure counts.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered; when there are more, the oldest windows are forgotten first.
const REMEMBERED: usize = 10_000;

#[derive(Clone, Copy)]
struct Failed {
    since: Instant,
    times: u32,
}

/// The failures of one process.
#[derive(Default)]
pub(super) struct Attempts(Mutex<BTreeMap<String, Failed>>);

impl Attempts {
    /// Whether this address may try; if not, when it may again.
    pub(super) fn may_try(&self, email: &str, now: Instant) -> Result<(), Duration> {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(email).copied();
        match failed {
            Some(Failed { since, times }) if times >= FAILURES => {
                let left = WINDOW.saturating_sub(now.duration_since(since));
                if left.is_zero() { Ok(()) } else { Err(left) }
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn failed(&self, email: &str, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(email).copied().filter(|failed| now.duration_since(failed.since) < WINDOW);
        let failed =
            known.map_or(Failed { since: now, times: 1 }, |failed| Failed { times: failed.times + 1, ..failed });
        if all.len() >= REMEMBERED && !all.contains_key(email) {
            all.retain(|_, failed| now.duration_since(failed.since) < WINDOW);
            let oldest = all.iter().min_by_key(|(_, failed)| failed.since).map(|(email, _)| email.clone());
            if let Some(oldest) = oldest.filter(|_| all.len() >= REMEMBERED) {
                all.remove(&oldest);
            }
        }
        all.insert(email.to_owned(), failed);
    }

    pub(super) fn succeeded(&self, email: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(email);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_that_fails_too_often_waits_and_no_other_does() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for _ in 0..FAILURES {
            assert_eq!(attempts.may_try("ann", start), Ok(()));
            attempts.failed("ann", start);
        }
        assert_eq!(attempts.may_try("ann", start + Duration::from_secs(20)), Err(Duration::from_secs(40)));
        assert_eq!(attempts.may_try("bob", start), Ok(()));
        assert_eq!(attempts.may_try("ann", start + WINDOW), Ok(()));
        attempts.succeeded("ann");
        assert_eq!(attempts.may_try("ann", start), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_addresses_costs_no_more_than_its_bound() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for number in 0..REMEMBERED + 100 {
            attempts.failed(&number.to_string(), start);
        }
        assert_eq!(attempts.0.lock().map(|all| all.len()).ok(), Some(REMEMBERED));
    }
}
