//! Counts and gauges over time, for charts.
//!
//! Virtual time is cut into equal steps; a count holds what happened in a step, a gauge its last reading. Which
//! charts are made of them is left to `reports`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Longest series; at 50 ms a step, that is well over an hour. Later events fall into the last step.
const MAX_STEPS: usize = 100_000;

/// What is counted per step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Shoppers arriving.
    Clicked,
    /// Checkouts that passed the edge.
    Admitted,
    /// Answers 429.
    Limited,
    /// Answers "sold out".
    SoldOut,
    /// Units soft-reserved.
    Reserved,
    /// Payments captured.
    Paid,
    /// Orders committed.
    Committed,
    /// Orders settled by the compensation worker.
    Compensated,
    /// Orders refunded.
    Refunded,
}

/// What is read per step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gauge {
    /// Units the Redis counters still offer, all SKUs.
    StockLeftRedis,
    /// Units on hand in Postgres, all SKUs.
    StockLeftPostgres,
    /// Holds that no open order accounts for.
    LeakedHolds,
    /// Orders neither committed nor ended.
    OpenOrders,
    /// Orders that stand at `placed`.
    OrdersPlaced,
    /// Orders that stand at `compensating`.
    OrdersCompensating,
    /// Orders that stand at `confirmed`.
    OrdersConfirmed,
    /// Orders that stand at `picking`.
    OrdersPicking,
    /// Orders that stand at `shipped`.
    OrdersShipped,
    /// Orders that stand at `delivered`.
    OrdersDelivered,
    /// Orders that stand at `cancelling`.
    OrdersCancelling,
    /// Orders that stand at `cancelled`.
    OrdersCancelled,
    /// Orders that stand at `failed`.
    OrdersFailed,
    /// Orders that stand at `refunded`.
    OrdersRefunded,
}

/// Counts and gauges per step of virtual time. Lines may differ in length: what is missing at the end is 0 for a
/// count and unchanged for a gauge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Length of a step, ms; at least 1.
    pub step_ms: u64,
    /// Per step, how often.
    pub counts: BTreeMap<Count, Vec<u64>>,
    /// Per step, the last reading.
    pub gauges: BTreeMap<Gauge, Vec<i64>>,
    /// Per step, how many answers took how long: the latency's upper bound in µs, and their number. Four bounds per
    /// doubling, for a heat map and for percentiles over time.
    #[serde(default)]
    pub latencies: Vec<BTreeMap<u64, u64>>,
}

impl Default for Series {
    fn default() -> Self {
        Self::new(50)
    }
}

impl Series {
    /// An empty series with steps of `step_ms` (0 is taken as 1).
    #[must_use]
    pub const fn new(step_ms: u64) -> Self {
        let step_ms = if step_ms == 0 { 1 } else { step_ms };
        Self { step_ms, counts: BTreeMap::new(), gauges: BTreeMap::new(), latencies: Vec::new() }
    }

    /// Counts `n` events at a virtual time.
    pub fn count(&mut self, line: Count, at_us: u64, n: u64) {
        let step = self.step(at_us);
        let values = self.counts.entry(line).or_default();
        if step >= values.len() {
            values.resize(step + 1, 0);
        }
        values[step] += n;
    }

    /// Notes a reading at a virtual time. Readings come in ascending time; steps without one repeat the last.
    pub fn gauge(&mut self, line: Gauge, at_us: u64, reading: i64) {
        let step = self.step(at_us);
        let values = self.gauges.entry(line).or_default();
        if step >= values.len() {
            let last = values.last().copied().unwrap_or(reading);
            values.resize(step + 1, last);
        }
        values[step] = reading;
    }

    /// Counts an answer that came at a virtual time and took `latency_us`.
    pub fn latency(&mut self, at_us: u64, latency_us: u64) {
        let step = self.step(at_us);
        if step >= self.latencies.len() {
            self.latencies.resize(step + 1, BTreeMap::new());
        }
        *self.latencies[step].entry(upper_bound_us(latency_us)).or_default() += 1;
    }

    fn step(&self, at_us: u64) -> usize {
        let step = at_us / self.step_ms.saturating_mul(1_000);
        usize::try_from(step).map_or(MAX_STEPS - 1, |step| step.min(MAX_STEPS - 1))
    }
}

/// The least of 8, 10, 12, 14, 16, 20, 24, … that is not below the latency.
fn upper_bound_us(latency_us: u64) -> u64 {
    let latency_us = latency_us.max(8);
    let quarter = 1 << (latency_us.ilog2() - 2);
    latency_us.div_ceil(quarter).saturating_mul(quarter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_fall_into_the_step_of_their_time() {
        let mut series = Series::new(100);
        series.count(Count::Clicked, 0, 1);
        series.count(Count::Clicked, 99_999, 2);
        series.count(Count::Clicked, 250_000, 4);
        assert_eq!(series.counts[&Count::Clicked], [3, 0, 4]);
    }

    #[test]
    fn a_gauge_keeps_its_last_reading_until_the_next() {
        let mut series = Series::new(100);
        series.gauge(Gauge::StockLeftRedis, 0, 50);
        series.gauge(Gauge::StockLeftRedis, 10, 49);
        series.gauge(Gauge::StockLeftRedis, 300_000, 20);
        assert_eq!(series.gauges[&Gauge::StockLeftRedis], [49, 49, 49, 20]);
    }

    #[test]
    fn a_latency_falls_under_the_next_of_four_bounds_per_doubling() {
        let bounds = [0, 8, 9, 16, 17, 1_000, 1_024, 1_025].map(upper_bound_us);
        assert_eq!(bounds, [8, 8, 10, 16, 20, 1_024, 1_024, 1_280]);
        let mut series = Series::new(100);
        series.latency(150_000, 9);
        series.latency(199_999, 10);
        assert_eq!(series.latencies, [BTreeMap::new(), BTreeMap::from([(10, 2)])]);
    }

    #[test]
    fn a_run_of_days_stays_bounded() {
        let mut series = Series::new(100);
        series.count(Count::Clicked, u64::MAX, 1);
        assert_eq!(series.counts[&Count::Clicked].len(), MAX_STEPS);
    }
}
