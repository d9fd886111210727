//! The event-log port: records with key and headers, consumer groups, offsets. Delivery is at least once.

use async_trait::async_trait;
use bytes::Bytes;

use crate::Outcome;

/// A record to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// The topic's name.
    pub topic: &'static str,
    /// Records of one key keep their order: they share a partition.
    pub key: Bytes,
    /// The payload.
    pub value: Bytes,
    /// Header names and values, in order.
    pub headers: Vec<(&'static str, Bytes)>,
}

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The partition's number, from 0.
    pub partition: i32,
    /// The record's offset in it, from 0.
    pub offset: i64,
}

/// A record as a consumer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumedRecord {
    /// The topic's name.
    pub topic: String,
    /// Where it lies.
    pub position: Position,
    /// Its key; empty when it was written without one.
    pub key: Bytes,
    /// Its payload.
    pub value: Bytes,
    /// Its headers, in order.
    pub headers: Vec<(String, Bytes)>,
}

/// Why an operation on the log failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// No broker could be reached: nothing was sent.
    #[error("no broker could be reached")]
    Unreachable,
    /// Sent, but no acknowledgement came. An idempotent producer may send again.
    #[error("no acknowledgement came")]
    Unacknowledged,
    /// The broker refused, naming its error.
    #[error("the broker refused: {code}")]
    Refused {
        /// The protocol's own name of the error, such as `NOT_ENOUGH_REPLICAS`.
        code: String,
        /// Whether the same request may succeed later.
        retriable: bool,
    },
    /// The group has moved on: this member's assignment, and any uncommitted offset, is void.
    #[error("the consumer group was rebalanced")]
    Rebalanced,
}

impl EventError {
    /// What is known of the effect.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Unreachable | Self::Refused { .. } | Self::Rebalanced => Outcome::NotApplied,
            Self::Unacknowledged => Outcome::Unknown,
        }
    }
}

/// Appends records. One producer is one idempotent session: its retries do not duplicate.
#[async_trait]
pub trait EventProducer: Send + Sync {
    /// Appends the records, in order, and waits until each is acknowledged by all in-sync replicas. On an error a
    /// prefix may have been appended; sending the same batch again through this producer adds nothing twice unless the
    /// process restarted in between.
    async fn append(&self, records: &[NewRecord]) -> Result<Vec<Position>, EventError>;
}

/// A member of a consumer group.
#[async_trait]
pub trait EventConsumer: Send {
    /// The next records of the partitions this member owns, at most `max`; empty when none came within the adapter's
    /// poll interval. Polling also keeps the membership alive.
    async fn poll(&mut self, max: usize) -> Result<Vec<ConsumedRecord>, EventError>;

    /// Commits everything returned by the polls so far. After [`EventError::Rebalanced`] the records come again, here
    /// or at another member.
    async fn commit(&mut self) -> Result<(), EventError>;
}

/// The log itself.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Opens a producer session.
    async fn producer(&self) -> Result<Box<dyn EventProducer>, EventError>;

    /// Joins `group`, reading `topics` from the committed offsets, or from the start where there are none.
    async fn consumer(
        &self,
        group: &'static str,
        topics: &[&'static str],
    ) -> Result<Box<dyn EventConsumer>, EventError>;
}
