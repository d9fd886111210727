//! The scenario's own numbers, and the rare states it must reach.
//!
//! Judging them is left to the checkers.

use crate::journeys::Endpoint;
use crate::options::options;

options! {
    /// `[targets.p99_ms]`: 99th percentile from a request to its answer, per kind of answer, ms.
    pub struct P99 {
        /// Shoppers who got a unit.
        won: Option<u64> = None, in 1..=600_000;
        /// Shoppers told that it is sold out.
        sold_out: Option<u64> = None, in 1..=600_000;
        /// Shoppers turned away by a limit.
        limited: Option<u64> = None, in 1..=600_000;
        /// Shoppers told to ask later.
        queued: Option<u64> = None, in 1..=600_000;
    }
}

options! {
    /// `[[targets.windows]]`: judged while a load on real servers goes on, which ends early when several windows in a row miss.
    pub struct Window {
        /// The kind of request.
        endpoint: Endpoint;
        /// Length of a window, ms.
        window_ms: u64 = 1_000, in 100..=600_000;
        /// Answers before this time of the sale are not looked at, ms.
        from_ms: u64 = 0, in 0..=86_400_000;
        /// 99th percentile of the response time, ms, at most.
        p99_ms: Option<u64> = None, in 1..=600_000;
        /// Share of answers that are errors, at most.
        error_ratio: Option<f64> = None, in 0.0..=1.0;
        /// How many windows in a row must miss.
        in_a_row: u32 = 3, in 1..=1_000;
    }
}

options! {
    /// `[targets]`: what the run should achieve; what is left out is not judged.
    pub struct Targets {
        /// Orders committed per second, at least, while the first nine tenths of them were: stragglers that compensation brings home are no time under load.
        orders_per_s: Option<u64> = None, in 1..=10_000_000;
        /// The last order is committed within this time of the first click, ms.
        sold_out_within_ms: Option<u64> = None, in 1..=86_400_000;
        /// Every unit is sold in the end.
        sell_everything: bool = false;
        /// Share of answered shoppers whose last answer may be a time-out or an error.
        error_budget_ratio: Option<f64> = None, in 0.0..=1.0;
        /// Latency targets.
        p99_ms: P99 = P99::of_defaults();
        /// Targets that end a load early.
        windows: Vec<Window> = Vec::new();
    }
}
