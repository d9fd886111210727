//! Latencies counted in log-linear buckets: constant memory, integers only.
//!
//! Each power of two is cut into 64 buckets, so a quantile is at most 1/64 above the true value; below 128 µs it is
//! exact. The idea is Gil Tene's HdrHistogram.

/// Buckets per power of two, as a power of two.
const CUT_BITS: u32 = 6;
const CUTS: u32 = 1 << CUT_BITS;

/// How often each latency came.
#[derive(Debug, Default, Clone)]
pub(super) struct Latencies {
    counts: Vec<u64>,
    all: u64,
}

impl Latencies {
    pub(super) fn add(&mut self, latency_us: u32) {
        let bucket = bucket_of(latency_us);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.all += 1;
    }

    /// The highest latency of the fastest `percent` of all; none when there were none.
    pub(super) fn percentile_us(&self, percent: u64) -> Option<i64> {
        let wanted = (self.all * percent).div_ceil(100).max(1);
        let mut passed = 0;
        let bucket = self.counts.iter().position(|count| {
            passed += count;
            passed >= wanted
        })?;
        Some(highest_in(bucket))
    }
}

fn bucket_of(latency_us: u32) -> usize {
    let shift = latency_us.checked_ilog2().unwrap_or(0).saturating_sub(CUT_BITS);
    // The top CUT_BITS + 1 bits, of which the highest is always set once anything is shifted out.
    (shift * CUTS + (latency_us >> shift)) as usize
}

fn highest_in(bucket: usize) -> i64 {
    let cuts = CUTS as usize;
    let shift = (bucket / cuts).saturating_sub(1);
    let top = bucket - shift * cuts;
    let next = i64::try_from(top + 1).expect("a bucket's number is small") << shift;
    next - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_its_values_and_is_narrow() {
        for latency_us in (0..70_000).chain([1 << 20, (1 << 24) + 12_345, u32::MAX]) {
            let highest = highest_in(bucket_of(latency_us));
            let latency = i64::from(latency_us);
            assert!(highest >= latency && highest - latency <= latency / 64, "{latency} is shown as {highest}");
        }
    }

    #[test]
    fn percentile_of_nothing_is_unknown() {
        assert_eq!(Latencies::default().percentile_us(99), None);
    }

    #[test]
    fn one_slow_answer_of_two_hundred_is_not_the_99th_percentile() {
        let mut latencies = Latencies::default();
        for _ in 0..199 {
            latencies.add(100);
        }
        latencies.add(1_000_000);
        assert_eq!(latencies.percentile_us(99), Some(100));
        assert!(latencies.percentile_us(100).is_some_and(|highest| highest >= 1_000_000));
    }
}
