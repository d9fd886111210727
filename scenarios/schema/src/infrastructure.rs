//! What the platform stands on: Redis, the network, and the costs of everything.
//!
//! The numbers of the cost model are left to the calibration file (`calibration.rs`).

use crate::options::{names, options};

names! {
    /// What Redis still knows after a crash.
    pub enum Persistence {
        /// Nothing.
        None = "none",
        /// The last snapshot.
        Rdb = "rdb",
        /// Everything but up to the last second.
        AofEverysec = "aof-everysec",
        /// Everything that was answered.
        AofAlways = "aof-always",
    }
}

options! {
    /// `[redis]`: how Redis is set up.
    pub struct Redis {
        /// What survives a crash: none, rdb, aof-everysec or aof-always.
        persistence: Persistence = Persistence::AofEverysec;
        /// Time between snapshots, ms, for `rdb`.
        snapshot_interval_ms: u64 = 2_000, in 1..=3_600_000;
        /// How far the replica lags behind, ms; a failover loses that much.
        replica_lag_ms: u64 = 20, in 0..=60_000;
    }
}

options! {
    /// `[network]`: every hop between two processes.
    pub struct Network {
        /// Least latency of a hop one way, µs.
        hop_min_us: u64 = 100, in 0..=10_000_000;
        /// Mean latency of a hop one way, µs; at least the least. What lies above the least is memoryless.
        hop_mean_us: u64 = 250, in 0..=10_000_000;
        /// Share of messages that are lost (and, where TCP would, sent again later).
        drop_ratio: f64 = 0.0, in 0.0..=1.0;
    }
}

options! {
    /// `[cost_model]`: what each operation costs.
    pub struct CostModel {
        /// The calibration file, relative to the scenario's folder; left out, the built-in two-core figures.
        calibration: Option<String> = None;
    }
}
