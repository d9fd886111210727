//! What shoppers tell their lane.

use arrivals::Cohort;
use record::Outcome;

use crate::answer::Answer;
use crate::endpoint::Endpoint;

/// One thing that was seen.
#[derive(Debug)]
pub enum Seen {
    /// One request has come to an end.
    Answered(Answered),
    /// One shopper knows how its visit ended.
    Ended(Ended),
}

/// A request that has come to an end.
#[derive(Debug)]
pub struct Answered {
    /// What was asked.
    pub endpoint: Endpoint,
    /// The HTTP status; 0 when there was none.
    pub status: u16,
    /// What it told.
    pub answer: Answer,
    /// When, in microseconds.
    pub at_us: u64,
    /// From its sending, in microseconds.
    pub service_us: u64,
    /// From when it was due, in microseconds.
    pub response_us: u64,
}

/// A visit that has come to an end.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The shopper: its place in the order of arrivals.
    pub index: u64,
    /// Its group.
    pub cohort: Cohort,
    /// What it wanted: a place in the catalogue.
    pub product: usize,
    /// When its click was due, in microseconds.
    pub clicked_us: u64,
    /// When it knew, in microseconds.
    pub at_us: u64,
    /// How it ended; none for somebody who only looked, and saw what there was.
    pub outcome: Option<Outcome>,
    /// The orders it was told it has.
    pub orders: Vec<Box<str>>,
}
