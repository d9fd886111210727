//! Whether the load was the one that was asked for. What a platform did under another load says nothing about this one.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::measure::Tally;

/// Share of the schedule that must have been sent.
const SENT_AT_LEAST: f64 = 0.99;
/// Share of the cores' time from which on a generator is taken to have waited for itself.
const CPU_AT_MOST: f64 = 0.9;

/// Processor time of this process so far.
#[must_use]
pub fn cpu_time() -> Duration {
    let used = getrusage(UsageWho::RUSAGE_SELF)
        .map_or(0, |usage| usage.user_time().num_microseconds() + usage.system_time().num_microseconds());
    Duration::from_micros(u64::try_from(used).unwrap_or(0))
}

/// How the generator did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Shoppers whose first request left, of those the schedule had.
    pub sent_ratio: f64,
    /// Processor time used, of what the cores had while the load went on.
    pub cpu_ratio: f64,
}

impl Effort {
    /// Of this tally, over this long, with this much processor time used on so many cores.
    #[must_use]
    pub fn of(tally: &Tally, wall: Duration, cpu: Duration, cores: usize) -> Self {
        let sent = tally.started.saturating_sub(tally.not_sent);
        let cores = f64::from(u32::try_from(cores).unwrap_or(u32::MAX));
        Self {
            sent_ratio: ratio(sent, tally.scheduled),
            cpu_ratio: cpu.as_secs_f64() / (wall.as_secs_f64() * cores).max(f64::MIN_POSITIVE),
        }
    }

    /// Why the run is invalid, if it is.
    #[must_use]
    pub fn invalid(&self) -> Option<String> {
        if self.sent_ratio < SENT_AT_LEAST {
            let percent = self.sent_ratio * 100.0;
            return Some(format!("only {percent:.1} % of the schedule was sent, and 99 % is the least that counts"));
        }
        if self.cpu_ratio > CPU_AT_MOST {
            let percent = self.cpu_ratio * 100.0;
            return Some(format!("the generator itself used {percent:.0} % of the cores: it measured how slow it is"));
        }
        None
    }
}

/// One count as a share of another; 1 of none.
#[must_use]
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { as_f64(part) / as_f64(whole) }
}

/// A count as a float.
#[must_use]
pub const fn as_f64(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts and microseconds of a run lie far below 2^53")]
    let value = count as f64;
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_counts_only_with_its_schedule_sent_and_processors_to_spare() {
        let mut tally = Tally::new(1_000, &[]);
        tally.started = 990;
        let second = Duration::from_secs(1);
        assert_eq!(Effort::of(&tally, second, second, 2).invalid(), None);
        tally.not_sent = 1;
        assert!(Effort::of(&tally, second, second, 2).invalid().unwrap().contains("only 98.9 %"));
        tally.not_sent = 0;
        assert!(Effort::of(&tally, second, second * 19 / 10, 2).invalid().unwrap().contains("95 % of the cores"));
    }
}
