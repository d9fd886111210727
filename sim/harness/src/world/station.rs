//! Queueing: how long work takes on a server of limited parallelism.
//!
//! Service times come from the calibration file; throughput that follows from them is the model's word and is reported
//! as modelled.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Since ever: virtual time is negative before the doors open, and servers are idle then too.
const IDLE: i64 = i64::MIN;

/// A queue in front of `parallelism` equal servers, first come first served.
#[derive(Debug, Clone)]
pub struct Station {
    /// When each server is free, the earliest on top: which of them it is makes no difference.
    free_at_us: BinaryHeap<Reverse<i64>>,
}

impl Station {
    /// A station of idle servers; at least one.
    #[must_use]
    pub fn new(parallelism: usize) -> Self {
        Self { free_at_us: vec![Reverse(IDLE); parallelism.max(1)].into() }
    }

    /// Takes in work that arrives at `arrival_us` and needs `service_us`; returns when it is done.
    pub fn serve(&mut self, arrival_us: i64, service_us: i64) -> i64 {
        let mut next = self.free_at_us.peek_mut().expect("a station has a server");
        next.0 = arrival_us.max(next.0) + service_us;
        next.0
    }

    /// Nothing is served before `until_us`: the server stalls, and what arrives meanwhile waits.
    pub fn stall_until(&mut self, until_us: i64) {
        let servers = std::mem::take(&mut self.free_at_us);
        self.free_at_us = servers.into_iter().map(|Reverse(free_at_us)| Reverse(until_us.max(free_at_us))).collect();
    }
}

/// A write-ahead log that flushes for everybody who waits: commits that arrive during a flush share the next one.
#[derive(Debug, Clone)]
pub struct FlushedLog {
    flushing_until_us: i64,
    next_until_us: i64,
}

impl Default for FlushedLog {
    fn default() -> Self {
        Self { flushing_until_us: IDLE, next_until_us: IDLE }
    }
}

impl FlushedLog {
    /// Takes in a commit at `arrival_us`, with a flush taking `flush_us`; returns when it is durable.
    pub fn commit(&mut self, arrival_us: i64, flush_us: i64) -> i64 {
        if arrival_us >= self.next_until_us {
            self.flushing_until_us = arrival_us + flush_us;
            self.next_until_us = self.flushing_until_us;
        } else if arrival_us >= self.flushing_until_us {
            // The joint flush is already under way: wait for the one after it.
            self.flushing_until_us = self.next_until_us;
            self.next_until_us += flush_us;
        } else if self.next_until_us == self.flushing_until_us {
            self.next_until_us += flush_us;
        }
        self.next_until_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_serve_two_at_once_and_the_third_waits() {
        let mut station = Station::new(2);
        assert_eq!(station.serve(0, 10), 10);
        assert_eq!(station.serve(0, 10), 10);
        assert_eq!(station.serve(5, 10), 20);
    }

    #[test]
    fn work_is_done_before_the_doors_open_too() {
        assert_eq!(Station::new(1).serve(-500, 10), -490);
        assert_eq!(FlushedLog::default().commit(-500, 100), -400);
    }

    #[test]
    fn commits_that_arrive_during_a_flush_share_the_next() {
        let mut log = FlushedLog::default();
        assert_eq!(log.commit(0, 100), 100);
        assert_eq!(log.commit(10, 100), 200);
        assert_eq!(log.commit(90, 100), 200);
        assert_eq!(log.commit(150, 100), 300);
        assert_eq!(log.commit(1_000, 100), 1_100);
    }
}
