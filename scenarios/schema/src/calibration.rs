//! The cost model's file: what each operation costs, and where each number comes from.
//!
//! Queueing and service are left to the simulator; these are only its constants.

use crate::error::ScenarioError;
use crate::knob::{KeyDoc, Knob};
use crate::options::options;
use crate::section::{Name, Place, Source};

options! {
    /// `[postgres]`: costs of the database server.
    pub struct PostgresCosts {
        /// Work of one statement on one indexed row, µs.
        statement_us: u64, in 1..=60_000_000;
        /// Work of each further row a statement reads or writes, µs.
        row_us: u64, in 0..=60_000_000;
        /// A commit's wait for the log to reach the disk, µs; commits that wait together share it.
        commit_fsync_us: u64, in 0..=60_000_000;
        /// Statements worked on at once.
        parallelism: u32, in 1..=4_096;
        /// Connections the server takes.
        max_connections: u32, in 1..=100_000;
        /// From process start to the first connection after a crash, µs.
        recovery_us: u64, in 0..=600_000_000;
        /// Where the numbers come from.
        source: String;
    }
}

options! {
    /// `[redis]`: costs of the Redis server, which works on one command at a time.
    pub struct RedisCosts {
        /// One plain command, µs.
        command_us: u64, in 1..=60_000_000;
        /// One script call, µs.
        script_us: u64, in 1..=60_000_000;
        /// A write's wait for the disk under aof-always, µs; writes that wait together share it.
        fsync_us: u64, in 0..=60_000_000;
        /// Where the numbers come from.
        source: String;
    }
}

options! {
    /// `[kafka]`: costs of the brokers.
    pub struct KafkaCosts {
        /// One produce request, acknowledged by all replicas, µs.
        produce_us: u64, in 1..=60_000_000;
        /// One fetch that finds records, µs.
        fetch_us: u64, in 1..=60_000_000;
        /// Requests worked on at once.
        parallelism: u32, in 1..=4_096;
        /// Where the numbers come from.
        source: String;
    }
}

options! {
    /// `[gateway]`: costs of one gateway process.
    pub struct GatewayCosts {
        /// One request, µs of work.
        request_us: u64, in 1..=60_000_000;
        /// Requests worked on at once.
        parallelism: u32, in 1..=4_096;
        /// Where the numbers come from.
        source: String;
    }
}

options! {
    /// `[service]`: costs of one process of any other role.
    pub struct ServiceCosts {
        /// One request or one turn of a worker, µs of work.
        request_us: u64, in 1..=60_000_000;
        /// Requests worked on at once.
        parallelism: u32, in 1..=4_096;
        /// Where the numbers come from.
        source: String;
    }
}

options! {
    /// `[payments]`: the card gateway's answers.
    pub struct PaymentsCosts {
        /// An authorization, µs.
        authorize_us: u64, in 1..=60_000_000;
        /// A capture, µs.
        capture_us: u64, in 1..=60_000_000;
        /// A refund, µs.
        refund_us: u64, in 1..=60_000_000;
        /// Requests worked on at once.
        parallelism: u32, in 1..=1_000_000;
        /// Where the numbers come from.
        source: String;
    }
}

options! {
    /// A calibration file.
    pub struct Calibration {
        /// What deployment this is.
        name: String;
        /// Whether the numbers were measured; otherwise they are assumed, and reports say so.
        measured: bool;
        /// The database server.
        postgres: PostgresCosts;
        /// Redis.
        redis: RedisCosts;
        /// The brokers.
        kafka: KafkaCosts;
        /// One gateway.
        gateway: GatewayCosts;
        /// One process of another role.
        service: ServiceCosts;
        /// The card gateway.
        payments: PaymentsCosts;
    }
}

/// What a scenario that names no calibration gets.
const TWO_CORE: &str = include_str!("../../calibration/two-core.toml");

impl Calibration {
    /// Reads a calibration file's text; `file` is its name in errors.
    ///
    /// # Errors
    /// When a key is unknown, missing, of the wrong type or out of range.
    pub fn parse(text: &str, file: &str) -> Result<Self, ScenarioError> {
        let source = Source { file, text };
        let table = source.table()?;
        let within = Name::default();
        let place = Place { source: &source, within: &within, key: "", in_list: false, offset: 0 };
        Self::read(&place, &toml::de::DeValue::Table(table), None)
    }

    /// Every key of a calibration file, for documentation.
    #[must_use]
    pub fn keys() -> Vec<KeyDoc> {
        Self::KEYS.to_vec()
    }

    /// The built-in two-core figures.
    ///
    /// # Panics
    /// Never: a test reads the built-in file.
    #[must_use]
    pub fn two_core() -> Self {
        Self::parse(TWO_CORE, "scenarios/calibration/two-core.toml").expect("the built-in calibration is valid")
    }
}
