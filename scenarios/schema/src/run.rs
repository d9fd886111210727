//! How long a scenario runs, and how it is expected to end.

use crate::options::{names, options};

names! {
    /// How a scenario is meant to end.
    pub enum Expectation {
        /// Every checker holds.
        Holds = "holds",
        /// A safety checker finds a violation; a run without one is the failure.
        Fails = "fails",
    }
}

options! {
    /// `[run]`: the length of the sale and of what comes after.
    pub struct RunOptions {
        /// Length of the sale, ms: arrivals and faults lie within it.
        duration_ms: u64, in 1..=86_400_000;
        /// Once the sale and its faults are over, everything must have settled within this time, ms.
        drain_limit_ms: u64 = 120_000, in 1..=86_400_000;
    }
}
