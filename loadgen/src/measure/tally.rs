//! Everything that was seen, added up while the load goes on.

use std::collections::BTreeMap;

use record::{Count, Funnel, Histogram, Outcome, Series};

use scenario::Window;

use super::seen::{Answered, Ended, Seen};
use super::window::Windowed;
use crate::answer::Answer;
use crate::endpoint::Endpoint;

/// Length of a step of the series.
const STEP_MS: u64 = 50;
/// A start is late when it comes this long after it was due: the timers of the runtime tick once a millisecond.
const LATE_US: u64 = 20_000;
/// A start this long after it was due is no start of this schedule any more: it is dropped.
const TOO_LATE_US: u64 = 1_000_000;

/// One kind of request.
#[derive(Clone, Debug, Default)]
pub struct EndpointTally {
    /// From sending to the last byte.
    pub service: Histogram,
    /// All of these together, µs.
    pub service_sum_us: u64,
    /// From when it was due to the last byte.
    pub response: Histogram,
    /// How often what was told.
    pub answers: BTreeMap<&'static str, u64>,
    /// Of these, those that spend the error budget.
    pub errors: u64,
}

/// What was seen of a load.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Arrivals of the schedule, this shard's.
    pub scheduled: u64,
    /// Shoppers who were let in on time, or late.
    pub started: u64,
    /// Of these, the late ones.
    pub late: u64,
    /// Shoppers who were not let in, because it was far too late.
    pub dropped: u64,
    /// How long after they were due shoppers were let in.
    pub lag: Histogram,
    /// Requests that had no connection to leave by.
    pub not_sent: u64,
    /// Requests, by kind.
    pub endpoints: BTreeMap<Endpoint, EndpointTally>,
    /// How far shoppers came.
    pub funnel: Funnel,
    /// From click to final answer, by outcome.
    pub outcomes: [Histogram; Outcome::ALL.len()],
    /// Visits that ended, in the order in which they did.
    pub ended: Vec<Ended>,
    /// For charts.
    pub series: Series,
    /// Targets that are judged meanwhile.
    windows: Vec<Windowed>,
    /// Why the load is to end early, if it is.
    pub ended_early: Option<String>,
}

impl Tally {
    /// Nothing seen yet, of so many arrivals, under these windowed targets.
    #[must_use]
    pub fn new(scheduled: u64, windows: &[Window]) -> Self {
        Self {
            scheduled,
            started: 0,
            late: 0,
            dropped: 0,
            lag: Histogram::new(),
            not_sent: 0,
            endpoints: BTreeMap::new(),
            funnel: Funnel::default(),
            outcomes: std::array::from_fn(|_| Histogram::new()),
            ended: Vec::new(),
            series: Series::new(STEP_MS),
            windows: windows.iter().cloned().map(Windowed::new).collect(),
            ended_early: None,
        }
    }

    /// A shopper was due, and is let in unless it is far too late; says whether it is.
    pub fn start(&mut self, due_us: u64, now_us: u64) -> bool {
        let lag_us = now_us.saturating_sub(due_us);
        if lag_us > TOO_LATE_US {
            self.dropped += 1;
            return false;
        }
        self.started += 1;
        self.late += u64::from(lag_us > LATE_US);
        self.lag.record(lag_us);
        self.funnel.clicked += 1;
        self.series.count(Count::Clicked, due_us, 1);
        true
    }

    /// Adds what was seen.
    pub fn add(&mut self, seen: Seen) {
        match seen {
            Seen::Answered(answered) => self.answered(&answered),
            Seen::Ended(ended) => self.ended(ended),
        }
    }

    fn answered(&mut self, answered: &Answered) {
        if answered.answer == Answer::NotSent {
            self.not_sent += 1;
        }
        let of = self.endpoints.entry(answered.endpoint).or_default();
        of.service.record(answered.service_us);
        of.service_sum_us += answered.service_us;
        of.response.record(answered.response_us);
        *of.answers.entry(answered.answer.name()).or_default() += 1;
        of.errors += u64::from(answered.answer.is_error());
        self.series.latency(answered.at_us, answered.response_us);
        for window in &mut self.windows {
            if let Some(why) = window.add(answered) {
                self.ended_early.get_or_insert(why);
            }
        }
        if answered.endpoint != Endpoint::Checkout {
            return;
        }
        if answered.answer == Answer::Limited {
            self.series.count(Count::Limited, answered.at_us, 1);
        } else if !answered.answer.is_error() {
            self.series.count(Count::Admitted, answered.at_us, 1);
        }
        if answered.answer == Answer::SoldOut {
            self.series.count(Count::SoldOut, answered.at_us, 1);
        }
    }

    fn ended(&mut self, ended: Ended) {
        if let Some(outcome) = ended.outcome {
            self.outcomes[outcome as usize].record(ended.at_us.saturating_sub(ended.clicked_us));
            let funnel = &mut self.funnel;
            let stage = match outcome {
                Outcome::Won => &mut funnel.committed,
                Outcome::SoldOut => &mut funnel.sold_out,
                Outcome::Limited => &mut funnel.limited,
                Outcome::Queued => &mut funnel.pending,
                Outcome::Declined => &mut funnel.declined,
                Outcome::Abandoned => &mut funnel.abandoned,
                Outcome::TimedOut => &mut funnel.timed_out,
                Outcome::Failed => &mut funnel.failed,
            };
            *stage += 1;
        }
        self.ended.push(ended);
    }

    /// Requests that have come to an end.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.endpoints.values().map(|of| of.service.count()).sum()
    }

    /// Of these, those that spend the error budget.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.endpoints.values().map(|of| of.errors).sum()
    }

    /// What all requests took from sending to the last byte, µs.
    #[must_use]
    pub fn service_sum_us(&self) -> u64 {
        self.endpoints.values().map(|of| of.service_sum_us).sum()
    }

    /// All kinds of requests together: service times and response times.
    #[must_use]
    pub fn all_requests(&self) -> (Histogram, Histogram) {
        let (mut service, mut response) = (Histogram::new(), Histogram::new());
        for of in self.endpoints.values() {
            service.merge(&of.service);
            response.merge(&of.response);
        }
        (service, response)
    }
}
