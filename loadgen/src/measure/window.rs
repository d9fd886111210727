//! Targets that are judged while the load goes on: a window of time per endpoint, and the load ends early when several in a
//! row miss.

use std::collections::BTreeMap;

use record::Histogram;
use scenario::Window;

use super::seen::Answered;
use crate::validity::{as_f64, ratio};

/// One windowed target, and where it stands.
#[derive(Clone, Debug)]
pub struct Windowed {
    target: Window,
    /// Windows under way, by number. Answers come a little out of order; a window closes when the one after the next begins.
    open: BTreeMap<u64, Seen>,
    missed_in_a_row: u32,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    response: Histogram,
    errors: u64,
}

impl Windowed {
    /// Nothing seen yet.
    #[must_use]
    pub const fn new(target: Window) -> Self {
        Self { target, open: BTreeMap::new(), missed_in_a_row: 0 }
    }

    /// Adds an answer; says why the load is to end, if it is.
    pub fn add(&mut self, answered: &Answered) -> Option<String> {
        if answered.endpoint != self.target.endpoint || answered.at_us < self.target.from_ms * 1_000 {
            return None;
        }
        let number = answered.at_us / (self.target.window_ms * 1_000);
        let seen = self.open.entry(number).or_default();
        seen.response.record(answered.response_us);
        seen.errors += u64::from(answered.answer.is_error());
        let mut why = None;
        while let Some((first, _)) = self.open.first_key_value()
            && first + 1 < number
        {
            let (number, seen) = self.open.pop_first()?;
            why = why.or(self.close(number, &seen));
        }
        why
    }

    fn close(&mut self, number: u64, seen: &Seen) -> Option<String> {
        let missed = self.missed(seen);
        self.missed_in_a_row = if missed.is_some() { self.missed_in_a_row + 1 } else { 0 };
        let missed = missed.filter(|_| self.missed_in_a_row >= self.target.in_a_row)?;
        let upto_ms = (number + 1) * self.target.window_ms;
        Some(format!(
            "{} windows of {} ms in a row, up to {upto_ms} ms: {missed}",
            self.missed_in_a_row, self.target.window_ms
        ))
    }

    /// What a window misses, if anything.
    fn missed(&self, seen: &Seen) -> Option<String> {
        let endpoint = self.target.endpoint;
        let p99_us = seen.response.quantile_us(990);
        if let Some(wanted) = self.target.p99_ms.filter(|wanted| p99_us > wanted * 1_000) {
            return Some(format!("{endpoint} p99 is {:.1} ms, at most {wanted} is demanded", as_f64(p99_us) / 1_000.0));
        }
        let errors = ratio(seen.errors, seen.response.count());
        let wanted = self.target.error_ratio.filter(|wanted| errors > *wanted)?;
        Some(format!("{endpoint} errors are {errors:.3} of its answers, at most {wanted} is demanded"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;
    use crate::endpoint::Endpoint;

    fn windowed() -> Windowed {
        let text = "name = \"w\"\ndescription = \"w\"\n[run]\nduration_ms = 9_000\n[shoppers]\ncount = 1\n\
                    [[products]]\nsku = \"TV\"\nstock = 1\n\
                    [[targets.windows]]\nendpoint = \"checkout\"\nwindow_ms = 1_000\np99_ms = 100\nin_a_row = 2\n";
        let scenario = scenario::Scenario::parse(text, "w.toml").unwrap();
        Windowed::new(scenario.targets.windows[0].clone())
    }

    fn answered(at_ms: u64, response_ms: u64) -> Answered {
        Answered {
            endpoint: Endpoint::Checkout,
            status: 409,
            answer: Answer::SoldOut,
            at_us: at_ms * 1_000,
            service_us: response_ms * 1_000,
            response_us: response_ms * 1_000,
        }
    }

    #[test]
    fn it_takes_two_slow_windows_in_a_row() {
        let mut windowed = windowed();
        let slow_fast_slow_slow = [(100, 500), (1_100, 5), (2_100, 500), (3_100, 500), (4_100, 5)];
        for (at_ms, response_ms) in slow_fast_slow_slow {
            assert_eq!(windowed.add(&answered(at_ms, response_ms)), None, "at {at_ms}");
        }
        let why = windowed.add(&answered(5_100, 5)).unwrap();
        assert!(why.starts_with("2 windows of 1000 ms in a row, up to 4000 ms: checkout p99 is 500"), "{why}");
    }
}
