//! Latencies, streamed into log-linear buckets: constant memory, integers only, mergeable.
//!
//! Each power of two is cut into 128 equal buckets, so a quantile is at most 1/128 (0.8 %) above the true value;
//! values below 256 µs are exact. The idea is Gil Tene's HdrHistogram.

use serde::{Deserialize, Serialize};

/// Buckets per power of two, as a power of two.
const SUB_BITS: u32 = 7;
const SUB: u64 = 1 << SUB_BITS;

/// Counts of values in µs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Grown to the highest bucket seen.
    counts: Vec<u64>,
    count: u64,
    max_us: u64,
}

/// Five numbers of a latency distribution; all 0 when `count` is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencySummary {
    /// Values recorded.
    pub count: u64,
    /// Median, µs.
    pub p50_us: u64,
    /// 90th percentile, µs.
    pub p90_us: u64,
    /// 99th percentile, µs.
    pub p99_us: u64,
    /// Largest value, µs, exact.
    pub max_us: u64,
}

impl Histogram {
    /// An empty histogram.
    #[must_use]
    pub const fn new() -> Self {
        Self { counts: Vec::new(), count: 0, max_us: 0 }
    }

    /// Counts one value.
    pub fn record(&mut self, value_us: u64) {
        let bucket = bucket_of(value_us);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.count += 1;
        self.max_us = self.max_us.max(value_us);
    }

    /// Adds another histogram's values, as if they had been recorded here.
    pub fn merge(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.count += other.count;
        self.max_us = self.max_us.max(other.max_us);
    }

    /// Values recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The value that `per_mille` thousandths of the values do not exceed (nearest rank), rounded up to its bucket's
    /// end but never above the largest value; 0 when empty.
    #[must_use]
    pub fn quantile_us(&self, per_mille: u32) -> u64 {
        let rank = (u128::from(self.count) * u128::from(per_mille.min(1_000))).div_ceil(1_000).max(1);
        let mut seen = 0_u128;
        for (bucket, count) in (0..).zip(&self.counts) {
            seen += u128::from(*count);
            if seen >= rank {
                return last_of(bucket).min(self.max_us);
            }
        }
        0
    }

    /// The five numbers kept in a record.
    #[must_use]
    pub fn summary(&self) -> LatencySummary {
        LatencySummary {
            count: self.count,
            p50_us: self.quantile_us(500),
            p90_us: self.quantile_us(900),
            p99_us: self.quantile_us(990),
            max_us: self.max_us,
        }
    }
}

/// Values below 2 * SUB have a bucket each; above, the bucket is the octave and the seven bits after the leading one.
fn bucket_of(value: u64) -> usize {
    let bucket = match value.checked_ilog2() {
        Some(octave) if octave > SUB_BITS => {
            let shift = octave - SUB_BITS;
            u64::from(shift) * SUB + (value >> shift)
        }
        Some(_) | None => value,
    };
    usize::try_from(bucket).expect("fewer than 2^13 buckets")
}

/// The largest value of a bucket.
fn last_of(bucket: u64) -> u64 {
    if bucket < 2 * SUB {
        return bucket;
    }
    let shift = bucket / SUB - 1;
    let first = (bucket - shift * SUB) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_the_bucket_that_ends_at_or_after_it() {
        let values = (0..64).flat_map(|bit| {
            let base = 1_u64 << bit;
            [base - 1, base, base + 1, base + base / 3, base | base.wrapping_sub(1)]
        });
        for value in values {
            let bucket = bucket_of(value);
            let last = last_of(bucket as u64);
            assert!(last >= value, "{value} is above its bucket's end {last}");
            assert!(last - value <= value / SUB, "{value} is more than 1/128 below its bucket's end {last}");
            assert_eq!(bucket_of(last), bucket);
        }
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let mut histogram = Histogram::new();
        for value in 1..=100 {
            histogram.record(value);
        }
        let summary = histogram.summary();
        assert_eq!((summary.p50_us, summary.p90_us, summary.p99_us, summary.max_us), (50, 90, 99, 100));
    }

    #[test]
    fn an_empty_histogram_summarises_to_zeroes() {
        assert_eq!(Histogram::new().summary(), LatencySummary::default());
    }

    #[test]
    fn merging_equals_recording_everything_in_one() {
        let (mut left, mut right, mut all) = (Histogram::new(), Histogram::new(), Histogram::new());
        for value in 0..5_000_u64 {
            let spread = value * value * 31 % 1_000_003;
            if value % 3 == 0 { &mut left } else { &mut right }.record(spread);
            all.record(spread);
        }
        left.merge(&right);
        assert_eq!(left, all);
    }

    #[test]
    fn a_quantile_never_exceeds_the_largest_value() {
        let mut histogram = Histogram::new();
        histogram.record(1_000_001);
        assert_eq!(histogram.summary().p50_us, 1_000_001);
    }
}
