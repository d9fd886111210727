//! What producers send and consumers read.

use std::sync::Arc;

use bytes::Bytes;

/// Header names and values, in order. Shared, so that reading a record copies none of it.
pub type Headers = Arc<[(String, Bytes)]>;

/// How many replicas must have a record before its producer hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// `acks=0`: the producer hears nothing, not even of errors.
    None,
    /// `acks=1`: the leader alone. What it had not replicated dies with it.
    Leader,
    /// `acks=all`: every replica in sync, and at least `min_insync_replicas`.
    All,
}

/// An idempotent producer's mark on a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// From [`init_producer`](crate::Kafka::init_producer).
    pub producer_id: i64,
    /// From [`init_producer`](crate::Kafka::init_producer).
    pub epoch: i16,
    /// Counts the producer's records in one partition, from 0; after `i32::MAX` comes 0.
    pub sequence: i32,
}

/// A record to append.
#[derive(Clone, Debug)]
pub struct Produce<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// Records of one key share a partition. Without a key, records stick to a partition for a while.
    pub key: Option<Bytes>,
    /// The payload.
    pub value: Bytes,
    /// Header names and values.
    pub headers: Headers,
    /// Present for an idempotent producer, which must then use [`Acks::All`].
    pub producer: Option<Stamp>,
    /// Overrides the choice by key. An idempotent producer without keys needs it, to number its records.
    pub partition: Option<i32>,
    /// What to wait for.
    pub acks: Acks,
}

/// A record of a [`Batch`].
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// The key, if it has one.
    pub key: Option<Bytes>,
    /// The payload.
    pub value: Bytes,
    /// Header names and values.
    pub headers: Headers,
}

impl NewRecord {
    /// Key and value, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.key.as_ref().map_or(0, Bytes::len) + self.value.len()
    }
}

/// Records for one partition that are appended together or not at all. Sent again, a batch must be the same batch:
/// a leader recognises it by its first and last sequence, not by single records.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// The partition, from 0.
    pub partition: i32,
    /// At least one.
    pub records: Vec<NewRecord>,
    /// For an idempotent producer: the sequence of the first record. The others follow on.
    pub producer: Option<Stamp>,
    /// What to wait for.
    pub acks: Acks,
}

/// Where a record was appended, or the first of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Produced {
    /// The partition, from 0.
    pub partition: i32,
    /// The offset in it, from 0; -1 with [`Acks::None`], which learns nothing.
    pub offset: i64,
    /// It was there already: this is where it lies, and nothing was appended.
    pub duplicate: bool,
}

/// A record as consumers read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The offset in its partition, from 0.
    pub offset: i64,
    /// The key, if it was written with one.
    pub key: Option<Bytes>,
    /// The payload.
    pub value: Bytes,
    /// Header names and values.
    pub headers: Headers,
    /// When the leader appended it, in milliseconds.
    pub timestamp_ms: i64,
}
