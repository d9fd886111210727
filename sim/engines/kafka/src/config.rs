//! What distinguishes one cluster from another.

use crate::assign::Assignor;

/// The settings of a cluster. Durations are milliseconds; defaults are Kafka's where it has them.
#[derive(Clone, Debug)]
pub struct Config {
    /// 1 to 64, numbered from 0.
    pub brokers: u8,
    /// For topics created by their first record; `None`: such records are refused.
    pub auto_create_partitions: Option<i32>,
    /// Replicas of each partition; never more than there are brokers.
    pub replication_factor: u8,
    /// How many replicas in sync `acks=all` asks for.
    pub min_insync_replicas: u8,
    /// Until followers have what was acknowledged with less than `acks=all`, and until a restarted broker is in sync.
    pub replication_lag_ms: i64,
    /// From a broker's death to the election of other leaders (`broker.session.timeout.ms`).
    pub broker_session_timeout_ms: i64,
    /// A member silent for this long is dropped.
    pub session_timeout_ms: i64,
    /// How long a rebalance waits for members to join again (`max.poll.interval.ms`).
    pub rebalance_timeout_ms: i64,
    /// How long an empty group waits for more members after the first (`group.initial.rebalance.delay.ms`).
    pub initial_rebalance_delay_ms: i64,
    /// How groups deal out partitions.
    pub assignor: Assignor,
    /// Keys and values of one batch together (`max.message.bytes`).
    pub max_message_bytes: usize,
    /// Beyond this a partition refuses records: there is no retention here.
    pub max_records_per_partition: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            brokers: 3,
            auto_create_partitions: None,
            replication_factor: 3,
            min_insync_replicas: 2,
            replication_lag_ms: 5,
            broker_session_timeout_ms: 9_000,
            session_timeout_ms: 45_000,
            rebalance_timeout_ms: 300_000,
            initial_rebalance_delay_ms: 0,
            assignor: Assignor::Range,
            max_message_bytes: 1_048_588,
            max_records_per_partition: 100_000_000,
        }
    }
}
